"""The seam: what a stream has to offer; kafka.py is one, docs/streams.md tells of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

Partition = tuple[str, int]  # topic and number: an order of its own


class Message(NamedTuple):
    """One message. `offset` grows within its partition and stays the same whenever it is read."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    arrived: float  # seconds since 1970, UTC: when the stream got it


class Source(Protocol):
    """A stream that is read from where it was committed last. Errors are UserErrors."""

    name: str  # begins the names of files: kafka

    def poll(self, seconds: float) -> list[Message]:
        """What has come, after at most so many seconds; while paused, nothing."""

    def pause(self) -> None:
        """Take nothing more from the stream, and stay connected."""

    def resume(self) -> None:
        """Go on where pause() stopped."""

    def commit(self, ends: Mapping[Partition, int]) -> None:
        """Everything before these offsets is durable and need not come again."""

    def lag(self) -> int | None:
        """How many messages of the stream are not read yet, as far as is known."""

    def close(self) -> None:
        """Leave the stream; what is not committed comes again."""
