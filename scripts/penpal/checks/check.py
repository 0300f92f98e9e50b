"""One check: a GX expectation with the words in which its failure is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """An expectation on one table.

    `says` is the sentence of a failure; it may use {failed}, {rows} and {allowed}. An error fails
    the run, a warning is only reported. `kind` names the kind of fault: completeness, format, …
    """

    schema: str
    table: str
    shown_as: str  # the table as its owner knows it, e.g. crm.contacts
    rule: str
    kind: str
    says: str
    expectation: Any
    is_error: bool = True
    column: str | None = None
    allowed: float = 0
