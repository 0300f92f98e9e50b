"""The Dagster project, with a run that only says what a real one says: `make test-dagster`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

dagster = pytest.importorskip("dagster")
import penpal_dagster as project  # noqa: E402 (not where dagster is missing)

RUN = "20260615-030000-1"
MODEL, SEED = "model.penpal.customers", "seed.penpal.campaigns"
SAYS = """
import json, sys
for event in {events}:
    print(json.dumps(event))
print({error!r}, file=sys.stderr)
sys.exit({code})
"""


def one_test_of(model: str) -> str:
    """A data test of a model."""
    nodes = project.MANIFEST["nodes"]
    return next(
        key
        for key in sorted(nodes)
        if key.startswith("test.") and nodes[key].get("attached_node") == model
    )


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs a job; the pipeline ends as it is told to."""
    monkeypatch.setenv("PENPAL_WAREHOUSE", str(tmp_path / "shop.duckdb"))
    monkeypatch.setenv("PENPAL_LAKE", str(tmp_path / "lake"))

    def job(name: str, test: str = "pass", code: int = 0, error: str = "") -> Any:
        folder = tmp_path / "shop.runs" / RUN
        folder.mkdir(parents=True, exist_ok=True)
        found = [(SEED, "success"), (MODEL, "success"), (one_test_of(MODEL), test)]
        kept = [{"unique_id": key, "status": s, "execution_time": 0.1} for key, s in found]
        (folder / "build.results.json").write_text(json.dumps(kept))
        events = [
            {"event": "begun", "run": RUN},
            {"event": "step", "run": RUN, "name": "build", "status": "done", "seconds": 7},
        ]
        program = SAYS.format(events=events, error=error, code=code)
        asked = []

        def command(mode: str) -> list[str]:
            asked.append(mode)
            return [sys.executable, "-c", program]

        monkeypatch.setattr(project, "command", command)
        done = project.defs.resolve_job_def(name).execute_in_process(raise_on_error=False)
        return done, asked

    return job


def materialized(done: Any) -> set[str]:
    return {event.asset_key.path[-1] for event in done.get_asset_materialization_events()}


def test_each_model_is_an_asset_and_each_test_a_check() -> None:
    nodes = project.MANIFEST["nodes"].values()
    kinds = [node["resource_type"] for node in nodes if node["config"]["enabled"]]
    assert len(list(project.penpal.keys)) == kinds.count("model") + kinds.count("seed")
    assert len(list(project.penpal.check_keys)) > 100


def test_a_run_tells_what_became_of_models_and_tests(run: Any) -> None:
    done, asked = run("night")
    assert done.success
    assert asked == ["full"]
    assert materialized(done) == {"customers", "campaigns"}
    [check] = done.get_asset_check_evaluations()
    assert check.passed


def test_the_quarter_of_an_hour_is_another_mode(run: Any) -> None:
    done, asked = run("quarter_of_an_hour")
    assert done.success
    assert asked == ["triggers"]
    assert "skip" in project.IF_RUNNING["triggers"]


def test_a_failed_run_fails_and_shows_which_test_did(run: Any) -> None:
    done, _ = run("night", test="fail", code=1, error="run_pipeline.py: 'Build' failed")
    assert not done.success
    [check] = done.get_asset_check_evaluations()
    assert not check.passed
    assert materialized(done) == set()


def test_a_run_that_was_skipped_makes_nothing(run: Any) -> None:
    done, _ = run("night", error="skipped: Another run (r1 …) holds it.")
    assert done.success
    assert materialized(done) == set()


def test_what_is_called_is_the_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENPAL_RUN_OPTIONS", "--raw-data lake --sources shop,email")
    _, script, *options = project.command("full")
    assert Path(script).is_file()
    assert options[:5] == ["full", "--raw-data", "lake", "--sources", "shop,email"]
    assert "--resume" in options


def test_two_schedules() -> None:
    crons = {one.job_name: one.cron_schedule for one in project.schedules}
    assert crons == {"night": "0 3 * * *", "quarter_of_an_hour": "*/15 * * * *"}


def test_new_files_start_a_run_once_they_have_come_to_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENPAL_LAKE", str(tmp_path / "lake"))
    cursor = None

    def tick() -> bool:
        nonlocal cursor
        context = dagster.build_sensor_context(cursor=cursor)
        answer = project.new_files(context)
        cursor = context.cursor
        return isinstance(answer, dagster.RunRequest)

    assert not tick(), "an empty lake"
    orders = tmp_path / "lake" / "shop" / "orders"
    orders.mkdir(parents=True)
    (orders / "a.csv").write_text("order_id\n")
    assert not tick(), "it may still be written"
    (orders / "a.csv").write_text("order_id\n1\n")
    assert not tick(), "it was"
    assert tick()
    assert not tick(), "each state once"


def test_runs_that_others_started_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENPAL_WAREHOUSE", str(tmp_path / "shop.duckdb"))
    assert isinstance(project.ended_runs(dagster.build_sensor_context()), dagster.SkipReason)
    log = tmp_path / "shop.runs" / "runs.jsonl"
    log.parent.mkdir()
    ended = [
        {"at": f"2026-06-15 03:0{n}:00", "event": "ended", "run": f"r{n}", "status": "done"}
        for n in (1, 2)
    ]
    log.write_text("\n".join(map(json.dumps, ended)) + '\n{"at": "cut o')
    answer = project.ended_runs(dagster.build_sensor_context())
    assert [event.metadata["run"].value for event in answer.asset_events] == ["r1", "r2"]
    again = project.ended_runs(dagster.build_sensor_context(cursor=answer.cursor))
    assert isinstance(again, dagster.SkipReason)


def test_one_run_at_a_time(tmp_path: Path) -> None:
    """With the settings beside the project, as Dagster reads them."""
    settings = Path(project.__file__).with_name("dagster.yaml").read_text(encoding="utf-8")
    (tmp_path / "dagster.yaml").write_text(settings, encoding="utf-8")
    with dagster.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
