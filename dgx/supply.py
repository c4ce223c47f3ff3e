"""`python -m dgx.supply`: asks whether a package that we install is known to be vulnerable. Part of `make check`.

Without a network it says so and lets the check pass; a finding fails it.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-dev.lock"
"""Production's packages and the tools', each with its hashes."""
PATIENCE_S = 180


def main() -> int:
    """Audit the lock; returns the exit code."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--require-hashes", "--disable-pip"]
    try:
        done = subprocess.run(
            [*command, "--format", "json", "--progress-spinner", "off"],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        said = ""
    else:
        said = done.stdout
    lines, is_good = verdict(said)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0 if is_good else 1


def verdict(said: str) -> tuple[list[str], bool]:
    """What pip-audit's JSON means, in sentences, and whether it is good. No JSON: nobody could be asked."""
    try:
        packages: list[dict[str, Any]] = json.loads(said)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return ["Vulnerabilities: nobody could be asked (no network?); not audited."], True
    lines = [_finding(package, each) for package in packages for each in package.get("vulns", ())]
    is_good = not lines
    unknown = sum("skip_reason" in package for package in packages)
    lines.append(f"Vulnerabilities: {len(lines)} known in {len(packages) - unknown} packages.")
    if unknown:
        lines.append(f"The registry had no answer about {unknown} packages; they are not audited.")
    return lines, is_good


def _finding(package: dict[str, Any], found: dict[str, Any]) -> str:
    fixed = ", ".join(found.get("fix_versions") or ()) or "no version yet"
    return f"{package['name']} {package['version']}: {found['id']}, fixed in {fixed}"


if __name__ == "__main__":
    sys.exit(main())
