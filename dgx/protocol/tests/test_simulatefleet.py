"""The simulated fleet against the real server, over real sockets, with a network that drops, repeats and reorders."""

import hashlib
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from devices.models import Device, EnrolmentKey, PresenceFlip
from devices.services.enrolment import make_enrolment_key, revoke_tokens
from devices.tests.factories import GroupFactory, enrolled_device
from dgx.protocol.management.commands.simulatefleet import make_players
from dgx.protocol.simulator.books import Books
from dgx.protocol.simulator.database import PROMISES, enrol, faults, judged
from dgx.protocol.simulator.files import Files
from dgx.protocol.simulator.fleet import Fleet
from dgx.protocol.simulator.outbox import RING, Outbox
from dgx.protocol.simulator.player import Conduct
from dgx.protocol.simulator.plays import Plays, Total
from dgx.protocol.simulator.programme import showing
from dgx.protocol.simulator.wire import Wire
from media_library.models import Video
from media_library.models.video import media_storage
from media_library.tests.factories import LinkFactory, VideoFactory
from telemetry.models import DeviceLog, PlayHour

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("dgx.protocol.tests.urls")]


def stored_video(name: str, data: bytes) -> Video:
    """A video whose object is really in the store."""
    digest = hashlib.sha256(data).hexdigest()
    key = media_storage().save(f"myvideos/{digest}.bin", ContentFile(data))
    video: Video = VideoFactory.create(name=name, size=len(data), sha256=digest, file=key)
    return video


@pytest.fixture
def group():
    made = GroupFactory.create(report_interval_s=1)
    for number in range(3):
        data = os.urandom(200_000 + number)
        LinkFactory.create(group=made, video=stored_video(f"media {number}", data), display_order=number)
    return made


@pytest.fixture
def stage(live_server, tmp_path):
    """Makes a fleet of players over the live server."""
    wires = []

    def make(tokens, **conduct):
        books = Books()
        wire = Wire(live_server.url, books, connections=8)
        wires.append(wire)
        files = Files(tmp_path, wire, books)
        rng = random.Random(7)
        players = make_players(tokens, wire=wire, files=files, books=books, conduct=Conduct(**conduct), rng=rng)
        return Fleet(players, books, threads=4), books

    yield make
    for wire in wires:  # the live server's threads let go of the database when their connections end
        wire.close()


def run(fleet, seconds):
    return fleet.run(seconds, stop=threading.Event(), boot_within_s=0.1)


def run_until_all_hold(fleet, seconds):
    """For that many seconds, and on a busy machine until every player holds everything; for a minute at most."""
    stop = threading.Event()

    def watch():
        stop.wait(seconds)
        deadline = time.monotonic() + 60
        while not all(player.holds_all() for player in fleet.players) and time.monotonic() < deadline:
            stop.wait(0.1)
        stop.set()

    threading.Thread(target=watch, daemon=True).start()
    return fleet.run(None, stop=stop, boot_within_s=0.1)


def test_a_flaky_fleet_loses_nothing_that_was_acknowledged_and_stores_nothing_twice(stage, group):
    _made, key = make_enrolment_key(label="fleet", group=group)
    fleet, books = stage(
        {f"sim-{n}-cooler": None for n in range(6)}, flaky=0.2, interval_s=0.1, key=key, plays_every_s=0
    )
    report = run_until_all_hold(fleet, 6)
    assert report["violations"] == []
    assert (report["holding_all"], books["files_verified"]) == (6, 3)
    assert books["duplicates"] > 0
    acknowledged = {name for player in fleet.players for name in player.outbox.acknowledged}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tags->>'sim', count(*) FROM telemetry_devicelog WHERE tags ? 'sim' GROUP BY 1")
        stored = Counter(dict(cursor.fetchall()))
    assert acknowledged
    assert {name: stored[name] for name in acknowledged} == dict.fromkeys(acknowledged, 1)
    assert set(stored.values()) == {1}
    assert_plays_are_kept(fleet.players)


def assert_plays_are_kept(players):
    """What was acknowledged is stored, under the file's name; what was told since may be as well."""
    stored = {(play.device.mobile_id, play.sha256, int(play.hour.timestamp())): play for play in PlayHour.objects.all()}
    told = {(player.mobile_id, *key): total for player in players for key, total in player.plays.told.items()}
    assert told
    for key, total in told.items():
        assert stored[key].video_name.startswith("media ")
        assert (stored[key].count, stored[key].seconds) >= (total.count, total.seconds)


def test_a_fleet_on_a_good_network_holds_everything_and_obeys_the_interval(stage, group):
    tokens = {f"s-{n}": enrolled_device(mobile_id=f"s-{n}", group=group)[1] for n in range(3)}
    fleet, books = stage(tokens)
    report = run(fleet, 3)
    assert (report["violations"], report["holding_all"], report["devices"]) == ([], 3, 3)
    assert 3 <= books["polls"] <= 15
    assert report["logs"]["made"] == report["logs"]["acknowledged"]
    assert PresenceFlip.objects.filter(is_online=True).count() == 3
    assert all(device.holds_tag for device in Device.objects.with_tag())  # type: ignore[attr-defined]


def test_it_finds_a_file_whose_bytes_are_not_those_of_its_hash(stage):
    device, token = enrolled_device(mobile_id="s-1")
    video = stored_video("broken", b"right bytes")
    Video.objects.filter(pk=video.pk).update(sha256="0" * 64)
    LinkFactory.create(device=device, video=video)
    fleet, books = stage({"s-1": token}, interval_s=0.2)
    report = run(fleet, 1)
    assert not books.faultless
    assert "broken" in report["violations"][0]
    assert report["holding_all"] == 0


def test_it_asks_for_new_addresses_when_the_old_ones_expired(stage, group):
    _device, token = enrolled_device(mobile_id="s-1", group=group)
    fleet, books = stage({"s-1": token}, interval_s=0.2)
    player = fleet.players[0]
    player.wanted = {"tag": "old", "items": [_expired(video) for video in Video.objects.all()]}
    player.next_poll = float("inf")
    player.step()
    player.step()
    assert (books["addresses_expired"], player.missing(), player.holds_all()) == (1, [], True)


def _expired(video: Video):
    url = media_storage().url(video.file.name).replace("X-Amz-Date=2", "X-Amz-Date=1")
    return {"sha256": video.sha256, "size": video.size, "name": video.name, "url": url}


def test_a_revoked_token_is_reported_and_is_no_violation(stage):
    device, token = enrolled_device(mobile_id="s-1")
    revoke_tokens(Device.objects.filter(pk=device.pk), now=device.created_at)
    fleet, books = stage({"s-1": token}, interval_s=0.1)
    run(fleet, 0.5)
    assert (books["unauthenticated"], books.faultless) == (1, True)


def test_the_command_makes_a_key_takes_it_back_and_prints_json(live_server, capsys):
    call_command("simulatefleet", url=live_server.url, devices=3, seconds=1.5, interval=0.2, seed=1)
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert (report["devices"], report["counts"]["enrolled"], report["violations"]) == (3, 3, [])
    assert report["latency_ms"]["poll"]["p99"] > 0
    assert "No --key" in printed.err
    key = EnrolmentKey.objects.get()
    assert (key.uses, key.revoked_at is None) == (3, False)


def test_the_command_is_the_demos_devices_until_it_is_told_to_stop(live_server, capsys, settings, tmp_path):
    settings.DGX_VAR = tmp_path
    tokens = {name: enrolled_device(mobile_id=name)[1] for name in ("demo-cooler", "demo-screen")}
    (tmp_path / "demo-tokens.json").write_text(json.dumps(tokens))
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    call_command("simulatefleet", url=live_server.url, demo=True, interval=0.2)
    timer.join()
    report = json.loads(capsys.readouterr().out)
    assert (report["devices"], report["violations"]) == (2, [])
    assert report["seconds"] < 3
    temperatures = dict(DeviceLog.objects.filter(log_type="temperature").values_list("device__mobile_id", "value"))
    assert 8 < (temperatures["demo-cooler"] or 0) < 15
    assert 30 < (temperatures["demo-screen"] or 0) < 50


def test_the_command_exits_with_1_after_a_violation(live_server, capsys):
    with pytest.raises(SystemExit) as exit_:
        call_command("simulatefleet", url=live_server.url, devices=1, seconds=0.5, key="wrong")
    assert exit_.value.code == 1
    assert "enrol was answered 400" in capsys.readouterr().out


def test_a_server_that_is_away_is_no_violation(capsys, db):
    call_command("simulatefleet", url="http://127.0.0.1:9", devices=2, seconds=0.5, interval=0.1, key="any")
    report = json.loads(capsys.readouterr().out)
    assert (report["violations"], report["holding_all"]) == ([], 0)
    assert any(name.startswith("interrupted: enrol") for name in report["counts"])


@pytest.mark.parametrize(
    "options", [{"devices": 0}, {"devices": 5001}, {"flaky": 1.0}, {"flaky": -0.1}, {"interval": 0}, {"demo": True}]
)
def test_the_command_refuses_options_out_of_range(options, settings, tmp_path):
    settings.DGX_VAR = tmp_path
    with pytest.raises(CommandError):
        call_command("simulatefleet", url="http://127.0.0.1:9", seconds=0.1, **options)


def test_a_device_without_an_answer_keeps_its_latest_logs_and_counts_the_rest():
    outbox = Outbox("boot")
    for _ in range(RING + 5):
        outbox.add({"log_type": "x"})
    assert (outbox.dropped, len(outbox.waiting), outbox.balance()) == (5, RING, outbox.made)


def test_a_device_does_not_reboot_twice_while_reports_of_two_boots_are_under_way():
    outbox = Outbox("first")
    outbox.batch({})
    assert (outbox.reboot("second"), outbox.reboot("third")) == (True, False)


def test_what_is_played_is_counted_by_the_hour_and_told_until_it_is_acknowledged():
    plays = Plays()
    items = [{"sha256": sha, "type": "image", "display_duration": 10} for sha in ("a", "b")]
    noon = 1_800_000_000 // 3600 * 3600.0
    assert plays.run(items, start=noon - 20, end=noon + 15) == "b"
    told = plays.due()
    assert [(entry["sha256"], entry["hour"][11:16], entry["count"], entry["seconds"]) for entry in told] == [
        ("a", f"{hour_of(noon - 1):02}:00", 1, 10),
        ("b", f"{hour_of(noon - 1):02}:00", 1, 10),
        ("a", f"{hour_of(noon):02}:00", 1, 10),
        ("b", f"{hour_of(noon):02}:00", 1, 5),
    ]
    plays.acknowledge(told, now=noon + 15)
    assert plays.due() == []
    plays.run(items, start=noon + 15, end=noon + 17)
    assert [(entry["sha256"], entry["seconds"]) for entry in plays.due()] == [("b", 7)]
    plays.acknowledge(plays.due(), now=noon + 3601)
    assert sorted(plays.totals) == []


def hour_of(at: float) -> int:
    return int(at // 3600 % 24)


def test_a_device_without_a_playlist_plays_nothing():
    assert (Plays().run([], start=0, end=100), Plays().due()) == (None, [])


def test_a_device_shows_the_uppermost_layer_whose_window_is_open():
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    items = [
        {"name": "regular", "window": {"start": "08:00:00", "end": "20:00:00", "days": [2]}},
        {"name": "alarm", "layer": "emergency", "window": {"from": noon.isoformat(), "until": "2026-03-10T13:00:00Z"}},
        {"name": "default", "layer": "default"},
    ]
    manifest = {"timezone": "Europe/Berlin", "items": items}
    hours = (noon + timedelta(hours=hour) for hour in (-6, -1, 0, 1, 7))
    shown = [[item["name"] for item in showing(manifest, hour)] for hour in hours]
    assert shown == [["default"], ["regular"], ["alarm"], ["regular"], ["default"]]
    assert showing(None, noon) == []


def test_a_fleet_made_in_bulk_keeps_every_promise_by_the_databases_own_account(live_server, group, capsys):
    options = {"devices": 20, "bulk": True, "check": True, "group": group.name}
    call_command("simulatefleet", url=live_server.url, seconds=3, interval=0.2, flaky=0.1, seed=3, **options)
    report = json.loads(capsys.readouterr().out)
    found = report["database"]
    assert {name: found[name] for name in PROMISES} == dict.fromkeys(PROMISES, 0)
    assert (report["devices"], Device.objects.filter(group=group).count(), report["violations"]) == (20, 20, [])
    assert report["logs"]["acknowledged"] > 100


def test_a_log_that_is_lost_or_stored_twice_is_found(group):
    enrol(["s-1"], group=group.name)
    device = Device.objects.get(mobile_id="s-1")
    for name in ("a", "b", "b"):
        DeviceLog.objects.create(device=device, log_type="x", logged_at=timezone.now(), tags={"sim": name})
    for is_online in (False, True, True):
        PresenceFlip.objects.create(device=device, is_online=is_online, at=timezone.now(), reason="report")
    found = judged(["s-1"], ["a", "b", "c"], {})
    assert found == {
        "acknowledged_and_lost": 1,
        "stored_twice": 1,
        "flips_in_a_row": 2,
        "online": 0,
        "holding": 0,
        "plays_lost": 0,
        "plays_counted_twice": 0,
    }
    assert faults(found) == ["1 acknowledged_and_lost", "1 stored_twice", "2 flips_in_a_row"]


def test_plays_that_are_lost_or_counted_twice_are_found(group):
    enrol(["s-1"], group=group.name)
    device, hour = Device.objects.get(mobile_id="s-1"), datetime(2026, 3, 10, 12, tzinfo=UTC)
    plays = Plays()
    stored = {"same": (2, 20.0), "less": (2, 19.5), "more": (3, 20.0), "unknown": (1, 1.0)}
    for sha256, (count, seconds) in stored.items():
        PlayHour.objects.create(device=device, sha256=sha256, hour=hour, count=count, seconds=seconds)
    for sha256 in ("same", "less", "more", "gone"):
        key = (sha256, int(hour.timestamp()))
        plays.totals[key], plays.told[key] = Total(2, 20.0), Total(2, 20.0)
    assert faults(judged(["s-1"], [], {"s-1": plays})) == ["2 plays_lost", "2 plays_counted_twice"]
    plays.acknowledge([], now=hour.timestamp() + 3601)
    assert (plays.totals, plays.told, len(plays.over)) == ({}, {}, 4)
    assert faults(judged(["s-1"], [], {"s-1": plays})) == ["2 plays_lost", "2 plays_counted_twice"]


@pytest.mark.parametrize("options", [{"devices": 5001}, {"devices": 100_001, "bulk": True}, {"bulk": True, "key": "k"}])
def test_more_than_it_can_make_is_refused(options):
    with pytest.raises(CommandError):
        call_command("simulatefleet", url="http://127.0.0.1:1", **options)
