"""How log lines are written: with the id that ties one to its request (taken from X-Request-Id or made here), and
without secrets."""

import logging
from contextvars import ContextVar

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
