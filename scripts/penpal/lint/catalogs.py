"""Which addresses are alive: from a warehouse's products, or from a list."""

from __future__ import annotations

from pathlib import Path

import duckdb

from penpal import settings
from penpal.lint.mail import Catalog, plain_url
from penpal.settings import UserError


def load(path: Path) -> Catalog:
    """A warehouse (.duckdb), or a text file with one address of a product in stock a line."""
    if not path.is_file():
        raise UserError(f"There is no catalog at {path}: name a warehouse or a list of addresses.")
    if path.suffix == ".duckdb":
        return _of_warehouse(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as a list of addresses: {error}.") from error
    return Catalog(frozenset(plain_url(line) for line in lines if line.strip()))


def _of_warehouse(path: Path) -> Catalog:
    with settings.connect(path, read_only=True) as connection:
        try:
            rows = connection.execute(
                "select product_url, in_stock from marts.products where product_url is not null"
            ).fetchall()
        except duckdb.CatalogException as error:
            raise UserError(f"{path} has no marts.products: run dbt build first.") from error
    # Not known to be in stock is not known to be sold out.
    sold_out = frozenset(plain_url(url) for url, in_stock in rows if in_stock is False)
    alive = frozenset(plain_url(url) for url, in_stock in rows if in_stock is not False)
    return Catalog(alive, sold_out - alive)
