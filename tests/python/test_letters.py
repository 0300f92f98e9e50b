"""Letters: templates, context, links, tokens; hostile values, missing values, golden letters."""

from __future__ import annotations

import csv
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from email.utils import parseaddr
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jinja2.exceptions import SecurityError

from penpal.letters import shop
from penpal.letters.context import NAME_LIMIT, PRODUCT_LIMIT, clean, is_name, money
from penpal.letters.links import numbered, safe_url, tracked
from penpal.letters.render import HTML_LIMIT, Refused, Renderer, check_header
from penpal.letters.templates import TemplateRefused, Templates
from penpal.letters.templates.jinja import Sandbox
from penpal.letters.tokens import InvalidToken, Signer, _encode

GOLDEN = Path(__file__).parents[1] / "fixtures" / "letters"
QUEUE = json.loads((GOLDEN / "queue.json").read_text(encoding="utf-8"))
TIMES = ("send_after", "expires_at", "evaluated_at")
SHOP = shop.load()
LETTERS = sorted(
    path.name.removesuffix(".mjml.j2")
    for path in Templates(SHOP).root.glob("*.mjml.j2")
    if path.name.count(".") == 2
)
BLOCKS = {path.stem for path in (Templates(SHOP).root / "shared").glob("*.mjml")}
# Notices show an order or ask one thing: nothing is recommended, nothing to unsubscribe from.
NOTICES = {"order_confirmation", "consent_confirmation"}
NAMELESS = {"consent_confirmation"}  # whoever typed the address may have typed any name
SIGNER = Signer("a secret for tests only")
RENDERER = Renderer(SHOP, SIGNER)


def row(letter: str = "cart_abandonment", **changes: Any) -> dict[str, Any]:
    """The fixture's full row of a letter (of another one, where it has none); `context` changes are
    merged into its context."""
    found = next((one for one in QUEUE if one["template"] == letter), QUEUE[0])
    found = found | {"template": letter, "campaign": letter}
    context = found["context"] | changes.pop("context", {})
    times = {name: datetime.fromisoformat(found[name]) for name in TIMES}
    return found | times | {"context": json.dumps(context)} | changes


def render(letter: str = "cart_abandonment", **changes: Any) -> dict[str, Any]:
    return RENDERER.render(row(letter, **changes))


class Elements(HTMLParser):
    """All elements of a page with their attributes, and its text."""

    def __init__(self, page: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


# --- golden letters: PENPAL_UPDATE_GOLDEN=1 pytest tests/python/test_letters.py writes them ------


@pytest.mark.parametrize("queued", QUEUE, ids=[one["occasion"] for one in QUEUE])
def test_golden(queued: dict[str, Any]) -> None:
    letter = RENDERER.render(queued | {"context": json.dumps(queued["context"])})
    headers = json.dumps(json.loads(letter["headers"]), indent=2, ensure_ascii=False)
    head = f"Subject: {letter['subject']}\nPreheader: {letter['preheader']}\n{headers}\n\n"
    for suffix, text in ((".txt", head + letter["text"]), (".html", letter["html"])):
        path = GOLDEN / (queued["occasion"] + suffix)
        if os.environ.get("PENPAL_UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")


# --- every letter ------------------------------------------------------------------------------


def test_each_campaign_has_its_letter() -> None:
    with (ROOT / "seeds/rules/campaigns.csv").open(newline="", encoding="utf-8") as file:
        active = {r["template"] for r in csv.DictReader(file) if r["is_active"] == "true"}
    missing = active - set(LETTERS)
    assert not missing, (
        f"seeds/rules/campaigns.csv: active campaigns without letters in emails/: {missing}"
    )


@pytest.mark.parametrize("template", LETTERS)
def test_is_accessible_and_complete(template: str) -> None:
    letter = render(template)
    page = Elements(letter["html"])
    tags = dict(page.elements)
    assert tags["html"]["lang"] == letter["language"] == "en"
    assert tags["html"]["dir"] == "ltr"
    assert letter["subject"] in page.text
    assert letter["preheader"] in page.text
    assert SHOP.postal_address in page.text
    assert SHOP.postal_address in letter["text"]
    assert all(a.get("role") == "presentation" for tag, a in page.elements if tag == "table")
    assert all(a.get("alt") for tag, a in page.elements if tag == "img")
    assert any(tag == "img" for tag, _ in page.elements) == (template not in NOTICES)
    assert not any(tag in ("script", "link", "iframe") for tag, _ in page.elements)
    assert ("Unsubscribe" in page.text) == (template not in NOTICES)
    assert len(letter["html"]) < 40_000


@pytest.mark.parametrize("template", LETTERS)
@pytest.mark.parametrize("count", [0, 1, 2, 5, 9])
def test_number_of_products(template: str, count: int) -> None:
    products = [{"name": f"Thing {n}", "reason": "viewed"} for n in range(count)]
    cart = {"items": products, "value": 10, "currency": "EUR"}
    letter = render(template, context={"cart": cart, "recommendations": products})
    shown = len(set(re.findall(r"Thing \d", letter["text"])))
    assert shown == (0 if template in NOTICES else min(count, PRODUCT_LIMIT))
    assert len(set(re.findall(r"Thing \d", letter["html"]))) >= shown
    if template == "cart_abandonment" and count > PRODUCT_LIMIT:
        assert f"and {count - PRODUCT_LIMIT} more" in letter["text"]


def test_refused_personalization_shows_nothing_personal() -> None:
    # The queue should not hold any of this; if it does, the letter still must not.
    for template in LETTERS:
        for value in (False, None, "true", 1):
            letter = render(template, context={"can_personalize": value})
            context = json.loads(row(template)["context"])
            printed = letter["html"] + letter["text"] + letter["subject"] + letter["preheader"]
            for name in ("first_name", "last_name", "city"):
                assert context[name] not in printed
            assert context["cart"]["recovery_url"].split("?")[0] not in printed
            for product in context["recommendations"]:
                is_shown = product["reason"] == "best_seller" and template not in NOTICES
                assert (product["name"] in printed) == is_shown


@pytest.mark.parametrize(
    ("reasons", "is_picked"),
    [
        (["best_seller", "trending"], False),
        (["trending", "viewed"], True),
        (["bought_together"], True),
        ([], False),
    ],
)
def test_what_sells_to_everybody_is_not_called_picked(reasons: list[str], is_picked: bool) -> None:
    shown = json.loads(row("birthday")["context"])["recommendations"][:1]
    letter = render(
        "birthday",
        context={
            "can_personalize": True,
            "recommendations": [product | {"reason": r} for product in shown for r in reasons],
        },
    )
    assert ("picked with you in mind" in letter["text"]) == is_picked


PEN = {"name": "Pen", "price": 10.00, "currency": "USD", "quantity": 1}
INK = {"name": "Ink", "price": 12.50, "currency": "USD", "quantity": 2}
YEN = {"name": "Fude", "price": 1200.40, "currency": "JPY", "quantity": 2}


@pytest.mark.parametrize(
    ("items", "value", "currency", "total"),
    [
        ([PEN], 10, "USD", "$10.00"),
        ([PEN, INK], 35.00, "usd", "$35.00"),
        ([PEN] * PRODUCT_LIMIT, 50, "USD", "$50.00"),
        ([PEN] * (PRODUCT_LIMIT + 1), 60, "USD", None),  # one is not shown
        ([PEN, INK], 10, "USD", None),  # a sum of something else
        ([PEN, INK], 31.50, "USD", None),  # less a discount that is not shown
        ([PEN, INK | {"name": None}], 35, "USD", None),  # left the catalogue: not shown
        ([PEN, INK | {"currency": "EUR"}], 35, "USD", None),
        ([PEN, INK | {"currency": None}], 35, "USD", None),
        ([PEN, INK | {"price": None}], 10, "USD", None),
        ([PEN | {"quantity": 10_000}], 100_000, "USD", None),  # shown as one
        ([PEN], None, "USD", None),
        ([PEN], 10, None, None),
        ([], 0, "USD", None),
        ([YEN], 2400, "JPY", "¥2,400"),  # twice what is shown, ¥1,200
        ([YEN], 2400.80, "JPY", None),
    ],
)
def test_a_total_is_what_the_shown_prices_come_to(
    items: list[dict], value: float | None, currency: str | None, total: str | None
) -> None:
    cart = {"items": items, "value": value, "currency": currency}
    letter = render(context={"cart": cart})
    for part in (letter["text"], Elements(letter["html"]).text):
        assert ("Cart total" in part) == (total is not None)
        assert total is None or total in part


def test_each_price_has_its_own_currency() -> None:
    cart = {"items": [PEN, INK | {"currency": "EUR"}], "value": 35, "currency": "USD"}
    text = render(context={"cart": cart})["text"]
    assert "Pen: $10.00" in text
    assert "Ink: 2 \u00d7 €12.50" in text


NO_NAMES = [
    "posy.lunan@example.com",
    "Eve Bcc: evil@example.net",
    "+44 7700 900123",
    "07700 900123",
    "(030) 12-34-56",
    "Please ring 07700 900123 first",
    "https://example.com",
    "www.example.com",
    "example.com/offer",
    "12 High Street",
    "221b Baker Street",
    "Hauptstraße 12",
    "N/A",
    "NULL",
    "[redacted]",
    "Customer",
    "guest",
    "#N/A",
    "<b>Ann</b>",
    "&lt;b&gt;Ann",
    "@ann_lee",
    "{{ first_name }}",
    "*|FNAME|*",
    "=HYPERLINK(A1)",
]


@pytest.mark.parametrize("template", LETTERS)
@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name_greets_nobody(template: str, name: str) -> None:
    letter = render(template, context={"first_name": name})
    nameless = render(template, context={"first_name": None})
    for part in ("subject", "preheader", "text", "html"):
        assert letter[part] == nameless[part]


@pytest.mark.parametrize("name", ["Ann", "J.R.", "St.John", "Louis XIV", "Nan", "J0hn", "Dr. No"])
def test_names_greet(name: str) -> None:
    assert f"Hello {name}," in render(context={"first_name": name})["text"]


# --- missing values ----------------------------------------------------------------------------

KEYS = sorted(QUEUE[0]["context"])
ABSENT = object()


@pytest.mark.parametrize("template", LETTERS)
@pytest.mark.parametrize("value", [ABSENT, None, "", "  ", [], {}, 7, True, "x"])
@pytest.mark.parametrize("key", [*KEYS, "everything", "inside the cart", "inside products"])
def test_missing_values_never_show(template: str, key: str, value: Any) -> None:
    context = json.loads(row(template)["context"])
    if key == "everything":
        context = dict.fromkeys(context, value)
    elif key == "inside the cart":
        context["cart"] = dict.fromkeys(context["cart"], value)
    elif key == "inside products":
        for product in [*context["recommendations"], *context["cart"]["items"]]:
            product.update({name: value for name in product if name != "name"})
    else:
        context[key] = value
    if value is ABSENT:
        context = {name: one for name, one in context.items() if one is not ABSENT}
        if key == "inside the cart":
            context["cart"] = {}
        if key == "inside products":
            for product in [*context["recommendations"], *context["cart"]["items"]]:
                for name in set(product) - {"name"}:
                    del product[name]
    letter = RENDERER.render(row(template) | {"context": json.dumps(context)})
    for part in ("subject", "preheader", "text", "html"):
        printed = letter[part] if part != "html" else Elements(letter[part]).text
        assert not re.search(r"None|Undefined|Missing|nan|True|False|\{\{|\{%|\[\]", printed)
        assert not re.search(r"(Hello|birthday|^) ?, *[,!]|Hello ,| ,|,,|: *\n\n\n", printed)
    assert letter["subject"][0].isupper() or letter["subject"].startswith("x,")


def test_printing_a_missing_value_refuses_the_letter(tmp_path: Path) -> None:
    for expression in ("first_name", "'Dear ' ~ first_name", "first_name | upper"):
        renderer = letter_of(tmp_path, f"Hello {{{{ {expression} }}}}")
        with pytest.raises(Refused) as refused:
            renderer.render(row("birthday", template="odd", context={"first_name": None}))
        assert refused.value.reason == "missing_value"
        assert "first_name" in refused.value.detail


def letter_of(folder: Path, text: str, subject: str = "A letter", mjml: str = "") -> Renderer:
    """A renderer whose template `odd` has this text."""
    (folder / "odd.txt.j2").write_text(f"Subject: {subject}\nPreheader: Look\n\n{text}\n")
    (folder / "odd.mjml.j2").write_text(mjml or page_of("{{ subject }}"))
    return Renderer(SHOP, SIGNER, templates=folder)


def page_of(content: str) -> str:
    return (
        "<mjml><mj-body><mj-section><mj-column><mj-text>"
        f"{content}</mj-text></mj-column></mj-section></mj-body></mjml>"
    )


END = "</mj-body></mjml>"
FOOT = (END, '<mj-include path="shared/foot.mjml" />' + END)


@pytest.mark.parametrize("name", ["Example Shop", "Café Ünïcode", 'Zoë "the" Shop', "A, B"])
def test_the_sender_keeps_his_name(name: str) -> None:
    sender = Renderer(replace(SHOP, sender_name=name), SIGNER).from_header
    assert parseaddr(sender) == (name, SHOP.sender_address)
    assert "=?" not in sender


# --- hostile values ----------------------------------------------------------------------------

HOSTILE_NAMES = {
    1: "<script>alert(1)</script>",
    2: '" onmouseover="alert(1)',
    3: "</style><script>alert(1)</script>",
    4: "{{7*7}}",
    5: "{% for x in [].__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    18: "=cmd|'/c calc'!A1",
    19: "@SUM(1+1)",
}


@pytest.fixture
def anything_is_a_name(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("penpal.letters.context._NO_NAME", re.compile("(?!)"))
    is_name.cache_clear()
    yield
    is_name.cache_clear()


@pytest.mark.usefixtures("anything_is_a_name")
@pytest.mark.parametrize("template", LETTERS)
@pytest.mark.parametrize("number", HOSTILE_NAMES)
def test_hostile_names(template: str, number: int) -> None:
    """Should one ever be taken for a name, it is printed and does nothing."""
    name = HOSTILE_NAMES[number]
    cut = clean(name, NAME_LIMIT)
    harmless = Elements(render(template, context={"first_name": "Harmless"})["html"])
    letter = render(template, context={"first_name": name})
    page = Elements(letter["html"])
    assert (cut in letter["text"]) == (template not in NAMELESS)
    assert (cut in page.text) == (template not in NAMELESS)
    assert "49" not in letter["subject"]
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in harmless.elements]
    assert [set(a) for _, a in page.elements] == [set(a) for _, a in harmless.elements]


@pytest.mark.parametrize("number", HOSTILE_NAMES)
def test_hostile_product_names_stay_inside_the_attribute(number: int) -> None:
    items = [{"name": HOSTILE_NAMES[number], "image_url": "https://images.example.com/a.jpg"}]
    page = Elements(render(context={"cart": {"items": items}})["html"])
    images = [a for tag, a in page.elements if tag == "img"]
    assert [set(a) for a in images] == [{"src", "alt", "width", "height", "style"}]
    assert not any("onmouseover" in a for _, a in page.elements)


@pytest.mark.parametrize(
    "expression",
    [
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",  # 6
        "{{ ('{0.__class__.__init__.__globals__}').format(shop) }}",  # 7
        "{{ 9**99999999 }}",  # 8
        "{{ 'a' * 999999999 }}",
        "{{ '%999999999s' % 'a' }}",
        "{{ 'a'.center(400000000) }}",
        "{{ 'a' | center(400000000) }}",
        "{{ first_name | safe }}",
        "{{ first_name.__class__ }}",
        "{{ shop['__class__'] }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",  # 9
        "{% include '../../etc/passwd' %}",  # 10
        "{% include first_name %}",
        "{% import 'odd.txt.j2' as odd %}",
        "{% extends 'odd.txt.j2' %}",
        "{% autoescape false %}{{ first_name }}{% endautoescape %}",
        "{{ none }}",
        "{{ frist_name }}",
        "{{ '{{' }}",
        "{first_name}",
        "{{ first_name }",
        "{{ first_name }}}}",
    ],
)
def test_hostile_templates_are_refused_at_once(tmp_path: Path, expression: str) -> None:
    began = time.process_time()
    with pytest.raises((SecurityError, Refused)):
        letter_of(tmp_path, expression).render(row("birthday", template="odd"))
    with pytest.raises((SecurityError, Refused)):
        renderer = letter_of(tmp_path, "Hello", mjml=page_of(expression))
        renderer.render(row("birthday", template="odd"))
    assert time.process_time() - began < 1


def test_sandbox_by_itself() -> None:
    sandbox = Sandbox(str, autoescape=False)
    for expression in ("''.__class__.__mro__", "2 ** 3", "'a' * 5", "'%s' % 'a'"):
        with pytest.raises(SecurityError):
            sandbox.from_string(f"{{{{ {expression} }}}}").render()


@pytest.mark.parametrize(
    "mjml",
    [
        page_of("<a href={{ shop_url }}>x</a>"),
        page_of('<a href="{{ first_name }}">x</a>'),
        page_of('<a href="https://shop.example.com/">x</a>'),
        page_of('<a href="https://{{ first_name }}/">x</a>'),
        page_of('<a href="javascript:alert(1)">x</a>'),
        page_of('<a onclick="x()" href="{{ shop_url }}">x</a>'),
        page_of('<span {{ first_name }}="a">x</span>'),
        page_of('<span style="color:{{ first_name }}">x</span>'),
        page_of("<script>1</script>"),
        page_of("<{{ first_name }}>x</{{ first_name }}>"),
        page_of("[[ nothing ]]"),
        page_of("x").replace(
            "<mj-body>", "<mj-head><mj-style>{{ first_name }}</mj-style></mj-head><mj-body>"
        ),
        page_of("x").replace(
            "<mj-body>",
            f"<mj-head><mj-style>{'.a { color: red; } ' * 1000}</mj-style></mj-head><mj-body>",
        ),
        page_of("x").replace("<mj-text>", '<mj-include path="../../etc/passwd" /><mj-text>'),
        page_of("x").replace("<mj-text>", '<mj-include path="odd.mjml.j2" /><mj-text>'),
        "<mjml><mj-body></mjml>",
    ],
)
def test_templates_that_escaping_cannot_save_are_refused(tmp_path: Path, mjml: str) -> None:
    renderer = letter_of(tmp_path, "Hello", mjml=mjml)
    with pytest.raises(TemplateRefused, match=r"odd|mjml"):
        renderer.templates.get("odd", "en")


def test_tags_that_mjml_drops_are_noticed(tmp_path: Path) -> None:
    source = page_of("x").replace("<mj-text>", '<mj-text unheard-of="{{ first_name }}">')
    with pytest.raises(TemplateRefused, match="gets lost"):
        letter_of(tmp_path, "Hello", mjml=source).templates.get("odd", "en")


def test_all_templates_pass_the_lint() -> None:
    templates = Templates(SHOP)
    for name in LETTERS:
        for language in templates.languages(name):
            assert templates.get(name, language).language == language


def test_a_letter_speaks_each_language_that_has_its_words(tmp_path: Path) -> None:
    foot = "<mj-text>[[ words.foot ]]</mj-text>"
    note = page_of("[[ words.hello ]]").replace("</mj-text>", "</mj-text>" + foot)
    note = note.replace("<mjml>", '<mjml dir="[[ direction ]]">')
    files = {
        "note.mjml.j2": note,
        "note.txt.j2": "Subject: [[ words.hello ]]\nPreheader: x\n\n[[ words.hello ]]\n"
        "{% include 'shared/foot.txt.j2' %}",
        "shared/foot.txt.j2": "[[ words.foot ]]\n-- all languages",
        "locales/en.toml": '[shared]\nfoot = "<Unsubscribe>"\n[note]\n'
        'hello = "Hello{% if first_name %} {{ first_name }}{% endif %}"\n',
        "locales/ar.toml": '[shared]\nfoot = "shared"\n[note]\nhello = "أهلا"\nfoot = "own"\n',
        "locales/fr.toml": '[shared]\nfoot = "Se désabonner"\n',
    }
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content, encoding="utf-8")
    renderer = Renderer(SHOP, SIGNER, templates=tmp_path)
    assert renderer.templates.languages("note") == ["ar", "en"]
    for language, hello, foot in (
        ("en", "Hello Maren\n", "<Unsubscribe>"),
        ("ar", "أهلا\n", "own"),
        ("fr", "Hello Maren\n", "<Unsubscribe>"),  # has no words of this letter
        ("de", "Hello Maren\n", "<Unsubscribe>"),
    ):
        letter = renderer.render(row("birthday", template="note", language=language))
        page = Elements(letter["html"])
        for text in (letter["text"], page.text):
            assert hello.strip() in text
            assert foot in text
        assert letter["text"].startswith(hello)
        assert letter["text"].endswith("-- all languages\n")
        assert letter["language"] == ("ar" if language == "ar" else "en")
        assert dict(page.elements)["html"]["dir"] == ("rtl" if language == "ar" else "ltr")
    (tmp_path / "locales/ar.toml").write_text('[note]\nfoot = "x"\n', encoding="utf-8")
    with pytest.raises(TemplateRefused, match="no word hello"):
        Templates(SHOP, tmp_path).get("note", "ar")


def test_what_is_included_takes_attributes_and_content(tmp_path: Path) -> None:
    (tmp_path / "frame.mjml").write_text(
        page_of("[[ content ]]").replace("<mj-text>", '<mj-text color="[[ [[ ink ]] ]]">')
    )
    source = '<mj-include path="frame.mjml" ink="accent">Hello<mj-raw></mj-raw></mj-include>'
    renderer = letter_of(tmp_path, "Hello", mjml=source)
    html = renderer.render(row("birthday", template="odd"))["html"]
    assert f"color:{SHOP.colours['accent']};" in html
    assert "Hello" in html


def test_texts_include_nothing_from_outside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "emails").mkdir()
    (tmp_path / "secret").write_text("a secret")
    with pytest.raises(TemplateRefused, match="there is no"):
        letter_of(tmp_path / "emails", "{% include '../secret' %}").templates.get("odd", "en")


@pytest.mark.parametrize("name", ["../shop", "shared/head", "", None, "nothing", "a" * 200])
def test_unknown_template(name: str | None) -> None:
    with pytest.raises(Refused, match="unknown_template"):
        render("birthday", template=name)


@pytest.mark.parametrize(
    "subject",
    [
        "Hi\r\nBcc: evil@example.net",  # 11
        "Hi =?utf-8?q?=0d=0aBcc:_evil=40example.net?=",  # 12
        "Hi\u0000x",  # 13
        "Hi\u2028x",
        "Hi\u202ex",
        "",
        "x" * 2000,
    ],
)
def test_hostile_subjects_are_refused(tmp_path: Path, subject: str) -> None:
    with pytest.raises(Refused, match="unsafe_header"):
        check_header("Subject", subject)
    if subject.strip() and len(subject) < NAME_LIMIT:  # straight from a template
        text = subject.replace("\r", "\\r").replace("\n", "\\n")
        renderer = letter_of(tmp_path, "Hello", subject=f'{{{{ "{text}" }}}}')
        with pytest.raises(Refused, match="unsafe_header"):
            renderer.render(row("birthday", template="odd"))


def test_names_cannot_break_headers() -> None:
    letter = render("birthday", context={"first_name": "Eve\r\nBcc: evil at example\u0000"})
    assert letter["subject"] == "Happy birthday, Eve Bcc: evil at example!"
    assert "Bcc" not in json.loads(letter["headers"])
    for name in ("=?utf-8?q?=0d=0aBcc:_evil=40example.net?=", "Eve =?", "=?utf-8?q?x?="):
        nameless = render("birthday", context={"first_name": name})
        assert nameless["subject"] == "Happy birthday!"
        assert "=?" not in nameless["html"] + nameless["text"]


@pytest.mark.parametrize(
    "email",
    [
        "victim@example.com, evil@example.net",  # 14
        "victim@example.com\r\nBcc: evil@example.net",
        "Victim <victim@example.com>",
        "victim@example.com>",
        "victim@",
        "",
        None,
        "a b@example.com",
        "x" * 250 + "@example.com",
        "-oQ/tmp@example.com",
        "-victim@example.com",
        "|id@example.com",
        "/tmp/pwn@example.com",
        "=?utf-8?q?x?=@example.com",
        '"a b"@example.com',
        "(comment)a@example.com",
        "a@[127.0.0.1]",
    ],
)
def test_exactly_one_address(email: str | None) -> None:
    with pytest.raises(Refused, match="invalid_address"):
        render(email=email)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(document.cookie)",  # 16
        "data:text/html;base64,PHNjcmlwdD4=",  # 17
        "http://shop.example.com/",
        "//shop.example.com/",
        "https://evil.test/",
        "https://example.com.evil.test/",
        "https://notexample.com/",
        "https://shop.example.com@evil.test/",
        "https://evil.test\\@shop.example.com/",
        "https://shop.example.com:8080/",
        "https://[::1/",
        "https://shop.ex\u0430mple.com/",
        "https://shop.example.com/\r\nx",
        "https://shop.example.com/" + "x" * 3000,
        " ",
        "",
    ],
)
def test_hostile_urls_are_dropped(url: str) -> None:
    assert safe_url(url, SHOP.allowed_hosts) is None
    product = {"name": "Thing", "url": url, "image_url": url, "reason": "viewed"}
    cart = {"items": [product], "recovery_url": url}
    for template in LETTERS:
        letter = render(template, context={"cart": cart, "recommendations": [product]})
        for tag, attributes in Elements(letter["html"]).elements:
            assert tag != "img"
            for name in ("href", "src"):
                if name in attributes:
                    assert urlsplit(attributes[name]).hostname == "shop.example.com"
        if len(url) > 1:
            assert f" {url}" not in letter["text"]


def test_long_names_cost_nothing() -> None:  # 22
    began = time.process_time()
    letter = render(context={"first_name": "A" * 1_000_000})
    assert "A" * (NAME_LIMIT - 1) + "…" in letter["text"]
    assert "A" * NAME_LIMIT not in letter["text"]
    assert time.process_time() - began < 1


def test_what_is_no_name_is_not_printed() -> None:
    blank = "\u3164\u115f\u1160\u2800\uffa0\u17b4\u17b5\u200b\u00ad\U000e0041\U0001d159"
    for name in ("Win at https://evil.test", "WWW.evil.test", "!", "-", blank, *blank):
        assert "Hello," in render(context={"first_name": name})["text"]
    assert "Hello Eve X," in render(context={"first_name": "Eve\u3164X\u2800"})["text"]


@pytest.mark.parametrize("context", ["{", "[]", "7", "[" * 100_000, "null"])
def test_context_that_is_no_object(context: str) -> None:
    with pytest.raises(Refused, match="bad_context"):
        RENDERER.render(row() | {"context": context})


def test_large_letters_are_refused(tmp_path: Path) -> None:
    renderer = letter_of(tmp_path, "Hello", mjml=page_of("x" * HTML_LIMIT))
    with pytest.raises(Refused, match="too_large"):
        renderer.render(row("birthday", template="odd"))


def test_tokens() -> None:  # 21
    token = SIGNER.sign("unsubscribe", "m-1")
    assert SIGNER.verify(token) == ("unsubscribe", "m-1")
    assert Signer("a newer secret for tests", "a secret for tests only").verify(token)
    version, key_id, payload, signature = token.split(".")
    other = _encode(b"unsubscribe:m-2")
    bad = [
        f"{version}.{key_id}.{payload}.",
        f"{version}.{key_id}.{payload}",
        f"{version}.{key_id}.{payload}.{signature[:-2]}",
        f"{version}.{key_id}.{payload}.{signature}=",
        f"{version}.{key_id}.{other}.{signature}",
        f"none.{key_id}.{payload}.{signature}",
        f"none.{key_id}.{payload}.",
        f"{version}.00000000.{payload}.{signature}",
        f"{version}..{payload}.{signature}",
        _encode(b'{"alg":"none"}') + f".{payload}.",
        SIGNER.sign("delete_everything", "m-1"),
        Signer("another secret for tests").sign("unsubscribe", "m-1"),
        "",
        "...",
        "é.é.é.é",
        f"{version}.{key_id}.\ud800.{signature}",
        f"\ud800.{key_id}.{payload}.{signature}",
        "x" * 100_000,
        None,
    ]
    for one in bad:
        with pytest.raises(InvalidToken):
            SIGNER.verify(one)
    # Half a character is in no text that an engine stores; a row that has one all the same:
    with pytest.raises(Refused, match="invalid_message_id"):
        render(message_id="m-\ud800")


# --- links and headers -------------------------------------------------------------------------


def test_links_are_tagged_once() -> None:
    tag = "utm_source=penpal&utm_medium=email&utm_campaign=birthday&utm_content=b"
    cases = {
        "https://a.example.com/": f"https://a.example.com/?{tag}&pp_mid=m1",
        "https://a.example.com/p?x=1&y=#top": f"https://a.example.com/p?x=1&y=&{tag}&pp_mid=m1#top",
        "https://a.example.com/?UTM_Source=X&pp_mid=old": "https://a.example.com/?UTM_Source=X"
        "&utm_medium=email&utm_campaign=birthday&utm_content=b&pp_mid=m1",
    }
    for url, expected in cases.items():
        once = tracked(url, "Penpal", "Birthday", "B", "m1")
        assert once == expected
        assert tracked(once, "Penpal", "Birthday", "B", "m1") == expected


def test_links_say_their_block_and_place() -> None:
    """A picture and its name share a place, the same address in another block does not; the mark
    goes before a fragment."""
    links = [("a?x", "grid"), ("a?x", "grid"), ("a?x", "button"), ("b?x#top", "grid")]
    page = "".join(f'<a href="{url}&amp;pp_b={block}">-</a>' for url, block in links)
    found = re.findall(r'href="([^"]*)"', numbered(f"<p>{page}</p>"))
    assert found == [
        "a?x&amp;pp_b=grid.1",
        "a?x&amp;pp_b=grid.1",
        "a?x&amp;pp_b=button.2",
        "b?x&amp;pp_b=grid.3#top",
    ]
    assert numbered("<p>no link</p>") == "<p>no link</p>"


@pytest.mark.parametrize("template", LETTERS)
def test_each_visit_from_a_letter_says_its_block(template: str) -> None:
    html = render(template)["html"]
    links = [a["href"] for tag, a in Elements(html).elements if tag == "a"]
    visits = [parse_qs(urlsplit(link).query) for link in links if "pp_mid=" in link]
    marks = [query["pp_b"][0].split(".") for query in visits]
    assert all(block in BLOCKS for block, _ in marks)
    places = [int(place) for _, place in marks]
    assert places == sorted(places)
    assert set(places) == set(range(1, len(set(places)) + 1))


@pytest.mark.parametrize("template", LETTERS)
def test_links_of_a_letter(template: str) -> None:
    letter = render(template, variant="B")
    links = [a["href"] for tag, a in Elements(letter["html"]).elements if tag == "a"]
    links += re.findall(r"https://\S+", letter["text"])
    assert any("/unsubscribe?" in link for link in links) == (template not in NOTICES)
    for link in links:
        query = parse_qs(urlsplit(link).query)
        if "/letters/" in link:
            assert {"token"} <= set(query) <= {"token", "answer"}  # and no block
            found = SIGNER.verify(query["token"][0], now=letter["rendered_at"])
            assert found[1] == letter["message_id"]
        else:
            assert query["utm_campaign"] == [template]
            assert query["utm_content"] == ["b"]
            assert query["pp_mid"] == [letter["message_id"]]
        for personal in (letter["email"], letter["customer_id"], "Maren"):
            assert personal not in link


def test_headers() -> None:
    headers = json.loads(render()["headers"])
    https, mailto = headers["List-Unsubscribe"].split(", ")
    assert https.startswith(f"<{SHOP.unsubscribe_url}?token=v1.")
    assert "utm_" not in https
    assert mailto.startswith(f"<mailto:{SHOP.unsubscribe_mailto}?subject=unsubscribe%20v1.")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["To"] == "reader@example.com"
    transactional = Renderer(SHOP, SIGNER, frozenset(["cart_abandonment"])).render(row())
    assert not any(name.startswith("List-") for name in json.loads(transactional["headers"]))


# --- properties --------------------------------------------------------------------------------


@hypothesis_settings(deadline=None)  # a busy machine is no failure
@given(st.text(max_size=80))
def test_any_name_is_safe(name: str) -> None:
    context = {"first_name": name}
    letter = render("birthday", context=context)
    assert "\n" not in letter["subject"]
    page = Elements(letter["html"])
    harmless = Elements(render("birthday", context={"first_name": "Harmless"})["html"])
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in harmless.elements]
    shown = clean(name, NAME_LIMIT)
    assert len(shown) <= NAME_LIMIT
    assert "birthday, !\n" not in letter["text"]
    letter["html"].encode()


@hypothesis_settings(deadline=None)  # a busy machine is no failure
@given(st.text(max_size=60), st.sampled_from(["", "https://", "https://shop.example.com/"]))
def test_any_url_is_dropped_or_safe(text: str, start: str) -> None:
    url = safe_url(start + text, SHOP.allowed_hosts)
    if url is not None:
        parts = urlsplit(url)
        assert parts.scheme == "https"
        assert shop.host_allowed(parts.hostname, SHOP.allowed_hosts)
        assert url.isascii()
        assert not set("\"'<> \\\r\n") & set(url)
        tagged = tracked(url, "penpal", "birthday", "", "m-1")
        assert urlsplit(tagged).path == parts.path
        assert parse_qs(urlsplit(tagged).query)["pp_mid"] == ["m-1"]
        assert urlsplit(tagged).fragment == parts.fragment


@hypothesis_settings(deadline=None)  # a busy machine is no failure
@given(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just([])),
    st.one_of(st.none(), st.text(max_size=4), st.sampled_from(["USD", "eur", "JPY", "SEK"])),
)
def test_any_amount(value: Any, currency: Any) -> None:
    shown = money(value, currency)
    shape = r"([$€£¥₹]|[A-Z]{3}\u00a0)?[\d,]+(\.\d\d)?( [A-Z]{3})?"
    assert shown is None or re.fullmatch(shape, shown)


def test_amounts() -> None:
    assert money(1234.5, "USD") == "$1,234.50"
    assert money("8", "eur") == "€8.00"
    assert money(1200, "JPY") == "¥1,200"
    assert money(9.9, "SEK") == "SEK\u00a09.90"
    assert money(1234.5, "EUR", "de") == "1.234,50\u00a0€"
    assert money(1235, "JPY", "fr") == "1\u202f235\u00a0JPY"
    assert money(2.675, "USD") == "$2.68"
    assert money(5, "XAB") == "5.00 XAB"  # no currency that anybody knows
    assert [money(v, "USD") for v in (None, "x", -1, float("nan"), True)] == [None] * 5


# --- settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("name", '""', "name must be a text"),
        ("base_url", '"http://shop.example.com"', "base_url must be an https"),
        ("sender_address", '"a@b, c@d"', "sender_address is not an e-mail"),
        ("surprise", '"x"', "surprise is unknown"),
    ],
)
def test_shop_settings(tmp_path: Path, key: str, value: str, sentence: str) -> None:
    text = (Templates(SHOP).root / "shop.toml").read_text()
    line, changed = f"{key} = {value}\n", re.compile(rf"^{key} = .*\n", re.MULTILINE)
    path = tmp_path / "shop.toml"
    path.write_text(changed.sub(line, text) if changed.search(text) else line + text)
    with pytest.raises(shop.UserError, match=sentence):
        shop.load(path)


def test_lint_finds_what_included_texts_hold(tmp_path: Path) -> None:
    (tmp_path / "part.txt.j2").write_text("Well\n{{ unheard_of }}")
    renderer = letter_of(tmp_path, "{% include 'part.txt.j2' %}")
    with pytest.raises(TemplateRefused, match=r"emails/part.txt.j2:2: unheard_of"):
        renderer.templates.get("odd", "en")
