"""Every recorded exchange with the old services, replayed through Django; handed-out addresses are really fetched. Each
of our answers is also as /openapi-old.json describes it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client

from dgx.core.models import ApiKey
from dgx.tests.contracts.replay import Replayer, http_send
from dgx.tests.described import complaint

pytestmark = pytest.mark.django_db
TRANSCRIPTS = sorted((Path(__file__).parent / "contracts" / "transcripts").glob("*.json"))


def sender(client: Client, problems: list[str]) -> Any:
    """Sends paths through the test client and absolute addresses (the store's) over the network."""

    def send(method: str, url: str, headers: dict[str, str], body: bytes | None) -> tuple[int, dict[str, str], bytes]:
        split = urlsplit(url)
        if split.netloc:
            return http_send(method, url, headers, body)  # type: ignore[no-any-return]  # the replayer is untyped
        extra: Any = {
            "HTTP_" + name.upper().replace("-", "_"): v for name, v in headers.items() if name != "content-type"
        }
        kind = headers.get("content-type", "application/octet-stream")
        reply = client.generic(method, split.path, body or b"", content_type=kind, QUERY_STRING=split.query, **extra)
        content = b"".join(reply) if reply.streaming else reply.content
        if problem := complaint(method, split.path, reply.status_code, reply.get("Content-Type", ""), content):
            problems.append(problem)
        return reply.status_code, dict(reply.items()), content

    return send


def test_there_are_transcripts():
    assert len(TRANSCRIPTS) == 21


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_the_old_services_recorded_answers_are_given(path, admin_user):
    _, secret = ApiKey.issue(user=admin_user, name="replay", scope=ApiKey.Scope.WRITE)
    problems: list[str] = []
    with time_machine.travel(datetime.now(UTC)) as clock:  # the store checks signatures by the real time
        player = Replayer(
            sender(Client(), problems),
            auth={"authorization": f"Bearer {secret}"},
            report=problems.append,
            sleep=clock.shift,
        )
        player.run(path)
    assert problems == []
    assert player.passed
