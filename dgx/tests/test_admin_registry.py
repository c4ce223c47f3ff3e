"""Every page of the admin opens, with data on it; that its queries do not grow is seen in test_admin_queries.py."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from dgx.tests.admin_chain import Chain

pytestmark = pytest.mark.django_db

QUERIES_MAX = 15
ONE_ROW = "locations.Chain"
"""Its list is its page, which media_library/tests/test_admin_publishing.py tests."""
MODELS = sorted(
    (model for model in admin.site._registry if model._meta.label != ONE_ROW), key=lambda model: model._meta.label
)
SEEN_WITH = {
    "core.Change": ["locations.view_shop", "devices.view_group", "devices.view_device", "media_library.view_video"]
}
"""What else a person has to see: a change is shown with what it is about."""

READ_ONLY = [
    "core.Change",
    "devices.DeviceToken",
    "devices.FleetEvent",
    "devices.PresenceFlip",
    "media_library.Emergency",
    "telemetry.DeviceLog",
    "telemetry.DeviceLogHour",
    "telemetry.PlayHour",
]


def label_of(model: Any) -> str:
    """The model's name in the test's."""
    return str(model._meta.label)


def address_of(model: Any, page: str, *args: object) -> str:
    """Where the admin has that page of the model."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture(scope="module")
def chain(module_db: None) -> Chain:
    made = Chain(User.objects.create_superuser("owner"))
    made.grow(1)
    return made


@pytest.fixture
def warm(admin_client: Client) -> Client:
    """A client whose first request, which reads content types and the session, is behind it."""
    admin_client.get(reverse("admin:index"))
    return admin_client


@pytest.mark.parametrize("model", MODELS, ids=label_of)
def test_a_page_to_add_one_opens_where_people_may_add(model, chain: Chain, warm: Client, django_assert_max_num_queries):
    expected = 403 if label_of(model) in [*READ_ONLY, "devices.Pairing"] else 200
    with django_assert_max_num_queries(QUERIES_MAX):
        assert warm.get(address_of(model, "add")).status_code == expected


@pytest.mark.parametrize("model", MODELS, ids=label_of)
def test_what_was_observed_is_read_and_never_written(model, chain: Chain, admin_user: User, rf):
    request = rf.get("/")
    request.user = admin_user
    page = admin.site._registry[model]
    may = [page.has_change_permission(request), page.has_delete_permission(request)]
    assert may == ([False, False] if label_of(model) in READ_ONLY else [True, True])


@pytest.mark.parametrize("model", MODELS, ids=label_of)
def test_a_search_for_anything_is_answered(model, chain: Chain, admin_client: Client):
    if not admin.site._registry[model].search_fields:
        pytest.skip("it has no search")
    for words in ("window", "x" * 300, "'\"%\\", "٣"):
        assert admin_client.get(address_of(model, "changelist"), {"q": words}).status_code == 200
    assert admin_client.get(address_of(model, "changelist"), {"q": "a\x00b"}).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=label_of)
def test_counts_beside_the_filters_are_for_small_tables_alone(model, chain: Chain, admin_client: Client):
    answer = admin_client.get(address_of(model, "changelist"), {"_facets": "True"})
    assert answer.status_code == 200
    assert not (label_of(model) in READ_ONLY and answer.context["cl"].add_facets)


@pytest.mark.parametrize("model", MODELS, ids=label_of)
def test_its_filters_take_any_value_without_breaking(model, chain: Chain, admin_client: Client, rf, admin_user: User):
    request = rf.get("/")
    request.user = admin_user
    for spec in admin.site._registry[model].get_list_filter(request):
        field = str(spec[0] if isinstance(spec, tuple) else getattr(spec, "parameter_name", spec))
        for name in (field, f"{field}__exact", f"{field}__id__exact", f"{field}_from_0", f"{field}_to_0"):
            answer = admin_client.get(address_of(model, "changelist"), {name: "no such value"})
            assert answer.status_code in {200, 302}, name


@pytest.mark.parametrize("model", MODELS, ids=label_of)
def test_a_stranger_is_sent_to_log_in_and_a_person_without_rights_is_refused(
    model, chain: Chain, client: Client, user_with
):
    assert client.get(address_of(model, "changelist")).status_code == 302
    client.force_login(user_with())
    assert client.get(address_of(model, "changelist")).status_code == 403


@pytest.mark.parametrize("model", MODELS, ids=label_of)
def test_whoever_may_only_view_sees_every_page_and_is_offered_no_action(model, chain: Chain, client: Client, user_with):
    opts = model._meta
    client.force_login(user_with(f"{opts.app_label}.view_{opts.model_name}", *SEEN_WITH.get(label_of(model), [])))
    listed = client.get(address_of(model, "changelist"))
    shown = client.get(address_of(model, "change", chain.of(model).pk))
    assert (listed.status_code, shown.status_code) == (200, 200)
    assert b'name="_save"' not in shown.content
    assert client.get(address_of(model, "add")).status_code == 403
    form = listed.context.get("action_form")
    offered = {name for name, _label in form.fields["action"].choices if name} if form else set()
    assert offered <= {"export_logs"}
    assert client.get(address_of(model, "delete", chain.of(model).pk)).status_code == 403
