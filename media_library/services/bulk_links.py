"""Videos put on, and taken off, any number of devices, groups or shops, by a fixed number of statements."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models
from django.db.models import Q

from devices.models import Device
from dgx.core.transactions import atomic_retried
from media_library.models import Link, Placement, Video
from media_library.querysets import LinkQuerySet
from media_library.services.links import delete_links

_TARGETS = ("device", "group", "shop")
"""From the most specific one on."""

_ADD = """
INSERT INTO media_library_link (public_id, layer, video_id, {column}, display_order)
SELECT gen_random_uuid(), 'regular', v.id, t.id,
       least(2147483647, coalesce(last.place::bigint, -1) + row_number() OVER (PARTITION BY t.id ORDER BY v.n))
  FROM ({targets}) AS t (id)
 CROSS JOIN unnest(%s::bigint[]) WITH ORDINALITY AS v (id, n)
  LEFT JOIN (SELECT {column} AS id, max(display_order) AS place FROM media_library_link
              WHERE layer = 'regular' AND {narrower} {column} IS NOT NULL GROUP BY 1) last ON last.id = t.id
 WHERE NOT EXISTS (SELECT FROM media_library_link l
                    WHERE l.layer = 'regular' AND l.video_id = v.id AND l.{column} = t.id AND {exact})
    ON CONFLICT DO NOTHING
"""

_EXCEPT = "INSERT INTO media_library_linkexception (link_id, device_id) {pairs} ON CONFLICT DO NOTHING"


def links_exactly_to(rows: models.QuerySet[Any]) -> LinkQuerySet:
    """The daily programme's links whose only target is one of these devices, groups or shops."""
    name = str(rows.model._meta.model_name)
    others = {f"{other}__isnull": True for other in _TARGETS if other != name}
    return Link.objects.regular().filter(**{f"{name}__in": rows.order_by().values("pk")}, **others)


def links_of(rows: models.QuerySet[Any]) -> LinkQuerySet:
    """The daily programme's links that have one of these as their most specific target."""
    name = str(rows.model._meta.model_name)
    narrower = {f"{other}__isnull": True for other in _TARGETS[: _TARGETS.index(name)]}
    return Link.objects.regular().filter(**{f"{name}__in": rows.order_by().values("pk")}, **narrower)


@atomic_retried
def add_videos(rows: models.QuerySet[Any], videos: Sequence[Video]) -> int:
    """Link each of these devices, groups or shops to each video, behind what it has, in this order; what is linked to
    just that already stays. Returns how many links were made. The caller has locked the rows."""
    name = str(rows.model._meta.model_name)
    place = _TARGETS.index(name)
    sql, params = rows.order_by().values_list("pk").query.sql_with_params()
    statement = _ADD.format(
        column=f"{name}_id",
        targets=sql,
        narrower="".join(f"{other}_id IS NULL AND " for other in _TARGETS[:place]),
        exact=" AND ".join(f"l.{other}_id IS NULL" for other in _TARGETS if other != name),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, [video.pk for video in videos]])
        return int(cursor.rowcount)


@atomic_retried
def remove_videos(rows: models.QuerySet[Any], videos: Sequence[Video]) -> int:
    """Delete the links of these devices, groups or shops to these videos; returns how many."""
    return delete_links(links_of(rows).filter(video__in=videos))


def through_others(devices: models.QuerySet[Device], videos: Sequence[Video]) -> models.QuerySet[Placement]:
    """Where these devices play these videos through their group, their shop or the whole chain."""
    wide = Q(breadth__gt=Placement.Breadth.DEVICE)
    return Placement.objects.regular().filter(wide, device__in=devices.order_by().values("pk"), video__in=videos)


@atomic_retried
def except_from_others(devices: models.QuerySet[Device], videos: Sequence[Video]) -> int:
    """Except these devices from the links of their groups and shops to these videos; returns how many exceptions."""
    pairs, params = (
        through_others(devices, videos).order_by().values_list("link_id", "device_id").query.sql_with_params()
    )
    with connection.cursor() as cursor:
        cursor.execute(_EXCEPT.format(pairs=pairs), params)
        return int(cursor.rowcount)
