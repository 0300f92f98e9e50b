"""Letters by day as a picture: SVG of our own, in the colours of the page, light or dark."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import ceil, log10

from penpal.pages import safe

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 1120, 300, 46, 42, 34
WIDEST = 64.0
COLOURS = ("#9c4327", "#2f6f8f", "#7d8a2e", "#8a5a9e", "#c28a1b", "#4b8f6b", "#b0557a", "#6a645b")

Told = tuple[int, str]  # number of the colour, words for whoever points at it

STYLE = """<style>
figure { margin: 0 0 14px; padding: 12px 16px; background: var(--sheet);
  border: 1px solid var(--line); border-radius: 10px; overflow-x: auto; }
figcaption { font: 18px/1.3 Georgia, serif; }
svg { display: block; width: 100%; min-width: 620px; height: auto; }
svg text { fill: var(--soft); font: 12px Helvetica, Arial, sans-serif; }
svg line { stroke: var(--line); }
</style>"""


def stacked(title: str, days: Sequence[date], series: dict[str, Sequence[int]]) -> str:
    """A bar a day, made of a part for each name."""
    highest = max((sum(values) for values in zip(*series.values(), strict=True)), default=0)
    parts, scale = [], _scale(highest)
    step = (WIDTH - LEFT) / max(len(days), 1)
    for place, day in enumerate(days):
        below = 0
        for colour, (name, values) in enumerate(series.items()):
            count = values[place]
            if count:
                words = f"{day:%Y-%m-%d}, {name}: {count:,}"
                parts.append(
                    _bar((LEFT + place * step, step), (below, count), scale, (colour, words))
                )
            below += count
    return _figure(title, days, list(series), scale, parts)


def grouped(title: str, days: Sequence[date], series: dict[str, Sequence[int]]) -> str:
    """Bars side by side for each day, one a name."""
    highest = max((max(values, default=0) for values in series.values()), default=0)
    parts, scale = [], _scale(highest)
    step = (WIDTH - LEFT) / max(len(days), 1)
    width = step / max(len(series), 1)
    for place, day in enumerate(days):
        for number, (name, values) in enumerate(series.items()):
            if values[place]:
                words = f"{day:%Y-%m-%d}, {name}: {values[place]:,}"
                at = LEFT + place * step + number * width
                parts.append(_bar((at, width), (0, values[place]), scale, (number, words)))
    return _figure(title, days, list(series), scale, parts)


def _scale(highest: int) -> int:
    """A round number that no bar exceeds."""
    if highest <= 5:
        return max(highest, 1)
    size = 10 ** int(log10(highest))
    return next(n * size for n in (1, 2, 3, 5, 10) if n * size >= highest)


def _y(value: float, scale: int) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / scale)


def _bar(place: tuple[float, float], part: tuple[int, int], scale: int, told: Told) -> str:
    """A bar at (x, width) of so many above so many."""
    (x, width), (below, count), (colour, words) = place, part, told
    top, base = _y(below + count, scale), _y(below, scale)
    gap = max(min(2.0, width / 5), width - WIDEST)
    return (
        f'<rect x="{x + gap / 2:.1f}" y="{top:.1f}" width="{width - gap:.1f}"'
        f' height="{base - top:.1f}" fill="{COLOURS[colour % len(COLOURS)]}">'
        f"<title>{safe(words)}</title></rect>"
    )


def _figure(
    title: str, days: Sequence[date], names: list[str], scale: int, parts: list[str]
) -> str:
    lines = []
    ticks = 5 if scale % 5 == 0 else scale  # scales above 5 are round
    for tick in range(ticks + 1):
        value = scale * tick // ticks
        y = _y(value, scale)
        lines.append(f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,}</text>')
    step = (WIDTH - LEFT) / max(len(days), 1)
    every = max(1, ceil(len(days) / 12))
    for place in range(0, len(days), every):
        x = LEFT + (place + 0.5) * step
        lines.append(
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
            f"{days[place]:%d %b}</text>"
        )
    x = float(LEFT)
    for number, name in enumerate(names):
        colour = COLOURS[number % len(COLOURS)]
        lines.append(f'<rect x="{x:.0f}" y="8" width="12" height="12" fill="{colour}"/>')
        lines.append(f'<text x="{x + 18:.0f}" y="18">{safe(name)}</text>')
        x += 40 + 7 * len(name)
    drawn = "\n".join([*lines, *parts])
    return (
        f"{STYLE}<figure><figcaption>{safe(title)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{safe(title)}">'
        f"\n{drawn}\n</svg></figure>"
    )
