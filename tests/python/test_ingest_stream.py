"""From a stream to files of the lake: nothing is committed that is not on the disk."""

from __future__ import annotations

import base64
import errno
import gzip
import json
import os
import random
import stat
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import ingest_stream
from penpal.lake.reader import read_table
from penpal.settings import UserError
from penpal.streams import cycles, files, kafka, pressure
from penpal.streams.batch import Batch, Limits
from penpal.streams.events import as_line, fault_of
from penpal.streams.files import Places
from penpal.streams.ingest import Ingest
from penpal.streams.metrics import Metrics
from penpal.streams.pressure import Pressure
from penpal.streams.source import Message, Partition

NOON = 1_781_524_800.0  # 2026-06-15 12:00 UTC


class Killed(BaseException):
    """As SIGKILL: nothing of the program runs afterwards."""


class Stream:
    """A stream in memory, of two partitions, that remembers what was committed."""

    def __init__(self, values: list[bytes | None]):
        self.logs: dict[Partition, list[Message]] = {("web", 0): [], ("web", 1): []}
        for number, value in enumerate(values):
            log = self.logs[("web", number % 2)]
            log.append(Message("web", number % 2, len(log), value, NOON + number))
        self.committed = dict.fromkeys(self.logs, 0)


class StreamSource:
    """Reads a Stream from where it was committed; checks at each commit what is on the disk."""

    name = "kafka"

    def __init__(self, stream: Stream, places: Places | None = None, at_once: int = 7):
        self.stream, self.places, self.at_once = stream, places, at_once
        self.positions = dict(stream.committed)
        self.paused, self.closed, self.told = False, False, []

    def poll(self, seconds: float) -> list[Message]:
        if self.paused:
            return []
        found: list[Message] = []
        for where, log in self.stream.logs.items():
            start = self.positions[where]
            found += log[start : start + self.at_once]
            self.positions[where] = min(len(log), start + self.at_once)
        return found

    def pause(self) -> None:
        self.paused = True
        self.told.append("pause")

    def resume(self) -> None:
        self.paused = False
        self.told.append("resume")

    def commit(self, ends: Mapping[Partition, int]) -> None:
        if self.places:
            durable = on_disk(self.places)
            for (topic, number), end in ends.items():
                assert {(topic, number, offset) for offset in range(end)} <= durable
        self.stream.committed |= ends

    def lag(self) -> int | None:
        return sum(len(log) - self.positions[where] for where, log in self.stream.logs.items())

    def close(self) -> None:
        self.closed = True


def event(number: int, **more: Any) -> bytes:
    """An event that tells its own place in the stream."""
    told = {"messageId": f"m{number}", "at": ["web", number % 2, number // 2], "type": "track"}
    return json.dumps(told | more).encode()


def whole(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def events_on_disk(places: Places) -> list[dict[str, Any]]:
    paths = [places.table / name for name in pressure.files_in(places.table)]
    return [json.loads(line) for path in paths for line in whole(path).splitlines()]


def dead_on_disk(places: Places) -> list[dict[str, Any]]:
    paths = sorted(places.dead_letters.rglob("*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_bytes().splitlines()]


def on_disk(places: Places) -> set[tuple[str, int, int]]:
    """The messages that files hold."""
    dead = {(d["topic"], d["partition"], d["offset"]) for d in dead_on_disk(places)}
    return dead | {tuple(event["at"]) for event in events_on_disk(places)}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "lake/web/events", tmp_path / "lake/_dead_letters", "kafka", False)


def ingest(
    places: Places, source: StreamSource, limits: Limits | None = None, **pressed: int
) -> Ingest:
    listed = places.table.parents[2] / "kept" / "files.parquet"
    least = Pressure(places.table, listed, pressed.get("unread", 1000), pressed.get("free", 0))
    metrics = Metrics(places.table.parents[2] / "metrics.json")
    limits = limits or Limits(10, 2**20, 60)
    return Ingest(source, places, limits, least, metrics, until_idle=0.01)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        pytest.param(b'{"a": 1}', None, id="object"),
        pytest.param(b' {"a":\r\n [1,\n2]}\n', None, id="over-lines"),
        pytest.param('{"name": "Zoë"}'.encode(), None, id="utf-8"),
        pytest.param(b'{"half": "\\ud83d"}', None, id="half-a-character-in-an-escape"),
        pytest.param(b'{"n": 123456789012345678901234567890}', None, id="long-number"),
        pytest.param(None, "empty", id="tombstone"),
        pytest.param(b" \n", "empty", id="blanks"),
        pytest.param(b"[1]", "not one JSON object", id="array"),
        pytest.param(b'"a"', "not one JSON object", id="text"),
        pytest.param(b'{"a": 1}{"a": 2}', "not JSON", id="two-objects"),
        pytest.param(b'{"a": NaN}', "not JSON", id="nan"),
        pytest.param(b'{"a": 1', "not JSON", id="cut-off"),
        pytest.param('{"name": "Zoë"}'.encode("latin-1"), "not UTF-8", id="latin-1"),
        pytest.param(b'{"a": "' + b"\xed\xa0\xbd" + b'"}', "not UTF-8", id="half-in-bytes"),
        pytest.param(b'{"a":' + b"[" * 9999 + b"]" * 9999 + b"}", "nested too deeply", id="deep"),
        pytest.param(
            b"\0\0\0\0\1{}",
            "begins with the mark of a schema registry: send plain JSON",
            id="schema-registry",
        ),
    ],
)
def test_what_is_one_object_of_utf8(value: bytes | None, fault: str | None) -> None:
    assert fault_of(value) == fault
    if fault is None:
        line = as_line(value)
        assert line.count(b"\n") == 1
        assert b"\r" not in line
        assert json.loads(line) == json.loads(value)


def test_events_are_files_that_the_lake_reads(places: Places, tmp_path: Path) -> None:
    source = StreamSource(Stream([event(n) for n in range(20)] + [event(20, text="a\u2028b")]))
    ingest(places, source).run()
    (folder,) = places.table.iterdir()
    assert folder.name == "2026-06-15"
    read = read_table(places.table, tmp_path / "kept")
    assert len(read["text"]) == len(list(folder.iterdir()))
    assert pressure.files_read(tmp_path / "kept" / "files.parquet") == pressure.files_in(
        places.table
    )
    assert sorted(e["messageId"] for e in events_on_disk(places)) == sorted(
        f"m{n}" for n in range(21)
    )
    assert source.stream.committed == {("web", 0): 11, ("web", 1): 10}
    assert source.closed


def test_bytes_are_written_as_they_came(places: Places) -> None:
    value = b'{"messageId":"m0", "price": 1.10, "at": ["web", 0, 0],"z":1E5}'
    ingest(places, StreamSource(Stream([value]))).run()
    (path,) = (places.table / name for name in pressure.files_in(places.table))
    assert path.read_bytes() == value + b"\n"


def test_dead_letters_say_why_and_where(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    secret = b"ann@example.org is no JSON"
    ingest(places, StreamSource(Stream([event(0), secret, None, b"[]"]))).run()
    told = [(d["partition"], d["offset"], d["reason"]) for d in dead_on_disk(places)]
    assert told == [
        (0, 1, "empty"),
        (1, 0, "not JSON"),
        (1, 1, "not one JSON object"),
    ]
    assert base64.b64decode(dead_on_disk(places)[1]["value_base64"]) == secret
    modes = {stat.S_IMODE(p.stat().st_mode) for p in places.dead_letters.rglob("*.jsonl")}
    assert modes == {0o600}
    log = capsys.readouterr().out
    assert "WARNING consumed=4 written=1 dead=3" in log
    assert "ann@" not in log


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_the_same_batch_makes_the_same_file(places: Places, packed: bool) -> None:
    """What was written before a kill is not written twice, nor changed."""
    places = Places(places.table, places.dead_letters, "kafka", packed)
    values = [event(0), b"dead", event(2), event(3)]
    seen = []
    for _ in range(2):
        ingest(places, StreamSource(Stream(values))).run()
        found = sorted((*places.table.rglob("*.*"), *places.dead_letters.rglob("*.*")))
        seen.append([(path.name, path.stat().st_ino, path.read_bytes()) for path in found])
    assert seen[0] == seen[1]
    assert len(seen[0]) == 3


def test_a_topic_made_anew_overwrites_nothing(places: Places) -> None:
    """Its offsets begin again, with other messages."""
    for first in ("m0", "other"):
        values = [event(0, messageId=first)]
        ingest(places, StreamSource(Stream(values))).run()
    assert {e["messageId"] for e in events_on_disk(places)} == {"m0", "other"}


STEPS = ("os.fsync", "os.replace", "os.open", "commit")


@pytest.mark.parametrize("seed", range(10))
def test_killed_at_any_step_loses_nothing(
    places: Places, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    values = [event(n) if chance.random() < 0.9 else b"dead" for n in range(60)]
    stream = Stream(values)
    for _ in range(20):
        source = StreamSource(stream, places, at_once=chance.randint(1, 9))
        with monkeypatch.context() as patched:
            dies_in, left = chance.choice(STEPS), chance.randint(0, 12)

            def dying(step: Any, left: int = left) -> Any:
                calls = iter(range(10**6))

                def call(*given: Any, **named: Any) -> Any:
                    if next(calls) == left:
                        raise Killed
                    return step(*given, **named)

                return call

            if dies_in == "commit":
                patched.setattr(source, "commit", dying(source.commit))
            else:
                patched.setattr(dies_in, dying(getattr(os, dies_in.removeprefix("os."))))
            try:
                ingest(places, source, Limits(chance.randint(1, 12), 2**20, 60)).run()
            except Killed:
                continue
    ingest(places, StreamSource(stream, places)).run()
    assert on_disk(places) == {
        (m.topic, m.partition, m.offset) for log in stream.logs.values() for m in log
    }
    assert stream.committed == {("web", 0): 30, ("web", 1): 30}


def test_half_written_files_are_not_seen_and_go(places: Places, tmp_path: Path) -> None:
    folder = places.table / "2026-06-15"
    folder.mkdir(parents=True)
    dead = folder / f".kafka.web.0.jsonl.{files.HOST}.99999999.part"
    alive = folder / f".kafka.web.0.jsonl.{files.HOST}.{os.getpid()}.part"
    elsewhere = folder / ".kafka.web.0.jsonl.another_host.99999999.part"
    for path in (dead, alive, elsewhere):
        path.write_text('{"half')
    assert read_table(places.table, tmp_path / "kept")["text"] == []
    files.remove_leftovers(places.table)
    assert sorted(folder.iterdir()) == sorted((alive, elsewhere))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT], ids=["disk", "quota"])
def test_a_full_disk_pauses_and_loses_nothing(
    places: Places, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(pressure, "EVERY", 0.01)
    failures = [OSError(code, "full")] * 3
    real = os.replace

    def replace(old: Path, new: Path) -> None:
        if "kafka." in str(old) and failures:
            time.sleep(0.02)
            raise failures.pop()
        real(old, new)

    monkeypatch.setattr(os, "replace", replace)
    source = StreamSource(Stream([event(n) for n in range(40)]), places)
    program = ingest(places, source, Limits(10, 2**20, 60))
    program.pressure.looked = -1.0
    program.run()
    assert "pause" in source.told
    assert source.told.count("pause") == source.told.count("resume")
    assert len(on_disk(places)) == 40
    assert not list(places.table.rglob("*.part"))


def test_a_disk_that_stays_full_commits_nothing(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = os.replace

    def replace(old: Path, new: Path) -> None:
        if "kafka." in str(old):
            raise OSError(errno.ENOSPC, "full")
        real(old, new)

    monkeypatch.setattr(os, "replace", replace)
    source = StreamSource(Stream([event(n) for n in range(4)]), places)
    ingest(places, source).run()
    assert source.stream.committed == {("web", 0): 0, ("web", 1): 0}
    assert "WARNING 4 messages are not written; they come again" in capsys.readouterr().out


def test_a_folder_that_may_not_be_written_is_one_sentence(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    source = StreamSource(Stream([event(0)]), places)
    program = ingest(places, source)
    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr("penpal.streams.metrics.write_whole", lambda *_: None)
    with pytest.raises(UserError, match=r"kafka\.web\.0\..* cannot be written: Permission denied"):
        program.run()
    assert source.stream.committed[("web", 0)] == 0
    assert source.closed


def test_nothing_is_read_while_files_wait(
    places: Places, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pressure, "EVERY", 0.0)
    for number in range(3):
        path = places.table / f"old-{number}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(event(number).decode() + "\n")
    source = StreamSource(Stream([event(0)]))
    program = ingest(places, source, unread=2)
    program.begin()
    program.step()
    assert source.told == ["pause"]
    assert program.paused == "3 files of the lake wait for a run to read them"
    assert not program.is_idle()
    read_table(places.table, tmp_path / "kept")  # a run has read them
    program.step()
    assert source.told == ["pause", "resume"]
    assert source.positions[("web", 0)] == 1


@pytest.mark.parametrize(
    ("unread", "files_there", "pauses"),
    [pytest.param(3, 3, False, id="at-the-limit"), pytest.param(3, 4, True, id="over-it")],
)
def test_how_many_files_may_wait(
    tmp_path: Path, unread: int, files_there: int, pauses: bool
) -> None:
    for number in range(files_there):
        (tmp_path / f"{number}.jsonl").touch()
    (tmp_path / ".hidden").touch()
    found = Pressure(tmp_path, tmp_path / "none", unread, 0).reason()
    assert (found is not None) == pauses


def test_nothing_is_read_while_the_disk_is_nearly_full(places: Places) -> None:
    found = Pressure(places.table, places.table, 1, 2**62).reason()
    assert found is not None
    assert found.endswith("GB are free on the disk of the lake")


@pytest.mark.parametrize(
    ("limits", "count"),
    [
        pytest.param(Limits(5, 2**20, 60), 5, id="events"),
        pytest.param(Limits(10**6, 3 * len(event(0)), 60), 3, id="bytes"),
    ],
)
def test_when_a_batch_is_full(limits: Limits, count: int) -> None:
    batch = Batch(limits)
    for number in range(count):
        assert batch.wait() > 0
        batch.add(Message("web", 0, number, event(0), NOON))
    assert batch.wait() == 0


def test_a_batch_waits_so_long_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    batch = Batch(Limits(10, 2**20, 30))
    assert batch.wait() == 30
    batch.add(Message("web", 0, 0, b"{}", NOON))
    now[0] = 129.5
    assert batch.wait() == 0.5
    now[0] = 130.0
    assert batch.wait() == 0


def test_the_metrics_say_how_it_stands(places: Places) -> None:
    program = ingest(places, StreamSource(Stream([event(n) for n in range(9)] + [b"no"])))
    program.run()
    told = json.loads(program.metrics.file.read_text())
    assert {name: told[name] for name in ("status", "consumed", "written", "dead", "paused")} == {
        "status": "stopped",
        "consumed": 10,
        "written": 9,
        "dead": 1,
        "paused": None,
    }
    assert told["next_offsets"] == {"web-0": 5, "web-1": 5}
    assert told["files"] == 2
    assert told["bytes"] == sum(path.stat().st_size for path in places.table.rglob("*.jsonl"))


# A run of triggers that notes when it begins and ends; $1: seconds, $2: its exit code.
RUN = """
import pathlib, sys, time
log = pathlib.Path(sys.argv[1])
log.open("a").write("begin\\n")
time.sleep(float(sys.argv[2]))
log.open("a").write("end\\n")
sys.exit(int(sys.argv[3]))
"""


def runs_of(tmp_path: Path, seconds: float, code: int) -> tuple[cycles.Cycles, Path]:
    (tmp_path / "run.py").write_text(RUN)
    noted = tmp_path / "noted"
    noted.touch()
    program = (sys.executable, str(tmp_path / "run.py"))
    return cycles.Cycles(tmp_path / "log", [str(noted), str(seconds), str(code)], program), noted


def step_until(runs: cycles.Cycles, noted: Path, lines: int) -> list[str]:
    for _ in range(1000):
        runs.step()
        found = noted.read_text().split()
        if len(found) >= lines and not runs.process:
            break
        time.sleep(0.01)
    return found


def test_one_run_of_triggers_at_a_time(tmp_path: Path) -> None:
    """Whatever lands during one is for the next."""
    runs, noted = runs_of(tmp_path, 0.1, 0)
    runs.step()
    assert runs.process is None  # nothing has landed
    runs.landed()
    runs.step()
    for _ in range(3):
        runs.landed()
        runs.step()
    assert step_until(runs, noted, 4) == ["begin", "end"] * 2
    runs.step()
    assert runs.process is None


@pytest.mark.parametrize(("code", "wait"), [(3, "AFTER_LOCKED"), (1, "AFTER_FAILURE")])
def test_a_run_that_could_not_be_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, wait: str
) -> None:
    monkeypatch.setattr(cycles, wait, 0.05)
    runs, noted = runs_of(tmp_path, 0, code)
    runs.landed()
    assert step_until(runs, noted, 4)[:4] == ["begin", "end"] * 2
    runs.stop()


def test_stopping_ends_the_run_of_triggers(tmp_path: Path) -> None:
    runs, _ = runs_of(tmp_path, 60, 0)
    runs.landed()
    runs.step()
    process = runs.process
    runs.stop()
    assert process.returncode is not None


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises((UserError, SystemExit)) as stopped:
        ingest_stream.main(["--topic", "web", *arguments])
    return capsys.readouterr().err + str(stopped.value)


def test_wrong_options_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PENPAL_WAREHOUSE", str(tmp_path / "shop.duckdb"))
    monkeypatch.setenv("PENPAL_LAKE", str(tmp_path / "lake"))
    monkeypatch.setattr(ingest_stream, "check_installed", lambda: None)
    assert "Say where Kafka is" in refused(capsys)
    assert "the raw tables are crm.consents" in refused(capsys, "--table", "web.clicks")
    inside = str(tmp_path / "lake/web/events/dead")
    assert "is in the table" in refused(capsys, "--dead-letters", inside)
    assert "0 is not 1 or more" in refused(capsys, "--batch-events", "0")
    assert "are for --run-triggers" in refused(capsys, "--brokers", "x:1", "--", "--raw-data")
    assert "letters, digits" in refused(capsys, "--group", "../x")
    config = tmp_path / "kafka.properties"
    for line, why in (
        ("bootstrap.servers", "line 3: write name=value"),
        ("enable.auto.commit=true", "line 3: enable.auto.commit is not yours to set"),
    ):
        config.write_text(f"# a remark\n\n{line}\n")
        assert why in refused(capsys, "--config", str(config))
    assert not (tmp_path / "lake").exists()


def test_without_the_library_a_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kafka, "kafka", None)
    assert "-r requirements-stream.txt" in refused(capsys, "--brokers", "x:1")
