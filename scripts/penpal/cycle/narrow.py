"""What a cycle reads of the warehouse: rows of the people concerned, or the whole of a table.

The models of a cycle (selectors.yml, `triggers`) are the night's own, on fewer rows. Every table
that they read and do not make stands in one of the lists here: test_cycle.py fails where one does
not.
"""

from __future__ import annotations

# Made of all rows, since one customer's decisions hang on what everybody did; each costs little.
OF_EVERYBODY = (
    "unknown_event_words",
    "order_receipts",
    "product_versions",
    "ledger_product_changes",
    "product_changes",
    "products",
)

# What the night makes of records; a cycle makes it of recent rows only, to see who is new.
OF_ARRIVALS = ("mailboxes", "web_users", "identity_records", "identity_stated_values")

# By which time the rows are recent that may hold new records.
RECENT = {
    "checked_crm__contacts": "created_at",
    "checked_crm__consents": "occurred_at",
    "checked_crm__surveys": "submitted_at",
    "checked_shop__customers": "created_at",
    "checked_shop__orders": "created_at",
    "checked_shop__checkouts": "created_at",
    "checked_web__events": "event_at",
}
# What new records are found without: clicks tell of mailboxes that are known, and baskets can wait.
EMPTY_FOR_ARRIVALS = ("email_events", "identity_occasions")

MAILBOX = "email_key in (select email_key from cycle.mailboxes)"


def of_record(source: str, key: str) -> str:
    return f"{key} in (select source_key from cycle.records where source_table = '{source}')"


def since(kind: str, moment: str) -> str:
    return f"coalesce({moment} > (select since from cycle.windows where kind = '{kind}'), true)"


# Staged rows of the people concerned. A refusal may stand in a row that names nobody plainly, so
# all of those stay; and whatever may be a purchase of theirs under another key. {not_plain} is a
# condition: not one address alone.
STAGED = {
    "checked_crm__contacts": f"""
        {of_record("crm.contacts", "contact_id")} or {MAILBOX}
        or raw_marketing_status is not null
        and (email_key is null or raw_additional_emails is not null or {{not_plain}})""",
    "checked_shop__customers": f"""
        {of_record("shop.customers", "shop_customer_id")} or {MAILBOX}
        or raw_marketing_status is not null and (email_key is null or {{not_plain}})""",
    "checked_crm__consents": f"""
        {MAILBOX} or (status is null or status <> 'granted') and {{not_plain}}""",
    "checked_crm__surveys": MAILBOX,
    "checked_crm__enrichment": MAILBOX,
    "checked_shop__orders": f"""
        {of_record("shop.orders", "order_id")} or {MAILBOX}
        or {since("all", "created_at")}
        or cart_id in (select cart_id from cycle.carts)
        or raw_accepts_marketing is not null and {{not_plain}}""",
    "checked_shop__checkouts": f"""
        {of_record("shop.checkouts", "checkout_id")} or {MAILBOX}
        or {since("all", "coalesce(completed_at, created_at)")}
        or cart_id in (select cart_id from cycle.carts)
        or anonymous_id in (select visitor from cycle.visitors where kind = 'device')
        or raw_accepts_marketing is not null and {{not_plain}}""",
    "checked_shop__order_lines": f"""
        {of_record("shop.orders", "order_id")}""",
    "checked_web__events": f"""
        anonymous_id in (select visitor from cycle.visitors where kind = 'device')
        or user_id in (select visitor from cycle.visitors where kind = 'login')
        or cart_id in (select cart_id from cycle.carts)
        or event_name in (select event_name from cycle.order_names)
        and {since("all", "coalesce(event_at, received_at)")}""",
    "checked_email__events": f"""
        {MAILBOX} or (is_refusal or event_type is null) and {{not_plain}}
        or event_type in ('bounced', 'complained') and {since("messages", "occurred_at")}""",
    "checked_email__messages": f"""
        {MAILBOX} or {since("messages", "sent_at")}""",
    "ledger_email_messages": f"""
        customer_id in (select customer_id from cycle.ids)
        or email in (select email from cycle.mailboxes)
        or {since("messages", "sent_at")}""",
}

KNOWN = "customer_id in (select customer_id from cycle.known)"
PEOPLE = "customer_id in (select customer_id from cycle.people)"
OF_KNOWN_RECORD = "record_key in (select record_key from cycle.known_records)"

# Who is who, as of the night, and of records that came since (cycle.arrivals).
IDENTITY = {
    "identity_map": f"""
        select * from {{night}} where {KNOWN}
        union all by name
        select * exclude (is_new), key_group as cluster from cycle.arrivals""",
    "identity_record_values": f"""
        select * from {{night}} where {OF_KNOWN_RECORD}
        union all by name
        select * from cycle.arrived_values""",
    "customer_identifiers": f"""
        select * from {{night}}
        where {KNOWN} or (identifier_type, identifier_value) in (
            select (identifier_type, identifier_value) from cycle.arrived_values
        )
        union all by name
        select
            values.identifier_type, values.identifier_value,
            min(arrivals.customer_id) as customer_id,
            min(arrivals.customer_id) <> max(arrivals.customer_id) as is_shared,
            min(values.observed_at) as first_seen_at, max(values.observed_at) as last_seen_at
        from cycle.arrived_values as values
        inner join cycle.arrivals as arrivals using (record_key)
        left join {{night}} as known
            on values.identifier_type = known.identifier_type
            and values.identifier_value = known.identifier_value
        where known.identifier_value is null
        group by values.identifier_type, values.identifier_value""",
    # What tells whose device it is.
    "identity_edges": f"""
        select * from {{night}} where {OF_KNOWN_RECORD}
        union all by name
        select record_key, identifier_type, identifier_value, 'arrival' as rule
        from cycle.arrived_values""",
    "customer_id_changes": """
        select * from {night}
        where current_customer_id in (select customer_id from cycle.known)
        union all by name
        select customer_id, customer_id as current_customer_id, 'current' as status, 'new' as cause
        from cycle.arrivals where is_new group by customer_id""",
    "letter_visits": """
        select * from {night}
        where anonymous_id in (select visitor from cycle.visitors where kind = 'device')""",
}

# As of the night, of the people concerned; who is new has none.
OF_THE_NIGHT = (
    "customer_households",
    "customer_interests",
    "product_recommendations",
    "segment_membership_history",
)
# As of the night too; who is new has a row without values.
OF_THE_NIGHT_OR_EMPTY = ("customer_scores", "customer_quality")

# As of the night, all of it: what cannot have changed, or changes nobody's decision by itself.
WHOLE = (
    "identity_blocked_values",
    "checked_shop__products",
    "ledger_offer_codes",
    "ledger_customer_id_assignments",
    "ledger_segment_changes",
    "segment_catalog",
)
