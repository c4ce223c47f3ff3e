"""What the database keeps of a change, by whichever path it came; and that a bulk change costs one statement more."""

from typing import Any

import pytest
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from devices.models import Device, DeviceToken, EnrolmentKey, Group, Pairing
from devices.services.enrolment import issue_token, make_enrolment_key, refuse_pairings, start_pairing
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.audit import change
from dgx.core.models import ApiKey, Change, ChangedRow
from locations.models import Shop, ShopLimit
from locations.tests.factories import ShopFactory
from media_library.models import Link, Video
from media_library.models.link import LinkException
from media_library.tests.factories import VideoFactory

pytestmark = pytest.mark.django_db


def kept(kind: str = "") -> list[tuple[str, str, str, dict[str, Any]]]:
    """What was kept since the last `forget`, of one kind or all."""
    rows = ChangedRow.objects.order_by("id")
    return list((rows.filter(kind=kind) if kind else rows).values_list("kind", "action", "label", "fields"))


def forget() -> None:
    ChangedRow.objects.all().delete()


def test_an_object_that_is_made_is_kept_with_what_it_has() -> None:
    shop = ShopFactory(name="Lyon", timezone="Europe/Paris")
    forget()
    device = Device.objects.create(mobile_id="d-1", name="Window", shop=shop)
    assert kept() == [
        (
            "devices.device",
            "added",
            "Window (d-1)",
            {
                "mobile_id": "d-1",
                "name": "Window",
                "kind": "player",
                "state": "registered",
                "shop": shop.pk,
                "notes": "",
            },
        )
    ]
    assert ChangedRow.objects.get().object_id == device.pk


def test_a_change_is_kept_from_what_to_what() -> None:
    shop, group = ShopFactory(), GroupFactory()
    device = DeviceFactory(mobile_id="d-1", name="", group=group)
    forget()
    device.shop, device.group, device.report_interval_s = shop, None, 60
    device.save()
    assert kept() == [
        (
            "devices.device",
            "changed",
            "d-1",
            {"shop": [None, shop.pk], "group": [group.pk, None], "report_interval_s": [None, 60]},
        )
    ]


def test_what_is_deleted_is_kept_with_what_it_had_and_outlives_it() -> None:
    group = Group.objects.create(name="Windows")
    forget()
    group.delete()
    assert kept() == [("devices.group", "deleted", "Windows", {"name": "Windows"})]


def test_what_devices_report_and_content_versions_are_not_kept() -> None:
    group = GroupFactory()
    device = DeviceFactory(group=group)
    forget()
    Device.objects.update(screen="1920x1080", app_version="2", content_version=7, updated_at=timezone.now())
    device.presence.last_seen_at = timezone.now()
    device.presence.save()
    assert kept() == []
    assert (
        not Change.objects.filter(rows=None)
        .exclude(pk__in=ChangedRow.objects.values("change"))
        .filter(kinds=["devices.presence"])
    )


def test_a_link_s_change_counts_versions_up_and_is_kept_once() -> None:
    group, video = GroupFactory(name="Windows"), VideoFactory(name="film.mp4")
    forget()
    link = Link.objects.create(video=video, group=group, weekdays=[1, 6])
    device = DeviceFactory(mobile_id="d-1")
    exception = LinkException.objects.create(link=link, device=device)
    exception.delete()
    assert [row for row in kept() if row[0] != "devices.device"] == [
        (
            "media_library.link",
            "added",
            "film.mp4 → Windows",
            {"video": video.pk, "group": group.pk, "layer": "regular", "display_order": 0, "weekdays": [1, 6]},
        ),
        ("media_library.link", "changed", "film.mp4 → Windows", {"except_devices": [None, device.pk]}),
        ("media_library.link", "changed", "film.mp4 → Windows", {"except_devices": [device.pk, None]}),
    ]


def test_sql_of_any_kind_is_kept() -> None:
    ShopFactory.create_batch(3)
    forget()
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH x AS (SELECT id FROM locations_shop) UPDATE locations_shop SET code = 'B' FROM x "
            "WHERE x.id = locations_shop.id"
        )
    assert [row[3] for row in kept()] == [{"code": ["", "B"]}] * 3
    assert Change.objects.filter(door="database", what="").exists()


def test_an_upsert_keeps_what_it_adds_and_what_it_changes() -> None:
    Shop.objects.create(name="Lyon", code="A")
    forget()
    Shop.objects.bulk_create(
        [Shop(name="Lyon", code="B"), Shop(name="Nice", code="C")],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["code"],
    )
    assert sorted((action, label) for _kind, action, label, _fields in kept()) == [
        ("added", "Nice"),
        ("changed", "Lyon"),
    ]


def test_secrets_and_their_hashes_are_never_kept(admin_user: User) -> None:
    device = DeviceFactory()
    token = issue_token(device)
    key, secret = make_enrolment_key(label="Lyon")
    api_key, api_secret = ApiKey.issue(user=admin_user, name="stock", scope="write")
    pairing = start_pairing(mobile_id="p", details={})
    refuse_pairings(Pairing.objects.all(), by=admin_user)
    admin_user.set_password("a new one")
    admin_user.save()
    everything = repr(kept())
    hashes = [
        DeviceToken.objects.get().token_hash,
        key.key_hash,
        api_key.key_hash,
        pairing.pairing.claim_hash,
        admin_user.password,
    ]
    for hidden in (token, secret, api_secret, pairing.claim_token, *hashes):
        assert hidden not in everything
    assert kept("auth.user")[-1] == ("auth.user", "changed", "admin", {"password": [None, None]})
    assert kept("devices.pairing") == [
        (
            "devices.pairing",
            "changed",
            "p",
            {"state": ["pending", "refused"], "decided_by": [None, admin_user.pk]},
        )
    ]


def test_rights_are_kept_with_the_person_or_role_who_has_them() -> None:
    user, role = User.objects.create_user("maria"), Role.objects.create(name="Editors")
    right = Permission.objects.get(codename="view_device")
    forget()
    user.groups.add(role)
    user.user_permissions.add(right)
    role.permissions.set([right])
    user.groups.clear()
    assert kept() == [
        ("auth.user", "changed", "maria", {"groups": [None, role.pk]}),
        ("auth.user", "changed", "maria", {"user_permissions": [None, right.pk]}),
        ("auth.group", "changed", "Editors", {"permissions": [None, right.pk]}),
        ("auth.user", "changed", "maria", {"groups": [role.pk, None]}),
    ]


def test_a_periodic_task_s_runs_are_not_kept_but_its_schedule_is() -> None:
    every = IntervalSchedule.objects.create(every=15, period="seconds")
    task = PeriodicTask.objects.create(name="sweep", task="devices.tasks.mark_offline", interval=every)
    forget()
    PeriodicTask.objects.update(last_run_at=timezone.now(), total_run_count=9)
    task.enabled = False
    task.save(update_fields=["enabled"])
    assert kept() == [("django_celery_beat.periodictask", "changed", "sweep", {"enabled": [True, False]})]


def test_everything_inside_an_act_is_one(admin_user: User) -> None:
    forget()
    with change(door="action", what="Assign a shop", user=admin_user) as act:
        shop = Shop.objects.create(name="Lyon")
        DeviceFactory.create_batch(2)
        Device.objects.update(shop=shop)
    entry = Change.objects.get(act=act.id)
    assert (entry.door, entry.what, entry.user, entry.who) == ("action", "Assign a shop", admin_user, "admin")
    assert entry.kinds == ["locations.shop", "devices.device"]
    assert entry.rows.count() == 5


def test_an_act_without_changes_leaves_nothing(admin_user: User) -> None:
    shop = Shop.objects.create(name="Lyon")
    with change(door="admin", user=admin_user) as act:
        shop.save()
        Shop.objects.filter(pk=-1).delete()
        EnrolmentKey.objects.update(uses=0)
    assert not Change.objects.filter(act=act.id)


def test_the_first_words_that_say_what_for_count_for_the_whole_act() -> None:
    with change(door="admin") as act:
        shop = Shop.objects.create(name="Lyon")
        with change(door="action", what="Rename a shop"):
            shop.name = "Nice"
            shop.save()
        shop.delete()
    entry = Change.objects.get(act=act.id)
    assert (entry.door, entry.what) == ("action", "Rename a shop")


def test_a_large_change_after_a_small_one_is_not_planned_as_a_small_one() -> None:
    """The plan of a trigger's statement is kept from its first run in the session."""
    Device.objects.bulk_create(Device(mobile_id=f"d-{number}") for number in range(10_000))
    Device.objects.filter(mobile_id="d-1").update(name="first")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5s'")  # as a nested loop it would take a minute
    assert Device.objects.update(notes="moved") == 10_000


def test_the_history_of_a_video_outlives_it() -> None:
    video: Video = VideoFactory(name="film.mp4")
    key = video.pk
    Video.objects.filter(pk=key).delete()
    assert [row.action for row in ChangedRow.objects.filter(kind="media_library.video", object_id=key)] == [
        "added",
        "deleted",
    ]


def test_who_is_limited_to_which_shops_is_kept() -> None:
    user, shop = User.objects.create_user("maria"), ShopFactory()
    forget()
    limit = ShopLimit.objects.create(user=user)
    limit.shops.add(shop)
    limit.delete()
    assert [row for row in kept() if row[0] == "locations.shoplimit"] == [
        ("locations.shoplimit", "added", "maria", {"user": user.pk}),
        ("locations.shoplimit", "changed", "maria", {"shops": [None, shop.pk]}),
        ("locations.shoplimit", "changed", "maria", {"shops": [shop.pk, None]}),
        ("locations.shoplimit", "deleted", "maria", {"user": user.pk}),
    ]
