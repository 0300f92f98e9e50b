"""Codes of offers: unique, unguessable, told from a guess; issued once, whatever happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from penpal.letters import outbox
from penpal.letters.offers import ALPHABET, NAMING, Codes, normalised, shown_offer, with_code
from penpal.settings import UserError

SECRET, OTHER = "one secret of the shop", "another secret of it"
CODES = Codes(SECRET)
words = st.text(max_size=40)


@given(words, words, words)
def test_the_same_three_make_the_same_code_and_it_is_known(
    offer: str, customer: str, occasion: str
) -> None:
    code = CODES.issue(offer, customer, occasion)
    assert code == Codes(SECRET, OTHER).issue(offer, customer, occasion)
    assert CODES.is_ours(code) and CODES.is_for(code, offer, customer, occasion)
    assert len(code) == 19 and set(normalised(code)) <= set(ALPHABET)


@given(st.tuples(words, words, words), st.tuples(words, words, words))
def test_others_make_another_code(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Also where the same letters are divided otherwise over offer, customer and occasion."""
    assert (CODES.issue(*one) == CODES.issue(*other)) == (one == other)
    assert CODES.is_for(CODES.issue(*one), *other) == (one == other)


def test_what_is_divided_otherwise_is_another() -> None:
    assert CODES.issue("a", "b", "c|d") != CODES.issue("a", "b|c", "d")
    assert CODES.issue('a", "b', "c", "") != CODES.issue("a", "b", "c")


@given(st.sampled_from(["{}", " {} ", "{} \n", "\u2013{}"]), st.booleans(), words)
def test_it_may_be_typed_in_any_way(form: str, is_small: bool, customer: str) -> None:
    code = CODES.issue("present", customer, "2026")
    typed = form.format(code.lower().replace("-", " ") if is_small else code.replace("-", ""))
    assert CODES.is_ours(typed) and CODES.is_for(typed, "present", customer, "2026")


@given(st.integers(0, 15), st.sampled_from(ALPHABET), words)
def test_a_letter_that_is_wrong_is_noticed(place: int, letter: str, customer: str) -> None:
    code = normalised(CODES.issue("present", customer, "2026"))
    wrong = code[:place] + letter + code[place + 1 :]
    assert CODES.is_ours(wrong) == (wrong == code)


@given(st.text(max_size=30))
def test_anything_else_is_refused_without_an_error(text: str) -> None:
    assert not CODES.is_ours(text)
    assert not CODES.is_for(text, "present", "A", "2026")


def test_no_code_is_guessed_and_none_twice() -> None:
    made = [normalised(CODES.issue("present", f"customer {n}", "2026")) for n in range(50_000)]
    assert len({code[:NAMING] for code in made}) == len(made)
    # Each letter in each place about as often as any other: 50,000 / 28 = 1,786, sd 41.5.
    for place in range(16):
        counts = Counter(code[place] for code in made)
        assert len(counts) == len(ALPHABET)
        assert all(abs(count - 50_000 / 28) < 6 * 41.5 for count in counts.values())
    # Whoever holds two codes cannot put a third together.
    mixed = made[0][:NAMING] + made[1][NAMING:]
    assert not CODES.is_ours(mixed)


def test_secrets_rotate_and_are_long_enough() -> None:
    old = Codes(OTHER).issue("present", "A", "2026")
    assert not CODES.is_ours(old)
    rotated = Codes(SECRET, OTHER)
    assert rotated.is_ours(old) and rotated.is_for(old, "present", "A", "2026")
    assert rotated.issue("present", "A", "2026") == CODES.issue("present", "A", "2026")
    with pytest.raises(UserError, match="at least 16 characters"):
        Codes("short")


def row(**offer: Any) -> dict[str, Any]:
    context = {"first_name": 'Zoë "Z"', "offer": offer or None}
    return {"customer_id": "A", "occasion": "2026", "context": json.dumps(context)}


PRESENT = {"offer": "present", "kind": "percentage", "value": 10, "expires_at": "2026-06-29"}


def test_a_letter_gets_the_code_of_its_occasion() -> None:
    coded, offer = with_code(row(**PRESENT, code=None), CODES)
    code = CODES.issue("present", "A", "2026")
    assert json.loads(offer) == PRESENT | {"code": code}
    assert json.loads(coded["context"]) == {
        "first_name": 'Zoë "Z"',
        "offer": PRESENT | {"code": code},
    }


def test_a_code_that_was_given_before_stays() -> None:
    """Given to an id since merged: of the new id another one would be made."""
    earlier = CODES.issue("present", "merged", "2026")
    _, offer = with_code(row(**PRESENT, code=earlier), CODES)
    assert json.loads(offer)["code"] == earlier != CODES.issue("present", "A", "2026")


@pytest.mark.parametrize(
    "context", [None, "", "{", "[]", '{"offer": 1}', '{"offer": {"offer": 1}}']
)
def test_a_letter_without_an_offer_stays_as_it_is(context: str | None) -> None:
    given_row = row() | {"context": context}
    assert with_code(given_row, CODES) == (given_row, None)


def test_only_a_code_that_the_letter_shows_is_given_out() -> None:
    _, offer = with_code(row(**PRESENT), CODES)
    code = json.loads(offer)["code"]
    assert shown_offer(offer, f"<b>{code}</b>", "") == offer
    assert shown_offer(offer, "", code) == offer
    assert shown_offer(offer, "a letter", "a letter") is None
    assert shown_offer(None, "", "") is None


LEDGER = """
create schema ledger;
create table ledger.email_messages (message_id varchar, customer_id varchar, email varchar,
    campaign varchar, occasion varchar, variant varchar, template varchar, sent_at timestamp,
    outbox_file varchar, subject varchar);
create table ledger.offer_codes (code varchar, offer varchar, customer_id varchar,
    campaign varchar, occasion varchar, message_id varchar, kind varchar, value decimal(18, 2),
    currency varchar, minimum decimal(18, 2), issued_at timestamp, expires_at timestamp);
"""


def letter(message: str, offer: str | None) -> dict[str, Any]:
    told = dict.fromkeys(outbox.SCHEMA.names) | {"message_id": message, "customer_id": "A"}
    told |= {"campaign": "birthday", "occasion": "2026", "rendered_at": datetime(2026, 6, 15)}
    return told | {"offer": offer}


def test_codes_enter_the_ledger_with_their_letters_and_once(tmp_path: Path) -> None:
    told = PRESENT | {"code": "BCDF-2222", "expires_at": "2026-06-29T23:59:59Z", "value": 10}
    told |= {"currency": None, "minimum": None}
    batches = [
        [letter("m1", json.dumps(told)), letter("m2", None)],
        [letter("m3", json.dumps(told))],
    ]
    with duckdb.connect(str(tmp_path / "tiny.duckdb")) as connection:
        connection.execute(LEDGER)
        for letters in batches:
            part, rows = outbox.write_batch(tmp_path, letters)
            outbox.finish(tmp_path, outbox.claim(part))
            outbox.enter(connection, rows)
        entered = connection.execute("from ledger.offer_codes").fetchall()
        # A ledger from before these letters, beside files that hold them.
        connection.execute("delete from ledger.email_messages; delete from ledger.offer_codes")
        outbox.recover(connection, tmp_path)
        recovered = connection.execute("from ledger.offer_codes").fetchall()
    assert [entry[:6] for entry in entered] == [
        ("BCDF-2222", "present", "A", "birthday", "2026", "m1")
    ]
    assert entered[0][-2:] == (datetime(2026, 6, 15), datetime(2026, 6, 29, 23, 59, 59))
    assert [entry[:3] for entry in recovered] == [("BCDF-2222", "present", "A")]


def verify(tmp_path: Path, *arguments: str, secret: str = SECRET) -> subprocess.CompletedProcess:
    command = [sys.executable, str(ROOT / "scripts" / "verify_code.py"), *arguments]
    environment = os.environ | {"PENPAL_SECRET": secret}
    environment |= {"PENPAL_WAREHOUSE": str(tmp_path / "none.duckdb")}
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment)


def test_the_program_tells_ours_from_others(tmp_path: Path) -> None:
    code = CODES.issue("present", "A", "2026")
    about = ("--offer", "present", "--customer", "A", "--occasion", "2026")
    done = verify(tmp_path, code.lower())
    assert (done.returncode, done.stdout) == (0, f"{code.lower()} is one of ours.\n")
    assert verify(tmp_path, code, *about).returncode == 0
    assert verify(tmp_path, code, *about[:-1], "2027").returncode == 1
    assert verify(tmp_path, "SUMMER").returncode == 1
    done = verify(tmp_path, code, "--offer", "present")
    assert done.returncode == 2 and "together" in done.stderr
    done = verify(tmp_path, code, secret="")
    assert done.returncode == 2 and "Set PENPAL_SECRET" in done.stderr
    assert list(tmp_path.iterdir()) == []
