"""The machine's own Chromium, as tests start it."""

import os
import shutil
from typing import Any

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]


def chromium() -> str | None:
    """Where it is: `CHROMIUM`, or the one on PATH; None where there is none."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def launch_options() -> dict[str, Any]:
    """How it is started."""
    return {"executable_path": chromium(), "args": FLAGS, "headless": True}
