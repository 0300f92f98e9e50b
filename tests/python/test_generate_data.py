"""The generated raw data: repeatable, complete, as messy as promised, and true to its truth."""

import csv
import json
import re
import subprocess
import sys
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import generate_data
from penpal.datagen.arrays import scramble, stamp
from penpal.datagen.output import COLUMNS
from penpal.datagen.vocabulary import JUNK_EMAILS, JUNK_PHONES

ROOT = Path(__file__).resolve().parents[2]
SAMPLE, FIXTURES = ROOT / "seeds" / "sample", ROOT / "tests" / "fixtures"
AS_OF = datetime(2026, 6, 15, 12, tzinfo=UTC)
RAW = [name for name in COLUMNS if not name.startswith("truth.")]


def run(*arguments) -> int:
    return generate_data.main([str(argument) for argument in arguments])


def seeds(out: Path, people: int = 600, seed: int = 7) -> dict[str, bytes]:
    assert run("--people", people, "--seed", seed, "--layout", "seeds", "--out", out) == 0
    return {path.name: path.read_bytes() for path in out.iterdir()}


def read(path: Path) -> list[dict]:
    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def sample() -> dict[str, list[dict]]:
    """The frozen sample by table, the truth as truth.<name>."""
    tables = {name: read(SAMPLE / f"raw_{name.replace('.', '__')}.csv") for name in RAW}
    for name in ("records", "web_events", "persons", "planted"):
        tables[f"truth.{name}"] = read(FIXTURES / f"sample_truth_{name}.csv")
    return tables


def values(rows: list[dict], column: str) -> list[str]:
    return [row[column] for row in rows if row[column]]


def some(rows: list[dict], column: str, pattern: str) -> bool:
    return any(re.search(pattern, value) for value in values(rows, column))


# --- the same values give the same bytes -----------------------------------------------------


def test_frozen_sample_equals_a_fresh_generation(tmp_path):
    fresh = seeds(tmp_path)
    assert len(fresh) == len(COLUMNS)
    for name, content in fresh.items():
        folder = FIXTURES if name.startswith("sample_truth") else SAMPLE
        assert (folder / name).read_bytes() == content, name


def test_another_seed_gives_other_people(tmp_path):
    first, second = seeds(tmp_path / "a", 300, 1), seeds(tmp_path / "b", 300, 2)
    assert all(first[name] != second[name] for name in first)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_lake_is_repeatable_and_does_not_depend_on_jobs(tmp_path, monkeypatch, form):
    monkeypatch.setattr("penpal.datagen.build.BLOCK", 60)
    found = []
    for name, jobs in (("a", 1), ("b", 2)):
        out = tmp_path / name
        assert (
            run("--people", 400, "--seed", 3, "--out", out, "--format", form, "--jobs", jobs) == 0
        )
        files = sorted(path for path in out.rglob("*") if path.is_file())
        found.append({str(path.relative_to(out)): path.read_bytes() for path in files})
    assert found[0] == found[1]
    assert any("part-00003" in name for name in found[0])


def test_lake_has_all_columns_of_the_contract(tmp_path):
    out = tmp_path / "lake"
    assert run("--people", 300, "--seed", 3, "--out", out, "--format", "parquet") == 0
    for name, columns in COLUMNS.items():
        folder = out.joinpath(*name.split("."))
        for path in folder.glob("*.parquet"):
            schema = pq.read_schema(path)
            assert schema.names == columns
            assert {str(kind) for kind in schema.types} == {"string"}


def test_contract_columns_are_those_of_the_base_models(sample):
    for name in RAW:
        assert list(sample[name][0]) == COLUMNS[name]
        source, table = name.split(".")
        contract = ROOT / "models" / "staging" / source / f"base_{source}__{table}.yml"
        named = re.findall(r"^ +- name: (\w+)", contract.read_text("utf-8"), re.MULTILINE)
        assert set(COLUMNS[name]) <= set(named), name


# --- nothing half-written, clear errors ------------------------------------------------------


def test_a_folder_in_use_is_refused(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("keep")
    assert run("--people", 300, "--seed", 1, "--out", tmp_path) == 2
    assert "is not an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_failure_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("penpal.datagen.build._write_blocks", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run("--people", 300, "--seed", 1, "--out", tmp_path / "lake")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--people", "10", "--seed", "1"], "--people 10 is not between"),
        (["--people", "300", "--seed", "-1"], "--seed -1 is negative"),
        (["--people", "300", "--seed", "1", "--as-of", "soon"], "is no time"),
    ],
)
def test_wrong_options_are_told_in_one_sentence(tmp_path, options, sentence):
    script = [sys.executable, str(ROOT / "scripts" / "generate_data.py")]
    done = subprocess.run(
        [*script, *options, "--out", str(tmp_path / "lake")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


# --- the truth -------------------------------------------------------------------------------

KEYS = {
    "crm.contacts": "contact_id",
    "crm.consents": "consent_id",
    "shop.customers": "customer_id",
    "shop.orders": "order_id",
    "shop.checkouts": "checkout_id",
}


def test_truth_covers_every_record(sample):
    known = {(row["source_table"], row["record_id"]) for row in sample["truth.records"]}
    assert len(known) == len(sample["truth.records"])
    for table, key in KEYS.items():
        assert {(table, value) for value in values(sample[table], key)} <= known
    clicks = [row for row in sample["email.events"] if row["event"] == "clicked"]
    assert {("email.events", row["event_id"]) for row in clicks} <= known
    identify = [row for row in sample["web.events"] if row["type"] == "identify"]
    assert {("web.events", row["message_id"]) for row in identify} <= known
    events = {row["message_id"] for row in sample["truth.web_events"]}
    assert set(values(sample["web.events"], "message_id")) == events


def test_truth_names_only_people_who_exist(sample):
    people = set(values(sample["truth.persons"], "person_id"))
    assert len(people) == 600
    for table in ("truth.records", "truth.web_events", "truth.planted"):
        assert set(values(sample[table], "person_id")) <= people


def test_strangers_share_no_address_and_no_phone(sample):
    home_of = {row["person_id"]: row["household_id"] for row in sample["truth.persons"]}
    owner = {
        row["record_id"]: row["person_id"]
        for row in sample["truth.records"]
        if row["source_table"] == "crm.contacts"
    }
    junk = {*JUNK_EMAILS, *JUNK_PHONES}
    for column in ("email", "mobile_phone"):
        homes = {}
        for row in sample["crm.contacts"]:
            value = row[column].strip().lower()
            if value and value not in junk and row["contact_id"]:
                homes.setdefault(value, set()).add(home_of[owner[row["contact_id"]]])
        assert max(len(found) for found in homes.values()) == 1, column


def test_family_members_have_different_given_names(sample):
    homes = {}
    for row in sample["truth.persons"]:
        homes.setdefault(row["household_id"], []).append(row["first_name"])
    doubles = [names for names in homes.values() if len(set(names)) < len(names)]
    assert len(doubles) == 1  # the planted father and son


# --- orders ----------------------------------------------------------------------------------


def test_order_totals_add_up(sample):
    checked = 0
    sums = {}
    seen = set()
    for row in sample["shop.order_lines"]:
        if row["order_line_id"] in seen:
            continue
        seen.add(row["order_line_id"])
        if not row["quantity"].isdigit():
            sums[row["order_id"]] = None
        elif sums.get(row["order_id"], 0) is not None:
            line = int(row["quantity"]) * Decimal(row["unit_price"]) - Decimal(row["discount"] or 0)
            sums[row["order_id"]] = sums.get(row["order_id"], Decimal(0)) + line
    for row in sample["shop.orders"]:
        if re.fullmatch(r"\d+\.\d\d", row["total"]) and sums[row["order_id"]] is not None:
            amounts = {
                name: Decimal(row[name]) for name in ("subtotal", "discount", "shipping", "tax")
            }
            total = amounts["subtotal"] - amounts["discount"] + amounts["shipping"] + amounts["tax"]
            assert total == Decimal(row["total"])
            assert amounts["subtotal"] == sums[row["order_id"]]
            checked += 1
    assert checked > 800


def test_web_orders_and_shop_orders_agree(sample):
    carts = {row["order_id"]: row["cart_id"] for row in sample["shop.orders"]}
    completed = [row for row in sample["web.events"] if row["event"] == "Order Completed"]
    told = [json.loads(row["properties"]) for row in completed if row["properties"].endswith("}")]
    matched = [told_of for told_of in told if carts.get(told_of["order_id"]) == told_of["cart_id"]]
    assert len(matched) >= len(told) - 1  # one planted order is known to the web alone
    bought = {row["cart_id"] for row in sample["shop.checkouts"] if row["completed_at"]}
    assert len(bought & set(carts.values())) == len(bought)


# --- the mess --------------------------------------------------------------------------------


def repeats(rows: list[dict], key: str) -> tuple[int, int]:
    """(keys met again with the same content, keys met again with other content)."""
    seen, same, other = {}, 0, 0
    for row in rows:
        if row[key] in seen and row[key]:
            same += seen[row[key]] == row
            other += seen[row[key]] != row
        seen.setdefault(row[key], row)
    return same, other


@pytest.mark.parametrize(
    ("table", "column", "pattern"),
    [
        ("crm.contacts", "email", r"^[A-Z0-9._]+@[A-Z.]+$"),
        ("crm.contacts", "email", r"^ | $"),
        ("crm.contacts", "email", r"@@|@$| at "),
        ("shop.orders", "email", r"\+\w+@"),
        ("shop.orders", "email", r"^\w\.\w+sample\d+@gmail"),
        ("crm.contacts", "first_name", "Ã"),
        ("crm.contacts", "first_name", "[\u0300-\u036f]"),
        ("crm.contacts", "first_name", "^[A-Z]{3,}$"),
        ("crm.contacts", "first_name", "[\u00a0\u200b]"),
        ("crm.contacts", "phone", r"^\(\d+\) \d{3}-\d{4}$"),
        ("crm.contacts", "mobile_phone", r"^00"),
        ("crm.contacts", "mobile_phone", r"^\+\d+ \(0\)"),
        ("crm.contacts", "phone", r"^0000000000$"),
        ("crm.contacts", "mobile_phone", r"^\+1 111 111 1111$"),
        ("crm.contacts", "email", r"^test@test\.com$"),
        ("crm.contacts", "birth_date", r"^\d\d\.\d\d\.\d{4}$"),
        ("crm.contacts", "birth_date", r"^\d\d/\d\d/\d{4}$"),
        ("crm.contacts", "birth_date", r"^1990-02-31$|^31\.02\.85$|^13/13|^00/00|unknown|2190"),
        ("crm.contacts", "birth_date", r"-02-29$"),
        ("crm.contacts", "created_at", r"\+02:00$"),
        ("crm.contacts", "created_at", r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"),
        ("crm.contacts", "created_at", r"^\d\d\.\d\d\.\d{4}"),
        ("crm.contacts", "created_at", r"^\d\d/\d\d/\d{4}"),
        ("crm.contacts", "merged_contact_ids", r"^C\d+"),
        ("crm.contacts", "timezone", "Mars/Olympus|GMT"),
        ("crm.consents", "status", "withdrawn"),
        ("crm.consents", "purpose", "sms"),
        ("crm.surveys", "answer", "\n"),
        ("shop.orders", "status", "refunded"),
        ("shop.orders", "status", "cancelled"),
        ("shop.orders", "status", "pending"),
        ("shop.orders", "status", r"shipped\?\?"),
        ("shop.orders", "currency", "^(EUR|GBP|JPY|CAD)$"),
        ("shop.orders", "currency", "usd|XXX"),
        ("shop.orders", "total", "invoice"),
        ("shop.order_lines", "quantity", "^(-1|two|1.5)$"),
        ("shop.products", "url", "^http://"),
        ("shop.products", "url", "^javascript:"),
        ("shop.products", "in_stock", "false"),
        ("web.events", "timestamp", r"^\d{10}$"),
        ("web.events", "timestamp", r"^\d{13}$"),
        ("web.events", "timestamp", r"^202[789]"),
        ("web.events", "user_agent", "bot|requests|Headless"),
        ("web.events", "context", r"object Object"),
        ("web.events", "context", r"203\.0\.113\."),
        ("web.events", "page_url", "pp_mid="),
        ("web.events", "page_url", "utm_source="),
        ("email.events", "is_machine_open", "true"),
        ("email.events", "event", "complained"),
        ("email.events", "event", "unsubscribed"),
        ("email.events", "event", "deferred"),
        ("email.events", "bounce_type", "hard"),
        ("email.events", "bounce_type", "soft"),
    ],
)
def test_the_mess_is_there(sample, table, column, pattern):
    assert some(sample[table], column, pattern)


def test_missing_keys_and_amounts_are_there(sample):
    assert any(not row["contact_id"] for row in sample["crm.contacts"])
    assert any(not row["total"] for row in sample["shop.orders"])
    assert any(not row["quantity"] for row in sample["shop.order_lines"])


@pytest.mark.parametrize(
    ("table", "key", "other"),
    [
        ("crm.contacts", "contact_id", True),
        ("crm.consents", "consent_id", False),
        ("shop.customers", "customer_id", True),
        ("shop.orders", "order_id", True),
        ("shop.order_lines", "order_line_id", False),
        ("web.events", "message_id", True),
        ("email.events", "event_id", True),
    ],
)
def test_rows_come_again_and_keys_are_reused(sample, table, key, other):
    same, changed = repeats(sample[table], key)
    assert same > 0
    assert bool(changed) == other


def test_broken_json_is_rare_but_there(sample):
    broken = 0
    for row in sample["web.events"]:
        for column in ("properties", "traits", "context"):
            try:
                json.loads(row[column] or "{}")
            except ValueError:
                broken += 1
    assert 3 <= broken < 0.03 * len(sample["web.events"])


def test_events_come_late_early_out_of_order_and_after_the_clock(sample):
    rows = [row for row in sample["web.events"] if row["original_timestamp"] and row["received_at"]]
    times = [
        tuple(datetime.fromisoformat(row[name]) for name in ("original_timestamp", "received_at"))
        for row in rows
    ]
    assert any((received - sent).days >= 1 for sent, received in times)
    assert any((sent - received).days >= 30 for sent, received in times)
    assert any(received > AS_OF for _, received in times)
    assert any(received == AS_OF for _, received in times)
    assert [received for _, received in times] != sorted(received for _, received in times)
    for table in ("crm.contacts", "shop.orders", "crm.consents"):
        assert any(datetime.fromisoformat(v) > AS_OF for v in values(sample[table], "loaded_at"))


def test_devices_are_shared_and_stitched_later(sample):
    owner = {row["message_id"]: row["person_id"] for row in sample["truth.web_events"]}
    people, known = {}, {}
    for row in sample["web.events"]:
        device = row["anonymous_id"]
        people.setdefault(device, set()).add(owner[row["message_id"]])
        known.setdefault(device, set()).add(bool(row["user_id"]))
    assert sum(len(found) > 1 for found in people.values()) > 10
    assert max(len(found) for found in people.values()) >= 7  # a kiosk
    assert sum(len(found) == 2 for found in known.values()) > 50


def test_families_kiosks_and_tablets_are_listed(sample):
    kinds = {row["kind"].partition(":")[0] for row in sample["truth.planted"]}
    assert kinds == {"case", "family_email", "household_phone", "kiosk", "shared_tablet"}
    family = {row["value"] for row in sample["truth.planted"] if row["kind"] == "family_email"}
    contacts = [row for row in sample["crm.contacts"] if row["email"].strip().lower() in family]
    assert len({row["first_name"] for row in contacts}) > len(family)


def test_duplicates_differ_but_keep_something_in_common(sample):
    owner = {row["record_id"]: row["person_id"] for row in sample["truth.records"]}
    people = {}
    for row in sample["crm.contacts"]:
        if row["contact_id"]:
            people.setdefault(owner[row["contact_id"]], {})[row["contact_id"]] = row
    several = [list(rows.values()) for rows in people.values() if len(rows) > 1]
    assert len(several) > 30

    def form(value: str) -> str:
        plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()
        return re.sub(r"\W", "", plain.lower())

    def names(rows):
        return {(form(row["first_name"]), form(row["last_name"])) for row in rows}

    assert sum(len(names(rows)) > 1 for rows in several) > 10


# --- the planted cases -----------------------------------------------------------------------


def test_planted_people_stand_on_both_sides_of_the_boundaries(sample):
    cases = {
        row["kind"][5:]: row["value"]
        for row in sample["truth.planted"]
        if row["kind"].startswith("case:")
    }
    assert len(cases) > 150

    def last_touch(case):
        contact = next(r for r in sample["crm.contacts"] if r["email"] == cases[case])
        user = next(r for r in sample["shop.customers"] if r["email"] == contact["email"])
        times = [
            row["timestamp"]
            for row in sample["web.events"]
            if row["user_id"] == user["customer_id"]
        ]
        return (AS_OF - max(map(datetime.fromisoformat, times))).total_seconds()

    assert last_touch("cart_idle_29m59s") == 29 * 60 + 59
    assert last_touch("cart_idle_30m00s") == 30 * 60
    assert last_touch("cart_idle_80h") == 80 * 3600


def test_planted_birthdays_follow_the_local_calendar(sample):
    people = {row["person_id"]: row for row in sample["truth.persons"]}
    born = {
        row["kind"][5:]: date.fromisoformat(people[row["person_id"]]["birth_date"])
        for row in sample["truth.planted"]
        if row["kind"].startswith("case:birthday_")
    }
    assert (born["birthday_today_in_Auckland"].month, born["birthday_today_in_Auckland"].day) == (
        6,
        16,
    )
    assert (born["birthday_today_in_Honolulu"].month, born["birthday_today_in_Honolulu"].day) == (
        6,
        15,
    )
    assert born["birthday_tomorrow_in_London"].day == 16


# --- building blocks -------------------------------------------------------------------------


def test_scramble_is_one_to_one():
    for size, salt in ((1000, 0), (7_000_000, 5), (10**6, 23)):
        assert len(set(scramble(range(1000), size, salt).tolist())) == 1000


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("Y-M-DTh:m:s.fZ", "2026-06-15T12:00:00.005Z"),
        ("Y-M-DTh:m:s+02:00", "2026-06-15T14:00:00+02:00"),
        ("D.M.Y h:m", "15.06.2026 12:00"),
        ("M/D/Y", "06/15/2026"),
        ("D.M.y", "15.06.26"),
        ("S", "1781524800"),
        ("F", "1781524800005"),
    ],
)
def test_stamp_writes_each_pattern(pattern, expected):
    assert stamp([1_781_524_800_005], pattern).to_pylist() == [expected]
