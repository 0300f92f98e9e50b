"""Charts as SVG, drawn here: a few KB each, light and dark by the page's own colours, no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from penpal.terminal import shown

WIDTH, LABEL, ROW = 460, 180, 28

STYLE = """
svg.chart { width: 100%; max-width: 540px; height: auto; display: block; padding: 4px 16px; }
svg.chart text { fill: var(--ink); font: 14px Helvetica, Arial, sans-serif; }
svg.chart text.soft { fill: var(--soft); }
svg.chart rect { fill: var(--bar); }
svg.chart line { stroke: var(--ink); stroke-width: 1.5; }
:root { --bar: #5b7f96; }
@media (prefers-color-scheme: dark) { :root { --bar: #6d99b5; } }
"""


@dataclass(frozen=True)
class Bar:
    """A labelled value >= 0, its text, and what it may be (low, high) where that is known."""

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
    height = len(rows) * ROW + 4
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="{_safe(title)}: as in the table below.">{"".join(drawn)}</svg>'
    )


def _bar(row: Bar, y: int, scale: float) -> str:
    width = max(row.value * scale, 1)
    end = width
    parts = [
        f'<text x="{LABEL - 8}" y="{y + 18}" text-anchor="end">{_safe(_cut(row.label))}</text>',
        f'<rect x="{LABEL}" y="{y + 5}" width="{width:.1f}" height="{ROW - 9}" rx="3"/>',
    ]
    if row.low is not None and row.high is not None:
        middle, end = y + ROW / 2, max(width, row.high * scale)
        x = [LABEL + row.low * scale, LABEL + row.high * scale]
        parts.append(f'<line x1="{x[0]:.1f}" x2="{x[1]:.1f}" y1="{middle}" y2="{middle}"/>')
        parts += [
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{middle - 4}" y2="{middle + 4}"/>' for at in x
        ]
    parts.append(
        f'<text class="soft" x="{LABEL + end + 8:.1f}" y="{y + 18}">{_safe(row.text)}</text>'
    )
    return "".join(parts)


def _cut(label: str) -> str:
    return label if len(label) <= 24 else label[:23] + "…"


def _safe(text: str) -> str:
    return escape(shown(text))
