"""The decision models as dbt compiles them, run on small tables in memory."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from conftest import copy_project, dbt_in_project

CLOCK = "2026-06-15 12:00:00"
# From what staging knows of letters and statements to what is decided, and what is kept.
MODELS = (
    *("stg_email__messages", "email_deliveries", "email_consents", "customer_consents"),
    *("customer_messages", "customer_letters", "campaign_occasions", "experiments"),
    *("experiment_arms", "campaign_circuit_breakers", "customer_best_hours"),
    *("customer_letter_limits", "email_candidates", "occasions_served", "letters_cooling_down"),
    *("sequence_exits", "email_timing", "email_facts", "email_objections", "email_evidence"),
    *("email_ranks", "email_decisions", "ledger_experiment_assignments"),
    *("experiment_assignments", "email_revocations"),
)
TEXT, MOMENT, FLAG, NUMBER = pa.string(), pa.timestamp("us"), pa.bool_(), pa.int32()


def columns(kind: pa.DataType, names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names.split(), kind)


# Tables that the models read, with the columns that they read of them.
INPUTS: dict[str, dict[str, pa.DataType]] = {
    "rules.campaigns": columns(
        TEXT, "campaign trigger template kind purchases quiet_from quiet_to send_from send_to"
    )
    | columns(TEXT, "send_time experiment locale product_block follows exit_on")
    | columns(NUMBER, "priority wait_minutes expires_after_hours cooldown_days daily_volume")
    | columns(FLAG, "is_active one_per_household")
    | columns(pa.date32(), "active_from active_until")
    | {"holdout_share": pa.float64()},
    "rules.campaign_variants": columns(TEXT, "experiment variant factors template")
    | {"weight": pa.float64()},
    "rules.decision_reasons": columns(TEXT, "reason decision meaning") | {"place": NUMBER},
    "staging.checked_email__messages": columns(
        TEXT, "fate message_id email email_key campaign customer_id variant template"
    )
    | columns(MOMENT, "sent_at received_at"),
    "ledger.email_messages": columns(
        TEXT, "message_id customer_id email campaign occasion variant template outbox_file subject"
    )
    | {"sent_at": MOMENT},
    "ledger.experiment_assignments": columns(TEXT, "campaign experiment customer_id arm")
    | {"assigned_at": MOMENT},
    "activity.consent_statements": columns(
        TEXT, "source_table source_key email_key purpose status event_type"
    )
    | {"occurred_at": MOMENT},
    "activity.email_events": columns(
        TEXT, "event_id message_id email_key event_type bounce_type url"
    )
    | {"occurred_at": MOMENT, "is_machine": FLAG},
    "activity.order_receipts": {"is_late": FLAG, "known_until": MOMENT},
    "activity.carts": columns(TEXT, "cart_key") | columns(MOMENT, "ordered_at previous_order_at"),
    "identity.identity_map": columns(TEXT, "record_key customer_id"),
    "identity.customer_id_changes": columns(TEXT, "customer_id current_customer_id"),
    "marts.customer_identifiers": columns(TEXT, "identifier_type identifier_value customer_id"),
    "profile.customer_emails": columns(TEXT, "customer_id email email_key")
    | columns(FLAG, "is_primary is_not_personal is_given_up"),
    "profile.customer_purchases": {"customer_id": TEXT, "purchased_at": MOMENT},
    "marts.customers": columns(TEXT, "customer_id household_id timezone language"),
    "marts.segment_memberships": columns(TEXT, "segment customer_id"),
    "marts.segment_catalog": {"name": TEXT},
    "marts.trigger_occasions": columns(
        TEXT, "trigger customer_id occasion over_reason cart_key order_id product_id to_email_key"
    )
    | columns(MOMENT, "happened_at qualified_at")
    | {"is_over": FLAG},
    "marts.occasion_mailboxes": columns(TEXT, "campaign customer_id occasion email email_key")
    | columns(FLAG, "is_all_theirs is_activity_theirs"),
}


class DecisionModels:
    """Compiled once; `run` gives what one clock decides on the tables as they are."""

    def __init__(self, folder: Path, **given: Any):
        copy_project(folder)
        with duckdb.connect(str(folder / "penpal.duckdb")) as warehouse:
            self.connection = duckdb.connect()
            self.connection.execute("attach ':memory:' as penpal; use penpal")
            for connection in (warehouse, self.connection):
                for schema in sorted({name.partition(".")[0] for name in INPUTS}):
                    connection.execute(f"create schema {schema}")
            self.inputs: set[str] = set()
            for name in INPUTS:
                self.fill(name, [])
            kept = self.connection.sql("from ledger.experiment_assignments").arrow()
            warehouse.register("kept", kept)
            warehouse.execute("create table ledger.experiment_assignments as from kept")
        options = json.dumps({"as_of": CLOCK} | given)
        dbt_in_project(folder, "compile", "--select", *MODELS, given=options)
        manifest = json.loads((folder / "target" / "manifest.json").read_text())
        nodes = {node["name"]: node for node in manifest["nodes"].values()}
        self.kept: set[str] = set()
        self.timed: set[str] = set()
        for name in MODELS:
            self.prepare(nodes[name])

    def prepare(self, node: dict[str, Any]) -> None:
        """Makes a model's table, and has its query planned: that costs more than running it."""
        table, query = f"{node['schema']}.{node['alias']}", node["compiled_code"]
        if node["config"]["materialized"] == "incremental":
            self.kept.add(node["name"])
        else:
            self.connection.execute(f"create table {table} as {query}")
            self.connection.execute(f"prepare empty_{node['name']} as delete from {table}")
        clock = f"cast('{CLOCK}' as timestamp)"
        if clock in query:
            self.timed.add(node["name"])
            query = query.replace(clock, "cast($clock as timestamp)")
        self.connection.execute(f"prepare {node['name']} as insert into {table} {query}")

    def fill(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Replaces a table; a column that a row lacks is null."""
        schema = pa.schema(INPUTS[table].items())
        if table not in self.inputs:
            self.inputs.add(table)
            arrow = schema.empty_table()
            self.connection.execute(f"create table {table} as from arrow")
        self.connection.execute(f"delete from {table}")
        if rows:
            arrow = pa.Table.from_pylist(rows, schema)  # noqa: F841 (the query reads it)
            self.connection.execute(f"insert into {table} from arrow")

    def run(self, clock: datetime, until: str | None = None) -> None:
        """Every step, or those up to the model `until`."""
        for name in MODELS:
            if name not in self.kept:
                self.connection.execute(f"execute empty_{name}")
            given = f"(clock := '{clock}')" if name in self.timed else ""
            self.connection.execute(f"execute {name}{given}")
            if name == until:
                return

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()
