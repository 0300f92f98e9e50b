"""The program itself against Kafka: a real broker, and the one that librdkafka has for tests."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka_brokers import BROKERS, PARTITIONS, real_broker
from tests.conftest import ROOT

from penpal.streams.kafka import KafkaSource
from penpal.streams.pressure import files_in

pytest.importorskip("confluent_kafka", reason="pip install -r requirements-stream.txt")

TOPIC = "web-events"
DEAD_EVERY = 50  # each so many messages is no JSON


@pytest.fixture(scope="module", params=BROKERS)
def brokers(request: pytest.FixtureRequest) -> Iterator[str]:
    with BROKERS[request.param](TOPIC) as address:
        yield address


class Program:
    """ingest_stream.py in a process of its own, with a lake of its own."""

    def __init__(self, folder: Path, brokers: str, group: str, topic: str = TOPIC):
        self.folder, self.lake = folder, folder / "lake"
        self.metrics = folder / f"shop.stream.{group}.json"
        self.command = [sys.executable, str(ROOT / "scripts" / "ingest_stream.py")]
        self.command += ["--brokers", brokers, "--topic", topic, "--group", group]

    def start(self, *options: str) -> subprocess.Popen[str]:
        environment = {"PENPAL_LAKE": str(self.lake)}
        environment |= {"PENPAL_WAREHOUSE": str(self.folder / "shop.duckdb")}
        return subprocess.Popen(
            [*self.command, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | environment,
        )

    def run(self, *options: str) -> str:
        """Until nothing comes any more; what it said."""
        process = self.start("--until-idle", "1", *options)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said
        return said

    def told(self) -> dict[str, Any]:
        return json.loads(self.metrics.read_text())

    def files(self) -> set[str]:
        return files_in(self.lake / "web" / "events")

    def keys(self) -> list[str]:
        """Of every line of every file, also where one came twice."""
        paths = [self.lake / "web" / "events" / name for name in self.files()]
        return [json.loads(line)["messageId"] for p in paths for line in p.read_text().splitlines()]

    def dead(self) -> set[tuple[int, int]]:
        paths = (self.lake / "_dead_letters").rglob("*.jsonl")
        letters = [json.loads(line) for p in paths for line in p.read_text().splitlines()]
        return {(letter["partition"], letter["offset"]) for letter in letters}


def send(brokers: str, count: int, prefix: str, topic: str = TOPIC) -> tuple[set[str], int]:
    """Put messages into the topic; the keys of the events among them, and how many are none."""
    from confluent_kafka import Producer  # noqa: PLC0415 (optional)

    producer = Producer({"bootstrap.servers": brokers})
    keys = [f"{prefix}{number}" for number in range(count)]
    for number, key in enumerate(keys):
        is_dead = number % DEAD_EVERY == DEAD_EVERY - 1
        value = "no JSON" if is_dead else json.dumps({"messageId": key, "type": "track"})
        producer.produce(topic, value.encode(), partition=number % PARTITIONS)
        if number % 1000 == 0:
            producer.poll(0)
    assert producer.flush(30) == 0
    dead = set(keys[DEAD_EVERY - 1 :: DEAD_EVERY])
    return set(keys) - dead, len(dead)


def test_every_event_comes_once_and_is_committed(brokers: str, tmp_path: Path) -> None:
    program = Program(tmp_path, brokers, "once")
    sent, dead = send(brokers, 900, "once-")
    said = program.run("--plain", "--batch-events", "200")
    assert f"consumed=900 written={len(sent)} dead={dead}" in said
    assert sorted(program.keys()) == sorted(sent)
    assert len(program.dead()) == dead
    assert program.told()["lag"] is None
    before = program.files()
    assert "consumed=0" in program.run("--plain")
    assert program.files() == before
    more, _ = send(brokers, 90, "more-")
    program.run("--plain")
    assert sorted(program.keys()) == sorted(sent | more)


def test_sigterm_writes_and_commits_the_last_batch(brokers: str, tmp_path: Path) -> None:
    program = Program(tmp_path, brokers, "term")
    program.run("--plain")
    before, known = program.files(), program.keys()
    process = program.start("--plain", "--batch-seconds", "3600")
    # It may be told first that the test's broker has lost count of what it has.
    assert any("reads web-events" in line for line in iter(process.stdout.readline, ""))
    sent, _ = send(brokers, 60, "term-")
    give_up = time.monotonic() + 30
    while program.told()["waiting"] < 60 and time.monotonic() < give_up:
        time.sleep(0.1)
    assert program.files() == before  # the batch is not full
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert program.told()["status"] == "stopped"
    assert sorted(program.keys()) == sorted([*known, *sent])
    assert "consumed=0" in program.run()


def test_pausing_keeps_what_is_not_read(brokers: str) -> None:
    sent, _ = send(brokers, 50, "pause-")
    source = KafkaSource([TOPIC], {"bootstrap.servers": brokers}, "pause", "earliest")
    try:
        source.pause()
        assert source.poll(0.5) == []
        source.resume()
        found: list[Any] = []
        give_up = time.monotonic() + 20
        while source.lag() != 0 and time.monotonic() < give_up:
            found += source.poll(0.5)
        values = {m.value for m in found}
        assert {key for key in sent if any(key.encode() in (v or b"") for v in values)} == sent
        assert all(abs(message.arrived - time.time()) < 600 for message in found)
    finally:
        source.close()


def test_one_program_a_group(brokers: str, tmp_path: Path) -> None:
    program = Program(tmp_path, brokers, "alone")
    first = program.start()
    try:
        assert "reads web-events" in first.stdout.readline()
        second = program.start()
        said, _ = second.communicate(timeout=30)
        assert second.returncode == 3, said
        assert "stream alone" in said
    finally:
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=30)
    assert first.returncode == 0


def refused(tmp_path: Path, brokers: str, topic: str) -> str:
    process = Program(tmp_path, brokers, "none", topic).start()
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 2, said
    assert "Traceback" not in said
    return said


def test_no_topic_and_no_broker_are_sentences(tmp_path: Path) -> None:
    said = refused(tmp_path, "127.0.0.1:1", TOPIC)
    assert "Looking for the topic at 127.0.0.1:1 failed" in said
    assert said.count("Connection refused") == 1  # not one for each attempt
    with real_broker(TOPIC) as brokers:
        said = refused(tmp_path, brokers, "no-such-topic")
        assert "There is no topic no-such-topic at" in said


def test_killed_at_random_loses_nothing(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """SIGKILL at seeded moments, while events keep coming; `--kills 50` for more of them."""
    kills = request.config.getoption("--kills")
    chance, sent, dead = random.Random(kills), set(), 0
    with real_broker(TOPIC) as brokers:
        program = Program(tmp_path, brokers, "kills")
        for number in range(kills):
            keys, none = send(brokers, chance.randint(300, 3000), f"{number}-")
            sent, dead = sent | keys, dead + none
            process = program.start("--plain", "--batch-events", "100", "--batch-seconds", "0.2")
            if chance.random() < 0.8:  # at work; else while it starts
                process.stdout.readline()
            time.sleep(chance.uniform(0, 0.8))
            process.send_signal(signal.SIGKILL)
            process.communicate()
        before = len(program.files())
        program.run("--plain")
        assert before  # it was killed at work
        assert set(program.keys()) == sent
        assert len(program.dead()) == dead
        assert not list(program.lake.rglob("*.part"))
        print(f"{kills} kills: {len(sent)} events, {len(program.keys()) - len(sent)} twice")
