"""The identity benchmark: its contacts, its measure of accuracy, its report, both sides once."""

import importlib.metadata
import importlib.util
import itertools
import json
from argparse import Namespace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bench_identity
from penpal.benchmark import all_sources, night, penpal_side, report
from penpal.benchmark import contacts as on_contacts
from penpal.benchmark.accuracy import pairwise
from penpal.benchmark.penpal_side import Place
from penpal.benchmark.process import run_process
from penpal.datagen import errors, longtail
from penpal.datagen.contacts import PROFILES, record_counts
from penpal.datagen.contacts_lake import write_contacts
from penpal.datagen.output import COLUMNS
from penpal.settings import UserError


def make(folder: Path, kind: str, records: int = 2_000, people: int = 500, seed: int = 3) -> Path:
    write_contacts(kind, records, people, seed, folder)
    return folder


def read(lake: Path) -> list[dict]:
    truth = pq.read_table(lake / "truth" / "records.parquet").to_pylist()
    owner = {row["record_id"]: row["person_id"] for row in truth}
    rows = pq.read_table(lake / "crm" / "contacts").to_pylist()
    return [row | {"person_id": owner[row["contact_id"]]} for row in rows]


@pytest.fixture(scope="module", params=sorted(PROFILES))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def contacts(kind: str, tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    return read(make(tmp_path_factory.mktemp(kind) / "lake", kind))


# --- the contacts ----------------------------------------------------------------------------


def test_the_same_options_give_the_same_bytes(tmp_path, kind):
    def files(name: str, seed: int) -> dict[str, bytes]:
        lake = make(tmp_path / name, kind, 600, 200, seed)
        return {str(p.relative_to(lake)): p.read_bytes() for p in lake.rglob("*.parquet")}

    first = files("first", 3)
    assert first == files("second", 3)
    assert first != files("third", 4)


def test_counts_and_columns_are_as_asked_for(tmp_path, kind, contacts):
    assert len(contacts) == 2_000
    assert len({row["contact_id"] for row in contacts}) == 2_000
    assert len({row["person_id"] for row in contacts}) == 500
    schema = pq.read_schema(make(tmp_path / "lake", kind) / "crm/contacts/part-00000.parquet")
    assert schema.names == COLUMNS["crm.contacts"]
    assert set(schema.types) == {pa.string()}
    filled = {name for row in contacts for name, value in row.items() if value is not None}
    always = {"contact_id", "created_at", "loaded_at", "person_id"}
    assert filled == set(PROFILES[kind].columns) | always
    assert all(row["created_at"] <= row["loaded_at"] for row in contacts)


def test_the_order_says_nothing_about_who_is_who(contacts):
    neighbours = itertools.pairwise(contacts)
    assert sum(a["person_id"] == b["person_id"] for a, b in neighbours) < 40


def test_fields_are_wrong_or_missing_as_often_as_promised(kind, contacts):
    low, high = {"light": (0.02, 0.35), "heavy": (0.1, 0.4), "mini": (0.08, 0.25)}[kind]
    by_person = {}
    for row in contacts:
        by_person.setdefault(row["person_id"], []).append(row)
    for column in ("first_name", "last_name", "birth_date", "city"):
        odd = total = 0
        for rows in by_person.values():
            values = [row[column] for row in rows]
            most = max(set(values) - {None} or {None}, key=values.count)
            odd += sum(value != most for value in values)
            total += len(values)
        assert low <= odd / total <= high, column


def test_relatives_share_a_name_and_a_town(contacts):
    homes = {}
    for row in contacts:
        homes.setdefault((row["last_name"], row["city"]), set()).add(row["person_id"])
    assert sum(len(people) > 1 for home, people in homes.items() if None not in home) >= 10


def test_surnames_and_first_names_have_long_tails():
    assert len(set(longtail.surnames().items.to_pylist())) > 50_000
    assert 2_000 < len(set(longtail.given_names().items.to_pylist())) < 4_000
    rng = np.random.default_rng(1)
    drawn = longtail.surnames().draw(rng, np.zeros(100_000, np.int64))
    counts = np.sort(np.bincount(drawn))[::-1]
    assert 400 < counts[0] < 1_200
    assert (counts > 0).sum() > 20_000


@given(st.integers(1, 400), st.integers(0, 3_000), st.sampled_from(["geometric", "gamma", "x"]))
def test_every_person_has_a_record_and_the_records_add_up(people, more, spread):
    more = min(more, people * 29)
    counts = record_counts(np.random.default_rng(1), spread, people, people + more)
    assert counts.min() >= 1
    assert counts.sum() == people + more


@given(st.lists(st.text("abcdeéZ ", min_size=1, max_size=12), min_size=1, max_size=30))
def test_a_slip_changes_a_little(values):
    made = errors.slip(np.random.default_rng(1), pa.array(values, pa.string()), heard=0.0)
    for old, new in zip(values, made.to_pylist(), strict=True):
        assert abs(len(old) - len(new)) <= 1
        assert len(new) >= 1
        kept = sum(ch in old for ch in new)
        assert kept >= len(new) - 1


@given(st.lists(st.dates(date(1500, 1, 1), date(2020, 12, 31)), min_size=1, max_size=30))
def test_wrong_dates_are_dates(days):
    rng = np.random.default_rng(1)
    given_days = np.array(days, "datetime64[D]")
    for change in (errors.date_slips, errors.date_swaps, errors.placeholders):
        for old, new in zip(days, change(rng, given_days, 1.0).tolist(), strict=True):
            assert isinstance(new, date)
            assert abs(new.year - old.year) <= 81
    assert (errors.date_slips(rng, given_days, 0.0) == given_days).all()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("light", 10, 20, 1), "--records 10 is not between 20 and 600"),
        (("light", 100, 2, 1), "--records 100 is not between 2 and 60"),
        (("light", 10, 0, 1), "--people 0 is not between 1 and"),
        (("light", 10, 5, -1), "--seed -1 is negative"),
    ],
)
def test_what_cannot_be_made_is_refused(tmp_path, options, told):
    with pytest.raises(UserError, match=told):
        write_contacts(*options, tmp_path / "lake")
    assert not list(tmp_path.iterdir())


# --- the measure -----------------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=25))
def test_accuracy_counts_all_pairs(records):
    """Each record has a person and a cluster; cluster 0 stands for a record that is in none."""
    with duckdb.connect() as connection:
        connection.execute("create table truth (record_id varchar, person_id integer)")
        connection.execute("create table found (record_id varchar, cluster_id varchar)")
        for number, (person, cluster) in enumerate(records):
            connection.execute("insert into truth values ($1, $2)", [f"r{number}", person])
            if cluster:
                connection.execute("insert into found values ($1, $2)", [f"r{number}", cluster])
        measured = pairwise(connection, "found", "truth")
    pairs = list(itertools.combinations(records, 2))
    true = {n for n, (a, b) in enumerate(pairs) if a[0] == b[0]}
    linked = {n for n, (a, b) in enumerate(pairs) if a[1] == b[1] != 0}
    assert measured["true_pairs"] == len(true)
    assert measured["linked_pairs"] == len(linked)
    assert measured["precision"] == (len(true & linked) / len(linked) if linked else 1)
    assert measured["recall"] == (len(true & linked) / len(true) if true else 1)


def test_models_are_grouped_by_their_place_in_the_graph():
    chain = {
        "identity_records": [],
        "identity_record_values": ["identity_records"],
        "identity_linked_clusters": ["identity_record_values"],
        "identity_profiles": ["identity_records", "identity_linked_clusters"],
        "identity_rarity": ["identity_profiles"],
        "identity_candidates": ["identity_profiles"],
        "identity_compared": ["identity_candidates"],
        "identity_evidence": ["identity_compared", "identity_rarity"],
        "identity_priors": ["identity_evidence"],
        "identity_pairs": ["identity_priors", "identity_evidence", "identity_linked_clusters"],
        "identity_review": ["identity_pairs", "identity_clusters"],
        "identity_fuzzy_clusters": ["identity_pairs"],
        "identity_clusters": ["identity_fuzzy_clusters"],
        "identity_map": ["identity_clusters"],
    }
    manifest = {
        "parent_map": {
            f"model.penpal.{name}": [f"model.penpal.{above}" for above in parents]
            for name, parents in chain.items()
        }
        | {"test.penpal.unique_x.abc": ["model.penpal.identity_map"]}
    }
    assert penpal_side.group_models(manifest, set(chain)) == {
        "reading": ["identity_record_values", "identity_records"],
        "deterministic": ["identity_linked_clusters"],
        "profiles": ["identity_profiles"],
        "priors": ["identity_priors"],
        "scoring": [
            "identity_candidates",
            "identity_compared",
            "identity_evidence",
            "identity_pairs",
            "identity_rarity",
        ],
        "clustering": ["identity_clusters", "identity_fuzzy_clusters"],
        "rest": ["identity_map", "identity_review"],
    }


def test_the_report_takes_medians_and_ratios_of_each_round():
    def side(scoring: float) -> dict:
        seconds = dict.fromkeys(("profiles", "priors", "clustering"), 1.0)
        seconds |= {"scoring": scoring, "deterministic": 2.0}
        return {"seconds": seconds, "peak_bytes": 1, "total": 9.0, "wall": 12.0}

    rounds = [{"penpal": side(p), "splink": side(s)} for p, s in ((2, 2), (4, 2), (2, 6))]
    summary = report.summarise(rounds)
    assert summary["seconds"]["penpal"]["scoring"] == 2
    assert summary["scoring_and_clustering_ratio"] == 1
    assert summary["matching_ratio"] == pytest.approx(5 / 3)
    assert summary["deterministic_ratio"] == 1
    assert report.summarise([{"penpal": side(1)}])["scoring_and_clustering_ratio"] is None


def test_a_missing_splink_is_told_with_the_command_that_installs_it(monkeypatch):
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    with pytest.raises(UserError, match="make setup-splink"):
        bench_identity.main(["--records", "10"])


def test_where_nothing_can_be_written_is_told_before_the_work(tmp_path):
    file = tmp_path / "file"
    file.touch()
    for options in (["--json", str(tmp_path)], ["--json", f"{file}/x"], ["--folder", str(file)]):
        with pytest.raises(UserError, match=r"is not a file|is not a folder"):
            bench_identity.main(["--no-splink", *options])


def test_what_was_measured_is_printed_even_if_it_cannot_be_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(on_contacts, "make_lake", lambda options: tmp_path)
    monkeypatch.setattr(on_contacts, "compare", lambda options, place: {})
    monkeypatch.setattr(report, "lines", lambda result: ["measured"])
    with pytest.raises(UserError, match="is not a file"):
        bench_identity.bench(Namespace(folder=tmp_path), tmp_path)
    assert capsys.readouterr().out == "measured\n"


def test_a_process_that_fails_is_told_with_its_last_lines():
    with pytest.raises(UserError, match=r"The step failed \(exit code 3\):\nwhy"):
        run_process("The step", ["sh", "-c", "echo why >&2; exit 3"], {})
    assert run_process("The step", ["echo", "done"], {}).peak_bytes > 0


def test_what_a_night_finds_was_loaded_last(tmp_path):
    lake = make(tmp_path / "lake", "mini", 1_000, 250)
    early, late = on_contacts.split_lake(lake, tmp_path / "night")
    before = pq.read_table(early / "crm" / "contacts")["loaded_at"].to_pylist()
    after = pq.read_table(late)["loaded_at"].to_pylist()
    assert len(before) + len(after) == 1_000
    assert len(after) == pytest.approx(10, abs=1)
    assert max(before) < min(after)


def test_the_clock_stands_before_the_last_rows_that_came(tmp_path):
    """Whatever came after the shop's clock, or says no time, does not count."""
    day = [f"2026-06-{number:02}T00:00:00Z" for number in range(1, 11)]
    for table, column in all_sources.ARRIVALS.items():
        folder = tmp_path / table
        folder.mkdir(parents=True)
        pq.write_table(
            pa.table({column: [*day, "2199-01-01T00:00:00Z", "?"]}), folder / "p.parquet"
        )
    assert all_sources.clock_before_the_last(0.1, tmp_path) == "2026-06-09 00:00:00"
    assert all_sources.clock_before_the_last(0.5, tmp_path) == "2026-06-05 00:00:00"


def write_table(warehouse: Path, name: str, **columns: list) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema if not exists identity")
        connection.register("rows", pa.table(columns))
        connection.execute(f"create or replace table identity.{name} as select * from rows")


def test_partitions_are_compared_by_the_first_records_of_their_clusters(tmp_path):
    """Numbers mean nothing in another run; moved went to first, gone is no more, new came."""
    warehouse = tmp_path / "penpal.duckdb"
    names = ["first", "gone", "moved", "same"]
    write_table(warehouse, "identity_clusters", record_key=names, cluster=[1, 2, 3, 3])
    kept = night.keep(warehouse, night.PARTITION, tmp_path / "partition.parquet")
    write_table(warehouse, "identity_clusters", record_key=names, cluster=[9, 8, 7, 7])
    assert night.count_differing(warehouse, night.PARTITION, kept) == 0
    names = ["first", "moved", "new", "same"]
    write_table(warehouse, "identity_clusters", record_key=names, cluster=[1, 1, 2, 3])
    # Whose cluster lost its first record is in another one.
    assert night.count_differing(warehouse, night.PARTITION, kept) == 4


def test_edges_are_compared_row_by_row(tmp_path):
    warehouse = tmp_path / "penpal.duckdb"
    keys = ["a", "a", "b", "c"]
    write_table(warehouse, "identity_edges", record_key=keys, score=[1.0, 2.0, None, 4.0])
    kept = night.keep(warehouse, night.EDGES, tmp_path / "edges.parquet")
    write_table(warehouse, "identity_edges", record_key=keys, score=[2.0, 1.0, None, 4.0])
    assert night.count_differing(warehouse, night.EDGES, kept) == 0
    write_table(warehouse, "identity_edges", record_key=keys, score=[2.0, 1.0, 3.0, 4.5])
    assert night.count_differing(warehouse, night.EDGES, kept) == 2
    write_table(warehouse, "identity_edges", record_key=["a", "b", "c"], score=[1.0, None, 4.0])
    assert night.count_differing(warehouse, night.EDGES, kept) == 1


def test_pairs_that_were_not_known_are_counted(tmp_path):
    warehouse = tmp_path / "penpal.duckdb"
    write_table(warehouse, "identity_compared", content_a=[1, 1, 2], content_b=[2, 3, 3])
    known = night.keep(warehouse, night.COMPARED, tmp_path / "compared.parquet")
    assert night.count_compared(warehouse, known) == (3, 0)
    write_table(warehouse, "identity_compared", content_a=[1, 1], content_b=[2, 4])
    assert night.count_compared(warehouse, known) == (2, 1)


# --- both sides ------------------------------------------------------------------------------


def test_penpal_resolves_a_lake_of_contacts(tmp_path):
    lake = make(tmp_path / "lake", "mini", 400, 100)
    truth = lake / "truth" / "records.parquet"
    place = Place(tmp_path / "penpal.duckdb", lake, tmp_path / "target")
    place.stage()
    found = place.resolve() | place.judge(truth)
    assert found["accuracy"]["precision"] > 0.9
    assert found["accuracy"]["recall"] > 0.9
    assert found["seconds"]["clustering"] > 0
    assert found["total"] == pytest.approx(sum(found["seconds"].values()))
    check_blocks(place, tmp_path / on_contacts.BLOCKS)
    if importlib.util.find_spec("splink"):
        how = on_contacts.Arrangement("apart", same_blocks=True)
        other = on_contacts.run_splink(place, truth, tmp_path, how)
        assert other["rules"][0] == ["block_0"]
        assert other["best"]["f1"] > 0.8
    estimated = place.resolve_with_estimated_weights()
    assert estimated and estimated["estimate_seconds"] > 0
    assert place.judge(truth)["accuracy"]["f1"] > 0.95
    with duckdb.connect(str(place.warehouse), read_only=True) as connection:
        used = connection.execute(
            "select m_probability from rules.match_weights where level = 'match'"
        ).fetchall()
    assert used != [(0.4,)]


def check_blocks(place: Place, file: Path) -> None:
    """Contacts share blocks where Penpal's candidates are, and nowhere else."""
    place.keep_blocks(file)
    with duckdb.connect(str(place.warehouse), read_only=True) as connection:
        contacts, pairs, other_pairs = connection.execute(
            """
            with contacts as (from read_parquet($1)),
            blocks as (
                unpivot (from contacts) on columns('block_[1-9].*') into name rule value block
            ),
            pairs as (
                select least(a.block_0, b.block_0), greatest(a.block_0, b.block_0)
                from blocks as a
                inner join blocks as b
                    on a.rule = b.rule and a.block = b.block and a.block_0 <> b.block_0
            ),
            candidates as (
                select least(a.cluster, b.cluster), greatest(a.cluster, b.cluster)
                from identity.identity_candidates as candidates
                inner join identity.identity_profiles as a on candidates.profile_a = a.profile_id
                inner join identity.identity_profiles as b on candidates.profile_b = b.profile_id
                where not candidates.is_linked
            )
            select (select count(distinct contact_id) from contacts),
                (select count(*) from (from pairs intersect from candidates)),
                (select count(*) from (
                    (from pairs except from candidates) union (from candidates except from pairs)
                ))
            """,
            [str(file)],
        ).fetchone()
    assert contacts == 400
    assert pairs > 300
    assert other_pairs == 0


def test_splink_resolves_staged_contacts(tmp_path):
    pytest.importorskip("splink")
    lake = make(tmp_path / "lake", "mini", 400, 100)
    warehouse = tmp_path / "staged.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"""
            create schema staging;
            create table staging.stg_crm__contacts as
            select contact_id, lower(first_name) as first_name_key,
                lower(last_name) as last_name_key, replace(birth_date, '-', '') as birth_date_key,
                lower(street_address) as street_key, lower(city) as city_key, postal_code,
                lower(email) as email_key, phone, mobile_phone, gender
            from read_parquet('{lake}/crm/contacts/*.parquet')
        """)
    place = Place(warehouse, lake, tmp_path)
    truth = lake / "truth" / "records.parquet"
    how = on_contacts.Arrangement("together", same_blocks=False)
    found = on_contacts.run_splink(place, truth, tmp_path, how)
    json.dumps(found)
    assert (found["names"], found["same_blocks"]) == ("together", False)
    assert found["best"]["f1"] > 0.85
    assert found["best"]["f1"] >= max(found["f1_by_match_weight"].values())
    assert all(seconds > 0 for seconds in found["seconds"].values())
