"""estimate_match_weights.py on pairs whose classes are known, because they are drawn here."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

import estimate_match_weights
from penpal import settings
from penpal.identity.matching import weights
from penpal.identity.matching.counts import Counts, Patterns, read_counts
from penpal.identity.matching.estimate import estimate, shrunk
from penpal.identity.matching.queries import compiled
from penpal.identity.matching.report import expected_pairs, report
from penpal.identity.matching.weights import (
    HOUSEHOLD,
    MATCH,
    RANDOM,
    Weights,
    read_weights,
    weights_text,
)
from penpal.settings import UserError

GENERIC = read_weights(weights.GENERIC)
SIZES = {MATCH: 3_000, HOUSEHOLD: 4_000, RANDOM: 300_000}
# What differs from the generic weights, as the share of each level.
TRUE_MATCHES = {
    "first_name": [0.5, 0.1, 0.05, 0.15, 0.02, 0.01, 0.05, 0.02, 0.02, 0.08],
    "last_name": [0.7, 0.2, 0.01, 0.02, 0.07],
    "birth_date": [0.7, 0.15, 0.05, 0.02, 0.01, 0.07],
}
TRUE_HOUSEHOLDS = {"last_name": [0.9, 0.05, 0.01, 0.01, 0.03]}


def true_weights() -> Weights:
    p = {name: shares.copy() for name, shares in GENERIC.probabilities.items()}
    for kind, different in ((MATCH, TRUE_MATCHES), (HOUSEHOLD, TRUE_HOUSEHOLDS)):
        for name, shares in different.items():
            p[name][kind] = np.array(shares) / sum(shares)
    return replace(GENERIC, probabilities=p)


def draw(seed: int, sizes: dict[int, int]) -> pd.DataFrame:
    """Pairs of each class: the class, and the number of the level of each comparison.

    A tenth of everything is missing, all phones are; cities are compared where locations are not.
    """
    rng, parts = np.random.default_rng(seed), []
    for kind, size in sizes.items():
        part = {"kind": np.full(size, kind)}
        for name, p in true_weights().probabilities.items():
            levels = rng.choice(p.shape[1], size, p=p[kind])
            part[name] = np.where(rng.random(size) < (1 if name == "phone" else 0.1), -1, levels)
        part["city"][part["location"] >= 0] = -1
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def patterns(pairs: pd.DataFrame) -> Patterns:
    names = list(GENERIC.levels)
    found = pairs.groupby(names, sort=True).size().reset_index(name="pairs")
    return Patterns(
        {name: found[name].to_numpy() for name in names}, found["pairs"].to_numpy(dtype=float)
    )


def counts(
    pairs: pd.DataFrame, linked: pd.DataFrame | None = None, profiles: int = 5_000
) -> Counts:
    """What would be read of a warehouse with these pairs, each of them a candidate."""
    linked = pairs[:0] if linked is None else linked
    drawn = draw(99, {kind: size // 5 for kind, size in SIZES.items()})
    agreements = {}
    for term in GENERIC.terms:
        places = [key for key, name in GENERIC.level_terms.items() if name == term]
        places += [("location", "postal_code_and_city")] if term == "city" else []
        agree = sum((pairs[x] == GENERIC.levels[x].index(level)).sum() for x, level in places)
        both = np.any([pairs[x] >= 0 for x, _ in places], axis=0).sum()
        agreements[term] = (float(agree), float(both))
    size = float(len(pairs))
    return Counts(profiles, size, patterns(pairs), patterns(linked), patterns(drawn), agreements)


@pytest.fixture(scope="module")
def known() -> Counts:
    return counts(draw(1, SIZES))


def furthest(found: Weights, kind: int, names: set[str]) -> float:
    """The largest difference from the truth of any level."""
    truth = true_weights().probabilities
    return max(np.abs(found.probabilities[x][kind] - truth[x][kind]).max() for x in names)


def test_known_probabilities_are_found(known: Counts) -> None:
    found = estimate(known, GENERIC)
    names = set(GENERIC.levels) - {"phone"}
    assert found.objection(known) is None and found.rounds[-1].converged
    assert found.expected(known, MATCH) == pytest.approx(SIZES[MATCH], rel=0.03)
    assert found.expected(known, HOUSEHOLD) == pytest.approx(SIZES[HOUSEHOLD], rel=0.05)
    assert found.weights.matches == pytest.approx(SIZES[MATCH] / known.profiles, rel=0.03)
    assert furthest(found.weights, MATCH, names) < 0.03
    assert furthest(found.weights, HOUSEHOLD, names) < 0.04
    assert furthest(found.weights, RANDOM, names) < 0.005


def test_matches_among_random_pairs_are_not_taken_for_chance(known: Counts) -> None:
    """A hundredth of the pairs drawn are of one person: two hundred times what chance gives."""
    agree, both = known.agreements["birth_date"]
    assert agree / both > 0.005
    assert estimate(known, GENERIC).weights.terms["birth_date"] < 0.0004


def test_the_same_data_gives_the_same_weights(known: Counts) -> None:
    once, again = (weights_text(estimate(known, GENERIC).weights) for _ in range(2))
    assert once == again
    order = np.random.default_rng(3).permutation(len(known.candidates.pairs))
    moved = Patterns(
        {name: levels[order] for name, levels in known.candidates.levels.items()},
        known.candidates.pairs[order],
    )
    other = estimate(replace(known, candidates=moved), GENERIC).weights
    first = estimate(known, GENERIC).weights
    for name, p in first.probabilities.items():
        assert other.probabilities[name] == pytest.approx(p, rel=1e-6)


def test_where_it_begins_matters_little(known: Counts) -> None:
    rng = np.random.default_rng(4)
    noisy = {k: p * np.exp(rng.normal(0, 0.5, p.shape)) for k, p in GENERIC.probabilities.items()}
    noisy = {k: p / p.sum(axis=1, keepdims=True) for k, p in noisy.items()}
    first = estimate(known, GENERIC).weights
    other = estimate(known, replace(GENERIC, probabilities=noisy)).weights
    for name in set(GENERIC.levels) - {"phone"}:
        apart = np.abs(first.probabilities[name][MATCH] - other.probabilities[name][MATCH])
        assert apart.max() < 0.01


def test_pairs_that_are_linked_already_keep_the_rest_from_misleading() -> None:
    """The same address and first name link: among the rest, an address goes with another name."""
    pairs = draw(1, SIZES)
    linking = (pairs.kind == MATCH) & (pairs.email == 0) & (pairs.first_name == 0)
    rest, linked = pairs[~linking], pairs[linking]
    email, first = (GENERIC.levels[name].index("exact") for name in ("email", "first_name"))
    truth = true_weights().probabilities
    alone = estimate(counts(rest), GENERIC).weights.probabilities
    both = estimate(counts(rest, linked), GENERIC).weights.probabilities
    for name, level in (("email", email), ("first_name", first)):
        true = truth[name][MATCH][level]
        assert alone[name][MATCH][level] < true - 0.1
        assert both[name][MATCH][level] == pytest.approx(true, abs=0.03)


@pytest.mark.parametrize("has_birth_dates", [True, False])
def test_matches_that_no_address_links_are_not_taken_for_families(has_birth_dates: bool) -> None:
    """All of them have two addresses, and all else that they share a family shares, too."""
    pairs = draw(1, SIZES | {MATCH: 600})
    if not has_birth_dates:
        pairs["birth_date"] = -1
    email, different = (
        GENERIC.levels[name].index(level)
        for name, level in (("email", "exact"), ("first_name", "different"))
    )
    linking = (pairs.kind == MATCH) & (pairs.email == email) & (pairs.first_name != different)
    rest = counts(pairs[~linking], pairs[linking])
    found = estimate(rest, GENERIC)
    unlinked = (pairs[~linking].kind == MATCH).sum()
    assert found.expected(rest, MATCH) == pytest.approx(unlinked, rel=0.25)
    assert found.expected(rest, HOUSEHOLD) == pytest.approx(SIZES[HOUSEHOLD], rel=0.05)
    agree = found.weights.probabilities["email"][MATCH][email]
    assert agree == pytest.approx(true_weights().probabilities["email"][MATCH][email], abs=0.06)


def test_what_the_data_never_shows_keeps_its_generic_row(known: Counts) -> None:
    found = estimate(known, GENERIC).weights
    assert (found.probabilities["phone"] == GENERIC.probabilities["phone"]).all()
    assert found.terms["phone"] == GENERIC.terms["phone"]
    assert found.level_terms == GENERIC.level_terms


def test_too_little_data_is_refused() -> None:
    few = counts(draw(1, {MATCH: 30, HOUSEHOLD: 100, RANDOM: 20_000}))
    assert "too little data" in (estimate(few, GENERIC).objection(few) or "")
    none = counts(draw(1, SIZES)[:0], profiles=0)
    nothing = replace(none, random=none.candidates)
    assert "too little data" in (estimate(nothing, GENERIC).objection(nothing) or "")


def test_families_are_not_taken_for_matches() -> None:
    families = counts(draw(1, {HOUSEHOLD: 5_000, RANDOM: 100_000}))
    assert estimate(families, GENERIC).objection(families)


def test_one_agreement_decides_nothing() -> None:
    """A value that a million random pairs never share is rarer than that, but not impossible."""
    assert shrunk(0, 1_000_000, 1e-5) == pytest.approx(1 / 1_100_000)
    assert shrunk(1, 1_000, 1e-5) == pytest.approx(2e-5, rel=0.02)
    assert shrunk(0, 0, 0.003) == pytest.approx(0.003)
    assert shrunk(300_000, 1_000_000, 0.01) == pytest.approx(0.3, rel=0.001)


def test_the_fit_is_close_where_the_model_is_true(known: Counts) -> None:
    found = estimate(known, GENERIC)
    expected = expected_pairs(known, found)
    assert expected.sum() == pytest.approx(known.candidates.pairs.sum(), rel=0.02)
    frequent = known.candidates.pairs > 200
    ratio = known.candidates.pairs[frequent] / expected.sum(axis=0)[frequent]
    assert np.median(np.abs(np.log2(ratio))) < 0.1
    text = "\n".join(report(known, found))
    assert "nothing to compare: generic weights kept" in text
    assert "frequent agreement patterns" in text and "swapped" in text


def test_the_text_reads_back(known: Counts, tmp_path: Path) -> None:
    found = estimate(known, GENERIC).weights
    path = tmp_path / "weights.csv"
    path.write_text(weights_text(found))
    again = read_weights(path)
    assert again.levels == GENERIC.levels and again.level_terms == GENERIC.level_terms
    assert again.matches == pytest.approx(found.matches, rel=1e-5)
    with path.open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["comparison"] in found.levels]
    for name in found.levels:
        of_name = [row for row in rows if row["comparison"] == name]
        for column in ("m_probability", "u_probability", "household_probability"):
            shares = [float(row[column]) for row in of_name]
            assert min(shares) > 0 and sum(shares) == pytest.approx(1, abs=1e-4)


def test_the_seed_has_the_rows_of_the_generic_weights() -> None:
    """After --write as before it."""
    seed = read_weights(estimate_match_weights.SEED)
    assert seed.levels == GENERIC.levels
    assert seed.level_terms == GENERIC.level_terms
    assert seed.terms.keys() == GENERIC.terms.keys()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("first_name,exact,0,0.1,0.1,", r"line 4: m_probability must be above 0, not '0'"),
        ("first_name,exact,0.5,many,0.1,", r"line 4: u_probability must be above 0, not 'many'"),
        ("first_name,exact,0.5,0.1,0.1,first_name", "no row for the prior or term first_name"),
    ],
)
def test_unreadable_weights(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "weights.csv"
    header = "comparison,level,m_probability,u_probability,household_probability,term"
    path.write_text(f"{header}\nprior,match,1,,,\nprior,household,1,,,\n{line}\n")
    with pytest.raises(UserError, match=says):
        read_weights(path)


# --- the program -----------------------------------------------------------------------------


QUERIES = {
    "linked_comparisons": "select * from identity.identity_evidence limit 0",
    "random_comparisons": "select * from identity.identity_evidence limit 9",
}


def build(path: Path, pairs: pd.DataFrame) -> Path:
    """A warehouse with these candidates, and 400 profiles."""
    names = {name: dict(enumerate(levels)) for name, levels in GENERIC.levels.items()}
    shown = pd.DataFrame(
        {f"{name}_level": pairs[name].map(levels) for name, levels in names.items()}
    )
    shown["profile_a"], shown["profile_b"] = 1, 2
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema identity")
        connection.execute("create table identity.identity_evidence as from shown")
        connection.execute("create table identity.identity_records (record_id bigint)")
        connection.execute("create table identity.identity_candidates (profile_a bigint)")
        connection.execute(
            "create table identity.identity_profiles as select i as profile_id, i as cluster,"
            " 'n' || i % 97 as first_name, 'n' || i % 89 as last_name, 'd' || i as birth_date_key,"
            " 's' || i as street, 'c' || i % 50 as city, 'p' || i % 60 as postal_code,"
            " 'e' || i as email, cast(null as varchar) as phone from range(1, 401) as numbers(i)"
        )
    return path


def run(monkeypatch: pytest.MonkeyPatch, warehouse: Path, *arguments: str) -> int:
    monkeypatch.setenv("PENPAL_WAREHOUSE", str(warehouse))
    monkeypatch.setattr("sys.argv", ["estimate_match_weights.py", *arguments])
    monkeypatch.setattr(estimate_match_weights, "compiled", lambda *names, options: QUERIES)
    return estimate_match_weights.main()


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("estimate")
    return build(folder / "w.duckdb", draw(1, {MATCH: 300, HOUSEHOLD: 300, RANDOM: 10_000}))


def test_printing_writes_nothing(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = estimate_match_weights.SEED.read_bytes()
    assert run(monkeypatch, warehouse) == 0
    assert "Nothing is written" in capsys.readouterr().out
    assert estimate_match_weights.SEED.read_bytes() == before


def test_the_seed_is_written_where_asked(
    warehouse: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    seed, other = tmp_path / "match_weights.csv", tmp_path / "new" / "other.csv"
    monkeypatch.setattr(estimate_match_weights, "SEED", seed)
    assert run(monkeypatch, warehouse, "--write") == 0
    assert "dbt build -s match_weights+" in capsys.readouterr().out
    assert run(monkeypatch, warehouse, "--out", str(other)) == 0
    assert "dbt build" not in capsys.readouterr().out
    assert seed.read_bytes() == other.read_bytes()
    assert read_weights(seed).matches == pytest.approx(300 / 400, rel=0.1)
    assert [path.name for path in tmp_path.glob("*partial*")] == []


def test_too_little_data_keeps_the_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = build(tmp_path / "small.duckdb", draw(1, {MATCH: 5, HOUSEHOLD: 5, RANDOM: 100}))
    monkeypatch.setattr(estimate_match_weights, "SEED", tmp_path / "match_weights.csv")
    assert run(monkeypatch, small, "--write") == 0
    assert "Generic weights kept, nothing is written: too little data" in capsys.readouterr().out
    assert not estimate_match_weights.SEED.exists()


def test_no_warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="There is no warehouse at"):
        run(monkeypatch, tmp_path / "none.duckdb")


def test_identity_is_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    with pytest.raises(UserError, match=r"has no identity\.identity_profiles: run `make run`"):
        run(monkeypatch, tmp_path / "empty.duckdb")


def test_a_level_without_weights(tmp_path: Path) -> None:
    path = build(tmp_path / "w.duckdb", draw(1, {MATCH: 5}))
    with duckdb.connect(str(path)) as connection:
        connection.execute("update identity.identity_evidence set email_level = 'alike'")
        with pytest.raises(UserError, match="have no row for email, alike"):
            read_counts(connection, GENERIC, QUERIES)


def test_a_file_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said before the warehouse is read."""
    (tmp_path / "file").touch()
    missing = tmp_path / "none.duckdb"
    with pytest.raises(UserError, match="cannot be written"):
        run(monkeypatch, missing, "--out", str(tmp_path / "file" / "weights.csv"))
    with pytest.raises(UserError, match="is not a file: name a file to write to"):
        run(monkeypatch, missing, "--out", str(tmp_path))


# --- its queries -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def queries() -> dict[str, str]:
    return compiled("linked_comparisons", "random_comparisons", "blocks")


Rows = list[dict[str, object]]
TYPES = {
    "identity_profiles": """
        profile_id bigint, cluster bigint, first_names text, last_names text, first_name text,
        last_name text, given_name text, name_low text, name_high text, name_suffix text,
        birth_date_key text, gender text, street text, house_number text, street_name text,
        city text, postal_code text, email text, email_local_part text, phone text
    """,
    "identity_records": "record_id bigint, name_suffix text, birth_date_key text, gender text",
    "identity_candidates": "profile_a bigint, profile_b bigint, is_linked boolean",
}


def found(folder: Path, query: str, *columns: str, **tables: Rows) -> set[tuple[object, ...]]:
    """Columns of what a query finds in a warehouse with these rows."""
    # Queries name the warehouse that they were compiled for.
    with duckdb.connect(str(folder / settings.load().warehouse.name)) as connection:
        connection.execute("create schema identity")
        for name, types in TYPES.items():
            connection.execute(f"create table identity.{name} ({types})")
            for row in tables.get(name, []):
                marks = ", ".join("?" * len(row))
                connection.execute(
                    f"insert into identity.{name} ({', '.join(row)}) values ({marks})",
                    list(row.values()),
                )
        rows = connection.execute(f"select {', '.join(columns)} from ({query})").fetchall()
    assert len(rows) == len(set(rows))
    return set(rows)


def test_linked_profiles_are_compared(tmp_path: Path, queries: dict[str, str]) -> None:
    """Only those of one cluster and a common block; a birth date of the cluster is not compared."""
    born = "19830412"
    emails = {1: "a", 2: "a", 3: "b", 4: "a", 5: "a"}
    profiles = [
        {"profile_id": n, "cluster": 1, "birth_date_key": born, "email": f"{e}@shop.example"}
        | {"email_local_part": e}
        for n, e in emails.items()
    ]
    assert found(
        tmp_path,
        queries["linked_comparisons"],
        *("profile_a", "profile_b", "birth_date_level", "email_level"),
        identity_profiles=profiles,
        identity_records=[
            {"record_id": n, "birth_date_key": None if n == 3 else born} for n in emails
        ],
        identity_candidates=[
            {"profile_a": a, "profile_b": b, "is_linked": b != 5}
            for a, b in ((1, 2), (1, 3), (2, 3), (1, 5))
        ],
    ) == {(1, 2, "exact", "exact"), (1, 3, None, "different"), (2, 3, None, "different")}


def test_a_small_shop_draws_every_pair_once(tmp_path: Path, queries: dict[str, str]) -> None:
    """Three people make three pairs, none with itself or twice; the fourth is the first again."""
    people = [(1, 1, "+1", "female"), (2, 2, "+1", "male"), (3, 3, None, "female"), (4, 1, "", "")]
    profiles = [
        dict(zip(("profile_id", "cluster", "phone", "gender"), row, strict=True)) for row in people
    ]
    drawn = found(
        tmp_path,
        queries["random_comparisons"],
        *("profile_a", "profile_b", "phone_level", "gender_level", "email_level"),
        identity_profiles=profiles,
    )
    assert {row for row in drawn if row[1] != 4} == {
        (1, 2, "exact", "different", None),
        (1, 3, None, "same", None),
        (2, 3, None, "different", None),
    }
    assert {row[:2] for row in drawn if row[1] == 4} == {(2, 4), (3, 4)}


def test_blocks_are_those_that_agree_on_a_rule(tmp_path: Path, queries: dict[str, str]) -> None:
    """A profile alone makes no block, and one without the rule's value is in none."""
    phones = {1: "+1", 2: "+1", 3: "+2", 4: None, 5: "+3", 6: "+3"}
    profiles = [{"profile_id": n, "cluster": 7, "phone": phone} for n, phone in phones.items()]
    columns = "profile_id", "cluster", "block"
    rows = found(tmp_path, queries["blocks"], *columns, identity_profiles=profiles)
    blocks: dict[object, set[object]] = {}
    for profile, cluster, block in rows:
        assert cluster == 7
        blocks.setdefault(block, set()).add(profile)
    assert sorted(map(sorted, blocks.values())) == [[1, 2], [5, 6]]


def test_a_query_that_cannot_be_compiled() -> None:
    with pytest.raises(UserError, match=r"(?s)dbt cannot compile blocks: .*No such option"):
        compiled("blocks", options=("--no-such-option",))
