"""Which files a raw table has, links included, and of which kind each is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from penpal.settings import UserError
from penpal.terminal import shown

KINDS = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}


# How programs name what they have not finished writing.
UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", "~")


def is_utf8(name: str) -> bool:
    """Whether a name can be stored: bytes of other encodings come as half characters."""
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def is_unfinished(path: Path) -> bool:
    """Whether the name says that the file is still being written."""
    return path.name.lower().endswith(UNFINISHED)


def unfinished_files(folder: Path) -> list[Path]:
    """Files under the folder of a raw table that wait, by their names, to be finished."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*") if is_unfinished(path) and path.is_file())


def kind_of(path: Path) -> str:
    """parquet, csv or json, by the ending of the name."""
    name = path.name.lower()
    bare = name.removesuffix(".gz")
    kind = KINDS.get(os.path.splitext(bare)[1])
    if kind is None or (kind == "parquet" and bare != name):
        raise UserError(
            f"{shown(path)} is a file of an unknown kind: give .parquet, .csv, .tsv, .json,"
            " .jsonl or .ndjson (the last five also with .gz)."
        )
    return kind


def _walk(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    real = folder.resolve()
    if real in above:
        raise UserError(f"{shown(folder)} is a link to a folder that it stands in: remove it.")
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "_")) or is_unfinished(path):
            continue
        if not is_utf8(path.name):
            raise UserError(f"{shown(path)} has a name that is not UTF-8: rename it.")
        if path.is_dir():
            yield from _walk(path, above | {real})
        elif path.is_file():
            yield path
        else:
            raise UserError(f"{shown(path)} is a broken link or no file: mend or remove it.")


def lake_files(folder: Path) -> list[Path]:
    """Every file under the folder of a raw table, in the order in which their rows count.

    Names that begin with . or _, or end in .tmp, .part …, are passed over: so writers of files mark
    what is unfinished.
    """
    if not folder.is_dir():
        return []
    try:
        return sorted(_walk(folder, frozenset()), key=lambda path: str(path.relative_to(folder)))
    except OSError as error:
        raise UserError(f"{shown(error.filename)} cannot be read: {error.strerror}.") from error
