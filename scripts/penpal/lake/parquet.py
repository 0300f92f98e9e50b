"""Parquet files of the lake: DuckDB reads them itself, once it is known that it can."""

from __future__ import annotations

from itertools import compress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from penpal.lake.text import decoded
from penpal.settings import UserError
from penpal.terminal import shown

OURS = FILE, LINE, FAULT = "penpal_file", "penpal_line", "penpal_fault"
DAMAGED = "{} is no Parquet file, or damaged. Copy it again."


def pattern(path: str) -> str:
    """A path as DuckDB takes it: [*] is an asterisk, * a pattern."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in path)


def _columns(path: Path) -> dict[str, list[str]]:
    """Names and types of the columns, as DuckDB has them."""
    query = "describe select * from read_parquet($1, hive_partitioning = false)"
    with duckdb.connect() as connection:
        rows = connection.execute(query, [pattern(str(path))]).fetchall()
    return {"columns": [name for name, *_ in rows], "types": [kind for _, kind, *_ in rows]}


def _is_sound(path: Path) -> bool:
    """Whether DuckDB reads every value; if not, its message may hold one, and is not kept."""
    try:
        with duckdb.connect() as connection:
            query = "select bit_xor(hash(columns(*)))"
            connection.execute(f"{query} from read_parquet($1)", [pattern(str(path))]).fetchall()
    except duckdb.Error:
        return False
    return True


def check(path: Path, name: str, stem: Path) -> dict[str, Any]:
    """What there is to know of a file; and a copy beside `stem` where its text is not UTF-8."""
    try:
        with pq.ParquetFile(path) as file:
            records, columns = file.metadata.num_rows, file.schema_arrow.names
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise UserError(DAMAGED.format(shown(path))) from error
    for column in columns:
        if column.lower() in (*OURS, "penpal_path", "file_row_number"):
            raise UserError(f"{shown(path)} has a column {column}, which is our name: rename it.")
    if not columns:
        return {"parts": [], "records": records, "columns": [], "types": []}
    if not records or _is_sound(path):
        try:
            return {"parts": [], "records": records, **_columns(path)}
        except duckdb.Error as error:
            raise UserError(DAMAGED.format(shown(path))) from error
    part = stem.with_name(f"{stem.name}.0.parquet")
    try:
        _rewrite(path, name, part)
    except (OSError, pa.ArrowException) as error:
        raise UserError(DAMAGED.format(shown(path))) from error
    if not _is_sound(part):
        raise UserError(DAMAGED.format(shown(path)))
    told = _columns(part)
    is_theirs = [name not in OURS for name in told["columns"]]
    told = {what: list(compress(names, is_theirs)) for what, names in told.items()}
    return {"parts": [part.name], "records": records, **told}


def _rewrite(path: Path, name: str, part: Path) -> None:
    """Copy a file, with its text as UTF-8 and each row's position."""
    with pq.ParquetFile(path) as file:
        added = [(FILE, pa.string()), (LINE, pa.int64()), (FAULT, pa.string())]
        schema = pa.schema([*added, *file.schema_arrow]).remove_metadata()
        line = 1
        with pq.ParquetWriter(part, schema, compression="zstd") as writer:
            for batch in file.iter_batches():
                rows = len(batch)
                position = [
                    pa.array([name] * rows, pa.string()),
                    pa.array(range(line, line + rows), pa.int64()),
                    pa.nulls(rows, pa.string()),
                ]
                arrays = [*position, *map(_as_utf8, batch.columns)]
                writer.write_batch(pa.record_batch(arrays, schema=schema))
                line += rows


def _as_utf8(values: pa.Array) -> pa.Array:
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return values
    content = pc.cast(values, pa.large_binary()).to_pylist()
    return pa.array([None if v is None else decoded(v) for v in content], values.type)
