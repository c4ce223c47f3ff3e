"""The home page's figures as its template reads them: with their age, in words, each with the list that it leads to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from devices.services.status import StatusCode
from dgx.core.admin.words import ago, bytes_in_words, since
from dgx.core.cached import Aged
from dgx.dashboard.charts import COUNTS, drawn

WHOSE = {"chain": "The whole chain", "device": "Single devices"}
ALWAYS_SHOWN = frozenset({"online", "late", "offline", "degraded", "never"})
"""Statuses that are named also where no device has them."""
BAR_WIDTH = 1000
"""Units of the status bar's drawing."""


@dataclass(frozen=True)
class Tile:
    """A number with what it counts and where its list is. `tone` colours the number where there is one to look at."""

    value: str
    label: str
    address: str
    tone: str = ""
    age: str = ""


def told(figures: Mapping[str, Aged], now: datetime) -> dict[str, Any]:
    """The template's context of the figures that the person may see."""
    extra: dict[str, Any] = {"ages": {name: ago(figure.at, now) for name, figure in figures.items()}}
    values = {name: figure.value for name, figure in figures.items()}
    if "statuses" in values:
        extra |= {"fleet": _fleet(values["statuses"])}
        extra |= {"silent": _silent(values["silent"], now), "hottest": _hottest(values["hottest"], now)}
        extra["counts"] = json.dumps(COUNTS)
        extra["charts"] = {name: json.dumps(chart) for name, chart in drawn(values["series"], now).items()}
    if "changes" in values:
        extra["changes"] = [_change(change, now) for change in values["changes"]]
    extra["is_empty"] = not any(values.get("statuses", {}).values()) and not any(values.get("media", {}).values())
    extra["tiles"] = _tiles(values, extra["ages"], now)
    extra["coverage"] = _coverage(values, extra["ages"])
    return extra


def _list(page: str, query: str = "") -> str:
    return reverse(f"admin:{page}_changelist") + (query and f"?{query}")


def _fleet(counts: dict[str, int]) -> dict[str, Any]:
    """The share that is online, and each status that there is, with its part of the bar."""
    in_service = sum(n for code, n in counts.items() if code != StatusCode.RETIRED)
    online, offset, statuses = counts.get(StatusCode.ONLINE, 0), 0.0, []
    for code in (StatusCode.ONLINE, *(code for code in StatusCode if code != StatusCode.ONLINE)):
        n = counts.get(code, 0)
        width = BAR_WIDTH * n / in_service if in_service and code != StatusCode.RETIRED else 0
        address = _list("devices_device", f"status={code.value}")
        row = {"code": code.value, "label": code.label, "n": f"{n:,}", "address": address}
        statuses.append(row | {"x": f"{offset:.1f}", "width": f"{width:.1f}"})
        offset += width
    shown = [row for row in statuses if counts.get(str(row["code"])) or row["code"] in ALWAYS_SHOWN]
    share = f"{100 * online / in_service:.1f}".removesuffix(".0") if in_service else ""
    of_all = f"{online:,} of {in_service:,}"
    return {"share": share, "of_all": of_all, "in_service": in_service, "statuses": shown, "bar": BAR_WIDTH}


def _silent(shops: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    rows = []
    for shop in shops:
        query = f"status=offline&shop__id__exact={shop['shop']}" if shop["shop"] else "status=offline"
        devices = [(_page("devices_device", pk), label, since(at, now)) for pk, label, at in shop["devices"]]
        more = shop["n"] - len(devices)
        name = shop["name"] or "Without a shop"
        rows.append(
            {"name": name, "n": shop["n"], "address": _list("devices_device", query), "devices": devices, "more": more}
        )
    return rows


def _hottest(rows: list[tuple[int, str, str, float, datetime]], now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "address": _page("devices_device", pk),
            "label": label,
            "shop": shop,
            "degrees": f"{degrees:.1f} °C",
            "tone": "bad" if degrees > settings.DGX_HOT_CELSIUS else "calm",
            "age": ago(at, now),
        }
        for pk, label, shop, degrees, at in rows
    ]


def _page(page: str, pk: int) -> str:
    return reverse(f"admin:{page}_change", args=[pk])


def _change(change: dict[str, Any], now: datetime) -> dict[str, Any]:
    kind, key = change["kind"], change["key"]
    pages = {"group": "devices_group", "shop": "locations_shop"}
    query = f"content=behind&{kind}__id__exact={key}" if key else "content=behind"
    return {
        "label": change["label"] or WHOSE[kind],
        "kind": kind if key else "",
        "page": _page(pages[kind], key) if key else "",
        "behind": _list("devices_device", query),
        "n": change["n"],
        "holding": change["holding"],
        "left": change["n"] - change["holding"],
        "age": ago(change["changed"], now),
    }


def _tiles(values: dict[str, Any], ages: dict[str, str], now: datetime) -> list[Tile]:
    tiles = []
    if media := values.get("media"):
        at = ages["media"]
        stored = bytes_in_words(media["stored"])
        tiles = [
            Tile(f"{media['ready']:,}", "media ready", _list("media_library_video", "state__exact=ready"), age=at),
            Tile(
                f"{media['processing']:,}",
                "in processing",
                _list("media_library_video", "state__exact=processing"),
                age=at,
            ),
            Tile(
                f"{media['failed']:,}",
                "failed",
                _list("media_library_video", "state__exact=failed"),
                _bad(media["failed"]),
                at,
            ),
            Tile(stored, "of media stored", _list("media_library_video"), age=at),
        ]
    if logs := values.get("logs"):
        until = f"up to {ago(logs['until'], now)}" if logs["until"] else "not counted yet"
        tiles.append(Tile(f"{logs['n']:,}", "logs today", _list("telemetry_devicelog"), age=until))
    return tiles


def _bad(n: int) -> str:
    return "bad" if n else ""


def _coverage(values: dict[str, Any], ages: dict[str, str]) -> list[Tile]:
    idle = values.get("idle", {})
    wanted = (
        ("idle", idle.get("now"), "screens with nothing to play now", _list("devices_device", "idle=now"), "bad"),
        (
            "idle",
            idle.get("week"),
            "screens with nothing to play in the next 7 days",
            _list("devices_device", "idle=week"),
            "bad",
        ),
        (
            "nowhere",
            values.get("nowhere"),
            "ready media on no device",
            _list("media_library_video", "use=nowhere&state__exact=ready"),
            "warn",
        ),
        (
            "ending",
            values.get("ending"),
            "links that end in the next 7 days",
            _list("media_library_link", "ends=week"),
            "warn",
        ),
        (
            "empty_shops",
            values.get("empty_shops"),
            "shops without devices",
            _list("locations_shop", "devices=none"),
            "warn",
        ),
    )
    return [
        Tile(f"{n:,}", label, address, tone if n else "good", ages[name])
        for name, n, label, address, tone in wanted
        if n is not None
    ]
