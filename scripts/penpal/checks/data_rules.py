"""Rules of seeds/rules/data_rules.csv: what is wrong in a row, how often it may be, in words."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from penpal.checks.contract import RawTable, public_marts, raw_contract
from penpal.settings import ROOT, UserError

FILE = ROOT / "seeds" / "rules" / "data_rules.csv"
EVERY = "*"  # a table's or column's name: all that have no line of their own

# Of a raw table, the rows as they were given, all that staging saw, and those that it accepted.
WHICH_ROWS = ("given", "received", "staged", "mart")
SEVERITIES = ("error", "warning")

# What the key of a raw table is called in its checked_ model, where that is not its first column.
STAGED_KEYS = {"shop.customers": "shop_customer_id", "crm.enrichment": "enrichment_id"}


@dataclass(frozen=True)
class Rule:
    """One line of the file.

    `wrong_where` is the SQL condition of a wrong row; without one the line says what is allowed,
    and the words, for a check that the contract gives. Of kind freshness, `allowed` is in hours.
    """

    table: str  # crm.contacts, marts.customers, or EVERY
    column: str  # '' where no column is to blame
    rule: str
    kind: str
    is_error: bool
    allowed: float
    which_rows: str
    wrong_where: str
    among: str
    says: str


def _rule(number: int, line: Mapping[str, str]) -> Rule:
    def fault(what: str) -> UserError:
        return UserError(f"{FILE.relative_to(ROOT)}, line {number}: {what}.")

    for name, known in (("severity", SEVERITIES), ("which_rows", WHICH_ROWS)):
        if line[name] not in known:
            raise fault(f"{name} is {line[name]!r}: give {', '.join(known)}")
    for name in ("rule", "kind", "says"):
        if not line[name]:
            raise fault(f"{name} is empty")
    try:
        allowed = float(line["allowed"])
    except ValueError:
        raise fault(f"allowed is {line['allowed']!r}: give a share such as 0.05") from None
    if allowed < 0 or (allowed > 1 and line["kind"] != "freshness"):
        raise fault(f"allowed is {allowed:g}: give a share from 0 to 1")
    return Rule(
        line["table_name"], line["column_name"], line["rule"], line["kind"],
        line["severity"] == "error", allowed, line["which_rows"], line["wrong_where"],
        line["among"] or "true", line["says"],
    )  # fmt: skip


@cache
def data_rules(file: Path = FILE) -> tuple[Rule, ...]:
    """Every rule, in the order of the file."""
    with file.open(encoding="utf-8", newline="") as lines:
        return tuple(_rule(number, line) for number, line in enumerate(csv.DictReader(lines), 2))


def require_tables_known(raw: set[str], marts: set[str], rules: tuple[Rule, ...]) -> None:
    """Stop with one sentence where a rule names a table that is not there: nobody would miss it."""
    for rule in rules:
        if rule.table not in (marts if rule.which_rows == "mart" else raw | {EVERY}):
            kind = "public mart" if rule.which_rows == "mart" else "raw table"
            raise UserError(f"{FILE.relative_to(ROOT)}: {rule.table} of {rule.rule} is no {kind}.")


def judge() -> list[str]:
    """What is wrong with the file, before anything runs; the first thing only."""
    try:
        raw = {f"{table.source}.{table.table}" for table in raw_contract()}
        require_tables_known(raw, {f"marts.{mart.name}" for mart in public_marts()}, data_rules())
    except UserError as error:
        return [str(error)]
    return []


def default_rule(table: str, column: str, name: str) -> Rule:
    """The line for a check that the contract gives: the column's own, else that for all."""
    found = {(r.table, r.column): r for r in data_rules() if r.rule == name and not r.wrong_where}
    for place in ((table, column), (table, EVERY), (EVERY, EVERY), (EVERY, "")):
        if place in found:
            return found[place]
    raise UserError(f"{FILE.relative_to(ROOT)} has no line for {name} ({EVERY}, {EVERY}).")


def rules_of(table: str) -> list[Rule]:
    """The rules with a condition that are about a table."""
    return [rule for rule in data_rules() if rule.wrong_where and rule.table == table]


def rules_of_all() -> list[Rule]:
    """The rules with a condition that are about every raw table."""
    return [rule for rule in data_rules() if rule.wrong_where and rule.table == EVERY]


def as_sql(text: str, clock: str | None = None) -> str:
    """A condition as DuckDB reads it.

    `{shop.orders}` are the rows that staging accepted, `{flag:x}` says that a row has the quality
    flag x, `{clock}` is the clock of the run.
    """
    text = re.sub(
        r"\{(\w+)\.(\w+)\}", r"(select * from staging.checked_\1__\2 where fate = 'staged')", text
    )
    text = re.sub(
        r"\{flag:(\w+)\}", r"coalesce(';' || quality_flags || ';' like '%;\1;%', false)", text
    )
    return text.replace("{clock}", f"timestamp '{clock}'")


def staged_key(table: RawTable) -> str:
    """What the key of a raw table is called in its checked_ model."""
    return STAGED_KEYS.get(f"{table.source}.{table.table}", table.columns[0].name)


def things(table: str) -> str:
    """What the rows of a raw table are, for people: crm.contacts are contacts."""
    source, name = table.split(".")
    if table == "shop.customers":
        return "shop accounts"
    if name in ("events", "messages"):
        name = f"{'e-mail' if source == 'email' else source} {name}"
    return name.replace("_", " ").replace("e-mail messages", "letters sent earlier")


# An id is a word with a digit in it. Anything else in a key column may be a name or an address,
# where columns are swapped, say; of a mart, whose contract tells what is personal, words will do.
AN_ID = re.compile(r"(?=.*[0-9])(?!\+)[A-Za-z0-9_.:#/~-]{1,64}")
A_DATE = re.compile(r"[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}")
A_KEY = re.compile(r"[A-Za-z0-9_.:#/~ -]{1,100}")


def shown_keys(keys: list[str], *, is_raw: bool) -> list[str]:
    """Those of the keys that may be told, each once."""
    different = dict.fromkeys(keys)
    if not is_raw:
        return [key for key in different if A_KEY.fullmatch(key)]
    return [key for key in different if AN_ID.fullmatch(key) and not A_DATE.fullmatch(key)]
