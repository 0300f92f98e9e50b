"""One step of a simulation: the models made in order, in one DuckDB, at the step's clock."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from graphlib import TopologicalSorter
from typing import Any

import duckdb
from dbt.adapters.factory import get_adapter_by_type
from dbt.clients.jinja import MacroGenerator
from dbt.context.providers import generate_runtime_model_context

from penpal.settings import UserError
from penpal.simulation.plan import CLOCK, Model, clock_text

LEDGER = "ledger.email_messages"
LEDGER_NAME = '"ledger"."email_messages"'

RECORD = """
insert into simulation.decisions
select evaluated_at, message_id, customer_id, email, campaign, occasion, variant, decision, reason
from marts.email_decisions
"""

SENT = """
insert into simulation.letters
select message_id, customer_id, email, campaign, occasion, variant, evaluated_at
from marts.email_decisions
where decision = 'send'
"""


class Replay:
    """The models of a plan, and what each one's result was at the last step."""

    def __init__(self, models: list[Model], manifest: Any, threads: int = 2):
        self.models = {model.relation: model for model in models}
        self.manifest, self.threads = manifest, threads
        self.adapter = get_adapter_by_type("duckdb")
        self.contents: dict[str, Any] = {}
        # Tables that changed after somebody had read them, as ledgers do: news for the next step.
        self.news: set[str] = set()
        self.read_before_made = read_before_made(models)
        self.made = 0

    def step(self, at: datetime) -> None:
        """Make every model whose result may differ from that of the step before; record, send."""
        changed = self.news
        graph = TopologicalSorter(
            {relation: model.after for relation, model in self.models.items()}
        )
        graph.prepare()
        running: dict[Future[bool], str] = {}
        context = contextvars.copy_context()
        with ThreadPoolExecutor(self.threads) as pool:
            while graph.is_active():
                for relation in graph.get_ready():
                    model = self.models[relation]
                    task: Callable[..., bool] = context.copy().run
                    running[pool.submit(task, self.make, model, at, changed)] = relation
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    relation = running.pop(future)
                    if future.result():
                        changed.add(relation)
                    graph.done(relation)
        self.news = changed & self.read_before_made
        self.record()

    def make(self, model: Model, at: datetime, changed: set[str]) -> bool:
        """Make a model, unless nothing that its SQL names has changed; whether its result did."""
        if not self.must_make(model, changed):
            return False
        sql = model.sql.replace(CLOCK, clock_text(at))
        with self.adapter.connection_named(f"simulate {model.name}"):
            connection = self.adapter.connections.get_thread_connection()
            self.made += 1
            try:
                if model.kind in STATEMENTS:
                    cursor = connection.handle.cursor()
                    cursor.execute(STATEMENTS[model.kind](model, sql))
                else:
                    self.materialize(model, sql)
                    cursor = connection.handle.cursor()
            except duckdb.Error as error:
                reason = str(error).partition("\n")[0]
                raise UserError(f"{model.name} at {at:%Y-%m-%d %H:%M}: {reason}") from error
            if model.kind == "view":
                return True
            cursor.execute(f"select count(*), sum(hash(told)) from {model.relation} as told")
            content = cursor.fetchone()
        has_changed = self.contents.get(model.relation) != content
        self.contents[model.relation] = content
        return has_changed

    def must_make(self, model: Model, changed: set[str]) -> bool:
        is_made = model.relation in self.contents or (model.kind == "view" and self.contents)
        return not is_made or CLOCK in model.sql or bool(model.reads & changed)

    def materialize(self, model: Model, sql: str) -> None:
        """By dbt's own materialization, of those that are more than one statement."""
        node = model.node
        node.compiled_code = sql
        macro = self.manifest.find_materialization_macro_by_name(
            self.adapter.config.project_name, node.config.materialized, self.adapter.type()
        )
        context = generate_runtime_model_context(node, self.adapter.config, self.manifest)
        MacroGenerator(macro, context, stack=context["context_macro_stack"])()

    def record(self) -> None:
        """Write down what was decided, and have the letters in the ledger, as if rendered."""
        with self.adapter.connection_named("simulate letters"):
            cursor = self.adapter.connections.get_thread_connection().handle.cursor()
            record(cursor)
        self.news |= {relation for relation in self.models if relation.endswith(LEDGER_NAME)}

    def close(self) -> None:
        """Let go of the scratch warehouse."""
        self.adapter.cleanup_connections()
        self.adapter.connections.close_all_connections()


def read_before_made(models: list[Model]) -> set[str]:
    """Tables that a model reads as they were before the step: no edge makes it wait for them."""
    made = {model.relation for model in models}
    return {relation for model in models for relation in (model.reads - model.after) & made}


def record(cursor: Any) -> None:
    """Of a step that is made: its decisions, and its letters into the scratch ledger."""
    cursor.execute(RECORD)
    cursor.execute(SENT)
    # What the renderer would take from the queue, as far as a decision knows it.
    columns = {
        column: source
        for source in ("email_candidates", "email_decisions")
        for column in columns_of(cursor, f"marts.{source}")
    }
    columns["sent_at"] = "email_decisions"
    names = [column for column in columns_of(cursor, LEDGER) if column in columns]
    values = [
        "email_decisions.evaluated_at" if name == "sent_at" else f"{columns[name]}.{name}"
        for name in names
    ]
    cursor.execute(
        f"""
        insert into {LEDGER} ({", ".join(names)})
        select {", ".join(values)}
        from marts.email_decisions
        left join marts.email_candidates using (message_id)
        where decision = 'send'
        """
    )


def columns_of(cursor: Any, table: str) -> list[str]:
    cursor.execute(f"describe {table}")
    return [name for name, *_ in cursor.fetchall()]


def _table(model: Model, sql: str) -> str:
    if model.columns:
        # As a contract has it: these columns, of these types.
        columns = ", ".join(
            f"cast({name} as {kind}) as {name}" for name, kind in model.columns.items()
        )
        sql = f"select {columns} from ({sql}\n) as told"
    return f"create or replace table {model.relation} as {sql}"


STATEMENTS: dict[str, Callable[[Model, str], str]] = {
    "table": _table,
    "view": lambda model, sql: f"create or replace view {model.relation} as {sql}",
    "incremental": lambda model, sql: f"insert into {model.relation} by name {sql}",
}
