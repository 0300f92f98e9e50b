"""The rule file of weights and the macros that give levels must name the same ones."""

from __future__ import annotations

import csv
import re

from conftest import ROOT

MACROS = ROOT / "macros" / "identity"
SEED = ROOT / "seeds" / "rules" / "match_weights.csv"


def levels_of_macro() -> set[tuple[str, str]]:
    """(comparison, level) for each text that a `case … end as <comparison>_level` can give."""
    sql = (MACROS / "compare_profiles.sql").read_text()
    names = re.search(r"end as crosswise\n", sql)
    assert names
    crosswise = re.findall(r"then '(\w+)'", sql[: names.start()])
    found = {("first_name", level) for level in crosswise}
    for case, comparison in re.findall(
        r"\n    case\n((?:(?!\n    case\n).)*?)\n    end as (\w+)_level", sql, re.DOTALL
    ):
        found |= {(comparison, level) for level in re.findall(r"(?:then|else) '(\w+)'", case)}
    return found


def rows() -> list[dict[str, str]]:
    with SEED.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_level_has_a_weight_and_every_weight_a_level() -> None:
    weighed = {
        (row["comparison"], row["level"])
        for row in rows()
        if row["comparison"] not in {"prior", "term"}
    }
    given = levels_of_macro()
    assert len(given) > 40
    assert given == weighed


def test_every_comparison_is_listed_and_ends_in_different() -> None:
    macro = (MACROS / "compare_profiles.sql").read_text().split("endmacro")[0]
    listed = re.findall(r"'(\w+)'", macro)
    levels = levels_of_macro()
    assert set(listed) == {comparison for comparison, _ in levels}
    for comparison in listed:
        assert (comparison, "different") in levels


def test_terms_are_known() -> None:
    terms = {row["level"] for row in rows() if row["comparison"] == "term"}
    used = {row["term"] for row in rows() if row["term"]}
    assert used <= terms
