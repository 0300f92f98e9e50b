"""Splink on the staged contacts of a warehouse, as its guides recommend; a process of its own.

    PYTHONPATH=scripts python -m penpal.benchmark.splink_side JOB.json

JOB.json: warehouse, truth (Parquet), threads, blocks (null, or a Parquet file of those that Penpal
put the contacts in), rules (else: lists of columns to block on), names (apart: a comparison each
for first and last name; together: Splink's comparison of both).
Prints one line of JSON: seconds by phase, pairs kept, accuracy by threshold.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from penpal.benchmark.accuracy import pairwise

STATED = 0.95  # the match probability that Splink's guides link at
WEIGHTS = (0, 2, 4.25, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 27, 30)  # thresholds tried, bits
# Comparison columns of the staged contacts; a column that hardly any record fills is left out.
COLUMNS = {
    "first_name_key": "first_name_key",
    "last_name_key": "last_name_key",
    "full_name": "first_name_key || ' ' || last_name_key",
    "birth_date_key": "birth_date_key",
    "street_key": "street_key",
    "city_key": "city_key",
    "postal_code": "postal_code",
    "email_key": "email_key",
    "phone": "coalesce(phone, mobile_phone)",
    "gender": "gender",
}
SCARCE = 0.02
# Links that hold without any weights: used to estimate the prior, and for Splink's own
# deterministic linking.
DETERMINISTIC = (
    ("email_key",),
    ("first_name_key", "last_name_key", "birth_date_key"),
    ("first_name_key", "last_name_key", "phone"),
    ("first_name_key", "last_name_key", "street_key", "city_key"),
    ("first_name_key", "last_name_key", "postal_code"),
)
ASSUMED_RECALL = 0.8
U_PAIRS = 2e7
# Expectation maximisation: each rule trains the comparisons that it does not hold fixed.
TRAINING = (
    ("first_name_key", "last_name_key"),
    ("birth_date_key",),
    ("email_key",),
)
TRAINING_PAIRS = 2e6


class Clock:
    """Wall and processor seconds by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}

    def time(self, phase: str, action: Callable[[], Any]) -> Any:
        """Runs the action, adds its time to the phase and returns its result."""
        started, busy = time.perf_counter(), time.process_time()
        try:
            return action()
        finally:
            taken, used = time.perf_counter() - started, time.process_time() - busy
            self.seconds[phase] = self.seconds.get(phase, 0.0) + taken
            self.cpu_seconds[phase] = self.cpu_seconds.get(phase, 0.0) + used


def load(job: dict[str, Any]) -> tuple[duckdb.DuckDBPyConnection, set[str]]:
    """A database in memory with the contacts and the truth; the columns worth comparing."""
    connection = duckdb.connect(config={"threads": job["threads"]})
    connection.execute(f"attach '{job['warehouse']}' as warehouse (read_only)")
    wanted = ", ".join(f"{sql} as {name}" for name, sql in COLUMNS.items())
    connection.execute(f"""
        create table contacts as
        select contact_id as unique_id, {wanted} from warehouse.staging.stg_crm__contacts
    """)
    if job["blocks"]:
        connection.execute(f"""
            create or replace table contacts as
            select contacts.*, blocks.* exclude (contact_id)
            from contacts
            inner join read_parquet('{job["blocks"]}') as blocks
                on contacts.unique_id = blocks.contact_id
        """)
    connection.execute("detach warehouse")
    connection.execute(
        "create table truth as select record_id, person_id from read_parquet($1)", [job["truth"]]
    )
    shares = connection.execute(
        f"select {', '.join(f'count({name}) / count(*)' for name in COLUMNS)} from contacts"
    ).fetchall()[0]
    return connection, {n for n, s in zip(COLUMNS, shares, strict=True) if s > SCARCE}


def blocks_of(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, ...]]:
    """Rules on the columns that were given as blocks."""
    columns = connection.execute("describe contacts").fetchall()
    return [(name,) for name, *_ in columns if name.startswith("block_")]


def comparisons(filled: set[str], names: str) -> list[Any]:
    """Splink's own comparisons for these columns; what hangs together is one comparison.

    Tried besides, with a lower F1: street, city and postal code as three comparisons, UK postcode
    levels, a training rule on last name and postal code.
    """
    made = {
        "birth_date_key": cl.DateOfBirthComparison(
            "birth_date_key", input_is_string=True, datetime_format="%Y%m%d"
        ),
        "email_key": cl.EmailComparison("email_key"),
        "phone": cl.LevenshteinAtThresholds("phone", [1]).configure(
            term_frequency_adjustments=True
        ),
        "gender": cl.ExactMatch("gender"),
    }
    if names == "apart":
        made["first_name_key"] = cl.NameComparison("first_name_key")
        made["last_name_key"] = cl.NameComparison("last_name_key")
    else:
        made["full_name"] = cl.ForenameSurnameComparison(
            "first_name_key", "last_name_key", forename_surname_concat_col_name="full_name"
        )
    if "street_key" in filled:
        made["street_key"] = address_comparison()
    else:
        made["city_key"] = cl.LevenshteinAtThresholds("city_key", [2]).configure(
            term_frequency_adjustments=True
        )
        made["postal_code"] = cl.LevenshteinAtThresholds("postal_code", [1]).configure(
            term_frequency_adjustments=True
        )
    return [comparison for name, comparison in made.items() if name in filled]


def address_comparison() -> Any:
    """Street, city and postal code as one piece of evidence."""
    parts = [cll.NullLevel(name) for name in ("street_key", "postal_code", "city_key")]
    town = cll.Or(cll.ExactMatchLevel("city_key"), cll.ExactMatchLevel("postal_code"))
    return cl.CustomComparison(
        output_column_name="address",
        comparison_levels=[
            cll.And(*parts),
            cll.And(cll.ExactMatchLevel("street_key"), town),
            cll.LevenshteinLevel("street_key", 2),
            cll.ExactMatchLevel("postal_code"),
            cll.ExactMatchLevel("city_key").configure(tf_adjustment_column="city_key"),
            cll.ElseLevel(),
        ],
    )


def usable(rules: Any, filled: set[str]) -> list[tuple[str, ...]]:
    """The rules whose columns are filled."""
    scarce = set(COLUMNS) - filled
    return [tuple(rule) for rule in rules if not any(c in text for c in scarce for text in rule)]


def make_linker(
    connection: duckdb.DuckDBPyConnection,
    made: list[Any],
    rules: list[tuple[str, ...]],
) -> Any:
    """A linker over the table contacts."""
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="unique_id",
        comparisons=made,
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in rules],
        retain_matching_columns=False,
    )
    table = DuckDBAPI(connection).register("contacts")
    return Linker(table, settings, log_level=None)


def train(linker: Any, filled: set[str]) -> None:
    """Estimates the prior, u and m without labels."""
    linker.training.estimate_probability_two_random_records_match(
        [block_on(*rule) for rule in usable(DETERMINISTIC, filled)], recall=ASSUMED_RECALL
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=U_PAIRS, seed=1)
    for rule in usable(TRAINING, filled):
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*rule), max_pairs=TRAINING_PAIRS
        )


def judge(connection: duckdb.DuckDBPyConnection, clusters: Any) -> dict[str, float | int]:
    """Accuracy of Splink's clusters."""
    relation = f"(select unique_id as record_id, cluster_id from {clusters.physical_name})"
    return pairwise(connection, relation, "truth")


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Everything, in order; see the module's text."""
    clock = Clock()
    connection, filled = clock.time("load", lambda: load(job))
    rules = blocks_of(connection) if job["blocks"] else usable(job["rules"], filled)
    made = comparisons(filled, job["names"])
    linker = make_linker(connection, made, rules)
    clock.time("training", lambda: train(linker, filled))
    predict = linker.inference.predict
    pairs = clock.time("scoring", lambda: predict(threshold_match_weight=min(WEIGHTS)))
    count = connection.execute(f"select count(*) from {pairs.physical_name}").fetchall()[0][0]
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold
    stated = clock.time("clustering", lambda: clusters(pairs, threshold_match_probability=STATED))
    stated_accuracy = judge(connection, stated)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    by_weight = {
        weight: judge(connection, clusters(pairs, threshold_match_weight=weight))
        for weight in WEIGHTS
    }
    best = max(by_weight, key=lambda weight: by_weight[weight]["f1"])
    strict = make_linker(connection, made, usable(DETERMINISTIC, filled))
    links = clock.time("deterministic", strict.inference.deterministic_link)
    found = clock.time(
        "deterministic",
        lambda: strict.clustering.cluster_pairwise_predictions_at_threshold(links),
    )
    return {
        "names": job["names"],
        "seconds": clock.seconds,
        "cpu_seconds": clock.cpu_seconds,
        "peak_bytes": peak,
        "pairs": count,
        "rules": [list(rule) for rule in rules],
        "stated": stated_accuracy | {"match_probability": STATED},
        "best": by_weight[best] | {"match_weight": best},
        "f1_by_match_weight": {weight: found["f1"] for weight, found in by_weight.items()},
        "deterministic": judge(connection, found),
    }


def main() -> None:
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(json.dumps(run(job)))


if __name__ == "__main__":
    main()
