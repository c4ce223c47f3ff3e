"""`manage.py` itself: what somebody reads who has not configured it yet."""

import subprocess
import sys
from pathlib import Path

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


def test_a_setting_that_is_missing_is_told_in_one_line():
    command = [sys.executable, str(MANAGE), "check"]
    ran = subprocess.run(command, env={"DGX_SECRET_KEY": ""}, check=False, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        "DGX_SECRET_KEY is not set: it signs sessions and tokens; give 50 random characters. "
        "`make run` sets it for you; see docs/configuration.md.\n"
    )
