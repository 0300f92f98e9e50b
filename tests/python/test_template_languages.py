"""Liquid, merge tags and Jinja2: one context, the same results, and what is refused by name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from liquid import Environment
from test_letters import SHOP, SIGNER, Elements, page_of, row

from penpal.letters.render import Refused, Renderer
from penpal.letters.templates import Templates, text_of
from penpal.letters.templates.contract import VARIABLES, table
from penpal.letters.templates.filters import LimitExceeded
from penpal.letters.templates.liquid import Sandbox

PEN = {"name": "Pen & Co", "category": "pens", "price": 12.5, "currency": "EUR", "reason": "viewed"}
INK = {"name": "Ink <b>", "category": "ink", "price": 3, "currency": "EUR", "reason": "viewed"}
ORDER = {
    "order_id": "100482",
    "ordered_at": "2026-06-14T16:20:00Z",
    "currency": "EUR",
    "total": 1234.5,
    "items": [PEN | {"quantity": 2}],
}
CONTEXT = {
    "first_name": "Maren",
    "purchase_history": ["pens", "luxury"],
    "recommendations": [PEN, INK],
    "order": ORDER,
    "product": PEN | {"previous_price": 15},
    "viewed": [INK],
    "offer": {
        "offer": "summer",
        "code": "SUMMER",
        "kind": "percentage",
        "value": 10,
        "expires_at": "2026-07-01",
    },
}


def letters_of(folder: Path, files: dict[str, str]) -> Renderer:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return Renderer(SHOP, SIGNER, templates=folder)


def said(folder: Path, text: str, suffix: str, **context: Any) -> str:
    """What a text file of this language says."""
    head = "Subject: A letter\nPreheader: Look\n\n"
    files = {f"odd.txt.{suffix}": f"{head}{text}\n", "odd.mjml.j2": page_of("x")}
    renderer = letters_of(folder, files)
    queued = row("birthday", template="odd", context=CONTEXT | context)
    return renderer.render(queued)["text"].strip()


def faults_of(folder: Path, files: dict[str, str]) -> list[str]:
    return letters_of(folder, files).templates.validate()


# --- one context ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("liquid", "jinja", "expected"),
    [
        ("{{ first_name }}", "{{ first_name }}", "Maren"),
        ("*|FNAME|*", "*|FNAME|*", "Maren"),
        (
            "{% if customer.purchase_history contains 'luxury' %}fine{% else %}plain{% endif %}",
            "{% if 'luxury' in customer.purchase_history %}fine{% else %}plain{% endif %}",
            "fine",
        ),
        (
            "{% assign recommendations = site.recommendations[customer.id] %}"
            "{% for one in recommendations %}{{ one.name }}, {% endfor %}",
            "{% set mine = site.recommendations[customer.id] %}"
            "{% for one in mine %}{{ one.name }}, {% endfor %}",
            "Pen & Co, Ink <b>,",
        ),
        (
            "{% for product in recommended_products %}{{ product.price | money }} {% endfor %}",
            "{% for product in recommended_products %}{{ product.price | money }} {% endfor %}",
            "€12.50 €3.00",
        ),
        (
            "{{ order.number }} {{ order.date }} {{ order.total }} {{ order.products.size }}",
            "{{ order.number }} {{ order.date }} {{ order.total }} {{ order.products | length }}",
            "100482 June 14, 2026 €1,234.50 1",
        ),
        (
            "{{ offer.code }} {{ offer.value }} {{ offer.expires_on }}",
            "{{ offer.code }} {{ offer.value }} {{ offer.expires_on }}",
            "SUMMER 10% July 1, 2026",
        ),
        (
            "{{ product.name }} {{ product.previous_price }} {{ viewed_products[0].name }}",
            "{{ product.name }} {{ product.previous_price }} {{ viewed_products[0].name }}",
            "Pen & Co €15.00 Ink <b>",
        ),
        (
            "{{ order.date | date: '%d.%m.%Y' }} {{ 'now' | date: '%Y' }}",
            "{{ order.date | date('dd.MM.y') }} {{ today | date('y') }}",
            "14.06.2026 2026",
        ),
        (
            "{{ 1 | plural: one: '# pen', other: '# pens' }}, "
            "{{ 1200 | plural: one: '# pen', other: '# pens' }}",
            "{{ 1 | plural(one='# pen', other='# pens') }}, "
            "{{ 1200 | plural(one='# pen', other='# pens') }}",
            "1 pen, 1,200 pens",
        ),
        ("{{ 1234.5 | money }}", "{{ 1234.5 | money }}", "$1,234.50"),
    ],
)
def test_the_languages_say_the_same(tmp_path: Path, liquid: str, jinja: str, expected: str) -> None:
    assert said(tmp_path, liquid, "liquid") == expected
    (tmp_path / "odd.txt.liquid").unlink()
    assert said(tmp_path, jinja, "j2") == expected


@pytest.mark.parametrize("suffix", ["j2", "liquid"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*|IF:FNAME|*Dear *|FNAME|**|ELSE:|*Hello*|END:IF|*", "Dear Maren"),
        ("*|IF:LNAME|*Dear *|LNAME|**|ELSE:|*Hello*|END:IF|*", "Hello"),
        ("*|IFNOT:LNAME|*no*|ELSE:|*yes*|END:IF|*", "no"),
        ("*|IF:FNAME=Eve|*E*|ELSEIF:FNAME=Maren|*M*|ELSE:|*x*|END:IF|*", "M"),
        ("*|IF:FNAME!=Eve|**|IF:CITY|**|CITY|**|END:IF|*!*|END:IF|*", "!"),
        ("*|UPPER:FNAME|* *|LOWER:FNAME|* *|TITLE:FNAME|*", "MAREN maren Maren"),
        ("*|LIST:COMPANY|*: *|OFFER.CODE|* *|COUPON|*".replace("*|OFFER.CODE|* ", ""), None),
    ],
)
def test_merge_tags(tmp_path: Path, suffix: str, text: str, expected: str | None) -> None:
    found = said(tmp_path, text, suffix, last_name=None, city=None)
    assert found == (expected or f"{SHOP.name}: SUMMER")


def test_merge_tags_in_html(tmp_path: Path) -> None:
    page = page_of('<a href="*|UNSUB|*">*|IF:FNAME|**|FNAME|**|END:IF|*</a>')
    head = "Subject: *|FNAME|*\nPreheader: x\n\nx\n"
    renderer = letters_of(tmp_path, {"odd.mjml.liquid": page, "odd.txt.liquid": head})
    letter = renderer.render(row("birthday", template="odd", context={"first_name": "Ann & Bo"}))
    (link,) = [a["href"] for tag, a in Elements(letter["html"]).elements if tag == "a"]
    assert link.startswith(SHOP.unsubscribe_url + "?token=")
    assert "Ann &amp; Bo</a>" in letter["html"]
    assert letter["subject"] == "Ann & Bo"


# --- Liquid as python-liquid gives it ------------------------------------------------------------

SAMPLE: dict[str, Any] = {
    "words": ["delta", "Alpha", "charlie", "alpha", "bravo"],
    "numbers": [3, 1, 2.5],
    "things": [
        {"name": "b", "price": 2, "kind": "x"},
        {"name": "a", "price": 10, "kind": "y"},
        {"name": "c", "price": 5, "kind": "x"},
    ],
    "title": '  the quick <brown> fox\'s "tale" ',
    "nothing": None,
    "count": 3,
}
LIQUID = [
    "{{ title | strip | capitalize }}|{{ title | lstrip | upcase }}",
    "{{ title | rstrip | downcase }}",
    "{{ title | escape }}|{{ title | url_encode }}|{{ 'a%20b+c' | url_decode }}",
    "{{ '1 &lt; 2 < 3' | escape_once }}|{{ '<p>a</p>' | strip_html }}",
    "{{ title | strip | truncate: 12 }}|{{ title | truncate: 12, '~' }}",
    "{{ title | truncatewords: 2 }}",
    "{{ 'a,b,c' | split: ',' | join: ' + ' }}|{{ 'abc' | split: '' | last }}",
    "{{ words | first }}|{{ words | last }}|{{ words | size }}|{{ 'abc' | size }}|{{ words.size }}",
    "{{ words | sort | join }}|{{ words | sort_natural | join }}|{{ words | reverse | join: '-' }}",
    "{{ things | map: 'name' | join }}|{{ things | where: 'kind', 'x' | map: 'name' | join }}",
    "{{ things | sort: 'price' | map: 'name' | join }}|{{ things | sum: 'price' }}",
    "{{ words | uniq | size }}|{{ words | concat: numbers | size }}|{{ words | compact | size }}",
    "{{ 4 | plus: 2 }}|{{ 4 | minus: 2.5 }}|{{ 3 | times: 1.5 }}|{{ '3' | plus: '4' }}",
    "{{ 10 | divided_by: 4 }}|{{ 10 | divided_by: 4.0 }}|{{ 10 | modulo: 3 }}|{{ -3 | abs }}",
    "{{ 2.7 | round }}|{{ 2.71828 | round: 2 }}|{{ 1.2 | ceil }}|{{ 1.9 | floor }}",
    "{{ 4 | at_least: 5 }}|{{ 4 | at_most: 3 }}|{{ 'x' | append: 'y' | prepend: 'z' }}",
    "{{ 'a-b-a' | replace: 'a', 'c' }}|{{ 'a-b-a' | replace_first: 'a', 'c' }}",
    "{{ 'a-b-a' | remove: 'a' }}|{{ 'a-b-a' | remove_first: 'a' }}|{{ 'abcdef' | slice: 1, 3 }}",
    "{{ 'March 14, 2016' | date: '%b %d, %y' }}|{{ '2020-02-03' | date: '%d.%m.%Y' }}",
    "{{ 'what' | date: '%Y' }}|{{ '' | default: 'x' }}|{{ 0 | default: 'x' }}",
    "{{ false | default: 'x' }}|{{ false | default: 'x', allow_false: true }}",
    "{{ nil | default: 1 }}",
    "{% if count > 2 and title contains 'fox' %}a{% elsif count == 2 %}b{% else %}c{% endif %}",
    "{% unless count == 3 %}a{% else %}b{% endunless %}",
    "{% case count %}{% when 1, 2 %}few{% when 3 or 4 %}some{% else %}many{% endcase %}",
    "{% for word in words limit: 2 offset: 1 %}{{ forloop.index }}{{ word }} {% endfor %}",
    "{% for word in words reversed %}{{ forloop.rindex0 }}{{ word }}{% break %}{% endfor %}",
    "{% for i in (1..count) %}{% if i == 2 %}{% continue %}{% endif %}{{ i }}{% endfor %}",
    "{% for x in nothing %}x{% else %}none{% endfor %}",
    "{% for i in (1..2) %}{% for j in (1..2) %}{{ forloop.parentloop.index }}{{ j }} {% endfor %}"
    "{% endfor %}",
    "{% for word in words limit: 2 %}{{ word }}{% endfor %}"
    "{% for word in words offset: continue %}+{{ word }}{% endfor %}",
    "{% for i in (1..3) %}{{ forloop.first }} {{ forloop.last }} {{ forloop.length }};{% endfor %}",
    "{% assign a = words | first | upcase %}{{ a }}{% capture b %}[{{ a }}]{% endcapture %}{{ b }}",
    "{% comment %}{{ nothing }} {% if %}{% endcomment %}{% raw %}{{ a }} {% b %}{% endraw %}",
    "{% for i in (1..4) %}{% cycle 'odd', 'even' %} {% cycle 'g': 'a', 'b', 'c' %};{% endfor %}",
    "{% tablerow thing in things cols: 2 %}{{ thing.name }}{{ tablerowloop.col }}{% endtablerow %}",
    "{%- assign x = 1 -%}  {{- x -}}  !",
    "{{ things[1].name }}{{ things.first.name }}{{ words[-1] }}{{ things[0]['price'] }}",
    "{% if nothing == nil %}nil{% endif %}{% if '' == empty %}empty{% endif %}",
    "{{ 'a\nb' | newline_to_br }}|{{ 'a\nb' | strip_newlines }}",
]


@pytest.mark.parametrize("template", LIQUID)
def test_liquid_is_liquid(template: str) -> None:
    expected = Environment().from_string(template).render(**SAMPLE)
    assert Sandbox().from_string(template).render(**SAMPLE) == expected


@pytest.mark.parametrize("template", [one for one in LIQUID if "nothing" not in one])
def test_liquid_passes_the_check(tmp_path: Path, template: str) -> None:
    """The same templates, with the letter's variables in place of the sample's."""
    ours = re.sub(r"\bwords\b", "customer.purchase_history", template)
    ours = re.sub(r"\bthings\b", "recommendations", ours)
    ours = re.sub(r"\btitle\b", "first_name", re.sub(r"\bkind\b", "category", ours))
    ours = ours.replace("'price'", "'quantity'")
    ours = re.sub(
        r"\bcount\b", "cart.more", re.sub(r"\bnumbers\b", "customer.purchase_history", ours)
    )
    ours = ours.replace("{% if %}", "").replace("\n", " ")
    head = "Subject: A\nPreheader: B\n\n"
    files = {"odd.txt.liquid": f"{head}{ours}\n", "odd.mjml.j2": page_of("x")}
    assert faults_of(tmp_path, files) == []


@pytest.mark.parametrize(
    "template",
    [
        "{% assign a = 'x' %}" + "{% assign a = a | append: a | append: a %}" * 12 + "{{ a }}",
        "{% for i in (1..900) %}{% for j in (1..900) %}x{% endfor %}{% endfor %}",
        "{% for i in (1..900) %}x{% endfor %}" * 30,
        "{{ (1..99999999999) | join: 'x' }}",
        "{{ 2 | times: 999999999999999999 | times: 999999999999999 }}",
        "{{ 1.5 | round: 30000000 }}",
        "{{ '" + "x" * 9_999 + "' | replace: 'x', 'yyyy' }}",
        "{% capture a %}" + "x" * 10_001 + "{% endcapture %}",
    ],
)
def test_liquid_takes_no_more_than_a_letter_needs(template: str) -> None:
    sandbox = Sandbox()
    with pytest.raises((LimitExceeded, Exception), match=r"more than|limit"):
        sandbox.rendered(sandbox.from_string(template), {})


# --- faults, each with file, line, word ----------------------------------------------------------

HEAD = "Subject: A\nPreheader: B\n\n"
FAULTS = [
    ("j2", "{{ frist_name }}", "frist_name: is not a known variable. Did you mean first_name?"),
    ("liquid", "{{ frist_name }}", "frist_name: is not a known variable. Did you mean first_name?"),
    ("j2", "{{ cart.totl }}", "cart.totl: a cart has no totl. Did you mean total?"),
    ("liquid", "{{ cart.totl }}", "cart.totl: a cart has no totl. Did you mean total?"),
    ("j2", "{% if first_name %}", "if: this block is not closed."),
    ("liquid", "{% if first_name %}", "if: this block is not closed."),
    ("j2", "{% for a in recommendations %}{% if a %}{% endif %}", "for: this block is not closed."),
    ("j2", "{{ first_name", "{{ first_name: the tag is not closed: }} is missing."),
    ("liquid", "{{ first_name", "{{ first_name: the tag is not closed: }} is missing."),
    ("j2", "{{ recommendations }}", "recommendations: is a list"),
    ("liquid", "{{ recommendations }}", "recommendations: is a list"),
    ("j2", "{{ cart }}", "cart: is a cart: print one of its fields."),
    ("j2", "{{ is_picked }}", "is_picked: is true or false"),
    ("liquid", "{{ is_picked }}", "is_picked: is true or false"),
    (
        "j2",
        "{{ first_name | trunc(5) }}",
        "| trunc: there is no such filter. Did you mean truncate?",
    ),
    (
        "liquid",
        "{{ first_name | upcas }}",
        "| upcas: there is no such filter. Did you mean upcase?",
    ),
    ("liquid", "{{ first_name | truncate(5) }}", "In Liquid a filter's arguments follow a colon"),
    ("j2", "{% assign x = 1 %}", "assign: that is Liquid: write {% set name = … %}"),
    ("liquid", "{% set x = 1 %}", "set: that is Jinja2: write {% assign name = … %}"),
    ("j2", "{% frob %}", "frob: there is no such tag."),
    ("liquid", "{% frob %}", "frob: there is no such tag."),
    ("j2", "{% include 'shared/foot.txt.j2' %}", "there is no such file below emails/."),
    ("liquid", "{% render 'shared/foot.txt' %}", "there is no such file below emails/."),
    (
        "j2",
        "{{ link('https://evil.test/x') }}",
        "https://evil.test/x: shop.toml allows only the hosts",
    ),
    ("liquid", "{{ 'https://evil.test/x' | link }}", "https://evil.test/x: shop.toml allows only"),
    ("j2", "{{ site.recommendations['other'] }}", "only customer.id may stand in the brackets."),
    (
        "liquid",
        "{{ site.recommendations['other'] }}",
        "only customer.id may stand in the brackets.",
    ),
    ("j2", "*|FNMAE|*", "*|FNMAE|*: there is no such merge tag. Did you mean FNAME?"),
    ("liquid", "*|IF:FNAME|*x", "*|IF:FNAME|*: *|END:IF|* is missing."),
    ("j2", "x*|END:IF|*", "*|END:IF|*: there is no *|IF:…|* before it."),
    (
        "j2",
        "{{#if first_name}}",
        "{{#if first_name}}: that is Handlebars, write {% if first_name %}",
    ),
    ("j2", "{{#each cart.products}}", "write {% for item in cart.products %}"),
    ("liquid", "{{#unless x}}", "that is Handlebars, write {% unless x %}"),
    ("j2", "{{/if}}", "that is Handlebars, write {% endif %}"),
    ("j2", "{{> footer}}", 'write <mj-include path="shared/footer.mjml" />'),
    ("liquid", "{{> footer}}", '{% render "shared/footer.txt.liquid" %}'),
    ("j2", "{{{ first_name }}}", "write {{ first_name }}: values are always escaped"),
    ("j2", "{{this.name}}", "that is Handlebars, write {{ item.name }}"),
    ("j2", "{{else}}", "that is Handlebars, write {% else %}"),
    ("j2", "Dear %%FIRSTNAME%%", "%%FIRSTNAME%%: this would be printed as it stands"),
    ("j2", "Dear <%= name %>", "this would be printed as it stands"),
    ("j2", "Dear ${name}", "this would be printed as it stands"),
    ("j2", "Dear [First Name]", "this would be printed as it stands"),
    ("j2", "Dear {first_name}", "this would be printed as it stands"),
    ("liquid", "{# a note #}", "this would be printed as it stands"),
    ("j2", "[[ words.nothing ]]", "its locale has no word nothing."),
]


@pytest.mark.parametrize(("suffix", "text", "message"), FAULTS)
def test_faults_name_file_line_and_word(
    tmp_path: Path, suffix: str, text: str, message: str
) -> None:
    files = {f"odd.txt.{suffix}": f"{HEAD}Hello\n{text}\n", "odd.mjml.j2": page_of("x")}
    faults = faults_of(tmp_path, files)
    assert any(one.startswith(f"emails/odd.txt.{suffix}:5: ") for one in faults), faults
    assert any(message in one for one in faults), faults
    # And the same in the HTML part, on its line of its file.
    (tmp_path / f"odd.txt.{suffix}").write_text(HEAD + "x\n")
    (tmp_path / "odd.mjml.j2").unlink()
    (tmp_path / f"odd.mjml.{suffix}").write_text(page_of(f"\nHello\n{text}\n"))
    faults = Templates(SHOP, tmp_path).validate()
    if "include" not in text and "render" not in text:
        assert any(one.startswith(f"emails/odd.mjml.{suffix}:3: ") for one in faults), faults
        assert any(message in one for one in faults), faults


def test_a_fault_in_a_shared_block_is_told_where_it_stands(tmp_path: Path) -> None:
    files = {
        "odd.txt.j2": HEAD + "x\n",
        "odd.mjml.j2": page_of("x").replace(
            "<mj-text>", '<mj-include path="shared/a.mjml" /><mj-text>'
        ),
        "shared/a.mjml": "<!-- a\nnote -->\n"
        '<mj-include path="shared/b.mjml" who="first_nam">x</mj-include>',
        "shared/b.mjml": "<mj-text>\n  [[ content ]]\n  {{ [[ who ]] }}\n</mj-text>",
        "locales/en.toml": "",
    }
    (fault,) = faults_of(tmp_path, files)
    assert fault.startswith("emails/shared/b.mjml:3: first_nam: is not a known variable.")


def test_a_fault_in_a_word_is_told_where_it_stands(tmp_path: Path) -> None:
    files = {
        "odd.txt.j2": HEAD + "[[ words.hello ]]\n",
        "odd.mjml.j2": page_of("x"),
        "locales/en.toml": '[odd]\nfine = "x"\nhello = "Hello {{ frist_name }}"\n',
    }
    (fault,) = faults_of(tmp_path, files)
    assert fault.startswith("emails/locales/en.toml:3: frist_name: is not a known variable.")


def test_all_faults_of_all_letters_are_told_at_once(tmp_path: Path) -> None:
    files = {
        "one.txt.j2": HEAD + "{{ a }} {{ b }}\n",
        "one.mjml.j2": page_of("{{ c }}"),
        "two.mjml.liquid": page_of("{{ d }}"),
        "three.txt.j2": HEAD,
        "four.mjml.j2": page_of("x"),
        "four.mjml.liquid": page_of("x"),
        "five.mjml.j2": "<mjml><mj-body><mj-text>\n</mj-body></mjml>",
        "five.txt.j2": "Hello\n",
        "locales/de.toml": "[one",
    }
    faults = faults_of(tmp_path, files)
    words = (
        "a: is not",
        "b: is not",
        "c: is not",
        "d: is not",
        "three.txt.j2:1: three: has no MJML",
    )
    words += ("four.mjml.j2:1: four: there is a .liquid file of it too", "no text part: write")
    words += (
        "five.mjml.j2:2: </mj-body>: <mj-text> is still open here.",
        "must begin with the lines",
    )
    if any("locales/de.toml:1" in one for one in faults):
        (tmp_path / "locales/de.toml").unlink()
        faults += Templates(SHOP, tmp_path).validate()
    for word in (*words, "locales/de.toml:1: cannot be read"):
        assert any(word in one for one in faults), (word, faults)


# --- letters without a text file -----------------------------------------------------------------


def test_a_text_is_made_of_the_html(tmp_path: Path) -> None:
    page = (
        "Subject: {{ first_name }} & co\nPreheader: Look\n\n"
        "<mjml><mj-head><mj-style>.a { color: red; }</mj-style></mj-head><mj-body><mj-section>"
        "<mj-column><mj-text><h1>Hello   {{ first_name }}</h1><p>A <b>fine</b> day.<br />Yes.</p>"
        "<ul><li>one</li><li>two "
        "<a href=\"{{ link('https://shop.example.com/a') }}\">things</a></li></ul>"
        "<ol><li>first</li><li>second</li></ol></mj-text>"
        '<mj-button href="{{ shop_url }}">Have a look</mj-button>'
        '<mj-image src="https://shop.example.com/a.png" alt="A pen" />'
        "<mj-raw>{% for p in recommendations %}<tr><td>{{ p.name }}</td><td>{{ p.price }}</td></tr>"
        "{% endfor %}</mj-raw></mj-column></mj-section></mj-body></mjml>"
    )
    renderer = letters_of(tmp_path, {"odd.mjml.j2": page})
    letter = renderer.render(row("birthday", template="odd", context=CONTEXT))
    assert letter["subject"] == "Maren & co"
    text = re.sub(r"\?utm\S*", "", letter["text"])
    assert text == (
        "Hello Maren\n\nA fine day.\nYes.\n\n- one\n- two things:\nhttps://shop.example.com/a\n\n"
        "1. first\n2. second\n\nHave a look:\nhttps://shop.example.com/\n\nA pen\n\n"
        "Pen & Co €12.50\nInk <b> €3.00\n"
    ).replace("\n\nA pen\n\n", "\nA pen\n")


def test_what_nobody_sees_is_in_no_text() -> None:
    html = (
        "<html><head><title>T</title><style>a{}</style></head><body>"
        '<div style="display:none">preheader</div><!--[if mso]><p>Outlook</p><![endif]-->'
        '<p>Seen&nbsp;this</p><a href="https://a.test/"><img src="x" alt=""></a>'
        '<p><a href="https://a.test/">https://a.test/</a> '
        '<a href="mailto:a@b.test">a@b.test</a></p>'
        "</body></html>"
    )
    assert text_of(html) == "Seen this\n\nhttps://a.test/ a@b.test\n"


# --- the list of variables -----------------------------------------------------------------------


def test_the_page_on_letters_has_the_table_of_variables() -> None:
    page = (ROOT / "emails" / "README.md").read_text(encoding="utf-8")
    assert table() in page, (
        "emails/README.md: put in what `PYTHONPATH=scripts .venv/bin/python -m "
        "penpal.letters.templates.contract` prints."
    )


def test_every_variable_is_in_the_context() -> None:
    renderer = Renderer(SHOP, SIGNER)
    context = renderer.contexts.build(row("birthday"), "en", "ltr")
    assert {*context, "subject", "preheader"} == set(VARIABLES)


def test_only_what_is_used_is_built(tmp_path: Path) -> None:
    renderer = letters_of(
        tmp_path, {"odd.txt.j2": HEAD, "odd.mjml.j2": page_of("{{ order.date }}")}
    )
    assert renderer.templates.get("odd", "en").used == {"order"}


@pytest.mark.parametrize("suffix", ["j2", "liquid"])
def test_what_is_missing_is_false_and_never_printed(tmp_path: Path, suffix: str) -> None:
    gone = dict.fromkeys(("order", "product", "offer", "viewed"))
    for name in ("order.number", "product.name", "offer.code", "order.products"):
        found = said(tmp_path, f"{{% if {name} %}}yes{{% else %}}no{{% endif %}}", suffix, **gone)
        assert found == "no"
    loop = "{% for p in order.products %}x{% else %}none{% endfor %}"
    assert said(tmp_path, loop, suffix, **gone) == "none"
    default = "{{ order.number | default: '-' }}" if suffix == "liquid" else (
        "{{ order.number | default('-') }}"
    )  # fmt: skip
    assert said(tmp_path, default, suffix, **gone) == "-"
    with pytest.raises(Refused) as refused:
        said(tmp_path, "{{ order.number }}", suffix, **gone)
    assert refused.value.reason == "missing_value"


def test_an_order_is_shown_to_whom_it_is_about() -> None:
    """A transactional letter holds it, personalization or not; any other letter only with it."""
    queued = row("birthday", context={"order": ORDER, "can_personalize": False})
    for transactional, is_shown in ((frozenset(["birthday"]), True), (frozenset(), False)):
        contexts = Renderer(SHOP, SIGNER, transactional).contexts
        context = contexts.build(queued, "en", "ltr")
        assert bool(context["order"]) == is_shown
        assert not context["product"]
        assert context["customer"].purchase_history == []
    assert json.loads(queued["context"])["order"]
