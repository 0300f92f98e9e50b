"""Hostile values on their whole way: from a raw row through staging into a letter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from test_letters import Elements, Refused, render

from penpal.checks.contract import RawTable, raw_contract
from penpal.checks.staging import POSITION, Staging
from penpal.letters import outbox
from penpal.letters.context import NAME_LIMIT, clean, is_name

FIXTURE = Path(__file__).parents[1] / "fixtures" / "hostile_values.jsonl"
GIVEN = [json.loads(line) for line in FIXTURE.read_text(encoding="utf-8").splitlines()]
TABLES = {f"{table.source}.{table.table}": table for table in raw_contract()}
BLANKS = ("\u3164", "\u115f\u1160", "\u2800", "\uffa0", "\u17b4", "\u200b\u00ad", "\u00a0\t")
MORE = ("=?utf-8?q?x?=", "=?utf-8?q?=0d=0aBcc:_evil=40example.net?=", "Eve\r\nBcc: a@b.org", "A\0B")
ADDRESSES = ("-oQ/tmp@example.com", "|id@example.com", '"a b"@example.com', "a@b.org\nBcc: c@d.org")


def values(field: str) -> list[str]:
    listed = [one["value"] for one in GIVEN if one["field"] == field]
    return ["A" * 1_000_000 if value.startswith("A x 1,000,000") else value for value in listed]


@pytest.fixture(scope="module")
def staging() -> Any:
    with Staging({"as_of": "2026-06-15 12:00:00"}) as staging:
        yield staging


def staged(staging: Staging, table: RawTable, rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """What staging makes of the rows, in their order; the key is their number."""
    names = [column.name for column in table.columns]
    columns = {
        name: pa.array([row.get(name) for row in rows], pa.string()) for name in (*names, *POSITION)
    }
    columns[table.key] = pa.array([f"k{number:04}" for number in range(len(rows))])
    staging.connection.register("hostile_rows", pa.table(columns))
    told = staging.judge(table, "from hostile_rows")
    assert told["staged"] == len(rows), told
    key = "shop_customer_id" if table.checked == "checked_shop__customers" else table.key
    query = f"from staging.{table.checked} order by {key}"
    return staging.connection.sql(query).to_arrow_table().to_pylist()


def contacts(staging: Staging, field: str, hostile: list[str]) -> list[dict[str, Any]]:
    rows = [{field: value, "created_at": "2026-05-01"} for value in hostile]
    return staged(staging, TABLES["crm.contacts"], rows)


def test_names(staging: Staging) -> None:
    hostile = [*values("first_name"), *MORE]
    harmless = Elements(render("birthday", context={"first_name": "Harmless"})["html"])
    for value, contact in zip(hostile, contacts(staging, "first_name", hostile), strict=True):
        name = contact["first_name"]
        letter = render("birthday", context={"first_name": name})
        page = Elements(letter["html"])
        assert [tag for tag, _ in page.elements] == [tag for tag, _ in harmless.elements]
        assert "49" not in letter["subject"] and "\n" not in letter["subject"]
        assert "Bcc" not in json.loads(letter["headers"])
        if name is None or not is_name(clean(value, NAME_LIMIT)):
            assert letter["subject"] == "Happy birthday!"
        elif len(value) <= NAME_LIMIT and value.isprintable():
            assert value in letter["text"]
        assert len(name or "") <= NAME_LIMIT


def test_names_that_show_as_blanks(staging: Staging) -> None:
    for contact in contacts(staging, "first_name", list(BLANKS)):
        assert (contact["first_name"], contact["first_name_key"]) == (None, None)


def test_addresses(staging: Staging) -> None:
    for contact in contacts(staging, "email", [*values("email"), *ADDRESSES]):
        assert contact["email"] is None
        assert "invalid_email" in contact["quality_flags"]


def test_urls(staging: Staging) -> None:
    sold = {"name": "Cup", "category": "Kitchen", "price": "5"}
    rows = [sold | {"url": value, "image_url": value} for value in values("url")]
    for product in staged(staging, TABLES["shop.products"], rows):
        assert (product["product_url"], product["image_url"]) == (None, None)


def test_ids_are_no_paths() -> None:
    for value in values("customer_id"):
        letter = render(customer_id=value, message_id=value)
        name = outbox.batch_name([letter["message_id"]])
        assert name.removesuffix(".parquet").isalnum()
    with pytest.raises(Refused, match="invalid_message_id"):
        render(message_id="m\x1b[2J")
