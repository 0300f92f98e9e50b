"""A copy of the published marts without personal data, for analysts who need not know whose it is.

What is personal is what the YAML of a mart declares (`config.meta.pii`, by kind); of each kind this
file says what becomes of it. Hashes are keyed, so that nobody can try out addresses without the
key, and the same in all tables, so that they still join. Whoever has the key or the warehouse can
tell whose a row is: in law this is pseudonymous data, not anonymous.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from pathlib import Path

import duckdb
import yaml

from penpal.letters.tokens import load_secret
from penpal.publishing import clean_leftovers, new_database, quoted, tables_of, text
from penpal.settings import ROOT, Settings, UserError

HASHED = ("email", "phone", "device")
# No name is hashed: the frequent ones would give themselves away. Free text may hold anything.
DROPPED = ("name", "address", "birth_date", "free_text")
# By which Penpal, a source or a sender knows somebody; also what ends in _customer_id.
IDS = ("customer_id", "message_id", "record_key", "source_key", "user_id", "household_id")


def declared(folder: Path = ROOT / "models") -> dict[str, dict[str, str]]:
    """Of each model that has a YAML, its columns that hold personal data, with their kind."""
    found = {}
    for path in folder.rglob("*.yml"):
        described = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) or {}
        for model in described.get("models", []):
            found[model["name"]] = {
                column["name"]: kind
                for column in model.get("columns", [])
                if (kind := (column.get("config") or {}).get("meta", {}).get("pii"))
            }
    return found


def treatment(column: str, kind: str | None) -> str:
    """What becomes of a column: kept, hashed or dropped; an unknown kind is a UserError."""
    if kind in DROPPED:
        return "dropped"
    if kind in HASHED or column in IDS or column.endswith("_customer_id"):
        return "hashed"
    if kind is None:
        return "kept"
    raise UserError(
        f"The column {column} is declared as personal data of the kind {kind}, which"
        " scripts/penpal/anonymising.py does not know: say there what becomes of it."
    )


def keys(paths: Settings) -> tuple[str, str]:
    """Two keys for nested hashing, made of the secret that signs links (the newest of several)."""
    secret = load_secret(paths)[0].split(",")[0].encode()
    inner, outer = (
        hmac.new(secret, b"penpal anonymised " + part, hashlib.sha256).hexdigest()
        for part in (b"inner", b"outer")
    )
    return inner, outer


def expressions(columns: Iterable[str], kinds: dict[str, str]) -> list[str]:
    """SQL for the columns that remain."""
    found = []
    for column in columns:
        becomes, name = treatment(column, kinds.get(column)), quoted(column)
        if becomes == "hashed":
            value = f"getvariable('inner_key') || cast({name} as varchar)"
            hashed = f"substr(sha256(getvariable('outer_key') || sha256({value})), 1, 32)"
            found.append(f"case when {name} is not null then {hashed} end as {name}")
        elif becomes == "kept":
            found.append(name)
    return found


def anonymise(paths: Settings) -> int:
    """Make the copy from the published one and swap it in; returns how many marts it has."""
    if not paths.published.exists():
        raise UserError(f"There is no {paths.published}: publish first.")
    kinds = declared()
    clean_leftovers(paths)
    try:
        with new_database(paths.anonymised, paths.published, "published") as connection:
            for name, key in zip(("inner_key", "outer_key"), keys(paths), strict=True):
                connection.execute(f"set variable {name} = {text(key)}")
            connection.execute("create schema marts")
            marts = tables_of(connection, "published", "marts")
            for mart in marts:
                _copy(connection, mart, kinds)
    finally:
        clean_leftovers(paths)
    return len(marts)


def _copy(
    connection: duckdb.DuckDBPyConnection, mart: str, kinds: dict[str, dict[str, str]]
) -> None:
    """One mart; one that no YAML describes may hold anything, and is refused."""
    if mart not in kinds:
        raise UserError(
            f"No YAML in models/ describes marts.{mart}, so nobody knows what in it is personal:"
            " describe it, or drop the table."
        )
    table = f"marts.{quoted(mart)}"
    described = connection.execute(f"describe published.{table}").fetchall()
    kept = expressions([column for column, *_ in described], kinds[mart])
    if kept:  # else all of it is personal
        connection.execute(
            f"create table {table} as select {', '.join(kept)} from published.{table}"
        )
