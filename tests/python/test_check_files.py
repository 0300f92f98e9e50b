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
    write(lake / "shop" / "products" / "b.csv", "planted,1\nplanted,2\n")
    write(lake / "shop" / "products" / "c.csv", "product_id,name\n1,planted\n")
    out = lake / "report.json"
    code = check_data.main(["files", "--vars", "{sources: [shop, crm]}", "--json", str(out)])
    told = capsys.readouterr().out.splitlines()
    assert code == 1
    assert told == [
        "shop.orders: 2 files, 3 records",
        "ERROR   shop.orders: lacks the required column status",
        "WARNING shop.orders: column statuss is not in the contract; status is meant?",
        "        shop.orders: ignored, not in the contract: zzz",
        "WARNING shop.orders: 1 x unreadable line: a quotation mark where none belongs"
        " (first: 2.csv, line 2)",
        f"ERROR   shop.products: {lake}/shop/products/a.txt is a file of an unknown kind: give"
        " .parquet, .csv, .tsv, .json, .jsonl or .ndjson (the last five also with .gz).",
        f"ERROR   shop.products: {lake}/shop/products/b.csv names no column of the table: is its"
        " first line the header?",
        "ERROR   crm.contacts is missing: its source is listed",
        "WARNING shop/export.csv is in no raw table's folder",
    ]
    assert json.loads(out.read_text())["tables"][0]["missing"] == ["status"]
    assert "planted" not in out.read_text()


def test_the_first_rows_are_judged_as_staging_would(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["1,planted@a.org,paid,USD,1,2026-05-01", "2,planted,paid,USD,1,2026-05-01"]
    rows += ["3,c@d.org,planted,USD,1,2026-05-01", "4,c@d.org,paid,,1,2026-05-01"]
    rows += ["5,c@d.org,paid,USD,1,2036-05-01", '6,"planted,paid,USD,1,2026-05-01']
    rows += [f"{n},c@d.org,paid,USD,1,01/05/2026" for n in range(7, 60)]
    write(lake / "shop" / "orders" / "1.csv", ORDERS.replace("zzz", "status") + "\n".join(rows))
    out = lake / "report.json"
    given = "{sources: [shop], as_of: 2026-07-01, slash_dates: mdy}"
    assert check_data.main(["files", "--vars", given, "--json", str(out)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "shop.orders: 1 file, 59 records",
        "WARNING shop.orders: 2 of the first 59 rows would be rejected: missing currency 1,"
        " unreadable line: a quotation mark where none belongs 1",
        "        shop.orders: flagged of the first 59 rows: invalid_email 1, unknown_status 1",
        "WARNING shop.orders: 1 of the first 59 rows are dated after the clock: not seen yet",
        "WARNING shop.orders: 1 x unreadable line: a quotation mark where none belongs"
        " (first: 1.csv, line 7)",
    ]
    assert "planted" not in out.read_text()


def test_what_a_run_would_stop_stops_here(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{n},a@b.org,paid,USD,{n if n > 9 else 'planted'},2026-05-01" for n in range(60)]
    write(lake / "shop" / "orders" / "1.csv", ORDERS.replace("zzz", "status") + "\n".join(rows))
    assert check_data.main(["files", "--vars", "{sources: [shop]}"]) == 1
    told = "ERROR   shop.orders: 10 of the first 60 rows would be rejected: bad total 10"
    assert told in capsys.readouterr().out.splitlines()


def test_the_sample_is_good(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in (ROOT / "seeds" / "sample").glob("*.csv"):
        source, table = seed.stem.removeprefix("raw_").split("__")
        write(lake / source / table / "sample.csv", seed.read_text(encoding="utf-8"))
    assert check_data.main(["files"]) == 0
    assert "ERROR" not in capsys.readouterr().out
