"""A cycle's decisions, made aside in memory from the warehouse, which is only read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import duckdb

from penpal.cycle import narrow
from penpal.cycle.plan import Made, Plan
from penpal.settings import UserError, locked
from penpal.simulation.plan import CLOCK, clock_text

NIGHT = "the_night"

# Who and what the people concerned are known by; in this order, after cycle.people.
KEYS = (
    (
        "records",
        """select record_key, source_table, source_key from {identity_map}
        where customer_id in (select customer_id from cycle.people)
        union all by name
        select record_key, source_table, source_key from cycle.arrivals
        where customer_id in (select customer_id from cycle.people)""",
    ),
    ("devices", "cycle_devices"),
    ("carts", "cycle_carts"),
    ("visitors", "cycle_visitors"),
    ("known", "cycle_known"),
    (
        "known_records",
        """select record_key from {identity_map}
        where customer_id in (select customer_id from cycle.known)""",
    ),
    (
        "mailboxes",
        """select identifier_value as email_key, shown_value as email
        from {identity_record_values}
        where identifier_type = 'email'
            and record_key in (select record_key from cycle.records)
        union
        select identifier_value, shown_value from cycle.arrived_values
        where identifier_type = 'email'""",
    ),
    (
        "ids",
        """select customer_id from {customer_id_changes}
        where current_customer_id in (select customer_id from cycle.people)
        union
        select customer_id from cycle.arrivals""",
    ),
)


class Scratch:
    """A DuckDB in memory that looks like the warehouse: it has its tables, or sees those there."""

    def __init__(self, warehouse: Path, plan: Plan, at: datetime):
        self.warehouse, self.plan, self.at = warehouse, plan, at
        self.models = {model.name: model for model in plan.models}
        self.connection = attached(warehouse, plan)
        self.views: set[str] = set()
        self.tables: set[str] = set()

    def run(self, sql: str) -> duckdb.DuckDBPyConnection:
        return self.connection.execute(sql)

    def night(self, name: str) -> str:
        """The warehouse's own table of a model."""
        return f"{NIGHT}.{self.plan.relations[name].split('.', 1)[1]}"

    def see(self, names: Iterable[str]) -> None:
        """Show tables of the warehouse as they are."""
        for name in names:
            self.drop(name)
            self.run(f"create view {self.plan.relations[name]} as from {self.night(name)}")
            self.views.add(name)

    def drop(self, name: str) -> None:
        relation = self.plan.relations[name]
        if name in self.views:
            self.run(f"drop view {relation}")
        if name in self.tables:
            self.run(f"drop table {relation}")
        self.views.discard(name)
        self.tables.discard(name)

    def table(self, name: str, sql: str) -> None:
        """Have a table of our own; its query may read what stood under that name."""
        self.run(f"create or replace temp table made as {sql}")
        self.drop(name)
        self.run(f"create table {self.plan.relations[name]} as from made")
        self.tables.add(name)

    def model(self, name: str) -> None:
        """Make a model. What is a view at night is a table here, small and read by several."""
        model = self.models[name]
        sql = self.at_clock(model.sql)
        try:
            if model.is_appended:
                before = self.plan.relations[name]
                self.run(f"create or replace table cycle.new_{name} as {sql}")
                self.table(name, f"from {before} union all by name from cycle.new_{name}")
            else:
                kind = "view" if name.startswith("stg_") else "table"
                self.drop(name)
                self.run(f"create {kind} {self.plan.relations[name]} as {with_types(model, sql)}")
                (self.views if kind == "view" else self.tables).add(name)
        except duckdb.Error as error:
            raise UserError(f"model {name}: {str(error).partition(chr(10))[0]}") from error

    def query(self, table: str, name: str) -> None:
        """A query of ours, as cycle.<table>."""
        try:
            sql = self.plan.queries.get(name) or name.format(**self.plan.relations)
            self.run(f"create or replace table cycle.{table} as {self.at_clock(sql)}")
        except duckdb.Error as error:
            raise UserError(f"cycle.{table}: {str(error).partition(chr(10))[0]}") from error

    def at_clock(self, sql: str) -> str:
        return sql.replace(CLOCK, clock_text(self.at))


def with_types(model: Made, sql: str) -> str:
    """As a contract has it: these columns, of these types."""
    if not model.columns:
        return sql
    columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in model.columns.items())
    return f"select {columns} from ({sql}\n) as told"


def attach(connection: duckdb.DuckDBPyConnection, warehouse: Path, how: str) -> None:
    """Attach the warehouse, read_only or read_write; one that is locked is a UserError."""
    path = str(warehouse).replace("'", "''")
    try:
        connection.execute(f"attach '{path}' as {NIGHT} ({how})")
    except duckdb.Error as error:
        if told := locked(warehouse, error):
            raise told from error
        raise


def attached(warehouse: Path, plan: Plan) -> duckdb.DuckDBPyConnection:
    """A database in memory under the warehouse's name, with its schemas, beside the warehouse."""
    connection = duckdb.connect(":memory:")
    connection.execute("set timezone = 'UTC'; set preserve_insertion_order = false")
    connection.execute("set temp_directory = $1", [str(warehouse.with_suffix(".tmp"))])
    database = next(iter(plan.relations.values())).split(".")[0]
    attach(connection, warehouse, "read_only")
    connection.execute(f"attach ':memory:' as {database}; use {database}")
    schemas = {relation.split(".")[1] for relation in plan.relations.values()}
    for schema in sorted(schemas | {"cycle"}):
        connection.execute(f"create schema if not exists {database}.{schema}")
    return connection


def make(warehouse: Path, plan: Plan, at: datetime) -> Scratch:
    """Decide: the tables of the plan, and cycle.people, those whom they are about."""
    scratch = Scratch(warehouse, plan, at)
    scratch.see(narrow_names(plan) | there(scratch))
    views_of_staging(scratch)
    for name in narrow.OF_EVERYBODY:
        scratch.model(name)
    for table in ("windows", "campaigns", "order_names"):
        scratch.query(table, f"cycle_{table}")
    find_arrivals(scratch)
    scratch.query("people", "cycle_people")
    for table, name in KEYS:
        scratch.query(table, name)
    narrow_tables(scratch)
    done = {*narrow.OF_EVERYBODY, *narrow.OF_ARRIVALS}
    for model in plan.models:
        if model.name not in done and not model.name.startswith("stg_"):
            scratch.model(model.name)
    return scratch


def narrow_names(plan: Plan) -> set[str]:
    """What the lists of narrow.py name."""
    named = {*narrow.STAGED, *narrow.IDENTITY, *narrow.OF_THE_NIGHT, *narrow.WHOLE}
    return named | set(narrow.OF_THE_NIGHT_OR_EMPTY)


def there(scratch: Scratch) -> set[str]:
    """Tables of the warehouse that the plan knows."""
    rows = scratch.run(
        f"""select table_schema, table_name from information_schema.tables
        where table_catalog = '{NIGHT}' and table_type = 'BASE TABLE'"""
    ).fetchall()
    found = {f'"{schema}"."{table}"' for schema, table in rows}
    relations = scratch.plan.relations.items()
    return {name for name, relation in relations if relation.split(".", 1)[1] in found}


def views_of_staging(scratch: Scratch) -> None:
    for model in scratch.plan.models:
        if model.name.startswith("stg_"):
            scratch.model(model.name)


def find_arrivals(scratch: Scratch) -> None:
    """cycle.arrivals: recent rows alone are read, as the night reads all."""
    for name in narrow.EMPTY_FOR_ARRIVALS:
        scratch.table(name, f"from {scratch.night(name)} limit 0")
    # Of days, and not only since the night: files come late. What is older waits for the night.
    oldest = "(select since from cycle.windows where kind = 'web')"
    for name, moment in narrow.RECENT.items():
        scratch.table(name, f"from {scratch.night(name)} where {moment} > {oldest}")
    for model in scratch.plan.models:
        if model.name in narrow.OF_ARRIVALS:
            scratch.model(model.name)
    scratch.query("arrivals", "cycle_arrivals")
    scratch.query(
        "arrived_values",
        """select arrivals.record_id, arrivals.record_key, stated.identifier_type,
            stated.identifier_value, min(stated.shown_value) as shown_value,
            min(stated.observed_at) as observed_at
        from {identity_stated_values} as stated
        inner join cycle.arrivals as arrivals on stated.record_key = arrivals.record_key
        group by all""",
    )
    scratch.see([*narrow.RECENT, *narrow.EMPTY_FOR_ARRIVALS])


def narrow_tables(scratch: Scratch) -> None:
    """Rows of the people concerned, in place of everybody's."""
    not_plain = scratch.plan.queries["cycle_not_plain"]
    made: dict[str, str] = {}
    for name, condition in narrow.STAGED.items():
        made[name] = f"from {scratch.night(name)} where {condition.format(not_plain=not_plain)}"
    for name, sql in narrow.IDENTITY.items():
        made[name] = sql.format(night=scratch.night(name))
    of_people = {*narrow.OF_THE_NIGHT, *narrow.OF_THE_NIGHT_OR_EMPTY, *nightly_segments(scratch)}
    for name in sorted(of_people):
        made[name] = f"from {scratch.night(name)} where {narrow.PEOPLE}"
    for name in narrow.OF_THE_NIGHT_OR_EMPTY:
        made[name] += """ union all by name
            select customer_id from cycle.arrivals where is_new group by customer_id"""
    for name, sql in made.items():
        try:
            scratch.table(name, sql)
        except duckdb.Error as error:
            raise UserError(f"{name}: {str(error).partition(chr(10))[0]}") from error


def nightly_segments(scratch: Scratch) -> set[str]:
    """Segments that are made at night; one that nobody can predict is not there."""
    return {name for name in scratch.plan.boundary() if name.startswith("segment_")} - {
        *narrow.OF_THE_NIGHT,
        *narrow.WHOLE,
    }
