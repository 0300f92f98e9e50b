"""The page's first figures as a letter: compiled, checked and rendered as every letter is.

It has the head, the colours and the dark mode of emails/shared; the text is made of the HTML. A
chart would not be shown in most inboxes: what a mail holds are figures and short tables.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path

import duckdb

from penpal.export.message import as_message, headers_of
from penpal.letters import shop as shops
from penpal.letters.render import tidy
from penpal.letters.templates import Templates
from penpal.letters.templates.plain_text import text_of
from penpal.results.panels import PANELS
from penpal.results.report import changes, records, review, section
from penpal.results.tiles import TILES, figure
from penpal.sections import Section, word
from penpal.settings import EMAILS, UserError
from penpal.terminal import shown

NAME = "results"  # of the template, which is made anew each time
MOST = 10  # rows of a table; the page has all
# Panels of the page that stand in the letter, and which of their columns.
IN_LETTER = {
    "Health of each source, of 100 points": ("source", "score"),
    "Revenue a customer that the letters caused, beside the holdout (base currency)": (
        *("campaign", "caused", "low", "high"),
    ),
    "Clicks: each arm less the base, in percentage points": ("arm", "difference", "verdict"),
}


def message(connection: duckdb.DuckDBPyConnection, runs: Path, to: str) -> bytes:
    """The letter to this address as an RFC 5322 message; the same marts give the same bytes.

    Raises UserError where `to` is not exactly one address.
    """
    if not shops.is_address(to):
        raise UserError(f"'{shown(to)}' is not exactly one e-mail address: give it as --to.")
    ((clock,),) = connection.execute(
        "select max(evaluated_at) from marts.email_decisions"
    ).fetchall()
    subject = f"How the letters do: {word(clock)}"
    figures = [
        (tile.name, f"{word(value)}{tile.unit}")
        for tile in TILES
        if (value := figure(connection, tile)) is not None
    ]
    preheader = ", ".join(f"{name}: {value}" for name, value in figures[:3])
    sections = letter_sections(connection, runs)
    html = rendered(subject, preheader, [Section("", ("figure", "value"), figures), *sections])
    return _message(to, subject, html, clock)


def letter_sections(connection: duckdb.DuckDBPyConnection, runs: Path) -> list[Section]:
    """What the letter tells: what changed first, then what speaks against a rule."""
    parts = [changes(records(runs))]
    for panel in PANELS:
        if wanted := IN_LETTER.get(panel.title):
            found = section(connection, panel)
            places = [found.columns.index(name) for name in wanted if name in found.columns]
            cells = [tuple(row[place] for place in places) for row in found.cells]
            parts.append(Section(panel.title, wanted, cells, found.empty))
    found = review(connection)
    parts.append(
        Section(
            "What the results speak against",
            ("rule", "evidence"),
            [(rule, evidence) for _, rule, evidence, _ in found.cells],
        )
    )
    return [part for part in parts if part.cells]


def rendered(subject: str, preheader: str, sections: Sequence[Section]) -> str:
    """The HTML, through the templates' own compiler and checks."""
    body = "\n".join(_table(part) for part in sections)
    source = f"""Subject: {NAME}
Preheader: {NAME}

<mjml lang="en" dir="ltr">
  <mj-include path="shared/head.mjml" />
  <mj-body css-class="paper" width="600px" background-color="[[ paper ]]">
    <mj-section css-class="card sheet" padding="30px 32px 30px">
      <mj-column>
        <mj-text css-class="ink title" mj-class="title"><h1>{_text(subject)}</h1></mj-text>
        {body}
        <mj-text css-class="quiet" mj-class="small">Counts and shares only: nobody is named.
          The page has the rest.</mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(EMAILS / "shared", root / "shared")
        (root / f"{NAME}.mjml.j2").write_text(source, encoding="utf-8")
        letter = Templates(shops.load(), root).get(NAME, "en")
        return letter.html({"subject": subject, "preheader": preheader})


def _text(text: str) -> str:
    """Text that stands for itself in a template: no tag, no token, no element."""
    return "".join(f"&#{ord(s)};" if s in "{}[]*%|" else s for s in escape(shown(text)))


def _table(part: Section) -> str:
    cell = 'class="ink rule" style="padding:7px 10px 7px 0;border-top:1px solid [[ line ]];'
    cell += 'font-family:[[ sans ]];font-size:15px;line-height:22px;color:[[ text ]];"'
    head = cell.replace("ink rule", "quiet").replace("[[ text ]]", "[[ muted ]]")
    columns = "".join(
        f'<th scope="col" align="left" {head}>{_text(name)}</th>' for name in part.columns
    )
    rows = "".join(
        "<tr>" + "".join(f'<td valign="top" {cell}>{_text(word(v))}</td>' for v in row) + "</tr>"
        for row in part.cells[:MOST]
    )
    more = len(part.cells) - MOST
    title = part.title + (f" (and {more} more)" if more > 0 else "")
    heading = f'<mj-text css-class="ink" mj-class="heading"><h2>{_text(title)}</h2></mj-text>'
    table = f'<mj-table padding="0px 0px 18px"><tr>{columns}</tr>{rows}</mj-table>'
    return (heading if part.title else "") + table


def _message(to: str, subject: str, html: str, clock: datetime) -> bytes:
    the_shop = shops.load()
    key = hashlib.sha256(f"{to} {html}".encode()).hexdigest()[:32]
    domain = the_shop.sender_address.rpartition("@")[2]
    headers = {
        "From": the_shop.sender,
        "To": to,
        "Subject": subject,
        "Message-ID": f"<report.{key}@{domain}>",
        "Auto-Submitted": "auto-generated",
    }
    text = tidy(text_of(html))
    letter = {"message_id": key, "email": to, "html": html, "text": text, "rendered_at": clock}
    return as_message(letter, headers_of(letter, headers))
