"""From a poll's body to what is stored: each entry judged alone, the device's times kept beside ours."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from dgx.core.errors import TooLarge
from dgx.protocol.http import wrong_fields
from dgx.protocol.schemas import LOGS_MAX, PLAYS_MAX, Poll, PollLog, PollPlay
from telemetry.models import DeviceLog
from telemetry.services.plays import PlayTotal, why_not_kept
from telemetry.services.reports import LogEntry, Report


@dataclass(frozen=True, slots=True)
class Reading:
    """A poll as a report and plays, with what its answer says of the entries: how many logs are kept, and which are
    refused and why."""

    report: Report
    accepted: int
    refused: list[dict[str, Any]]
    plays: list[PlayTotal]
    plays_refused: list[dict[str, Any]]


def read_report(body: Poll, *, now: datetime) -> Reading:
    """The report in the body. Raises TooLarge for more than LOGS_MAX logs or PLAYS_MAX plays."""
    if len(body.logs) > LOGS_MAX:
        raise TooLarge(f"The poll has {len(body.logs)} log entries; the limit is {LOGS_MAX}.")
    if len(body.plays) > PLAYS_MAX:
        raise TooLarge(f"The poll has {len(body.plays)} plays; the limit is {PLAYS_MAX}.")
    logs, refused = read_logs(body.logs, now)
    report = Report(
        batch=(body.boot_id, body.seq) if body.boot_id is not None and body.seq is not None else None,
        temperature=body.temperature,
        door_openings=sum(entry.log_type == DeviceLog.LogType.DOOR_OPEN for entry in logs),
        held_tag=_held_tag(body),
        missing=len(body.missing or ()) if body.have is not None or body.missing is not None else None,
        playing=body.playing,
        storage_free=body.storage_free,
        clock_offset_s=(body.sent_at - now).total_seconds() if body.sent_at else None,
        logs=logs + _temperature(body, now),
    )
    return Reading(report, len(logs), refused, *read_plays(body.plays, now))


def _held_tag(body: Poll) -> str | None:
    """The tag that it holds complete: nothing while files are missing, None where it says nothing of it."""
    if body.missing:
        return ""
    return body.have


def _temperature(body: Poll, now: datetime) -> list[LogEntry]:
    if body.temperature is None:
        return []
    return [LogEntry(DeviceLog.LogType.TEMPERATURE, body.sent_at or now, value=body.temperature)]


def read_logs(entries: list[Any], now: datetime) -> tuple[list[LogEntry], list[dict[str, Any]]]:
    """The logs that can be kept, and the refusals of the others."""
    logs: list[LogEntry] = []
    refused: list[dict[str, Any]] = []
    for index, entry in enumerate(entries):
        try:
            log = PollLog.model_validate(entry)
        except ValidationError as error:
            refused.append(_refusal(index, error))
        else:
            logs.append(LogEntry(log.log_type, log.logged_at or now, log.value, log.message, log.tags or {}))
    return logs, refused


def _refusal(index: int, error: ValidationError) -> dict[str, Any]:
    message = "; ".join(f"{field}: {messages[0]}" for field, messages in list(wrong_fields(error).items())[:3])
    return {"index": index, "code": "invalid", "message": message}


def read_plays(entries: list[Any], now: datetime) -> tuple[list[PlayTotal], list[dict[str, Any]]]:
    """The totals that can be kept, and the refusals of the others."""
    plays: list[PlayTotal] = []
    refused: list[dict[str, Any]] = []
    for index, entry in enumerate(entries):
        try:
            play = PollPlay.model_validate(entry)
        except ValidationError as error:
            refused.append(_refusal(index, error))
            continue
        if why := why_not_kept(play.hour, now=now):
            refused.append({"index": index, "code": "out_of_range", "message": why})
        else:
            plays.append(PlayTotal(play.sha256, play.hour, play.count, play.seconds))
    return plays, refused
