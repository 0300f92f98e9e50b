"""Runs: who holds the lock, what is tried again, gone on with, refused, told and forgotten.

With steps of the tests' own, so that nothing is built: what runs does not matter here.
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

import run_pipeline
from penpal import settings
from penpal.pipeline import freshness, hooks, known, preflight, records, resume
from penpal.pipeline.journal import Journal
from penpal.pipeline.lock import RunInProgress, hold_lock, holder_of
from penpal.pipeline.modes import MODES, Mode
from penpal.pipeline.run import full_steps
from penpal.pipeline.steps import Step
from penpal.settings import ROOT, Settings, UserError

NOTHING = ("-c", "pass")


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("PENPAL_WAREHOUSE", str(tmp_path / "shop.duckdb"))
    monkeypatch.setenv("PENPAL_LAKE", str(tmp_path / "lake"))
    monkeypatch.setattr(known, "pauses", lambda: (0, 0))
    monkeypatch.setattr(run_pipeline, "collect", lambda *_: {})
    monkeypatch.setattr(run_pipeline, "screen", lambda *_: "The screen")
    monkeypatch.setattr(resume, "code_digest", lambda: "code")
    # Runs of one process in one second.
    numbers = itertools.count(1)
    today = time.strftime("%Y%m%d-235959-")
    monkeypatch.setattr(run_pipeline, "new_name", lambda: f"{today}{next(numbers):03}")
    for name in ("PENPAL_ON_SUCCESS", "PENPAL_ON_FAILURE"):
        monkeypatch.delenv(name, raising=False)
    duckdb.connect(str(tmp_path / "shop.duckdb")).close()
    return settings.load()


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the steps of a full run: programs for Python by name."""

    def are(**programs: str | Step) -> None:
        found = [
            step if isinstance(step, Step) else Step(name, name.title(), ("-c", step))
            for name, step in programs.items()
        ]
        monkeypatch.setitem(MODES, "full", Mode("the test's", lambda *_: found))

    are(first="print('one')", second="print('two')", third="print('three')")
    return are


def ended(paths: Settings) -> list[dict[str, Any]]:
    """The records, oldest first."""
    return list(records.records(paths.runs))[::-1]


def events(paths: Settings, event: str) -> list[dict[str, Any]]:
    lines = map(json.loads, paths.runs_log.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line["event"] == event]


def run(*arguments: str) -> int:
    """A run in this process."""
    return run_pipeline.main(["full", *arguments])


# --- the record and the journal -----------------------------------------------------------------


def test_each_step_is_written_down(paths: Settings, steps: Any, capsys: Any) -> None:
    assert run() == 0
    assert "The screen" in capsys.readouterr().out
    [record] = ended(paths)
    names = ["prepare", "first", "second", "third"]
    assert [step["name"] for step in record["steps"]] == names
    assert (record["status"], record["exit_code"], record["mode"]) == ("done", 0, "full")
    assert [event["name"] for event in events(paths, "step")] == names
    assert [event["number"] for event in events(paths, "step")] == [0, 1, 2, 3]
    assert events(paths, "ended")[0]["status"] == "done"


def test_machines_read_what_is_printed(paths: Settings, steps: Any, capsys: Any) -> None:
    assert run("--log-format", "json") == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in printed] == ["begun", *["step"] * 4, "ended"]


def test_a_line_that_was_cut_off_swallows_no_other(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    file.write_text('{"at": "2020-01-01 00:00:00", "ev')
    Journal(file).write("begun", "r1")
    assert json.loads(file.read_text().splitlines()[1])["run"] == "r1"
    Journal(file).forget_before(30)
    assert len(file.read_text().splitlines()) == 1, "what cannot be read is forgotten"


@pytest.mark.parametrize(("days", "kept"), [(29, True), (31, False)])
def test_the_journal_forgets_what_is_old(tmp_path: Path, days: int, kept: bool) -> None:
    journal = Journal(tmp_path / "runs.jsonl")
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - 86_400 * days))
    journal.file.write_text(json.dumps({"at": at, "event": "begun", "run": "old"}) + "\n")
    journal.write("begun", "new")
    journal.forget_before(30)
    assert len(journal.file.read_text().splitlines()) == 1 + kept


def test_old_runs_are_forgotten_but_the_last_good_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "runs.jsonl")
    for day, status in (("20200101", "done"), ("20200102", "done"), ("20200103", "failed")):
        name = f"{day}-000000-1"
        (tmp_path / name).mkdir()
        told = {"run": name, "mode": "full", "status": status}
        (tmp_path / name / "run.json").write_text(json.dumps(told))
    records.forget_old(tmp_path, journal, days=30)
    assert [record["run"] for record in records.records(tmp_path)] == ["20200102-000000-1"]


@pytest.mark.parametrize("days", ["0", "-1", "many"])
def test_days_that_are_no_number(days: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENPAL_KEEP_RUNS_DAYS", days)
    with pytest.raises(UserError, match=f"PENPAL_KEEP_RUNS_DAYS is {days}"):
        run_pipeline.keep_days()


# --- failures -----------------------------------------------------------------------------------

FAILS_TWICE = """
import pathlib, sys
tries = pathlib.Path({tries!r})
tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
sys.exit("step.py: {says}" if len(tries.read_text()) < 3 else 0)
"""


@pytest.mark.parametrize(
    ("says", "attempts", "code"),
    [
        ("Could not set lock on file x", 3, 0),
        ("Stale file handle", 3, 0),
        ("Connection reset by peer", 3, 0),
        ("No space left on device", 1, 2),
        ("shop.orders lacks the required column total", 1, 1),
    ],
    ids=["locked", "file-system", "network", "disk-full-is-not-transient", "data-is-not-transient"],
)
def test_only_what_may_pass_is_tried_again(
    paths: Settings, steps: Any, says: str, attempts: int, code: int
) -> None:
    tries = paths.warehouse.with_name("tries")
    steps(only=FAILS_TWICE.format(tries=str(tries), says=says))
    if code:
        with pytest.raises(UserError, match=says) as failed:
            run()
        assert failed.value.exit_code == code
    else:
        assert run() == 0
    assert len(tries.read_text()) == attempts
    assert ended(paths)[0]["steps"][-1]["attempts"] == attempts


def test_what_stays_locked_is_told_with_exit_code_3(paths: Settings, steps: Any) -> None:
    steps(only="import sys; sys.exit('x.py: Conflicting lock is held in duckdb (PID 7)')")
    with pytest.raises(UserError, match="let analysts read the published copy") as failed:
        run()
    assert failed.value.exit_code == settings.EXIT_LOCKED
    assert ended(paths)[0]["steps"][-1]["attempts"] == 3


def test_a_disk_that_is_full_is_told_as_such(paths: Settings, steps: Any) -> None:
    steps(only="import sys; sys.exit('x.py: IO Error: No space left on device')")
    with pytest.raises(UserError, match=rf"The disk of {paths.warehouse.parent} is full: free"):
        run()


def test_every_known_failure_is_found_and_says_what_to_do() -> None:
    assert {known.name for known in known.known_failures() if known.transient} == {
        *("locked", "busy file system", "network")
    }
    for one in known.known_failures():
        assert one.transient or one.says, one.name
    assert known.recognised(["model x: 3 rows break it"]) is None
    assert known.recognised(["It was stopped by signal 9."]).name == "out of memory"
    assert known.recognised(["It was stopped by signal 15."]) is None


# --- the lock -----------------------------------------------------------------------------------


def test_a_run_that_finds_another_waits_skips_or_fails(
    paths: Settings, steps: Any, capsys: Any
) -> None:
    with hold_lock(paths.lock_file, "r1", "noon", paths.runs / "r1"):
        assert holder_of(paths.lock_file).startswith(f"Another run (r1, process {os.getpid()} on ")
        with pytest.raises(RunInProgress, match=r"since noon UTC.*Its logs: .*/shop.runs/r1"):
            run()
        assert run("--if-running", "skip") == 0
        assert "skipped: Another run (r1" in capsys.readouterr().err
        with pytest.raises(RunInProgress):
            run("--if-running", "wait", "--wait-minutes", "0.003")
    assert [event["mode"] for event in events(paths, "skipped")] == ["full"]
    assert ended(paths) == []
    assert holder_of(paths.lock_file) is None
    assert run("--if-running", "wait") == 0


def test_a_run_waits_for_another_to_end(paths: Settings) -> None:
    held = "import fcntl, sys, time; f = open(sys.argv[1], 'a'); fcntl.flock(f, 2); print(flush=1)"
    command = [sys.executable, "-c", f"{held}; time.sleep(1)", str(paths.lock_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        began = time.monotonic()
        with hold_lock(paths.lock_file, "r2", "now", wait=30):
            assert time.monotonic() - began > 0.5


def test_a_warehouse_that_another_program_has_open(paths: Settings, steps: Any) -> None:
    opened = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); input()"
    command = [sys.executable, "-c", opened, str(paths.warehouse)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as other:
        other.stdout.readline()
        with pytest.raises(UserError, match=rf"process {other.pid}\) has .*shop.duckdb open") as no:
            run()
        other.communicate("\n")
    assert no.value.exit_code == settings.EXIT_LOCKED
    [record] = ended(paths)
    assert (record["status"], record["failure"]["step"]) == ("failed", "prepare")


# --- going on -----------------------------------------------------------------------------------


def begun(paths: Settings) -> list[str]:
    return [event["name"] for event in events(paths, "step") if event["name"] != "prepare"]


def test_a_run_is_gone_on_with_where_it_ended(paths: Settings, steps: Any) -> None:
    marker = paths.warehouse.with_name("mended")
    fails = f"import pathlib, sys; sys.exit(not pathlib.Path({str(marker)!r}).exists())"
    steps(first="print(1)", second=fails, third="print(3)")
    with pytest.raises(UserError, match="'Second' failed"):
        run()
    for name in ("letters.json", "tables.txt"):
        (paths.runs / ended(paths)[0]["run"] / name).write_text('{"rendered_total": 7}')
    marker.touch()
    assert run("--resume") == 0
    assert begun(paths) == ["first", "second", "second", "third"]
    first, second = ended(paths)
    assert (second["resumes"], second["status"]) == (first["run"], "done")
    assert [step.get("taken_from") for step in second["steps"]] == [
        *(None, first["run"], None, None)
    ]
    folder = paths.runs / second["run"]
    assert {file.name for file in folder.iterdir()} == {
        *("run.json", "letters.json", "tables.txt", "second.log", "third.log")
    }
    assert run("--resume") == 0
    assert begun(paths)[4:] == ["first", "second", "third"], "what came to its end begins anew"


def test_a_run_stops_where_it_is_asked_to(paths: Settings, steps: Any) -> None:
    assert run("--until", "first") == 0
    assert run("--until", "second", "--resume") == 0
    assert run("--resume") == 0
    assert begun(paths) == ["first", "second", "third"]
    assert [record["status"] for record in ended(paths)] == ["stopped", "stopped", "done"]
    origins = [step.get("taken_from") for step in ended(paths)[-1]["steps"]]
    assert origins == [None, ended(paths)[0]["run"], ended(paths)[1]["run"], None]
    with pytest.raises(UserError, match="the steps are first, second, third"):
        run("--until", "fourth")


def other_code(paths: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resume, "code_digest", lambda: "other")


def other_files(paths: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (paths.lake / "shop" / "orders" / "b.csv").write_text("order_id\n2\n")


def touched_file(paths: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    os.utime(paths.lake / "shop" / "orders" / "a.csv", (0, 0))


def no_warehouse(paths: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    paths.warehouse.unlink()


def no_change(paths: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pass


LAKE = ("--raw-data", "lake", "--sources", "shop")


@pytest.fixture
def begun_on_lake(paths: Settings, steps: Any) -> Settings:
    """A run over a lake that was stopped after its first step."""
    orders = paths.lake / "shop" / "orders"
    orders.mkdir(parents=True)
    (orders / "a.csv").write_text("order_id\n1\n")
    assert run(*LAKE, "--until", "first") == 0
    return paths


@pytest.mark.parametrize(
    ("change", "case"),
    [
        (no_change, (LAKE, "Goes on with run")),
        (other_code, (LAKE, "models, rules, templates or programs are others")),
        (other_files, (LAKE, "the files of the lake are others")),
        (touched_file, (LAKE, "the files of the lake are others")),
        (no_warehouse, (LAKE, "the warehouse is gone")),
        (no_change, ((*LAKE, "--vars", "{base_currency: EUR}"), "the vars are others")),
        (no_change, ((*LAKE, "--as-of", "2027-01-01"), "had the clock")),
    ],
    ids=["same", "code", "files", "touched", "warehouse", "vars", "clock"],
)
def test_a_run_begins_anew_where_something_changed(
    begun_on_lake: Settings, capsys: Any, monkeypatch: Any, change: Any, case: tuple[Any, str]
) -> None:
    paths, (arguments, why) = begun_on_lake, case
    change(paths, monkeypatch)
    assert run(*arguments, "--resume") == 0
    assert why in capsys.readouterr().out
    first, second = ended(paths)
    goes_on = why.startswith("Goes on")
    assert begun(paths).count("first") == (1 if goes_on else 2)
    if goes_on:
        assert first["as_of"] == second["as_of"], "the clock of the run that is gone on with"


@pytest.mark.parametrize(("hours", "goes_on"), [(5.9, True), (6.1, False)])
def test_a_clock_of_this_morning_writes_no_letters_tonight(
    paths: Settings, hours: float, goes_on: bool
) -> None:
    (paths.runs / "r1").mkdir(parents=True)
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - 3600 * hours))
    work = {"code": "c", "vars": {}, "files": "f"}
    facts = {"mode": "full", "replay": False, "inputs": work}
    told = {"run": "r1", "status": "killed", "steps": [], **facts}
    told |= {"started_at": moment, "as_of_given": moment}
    (paths.runs / "r1" / "run.json").write_text(json.dumps(told))
    found = resume.decide(paths, facts, {"as_of": "2027-01-01"}, clock_given=False)
    assert (found.record is not None) is goes_on
    assert ("more than 6 hours ago" in found.why) is not goes_on


def test_tables_of_the_warehouse_may_have_changed_unseen(paths: Settings, steps: Any) -> None:
    assert run("--raw-data", "warehouse", "--until", "first") == 0
    assert run("--raw-data", "warehouse", "--resume") == 0
    assert begun(paths).count("first") == 2


def test_the_code_of_a_run_is_all_that_decides_what_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resume, "ROOT", tmp_path)
    for name in resume.CODE:
        (tmp_path / name).mkdir()
    for name in resume.CODE_FILES:
        (tmp_path / name).touch()
    seen = [resume.code_digest()]
    for change in (
        lambda: (tmp_path / "models" / "a.sql").write_text("select 1"),
        lambda: (tmp_path / "models" / "a.sql").write_text("select 2"),
        lambda: (tmp_path / "models" / "a.sql").rename(tmp_path / "models" / "b.sql"),
        lambda: (tmp_path / "dbt_project.yml").write_text("x"),
    ):
        change()
        seen.append(resume.code_digest())
    (tmp_path / "scripts" / "a.pyc").write_text("x")
    assert resume.code_digest() == seen[-1]
    assert len(set(seen)) == len(seen)


def test_a_killed_run_is_told_of_by_the_next(paths: Settings, steps: Any) -> None:
    name = time.strftime("%Y%m%d-000000-1")
    (paths.runs / name).mkdir(parents=True)
    told = {"run": name, "status": "running", "mode": "full", "steps": []}
    told["current"] = {"number": 1, "name": "first", "started_at": "2020-01-01 00:00:00"}
    (paths.runs / told["run"] / "run.json").write_text(json.dumps(told))
    assert run() == 0
    killed = ended(paths)[0]
    assert (killed["status"], "current" in killed) == ("killed", False)
    lines = events(paths, "step")
    assert (lines[0]["run"], lines[0]["name"], lines[0]["status"]) == (
        *(told["run"], "first", "killed"),
    )


# --- the clock, the disk, the folder ------------------------------------------------------------


def test_a_clock_that_goes_back_is_refused(paths: Settings, steps: Any) -> None:
    letters = Step("letters", "Letters", ("-c", "print('letters')"), when_held=NOTHING)
    steps(first="print(1)", letters=letters)
    assert run("--as-of", "2026-06-20 12:00:00") == 0
    assert run("--as-of", "2026-06-20 12:00:00") == 0
    with pytest.raises(UserError, match="The clock would go back: as of 2026-06-20 11:59:59") as no:
        run("--as-of", "2026-06-20T11:59:59Z")
    assert no.value.exit_code == 2
    with pytest.raises(UserError, match="as of 2026-06-15 12:00:00, but run"):
        run()
    assert begun(paths).count("letters") == 2
    assert run("--replay") == 0
    assert begun(paths).count("letters") == 2, "a replay writes no letters"
    assert run() == 0, "the last run's clock counts, a replay's too"


def test_the_sample_has_the_clock_that_dbt_gives_it() -> None:
    macro = (ROOT / "macros" / "time" / "clock.sql").read_text(encoding="utf-8")
    assert preflight.SAMPLE_CLOCK in macro


def test_a_disk_that_will_be_full_stops_a_run_before_it_begins(
    paths: Settings, steps: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(paths.warehouse.parent)
    free = usage._replace(free=preflight.needed_bytes(paths) - 1)
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda _: free)
    with pytest.raises(UserError, match=r"has 64 MB left, and a run needs at least 64"):
        run()
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda _: usage)
    assert run() == 0


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/a"), "/a: No space left"),
        (OSError(errno.EROFS, "Read-only file system", "/a"), "/a: Read-only file system."),
        (
            duckdb.FatalException('Could not write file "/a": No space left on device'),
            r'Could not write file "/a": No space left on device: free some space on that disk',
        ),
        (OSError(errno.ENOENT, "No such file", "/a"), None),
    ],
)
def test_what_a_disk_says_is_a_sentence(error: Exception, says: str | None) -> None:
    message, code = settings.told(error)
    assert code == settings.EXIT_CANNOT_RUN
    assert message is None if says is None else message.startswith(says)


def test_a_folder_that_cannot_be_written_to(paths: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(UserError, match=r"shop.lock cannot be written: .* A run writes beside"),
        hold_lock(tmp_path / "file" / "shop.lock", "r", "now"),
    ):
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_run_that_is_stopped_says_so(paths: Settings, tmp_path: Path, number: int) -> None:
    program = (
        "import sys; from penpal.pipeline.modes import MODES, Mode; from penpal.pipeline import"
        " resume; from penpal.pipeline.steps import Step; import run_pipeline; from penpal import"
        " settings; MODES['full'] = Mode('', lambda *_: [Step('wait', 'Wait', ('-c',"
        " 'import time; print(1); time.sleep(60)'))]); resume.code_digest = lambda: 'c';"
        " settings.run(lambda: run_pipeline.main(['full']))"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    hook = tmp_path / "told"
    environment["PENPAL_ON_FAILURE"] = f'echo "$PENPAL_RUN_STATUS" > "{hook}"'
    with subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        while not [log for log in paths.runs.glob("*/wait.log") if log.read_text()]:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait() == 130
        assert process.stderr.read() == "-c: interrupted; run it again.\n"
    [record] = ended(paths)
    assert (record["status"], record["steps"][-1]["status"]) == ("interrupted", "interrupted")
    assert events(paths, "step")[-1]["status"] == "interrupted"
    assert hook.read_text() == "interrupted\n"
    with paths.lock_file.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


# --- hooks --------------------------------------------------------------------------------------


def test_hooks_are_told_how_a_run_ended(
    paths: Settings, steps: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = (paths.warehouse.with_name(name) for name in ("good", "bad"))
    monkeypatch.setenv("PENPAL_ON_SUCCESS", f'cat > "{good}"; test -e "$PENPAL_RUN_RECORD"')
    monkeypatch.setenv("PENPAL_ON_FAILURE", f'cat > "{bad}"')
    assert run() == 0
    assert json.loads(good.read_text())["status"] == "done"
    assert ended(paths)[0]["hook"]["exit_code"] == 0
    steps(only="import sys; sys.exit('x.py: broken')")
    with pytest.raises(UserError):
        run()
    assert json.loads(bad.read_text())["failure"] == {"step": "only", "reasons": ["x.py: broken"]}


@pytest.mark.parametrize("command", ["exit 7", "no-such-program-at-all", "sleep 9"])
def test_a_hook_that_fails_breaks_no_run(
    paths: Settings, steps: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any, command: str
) -> None:
    monkeypatch.setattr(hooks, "SECONDS", 0.5)
    monkeypatch.setenv("PENPAL_ON_SUCCESS", command)
    assert run() == 0
    assert "Note: PENPAL_ON_SUCCESS did not work" in capsys.readouterr().out
    assert ended(paths)[0]["status"] == "done"


# --- freshness ----------------------------------------------------------------------------------


def load(paths: Settings, **received_at: str | None) -> None:
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute("create schema staging")
        for table, at in received_at.items():
            rows = f"select timestamp '{at}' as received_at" if at else "select null::timestamp"
            connection.execute(f"create table staging.checked_{table}(received_at timestamp)")
            connection.execute(f"insert into staging.checked_{table} {rows}")


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ({"shop": 6}, []),
        ({"shop": 5.9}, ["shop: its newest row came 2026-06-15 06:00 UTC, 6.0 h before the clock"]),
        ({"shop.orders": 6}, ["shop.orders: its newest row came 2026-06-15 05:59"]),
        ({"web": 100}, ["web: it has no rows"]),
        ({}, []),
    ],
    ids=["just-fresh", "just-too-old", "one-table", "no-rows", "no-limits"],
)
def test_what_is_too_old_to_write_letters_by(
    paths: Settings, limit: dict[str, float], told: list[str]
) -> None:
    at = {"shop__orders": "2026-06-15 05:59:00", "shop__products": "2026-06-15 06:00:00"}
    load(paths, **at, web__events=None)
    given = {"freshness_hours": limit}
    found = freshness.too_old(paths, given)
    assert len(found) == len(told)
    for sentence, start in zip(found, told, strict=True):
        assert sentence.startswith(start)


@pytest.mark.parametrize(
    ("limit", "wanted"),
    [
        ([6], "is a mapping"),
        ({"shops": 6}, "names shops: the run's sources are"),
        ({"shop": "six"}, "says six of shop: hours"),
        ({"shop": 0}, "says 0 of shop: hours"),
        ({"shop.order": 6}, "names shop.order: there is no such table"),
    ],
)
def test_limits_that_cannot_be(paths: Settings, limit: Any, wanted: str) -> None:
    load(paths, shop__orders="2026-06-15 05:59:00")
    with pytest.raises(UserError, match=wanted):
        freshness.too_old(paths, {"freshness_hours": limit})


def test_old_data_holds_letters_and_nothing_else(paths: Settings, steps: Any) -> None:
    gate = Step("freshness", "Freshness", ("-c", "print('ERROR   shop: old'); exit(1)"), None, True)
    letters = Step("letters", "Letters", ("-c", "1/0"), when_held=("-c", "print('taken back')"))
    steps(first="print(1)", freshness=gate, letters=letters, publish="print('published')")
    with pytest.raises(UserError, match=r"none was written; all else is done:\n  shop: old") as no:
        run()
    assert no.value.exit_code == 1
    [record] = ended(paths)
    assert record["status"] == "held"
    assert [step["status"] for step in record["steps"]] == ["done", "done", "held", "held", "done"]
    assert (paths.runs / record["run"] / "letters.log").read_text() == "taken back\n"


def test_letters_that_were_held_are_asked_for_again(paths: Settings, steps: Any) -> None:
    """Also where the run then failed, and the data has come meanwhile."""
    came = paths.warehouse.with_name("came")
    fails = f"import pathlib; exit(not pathlib.Path({str(came)!r}).exists())"
    gate = Step("freshness", "Freshness", ("-c", fails), is_gate=True)
    letters = Step("letters", "Letters", ("-c", "print('written')"), when_held=NOTHING)
    steps(freshness=gate, letters=letters, publish=fails)
    with pytest.raises(UserError, match="'Publish' failed"):
        run()
    came.touch()
    assert run("--resume") == 0
    second = ended(paths)[1]
    assert [step["status"] for step in second["steps"]] == ["done"] * 4
    assert (paths.runs / second["run"] / "letters.log").read_text() == "written\n"


def test_a_replay_is_not_gone_on_with_as_a_run(paths: Settings, steps: Any) -> None:
    assert run("--replay", "--until", "first") == 0
    assert run("--resume") == 0
    assert begun(paths).count("first") == 2


def test_a_gate_that_breaks_is_no_closed_gate(paths: Settings, steps: Any) -> None:
    gate = Step("freshness", "Freshness", ("-c", "1/0"), is_gate=True)
    steps(freshness=gate, letters=Step("letters", "Letters", NOTHING, when_held=NOTHING))
    with pytest.raises(UserError, match="Program error") as no:
        run()
    assert no.value.exit_code == 2


def test_letters_come_behind_their_gate() -> None:
    names = [step.name for step in full_steps(Path("run"), [])]
    assert names.index("freshness") + 1 == names.index("letters")


# --- what would run -----------------------------------------------------------------------------


def test_a_dry_run_does_nothing(paths: Settings, capsys: Any) -> None:
    orders = paths.lake / "shop" / "orders"
    orders.mkdir(parents=True)
    (orders / "a.csv").write_text("order_id\n1\n")
    there = {path: path.stat().st_mtime_ns for path in paths.warehouse.parent.rglob("*")}
    assert run(*LAKE, "--as-of", "2026-06-15 12:00", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "as of 2026-06-15 12:00 UTC on lake, sources shop." in out
    assert re.search(r"shop\.orders +1 files +0\.0 MB   newest 20", out)
    assert re.search(r"Build models +dbt build", out)
    assert re.search(r"birthday +0 queued by the last build", out)
    assert {path: path.stat().st_mtime_ns for path in paths.warehouse.parent.rglob("*")} == there


def test_a_dry_run_says_what_is_in_the_way(paths: Settings, capsys: Any) -> None:
    (paths.lake / "shop" / "orders").mkdir(parents=True)
    assert run(*LAKE, "--dry-run") == 2
    assert "shop/orders is empty: put the export there" in capsys.readouterr().out
    with hold_lock(paths.lock_file, "r1", "noon"):
        assert run("--dry-run") == 3
    assert "But         Another run (r1" in capsys.readouterr().out
    assert run("--dry-run", "--replay") == 0
    assert "none: a replay writes no letters" in capsys.readouterr().out


# --- schedules ----------------------------------------------------------------------------------

EXAMPLES = ROOT / "examples"


def test_examples_call_runs_as_they_can_be_called() -> None:
    options = "--raw-data lake --sources crm,web,shop,email --resume"
    files = [EXAMPLES / "crontab", *(EXAMPLES / "systemd").glob("*.service")]
    called = [
        line.partition("run_pipeline.py ")[2].partition(" >")[0].replace("$OPTIONS", options)
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
        if "run_pipeline.py " in line
    ]
    assert len(called) == 4
    assert {call.split()[0] for call in called} == {"full", "triggers"}
    for call in called:
        mode, *rest = call.split()
        assert "--if-running" in rest
        run_pipeline.parse([mode if mode in MODES else "full", *rest])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_units_are_valid(tmp_path: Path) -> None:
    units = []
    for file in sorted((EXAMPLES / "systemd").iterdir()):
        text = file.read_text(encoding="utf-8").replace("/opt/penpal/.venv/bin/python", "/bin/true")
        (tmp_path / file.name).write_text(text)
        units.append(str(tmp_path / file.name))
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(units) == 4
