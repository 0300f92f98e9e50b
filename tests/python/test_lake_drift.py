"""Files of the lake that are not what they were: an error, or a tolerance that is told.

Nothing becomes null in silence. The reader alone; what staging makes of it: test_staging_appends.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from threading import Timer

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penpal.lake import reader
from penpal.lake.ledger import load
from penpal.lake.reader import Rules, read_table
from penpal.settings import UserError

COLUMNS = {name: name for name in ("order_id", "email", "status", "total", "discount")}
RULES = Rules(COLUMNS, required=["order_id", "total"])
LENIENT = Rules(COLUMNS, required=["order_id", "total"], sets_aside=True)
OLD = "order_id,email,status,total\n1,a@b.org,paid,1\n"


class Lake:
    """The folder of one table; its first file is there from the start."""

    def __init__(self, folder: Path):
        self.folder, self.cache = folder / "orders", folder / "kept"
        self.folder.mkdir()
        self.put("1.csv", OLD)

    def put(self, name: str, content: str | bytes) -> None:
        text = content if isinstance(content, bytes) else content.encode()
        (self.folder / name).write_bytes(text)

    def read(self, rules: Rules = RULES) -> list[str]:
        """What is told of the files."""
        self.found = read_table(self.folder, self.cache, rules)
        return self.found["notes"]

    def rows(self) -> list[dict[str, str | None]]:
        """The rows of text files, in their order."""
        rows = duckdb.sql(
            f"select * exclude (penpal_line, penpal_fault) from read_parquet({self.found['text']},"
            " union_by_name = true) order by penpal_file, penpal_line"
        )
        return [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()]

    def states(self) -> dict[str, tuple[str, str | None]]:
        return {entry.file: (entry.state, entry.reason) for entry in load(self.cache).values()}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    lake.read()
    return lake


# What comes as 2.csv; the rows of it (order_id, email, total), or the error; what is told.
DRIFTS: dict[str, tuple[str | bytes, list[tuple[str, ...]] | str, list[str]]] = {
    "added, in the contract": (
        "order_id,email,status,total,discount\n2,c@d.org,paid,2,0.5\n",
        [("2", "c@d.org", "2")],
        ["2.csv has the column discount, which 1.csv has not: null in the rows before"],
    ),
    "added, not in the contract": (
        "order_id,email,status,total,mood\n2,c@d.org,paid,2,good\n",
        [("2", "c@d.org", "2")],
        ["2.csv has new columns that are not in the contract, ignored: mood"],
    ),
    "removed": (
        "order_id,status,total\n2,paid,2\n",
        [("2", None, "2")],
        ["2.csv has no column email, which 1.csv has: null in its rows"],
    ),
    "removed, required": (
        "order_id,email,status\n2,c@d.org,paid\n",
        r"2\.csv lacks the required column total; other files have it\.",
        [],
    ),
    "renamed": (
        "order_id,e_mail,status,total\n2,c@d.org,paid,2\n",
        [("2", None, "2")],
        [
            "2.csv has no column email, which 1.csv has (e_mail is new: renamed?):"
            " null in its rows",
            "2.csv has new columns that are not in the contract, ignored: e_mail",
        ],
    ),
    "renamed, required": (
        "order_id,email,status,totals\n2,c@d.org,paid,2\n",
        r"2\.csv lacks the required column total; totals is there: is total meant\?; other",
        [],
    ),
    "reordered": ("total,status,email,order_id\n2,paid,c@d.org,2\n", [("2", "c@d.org", "2")], []),
    "other case": ("ORDER_ID,Email,Status,TOTAL\n2,c@d.org,paid,2\n", [("2", "c@d.org", "2")], []),
    "BOM": (
        b"\xef\xbb\xbforder_id,email,status,total\n2,c@d.org,paid,2\n",
        [("2", "c@d.org", "2")],
        [],
    ),
    "latin-1": (
        "order_id,email,status,total\n2,zoë@d.org,paid,2\n".encode("latin-1"),
        [("2", "zoë@d.org", "2")],
        [],
    ),
    "semicolons": (
        'order_id;email;status;total\n2;c@d.org;paid;"2,5"\n',
        [("2", "c@d.org", "2,5")],
        [],
    ),
    "CRLF": ("order_id,email,status,total\r\n2,c@d.org,paid,2\r\n", [("2", "c@d.org", "2")], []),
    "empty": ("", r"2\.csv is empty: its first line names the columns\.", []),
    "header only": ("order_id,email,status,total\n", [], []),
    "NUL": ("order_id,email,status,total\n2,c\0@d.org,paid,2\n", [("2", "c\0@d.org", "2")], []),
    "no header": ("2,c@d.org,paid,2\n", r"2\.csv names no column of the table", []),
}


@pytest.mark.parametrize("drift", DRIFTS)
def test_a_file_that_is_not_as_the_one_before(lake: Lake, drift: str) -> None:
    content, expected, told = DRIFTS[drift]
    lake.put("2.csv", content)
    if isinstance(expected, str):
        with pytest.raises(UserError, match=expected):
            lake.read()
        [note] = lake.read(LENIENT)
        assert note.startswith("SET ASIDE, its rows are missing: ")
        assert [row["order_id"] for row in lake.rows()] == ["1"]
        state, reason = lake.states()["2.csv"]
        assert state == "set aside" and reason in note
        return
    assert lake.read() == told
    rows = [row for row in lake.rows() if row["penpal_file"] == "2.csv"]
    assert [(row["order_id"], row["email"], row["total"]) for row in rows] == expected
    assert lake.read() == [], "what is known is not told again"


def test_a_retyped_column_of_parquet(tmp_path: Path) -> None:
    lake = tmp_path / "orders"
    lake.mkdir()
    pq.write_table(pa.table({"order_id": [1], "total": [1.5]}), lake / "1.parquet")
    pq.write_table(pa.table({"order_id": ["2"], "total": [2.5]}), lake / "2.parquet")
    found = read_table(lake, tmp_path / "kept", RULES)
    assert found["notes"] == [
        "2.parquet has order_id as VARCHAR, 1.parquet as BIGINT: it is read as text as it stands"
    ]


def test_json_lacks_what_its_records_lack(lake: Lake) -> None:
    """One record without a total is a record to reject, not a file."""
    lake.put("2.jsonl", '{"order_id": "2"}\n')
    assert lake.read() == []
    assert [row["total"] for row in lake.rows()] == ["1", None]


def test_each_file_is_read_once(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_read", None)
    assert lake.read() == []
    os.utime(lake.folder / "1.csv", (1, 1))
    lake.read()  # copied again: the same content
    assert load(lake.cache)["1.csv"].modified_ns == 10**9
    lake.put("1.csv", OLD + "2,a@b.org,paid,1\n")
    with pytest.raises(TypeError):
        lake.read()


def test_what_changes_and_goes_is_told(lake: Lake) -> None:
    lake.put("1.csv", OLD + "2,a@b.org,paid,1\n")
    assert lake.read() == ["1.csv has changed: it is read anew"]
    (lake.folder / "1.csv").unlink()
    assert lake.read() == ["1.csv is gone, and its 2 records with it"]


@pytest.mark.parametrize("name", ["2.csv.tmp", "2.csv.part", "2.CSV.crdownload", "2.csv~"])
def test_an_unfinished_name_waits(lake: Lake, name: str) -> None:
    lake.put(name, "order_id\n")
    assert lake.read() == [f"{name} is unfinished, by its name: left for the next run"]
    assert lake.states()[name] == ("waiting", "its name says that it is unfinished")
    (lake.folder / name).rename(lake.folder / "2.csv")
    lake.put("2.csv", OLD)
    lake.read()
    assert lake.states()["2.csv"] == ("taken", None)


@pytest.mark.parametrize("rules", [RULES, LENIENT])
def test_a_growing_file_waits(lake: Lake, rules: Rules) -> None:
    lake.put("2.csv", OLD)
    growing = Timer(0.1, lake.put, ("2.csv", OLD * 2))
    growing.start()
    waits = Rules(rules.columns, rules.required, rules.sets_aside, settle_seconds=0.5)
    assert lake.read(waits) == ["2.csv is being written: left for the next run"]
    growing.join()
    assert lake.states()["2.csv"] == ("waiting", "it is being written")
    assert lake.read(waits) == []
    assert lake.states()["2.csv"] == ("taken", None)


def test_a_file_that_is_written_anew_loses_nothing(lake: Lake) -> None:
    """Its rows may be refusals: what was taken of it counts until it can be read again."""
    growing = Timer(0.1, lake.put, ("1.csv", OLD * 2))
    lake.put("1.csv", "order_id")
    growing.start()
    waits = Rules(RULES.columns, RULES.required, settle_seconds=0.5)
    assert lake.read(waits) == ["1.csv is being written anew: read as it was before"]
    growing.join()
    assert [row["order_id"] for row in lake.rows()] == ["1"]


def test_a_settled_file_does_not_wait(lake: Lake) -> None:
    path = lake.folder / "2.csv"
    lake.put("2.csv", OLD)
    os.utime(path, (time.time() - 60, time.time() - 60))
    started = time.monotonic()
    lake.read(Rules(RULES.columns, settle_seconds=30))
    assert time.monotonic() - started < 10


def test_two_names_that_look_alike_are_told(lake: Lake) -> None:
    lake.put("a\x01.csv", OLD)
    lake.put("a\x02.csv", OLD)
    with pytest.raises(UserError, match="stands for two files"):
        lake.read()


def test_small_parts_become_one(lake: Lake) -> None:
    """Whatever was merged: the rows are those of the files, and no row of a file that is gone."""
    rules = Rules(COLUMNS, most_parts=3)

    def ids() -> list[str | None]:
        return [row["order_id"] for row in lake.rows()]

    for number in range(2, 12):
        lake.put(f"{number:02}.csv", f"order_id,email,status,total\n{number},a@b.org,paid,1\n")
        lake.read(rules)
        assert len(lake.found["text"]) <= 3
        assert sorted(map(int, ids())) == list(range(1, number + 1))
    (lake.folder / "03.csv").unlink()
    lake.put("04.csv", "order_id,email,status,total\n40,a@b.org,paid,1\n")
    lake.read(rules)
    assert sorted(map(int, ids())) == [1, 2, 5, 6, 7, 8, 9, 10, 11, 40]
    kept = b"".join(pq.read_table(file).to_pandas().to_csv().encode() for file in parts(lake))
    assert b",3," not in kept
    assert len(parts(lake)) == len(lake.found["text"])
    assert lake.read(rules) == []


def parts(lake: Lake) -> list[Path]:
    return [file for file in lake.cache.glob("*.parquet") if file.name != "files.parquet"]
