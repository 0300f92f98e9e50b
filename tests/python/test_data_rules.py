"""The file of data rules: what is wrong with a line is told before anything runs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from penpal.checks import data_rules
from penpal.settings import UserError

GOOD = {
    "table_name": "shop.orders",
    "column_name": "total",
    "rule": "not_negative",
    "kind": "range",
    "severity": "warning",
    "allowed": "0.05",
    "which_rows": "staged",
    "wrong_where": "total < 0",
    "among": "",
    "says": "{failed} of {rows} orders cost less than nothing",
}


def written(folder: Path, **changed: str) -> Path:
    file = folder / f"rules{len(changed)}.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, fieldnames=list(GOOD))
        writer.writeheader()
        writer.writerow(GOOD | changed)
    return file


def test_a_good_line_is_read(tmp_path: Path) -> None:
    (rule,) = data_rules.data_rules(written(tmp_path))
    assert (rule.table, rule.allowed, rule.is_error) == ("shop.orders", 0.05, False)
    assert rule.among == "true"
    (rule,) = data_rules.data_rules(written(tmp_path, kind="freshness", allowed="48"))
    assert rule.allowed == 48


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"severity": "fatal"}, "line 2: severity is 'fatal': give error, warning"),
        ({"which_rows": "all"}, "line 2: which_rows is 'all': give given, received, staged, mart"),
        ({"allowed": "5 %"}, "line 2: allowed is '5 %': give a share such as 0.05"),
        ({"allowed": "5"}, "line 2: allowed is 5: give a share from 0 to 1"),
        ({"allowed": "-0.1"}, "line 2: allowed is -0.1: give a share from 0 to 1"),
        ({"says": ""}, "line 2: says is empty"),
    ],
)
def test_a_bad_line_is_told(tmp_path: Path, changed: dict[str, str], says: str) -> None:
    with pytest.raises(UserError, match=r"data_rules\.csv") as error:
        data_rules.data_rules(written(tmp_path, **changed))
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("changed", "is_known"),
    [
        ({}, True),
        ({"table_name": "*"}, True),
        ({"table_name": "shop.order"}, False),
        ({"table_name": "marts.orders", "which_rows": "mart"}, True),
        ({"table_name": "marts.order", "which_rows": "mart"}, False),
        ({"table_name": "*", "which_rows": "mart"}, False),
    ],
)
def test_a_table_that_is_not_there_is_told(
    tmp_path: Path, changed: dict[str, str], is_known: bool
) -> None:
    rules = data_rules.data_rules(written(tmp_path, **changed))
    if is_known:
        data_rules.require_tables_known({"shop.orders"}, {"marts.orders"}, rules)
    else:
        with pytest.raises(UserError, match="is no"):
            data_rules.require_tables_known({"shop.orders"}, {"marts.orders"}, rules)


def test_the_file_itself_is_sound() -> None:
    assert data_rules.judge() == []


@pytest.mark.parametrize(
    ("is_raw", "key", "is_shown"),
    [
        (True, "C011917", True),
        (True, "gid://shop/Order/123", True),
        (True, "ann@example.org", False),
        (True, "+49 30 1234", False),
        (True, "+49301234", False),
        (True, "Smith", False),
        (True, "Main Street 5", False),
        (True, "1990-05-04", False),
        (False, "birthday", True),
        (False, "c1 2026", True),
        (False, "ann@example.org", False),
    ],
)
def test_only_ids_are_shown(is_raw: bool, key: str, is_shown: bool) -> None:
    assert data_rules.shown_keys([key], is_raw=is_raw) == ([key] if is_shown else [])
