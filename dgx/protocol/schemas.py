"""What devices may send, as pydantic models: unknown fields are refused, and every limit stands here."""

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from devices.models import Device
from dgx.core.validators import NAME_MAX_LENGTH
from telemetry.models import LOG_TYPE_MAX_LENGTH, MESSAGE_MAX_LENGTH, VALUE_MAX
from telemetry.services.plays import COUNT_MAX, SECONDS_MAX

BODY_MAX_BYTES = 256 * 1024
LOGS_MAX = 500
PLAYS_MAX = 200
MISSING_MAX = 1000
TAGS_MAX_BYTES = 4096
TEMPERATURE_RANGE = (-100.0, 200.0)
"""Degrees Celsius: beyond what any shop's sensor can mean, so a fault of the sensor or of its wire."""
SAFE_INTEGER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly (RFC 8259, section 6)."""


def _no_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not contain a NUL character")
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


def _a_number(value: Any) -> Any:
    if isinstance(value, str | bool):
        raise ValueError("must be a number")
    return value


def _a_time(value: Any) -> Any:
    if not isinstance(value, str | datetime):
        raise ValueError("must be a time as ISO 8601 text, such as 2026-01-31T09:59:58Z")
    return value


def _in_utc(value: datetime) -> datetime:
    """A time without an offset is read as UTC; one that leaves the calendar on its way to UTC is refused."""
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must lie in the years 1 to 9999") from error


def _full_hour(value: datetime) -> datetime:
    if value.minute or value.second or value.microsecond:
        raise ValueError("must be a full hour of UTC, such as 2026-01-31T09:00:00Z")
    return value


def _small_tags(value: dict[str, Any]) -> dict[str, Any]:
    try:
        encoded = orjson.dumps(value)
    except orjson.JSONEncodeError as error:  # what could be read and cannot be written: orjson goes 254 levels deep
        raise ValueError("must not be nested so deeply") from error
    size = len(encoded)
    if size > TAGS_MAX_BYTES:
        raise ValueError(f"must be at most {TAGS_MAX_BYTES} bytes of JSON, is {size}")
    if b"\\u0000" in encoded and _has_nul(value):
        raise ValueError("must not contain a NUL character")
    return value


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(_has_nul(part) for part in value)


Whole = Annotated[int, BeforeValidator(_a_number), Field(ge=0, le=SAFE_INTEGER)]
Finite = Annotated[float, BeforeValidator(_a_number), Field(allow_inf_nan=False)]
Time = Annotated[datetime, BeforeValidator(_a_time), AfterValidator(_in_utc)]
Sha256 = Annotated[str, Field(strict=True, pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(strict=True, max_length=NAME_MAX_LENGTH), AfterValidator(_no_nul)]
NotBlankName = Annotated[
    str, Field(strict=True, max_length=NAME_MAX_LENGTH), AfterValidator(_no_nul), AfterValidator(_not_blank)
]
ShortText = Annotated[str, Field(strict=True, max_length=50), AfterValidator(_no_nul)]
BootId = Annotated[str, Field(strict=True, min_length=1, max_length=64), AfterValidator(_no_nul)]
Tag = Annotated[str, Field(strict=True, max_length=64), AfterValidator(_no_nul)]


class Body(BaseModel):
    """The base of all bodies: a field that we do not know is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid")


class Enrolment(Body):
    """`POST enrol`."""

    mobile_id: NotBlankName
    kind: Device.Kind = Device.Kind.PLAYER
    name: Name = ""
    screen: ShortText = ""
    app_version: ShortText = ""
    enrolment_key: Annotated[str, Field(strict=True, min_length=1, max_length=200)] | None = None

    def details(self) -> dict[str, Any]:
        """What the device says of itself, as fields of a Device."""
        return {"kind": self.kind.value, "name": self.name, "screen": self.screen, "app_version": self.app_version}


class Claim(Body):
    """`POST claim`."""

    claim_token: Annotated[str, Field(strict=True, min_length=1, max_length=200)]


class PollLog(Body):
    """One entry of a poll's `logs`; a wrong one is refused alone. Without `logged_at` the arrival counts."""

    log_type: Annotated[
        str, Field(strict=True, max_length=LOG_TYPE_MAX_LENGTH), AfterValidator(_no_nul), AfterValidator(_not_blank)
    ]
    value: Annotated[Finite, Field(ge=-VALUE_MAX, le=VALUE_MAX)] | None = None
    message: Annotated[str, Field(strict=True, max_length=MESSAGE_MAX_LENGTH), AfterValidator(_no_nul)] | None = None
    tags: Annotated[dict[str, Any], AfterValidator(_small_tags)] | None = None
    logged_at: Time | None = None


class PollPlay(Body):
    """One entry of a poll's `plays`: the running total of this device for that file and hour, as it counted."""

    sha256: Sha256
    hour: Annotated[Time, AfterValidator(_full_hour)]
    count: Annotated[Whole, Field(le=COUNT_MAX)]
    seconds: Annotated[Finite, Field(ge=0, le=SECONDS_MAX)]


class Poll(Body):
    """`POST poll`. Everything is optional; `boot_id` and `seq` go together. The entries of `logs` and `plays` are
    checked one by one afterwards, as PollLog and PollPlay."""

    boot_id: BootId | None = None
    seq: Whole | None = None
    sent_at: Time | None = None
    have: Tag | None = None
    missing: Annotated[list[Sha256], Field(max_length=MISSING_MAX)] | None = None
    temperature: Annotated[Finite, Field(ge=TEMPERATURE_RANGE[0], le=TEMPERATURE_RANGE[1])] | None = None
    storage_free: Whole | None = None
    screen: ShortText | None = None
    app_version: ShortText | None = None
    playing: Sha256 | None = None
    logs: list[Any] = Field(default_factory=list)
    plays: list[Any] = Field(default_factory=list)

    @model_validator(mode="after")
    def _batch_is_whole(self) -> "Poll":
        if (self.boot_id is None) != (self.seq is None):
            raise ValueError("boot_id and seq go together: give both, or neither")
        return self
