"""Explanations as plain text for a terminal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from penpal import terminal
from penpal.identity.evidence import Row, in_words, refusal_line, waterfall_lines

SHOWN = 20  # rows a section, unless everything is asked for


def day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "unknown"


def section(title: str, lines: list[str], shown: int | None = SHOWN) -> list[str]:
    """A headed list; nothing where there is nothing to list."""
    if not lines:
        return []
    cut = lines[:shown]
    rest = len(lines) - len(cut)
    more = [f"  … and {rest:,} more (--all lists them)"] if rest else []
    return ["", f"{title} ({len(lines):,})", *(f"  {line}" for line in cut), *more]


def table(cells: list[tuple[Any, ...]]) -> list[str]:
    """Columns aligned to the left, without trailing blanks."""
    texts = [["" if value is None else str(value) for value in row] for row in cells]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in texts
    ]


def render(facts: Row, everything: bool = False) -> str:
    """The text of what explain_identity found."""
    shown = None if everything else SHOWN
    by_verdict = {"customer": render_about, "same": render_same, "different": render_different}
    lines = by_verdict[facts["verdict"]](facts, shown)
    return "\n".join(map(terminal.shown, lines))


def notes(subjects: list[Row]) -> list[str]:
    lines = [subject["note"] for subject in subjects if subject["note"]]
    lines += [
        f"{subject['asked']} is shared: also by {', '.join(subject['other_holders'])}."
        for subject in subjects
        if subject["other_holders"]
    ]
    for subject in subjects:
        lines += [
            f"{subject['asked']} is also on records of {row['customer_id']}, where it does not"
            f" link: {in_words(row['reason'])}."
            for row in subject["not_linked"][:SHOWN]
        ]
    return lines


def render_about(facts: Row, shown: int | None) -> list[str]:
    subject, records = facts["subject"], facts["records"]
    first = f"Customer {facts['customer_id']}: {counted(len(records))}"
    if records:
        first += f", first seen {day(records[0]['first_seen_at'])}"
    lines = [f"{subject['asked']} belongs to:"] if subject["kind"] != "customer" else []
    lines += [first, *notes([subject])]
    lines += section("Records", record_lines(records), shown)
    lines += section("Identifiers", identifier_lines(facts["identifiers"]), shown)
    lines += section("Mailboxes", mailbox_lines(facts["mailboxes"]), shown)
    lines += section("Ids it had before", former_lines(facts["former_ids"]), shown)
    lines += section("Links, the strongest first", link_lines(facts["links"]), shown)
    lines += section("Refused", [refusal_line(row) for row in facts["refusals"]], shown)
    return lines


def record_lines(records: list[Row]) -> list[str]:
    return table(
        [
            (
                record["record_key"],
                day(record["first_seen_at"]),
                " ".join(filter(None, map(record.get, ("first_name", "last_name", "name_suffix")))),
                record["birth_date"],
            )
            for record in records
        ]
    )


def identifier_lines(identifiers: list[Row]) -> list[str]:
    return table(
        [
            (
                row["identifier_type"],
                row["identifier_value"],
                f"on {counted(row['records_count'])}",
                f"since {day(row['first_seen_at'])}",
                f"suppressed: {row['suppressed']}" if row["suppressed"] else "",
            )
            for row in identifiers
        ]
    )


def mailbox_lines(mailboxes: list[Row]) -> list[str]:
    return table(
        [
            (
                row["email"],
                row["place"],
                f"marketing {row['marketing_status']}",
                f"suppressed: {row['suppression_reason']}" if row["suppression_reason"] else "",
                f"refused at another mailbox on {day(row['refused_elsewhere_at'])}"
                if row["refused_elsewhere_at"]
                else "",
            )
            for row in mailboxes
        ]
    )


def former_lines(former: list[Row]) -> list[str]:
    return table(
        [
            (row["customer_id"], row["status"], day(row["changed_at"]), row.get("cause"))
            for row in former
        ]
    )


def link_lines(links: list[Row]) -> list[str]:
    """Links to one identifier by one rule are one line: a mailbox may bind hundreds of orders."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for link in links:
        if link["other_record_key"] is not None:
            what = f"{link['record_key']} = {link['other_record_key']}"
        else:
            what = f"{link['identifier_type']} {link['identifier_value']}"
        groups.setdefault((what, link["group_key"] or "", link["rule"]), []).append(link)
    return table(
        [
            (
                what,
                rule_text(rule, found[0]["score"]),
                ""
                if found[0]["other_record_key"]
                else counted(len({row["record_key"] for row in found})),
                f"since {day(min(link['first_seen_at'] for link in found))}"
                if all(link["first_seen_at"] for link in found)
                else "",
                ", ".join(sorted({link["source"] or "" for link in found})),
            )
            for (what, _, rule), found in groups.items()
        ]
    )


def counted(records: int) -> str:
    return f"{records:,} record{'' if records == 1 else 's'}"


def rule_text(rule: str, score: float | None) -> str:
    return rule if score is None else f"{rule}, {score:.2f} bits"


def render_same(facts: Row, shown: int | None) -> list[str]:
    one, two = facts["subjects"]
    lines = [f"{one['asked']} and {two['asked']} are one customer, {facts['customer_id']}."]
    lines += notes([one, two])
    chain = facts["chain"]
    if not (one["has_records"] and two["has_records"]):
        return lines
    if chain is None:
        return [*lines, "identity_edges holds no chain between them: build the project again."]
    if not chain:
        return [*lines, "They have a record in common, so there is no link to show."]
    lines += ["", "The strongest chain of links between them:", f"  {chain[0]['from']}"]
    for step in chain:
        rule = rule_text(step["rule"], step["score"])
        lines.append(f"    {rule}, {step['source']}, since {day(step['first_seen_at'])}")
        lines += [f"        {line}" for line in waterfall_lines(step["waterfall"])]
        lines.append(f"  {step['to']}")
    return lines


def render_different(facts: Row, shown: int | None) -> list[str]:
    one, two = facts["subjects"]
    lines = [
        f"{one['asked']} and {two['asked']} are two customers,"
        f" {one['customer_id']} and {two['customer_id']}.",
        *notes([one, two]),
    ]
    overrides = [
        f"{row['record_key_a']} and {row['record_key_b']}: {row['decided_by']},"
        f" {day(row['decided_at'])}: {row['why'] or 'no reason given'}"
        for row in facts["overrides"]
    ]
    reasons = section("Overrides keep them apart", overrides, shown)
    reasons += section("Refused links", [refusal_line(row) for row in facts["refusals"]], shown)
    reasons += pair_lines(facts["pairs"], shown)
    reasons += section("Shared, but without effect", shared_lines(facts), shown)
    return lines + (reasons or ["", *nothing_links(facts["proposed"])])


def pair_lines(pairs: list[Row], shown: int | None) -> list[str]:
    """Scored pairs; the first few with their waterfall."""
    if not pairs:
        return []
    lines = ["", f"Scored pairs, and none of them linked the two ({len(pairs):,})"]
    for pair in pairs[:shown]:
        lines.append(
            f"  {pair['record_key_a']} and {pair['record_key_b']}: {pair['weight']:.2f} bits"
            f" (proposed by {pair['blocking_rule']})"
        )
        lines += [f"      {line}" for line in waterfall_lines(pair.get("waterfall", []))]
    return lines


def shared_lines(facts: Row) -> list[str]:
    """Values that both carry; one that is not suppressed binds by name, so each has its own."""
    return [
        f"{row['identifier_type']} {row['identifier_value']}: "
        + (
            f"suppressed, {in_words(row['suppressed'])}"
            + (f" ({row['why']})" if row["why"] else "")
            if row["suppressed"]
            else "it does not link these records (see the refused links, or no name tells whose)"
        )
        for row in facts["shared_values"]
    ]


def nothing_links(proposed: list[Row] | None) -> list[str]:
    if proposed:
        rules = ", ".join(sorted({row["blocking_rule"] for row in proposed}))
        return [
            f"Nothing links them: no shared identifier; a blocking rule proposes them ({rules}),"
            " but they score too low to be kept."
        ]
    if proposed is None:
        return [
            "Nothing links them: no shared identifier, and no pair of theirs scores high enough to"
            " be kept, if a blocking rule proposes one at all."
        ]
    return ["Nothing links them: no shared identifier, no blocking rule proposes the pair."]
