"""The reader of the lake's text files: every record is a row, or a row that says why not."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penpal.lake import reader, records, text
from penpal.lake.dbt_plugin import Plugin
from penpal.settings import UserError

HEADER = "order_id,email,status,total\n"


def read(folder: Path) -> list[dict[str, Any]]:
    """The rows of a folder's text files by file and line, without what is null."""
    found = reader.read_table(folder, folder.with_name(f"{folder.name}-kept"))
    if not found["text"]:
        return []
    rows = duckdb.sql(
        f"from read_parquet({found['text']}, union_by_name = true) order by penpal_file, "
        "penpal_line"
    )
    return [
        {name: value for name, value in zip(rows.columns, row, strict=True) if value is not None}
        for row in rows.fetchall()
    ]


def read_file(folder: Path, content: str | bytes, name: str = "a.csv") -> list[dict[str, Any]]:
    lake = folder / "table"
    lake.mkdir(exist_ok=True)
    (lake / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    rows = read(lake)
    for row in rows:
        assert row.pop("penpal_file") == name
    return rows


def faults(rows: list[dict[str, Any]]) -> dict[int, str]:
    return {row["penpal_line"]: row["penpal_fault"] for row in rows if "penpal_fault" in row}


def ids(rows: list[dict[str, Any]], key: str = "order_id") -> list[str | None]:
    return [row.get(key) for row in rows]


def test_rows_that_begin_with_a_comment_sign(tmp_path: Path) -> None:
    lines = "".join(f"{sign}{n},a@b.org,paid,1\n" for n, sign in enumerate(["", "#", "//", "--"]))
    rows = read_file(tmp_path, HEADER + lines)
    assert ids(rows) == ["0", "#1", "//2", "--3"]
    assert not faults(rows)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_header_tells_the_separator(tmp_path: Path, separator: str) -> None:
    content = separator.join(["a", "b", "c"]) + "\n" + separator.join(["1,5;5", '"2\n"', "3"])
    if separator in "1,5;5":
        content = content.replace("1,5;5", '"1,5;5"')
    row = {"penpal_line": 2, "a": "1,5;5", "b": "2\n", "c": "3"}
    assert read_file(tmp_path, content) == [row]


@pytest.mark.parametrize("said", ["sep=;", '"sep=;"', "SEP=;\r"])
def test_a_spreadsheet_says_its_separator(tmp_path: Path, said: str) -> None:
    """Excel's own first line, which its other programs take for data."""
    rows = read_file(tmp_path, f"{said}\na;b,c\n1;2,5\n")
    assert rows == [{"penpal_line": 3, "a": "1", "b,c": "2,5"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    rows = read_file(tmp_path, "id,name\n1,Zoë Łukasz 李\n".encode(encoding))
    assert rows == [{"penpal_line": 2, "id": "1", "name": "Zoë Łukasz 李"}]


def test_windows_1252(tmp_path: Path) -> None:
    rows = read_file(tmp_path, "id,name\n1,Zoë “Café”\n2,Ann\n".encode("cp1252"))
    assert [row["name"] for row in rows] == ["Zoë “Café”", "Ann"]


def test_mixed_line_ends_and_gzip(tmp_path: Path) -> None:
    content = HEADER.encode() + b"1,a,p,1\r\n2,b,p,2\r3,c,p,3\n\r\n4,d,p,4"
    rows = read_file(tmp_path, gzip.compress(content), "a.csv.gz")
    assert ids(rows) == ["1", "2", "3", "4"]


def test_a_damaged_row_is_one_row(tmp_path: Path) -> None:
    names = ["zoë".encode(), "zoë".encode("cp1252"), b"\xff\x81", "李".encode()]
    lines = b"".join(b"%d,%s,p,1\n" % (n, name) for n, name in enumerate(names))
    rows = read_file(tmp_path, HEADER.encode() + lines)
    assert [row["email"] for row in rows] == ["zoë", "zoë", "ÿ\ufffd", "李"]


def test_a_stray_quotation_mark_swallows_nothing(tmp_path: Path) -> None:
    lines = ['1,"Joe,paid,1', '2,"b",paid,2', "3,c,paid,3", '4,5" pipe,paid,4']
    lines += ['5,"open,paid,5', "6,f,p,6", ""]
    rows = read_file(tmp_path, HEADER + "\n".join(lines))
    assert ids(rows) == ["1", "2", "3", "4", "5", "6"]
    assert faults(rows) == {2: records.STRAY_QUOTE, 6: records.STRAY_QUOTE}
    assert rows[3]["email"] == '5" pipe'
    assert [row["total"] for row in rows] == ["1", "2", "3", "4", "5", "6"]


def test_a_quotation_that_ends_in_the_next_line(tmp_path: Path) -> None:
    """Read as it stands, line 2 and 3 are one record of 2 fields: a refusal would be lost."""
    rows = read_file(tmp_path, HEADER + '1,"a@b.org,granted,1\n2,c@d.org,withdrawn,2"\n3,e,p,3\n')
    assert ids(rows) == ["1", "2", "3"]
    assert rows[1]["status"] == "withdrawn"


def test_another_width(tmp_path: Path) -> None:
    lines = ["1,a,paid", "2,b,paid,2,", "3,Smith, Jr.,paid,3", ",,,", "5,e,pai"]
    rows = read_file(tmp_path, HEADER + "\n".join(lines))
    assert ids(rows) == ["1", "2", "3", "", "5"]
    assert faults(rows) == {
        4: "unreadable line: 5 fields under 4 columns",
        6: records.CUT_OFF,
    }


def test_a_second_header(tmp_path: Path) -> None:
    again = "total,order_id,status,email,note\n5,2,paid,b@c.org,x\n"
    rows = read_file(tmp_path, HEADER + "1,a@b.org,paid,4\n" + again)
    assert faults(rows) == {3: records.MIDDLE_HEADER}
    assert rows[2] == {
        "penpal_line": 4, "order_id": "2", "email": "b@c.org", "status": "paid", "total": "5",
        "note": "x",
    }  # fmt: skip


def test_columns_with_one_name(tmp_path: Path) -> None:
    assert read_file(tmp_path, "id,email, Email ,\n1,a,b,c\n") == [
        {"penpal_line": 2, "id": "1", "email": "a", "Email (2)": "b", "column 4": "c"}
    ]


def test_a_file_of_a_header_has_columns(tmp_path: Path) -> None:
    lake = tmp_path / "table"
    lake.mkdir()
    (lake / "a.csv").write_text(HEADER)
    found = reader.read_table(lake, tmp_path / "kept")
    columns = [*reader.OURS, "order_id", "email", "status", "total"]
    assert duckdb.sql(f"from read_parquet({found['text']})").columns == columns


def test_json_lines(tmp_path: Path) -> None:
    deep = '{"id": "deep", "p": ' + "[" * 100_000 + "]" * 100_000 + "}"
    lines = [
        '{"id": 1, "p": {"price": 12.5, "l": [1]}, "n": null, "b": true, "e": 5.84123E+12}',
        "", '{"id": "#2", "x": "\\ud800"}', '{"id": 3', "[1]", deep, '{"id": "\u2028"}',
    ]  # fmt: skip
    rows = read_file(tmp_path, "\n".join(lines), "a.jsonl")
    assert ids(rows, "id") == ["1", "#2", None, None, None, "\u2028"]
    assert rows[0]["p"] == '{"price": 12.5, "l": [1]}'
    assert (rows[0]["e"], rows[0]["b"], "n" in rows[0]) == ("5.84123E+12", "true", False)
    assert rows[1]["x"] == "?"
    assert faults(rows) == dict.fromkeys((4, 5, 6), records.NO_JSON)


def test_a_name_has_one_spelling(tmp_path: Path) -> None:
    lines = ['{"Email": "a", "id": 1}', '{"email": "b", "ID ": 2}', '{"id": 3, "Id": 4}']
    rows = read_file(tmp_path, "\n".join(lines), "a.jsonl")
    assert [(row.get("Email"), row["id"]) for row in rows] == [("a", "1"), ("b", "2"), (None, "4")]
    assert faults(rows) == {3: records.NAMED_TWICE}


def test_columns_that_are_values_are_too_many(tmp_path: Path) -> None:
    content = "\n".join(json.dumps({f"k{n}": 1}) for n in range(reader.MOST_COLUMNS + 2))
    with pytest.raises(UserError, match="more than 2,000 columns"):
        read_file(tmp_path, content, "a.jsonl")


def test_a_column_name_can_be_printed(tmp_path: Path) -> None:
    rows = read_file(tmp_path, "id,em\x1b[31mail,\u202egpj\n1,2,3\n")
    assert list(rows[0]) == ["penpal_line", "id", "em\ufffd[31mail", "\ufffdgpj"]


def test_parquet_with_other_text_is_read(tmp_path: Path) -> None:
    content = pa.array([b"ok", "zoë".encode("cp1252"), None], pa.binary())
    names = pa.StringArray.from_buffers(3, content.buffers()[1], content.buffers()[2])
    lake = tmp_path / "table"
    lake.mkdir()
    pq.write_table(pa.table({"id": [1, 2, 3], "name": names}), lake / "b[1]*.parquet")
    found = reader.read_table(lake, tmp_path / "kept")
    rows = duckdb.sql(f"select columns('penpal_file|line|name') from read_parquet({found['text']})")
    assert rows.fetchall() == [
        ("b[1]*.parquet", 1, "ok"), ("b[1]*.parquet", 2, "zoë"), ("b[1]*.parquet", 3, "")
    ]  # fmt: skip


def test_parquet_may_not_use_our_names(tmp_path: Path) -> None:
    lake = tmp_path / "table"
    lake.mkdir()
    pq.write_table(pa.table({"id": [1], "Penpal_Fault": ["x"]}), lake / "a.parquet")
    with pytest.raises(UserError, match="has a column Penpal_Fault, which is our name"):
        reader.read_table(lake, tmp_path / "kept")


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("is_array", [True, False])
def test_json_arrays_and_objects_over_lines(
    tmp_path: Path, indent: int | None, is_array: bool
) -> None:
    objects = [{"id": n, "list": [1, 2]} for n in range(3)]
    alone = "\n".join(json.dumps(one, indent=indent) for one in objects)
    content = json.dumps(objects, indent=indent) if is_array else alone
    rows = read_file(tmp_path, "\ufeff" + content, "a.json")
    assert ids(rows, "id") == ["0", "1", "2"]


def test_a_broken_array_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.json stops being JSON in line 3\.") as stopped:
        read_file(tmp_path, '[{"id": 1},\n\n{"id": secret}]', "a.json")
    assert "secret" not in str(stopped.value)


@pytest.mark.parametrize("name", ["a.csv", "a.json"])
def test_a_huge_field_is_one_row(tmp_path: Path, name: str) -> None:
    huge = "x" * (text.LONGEST + 1)
    lines = {
        "a.csv": HEADER + f'1,a,p,1\n2,{huge},p,2\n3,"{huge}",p,3\n4,d,p,4\n',
        "a.json": f'{{"order_id": 1}}\n{{"order_id": "{huge}"}}\n{{"order_id": "4"}}\n',
    }[name]
    rows = read_file(tmp_path, lines, name)
    assert [row.get("order_id") for row in rows][:: len(rows) - 1] == ["1", "4"]
    assert set(faults(rows).values()) == {records.TOO_LONG}
    assert sum(len(str(row)) for row in rows) < 2_000


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "UNPACKED_FREELY", 2**20)
    with pytest.raises(UserError, match="unpacks to more than"):
        read_file(tmp_path, gzip.compress(b"a,b\n" + b"1,2\n" * 2**21), "a.csv.gz")


def test_names_are_no_patterns_and_no_columns(tmp_path: Path) -> None:
    lake = tmp_path / "table"
    other = tmp_path / "elsewhere.csv"
    other.write_text("id,email\nlink,\n")
    folder = lake / "email=evil@example.net" / "status=granted"
    folder.mkdir(parents=True)
    for name in ("b[1].csv", "b1.csv", "*.csv", "b?.csv", "_partial.csv", ".hidden.csv"):
        (folder / name).write_text(f"id,email\n{name},\n")
    (lake / "link.csv").symlink_to(other)
    rows = read(lake)
    assert sorted(ids(rows, "id")) == ["*.csv", "b1.csv", "b?.csv", "b[1].csv", "link"]
    assert {row["email"] for row in rows} == {""}


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    lake = tmp_path / "table"
    lake.mkdir()
    for name, content, told in (
        ("a.csv", b"\n\n", "a.csv is empty"),
        ("a.csv.gz", b"no gzip", "a.csv.gz is damaged"),
        ("cut.csv.gz", gzip.compress(os.urandom(10_000))[:5_000], "cut.csv.gz is damaged"),
        ("a.parquet", b"no Parquet", "a.parquet is no Parquet file"),
        ("a.xlsx", b"", "a.xlsx is a file of an unknown kind"),
        ("b.csv", gzip.compress(b"id\n1\n"), "b.csv is no text, but packed with gzip"),
        ("c.csv", b"PK\x03\x04", "c.csv is no text, but a ZIP file"),
        ("d.json", b"PAR1", "d.json is no text, but Parquet"),
        ("\udcff.csv", b"id\n1\n", "has a name that is not UTF-8"),
    ):
        (lake / name).write_bytes(content)
        with pytest.raises(UserError, match=told):
            read(lake)
        (lake / name).unlink()
    (lake / "a.csv").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match="broken link"):
        read(lake)


def test_a_flipped_bit_of_a_packed_file_is_told(tmp_path: Path) -> None:
    content = gzip.compress((HEADER + "1,a@b.org,paid,1\n" * 9).encode(), mtime=0)
    told = 0
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 4
        try:
            rows = read_file(tmp_path, bytes(damaged), "a.csv.gz")
            assert len(rows) == 9, place
        except UserError as error:
            assert "a.csv.gz is damaged: it does not unpack" in str(error)
            told += 1
    assert told > len(content) / 2


def test_what_is_kept_follows_the_lake(tmp_path: Path) -> None:
    assert ids(read_file(tmp_path, "id\n1\n", "a.csv"), "id") == ["1"]
    assert ids(read_file(tmp_path, "id\n22\n", "a.csv"), "id") == ["22"]
    assert len(list((tmp_path / "table-kept").glob("*.0.parquet"))) == 1
    (tmp_path / "table" / "a.csv").unlink()
    assert read(tmp_path / "table") == []
    assert [path.name for path in (tmp_path / "table-kept").iterdir()] == ["files.parquet"]


def test_a_file_without_a_header_is_told(tmp_path: Path) -> None:
    """Its first record would be lost, and stand in the log as names of columns."""
    lake = tmp_path / "table"
    lake.mkdir()
    (lake / "1.csv").write_text("Order_ID ,email\n1,a\n")
    (lake / "2.csv").write_text("2,secret\n3,b\n")
    with pytest.raises(UserError, match=r"2\.csv names no column of the table: is its") as stopped:
        reader.read_table(
            lake, tmp_path / "kept", reader.Rules({"order_id": "order_id", "email": "email"})
        )
    assert "secret" not in str(stopped.value)
    (lake / "2.csv").unlink()
    assert reader.read_table(lake, tmp_path / "kept", reader.Rules({"order_id": "order_id"}))[
        "text"
    ]


def test_dbt_is_told_what_is_wrong(tmp_path: Path) -> None:
    class Credentials:
        path = str(tmp_path / "shop.duckdb")

    plugin = Plugin("lake", {}, Credentials())
    connection = duckdb.connect()
    plugin.configure_connection(connection)
    (tmp_path / "table").mkdir()
    (tmp_path / "table" / "a.xls").touch()
    query = f"select read_lake('{tmp_path}/table', 'shop__orders', '{{}}')"
    told = json.loads(connection.execute(query).fetchone()[0])
    assert told["error"].startswith(f"{tmp_path}/table/a.xls is a file of an unknown kind")


VALUES = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\"'#,;\t|\r\n\\\0 "), max_size=8
)
CSV = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(VALUES, min_size=width, max_size=width), max_size=8)
)


@settings(deadline=None, max_examples=200)
@given(
    rows=CSV,
    separator=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_rows_are_the_records_that_python_counts(
    rows: list[list[str]], separator: str, line_end: str, quoting: int
) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator, lineterminator=line_end, quoting=quoting)
    names = [f"column_{n}" for n in range(len(rows[0]) if rows else 2)]
    writer.writerows([names, *rows])
    content = written.getvalue()
    counted = list(csv.reader(io.StringIO(content, newline=""), delimiter=separator))
    with tempfile.TemporaryDirectory() as folder:
        found = read_file(Path(folder), content)
    assert len(found) == sum(1 for row in counted if row) - 1
    # The writer leaves a lone carriage return unquoted: then it ends the record.
    if all(len(row) == len(names) for row in counted):
        assert [[row[name] for name in names] for row in found] == counted[1:]


@settings(deadline=None, max_examples=200)
@given(seed=st.integers(0, 2**32))
def test_damaged_files_lose_no_line(seed: int) -> None:
    """Bytes changed, lines cut: each line with a key still has it, or the file is refused."""
    chance = random.Random(seed)
    content = bytearray(HEADER.encode())
    for n in range(30):
        content += f'{n},"Ann, {n}",paid,{n}.5\n'.encode()
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(HEADER), len(content))
        if chance.random() < 0.5:
            content[place] = chance.choice(b'",\n;#\0\xff\xc3a')
        else:
            del content[place : place + chance.randint(1, 12)]
    with tempfile.TemporaryDirectory() as folder:
        rows = read_file(Path(folder), bytes(content))
    lines = bytes(content).decode("utf-8", "replace").splitlines()[1:]
    assert len(rows) >= sum(1 for line in lines if line.strip()) - 3
    assert len({row["penpal_line"] for row in rows}) == len(rows)
