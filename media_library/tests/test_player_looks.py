"""Every kind in every rotation and fit looks as it should, on any window, and as the file itself says."""

import base64
import io
import struct
from collections.abc import Callable
from fractions import Fraction
from itertools import product

import av
import pypdfium2
import pytest
from PIL import Image

from dgx.tests.stack_helpers import wait_until
from media_library.tests.browser import SIZE, Screen, chequered, difference, expected, film, pdf, png, put_on

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROTATIONS = (0, 90, 180, 270)
FITS = ("cover", "contain", "fill", "none")
TALL = (200, 320)
UNTURNED = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
"""The matrix of an MP4's track, and one that turns it by a quarter."""
TURNED = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
SHOW = """async ([bytes, type, rotation, fit_mode]) => {
    const file = new Blob([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))]);
    await dgx.stage.show(await dgx.stage.prepare({ type, rotation, fit_mode, display_duration: 60 }, file));
}"""


def chequered_page() -> bytes:
    """The chequered picture as a page, of whatever size the page is shown in."""
    boxes = (
        ("0 50% 66.67% 0", "#d02020"),
        ("0 0 66.67% 50%", "#20a020"),
        ("66.67% 66.67% 0 0", "#2030d0"),
        ("66.67% 0 0 33.33%", "#e0c020"),
    )
    divs = "".join(f'<div style="position:fixed;inset:{inset};background:{colour}"></div>' for inset, colour in boxes)
    return f"<!doctype html><meta charset=utf-8><title>page</title><body style=background:#c8c8c8>{divs}".encode()


def own_size(kind: str, picture: Image.Image) -> Image.Image:
    """A picture as its file of that kind shows it unfitted: of a PDF, 72 points are an inch, and so are 96 pixels."""
    return picture.resize((picture.width * 4 // 3, picture.height * 4 // 3)) if kind == "pdf" else picture


def looks(kind: str, rotation: int, fit: str, screen: tuple[int, int] = SIZE) -> Image.Image:
    """What is to be seen of a chequered file. A page is as large as the screen, so nothing is left to fit."""
    if kind == "html":
        return expected(chequered(screen[::-1] if rotation % 180 else screen), rotation, "none", screen)
    return expected(own_size(kind, chequered()), rotation, fit, screen)


def show(screen: Screen, content: bytes, kind: str, rotation: int = 0, fit: str = "contain") -> None:
    """Put a file on the screen, past the server and its playlist."""
    screen.page.evaluate(SHOW, [base64.b64encode(content).decode(), kind, rotation, fit])


MAKERS: dict[str, Callable[[], bytes]] = {
    "image": lambda: png(chequered()),
    "video": lambda: film(chequered(), seconds=30),
    "pdf": lambda: pdf(chequered()),
    "html": chequered_page,
}


def test_a_playlist_of_all_kinds_comes_in_order_and_looks_as_it_should_in_each_rotation_and_fit(enrolled_screen):
    """64 items, each from the store by the manifest, against pictures turned and fitted by Pillow."""
    device, screen = enrolled_screen()
    contents = {kind: make() for kind, make in MAKERS.items()}
    programme = {
        f"{rotation} {fit} {kind}": (kind, rotation, fit) for rotation, fit, kind in product(ROTATIONS, FITS, MAKERS)
    }
    for order, (name, (kind, rotation, fit)) in enumerate(programme.items()):
        put_on(device, contents[kind], name, order=order, rotation=rotation, fit_mode=fit, display_duration=3600)
    screen.open()
    screen.until("dgx.programme.have && dgx.stage.current")
    seen, wrong = [], {}
    for _ in programme:
        seen.append(name := screen.now_showing())
        off = screen.differs_from(looks(*programme[name]))
        if off > 0.03:
            wrong[name] = off
        screen.page.evaluate("globalThis.before = dgx.stage.current; before.end()")
        screen.until("dgx.stage.current !== before")
    names = list(programme)
    first = names.index(seen[0])
    assert wrong == {}
    assert seen == names[first:] + names[:first]


def test_a_file_is_seen_as_it_says_of_itself(screen):
    """A photograph and a film that were taken on the side, a film of oblong pixels, a page of a PDF that is turned."""
    upright, turned = chequered(), chequered().rotate(-90, expand=True)
    wide = upright.resize((upright.width * 2, upright.height))
    cases = {
        "EXIF": ("image", photograph_on_its_side(upright), turned),
        "matrix": ("video", film_on_its_side(upright), turned),
        "oblong": ("video", film_as_mp4(upright, pixels=Fraction(2, 1)), wide),
        "/Rotate": ("pdf", pdf_on_its_side(upright), turned),
    }
    screen.open()
    screen.until("dgx.outbox.errors && dgx.identity.mobile_id")
    off = {}
    for name, (kind, content, seen) in cases.items():
        show(screen, content, kind)
        off[name] = screen.differs_from(expected(seen, 0, "contain"))
    assert {name: share for name, share in off.items() if share > 0.03} == {}


def test_on_a_tall_and_dense_screen_it_looks_as_it_should(browser, lines):
    context = browser.new_context(viewport={"width": TALL[0], "height": TALL[1]}, device_scale_factor=2)
    screen = Screen(context.new_page(), *lines).open()
    screen.until("dgx.outbox.errors && dgx.identity.mobile_id")
    off = {}
    for kind, make in MAKERS.items():
        show(screen, make(), kind, 90, "cover")
        off[kind] = screen.differs_from(looks(kind, 90, "cover", (TALL[0] * 2, TALL[1] * 2)))
    context.close()
    assert {kind: share for kind, share in off.items() if share > 0.03} == {}


def test_a_window_that_is_turned_or_resized_is_filled_at_once(screen):
    screen.open()
    screen.until("dgx.outbox.errors && dgx.identity.mobile_id")
    off = {}
    for kind, make in MAKERS.items():
        screen.page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})
        show(screen, make(), kind, 90, "contain")
        screen.page.set_viewport_size({"width": TALL[0], "height": TALL[1]})
        off[kind] = screen.differs_from(looks(kind, 90, "contain", TALL))
    assert {kind: share for kind, share in off.items() if share > 0.03} == {}


def test_what_moves_in_a_picture_moves(screen):
    frames = [Image.new("RGB", (64, 40), colour) for colour in ("#d02020", "#2030d0")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], duration=200, loop=0, lossless=True)
    screen.open()
    screen.until("dgx.outbox.errors && dgx.identity.mobile_id")
    show(screen, buffer.getvalue(), "image", fit="cover")
    for seen in [frame.resize(SIZE) for frame in frames] * 2:
        wait_until(lambda seen=seen: difference(screen.picture(), seen) <= 0.03)  # type: ignore[misc]


def photograph_on_its_side(picture: Image.Image) -> bytes:
    """A JPEG whose EXIF says that it is to be turned by a quarter."""
    exif, buffer = Image.Exif(), io.BytesIO()
    exif[0x112] = 6
    picture.save(buffer, "JPEG", exif=exif, quality=95)
    return buffer.getvalue()


def film_as_mp4(picture: Image.Image, pixels: Fraction = Fraction(1, 1)) -> bytes:
    """A video (VP9) in the container that can say how it is to be turned, and that its pixels are no squares."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libvpx-vp9", rate=10)
        stream.width, stream.height, stream.pix_fmt = *picture.size, "yuv420p"
        stream.bit_rate = 2_000_000
        stream.codec_context.sample_aspect_ratio = pixels
        for _ in range(20):
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def film_on_its_side(picture: Image.Image) -> bytes:
    """A video whose track says that it is to be turned by a quarter."""
    before, header, after = film_as_mp4(picture).partition(b"tkhd")
    return before + header + after.replace(UNTURNED, TURNED, 1)


def pdf_on_its_side(picture: Image.Image) -> bytes:
    """A PDF whose page says that it is to be turned by a quarter."""
    document, buffer = pypdfium2.PdfDocument(pdf(picture)), io.BytesIO()
    document[0].set_rotation(90)
    document.save(buffer)
    return buffer.getvalue()
