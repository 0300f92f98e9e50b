"""What the marts promise to analysts and to the renderer, as expectations."""

from __future__ import annotations

from great_expectations import expectations as gxe

from penpal.checks.check import Check
from penpal.checks.contract import public_marts

CUSTOMERS = "customers"

NAMES_NO_CUSTOMER = """select 1 from batch as facts
left join marts.customers as customers on facts.customer_id = customers.customer_id
where facts.customer_id is not null and customers.customer_id is null"""

# (table, column, smallest, largest)
RANGES = (
    ("customers", "open_rate", 0, 1),
    ("customers", "click_rate", 0, 1),
    ("customers", "engagement_score", 0, 100),
    ("customers", "orders_count", 0, None),
    ("customers", "age", 0, 120),
    ("product_recommendations", "rank", 1, 5),
    ("source_audit", "rows_raw", 0, None),
)

ONE_OF = (
    ("email_decisions", "decision", ("send", "hold", "skip")),
)  # fmt: skip

NEVER_EMPTY = (
    ("email_decisions", "reason"),
    ("segment_memberships", "reason"),
    ("segment_memberships", "qualified_at"),
    ("email_queue", "email"),
    ("email_queue", "context"),
    ("email_queue", "expires_at"),
)

# (table, what the counted rows are, query that returns the rows that break the promise, is_error).
# `batch` is the table. The queries return the number 1, never a value of a person.
PROMISES = (
    (
        "email_queue",
        "letters queued without a decision to send",
        """select 1 from batch as queue
        left join marts.email_decisions as decisions
            on queue.message_id = decisions.message_id and decisions.decision = 'send'
        where decisions.message_id is null""",
        True,
    ),
    (
        "email_decisions",
        "decisions to send that are not in the queue",
        """select 1 from batch as decisions
        left join marts.email_queue as queue on decisions.message_id = queue.message_id
        where decisions.decision = 'send' and queue.message_id is null""",
        True,
    ),
    (
        "email_queue",
        "marketing letters queued for people who gave no consent or must not be written to",
        """select 1 from batch as queue
        inner join rules.campaigns as campaigns on queue.campaign = campaigns.campaign
        inner join marts.customers as customers on queue.customer_id = customers.customer_id
        where campaigns.kind = 'marketing' and not coalesce(customers.can_email, false)""",
        True,
    ),
    (
        "email_queue",
        "letters queued for another address than the customer's for that occasion",
        """select 1 from batch as queue
        left join marts.occasion_mailboxes as mailboxes
            on queue.customer_id = mailboxes.customer_id
            and queue.campaign = mailboxes.campaign
            and queue.occasion = mailboxes.occasion
        where queue.email is distinct from mailboxes.email""",
        True,
    ),
    (
        "email_queue",
        "customers queued more than once for the same campaign and occasion",
        """select 1 from batch as queue
        group by customer_id, campaign, occasion having count(*) > 1""",
        True,
    ),
    (
        "email_queue",
        "letters queued that expire before they may be sent",
        "select 1 from batch as queue where expires_at < send_after",
        True,
    ),
    (
        "email_queue",
        "letters queued whose context is no JSON",
        "select 1 from batch as queue where not json_valid(context)",
        True,
    ),
    (
        "customers",
        "customers whose order count or revenue is not the sum of their orders",
        """select 1 from batch as customers
        left join (
            select
                customer_id,
                count(*) filter (where is_paid) as orders_count,
                greatest(coalesce(sum(revenue_base), 0), 0) as revenue
            from marts.customer_orders
            group by customer_id
            having bool_or(is_paid)
        ) as orders
            on customers.customer_id = orders.customer_id
        where coalesce(customers.orders_count, 0) <> coalesce(orders.orders_count, 0)
            or abs(coalesce(lifetime_revenue, 0) - coalesce(orders.revenue, 0)) > 0.005""",
        True,
    ),
    (
        "customers",
        "customers last seen before they were first seen",
        "select 1 from batch as customers where last_seen_at < first_seen_at",
        True,
    ),
    (
        "customers",
        "customers who can be e-mailed but have no address",
        "select 1 from batch as customers where can_email and primary_email is null",
        True,
    ),
    (
        "segment_catalog",
        "segments whose size in the catalog is not their number of members",
        """select 1 from batch as catalog
        left join (
            select segment, count(*) as members from marts.segment_memberships group by segment
        ) as memberships
            on catalog.name = memberships.segment
        where catalog.size <> coalesce(memberships.members, 0)""",
        True,
    ),
    (
        "source_audit",
        "raw tables in which rows in are not rows staged + duplicate + rejected",
        """select 1 from batch as audit
        where rows_in <> rows_staged + rows_duplicate + rows_rejected""",
        True,
    ),
    (
        "source_audit",
        "raw tables of which more than 10 % was rejected (see marts.rejected_records)",
        "select 1 from batch as audit where rows_rejected > 0.1 * rows_in",
        False,
    ),
)


def _no_rows(query: str) -> gxe.UnexpectedRowsExpectation:
    # GX gives {batch} an alias of its own, but not where the query joins: a CTE suits both.
    return gxe.UnexpectedRowsExpectation(
        unexpected_rows_query=f"with batch as (select * from {{batch}}) {query}"
    )


def marts_checks() -> list[Check]:
    """Every promise of the marts: keys and customers of all of them, then what each says."""
    checks = []

    def add(table: str, says: str, expectation: object, is_error: bool = True) -> None:
        checks.append(Check("marts", table, f"marts.{table}", says, expectation, is_error))

    for mart in public_marts():
        for column in mart.key:
            add(
                mart.name,
                "is part of the key, but empty in {failed} rows",
                gxe.ExpectColumnValuesToNotBeNull(column=column),
            )
        if mart.key:
            unique = (
                gxe.ExpectCompoundColumnsToBeUnique(column_list=list(mart.key))
                if len(mart.key) > 1
                else gxe.ExpectColumnValuesToBeUnique(column=mart.key[0])
            )
            says = f"{' + '.join(mart.key)} is not unique: {{failed}} rows share theirs"
            add(mart.name, says, unique)
        if mart.name != CUSTOMERS and any(column.name == "customer_id" for column in mart.columns):
            says = "{failed} rows name a customer_id that is not in marts.customers"
            add(mart.name, says, _no_rows(NAMES_NO_CUSTOMER))
    for table, column in NEVER_EMPTY:
        add(
            table,
            "is empty in {failed} of {rows} rows",
            gxe.ExpectColumnValuesToNotBeNull(column=column),
        )
    for table, column, smallest, largest in RANGES:
        limits = f"from {smallest} to {largest}" if largest is not None else f"{smallest} or more"
        add(
            table,
            f"is not {limits} in {{failed}} of {{rows}} rows",
            gxe.ExpectColumnValuesToBeBetween(column=column, min_value=smallest, max_value=largest),
        )
    for table, column, values in ONE_OF:
        add(
            table,
            f"is none of {', '.join(values)} in {{failed}} of {{rows}} rows",
            gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(values)),
        )
    for table, says, query, is_error in PROMISES:
        add(
            table,
            f"{{failed}} {says}",
            _no_rows(query),
            is_error,
        )
    return checks
