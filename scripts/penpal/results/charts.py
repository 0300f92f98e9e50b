"""Charts as SVG, drawn here: a few KB each, light and dark by the page's own colours, no script.

Each stands above the table with its numbers, which its label points to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from penpal.terminal import shown

WIDTH, LABEL, ROW = 460, 180, 28
TALL, LEFT, RIGHT = 190, 46, 130  # of charts with lines

STYLE = """
svg.chart { width: 100%; max-width: 620px; height: auto; display: block; padding: 4px 16px; }
svg.chart text { fill: var(--ink); font: 14px Helvetica, Arial, sans-serif; }
svg.chart text.soft { fill: var(--soft); }
svg.chart rect { fill: var(--bar); }
svg.chart rect.sheet { fill: var(--paper); stroke: var(--line); }
svg.chart line { stroke: var(--ink); stroke-width: 1.5; }
svg.chart line.rule { stroke: var(--line); stroke-width: 1; }
svg.chart circle { fill: var(--bar); }
svg.chart polyline { fill: none; stroke-width: 2; stroke: var(--bar); }
svg.chart .l1 { stroke: var(--l1); } svg.chart circle.l1 { fill: var(--l1); }
svg.chart .l2 { stroke: var(--l2); } svg.chart circle.l2 { fill: var(--l2); }
svg.chart .l3 { stroke: var(--l3); } svg.chart circle.l3 { fill: var(--l3); }
svg.chart .l4 { stroke: var(--l4); } svg.chart circle.l4 { fill: var(--l4); }
:root { --bar: #5b7f96; --l1: #9c4327; --l2: #4b7a3a; --l3: #8a5a9e; --l4: #8f6a12; }
@media screen and (min-width: 721px) {
  th, td { overflow-wrap: break-word; min-width: 0; }
  td:nth-child(n+9):last-child { min-width: 16em; } }
@media screen and (max-width: 720px) {
  svg.chart { padding: 4px 10px; overflow: visible; } svg.chart text { font-size: 16px; } }
@media (prefers-color-scheme: dark) {
  :root { --bar: #6d99b5; --l1: #e0876b; --l2: #8fc27d; --l3: #c39ad6; --l4: #d9b451; } }
"""


@dataclass(frozen=True)
class Bar:
    """A labelled value, its text, and what it may be (low, high) where that is known."""

    label: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None


def bars(title: str, rows: Sequence[Bar], most: float | None = None) -> str:
    """Horizontal bars from 0 to `most` (the largest value or interval where not given)."""
    if not rows:
        return ""
    top = most or max(max(row.value, row.high or 0) for row in rows) or 1
    room = WIDTH - LABEL - 70
    drawn = [_bar(row, place * ROW, room / top) for place, row in enumerate(rows)]
    return svg(title, len(rows) * ROW + 4, drawn)


def svg(
    title: str, height: float, parts: Sequence[str], says: str = "as in the table below"
) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height:g}" role="img"'
        f' aria-label="{safe(title)}: {says}.">{"".join(parts)}</svg>'
    )


def _bar(row: Bar, y: int, scale: float) -> str:
    width = max(row.value * scale, 1)
    end = width
    parts = [
        _label(row.label, y),
        f'<rect x="{LABEL}" y="{y + 5}" width="{width:.1f}" height="{ROW - 9}" rx="3"/>',
    ]
    if row.low is not None and row.high is not None:
        end = max(width, row.high * scale)
        parts.append(_whisker(LABEL + row.low * scale, LABEL + row.high * scale, y + ROW / 2))
    parts.append(
        f'<text class="soft" x="{LABEL + end + 8:.1f}" y="{y + 18}">{safe(row.text)}</text>'
    )
    return "".join(parts)


def _label(text: str, y: float) -> str:
    return f'<text x="{LABEL - 8}" y="{y + 18:g}" text-anchor="end">{safe(_cut(text))}</text>'


def _whisker(left: float, right: float, y: float) -> str:
    ends = "".join(
        f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{y - 4:g}" y2="{y + 4:g}"/>' for at in (left, right)
    )
    return f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y:g}" y2="{y:g}"/>{ends}'


def intervals(title: str, rows: Sequence[Bar]) -> str:
    """Each value as a point with its interval, beside a line at 0: what does not touch the line is
    no accident."""
    if not rows:
        return ""
    lows = [row.value if row.low is None else row.low for row in rows]
    highs = [row.value if row.high is None else row.high for row in rows]
    least, most = min(0.0, *lows), max(0.0, *highs)
    room = (WIDTH - LABEL - 70) / ((most - least) or 1)
    height = len(rows) * ROW

    def x(value: float) -> float:
        return LABEL + (value - least) * room

    parts = [f'<line class="rule" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="0" y2="{height}"/>']
    for place, (row, low, high) in enumerate(zip(rows, lows, highs, strict=True)):
        y = place * ROW
        parts += [
            _label(row.label, y),
            _whisker(x(low), x(high), y + ROW / 2),
            f'<circle cx="{x(row.value):.1f}" cy="{y + ROW / 2:g}" r="5"/>',
            f'<text class="soft" x="{x(high) + 8:.1f}" y="{y + 18}">{safe(row.text)}</text>',
        ]
    return svg(title, height + 4, parts)


def lines(title: str, series: dict[str, Sequence[tuple[str, float]]]) -> str:
    """A line for each name, over the same places (days, hours), from 0 up; at most five."""
    places = list(dict.fromkeys(x for points in series.values() for x, _ in points))
    if not places:
        return ""
    top = max((y for points in series.values() for _, y in points), default=0) or 1
    step = (WIDTH - LEFT - RIGHT) / max(len(places) - 1, 1)
    low, room, end = TALL - 26, TALL - 40, WIDTH - RIGHT
    at = {place: LEFT + number * step for number, place in enumerate(places)}
    parts = [
        f'<line class="rule" x1="{LEFT}" x2="{end}" y1="{low}" y2="{low}"/>',
        _soft(LEFT - 6, low, "0", is_end=True),
        _soft(LEFT - 6, low - room + 5, f"{top:.4g}", is_end=True),
        _soft(LEFT, TALL - 6, places[0]),
    ]
    if len(places) > 1:
        parts.append(_soft(end, TALL - 6, places[-1], is_end=True))
    ends: dict[str, float] = {}
    for number, (name, points) in enumerate(list(series.items())[:5]):
        drawn = [(at[x], low - room * y / top) for x, y in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in drawn)
        dots = [f'<circle class="l{number}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in drawn]
        parts += [f'<polyline class="l{number}" points="{path}"/>', *dots]
        ends[name] = drawn[-1][1]
    for name, y in _apart(ends).items():
        parts.append(f'<text x="{end + 10}" y="{y + 5:.1f}">{safe(_cut(name, 17))}</text>')
    return svg(title, TALL, parts)


def _soft(x: float, y: float, text: str, *, is_end: bool = False) -> str:
    anchor = ' text-anchor="end"' if is_end else ""
    return f'<text class="soft" x="{x:g}" y="{y:g}"{anchor}>{safe(text)}</text>'


def _apart(ends: dict[str, float]) -> dict[str, float]:
    """Heights of the names at the ends of lines, in their order, so that none covers another."""
    placed, last = {}, -5.0
    for name, y in sorted(ends.items(), key=lambda one: one[1]):
        last = placed[name] = max(y, last + 15)
    return placed


def _cut(label: str, most: int = 24) -> str:
    return label if len(label) <= most else label[: most - 1] + "…"


def safe(text: str) -> str:
    return escape(shown(text))
