"""The lint of letters: each planted fault is found by its rule, and a good letter has none."""

# ruff: noqa: RUF001, E501 (one fault a line)

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from conftest import ROOT

from penpal.letters import shop as shops
from penpal.lint import Against, Catalog, Mail, lint, lint_letter
from penpal.lint.findings import SEVERITIES, rules
from penpal.lint.report import rules_table

FIXTURES = ROOT / "tests" / "fixtures" / "lint"
HTML = (FIXTURES / "letter.html").read_text(encoding="utf-8")
TEXT = (FIXTURES / "letter.txt").read_text(encoding="utf-8")
SHOP = shops.load()
CATALOG = Catalog(frozenset({"shop.example.com/products/ink", "shop.example.com/products/pen"}))
HEADERS = {
    "From": "Example Shop <hello@example.com>",
    "To": "maren@example.org",
    "Reply-To": "hello@example.com",
    "Subject": "Maren, your ink is back on the shelf",
    "Date": "Mon, 30 Nov 2026 10:00:00 +0000",
    "Message-ID": "<m1@example.com>",
    "List-Unsubscribe": "<https://shop.example.com/letters/unsubscribe?token=t1>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "Feedback-ID": "back_in_stock:a:marketing:penpal",
}
GOOD = Mail(
    name="good",
    subject=HEADERS["Subject"],
    html=HTML,
    text=TEXT,
    headers=HEADERS,
    language="en",
    is_ours=True,
    is_message=True,
)
FOLLOWS = "<p>the blue ink"  # where faults of the HTML are planted


def faults(mail: Mail, against: Against | None = None) -> set[str]:
    """Rules that a letter breaks, notes left out."""
    found = lint(mail, against or Against(SHOP, CATALOG))
    return {one.rule for one in found if one.severity != "note"}


def html(old: str, new: str) -> Mail:
    assert old in HTML
    return replace(GOOD, html=HTML.replace(old, new))


def planted(element: str) -> Mail:
    """The good letter with this before its first paragraph."""
    return html(FOLLOWS, element + FOLLOWS)


def text(old: str, new: str) -> Mail:
    assert old in TEXT
    return replace(GOOD, text=TEXT.replace(old, new))


def both(old: str, new: str) -> Mail:
    assert old in HTML and old in TEXT
    return replace(GOOD, html=HTML.replace(old, new), text=TEXT.replace(old, new))


def headed(**changes: str | None) -> Mail:
    """With these headers (`List_Unsubscribe`); None takes one away."""
    values = HEADERS | {name.replace("_", "-"): value for name, value in changes.items()}
    return replace(GOOD, headers={k: v for k, v in values.items() if v is not None})


def titled(subject: str) -> Mail:
    return replace(GOOD, subject=subject)


def test_a_good_letter_has_no_fault() -> None:
    assert not faults(GOOD)


BUTTON = "padding:12px 24px;"
INK = "https://shop.example.com/products/ink?utm_source=penpal&amp;utm_medium=email&amp;utm_campaign=back_in_stock"
UNSUBSCRIBE = "https://shop.example.com/letters/unsubscribe?token=t1"
IMAGE = '<img src="https://shop.example.com/images/ink.png" alt="A bottle of blue ink" width="96" height="96">'
PREHEADER = "The bottle you looked at is here again, in all three sizes."


def link(url: str, words: str = "Look at the whole shelf", style: str = "") -> Mail:
    return planted(f'<p><a href="{url}" style="{style}">{words}</a></p>')


def tagged(url: str) -> str:
    return f"{url}?utm_source=penpal&amp;utm_medium=email&amp;utm_campaign=x"


FAULTS: list[tuple[str, Mail]] = [
    # headers
    ("from-missing", headed(From=None)),
    ("from-invalid", headed(From="hello@example.com, other@example.com")),
    ("from-invalid", headed(From="Example Shop")),
    ("from-unnamed", headed(From="hello@example.com")),
    ("from-noreply", headed(From="Example Shop <no-reply@example.com>")),
    ("reply-to-missing", headed(Reply_To=None)),
    ("reply-to-invalid", headed(Reply_To="the shop")),
    ("date-missing", headed(Date=None)),
    ("date-invalid", headed(Date="yesterday")),
    ("message-id-missing", headed(Message_ID=None)),
    ("message-id-invalid", headed(Message_ID="m1@example.com")),
    ("list-unsubscribe-missing", headed(List_Unsubscribe=None)),
    ("list-unsubscribe-no-https", headed(List_Unsubscribe="<mailto:off@example.com>")),
    ("list-unsubscribe-broken", headed(List_Unsubscribe="https://shop.example.com/off")),
    ("list-unsubscribe-broken", headed(List_Unsubscribe="<https://a.example.com/>,<mailto:b> x")),
    ("one-click-missing", headed(List_Unsubscribe_Post=None)),
    ("one-click-missing", headed(List_Unsubscribe_Post="One-Click")),
    ("feedback-id-missing", headed(Feedback_ID=None)),
    ("feedback-id-invalid", headed(Feedback_ID="a:b:c:d:e")),
    ("subject-missing", titled("")),
    ("subject-long", titled("Your ink is back " * 5)),
    ("subject-unsafe", titled("Hi =?utf-8?q?=0d=0aBcc:_a=40b.example?=")),
    ("subject-unsafe", titled("Hi\r\nBcc: a@example.org")),
    ("header-twice", replace(GOOD, repeated=("subject",))),
    ("header-not-ascii", replace(GOOD, not_ascii=("Subject",))),
    ("line-too-long", replace(GOOD, longest_line=999)),
    ("message-damaged", replace(GOOD, defects=("StartBoundaryNotFoundDefect",))),
    ("attachment-risky", replace(GOOD, attachments=("invoice.pdf.exe",))),
    # both parts
    ("text-part-missing", replace(GOOD, text="")),
    ("text-part-is-html", replace(GOOD, text="<html><p>Hello Maren,</p></html>")),
    ("text-part-stub", replace(GOOD, text="View this letter in your browser.")),
    ("parity-links", text("/products/ink", "/products/pen")),
    ("parity-links", text("Unsubscribe: " + UNSUBSCRIBE, "Unsubscribe by answering.")),
    ("parity-codes", text("SPRING24", "SPRING25")),
    ("parity-codes", html("the code SPRING24", "the code: SUNNY")),
    ("parity-prices", text("$12.00", "$21.00")),
    ("parity-prices", text("for $12.00", "again")),
    ("parity-names", text("Hello Maren,", "Hello Ingrid,")),
    ("parity-names", text("Hello Maren,", "Hello,")),
    ("parity-headline", html(">Your ink is back</h1>", ">Half of everything must go today</h1>")),
    # size
    ("size-clipped", planted(f"<!--{'x' * 101 * 1024}-->")),
    ("size-near-limit", planted(f"<!--{'x' * 91 * 1024}-->")),
    ("size-style", html("</style>", ".a { color: #123456; }\n" * 800 + "</style>")),
    # document
    ("doctype-missing", html("<!doctype html>\n", "")),
    ("lang-missing", html('<html lang="en"', "<html")),
    ("lang-invalid", html('<html lang="en"', '<html lang="english!"')),
    ("lang-wrong", html('<html lang="en"', '<html lang="de"')),
    ("lang-not-repeated", html('<div lang="en"', "<div")),
    ("dir-missing", html('<html lang="en" dir="ltr"', '<html lang="en"')),
    ("dir-not-repeated", html('<div lang="en" dir="ltr"', '<div lang="en"')),
    ("dir-wrong", html('<html lang="en" dir="ltr"', '<html lang="en" dir="rtl"')),
    ("dir-wrong", replace(html('lang="en" dir="ltr"', 'lang="ar" dir="ltr"'), language="ar")),
    ("title-missing", html("<title>Your ink is back on the shelf</title>", "<title></title>")),
    ("viewport-missing", html('name="viewport"', 'name="other"')),
    ("zoom-blocked", html("initial-scale=1", "initial-scale=1, user-scalable=no")),
    ("zoom-blocked", html("initial-scale=1", "initial-scale=1, maximum-scale=1")),
    ("conditional-comment-open", planted("<!--[if mso]><table><tr><td>-->")),
    ("nesting-deep", planted("<div>" * 500)),
    ("id-twice", planted('<p id="a">One and</p><p id="a">another</p>')),
    # accessibility
    ("table-role", html(' role="presentation"', "")),
    ("alt-missing", html(' alt="A bottle of blue ink"', "")),
    ("alt-poor", html('alt="A bottle of blue ink"', 'alt="IMG_2041.png"')),
    ("alt-long", html('alt="A bottle of blue ink"', f'alt="{"a bottle " * 20}"')),
    ("heading-missing", replace(GOOD, html=re.sub("<(/?)h[12]", r"<\1p", HTML))),
    ("heading-order", html("<h2 ", "<h4 ")),
    ("heading-empty", planted("<h2></h2>")),
    ("heading-twice", planted("<h1>And another</h1>")),
    ("contrast-light", html("color:#2b2926", "color:#9a9a9a")),
    ("contrast-light", planted('<p><font color="#dddddd">Pale words</font></p>')),
    ("contrast-light", planted('<table role="none" bgcolor="#222"><tr><td>On black</td></tr></table>')),
    ("contrast-light", html("@media (max-width", "@media (max-width: 400px) { p { color: #ccc; } }\n@media (max-width")),
    ("contrast-dark", html("color: #f2ece2 !important", "color: #555555 !important")),
    ("contrast-dark", planted('<div style="background-color:#fff"><b style="color:#eee">x</b></div>')),
    ("link-text-vague", link(tagged("https://shop.example.com/"), "Click here")),
    ("link-text-vague", link(tagged("https://shop.example.com/"), "En savoir plus ›")),
    ("link-text-empty", planted(f'<a href="{tagged("https://shop.example.com/")}"></a>')),
    ("link-text-empty", html(IMAGE, f'<a href="{INK}">{IMAGE.replace("A bottle of blue ink", "")}</a>')),
    ("link-text-address", link(UNSUBSCRIBE, "https://shop.example.com/letters/unsubscribe?token=t1")),
    ("tap-small", html(BUTTON, "padding:4px 24px;")),
    ("tap-small", html(IMAGE, f'<a href="{INK}">{IMAGE.replace("96", "24")}</a>')),
    ("font-small", html("<p>Hello", '<p style="font-size:13px">Hello')),
    ("font-small", html(".page h1 { font-size: 24px", ".page p { font-size: 12px")),
    ("font-tiny", html("<p>Hello", '<p style="font-size:7px">Hello')),
    # images
    ("image-size-missing", html(' width="96" height="96"', "")),
    ("image-not-https", html("https://shop.example.com/images", "http://shop.example.com/images")),
    ("image-not-https", html("https://shop.example.com/images/ink.png", "data:image/png;base64,aa")),
    ("image-host", html("https://shop.example.com/images", "https://images.other.com/")),
    ("image-part-missing", replace(html("https://shop.example.com/images/ink.png", "cid:ink"), content_ids=frozenset())),
    ("image-only", replace(GOOD, html=f"<html><body>{IMAGE}</body></html>")),
    # links
    ("link-empty", link("#")),
    ("link-empty", link("")),
    ("link-relative", link("/products/ink")),
    ("link-not-https", link(tagged("http://shop.example.com/"))),
    ("link-unsafe", link("javascript:alert(1)")),
    ("link-unsafe", link("java\tscript:alert(1)")),
    ("link-unsafe", link("data:text/html;base64,PHNjcmlwdD4=")),
    ("link-broken", link("https://https://shop.example.com/")),
    ("link-broken", link("https://shop.example.com/a b")),
    ("link-host", link(tagged("https://shop.evil.com/"))),
    ("link-host", text("https://shop.example.com/products", "https://shop.evil.com/products")),
    ("link-dead", both("/products/ink", "/products/gone")),
    ("link-shortener", link("https://bit.ly/abc")),
    ("link-number-host", link("https://192.0.2.7/")),
    ("link-disguised", link("https://shop.evil.com/", "www.example.com")),
    ("link-long", link("https://shop.example.com/?q=" + "x" * 2001)),
    ("link-personal-data", link(tagged("https://shop.example.com/") + "&amp;mail=maren%40example.org")),
    ("utm-uppercase", html("utm_medium=email", "utm_medium=Email")),
    ("utm-twice", html("utm_medium=email", "utm_medium=email&amp;utm_medium=mail")),
    ("utm-on-unsubscribe", html("token=t1", "token=t1&amp;utm_source=penpal")),
    ("utm-on-unsubscribe", headed(List_Unsubscribe="<https://shop.example.com/off?utm_source=x>")),
    ("utm-missing", link("https://shop.example.com/about")),
    ("unsubscribe-missing", html(f'<a href="{UNSUBSCRIBE}">Unsubscribe</a>', "")),
    ("unsubscribe-missing", text("Unsubscribe: " + UNSUBSCRIBE, "")),
    ("address-missing", html("1 Example Street", "")),
    ("address-missing", text("1 Example Street", "")),
    # content
    ("preheader-missing", html(f'opacity:0;">{PREHEADER}', 'opacity:0;">')),
    ("preheader-short", html(PREHEADER, "It is back.")),
    ("preheader-long", html(PREHEADER, PREHEADER * 3)),
    ("preheader-repeats", html(PREHEADER, HEADERS["Subject"])),
    ("value-missing", both("Hello Maren,", "Hello None,")),
    ("value-missing", both("$12.00", "$nan")),
    ("value-missing", titled("null, your ink is back on the shelf")),
    ("value-missing", both("blue ink", "undefined")),
    ("value-missing", both("blue ink", "[object Object]")),
    ("value-missing", html("token=t1", "token=None")),
    ("greeting-empty", both("Hello Maren,", "Hello ,")),
    ("greeting-empty", both("Hello Maren,", "Dear,")),
    ("greeting-empty", both("Hello Maren,", "مرحبا ،")),
    ("tag-unresolved", both("Maren", "{{ first_name }}")),
    ("tag-unresolved", both("Maren", "{{{user.name}}}")),
    ("tag-unresolved", both("Maren", "{% if name %}")),
    ("tag-unresolved", both("Maren", "{{#if name}}")),
    ("tag-unresolved", both("Maren", "*|FNAME|*")),
    ("tag-unresolved", both("Maren", "%%First_Name%%")),
    ("tag-unresolved", both("Maren", "[[firstname]]")),
    ("tag-unresolved", both("Maren", "[FIRST_NAME]")),
    ("tag-unresolved", both("Maren", "${firstName}")),
    ("tag-unresolved", both("Maren", "{first_name}")),
    ("tag-unresolved", both("Maren", "%FIRSTNAME%")),
    ("tag-unresolved", both("Maren", "##name##")),
    ("tag-unresolved", text("Maren", "<%= name %>")),
    ("tag-unresolved", both("Maren", "JINJA999X")),
    ("tag-unresolved", titled("{{ first_name }}, your ink is back on the shelf")),
    ("tag-unresolved", html(PREHEADER, "*|MC_PREVIEW_TEXT|* and more of it, here and there")),
    ("tag-unresolved", html("/images/ink.png", "/images/{{ product.id }}.png")),
    ("tag-unresolved", html("color: #7a2e12", "color: {{ accent }}")),
    ("placeholder-text", both("blue ink", "lorem ipsum dolor")),
    ("placeholder-text", planted("<p>TODO: write this</p>")),
    ("placeholder-text", planted("<p>Your headline goes here</p>")),
    ("placeholder-text", planted("<p>[insert offer]</p>")),
    ("placeholder-host", planted("<p>Write to hello@yourcompany.com</p>")),
    ("text-garbled", both("Maren", "MÃ¤ren")),
    ("text-garbled", both("Maren", "M\ufffdren")),
    ("entity-visible", text("blue ink", "blue&nbsp;ink")),
    ("entity-visible", html("<p>the blue ink", "<p>the blue &amp;amp; red ink")),
    ("body-empty", replace(GOOD, html="<html><body></body></html>")),
    ("data-looks-broken", replace(both("blue ink", "{{ ink }}"), data="pen\n{{ ink }}")),
    ("data-looks-broken", replace(both("blue ink", "lorem ipsum"), data="Lorem lorem ipsum")),
    ("letter-refused", replace(GOOD, refused="missing_value: 'city' is undefined")),
    # spam
    ("subject-capitals", titled("YOUR INK IS BACK")),
    ("subject-exclamation", titled("Your ink is back!! Look!")),
    ("subject-fake-reply", titled("Re: your ink")),
    ("subject-fake-reply", titled("FWD: your ink")),
    ("text-exclamation", planted("<p>Only today!!!!</p>")),
    ("element-script", planted("<script>alert(1)</script>")),
    ("element-script", planted('<iframe src="https://shop.example.com/"></iframe>')),
    ("element-form", planted('<form action="https://shop.example.com/"></form>')),
    ("attribute-script", html("<h1 ", '<h1 onclick="x()" ')),
    ("meta-refresh", html("</head>", '<meta http-equiv="refresh" content="0;url=x"></head>')),
    ("text-hidden", planted(f'<div style="display:none">{"cheap pills " * 5}</div>')),
    ("text-hidden", planted(f'<div style="font-size:0">{"cheap pills " * 5}</div>')),
    ("style-remote", html("a { color", "@import url(https://a.com/x.css);\na { color")),
    ("style-remote", html("</head>", '<link rel="stylesheet" href="https://a.com/x.css"></head>')),
    # clients
    ("css-support", planted('<div style="display:flex">side by side</div>')),
    ("css-support", html("a { color", "p { position: absolute; }\na { color")),
    ("html-support", planted('<video src="https://shop.example.com/a.mp4"></video>')),
    ("html-support", planted("<svg></svg>")),
    ("image-format", html("ink.png", "ink.webp")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "letter"), FAULTS, ids=[f"{n}-{rule}" for n, (rule, _) in enumerate(FAULTS)]
)
def test_a_planted_fault_is_found_by_its_rule(rule: str, letter: Mail) -> None:
    assert letter != GOOD
    assert rule in faults(letter)


NOTED = {"html-part-missing", "dark-mode-missing", "css-decoration"}


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule for rule, _ in FAULTS} | NOTED | {"link-out-of-stock"} == set(rules())


def test_rows_without_a_body_get_one_as_in_browsers() -> None:
    style = "td { color: #222; }\ntable > tbody > tr > td { color: #dddddd; }\na { color"
    pale = GOOD.html.replace("a { color", style).replace("color:#2b2926;", "")
    pale = pale.replace("<p>Hello", "<p style='color:inherit'>Hello")
    assert "contrast-light" in faults(replace(GOOD, html=pale))


def test_notes_are_noted() -> None:
    without_dark = re.sub(r"@media \(prefers.*?\n\}", "", HTML, flags=re.DOTALL)
    without_dark = without_dark.replace('name="color-scheme"', 'name="other"')
    noted = {one.rule for one in lint(replace(GOOD, html=without_dark), Against(SHOP))}
    assert {"dark-mode-missing", "css-decoration"} <= noted
    assert "html-part-missing" in {one.rule for one in lint(replace(GOOD, html=None))}


def test_what_the_data_says_is_no_fault_of_the_template() -> None:
    letter = both("blue ink", "{{ ink }}")
    assert "tag-unresolved" in faults(letter)
    assert faults(replace(letter, data="{{ ink }}")) == {"data-looks-broken"}
    assert "tag-unresolved" in faults(replace(letter, data="ink"))
    assert "value-missing" in faults(replace(both("Maren", "null"), data="null"))
    context = '{"product": {"name": "The {{ ink }}"}}'
    given = (letter.subject, letter.html, letter.text, HEADERS)
    assert "error" in {one.severity for one in lint_letter(*given, shop=SHOP)}
    assert "error" not in {one.severity for one in lint_letter(*given, shop=SHOP, context=context)}


def test_what_is_sold_out_is_a_warning_what_is_gone_an_error() -> None:
    sold_out = Catalog(frozenset({"shop.example.com/products/pen"}),
                       frozenset({"shop.example.com/products/ink"}))  # fmt: skip
    assert faults(GOOD, Against(SHOP, sold_out)) == {"link-out-of-stock"}
    assert faults(GOOD, Against(SHOP, Catalog(frozenset({"shop.example.com/products/pen"})))) == {
        "link-dead"
    }


@pytest.mark.parametrize(
    "sentence",
    [
        "None of these will do, and none is needed.",
        "Nan bread, Null Island and the nanny of Nanette",
        "Todo incluido: todo el material",
        "A 50% discount, or 100 %: {2} of it",
        "Say «hola» to the «Noche» edition [sic]",
        "Bonjour !",
        "Hello!",
        "Dear reader,",
        "The Re:mark notebook costs 3 < 5 & more",
        "Write to us at penpal@example.com.",
        "Don't wait! Do it!",
        "Ä Ö Ü ß â ê – all well: “quoted”, 5 £, 7 €",
    ],
)
def test_what_letters_may_say(sentence: str) -> None:
    escaped = sentence.replace("&", "&amp;").replace("<", "&lt;")
    letter = html(FOLLOWS, f"<p>{escaped}</p>{FOLLOWS}")
    letter = replace(letter, text=TEXT.replace("the blue ink", f"{sentence}\n\nthe blue ink", 1))
    assert not faults(letter)


@pytest.mark.parametrize(
    "subject",
    [
        "Re:mark notebooks are here",
        "USA, UK & EU: free shipping",
        "Ready? Set!",
        "مرحبا، عاد الحبر",
    ],
)
def test_subjects_that_are_right(subject: str) -> None:
    assert not faults(titled(subject)) - {"parity-headline"}


def test_transactional_letters_need_no_way_out() -> None:
    letter = headed(List_Unsubscribe=None, List_Unsubscribe_Post=None)
    letter = replace(letter, html=HTML.replace("Unsubscribe</a>", "Your order</a>"))
    assert "list-unsubscribe-missing" in faults(letter)
    assert not {"list-unsubscribe-missing", "unsubscribe-missing", "address-missing"} & faults(
        replace(letter, is_transactional=True)
    )


def test_lint_letter_is_what_rendering_calls() -> None:
    given: dict[str, Any] = {"shop": SHOP, "language": "en", "catalog": CATALOG}
    without_date = {name: value for name, value in HEADERS.items() if name != "Date"}
    findings = lint_letter(HEADERS["Subject"], HTML, TEXT, without_date, **given)
    assert not [one for one in findings if one.severity != "note"]
    findings = lint_letter("Re: hello", HTML, "", without_date, **given)
    assert [one.rule for one in findings if one.severity == "error"] == [
        "text-part-missing",
        "subject-fake-reply",
    ]


def test_a_finding_says_where_why_and_how_to_cure_it() -> None:
    one = lint(html(' alt="A bottle of blue ink"', ""), Against(SHOP))[0]
    line = HTML.split("\n").index(IMAGE) + 1
    assert (one.rule, one.severity, one.line, one.element) == ("alt-missing", "error", line, "img")
    assert one.where == f"html, line {line}, <img>"
    assert set(one.as_dict()) == {
        "rule",
        "severity",
        "part",
        "line",
        "element",
        "what",
        "why",
        "cure",
    }
    assert one.why and one.cure


def test_support_tells_the_share_of_clients_and_a_fallback() -> None:
    found = lint(planted('<div style="display:flex">side by side</div>'), Against(SHOP))
    one = next(f for f in found if f.rule == "css-support")
    assert re.search(r"display:flex: \d+% of 40 clients lose it.*Outlook \(Windows\)", one.what)
    assert one.cure == "Instead: a table with role=presentation, one cell a column."


def test_findings_show_no_tokens_and_no_address_of_the_reader() -> None:
    letter = html("token=t1", "token=t1&amp;utm_source=penpal&amp;mail=maren%40example.org")
    for one in lint(letter, Against(SHOP)):
        assert "token=" not in one.what
        assert "maren@" not in one.what


def test_rules_are_well_formed() -> None:
    for rule in rules().values():
        assert rule.severity in SEVERITIES, rule.rule
        assert rule.foreign_severity in ("", *SEVERITIES), rule.rule
        for sentence in (rule.why, rule.cure):
            assert sentence[0].isupper() or sentence[0] in "`", rule.rule
            assert sentence.endswith((".", "`.")), rule.rule


def test_the_rules_are_documented() -> None:
    assert rules_table() in (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")
