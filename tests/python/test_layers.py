"""The house rules of models/, read from dbt's manifest: where a model stands, what it may read."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

MANIFEST = ROOT / "target" / "manifest.json"
LAYERS = ("raw", "staging", "activity", "identity", "profile", "marts")
# Marts read on in this order. The quality of what was staged is nobody's input.
MARTS = ("customers", "segments", "campaigns", "performance", "quality")
LINES = 120
SIBLINGS = 12

Model = dict[str, Any]


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    """The project's models by their unique id, as dbt parsed them last."""
    files = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "models").rglob("*.sql")}
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


def parents(model: Model, models: dict[str, Model]) -> list[Model]:
    return [models[key] for key in model["depends_on"]["nodes"] if key in models]


def layer(model: Model, models: dict[str, Model]) -> int:
    """Its place in LAYERS. A ledger stands with what it is made of; a program's is raw."""
    name = model["fqn"][1]
    if name == "ledger":
        return max((layer(parent, models) for parent in parents(model, models)), default=0)
    assert name in LAYERS, f"models/{name} is no layer: the layers are {', '.join(LAYERS)}."
    return LAYERS.index(name)


def told(offenders: list[str], what_to_do: str) -> str:
    return "\n".join([*sorted(offenders), what_to_do])


def test_no_arrow_goes_back(models: dict[str, Model]) -> None:
    offenders = []
    for model in models.values():
        for parent in parents(model, models):
            goes_back = layer(parent, models) > layer(model, models)
            if model["fqn"][1] == parent["fqn"][1] == "marts":
                goes_back = MARTS.index(parent["fqn"][2]) > MARTS.index(model["fqn"][2])
            if goes_back:
                offenders.append(f"{model['name']} reads {parent['original_file_path']}")
    order = " -> ".join(LAYERS)
    assert not offenders, told(
        offenders,
        f"A model reads its own layer and those before it ({order}; marts: {' -> '.join(MARTS)}): "
        "move one of the two, or read what the other is made of.",
    )


def test_marts_do_not_read_staging(models: dict[str, Model]) -> None:
    offenders = [
        f"{model['name']} reads {parent['name']}"
        for model in models.values()
        if model["fqn"][1] == "marts" and model["fqn"][2] != "quality"
        for parent in parents(model, models)
        if parent["fqn"][1] == "staging"
    ]
    assert not offenders, told(
        offenders,
        "Marts read activity, identity and profile; only marts/quality audits staging: give what "
        "is missing to a model of models/activity or models/profile.",
    )


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


def test_descriptions_begin_with_the_grain(models: dict[str, Model]) -> None:
    offenders = [
        f"{model['original_file_path']}: {model['description'][:60] or 'no description'}"
        for model in models.values()
        if not re.match(r"One row(?: per |: )", model["description"])
    ]
    assert not offenders, told(
        offenders, "A model's description begins with its grain: `One row per …`."
    )


def test_marts_are_public_and_contracted(models: dict[str, Model]) -> None:
    offenders = []
    for model in models.values():
        is_mart = model["schema"] == "marts"
        if is_mart and not model["contract"]["enforced"]:
            offenders.append(f"{model['name']} is a mart without an enforced contract")
        if is_mart != (model["access"] == "public") and model["fqn"][2] != "campaigns":
            offenders.append(f"{model['name']}: schema {model['schema']}, {model['access']}")
    assert not offenders, told(
        offenders,
        "Schema marts holds what analysts and scripts query: `access: public` and `contract: "
        "{enforced: true}` (steps of a decision may be protected). Nothing else is public.",
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
