"""Draw the pictures of the sample shop's products: seeds/sample/pictures/<slug>.png, 240 x 240.

A picture is what the product is (the end of its slug) in the colours of what it is like (the
beginning). Previews show these files in place of the shop's own pictures; letters link to the
shop's. The same products give the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from PIL import Image, ImageDraw

from penpal import settings

PRODUCTS = settings.ROOT / "seeds" / "sample" / "raw_shop__products.csv"
PICTURES = settings.ROOT / "seeds" / "sample" / "pictures"
SIZE, FINER, COLOURS = 240, 4, 28

Colour = str
Point = tuple[float, float]
PAPER, INK, LINE, SHADOW, GOLD = "#fffaf0", "#2f3440", "#c9bda8", "#00000026", "#c79a3f"
RED, BLUE = "#a8442a", "#355a78"

# Main colour, second colour, ground: of the first words of a slug.
LOOKS: dict[str, tuple[Colour, Colour, Colour]] = {
    "classic": ("#2f3440", GOLD, "#efe5d3"),
    "travel": ("#3f6f73", "#e9d9b4", "#e3ebe4"),
    "brass": ("#c39a45", "#f0dca2", "#e9e3d8"),
    "midnight": ("#243a63", "#b9c6d8", "#dfe6ee"),
    "ivory": ("#f4ead2", "#b58a4c", "#d9c9b4"),
    "sepia": ("#6f4a2c", "#d8b98f", "#efe4d3"),
    "oxblood": ("#7c2430", "#dfa6a2", "#f2dfd9"),
    "ultramarine": ("#2c4fa3", "#a9c0ea", "#e0e7f2"),
    "moss": ("#59703a", "#c3d09b", "#e6ead9"),
    "laid": ("#f7efdc", "#d8cba9", "#c8b794"),
    "cotton": ("#fdfbf6", "#d9d4c8", "#b9c5c6"),
    "airmail": ("#fdfbf6", RED, "#b7cbdb"),
    "deckle": ("#f5ead0", "#c7a877", "#d0b18c"),
    "marbled": ("#c9d8d6", "#7d5468", "#e9dccf"),
    "dotted": ("#4f6d7a", "#dfe9ec", "#e6ded0"),
    "ruled": ("#a8563b", "#f3ddcf", "#e9e2d4"),
    "plain": ("#3b4a3f", "#dfe5da", "#e8e1cf"),
    "linen": ("#b9a27c", "#f1e7d2", "#e2ded5"),
    "birthday": ("#e9b44c", RED, "#f8e4b0"),
    "thank": ("#f6dccf", RED, "#e5cdbb"),
    "letterpress": ("#fbf5e8", INK, "#cfd6d2"),
    "botanical": ("#fdf9ec", "#59703a", "#cfdabd"),
    "illustrated": ("#355a78", "#e9b44c", "#e7dfd0"),
    "collected": ("#7c2430", "#e9d9b4", "#e9e0d0"),
    "annotated": ("#4d6b4a", "#f1e7d2", "#e5e4d3"),
    "walnut": ("#7a5233", "#b98a5c", "#ece2d2"),
    "steel": ("#8b97a1", "#d5dce1", "#e3e6e6"),
    "vintage": ("#6b7f5b", "#d9b45f", "#ebe1cd"),
    "deluxe": ("#7c2430", GOLD, "#f0e0d2"),
    "little": ("#e9b44c", "#fffaf0", "#dfe8d0"),
    "pen": ("#355a78", "#f6dccf", "#e9e2d4"),
}


class Canvas:
    """A picture in the making; coordinates are those of the finished one."""

    def __init__(self, ground: Colour | None = None):
        side = SIZE * FINER
        # Pillow blends half-transparent colours on RGB alone.
        mode = "RGB" if ground else "RGBA"
        self.image = Image.new(mode, (side, side), ground or (0, 0, 0, 0))
        self.pen = ImageDraw.Draw(self.image, "RGBA")

    def box(  # noqa: PLR0917
        self, x: float, y: float, w: float, h: float, fill: Colour, radius: float = 0
    ) -> None:
        corners = [v * FINER for v in (x, y, x + w, y + h)]
        self.pen.rounded_rectangle(corners, radius * FINER, fill)

    def oval(self, x: float, y: float, w: float, h: float, fill: Colour) -> None:
        self.pen.ellipse([v * FINER for v in (x, y, x + w, y + h)], fill)

    def shape(self, points: list[Point], fill: Colour) -> None:
        self.pen.polygon([(x * FINER, y * FINER) for x, y in points], fill)

    def line(self, points: list[Point], fill: Colour, width: float = 2) -> None:
        scaled = [(x * FINER, y * FINER) for x, y in points]
        self.pen.line(scaled, fill, round(width * FINER), joint="curve")

    def turned(self, degrees: float, draw: Callable[[Canvas], None], larger: float = 1) -> None:
        """What `draw` draws, turned about the middle."""
        layer = Canvas()
        draw(layer)
        side = SIZE * FINER
        cut = (side - side / larger) / 2
        image = layer.image.rotate(degrees, Image.Resampling.BICUBIC)
        image = image.resize((side, side), box=(cut, cut, side - cut, side - cut))
        self.image.paste(image, mask=image)

    def png(self) -> bytes:
        small = self.image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        few = small.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        file = io.BytesIO()
        few.save(file, "PNG", optimize=True)
        return file.getvalue()


Draw = Callable[[Canvas, Colour, Colour], None]


def pen(kind: str) -> Draw:
    """A pen lying across; kinds differ in their point."""

    def draw(canvas: Canvas, main: Colour, second: Colour) -> None:
        def lying(c: Canvas) -> None:
            c.box(36, 124, 160, 10, SHADOW, 5)
            if kind in ("brush", "dip"):
                c.shape([(30, 120), (150, 108), (150, 132)], main)
                c.box(146, 108, 22, 24, second, 2)
            else:
                c.box(34, 107, 84, 26, main, 12)
                c.box(112, 107, 56, 26, main, 3)
                c.box(108, 107, 5, 26, second)
                c.box(46, 103, 58, 5, second, 2)
            if kind == "brush":
                c.shape([(168, 109), (212, 121), (168, 131)], INK)
            elif kind in ("fountain", "dip"):
                c.shape([(168, 111), (208, 120), (168, 129)], GOLD if kind == "fountain" else LINE)
                c.line([(176, 120), (206, 120)], INK, 1.4)
                c.oval(173, 117, 6, 6, INK)
            else:
                c.shape([(168, 110), (194, 117), (194, 123), (168, 130)], second)
                c.box(194, 118, 10, 4, INK, 2)

        canvas.turned(38, lying, larger=1.22)

    return draw


def bottle(canvas: Canvas, main: Colour, second: Colour) -> None:
    canvas.oval(52, 184, 136, 20, SHADOW)
    canvas.box(92, 44, 56, 30, INK, 5)
    canvas.box(98, 70, 44, 18, second)
    canvas.box(56, 84, 128, 110, second, 16)
    canvas.box(64, 112, 112, 74, main, 10)
    canvas.box(82, 126, 76, 42, PAPER, 3)
    canvas.line([(96, 142), (144, 142)], main, 3)
    canvas.line([(106, 153), (134, 153)], LINE, 2)


def shimmer(canvas: Canvas, main: Colour, second: Colour) -> None:
    bottle(canvas, main, second)
    for x, y, r in ((74, 178, 3), (166, 120, 4), (72, 120, 3), (164, 174, 3), (120, 178, 2)):
        canvas.oval(x - r, y - r, 2 * r, 2 * r, GOLD)


def flask(canvas: Canvas, main: Colour, second: Colour) -> None:
    canvas.oval(50, 186, 140, 20, SHADOW)
    canvas.box(104, 40, 32, 18, "#8a6a45", 3)
    canvas.shape([(108, 56), (132, 56), (136, 92), (188, 196), (52, 196), (104, 92)], second)
    canvas.shape([(98, 116), (142, 116), (180, 190), (60, 190)], main)
    canvas.box(92, 138, 56, 34, PAPER, 3)
    canvas.line([(102, 155), (138, 155)], main, 3)


def cartridges(canvas: Canvas, main: Colour, second: Colour) -> None:
    canvas.oval(44, 186, 152, 18, SHADOW)
    for step in range(5):
        canvas.box(66 + step * 23, 48, 16, 90, main, 7)
        canvas.box(70 + step * 23, 40, 8, 12, LINE, 3)
    canvas.box(50, 112, 140, 84, second, 5)
    canvas.box(50, 112, 140, 14, main)
    canvas.box(78, 142, 84, 34, PAPER, 3)


def sheets(canvas: Canvas, main: Colour, second: Colour) -> None:
    canvas.turned(7, lambda c: c.box(58, 42, 128, 160, SHADOW, 2))
    canvas.turned(7, lambda c: c.box(54, 38, 128, 160, second, 2))
    canvas.turned(-4, lambda c: c.box(56, 40, 128, 160, main, 2))

    def written(c: Canvas) -> None:
        c.box(56, 40, 128, 160, PAPER if main == "#c9d8d6" else main, 2)
        for row in range(6):
            c.line([(72, 68 + row * 20), (168 - 30 * (row == 5), 68 + row * 20)], second, 2)

    canvas.turned(1, written)


def envelope(canvas: Canvas, main: Colour, second: Colour, y: float = 66) -> None:
    canvas.box(36, y + 8, 176, 118, SHADOW, 5)
    canvas.box(32, y, 176, 118, main, 5)
    if main == "#fdfbf6" and second == RED:  # airmail
        for step in range(11):
            colour = RED if step % 2 else BLUE
            canvas.shape([(34 + step * 16, y), (42 + step * 16, y), (36 + step * 16, y + 9),
                          (28 + step * 16, y + 9)], colour)  # fmt: skip
    canvas.line([(34, y + 4), (120, y + 70), (206, y + 4)], second, 3)
    canvas.oval(106, y + 54, 28, 28, RED)
    canvas.oval(112, y + 60, 16, 16, "#c46a50")


def letter_set(canvas: Canvas, main: Colour, second: Colour) -> None:
    canvas.box(62, 34, 116, 120, SHADOW, 2)
    canvas.box(58, 30, 116, 120, PAPER, 2)
    for row in range(3):
        canvas.line([(72, 50 + row * 16), (160, 50 + row * 16)], LINE, 2)
    envelope(canvas, main, second, 92)


def book(ratio: float, *, band: bool = False, rings: bool = False, title: bool = False) -> Draw:
    """A bound book; ratio is width to height."""

    def draw(canvas: Canvas, main: Colour, second: Colour) -> None:
        high, wide = 164, 164 * ratio
        x, y = (SIZE - wide) / 2, 38
        canvas.box(x + 8, y + 8, wide, high, SHADOW, 5)
        canvas.box(x + 5, y + 4, wide, high, PAPER, 4)
        canvas.box(x, y, wide, high, main, 5)
        canvas.box(x, y, 14, high, "#00000030", 5)
        if title:
            canvas.box(x + 30, y + 28, wide - 46, 52, second, 2)
            canvas.line([(x + 40, y + 46), (x + wide - 26, y + 46)], main, 3)
            canvas.line([(x + 48, y + 62), (x + wide - 34, y + 62)], main, 2)
            canvas.oval(x + wide / 2 - 8, y + 108, 30, 30, second)
        else:
            canvas.box(x + 34, y + 34, wide - 56, 30, second, 2)
        if band:
            canvas.box(x + wide - 22, y, 6, high, second)
        for ring in range(8 if rings else 0):
            canvas.box(x - 7, y + 10 + ring * 19, 18, 7, LINE, 3)

    return draw


def card(canvas: Canvas, main: Colour, second: Colour) -> None:
    canvas.turned(-6, lambda c: c.box(70, 44, 116, 160, SHADOW, 3))

    def front(c: Canvas) -> None:
        c.box(64, 38, 116, 160, main, 3)
        flower(c, 122, 104, second)
        c.line([(96, 170), (148, 170)], second, 3)

    canvas.turned(-6, front)


def flower(c: Canvas, x: float, y: float, colour: Colour) -> None:
    """Five petals and a stalk."""
    c.line([(x, y), (x - 4, y + 46)], "#59703a", 3)
    c.shape([(x - 3, y + 32), (x + 20, y + 16), (x + 14, y + 32)], "#59703a")
    for dx, dy in ((0, -18), (17, -6), (11, 14), (-11, 14), (-17, -6)):
        c.oval(x + dx - 12, y + dy - 12, 24, 24, colour)
    c.oval(x - 8, y - 8, 16, 16, GOLD)


def postcards(canvas: Canvas, main: Colour, second: Colour) -> None:
    for turn, fill in ((14, second), (4, LINE), (-7, main)):
        canvas.turned(turn, lambda c: c.box(42, 68, 164, 112, SHADOW, 3))
        canvas.turned(turn, lambda c, fill=fill: c.box(38, 62, 164, 112, fill, 3))

    def back(c: Canvas) -> None:
        c.line([(124, 76), (124, 160)], LINE, 2)
        c.box(166, 72, 26, 32, second, 1)
        for row in range(3):
            c.line([(136, 122 + row * 16), (190, 122 + row * 16)], LINE, 2)
            c.line([(50, 90 + row * 20), (110, 90 + row * 20)], second, 2)

    canvas.turned(-7, back)


def box_of_cards(canvas: Canvas, main: Colour, second: Colour) -> None:
    canvas.oval(36, 186, 168, 20, SHADOW)
    for step in range(4):
        canvas.box(58 + step * 6, 48 + step * 12, 112, 100, PAPER if step % 2 else main, 3)
    canvas.box(44, 112, 152, 84, second, 5)
    canvas.box(44, 112, 152, 10, "#00000022", 4)
    canvas.oval(106, 138, 28, 28, PAPER)


def tag(canvas: Canvas, main: Colour, second: Colour) -> None:
    def hanging(c: Canvas) -> None:
        c.shape([(76, 84), (104, 52), (136, 52), (164, 84), (164, 206), (76, 206)], SHADOW)
        c.shape([(70, 78), (98, 46), (130, 46), (158, 78), (158, 200), (70, 200)], main)
        c.oval(104, 60, 20, 20, second)
        c.oval(108, 64, 12, 12, PAPER)
        c.line([(114, 70), (130, 30), (164, 18)], RED, 3)
        flower(c, 114, 124, second)

    canvas.turned(-12, hanging)


def tray(canvas: Canvas, main: Colour, second: Colour) -> None:
    canvas.oval(24, 180, 192, 22, SHADOW)
    for level in range(3):
        y = 82 + level * 40
        canvas.box(52, y - 14, 130, 16, PAPER, 2)
        canvas.box(60, y - 8, 118, 10, LINE, 2)
        canvas.box(36, y, 168, 12, main, 3)
        canvas.box(36, y - 22, 10, 30, second, 3)
        canvas.box(194, y - 22, 10, 30, second, 3)


def stand(canvas: Canvas, main: Colour, second: Colour) -> None:
    canvas.oval(50, 188, 140, 18, SHADOW)
    for x, turn, colour in ((92, 8, INK), (116, 0, RED), (136, -9, BLUE)):

        def upright(c: Canvas, x: float = x, colour: Colour = colour) -> None:
            c.box(x, 36, 11, 110, colour, 5)
            c.box(x, 62, 11, 4, GOLD)

        canvas.turned(turn, upright)
    canvas.shape([(68, 110), (172, 110), (162, 198), (78, 198)], main)
    canvas.shape([(68, 110), (172, 110), (170, 122), (70, 122)], second)


def lamp(canvas: Canvas, main: Colour, second: Colour) -> None:
    canvas.oval(52, 188, 136, 18, SHADOW)
    canvas.shape([(92, 98), (168, 98), (206, 186), (60, 186)], "#f8e4b066")
    canvas.line([(84, 192), (72, 120), (122, 62)], second, 7)
    canvas.oval(64, 112, 16, 16, main)
    canvas.box(54, 182, 64, 14, main, 7)
    canvas.shape([(112, 46), (142, 40), (176, 96), (90, 96)], main)
    canvas.box(90, 92, 86, 7, second, 3)
    canvas.oval(120, 94, 26, 16, "#ffe9a8")


def seal(canvas: Canvas, main: Colour, second: Colour) -> None:
    canvas.oval(34, 178, 172, 22, SHADOW)
    canvas.box(98, 40, 40, 64, main, 18)
    canvas.box(104, 98, 28, 18, second, 3)
    canvas.box(88, 112, 60, 18, GOLD, 5)
    for x, y, w in ((54, 146, 70), (60, 138, 56)):
        canvas.oval(x, y, w, 40, RED)
    canvas.oval(70, 144, 36, 24, "#c46a50")
    canvas.box(138, 150, 70, 14, "#8e3524", 4)
    canvas.box(146, 168, 58, 14, RED, 4)


def opener(canvas: Canvas, main: Colour, second: Colour) -> None:
    def lying(c: Canvas) -> None:
        c.shape([(90, 128), (220, 128), (90, 140)], SHADOW)
        c.shape([(92, 110), (214, 121), (92, 130)], "#cfd6da")
        c.line([(96, 120), (206, 121)], "#9aa5ad", 1.5)
        c.box(82, 102, 12, 36, GOLD, 4)
        c.box(24, 108, 60, 24, main, 11)
        c.box(34, 108, 6, 24, second)
        c.box(66, 108, 6, 24, second)

    canvas.turned(36, lying, larger=1.12)


def gift(canvas: Canvas, main: Colour, second: Colour) -> None:
    canvas.oval(38, 188, 164, 18, SHADOW)
    canvas.box(50, 104, 140, 94, main, 4)
    canvas.box(42, 78, 156, 32, main, 4)
    canvas.box(42, 104, 156, 6, "#00000026")
    canvas.box(108, 78, 24, 120, second)
    for x in (76, 122):
        canvas.oval(x, 44, 42, 36, second)
        canvas.oval(x + 11, 54, 20, 18, main)
    canvas.oval(109, 62, 22, 22, second)


def kit(canvas: Canvas, main: Colour, second: Colour) -> None:
    canvas.box(34, 60, 180, 140, SHADOW, 8)
    canvas.box(28, 54, 180, 140, main, 8)
    canvas.box(38, 64, 160, 120, second, 4)
    canvas.box(48, 76, 76, 54, PAPER, 2)
    canvas.line([(50, 78), (86, 106), (122, 78)], LINE, 2.5)
    canvas.oval(79, 98, 14, 14, RED)
    canvas.box(48, 140, 140, 12, INK, 6)
    canvas.shape([(188, 141), (196, 146), (188, 151)], GOLD)
    canvas.box(138, 84, 44, 44, BLUE, 5)
    canvas.box(150, 74, 20, 14, INK, 3)
    canvas.box(146, 98, 28, 18, PAPER, 2)
    canvas.box(48, 162, 140, 8, LINE, 4)


KINDS: dict[str, Draw] = {
    "fountain-pen": pen("fountain"),
    "rollerball": pen("ball"),
    "brush-pen": pen("brush"),
    "dip-pen": pen("dip"),
    "gel-pen": pen("ball"),
    "bottled-ink": bottle,
    "ink-cartridges": cartridges,
    "shimmer-ink": shimmer,
    "iron-gall-ink": flask,
    "writing-paper": sheets,
    "onionskin": sheets,
    "envelopes": envelope,
    "letter-set": letter_set,
    "notebook": book(0.74, band=True),
    "journal": book(0.7),
    "pocket-diary": book(0.6, band=True),
    "sketchbook": book(0.86, rings=True),
    "postcard-set": postcards,
    "card-box": box_of_cards,
    "gift-tag": tag,
    "card": card,
    "book-of-letters": book(0.68, title=True),
    "calligraphy-primer": book(0.78, title=True),
    "stamp-atlas": book(0.9, title=True),
    "stamp-album": book(0.9, title=True, band=True),
    "letter-tray": tray,
    "pen-stand": stand,
    "desk-lamp": lamp,
    "wax-seal-kit": seal,
    "sealing-set": seal,
    "letter-opener": opener,
    "gift-box": gift,
    "correspondence-kit": kit,
}


def picture(slug: str) -> bytes:
    """The picture of a product as PNG; UserError for a product that nobody has drawn."""
    kind = next((kind for kind in KINDS if slug.endswith(kind)), None)
    look = LOOKS.get(slug.partition("-")[0])
    if kind is None or look is None:
        raise settings.UserError(
            f"Nobody has drawn {slug}: name its end in KINDS and its beginning in LOOKS of "
            "scripts/draw_products.py."
        )
    main, second, ground = look
    canvas = Canvas(ground)
    KINDS[kind](canvas, main, second)
    return canvas.png()


def slugs() -> list[str]:
    """The names of the pictures that the sample's products have."""
    with PRODUCTS.open(encoding="utf-8", newline="") as file:
        urls = [row["image_url"] for row in csv.DictReader(file)]
    found = {PurePosixPath(urlsplit(url).path).stem for url in urls if url.startswith("https://")}
    return sorted(found)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, default=PICTURES, metavar="FOLDER", help="write here")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    total = 0
    for slug in slugs():
        data = picture(slug)
        (options.out / f"{slug}.png").write_bytes(data)
        total += len(data)
    print(f"{len(slugs())} pictures, {total / 1024:.0f} KB, in {options.out}")
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
