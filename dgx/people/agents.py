"""Browsers in words: what a User-Agent says of the browser and the system, and no more than a person recognises."""

FAMILIES = (
    ("Edge", ("Edg/", "EdgA/", "EdgiOS/", "Edge/")),
    ("Opera", ("OPR/", "OPiOS/", "Opera")),
    ("Samsung Internet", ("SamsungBrowser/",)),
    ("Firefox", ("Firefox/", "FxiOS/")),
    ("Chrome", ("CriOS/", "Chrome/", "Chromium/")),
    ("Safari", ("Safari/",)),
    ("curl", ("curl/",)),
    ("Python", ("python", "Python")),
)
"""In this order: most browsers name Chrome and Safari as well."""

SYSTEMS = (
    ("iPad", ("iPad",)),
    ("iPhone", ("iPhone",)),
    ("Android", ("Android",)),
    ("Windows", ("Windows",)),
    ("macOS", ("Macintosh", "Mac OS X")),
    ("ChromeOS", ("CrOS",)),
    ("Linux", ("Linux", "X11")),
)

OTHER = "another program"


def family_of(agent: str) -> str:
    """“Firefox”: what stays the same through updates, and through a phone's “desktop site”."""
    return _first(FAMILIES, agent) or OTHER


def in_words(agent: str) -> str:
    """“Firefox on Windows”."""
    system = _first(SYSTEMS, agent)
    return f"{family_of(agent)} on {system}" if system else family_of(agent).capitalize()


def _first(table: tuple[tuple[str, tuple[str, ...]], ...], agent: str) -> str:
    return next((name for name, marks in table if any(mark in agent for mark in marks)), "")
