"""The loop: read, write, commit, in this order, so that nothing is lost wherever it is killed."""

from __future__ import annotations

import time
from dataclasses import dataclass

from penpal.streams.batch import Batch, Limits
from penpal.streams.cycles import Cycles
from penpal.streams.files import DiskFull, Places, write_batch
from penpal.streams.metrics import Metrics, say
from penpal.streams.pressure import Pressure
from penpal.streams.source import Source

LONGEST_POLL = 0.5  # seconds: how soon a signal, or a run of triggers that ended, is seen
METRICS_EVERY = 5.0


@dataclass
class Ingest:
    """One stream into one raw table. `stopping` is set from a signal handler."""

    source: Source
    places: Places
    limits: Limits
    pressure: Pressure
    metrics: Metrics
    cycles: Cycles | None = None
    until_idle: float | None = None  # stop after so many seconds without a message
    stopping: bool = False

    def begin(self) -> None:
        """Nothing has come yet."""
        self.batch = Batch(self.limits)
        self.paused: str | None = None
        self.idle_since: float | None = None
        self.save()

    def run(self) -> None:
        """Until it is told to stop: then the last batch is written and committed."""
        self.begin()
        try:
            while not self.stopping and not self.is_idle():
                self.step()
            if self.batch.messages:
                self.flush()
        finally:
            if self.cycles:
                self.cycles.stop()
            self.source.close()
        if self.batch.messages:
            say(f"WARNING {self.batch.messages} messages are not written; they come again")
        self.save("stopped")

    def step(self) -> None:
        """Write what is due, then read what there is."""
        self.pressure.reason()
        if self.batch.messages and not self.batch.wait() and not self.pressure.full:
            self.flush()
        self.obey_pressure()
        wait = LONGEST_POLL if self.paused else min(LONGEST_POLL, self.batch.wait())
        messages = self.source.poll(wait)
        for message in messages:
            self.batch.add(message)
        if messages or self.paused:
            self.idle_since = None
        elif self.idle_since is None:
            self.idle_since = time.monotonic()
        if self.cycles:
            self.cycles.step()
        if time.monotonic() - self.last_saved >= METRICS_EVERY:
            self.save()

    def is_idle(self) -> bool:
        if self.until_idle is None or self.idle_since is None:
            return False
        return time.monotonic() - self.idle_since >= self.until_idle

    def obey_pressure(self) -> None:
        """Pause the stream while the lake is too full, and say so once."""
        reason = self.pressure.reason()
        if reason and not self.paused:
            self.source.pause()
            say(f"paused: {reason}")
        elif self.paused and not reason:
            self.source.resume()
            say("goes on")
        self.paused = reason

    def flush(self) -> None:
        """Make the batch durable, then commit; where the disk is full, keep it."""
        began = time.monotonic()
        try:
            files, size = write_batch(self.places, self.batch)
        except DiskFull as error:
            self.pressure.disk_full(f"the disk of {error} is full")
            return
        self.source.commit(self.batch.ends())
        line = self.metrics.wrote(self.batch, files, size, time.monotonic() - began)
        warning = "WARNING " if self.batch.dead else ""
        say(f"{warning}{line} lag={self.source.lag()}")
        self.batch = Batch(self.limits)
        self.save()
        if self.cycles and files:
            self.cycles.landed()

    def save(self, status: str = "running") -> None:
        lag = None if status == "stopped" else self.source.lag()
        self.last_saved = time.monotonic()
        self.metrics.save(status, lag, self.batch.messages, self.paused)
