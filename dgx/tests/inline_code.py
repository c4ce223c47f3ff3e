"""Finds code that stands in a page itself, which our content security policy would not run."""

from html.parser import HTMLParser

DATA = {"application/json"}
"""Types of script elements that no browser runs."""
ADDRESSES = {"href", "src", "action", "formaction", "xlink:href", "data"}


class InlineCode(HTMLParser):
    """Collects it in `found`, each with its line."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._is_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._is_script = tag == "script" and "src" not in given and given.get("type") not in DATA
        for name, value in attrs:
            is_code = name in ADDRESSES and (value or "").strip().lower().startswith("javascript:")
            if name.startswith("on") or is_code or name == "srcdoc":
                self._note(f'<{tag} {name}="{value}">')

    def handle_endtag(self, tag: str) -> None:
        self._is_script = False

    def handle_data(self, data: str) -> None:
        if self._is_script and data.strip():
            self._note(f"<script>{data.strip()[:60]}")

    def _note(self, what: str) -> None:
        self.found.append(f"line {self.getpos()[0]}: {what}")


def inline_code(page: str) -> list[str]:
    """Inline scripts, handlers and javascript: addresses of a page of HTML."""
    parser = InlineCode()
    parser.feed(page)
    parser.close()
    return parser.found
