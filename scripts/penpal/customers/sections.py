"""What explains a customer as headed tables: one form for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from penpal.identity.evidence import Row, refusal_line
from penpal.identity.text import notes, rule_text
from penpal.sections import Section, word


def customer_sections(facts: Row) -> list[Section]:
    """All sections of explain_customer's facts, in the order in which they are read."""
    return [make(facts) for make in SECTIONS]


def decision_sections(facts: Row) -> list[Section]:
    return [next_letter_section(facts), decision_section(facts)]


def headline(facts: Row) -> tuple[str, list[str]]:
    """Who it is, and what there is to say before anything else."""
    customer, identity = facts["customer"], facts["identity"]
    name = " ".join(filter(None, (customer.get("first_name"), customer.get("last_name"))))
    told = f"{name or 'Customer without a name'}, {facts['customer_id']}"
    return told, [
        f"As of {word(facts['evaluated_at'])} UTC; {len(identity['records'])} records.",
        *notes([identity["subject"]]),
    ]


def next_letter_section(facts: Row) -> Section:
    return Section(
        "What the next letter of each campaign needs",
        ("campaign", "now", "needs"),
        [
            (row["campaign"], standing(row), row["needs"])
            for row in facts["next"]
        ],
        "no campaigns are known here",
    )  # fmt: skip


def standing(row: Row) -> str:
    return f"{row['decision']}: {row['reason']}" if row["decision"] else "no occasion"


def profile_section(facts: Row) -> Section:
    places = facts["raw_places"]
    return Section(
        "Profile",
        ("attribute", "value", "source", "told at", "record", "raw row"),
        [
            (
                row["attribute"],
                row["value"],
                row["source"],
                row["observed_at"],
                row["record_key"],
                places.get(row["record_key"]),
            )
            for row in facts["attributes"]
        ],
    )


def numbers_section(facts: Row) -> Section:
    return Section(
        "Numbers",
        ("name", "value", "counted from"),
        [
            (row["name"], row["value"], row["counted_from"])
            for row in facts["numbers"]
            if row["value"] is not None
        ],
    )


def records_section(facts: Row) -> Section:
    places = facts["raw_places"]
    return Section(
        "Records",
        ("record", "first seen", "name", "birth date", "raw row"),
        [
            (
                row["record_key"],
                row["first_seen_at"],
                " ".join(filter(None, (row["first_name"], row["last_name"]))),
                row["birth_date"],
                places.get(row["record_key"]),
            )
            for row in facts["identity"]["records"]
        ],
    )


def identifiers_section(facts: Row) -> Section:
    return Section(
        "Identifiers",
        ("type", "value", "records", "since", "suppressed"),
        [
            (
                row["identifier_type"],
                row["identifier_value"],
                row["records_count"],
                row["first_seen_at"],
                row["suppressed"],
            )
            for row in facts["identity"]["identifiers"]
        ],
    )


def links_section(facts: Row) -> Section:
    return Section(
        "Evidence of identity, the strongest first",
        ("record", "linked to", "because", "source", "since"),
        [
            (
                row["record_key"],
                row["other_record_key"] or f"{row['identifier_type']} {row['identifier_value']}",
                rule_text(row["rule"], row["score"]),
                row["source"],
                row["first_seen_at"],
            )
            for row in facts["identity"]["links"]
        ],
        "one record needs no link",
    )


def refused_section(facts: Row) -> Section:
    return Section(
        "Links that were refused",
        ("link",),
        [(refusal_line(row),) for row in facts["identity"]["refusals"]],
    )


def former_section(facts: Row) -> Section:
    return Section(
        "Ids it had before",
        ("customer id", "what became of it", "when"),
        [
            (row["customer_id"], row.get("status"), row["changed_at"])
            for row in facts["identity"]["former_ids"]
        ],
    )


def devices_section(facts: Row) -> Section:
    return Section(
        "Devices",
        ("device", "from", "until", "evidence"),
        [
            (
                row["anonymous_id"],
                row["valid_from"] or "its first event",
                row["valid_to"] or "now",
                row["evidence"],
            )
            for row in facts["devices"]
        ],
    )


def household_section(facts: Row) -> Section:
    home = facts["household"]
    members = home["members"] if home else []
    where = [home.get(name) for name in ("street_address", "postal_code", "city")] if home else []
    title = ", ".join(str(part) for part in where if part)
    return Section(
        f"Household at {title}" if title else "Household",
        ("customer", "name", "e-mail"),
        [
            (
                row["customer_id"],
                " ".join(filter(None, (row["first_name"], row["last_name"]))),
                row["primary_email"],
            )
            for row in members
        ],
        "not known to share one",
    )


def segments_section(facts: Row) -> Section:
    return Section(
        "Segments",
        ("segment", "since", "reason"),
        [(row["segment"], row["qualified_at"], row["reason"]) for row in facts["segments"]],
        "in none",
    )


def mailboxes_section(facts: Row) -> Section:
    return Section(
        "Mailboxes",
        ("mailbox", "place", "marketing", "suppressed"),
        [
            (row["email"], row["place"], row["marketing_status"], row["suppression_reason"])
            for row in facts["identity"]["mailboxes"]
        ],
    )


def consent_section(facts: Row) -> Section:
    state = facts["consents"]["state"]
    cells = []
    for row in state:
        for purpose in ("marketing", "personalization"):
            cells.append(
                (
                    purpose,
                    row[f"{purpose}_status"],
                    row[f"{purpose}_since"],
                    row[f"{purpose}_refused_at"],
                    row["suppression_reason"],
                )
            )
    return Section(
        "Consent",
        ("purpose", "state", "since", "last refused", "suppressed"),
        cells,
        "nothing was said",
    )


def proof_section(facts: Row) -> Section:
    places = facts["raw_places"]
    return Section(
        "What was said about consent, the latest first",
        ("at", "mailbox", "purpose", "said", "record", "proof", "raw row"),
        [
            (
                row["occurred_at"],
                row["email"],
                row["purpose"],
                row["status"] or row["event_type"],
                row["record_key"],
                proof(row),
                places.get(row["record_key"]),
            )
            for row in facts["consents"]["statements"]
        ],
    )


def proof(row: Row) -> str | None:
    """Where it was said and to which wording; a hash of the wording by its first characters."""
    told = [row["consent_source"]]
    if row["wording_version"]:
        told.append(f"wording {row['wording_version']}")
    if row["wording_sha256"]:
        told.append(f"sha256 {row['wording_sha256'][:12]}…")
    if row["review_reason"]:
        told.append(f"read leniently: {row['review_reason']}")
    return ", ".join(filter(None, told)) or None


def decision_section(facts: Row) -> Section:
    return Section(
        "Decisions",
        ("campaign", "occasion", "decision", "reason", "evidence", "from", "until", "mailbox"),
        [
            (
                row["campaign"],
                row["occasion"],
                row["decision"],
                row["reason"],
                row["evidence"] if row["evidence"] is not None else row["meaning"],
                row["send_after"],
                row["expires_at"],
                row["email"],
            )
            for row in facts["decisions"]
        ],
        "nothing to decide: no occasion of the last time",
    )


def letters_section(facts: Row) -> Section:
    return Section(
        "Letters",
        ("campaign", "occasion", "state", "rendered at", "to", "subject", "since then"),
        [
            (
                row["campaign"],
                row["occasion"],
                row["state"],
                row["rendered_at"],
                row["email"],
                row["subject"],
                ", ".join(f"{e['event_type']} {word(e['occurred_at'])}" for e in row["events"]),
            )
            for row in facts["letters"]
        ],
    )


def predictions_section(facts: Row) -> Section:
    cells = [
        (mart.removeprefix("customer_"), name, value)
        for mart, row in facts["predictions"].items()
        for name, value in row.items()
        if name != "customer_id" and value is not None
    ]
    return Section("Predictions", ("of", "name", "value"), cells)


SECTIONS: Iterable[Callable[[Row], Section]] = (
    next_letter_section,
    decision_section,
    letters_section,
    profile_section,
    numbers_section,
    segments_section,
    consent_section,
    mailboxes_section,
    proof_section,
    household_section,
    devices_section,
    predictions_section,
    identifiers_section,
    records_section,
    links_section,
    refused_section,
    former_section,
)
