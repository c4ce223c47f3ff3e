"""HTML pages: harmless ones pass, anything that could run is refused, however it is hidden."""

import html
import time

import pytest

from media_library.services.pages import PAGE_MAX_BYTES, PageRefused, check_page


def nested(levels):
    """A title inside a title inside a title."""
    markup = "<b>"
    for _ in range(levels):
        markup = f'<a title="{html.escape(markup)}">'
    return markup.encode()


HARMLESS = """<!doctype html><html><head><meta charset="utf-8"><title> Menu &amp; more </title>
<style>body > p { color: teal }</style><!-- soup of the day: ask > 3 --></head>
<body class="on"><a href="https://example.com/?a=javascript">more</a><img src="data:image/png;base64,AAAA" alt="a < b">
<iframe src="https://weather.example.com/"></iframe><p title="javascript: the good parts">Soup</p></body></html>"""


def test_a_harmless_page_passes_and_gives_its_title():
    assert check_page(HARMLESS.encode()) == "Menu & more"


def test_a_page_without_a_title_has_an_empty_one():
    assert check_page(b"<html><body>Soup</body></html>") == ""


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<script>alert(1)</script>", "<script>"),
        ("<SCRIPT SRC=//x.example/a.js>", "<script>"),
        ("<svg><script>alert(1)</script></svg>", "<script>"),
        ("<object data=x.swf></object>", "<object>"),
        ("<embed src=x.swf>", "<embed>"),
        ("<body onload=alert(1)>", "event handler (onload)"),
        ("<img src=x oNeRrOr=alert(1)>", "event handler (onerror)"),
        ("<img/src='x'/onerror=alert(1)>", "event handler"),
        ('<img src="x"onerror="alert(1)">', "event handler (onerror)"),
        ("<svg><set attributeName=onmouseover to=alert(1)>", "event handler"),
        ("<a href='javascript:alert(1)'>x</a>", "javascript:"),
        ("<a href=' java\nscript:alert(1)'>x</a>", "javascript:"),
        ("<a href='&#106;avascript&colon;alert(1)'>x</a>", "javascript:"),
        ("<form action=vbscript:x>", "javascript:"),
        ("<iframe src='data:text/html,<b>x</b>'>", "javascript:"),
        ("<meta http-equiv=refresh content='0;url=javascript:alert(1)'>", "javascript:"),
        ("<svg><animate attributeName=href values='x;javascript:alert(1)'>", "javascript:"),
        ("<iframe srcdoc='&lt;script>alert(1)&lt;/script>'>", "<script>"),
        ("<!--><script>alert(1)</script>-->", "<script>"),
        ("<!--><script -->alert(1)</script>", "<script>"),
        ("<!--><script a='-->'>alert(1)</script>", "<script>"),
        ("<!--[if IE]><script>alert(1)</script><![endif]-->", "<script>"),
        ("<style></style ><img src=x onerror=alert(1)></style>", "event handler"),
        ("<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>", "event handler"),
        ("<title><img src=x onerror=alert(1)></title>", "event handler"),
        ("<?php <script>x</script> ?>", "<script>"),
        ("<svg><![CDATA[<script>alert(1)</script>]]></svg>", "<script>"),
    ],
)
def test_what_could_run_is_refused_in_words(markup, words):
    with pytest.raises(PageRefused) as refusal:
        check_page(f"<!doctype html>{markup}".encode())
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<html>Käse</html>".encode("latin-1"), "UTF-8"),
        ("<html>soup</html>".encode("utf-16"), "UTF-8"),
        (b"<html>\x1b$B</html>", "control characters"),
        (b"<html>\x00</html>", "control characters"),
        (nested(6), "too deeply"),
    ],
)
def test_what_cannot_be_read_as_a_page_is_refused(content, words):
    with pytest.raises(PageRefused, match=words):
        check_page(content)


def test_a_declaration_that_is_no_declaration_is_refused_or_harmless():
    with pytest.raises(PageRefused, match="declaration"):
        check_page(b"<html><![nonsense[<b>]]></html>")


@pytest.mark.parametrize(
    "markup",
    [
        "<!--",
        "<a ",
        "</a ",
        "<!",
        "<?",
        "<![CDATA[",
        "<a x='<b y=1>'>",
        "<!--<a x=\"<b y='<c>'>\">-->",
        "<b>",
    ],
)
def test_no_page_keeps_the_checker_busy(markup):
    """Five megabytes of what makes the parser begin anew: minutes without a bound."""
    content = b"<!doctype html>" + (markup * (PAGE_MAX_BYTES // len(markup))).encode()[: PAGE_MAX_BYTES - 99]
    started = time.process_time()
    with pytest.raises(PageRefused, match="to be checked"):
        check_page(content)
    assert time.process_time() - started < 10


def test_a_long_page_of_ordinary_markup_passes():
    paragraph = "<p class='text'>Words of the day, and <b>more</b> of them, on a page that somebody wrote.</p>\n"
    assert check_page(b"<!doctype html><title>Long</title>" + paragraph.encode() * 20_000) == "Long"
