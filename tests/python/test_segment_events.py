"""Events as Segment sends them (camelCase, page and browser inside `context`) fit the contract."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conftest import PROFILES, ROOT, ScratchProject, dbt_environment, run_dbt

from penpal.checks.contract import raw_contract
from penpal.checks.files import judge_table
from penpal.checks.staging import Staging
from penpal.settings import Settings

EVENTS = ROOT / "tests" / "fixtures" / "segment_events.jsonl"
PLUGIN = "      plugins: [{module: penpal.lake.dbt_plugin}]\n      settings:"
PAGE = "https://shop.example.com/p/brass-fountain-pen"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0"
# An earlier export with the names of a warehouse; what else is in `context` is nobody's page.
WAREHOUSE = {
    "message_id": "w-1",
    "type": "identify",
    "anonymous_id": "c-1",
    "received_at": "2026-06-01T00:00:00Z",
    "context": {"page": {"url": "https://elsewhere.example.com/"}},
}


def lake_of(folder: Path) -> Path:
    """A lake with the events of the stream and of a warehouse."""
    table = folder / "lake" / "web" / "events"
    table.mkdir(parents=True)
    shutil.copy(EVENTS, table / "kafka.web.0.jsonl")
    (table / "history.jsonl").write_text(json.dumps(WAREHOUSE) + "\n")
    return folder / "lake"


@pytest.fixture(scope="module")
def base(scratch: ScratchProject) -> dict[str, dict[str, Any]]:
    """Rows of the base model by key."""
    for name in ("base_web__events.sql", "base_web__events.yml"):
        shutil.copy(ROOT / "models" / "staging" / "web" / name, scratch.folder / "models")
    shutil.copy(ROOT / "models" / "staging" / "staging.md", scratch.folder / "models")
    project = scratch.folder / "dbt_project.yml"
    given = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"] | {"raw_data": "lake"}
    project.write_text(yaml.dump(yaml.safe_load(project.read_text()) | {"vars": given}))
    (scratch.folder / "profiles.yml").write_text(
        PROFILES.replace("      settings:", PLUGIN, 1).replace(
            "schema: main\n", f"schema: main\n      module_paths: ['{ROOT}/scripts']\n", 1
        )
    )
    lake = lake_of(scratch.folder)
    environment = dbt_environment(scratch.folder) | {"PENPAL_LAKE": str(lake)}
    done = run_dbt(("run", "--target", "duckdb"), scratch.folder, environment)
    assert done.returncode == 0, done.stdout
    assert "not in the contract, ignored" in done.stdout
    assert "messageid" not in done.stdout  # a name that is known
    columns = [column.name for column in web_events().columns]
    rows = scratch.rows("base_web__events", *(f'"{name}"' for name in columns))
    return {row[0]: dict(zip(columns, row, strict=True)) for row in rows}


def web_events() -> Any:
    return next(t for t in raw_contract() if (t.source, t.table) == ("web", "events"))


def test_every_event_is_a_row_under_its_own_key(base: dict[str, dict[str, Any]]) -> None:
    sent = [json.loads(line) for line in EVENTS.read_text().splitlines()]
    assert base.keys() == {event["messageId"] for event in sent} | {"w-1"}
    for event in sent:
        row = base[event["messageId"]]
        for ours, theirs in (
            ("type", "type"),
            ("event", "event"),
            ("anonymous_id", "anonymousId"),
            ("user_id", "userId"),
            ("original_timestamp", "originalTimestamp"),
            ("sent_at", "sentAt"),
            ("received_at", "receivedAt"),
            ("timestamp", "timestamp"),
        ):
            assert row[ours] == event.get(theirs), (event["type"], ours)


@pytest.mark.parametrize(
    ("key", "url", "referrer", "agent"),
    [
        pytest.param(
            "ajs-next-0002-track",
            f"{PAGE}?utm_source=news",
            "https://search.example.com/",
            AGENT,
            id="in-context",
        ),
        pytest.param(
            "ajs-next-0005-page",
            "https://shop.example.com/",
            PAGE,
            None,
            id="in-properties-of-a-page",
        ),
        pytest.param("w-1", None, None, None, id="not-in-rows-of-a-warehouse"),
    ],
)
def test_where_the_page_and_the_browser_stand(
    base: dict[str, dict[str, Any]], key: str, url: str | None, referrer: str, agent: str
) -> None:
    row = base[key]
    assert (row["page_url"], row["page_referrer"], row["user_agent"]) == (url, referrer, agent)


def test_types_that_are_not_used_are_rejected_rows(tmp_path: Path) -> None:
    """screen, group and alias; the check of a lake reads the names as the models do."""
    with Staging({"as_of": "2026-06-15 12:00:00"}) as staging:
        told = judge_table(
            web_events(), Settings(tmp_path / "w.duckdb", lake_of(tmp_path)), staging
        )
    assert told["error"] is None
    assert told["records"] == 9
    assert told["missing"] == []
    assert "messageid" not in told["unknown"]
    assert told["first_rows"]["staged"] == 6
    assert told["first_rows"]["rejected"] == {"unknown event type": 3}


def test_an_object_without_a_known_name_stops_no_table(tmp_path: Path) -> None:
    lake = lake_of(tmp_path)
    (lake / "web" / "events" / "kafka.web.1.jsonl").write_text('{"hello": 1}\n')
    told = judge_table(web_events(), Settings(tmp_path / "w.duckdb", lake), None)
    assert told["error"] is None
    assert told["records"] == 10
