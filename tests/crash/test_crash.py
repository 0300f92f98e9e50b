"""Killed anywhere, run again: `make test-crash N=…` (seeded, so that a failure can be repeated).

A shop has had a night; the next run is killed with SIGKILL, over and over, each time in another of
its steps, and run again: gone on with, or begun anew. Then everything must be as if nothing had
happened: the marts by their hashes, the letters, and not one of them twice; all the while the
published copy can be read, and is that of one run.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from penpal.pipeline.modes import MODES
from penpal.pipeline.records import records
from penpal.settings import ROOT, Settings

NIGHT, NEXT = "2026-06-14 12:00:00", "2026-06-15 12:00:00"
# Each mode, and the steps after which its state is kept, so that not every kill costs a whole run.
KILLED = {
    "full": ("check_raw", "build", "check_marts"),
    "triggers": (),
}
ANEW_EACH = 5  # of so many runs one is not gone on with, but begun anew
PATIENCE = 1_200  # seconds, for a step to begin or a run to end


@dataclass
class Shop:
    """A warehouse and what belongs to it, in a folder that can be put back to an earlier state."""

    folder: Path
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def paths(self) -> Settings:
        return Settings(self.state / "shop.duckdb", self.folder / "lake")

    def start(self, mode: str, *arguments: str) -> subprocess.Popen[str]:
        environment = os.environ | {
            "PENPAL_WAREHOUSE": str(self.paths.warehouse),
            "PENPAL_LAKE": str(self.paths.lake),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
        }
        return subprocess.Popen(
            [sys.executable, str(ROOT / "scripts" / "run_pipeline.py"), mode, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, mode: str, *arguments: str) -> str:
        """Run to the end; it must be a good one."""
        process = self.start(mode, *arguments)
        out, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, out
        return out

    def keep(self, name: str) -> None:
        shutil.copytree(self.state, self.folder / name, symlinks=True)

    def restore(self, name: str) -> None:
        shutil.rmtree(self.state)
        shutil.copytree(self.folder / name, self.state, symlinks=True)

    def newest(self) -> dict[str, Any]:
        return next(records(self.paths.runs))


def facts(shop: Shop) -> dict[str, Any]:
    """What must not depend on whether a run was killed."""
    with duckdb.connect(str(shop.paths.warehouse), read_only=True) as connection:
        columns = "message_id, customer_id, campaign, occasion, variant, template, subject"
        letters = connection.execute(
            f"select {columns} from ledger.email_messages order by all"
        ).fetchall()
        outbox = connection.execute(
            f"select message_id from read_parquet('{shop.paths.outbox}/*.parquet') order by all"
        ).fetchall()
    published = json.loads(shop.paths.published_facts.read_text(encoding="utf-8"))
    return {"marts": published["marts"], "letters": letters, "outbox": outbox}


def assert_same(found: dict[str, Any], clean: dict[str, Any], when: str) -> None:
    others = {
        mart for mart in clean["marts"] if clean["marts"][mart] != found["marts"].get(mart)
    } | (found["marts"].keys() - clean["marts"].keys())
    assert not others, f"{when}: other rows in {sorted(others)}"
    for kind in ("letters", "outbox"):
        assert len(found[kind]) == len(set(found[kind])), f"{when}: a letter twice ({kind})"
        assert found[kind] == clean[kind], f"{when}: other letters ({kind})"


@contextlib.contextmanager
def readers(published: Path) -> Iterator[list[str]]:
    """Somebody who reads the published copy all the time; yields what was wrong with it."""
    wrong, is_over = [], threading.Event()

    def read() -> None:
        while not is_over.is_set():
            try:
                with duckdb.connect(str(published), read_only=True) as connection:
                    clocks = connection.execute(
                        "select distinct evaluated_at::varchar from marts.email_decisions"
                    ).fetchall()
                    customers = connection.execute(
                        "select count(*) from marts.customers"
                    ).fetchone()
                if clocks not in ([(NIGHT,)], [(NEXT,)]) or not customers[0]:
                    wrong.append(f"clocks {clocks}, customers {customers}")
            except duckdb.Error as error:
                wrong.append(str(error))
            is_over.wait(0.1)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield wrong
    finally:
        is_over.set()
        thread.join()


@pytest.fixture(scope="module", params=list(KILLED))
def story(request: pytest.FixtureRequest, tmp_path_factory: Any) -> tuple[str, Shop, dict]:
    """A mode, a shop with its kept states, and what an undisturbed run makes of it."""
    mode, shop = request.param, Shop(tmp_path_factory.mktemp("crash"))
    shop.state.mkdir()
    shop.run("full", "--as-of", NIGHT)
    for number, until in enumerate((*KILLED[mode], None)):
        shop.keep(f"before-{number}")
        options = ("--until", until) if until else ()
        shop.run(mode, "--as-of", NEXT, "--resume", *options)
    shop.seconds = {step["name"]: step["seconds"] for step in shop.newest()["steps"]}
    return mode, shop, facts(shop)


def before(mode: str, step: str, names: list[str]) -> str:
    """The kept state that is nearest before a step."""
    ends = [names.index(until) for until in KILLED[mode]]
    return f"before-{sum(names.index(step) > end for end in ends)}"


def kill_in(
    shop: Shop, process: subprocess.Popen[str], step: str, after: float, all_of: bool
) -> bool:
    """Kill a run so many seconds into a step; whether it was still running."""
    give_up = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < give_up:
        record = next(records(shop.paths.runs), {"run": ""})
        is_of_it = record["run"].endswith(f"-{process.pid}")
        if is_of_it and record.get("current", {}).get("name") == step:
            time.sleep(after)
            return kill(process, all_of)
        time.sleep(0.02)
    return kill(process, all_of)


def kill(process: subprocess.Popen[str], all_of: bool) -> bool:
    """The run alone, or with all that it started, as when the power fails."""
    was_running = process.poll() is None
    with contextlib.suppress(ProcessLookupError):
        (os.killpg if all_of else os.kill)(process.pid, signal.SIGKILL)
    process.communicate()
    return was_running


def test_killed_anywhere_then_run_again(
    story: tuple[str, Shop, dict], request: pytest.FixtureRequest
) -> None:
    mode, shop, clean = story
    rng = random.Random(request.config.getoption("--seed"))
    names = [step.name for step in MODES[mode].steps(Path("run"), [], False)]
    order = [step for _ in range(100) for step in rng.sample(names, len(names))]
    killed = 0
    for number, step in enumerate(order[: request.config.getoption("--kills")]):
        after = rng.random() * shop.seconds[step]
        shop.restore(before(mode, step, names))
        with readers(shop.paths.published) as wrong:
            process = shop.start(mode, "--as-of", NEXT, "--resume")
            was_killed = kill_in(shop, process, step, after, all_of=rng.random() < 0.5)
            killed += was_killed
            again = () if number % ANEW_EACH == ANEW_EACH - 1 else ("--resume",)
            began = time.monotonic()
            out = shop.run(mode, "--as-of", NEXT, *again)
        when = f"{mode}, killed in {step} after {after:.1f} s, run again {' '.join(again)}"
        print(f"{when}: {time.monotonic() - began:.0f} s", flush=True)
        assert not wrong, f"{when}: the published copy could not be read: {wrong[0]}"
        assert_same(facts(shop), clean, f"{when}\n{out}")
        left = [path.name for path in shop.state.rglob("*.partial*")]
        assert not left, f"{when}: left behind {left}"
    assert killed > 0
