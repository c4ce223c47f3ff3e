"""`python -m dgx.fuzz.guided media|reports FOLDER [libFuzzer's options]`: bytes that coverage guides, by atheris.

Ends with a line of libFuzzer's when an input crashes, hangs or takes too much memory, and keeps it in FOLDER.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris
import django

GUIDES = ["dgx.protocol", "dgx.core.api.legacy_reading", "media_library.services", "filetype", "html.parser"]
"""Whose branches count as coverage; what is compiled (pydantic, FFmpeg) gives none."""
LOOKED_INSIDE = 40
"""One of so many files that are taken is also given to the decoder, which is a process of its own."""
BOUNDS = ["-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1"]
LENGTHS = {"media": 65_536, "reports": 16_384}


def main(arguments: list[str]) -> None:
    """Fuzz until libFuzzer's own options say enough."""
    what, folder, *options = arguments
    home = Path(folder)
    with atheris.instrument_imports(include=GUIDES):
        django.setup()
        from dgx.fuzz import seeds, targets  # noqa: PLC0415 — what they import is instrumented
    corpus = home / what
    seeds.write(corpus, seeds.media() if what == "media" else seeds.reports())
    seeds.write_tokens(home / "tokens.dict")
    more = [f"-dict={home / 'tokens.dict'}"] if what == "reports" else []
    bounds = [*BOUNDS, f"-max_len={LENGTHS[what]}", f"-artifact_prefix={home}/{what}-", *more, *options]
    atheris.Setup([sys.argv[0], *bounds, str(corpus)], _media(targets) if what == "media" else _reports(targets))
    atheris.Fuzz()


def _media(targets: Any) -> Callable[[bytes], None]:
    taken = 0

    def one(content: bytes) -> None:
        nonlocal taken
        media = targets.sniff(content)
        if media is None:
            return
        taken += 1
        if taken % LOOKED_INSIDE == 0:
            targets.look_inside(content, media)

    return one


def _reports(targets: Any) -> Callable[[bytes], None]:
    def one(content: bytes) -> None:
        targets.report(content)
        targets.bodies(content)

    return one


if __name__ == "__main__":
    main(sys.argv[1:])
