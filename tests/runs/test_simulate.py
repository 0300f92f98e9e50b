"""simulate.py: a simulated step is the build of that clock, and its promises can fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ROOT, run_dbt

from penpal.settings import UserError
from penpal.simulation import chart, report
from penpal.simulation.outcome import calendar, outcome, promises
from penpal.simulation.plan import CLOCK, Model
from penpal.simulation.replay import Replay, read_before_made
from penpal.simulation.rules import other_project
from penpal.simulation.scratch import RECORDED, make_scratch

BEGINS, ENDS = datetime(2026, 6, 13, 12), datetime(2026, 6, 15, 12)
DECIDED = "select * from marts.email_decisions order by message_id"
COMPARED = ("marts.email_decisions", "marts.email_revocations", "identity.identity_map")


def run_simulation(warehouse: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "simulate.py"), *map(str, arguments)]
    environment = os.environ | {"PENPAL_WAREHOUSE": str(warehouse)}
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment)


@pytest.fixture(scope="module")
def compared(built_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two simulations of three days: kept warehouses, page.html and found.json."""
    folder = tmp_path_factory.mktemp("simulation")
    rules = folder / "rules"
    rules.mkdir()
    text = (ROOT / "seeds" / "rules" / "campaigns.csv").read_text(encoding="utf-8")
    assert "\nwin_back," in text
    kept = [line for line in text.splitlines() if not line.startswith("win_back,")]
    (rules / "campaigns.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    done = run_simulation(
        built_warehouse,
        *("--from", BEGINS, "--to", ENDS, "--compare", rules, "--keep", folder / "kept"),
        *("--html", folder / "page.html", "--json", folder / "found.json"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "text").write_text(done.stdout, encoding="utf-8")
    return folder


def content(path: Path, table: str) -> list[Any]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(f"from {table} order by all").fetchall()


def test_a_simulated_day_is_the_build_of_that_clock(compared: Path, tmp_path: Path) -> None:
    """dbt, with the ledger as the simulation's last step found it, decides the same."""
    simulated, real = compared / "kept" / "now" / "penpal.duckdb", tmp_path / "penpal.duckdb"
    make_scratch(simulated, real, ENDS)
    places = {"PENPAL_WAREHOUSE": str(real), "DBT_TARGET_PATH": str(tmp_path / "target")}
    places |= {"DBT_LOG_PATH": str(tmp_path / "logs")}
    selection = ("+email_decisions", "+email_revocations", "+ledger_customer_id_assignments")
    given = json.dumps({"as_of": f"{ENDS:%Y-%m-%d %H:%M:%S}"})
    done = run_dbt(
        ("run", "--select", *selection, "--vars", given), ROOT, os.environ | places
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:]
    decisions = content(real, "marts.email_decisions")
    assert len(decisions) > 100
    for table in COMPARED:
        assert content(simulated, table) == content(real, table), table


def test_letters_are_remembered_from_step_to_step(compared: Path) -> None:
    path = compared / "kept" / "now" / "penpal.duckdb"
    letters = content(path, "simulation.letters")
    assert len({str(letter[-1]) for letter in letters}) == 3
    assert len({letter[0] for letter in letters}) == len(letters)
    reasons = {(row[1], row[-1]) for row in content(path, "simulation.decisions") if row[0] == ENDS}
    earlier = {letter[0] for letter in letters if letter[-1] < ENDS}
    again = {(message, reason) for message, reason in reasons if message in earlier}
    assert again and {reason for _, reason in again} == {"already_sent"}


def test_the_difference_is_what_the_rules_differ_in(compared: Path) -> None:
    other, now = json.loads((compared / "found.json").read_text(encoding="utf-8"))
    campaigns = [{row["campaign"] for row in side["letters"].values()} for side in (other, now)]
    assert campaigns[1] - campaigns[0] == {"win_back"}
    lost = report.lost(now, other)
    assert [row[:2] for row in lost if row[0] == "win_back"] == [("win_back", "no such occasion")]
    text = (compared / "text").read_text(encoding="utf-8")
    assert "Letters and audiences by campaign" in text and "no such occasion" in text
    page = (compared / "page.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 1 and "<script" not in page
    assert all(row["is_kept"] for side in (other, now) for row in side["checks"])


def made(name: str, sql: str, *after: str) -> Model:
    reads = frozenset(word for word in sql.split() if word != CLOCK)
    return Model(name, name, "table", sql, None, frozenset(after), reads, None)


def test_a_table_is_kept_only_while_nothing_that_it_reads_has_changed() -> None:
    models = [made("ids", "ledger staged", "staged"), made("ledger", "ids", "ids")]
    models += [made("staged", f"raw {CLOCK}"), made("names", "staged ids", "staged", "ids")]
    replay = Replay.__new__(Replay)
    replay.contents = {}
    assert all(replay.must_make(model, set()) for model in models)
    replay.contents = dict.fromkeys(("ids", "ledger", "staged"), 1)
    told = {model.name: replay.must_make(model, {"ids"}) for model in models}
    assert told == {"ids": False, "ledger": True, "staged": True, "names": True}
    # A ledger that changed after it was read is news for the next step.
    assert read_before_made(models) == {"ledger"}
    assert replay.must_make(models[0], {"ledger"})


def letter(message: str, at: str, **other: str) -> dict[str, Any]:
    told = {"message_id": message, "customer_id": "A", "campaign": "news", "occasion": message}
    told |= {"sent_at": datetime.fromisoformat(at), "timezone": "Asia/Tokyo", "kind": "marketing"}
    return told | other


CAPS = {"per_day": 1, "per_week": 2, "fatigued_per_week": 1}


@pytest.mark.parametrize(
    ("broken", "letters"),
    [
        ("a letter twice", [letter("1", "2026-06-01"), letter("1", "2026-06-03")]),
        (
            "a campaign's occasion of a customer twice",
            [letter("1", "2026-06-01", occasion="K"), letter("2", "2026-06-03", occasion="K")],
        ),
        (
            "marketing letters of a customer in a run",
            [letter("1", "2026-06-01 09:00"), letter("2", "2026-06-01 09:00")],
        ),
        # 15:00 UTC is midnight in Tokyo.
        (
            "marketing letters of a customer a day",
            [letter("1", "2026-06-01 15:00"), letter("2", "2026-06-02 14:59")],
        ),
        (
            "marketing letters of a customer a week",
            [letter(str(n), f"2026-06-0{n} 12:00") for n in (1, 3, 5)],
        ),
    ],
)
def test_a_broken_promise_is_told(broken: str, letters: list[dict[str, Any]]) -> None:
    kept = {check["what"]: check["is_kept"] for check in promises(letters, CAPS)}
    assert not kept[broken]
    assert all(check["is_kept"] for check in promises(letters[:1], CAPS))


def test_transactional_letters_meet_no_cap_and_days_are_the_customers() -> None:
    order = [letter(str(n), f"2026-06-01 0{n}:00", kind="transactional") for n in (3, 4, 5)]
    apart = [letter("1", "2026-06-01 14:59"), letter("2", "2026-06-01 15:00")]
    assert all(check["is_kept"] for check in promises([*order, *apart], CAPS))
    assert calendar(datetime(2026, 6, 7, 15), "Asia/Tokyo")["week"] == date(2026, 6, 8)
    assert calendar(datetime(2026, 6, 7, 15), None)["week"] == date(2026, 6, 1)


def test_a_sent_letter_stays_one_and_counts_once(tmp_path: Path) -> None:
    """What the days and the whole time say of one letter: held, sent, and already sent after it."""
    with duckdb.connect(str(tmp_path / "tiny.duckdb")) as connection:
        for schema in ("marts", "identity", "rules"):
            connection.execute(f"create schema {schema}")
        connection.execute(RECORDED)
        connection.execute(
            """
            create table identity.customer_id_changes as
            select 'A' as customer_id, 'B' as current_customer_id;
            create table marts.customers as select 'B' as customer_id, 'UTC' as timezone;
            create table rules.campaigns as select 'news' as campaign, 'marketing' as kind;
            insert into simulation.letters
            values ('1', 'A', 'a@x', 'news', 'o', 'default', '2026-06-02');
            insert into simulation.decisions
            select clock, '1', 'A', 'a@x', 'news', 'o', 'default', decision, reason
            from (values
                (timestamp '2026-06-01', 'hold', 'waiting'), ('2026-06-02 00:00', 'send', 'due'),
                ('2026-06-02 06:00', 'skip', 'already_sent'), ('2026-06-03', 'skip', 'already_sent')
            ) as steps (clock, decision, reason)
            """
        )
        found = outcome(connection, None, [])
        assert outcome(connection, None, ["other"])["letters"] == {}
    assert [(row["day"].day, row["reason"]) for row in found["days"]] == [
        (1, "waiting"),
        (2, "due"),
    ]
    assert [(row["reason"], row["occasions"]) for row in found["totals"]] == [("due", 1)]
    assert found["letters"]["1"]["customer_id"] == "B"


def test_ledgers_end_where_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "penpal.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            create schema ledger;
            create table ledger.email_messages as
            select timestamp '2026-06-12' + n * interval 1 day as sent_at from range(3) as r (n);
            """
        )
    make_scratch(path, tmp_path / "copy" / "penpal.duckdb", BEGINS.replace(hour=0))
    assert len(content(tmp_path / "copy" / "penpal.duckdb", "ledger.email_messages")) == 1
    assert len(content(path, "ledger.email_messages")) == 3
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table ledger.strange as select 1 as n")
    with pytest.raises(UserError, match=r"ledger\.strange has none of the columns sent_at"):
        make_scratch(path, tmp_path / "again.duckdb", BEGINS)


def test_other_rules_are_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'nowhere' is neither a folder of rules nor a commit"):
        other_project("nowhere", tmp_path / "a")
    with pytest.raises(UserError, match=r"has no \.csv file"):
        other_project(str(tmp_path), tmp_path / "b")
    (tmp_path / "campains.csv").write_text("campaign\n")
    with pytest.raises(UserError, match=r"seeds/rules has no campains\.csv"):
        other_project(str(tmp_path), tmp_path / "c")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "2026-06-02", "--to", "2026-06-01"), "--from is after --to"),
        (("--from", "yesterday", "--to", "2026-06-01"), "'yesterday' is no UTC time"),
        (("--from", "2026-06-01", "--to", "2026-06-02", "--every", "0m"), "'0m' is no span"),
        (("--from", "2020-01-01", "--to", "2026-06-02", "--every", "1m"), "more than 10,000 steps"),
    ],
)
def test_what_cannot_be_asked(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run_simulation(tmp_path / "none.duckdb", *arguments)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_campaign_that_there_is_not_is_refused(tmp_path: Path) -> None:
    span = ("--from", "2026-06-01", "--to", "2026-06-02")
    done = run_simulation(tmp_path / "none.duckdb", *span, "--campaign", "xmas")
    assert done.returncode == 2
    assert "There is no campaign 'xmas': there are " in done.stderr


def test_the_chart_has_a_bar_for_each_number() -> None:
    days = [date(2026, 6, 1) + timedelta(days=n) for n in range(3)]
    drawn = chart.stacked("<b>", days, {"a": [1, 0, 7], "<i>": [2, 0, 4]})
    assert drawn.count("<title>") == 4 and "2026-06-03, a: 7" in drawn
    assert "<b>" not in drawn and "<i>" not in drawn
    assert chart.grouped("t", days, {"a": [0, 0, 0]}).count("<title>") == 0
