"""An explanation of a customer, or of a decision, as text for a terminal."""

from __future__ import annotations

from penpal import terminal
from penpal.customers.sections import (
    Section,
    customer_sections,
    decision_sections,
    headline,
    word,
)
from penpal.identity.evidence import Row
from penpal.identity.text import SHOWN, section, table


def render_customer(facts: Row, everything: bool = False) -> str:
    """The text of what explain_customer found."""
    title, told = headline(facts)
    return page([title, *told], customer_sections(facts), everything)


def render_decision(facts: Row, everything: bool = False) -> str:
    """The text of what explain_decision found."""
    note = [facts["note"]] if facts["note"] else []
    title = f"{facts['campaign']} and {facts['customer_id']}, as of {word(facts['evaluated_at'])}"
    return page([*note, f"{title} UTC"], decision_sections(facts), everything)


def page(first: list[str], sections: list[Section], everything: bool) -> str:
    lines = list(first)
    for part in sections:
        lines += section_lines(part, None if everything else SHOWN)
    return "\n".join(map(terminal.shown, lines))


def section_lines(part: Section, shown: int | None) -> list[str]:
    if not part.cells:
        return ["", f"{part.title}: {part.empty}"]
    lines = table([part.columns, *([word(value) for value in row] for row in part.cells)])
    head, *body = lines
    listed = section(part.title, body, shown)
    return [*listed[:2], f"  {head}", *listed[2:]]
