"""The database keeps content versions: if what a device plays changed, by whichever path, its tag changed."""

import contextlib
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.models import Device, Group, Presence
from devices.querysets import content_tag
from devices.tests.factories import DeviceFactory, GroupFactory
from locations.models import Chain, Shop
from locations.tests.factories import ShopFactory
from media_library.models import Link, Video
from media_library.models.link import LinkException
from media_library.services.manifest import build_manifest, tag_of
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db

UNTIL = datetime(2040, 1, 1, tzinfo=UTC)
ZONES = ["UTC", "Europe/Berlin", "Asia/Tokyo"]


def tag(device: Device) -> str:
    return tag_of(Device.objects.with_presence().get(pk=device.pk))


def content(device: Device) -> Any:
    """The device's manifest without what ages: its addresses; and its tag."""
    manifest = build_manifest(Device.objects.with_presence().get(pk=device.pk), now=timezone.now())
    items = [{key: value for key, value in item.items() if key != "url"} for item in manifest["items"]]
    return (manifest["timezone"], items), manifest["tag"]


def execute(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


class World:
    """A small chain, rows of it loaded at its beginning (so that their saves are stale ones), and edits at random."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.shops, self.groups = ShopFactory.create_batch(2), GroupFactory.create_batch(2)
        self.devices = [DeviceFactory.create(group=self.groups[n % 2], shop=self.shops[n // 2]) for n in range(3)]
        self.videos = VideoFactory.create_batch(3)
        for number in range(4):
            LinkFactory.create(video=self.videos[number % 3], group=self.groups[number % 2], display_order=number)
        LinkFactory.create(video=self.videos[0], device=self.devices[0])
        LinkFactory.create(video=self.videos[1], layer="default")
        self.stale = {row.pk: row for row in Device.objects.all()}

    def pick(self, rows: Any) -> Any:
        return self.rng.choice(list(rows))

    def targets(self) -> dict[str, Any]:
        found = {
            "device": self.pick([None, *self.devices]),
            "group": self.pick([None, *self.groups]),
            "shop": self.pick([None, *self.shops]),
        }
        layer = self.pick(Link.Layer.values)
        if layer == "regular" and not any(found.values()):
            found["group"] = self.groups[0]
        return {**found, "layer": layer, "valid_until": UNTIL if layer == "emergency" else None}

    # --- links
    def add_link(self):
        LinkFactory.create(video=self.pick(self.videos), display_order=self.rng.randint(-2, 2), **self.targets())

    def add_links_in_bulk(self):
        Link.objects.bulk_create([Link(video=self.pick(self.videos), **self.targets())])

    def retarget_link(self):
        link = self.pick(Link.objects.all())
        for name, value in self.targets().items():
            setattr(link, name, value)
        link.save()

    def change_layer(self):
        link = self.pick(Link.objects.exclude(device=None, group=None, shop=None))
        link.layer, link.valid_until = self.pick(Link.Layer.values), UNTIL
        link.save()

    def change_layers_by_update(self):
        Link.objects.filter(device=None, group=None, shop=None).update(layer="emergency", valid_until=UNTIL)

    def link_the_chain_by_sql(self):
        execute(
            "INSERT INTO media_library_link (public_id, video_id, layer) VALUES (gen_random_uuid(), %s, 'default')",
            self.pick(self.videos).pk,
        )

    def reorder_in_bulk(self):
        links = list(Link.objects.all())
        for link in links:
            link.display_order = self.rng.randint(-5, 5)
        Link.objects.bulk_update(links, ["display_order"])

    def move_links_by_update(self):
        Link.objects.filter(device=None).update(**self.targets(), video=self.pick(self.videos))

    def window_by_sql(self):
        execute("UPDATE media_library_link SET valid_until = now() + %s", timedelta(days=self.rng.randint(1, 9)))

    def delete_link(self):
        self.pick(Link.objects.all()).delete()

    def delete_links_by_sql(self):
        execute("DELETE FROM media_library_linkexception")
        execute("DELETE FROM media_library_link WHERE id %% 3 = %s", self.rng.randint(0, 2))

    # --- exceptions
    def except_device(self):
        self.pick(Link.objects.all()).except_devices.add(self.pick(self.devices))

    def clear_exceptions(self):
        self.pick(Link.objects.all()).except_devices.clear()

    def move_exception(self):
        LinkException.objects.update(device=self.pick(self.devices))

    def move_exception_to_another_link(self):
        exception = LinkException.objects.first()
        if exception:
            LinkException.objects.filter(pk=exception.pk).update(link=self.pick(Link.objects.all()))

    # --- videos
    def edit_video(self):
        video = self.pick(Video.objects.all())
        video.name, video.rotation = f"renamed {self.rng.random()}", self.pick([0, 90, 180, 270])
        video.save()

    def replace_videos_in_bulk(self):
        videos = list(Video.objects.all())
        for video in videos:
            video.sha256, video.size = f"{self.rng.getrandbits(256):064x}", self.rng.randint(1, 10**9)
        Video.objects.bulk_update(videos, ["sha256", "size"])

    def fail_or_mend_by_update(self):
        Video.objects.filter(pk=self.pick(self.videos).pk).update(state=self.pick(["ready", "failed", "processing"]))

    def bin_or_restore_by_update(self):
        binned_at = self.pick([None, timezone.now()])
        Video.all_objects.filter(pk=self.pick(self.videos).pk).update(binned_at=binned_at)

    def point_elsewhere_by_sql(self):
        execute("UPDATE media_library_video SET source_url = %s", self.pick([None, "https://x.example/a"]))

    # --- places
    def move_device_by_save(self):
        device = self.stale[self.pick(self.stale)]
        device.group, device.shop = self.pick([None, *self.groups]), self.pick([None, *self.shops])
        device.save()

    def move_devices_by_update(self):
        Device.objects.update(group=self.pick([None, *self.groups]))

    def move_devices_by_sql(self):
        execute("UPDATE devices_device SET shop_id = %s", self.pick(self.shops).pk)

    def save_a_stale_device(self):
        self.stale[self.pick(self.stale)].save()

    def save_a_stale_group(self):
        self.pick(self.groups).save()

    def change_timezone(self):
        shop = self.pick(self.shops)
        shop.timezone = self.pick(ZONES)
        shop.save()

    def change_timezones_by_update(self):
        Shop.objects.update(timezone=self.pick(ZONES))


EDITS = sorted(
    name for name, value in vars(World).items() if callable(value) and name not in {"__init__", "pick", "targets"}
)


def apply(world: World, edit: str) -> None:
    """The edit, or nothing of it where it breaks a constraint or finds no row."""
    with contextlib.suppress(IntegrityError, IndexError), transaction.atomic():
        getattr(world, edit)()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(EDITS), min_size=1, max_size=8))
def test_whatever_changes_what_a_device_plays_changes_its_tag(seed, edits):
    world = World(seed)
    seen: dict[tuple[int, str], Any] = {}
    for edit in ["", *edits]:
        if edit:
            apply(world, edit)
        for device in world.devices:
            played, current = content(device)
            assert seen.setdefault((device.pk, current), played) == played, edit


def versions(world: World) -> dict[tuple[str, int], int]:
    """Every content version that there is, by model and key."""
    models: tuple[Any, ...] = (Device, Group, Shop, Chain)
    return {
        (model.__name__, key): version
        for model in models
        for key, version in model.objects.values_list("pk", "content_version")
    }


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(EDITS), min_size=1, max_size=6))
def test_a_version_never_goes_back_and_stays_while_nothing_changes(seed, edits):
    world = World(seed)
    before = versions(world)
    for edit in edits:
        apply(world, edit)
        after = versions(world)
        assert all(after[key] >= version for key, version in before.items()), edit
        Presence.objects.update(last_seen_at=timezone.now(), temperature=20)  # reports
        Device.objects.update(notes=f"after {edit}")
        for row in (*Device.objects.all(), *Group.objects.all(), *Shop.objects.all(), *Video.objects.all()):
            row.save()
        assert versions(world) == after, "what plays is as before"
        before = after


@pytest.fixture
def group():
    return GroupFactory.create()


def test_an_edit_of_a_group_never_changes_the_tag_of_a_device_outside_it(group):
    inside, outside = DeviceFactory.create(group=group), DeviceFactory.create(group=GroupFactory.create())
    link = LinkFactory.create(group=group)
    before = tag(inside), tag(outside)
    link.display_order = 5
    link.save()
    link.video.rotation = 90
    link.video.save()
    assert tag(inside) != before[0]
    assert tag(outside) == before[1]


def test_an_edit_of_the_whole_chains_link_writes_one_row_and_changes_every_tag(group):
    devices = [
        DeviceFactory.create(group=group),
        DeviceFactory.create(shop=ShopFactory.create()),
        DeviceFactory.create(),
    ]
    rows = [list(model.objects.order_by("pk").values("pk", "content_version")) for model in (Device, Group, Shop)]
    before, version = [tag(device) for device in devices], Chain.objects.version()
    link = LinkFactory.create(layer="default")
    link.video.rotation = 90
    link.video.save()
    link.delete()
    assert Chain.objects.version() == version + 3
    assert all(tag(device) != old for device, old in zip(devices, before, strict=True))
    after = [list(model.objects.order_by("pk").values("pk", "content_version")) for model in (Device, Group, Shop)]
    assert after == rows


def test_a_link_that_has_a_target_leaves_the_chain_alone(group):
    version = Chain.objects.version()
    LinkFactory.create(group=group, layer="default").delete()
    assert Chain.objects.version() == version


def test_no_bump_is_lost_where_the_chains_row_is_missing():
    Chain.objects.all().delete()
    device = DeviceFactory.create()
    before = tag(device)
    LinkFactory.create(layer="default")
    assert tag(device) != before


def test_a_tag_of_large_numbers_fits_where_a_device_reports_it():
    millions = 99_999_999, 9_999_999
    longest = content_tag(device=millions, group=(999_999, 9_999_999), shop=(999_999, 9_999_999), chain=9_999_999)
    assert len(longest) <= (Presence._meta.get_field("held_tag").max_length or 0)


def test_editing_a_groups_link_writes_one_group_row_and_no_device_row(group):
    DeviceFactory.create_batch(5, group=group)
    link = LinkFactory.create(group=group)
    devices, groups = (list(model.objects.order_by("pk").values("pk", "content_version")) for model in (Device, Group))
    with CaptureQueriesContext(connection) as queries:
        Link.objects.filter(pk=link.pk).update(display_order=9)
    assert len(queries) == 1
    assert list(Device.objects.order_by("pk").values("pk", "content_version")) == devices
    group.refresh_from_db()
    assert group.content_version == groups[0]["content_version"] + 1


def test_a_video_that_was_only_looked_into_bumps_nobody(group):
    device, link = DeviceFactory.create(group=group), LinkFactory.create(group=group)
    before = tag(device)
    Video.objects.filter(pk=link.video_id).update(probed_at=timezone.now(), width=10, attempts=3)
    assert tag(device) == before


def test_a_row_saved_whole_after_somebody_elses_edit_does_not_undo_its_bump(group):
    device = DeviceFactory.create(group=group)
    link = LinkFactory.create(device=device)
    before = tag(device)
    device.refresh_from_db()
    link.delete()
    device.save()
    assert tag(device) != before


def test_a_device_that_moves_there_and_back_has_its_old_tag(group):
    device = DeviceFactory.create(group=group)
    before = tag(device)
    Device.objects.filter(pk=device.pk).update(group=None)
    assert tag(device) != before
    Device.objects.filter(pk=device.pk).update(group=group)
    assert tag(device) == before


def test_the_tag_in_sql_is_the_tag_in_python(group):
    for fields in (
        {},
        {"group": group},
        {"shop": ShopFactory.create()},
        {"group": group, "shop": ShopFactory.create()},
    ):
        device = DeviceFactory.create(**fields)
        LinkFactory.create(device=device)
        annotated = Device.objects.with_tag().get(pk=device.pk)
        assert annotated.tag == tag(device)  # type: ignore[attr-defined]
