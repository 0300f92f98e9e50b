"""Damaged copies of the sample's files: each ends in a sentence, or in counts that add up.

--mutations 2000 tries two thousand (make fuzz); the seed of one is its number.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import mutations
import pytest
from conftest import ROOT

from penpal.checks.contract import RawTable, raw_contract
from penpal.checks.files import as_text, judge_table
from penpal.checks.staging import Staging
from penpal.lake.reader import Rules, read_table
from penpal.settings import Settings, UserError

SEEDS = {
    f"{table.source}.{table.table}": (
        table,
        ROOT / "seeds" / "sample" / f"raw_{table.source}__{table.table}.csv",
    )
    for table in raw_contract()
}
LINES = 120  # of a sample file that are in a copy
BATCH = 40  # copies of one table that staging reads at once
NAMES = ("a", "b[1]", "*", "{{ 7*7 }}", "email=evil@example.net/a", "it's", "a\x1b[2J\nb", "-oq")


class Copies:
    """What became of the copies so far."""

    def __init__(self, folder: Path, staging: Staging):
        self.folder, self.staging = folder, staging
        self.outcomes: Counter[str] = Counter()
        self.problems: list[str] = []

    def settings(self, name: str) -> Settings:
        return Settings(self.folder / name / "shop.duckdb", self.folder / name)

    def problem(self, what: str, number: object, done: object) -> None:
        self.problems.append(f"{number} {done}: {what}")


def values_of(content: bytes) -> set[str]:
    """Values of the file that would tell something about somebody."""
    _, *rows = mutations.parsed(content)
    values = {value.strip() for row in rows for value in row}
    return {value for value in values if len(value) > 6 and re.search("[@0-9 ]", value)}


def holds_a_value(text: str, values: set[str]) -> str | None:
    return next((value for value in values if value in text), None)


def table_copy(table: RawTable, seed: Path, chance: Random) -> bytes:
    header, *lines = seed.read_bytes().splitlines(keepends=True)
    start = chance.randrange(max(len(lines) - LINES, 1))
    return b"".join([header, *lines[start : start + LINES]])


def try_copy(copies: Copies, number: int) -> tuple[str, Path] | None:
    """Read one damaged copy by itself; returns its table and file where it can be staged."""
    chance = Random(number)
    name = chance.choice(sorted(SEEDS))
    table, seed = SEEDS[name]
    original = table_copy(table, seed, chance)
    (content, ending), done = mutations.mutated(original, chance)
    where = copies.settings(f"copy{number}")
    folder = where.lake / table.source / table.table
    file = folder / f"{chance.choice(NAMES)}{number}{ending}"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    kept = where.lake / "kept"
    try:
        read_table(
            folder,
            kept,
            Rules(table.spellings),
        )
    except UserError as error:
        told = str(error)
        sentence = told.replace(str(folder), "")
        if not re.search(r"[.?]$", told) or len(told.splitlines()) > 1:
            copies.problem(f"no sentence: {told!r}", number, done)
        if value := holds_a_value(sentence, values_of(original)):
            copies.problem(f"{value!r} in {sentence!r}", number, done)
        told = re.sub(r"^.*?\.(csv|tsv|jsonl?|parquet|gz) ", "", sentence, flags=re.I | re.S)
        copies.outcomes[re.sub(r"[\d,]+\.", "N.", told)] += 1
        return None
    counted = duckdb.sql(f"select file, records from '{kept / 'files.parquet'}'").fetchall()
    told = judge_table(table, where, None)
    if [told["records"]] != [records for _, records in counted]:
        copies.problem(f"{told['records']} rows, {counted} records", number, done)
    told["first_rows"] = None
    said = json.dumps(told, ensure_ascii=False) + "\n".join(
        as_text({"tables": [told], "missing": [], "elsewhere": []})
    )
    if value := holds_a_value(said, values_of(original)):
        copies.problem(f"{value!r} in {said!r}", number, done)
    if told["missing"]:
        copies.outcomes["lacks a required column"] += 1
        return None
    copies.outcomes["read"] += 1
    return name, file


def stage(copies: Copies, name: str, files: list[Path]) -> None:
    """Read copies of one table together, as a lake has them, and let staging judge the rows."""
    table, _ = SEEDS[name]
    where = copies.settings(f"batch{sum(copies.outcomes.values())}{name}")
    folder = where.lake / table.source / table.table
    folder.mkdir(parents=True)
    for number, file in enumerate(files):
        (folder / f"{number}{''.join(file.suffixes[-2:])}").write_bytes(file.read_bytes())
    try:
        told: dict[str, Any] = judge_table(table, where, copies.staging) or {}
        first = told["first_rows"]
        fates = first["staged"] + first["duplicate"] + sum(first["rejected"].values())
        if first["rows"] != told["records"] or fates + first["not_yet_received"] != first["rows"]:
            copies.problem(f"counts differ: {first}", name, files)
        copies.outcomes["rows staged"] += first["staged"]
        copies.outcomes["rows rejected"] += sum(first["rejected"].values())
    except (duckdb.Error, UserError) as error:
        if len(files) > 1:  # which of them?
            for file in files:
                stage(copies, name, [file])
        else:
            copies.problem(f"{type(error).__name__}: {error}"[:500], name, files[0].name)


def test_damaged_copies_end_in_a_sentence_or_in_counts(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with Staging({"as_of": "2026-06-15 12:00:00"}) as staging:
        copies = Copies(tmp_path, staging)
        readable: dict[str, list[Path]] = {}
        for number in range(request.config.getoption("--mutations")):
            if found := try_copy(copies, number):
                waiting = readable.setdefault(found[0], [])
                waiting.append(found[1])
                if len(waiting) == BATCH:
                    stage(copies, found[0], readable.pop(found[0]))
        for name, files in readable.items():
            stage(copies, name, files)
    for outcome, number in copies.outcomes.most_common():
        print(f"{number:>7,}  {outcome}")
    assert not copies.problems, "\n".join(copies.problems)
