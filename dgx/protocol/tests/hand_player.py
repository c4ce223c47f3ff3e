"""A player whose every move a test makes, on a clock that the test turns."""

from dgx.protocol.conformance.scenario import Scenario
from dgx.protocol.conformance.stage import FIRST, LAYERED, RETAGGED, SECOND

INTERVAL_S = 1.0
PATIENCE_S = 30.0
PLAIN, CUT, DEFAULT, EMERGENCY = "plain.png", "cut.png", "expiring.png", "spoilt.png"
FIVE_SECONDS = (EMERGENCY,) * 4
ENROLMENT = {"mobile_id": "screen-1", "enrolment_key": "any"}


class HandPlayer:
    """Does at each step what a good player does, unless it is told otherwise."""

    def __init__(self, *, patience_s=PATIENCE_S, **options):
        self.now = 1000.0
        self.scenario = Scenario(
            base_url="http://server",
            interval_s=INTERVAL_S,
            patience_s=patience_s,
            clock=lambda: self.now,
            **options,
        )
        self.token = ""
        self.seq = 0
        self.have: str | None = None

    def enrol(self, **body):
        reply = self.scenario.enrol(ENROLMENT | body)
        self.token = reply.body.get("token", self.token)
        return reply

    def manifest(self, if_none_match=None):
        return self.scenario.manifest(f"Device {self.token}", if_none_match)

    def poll(self, after=INTERVAL_S, *, again=False, **body):
        self.now += after
        self.seq += not again
        said = {"boot_id": "b", "seq": self.seq, "have": self.have, "missing": []} | body
        return self.scenario.poll(said, f"Device {self.token}")

    def get(self, name, wanted=None, **how):
        query = self.scenario.stage.files[name].query.removeprefix("?")
        return self.scenario.file(name, wanted, query, **how)

    def fetch(self, *names):
        """Download files as one should, to the end; returns what came."""
        came = b""
        for name in names:
            came = b""
            reply = self.get(name)
            while came := came_so_far(came, reply):
                if len(reply.body) == reply.length:
                    break
                reply = self.get(name, f"bytes={len(came)}-")
        return came

    def outcome(self, name):
        return self.check(name)["outcome"]

    def check(self, name):
        return next(check for check in self.scenario.verdicts.as_json() if check["check"] == name)

    def hold_first(self):
        """Up to the unknown fields."""
        self.enrol()
        assert "forecast" not in self.poll().body
        self.fetch(PLAIN, CUT)
        self.have = FIRST
        assert self.poll().body["forecast"]

    def retag(self):
        """Up to the 429."""
        self.hold_first()
        self.have = RETAGGED
        assert self.poll().status == 200

    def wait_out(self):
        """Through the 429 and the lost answer."""
        assert self.poll().status == 429
        self.poll(after=2, again=True)
        assert self.poll().cut
        assert self.poll(again=True).body["duplicate"] is True

    def change(self):
        """Through the jumps of the clock, to the new manifest."""
        for _ in range(3):
            reply = self.poll()
        assert reply.body["manifest"]["tag"] == SECOND

    def hold_second(self):
        """Up to the layers."""
        self.fetch(DEFAULT, EMERGENCY)
        self.manifest()
        self.fetch(DEFAULT)
        self.poll()
        self.fetch(DEFAULT, EMERGENCY)
        self.have = SECOND
        self.poll()

    def show_layers(self, *shown):
        """Up to the revoked token: an emergency of five seconds comes; these files are on the screen, a second each."""
        assert self.poll().body["manifest"]["tag"] == LAYERED
        self.have = LAYERED
        for name in shown:
            self.poll(playing=self.scenario.stage.files[name].sha256)

    def be_watched(self):
        """To the end."""
        assert self.poll().status == 401
        self.now += 10
        self.scenario.tick()
        self.scenario.finish()


def came_so_far(came, reply):
    """By the Content-Range, as one should."""
    span = reply.headers.get("Content-Range", "bytes 0-")
    return came[: int(span.removeprefix("bytes ").partition("-")[0])] + reply.body
