"""HTML pages that may be shown: none with scripts. Found by a parser that also looks into everything a browser might
read in another way: comments, styles, attribute values."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

ACTIVE_TAGS = frozenset({"script", "object", "embed", "applet"})
ACTIVE_SCHEMES = ("javascript:", "vbscript:", "data:text/html", "data:image/svg", "data:application", "data:text/xml")
TEXT_ATTRIBUTES = frozenset({"alt", "title", "label", "placeholder", "summary", "value"})
"""Attributes whose value is read by people and is no address."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
TAG_ENDS = (">", '">', "'>")
MAX_DEPTH = 4
PAGE_MAX_BYTES = 5 * 1024**2
FUTILE_MAX = PAGE_MAX_BYTES
"""Characters that may be looked through for the end of what never ends: the parser begins anew at each tag."""
WORK_MAX = 2 * PAGE_MAX_BYTES
"""Characters that may be parsed in all, those within comments and attributes again; a parse and a tag cost some too."""
PARSE_COSTS = 200
TAG_COSTS = 15
TITLE_MAX_LENGTH = 200


class PageRefused(Exception):  # noqa: N818 — an expected answer, not a fault
    """The page is not taken; the message says why."""


def check_page(content: bytes) -> str:
    """The page's title, once nothing in it can run.

    Raises PageRefused for content that is not UTF-8 text, and for scripts, event handlers (`onclick`), `javascript:`
    addresses and plug-ins. Frames of other sites are let through: players show pages in a sandbox.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PageRefused("The page is not UTF-8 text. Save it with the encoding UTF-8.") from None
    # an escape character could switch a browser into another encoding, in which other bytes are a tag
    if CONTROL.search(text):
        raise PageRefused("The page holds control characters. Save it as plain HTML with the encoding UTF-8.")
    return _parse(text, depth=0, effort=_Effort()).title.strip()[:TITLE_MAX_LENGTH]


@dataclass
class _Effort:
    """What checking one page has cost so far, in characters, so that none takes more than a few seconds."""

    work: int = 0
    futile: int = 0

    def add(self, *, work: int = 0, futile: int = 0) -> None:
        self.work, self.futile = self.work + work, self.futile + futile
        if self.work > WORK_MAX:
            raise PageRefused("The page holds too much markup to be checked. Make it simpler.")
        if self.futile > FUTILE_MAX:
            raise PageRefused("The page holds too many tags or comments that never end to be checked.")


def _parse(text: str, depth: int, effort: _Effort) -> "_Page":
    if depth > MAX_DEPTH:
        raise PageRefused("The page nests markup in comments or attributes too deeply to be checked.")
    effort.add(work=len(text) + PARSE_COSTS)
    page = _Page(depth, effort)
    try:
        page.feed(text)
        page.close()
    except AssertionError:  # html.parser's answer to a declaration that it cannot read
        raise PageRefused("The page holds a declaration (<!…>) that cannot be read.") from None
    return page


class _Page(HTMLParser):
    def __init__(self, depth: int, effort: _Effort) -> None:
        super().__init__(convert_charrefs=True)
        self.depth = depth
        self.title = ""
        self._inside = ""
        self._effort = effort

    def parse_starttag(self, i: int) -> int:
        return self._ended(i, super().parse_starttag(i))

    def parse_endtag(self, i: int) -> int:
        return self._ended(i, super().parse_endtag(i))

    def parse_comment(self, i: int, report: bool = True) -> int:
        return self._ended(i, super().parse_comment(i, report))

    def parse_pi(self, i: int) -> int:
        return self._ended(i, super().parse_pi(i))

    def parse_html_declaration(self, i: int) -> int:
        return self._ended(i, super().parse_html_declaration(i))

    def _ended(self, start: int, end: int) -> int:
        """Counts what the parser looked through in vain, from `start` to the text's end."""
        self._effort.add(work=TAG_COSTS, futile=len(self.rawdata) - start if end < 0 else 0)
        return end

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag in ACTIVE_TAGS:
            raise PageRefused(f"The page holds a <{tag}>. Pages are shown without scripts and plug-ins: remove it.")
        for name, value in attrs:
            self._check_attribute(tag, name, value or "")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title += data
        if self._inside in {"style", "title", "textarea", "noscript", "iframe", "xmp", "plaintext"}:
            self._check_hidden(data)

    def handle_comment(self, data: str) -> None:
        self._check_hidden(data)

    def handle_decl(self, decl: str) -> None:
        self._check_hidden(decl)

    def unknown_decl(self, data: str) -> None:
        self._check_hidden(data)

    def handle_pi(self, data: str) -> None:
        self._check_hidden(data)

    def _check_attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on") or (name == "attributename" and value.strip().lower().startswith("on")):
            raise PageRefused(f"<{tag}> has an event handler ({name}). Pages are shown without scripts: remove it.")
        if name not in TEXT_ATTRIBUTES and not name.startswith(("data-", "aria-")) and _is_active(value):
            raise PageRefused(f"<{tag} {name}> is an address that runs (javascript:). Remove it.")
        self._check_hidden(value)

    def _check_hidden(self, text: str) -> None:
        """Where browsers and this parser may disagree on where a text ends, it has to be harmless as markup too,
        wherever its last tag ends."""
        if "<" in text:
            for end in TAG_ENDS:
                _parse(text + end, self.depth + 1, self._effort)


def _is_active(value: str) -> bool:
    """An address, or one in a list of them (`values`, `srcset`, a refresh), that runs. Browsers skip white space."""
    plain = "".join(value.split()).lower()
    parts = (part.removeprefix("url=").strip("'\"") for part in plain.replace(",", ";").split(";"))
    return plain.startswith(ACTIVE_SCHEMES) or any(part.startswith(ACTIVE_SCHEMES[:2]) for part in parts)
