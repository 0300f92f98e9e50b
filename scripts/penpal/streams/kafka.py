"""Kafka, read by one program a group: partitions are assigned, so a restart waits for nobody."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from penpal.settings import UserError
from penpal.streams.metrics import say
from penpal.streams.source import Message, Partition
from penpal.terminal import shown

try:
    import confluent_kafka as kafka
except ImportError:
    kafka = None

AT_ONCE = 200  # messages of one poll
SECONDS = 10.0  # for an answer of the brokers
LOOK_EVERY = 60.0  # seconds until new partitions are looked for
TRIES = 3  # of a commit
OURS = {
    "enable.auto.commit": False,  # offsets are committed once the file is durable
    "enable.auto.offset.store": False,
    "queued.max.messages.kbytes": 16_384,  # what waits in memory, of all partitions
    "fetch.max.bytes": 16_777_216,
}
# Its own log tells of each attempt to connect, 20 a second; what matters comes as an error, too.
SILENT = logging.getLogger("penpal.streams.kafka")
SILENT.propagate = False
SILENT.addHandler(logging.NullHandler())


def read_config(file: Path) -> dict[str, str]:
    """Settings of librdkafka, a `name=value` a line, as Kafka's own programs read them."""
    found: dict[str, str] = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read: {getattr(error, 'strerror', error)}.") from error
    for number, line in enumerate(lines, 1):
        name, sign, value = line.partition("=")
        if not line.strip() or line.lstrip().startswith(("#", "!")):
            continue
        if not sign:
            raise UserError(f"{file}, line {number}: write name=value.")
        if name.strip() in OURS:
            raise UserError(f"{file}, line {number}: {name.strip()} is not yours to set.")
        found[name.strip()] = value.strip()
    return found


def check_installed() -> None:
    """Raises UserError where the library is not there."""
    if kafka is None:
        raise UserError(
            "confluent-kafka is not installed: run"
            " .venv/bin/pip install -r requirements-stream.txt."
        )


class KafkaSource:
    """Topics of a Kafka cluster; see Source. `begin`: earliest or latest, of what nobody read."""

    name = "kafka"

    def __init__(self, topics: Iterable[str], config: Mapping[str, str], group: str, begin: str):
        check_installed()
        self.topics, self.begin = tuple(topics), begin
        self.brokers = shown(config.get("bootstrap.servers", "?"))
        self.told: set[int] = set()
        self.uncommitted: dict[Partition, int] = {}
        self.positions: dict[Partition, int] = {}
        self.paused = False
        ours = OURS | {"group.id": group, "auto.offset.reset": begin, "error_cb": self._trouble}
        try:
            self.consumer = kafka.Consumer(dict(config) | ours, logger=SILENT)
        except (kafka.KafkaException, ValueError, TypeError) as error:
            raise UserError(f"Kafka's settings are wrong: {_words(error)}.") from error
        self._assign(self._partitions())
        self.looked = time.monotonic()

    def _asked(self, what: str, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except kafka.KafkaException as error:
            self.consumer.poll(0)  # tells why, through _trouble
            raise UserError(f"{what} at {self.brokers} failed: {_words(error)}.") from error

    def _partitions(self) -> set[Partition]:
        """All partitions of the topics."""
        found = set()
        for topic in self.topics:
            told = self._asked(
                "Looking for the topic",
                lambda topic=topic: self.consumer.list_topics(topic, timeout=SECONDS),
            ).topics.get(topic)
            if told is None or told.error or not told.partitions:
                why = f" ({told.error.str()})" if told is not None and told.error else ""
                raise UserError(f"There is no topic {shown(topic)} at {self.brokers}{why}.")
            found |= {(topic, number) for number in told.partitions}
        return found

    def _assign(self, partitions: set[Partition]) -> None:
        """Begin to read partitions where they were committed last."""
        asked = [kafka.TopicPartition(*where) for where in sorted(partitions)]
        committed = self._asked(
            "Asking what was read before",
            lambda: self.consumer.committed(asked, timeout=SECONDS),
        )
        start = kafka.OFFSET_BEGINNING if self.begin == "earliest" else kafka.OFFSET_END
        for one in committed:
            if one.error:
                raise UserError(f"Asking what was read before failed: {one.error.str()}.")
            if one.offset < 0:
                one.offset = start
            else:
                self._tell_of_gap(one)
        self.consumer.incremental_assign(committed)
        self.positions |= {(one.topic, one.partition): one.offset for one in committed}
        if self.paused:
            self.pause()

    def _tell_of_gap(self, place: Any) -> None:
        """Messages that the cluster has deleted before they were read are lost: say so."""
        low, high = self._asked(
            "Asking for offsets",
            lambda: self.consumer.get_watermark_offsets(place, timeout=SECONDS),
        )
        if place.offset < low:
            say(
                f"WARNING {shown(place.topic)}-{place.partition}: {low - place.offset:,} messages"
                " were deleted by the cluster before they were read (its retention is too short)"
            )
        elif place.offset > high:
            say(
                f"WARNING {shown(place.topic)}-{place.partition}: committed at {place.offset:,},"
                f" but it ends at {high:,} (made anew?); read from the {self.begin}"
            )

    def _trouble(self, error: Any) -> None:
        """Lost connections come back by themselves: they are told, each kind once."""
        if error.code() not in self.told:
            self.told.add(error.code())
            say(f"WARNING Kafka: {shown(error.str())}")

    def _look_for_partitions(self) -> None:
        if time.monotonic() - self.looked < LOOK_EVERY:
            return
        self.looked = time.monotonic()
        try:
            new = self._partitions() - self.positions.keys()
            if new:
                self._assign(new)
                say(f"{len(new)} new partitions")
        except UserError as error:
            say(f"WARNING {error}")

    def poll(self, seconds: float) -> list[Message]:
        self._look_for_partitions()
        found = []
        for message in self._asked("Reading", lambda: self.consumer.consume(AT_ONCE, seconds)):
            error = message.error()
            if error is None:
                kind, milliseconds = message.timestamp()
                where = (message.topic(), message.partition())
                self.positions[where] = message.offset() + 1
                arrived = milliseconds / 1000 if kind != kafka.TIMESTAMP_NOT_AVAILABLE else 0.0
                found.append(Message(*where, message.offset(), message.value(), arrived))
            elif error.fatal() or not error.retriable():
                self._unless_passing(error)
        return found

    def _unless_passing(self, error: Any) -> None:
        passing = (
            kafka.KafkaError._PARTITION_EOF,
            kafka.KafkaError._ALL_BROKERS_DOWN,
            kafka.KafkaError._TRANSPORT,
            kafka.KafkaError._AUTO_OFFSET_RESET,
        )
        if error.code() not in passing:
            raise UserError(f"Reading from {self.brokers} failed: {error.str()}.")
        self._trouble(error)

    def _all(self) -> list[Any]:
        return [kafka.TopicPartition(*where) for where in sorted(self.positions)]

    def pause(self) -> None:
        self.paused = True
        self.consumer.pause(self._all())

    def resume(self) -> None:
        self.paused = False
        self.consumer.resume(self._all())

    def commit(self, ends: Mapping[Partition, int]) -> None:
        """What the cluster does not take now is committed with the next batch; it is durable."""
        self.uncommitted |= ends
        places = [kafka.TopicPartition(*w, end) for w, end in sorted(self.uncommitted.items())]
        for attempt in range(1, TRIES + 1):
            try:
                done = self.consumer.commit(offsets=places, asynchronous=False)
                failed = next((place.error for place in done if place.error), None)
                if failed is None:
                    self.uncommitted.clear()
                    return
            except kafka.KafkaException as error:
                failed = error.args[0]
            if failed.code() == kafka.KafkaError.UNKNOWN_MEMBER_ID:
                raise UserError(
                    "Other programs read with this group: give Penpal one of its own (--group)."
                    " What is written comes again."
                )
            if attempt < TRIES:
                time.sleep(1)
        say(f"WARNING not committed, tried again with the next batch: {failed.str()}")

    def lag(self) -> int | None:
        """Messages up to the ends that the brokers told with the last answer."""
        total, known = 0, False
        for where, position in self.positions.items():
            place = kafka.TopicPartition(*where)
            low, high = self.consumer.get_watermark_offsets(place, cached=True)
            if high >= 0:
                known = True
                total += max(0, high - (position if position >= 0 else low))
        return total if known else None

    def close(self) -> None:
        self.consumer.close()


def _words(error: Exception) -> str:
    """An error of the library in its own words, which name settings and brokers only."""
    first = error.args[0] if error.args else error
    return shown(first.str() if hasattr(first, "str") else str(first)).rstrip(".")
