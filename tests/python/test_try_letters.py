"""render_emails.py --try: one letter to look at, for a customer or a persona; bench_render.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ROOT
from test_letters import SHOP, page_of
from test_render_emails import SECRET, make, queue

import bench_render
from penpal import settings
from penpal.letters import trying
from penpal.letters.personas import personas
from penpal.letters.tokens import InvalidToken, Signer
from penpal.settings import UserError

SCRIPT = ROOT / "scripts" / "render_emails.py"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A queue with a birthday letter for c1, and the marts that a letter can be made of."""
    row = queue(1, template="birthday", campaign="birthday", customer_id="c1")[0]
    path = make(tmp_path_factory.mktemp("try") / "shop.duckdb", [row])
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            create table marts.customers as select * from (values
                ('c1', 'ann@example.com', 'Ann', 'Lee', 'Oslo', 'NO', 'en', true),
                ('c2', 'bob@example.com', 'Bob', 'Roe', 'Bern', 'CH', 'de', false)
            ) as t(customer_id, primary_email, first_name, last_name, city, country, language,
                can_personalize),
            (select 'UTC' as timezone, 'gold' as loyalty_tier, 'active' as lifecycle_stage,
                timestamp '2026-06-01' as last_order_at, timestamp '2026-06-02' as last_seen_at,
                'pens;ink' as purchased_categories, 'luxury' as purchased_tags);
            create table marts.customer_identifiers as select 'email' as identifier_type,
                'ann.lee@example.com' as identifier_value, 'c1' as customer_id, false as is_shared;
            create table marts.email_decisions as
                select timestamp '2026-06-15 12:00' as evaluated_at;
            create table marts.products as select 'p1' as product_id, 'Pen' as product_name,
                'pens' as category, 12.5::decimal(18, 2) as price, 'EUR' as currency,
                'https://cdn.example.com/p.png' as image_url,
                'https://shop.example.com/p' as product_url, 1 as shop_rank;
            create table marts.product_recommendations as select 'c1' as customer_id, 1 as rank,
                'p1' as product_id, 'viewed' as reason;
            create table marts.customer_web_events as select 'c1' as customer_id,
                'Product Viewed' as event_name, 'p1' as product_id,
                timestamp '2026-06-14' as event_at;
            create table marts.customer_carts as select 'k1' as cart_key, 'K1' as cart_id,
                'c1' as customer_id, null::varchar as recovery_url, 'EUR' as currency,
                null::timestamp as ordered_at, timestamp '2026-06-14' as last_activity_at;
            create table marts.customer_cart_items as select 'k1' as cart_key, 'p1' as product_id,
                2 as quantity, 12.5::decimal(18, 4) as price, 'EUR' as currency;
            create table marts.customer_orders as select 'o1' as order_id, 'c1' as customer_id,
                timestamp '2026-06-01 10:00' as created_at, 'EUR' as currency, 25 as subtotal,
                0 as discount, 5 as shipping, 4 as tax, 30 as total;
            create table marts.customer_order_lines as select 'l1' as order_line_id,
                'o1' as order_id, 'p1' as product_id, 2 as quantity, 12.5 as unit_price,
                'EUR' as currency;
        """)
    return path


def run(warehouse: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PENPAL_WAREHOUSE": str(warehouse), "PENPAL_SECRET": SECRET}
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def tried(row: dict[str, Any], folder: Path, text: str) -> dict[str, Any]:
    """The letter of a template that says this, for this row."""
    emails = folder / "emails"
    emails.mkdir(exist_ok=True)
    (emails / "odd.txt.j2").write_text(f"Subject: A\nPreheader: B\n\n{text}\n", encoding="utf-8")
    (emails / "odd.mjml.j2").write_text(page_of("x"))
    return trying.try_letter(SHOP, row | {"template": "odd"}, None, folder / "try", emails)


def test_a_letter_that_is_due_is_the_queues_own(warehouse: Path) -> None:
    row, source = trying.row_of_customer(warehouse, "birthday", "c1")
    assert "marts.email_queue" in source
    assert row["message_id"] == "m000000"


@pytest.mark.parametrize("who", ["c1", "ann@example.com", " Ann.Lee@Example.com "])
def test_a_letter_that_is_not_due_is_made_of_the_marts(
    warehouse: Path, tmp_path: Path, who: str
) -> None:
    row, source = trying.row_of_customer(warehouse, "win_back", who)
    assert "not due" in source
    text = (
        "{{ first_name }} {{ city }} {{ customer.purchase_history | join('+') }}\n"
        "{{ cart.total }} {{ cart.products[0].quantity }} {{ order.number }} {{ order.total }}\n"
        "{{ order.products[0].price }} {{ product.name }} {{ viewed_products | length }}\n"
        "{{ recommendations[0].reason }} {{ today }} {{ last_order_at }}"
    )
    letter = tried(row, tmp_path, text)
    assert letter["text"] == (
        "Ann Oslo ink+luxury+pens\n€25.00 2 o1 €30.00\n€12.50 Pen 1\n"
        "viewed June 15, 2026 June 1, 2026\n"
    )


def test_who_refused_personalization_gets_everybodys_letter(
    warehouse: Path, tmp_path: Path
) -> None:
    row, _ = trying.row_of_customer(warehouse, "win_back", "c2")
    text = "{{ first_name | default('-') }} {{ recommendations[0].reason }}"
    letter = tried(trying.changed(row, {"city": "Rome"}), tmp_path, text)
    assert letter["text"] == "- best_seller\n"
    assert not letter["is_personal"]


def test_nothing_that_counts_is_touched(warehouse: Path) -> None:
    before = warehouse.read_bytes()
    done = run(warehouse, "--try", "birthday", "--customer", "c1")
    assert done.returncode == 0, done.stderr
    for word in (
        "Subject    Happy birthday",
        "Preheader",
        "KB of HTML",
        "target/try/birthday.html",
    ):
        assert word in done.stdout
    assert warehouse.read_bytes() == before
    assert not settings.Settings(warehouse, warehouse.parent).outbox.exists()
    page = (trying.FOLDER / "birthday.html").read_text(encoding="utf-8")
    token = page.partition("/letters/unsubscribe?token=")[2].partition('"')[0]
    with pytest.raises(InvalidToken):  # a link of a letter that was tried unsubscribes nobody
        Signer(SECRET).verify(token)


@pytest.mark.parametrize("persona", personas())
def test_personas_and_values(tmp_path: Path, persona: str) -> None:
    row = trying.row_of_persona("birthday", persona, "en")
    values = {"city": "1984", "offer.code": "X", "cart": "null", "can_personalize": "true"}
    values |= {"offer.kind": "free_shipping"}
    letter = tried(
        trying.changed(row, values),
        tmp_path,
        "{{ city }} {{ offer.code }} {{ cart.products | length }}",
    )
    assert letter["text"] == "1984 X 0\n"
    assert json.loads(letter["files"]["row"].read_text())["occasion"] == persona


def test_mistakes_are_told(warehouse: Path, tmp_path: Path) -> None:
    cases = [
        (("--try", "birthdy"), "There is no letter birthdy", "Did you mean birthday?"),
        (("--try", "birthday", "--customer", "c9"), "There is no customer c9", "an address"),
        (("--try", "birthday", "--persona", "ful"), "no persona ful", "Did you mean full?"),
        (("--try", "birthday", "--set", "x"), "--set x", "KEY=VALUE"),
        (("--try", "birthday", "--set", "frist_name=A"), "no letter has a value", "first_name?"),
        (("--persona", "full"), "belong to --try", ""),
        (("--try", "birthday", "--persona", "full", "--customer", "c1"), "not allowed with", ""),
    ]
    for arguments, *words in cases:
        done = run(warehouse, *arguments)
        assert done.returncode == settings.EXIT_CANNOT_RUN, arguments
        assert "Traceback" not in done.stderr
        assert all(word in done.stderr for word in words), done.stderr
    row = trying.row_of_persona("odd", "full", "en")
    with pytest.raises(UserError, match=r"emails/odd.txt.j2:4: frist_name: .*first_name\?"):
        tried(row, tmp_path, "{{ frist_name }}")
    with pytest.raises(UserError, match="would be refused: missing_value"):
        tried(trying.changed(row, {"order": "null"}), tmp_path, "{{ order.number }}")


def test_the_benchmark_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = tmp_path / "figures.json"
    script = [sys.executable, ROOT / "scripts" / "bench_render.py", "--letters", "300"]
    done = subprocess.run(
        [*script, "--jobs", "1", "--json", figures], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(figures.read_text())
    assert found["end_to_end"]["letters"] == 300
    slow = found["loops"]["MJML and Jinja2 compiled for each letter"]
    assert slow * 5 < found["loops"]["Jinja2 compiled once"]
    assert "Penpal, end to end" in done.stdout
    assert not bench_render.FOLDER.exists()
