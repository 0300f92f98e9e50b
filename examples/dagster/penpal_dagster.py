"""Penpal in Dagster: what dbt makes as assets, its tests as checks, two schedules, two sensors.

A run is always `scripts/run_pipeline.py`, with its lock, checks, letters and publication; Dagster
starts it, and is told what became of each model and test. So one that is started by hand or by
cron is the same run, and the two never meet. Set PENPAL_HOME where this file is moved elsewhere,
PENPAL_WAREHOUSE and PENPAL_LAKE as for the run, and PENPAL_RUN_OPTIONS, e.g.
"--raw-data lake --sources shop,email".
"""

# Dagster reads the annotations of assets and sensors: no `from __future__ import annotations`.
import hashlib
import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetSpec,
    DefaultScheduleStatus,
    Definitions,
    Failure,
    Output,
    RunRequest,
    ScheduleDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    define_asset_job,
    sensor,
)
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

HOME = Path(os.environ.get("PENPAL_HOME") or Path(__file__).resolve().parents[2])
MANIFEST_FILE = HOME / "target" / "manifest.json"  # `.venv/bin/dbt parse` writes it
MANIFEST = json.loads(MANIFEST_FILE.read_text(encoding="utf-8"))
TRANSLATOR = DagsterDbtTranslator()
PYTHON = os.environ.get("PENPAL_PYTHON") or str(HOME / ".venv" / "bin" / "python")
MODE_TAG = "penpal/mode"
# The night waits for a quarter of an hour's run to end; that one can be left out.
IF_RUNNING = {"full": ("wait",), "triggers": ("skip",)}


def beside(variable: str, default: str, suffix: str = "") -> Path:
    path = HOME / (os.environ.get(variable) or default)
    return path.with_name(path.stem + suffix) if suffix else path


def runs() -> Path:
    return beside("PENPAL_WAREHOUSE", "warehouse/penpal.duckdb", ".runs")


def command(mode: str) -> list[str]:
    options = shlex.split(os.environ.get("PENPAL_RUN_OPTIONS") or "")
    how = ("--resume", "--log-format", "json", "--if-running", *IF_RUNNING[mode])
    return [PYTHON, str(HOME / "scripts" / "run_pipeline.py"), mode, *options, *how]


def run_pipeline(context: AssetExecutionContext, mode: str) -> str | None:
    """Run it and log its steps; the name of the run, None where it was skipped."""
    name = None
    with subprocess.Popen(
        command(mode), cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            for line in process.stdout:
                event = json.loads(line)
                name = event["run"]
                if event["event"] == "step":
                    told = f"{event['name']}: {event['status']}, {event.get('seconds')} s"
                    context.log.info(told)
            says = process.stderr.read().strip()
        except BaseException:
            process.terminate()  # which ends the run cleanly
            raise
    if says:
        context.log.warning(says)
    if process.returncode != 0:
        metadata = {"exit code": process.returncode, "run": name or "none"}
        context.log.error(says)
        raise RunFailed(says or "The run failed without a word.", name, metadata)
    return None if says.startswith("skipped:") else name


class RunFailed(Failure):
    """What came of the run until then is told all the same."""

    def __init__(self, description: str, name: str | None, metadata: dict[str, Any]):
        super().__init__(description, metadata=metadata, allow_retries=False)
        self.name = name


def results(name: str) -> Iterator[dict[str, Any]]:
    """What became of each of dbt's nodes in a run."""
    for file in sorted((runs() / name).glob("*.results.json")):
        yield from json.loads(file.read_text(encoding="utf-8"))


def told(name: str, wanted: set[AssetKey]) -> Iterator[Output | AssetCheckResult]:
    """The results of a run, as Dagster has them."""
    for result in results(name):
        unique_id, status = result["unique_id"], result["status"]
        if unique_id.startswith("test."):
            yield from check(result, wanted)
        elif status == "success" and unique_id in MANIFEST["nodes"]:
            key = TRANSLATOR.get_asset_key(MANIFEST["nodes"][unique_id])
            if key in wanted:
                seconds = round(result["execution_time"], 2)
                yield Output(None, key.to_python_identifier(), metadata={"seconds": seconds})


def check(result: dict[str, Any], wanted: set[AssetKey]) -> Iterator[AssetCheckResult]:
    unique_id, status = result["unique_id"], result["status"]
    if unique_id not in MANIFEST["nodes"] or status == "skipped":
        return
    key = get_asset_check_key_for_test(MANIFEST, TRANSLATOR, unique_id, None)
    if key and key.asset_key in wanted:
        yield AssetCheckResult(
            passed=status == "pass",
            asset_key=key.asset_key,
            check_name=key.name,
            severity=AssetCheckSeverity.WARN if status == "warn" else AssetCheckSeverity.ERROR,
            metadata={"failures": result.get("failures") or 0},
        )


@dbt_assets(manifest=MANIFEST, name="penpal", pool="penpal", dagster_dbt_translator=TRANSLATOR)
def penpal(context: AssetExecutionContext) -> Iterator[Output | AssetCheckResult]:
    """One run; whatever is selected, all of it is run: there is one way through."""
    mode = context.run.tags.get(MODE_TAG, "full")
    wanted = set(context.selected_asset_keys)
    try:
        name = run_pipeline(context, mode)
    except RunFailed as failed:
        if failed.name:
            yield from (one for one in told(failed.name, wanted) if not isinstance(one, Output))
        raise
    if name:
        yield from told(name, wanted)


night = define_asset_job("night", selection=[penpal], tags={MODE_TAG: "full"})
quarter = define_asset_job("quarter_of_an_hour", selection=[penpal], tags={MODE_TAG: "triggers"})

schedules = [
    ScheduleDefinition(
        job=job,
        cron_schedule=cron,
        execution_timezone=os.environ.get("PENPAL_TIME_ZONE") or "UTC",
        default_status=DefaultScheduleStatus.STOPPED,
    )
    for job, cron in ((night, "0 3 * * *"), (quarter, "*/15 * * * *"))
]


def lake_state() -> str:
    """Changes with each file of the lake: name, size and time."""
    lake = beside("PENPAL_LAKE", "lake")
    facts = [
        f"{path.relative_to(lake)} {path.stat().st_size} {path.stat().st_mtime_ns}"
        for path in sorted(lake.rglob("*"))
        if path.is_file() and not path.name.startswith((".", "_"))
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16] if facts else ""


@sensor(job=quarter, minimum_interval_seconds=60)
def new_files(context: SensorEvaluationContext) -> RunRequest | SkipReason:
    """Run when the lake has changed, and has stopped changing: a file may be half-written."""
    now = lake_state()
    seen, _, done = (context.cursor or " ").partition(" ")
    is_new, is_still = now not in ("", done), now == seen
    context.update_cursor(f"{now} {now if is_new and is_still else done}")
    if is_new and is_still:
        return RunRequest(run_key=now)
    return SkipReason("The lake is changing." if is_new else "No new files.")


RUNS = AssetKey("pipeline_run")


@sensor(minimum_interval_seconds=60)
def ended_runs(context: SensorEvaluationContext) -> SensorResult | SkipReason:
    """Each run that ended, whoever started it, as a materialization of `pipeline_run`."""
    file = runs() / "runs.jsonl"
    if not file.exists():
        return SkipReason("There has been no run yet.")
    last = context.cursor or ""
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue  # cut off by a crash
        if event.get("event") == "ended" and f"{event['at']} {event['run']}" > last:
            found.append(event)
    if not found:
        return SkipReason("No run has ended since.")
    found.sort(key=lambda event: f"{event['at']} {event['run']}")
    facts = ("run", "status", "exit_code", "seconds")
    return SensorResult(
        asset_events=[
            AssetMaterialization(
                RUNS, metadata={f: event[f] for f in facts if event.get(f) is not None}
            )
            for event in found
        ],
        cursor=f"{found[-1]['at']} {found[-1]['run']}",
    )


defs = Definitions(
    assets=[penpal, AssetSpec(RUNS, description="A run of the pipeline that ended.")],
    jobs=[night, quarter],
    schedules=schedules,
    sensors=[new_files, ended_runs],
)
