"""Links and shops in and out as CSV, in the admin and by the commands."""

from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from devices.models import Device
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.csv_import import import_csv, preview
from dgx.core.tests.failing import out_of_reach
from locations.models import Shop
from locations.resources import ShopResource
from locations.tests.factories import ShopFactory
from media_library.models import Link
from media_library.resources import RESOURCES, LinkResource
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db

WINDOW = "valid_from,valid_until,weekdays,start_time,end_time"


def wrong(kind, text: str) -> list[tuple[str, str]]:
    """(column, why) of the wrong rows."""
    outcome = preview(kind, text.encode(), user=None)
    return [said for line in outcome.lines["wrong"] for said in line.said]


def test_links_come_in_by_names_with_their_windows_and_go_behind_the_others():
    video, group = VideoFactory.create(name="Bread"), GroupFactory.create(name="Windows")
    device, shop = DeviceFactory.create(mobile_id="s-1"), ShopFactory.create(name="Lyon")
    LinkFactory.create(group=group, display_order=7)
    rows = [
        "Bread,,Windows,,,,2026-01-31,2026-02-28T12:00+01:00,6 7,07:00,11:30",
        "Bread,s-1,,Lyon,regular,3,,,,,",
        "Bread,,,,default,,,,,,",
    ]
    text = f"video,device,group,shop,layer,display_order,{WINDOW}\n" + "\n".join(rows)
    outcome = import_csv(LinkResource, text.encode(), user=None, name="links.csv")
    assert (outcome.counts["new"], outcome.counts["wrong"]) == (3, 0)
    link = Link.objects.get(video=video, group=group)
    assert (link.display_order, link.weekdays, link.start_time, link.end_time) == (8, [6, 7], time(7), time(11, 30))
    assert (link.valid_from, link.valid_until) == (
        datetime(2026, 1, 31, tzinfo=UTC),
        datetime(2026, 2, 28, 11, tzinfo=UTC),
    )
    assert Link.objects.get(device=device, shop=shop).display_order == 3
    assert Link.objects.get(layer="default").video == video
    group.refresh_from_db()
    assert group.content_version == 2


def test_the_same_link_twice_is_changed_not_doubled_and_an_empty_order_keeps_it():
    link = LinkFactory.create(video__name="Bread", group=GroupFactory.create(name="Windows"), display_order=7)
    outcome = import_csv(
        LinkResource, b"video,group,display_order,weekdays\nBread,Windows,,1\n", user=None, name="a.csv"
    )
    assert outcome.lines["changed"][0].said == [("weekdays", "(empty) → 1")]
    link.refresh_from_db()
    assert (link.display_order, link.weekdays, Link.objects.count()) == (7, [1], 1)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (",Windows,,,,,,", ("video", "It is needed.")),
        ("Nothing,Windows,,,,,,", ("video", "There is no video “Nothing”.")),
        ("Bread,,,,,,,", ("", "")),
        ("Bread,Windows,loud,,,,,", ("layer", "“loud” is not one of regular, default, emergency.")),
        ("Bread,Windows,,tomorrow,,,,", ("valid_from", "“tomorrow” is no time such as 2026-01-31T09:30")),
        ("Bread,Windows,,2026-02-02,2026-02-01,,,", ("valid_until", "“Valid until” must be later")),
        ("Bread,Windows,,,,8,,", ("weekdays", "“8” are no weekdays")),
        ("Bread,Windows,,,,,25:00,", ("start_time", "“25:00” is no time of day")),
        ("Bread,Windows,,,,,07:00,", ("end_time", "Give both a start and an end time")),
        ("Bread,Windows,emergency,,,,,", ("valid_until", "")),
    ],
)
def test_a_wrong_link_is_named_with_its_column_and_why(cells: str, reason: tuple[str, str]):
    VideoFactory.create(name="Bread")
    GroupFactory.create(name="Windows")
    found = wrong(LinkResource, f"video,group,layer,{WINDOW}\n{cells}\n")
    assert [(column, why.startswith(reason[1])) for column, why in found] == [(reason[0], True)]


def test_media_in_the_bin_are_not_there_for_a_file():
    VideoFactory.create(name="Bread", binned_at=datetime(2026, 1, 1, tzinfo=UTC))
    GroupFactory.create(name="Windows")
    assert wrong(LinkResource, "video,group\nBread,Windows\n") == [("video", "There is no video “Bread”.")]


def test_shops_need_both_coordinates_a_clock_that_exists_and_decimal_commas_are_borne():
    text = "name;timezone;latitude;longitude\nA;Europe/Berlin;52,5;13,4\nB;Moon/Base;;\nC;UTC;1;\nD;UTC;91;0\n"
    assert [column for column, _why in wrong(ShopResource, text)] == ["timezone", "longitude", "latitude"]
    import_csv(ShopResource, text.encode(), user=None, name="shops.csv", apply_right=True)
    assert list(Shop.objects.values_list("name", "latitude", "longitude")) == [("A", 52.5, 13.4)]


def test_a_new_clock_of_a_shop_reaches_its_screens():
    shop = ShopFactory.create(name="A", timezone="UTC")
    import_csv(ShopResource, b"name,timezone\nA,Asia/Tokyo\n", user=None, name="shops.csv")
    shop.refresh_from_db()
    assert (shop.timezone, shop.content_version) == ("Asia/Tokyo", 1)


def test_all_that_goes_out_comes_in_again_unchanged(tmp_path: Path):
    shop = ShopFactory.create(name="-1", latitude=-33.92, longitude=18.42)
    group = GroupFactory.create(report_interval_s=60)
    device = DeviceFactory.create(shop=shop, group=group)
    link = LinkFactory.create(device=device, weekdays=[1, 5], start_time=time(22), end_time=time(6))
    LinkFactory.create(group=group, layer="emergency", valid_until=datetime(2030, 1, 1, 12, 30, 1, 5, tzinfo=UTC))
    for kind, resource in RESOURCES.items():
        file = tmp_path / f"{kind}.csv"
        call_command("exportcsv", kind, output=file)
        outcome = preview(resource, file.read_bytes(), user=None)
        assert outcome.counts == {"wrong": 0, "new": 0, "changed": 0, "unchanged": 2 if kind == "links" else 1}, kind
    assert link.device == device


def test_the_command_tells_of_wrong_rows_and_imports_nothing_unless_told_to(tmp_path: Path, capsys):
    file = tmp_path / "devices.csv"
    file.write_text("mobile_id,kind\ngood,sensor\nbad,toaster\n")
    call_command("importcsv", "devices", file, dry_run=True)
    said = capsys.readouterr().out
    assert "line 3, wrong: bad: kind: “toaster” is not one of player, sensor" in said
    assert "line 2, new: good: mobile_id: good; kind: sensor" in said
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("importcsv", "devices", file)
    assert not Device.objects.exists()
    call_command("importcsv", "devices", file, apply_right=True)
    assert list(Device.objects.values_list("mobile_id", flat=True)) == ["good"]
    assert "1 new, 0 changed, 0 unchanged, 1 wrong." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), (b"nonsense\nx\n", "Unknown column: nonsense")]
)
def test_a_file_that_cannot_be_read_is_an_error_of_the_command(tmp_path: Path, content: bytes | None, said: str):
    file = tmp_path / "devices.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError, match=said):
        call_command("importcsv", "devices", file)


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_database_that_fails_is_an_error_of_the_command_and_no_row_is_wrong(tmp_path: Path, capsys, dry_run: bool):
    file = tmp_path / "shops.csv"
    file.write_text("name,timezone\nLyon,Europe/Paris\n")
    with out_of_reach("locations_shop"), pytest.raises(CommandError, match=r"was under way\. Try again\."):
        call_command("importcsv", "shops", file, dry_run=dry_run)
    assert capsys.readouterr().out == ""
    call_command("importcsv", "shops", file)
    assert Shop.objects.get().name == "Lyon"


def test_export_writes_to_the_standard_output_as_well(capfdbinary):
    DeviceFactory.create(mobile_id="a")
    call_command("exportcsv", "devices")
    assert capfdbinary.readouterr().out.splitlines()[1].startswith(b"a,")
