"""How log lines are written: with the id that ties one to its request (taken from X-Request-Id or made here), and
without secrets."""

import logging
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from dgx.core.secrecy import redact

request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdFilter(logging.Filter):
    """Puts the current request's id on every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class TextFormatter(logging.Formatter):
    """A line for a person."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class JSONFormatter(JsonFormatter):
    """A line for a program."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def logging_settings(*, layout: str, level: str) -> dict[str, Any]:
    """LOGGING: every line to stderr. `layout` is text or json; lines below `level` are not written."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": RequestIdFilter}},
        "formatters": {
            "text": {
                "()": TextFormatter,
                "format": "%(asctime)s %(levelname)-7s %(name)s [%(request_id)s] %(message)s",
                "datefmt": "%H:%M:%S",
            },
            "json": {
                "()": JSONFormatter,
                "fmt": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s",
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
            },
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": layout, "filters": ["request_id"]},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},  # a 4xx is the client's business, not an event of ours
            "axes": {"level": "WARNING"},  # four lines for each login that went well
            "botocore": {"level": "WARNING"},
            "s3transfer": {"level": "WARNING"},
        },
    }
