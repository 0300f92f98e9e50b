"""What the lint says: rules (rules.csv) and findings."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from penpal.terminal import shown

RULES = Path(__file__).with_name("rules.csv")
SEVERITIES = ("error", "warning", "note")
SHOWN = 160  # characters of the letter that a finding repeats
OF_ONE_RULE = 10  # findings of one rule a letter; the next ones would say the same
MANY = "clients"  # the area whose findings each say something else


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of rules.csv. `foreign_severity` holds for mail that is not the shop's own."""

    area: str
    rule: str
    severity: str
    foreign_severity: str
    why: str
    cure: str


@lru_cache(maxsize=1)
def rules() -> dict[str, Rule]:
    """All rules by name, in the order of the file."""
    with RULES.open(encoding="utf-8", newline="") as file:
        return {row["rule"]: Rule(**row) for row in csv.DictReader(file)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: its rule, how bad it is, where it stands, what was found there.

    `part` is headers, html, text or message; `line` counts from 1 in that part (None: all of it);
    `element` is an HTML element or a header. `fallback` is what to use instead, where the rule's
    cure depends on the case.
    """

    rule: str
    severity: str
    part: str
    line: int | None
    element: str | None
    what: str
    fallback: str = ""

    @property
    def why(self) -> str:
        return rules()[self.rule].why

    @property
    def cure(self) -> str:
        return self.fallback or rules()[self.rule].cure

    @property
    def where(self) -> str:
        """'html, line 12, <a>'."""
        line = None if self.line is None else f"line {self.line}"
        element = f"<{self.element}>" if self.part == "html" and self.element else self.element
        return ", ".join(filter(None, (self.part, line, element)))

    def as_dict(self) -> dict[str, Any]:
        """For JSON: everything a program may want to show."""
        names = ("rule", "severity", "part", "line", "element", "what", "why", "cure")
        return {name: getattr(self, name) for name in names}


def found(  # noqa: PLR0917 (the fields of a finding)
    rule: str,
    what: str,
    part: str = "html",
    line: int | None = None,
    element: str | None = None,
    fallback: str = "",
) -> Finding:
    """A finding with its rule's severity; what the letter says is shortened and made printable."""
    what = shown(" ".join(what.split()))
    what = what if len(what) <= SHOWN else what[: SHOWN - 1] + "…"
    return Finding(rule, rules()[rule].severity, part, line, element, what, fallback)


def settled(findings: Iterable[Finding], *, is_ours: bool) -> list[Finding]:
    """Findings as they are told: worst first, each once, few of a kind, severity for this mail."""
    kept: dict[tuple[str, str, str], Finding] = {}
    counts: dict[str, int] = {}
    for one in findings:
        rule = rules()[one.rule]
        severity = rule.severity if is_ours else rule.foreign_severity or rule.severity
        key = (one.rule, one.part, one.what)
        is_full = counts.get(one.rule, 0) == OF_ONE_RULE and rule.area != MANY
        if key in kept or is_full:
            continue
        counts[one.rule] = counts.get(one.rule, 0) + 1
        kept[key] = Finding(
            one.rule, severity, one.part, one.line, one.element, one.what, one.fallback
        )
    order = {name: place for place, name in enumerate(rules())}
    return sorted(
        kept.values(),
        key=lambda f: (SEVERITIES.index(f.severity), order[f.rule], f.part, f.line or 0, f.what),
    )
