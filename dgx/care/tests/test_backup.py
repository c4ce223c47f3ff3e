"""`manage.py backup` and `manage.py restore`: what was backed up is what comes back, and a damaged backup touches
nothing."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from devices.models import Device, Presence
from devices.tests.factories import DeviceFactory
from dgx.care import backup, postgres
from dgx.care.backup import DUMP, MANIFEST, Manifest
from dgx.care.copies import OBJECTS
from dgx.core.models import ApiKey, ClockState
from dgx.tests.snapshot import Snapshot
from locations.models import Shop
from locations.tests.factories import ShopFactory
from media_library.models import Video
from media_library.services import storage
from media_library.services.bin import throw_away
from media_library.services.processing import process
from media_library.services.uploads import upload_video
from media_library.tests.factories import LinkFactory
from media_library.tests.files import image, uploaded
from telemetry.models import DeviceLog
from telemetry.services import partitions
from telemetry.services.rollup import roll_up
from telemetry.tests.factories import DeviceLogFactory, PlayHourFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def poster():
    """Uploaded; what a test did to its bytes is no other test's business."""
    video = upload_video(file=uploaded(image(), "poster.png"), name="Poster")
    yield video
    for key in (video.key, storage.thumbnail_key(video.sha256)):
        storage._client().delete_object(Bucket=settings.S3_BUCKET, Key=key)


def back_up(root: Path) -> Path:
    """Makes a backup; those before it are of another day."""
    for number, folder in enumerate(sorted(root.glob("202*Z"))):
        folder.rename(root / f"2000-01-{number + 1:02}T000000Z")
    call_command("backup", root, stdout=StringIO())
    (made,) = root.glob("202*Z")
    return made


def restore(folder: Path, **options: bool) -> str:
    out = StringIO()
    call_command("restore", folder, stdout=out, **options)
    return out.getvalue()


def test_what_was_backed_up_comes_back(tmp_path, poster, rf):
    screen = DeviceFactory.create(mobile_id="entrance")
    LinkFactory.create(video=poster, device=screen)
    Presence.objects.filter(device=screen).update(held_tag="d1.1")
    folder = back_up(tmp_path)
    Device.objects.filter(pk=screen.pk).update(name="changed after the backup")
    DeviceFactory.create(mobile_id="came after the backup")
    said = restore(folder, overwrite=True)
    assert "all held against its manifest" in said
    assert list(Device.objects.values_list("mobile_id", "name")) == [("entrance", screen.name)]
    assert Presence.objects.get().held_tag == "d1.1"
    assert poster.links.get().device == screen


def test_objects_that_the_store_lost_come_back_with_their_type(tmp_path, poster):
    folder = back_up(tmp_path)
    storage._client().delete_object(Bucket=settings.S3_BUCKET, Key=poster.key)
    assert storage.size_of(poster.key) is None
    restore(folder, overwrite=True)
    assert storage.size_of(poster.key) == poster.size
    assert storage.content_type_of(poster.key) == "image/png"


def test_triggers_and_partitions_live_on_after_a_restore(tmp_path, poster):
    screen = DeviceFactory.create()
    folder = back_up(tmp_path)
    restore(folder, overwrite=True)
    before = Device.objects.get().content_version
    LinkFactory.create(video=Video.objects.get(), device=Device.objects.get())
    assert Device.objects.get().content_version == before + 1
    assert Device.objects.get().pk == screen.pk


def test_a_second_backup_keeps_each_object_once(tmp_path, poster):
    back_up(tmp_path)
    copies = sorted(path for path in (tmp_path / OBJECTS).rglob("*") if path.is_file())
    made = {path: path.stat().st_mtime_ns for path in copies}
    back_up(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in copies} == made


def test_what_is_in_the_database_alone_is_told_and_the_backup_is_whole_but_for_it(tmp_path, poster):
    storage._client().delete_object(Bucket=settings.S3_BUCKET, Key=poster.key)
    with pytest.raises(CommandError, match="lacks 1 objects"):
        back_up(tmp_path)
    (folder,) = [path for path in tmp_path.iterdir() if path.name != OBJECTS]
    assert json.loads((folder / MANIFEST).read_text())["missing"] == [poster.key]


def test_a_restore_refuses_a_database_that_holds_something(tmp_path, poster):
    folder = back_up(tmp_path)
    with pytest.raises(CommandError, match="--overwrite"):
        restore(folder)
    assert Video.objects.get().name == "Poster"


def copy_of(folder: Path, key: str) -> Path:
    (stored,) = [stored for stored in Manifest.read(folder).objects if stored.key == key]
    return stored.path(folder.parent)


def flip(path: Path) -> bytes:
    """Let one byte rot, in the middle; returns what was there."""
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    return whole


@pytest.fixture
def shown(poster):
    """The poster with its thumbnail, of which the database knows no hash."""
    process(poster.pk)
    poster.refresh_from_db()
    assert poster.thumbnail
    return poster


@pytest.mark.parametrize("which", ["file", "thumbnail"])
def test_a_copy_that_rotted_is_fetched_again(tmp_path, shown, which):
    key = getattr(shown, which).name
    copy = copy_of(back_up(tmp_path), key)
    whole = flip(copy)
    second = back_up(tmp_path)
    assert copy_of(second, key) == copy
    assert copy.read_bytes() == whole
    for folder in (second, *tmp_path.glob("2000*")):
        assert "all held against its manifest" in restore(folder, overwrite=True)


def test_a_copy_that_rotted_is_told_before_it_is_restored(tmp_path, shown):
    folder = back_up(tmp_path)
    flip(copy_of(folder, shown.key))
    with pytest.raises(CommandError, match=f"damaged: the object {shown.key} is missing or not the one"):
        restore(folder, overwrite=True)


def test_a_thumbnail_that_was_drawn_anew_leaves_the_backup_before_whole(tmp_path, shown):
    key = shown.thumbnail.name
    was = copy_of(back_up(tmp_path), key).read_bytes()
    storage.put(key, BytesIO(b"drawn by another version"), mime="image/jpeg")
    second = back_up(tmp_path)
    assert copy_of(second, key).read_bytes() == b"drawn by another version"
    (first,) = tmp_path.glob("2000*")
    restore(first, overwrite=True)
    assert stored_bytes(key) == was


def test_media_that_rotted_in_the_store_are_told_and_no_copy_is_made_of_them(tmp_path, poster):
    storage.put(poster.key, BytesIO(bytes(poster.size)), mime="image/png")
    with pytest.raises(CommandError, match="or their bytes are wrong"):
        back_up(tmp_path)
    (folder,) = tmp_path.glob("202*Z")
    assert Manifest.read(folder).missing == [poster.key]
    assert [path for path in (tmp_path / OBJECTS).rglob("*") if path.is_file()] == []


def test_a_whole_copy_stays_in_use_when_the_store_rots(tmp_path, poster):
    whole = copy_of(back_up(tmp_path), poster.key).read_bytes()
    storage.put(poster.key, BytesIO(bytes(poster.size)), mime="image/png")
    assert copy_of(back_up(tmp_path), poster.key).read_bytes() == whole


def test_a_copy_is_on_the_disk_before_it_has_its_name(tmp_path, poster, monkeypatch):
    flushed: dict[str, str] = {}

    def note(descriptor):
        flushed.setdefault(str(Path(f"/proc/self/fd/{descriptor}").readlink()), "")
        fsync(descriptor)

    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", note)
    folder = back_up(tmp_path)
    order = list(flushed)
    copy = copy_of(folder, poster.key)
    steps = [f"{copy}.part", str(copy.parent), f"{folder}.part/{DUMP}", f"{folder}.part"]
    assert [path for path in order if path in steps] == steps
    assert str(tmp_path) in order


def test_what_is_written_while_the_backup_runs_is_not_in_it(tmp_path, poster, monkeypatch):
    """Between any two steps somebody else adds a shop and a log, and renames what was there."""
    shop, device = ShopFactory.create(name="before"), DeviceFactory.create()
    DeviceLogFactory.create(device=device)
    other = connection.copy()
    written: list[int] = []

    def write() -> None:
        number = len(written)
        with other.cursor() as cursor:
            cursor.execute(
                "INSERT INTO locations_shop (public_id, name, code, address, timezone) "
                "VALUES (gen_random_uuid(), %s, '', '', 'UTC')",
                [f"during {number}"],
            )
            cursor.execute("UPDATE locations_shop SET name = %s WHERE id = %s", [f"renamed {number}", shop.pk])
            cursor.execute(
                "INSERT INTO telemetry_devicelog (device_id, log_type, logged_at) VALUES (%s, 'x', now())", [device.pk]
            )
        written.append(number)

    for module, step in (
        (backup, "_named_objects"),
        (backup, "_row_counts"),
        (postgres, "dump"),
        (storage, "download"),
    ):
        monkeypatch.setattr(module, step, after(write, getattr(module, step)))
    try:
        folder = back_up(tmp_path)
    finally:
        other.close()
    assert written == [0, 1, 2, 3]
    assert Shop.objects.count() == DeviceLog.objects.count() == 5
    restore(folder, overwrite=True)
    assert list(Shop.objects.values_list("name", flat=True)) == ["before"]
    assert DeviceLog.objects.count() == 1
    rows = Manifest.read(folder).rows
    assert {table: rows[table] for table in ("locations_shop", "telemetry_devicelog", "media_library_video")} == {
        "locations_shop": 1,
        "telemetry_devicelog": 1,
        "media_library_video": 1,
    }


def after(first: Callable[[], None], then: Callable[..., Any]) -> Callable[..., Any]:
    def both(*args: Any, **kwargs: Any) -> Any:
        first()
        return then(*args, **kwargs)

    return both


def stored_bytes(key: str) -> bytes:
    with storage.downloaded(key) as file:
        return file.read()


def test_into_an_empty_database_and_bucket_every_row_and_byte_comes_back(tmp_path, shown, admin_user):
    screen = DeviceFactory.create(shop=ShopFactory.create())
    LinkFactory.create(video=shown, device=screen)
    Presence.objects.filter(device=screen).update(held_tag="d1.1", temperature=4.5)
    for days in (0, 1, 30, 80):
        DeviceLogFactory.create(device=screen, logged_at=timezone.now() - timedelta(days=days), tags={"a": [1, "ü"]})
    PlayHourFactory.create(device=screen, video=shown)
    roll_up(now=timezone.now())
    ApiKey.issue(user=admin_user, name="a program", scope=ApiKey.Scope.READ)
    throw_away(Video.objects.filter(pk=shown.pk), by="ada", now=timezone.now())
    rows, keys = everything(), storage.keys_of(shown)
    bytes_of = {key: stored_bytes(key) for key in keys}
    assert len(bytes_of) == 2
    folder = back_up(tmp_path)
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    for key in keys:
        storage._client().delete_object(Bucket=settings.S3_BUCKET, Key=key)
    said = restore(folder)
    assert f"{sum(Manifest.read(folder).rows.values())} rows, 2 objects" in said
    assert everything() == rows
    assert {key: stored_bytes(key) for key in keys} == bytes_of


def everything() -> dict[str, Any]:
    """The rows of every table and the state of every sequence; how far the clock is believed goes on."""
    found: dict[str, Any] = dict(Snapshot.remember().rows)
    found.pop("core_clockstate")
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
        return found | dict(cursor.fetchall())


def test_an_object_of_the_right_size_and_wrong_bytes_is_replaced(tmp_path, poster):
    folder = back_up(tmp_path)
    whole = stored_bytes(poster.key)
    storage.put(poster.key, BytesIO(bytes(len(whole))), mime="image/png")
    assert storage.size_of(poster.key) == len(whole)
    restore(folder, overwrite=True)
    assert stored_bytes(poster.key) == whole
    assert storage.content_type_of(poster.key) == "image/png"


def test_a_store_that_does_not_keep_what_it_is_given_stops_the_restore_before_the_database(
    tmp_path, poster, monkeypatch
):
    folder = back_up(tmp_path)
    storage._client().delete_object(Bucket=settings.S3_BUCKET, Key=poster.key)
    monkeypatch.setattr(storage, "put", lambda *_, **__: None)
    Video.objects.update(name="after the backup")
    with pytest.raises(CommandError, match=r"does not give .* back as it was written\."):
        restore(folder, overwrite=True)
    assert Video.objects.get().name == "after the backup"


def test_logs_of_an_old_backup_are_not_past_keeping_the_moment_it_is_back(tmp_path):
    """The backup is a year old: that its logs are, too, is no reason to drop them at once."""
    at = timezone.now() - timedelta(days=365)
    partitions.make_partition((at - timedelta(days=10)).date())
    log = DeviceLogFactory.create(logged_at=at - timedelta(days=10))
    ClockState.objects.update_or_create(pk=1, defaults={"seen_at": at, "believed_at": at})
    restore(back_up(tmp_path), overwrite=True)
    assert list(DeviceLog.objects.all()) == [log]


@pytest.mark.parametrize("damaged", ["database.dump", "object", "manifest"])
def test_a_damaged_backup_touches_nothing(tmp_path, poster, damaged):
    folder = back_up(tmp_path)
    victim = {
        "database.dump": folder / "database.dump",
        "object": tmp_path / OBJECTS / poster.key,
        "manifest": folder / MANIFEST,
    }[damaged]
    victim.write_bytes(victim.read_bytes()[:-1])
    with pytest.raises(CommandError, match=r"damaged|no backup"):
        restore(folder, overwrite=True)
    assert Video.objects.get().name == "Poster"


def test_a_row_that_goes_while_the_backup_runs_does_not_stop_it(tmp_path, poster, monkeypatch):
    def go_first(key, into):
        Video.all_objects.filter(pk=poster.pk).delete()
        storage.discard([poster.key])
        return download(key, into)

    download = storage.download
    monkeypatch.setattr(storage, "download", go_first)
    with pytest.raises(CommandError, match="lacks"):
        back_up(tmp_path)


def test_a_cut_off_backup_leaves_no_folder_that_looks_whole(tmp_path, poster, monkeypatch):
    def disk_full(*_arguments):
        raise OSError("No space left")

    monkeypatch.setattr(storage, "download", disk_full)
    with pytest.raises(OSError, match="No space left"):
        back_up(tmp_path)
    assert [path.suffix for path in tmp_path.iterdir() if path.name != OBJECTS] == [".part"]


def test_without_pg_dump_it_says_what_to_install(tmp_path, settings, poster):
    settings.DGX_PG_BIN = str(tmp_path)
    with pytest.raises(CommandError, match="postgresql-client"):
        back_up(tmp_path)


def test_the_connection_survives_the_restore(tmp_path, poster):
    restore(back_up(tmp_path), overwrite=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM media_library_placement")
        assert cursor.fetchone() == (0,)
