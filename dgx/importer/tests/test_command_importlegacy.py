"""`manage.py importlegacy` against a database as the old services left it."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from devices.models import Device, Group, Presence, PresenceFlip
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.importer.models import ImportMark
from dgx.importer.report import Remark
from dgx.importer.services import import_legacy
from dgx.importer.tests.old_database import dsn_of, old_database
from locations.models import Shop
from locations.tests.factories import ShopFactory
from media_library.models import Link, Placement, Video
from media_library.tests.factories import LinkFactory, VideoFactory
from telemetry.models import DeviceLog, DeviceLogHour
from telemetry.services import rollup
from telemetry.services.rollup import roll_up

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
TABLES = ("shops", "groups", "videos", "devices", "links", "logs", "temperature points", "online events")


@pytest.fixture
def name() -> str:
    return f"old_{connection.settings_dict['NAME']}"


@pytest.fixture
def old(name):
    """The old database, empty."""
    with old_database(name) as made:
        yield made


@pytest.fixture
def take(name):
    """Runs the import and hands back its report."""
    return lambda **options: import_legacy(dsn=dsn_of(name), **{"dry_run": False, **options})


def fill(old: psycopg.Connection) -> None:
    """Two coolers in two shops, one of them in a group, with media, logs and a history."""
    old.execute(
        """
        INSERT INTO shop (id, shop_name, created_at) VALUES (3, 'Bern', '2020-01-01Z'), (4, 'Lyon', '2020-01-02Z');
        INSERT INTO "group" (id, gname) VALUES (7, 'Coolers');
        INSERT INTO video (id, video_name, s3_link, rotation, content_type, fit_mode, display_duration) VALUES
            (11, 'spring', 's3://' || %(bucket)s || '/myvideos/spring.mp4', 90, 'video', 'contain', 10),
            (12, 'offer', 'https://cdn.example/offer.png', 0, 'image', 'cover', 7);
        INSERT INTO device (id, mobile_id, download_status, is_online, last_online_at, temperature, daily_count,
                            monthly_count, last_daily_reset, last_monthly_reset) VALUES
            (21, 'cooler-1', true, true, %(now)s, 4.5, 3, 40, '2026-01-31', '2026-01-01'),
            (22, 'cooler-2', false, false, NULL, 0, 0, 0, NULL, NULL);
        INSERT INTO device_video_shop_group (id, did, vid, sid, gid, display_order) VALUES
            (31, 21, 11, 3, 7, 2), (32, 21, 12, 3, 7, 1), (33, 22, 12, 4, NULL, 0);
        INSERT INTO device_logs (id, did, log_type, value, logged_at) VALUES
            (41, 21, 'temperature', 4.5, %(now)s), (42, 21, 'door_open', 1, %(now)s),
            (43, 22, 'temperature', -1, %(now)s);
        INSERT INTO device_online_history (id, did, event_type, event_at) VALUES
            (51, 21, 'online', %(now)s - interval '2 hours'), (52, 21, 'offline', %(now)s - interval '1 hour'),
            (53, 21, 'offline', %(now)s - interval '30 minutes'), (54, 21, 'online', %(now)s);
        """.replace("%(bucket)s", "'dgx-media'").replace("%(now)s", f"'{NOW.isoformat()}'::timestamptz")
    )


def counts(report) -> dict[str, tuple[int, int, int, int]]:
    return {line.noun: (line.read, line.taken, line.already_there, line.refused) for line in report.lines}


def refused(report, noun: str) -> list[str]:
    [line] = [line for line in report.lines if line.noun == noun]
    return [str(remark) for remark in line.not_taken]


def changed(report, noun: str) -> list[str]:
    [line] = [line for line in report.lines if line.noun == noun]
    return [str(remark) for remark in line.changed]


def test_everything_comes_over_with_its_ids(old, take, settings):
    settings.S3_BUCKET = "dgx-media"
    fill(old)
    assert counts(take()) == {
        "shops": (2, 2, 0, 0),
        "groups": (1, 1, 0, 0),
        "videos": (2, 2, 0, 0),
        "devices": (2, 2, 0, 0),
        "links": (3, 3, 0, 0),
        "logs": (3, 3, 0, 0),
        "temperature points": (0, 0, 0, 0),
        "online events": (4, 3, 1, 0),
    }
    assert list(Shop.objects.values_list("pk", "name", "timezone")) == [(3, "Bern", "UTC"), (4, "Lyon", "UTC")]
    assert Shop.objects.get(pk=3).created_at == datetime(2020, 1, 1, tzinfo=UTC)
    assert list(Group.objects.values_list("pk", "name")) == [(7, "Coolers")]
    assert list(Device.objects.values_list("pk", "mobile_id", "state", "group_id", "shop_id")) == [
        (21, "cooler-1", "registered", 7, 3),
        (22, "cooler-2", "registered", None, 4),
    ]
    assert list(Link.objects.order_by("pk").values_list("pk", "device", "video", "shop", "group", "display_order")) == [
        (31, 21, 11, 3, 7, 2),
        (32, 21, 12, 3, 7, 1),
        (33, 22, 12, 4, None, 0),
    ]
    assert list(DeviceLog.objects.order_by("log_type", "value").values_list("device", "log_type", "value")) == [
        (21, "door_open", 1),
        (22, "temperature", -1),
        (21, "temperature", 4.5),
    ]
    assert set(DeviceLog.objects.values_list("logged_at", "received_at")) == {(NOW, NOW)}


def test_a_file_in_our_bucket_is_processed_and_a_web_address_is_played_as_it_is(old, take, settings):
    settings.S3_BUCKET = "dgx-media"
    fill(old)
    take()
    fields = ("name", "kind", "file", "source_url", "state", "rotation", "fit_mode", "display_duration")
    assert list(Video.objects.values_list(*fields)) == [
        ("offer", "image", "", "https://cdn.example/offer.png", "ready", 0, "cover", 7),
        ("spring", "video", "myvideos/spring.mp4", None, "processing", 90, "contain", 10),
    ]
    played = Placement.objects.on(Device.objects.get(mobile_id="cooler-2")).playable()
    assert [placement.id for placement in played] == [33]


def test_the_worker_is_handed_the_files_once_the_import_is_committed(old, take, settings, monkeypatch):
    settings.S3_BUCKET = "dgx-media"
    handed: list[int] = []
    monkeypatch.setattr("dgx.importer.services.process_video.delay", handed.append)
    monkeypatch.setattr("dgx.importer.services.transaction.on_commit", lambda call, **_options: call())
    fill(old)
    take()
    assert handed == [11]


def test_presence_goes_on_where_the_old_services_stopped(old, take):
    fill(old)
    take()
    presence = Presence.objects.get(device__mobile_id="cooler-1")
    assert (presence.is_online, presence.last_seen_at, presence.since) == (True, NOW, NOW)
    assert (presence.temperature, presence.daily_count, presence.monthly_count) == (4.5, 3, 40)
    assert str(presence.last_daily_reset) == "2026-01-31"
    assert list(PresenceFlip.objects.order_by("at").values_list("is_online", "reason")) == [
        (True, "imported"),
        (False, "imported"),
        (True, "imported"),
    ]
    never = Presence.objects.get(device__mobile_id="cooler-2")
    assert (never.is_online, never.last_seen_at, never.since) == (False, None, None)


def test_a_device_that_held_everything_still_does(old, take):
    fill(old)
    take()
    assert [(device.mobile_id, device.holds_tag) for device in Device.objects.with_tag()] == [  # type: ignore[attr-defined]
        ("cooler-1", True),
        ("cooler-2", False),
    ]


def test_a_second_import_changes_nothing(old, take):
    fill(old)
    take()
    before = (list(Link.objects.values()), list(DeviceLog.objects.values()), list(Presence.objects.values()))
    versions = list(Device.objects.values_list("pk", "content_version", "group", "shop", "updated_at"))
    report = take()
    assert all(taken == 0 and not_taken == 0 for _, taken, _, not_taken in counts(report).values())
    assert (list(Link.objects.values()), list(DeviceLog.objects.values()), list(Presence.objects.values())) == before
    assert list(Device.objects.values_list("pk", "content_version", "group", "shop", "updated_at")) == versions
    assert (PresenceFlip.objects.count(), ImportMark.objects.count()) == (3, 2)


def test_a_later_import_takes_what_is_new(old, take):
    fill(old)
    take()
    old.execute(
        """
        INSERT INTO device (id, mobile_id) VALUES (23, 'cooler-3');
        INSERT INTO device_video_shop_group (did, vid, sid) VALUES (23, 11, 3);
        INSERT INTO device_logs (id, did, log_type, value) VALUES (44, 23, 'temperature', 9);
        INSERT INTO device_online_history (id, did, event_type) VALUES (55, 21, 'online'), (56, 21, 'offline');
        """
    )
    found = counts(take())
    assert {noun: found[noun][1] for noun in TABLES if found[noun][1]} == {
        "devices": 1,
        "links": 1,
        "logs": 1,
        "online events": 1,
    }
    assert PresenceFlip.objects.order_by("-at").values_list("is_online", flat=True)[0] is False


def test_a_dry_run_says_the_same_and_keeps_nothing(old, take):
    fill(old)
    report = take(dry_run=True)
    assert report.sentences == ["This was a dry run: nothing was kept."]
    assert (Device.objects.count(), Shop.objects.count(), DeviceLog.objects.count()) == (0, 0, 0)
    assert ImportMark.objects.count() == 0
    assert counts(take()) == counts(report)


def test_new_rows_after_an_import_get_ids_of_their_own(old, take):
    fill(old)
    take()
    assert ShopFactory().pk > 4
    assert GroupFactory().pk > 7
    assert DeviceFactory().pk > 22
    assert VideoFactory().pk > 12
    assert LinkFactory(device=DeviceFactory()).pk > 33


def test_what_is_already_here_by_name_is_used_and_a_taken_id_is_replaced(old, take):
    shop = ShopFactory(name="Bern")
    other = ShopFactory(pk=4, name="Genève")
    device = DeviceFactory(mobile_id="cooler-1")
    LinkFactory(pk=31, device=device)
    fill(old)
    found = counts(take())
    assert (found["shops"], found["devices"]) == ((2, 1, 1, 0), (2, 1, 1, 0))
    device.refresh_from_db()
    assert device.shop == shop
    assert Shop.objects.get(name="Lyon").pk not in {3, 4}
    assert Shop.objects.get(pk=4) == other
    link = Link.objects.get(device=device, video__name="spring")
    assert (link.pk != 31, link.legacy_id) == (True, None)


def test_what_lies_in_the_bin_is_not_taken_for_a_video_of_its_name(old, take):
    binned = VideoFactory.create(name="spring", binned_at=NOW)
    fill(old)
    take()
    assert Video.objects.get(name="spring").pk != binned.pk
    assert not Link.objects.filter(video=binned).exists()


def test_an_old_link_id_beyond_what_we_use_is_still_shown_to_old_clients(old, take):
    fill(old)
    old.execute("ALTER TABLE device_video_shop_group ALTER id TYPE bigint")
    old.execute(f"UPDATE device_video_shop_group SET id = {2**40} WHERE id = 33")
    take()
    link = Link.objects.get(device__mobile_id="cooler-2")
    assert (link.pk < 2**26, link.legacy_id) == (True, 2**40)


def test_the_newest_of_a_name_stands_for_all_of_it(old, take):
    old.execute(
        """
        INSERT INTO shop (id, shop_name) VALUES (1, 'Bern'), (2, 'Bern');
        INSERT INTO device (id, mobile_id, temperature) VALUES (1, 'a', 1), (2, 'a', 2), (3, 'a', 3);
        INSERT INTO video (id, video_name) VALUES (1, 'v');
        INSERT INTO device_video_shop_group (id, did, vid, sid, updated_at) VALUES
            (1, 1, 1, 1, '2025-01-01Z'), (2, 3, 1, 2, '2025-01-02Z');
        INSERT INTO device_logs (did, log_type, value) VALUES (1, 'temperature', 1), (3, 'temperature', 3);
        """
    )
    report = take()
    assert refused(report, "shops") == ["1 times a newer shop has the same name, and stands for both: 1 “Bern”"]
    assert refused(report, "devices") == ["2 times a newer device has the same name, and stands for both: 1 “a”, 2 “a”"]
    assert refused(report, "links") == ["1 times a newer link says the same: 1"]
    device = Device.objects.get()
    assert (device.pk, device.shop_id, device.presence.temperature, device.logs.count()) == (3, 2, 3, 2)


def test_it_lists_what_it_cannot_take_and_why(old, take):
    fill(old)
    old.execute(
        """
        INSERT INTO shop (id, shop_name) VALUES (100, ' '), (101, repeat('x', 300));
        INSERT INTO "group" (id, gname) VALUES (100, 'None');
        INSERT INTO device (id, mobile_id) VALUES (100, '');
        INSERT INTO device_video_shop_group (id, did, vid, sid, gid) VALUES
            (100, 100, 11, 3, 7), (101, 22, 11, 101, NULL), (102, 22, 11, 4, 100);
        INSERT INTO device_logs (id, did, log_type, value, logged_at) VALUES
            (100, 21, 'temperature', 'NaN', now()), (101, 21, 'temperature', '-Infinity', now()),
            (102, 100, 'temperature', 1, now()), (103, 9999, 'temperature', 1, now()), (104, 21, NULL, 1, now()),
            (105, 21, repeat('t', 65), 1, now()), (106, 21, 'temperature', 1, now() - interval '200 days'),
            (107, 21, 'temperature', 1, now() + interval '3 days'), (108, 21, 'temperature', 1, NULL);
        INSERT INTO device_online_history (id, did, event_type, event_at) VALUES
            (100, 21, 'rebooted', now()), (101, 9999, 'online', now()), (102, 21, 'online', NULL);
        """
    )
    report = take()
    assert refused(report, "shops") == [
        "1 times a shop without a name: 100 “ ”",
        f"1 times a name longer than 255 characters: 101 “{'x' * 52}…",
    ]
    assert refused(report, "groups") == ["1 times a name that means “no group”: 100 “None”"]
    assert refused(report, "devices") == ["1 times a device without a name: 100 “”"]
    assert refused(report, "links") == [
        "1 times its device was not taken or is missing: 100",
        "1 times its shop was not taken or is missing: 101",
        "1 times its group was not taken or is missing: 102",
    ]
    assert refused(report, "logs") == [
        "2 times a value that is not a number, or beyond 1e15: 100, 101",
        "2 times its device was not taken or is missing: 102, 103",
        "1 times a log without a type: 104",
        "1 times a type longer than 64 characters: 105",
        "1 times older than the 90 days that logs are kept: 106",
        "1 times a time in the future: 107",
        "1 times no time: 108",
    ]
    assert refused(report, "online events") == [
        "1 times neither online nor offline: 100",
        "1 times its device was not taken or is missing: 101",
        "1 times an event without a time: 102",
    ]
    assert counts(report)["logs"] == (12, 3, 0, 9)


def test_values_that_no_player_knows_are_replaced_and_listed(old, take):
    old.execute(
        """
        INSERT INTO video (id, video_name, s3_link, rotation, content_type, fit_mode, display_duration) VALUES
            (1, 'a', 'https://x.example/a', 45, 'text/html', 'zoom', -5),
            (2, 'b', 's3://elsewhere/b.mp4', NULL, NULL, NULL, NULL), (3, 'c', NULL, 0, 'application/pdf', 'fill', 1);
        INSERT INTO device (id, mobile_id, temperature, daily_count) VALUES (1, 'd', 'NaN', -3);
        """
    )
    report = take()
    assert changed(report, "videos") == [
        (
            "1 times rotation is not 0, 90, 180 or 270; now 0; fit mode is unknown; now cover; "
            "display duration is out of range; now 10: 1 “a”"
        ),
        f"2 times not in the bucket {settings.S3_BUCKET} and no web address: upload the file again: 2 “b”, 3 “c”",
    ]
    assert changed(report, "devices") == [
        "1 times temperature is not a number; now 0; daily_count is out of range; now 0: 1 “d”"
    ]
    fields = ("name", "kind", "state", "rotation", "fit_mode", "display_duration")
    assert list(Video.objects.values_list(*fields)) == [
        ("a", "html", "ready", 0, "cover", 10),
        ("b", "video", "failed", 0, "cover", 10),
        ("c", "pdf", "failed", 0, "fill", 1),
    ]
    assert Presence.objects.get().temperature == 0


def test_a_link_to_a_group_that_the_device_has_left_is_not_taken(old, take):
    fill(old)
    old.execute(
        """
        INSERT INTO "group" (id, gname) VALUES (8, 'Former');
        INSERT INTO device_video_shop_group (id, did, vid, sid, gid, updated_at)
            VALUES (30, 21, 11, 3, 8, '2020-01-01Z'), (29, 21, 11, 4, 7, '2020-01-01Z');
        """
    )
    report = take()
    assert refused(report, "links") == ["2 times its device has left that group or shop: 29, 30"]
    assert Device.objects.get(pk=21).group_id == 7


def test_temperature_points_from_before_there_were_logs_become_logs(old, take):
    fill(old)
    old.execute(
        f"""
        INSERT INTO device_temperature (did, temperature, recorded_at) VALUES
            (21, 3, '{NOW - 2 * DAY}'), (21, 4.5, '{NOW}'), (22, 'NaN', '{NOW - DAY}'), (22, -1, '{NOW}');
        """
    )
    report = take()
    assert counts(report)["temperature points"] == (4, 1, 2, 1)
    assert refused(report, "temperature points") == ["1 times a value that is not a number, or beyond 1e15: 3"]
    assert DeviceLog.objects.filter(device=21, log_type="temperature").count() == 2


@pytest.mark.parametrize("rolled_before", [True, False])
def test_imported_logs_count_in_their_hours_once(old, take, rolled_before, monkeypatch):
    monkeypatch.setattr(rollup, "SETTLE", -timedelta(hours=1))  # what has just arrived counts at once
    if rolled_before:
        roll_up(now=NOW - DAY)
    fill(old)
    old.execute(
        f"INSERT INTO device_logs (did, log_type, value, logged_at) VALUES (21, 'door_open', 1, '{NOW - 3 * DAY}')"
    )
    take()
    roll_up(now=NOW + timedelta(hours=1))
    connection.check_constraints()
    assert sorted(DeviceLogHour.objects.values_list("log_type", "count", "value_sum")) == [
        ("door_open", 1, 1),
        ("door_open", 1, 1),
        ("temperature", 1, -1),
        ("temperature", 1, 4.5),
    ]


def test_missing_tables_and_columns_are_tolerated_where_they_can_be(take, name):
    schema = """
        CREATE TABLE device (id int PRIMARY KEY, mobile_id varchar(50), last_seen timestamp);
        CREATE TABLE shop (id int, shop_name text); CREATE TABLE "group" (id int, gname text);
        CREATE TABLE video (id int, video_name text);
        CREATE TABLE device_video_shop_group (id int, did int, vid int, sid int);
        INSERT INTO device VALUES (1, 'a', '2026-01-31 10:00'); INSERT INTO shop VALUES (1, 's');
        INSERT INTO video VALUES (1, 'v'); INSERT INTO device_video_shop_group VALUES (1, 1, 1, 1);
    """
    with old_database(name, schema):
        report = take()
    assert report.sentences == [
        "The old database has no table device_logs.",
        "The old database has no table device_online_history.",
        "The old database has no table device_temperature.",
    ]
    assert counts(report)["links"] == (1, 1, 0, 0)
    assert Presence.objects.get().last_seen_at == datetime(2026, 1, 31, 10, tzinfo=UTC)


def test_a_user_who_may_only_read_is_told_to_stop_the_old_services(old, take, name):
    fill(old)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'dgx_reader'")
        if not cursor.fetchone():
            old.execute("CREATE ROLE dgx_reader LOGIN")
    old.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO dgx_reader")
    dsn = psycopg.conninfo.make_conninfo(dsn_of(name), user="dgx_reader")
    report = import_legacy(dsn=dsn, dry_run=False)
    assert counts(report)["logs"] == (3, 3, 0, 0)
    assert [sentence[:42] for sentence in report.sentences] == ["The old tables could not be locked for an "]
    old.execute("DROP OWNED BY dgx_reader")


def test_a_database_of_someone_else_is_named_as_such(name):
    with (
        old_database(name, "CREATE TABLE device (id int, mobile_id text)"),
        pytest.raises(CommandError, match="it has no table shop, group, video, device_video_shop_group"),
    ):
        call_command("importlegacy", "--dsn", dsn_of(name))


def test_a_missing_column_is_named(name):
    with (
        old_database(name, "CREATE TABLE shop (id int, title text)"),
        pytest.raises(CommandError, match="The old table shop has no column shop_name"),
    ):
        call_command("importlegacy", "--dsn", dsn_of(name))


@pytest.mark.parametrize("dsn", ["postgres://nobody@127.0.0.1:1/none", "not a dsn"])
def test_a_database_that_does_not_answer_is_said_in_words(dsn):
    with pytest.raises(CommandError, match="The old database does not answer: "):
        call_command("importlegacy", "--dsn", dsn)


def test_the_command_prints_a_table_and_the_reasons(old, name, capsys):
    old.execute("INSERT INTO shop (id, shop_name) VALUES (1, 'Bern'), (2, '')")
    call_command("importlegacy", "--dsn", dsn_of(name), "--dry-run")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "                    read  taken  already there  not taken"
    assert lines[1] == "shops                  2      1              0          1"
    assert lines[-4:] == [
        "Not taken:",
        "  shops: 1 times a shop without a name: 2 “”",
        "",
        "This was a dry run: nothing was kept.",
    ]


def test_a_remark_shows_the_first_rows_and_that_there_are_more():
    assert str(Remark("too long", 12, ["1", "2"])) == "12 times too long: 1, 2, …"
