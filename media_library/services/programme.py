"""The set of videos of a group: every device of it plays just these in its daily programme, with a fixed number of
statements for any number of devices. Default and emergency links stay as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Case, Count, F, IntegerField, Max, Min, Q, Value, When

from devices.models import Device, Group
from devices.querysets import DeviceQuerySet
from dgx.core.transactions import atomic_retried
from media_library.models import Link, Placement, Video
from media_library.models.link import LinkException
from media_library.querysets import LinkQuerySet, PlacementQuerySet
from media_library.services.links import delete_links, except_devices
from media_library.services.places import fit


@dataclass(frozen=True)
class ProgrammeSet:
    """What setting a group's videos did, counted in rows of device and video."""

    inserted: int
    deleted: int
    kept: int
    devices: int


@atomic_retried
def set_group_videos(group: Group | None, videos: Sequence[Video], *, now: datetime) -> None:
    """Let every device of the group play just these videos, in this order; None: every device outside of groups that
    plays something.

    Links to other videos go, of the group and of its devices alone; from a shop's links the devices are excepted. What
    is there stays as it is, where the asked order can be had around it. Every device fetches its manifest anew.
    """
    _set(group, _locked_members(group), videos, now)


@atomic_retried
def set_and_count_group_videos(group: Group | None, videos: Sequence[Video], *, now: datetime) -> ProgrammeSet:
    """As `set_group_videos`, with what it did. To count, it looks at every device's list: that takes the longest."""
    members = _locked_members(group)
    done = _counted(members, videos)
    _set(group, members, videos, now)
    return done


def _locked_members(group: Group | None) -> DeviceQuerySet:
    """The devices concerned, locked, and then the group: in the order in which the triggers write them."""
    if group:
        members = Device.objects.filter(group=group)
        members.lock()
        group.lock()
        return members
    playing = Placement.objects.regular().filter(group=None).values("device")
    return Device.objects.filter(pk__in=Device.objects.filter(group=None, pk__in=playing).lock())


def _set(group: Group | None, members: DeviceQuerySet, videos: Sequence[Video], now: datetime) -> None:
    if group:
        _set_for_group(group, members, videos, now)
    else:
        _set_without_group(members, videos, now)


def _set_for_group(group: Group, members: DeviceQuerySet, videos: Sequence[Video], now: datetime) -> None:
    links = Link.objects.regular().filter(
        Q(device__group=group, group=None) | Q(device__group=group, group=group) | Q(device=None, group=group)
    )
    _drop_others(members, links, videos)
    links = links.filter(video__in=videos)
    places = _places(videos, links)
    if places is None:
        places = _renumber(links, videos, now)
    there = set(links.filter(device=None, shop=None).values_list("video_id", flat=True))
    Link.objects.bulk_create(
        [Link(group=group, video=v, display_order=places[v.pk]) for v in videos if v.pk not in there],
        ignore_conflicts=True,
    )
    Group.objects.filter(pk=group.pk).bump()


def _set_without_group(members: DeviceQuerySet, videos: Sequence[Video], now: datetime) -> None:
    links = Link.objects.regular().filter(device__in=members, group=None)
    _drop_others(members, links, videos)
    reaching = Placement.objects.regular().filter(device__in=members, video__in=videos)
    places = _places(videos, reaching)
    renumbered = places is None
    if places is None:
        places = _renumber(links.filter(video__in=videos), videos, now)
    _give_own_links(list(members.values_list("pk", flat=True)), places, over_shop_links=renumbered)
    members.bump()


def _counted(members: DeviceQuerySet, videos: Sequence[Video]) -> ProgrammeSet:
    """What will have been done, from the rows that are there before."""
    rows = Placement.objects.regular().filter(device__in=members).values("device_id", "video_id").distinct()
    counts = rows.aggregate(total=Count("*"), kept=Count("video_id", filter=Q(video_id__in=[v.pk for v in videos])))
    devices, kept = members.count(), counts["kept"]
    return ProgrammeSet(devices * len(videos) - kept, counts["total"] - kept, kept, devices)


def _drop_others(members: DeviceQuerySet, links: LinkQuerySet, videos: Sequence[Video]) -> None:
    """Links to other videos go, devices are excepted from a shop's link to another video, and no longer excepted from a
    link to one of these."""
    delete_links(links.exclude(video__in=videos))
    from_shops = Placement.objects.regular().filter(device__in=members, breadth=Placement.Breadth.SHOP)
    except_devices(from_shops.exclude(video__in=videos).values_list("link_id", "device_id"))
    excepted = LinkException.objects.filter(device__in=members, link__device=None, link__layer="regular")
    excepted.filter(link__video__in=videos).delete()


def _places(videos: Sequence[Video], rows: LinkQuerySet | PlacementQuerySet) -> dict[int, int] | None:
    """A place for each video around those that are there; None: the asked order needs a new numbering."""
    found = rows.order_by().values_list("video_id").annotate(Min("display_order"), Max("display_order"))
    return fit([video.pk for video in videos], {video: (low, high) for video, low, high in found})


def _renumber(links: LinkQuerySet, videos: Sequence[Video], now: datetime) -> dict[int, int]:
    places = {video.pk: place for place, video in enumerate(videos)}
    cases = [When(video=video, then=Value(place)) for video, place in places.items()]
    order = Case(*cases, default=F("display_order"), output_field=IntegerField())
    links.update(display_order=order, updated_at=now)
    return places


def _give_own_links(devices: Sequence[int], places: dict[int, int], *, over_shop_links: bool) -> None:
    """A link of its own, in its shop, for each device and video that has none; with `over_shop_links` also where a
    shop's link brings the video, whose row's id it keeps."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO media_library_link
                   (public_id, device_id, video_id, shop_id, display_order, legacy_id, created_at, updated_at)
            SELECT gen_random_uuid(), d.id, v.id, d.shop_id, v.place, p.id, statement_timestamp(), statement_timestamp()
              FROM devices_device d
             CROSS JOIN unnest(%(videos)s::bigint[], %(places)s::int[]) AS v(id, place)
              LEFT JOIN media_library_placement p
                     ON p.device_id = d.id AND p.video_id = v.id AND p.breadth > 1 AND p.layer = 'regular'
             WHERE d.id = ANY(%(devices)s::bigint[]) AND (p.id IS NULL OR %(over)s)
               AND NOT EXISTS (SELECT FROM media_library_link l
                                WHERE l.device_id = d.id AND l.video_id = v.id AND l.group_id IS NULL
                                  AND l.layer = 'regular'
                                  AND (l.shop_id IS NULL OR l.shop_id = d.shop_id))
            ON CONFLICT DO NOTHING
            """,
            {
                "devices": list(devices),
                "videos": list(places),
                "places": list(places.values()),
                "over": over_shop_links,
            },
        )
