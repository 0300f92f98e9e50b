"""Files that are written whole or not at all, and what CSV files need."""

from __future__ import annotations

import contextlib
import csv
import gzip
import os
import re
from pathlib import Path

from penpal.settings import UserError


def sync(path: Path) -> None:
    """Have the operating system put a file, or the entries of a folder, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_writable(path: Path) -> None:
    """Say before long work, not after it, that a file cannot be written there (UserError)."""
    try:
        if not path.name or (path.exists() and not path.is_file()):
            raise UserError(f"{path} is not a file: name a file to write to.")
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        if not folder.is_dir():
            raise UserError(f"{path} cannot be written: {folder} is not a folder.")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UserError(f"{path} cannot be written: you may not write to {folder}.")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error


def write_whole(path: Path, text: str) -> None:
    """Write a text file in one step: readers, and the next run, never see half of it.

    Raises UserError where it cannot be written, and leaves nothing behind then.
    """
    check_writable(path)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        sync(partial)
        os.replace(partial, path)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


# What a spreadsheet takes for a formula, also behind blanks and marks that it passes over; a
# number with its sign is none.
_FORMULA = re.compile(
    r"[\0\t\r\n]|[\s\0\ufeff\u200b]*(?:[=@\uff1d\uff20]|[-+\uff0b\uff0d](?!\d+\Z))"
)


def csv_cell(text: str) -> str:
    """A text as a cell of a CSV file: what would run as a formula gets an apostrophe before it."""
    return f"'{text}" if _FORMULA.match(text) else text


def csv_header(path: Path) -> tuple[list[str], str]:
    """The column names of a CSV file, and its separator: the most frequent one in the header."""
    try:
        opened = gzip.open if path.suffix.lower() == ".gz" else open
        with opened(path, "rt", newline="", encoding="utf-8-sig") as stream:
            line = next((line for line in stream if line.strip()), "")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text: save it as CSV in UTF-8.") from error
    if not line:
        raise UserError(f"{path} is empty: its first line names the columns.")
    separator = max(",;\t|", key=line.count)
    return [name.strip() for name in next(csv.reader([line], delimiter=separator))], separator
