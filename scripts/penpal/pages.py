"""One page that needs nothing else: no script, no network; for a screen, a phone, and the dark."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from penpal.sections import Section, word
from penpal.terminal import shown

# Sections that a reader wants at once; the others open with a click.
OPEN = 7

STYLE = """
:root { color-scheme: light dark; --paper: #ece5d9; --sheet: #fffdf9; --ink: #2b2926;
  --soft: #6a645b; --line: #e0d5c3; --send: #1f6b3a; --hold: #7d5a00; --skip: #9c3a27; }
@media (prefers-color-scheme: dark) { :root { --paper: #1b1a18; --sheet: #262421; --ink: #ece7df;
  --soft: #aca498; --line: #413c35; --send: #7fd39a; --hold: #e6bf5c; --skip: #f0967f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 Helvetica, Arial, sans-serif; overflow-wrap: anywhere; }
header, main { max-width: 1180px; margin: 0 auto; padding: 20px; }
header { padding-bottom: 0; }
h1 { margin: 0 0 4px; font: 26px/1.25 Georgia, serif; }
header p { margin: 0; color: var(--soft); }
h2 { margin: 26px 0 10px; font: 22px/1.3 Georgia, serif; }
nav { margin: 0 0 16px; }
nav a { display: inline-block; margin: 0 14px 0 0; padding: 6px 0; color: inherit; }
details { margin: 0 0 14px; background: var(--sheet); border: 1px solid var(--line);
  border-radius: 10px; }
details details { margin: 0 16px 12px; }
summary { padding: 12px 16px; cursor: pointer; font: 18px/1.3 Georgia, serif; }
summary small { color: var(--soft); font: 13px Helvetica, Arial, sans-serif; }
.rows { padding: 0 16px 12px; overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 6px 14px 6px 0; text-align: start; vertical-align: top;
  border-top: 1px solid var(--line); }
th { border-top: 0; color: var(--soft); font-weight: normal; }
td { min-width: 5.5em; }
.send span { color: var(--send); font-weight: bold; }
.hold span { color: var(--hold); font-weight: bold; }
.skip span { color: var(--skip); }
@media screen and (max-width: 720px) {
  header, main { padding: 14px 12px; }
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  table, tbody, tr { display: block; }
  tr { padding: 8px 0; border-top: 1px solid var(--line); }
  td { display: grid; grid-template-columns: 8em minmax(0, 1fr); gap: 8px; padding: 2px 0;
    border: 0; }
  td::before { content: attr(data-column); color: var(--soft); }
  td.unknown { display: none; }
}
@media print { nav { display: none; } h2 { break-after: avoid; } svg, tr { break-inside: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
  .rows { overflow: visible; } table { font-size: 11px; } th, td { padding: 3px 6px 3px 0; }
  td { min-width: 0; } body { background: none; } details { border: 0; }
  summary { break-after: avoid; } }
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(
    title: str,
    told: list[str],
    sections: list[Section],
    *,
    picture: str = "",
    style: str = "",
    is_open: int = OPEN,
    fold: int | None = None,
) -> str:
    """A whole page; every value is escaped, and none can turn the text around it.

    `picture` is SVG of our own making, shown above the sections; `style` is added to the page's
    own; the first `is_open` sections are unfolded, and of them tables of at most `fold` rows (all,
    where it is None): longer ones open with a click, and are whole on paper.
    """
    parts, about = [], ""
    for place, part in enumerate(sections):
        if part.about and part.about != about:
            about = part.about
            parts.append(f'<h2 id="{anchor(about)}">{safe(about)}</h2>')
        parts.append(details(part, is_open=place < is_open, fold=fold))
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en" dir="ltr">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">',
            f"<title>{safe(title)}</title>\n<style>{STYLE}{style}</style>\n</head>\n<body>",
            f"<header><h1>{safe(title)}</h1>",
            *(f"<p>{safe(line)}</p>" for line in told),
            f"</header>\n<main>\n{picture}",
            *parts,
            "</main>\n</body>\n</html>\n",
        ]
    )


def anchor(heading: str) -> str:
    """What a link to a heading says: only letters and hyphens."""
    return "-".join(re.findall(r"[a-z]+", heading.lower()))


def contents(sections: list[Section]) -> str:
    """Links to the headings of the sections."""
    headings = dict.fromkeys(part.about for part in sections if part.about)
    links = "".join(f'<a href="#{anchor(one)}">{safe(one)}</a> ' for one in headings)
    return f'<nav aria-label="Contents">{links}</nav>' if links else ""


def details(part: Section, *, is_open: bool, fold: int | None = None) -> str:
    count = f"{len(part.cells):,}" if part.cells else safe(part.empty)
    head = f"<summary>{safe(part.title)} <small>{count}</small></summary>"
    is_long = fold is not None and len(part.cells) > fold
    rows = table(part) if part.cells else ""
    if is_long and part.picture:
        rows = f"<details><summary><small>the numbers</small></summary>{rows}</details>"
    opened = " open" if is_open and part.cells and (part.picture or not is_long) else ""
    return f"<details{opened}>{head}{part.picture}{rows}</details>"


def table(part: Section) -> str:
    columns = "".join(f'<th scope="col">{safe(column)}</th>' for column in part.columns)
    rows = "\n".join("<tr>" + "".join(map(cell, part.columns, row)) + "</tr>" for row in part.cells)
    return (
        f'<div class="rows"><table><thead><tr>{columns}</tr></thead>'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def cell(column: str, value: Any) -> str:
    text = word(value)
    kind = text.split(":")[0]
    if kind not in ("send", "hold", "skip") or column not in ("now", "decision"):
        kind = "unknown" if text == "-" else ""
    marked = f' class="{kind}"' if kind else ""
    return f'<td data-column="{safe(column)}"{marked}><span>{safe(text)}</span></td>'


def safe(text: Any) -> str:
    return escape(shown(str(text)))
