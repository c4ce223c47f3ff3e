"""`manage.py bootstrap` and `manage.py loaddemo`."""

import json
import stat

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from devices.models import Device, DeviceToken, Group
from dgx.core.credentials import hash_secret
from dgx.demo import chain
from locations.models import Shop
from media_library.models import Link, Video
from media_library.services import resolver

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def var(settings, tmp_path, monkeypatch):
    """A data folder per test, and no work handed to a worker."""
    settings.DGX_VAR = tmp_path
    settings.CELERY_TASK_ALWAYS_EAGER = False
    monkeypatch.delenv("DGX_ADMIN_PASSWORD", raising=False)
    return tmp_path


def counts() -> list[int]:
    return [model.objects.count() for model in (Shop, Group, Device, Video, Link, DeviceToken)]


def test_the_demo_has_three_shops_three_groups_twelve_devices_and_eight_files_of_all_kinds(capsys):
    call_command("loaddemo")
    assert counts() == [3, 3, 12, 8, len(chain.LINKS), 12]
    assert set(Video.objects.values_list("kind", flat=True)) == {"video", "image", "html", "pdf"}
    assert len(set(Shop.objects.values_list("timezone", flat=True))) == 3
    assert Device.objects.values("kind").distinct().count() == 4
    assert "12 devices" in capsys.readouterr().out


def test_its_files_are_in_the_store_and_small_in_the_repository():
    call_command("loaddemo")
    for name, (filename, _) in chain.VIDEOS.items():
        video = Video.objects.get(name=name)
        assert video.file.read() == (chain.MEDIA / filename).read_bytes()
        assert video.state == "ready"
    assert sum(path.stat().st_size for path in chain.MEDIA.iterdir()) < 2_000_000


def test_every_screen_has_something_to_play_in_a_clear_order():
    call_command("loaddemo")
    for row in chain.DEVICES:
        orders = [
            placement.display_order for placement in resolver.playlist(Device.objects.get(mobile_id=row.mobile_id))
        ]
        assert orders == sorted(set(orders)), row.mobile_id
        assert orders or row.group is None, row.mobile_id


def test_loading_it_again_changes_nothing_and_keeps_the_tokens(var):
    call_command("loaddemo")
    before, tokens = counts(), (var / "demo-tokens.json").read_text()
    call_command("loaddemo")
    assert counts() == before
    assert (var / "demo-tokens.json").read_text() == tokens


def test_the_simulated_fleet_finds_a_working_token_of_each_device_in_a_private_file(var):
    call_command("loaddemo")
    file = var / "demo-tokens.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for mobile_id, token in json.loads(file.read_text()).items():
        assert DeviceToken.objects.get(token_hash=hash_secret(token)).device.mobile_id == mobile_id


def test_a_lost_token_file_is_made_anew_with_tokens_that_work(var):
    call_command("loaddemo")
    (var / "demo-tokens.json").unlink()
    call_command("loaddemo")
    tokens = json.loads((var / "demo-tokens.json").read_text())
    assert {hash_secret(token) for token in tokens.values()} <= set(
        DeviceToken.objects.values_list("token_hash", flat=True)
    )


def test_bootstrap_makes_an_administrator_and_shows_the_password_once(capsys):
    call_command("bootstrap")
    password = capsys.readouterr().out.strip().rpartition(" ")[2]
    assert get_user_model().objects.get(username="admin").check_password(password)

    call_command("bootstrap")
    assert capsys.readouterr().out == ""
    assert get_user_model().objects.count() == 1


def test_bootstrap_takes_the_password_from_the_environment_and_does_not_show_it(monkeypatch, capsys):
    monkeypatch.setenv("DGX_ADMIN_PASSWORD", "correct horse battery")
    call_command("bootstrap")
    assert get_user_model().objects.get().check_password("correct horse battery")
    assert "correct horse" not in capsys.readouterr().out


def test_bootstrap_reports_to_a_private_file_where_one_is_named(tmp_path, capsys):
    report = tmp_path / "report.json"
    call_command("bootstrap", report=report)
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert get_user_model().objects.get().check_password(json.loads(report.read_text())["password"])
    assert capsys.readouterr().out == ""

    call_command("bootstrap", report=report)
    assert json.loads(report.read_text()) == {"password": None}


def test_bootstrap_loads_the_demo_only_when_asked_and_only_into_a_database_without_devices():
    call_command("bootstrap")
    assert not Device.objects.exists()
    Device.objects.create(mobile_id="mine")
    call_command("bootstrap", demo=True)
    assert Device.objects.count() == 1
    Device.objects.all().delete()
    call_command("bootstrap", demo=True)
    assert Device.objects.count() == 12
