"""A lake judged before any build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import ROOT

import check_data

ORDERS = "order_id,email,zzz,currency,total,created_at\n"


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PENPAL_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("PENPAL_WAREHOUSE", str(tmp_path / "shop.duckdb"))
    return tmp_path / "lake"


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def test_what_is_wrong_is_named(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(lake / "shop" / "orders" / "[1].csv", ORDERS + "1,planted@a.org,paid,USD,1,2026-05-01\n")
    lines = '2,"planted,paid,USD,1,2026-05-01\n3,b,paid,,1,2026-05-01\n'
    write(lake / "shop" / "orders" / "2.csv", ORDERS.replace("zzz", "statuss") + lines)
    write(lake / "shop" / "export.csv", ORDERS)
    write(lake / "shop" / "products" / "a.txt", "planted")
    out = lake / "report.json"
    code = check_data.main(["files", "--vars", "{sources: [shop, crm]}", "--json", str(out)])
    told = capsys.readouterr().out.splitlines()
    assert code == 1
    assert told == [
        "shop.orders: 2 files, 3 records",
        "ERROR   shop.orders: lacks the required column status",
        "WARNING shop.orders: column statuss is not in the contract; status is meant?",
        "        shop.orders: ignored, not in the contract: 1",
        "WARNING shop.orders: currency is empty in 1 of the first 3 rows: these are rejected",
        "WARNING shop.orders: 1 x unreadable line: a quotation mark where none belongs"
        " (first: 2.csv, line 2)",
        f"ERROR   shop.products: {lake}/shop/products/a.txt is a file of an unknown kind: give"
        " .parquet, .csv, .tsv, .json, .jsonl or .ndjson (the last five also with .gz).",
        "ERROR   crm.contacts is missing: its source is listed",
        "WARNING shop/export.csv is in no raw table's folder",
    ]
    assert json.loads(out.read_text())["tables"][0]["missing"] == ["status"]
    assert "planted" not in out.read_text()


def test_the_sample_is_good(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in (ROOT / "seeds" / "sample").glob("*.csv"):
        source, table = seed.stem.removeprefix("raw_").split("__")
        write(lake / source / table / "sample.csv", seed.read_text(encoding="utf-8"))
    assert check_data.main(["files"]) == 0
    assert "ERROR" not in capsys.readouterr().out
