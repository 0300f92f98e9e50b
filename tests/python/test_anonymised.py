"""The copy without personal data: nothing of the sample's people is in it, and it still joins."""

from __future__ import annotations

import csv
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT

from penpal import anonymising, publishing
from penpal.anonymising import DROPPED, HASHED, anonymise, declared, treatment
from penpal.settings import Settings, UserError

SAMPLE = ROOT / "seeds" / "sample"
# What the sample knows of people, by column of its raw tables.
PERSONAL = {
    "email": ("email", "additional_emails"),
    "phone": ("phone", "mobile_phone"),
    "name": ("first_name", "last_name", "ship_first_name", "ship_last_name"),
    "street": ("street_address", "ship_street_address"),
    "birth date": ("birth_date",),
}
LEAST_DIGITS = 9
WORD = r"[^\s\"',;:<>()\[\]{}]+"


def raw_values(columns: tuple[str, ...]) -> Iterator[str]:
    for file in SAMPLE.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                yield from (row[name].strip().lower() for name in columns if row.get(name))


def end_of_number(text: str) -> str:
    return re.sub(r"\D", "", text)[-LEAST_DIGITS:]


def people() -> dict[str, set[str]]:
    """Values of the sample that name somebody, by kind, in lower case."""
    found = {kind: set(raw_values(columns)) for kind, columns in PERSONAL.items()}
    found["email"] = {part for text in found["email"] for part in re.split(r"[;,\s]+", text)}
    found["email"] = {address for address in found["email"] if "@" in address}
    numbers = map(end_of_number, found["phone"])
    found["phone"] = {number for number in numbers if len(number) == LEAST_DIGITS}
    # One that is of this summer is a mistake, and a date like any other.
    found["birth date"] = {
        day for day in found["birth date"] if re.match(r"19\d\d-\d\d-\d\d$", day)
    }
    return found


def kind_of(value: str, known: dict[str, set[str]]) -> str | None:
    """What a value gives away, whole or in its text."""
    text = value.lower()
    words = re.findall(WORD, text)
    if any(word in known["email"] for word in words):
        return "email"
    if text in known["name"] or set(pairwise(words)) & known["pairs"]:
        return "name"
    if (
        text in known["street"]
        or set(zip(words, words[1:], words[2:], strict=False)) & known["long streets"]
    ):
        return "street"
    if text[:10] in known["birth date"] or set(words) & known["birth date"]:
        return "birth date"
    is_number = re.fullmatch(r"[\d+ ()./-]+", text)
    return "phone" if is_number and end_of_number(text) in known["phone"] else None


def leaks(file: Path) -> dict[str, set[str]]:
    """Columns of the marts in which somebody of the sample can be found, by what gives it away."""
    known = people()
    names = [
        (tuple(first.split()[:1]), tuple(last.split()[:1]))
        for first, last in raw_pairs()
        if first and last
    ]
    known["pairs"] = {(*first, *last) for first, last in names if first and last}
    known["long streets"] = {
        street for street in known["street"] if re.search(r"\d.*\s\w{5}", street)
    }
    found = defaultdict(set)
    with duckdb.connect(str(file), read_only=True) as connection:
        columns = connection.execute(
            """select table_name, column_name from information_schema.columns
            where table_schema = 'marts' and data_type in ('VARCHAR', 'DATE', 'TIMESTAMP')"""
        ).fetchall()
        for table, column in columns:
            values = connection.execute(
                f'select distinct cast("{column}" as varchar) from marts."{table}"'
                f' where "{column}" is not null'
            ).fetchall()
            for (value,) in values:
                if kind := kind_of(value, known):
                    found[kind].add(f"{table}.{column}")
    return found


def raw_pairs() -> Iterator[tuple[str, str]]:
    with (SAMPLE / "raw_crm__contacts.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            yield row["first_name"].strip().lower(), row["last_name"].strip().lower()


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory, built_warehouse: Path) -> Settings:
    """The sample, published in both ways."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copy(built_warehouse, folder / "shop.duckdb")
    shop = Settings(folder / "shop.duckdb", folder / "lake")
    publishing.publish(shop)
    anonymise(shop)
    return shop


def test_nobody_of_the_sample_is_in_it(paths: Settings) -> None:
    offenders = leaks(paths.anonymised)
    assert not offenders, (
        f"{dict(offenders)}: declare what is personal in the mart's YAML (config.meta.pii)."
    )


def test_the_search_finds_them_where_they_are(paths: Settings) -> None:
    found = leaks(paths.published)
    assert set(found) == set(PERSONAL)
    assert "customers.primary_email" in found["email"]
    assert "rejected_records.raw_row" in found["email"], "also within a text"
    assert "customers.birth_date" in found["birth date"]


def test_what_is_hashed_joins_as_before(paths: Settings) -> None:
    query = """select count(*), count(distinct customers.customer_id), count(distinct primary_email)
        from marts.customers as customers
        inner join marts.email_decisions as decisions using (customer_id)"""
    with duckdb.connect(str(paths.anonymised)) as copy:
        copy.execute(f"attach '{paths.published}' as published (read_only)")
        same = copy.execute(query).fetchone()
        assert same == copy.execute(query.replace("marts.", "published.marts.")).fetchone()
        assert same[0] > 100
        ids = """select count(*) from marts.customers as c
            inner join published.marts.customers as p on c.customer_id = p.customer_id"""
        assert copy.execute(ids).fetchone() == (0,)
        pattern = "select bool_and(regexp_full_match(primary_email, '[0-9a-f]{32}')) from "
        assert copy.execute(f"{pattern} marts.customers").fetchone() == (True,)
        schemas = "select distinct table_schema from information_schema.tables"
        schemas += " where table_catalog = current_database()"
        assert copy.execute(schemas).fetchall() == [("marts",)], "no evidence of who is who"


def test_without_the_key_no_address_can_be_tried_out(paths: Settings) -> None:
    def hashes() -> set[str]:
        with duckdb.connect(str(paths.anonymised), read_only=True) as copy:
            return {
                h for (h,) in copy.execute("select primary_email from marts.customers").fetchall()
            }

    before = hashes()
    anonymise(paths)
    assert hashes() == before, "the same key, the same hashes: copies of two nights join"
    secret = paths.secret_file.read_text()
    try:
        paths.secret_file.write_text("another secret of a good length")
        anonymise(paths)
        assert hashes() & before <= {None}
    finally:
        paths.secret_file.write_text(secret)


def test_every_kind_that_is_declared_has_a_treatment() -> None:
    kinds = {kind for columns in declared().values() for kind in columns.values()}
    assert kinds <= {*HASHED, *DROPPED}
    assert treatment("anything", "free_text") == "dropped"
    assert treatment("lead_customer_id", None) == treatment("x", "email") == "hashed"
    assert treatment("product_id", None) == "kept"
    with pytest.raises(UserError, match="of the kind iris_scan, which"):
        treatment("eye", "iris_scan")


def test_a_mart_that_nothing_describes_is_refused(
    paths: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {name: columns for name, columns in declared().items() if name != "customers"}
    monkeypatch.setattr(anonymising, "declared", lambda: told)
    before = paths.anonymised.read_bytes()
    with pytest.raises(UserError, match=r"No YAML in models/ describes marts\.customers"):
        anonymise(paths)
    assert paths.anonymised.read_bytes() == before
    assert not list(paths.warehouse.parent.glob("*.partial*"))
