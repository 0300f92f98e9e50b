"""From the bytes of a file to its lines: compression, encoding, line ends, limits."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from penpal.settings import UserError
from penpal.terminal import shown

LONGEST = 2**24  # characters of a line, and of a field: a longer one is a fault, not a value
CHUNK = 2**20
# gzip packs exports 5 to 50 times; a file made to fill memory or disk, a thousand times.
MOST_UNPACKED = 100  # times its size, from this many bytes on:
UNPACKED_FREELY = 2**30

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"))
MARKS += ((codecs.BOM_UTF16_BE, "utf-16"),)

# How files begin that are no text, whatever their name says.
PACKED = {
    b"\x1f\x8b": "packed with gzip: give it the ending .gz, or unpack it",
    b"PK\x03\x04": "a ZIP file or a spreadsheet: unpack it, or export it as CSV",
    b"\xd0\xcf\x11\xe0": "a spreadsheet: export it as CSV",
    b"PAR1": "Parquet: give it the ending .parquet",
    b"BZh": "packed with bzip2: unpack it",
    b"\xfd7zXZ": "packed with xz: unpack it",
    b"\x28\xb5\x2f\xfd": "packed with Zstandard: unpack it",
}


class _Unpacked(io.RawIOBase):
    """The content of a .gz file, up to the limit."""

    def __init__(self, path: Path):
        self.path, self.size = path, 0
        self.stream = gzip.GzipFile(path)
        self.most = max(UNPACKED_FREELY, MOST_UNPACKED * path.stat().st_size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        size = self.stream.readinto(buffer)
        self.size += size
        if self.size > self.most:
            raise UserError(
                f"{shown(self.path)} unpacks to more than {self.most // 2**20:,} MB, over"
                f" {MOST_UNPACKED} times its size: unpack it yourself if it is meant to."
            )
        return size

    def close(self) -> None:
        self.stream.close()
        super().close()


def open_bytes(path: Path) -> BinaryIO:
    """The content of a file, unpacked."""
    if path.suffix.lower() == ".gz":
        return io.BufferedReader(_Unpacked(path), CHUNK)
    return path.open("rb")


def unreadable(path: Path, error: Exception) -> UserError:
    """An error of reading, as a sentence that names the file and nothing of its content."""
    if isinstance(error, (EOFError, gzip.BadGzipFile, zlib.error)):
        return UserError(f"{shown(path)} is damaged: it does not unpack. Copy it again.")
    return UserError(f"{shown(path)} cannot be read: {getattr(error, 'strerror', error)}.")


def find_encoding(path: Path) -> str:
    """UTF-8 unless a mark, or every second byte, says UTF-16; other bytes: see readable()."""
    with open_bytes(path) as stream:
        start = stream.read(4096)
    for magic, what in PACKED.items():
        if start.startswith(magic):
            raise UserError(f"{shown(path)} is no text, but {what}.")
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    # UTF-16 without its mark: every second byte of ordinary text is 0.
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(start) > 3 and start[offset::2].count(0) > len(start) / 4:
            return encoding
    return "utf-8"


def decoded(content: bytes) -> str:
    """Bytes as text: UTF-8, else Windows-1252."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def readable(value: str | None) -> str | None:
    """A value as text that every engine stores: bytes that are not UTF-8 are Windows-1252.

    Value by value, because exports are put together of files in both.
    """
    if value is None:
        return None
    try:
        content = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a character, from an escape in JSON
        return value.encode("utf-8", "replace").decode("utf-8")
    return decoded(content)


def open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    """A text file with its line ends as they are; bytes that cannot be read are surrogates."""
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    return io.TextIOWrapper(open_bytes(path), encoding, errors, newline="")


def lines(stream: io.TextIOWrapper) -> Iterator[str]:
    """Physical lines with their ends; of one that is too long, LONGEST characters without end."""
    while line := stream.readline(LONGEST):
        yield line
        rest = line
        while len(rest) == LONGEST and not rest.endswith(("\n", "\r")):
            rest = stream.readline(LONGEST)
