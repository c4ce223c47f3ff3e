"""`manage.py backup` and `manage.py restore`: what was backed up is what comes back, and a damaged backup touches
nothing."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from devices.models import Device, Presence
from devices.tests.factories import DeviceFactory
from dgx.care.backup import MANIFEST, OBJECTS
from media_library.models import Video
from media_library.services import storage
from media_library.services.uploads import upload_video
from media_library.tests.factories import LinkFactory
from media_library.tests.files import image, uploaded

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def poster():
    return upload_video(file=uploaded(image(), "poster.png"), name="Poster")


def back_up(root: Path) -> Path:
    call_command("backup", root, stdout=StringIO())
    return max(folder for folder in root.iterdir() if folder.name != OBJECTS)


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
    first = back_up(tmp_path)
    copies = sorted(path for path in (tmp_path / OBJECTS).rglob("*") if path.is_file())
    made = {path: path.stat().st_mtime_ns for path in copies}
    first.rename(tmp_path / "2000-01-01T000000Z")
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
