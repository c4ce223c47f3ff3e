"""Draws the demo's media files into `dgx/demo/media`: three videos, three posters and a PDF (the page is hand-written).

Everything is made of shapes and type, so the files are ours to give away: see README.md beside this. Needs Pillow and
PyAV from the requirements, and the fonts Lato and Dancing Script (Debian: fonts-lato, fonts-dancingscript), both under
the SIL Open Font License. Run it from the checkout: python -m dgx.demo.make_media
"""

import math
import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import cast

import av
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

FOLDER = Path(__file__).parent / "media"
LATO = Path("/usr/share/fonts/truetype/lato")
SCRIPT = Path("/usr/share/fonts/opentype/dancingscript/DancingScript-Bold.otf")
FPS = 25

Colour = tuple[int, int, int]
Point = tuple[float, float]

CREAM: Colour = (250, 243, 228)
ESPRESSO: Colour = (38, 22, 16)
AMBER: Colour = (240, 168, 72)
FOREST: Colour = (22, 66, 48)
CORAL: Colour = (242, 78, 58)
SUN: Colour = (255, 206, 74)
INK: Colour = (26, 30, 44)


# --- tools ------------------------------------------------------------------------------------------------------------
@cache
def font(weight: str, size: float) -> ImageFont.FreeTypeFont:
    path = SCRIPT if weight == "Script" else LATO / f"Lato-{weight}.ttf"
    return ImageFont.truetype(path, round(size))


def gradient(size: tuple[int, int], first: Colour, last: Colour, *, horizontal: bool = False) -> Image.Image:
    ramp = Image.linear_gradient("L")
    ramp = ramp.rotate(90) if horizontal else ramp
    return Image.composite(Image.new("RGB", size, last), Image.new("RGB", size, first), ramp.resize(size))


def glow(canvas: Image.Image, centre: Point, radius: float, colour: Colour, strength: float) -> None:
    """Light around a point, fading to nothing at the radius."""
    side = round(radius * 2)
    light = ImageChops.invert(Image.radial_gradient("L")).resize((side, side))
    light = light.point([round((max(0, value - 75) / 180) ** 2 * 255 * strength) for value in range(256)])
    box = (round(centre[0] - radius), round(centre[1] - radius))
    canvas.paste(Image.new("RGB", (side, side), colour), box, light)


def type_layer(
    lines: list[tuple[str, str, float, Colour]], *, leading: float = 1.12, align: str = "left"
) -> Image.Image:
    """Lines of (text, weight, size, colour) set under one another on transparency."""
    boxes = [font(weight, size).getbbox(text) for text, weight, size, _ in lines]
    width = max(math.ceil(box[2]) for box in boxes) + 8
    height = math.ceil(sum(size * leading for _, _, size, _ in lines)) + 24
    layer = Image.new("RGBA", (width, height))
    draw, y = ImageDraw.Draw(layer), 0.0
    for (text, weight, size, colour), box in zip(lines, boxes, strict=True):
        x = {"left": 0.0, "centre": (width - box[2]) / 2, "right": width - box[2]}[align]
        draw.text((x, y), text, font=font(weight, size), fill=(*colour, 255))
        y += size * leading
    return layer


def put(canvas: Image.Image, layer: Image.Image, at: Point, opacity: float = 1.0) -> None:
    if opacity <= 0:
        return
    mask = layer.getchannel("A")
    if opacity < 1:
        mask = mask.point([round(value * opacity) for value in range(256)])
    canvas.paste(layer, (round(at[0]), round(at[1])), mask)


def tracked(text: str) -> str:
    """Wide letter-spacing for small capitals."""
    return "\u2009\u2009".join(text.upper())


def pill(text: str, size: float, ink: Colour, paper: Colour) -> Image.Image:
    face = font("Black", size)
    width, height = round(face.getlength(text) + size * 1.5), round(size * 1.9)
    layer = Image.new("RGBA", (width * 2, height * 2))
    ImageDraw.Draw(layer).rounded_rectangle((0, 0, width * 2 - 1, height * 2 - 1), height, fill=(*paper, 255))
    layer = layer.resize((width, height), Image.Resampling.LANCZOS)
    ImageDraw.Draw(layer).text((width / 2, height / 2), text, font=face, fill=(*ink, 255), anchor="mm")
    return layer


def smooth(size: tuple[int, int], paint: Callable[[ImageDraw.ImageDraw], None], *, times: int = 3) -> Image.Image:
    """What `paint` draws at `times` the size, scaled down so that its edges are soft. It draws in the large size."""
    large = Image.new("RGBA", (size[0] * times, size[1] * times))
    paint(ImageDraw.Draw(large))
    return large.resize(size, Image.Resampling.LANCZOS)


def ease(t: float, start: float, seconds: float = 0.7) -> float:
    """0 before `start`, 1 after `seconds` more, quick then slow in between."""
    x = min(1.0, max(0.0, (t - start) / seconds))
    return 1 - (1 - x) ** 3


def rise(canvas: Image.Image, layer: Image.Image, at: Point, t: float, *, start: float, end: float) -> None:
    """A layer that comes up into its place, and fades when the film ends."""
    came, goes = ease(t, start), ease(t, end - 0.45, 0.4)
    put(canvas, layer, (at[0], at[1] + (1 - came) * 46), came * (1 - goes))


# --- things -----------------------------------------------------------------------------------------------------------
def cup(width: int) -> Image.Image:
    """A white cup of coffee on its saucer, seen a little from above."""

    def paint(draw: ImageDraw.ImageDraw) -> None:
        w = width * 3
        draw.ellipse((0, w * 0.60, w, w * 0.80), fill=(206, 190, 172, 255))
        draw.ellipse((0, w * 0.585, w, w * 0.775), fill=(244, 236, 224, 255))
        draw.ellipse((w * 0.25, w * 0.64, w * 0.75, w * 0.74), fill=(214, 198, 180, 255))
        draw.ellipse((w * 0.70, w * 0.20, w * 0.95, w * 0.50), outline=(238, 228, 214, 255), width=round(w * 0.042))
        draw.chord((w * 0.14, -w * 0.34, w * 0.80, w * 0.71), 4, 176, fill=(248, 242, 232, 255))
        draw.ellipse((w * 0.135, w * 0.115, w * 0.805, w * 0.325), fill=(252, 248, 240, 255))
        draw.ellipse((w * 0.165, w * 0.135, w * 0.775, w * 0.312), fill=(92, 50, 26, 255))
        draw.ellipse((w * 0.195, w * 0.158, w * 0.745, w * 0.306), fill=(196, 138, 84, 255))
        draw.ellipse((w * 0.33, w * 0.185, w * 0.61, w * 0.285), fill=(244, 222, 188, 255))
        draw.ellipse((w * 0.40, w * 0.205, w * 0.54, w * 0.262), fill=(196, 138, 84, 255))

    return smooth((width, width), paint)


def bean(width: int, shade: int) -> Image.Image:
    def paint(draw: ImageDraw.ImageDraw) -> None:
        w = width * 3
        draw.ellipse((0, w * 0.18, w - 1, w * 0.82), fill=(shade + 40, shade + 12, shade - 4, 255))
        wave = [(w * x / 20, w * (0.5 + 0.07 * math.sin(x / 20 * 2 * math.pi))) for x in range(1, 20)]
        draw.line(wave, fill=(shade, max(0, shade - 18), max(0, shade - 26), 255), width=round(w * 0.06), joint="curve")

    return smooth((width, width), paint)


def citrus(width: int, peel: Colour, pith: Colour, flesh: Colour, segments: int = 10) -> Image.Image:
    """A slice of a citrus fruit."""

    def paint(draw: ImageDraw.ImageDraw) -> None:
        w, c = width * 3, width * 1.5
        for inset, colour in ((0.0, peel), (0.035, pith)):
            draw.ellipse((w * inset, w * inset, w * (1 - inset) - 1, w * (1 - inset) - 1), fill=(*colour, 255))
        for number in range(segments):
            middle = 2 * math.pi * number / segments
            half = math.pi / segments * 0.86
            outer = [_polar(c, w * 0.435, middle + half * step / 8) for step in range(-8, 9)]
            tip = _polar(c, w * 0.055, middle)
            draw.polygon([tip, *outer], fill=(*flesh, 255))
            lighter = cast("Colour", tuple(min(255, value + 24) for value in flesh))
            for reach, aside in ((0.17, 0.1), (0.25, -0.35), (0.33, 0.3)):
                start, stop = (_polar(c, w * r, middle + half * aside) for r in (reach, reach + 0.05))
                draw.line((start, stop), fill=(*lighter, 255), width=round(w * 0.012))

    return smooth((width, width), paint)


def _polar(centre: float, radius: float, angle: float) -> Point:
    return centre + radius * math.cos(angle), centre + radius * math.sin(angle)


def leaf(width: int, colour: Colour) -> Image.Image:
    def paint(draw: ImageDraw.ImageDraw) -> None:
        w = width * 3
        upper = [(w * x / 30, w * (0.5 - 0.26 * math.sin(math.pi * x / 30) ** 1.3)) for x in range(31)]
        lower = [(w * x / 30, w * (0.5 + 0.26 * math.sin(math.pi * x / 30) ** 1.3)) for x in range(30, -1, -1)]
        draw.polygon(upper + lower, fill=(*colour, 255))
        vein = cast("Colour", tuple(min(255, value + 38) for value in colour))
        draw.line((w * 0.04, w * 0.5, w * 0.96, w * 0.5), fill=(*vein, 255), width=round(w * 0.012))
        for x in (0.25, 0.4, 0.55, 0.7):
            for side in (-1, 1):
                draw.line(
                    (w * x, w * 0.5, w * (x + 0.12), w * (0.5 + side * 0.15)), fill=(*vein, 255), width=round(w * 0.008)
                )

    return smooth((width, width), paint)


def cast_shadow(canvas: Image.Image, layer: Image.Image, at: Point, drop: float, strength: float) -> None:
    """The soft shadow of a layer that hovers `drop` pixels above the canvas."""
    edge = round(drop * 3)
    alpha = Image.new("L", (layer.width + 2 * edge, layer.height + 2 * edge))
    alpha.paste(layer.getchannel("A").point([round(value * strength) for value in range(256)]), (edge, edge))
    alpha = alpha.filter(ImageFilter.GaussianBlur(drop))
    canvas.paste(Image.new("RGB", alpha.size, (20, 26, 22)), (round(at[0] - edge), round(at[1] - edge + drop)), alpha)


# --- films ------------------------------------------------------------------------------------------------------------
def coffee(seconds: float = 6.0) -> Iterator[Image.Image]:
    """1280 x 720: a cup steams; the offer comes up line by line."""
    size = (1280, 720)
    base = gradient(size, (52, 29, 19), (24, 13, 10))
    glow(base, (920, 360), 560, (176, 96, 40), 0.75)
    glow(base, (920, 330), 300, AMBER, 0.35)
    beans = [(bean(56 + 14 * (n % 3), 34 + 8 * (n % 3)), n) for n in range(9)]
    mug, mug_shadow = cup(470), Image.new("RGBA", (640, 200))
    ImageDraw.Draw(mug_shadow).ellipse((60, 60, 580, 140), fill=(10, 4, 2, 170))
    mug_shadow = mug_shadow.filter(ImageFilter.GaussianBlur(22))
    label = type_layer([(tracked("Harbour & Hill coffee bar"), "Bold", 19, AMBER)])
    head = type_layer([("Slow mornings.", "Black", 82, CREAM), ("Fresh roast.", "Black", 82, CREAM)])
    note = type_layer([("Flat white and a butter croissant", "Medium", 32, (226, 204, 178))])
    price, until = (
        pill("4.90", 44, ESPRESSO, AMBER),
        type_layer([("every day until 11", "Script", 40, (250, 214, 160))]),
    )
    for number in range(int(seconds * FPS)):
        t = number / FPS
        frame = base.copy()
        for layer, n in beans:
            turn = layer.rotate(n * 40 + t * (8 + n % 4 * 4), Image.Resampling.BICUBIC)
            y = (n * 173 + t * (14 + n % 3 * 8)) % 860 - 90
            put(frame, turn, ((n * 331) % 1240, y), 0.30 + 0.1 * (n % 3))
        put(frame, mug_shadow, (610, 540))
        put(frame, mug, (690, 240))
        frame.paste(Image.new("RGB", size, (255, 246, 232)), (0, 0), steam(size, (910, 300), t, seconds))
        rise(frame, label, (84, 168), t, start=0.1, end=seconds)
        rise(frame, head, (80, 204), t, start=0.25, end=seconds)
        rise(frame, note, (84, 410), t, start=0.55, end=seconds)
        rise(frame, price, (82, 484), t, start=0.85, end=seconds)
        rise(frame, until, (262, 496), t, start=1.05, end=seconds)
        yield frame


def steam(size: tuple[int, int], foot: Point, t: float, period: float) -> Image.Image:
    """Wisps over `foot` as a mask; it looks the same after `period` seconds, so that the film loops."""
    small = Image.new("L", (size[0] // 2, size[1] // 2))
    draw = ImageDraw.Draw(small)
    phase = 2 * math.pi * t / period
    for wisp, (offset, sway, turns) in enumerate(((-62, 20, 2), (4, 27, 3), (66, 18, 2))):
        for step in range(70):
            up = step / 70
            x = foot[0] + offset + sway * up * 1.6 * math.sin(up * 5.2 - phase * turns + wisp * 2.1)
            y = foot[1] - up * 265
            radius = 6 + 17 * up
            light = round(112 * math.sin(math.pi * up) ** 0.9 * (0.8 + 0.2 * math.sin(phase * 2 + wisp)))
            draw.ellipse(((x - radius) / 2, (y - radius) / 2, (x + radius) / 2, (y + radius) / 2), fill=light)
    return small.filter(ImageFilter.GaussianBlur(7)).resize(size, Image.Resampling.BICUBIC)


def produce(seconds: float = 6.0) -> Iterator[Image.Image]:
    """720 x 1280: slices of citrus turn slowly around the words."""
    size = (720, 1280)
    base = gradient(size, (253, 250, 236), (223, 238, 205))
    glow(base, (360, 640), 520, (255, 255, 248), 0.9)
    orange = citrus(620, (244, 142, 32), (255, 240, 212), (250, 168, 58))
    lime = citrus(400, (86, 152, 52), (240, 248, 216), (166, 206, 92), 9)
    blood = citrus(500, (226, 94, 62), (255, 232, 216), (232, 98, 88), 11)
    leaves = [leaf(210, (70, 140, 76)), leaf(170, (104, 168, 84)), leaf(190, (48, 112, 66))]
    things = [
        (orange, (-190.0, -176.0), 20.0),
        (lime, (430.0, 60.0), -30.0),
        (blood, (350.0, 962.0), 25.0),
        (lime.resize((250, 250), Image.Resampling.LANCZOS), (-60.0, 1040.0), -45.0),
    ]
    small = type_layer([(tracked("Harbour & Hill market"), "Bold", 21, (74, 128, 84))])
    head = type_layer([(word, "Black", 124, FOREST) for word in ("Picked", "this", "morning.")], leading=1.0)
    note = type_layer([("From twelve farms within an hour's drive", "Medium", 29, (62, 100, 78))])
    price = pill("Oranges 2.49 / kg", 36, CREAM, (226, 108, 36))
    for number in range(int(seconds * FPS)):
        t = number / FPS
        frame = base.copy()
        for layer, at, speed in things:
            sway = 10 * math.sin(2 * math.pi * t / seconds + at[0])
            turned = layer.rotate(speed * 1.6 * math.sin(2 * math.pi * t / seconds), Image.Resampling.BICUBIC)
            cast_shadow(frame, turned, (at[0], at[1] + sway), 16, 0.25)
            put(frame, turned, (at[0], at[1] + sway))
        for n, layer in enumerate(leaves):
            angle = 30 + n * 115 + 12 * math.sin(2 * math.pi * t / seconds + n)
            put(frame, layer.rotate(angle, Image.Resampling.BICUBIC), ((470, 560, 196)[n], (340, 742, 1040)[n]))
        rise(frame, small, (64, 490), t, start=0.1, end=seconds)
        rise(frame, head, (58, 520), t, start=0.25, end=seconds)
        rise(frame, note, (64, 896), t, start=0.6, end=seconds)
        rise(frame, price, (62, 956), t, start=0.9, end=seconds)
        yield frame


def sale(seconds: float = 5.0) -> Iterator[Image.Image]:
    """1280 x 720: stripes run, a sun-yellow disc bounces in with the rebate."""
    size = (1280, 720)
    stripes = smooth((1480, 720), _stripes, times=2)
    disc = smooth((470, 470), lambda draw: _starburst(draw, 470 * 3), times=3)
    rebate = type_layer([("\u221230%", "Black", 140, INK)])
    rebate = rebate.crop(rebate.getbbox())
    head = type_layer([("Weekend", "Black", 118, (255, 255, 255)), ("sale", "Black", 118, SUN)], leading=0.98)
    note = type_layer([("Everything for the garden,", "Medium", 36, CREAM), ("Friday to Sunday", "Medium", 36, CREAM)])
    ribbon = type_layer([("   ·   ".join(["GARDEN", "TERRACE", "BALCONY"] * 5), "Black", 25, (255, 255, 255))])
    for number in range(int(seconds * FPS)):
        t = number / FPS
        frame = Image.new("RGB", size, CORAL)
        put(frame, stripes, (-((t * 60) % 100) - 50, 0))
        _confetti(frame, t, seconds)
        grown = _bounce(t, 0.45) * (1 + 0.022 * math.sin(2 * math.pi * t * 1.2)) * (1 - ease(t, seconds - 0.35, 0.3))
        if grown > 0.02:
            side = max(2, round(470 * grown))
            turned = disc.resize((side, side), Image.Resampling.LANCZOS).rotate(t * 14, Image.Resampling.BICUBIC)
            cast_shadow(frame, turned, (940 - side / 2, 318 - side / 2), 18, 0.4)
            put(frame, turned, (940 - side / 2, 318 - side / 2))
            words = rebate.resize((max(2, round(rebate.width * grown)), max(2, round(rebate.height * grown))))
            put(frame, words, (938 - words.width / 2, 318 - words.height / 2))
        rise(frame, head, (84, 150), t, start=0.05, end=seconds)
        rise(frame, note, (90, 404), t, start=0.4, end=seconds)
        ImageDraw.Draw(frame).rectangle((0, 632, 1280, 720), fill=INK)
        put(frame, ribbon, (-((t * 80) % 478) - 20, 660))
        yield frame


def _stripes(draw: ImageDraw.ImageDraw) -> None:
    for x in range(-1600, 3200, 200):
        draw.polygon([(x, 1440), (x + 100, 1440), (x + 100 + 640, 0), (x + 640, 0)], fill=(228, 62, 48, 255))


def _starburst(draw: ImageDraw.ImageDraw, side: float) -> None:
    points = 26
    edge = [_polar(side / 2, side * (0.495 if n % 2 else 0.452), math.pi * n / points) for n in range(points * 2)]
    draw.polygon(edge, fill=(*SUN, 255))
    draw.ellipse((side * 0.075, side * 0.075, side * 0.925, side * 0.925), outline=(238, 170, 40, 255), width=9)


def _bounce(t: float, start: float) -> float:
    x = max(0.0, t - start)
    return 0.0 if x == 0 else max(0.0, 1 - math.exp(-6 * x) * math.cos(11 * x))


def _confetti(frame: Image.Image, t: float, seconds: float) -> None:
    draw, chance = ImageDraw.Draw(frame), random.Random(4)  # noqa: S311 — decoration
    for _ in range(34):
        x, y0, laps, side, turn = (
            chance.uniform(0, 1280),
            chance.uniform(0, 760),
            chance.choice((1, 1, 2)),
            chance.uniform(7, 13),
            chance.uniform(0, 6),
        )
        colour = chance.choice((SUN, (198, 44, 34), (255, 158, 128)))
        y, angle = (y0 + laps * 760 * t / seconds) % 760 - 40, turn + 2 * math.pi * t / seconds
        sway = 16 * math.sin(angle + turn)
        corners = [
            (side * 1.3, side * 0.5),
            (-side * 1.3, side * 0.5),
            (-side * 1.3, -side * 0.5),
            (side * 1.3, -side * 0.5),
        ]
        sine, cosine = math.sin(angle), math.cos(angle)
        draw.polygon([(x + sway + a * cosine - b * sine, y + a * sine + b * cosine) for a, b in corners], fill=colour)


def write_film(name: str, frames: Iterator[Image.Image], *, quality: int) -> None:
    """H.264 in MP4, index first, so that a player can begin before the whole file is there."""
    with av.open(str(FOLDER / name), "w", options={"movflags": "faststart"}) as container:
        stream = None
        for frame in frames:
            if stream is None:
                options = {"crf": str(quality), "preset": "slow", "profile": "high", "tune": "animation"}
                stream = container.add_stream("libx264", rate=FPS, options=options)
                stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))  # type: ignore[no-untyped-call]
        if stream is not None:
            container.mux(stream.encode(None))


# --- posters ----------------------------------------------------------------------------------------------------------
def opening_hours() -> Image.Image:
    """1080 x 1920, flat colours: a shop front and its hours."""
    poster = smooth((1080, 1920), _shop_front, times=2).convert("RGB")
    put(poster, type_layer([(tracked("Harbour & Hill"), "Bold", 30, AMBER)]), (100, 128))
    put(
        poster,
        type_layer([("Come in,", "Black", 148, CREAM), ("we're open.", "Black", 148, CREAM)], leading=1.02),
        (94, 190),
    )
    for row, (days, hours) in enumerate(
        (("Monday to Friday", "7 to 20"), ("Saturday", "8 to 20"), ("Sunday", "9 to 17"))
    ):
        y = 590 + row * 92
        put(poster, type_layer([(days, "Medium", 50, (190, 214, 198))]), (100, y))
        layer = type_layer([(hours, "Black", 54, CREAM)])
        put(poster, layer, (980 - layer.width, y - 3))
        ImageDraw.Draw(poster).line((100, y + 74, 980, y + 74), fill=(52, 100, 80), width=2)
    return poster


def _shop_front(draw: ImageDraw.ImageDraw) -> None:
    """In double size: wall, awning, window with shelves, door."""
    draw.rectangle((0, 0, 2160, 3840), fill=(*FOREST, 255))
    draw.rectangle((120, 2240, 2040, 3640), fill=(238, 224, 196, 255))
    draw.rectangle((0, 3640, 2160, 3840), fill=(14, 44, 32, 255))
    draw.rectangle((240, 2660, 1260, 3340), fill=(255, 214, 130, 255))
    draw.rectangle((1420, 2660, 1900, 3640), fill=(196, 90, 56, 255))
    draw.rectangle((1490, 2730, 1830, 3180), fill=(255, 226, 160, 255))
    draw.ellipse((1500, 3290, 1560, 3350), fill=(*SUN, 255))
    jars = ((226, 108, 36), (46, 110, 78), (242, 78, 58), (120, 66, 40), (86, 152, 52))
    for shelf, y in enumerate((2990, 3290)):
        for n in range(7):
            x, tall = 300 + n * 132, 120 + (n * 5 + shelf * 3) % 4 * 28
            draw.rounded_rectangle((x, y - tall, x + 92, y), 22, fill=(*jars[(n + shelf * 2) % 5], 255))
            draw.rectangle((x + 14, y - tall - 20, x + 78, y - tall + 4), fill=(250, 243, 228, 255))
        draw.rectangle((240, y, 1260, y + 22), fill=(120, 66, 40, 255))
    draw.rectangle((210, 3340, 1290, 3390), fill=(120, 66, 40, 255))
    for n in range(10):
        x, colour = 90 + n * 198, (*CORAL, 255) if n % 2 else (*CREAM, 255)
        draw.rectangle((x, 2200, x + 198, 2480), fill=colour)
        draw.pieslice((x, 2400, x + 198, 2560), 0, 180, fill=colour)
    draw.rectangle((70, 2170, 2090, 2230), fill=(120, 66, 40, 255))


def bakery() -> Image.Image:
    """1920 x 1080: loaves under warm light."""
    size = (1920, 1080)
    poster = gradient(size, (104, 52, 26), (40, 19, 12))
    glow(poster, (1380, 420), 980, (236, 140, 56), 0.75)
    ImageDraw.Draw(poster).rectangle((0, 872, 1920, 1080), fill=(62, 31, 18))
    ImageDraw.Draw(poster).rectangle((0, 872, 1920, 880), fill=(120, 66, 36))
    for width, at, shade in ((560, (1300, 560), 0.86), (520, (880, 585), 0.8), (700, (1000, 488), 1.0)):
        bread = loaf(width, shade)
        cast_shadow(poster, bread, at, 22, 0.55)
        put(poster, bread, at)
    put(poster, type_layer([(tracked("Harbour & Hill bakery"), "Bold", 28, AMBER)]), (122, 212))
    put(
        poster,
        type_layer([("Warm from", "Black", 132, CREAM), ("the oven", "Black", 132, CREAM)], leading=1.0),
        (116, 262),
    )
    put(poster, type_layer([("at 7, 11 and 4 o'clock", "Script", 76, (255, 208, 140))]), (126, 548))
    put(poster, pill("Country loaf 3.80", 46, ESPRESSO, AMBER), (120, 690))
    return poster


def loaf(width: int, shade: float) -> Image.Image:
    """A floured country loaf with slashes."""

    def tone(red: int, green: int, blue: int) -> tuple[int, int, int, int]:
        return round(red * shade), round(green * shade), round(blue * shade), 255

    def paint(draw: ImageDraw.ImageDraw) -> None:
        w = width * 2
        for left, top, side, colour in (
            (0.0, 0.0, 1.0, (140, 70, 28)),
            (0.015, 0.008, 0.95, (176, 98, 40)),
            (0.04, 0.018, 0.86, (200, 122, 54)),
            (0.09, 0.032, 0.70, (216, 144, 72)),
        ):
            draw.polygon([(w * (left + side * x), w * (top + side * y)) for x, y in _crust()], fill=tone(*colour))
        for x in (0.26, 0.41, 0.56, 0.71):
            y = 0.10 + 0.5 * (x - 0.49) ** 2
            upper = [
                (w * (x + 0.10 * u), w * (y + 0.24 - 0.22 * u - 0.035 * math.sin(math.pi * u))) for u in _steps(12)
            ]
            lower = [
                (w * (x + 0.10 * u), w * (y + 0.24 - 0.22 * u + 0.035 * math.sin(math.pi * u))) for u in _steps(12)
            ]
            draw.polygon(upper + lower[::-1], fill=tone(248, 216, 160))
        chance = random.Random(width)  # noqa: S311 — decoration
        for _ in range(300):
            angle, reach = chance.uniform(math.pi, 2 * math.pi), chance.uniform(0.05, 0.45)
            x, y = w * (0.48 + reach * math.cos(angle)), w * (0.48 + reach * math.sin(angle))
            size = chance.uniform(1.5, 5)
            draw.ellipse((x, y, x + size, y + size), fill=tone(255, 240, 214))

    return smooth((width, round(width * 0.57)), paint, times=2)


def _crust() -> list[Point]:
    """A loaf's outline inside of 1 x 0.56: a superellipse, flat below."""
    dome = [math.pi + math.pi * u for u in _steps(60)]
    upper = [(0.5 + 0.5 * _bent(math.cos(a), 0.8), 0.44 + 0.44 * _bent(math.sin(a), 0.9)) for a in dome]
    below = [(0.5 + 0.5 * _bent(math.cos(a - math.pi), 0.5), 0.44 + 0.12 * math.sin(a - math.pi)) for a in dome]
    return upper + below


def _bent(value: float, power: float) -> float:
    return math.copysign(abs(value) ** power, value)


def _steps(count: int) -> list[float]:
    return [n / count for n in range(count + 1)]


def cold_brew() -> Image.Image:
    """1080 x 1920: a tall glass with ice before a setting sun."""
    size = (1080, 1920)
    poster = gradient(size, (255, 176, 112), (236, 92, 92))
    glow(poster, (540, 1010), 900, (255, 236, 160), 0.8)
    disc = smooth((780, 780), lambda draw: draw.ellipse((0, 0, 2339, 2339), fill=(255, 226, 138, 255)))
    put(poster, disc, (150, 660))
    glass = smooth((420, 820), _glass)
    cast_shadow(poster, glass, (330, 760), 26, 0.3)
    put(poster, glass, (330, 760))
    small = type_layer([(tracked("New this summer"), "Bold", 32, (122, 36, 40))])
    head = type_layer(
        [("Cold brew,", "Black", 150, (92, 24, 34)), ("slow days.", "Black", 150, (92, 24, 34))], leading=1.0
    )
    note = type_layer([("Steeped for eighteen hours", "Script", 70, (122, 36, 40))])
    price = pill("3.60", 62, (255, 236, 200), (92, 24, 34))
    for layer, y in ((small, 132), (head, 190), (note, 530), (price, 1690)):
        put(poster, layer, ((1080 - layer.width) / 2, y))
    return poster


def _glass(draw: ImageDraw.ImageDraw) -> None:
    """In triple size, 1260 x 2460: straw, glass, coffee, ice."""
    draw.line((760, 40, 640, 1500), fill=(250, 250, 244, 255), width=46)
    draw.polygon([(180, 300), (1080, 300), (960, 2400), (300, 2400)], fill=(255, 246, 226, 150))
    draw.polygon([(212, 620), (1048, 620), (942, 2340), (318, 2340)], fill=(74, 34, 26, 255))
    draw.polygon([(212, 620), (1048, 620), (1018, 1120), (242, 1120)], fill=(150, 84, 54, 255))
    for y in range(1000, 1480, 8):
        mixed = (y - 1000) / 480
        colour = (round(150 - 76 * mixed), round(84 - 50 * mixed), round(54 - 28 * mixed), 255)
        inset = 32 + (y - 620) * 0.0616
        draw.rectangle((180 + inset, y, 1080 - inset, y + 8), fill=colour)
    cubes = ((300, 560, 14), (590, 520, -12), (770, 650, 22), (430, 800, -20), (660, 900, 10), (340, 1060, 26))
    for x, y, turn in cubes:
        side, angle = 210, math.radians(turn)
        corners = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]
        place = [
            (
                x + side * (0.5 + a * math.cos(angle) - b * math.sin(angle)),
                y + side * (0.5 + a * math.sin(angle) + b * math.cos(angle)),
            )
            for a, b in corners
        ]
        draw.polygon(place, fill=(214, 172, 140, 255))
        draw.line([*place, place[0]], fill=(246, 222, 196, 255), width=14, joint="curve")
    draw.line((180, 300, 300, 2400), fill=(255, 252, 240, 255), width=22)
    draw.line((1080, 300, 960, 2400), fill=(255, 252, 240, 255), width=22)
    draw.line((300, 2390, 960, 2390), fill=(255, 252, 240, 255), width=40)
    draw.line((290, 760, 356, 2000), fill=(255, 236, 210, 255), width=16)


# --- the price list ------------ --------------------------------------------------------------------------------------
PRICES = {
    "Coffee": {
        "Espresso": "2.40",
        "Cappuccino": "3.20",
        "Flat white": "3.60",
        "Cold brew": "3.60",
        "Filter, refilled": "3.00",
    },
    "Bakery": {
        "Butter croissant": "2.20",
        "Cinnamon knot": "2.90",
        "Country loaf, 750 g": "3.80",
        "Seeded roll": "0.95",
    },
    "Market": {
        "Oranges, 1 kg": "2.49",
        "Limes, net of five": "1.80",
        "Tomatoes, 500 g": "2.20",
        "Apple juice, 1 l": "3.10",
    },
}


def price_list() -> Image.Image:
    """A4 at 150 dots per inch."""
    page = Image.new("RGB", (1240, 1754), (255, 252, 245))
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, 1240, 330), fill=FOREST)
    put(page, type_layer([(tracked("Harbour & Hill"), "Bold", 26, AMBER)]), (110, 92))
    put(page, type_layer([("Price list", "Black", 108, CREAM)]), (104, 128))
    layer = type_layer([("spring", "Script", 84, SUN)])
    put(page, layer, (1120 - layer.width, 158))
    y = 400
    for heading, rows in PRICES.items():
        draw.text((110, y), heading, font=font("Black", 46), fill=CORAL)
        y += 78
        for name, price in rows.items():
            draw.text((110, y), name, font=font("Medium", 34), fill=INK)
            draw.text((1130, y), price, font=font("Bold", 34), fill=INK, anchor="ra")
            start, stop = 110 + font("Medium", 34).getlength(name) + 18, 1130 - font("Bold", 34).getlength(price) - 18
            for x in range(round(start), round(stop), 14):
                draw.ellipse((x, y + 30, x + 3, y + 33), fill=(170, 168, 160))
            y += 60
        y += 48
    note = "All prices include VAT. Ask us about allergens: we keep a list at the counter."
    draw.text((620, 1664), note, font=font("Regular", 24), fill=(110, 112, 120), anchor="mm")
    return page


def main() -> None:
    """Write the seven files; the page is written by hand."""
    FOLDER.mkdir(exist_ok=True)
    write_film("coffee-bar.mp4", coffee(), quality=25)
    write_film("fresh-produce.mp4", produce(), quality=27)
    write_film("weekend-sale.mp4", sale(), quality=28)
    opening_hours().quantize(128, dither=Image.Dither.NONE).save(FOLDER / "opening-hours.png", optimize=True)
    bakery().save(FOLDER / "bakery.jpg", quality=84, optimize=True, progressive=True)
    cold_brew().save(FOLDER / "cold-brew.webp", quality=84, method=6)
    price_list().save(FOLDER / "price-list.pdf", resolution=150, quality=72, title="Price list")


if __name__ == "__main__":
    main()
