"""explain.py identity: chains of links, refusals, and names that resolve to customers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from tiny_identity import build, candidate, fuzzy, has, on, refused, scored, steps

from penpal.identity.chains import ends, node_name, strongest_chain
from penpal.identity.evidence import strength
from penpal.identity.explain import explain_identity
from penpal.identity.text import render
from penpal.settings import UserError

A, B, C = "crm.contacts:A", "crm.contacts:B", "crm.contacts:C"
ORDER, CHILD, LONER = "shop.orders:O1", "crm.contacts:CHILD", "crm.contacts:LONER"

CUSTOMERS = {"11-anna": [A, B, C, ORDER], "22-child": [CHILD], "33-loner": [LONER]}


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A family of two with one phone, a contact found by comparison, and somebody else."""
    return build(
        tmp_path / "tiny.duckdb",
        CUSTOMERS,
        identity_edges=[
            on(A, "email", "anna@shop.example", "only_name"),
            on(B, "email", "anna@shop.example", "only_name"),
            on(A, "phone", "+4930123", "same_name", "anna"),
            on(ORDER, "phone", "+4930123", "same_name", "anna"),
            on(CHILD, "phone", "+4930123", "same_name", "tom"),
            fuzzy(B, C, 9.5),
        ],
        identity_conflicts=[
            refused(
                CHILD,
                "different_given_names",
                identifier_type="phone",
                identifier_value="+4930123",
            )
        ],
        identity_pairs=[scored(A, CHILD, 3.25), scored(B, C, 9.5)],
        identity_waterfall=[
            *steps(B, C, ("prior", "", -10.0), ("name", "exact", 19.5)),
            *steps(A, CHILD, ("prior", "", -10.0), ("address", "exact", 13.25)),
        ],
        identity_record_values=[
            has(A, "email", "anna@shop.example", "anna+news@shop.example"),
            has(B, "email", "anna@shop.example"),
            has(A, "phone", "+4930123"),
            has(ORDER, "phone", "+4930123"),
            has(CHILD, "phone", "+4930123"),
            has(A, "email", "na@na.com"),
            has(LONER, "email", "na@na.com"),
        ],
        suppressed_identifiers=[
            {
                "identifier_type": "email",
                "identifier_value": "na@na.com",
                "reason": "blocked",
                "why": "Typed to get past a form",
            }
        ],
        customer_id_changes=[
            {"customer_id": "11-anna", "current_customer_id": "11-anna", "status": "current"},
            {
                "customer_id": "44-carla",
                "current_customer_id": "11-anna",
                "status": "merged",
                "changed_at": "2026-03-01 08:00:00",
            },
            {"customer_id": "55-gone", "status": "retired", "changed_at": "2026-03-02 08:00:00"},
        ],
        customer_id_assignments=[
            {"record_key": C, "customer_id": "44-carla", "sequence": 1},
            {"record_key": C, "customer_id": "11-anna", "sequence": 2},
        ],
    )


def ask(warehouse: Path, *names: str) -> dict[str, Any]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return explain_identity(connection, *names)


def steps_of(facts: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(step["from"], step["rule"], step["to"]) for step in facts["chain"]]


def test_a_mailbox_says_whether_it_may_be_written_to(tmp_path: Path) -> None:
    refused_at = "2026-06-10 09:00:00"
    warehouse = build(
        tmp_path / "tiny.duckdb",
        {"11-anna": [A]},
        customer_emails=[
            {"customer_id": "11-anna", "email": "new@x.org", "is_primary": True}
            | {"marketing_status": "granted"},
            {"customer_id": "11-anna", "email": "old@x.org", "is_primary": False}
            | {"is_given_up": True, "marketing_status": "withdrawn"},
        ],
        customer_consents=[
            {"customer_id": "11-anna", "marketing_status": "withdrawn"}
            | {"marketing_refused_at": refused_at}
        ],
    )
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        lines = [
            " ".join(line.split()) for line in render(explain_identity(connection, A)).split("\n")
        ]
    refused = "refused at another mailbox on 2026-06-10 09:00"
    assert f"new@x.org in use marketing granted {refused}" in lines
    assert "old@x.org given up for another marketing withdrawn" in lines


def test_two_records_are_one_by_a_chain_over_an_identifier_and_a_comparison(
    warehouse: Path,
) -> None:
    facts = ask(warehouse, A, C)
    assert steps_of(facts) == [
        (A, "email:only_name", "email anna@shop.example"),
        ("email anna@shop.example", "email:only_name", B),
        (B, "fuzzy", C),
    ]
    assert [step["weight"] for step in facts["chain"][2]["waterfall"]] == [-10.0, 19.5]
    text = render(facts)
    assert "are one customer, 11-anna" in text
    assert "fuzzy, 9.50 bits" in text and "name of crm.contacts:B | name of crm" in text


@pytest.mark.parametrize(
    "name",
    [A, "11-anna", "44-carla", "ANNA@shop.example ", "anna+news@shop.example", "A", "O1"],
)
def test_records_ids_and_identifiers_resolve(warehouse: Path, name: str) -> None:
    assert ask(warehouse, name)["customer_id"] == "11-anna"


def test_one_name_tells_records_identifiers_former_ids_links_and_refusals(warehouse: Path) -> None:
    facts = ask(warehouse, "11-anna")
    assert [record["record_key"] for record in facts["records"]] == [A, B, C, ORDER]
    assert [former["customer_id"] for former in facts["former_ids"]] == ["44-carla"]
    assert {row["identifier_value"]: row["suppressed"] for row in facts["identifiers"]} == {
        "anna@shop.example": None,
        "na@na.com": "blocked",
        "+4930123": None,
    }
    assert facts["links"][-1]["rule"] == "fuzzy"
    assert facts["refusals"] == []
    assert "their given names differ" in render(ask(warehouse, CHILD))


def test_a_former_id_needs_a_chain_from_the_records_that_carried_it(warehouse: Path) -> None:
    facts = ask(warehouse, "44-carla", "11-anna")
    assert steps_of(facts) == [(C, "fuzzy", B)]
    assert "44-carla became 11-anna on 2026-03-01." in render(facts)


def test_a_shared_value_stands_for_whom_the_question_is_about(warehouse: Path) -> None:
    alone = ask(warehouse, "+49 30 123")
    assert alone["subject"]["other_holders"] == ["22-child"]
    facts = ask(warehouse, CHILD, "+49 30 123")
    assert steps_of(facts) == [(CHILD, "phone:same_name", "phone +4930123")]
    assert "is shared: also by 11-anna" in render(facts)


@pytest.mark.parametrize(
    "name",
    ["004930123", "tel:+49-30-123", "+49 (0) 30/123", "+49.30.123"],
)
def test_phones_are_known_however_they_are_written(warehouse: Path, name: str) -> None:
    assert ask(warehouse, name)["customer_id"] == "11-anna"


def test_addresses_are_known_in_any_spelling_of_the_mailbox(tmp_path: Path) -> None:
    values = {"1": (A, "anna@shop.example"), "2": (B, "johndoe@gmail.com")}
    path = build(
        tmp_path / "tiny.duckdb",
        {customer: [record] for customer, (record, _) in values.items()},
        identity_edges=[on(key, "email", value, "only_name") for key, value in values.values()],
        identity_record_values=[has(key, "email", value) for key, value in values.values()],
    )
    assert ask(path, "Anna+summer@Shop.example")["customer_id"] == "1"
    assert ask(path, "John.Doe+x@googlemail.com")["customer_id"] == "2"
    with pytest.raises(UserError, match="Nothing in the warehouse is called"):
        ask(path, "an.na@shop.example")


def test_no_value_moves_the_cursor(tmp_path: Path) -> None:
    key = "crm.contacts:C\x1b[2J\u009b1\u202e\r\nERROR"
    path = build(
        tmp_path / "tiny.duckdb",
        {"1": [key]},
        identity_edges=[on(key, "email", "a@shop.example", "only_name")],
        identity_record_values=[has(key, "email", "a@shop.example")],
    )
    answer = run(path, "identity", "a@shop.example").stdout
    assert "crm.contacts:C\ufffd[2J\ufffd1\ufffd\ufffd\ufffdERROR" in answer
    assert answer.replace("\n", "").isprintable()
    assert run(path, "identity", "a@shop.example", "--json").stdout.replace("\n", "").isprintable()
    refused = run(path, "identity", "nobody\x1b[2J\nERROR").stderr
    assert refused.replace("\n", "").isprintable()


def test_keys_are_taken_as_they_are(tmp_path: Path) -> None:
    """Order 10012 is not order 1001-2, and O1 is not o1."""
    orders = {"1": "shop.orders:10012", "2": "shop.orders:O1"}
    links = [on(key, "order_id", key.split(":")[1], "only_name") for key in orders.values()]
    path = build(
        tmp_path / "tiny.duckdb",
        {customer: [key] for customer, key in orders.items()},
        identity_edges=links,
        identity_record_values=[
            has(link["record_key"], "order_id", link["identifier_value"]) for link in links
        ],
    )
    assert ask(path, "10012")["customer_id"] == "1"
    for name in ("1001-2", "o1"):
        with pytest.raises(UserError, match="Nothing in the warehouse is called"):
            ask(path, name)


def test_a_value_names_the_customers_whom_it_does_not_link(tmp_path: Path) -> None:
    """Of three who carry it, one link was cut; of another value all were."""
    holders = {"1": A, "2": B, "3": C}
    shared, lost = "+4930123", "+4930999"
    path = build(
        tmp_path / "tiny.duckdb",
        {customer: [record] for customer, record in holders.items()},
        identity_edges=[on(A, "phone", shared, "only_name")],
        identity_conflicts=[
            refused(B, "cut_weakest_link", identifier_type="phone", identifier_value=shared),
            refused(C, "nameless_on_phone", identifier_type="phone", identifier_value=lost),
        ],
        identity_record_values=[
            *[has(record, "phone", shared) for record in (A, B)],
            has(C, "phone", lost),
        ],
    )
    facts = ask(path, shared)
    assert facts["subject"]["not_linked"] == [{"customer_id": "2", "reason": "cut_weakest_link"}]
    assert (
        f"{shared} is also on records of 2, where it does not link: it was the weakest link"
        in render(facts)
    )
    with pytest.raises(UserError, match=r"no link to a customer uses it \(3: it has no name"):
        ask(path, lost)


def test_refusals_scores_and_shared_values_part_two_customers(warehouse: Path) -> None:
    facts = ask(warehouse, A, CHILD)
    assert [row["reason"] for row in facts["refusals"]] == ["different_given_names"]
    assert facts["pairs"][0]["waterfall"][-1]["running_weight"] == 3.25
    text = render(facts)
    assert "are two customers" in text
    assert f"{CHILD} on phone +4930123 (phone:same_name): their given names differ" in text
    assert "3.25 bits (proposed by name_and_year)" in text


def test_a_suppressed_value_links_nobody(warehouse: Path) -> None:
    facts = ask(warehouse, A, LONER)
    assert facts["refusals"] == [] and facts["pairs"] == []
    assert "email na@na.com: suppressed, blocked (Typed to get past a form)" in render(facts)
    with pytest.raises(UserError, match=r"na@na\.com stands for nobody: it is suppressed"):
        ask(warehouse, "na@na.com")


def test_without_any_evidence_it_says_what_was_looked_for(warehouse: Path, tmp_path: Path) -> None:
    unknown_blocking = render(ask(warehouse, CHILD, LONER))
    assert "no pair of theirs scores high enough to be kept" in unknown_blocking
    customers = {"1": [A], "2": [B], "3": [C]}
    other = build(
        tmp_path / "other.duckdb",
        customers,
        identity_candidates=[candidate(A, B, "same_street")],
    )
    assert "no blocking rule proposes the pair." in render(ask(other, A, C))
    below = render(ask(other, B, A))
    assert "proposes them (same_street), but they score too low to be kept" in below


def test_overrides_come_first(tmp_path: Path) -> None:
    override = {"record_key_a": B, "record_key_b": A, "decision": "different"}
    override |= {"decided_by": "desk", "decided_at": "2026-02-02", "why": "twins"}
    same = override | {"decision": "same", "why": "not to be shown"}
    path = build(
        tmp_path / "tiny.duckdb", {"1": [A], "2": [B]}, identity_overrides=[override, same]
    )
    text = render(ask(path, A, B))
    assert "Overrides keep them apart (1)" in text
    assert f"{B} and {A}: desk, 2026-02-02 00:00: twins" in text


def test_a_refusal_that_concerns_others_does_not_part_these_two(tmp_path: Path) -> None:
    path = build(
        tmp_path / "tiny.duckdb",
        {"1": [A, B], "2": [C], "3": [LONER]},
        identity_conflicts=[
            refused(A, "different_birth_dates", other_record_key=LONER),
            refused(A, "cut_weakest_link", other_record_key=B),
            refused(C, "over_limit", other_record_key=B, score=4.0),
            # Kept from the owner of a value that both have, and of one that only they have.
            refused(
                A,
                "ambiguous_name",
                other_record_key=LONER,
                identifier_type="phone",
                identifier_value="+4930123",
            ),
            refused(
                A,
                "nameless_on_phone",
                other_record_key=LONER,
                identifier_type="phone",
                identifier_value="+4930999",
            ),
        ],
        identity_record_values=[has(record, "phone", "+4930123") for record in (A, C)],
    )
    facts = ask(path, A, C)
    assert [row["reason"] for row in facts["refusals"]] == ["ambiguous_name", "over_limit"]
    assert f"{A} and {LONER} on phone +4930123 (phone:same_name): its name fits" in render(facts)


def test_names_that_stand_for_nobody(warehouse: Path) -> None:
    with pytest.raises(UserError, match="Nothing in the warehouse is called 'nobody'"):
        ask(warehouse, "nobody")
    with pytest.raises(UserError, match="55-gone was retired on 2026-03-02: no record is left"):
        ask(warehouse, "55-gone")


def test_a_key_of_several_records_must_be_named_in_full(tmp_path: Path) -> None:
    path = build(tmp_path / "tiny.duckdb", {"1": ["crm.contacts:7", "shop.orders:7"]})
    with pytest.raises(UserError, match=r"say which one \(crm.contacts:7, shop.orders:7\)"):
        ask(path, "7")


@pytest.mark.parametrize("kinds", [("order_id", "shop_customer_id"), ("shop_customer_id",)])
def test_a_key_of_several_systems_must_be_named_in_full(
    tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    """Order 7 is one customer's, account 7 another's; orders need not be known as identifiers."""
    records = {"order_id": "shop.orders:7", "shop_customer_id": "shop.customers:7"}
    path = build(
        tmp_path / "tiny.duckdb",
        {"1": [records["order_id"]], "2": [records["shop_customer_id"]]},
        identity_edges=[on(records[kind], kind, "7", "same_key") for kind in kinds],
        identity_record_values=[has(records[kind], kind, "7") for kind in kinds],
    )
    with pytest.raises(UserError, match=r"say which one \(shop.customers:7, shop.orders:7\)"):
        ask(path, "7")
    assert ask(path, "shop.orders:7")["customer_id"] == "1"


def test_a_former_id_whose_records_are_gone_has_no_chain(tmp_path: Path) -> None:
    path = build(
        tmp_path / "tiny.duckdb",
        {"1": [A]},
        customer_id_changes=[
            {"customer_id": "2", "current_customer_id": "1", "status": "merged"},
        ],
        customer_id_assignments=[{"record_key": B, "customer_id": "2", "sequence": 1}],
    )
    text = render(ask(path, "2", "1"))
    assert "2 became 1. None of the records that carried it is left." in text
    assert "build the project again" not in text


def test_a_record_that_is_gone_is_known_from_the_ledger(tmp_path: Path) -> None:
    path = build(
        tmp_path / "tiny.duckdb",
        {"1": [A]},
        customer_id_assignments=[
            {"record_key": B, "customer_id": "2", "sequence": 1},
            {"record_key": B, "customer_id": "1", "sequence": 2},
        ],
    )
    for name in (B, "B"):
        with pytest.raises(UserError, match=f"{B} is no longer in the warehouse; it was a record"):
            ask(path, name)


def test_a_device_is_nobody_but_was_somebodys(tmp_path: Path) -> None:
    moment = "2026-03-01 08:00:00"
    path = build(
        tmp_path / "tiny.duckdb",
        {"1": [A], "2": [B]},
        device_owners=[
            {"anonymous_id": "tablet", "customer_id": "2", "valid_from": moment},
            {"anonymous_id": "tablet", "customer_id": "1", "valid_to": moment},
        ],
    )
    told = "tablet is a device, of 1 until 2026-03-01 08:00, then of 2 from 2026-03-01 08:00"
    with pytest.raises(UserError, match=told):
        ask(path, "tablet")


def test_both_names_of_one_record(warehouse: Path) -> None:
    assert "have a record in common" in render(ask(warehouse, A, A))


def test_the_stronger_chain_wins_over_the_shorter_one() -> None:
    links = [fuzzy(A, C, 40.0), on(A, "phone", "1", "nameless"), on(C, "phone", "1", "nameless")]
    chain = strongest_chain(links, {A}, {C})
    assert [link["rule"] for _, link, _ in chain] == ["phone:nameless", "phone:nameless"]


def test_of_equally_strong_chains_the_shortest_wins() -> None:
    links = [fuzzy(A, B, 9.0), fuzzy(B, C, 20.0), fuzzy(C, LONER, 9.0), fuzzy(B, LONER, 9.0)]
    chain = strongest_chain(links, {A}, {LONER})
    assert [node_name(end) for _, _, end in chain] == [B, LONER]


def test_a_value_divided_by_name_does_not_join_its_groups() -> None:
    links = [on(A, "phone", "1", "same_name", "anna"), on(B, "phone", "1", "same_name", "tom")]
    assert strongest_chain(links, {A}, {B}) is None


def test_links_rank_by_trust() -> None:
    ranked = [
        fuzzy(A, B, 5.0),
        fuzzy(A, B, 50.0),
        on(A, "phone", "1", "nameless"),
        on(A, "phone", "1", "same_name"),
        on(A, "phone", "1", "same_key"),
        on(A, "email", "x@shop.example", "nameless_to_owner"),
        on(A, "email", "x@shop.example", "only_name"),
        on(A, "order_id", "1", "only_name"),
        on(A, "contact_id", "1", "same_key"),
        fuzzy(A, B, 0.0, rule="override:same"),
    ]
    strengths = [strength(link) for link in ranked]
    assert strengths == sorted(set(strengths))


LINKS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(1, 4)), max_size=20)


@given(LINKS)
def test_chains_on_random_graphs(drawn: list[tuple[int, int, int]]) -> None:
    """The chain holds together, and no chain of only stronger links exists."""
    links = [fuzzy(f"r:{a}", f"r:{b}", float(score)) for a, b, score in drawn]
    chain = strongest_chain(links, {"r:0"}, {"r:1"})

    def reaches(least: float) -> bool:
        seen = {"r:0"}
        while True:
            ways = [set(ends(link)) for link in links if link["score"] >= least]
            more = set().union(*(way for way in ways if way & seen)) | seen
            if more == seen:
                return "r:1" in seen
            seen = more

    if chain is None:
        assert not reaches(0)
        return
    assert (chain[0][0], chain[-1][2]) == ("r:0", "r:1")
    assert all({start, end} == set(ends(link)) for start, link, end in chain)
    assert all(step[2] == following[0] for step, following in pairwise(chain))
    weakest = min(link["score"] for _, link, _ in chain)
    assert reaches(weakest) and not reaches(weakest + 1)


def run(warehouse: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "explain.py"), *arguments],
        env=os.environ | {"PENPAL_WAREHOUSE": str(warehouse)},
        check=False,
        capture_output=True,
        text=True,
    )


def test_on_the_command_line(warehouse: Path) -> None:
    told = run(warehouse, "identity", A, CHILD)
    assert told.returncode == 0 and "are two customers" in told.stdout
    facts = json.loads(run(warehouse, "identity", A, C, "--json").stdout)
    assert facts["verdict"] == "same" and facts["chain"][0]["first_seen_at"].startswith("2026-01")


@pytest.mark.parametrize("arguments", [[], ["identity"], ["identity", "nobody"], ["birthday"]])
def test_a_users_mistake_is_one_sentence_and_exit_code_2(
    warehouse: Path, arguments: list[str]
) -> None:
    told = run(warehouse, *arguments)
    assert told.returncode == 2
    assert "Traceback" not in told.stderr and told.stdout == ""


def test_a_warehouse_without_identity(tmp_path: Path) -> None:
    missing = run(tmp_path / "no.duckdb", "identity", A)
    assert missing.returncode == 2 and "There is no warehouse at" in missing.stderr
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    empty = run(tmp_path / "empty.duckdb", "identity", A)
    assert empty.returncode == 2 and "has no identity.identity_map" in empty.stderr


def test_namesakes_are_told_apart(tmp_path: Path) -> None:
    name = {"first_name_key": "john", "last_name_key": "adams"}
    path = build(
        tmp_path / "tiny.duckdb",
        {"1-senior": [A], "2-junior": [B]},
        identity_records=[
            {"record_key": A, **name, "name_suffix": "sr"},
            {"record_key": B, **name, "name_suffix": "jr"},
        ],
        identity_conflicts=[refused(B, "different_name_suffixes", other_record_key=A)],
    )
    assert "john adams jr" in render(ask(path, B))
    assert "their names end in different suffixes (Sr., Jr.)" in render(ask(path, A, B))


def test_long_lists_are_cut_unless_all_is_asked_for(tmp_path: Path) -> None:
    path = build(tmp_path / "tiny.duckdb", {"1": [f"shop.orders:{n}" for n in range(25)]})
    facts = ask(path, "1")
    assert "… and 5 more (--all lists them)" in render(facts)
    assert "shop.orders:9" in render(facts, everything=True)
