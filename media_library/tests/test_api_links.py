"""/api/v1/links: one at a time, many at once, and their order."""

import pytest

from devices.models import Device
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.tests.contract import NO_SUCH, WriteContract, assert_refused, key_client
from locations.tests.factories import ShopFactory
from media_library.models import Link
from media_library.tests.factories import LinkFactory, VideoFactory

ROUTE = "/api/v1/links"

pytestmark = pytest.mark.django_db


def tag_of(device):
    return getattr(Device.objects.with_tag().get(pk=device.pk), "tag")  # noqa: B009 — an annotation, which mypy misses


def ids(*rows):
    return [str(row.public_id) for row in rows]


class TestLinks(WriteContract):
    route = ROUTE
    permission = "media_library.link"
    list_queries = 3
    change = {"weekdays": [1, 7], "start_time": "08:00:00", "end_time": "20:00:00"}
    text_field = "video"
    unique_field = None

    def make(self):
        return LinkFactory.create(group=GroupFactory.create())

    def body(self):
        return {
            "video": ids(VideoFactory.create())[0],
            "device": None,
            "group": ids(GroupFactory.create())[0],
            "shop": ids(ShopFactory.create())[0],
            "except_devices": ids(DeviceFactory.create()),
            "layer": "emergency",
            "display_order": 3,
            "valid_from": "2026-02-01T00:00:00Z",
            "valid_until": "2026-03-01T00:00:00Z",
            "weekdays": [1, 2, 3],
            "start_time": "20:00:00",
            "end_time": "02:00:00",
        }


@pytest.fixture
def video():
    return VideoFactory.create(name="spring.mp4")


@pytest.fixture
def group():
    return GroupFactory.create(name="Windows")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"weekdays": [0]}, "weekdays"),
        ({"weekdays": [8]}, "weekdays"),
        ({"weekdays": "monday"}, "weekdays"),
        ({"valid_from": "2026-03-01T00:00:00Z", "valid_until": "2026-02-01T00:00:00Z"}, "valid_until"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"start_time": "08:00"}, "end_time"),
        ({"end_time": "25:00"}, "end_time"),
        ({"display_order": 2**31}, "display_order"),
        ({"display_order": None}, "display_order"),
        ({"display_order": "first"}, "display_order"),
        ({"group": None}, "non_field_errors"),
        ({"layer": "loud"}, "layer"),
        ({"layer": "emergency"}, "valid_until"),
        ({"layer": None}, "layer"),
        ({"except_devices": "all"}, "except_devices"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_its_field(admin_api, video, group, body, field):
    sent = {"video": ids(video)[0], "group": ids(group)[0], **body}
    assert list(assert_refused(admin_api.post(ROUTE, sent), 400, "invalid")["fields"]) == [field]
    assert not Link.objects.exists()


@pytest.mark.parametrize("target", ["video", "device", "group", "shop"])
def test_a_target_that_does_not_exist_is_a_404_that_names_it(admin_api, video, group, target):
    body = {"video": ids(video)[0], "group": ids(group)[0], target: NO_SUCH}
    assert NO_SUCH in assert_refused(admin_api.post(ROUTE, body), 404, f"{target}_not_found")["message"]


def test_a_device_is_named_by_what_is_printed_on_it(admin_api, video):
    device = DeviceFactory.create(mobile_id="screen-1")
    made = admin_api.post(ROUTE, {"video": ids(video)[0], "device": "mobile_id:screen-1"}).json()
    assert made["device"] == str(device.public_id)
    found = admin_api.get(ROUTE, {"device": "mobile_id:screen-1"}).json()["results"]
    assert found == [made]


def test_a_link_without_an_order_goes_to_the_end_of_its_targets(admin_api, group):
    shop = ShopFactory.create()
    LinkFactory.create(group=group, display_order=7)
    LinkFactory.create(group=group, shop=shop, display_order=90)
    made = admin_api.post(ROUTE, {"video": ids(VideoFactory.create())[0], "group": ids(group)[0]}).json()
    assert made["display_order"] == 8


def test_a_place_that_is_taken_is_a_409(admin_api, video, group):
    LinkFactory.create(group=group, display_order=3)
    body = {"video": ids(video)[0], "group": ids(group)[0], "display_order": 3}
    assert list(assert_refused(admin_api.post(ROUTE, body), 409, "display_order_taken")["fields"]) == ["display_order"]


def test_the_same_link_twice_is_a_409(admin_api, video, group):
    body = {"video": ids(video)[0], "group": ids(group)[0]}
    assert admin_api.post(ROUTE, body).status_code == 201
    assert list(assert_refused(admin_api.post(ROUTE, body), 409, "duplicate")["fields"]) == ["video"]


def test_a_link_that_moves_to_other_targets_gives_way_there(admin_api, group):
    other = GroupFactory.create()
    LinkFactory.create(group=other, display_order=0)
    link = LinkFactory.create(group=group, display_order=0)
    moved = admin_api.patch(f"{ROUTE}/{link.public_id}", {"group": ids(other)[0]}).json()
    assert (moved["group"], moved["display_order"]) == (str(other.public_id), 1)


def test_a_link_is_not_moved_onto_its_like(admin_api, video, group):
    other = GroupFactory.create()
    LinkFactory.create(video=video, group=other)
    link = LinkFactory.create(video=video, group=group)
    assert_refused(admin_api.patch(f"{ROUTE}/{link.public_id}", {"group": ids(other)[0]}), 409, "duplicate")


def test_a_default_and_an_emergency_may_reach_the_whole_chain(admin_api, video):
    emergency = {"video": ids(video)[0], "layer": "emergency", "valid_until": "2030-01-01T00:00:00Z"}
    made = admin_api.post(f"{ROUTE}/bulk", {"links": [{"video": ids(video)[0], "layer": "default"}, emergency]})
    assert made.status_code == 201, made.json()
    rows = [
        (row["layer"], row["device"], row["group"], row["shop"], row["display_order"]) for row in made.json()["links"]
    ]
    assert rows == [("default", None, None, None, 0), ("emergency", None, None, None, 0)]
    again = admin_api.post(ROUTE, {"video": ids(video)[0], "layer": "default"})
    assert list(assert_refused(again, 409, "duplicate")["fields"]) == ["video"]


def test_each_layer_has_an_order_of_its_own(admin_api, group):
    regular = [LinkFactory.create(group=group, display_order=order) for order in range(2)]
    default = [LinkFactory.create(group=group, display_order=order, layer="default") for order in range(2)]
    body = {"video": ids(VideoFactory.create())[0], "group": ids(group)[0], "layer": "default"}
    assert admin_api.post(ROUTE, body).json()["display_order"] == 2
    answer = admin_api.post(f"{ROUTE}/reorder", {"links": ids(*reversed(regular))}).json()["links"]
    assert [(row["id"], row["display_order"]) for row in answer] == list(
        zip(ids(*reversed(regular)), [0, 1], strict=True)
    )
    mixed = admin_api.post(f"{ROUTE}/reorder", {"links": ids(*regular, default[0])})
    assert_refused(mixed, 400, "invalid")


def test_the_whole_chains_links_are_put_in_order(admin_api):
    links = [LinkFactory.create(layer="default", display_order=order) for order in range(3)]
    LinkFactory.create(layer="emergency", valid_until="2030-01-01T00:00:00Z")
    wanted = ids(links[2], links[0], links[1])
    answer = admin_api.post(f"{ROUTE}/reorder", {"links": wanted}).json()["links"]
    assert [row["id"] for row in answer] == wanted
    assert_refused(admin_api.post(f"{ROUTE}/reorder", {"links": wanted[:2]}), 400, "invalid")


def test_links_are_found_by_layer_and_by_having_no_target(admin_api, group):
    wide = LinkFactory.create(layer="default")
    in_group = LinkFactory.create(layer="default", group=group)
    LinkFactory.create(group=group)

    def found(**query):
        return {row["id"] for row in admin_api.get(ROUTE, query).json()["results"]}

    assert found(layer="default") == set(ids(wide, in_group))
    assert found(device="none", group="none", shop="none") == set(ids(wide))
    assert_refused(admin_api.get(ROUTE, {"layer": "loud"}), 400, "invalid")


def test_a_link_that_becomes_an_emergency_needs_an_end(admin_api, group):
    link = LinkFactory.create(group=group)
    refused = admin_api.patch(f"{ROUTE}/{link.public_id}", {"layer": "emergency"})
    assert list(assert_refused(refused, 400, "invalid")["fields"]) == ["valid_until"]
    body = {"layer": "emergency", "valid_until": "2030-01-01T00:00:00Z"}
    assert admin_api.patch(f"{ROUTE}/{link.public_id}", body).json()["layer"] == "emergency"


def test_a_link_keeps_its_last_target(admin_api, group):
    link = LinkFactory.create(group=group)
    assert_refused(admin_api.patch(f"{ROUTE}/{link.public_id}", {"group": None}), 400, "invalid")


def test_a_shared_place_of_old_does_not_stop_other_changes(admin_api, group):
    LinkFactory.create(group=group, display_order=0)
    link = LinkFactory.create(group=group, display_order=0)
    assert admin_api.patch(f"{ROUTE}/{link.public_id}", {"weekdays": [1]}).json()["weekdays"] == [1]


def test_excepted_devices_are_replaced(admin_api, group):
    first, second = DeviceFactory.create(), DeviceFactory.create()
    link = LinkFactory.create(group=group)
    link.except_devices.set([first])
    after = admin_api.patch(f"{ROUTE}/{link.public_id}", {"except_devices": ids(second)}).json()
    assert after["except_devices"] == ids(second)


def test_links_are_filtered(admin_api, video, group):
    link = LinkFactory.create(video=video, group=group)
    dated = LinkFactory.create(shop=ShopFactory.create(), valid_until="2026-01-01T00:00:00Z")

    def found(**query):
        return {item["id"] for item in admin_api.get(ROUTE, query).json()["results"]}

    assert found(video=ids(video)[0]) == set(ids(link))
    assert found(group=ids(group)[0]) == set(ids(link))
    assert found(group="none") == set(ids(dated))
    assert found(valid_at="2026-02-01T00:00:00Z") == set(ids(link))
    assert found(search="spring") == set(ids(link))


class TestBulk:
    """POST …/bulk."""

    def entries(self, group, number):
        return [{"video": each, "group": ids(group)[0]} for each in ids(*VideoFactory.create_batch(number))]

    def test_many_are_made_at_once_with_distinct_orders(self, admin_api, group):
        device = DeviceFactory.create(mobile_id="screen-1")
        entries = self.entries(group, 3)
        entries[1]["except_devices"] = ["mobile_id:screen-1"]
        entries.append({"video": entries[0]["video"], "device": ids(device)[0]})
        response = admin_api.post(f"{ROUTE}/bulk/", {"links": entries})
        links = response.json()["links"]
        assert response.status_code == 201
        assert [(link["video"], link["display_order"]) for link in links] == [
            (entry["video"], order) for entry, order in zip(entries, [0, 1, 2, 0], strict=True)
        ]
        assert links[1]["except_devices"] == ids(device)
        assert Link.objects.count() == 4

    def test_its_statements_do_not_grow_with_the_entries(self, admin_api, group, django_assert_num_queries):
        for number in (2, 40):
            entries = self.entries(group, number)
            for entry in entries:
                entry["except_devices"] = ids(DeviceFactory.create())
            with django_assert_num_queries(11):
                assert admin_api.post(f"{ROUTE}/bulk", {"links": entries}).status_code == 201

    def test_it_bumps_the_group_once(self, admin_api, group):
        before = group.content_version
        admin_api.post(f"{ROUTE}/bulk", {"links": self.entries(group, 5)})
        group.refresh_from_db()
        assert group.content_version == before + 1

    def test_one_bad_entry_and_none_is_made(self, admin_api, group):
        entries = self.entries(group, 2)
        response = admin_api.post(f"{ROUTE}/bulk", {"links": [*entries, {**entries[0], "weekdays": [9]}]})
        assert list(assert_refused(response, 400, "invalid")["fields"]) == ["links"]
        response = admin_api.post(f"{ROUTE}/bulk", {"links": [*entries, {**entries[0], "group": NO_SUCH}]})
        assert_refused(response, 404, "group_not_found")
        response = admin_api.post(f"{ROUTE}/bulk", {"links": [*entries, entries[0]]})
        assert list(assert_refused(response, 409, "duplicate")["fields"]) == ["links.2.video"]
        entries[0]["display_order"] = entries[1]["display_order"] = 4
        response = admin_api.post(f"{ROUTE}/bulk", {"links": entries})
        assert list(assert_refused(response, 409, "display_order_taken")["fields"]) == ["links.1.display_order"]
        assert not Link.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [{}, {"links": []}, {"links": {}}, {"links": [7]}, {"links": [[]]}, [], {"links": [{}] * 1001}, {"link": []}],
    )
    def test_a_body_that_makes_no_sense_is_refused(self, admin_api, body):
        assert_refused(admin_api.post(f"{ROUTE}/bulk", body), 400, "invalid")

    def test_a_viewer_may_not(self, api, user_with, admin_user, group):
        body = {"links": self.entries(group, 1)}
        api.force_authenticate(user_with("media_library.view_link", "media_library.change_link"))
        assert_refused(api.post(f"{ROUTE}/bulk", body), 403, "permission_denied")
        assert_refused(key_client(admin_user, "read").post(f"{ROUTE}/bulk", body), 403, "api_key_read_only")


class TestReorder:
    """POST …/reorder."""

    def test_links_take_the_places_in_which_they_are_named(self, admin_api, group, django_assert_num_queries):
        links = [LinkFactory.create(group=group, display_order=order) for order in (5, 5, 9)]
        asked = ids(links[2], links[0], links[1])
        with django_assert_num_queries(8):  # savepoint, links, lock, left out, one UPDATE, savepoint, answer, excepted
            answer = admin_api.post(f"{ROUTE}/reorder/", {"links": asked}).json()["links"]
        assert [(link["id"], link["display_order"]) for link in answer] == list(zip(asked, range(3), strict=True))

    def test_the_devices_that_play_them_are_told(self, admin_api, group):
        device = DeviceFactory.create(group=group)
        links = [LinkFactory.create(group=group, display_order=order) for order in range(2)]
        before = tag_of(device)
        admin_api.post(f"{ROUTE}/reorder", {"links": ids(*reversed(links))})
        assert tag_of(device) != before

    def test_every_link_of_the_targets_is_named_once(self, admin_api, group):
        links = [LinkFactory.create(group=group, display_order=order) for order in range(2)]
        elsewhere = LinkFactory.create(group=GroupFactory.create())
        for named in ([links[0]], [*links, links[0]], [*links, elsewhere]):
            response = admin_api.post(f"{ROUTE}/reorder", {"links": ids(*named)})
            assert list(assert_refused(response, 400, "invalid")["fields"]) == ["links"]
        assert list(Link.objects.filter(group=group).order_by("pk").values_list("display_order", flat=True)) == [0, 1]

    def test_an_unknown_link_is_a_404_that_names_it(self, admin_api):
        assert NO_SUCH in assert_refused(admin_api.post(f"{ROUTE}/reorder", {"links": [NO_SUCH]}), 404)["message"]

    @pytest.mark.parametrize("body", [{}, {"links": []}, {"links": ["x"]}, {"links": "x"}, {"links": [None]}])
    def test_a_body_that_makes_no_sense_is_refused(self, admin_api, body):
        assert_refused(admin_api.post(f"{ROUTE}/reorder", body), 400, "invalid")

    def test_a_viewer_may_not(self, api, user_with, group):
        api.force_authenticate(user_with("media_library.view_link", "media_library.add_link"))
        link = LinkFactory.create(group=group)
        assert_refused(api.post(f"{ROUTE}/reorder", {"links": ids(link)}), 403, "permission_denied")
