"""The command that lets browsers send files straight to the store."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import pytest
from django.core.management import CommandError, call_command

from media_library.services import storage

ORIGIN = "https://dgx.example.com"


@pytest.fixture
def asked(monkeypatch) -> Iterator[list[tuple[str, str]]]:
    """What a store that keeps such rules is asked; the tests' own keeps none."""
    heard: list[tuple[str, str]] = []

    class Store(BaseHTTPRequestHandler):
        def do_PUT(self):
            heard.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Store) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        keys = {"aws_access_key_id": "someone", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=address, **keys)
        monkeypatch.setattr(storage, "_client", lambda: client)
        yield heard
        server.shutdown()


def test_the_rules_are_written_to_the_bucket(asked, capsys, settings):
    call_command("allowuploads", ORIGIN)
    [(path, rules)] = asked
    assert path == f"/{settings.S3_BUCKET}?cors"
    assert f"<AllowedOrigin>{ORIGIN}</AllowedOrigin>" in rules
    assert "<AllowedMethod>PUT</AllowedMethod>" in rules
    assert ORIGIN in capsys.readouterr().out


def test_a_store_without_such_rules_is_told_in_words():
    with pytest.raises(CommandError, match="in its own configuration"):
        call_command("allowuploads", ORIGIN)


@pytest.mark.parametrize("origin", ["dgx.example.com", "https://dgx.example.com/admin/", "ftp://x", "https://"])
def test_what_is_no_origin_is_refused(origin):
    with pytest.raises(CommandError, match="is no origin"):
        call_command("allowuploads", origin)
