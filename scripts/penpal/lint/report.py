"""Findings for people (a paragraph a fault, however many letters) and for programs (JSON)."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from penpal.lint.findings import SEVERITIES, Finding, rules
from penpal.lint.letter import lint
from penpal.lint.mail import Against, Mail
from penpal.terminal import shown

Result = tuple[str, list[Finding]]  # a letter's name, and what is wrong with it


def linted(mails: Iterable[Mail], ours: Against, foreign: Against) -> Iterator[Result]:
    """Each letter with its findings; tells on a terminal how far it is."""
    began, is_terminal, number = time.monotonic(), sys.stderr.isatty(), 0
    for number, mail in enumerate(mails, 1):
        yield mail.name, lint(mail, ours if mail.is_ours else foreign)
        if is_terminal and number % 20 == 0:
            rate = number / (time.monotonic() - began)
            print(f"\r{number:,} letters, {rate:,.0f}/s", end="", file=sys.stderr, flush=True)
    if is_terminal and number >= 20:
        print(file=sys.stderr)


def counted(findings: Iterable[Finding]) -> dict[str, int]:
    counts = Counter(one.severity for one in findings)
    return {severity: counts[severity] for severity in SEVERITIES}


def write_json(results: Iterable[Result], stream: TextIO) -> dict[str, int]:
    """{"letters": [{name, error, warning, note, findings}], "summary": …}, a letter a line."""
    all_of_them = list(results)  # before anything is printed: what cannot be read ends the program
    total, number = dict.fromkeys(SEVERITIES, 0), 0
    print('{"letters": [', file=stream)
    for number, (name, findings) in enumerate(all_of_them, 1):
        counts = counted(findings)
        total = {each: total[each] + counts[each] for each in SEVERITIES}
        entry: dict[str, Any] = {"name": shown(name), **counts}
        entry["findings"] = [one.as_dict() for one in findings]
        comma = "," if number > 1 else " "
        print(f"{comma}{json.dumps(entry, ensure_ascii=False)}", file=stream)
    summary = {"letters": number, **total}
    print(f'], "summary": {json.dumps(summary)}}}', file=stream)
    return total


def write_text(
    results: Iterable[Result], stream: TextIO, *, with_notes: bool = False
) -> dict[str, int]:
    """A paragraph a fault: what, where first, in how many letters, why, and its cure."""
    total, count, clean = dict.fromkeys(SEVERITIES, 0), 0, 0
    groups: dict[tuple[str, str, str], tuple[Finding, str, int]] = {}
    for name, findings in results:
        count += 1
        counts = counted(findings)
        total = {each: total[each] + counts[each] for each in SEVERITIES}
        clean += not counts["error"] and not counts["warning"]
        for one in findings:
            # The words that a finding quotes as its example differ from letter to letter.
            key = (one.severity, one.rule, one.what.partition(": '")[0])
            first, where, times = groups.get(key, (one, name, 0))
            groups[key] = (first, where, times + 1)
    order = {name: place for place, name in enumerate(rules())}
    for (severity, rule, _), (one, name, times) in sorted(
        groups.items(), key=lambda item: (SEVERITIES.index(item[0][0]), order[item[0][1]])
    ):
        if severity == "note" and not with_notes:
            continue
        others = f", and {times - 1:,} more" if times > 1 else ""
        print(f"{severity}: {rule}: {one.what}", file=stream)
        print(f"    {shown(name)}: {one.where}{others}", file=stream)
        print(f"    {one.why} {one.cure}", file=stream)
    counts = ", ".join(_number(total[name], name) for name in SEVERITIES)
    hidden = "" if with_notes or not total["note"] else " (--notes shows them)"
    told = f"{_number(count, 'letter')}, {clean:,} without error or warning"
    print(f"{told}: {counts}{hidden}", file=stream)
    return total


def _number(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def rules_table() -> str:
    """All rules as Markdown, as in docs/lint.md."""
    lines, area = [], None
    for rule in rules().values():
        if rule.area != area:
            area = rule.area
            lines += [
                "",
                f"### {area.capitalize()}",
                "",
                "| rule | | why | cure |",
                "|---|---|---|---|",
            ]
        severity = rule.severity
        if rule.foreign_severity:
            severity += f" ({rule.foreign_severity} in foreign mail)"
        cells = (f"`{rule.rule}`", severity, rule.why, rule.cure)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines).strip()
