"""One run on its way: its steps, and its record, which is on the disk, whole, after every step."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from penpal.files import write_whole
from penpal.pipeline import known
from penpal.pipeline.failures import dbt_counts, explain, read_results, run_results, shorten
from penpal.pipeline.hooks import call_hook
from penpal.pipeline.journal import Journal, now
from penpal.pipeline.records import RUN_FACTS, Record
from penpal.pipeline.run import LETTERS
from penpal.pipeline.steps import Step, Steps
from penpal.pipeline.summary import letters_line, read_json
from penpal.settings import EXIT_CHECK_FAILED, Settings, UserError
from penpal.terminal import shown

RESULT_FACTS = ("unique_id", "status", "execution_time", "failures", "message")
PREPARE = Step("prepare", "Prepare", ())


class Run:
    """A run in a folder of its own. `facts` are what the record says of it from the start."""

    def __init__(self, paths: Settings, run: str, facts: Record, journal: Journal):
        self.folder = paths.runs / run
        self.letters = self.folder / LETTERS
        self.paths, self.journal = paths, journal
        self.started = time.monotonic()
        self.record: Record = {"run": run, "status": "running", "started_at": now(), **facts}
        self.record["steps"] = []
        try:
            self.folder.mkdir(parents=True)
        except OSError as error:
            raise UserError(f"{self.folder} cannot be made: {error.strerror}.") from error
        self.save()
        journal.write("begun", run, **{name: facts.get(name) for name in RUN_FACTS})

    def save(self) -> None:
        self.record["seconds"] = round(time.monotonic() - self.started, 1)
        write_whole(self.folder / "run.json", json.dumps(self.record, indent=2, default=str))

    def say(self, line: str) -> None:
        """Tell people; where the journal is printed, it tells."""
        if not self.journal.echo:
            print(line, flush=True)

    def begin(self, step: Step) -> dict[str, Any]:
        number = len(self.record["steps"])
        told = {"number": number, "name": step.name, "started_at": now()}
        self.record["current"] = told
        self.save()
        return told

    def ended(self, told: dict[str, Any], status: str, **facts: Any) -> None:
        """Write down that a step ended."""
        told |= {"status": status, "ended_at": now(), **facts}
        self.record.pop("current", None)
        self.record["steps"].append(told)
        run_facts = {name: self.record.get(name) for name in RUN_FACTS}
        self.journal.write("step", self.record["run"], **run_facts, **told)
        self.save()

    def prepare(self, check: Callable[[], None]) -> None:
        """The first step, here in this process: what would stop the run later is said now."""
        told, began = self.begin(PREPARE), time.monotonic()
        try:
            check()
        except UserError as error:
            seconds, code = round(time.monotonic() - began, 1), error.exit_code
            self.ended(told, "failed", seconds=seconds, exit_code=code, reasons=[str(error)])
            self.record["failure"] = {"step": PREPARE.name, "reasons": [str(error)]}
            self.end("failed", code)
            raise
        self.ended(told, "done", seconds=round(time.monotonic() - began, 1), exit_code=0)

    def take_from(self, earlier: Record, names: frozenset[str]) -> None:
        """Say which steps an earlier run has done; that one's journal has their lines."""
        taken = [
            step | {"taken_from": step.get("taken_from", earlier["run"])}
            for step in earlier["steps"]
            if step["name"] in names and step["name"] != PREPARE.name
        ]
        self.record["steps"] += taken
        self.save()

    def step(self, step: Step, steps: Steps) -> None:
        """Run one step, again where it failed for a transient reason; a failure ends the run."""
        log, told = steps.log(step), self.begin(step)
        told["log"] = log.name
        if sys.stdout.isatty() and not self.journal.echo:
            print(f"{step.title:<16} …", end="\r", flush=True)
        began = time.monotonic()
        for attempt, pause in enumerate((*known.pauses(), None), start=1):
            # What made the processes ready has also said something in the first log.
            seen = log.stat().st_size if attempt > 1 else 0
            code, reasons = self._try(step, steps, log, seen)
            failure = known.recognised(reasons)
            if code == 0 or pause is None or not (failure and failure.transient):
                break
            self.say(f"{step.title:<16} {failure.name}: again in {pause:g} s")
            time.sleep(pause)
        facts = {"seconds": round(time.monotonic() - began, 1), "exit_code": code}
        facts |= {"attempts": attempt, "reasons": reasons}
        if code == EXIT_CHECK_FAILED and step.is_gate:
            self.hold_letters(step, told, facts)
        elif code:
            self.ended(told, "failed", **facts)
            self.fail(step, code, reasons, log)
        else:
            is_held = step.when_held and step.arguments == step.when_held
            self.ended(told, "held" if is_held else "done", **facts)
            did = dbt_counts() if step.is_dbt else self.last_line(step, log)
            self.say(f"{step.title:<16}{facts['seconds']:>6.1f} s  {did}")

    def _try(self, step: Step, steps: Steps, log: Path, seen: int) -> tuple[int, list[str]]:
        """One try: exit code and, where it failed, the sentences that say why.

        `seen`: bytes of the log that earlier tries have written.
        """
        if step.is_dbt:
            # What an earlier run left there would be taken for this one's results.
            run_results().unlink(missing_ok=True)
        code = steps.run(step)
        if step.is_dbt:
            self.keep_results(step)
        if not code:
            return 0, []
        text = log.read_bytes()[seen:].decode("utf-8", errors="replace")
        code, sentences = explain(step.is_dbt, text, code)
        if failure := known.recognised(sentences):
            code = failure.exit_code or code
            if failure.says:
                sentences.append(failure.says.format(folder=self.paths.warehouse.parent))
        return code, sentences

    def keep_results(self, step: Step) -> None:
        """What became of each node of dbt's, in few words; dbt's own file is the last step's."""
        kept = [{fact: result.get(fact) for fact in RESULT_FACTS} for result in read_results()]
        write_whole(self.folder / f"{step.name}.results.json", json.dumps(kept))

    def last_line(self, step: Step, log: Path) -> str:
        if step.name == "letters":
            return letters_line(read_json(self.letters))
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return shown(lines[-1]) if lines else ""

    def hold_letters(self, step: Step, told: dict[str, Any], facts: dict[str, Any]) -> None:
        """The gate is closed: letters are only taken back, and the run ends with exit code 1."""
        self.record["letters_held"] = facts["reasons"] or [f"'{step.title}' gave no reason."]
        self.ended(told, "held", **facts)
        self.say(f"{step.title:<16}{facts['seconds']:>6.1f} s  no letters: data is too old")

    def fail(self, step: Step, code: int, sentences: list[str], log: Path) -> NoReturn:
        self.record["failure"] = {"step": step.name, "reasons": sentences}
        with contextlib.suppress(UserError):  # a full disk: the reason is told all the same
            self.end("failed", code)
        reasons = "\n".join(f"  {shown(sentence)}" for sentence in shorten(sentences))
        raise UserError(f"'{step.title}' failed:\n{reasons}\n  Log: {log}", code)

    def end(self, status: str, code: int) -> None:
        """Write down how the run ended; a step that was on its way ended so, too."""
        self.record |= {"status": status, "exit_code": code, "ended_at": now()}
        if told := self.record.get("current"):
            self.ended(told, status, exit_code=code)
        self.save()
        facts = {"status": status, "exit_code": code, "seconds": self.record["seconds"]}
        if result := self.record.get("result"):
            facts |= {"content_hash": result.get("content_hash")}
            facts |= {"letters": result.get("letters", {}).get("rendered_total", 0)}
        self.journal.write("ended", self.record["run"], **facts)

    def call_hook(self) -> None:
        """Tell whoever wants to know how it ended; whatever that does is only written down."""
        with contextlib.suppress(UserError):
            if hook := call_hook(self.record, self.folder / "run.json"):
                self.record["hook"] = hook
                self.save()
                self.journal.write("hook", self.record["run"], **hook)
                if hook["exit_code"] != 0:
                    self.say(f"Note: {hook['hook']} did not work: {shown(hook['says'])}")
