"""An explanation of a customer, or of a decision, as text for a terminal."""

from __future__ import annotations

from penpal.customers.sections import customer_sections, decision_sections, headline
from penpal.identity.evidence import Row
from penpal.identity.text import SHOWN
from penpal.sections import as_text, word


def render_customer(facts: Row, everything: bool = False) -> str:
    """The text of what explain_customer found."""
    title, told = headline(facts)
    return as_text([title, *told], customer_sections(facts), None if everything else SHOWN)


def render_decision(facts: Row, everything: bool = False) -> str:
    """The text of what explain_decision found."""
    note = [facts["note"]] if facts["note"] else []
    title = f"{facts['campaign']} and {facts['customer_id']}, as of {word(facts['evaluated_at'])}"
    return as_text([*note, f"{title} UTC"], decision_sections(facts), None if everything else SHOWN)
