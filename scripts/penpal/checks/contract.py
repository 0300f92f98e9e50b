"""What the tables promise, read from where it is written: the YAML beside each model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from penpal.settings import ROOT, UserError


@dataclass(frozen=True)
class Column:
    name: str
    data_type: str  # varchar, timestamp, date, boolean, integer, decimal(18,2), json …
    required: bool
    also: tuple[str, ...] = ()  # other spellings, and paths into JSON (context.page.url)
    is_personal: bool = False

    @property
    def spellings(self) -> tuple[str, ...]:
        """Names that the column may have in a file, in lower case."""
        return (self.name, *(name.lower() for name in self.also if "." not in name))


@dataclass(frozen=True)
class RawTable:
    """One raw table of the contract; its base view holds the same columns as text."""

    source: str
    table: str
    required: bool  # must exist, and hold rows, in a listed source …
    unless: str | None  # … but where this table of the source does
    columns: tuple[Column, ...]

    @property
    def view(self) -> str:
        return f"base_{self.source}__{self.table}"

    @property
    def checked(self) -> str:
        return f"checked_{self.source}__{self.table}"

    @property
    def key(self) -> str | None:
        """The contract lists the key first; long-form tables (enrichment) have none."""
        first = self.columns[0].name
        return first if first.endswith("_id") else None

    @property
    def spellings(self) -> dict[str, str]:
        """The name of each column, by each name that it may have in a file."""
        return {name: column.name for column in self.columns for name in column.spellings}


@dataclass(frozen=True)
class Mart:
    """A mart that others read; marts for the project's own use are `access: protected`."""

    name: str
    key: tuple[str, ...]  # what the first test of uniqueness names; none where rows may repeat
    columns: tuple[Column, ...]

    @property
    def shown_key(self) -> str | None:
        """SQL that names a row: its key, but for what is personal in it."""
        personal = {column.name for column in self.columns if column.is_personal}
        shown = [f"cast({name} as varchar)" for name in self.key if name not in personal]
        return f"concat_ws(' ', {', '.join(shown)})" if shown else None


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    return (node.get("config") or {}).get("meta") or {}


def _read(path: Path) -> tuple[dict[str, Any], tuple[Column, ...]]:
    try:
        model = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
        columns = tuple(
            Column(
                c["name"],
                str(c["data_type"]).lower(),
                bool(_meta(c).get("required")),
                tuple(_meta(c).get("also") or ()),
                "pii" in _meta(c),
            )
            for c in model["columns"]
        )
    except (yaml.YAMLError, KeyError, IndexError, TypeError) as error:
        raise UserError(
            f"{path.relative_to(ROOT)} is not a contract (one model, each column with name"
            f" and data_type): {type(error).__name__} {error}"
        ) from error
    return model, columns


def _raw_table(path: Path) -> RawTable:
    model, columns = _read(path)
    source, table = path.stem.removeprefix("base_").split("__", 1)
    meta = _meta(model)
    return RawTable(
        source, table, bool(meta.get("required_table")), meta.get("required_unless"), columns
    )


def raw_contract(folder: Path = ROOT / "models" / "staging") -> list[RawTable]:
    """Every raw table of the contract, in the order of source and name."""
    files = sorted(folder.glob("*/base_*.yml"))
    if not files:
        raise UserError(f"No raw contract: {folder} has no <source>/base_<source>__<table>.yml.")
    return [_raw_table(path) for path in files]


def _tests(node: dict[str, Any]) -> dict[str, Any]:
    """The data tests of a model or a column, by name."""
    tests = (node.get("data_tests") or [])[::-1]  # of two with one name the first counts
    return dict((test, {}) if isinstance(test, str) else next(iter(test.items())) for test in tests)


def _key(model: dict[str, Any]) -> tuple[str, ...]:
    for column in model["columns"]:
        if "unique" in _tests(column):
            return (column["name"],)
    combination = _tests(model).get("unique_combination")
    return tuple(combination["arguments"]["columns"]) if combination else ()


def public_marts(folder: Path = ROOT / "models") -> list[Mart]:
    """Every mart that others read, by name: also those that an earlier layer is made of."""
    marts = []
    for path in folder.rglob("*.yml"):
        text = path.read_text(encoding="utf-8")
        is_mart = folder / "marts" in path.parents or "access: public" in text
        if is_mart and "access: protected" not in text:
            model, columns = _read(path)
            marts.append(Mart(path.stem, _key(model), columns))
    return sorted(marts, key=lambda mart: mart.name)
