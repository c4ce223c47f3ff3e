"""The browser player under test: a screen in a headless Chromium, the media it shows, and what is seen on it."""

import functools
import io
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import av
from django.conf import settings
from PIL import Image, ImageChops, ImageDraw

from devices.models import Device
from devices.services.enrolment import make_enrolment_key
from media_library.models import Link, Video
from media_library.services.uploads import upload_video
from media_library.tests.files import uploaded
from media_library.tests.line import Line

SIZE = (320, 200)
"""The window: small, so that pictures of it are quick to take and to compare."""
WITHIN_MS = 30_000
NOTE_SHOWN = """
globalThis.shown = [];
let scene = null, since;
setInterval(() => {
    const now = globalThis.dgx?.stage.current ?? null;
    if (scene) shown.at(-1)[1] = (performance.now() - since) / 1000;
    if (now !== scene && now) shown.push([now.item.name, 0]), since = performance.now();
    scene = now;
}, 20);
"""
"""A page's script that notes what is shown: `shown`, of each the name and the seconds."""


@dataclass
class Screen:
    """One player: the page, and the lines to the server and to the store, which can be cut."""

    page: Any
    server: Line
    store: Line
    query: str = ""
    errors: list[str] = field(default_factory=list)

    def open(self) -> "Screen":
        """Load the player."""
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(f"{self.server.url}/player/{self.query}")
        return self

    def until(self, condition: str, within_ms: int = WITHIN_MS) -> None:
        """Wait until an expression about the player's own state (`dgx`) holds."""
        self.page.wait_for_function(
            f"() => {{ const dgx = globalThis.dgx; return dgx && ({condition}); }}", timeout=within_ms
        )

    def until_shows(self, video: Video, within_ms: int = WITHIN_MS) -> None:
        """Wait until that is on the screen."""
        self.until(f"dgx.stage.current?.item.id === '{video.public_id}'", within_ms)

    def now_showing(self) -> str | None:
        """The name of what is on the screen."""
        name: str | None = self.page.evaluate("dgx.stage.current?.item.name ?? null")
        return name

    def describe(self) -> str:
        """What the player says of itself, for whoever reads why a test failed."""
        words = ["dgx.identity.mobile_id", "dgx.outbox.errors", "dgx.player?.status", "document.body.innerText"]
        said = self.page.evaluate(f"globalThis.dgx ? JSON.stringify([{', '.join(words)}], null, 1) : 'no player'")
        return f"{said}\n{self.errors}"

    def picture(self) -> Image.Image:
        """What a person sees."""
        return Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")

    def picture_of(self, name: str) -> Image.Image:
        """What a person sees of one item; taken again where the next one came on meanwhile."""
        while True:
            self.until(f"dgx.stage.current?.item.name === '{name}'")
            scene = self.page.evaluate_handle("dgx.stage.current")
            picture = self.picture()
            if self.page.evaluate("(scene) => dgx.stage.current === scene", scene):
                return picture

    def differs_from(self, picture: Image.Image) -> float:
        """The share of the screen that differs from `picture`, once it has had a moment to be painted."""
        for _ in range(20):
            off = difference(self.picture(), picture)
            if off < 0.03:
                break
            self.page.wait_for_timeout(100)
        return off

    def middles_until(self, condition: str, within_ms: int = WITHIN_MS) -> list[tuple[int, int, int]]:
        """The colour in the middle of one picture after the other, until an expression of the page's holds."""
        seen: list[tuple[int, int, int]] = []
        deadline = time.monotonic() + within_ms / 1000
        while not self.page.evaluate(condition):
            assert time.monotonic() < deadline, condition
            seen.append(colour_in_the_middle(self.picture()))
        return seen

    def watch(self, count: int, within_ms: int = WITHIN_MS) -> list[str]:
        """The names of the next `count` things that come on the screen."""
        self.page.evaluate(
            """() => { globalThis.seen = []; setInterval(() => { const item = dgx.stage.current;
            if (item && item !== globalThis.last) { globalThis.last = item; seen.push(item.item.name); } }, 20); }"""
        )
        self.page.wait_for_function(f"() => seen.length >= {count}", timeout=within_ms)
        names: list[str] = self.page.evaluate("seen")
        return names[:count]


def store_port() -> int:
    """Where the embedded store listens."""
    return urlsplit(str(settings.S3_ENDPOINT_URL)).port or 0


def enrolment_key(**fields: object) -> str:
    """The secret of a key that lets screens in."""
    fields.setdefault("label", "kiosks")
    _, secret = make_enrolment_key(**fields)
    return secret


def put_on(
    device: Device, content: bytes, name: str, *, order: int = 0, window: dict[str, Any] | None = None, **how: Any
) -> Video:
    """Upload a file as an operator does and link it to the device."""
    video = upload_video(file=uploaded(content, name), name=name, **how)
    Link.objects.create(video=video, device=device, display_order=order, **(window or {}))
    return video


def chequered(size: tuple[int, int] = (200, 120)) -> Image.Image:
    """A picture of which every turn and stretch looks different: four coloured corners and an edge."""
    picture = Image.new("RGB", size, "#c8c8c8")
    draw = ImageDraw.Draw(picture)
    width, height = size
    for box, colour in (
        ((0, 0, width // 2, height // 3), "#d02020"),
        ((width // 2, 0, width, height // 3), "#20a020"),
        ((0, height * 2 // 3, width // 3, height), "#2030d0"),
        ((width // 3, height * 2 // 3, width, height), "#e0c020"),
    ):
        draw.rectangle(box, fill=colour)
    return picture


def png(picture: Image.Image) -> bytes:
    """Its bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def film(look: str | Image.Image, *, seconds: float = 2, size: tuple[int, int] = (160, 100)) -> bytes:
    """A video of one colour, or of one picture, that a browser plays (VP8)."""
    picture = Image.new("RGB", size, look) if isinstance(look, str) else look
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm") as container:
        stream: Any = container.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt = *picture.size, "yuv420p"
        stream.bit_rate = 2_000_000
        for _ in range(int(seconds * 10)):
            frame: Any = av.VideoFrame.from_image(picture)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def pdf(*looks: str | Image.Image) -> bytes:
    """A PDF with a page of each colour or picture."""
    buffer = io.BytesIO()
    first, *rest = [Image.new("RGB", (320, 200), look) if isinstance(look, str) else look for look in looks]
    first.save(buffer, "PDF", save_all=True, append_images=rest)
    return buffer.getvalue()


def html(colour: str) -> bytes:
    """A page that styles itself."""
    return (
        f"<!doctype html><meta charset=utf-8><title>page</title><style>body{{background:{colour}}}</style><p>Soup"
    ).encode()


def expected(picture: Image.Image, rotation: int, fit: str, screen: tuple[int, int] = SIZE) -> Image.Image:
    """What a screen shows of a picture that is turned clockwise by `rotation` and then fitted, computed."""
    turned = picture.rotate(-rotation, expand=True)
    across, down = screen[0] / turned.width, screen[1] / turned.height
    scales = {
        "cover": (max(across, down),) * 2,
        "contain": (min(across, down),) * 2,
        "fill": (across, down),
        "none": (1.0, 1.0),
    }
    by_x, by_y = scales[fit]
    sized = turned.resize((round(turned.width * by_x), round(turned.height * by_y)), Image.Resampling.BILINEAR)
    canvas = Image.new("RGB", screen, "black")
    canvas.paste(sized, ((screen[0] - sized.width) // 2, (screen[1] - sized.height) // 2))
    return canvas


def difference(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels that differ by more than a shade."""
    worst = functools.reduce(ImageChops.lighter, ImageChops.difference(one, other).split())
    return sum(worst.histogram()[40:]) / (one.width * one.height)


def is_colour(pixel: tuple[int, int, int], name: str) -> bool:
    """Whether it is that colour (`#rrggbb`) as far as a codec lets one tell."""
    wanted = (int(name[1:3], 16), int(name[3:5], 16), int(name[5:7], 16))
    return max(abs(a - b) for a, b in zip(pixel, wanted, strict=True)) < 30


def colour_in_the_middle(picture: Image.Image) -> tuple[int, int, int]:
    """The pixel at the centre."""
    x, y = picture.width // 2, picture.height // 2
    red, green, blue = picture.crop((x, y, x + 1, y + 1)).tobytes()
    return red, green, blue
