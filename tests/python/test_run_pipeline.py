"""The pipeline: one run at a time, failures in plain words, killed anywhere and run again."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import PROJECT_PATHS, copy_project, dbt_environment, run_dbt

from penpal import publishing
from penpal.pipeline import failures
from penpal.pipeline.run import (
    CAUTIOUS,
    NO_UNIT_TESTS,
    RAW_NODES,
    dbt_vars,
    full_steps,
    refuse_empty_folders,
)
from penpal.pipeline.summary import screen
from penpal.settings import ROOT, Settings, UserError
from run_pipeline import parse

SCRIPT = ROOT / "scripts" / "run_pipeline.py"


def environment(folder: Path) -> dict[str, str]:
    """Everything that a run writes lies in the folder."""
    return os.environ | {
        "PENPAL_WAREHOUSE": str(folder / "shop.duckdb"),
        "PENPAL_LAKE": str(folder / "lake"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), "full", *arguments],
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, error = process.communicate()
    return process.returncode, out, error


def records(folder: Path) -> list[dict[str, Any]]:
    """The run records, oldest first."""
    files = sorted((folder / "shop.runs").glob("*/run.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def write_orders(folder: Path, header: str, *rows: str) -> None:
    orders = folder / "lake" / "shop" / "orders"
    orders.mkdir(parents=True)
    (orders / "orders.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


# --- what a run is given ------------------------------------------------------------------------


def test_every_step_gets_one_clock() -> None:
    assert dbt_vars(parse(["full"])) == {}, "the sample has its own clock"
    given = dbt_vars(parse(["full", "--raw-data", "lake", "--sources", "shop, web"]))
    assert given["sources"] == ["shop", "web"]
    assert len(given["as_of"]) == len("2026-06-15 12:00:00")
    given = dbt_vars(parse(["full", "--vars", "{raw_data: lake, as_of: 1998-06-30 23:59:59}"]))
    assert given == {"raw_data": "lake", "as_of": "1998-06-30 23:59:59"}
    given = dbt_vars(parse(["full", "--vars", "{as_of: 2020-01-01}", "--as-of", "2021-01-01"]))
    assert given == {"as_of": "2021-01-01"}


@pytest.mark.parametrize("text", ["[1]", "raw_data", "{a: [}"])
def test_vars_that_are_no_mapping(text: str) -> None:
    with pytest.raises(UserError, match="--vars"):
        dbt_vars(parse(["full", "--vars", text]))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ('{user_id_is: "x\' or 1 = 1 --"}', "give shop_customer_id, contact_id or user_id."),
        ('{base_currency: "USD\' --"}', "give the code of a currency"),
        ("{time_zone: BST}", "give a name such as Europe/London, or nothing."),
        ("{slash_dates: ymd}", "give mdy or dmy."),
        ("{raw_data: files}", "give sample, lake or warehouse."),
        ('{segments: ["x; drop"]}', "give a list of names"),
    ],
)
def test_a_var_that_cannot_be_stops_before_anything_is_built(
    tmp_path: Path, given: str, wanted: str
) -> None:
    copy_project(tmp_path)
    for folder in ("models", "tests"):  # vars are looked at before these are read
        (tmp_path / folder).unlink()
    environment = dbt_environment(tmp_path) | PROJECT_PATHS
    done = run_dbt(("parse", "--vars", given), tmp_path, environment)
    name = given[1:].partition(":")[0]
    assert done.returncode == 2, done.stdout
    assert f"var {name} is " in done.stdout
    assert wanted in done.stdout
    assert not (tmp_path / "penpal.duckdb").exists()


# --- why a step failed --------------------------------------------------------------------------


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))

    def write(*found: tuple[str, str, str]) -> None:
        listed = [dict(zip(("unique_id", "status", "message"), f, strict=True)) for f in found]
        (tmp_path / "run_results.json").write_text(json.dumps({"results": listed}))

    return write


def test_a_dbt_error_is_one_sentence(results: Any) -> None:
    message = (
        "Compilation Error in model base_shop__orders (models/staging/shop/base_shop__orders.sql)\n"
        "  shop.orders lacks the required column total.\n  \n"
        "  > in macro read_raw (macros/staging/raw.sql)"
    )
    results(
        ("test.penpal.unique_x.abc", "fail", "Got 3 results, configured to fail if != 0"),
        ("model.penpal.base_shop__orders", "error", message),
        ("model.penpal.later", "skipped", ""),
    )
    assert failures.explain_dbt("") == (
        2,
        [
            "model base_shop__orders: shop.orders lacks the required column total.",
            "test unique_x: 3 rows break it",
        ],
    )


def test_a_failed_dbt_test_is_bad_data(results: Any) -> None:
    results(("test.penpal.unique_x.abc", "fail", "Got 3 results, configured to fail if != 0"))
    assert failures.explain_dbt("")[0] == 1


def test_a_dbt_that_did_not_start_speaks_for_itself(results: Any) -> None:
    log = (
        "10:00:00  Running with dbt=1.11.16\n10:00:01  Encountered an error:\n"
        "Compilation Error in model base_web__events (models/staging/web/base_web__events.sql)\n"
        "  var sources names 'shp': the sources are crm, web, shop, email.\n  \n"
        "  > in macro raw_sources (macros/staging/raw.sql)\n"
    )
    says = "var sources names 'shp': the sources are crm, web, shop, email."
    assert failures.explain_dbt(log) == (2, [says])


def test_a_program_error_is_not_bad_data() -> None:
    log = "Traceback (most recent call last):\n  File x\nValueError: boom\n"
    assert failures.explain_script(log, 1) == (2, ["Program error: ValueError: boom"])
    assert failures.explain_script("x.py: There is no warehouse.\n", 2)[0] == 2
    assert failures.explain(True, "", -9) == (2, ["It was stopped by signal 9."])
    log = "WARNING a.b: c\nERROR   a.b: is empty\nraw: 2 checks\n"
    assert failures.explain_script(log, 1) == (1, ["ERROR   a.b: is empty"])


def test_output_that_nobody_reads_any_more_ends_a_script_quietly() -> None:
    """As `| head` does when it has enough."""
    program = "from penpal import settings; settings.run(lambda: print('much ' * 100_000))"
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        stdout=writer,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


# --- processes that are ready -------------------------------------------------------------------

READY = """
import sys, time
from penpal.pipeline.warm import serve

def run(arguments):
    print("begun", flush=True)
    time.sleep(float(arguments[0]))
    sys.exit(int(arguments[1]))

serve(lambda: run)
"""


@pytest.fixture
def ready() -> Iterator[subprocess.Popen[str]]:
    """A process that sleeps for some seconds, then exits with some code."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    command = [sys.executable, "-c", READY]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, text=True, **pipes) as process:
        yield process
        process.kill()


def ask(ready: subprocess.Popen[str], output: Path, *arguments: object) -> None:
    job = {"arguments": [str(argument) for argument in arguments], "output": str(output)}
    print(json.dumps(job), file=ready.stdin, flush=True)


def test_each_run_has_its_own_exit_code_and_log(
    ready: subprocess.Popen[str], tmp_path: Path
) -> None:
    for code in (3, 0):
        ask(ready, tmp_path / f"{code}.log", 0, code)
        assert ready.stdout.readline() == f"{code}\n"
        assert (tmp_path / f"{code}.log").read_text() == "begun\n"
    ready.stdin.close()
    assert ready.wait() == 0


def test_a_run_that_is_stopped_leaves_the_process_ready(
    ready: subprocess.Popen[str], tmp_path: Path
) -> None:
    ask(ready, tmp_path / "log", 600, 0)
    wait_for(tmp_path / "log", "begun", ready)
    ready.terminate()
    assert ready.stdout.readline() == f"-{int(signal.SIGTERM)}\n"
    ask(ready, tmp_path / "log", 0, 0)
    assert ready.stdout.readline() == "0\n"


def test_a_run_does_not_outlive_the_process(ready: subprocess.Popen[str], tmp_path: Path) -> None:
    ask(ready, tmp_path / "log", 600, 0)
    wait_for(tmp_path / "log", "begun", ready)
    ready.kill()
    assert ready.stdout.read() == "", "the pipe is closed when the run, too, is gone"


def test_an_interrupted_run_says_so_and_frees_the_lock(tmp_path: Path) -> None:
    process = start(tmp_path)
    newest_log(tmp_path, process, "load")
    while records(tmp_path)[0].get("current", {}).get("name") != "load":
        assert process.poll() is None
        time.sleep(0.02)
    process.terminate()
    code, _, error = finish(process)
    assert (code, error) == (130, "run_pipeline.py: interrupted; run it again.\n")
    assert records(tmp_path)[0]["status"] == "interrupted"
    with Settings(tmp_path / "shop.duckdb", tmp_path).lock_file.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


# --- the lock -----------------------------------------------------------------------------------


def test_a_second_run_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    lock = Settings(tmp_path / "shop.duckdb", tmp_path).lock_file
    holder = {"run": "r1", "process": os.getpid(), "host": os.uname().nodename, "since": "noon"}
    with lock.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps(holder))
        file.flush()
        code, _, error = finish(start(tmp_path))
    assert code == 3
    assert f"Another run (r1, process {os.getpid()} on {holder['host']}, since noon UTC)" in error
    assert records(tmp_path) == []


# --- the real project ---------------------------------------------------------------------------


def test_a_missing_column_stops_with_one_sentence(tmp_path: Path) -> None:
    write_orders(tmp_path, "order_id,status,currency,created_at", "1,paid,EUR,2026-01-01")
    code, _, error = finish(start(tmp_path, "--raw-data", "lake", "--sources", "shop"))
    assert code == 2, error
    assert "'Load raw data' failed" in error
    assert "shop.orders lacks the required column total" in error
    assert len(error.splitlines()) == 3, error
    record = records(tmp_path)[0]
    assert (record["status"], record["exit_code"]) == ("failed", 2)
    assert record["failure"]["step"] == "load"


def test_an_empty_folder_stops_with_one_sentence(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    (lake / "shop" / "orders").mkdir(parents=True)
    (lake / "shop" / "orders" / "part.csv").write_text("order_id\n")
    (lake / "crm" / "surveys").mkdir(parents=True)
    refuse_empty_folders(lake, {"sources": ["shop"]})
    (lake / "shop" / "products").mkdir()
    (lake / "shop" / "products" / "_SUCCESS").touch()
    with pytest.raises(UserError, match="shop/products is empty"):
        refuse_empty_folders(lake, {"sources": "shop, web"})
    # Without the var the project's own sources count; an empty list names none.
    with pytest.raises(UserError, match="crm/surveys is empty"):
        refuse_empty_folders(lake, {})
    refuse_empty_folders(lake, {"sources": []})


def test_bad_raw_data_stops_before_the_build(tmp_path: Path) -> None:
    rows = [f"{order},sold,EUR,9.99,2026-01-01" for order in (1, 2)]
    write_orders(tmp_path, "order_id,status,currency,total,created_at", *rows)
    code, out, error = finish(start(tmp_path, "--raw-data", "lake", "--sources", "shop"))
    assert code == 1, error
    assert "Load raw data" in out
    says = "ERROR   shop.orders.status: 2 of 2 orders have a required status that cannot be read"
    assert says in error
    assert [step["name"] for step in records(tmp_path)[0]["steps"]] == [
        *("prepare", "rules", "load", "check_raw")
    ]


def test_wrong_rules_stop_a_run_before_it_begins() -> None:
    steps = full_steps(Path("run"), [])
    assert [step.name for step in steps][:2] == ["rules", "load"]
    assert not steps[0].warm, "told at once, not when dbt and the checks are ready"


def test_the_screen_says_which_campaign_is_stopped() -> None:
    told = {"tables": [], "customers": 1, "segments": [], "decisions": [], "changes": []}
    told |= {"to_review": 0, "unknown_orders": 0, "content_hash": "c", "marts": {}, "letters": {}}
    told["stopped"] = [{"campaign": "cart", "evidence": "9 bounces of 100 letters"}]
    record = {"run": "r", "as_of": None, "raw_data": "sample", "seconds": 1, "result": told}
    paths = Settings(Path("shop.duckdb"), Path("lake"))
    assert "STOPPED     cart: 9 bounces of 100 letters" in screen(record, paths).splitlines()
    told["stopped"] = []
    assert "STOPPED" not in screen(record, paths)


@pytest.mark.built
def test_every_node_is_built_by_exactly_one_step() -> None:
    """Also the tests that stand between raw nodes and the rest."""

    def listed(*selection: str) -> set[str]:
        # Where `make test` has built: elsewhere the project would be parsed anew.
        ran = run_dbt(("--quiet", "ls", *selection), ROOT, dict(os.environ))
        assert ran.returncode == 0, ran.stdout
        return set(ran.stdout.split())

    load = listed(*CAUTIOUS, *NO_UNIT_TESTS, "--select", *RAW_NODES)
    rest = listed(*CAUTIOUS, *NO_UNIT_TESTS, "--exclude", *RAW_NODES)
    assert load & rest == set()
    assert load | rest == listed(*NO_UNIT_TESTS)


def wait_for(log: Path, text: str, process: subprocess.Popen[str], times: int = 1) -> None:
    while process.poll() is None:
        if log.exists() and log.read_text(encoding="utf-8").count(text) >= times:
            return
        time.sleep(0.02)
    pytest.fail(f"the run ended before it was killed: {finish(process)}")


def newest_log(folder: Path, process: subprocess.Popen[str], name: str) -> Path:
    while process.poll() is None:
        for file in (folder / "shop.runs").glob(f"*-{process.pid}/{name}.log"):
            return file
        time.sleep(0.02)
    pytest.fail(f"the run ended before it was killed: {finish(process)}")


def test_killed_during_the_build_then_gone_on_with(tmp_path: Path, built_warehouse: Path) -> None:
    """The same marts as an undisturbed build, and each letter once; what was done is not redone."""
    undisturbed = Settings(tmp_path / "undisturbed.duckdb", tmp_path)
    shutil.copy(built_warehouse, undisturbed.warehouse)
    killed = tmp_path / "killed"
    killed.mkdir()
    process = start(killed)
    wait_for(newest_log(killed, process, "build"), " OK created ", process, times=30)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()

    code, out, error = finish(start(killed, "--resume"))
    assert code == 0, error
    assert "Customers" in out
    first, second = records(killed)
    assert (first["status"], second["status"]) == ("killed", "done")
    assert second["resumes"] == first["run"]
    taken = [step["name"] for step in second["steps"] if step.get("taken_from") == first["run"]]
    assert taken == ["rules", "load", "check_raw"]
    assert not (killed / "shop.runs" / second["run"] / "load.log").exists()
    kept = killed / "shop.runs" / second["run"] / "shares.json"
    assert json.loads(kept.read_text(encoding="utf-8"))["shop.orders"]["rejected"] == 2
    assert second["result"]["changes"] == []
    assert second["result"]["marts"] == publishing.publish(undisturbed)["marts"]
    with duckdb.connect(str(killed / "shop.duckdb"), read_only=True) as connection:
        letters = "select count(*), count(distinct message_id) from ledger.email_messages"
        rendered, distinct = connection.execute(letters).fetchone()
    assert rendered == distinct == second["result"]["letters"]["rendered_total"]
