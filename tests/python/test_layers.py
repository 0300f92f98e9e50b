"""House rules that dbt-bouncer.yml cannot check: pages, folders, lists that name each model.

dbt needs to know at parse time what a model reads, so some lists stand beside the files that they
name (docs/changing.md): here they are compared. What a model may read is in dbt-bouncer.yml.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from penpal.project_vars import var
from penpal.segments.explain import EVENTS

pytestmark = pytest.mark.built
MANIFEST = ROOT / "target" / "manifest.json"
LINES = 120
SIBLINGS = 12
ABOUT_SEGMENTS = {
    *("catalog", "memberships", "membership_history", "sizes", "overlap", "performance"),
}
ABOUT_TRIGGERS = {"occasions"}

Model = dict[str, Any]


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    """The project's models by their unique id, as dbt parsed them last."""
    written = [path for kind in ("*.sql", "*.py") for path in (ROOT / "models").rglob(kind)]
    files = {path.relative_to(ROOT).as_posix(): path for path in written}
    assert MANIFEST.exists(), "There is no target/manifest.json yet: run `make parse`."
    nodes = json.loads(MANIFEST.read_text(encoding="utf-8"))["nodes"]
    found = {key: node for key, node in nodes.items() if node["resource_type"] == "model"}
    described = (ROOT / "models").rglob("*.yml")
    newest = max(path.stat().st_mtime for path in [*files.values(), *described])
    is_current = MANIFEST.stat().st_mtime >= newest
    is_current &= {node["original_file_path"] for node in found.values()} == set(files)
    assert is_current, "target/manifest.json is older than the models: run `make parse`."
    return found


def folder(model: Model) -> Path:
    return Path(model["original_file_path"]).parent


def told(offenders: list[str], what_to_do: str) -> str:
    return "\n".join([*sorted(offenders), what_to_do])


def test_a_model_is_a_page(models: dict[str, Model]) -> None:
    offenders = []
    for model in models.values():
        text = (ROOT / model["original_file_path"]).read_text(encoding="utf-8")
        comment = re.search(r"--[^\n]*(?:\n--[^\n]*)*|\{#.*?#\}", text, flags=re.DOTALL)
        lines = len(text.splitlines())
        has_reason = comment and re.search(r"longer than a page\W+\w+", comment[0], flags=re.I)
        if lines > LINES and not has_reason:
            offenders.append(f"{model['original_file_path']}: {lines} lines")
    assert not offenders, told(
        offenders,
        f"A model has at most {LINES} lines: split it, or say why not in its first comment "
        "(`-- Longer than a page, since …`).",
    )


def test_a_folder_has_a_dozen_models(models: dict[str, Model]) -> None:
    counts = Counter(folder(model) for model in models.values() if model["fqn"][1] != "staging")
    offenders = [f"{path}: {count} models" for path, count in counts.items() if count > SIBLINGS]
    assert not offenders, told(
        offenders, f"A folder has at most {SIBLINGS} models: divide it by what they are about."
    )


def test_tests_stand_where_their_models_do(models: dict[str, Model]) -> None:
    folders: dict[Path, list[Path]] = defaultdict(list)
    for path in (ROOT / "tests").rglob("*.sql"):
        inside = path.relative_to(ROOT / "tests")
        if inside.parts[0] not in ("generic", "fixtures") and "macros" not in inside.parts:
            folders[inside.parent].append(inside)
    offenders = [
        f"tests/{test}"
        for place, tests in folders.items()
        if not (ROOT / "models" / place).is_dir()
        for test in tests
    ]
    assert not offenders, told(
        offenders, "tests/ mirrors models/: move each to the folder of the models that it tests."
    )


def named(models: dict[str, Model], prefix: str) -> set[str]:
    """What follows the prefix in the names of models."""
    names = {model["name"] for model in models.values()}
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


def segments() -> list[str]:
    """The names that the vars list; those made of predictions among them."""
    return [*var({}, "segments"), *var({}, "predicted_segments")]


def test_the_var_segments_lists_each_segment(models: dict[str, Model]) -> None:
    listed = segments()
    there = named(models, "segment_") - ABOUT_SEGMENTS
    assert sorted(listed) == sorted(there), told(
        [f"segment_{name}" for name in there ^ set(listed)],
        "Each model models/marts/segments/segment_<name>.sql is named in `segments` of "
        "dbt_project.yml, once (those of segments/predicted in `predicted_segments`): else it is "
        "in no catalog and starts no campaign.",
    )


def test_no_two_segments_share_a_criterion(models: dict[str, Model]) -> None:
    said: dict[str, list[str]] = defaultdict(list)
    for name in segments():
        segment = models[f"model.penpal.segment_{name}"]
        for text in (segment["config"]["meta"]["criterion"], segment["raw_code"]):
            said["".join(text.lower().split())].append(f"segment_{name}")
    offenders = [" and ".join(names) for names in said.values() if len(names) > 1]
    assert not offenders, told(
        offenders,
        "Each segment has a criterion of its own, in its SQL and in the `criterion` of its YAML: "
        "where a neighbour was copied, change both.",
    )


def test_each_segment_names_what_it_looks_at(models: dict[str, Model]) -> None:
    shown = {*models["model.penpal.customers"]["columns"], *EVENTS}
    shown |= {f"trigger_{name}" for name in named(models, "trigger_")}
    looked_at = {
        name: models[f"model.penpal.segment_{name}"]["config"]["meta"].get("looks_at")
        or ["nothing"]
        for name in segments()
    }
    offenders = [
        f"segment_{name}: {what}"
        for name, all_of in looked_at.items()
        for what in all_of
        if what not in shown
    ]
    assert not offenders, told(
        offenders,
        "`looks_at` in the YAML of a segment names columns of `customers`, or marts that "
        f"explain.py segment can list ({', '.join(EVENTS)}).",
    )


def test_questions_feed_what_segments_can_look_at(models: dict[str, Model]) -> None:
    shown = {*models["model.penpal.customers"]["columns"], *EVENTS}
    shown |= {f"trigger_{name}" for name in named(models, "trigger_")}
    with (ROOT / "seeds" / "rules" / "profile_questions.csv").open(encoding="utf-8") as file:
        offenders = [
            f"{row['attribute']}: {feed}"
            for row in csv.DictReader(file)
            for feed in row["feeds"].split(";")
            if feed not in shown
        ]
    assert not offenders, told(
        offenders,
        "`feeds` in seeds/rules/profile_questions.csv names what `looks_at` of segments can name, "
        "or a trigger: else nothing ever waits for the answer.",
    )


def test_raw_tables_lists_each_raw_table(models: dict[str, Model]) -> None:
    macro = (ROOT / "macros" / "staging" / "raw_tables.sql").read_text(encoding="utf-8")
    listed = {"__".join(pair) for pair in re.findall(r"\['(\w+)', '(\w+)', '\w+', \[", macro)}
    offenders = [
        f"{step}_{table}"
        for step in ("base", "checked", "stg")
        for table in named(models, f"{step}_") ^ listed
    ]
    assert not offenders, told(
        offenders,
        "Each raw table has a base_, a checked_ and a stg_ model, and a line in "
        "macros/staging/raw_tables.sql: else its rejected rows are in no mart.",
    )


def test_checked_models_carry_each_raw_column(models: dict[str, Model]) -> None:
    offenders = []
    for table in named(models, "checked_"):
        listed = re.search(
            r"set raw = \[(.*?)\]", models[f"model.penpal.checked_{table}"]["raw_code"], re.S
        )
        columns = models[f"model.penpal.base_{table}"]["columns"]
        if not listed or re.findall(r"'(\w+)'", listed[1]) != list(columns):
            offenders.append(f"checked_{table}: {', '.join(columns)}")
    assert not offenders, told(
        offenders,
        "`raw` of a checked_ model lists the columns of its base_ model's YAML, in their order: "
        "else a rejected row lacks some of what came in.",
    )


def over_reasons(models: dict[str, Model]) -> set[str]:
    """Why an occasion can be over, as the triggers say."""
    names = [*var({}, "triggers"), *ABOUT_TRIGGERS]
    triggers = [models[f"model.penpal.trigger_{name}"]["raw_code"] for name in names]
    cases = [re.split("end as over_reason", sql)[0].rpartition("case")[2] for sql in triggers]
    return {reason for case in cases for reason in re.findall(r"then '(\w+)'", case)}


def test_the_reasons_of_decisions_are_told(models: dict[str, Model]) -> None:
    """The rules give reasons in the order of decision_reasons.csv, and docs/reasons.md tells it."""
    with (ROOT / "seeds/rules/decision_reasons.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    listed = [row["reason"] for row in rows]
    objections = models["model.penpal.email_objections"]["raw_code"]
    ranks = re.split("as reason", models["model.penpal.email_ranks"]["raw_code"])[0]
    decided = re.findall(r"then '?(\w+)'?", objections) + re.findall(
        r"(?:then|else) '(\w+)'", ranks.rpartition("case")[2]
    )
    decided.remove("null")
    # Where it is over, the trigger has the word.
    over, place = over_reasons(models), decided.index("over_reason")
    words = listed[place : listed.index(decided[place + 1])]
    assert over <= set(words), (
        f"Triggers say that an occasion is over since {', '.join(sorted(over))}; "
        f"decision_reasons.csv has {', '.join(words)} in that place."
    )
    revoked = models["model.penpal.email_revocations"]
    revoking = (ROOT / revoked["original_file_path"]).with_suffix(".yml").read_text("utf-8")
    assert over <= set(re.findall(r"^ {18}- (\w+)$", revoking, flags=re.MULTILINE)), (
        "What ends an occasion withdraws a letter that waits: the YAML of email_revocations "
        f"accepts {', '.join(sorted(over))} too."
    )
    decided[place : place + 1] = words
    page = (ROOT / "docs" / "reasons.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| \d+ \| `(\w+)` \| (\w+) \| (.*?) \|", page, flags=re.MULTILINE)
    assert decided == listed and [reason for reason, *_ in told] == listed, (
        "email_objections, then email_ranks, give their reasons in the order of "
        "decision_reasons.csv, and docs/reasons.md tells them in this order:\n"
        f"decided {decided}\nlisted {listed}\ntold {[reason for reason, *_ in told]}"
    )
    assert told == [(row["reason"], row["decision"], row["meaning"]) for row in rows]
    assert [row["place"] for row in rows] == [str(place + 1) for place in range(len(rows))]


def test_the_var_triggers_lists_each_trigger(models: dict[str, Model]) -> None:
    listed = var({}, "triggers")
    there = named(models, "trigger_") - ABOUT_TRIGGERS
    assert sorted(listed) == sorted(there), told(
        [f"trigger_{name}" for name in there ^ set(listed)],
        "Each model models/marts/campaigns/triggers/trigger_<name>.sql is named in `triggers` of "
        "dbt_project.yml, once: else no campaign can be started by it.",
    )


def test_triggers_tell_the_same(models: dict[str, Model]) -> None:
    """trigger_occasions unites them; what it lacks, a campaign cannot read."""
    columns = {
        name: {
            column: told["data_type"]
            for column, told in models[f"model.penpal.trigger_{name}"]["columns"].items()
        }
        for name in var({}, "triggers")
    }
    united = models["model.penpal.trigger_occasions"]["columns"]
    agreed = {name: column["data_type"] for name, column in united.items() if name != "trigger"}
    offenders = [f"trigger_{name}" for name, told in columns.items() if told != agreed]
    assert not offenders, told(
        offenders, f"A trigger has the columns {', '.join(agreed)}, as trigger_occasions has them."
    )
