"""Messages that wait to be written together: a file for each partition."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field

from penpal.streams.events import as_line, fault_of
from penpal.streams.source import Message, Partition


@dataclass(frozen=True)
class Limits:
    """A batch is written as soon as it has one of these."""

    events: int
    size: int  # bytes
    seconds: float  # since its first message was read


@dataclass
class Part:
    """What came of one partition, in its order."""

    first: int
    last: int
    arrived: float  # of the first message, seconds since 1970
    lines: list[bytes] = field(default_factory=list)
    dead: list[bytes] = field(default_factory=list)


def dead_letter(message: Message, reason: str) -> bytes:
    """A line of JSON that says what cannot be read, where it stands in the stream, and why."""
    told = {
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "arrived": message.arrived,
        "reason": reason,
        "value_base64": message.value and base64.b64encode(message.value).decode("ascii"),
    }
    return json.dumps(told).encode() + b"\n"


class Batch:
    """A batch that fills; `began` is the moment (monotonic) of its first message."""

    def __init__(self, limits: Limits):
        self.limits = limits
        self.parts: dict[Partition, Part] = {}
        self.messages = self.dead = self.size = 0
        self.began = 0.0

    def add(self, message: Message) -> None:
        if not self.messages:
            self.began = time.monotonic()
        where = (message.topic, message.partition)
        part = self.parts.get(where)
        if part is None:
            part = self.parts[where] = Part(message.offset, message.offset, message.arrived)
        part.first = min(part.first, message.offset)
        part.last = max(part.last, message.offset)
        reason = fault_of(message.value)
        if reason:
            line = dead_letter(message, reason)
            part.dead.append(line)
            self.dead += 1
        else:
            line = as_line(message.value)
            part.lines.append(line)
        self.messages += 1
        self.size += len(line)

    def wait(self) -> float:
        """Seconds until the batch is to be written; 0 where it is."""
        full = self.messages >= self.limits.events or self.size >= self.limits.size
        if full or not self.messages:
            return 0.0 if full else self.limits.seconds
        return max(0.0, self.began + self.limits.seconds - time.monotonic())

    def ends(self) -> dict[Partition, int]:
        """The offset after the last message of each partition."""
        return {where: part.last + 1 for where, part in self.parts.items()}

    def oldest(self) -> float | None:
        """When the first of the messages reached the stream, seconds since 1970."""
        return min((part.arrived for part in self.parts.values()), default=None)
