"""evaluate_identity.py on warehouses so small that every figure is worked out by hand."""

from __future__ import annotations

import csv
import errno
import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ROOT
from tiny_identity import build, candidate, fuzzy, has, on, refused, scored, steps

from penpal import files, settings
from penpal.files import csv_cell
from penpal.identity.evaluation import health, labels, truth, worst
from penpal.identity.evaluation.reports import evaluate
from penpal.identity.evidence import deterministic_components, open_evidence
from penpal.settings import UserError


def r(*numbers: int) -> list[str]:
    return [f"crm.contacts:{number}" for number in numbers]


def truth_file(folder: Path, people: dict[str, Iterable[str]]) -> Path:
    """A truth of two columns."""
    path = folder / "truth.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("record_key", "person_id"))
        writer.writerows((key, person) for person, keys in people.items() for key in keys)
    return path


def figures(warehouse: Path, truth_path: Path) -> dict[str, float]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return evaluate(connection, truth_path)


def linked(**clusters: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """identity_linked_clusters: the records of each named cluster."""
    rows = [{"record_id": key, "cluster": name} for name, keys in clusters.items() for key in keys]
    return {"identity_linked_clusters": rows}


def proposed(*pairs: tuple[int, int, str], linked: str = "") -> dict[str, list[dict[str, Any]]]:
    """Candidates by the numbers of their records; those of one rule are of one component."""
    rows = [candidate(*r(a, b), rule, is_linked=rule == linked) for a, b, rule in pairs]
    return {"identity_candidates": rows}


# P1 is 1, 2, 3 and P2 is 4, 5; found are {1, 2, 4}, {3} and {5}: one pair of three is right, one of
# the four true ones is found.
CUSTOMERS = {"a": r(1, 2, 4), "b": r(3), "c": r(5)}
PEOPLE = {"P1": r(1, 2, 3), "P2": r(4, 5)}


def test_pairwise_and_b_cubed_figures(tmp_path: Path) -> None:
    found = figures(build(tmp_path / "w.duckdb", CUSTOMERS), truth_file(tmp_path, PEOPLE))
    assert found == pytest.approx(
        {
            "pairwise_precision": 1 / 3,
            "pairwise_recall": 1 / 4,
            "pairwise_f1": 2 / 7,
            "pairwise_recall_with_unknown": 1 / 4,
            "b_cubed_precision": (2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5,
            "b_cubed_recall": (2 / 3 + 2 / 3 + 1 / 3 + 1 / 2 + 1 / 2) / 5,
            "b_cubed_f1": 2 * (11 / 15) * (8 / 15) / (19 / 15),
            "records": 5,
            "people": 2,
            "customers": 3,
            "unknown_records": 0,
            "true_pairs": 4,
            "linked_pairs": 3,
        }
    )


def test_records_that_only_the_truth_knows_are_misses_of_the_second_recall(tmp_path: Path) -> None:
    """Two rejected records of P2: the pairs (4, 6), (5, 6), (4, 7), (5, 7), (6, 7) are new."""
    people = PEOPLE | {"P2": r(4, 5, 6, 7)}
    found = figures(build(tmp_path / "w.duckdb", CUSTOMERS), truth_file(tmp_path, people))
    assert found["pairwise_recall"] == pytest.approx(1 / 4)
    assert found["pairwise_recall_with_unknown"] == pytest.approx(1 / 9)
    assert found["unknown_records"] == 2 and found["records"] == 5


def test_records_without_a_truth_do_not_count(tmp_path: Path) -> None:
    customers = CUSTOMERS | {"b": r(3, 90, 91), "d": r(92)}
    found = figures(build(tmp_path / "w.duckdb", customers), truth_file(tmp_path, PEOPLE))
    assert (found["records"], found["customers"]) == (5, 3)
    assert found["pairwise_precision"] == pytest.approx(1 / 3)


def test_a_record_of_several_people_is_left_out(tmp_path: Path) -> None:
    people = {"P1": r(1, 2, 3, 4), "P2": r(4, 5)}
    found = figures(build(tmp_path / "w.duckdb", CUSTOMERS), truth_file(tmp_path, people))
    assert found["records"] == 4 and found["pairwise_precision"] == 1
    told = run(tmp_path / "w.duckdb", tmp_path / "truth.csv")
    assert "since the truth has several people for each: 1 record\n" in told.stdout, told.stderr


def test_singletons_have_no_pairs_and_no_errors(tmp_path: Path) -> None:
    warehouse = build(tmp_path / "w.duckdb", {"a": r(1), "b": r(2)})
    found = figures(warehouse, truth_file(tmp_path, {"P1": r(1), "P2": r(2)}))
    assert found["pairwise_f1"] == found["b_cubed_f1"] == 1
    assert found["true_pairs"] == found["linked_pairs"] == 0


def test_raw_keys_find_their_records(tmp_path: Path) -> None:
    """Orders by key, identify calls by login or message, clicks by mailbox; rest is unknown."""
    warehouse = build(
        tmp_path / "w.duckdb",
        {"a": ["shop.orders:O1", "web.users:U1", "email.clicks:x@shop.example"]}
        | {"b": ["web.identify:M2"]},
        stg_web__events=[
            {"message_id": "M1", "event_type": "identify", "user_id": "U1"},
            {"message_id": "M2", "event_type": "identify"},
            {"message_id": "M3", "event_type": "page", "user_id": "U1"},
        ],
        stg_email__events=[
            {"event_id": "E1", "event_type": "clicked", "email_key": "x@shop.example"},
            {"event_id": "E2", "event_type": "opened", "email_key": "x@shop.example"},
        ],
    )
    path = tmp_path / "truth.csv"
    path.write_text(
        "source_table,record_id,person_id\n"
        "shop.orders,O1,P1\nweb.events,M1,P1\nweb.events,M2,P1\nweb.events,M3,P1\n"
        "email.events,E1,P1\nemail.events,E2,P1\nshop.checkouts,CH1,\n"
    )
    found = figures(warehouse, path)
    assert found["records"] == 4 and found["customers"] == 2 and found["unknown_records"] == 2
    assert found["pairwise_recall"] == pytest.approx(3 / 6)


def test_a_parquet_truth_reads_the_same(tmp_path: Path) -> None:
    warehouse = build(tmp_path / "w.duckdb", CUSTOMERS)
    as_csv = truth_file(tmp_path, PEOPLE)
    as_parquet = tmp_path / "truth.parquet"
    duckdb.sql(f"copy (from read_csv('{as_csv}')) to '{as_parquet}'")
    assert figures(warehouse, as_parquet) == figures(warehouse, as_csv)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("record_key,person_id\n", "has no row with a person_id"),
        ("record_key,person_id\nno.such:1,P1\n", "names no record that the warehouse knows"),
        ("record,person\n1,P1\n", "it needs person_id, and either"),
        ("", "is empty: its first line names the columns"),
        ("record_key;person_id\n", "has no row with a person_id"),
        ("record_key,person_id\na,P\nb,P,x\n", "Line: 3: Expected Number of Columns: 2 Found: 3"),
        ("record_key,person_id\na,P\nb\n", "Line: 3: Expected Number of Columns: 2 Found: 1"),
        ('record_key,person_id\na,"P\nb,Q\n', "Line: 2: Value with unterminated quote found"),
        ("record_key,person_id\ncrm.contacts:1,P\ncrm.contacts:1,Q\n", "to several people"),
    ],
)
def test_a_truth_that_says_nothing(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=says):
        figures(build(tmp_path / "w.duckdb", CUSTOMERS), path)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_truth_must_be_utf_8(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "truth.csv"
    path.write_text("record_key,person_id\ncrm.contacts:1,Jürgen\n", encoding=encoding)
    with pytest.raises(UserError, match="is not UTF-8 text"):
        figures(build(tmp_path / "w.duckdb", CUSTOMERS), path)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_header_tells_the_separator(tmp_path: Path, separator: str) -> None:
    path = truth_file(tmp_path, PEOPLE)
    path.write_text(path.read_text().replace(",", separator), encoding="utf-8-sig")
    assert figures(build(tmp_path / "w.duckdb", CUSTOMERS), path)["records"] == 5


def test_a_packed_truth_with_windows_line_ends_reads_the_same(tmp_path: Path) -> None:
    path = truth_file(tmp_path, PEOPLE)
    packed = tmp_path / "truth.csv.gz"
    text = path.read_text().replace("\r\n", "\n").replace("\n", "\r\n")
    packed.write_bytes(gzip.compress(text.encode()))
    warehouse = build(tmp_path / "w.duckdb", CUSTOMERS)
    assert figures(warehouse, packed) == figures(warehouse, path)


def test_a_parquet_truth_may_have_numbers_as_keys(tmp_path: Path) -> None:
    path = tmp_path / "TRUTH.PARQUET"
    duckdb.sql(
        "select 'crm.contacts' as source_table, i as record_id, i // 3 as person_id"
        " from range(1, 5) as s(i)"
    ).write_parquet(str(path))
    assert figures(build(tmp_path / "w.duckdb", CUSTOMERS), path)["records"] == 4


def test_a_record_of_the_truth_without_a_table_is_named_so(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text("source_table,record_id,person_id\ncrm.contacts,1,P1\n,2,P1\n")
    with duckdb.connect(str(build(tmp_path / "w.duckdb", CUSTOMERS)), read_only=True) as connection:
        evaluate(connection, path)
        assert truth.unknown_by_source(connection) == {"without source_table": 1}


def test_one_giant_customer_is_counted_not_listed(tmp_path: Path) -> None:
    """200,000 records in one customer are 20 billion pairs."""
    warehouse = build(tmp_path / "w.duckdb", {"x": r(-1)})
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "insert into identity.identity_map by name select 'crm.contacts:' || i as record_key,"
            " 'giant' as customer_id from range(200_000) as s(i)"
        )
    path = tmp_path / "truth.csv"
    duckdb.sql(
        "select 'crm.contacts:' || i as record_key, 'P' || (i // 2) as person_id"
        " from range(200_000) as s(i)"
    ).write_csv(str(path))
    started = time.monotonic()
    found = figures(warehouse, path)
    assert time.monotonic() - started < 20
    assert found["pairwise_precision"] == pytest.approx(100_000 / (200_000 * 199_999 / 2))
    assert found["pairwise_recall"] == 1 and found["b_cubed_precision"] == pytest.approx(1e-5)


def judge(connection: duckdb.DuckDBPyConnection, truth_path: Path) -> None:
    """What the reports read: the temp tables judged and things."""
    deterministic_components(connection, open_evidence(connection))
    truth.judge(connection, truth_path)


def blocking(warehouse: Path, truth_path: Path) -> dict[str, Any] | None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = open_evidence(connection)
        truth.judge(connection, truth_path)
        things = deterministic_components(connection, found)
        return truth.blocking(connection, things, found)


def test_blocking_recall_counts_components_and_proposals(tmp_path: Path) -> None:
    """P1 has 6 pairs: 1-2 by component x, and x-3 (2 pairs) proposed once; 4 is never proposed.

    P2 has one, proposed by both rules and both ways round; what is proposed across people counts
    as a pair only, and what is one by a link as nothing.
    """
    warehouse = build(
        tmp_path / "w.duckdb",
        {"a": r(1, 2), "b": r(3), "c": r(4), "d": r(5), "e": r(6)},
        **linked(x=r(1, 2), three=r(3), four=r(4), five=r(5), six=r(6)),
        **proposed(
            (1, 3, "name"),
            (5, 6, "name"),
            (6, 5, "phone"),
            (1, 5, "phone"),
            (1, 99, "phone"),
            (1, 2, "email"),
            linked="email",
        ),
    )
    people = truth_file(tmp_path, {"P1": r(1, 2, 3, 4), "P2": r(5, 6)})
    found = blocking(warehouse, people)
    assert found["blocking_recall"] == pytest.approx((1 + 2 + 1) / 7)
    assert found["deterministic_recall"] == pytest.approx(1 / 7)
    assert found["rules"] == [
        {"blocking_rule": "name", "pairs": 2, "true_pairs": 3},
        {"blocking_rule": "phone", "pairs": 3, "true_pairs": 1},
    ]


def test_a_thing_is_compared_by_any_of_its_records(tmp_path: Path) -> None:
    """7 stands for x and has no label: what is proposed for it is proposed for 1 and 2."""
    warehouse = build(
        tmp_path / "w.duckdb",
        {"a": r(1, 2, 7), "b": r(3)},
        **linked(x=r(1, 2, 7), three=r(3)),
        **proposed((3, 7, "name")),
    )
    found = blocking(warehouse, truth_file(tmp_path, {"P1": r(1, 2, 3)}))
    assert found["blocking_recall"] == 1
    assert found["rules"] == [{"blocking_rule": "name", "pairs": 1, "true_pairs": 2}]


def test_blocking_recall_is_not_made_up(tmp_path: Path) -> None:
    people = truth_file(tmp_path, PEOPLE)
    assert blocking(build(tmp_path / "none.duckdb", CUSTOMERS), people) is None
    half = build(tmp_path / "half.duckdb", CUSTOMERS, **linked(x=r(1)))
    assert blocking(half, people) is None
    empty = build(tmp_path / "empty.duckdb", CUSTOMERS, identity_candidates=[], **linked(x=r(1)))
    assert blocking(empty, people)["blocking_recall"] == 0


def test_cluster_sizes(tmp_path: Path) -> None:
    warehouse = build(tmp_path / "w.duckdb", CUSTOMERS)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        evaluate(connection, truth_file(tmp_path, PEOPLE))
        assert truth.sizes(connection) == {"true": {2: 1, 3: 1}, "found": {1: 2, 3: 1}}


@pytest.fixture
def flawed(tmp_path: Path) -> Path:
    """One wrong merge by a phone and two comparisons, and misses of every kind."""
    return build(
        tmp_path / "flawed.duckdb",
        {"a": r(1, 2, 3), "b": r(4), "c": r(5), "d": r(6), "e": r(7), "f": r(8)},
        identity_edges=[
            on(r(1)[0], "phone", "+4930123", "same_name"),
            on(r(2)[0], "phone", "+4930123", "nameless"),
            fuzzy(*r(1, 3), 12.5),
            fuzzy(*r(2, 3), 8.25),
        ],
        identity_pairs=[scored(*r(1, 4), 2.5), scored(*r(1, 5), 9.0)],
        identity_waterfall=[
            *steps(*r(1, 3), ("prior", "", -10.0), ("name", "exact", 22.5)),
            *steps(*r(1, 4), ("prior", "", -10.0), ("name", "close", 12.5)),
        ],
        identity_conflicts=[refused(r(1)[0], "different_birth_dates", other_record_key=r(4)[0])],
        identity_record_values=[
            has(r(5)[0], "email", "na@na.com"),
            has(r(6)[0], "email", "na@na.com"),
        ],
        suppressed_identifiers=[
            {"identifier_type": "email", "identifier_value": "na@na.com", "reason": "blocked"}
        ],
        **proposed((7, 8, "same_street")),
        **linked(x=r(1, 2)),
    )


FLAWED = {"P1": r(1, 4), "P2": r(2), "P3": r(3), "P4": r(5, 6), "P5": r(7, 8)}


def test_worst_merges_come_with_the_links_that_bind_people_weakest_first(
    flawed: Path, tmp_path: Path
) -> None:
    with duckdb.connect(str(flawed), read_only=True) as connection:
        judge(connection, truth_file(tmp_path, FLAWED))
        (merge,) = worst.worst_merges(connection)
    assert (merge["name"], merge["records"], merge["parts"], merge["pairs"]) == ("a", 3, 3, 3)
    evidence = [line for line in merge["evidence"] if not line.startswith(" ")]
    assert evidence == [
        "crm.contacts:2 = crm.contacts:3 (fuzzy, 8.25 bits)",
        "crm.contacts:1 = crm.contacts:3 (fuzzy, 12.50 bits)",
        "phone +4930123 (phone:nameless) binds 2 records of 2 people",
    ]
    assert any("name" in line and "+22.50" in line for line in merge["evidence"])


def test_a_record_without_a_label_is_the_person_of_its_component(tmp_path: Path) -> None:
    """Comparisons link what stands for a component: 90 for P1's records, 91 for P2's."""
    warehouse = build(
        tmp_path / "w.duckdb",
        {"a": r(1, 90, 2, 91)},
        identity_edges=[fuzzy(*r(90, 91), 9.0)],
        **linked(x=r(1, 90), y=r(2, 91)),
    )
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        judge(connection, truth_file(tmp_path, {"P1": r(1), "P2": r(2)}))
        (merge,) = worst.worst_merges(connection)
    assert merge["evidence"] == ["crm.contacts:90 = crm.contacts:91 (fuzzy, 9.00 bits)"]


def test_a_merge_through_records_without_a_label_shows_the_chain(tmp_path: Path) -> None:
    warehouse = build(
        tmp_path / "w.duckdb",
        {"a": r(1, 2, 90)},
        identity_edges=[fuzzy(*r(1, 90), 9.0), fuzzy(*r(2, 90), 9.0)],
    )
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        judge(connection, truth_file(tmp_path, {"P1": r(1), "P2": r(2)}))
        (merge,) = worst.worst_merges(connection)
    assert merge["evidence"] == [
        "through records without a label:"
        " crm.contacts:1 - fuzzy - crm.contacts:90 - fuzzy - crm.contacts:2"
    ]


def test_worst_misses_say_what_was_compared_refused_and_suppressed(
    flawed: Path, tmp_path: Path
) -> None:
    with duckdb.connect(str(flawed), read_only=True) as connection:
        found = open_evidence(connection)
        truth.judge(connection, truth_file(tmp_path, FLAWED))
        truth.blocking(connection, deterministic_components(connection, found), found)
        misses = worst.worst_misses(connection, has_candidates=True)
    one, four, five = (miss["evidence"] for miss in misses)
    assert [miss["name"] for miss in misses] == ["P1", "P4", "P5"]
    assert one[0] == "parts: crm.contacts:1 | crm.contacts:4"
    assert one[1] == (
        "best pair: crm.contacts:1 and crm.contacts:4, 2.50 bits, proposed by name_and_year"
    )
    assert "their birth dates differ" in one[-1] and one[-1].startswith("refused: ")
    assert four[1:] == [
        "no rule compared them",
        "parts share email na@na.com, which is suppressed: blocked",
    ]
    assert five[1] == "proposed by same_street, but scored too low to be kept"


def test_errors_are_ranked_by_wrong_pairs(tmp_path: Path) -> None:
    """Halves of 2 and 2 are 4 wrong pairs; 3 and 1 are 3, though as many records."""
    warehouse = build(tmp_path / "w.duckdb", {"a": r(1, 2, 3, 4), "b": r(5, 6, 7, 8), "c": r(9)})
    people = {"P1": r(1, 2, 3), "P2": r(4), "P3": r(5, 6), "P4": r(7, 8), "P5": r(9)}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        judge(connection, truth_file(tmp_path, people))
        merges = worst.worst_merges(connection)
        assert [(merge["name"], merge["pairs"]) for merge in merges] == [("b", 4), ("a", 3)]
        assert worst.worst_misses(connection) == []


def state(warehouse: Path) -> dict[str, Any]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = open_evidence(connection)
        return health.health(connection, deterministic_components(connection, found), found)


def test_the_state_without_labels(tmp_path: Path) -> None:
    """a: four components, a chain of three links of six; b: a triangle; c: two, too few to say."""
    conflicts = [refused(r(1)[0], "over_limit"), refused(r(2)[0], "over_limit")]
    found = state(
        build(
            tmp_path / "w.duckdb",
            {"a": r(1, 2, 3, 4, 10), "b": r(5, 6, 7), "c": r(8, 9)},
            **linked(x=r(1, 10), **{f"n{i}": r(i) for i in range(2, 10)}),
            identity_edges=[
                fuzzy(*r(1, 2), 9.0),
                fuzzy(*r(10, 2), 9.0),
                fuzzy(*r(2, 3), 9.0),
                fuzzy(*r(3, 4), 9.0),
                fuzzy(*r(5, 6), 9.0),
                fuzzy(*r(6, 7), 9.0),
                fuzzy(*r(5, 7), 9.0),
                fuzzy(*r(8, 9), 9.0),
                on(r(1)[0], "phone", "1", "only_name"),
            ],
            identity_conflicts=conflicts,
            identity_review=[{"record_key_a": r(1)[0], "record_key_b": r(5)[0], "why": "grey"}],
            suppressed_identifiers=[
                {"identifier_type": "email", "identifier_value": "x", "reason": "blocked"}
            ],
        )
    )
    assert (found["records"], found["customers"]) == (10, 3)
    assert found["cluster_sizes"] == {2: 1, 3: 1, 5: 1}
    assert found["density"]["mean"] == pytest.approx((3 / 6 + 1) / 2)
    least = found["density"]["least_dense"]
    assert [(row["customer_id"], row["density"]) for row in least] == [("a", 0.5), ("b", 1.0)]
    assert found["conflicts_per_thousand_records"] == {"over_limit": 200.0}
    assert found["links"] == {"fuzzy": 8, "phone:only_name": 1}
    assert found["suppressed"] == {"email: blocked": 1} and found["grey_zone"] == {"grey": 1}


def test_what_the_warehouse_does_not_keep_is_not_zero(tmp_path: Path) -> None:
    found = state(build(tmp_path / "w.duckdb", {"a": r(1)}))
    assert found["density"] is found["conflicts_per_thousand_records"] is None
    assert found["suppressed"] is found["grey_zone"] is None and found["links"] == {}


@pytest.mark.parametrize(
    ("sizes", "wanted", "expected"),
    [
        ({"x": 100, "y": 100}, 10, {"x": 5, "y": 5}),
        ({"x": 2, "y": 100, "z": 100}, 10, {"x": 2, "y": 4, "z": 4}),
        ({"x": 1, "y": 1}, 10, {"x": 1, "y": 1}),
        ({"x": 5, "y": 5, "z": 5}, 2, {"x": 1, "y": 1, "z": 0}),
        ({}, 10, {}),
    ],
)
def test_a_sample_is_spread_evenly(
    sizes: dict[str, int], wanted: int, expected: dict[str, int]
) -> None:
    assert labels.allocate(sizes, wanted) == expected


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Pairs on both sides of every edge of the bands, with the threshold at 10 bits."""
    edges = [7.99, 8.0, 9.99, 10.0, 11.99, 12.0, 17.99, 18.0, 30.0]
    return build(
        tmp_path / "pairs.duckdb",
        {"a": r(*range(17)), "b": r(17, 18, 19)},
        identity_edges=[fuzzy(*r(1, 2), 10.0)],
        identity_pairs=[
            *[scored(*sorted(r(0, i)), weight) for i, weight in enumerate(edges, start=1)],
            scored(*sorted(r(0, 19)), 40.0),
        ],
        identity_conflicts=[
            # Refused although it scores high; and one that was never scored.
            refused(r(19)[0], "different_birth_dates", other_record_key=r(0)[0], score=40.0),
            refused(r(18)[0], "never_link_override", other_record_key=r(0)[0]),
            refused(r(17)[0], "over_limit", identifier_type="phone", identifier_value="1"),
            # Refused, but one customer by other links.
            refused(r(16)[0], "different_given_names", other_record_key=r(0)[0]),
        ],
        identity_records=[
            {"record_key": r(0)[0], "first_name_key": "anna", "phone": "+4930123"},
            {"record_key": r(4)[0], "first_name_key": "=cmd()", "phone": "+1-2"},
        ],
    )


def draw(warehouse: Path, wanted: int) -> list[dict[str, Any]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        open_evidence(connection)
        return labels.review_sample(connection, wanted, threshold=10.0)


def test_bands_and_their_edges(pairs: Path) -> None:
    found: dict[str, list[float | None]] = {}
    for row in draw(pairs, 100):
        found.setdefault(row["band"], []).append(row["weight"])
        assert row["is_same"] is None
    assert {band: sorted(w for w in weights if w) for band, weights in found.items()} == {
        "refused": [40.0],
        "below": [7.99],
        "just_below": [8.0, 9.99],
        "just_above": [10.0, 11.99],
        "above": [12.0, 17.99],
        "far_above": [18.0, 30.0],
    }
    assert len(found["refused"]) == 2


def test_a_sample_is_the_same_each_time_and_grows_by_adding(pairs: Path) -> None:
    small, large = draw(pairs, 6), draw(pairs, 12)
    assert small == draw(pairs, 6)
    keys = [{(row["record_key_a"], row["record_key_b"]) for row in rows} for rows in (small, large)]
    assert keys[0] < keys[1] and len(small) == 6


def test_values_stand_side_by_side_and_run_no_formula(pairs: Path, tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    with path.open("w", newline="") as stream:
        labels.write_sample(draw(pairs, 100), stream)
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    row = next(row for row in rows if row["record_key_b"] == r(4)[0])
    assert (row["first_name_key_a"], row["first_name_key_b"]) == ("anna", "'=cmd()")
    assert (row["phone_a"], row["phone_b"]) == ("+4930123", "'+1-2")
    assert list(row)[-1] == "is_same" and row["is_same"] == ""


@pytest.mark.parametrize("before", ["", " ", "\0", "\ufeff", "\u00a0\t", "\n", "\r\n"])
@pytest.mark.parametrize("formula", ["=1+1", "+cmd()", "-cmd()", "@SUM(1)", "\uff1d1+1"])
def test_no_cell_is_a_formula(before: str, formula: str) -> None:
    assert csv_cell(before + formula) == f"'{before}{formula}"


@pytest.mark.parametrize("text", ["", "anna", "+4930123", "-5", "a=b", " anna", "\u00e9"])
def test_other_cells_stay(text: str) -> None:
    assert csv_cell(text) == text


@pytest.mark.parametrize("first", ["\0", "\n", "\t", "\r"])
def test_a_cell_begins_with_no_control_character(first: str) -> None:
    assert csv_cell(f"{first}anna") == f"'{first}anna"


def label(band: str, size: int, *answers: bool | None) -> list[dict[str, Any]]:
    row = {"band": band, "band_pairs": size, "record_key_a": "x", "record_key_b": "y"}
    return [row | {"is_same": answer} for answer in answers]


def test_precision_weighs_bands_by_their_size() -> None:
    """900 pairs far above, 2 of 2 right; 100 just above, 1 of 2: 0.9 of 1 and 0.1 of 0.5."""
    found = labels.labelled_precision(
        label("far_above", 900, True, True)
        + label("just_above", 100, True, False)
        + label("just_below", 5000, False)
    )
    assert found["precision_above_threshold"] == pytest.approx(0.95)
    even = 1 / (0.9**2 / 2 + 0.1**2 / 2)
    assert found["interval"] == pytest.approx(labels.wilson(0.95, even))
    assert found["bands"]["just_below"]["share_same"] == 0


def test_wilson_intervals() -> None:
    """Against the published values for 8 of 10, and at the ends, where a normal one collapses."""
    assert labels.wilson(0.8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert labels.wilson(1.0, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert labels.wilson(0.0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert labels.wilson(0.0, 0) == (0.0, 1.0)


def test_without_labels_above_the_threshold_no_precision_follows() -> None:
    found = labels.labelled_precision(label("refused", 10, False))
    assert found["precision_above_threshold"] is found["interval"] is None


def test_a_band_without_an_answer_is_not_covered() -> None:
    found = labels.labelled_precision(
        label("far_above", 900, None)
        + label("just_above", 100, True, False, None)
        + label("below", 7000, None)
    )
    assert found["precision_above_threshold"] == 0.5
    assert found["not_covered"] == {"far_above": 900}
    assert found["bands"]["just_above"]["labelled"] == 2
    assert found["bands"]["below"]["interval"] is None


HEADER = "band,band_pairs,record_key_a,record_key_b,is_same\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEADER, "has no answer in is_same"),
        (HEADER + "above,10,a,b,\n", "has no answer in is_same"),
        (HEADER + "above,10,a,b,maybe\n", "line 2: is_same is 'maybe', not 1 or 0"),
        (HEADER + "above,10,a,b,1\nup,10,a,b,1\n", "line 3: band and band_pairs must stay"),
        (HEADER + "above,²,a,b,1\n", "line 2: band and band_pairs must stay"),
        ("", "is empty"),
        (HEADER + "above,,a,b,1\n", "line 2: band and band_pairs must stay"),
        ("band,is_same\nabove,1\n", "has no column band_pairs, record_key_a, record_key_b"),
    ],
)
def test_labels_that_cannot_be_read(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=says):
        labels.read_labels(path)


def test_labels_stand_against_todays_customers(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    keys = ["1,2,1", "1,3,yes", "2,4,0", "1,5,FALSE", "1,77,1", "1,4,"]
    rows = [key.split(",") for key in keys]
    path.write_text(
        HEADER
        + "".join(f"above,10,crm.contacts:{a},crm.contacts:{b},{same}\n" for a, b, same in rows)
    )
    warehouse = build(tmp_path / "w.duckdb", CUSTOMERS)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = labels.labels_today(connection, labels.read_labels(path))
    assert found == {
        "same_and_one_customer": 1,
        "same_but_two_customers": 1,
        "different_but_one_customer": 1,
        "different_and_two_customers": 1,
        "no_longer_there": 1,
    }


def run(warehouse: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "evaluate_identity.py"), *map(str, arguments)],
        env=os.environ | {"PENPAL_WAREHOUSE": str(warehouse)},
        check=False,
        capture_output=True,
        text=True,
    )


def test_the_figures_file_holds_no_keys_and_no_values(flawed: Path, tmp_path: Path) -> None:
    told = run(flawed, truth_file(tmp_path, FLAWED), "--json", tmp_path / "figures.json")
    assert told.returncode == 0, told.stderr
    assert "Worst merges" in told.stdout and "+4930123" in told.stdout
    text = (tmp_path / "figures.json").read_text()
    assert json.loads(text)["blocking"]["rules"][0]["true_pairs"] == 1
    assert not any(value in text for value in ("+4930123", "na@na.com", "contacts:"))


def test_a_sample_goes_out_and_comes_back_labelled(pairs: Path, tmp_path: Path) -> None:
    out = tmp_path / "sample.csv"
    drawn = run(pairs, "--review-sample", "100", "--threshold", "10", "--out", out)
    assert drawn.returncode == 0 and "refused 2, below 1" in drawn.stdout, drawn.stderr
    again = run(pairs, "--review-sample", "100", "--threshold", "10", "--out", out)
    assert again.returncode == 2 and "is there already" in again.stderr
    out.write_text(out.read_text().replace(",\n", ",1\n"))
    told = run(pairs, "--labels", out)
    assert "Precision above the threshold: 1.0000 (95 %: 0.6097 to 1.0000)" in told.stdout
    assert "same and one customer 9, same but two customers 2" in told.stdout
    # As a spreadsheet of another country keeps it, with nothing said of the pairs far above.
    out.write_text(
        "\n".join(
            line.removesuffix("1") if line.startswith("far_above") else line
            for line in out.read_text().splitlines()
        ).replace(",", ";")
    )
    told = run(pairs, "--labels", out)
    assert "Precision above the threshold, where labelled: 1.0000" in told.stdout, told.stderr
    assert "It does not cover far_above (2 pairs): no pair of theirs is labelled." in told.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["no_such_truth.csv"],
        ["--labels", "no_such_labels.csv"],
        ["--review-sample", "0"],
        ["--out", "x.csv"],
        ["--review-sample", "5", "--labels", "x.csv"],
        ["--review-sample", "5"],
        ["--review-sample", "5", "--threshold", "nan"],
        ["--review-sample", "5", "--out", "."],
        ["--review-sample", "5", "--out", ""],
        ["--json", "/"],
        ["--json", __file__ + "/figures.json"],
    ],
)
def test_a_users_mistake_is_one_sentence_and_exit_code_2(
    tmp_path: Path, arguments: list[str]
) -> None:
    told = run(build(tmp_path / "w.duckdb", CUSTOMERS), *arguments)
    assert told.returncode == 2
    assert "Traceback" not in told.stderr and told.stderr != "" and told.stdout == ""


@pytest.mark.parametrize("keep", [-300_000, 20_000, 5])
def test_a_damaged_warehouse_is_one_sentence(tmp_path: Path, keep: int) -> None:
    """Cut short; its name has DuckDB's word for a file that is open elsewhere."""
    warehouse = build(tmp_path / "block.duckdb", CUSTOMERS)
    warehouse.write_bytes(warehouse.read_bytes()[:keep])
    told = run(warehouse)
    assert told.returncode == 2 and "Traceback" not in told.stderr, told.stderr
    assert str(warehouse) in told.stderr


def test_an_open_warehouse_is_locked(tmp_path: Path) -> None:
    warehouse = build(tmp_path / "w.duckdb", CUSTOMERS)
    with duckdb.connect(str(warehouse)):
        told = run(warehouse)
    assert told.returncode == 3 and "Another program (" in told.stderr


def test_a_warehouse_of_another_version_is_one_sentence(tmp_path: Path) -> None:
    warehouse = build(tmp_path / "w.duckdb", CUSTOMERS)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("alter table identity.identity_edges drop column rule")
    told = run(warehouse)
    assert told.returncode == 2 and "Traceback" not in told.stderr
    assert "was built by another version: run `dbt build`" in told.stderr


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        (KeyboardInterrupt(), "interrupted", 130),
        (duckdb.InterruptException("INTERRUPT Error: Interrupted!"), "interrupted", 130),
        (RuntimeError("Query interrupted"), "interrupted", 130),
        (duckdb.IOException("IO Error: Could not read x"), "Could not read x: the file is", 2),
        (UserError("Say so.", 3), "Say so.", 3),
    ],
)
def test_what_a_user_can_act_on_is_said(error: BaseException, message: str, code: int) -> None:
    said, exit_code = settings.told(error)
    assert message in said and exit_code == code


def test_a_fault_of_the_program_keeps_its_traceback() -> None:
    assert settings.told(RuntimeError("else")) == (None, 2)


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new" / "figures.json"
    files.write_whole(path, "whole")

    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "sync", full)
    with pytest.raises(UserError, match=r"figures\.json cannot be written: No space left"):
        files.write_whole(path, "half")
    assert path.read_text() == "whole" and list(path.parent.iterdir()) == [path]
