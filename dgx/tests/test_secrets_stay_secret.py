"""A full run of web, worker and beat with known secrets, refusals and faults included: none is found afterwards in a
log, an answer, the audit or an export. And what makes it so, by itself."""

import logging
import secrets

import pytest
from django.conf import settings as conf
from django.test import RequestFactory

from dgx.core.error_pages import Filter, Reporter
from dgx.core.logs import JSONFormatter, TextFormatter
from dgx.core.secrecy import STARS, redact
from dgx.tests import secret_run

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoxfQ.c2lnbmF0dXJl-_x"


def found(known: dict[str, str], text: str) -> list[str]:
    """Which of the secrets are in the text."""
    return sorted(name for name, value in known.items() if value and value in text)


def test_no_secret_of_a_full_run_is_found_again(tmp_path):
    with secret_run.running(tmp_path) as (run, plain, debug):
        for mark, base in (("plain", plain), ("debug", debug)):
            secret_run.live(run, base, mark)
            secret_run.provoke(run, base)
        audit = {
            table: "\n".join(str(row) for row in run.query(f'SELECT t::text FROM "{table}" t'))
            for (table,) in run.query(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
                " AND (relname LIKE '%change%' OR relname LIKE 'axes%' OR relname = 'django_admin_log'"
                " OR relname LIKE 'devices%' OR relname LIKE 'telemetry%' OR relname = 'core_apikey')"
            )
        }
    faults = [name for name, _ in run.answers if name.endswith(" 500")]
    assert len(faults) >= 10, [name for name, _ in run.answers]
    assert len(run.answers) >= 35
    assert {name.rpartition(" ")[2] for name, _ in run.exports} == {"200"}
    assert len(run.secrets) >= 30
    logs = run.logs()
    assert set(logs) == {"web", "web-debug", "worker", "beat"}
    assert all(logs.values())
    assert "Internal Server Error" in logs["web"]
    never = {name: value for name, value in run.secrets.items() if not name.startswith("pairing code")}
    leaks = {
        **{f"log of {name}": found(run.secrets, text) for name, text in logs.items()},
        **{f"answer {name}": found(run.secrets, text) for name, text in run.answers},
        **{f"export {name}": found(never, text) for name, text in run.exports},
        **{f"table {name}": found(never, text) for name, text in audit.items()},
    }
    assert {place: names for place, names in leaks.items() if names} == {}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"token {JWT}.", f"token {STARS}."),
        ("Device dgxd_" + "a" * 43, f"Device {STARS}"),
        ("GET /x?X-Amz-Date=1&X-Amz-Signature=0a1b2c&y", f"GET /x?X-Amz-Date=1&X-Amz-Signature={STARS}&y"),
        ("redis://:very secret", "redis://:very secret"),
        ("redis://:p4ss!word@host:6379/0", f"redis://:{STARS}@host:6379/0"),
        ("postgres://dgx:p%40ss@host/db refused", f"postgres://dgx:{STARS}@host/db refused"),
        ("Cookie: sessionid=abc123; csrftoken=def", f"Cookie: sessionid={STARS}; csrftoken={STARS}"),
        (
            "LINE 1: SELECT 1 WHERE name = 'Ann' AND key = 'x\n  ^",
            "LINE 1: SELECT 1 WHERE name = '…' AND key = '…'\n  ^",
        ),
        ("https://media.example/a:b/c@2x.png", "https://media.example/a:b/c@2x.png"),
        ("ann@example.com at 10:30", "ann@example.com at 10:30"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out_and_other_text_stays(text, left):
    assert redact(text) == left


@pytest.mark.parametrize("formatter", [TextFormatter("%(message)s"), JSONFormatter("%(message)s")])
def test_a_log_line_holds_no_secret_of_the_configuration_not_even_in_a_traceback(formatter):
    try:
        raise ValueError(f"cannot sign with {conf.SECRET_KEY}")
    except ValueError as error:
        record = logging.LogRecord("x", 40, "x", 1, "key %s", (conf.S3_SECRET_ACCESS_KEY,), (type(error), error, None))
    line = formatter.format(record)
    assert "ValueError: cannot sign with" in line
    assert found({"key": conf.SECRET_KEY, "s3": conf.S3_SECRET_ACCESS_KEY}, line) == []


def secret_of(place: str) -> str:
    """A value that does not stand in this file: pages show the source as well."""
    return f"{place}s-" + secrets.token_hex(12)


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("form", ["get_traceback_html", "get_traceback_text"])
def test_an_error_page_holds_no_secret_of_the_request_or_of_the_configuration(settings, debug, form):
    settings.DEBUG = debug
    known = {place: secret_of(place) for place in ("redis", "query", "form", "header", "cookie", "body", "frame")}
    settings.CACHES = {"default": {**conf.CACHES["default"], "LOCATION": f"redis://:{known['redis']}@host/0"}}
    request = RequestFactory().post(
        f"/admin/login/?enrolment_key={known['query']}",
        {"username": "ann", "password": known["form"]},
        headers={"Authorization": f"Bearer {known['header']}", "Cookie": f"sessionid={known['cookie']}"},
    )
    with pytest.raises(RuntimeError) as fault:
        _fail(request, {"refresh": known["body"]}, password=known["frame"])
    trace = fault.tb.tb_next  # without this frame, whose `known` has names of its own
    page = getattr(Reporter(request, RuntimeError, fault.value, trace), form)()
    assert "ann" in page
    assert "the store did not answer" in page
    assert found({**known, "secret key": conf.SECRET_KEY}, page) == []


def _fail(request, body, *, password):
    said = request.headers["Authorization"]
    raise RuntimeError(f"the store did not answer {said}")


def test_django_uses_both():
    assert f"{Reporter.__module__}.{Reporter.__name__}" == conf.DEFAULT_EXCEPTION_REPORTER
    assert f"{Filter.__module__}.{Filter.__name__}" == conf.DEFAULT_EXCEPTION_REPORTER_FILTER
