"""Precision without a truth: a sample of pairs for people to label, and what their labels say."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from penpal.files import csv_cell, csv_header
from penpal.identity.evidence import Row, rows
from penpal.settings import UserError

# Bands of the weight, in bits from the link threshold: where errors are likely, they are narrow.
BANDS = {
    "refused": None,
    "below": (-math.inf, -2.0),
    "just_below": (-2.0, 0.0),
    "just_above": (0.0, 2.0),
    "above": (2.0, 8.0),
    "far_above": (8.0, math.inf),
}
ABOVE = ("just_above", "above", "far_above")
OWN_COLUMNS = ("band", "band_pairs", "record_key_a", "record_key_b", "weight", "rule")
ANSWERS = {
    "1": True, "true": True, "yes": True, "y": True,
    "0": False, "false": False, "no": False, "n": False,
}  # fmt: skip
Z = 1.959964  # 95 %

# Refused pairs that are two customers stand for themselves, whatever they score.
POPULATION = """
create or replace temp table population as
with refused as (
    select least(conflicts.record_key, conflicts.other_record_key) as record_key_a,
        greatest(conflicts.record_key, conflicts.other_record_key) as record_key_b,
        max(score) as score, min(rule || ': ' || reason) as rule
    from evidence_conflicts as conflicts
    inner join identity.identity_map as a on conflicts.record_key = a.record_key
    inner join identity.identity_map as b on conflicts.other_record_key = b.record_key
    where a.customer_id <> b.customer_id
    group by 1, 2
),
pairs as (
    select coalesce(pairs.record_key_a, refused.record_key_a) as record_key_a,
        coalesce(pairs.record_key_b, refused.record_key_b) as record_key_b,
        coalesce(pairs.weight, refused.score) as weight,
        coalesce(refused.rule, pairs.blocking_rule) as rule,
        refused.record_key_a is not null as is_refused
    from evidence_pairs as pairs
    full join refused
        on pairs.record_key_a = refused.record_key_a and pairs.record_key_b = refused.record_key_b
)
select *,
    case
        when is_refused then 'refused'
        when weight < $threshold - 2 then 'below'
        when weight < $threshold then 'just_below'
        when weight < $threshold + 2 then 'just_above'
        when weight < $threshold + 8 then 'above'
        else 'far_above'
    end as band
from pairs
"""


def allocate(sizes: Mapping[str, int], wanted: int) -> dict[str, int]:
    """How many of each band: the same number, except where a band has fewer; first bands first."""
    shares = dict.fromkeys(sizes, 0)
    left = min(wanted, sum(sizes.values()))
    while left:
        open_bands = [band for band in sizes if shares[band] < sizes[band]]
        each = max(left // len(open_bands), 1)
        for band in open_bands:
            more = min(each, sizes[band] - shares[band], left)
            shares[band] += more
            left -= more
    return shares


def review_sample(
    connection: duckdb.DuckDBPyConnection, wanted: int, threshold: float
) -> list[dict[str, Any]]:
    """Pairs to label, drawn by a hash of their keys: the same pairs, the same sample.

    One row a pair: band, its size, both keys, weight, rule, the values of both sides beside each
    other (<column>_a, <column>_b) and an empty is_same.
    """
    connection.execute(POPULATION, {"threshold": threshold})
    counted = rows(connection, "select band, count(*) as n from population group by band")
    found = {row["band"]: row["n"] for row in counted}
    sizes = {band: found[band] for band in BANDS if band in found}
    names = value_columns(connection)
    values = "".join(
        f', cast(a."{name}" as varchar) as "{name}_a", cast(b."{name}" as varchar) as "{name}_b"'
        for name in names
    )
    sample = []
    for band, count in allocate(sizes, wanted).items():
        drawn = rows(
            connection,
            f"""
            select population.band, $2 as band_pairs, population.record_key_a,
                population.record_key_b, population.weight, population.rule {values}
            from population
            left join evidence_records as a on population.record_key_a = a.record_key
            left join evidence_records as b on population.record_key_b = b.record_key
            where population.band = $1
            order by md5(population.record_key_a || ' ' || population.record_key_b)
            limit $3
            """,
            [band, sizes[band], count],
        )
        sample += [{**row, "is_same": None} for row in drawn]
    return sample


def value_columns(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The columns of identity_records that tell people apart; what is derived from them is not."""
    described = connection.execute("select * from evidence_records limit 0").description
    hidden = {"record_id", "record_key", "source_table", "source_key", "observed_at", "given_name"}
    return [column[0] for column in described if column[0] not in hidden]


def write_sample(sample: Sequence[Mapping[str, Any]], stream: Any) -> None:
    """As CSV."""
    writer = csv.DictWriter(stream, fieldnames=list(sample[0]), lineterminator="\n")
    writer.writeheader()
    for row in sample:
        writer.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.4f}"
    return csv_cell(value) if isinstance(value, str) else value


def read_labels(path: Path) -> list[dict[str, Any]]:
    """The rows of a sample; is_same is None where nobody has answered."""
    columns, separator = csv_header(path)
    lacking = {"band", "band_pairs", "record_key_a", "record_key_b", "is_same"} - set(columns)
    if lacking:
        raise UserError(f"{path} has no column {', '.join(sorted(lacking))}.")
    labels = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, columns, delimiter=separator)
            next(reader)
            for row in reader:
                if any(row[name] for name in columns):
                    labels.append(parse_label(path, reader.line_num, row))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} cannot be read as CSV: {error}") from error
    if all(label["is_same"] is None for label in labels):
        raise UserError(f"{path} has no answer in is_same: write 1 (same person) or 0 (different).")
    return labels


def parse_label(path: Path, number: int, row: dict[str, str]) -> dict[str, Any]:
    answer = (row["is_same"] or "").strip().lower()
    if answer and answer not in ANSWERS:
        raise UserError(f"{path}, line {number}: is_same is '{row['is_same']}', not 1 or 0.")
    if row["band"] not in BANDS or not (row["band_pairs"] or "").isdecimal():
        raise UserError(f"{path}, line {number}: band and band_pairs must stay as they were.")
    return {**row, "band_pairs": int(row["band_pairs"]), "is_same": ANSWERS.get(answer)}


def wilson(share: float, count: float) -> tuple[float, float]:
    """The 95 % interval of a share that was observed in count cases (Wilson, 1927)."""
    if count <= 0:
        return 0.0, 1.0
    centre = share + Z * Z / (2 * count)
    half = Z * math.sqrt(share * (1 - share) / count + Z * Z / (4 * count * count))
    scale = 1 + Z * Z / count
    return max((centre - half) / scale, 0.0), min((centre + half) / scale, 1.0)


def labelled_precision(labels: Sequence[Mapping[str, Any]]) -> Row:
    """Share of same people a band and over all bands above the threshold, with intervals.

    Bands are sampled unevenly, so above the threshold each counts by its size; the interval is that
    of the even sample which would tell as much: 1 / Σ (share of the band² / its labels). A band
    without an answer says nothing: those above the threshold are in not_covered, with their pairs.
    """
    bands = {}
    for band in BANDS:
        rows_of_band = [label for label in labels if label["band"] == band]
        answers = [row["is_same"] for row in rows_of_band if row["is_same"] is not None]
        if rows_of_band:
            share = sum(answers) / len(answers) if answers else None
            bands[band] = {
                "labelled": len(answers),
                "same": sum(answers),
                "share_same": share,
                "interval": None if share is None else wilson(share, len(answers)),
                "band_pairs": rows_of_band[0]["band_pairs"],
            }
    above = [bands[band] for band in ABOVE if band in bands and bands[band]["labelled"]]
    pairs = sum(band["band_pairs"] for band in above)
    precision = interval = None
    if pairs:
        weights = [band["band_pairs"] / pairs for band in above]
        precision = sum(w * b["share_same"] for w, b in zip(weights, above, strict=True))
        even = 1 / sum(w * w / b["labelled"] for w, b in zip(weights, above, strict=True))
        interval = wilson(precision, even)
    return {
        "bands": bands,
        "precision_above_threshold": precision,
        "interval": interval,
        "not_covered": {
            band: bands[band]["band_pairs"]
            for band in ABOVE
            if band in bands and not bands[band]["labelled"]
        },
    }


def labels_today(
    connection: duckdb.DuckDBPyConnection, labels: Sequence[Mapping[str, Any]]
) -> dict[str, int]:
    """How today's customers stand to the labels, wherever the pairs were when they were drawn."""
    connection.execute(
        "create or replace temp table labels(record_key_a varchar, record_key_b varchar,"
        " is_same boolean)"
    )
    connection.executemany(
        "insert into labels values ($1, $2, $3)",
        [
            [label["record_key_a"], label["record_key_b"], label["is_same"]]
            for label in labels
            if label["is_same"] is not None
        ],
    )
    return rows(
        connection,
        """
        select
            count(*) filter (where is_same and is_one) as same_and_one_customer,
            count(*) filter (where is_same and not is_one) as same_but_two_customers,
            count(*) filter (where not is_same and is_one) as different_but_one_customer,
            count(*) filter (where not is_same and not is_one) as different_and_two_customers,
            count(*) filter (where is_one is null) as no_longer_there
        from (
            select labels.is_same, a.customer_id = b.customer_id as is_one
            from labels
            left join identity.identity_map as a on labels.record_key_a = a.record_key
            left join identity.identity_map as b on labels.record_key_b = b.record_key
        )
        """,
    )[0]
