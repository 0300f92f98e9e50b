"""The lint of templates: what is planted in a template is found in each letter made of it."""

# ruff: noqa: E501 (what is planted stands in one line)

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from penpal.letters import shop as shops
from penpal.lint import Against, lint
from penpal.lint.trying import languages, templates, tried
from penpal.settings import EMAILS, UserError

QUEUE = json.loads((ROOT / "tests/fixtures/letters/queue.json").read_text(encoding="utf-8"))
SHOP = shops.load()
MJML = """<mjml lang="{{ language }}" dir="{{ direction }}">
<mj-head><mj-title>{{ subject }}</mj-title><mj-preview>{{ preheader }}</mj-preview></mj-head>
<mj-body background-color="#ffffff"><mj-section><mj-column>
<mj-text font-size="17px" color="#222222"><h1>We kept your cart</h1></mj-text>
<mj-text font-size="17px" color="#222222">Hello{% if first_name %} {{ first_name }}{% endif %},</mj-text>
<mj-text font-size="17px" color="#222222">use the code INK2026 within a week, and pay $5.00 less.</mj-text>
<mj-button href="{{ cart.url }}" font-size="16px" inner-padding="16px 30px">Return to your cart</mj-button>
<mj-text font-size="14px" color="#222222">{{ shop.postal_address }}
<a href="{{ unsubscribe_url }}" style="color:#222222">Unsubscribe</a></mj-text>
</mj-column></mj-section></mj-body></mjml>
"""
TEXT = """Subject: We kept your cart for you
Preheader: There is no hurry at all. It stays where it is.

Hello{% if first_name %} {{ first_name }}{% endif %},

use the code INK2026 within a week, and pay $5.00 less.
Return to your cart: {{ cart.url }}

{{ shop.postal_address }}
Unsubscribe: {{ unsubscribe_url }}
"""
BORING = {"feedback-id-missing"}  # of headers, which no template writes


def readers() -> dict[str, dict[str, Any]]:
    rows = [row for row in QUEUE if row["template"] == "cart_abandonment"]
    return {row["occasion"]: row | {"context": json.dumps(row["context"])} for row in rows}


def broken(folder: Path, mjml: str = MJML, text: str = TEXT) -> set[str]:
    """Rules that the letters of a template break, in a folder of its own."""
    (folder / "cart_abandonment.mjml.j2").write_text(mjml, encoding="utf-8")
    (folder / "cart_abandonment.txt.j2").write_text(text, encoding="utf-8")
    letters = list(tried("cart_abandonment", SHOP, folder, readers()))
    assert len(letters) == len(readers()) > 2
    return {f.rule for mail in letters for f in lint(mail, Against(SHOP)) if f.severity != "note"}


def test_a_good_template_has_no_fault(tmp_path: Path) -> None:
    assert broken(tmp_path) <= BORING


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("greeting-empty", "Hello{% if first_name %} {{ first_name }}{% endif %},", "Hello ,"),
        ("value-missing", "Hello{% if first_name %}", "Hello null{% if first_name %}"),
        ("contrast-light", 'color="#222222">use', 'color="#aaaaaa">use'),
        ("font-small", '"17px" color="#222222">use', '"12px" color="#222222">use'),
        ("font-tiny", '"17px" color="#222222">use', '"8px" color="#222222">use'),
        ("tap-small", "16px 30px", "4px 30px"),
        ("heading-missing", "<h1>We kept your cart</h1>" + "</mj-text>", "We kept your cart</mj-text>"),
        ("heading-order", "h1>", "h3>"),
        ("link-text-vague", ">Return to your cart<", ">Click here<"),
        ("placeholder-text", "use the code", "Lorem ipsum: use the code"),
        ("table-role", "<h1>", "<table><tr><td>One</td></tr></table><h1>"),
        ("parity-codes", "INK2026", "INK2027"),
        ("parity-prices", "$5.00", "$50.00"),
        ("address-missing", "{{ shop.postal_address }}", ""),
        ("unsubscribe-missing", '<a href="{{ unsubscribe_url }}" style="color:#222222">Unsubscribe</a>', ""),
        ("lang-missing", 'lang="{{ language }}" ', ""),
        ("title-missing", "<mj-title>{{ subject }}</mj-title>", ""),
        ("preheader-missing", "<mj-preview>{{ preheader }}</mj-preview>", ""),
        ("css-support", "<h1>", '<h1 style="position:absolute">'),
    ],
)  # fmt: skip
def test_faults_of_the_html(rule: str, old: str, new: str, tmp_path: Path) -> None:
    assert old in MJML
    if rule == "heading-missing":  # short letters need none
        new += f'<mj-text font-size="17px" color="#222222">{"Ink flows. " * 20}</mj-text>'
    assert rule in broken(tmp_path, MJML.replace(old, new))


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("subject-capitals", "We kept your cart for you", "WE KEPT YOUR CART"),
        ("subject-exclamation", "We kept your cart for you", "Your cart!!"),
        ("subject-fake-reply", "We kept your cart for you", "Re: your cart"),
        ("subject-long", "We kept your cart for you", "We kept your cart " * 6),
        ("preheader-short", "There is no hurry at all. It stays where it is.", "No hurry."),
        ("preheader-long", "There is no hurry at all.", "There is no hurry at all. " * 7),
        ("parity-links", "{{ cart.url }}", "{{ shop_url }}"),
        ("parity-names", "Hello{% if first_name %} {{ first_name }}{% endif %},", "Hello all,"),
        ("parity-codes", "INK2026", "INK2025"),
        ("text-part-is-html", "use the code", "<p>use the code</p>"),
        ("entity-visible", "within a week", "within&nbsp;a week"),
        ("address-missing", "{{ shop.postal_address }}", ""),
    ],
)
def test_faults_of_the_text(rule: str, old: str, new: str, tmp_path: Path) -> None:
    assert old in TEXT
    assert rule in broken(tmp_path, text=TEXT.replace(old, new))


def test_a_letter_that_is_refused_is_told(tmp_path: Path) -> None:
    assert broken(tmp_path, MJML.replace("We kept", "{{ city }} kept")) == {"letter-refused"}


def test_a_template_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no template nothing in"):
        list(tried("nothing", SHOP, tmp_path))


def test_the_languages_of_templates(tmp_path: Path) -> None:
    (tmp_path / "locales").mkdir()
    for name in ("a.mjml.j2", "a.fr.mjml.j2", "b.mjml.liquid", "b.txt.j2", "locales/ar.toml"):
        (tmp_path / name).write_text("")
    assert templates(tmp_path) == ["a", "b"]
    assert languages("a", SHOP, tmp_path) == ["ar", "en", "fr"]
    assert languages("b", SHOP, tmp_path) == ["ar", "en"]


def test_a_language_that_a_template_lacks_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "locales").mkdir()
    (tmp_path / "locales" / "de.toml").write_text("")
    (tmp_path / "cart_abandonment.mjml.j2").write_text(MJML, encoding="utf-8")
    (tmp_path / "cart_abandonment.txt.j2").write_text(TEXT, encoding="utf-8")
    letters = list(tried("cart_abandonment", SHOP, tmp_path, readers()))
    assert {mail.language for mail in letters} == {"en"}


@pytest.mark.parametrize("template", templates(EMAILS))
def test_our_own_letters_have_no_error(template: str) -> None:
    rows = {row["occasion"]: row | {"context": json.dumps(row["context"])} for row in QUEUE}
    for mail in tried(template, SHOP, readers=rows):
        errors = [one for one in lint(mail, Against(SHOP)) if one.severity == "error"]
        assert not errors, (mail.name, errors)
