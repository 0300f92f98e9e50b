"""What came, what was written, how far behind: for people a line, for machines a file."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

from penpal.files import write_whole
from penpal.streams.batch import Batch


def say(text: str) -> None:
    """A line of the log."""
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {text}", flush=True)


class Metrics:
    """Counts since the start. `seconds_to_file` is from the stream to the file, of the oldest."""

    def __init__(self, file: Path):
        self.file = file
        self.began = time.monotonic()
        self.counts = {"consumed": 0, "written": 0, "dead": 0, "files": 0, "bytes": 0}
        self.offsets: dict[str, int] = {}
        self.seconds_to_file: float | None = None
        self.last_file_at: str | None = None

    def wrote(self, batch: Batch, files: int, size: int, seconds: float) -> str:
        """Count a batch that is durable; its line for the log. `seconds`: what writing took."""
        written = batch.messages - batch.dead
        for name, value in (
            ("consumed", batch.messages),
            ("written", written),
            ("dead", batch.dead),
            ("files", files),
            ("bytes", size),
        ):
            self.counts[name] += value
        self.offsets |= {f"{topic}-{number}": end for (topic, number), end in batch.ends().items()}
        oldest = batch.oldest()
        self.seconds_to_file = None if oldest is None else round(max(0, time.time() - oldest), 3)
        self.last_file_at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        return (
            f"consumed={batch.messages} written={written} dead={batch.dead} files={files}"
            f" bytes={size} seconds={seconds:.3f} seconds_to_file={self.seconds_to_file}"
        )

    def save(self, status: str, lag: int | None, waiting: int, paused: str | None) -> None:
        """Write the file, whole.

        `status`: running or stopped; `waiting`: messages that are read and not written yet;
        `paused`: why nothing is taken.
        """
        told = {
            "status": status,
            "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
            **self.counts,
            "waiting": waiting,
            "lag": lag,
            "seconds": round(time.monotonic() - self.began, 1),
            "seconds_to_file": self.seconds_to_file,
            "last_file_at": self.last_file_at,
            "paused": paused,
            "next_offsets": self.offsets,
        }
        write_whole(self.file, json.dumps(told, indent=2) + "\n")
