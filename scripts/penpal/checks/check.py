"""One check: a GX expectation with the words in which its failure is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """An expectation on one table.

    `says` completes "<shown_as>.<column>: …"; it may use {failed}, {rows}, {share} and {allowed}.
    An error fails the run, a warning is only reported.
    """

    schema: str
    table: str
    shown_as: str  # the table as its owner knows it, e.g. crm.contacts
    says: str
    expectation: Any
    is_error: bool = True

    @property
    def column(self) -> str | None:
        return getattr(self.expectation, "column", None)
