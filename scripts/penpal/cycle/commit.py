"""What a cycle leaves in the warehouse: its decisions and letters, in one transaction."""

from __future__ import annotations

from penpal.cycle.make import NIGHT, Scratch, attach
from penpal.settings import EXIT_CHECK_FAILED, UserError

DECIDED = "campaign in (select campaign from cycle.campaigns)"
PEOPLE = "customer_id in (select customer_id from cycle.people)"

# Promises about letters: a query that finds a row breaks one, and nothing is written.
PROMISES = {
    "an occasion has two decisions": """
        select message_id from marts.email_decisions group by message_id having count(*) > 1""",
    "a letter of the queue was not decided to be sent": """
        select queue.message_id
        from marts.email_queue as queue
        left join marts.email_decisions as decisions
            on queue.message_id = decisions.message_id and decisions.decision = 'send'
        where decisions.message_id is null""",
    "a letter of the queue has gone out already": """
        select message_id from marts.email_queue
        where message_id in (select message_id from ledger.email_messages)
            and evaluated_at > (
                select min(sent_at) from ledger.email_messages as sent
                where sent.message_id = email_queue.message_id
            )""",
    "a marketing letter goes to somebody who did not agree": """
        select queue.message_id
        from marts.email_queue as queue
        inner join marts.email_candidates as candidates using (message_id)
        left join activity.email_consents as consents
            on candidates.email_key = consents.email_key
        where
            consents.suppression_reason is not null
            or candidates.kind = 'marketing'
            and coalesce(consents.marketing_status, 'unknown') <> 'granted'""",
}


def check(scratch: Scratch) -> None:
    """Stop before anything is written where a promise is broken."""
    for promise, query in PROMISES.items():
        count = scratch.run(f"select count(*) from ({query})").fetchone()[0]
        if count:
            raise UserError(
                f"{promise} ({count:,}): nothing was changed. Run the night (full), and look at"
                " its checks.",
                EXIT_CHECK_FAILED,
            )


def commit(scratch: Scratch) -> list[str]:
    """Write what the cycle decided; returns the tables that have changed, as schema.table.

    Killed at any moment, the warehouse is as before or as after.
    """
    check(scratch)
    scratch.run(f"detach {NIGHT}")
    attach(scratch.connection, scratch.warehouse, "read_write")
    segments = {f"marts.{name}" for name in scratch.plan.segments}
    names = ", ".join(f"'{name.removeprefix('segment_')}'" for name in scratch.plan.segments)
    of_segments = f"segment in ({names or 'null'})"
    # By table: which rows give way to those of the cycle; and which of the cycle's go in.
    replaced = {
        # Whoever is not among the people concerned has no occasion of these campaigns any more.
        "marts.email_decisions": (DECIDED, f"{DECIDED} and {PEOPLE}"),
        "marts.email_queue": ("true", DECIDED),
        "marts.email_revocations": (PEOPLE, PEOPLE),
        "marts.segment_memberships": (f"{of_segments} and {PEOPLE}",) * 2,
        **dict.fromkeys(segments, (PEOPLE, PEOPLE)),
    }
    scratch.run("begin")
    for table, (old, new) in replaced.items():
        scratch.run(f"delete from {NIGHT}.{table} where {old}")
        scratch.run(f"insert into {NIGHT}.{table} by name from {table} where {new}")
    scratch.run(
        f"""insert into {NIGHT}.ledger.experiment_assignments by name
        from cycle.new_ledger_experiment_assignments
        where {DECIDED} or campaign = 'all_campaigns'"""
    )
    scratch.run(
        f"insert into {NIGHT}.ledger.product_changes by name from cycle.new_ledger_product_changes"
    )
    scratch.run("commit")
    return sorted(replaced)


def close(scratch: Scratch) -> None:
    """Let go of the warehouse, with nothing of it left in a log."""
    scratch.run("use memory")
    scratch.run(f"checkpoint {NIGHT}")
    scratch.run(f"detach {NIGHT}")
    scratch.connection.close()
