"""A short run of `make fuzz`: every address of both documents, with good and bad values and in chains, with a fixed
seed, against the web's entry in this process."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from schemathesis import openapi
from werkzeug.serving import WSGIRequestHandler, make_server

from dgx.fuzz.run import Effort, configuration, run
from dgx.fuzz.web import DOCUMENTS, is_known
from dgx.fuzz.world import make_world
from dgx.wsgi import application


def without_connections(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    """The web's entry; the thread that called it keeps no connection to the database."""
    answer = application(environ, start_response)
    try:
        yield from answer
    finally:
        if hasattr(answer, "close"):
            answer.close()
        connections.close_all()


class Quiet(WSGIRequestHandler):
    """Does not write a line for each call."""

    def log_request(self, *args: Any) -> None:
        return


@pytest.fixture
def url(transactional_db: None) -> Iterator[str]:
    """The address of the web's entry, served by threads of this process."""
    server = make_server("127.0.0.1", 0, without_connections, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def described(document: dict[str, Any]) -> set[str]:
    """The operations of a document."""
    methods = {"get", "post", "put", "patch", "delete", "head", "options", "trace"}
    return {f"{verb.upper()} {path}" for path, item in document["paths"].items() for verb in methods & item.keys()}


@pytest.mark.parametrize(
    ("caller", "document", "phases"),
    [
        ("administrator", "openapi.json", ("examples", "fuzzing")),
        ("administrator", "openapi.json", ("stateful",)),
        ("administrator", "openapi-old.json", ("fuzzing", "stateful")),
        ("nobody", "openapi.json", ("fuzzing",)),
        ("nobody", "openapi-old.json", ("fuzzing",)),
        ("device", "openapi.json", ("examples",)),
    ],
)
def test_every_answer_is_as_described(url, caller, document, phases):
    world = make_world()
    effort = Effort(seed=20260131, examples=1, phases=phases)
    schema = openapi.from_url(f"{url}/{document}", config=configuration(effort, world.callers[caller], world.names))
    outcome = run(schema)
    assert outcome.failures == {}
    assert outcome.cases > 0
    assert is_known(url, caller, world.callers[caller]), "a call ended the credential: those after it were a stranger's"
    if "stateful" in phases:
        assert outcome.chained > 0
    if "fuzzing" in phases:  # it makes a call of its own for each
        assert outcome.operations == described(schema.raw_schema)


def test_both_documents_are_fuzzed():
    assert DOCUMENTS == ("openapi.json", "openapi-old.json")


def test_a_caller_whose_credential_has_ended_is_noticed(url):
    world = make_world()
    assert {caller: is_known(url, caller, headers) for caller, headers in world.callers.items()} == dict.fromkeys(
        ("nobody", "device", "editor", "administrator"), True
    )
    gone = {"Authorization": "Bearer gone"}
    assert [is_known(url, caller, gone) for caller in ("device", "editor", "administrator")] == [False] * 3
