"""Why a step failed, in the fewest words: the decisive lines of its log."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

from penpal.settings import EXIT_CANNOT_RUN, EXIT_CHECK_FAILED, ROOT

MOST_LINES = 12
NOISE = re.compile(r"^\s*(> in macro|> called by|compiled code at|Traceback )")


def run_results() -> Path:
    """Where dbt writes the results of its last run."""
    return ROOT / (os.environ.get("DBT_TARGET_PATH") or "target") / "run_results.json"


def read_results() -> list[dict[str, Any]]:
    """Results of dbt's last run by node; empty when it did not get that far."""
    try:
        return json.loads(run_results().read_text(encoding="utf-8"))["results"]
    except (OSError, ValueError, KeyError):
        return []


def _sentence(message: str | None) -> str:
    """A dbt message without its headline, its macro trace and its line breaks."""
    lines = [line.strip() for line in (message or "no message").strip().splitlines()]
    if len(lines) > 1 and re.match(r"\w+ Error in \w+ \S+ \(", lines[0]):
        lines = lines[1:]
    kept = []
    for line in lines:
        if not line or NOISE.match(line):
            break
        kept.append(line)
    text = " ".join(kept[:4])
    return re.sub(r"^Got (\d+) results?, configured to fail if .*", r"\1 rows break it", text)


def dbt_console(log: str) -> list[str]:
    """What dbt says when it stops before running anything (a parse error, a bad var)."""
    lines = [re.sub(r"^\d\d:\d\d:\d\d\s+", "", line) for line in log.splitlines()]
    for number, line in enumerate(lines):
        if "Encountered an error" in line or re.match(r"\s*\w+ Error\b", line):
            after = "\n".join(lines[number + ("Encountered an error" in line) :])
            return [_sentence(after)]
    return [line for line in lines if line.strip()][-5:]


def explain_dbt(log: str) -> tuple[int, list[str]]:
    """Exit code and sentences of a failed dbt run."""
    results = read_results()
    errors = [r for r in results if r["status"] in ("error", "runtime error")]
    failed = [r for r in results if r["status"] == "fail"]
    if not errors and not failed:
        return EXIT_CANNOT_RUN, dbt_console(log)
    sentences = []
    for result in errors + failed:
        kind, _, name = result["unique_id"].split(".")[:3]
        sentences.append(f"{kind} {name}: {_sentence(result['message'])}")
    return (EXIT_CANNOT_RUN if errors else EXIT_CHECK_FAILED), sentences


def explain(is_dbt: bool, log: str, code: int) -> tuple[int, list[str]]:
    """Exit code and sentences of a failed step, from its log and its own exit code."""
    if code < 0:
        return EXIT_CANNOT_RUN, [f"It was stopped by signal {-code}."]
    return explain_dbt(log) if is_dbt else explain_script(log, code)


def explain_script(log: str, code: int) -> tuple[int, list[str]]:
    """Exit code and sentences of a failed script of ours."""
    lines = [line for line in log.splitlines() if line.strip()]
    if any(line.startswith("Traceback (most recent call last)") for line in lines):
        # A program error ends with 1 as well; it says nothing about the data.
        return EXIT_CANNOT_RUN, [f"Program error: {lines[-1]}"]
    told = [line for line in lines if re.match(r"(ERROR +|\w+\.py: )", line)]
    return code, told or lines[-5:]


def shorten(sentences: list[str]) -> list[str]:
    if len(sentences) <= MOST_LINES:
        return sentences
    return [*sentences[:MOST_LINES], f"… and {len(sentences) - MOST_LINES} more"]


def dbt_counts() -> str:
    """What a dbt run did, for the progress line: '61 models, 140 tests, 2 warnings'."""
    results = read_results()
    kinds = Counter(result["unique_id"].split(".")[0] for result in results)
    kinds["test"] += kinds.pop("unit_test", 0)
    parts = [f"{n} {kind}s" for kind in ("seed", "model", "test") if (n := kinds[kind])]
    warnings = [result for result in results if result["status"] == "warn"]
    if warnings:
        parts.append(f"{len(warnings)} warnings")
    return ", ".join(parts)
