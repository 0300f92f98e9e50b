"""What `make segment` and `make trigger` make works as it stands; a var overrides thresholds."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
import yaml
from conftest import ROOT, ScratchProject, copy_project, dbt_in_project

from new_segment import SEGMENT
from new_trigger import TRIGGER
from penpal.new_models import begin, with_entry
from penpal.settings import UserError


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, with models of its own."""
    folder = tmp_path_factory.mktemp("project")
    copy_project(folder)
    (folder / "models").unlink()
    shutil.copytree(ROOT / "models", folder / "models")
    return folder


def test_a_new_segment_builds_and_passes_its_unit_test(
    project: Path, built_warehouse: Path
) -> None:
    shutil.copy(built_warehouse, project / "penpal.duckdb")
    made = begin(SEGMENT, "big_spenders", "buying", project)
    assert [path.name for path in made] == [
        "segment_big_spenders.sql",
        "segment_big_spenders.yml",
        "dbt_project.yml",
    ]
    listed = yaml.safe_load((project / "dbt_project.yml").read_text())["vars"]["segments"]
    ours = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]["segments"]
    assert listed == [*ours, "big_spenders"]
    built = ("segment_big_spenders", "segment_memberships", "segment_catalog")
    cautious = ("--indirect-selection", "cautious")
    dbt_in_project(project, "build", *cautious, "-s", *built, given="{}")
    results = (project / "target" / "run_results.json").read_text()
    assert "unit_test.penpal.segment_big_spenders.segment_big_spenders_boundaries" in results


def test_a_new_trigger_builds_and_touches_no_other_model(
    project: Path, built_warehouse: Path
) -> None:
    shutil.copy(built_warehouse, project / "penpal.duckdb")
    made = begin(TRIGGER, "month_after", "buying", project)
    assert [path.name for path in made] == [
        "trigger_month_after.sql",
        "trigger_month_after.yml",
        "dbt_project.yml",
    ]
    campaigns = project / "seeds" / "rules" / "campaigns.csv"
    header, first, *_ = campaigns.read_text().splitlines()
    row = dict(zip(header.split(","), first.split(","), strict=False))
    row |= {"campaign": "thanks", "trigger": "month_after", "is_active": "true"}
    row |= {"expires_after_hours": "900", "description": "A try."}
    assert campaigns.resolve() != (ROOT / "seeds/rules/campaigns.csv").resolve()
    campaigns.write_text(f"{header}\n{','.join(row[name] for name in header.split(','))}\n")
    built = ("campaigns", "trigger_month_after", "trigger_occasions", "campaign_occasions")
    cautious = ("--indirect-selection", "cautious")
    dbt_in_project(project, "build", *cautious, "-s", *built, given="{}")
    results = (project / "target" / "run_results.json").read_text()
    assert "unit_test.penpal.trigger_month_after.trigger_month_after_boundaries" in results
    with duckdb.connect(project / "penpal.duckdb", read_only=True) as connection:
        found = "select count(*) from marts.campaign_occasions where campaign = 'thanks'"
        assert connection.execute(found).fetchone()[0] > 0


@pytest.mark.parametrize(
    ("name", "folder", "why"),
    [
        ("inactive", "buying", "There is a segment inactive"),
        ("Big spenders", "buying", "is no name for a segment"),
        ("segment_rich", "buying", "is no name for a segment"),
        ("rich", "nowhere", "There is no folder models/marts/segments/nowhere"),
    ],
)
def test_refuses_what_it_cannot_make(project: Path, name: str, folder: str, why: str) -> None:
    before = (project / "dbt_project.yml").read_text()
    with pytest.raises(UserError, match=why):
        begin(SEGMENT, name, folder, project)
    assert (project / "dbt_project.yml").read_text() == before


def test_the_list_must_have_one_name_a_line() -> None:
    with pytest.raises(UserError, match="no list `segments`"):
        with_entry("vars:\n  segments: [a, b]\n", "c", "segments")


THRESHOLDS = """
{% set thresholds = segment_thresholds(idle_days=inactive_days(), orders=3) %}
select {{ thresholds.idle_days }} as idle_days, {{ thresholds.orders }} as orders
"""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("{}", (90, 3)),
        ("{inactive: {idle_days: 60}}", (60, 3)),
        ("{inactive: {orders: 4}, other: {idle_days: 1}}", (90, 4)),
        (
            "{inactive: {idle_dys: 60}}",
            "inactive has no threshold 'idle_dys', but idle_days, orders",
        ),
    ],
)
def test_a_var_overrides_thresholds(
    scratch: ScratchProject, given: str, expected: tuple[int, int] | str
) -> None:
    scratch.model("segment_inactive", THRESHOLDS)
    done = scratch.dbt("run", "--vars", f"segment_thresholds: {given}")
    if isinstance(expected, str):
        assert done.returncode
        assert expected in " ".join(done.stdout.split())
    else:
        assert done.returncode == 0, done.stdout
        assert scratch.rows("segment_inactive", "idle_days", "orders") == [expected]
