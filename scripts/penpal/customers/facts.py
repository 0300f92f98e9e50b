"""Everything that a warehouse knows of one customer, as dictionaries; nothing is computed anew."""

from __future__ import annotations

import json
from typing import Any

from penpal.customers.next_letter import next_letters
from penpal.customers.raw_rows import raw_places
from penpal.customers.tables import Warehouse
from penpal.identity.evidence import Row
from penpal.identity.explain import about
from penpal.identity.subjects import Subject, resolve
from penpal.settings import EXIT_CANNOT_RUN, EXIT_CHECK_FAILED, UserError

# What numbers of marts.customers are counted from; those of attributes have their own source.
COUNTED_FROM = {
    "marts.customer_orders": "orders_ first_order last_order lifetime_ average_ purchase monetary",
    "marts.customer_web_events": "sessions_ viewed_ last_product_viewed interests",
    "marts.customer_carts": "has_open_cart cart_",
    "email.events": "emails_ open_rate click_rate last_open last_click",
    "marts.customer_consents": "can_ email_status",
    "marts.households": "household_id",
    "profile.customer_engagement": "engagement_",
    "marts.customer_attributes": "completeness_ needs_review review_ age is_urban",
}
RECORDS = "identity.identity_map"
NOT_COUNTED = ("customer_id", "primary_email_key")

# Statements on the mailboxes of a customer, each with what proves it.
CONSENTS = """
select statements.email, statements.purpose, statements.status, statements.occurred_at,
    statements.source_table || ':' || statements.source_key as record_key, statements.event_type,
    statements.review_reason, {proof}
from activity.consent_statements as statements
{join}
where list_contains($1, statements.email_key)
order by statements.occurred_at desc nulls last, record_key, statements.purpose
"""
PROOF = {
    "there": (
        "proofs.consent_source, proofs.wording_version, proofs.wording_sha256",
        """left join staging.checked_crm__consents as proofs
            on statements.source_table = 'crm.consents' and proofs.fate = 'staged'
            and statements.source_key = proofs.consent_id""",
    ),
    "not there": (
        "null as consent_source, null as wording_version, null as wording_sha256",
        "",
    ),
}

# A letter keeps the id that its customer had; what became of it since stands beside it.
LETTERS = """
select letters.message_id, letters.campaign, letters.occasion, letters.email, letters.variant,
    letters.sent_at as rendered_at, letters.subject, letters.customer_id as as_customer_id
from ledger.email_messages as letters
where list_contains($1, letters.customer_id)
order by letters.sent_at desc, letters.message_id
"""


def explain_customer(warehouse: Warehouse, asked: str) -> Row:
    """All about whoever was asked for; a UserError says why nobody is."""
    subject = resolve(warehouse.connection, asked)
    who = subject.customer_id
    found = warehouse.of("marts.customers", who)
    if not found:
        raise UserError(f"Customer {who} is not in marts.customers: run `dbt build` first.")
    identity = about(warehouse.connection, subject)
    attributes = warehouse.of("marts.customer_attributes", who, "attribute, observed_at, value")
    decisions = decided(warehouse, who)
    facts = {
        "asked": asked,
        "note": subject.note,
        "customer_id": who,
        "customer": found[0],
        "evaluated_at": decided_at(warehouse),
        "attributes": attributes,
        "numbers": counted(found[0], {row["attribute"] for row in attributes}),
        "identity": identity,
        "devices": warehouse.of(
            "identity.device_owners", who, "valid_from nulls first, anonymous_id"
        ),
        "household": household(warehouse, found[0].get("household_id")),
        "segments": warehouse.of("marts.segment_memberships", who, "segment"),
        "consents": consents(warehouse, identity),
        "decisions": decisions,
        "letters": letters(warehouse, who, identity),
        "predictions": predictions(warehouse, who),
        "next": next_letters(warehouse, found[0], decisions),
    }
    return facts | {"raw_places": raw_places(warehouse, named_records(facts))}


def decided(warehouse: Warehouse, customer_id: str) -> list[Row]:
    """The customer's decisions, what is about to happen first; evidence as a mapping or text."""
    order = "case decision when 'send' then 1 when 'hold' then 2 else 3 end, campaign, occasion"
    decisions = warehouse.of("marts.email_decisions", customer_id, order)
    meanings = {
        row["reason"]: row
        for row in warehouse.rows("rules.decision_reasons", "from rules.decision_reasons")
    }
    for decision in decisions:
        decision["evidence"] = read_evidence(decision.get("evidence"))
        decision["meaning"] = meanings.get(decision["reason"], {}).get("meaning")
        decision["ask"] = meanings.get(decision["reason"], {}).get("ask")
    return decisions


def read_evidence(given: Any) -> Any:
    """Evidence that is JSON as what it says; else as it stands."""
    try:
        return json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return given


def decided_at(warehouse: Warehouse) -> Any:
    """The clock of the run whose decisions these are."""
    query = "select max(evaluated_at) as evaluated_at from marts.email_decisions"
    return warehouse.rows("marts.email_decisions", query)[0]["evaluated_at"]


def counted(customer: Row, told: set[str]) -> list[Row]:
    """What is computed of a customer, and from what."""
    numbers = []
    for name, value in customer.items():
        if name in told or name in NOT_COUNTED or name == "primary_email":
            continue
        source = next(
            (
                table
                for table, prefixes in COUNTED_FROM.items()
                if any(name.startswith(prefix) for prefix in prefixes.split())
            ),
            "profile.customer_scores" if name.endswith(SCORES) else RECORDS,
        )
        numbers.append({"name": name, "value": value, "counted_from": source})
    return numbers


SCORES = ("_score", "lifecycle_stage", "loyalty_tier", "recency_days", "frequency")


def household(warehouse: Warehouse, household_id: str | None) -> Row | None:
    """The household, and its members by name; None for whoever is known to be in none."""
    found = warehouse.rows(
        "marts.households", "from marts.households where household_id = $1", [household_id]
    )
    if household_id is None or not found:
        return None
    members = warehouse.rows(
        "marts.customers",
        """
        select customer_id, first_name, last_name, primary_email from marts.customers
        where household_id = $1
        order by customer_id
        """,
        [household_id],
    )
    return found[0] | {"members": members}


def consents(warehouse: Warehouse, identity: Row) -> Row:
    """The state of each mailbox, and all that was said about it, each with its proof."""
    keys = [
        row["identifier_value"]
        for row in identity["identifiers"]
        if row["identifier_type"] == "email"
    ]
    has_proof = "staging.checked_crm__consents" in warehouse.there
    proof, join = PROOF["there" if has_proof else "not there"]
    return {
        "state": warehouse.of("marts.customer_consents", identity["customer_id"]),
        "mailboxes": warehouse.rows(
            "activity.email_consents",
            """
            select email_key, marketing_status, marketing_since, personalization_status,
                personalization_since, suppression_reason
            from activity.email_consents where list_contains($1, email_key)
            order by email_key
            """,
            [keys],
        ),
        "statements": warehouse.rows(
            "activity.consent_statements", CONSENTS.format(proof=proof, join=join), [keys]
        ),
    }


def letters(warehouse: Warehouse, customer_id: str, identity: Row) -> list[Row]:
    """Letters rendered under any id that the customer had, each with its state."""
    ids = [customer_id, *(row["customer_id"] for row in identity["former_ids"])]
    sent = warehouse.rows("ledger.email_messages", LETTERS, [ids])
    revoked = {
        row["message_id"]: row for row in warehouse.of("marts.email_revocations", customer_id)
    }
    events = warehouse.rows(
        "activity.email_events",
        """
        select message_id, event_type, min(occurred_at) as occurred_at
        from activity.email_events where list_contains($1, message_id)
        group by all order by occurred_at
        """,
        [[letter["message_id"] for letter in sent]],
    )
    for letter in sent:
        why = revoked.get(letter["message_id"])
        letter["events"] = [row for row in events if row["message_id"] == letter["message_id"]]
        letter["state"] = f"revoked: {why['reason']}" if why else "rendered"
    waiting = warehouse.of("marts.email_queue", customer_id)
    rendered = {letter["message_id"] for letter in sent}
    queued = [
        {
            **{key: row.get(key) for key in ("message_id", "campaign", "occasion", "email")},
            "variant": row.get("variant"),
            "rendered_at": None,
            "subject": None,
            "state": "to be rendered",
            "events": [],
        }
        for row in waiting
        if row["message_id"] not in rendered
    ]
    return queued + sent


def predictions(warehouse: Warehouse, customer_id: str) -> dict[str, Row]:
    """By mart: the customer's row of each mart of predictions that is there."""
    marts = ("customer_churn_predictions", "customer_value_predictions", "customer_clusters")
    found = {mart: warehouse.of(f"marts.{mart}", customer_id) for mart in marts}
    return {mart: rows[0] for mart, rows in found.items() if rows}


def named_records(facts: Row) -> list[str | None]:
    """All records that the facts name."""
    return [
        *(row["record_key"] for row in facts["attributes"]),
        *(row["record_key"] for row in facts["identity"]["records"]),
        *(row["record_key"] for row in facts["consents"]["statements"]),
    ]


def explain_decision(warehouse: Warehouse, campaign: str, asked: str) -> Row:
    """A customer's decisions of one campaign, and what would have to change for a letter."""
    subject: Subject = resolve(warehouse.connection, asked)
    campaigns = warehouse.rows("rules.campaigns", "select campaign from rules.campaigns order by 1")
    names = [row["campaign"] for row in campaigns]
    if campaign not in names:
        known = ", ".join(names) or "none"
        raise UserError(f"There is no campaign '{campaign}': there are {known}.", EXIT_CANNOT_RUN)
    found = warehouse.of("marts.customers", subject.customer_id)
    if not found:
        raise UserError(
            f"Customer {subject.customer_id} is not in marts.customers: run `dbt build` first.",
            EXIT_CHECK_FAILED,
        )
    decisions = decided(warehouse, subject.customer_id)
    following = next_letters(warehouse, found[0], decisions)
    return {
        "asked": asked,
        "note": subject.note,
        "customer_id": subject.customer_id,
        "campaign": campaign,
        "evaluated_at": decided_at(warehouse),
        "decisions": [row for row in decisions if row["campaign"] == campaign],
        "next": [row for row in following if row["campaign"] == campaign],
    }
