"""How long the web waits for a client, and how much it takes on at a time. Each worker process counts for itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Seconds, bytes, and numbers of requests."""

    threads: int = 4
    """Requests that are worked on at a time: two at least, since devices and everybody else have half of them each."""
    transfers: int = 4
    """Large bodies and downloads at a time; each has a thread of its own."""
    wait_s: float = 10.0
    """A request that no thread was free for in this time is refused."""
    device_s: float = 20.0
    """A device's poll or heartbeat that is not answered in this time is given up: its database hangs."""
    body_s: float = 10.0
    """What a body may take beyond what BODY_RATE allows its size, and how long a large one may pause."""
    download_s: float = 30.0
    """How long a client may leave a large answer unread before it is cut off."""
    connections: int = 4096
    """What a worker holds open at a time."""

    @property
    def device_threads(self) -> int:
        """Devices' requests that are worked on at a time."""
        return max(1, self.threads // 2)

    @property
    def other_threads(self) -> int:
        """All others likewise."""
        return max(1, self.threads - self.device_threads)


BODY_RATE = 1000
"""Bytes a second that every body has to come in with on average: a sixth of a GPRS line."""
GATHERED_MOST = 2 * 1024**2
"""A body up to here is gathered before a thread is spent on it."""
GATHERED_TOTAL = 64 * 1024**2
"""What all bodies hold together that are being gathered, or wait for a thread."""
DOWNLOAD_RATE = 20_000
"""Bytes a second that a large answer has to be read with on average: until its end it holds a connection to the
database, which cannot tidy up meanwhile."""
SENT_WHOLE_MOST = 4 * 1024**2
"""An answer up to here is handed over whole, so that no thread waits for its reader."""
FEW_WAITING = 256
"""So many requests may always wait for a thread; more only as far as the last seconds' rate promises an answer."""
