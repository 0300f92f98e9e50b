"""A cycle between nights decides as a night at its clock would, and leaves out nothing unsaid."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from conftest import ROOT
from dbt.adapters.factory import get_adapter_by_type

from penpal.cycle import narrow
from penpal.cycle.__main__ import refuse_without_night, stage_and_compile
from penpal.cycle.commit import close, commit
from penpal.cycle.make import make
from penpal.project_vars import moment
from penpal.settings import UserError
from penpal.simulation.plan import Project
from penpal.simulation.scratch import make_scratch

pytestmark = pytest.mark.built
MANIFEST = ROOT / "target" / "manifest.json"
END = datetime(2026, 6, 15, 12)  # the sample's own clock


@pytest.fixture(scope="module", autouse=True)
def own_environment() -> Iterator[None]:
    """A project tells dbt by the environment where it is: not beyond these tests."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


# What a cycle reads, and does not make.


@pytest.fixture(scope="module")
def nodes() -> dict[str, Any]:
    assert MANIFEST.exists(), "There is no target/manifest.json yet: run `make parse`."
    return json.loads(MANIFEST.read_text(encoding="utf-8"))["nodes"]


def is_selected(node: dict[str, Any], definition: dict[str, str]) -> bool:
    """One line of selectors.yml, of the methods that it uses."""
    method, value = definition["method"], definition["value"]
    if method == "path":
        return node["original_file_path"].startswith(value + "/")
    if method == "fqn":
        return node["name"] == value
    assert method == "config.meta.refresh"
    return node["config"]["meta"].get("refresh") == value


@pytest.fixture(scope="module")
def made(nodes: dict[str, Any]) -> set[str]:
    """Ids of the models of the selector `triggers`."""
    file = yaml.safe_load((ROOT / "selectors.yml").read_text(encoding="utf-8"))
    (selector,) = file["selectors"]
    *lines, last = selector["definition"]["union"]
    models = {key: node for key, node in nodes.items() if node["resource_type"] == "model"}
    return {
        key
        for key, node in models.items()
        if any(is_selected(node, line) for line in lines)
        and not any(is_selected(node, line) for line in last["exclude"])
    }


def test_what_decisions_stand_on_is_made_or_stated(nodes: dict[str, Any], made: set[str]) -> None:
    """A new ancestor of decisions is made in a cycle, or a list says that the night's will do."""
    stated = {*narrow.STAGED, *narrow.IDENTITY, *narrow.OF_THE_NIGHT, *narrow.WHOLE}
    stated |= {*narrow.OF_THE_NIGHT_OR_EMPTY, *narrow.OF_ARRIVALS, *narrow.EMPTY_FOR_ARRIVALS}
    left = [f"model.penpal.{name}" for name in ("email_queue", "email_revocations")]
    found, unstated = set(), set()
    while left:
        key = left.pop()
        if key in found or nodes.get(key, {}).get("resource_type") != "model":
            continue  # a seed of rules is read as it is
        found.add(key)
        name = nodes[key]["name"]
        if key in made or name.startswith("stg_"):
            left += nodes[key]["depends_on"]["nodes"]
        elif name not in stated and nodes[key]["config"]["meta"].get("refresh") != "nightly":
            unstated.add(name)
    assert not unstated, (
        f"{sorted(unstated)}: letters stand on them. Have a cycle make them (selectors.yml), or say"
        " in scripts/penpal/cycle/narrow.py which rows of the night it reads."
    )
    assert "model.penpal.email_decisions" in found and len(found) > 100


def test_the_lists_name_models_that_are_there(nodes: dict[str, Any], made: set[str]) -> None:
    names = {node["name"] for node in nodes.values() if node["resource_type"] == "model"}
    named = {*narrow.STAGED, *narrow.IDENTITY, *narrow.OF_THE_NIGHT, *narrow.WHOLE, *narrow.RECENT}
    assert named | {*narrow.OF_THE_NIGHT_OR_EMPTY, *narrow.OF_EVERYBODY} <= names
    assert {f"model.penpal.{name}" for name in narrow.OF_EVERYBODY} <= made


def test_each_trigger_says_when_it_is_made(nodes: dict[str, Any]) -> None:
    """refresh; and for one that a cycle makes, which facts wake it."""
    kinds = {"web", "orders", "consents", "products", "birthdays"}
    for node in nodes.values():
        name, meta = node["name"], node["config"].get("meta", {})
        if not name.startswith("trigger_") or name == "trigger_occasions":
            continue
        assert meta.get("refresh") in ("15 min", "nightly"), f"{name}: give its meta a refresh."
        woken = set(meta.get("woken_by", []))
        assert woken <= kinds, f"{name}: woken_by knows {sorted(kinds)}."
        assert bool(woken) == (meta["refresh"] == "15 min"), f"{name}: say what it is woken_by."


# What a cycle decides.


# What stays as the night left it: all but this, staging and the ledgers that are appended to.
CHANGED = {"email_decisions", "email_queue", "email_revocations", "segment_memberships"}
LEDGERS = {"experiment_assignments", "product_changes"}


class World:
    """A night of the sample, and a cycle hours later, at the clock of the sample as it is built."""

    def __init__(self, folder: Path, built: Path, seed: int):
        hours = random.Random(seed).uniform(8, 30)
        self.night, self.clock = END - timedelta(hours=hours), END
        self.built, self.warehouse = built, folder / "penpal.duckdb"
        make_scratch(built, self.warehouse, self.night)
        self.project = Project(ROOT, self.warehouse, {})
        self.kept = folder / "kept"
        self.project.dbt(["run", "--select", *self.project.selected()], self.night)
        release()
        self.before = self.contents()
        self.plan = stage_and_compile(self.project, self.clock, self.kept)
        self.scratch = make(self.warehouse, self.plan, self.clock)
        self.tables = commit(self.scratch)
        self.arrivals = self.scratch.run(
            "select record_key, customer_id from cycle.arrivals"
        ).fetchall()
        self.campaigns = [name for (name,) in self.scratch.run("from cycle.campaigns").fetchall()]
        close(self.scratch)
        self.after = self.contents()

    def contents(self) -> dict[str, Any]:
        """Rows and hash of every table, by schema.table."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            tables = connection.execute(
                """select table_schema || '.' || table_name from information_schema.tables
                where table_type = 'BASE TABLE' and table_catalog = current_database()"""
            ).fetchall()
            query = "select count(*), sum(hash(told)) from {0} as told"
            return {name: connection.execute(query.format(name)).fetchone() for (name,) in tables}

    def again(self, clock: datetime) -> None:
        """Another cycle."""
        made = stage_and_compile(self.project, clock, self.kept)
        scratch = make(self.warehouse, made, clock)
        commit(scratch)
        close(scratch)


def release() -> None:
    """Let dbt, which runs in this process, close its warehouse."""
    adapter = get_adapter_by_type("duckdb")
    adapter.cleanup_connections()
    adapter.connections.close_all_connections()


def rows(path: Path, query: str, values: list[Any] | None = None) -> list[Any]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query, values).fetchall()


@pytest.fixture(scope="module")
def worlds(
    built_warehouse: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> list[World]:
    count = request.config.getoption("--worlds")
    return [World(tmp_path_factory.mktemp("cycle"), built_warehouse, n) for n in range(count)]


DECIDED = """
select message_id, customer_id, campaign, occasion, email, variant, decision, reason, evidence,
    send_after, expires_at
from marts.email_decisions
where list_contains($campaigns, campaign)
"""


def test_a_cycle_decides_as_a_night_at_its_clock(worlds: list[World]) -> None:
    """For whoever the night knows as the cycle does: of a shared address the cycle knows nobody."""
    for world in worlds:
        given = {"campaigns": world.campaigns}
        cycle = {row[0]: row for row in rows(world.warehouse, DECIDED, given)}
        night = {row[0]: row for row in rows(world.built, DECIDED, given)}
        waiting = waiting_customers(world)
        assert len(cycle) > 100
        assert cycle.keys() - night.keys() == set()
        for message in night.keys() - cycle.keys():
            assert night[message][1] in waiting, night[message]
        differing = [
            (row, night[message])
            for message, row in cycle.items()
            if row != night[message] and row[1] not in waiting
        ]
        assert differing == []
        sent = {message for message, row in cycle.items() if row[6] == "send"}
        assert sent and sent <= {message for message, row in night.items() if row[6] == "send"}


def waiting_customers(world: World) -> set[str]:
    """Customers of records that came since the night and that a cycle leaves to the next one."""
    known = {
        key for (key,) in rows(world.warehouse, "select record_key from identity.identity_map")
    }
    arrived = {key for key, _ in world.arrivals}
    return {
        customer
        for key, customer in rows(
            world.built, "select record_key, customer_id from identity.identity_map"
        )
        if key not in known and key not in arrived
    }


def test_who_came_since_has_the_id_that_the_night_gives(worlds: list[World]) -> None:
    for world in worlds:
        night = dict(rows(world.built, "select record_key, customer_id from identity.identity_map"))
        assert world.arrivals
        assert {key: night.get(key) for key, _ in world.arrivals} == dict(world.arrivals)


def test_a_cycle_changes_decisions_staging_and_two_ledgers(worlds: list[World]) -> None:
    """So the next night is what it would have been, apart from letters and what ledgers tell."""
    for world in worlds:
        changed = {
            name for name, content in world.after.items() if world.before.get(name) != content
        }
        marts = {name.removeprefix("marts.") for name in changed if name.startswith("marts.")}
        segments = {name for name in marts if name.startswith("segment_")}
        assert marts - segments <= CHANGED and segments <= {*world.plan.segments, *CHANGED}
        others = {name for name in changed if not name.startswith(("marts.", "staging."))}
        assert others <= {f"ledger.{name}" for name in LEDGERS}
        assert {f"marts.{name}" for name in marts} <= set(world.tables)


def test_a_letter_goes_out_once_and_a_refusal_ends_it(worlds: list[World]) -> None:
    """Two cycles on: what was written is not written again, nor to whoever has refused since."""
    world = worlds[0]
    queue = rows(world.warehouse, "select message_id, email from marts.email_queue order by all")
    (_, refuser), written = queue[0], queue[1:]
    assert len(written) > 5
    with duckdb.connect(str(world.warehouse)) as connection:
        connection.execute(
            """insert into ledger.email_messages by name
            select message_id, customer_id, email, campaign, occasion, variant, template,
                evaluated_at as sent_at
            from marts.email_queue where email <> $1""",
            [refuser],
        )
        connection.execute(
            """insert into raw.raw_crm__consents by name
            select 'a-refusal' as consent_id, $1 as email, 'marketing' as purpose,
                'withdrawn' as status, '2026-06-15T12:05:00Z' as occurred_at,
                '2026-06-15T12:06:00Z' as loaded_at""",
            [f" {refuser.upper()} "],
        )
    world.again(world.clock + timedelta(minutes=15))
    decided = dict(rows(world.warehouse, "select message_id, reason from marts.email_decisions"))
    again = rows(world.warehouse, "select message_id, email from marts.email_queue")
    assert {message for message, _ in again}.isdisjoint(message for message, _ in written)
    assert {decided[message] for message, email in written if email != refuser} == {"already_sent"}
    of_refuser = rows(
        world.warehouse,
        """select decisions.campaign, reason from marts.email_decisions as decisions
        inner join rules.campaigns using (campaign)
        where email = $1 and kind = 'marketing' and list_contains($2, decisions.campaign)""",
        [refuser, world.campaigns],
    )
    assert of_refuser and {reason for _, reason in of_refuser} <= {"no_consent", "expired"}
    assert not [message for message, email in again if email == refuser]


def test_a_cycle_does_not_go_back(worlds: list[World]) -> None:
    with pytest.raises(UserError, match="does not go back"):
        refuse_without_night(worlds[0].warehouse, worlds[0].night)


def test_without_a_night_there_is_no_cycle(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "empty.duckdb")):
        pass
    with pytest.raises(UserError, match="run `full` first"):
        refuse_without_night(tmp_path / "empty.duckdb", END)


def test_the_clock_is_read_or_refused() -> None:
    assert (
        moment("2026-06-15T12:15Z") == moment("2026-06-15 12:15") == datetime(2026, 6, 15, 12, 15)
    )
    with pytest.raises(UserError, match="give a UTC time"):
        moment("yesterday")
