"""What no template may hold, in every language: refused with file, line and word, at once."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from test_letters import HOSTILE_NAMES, SHOP, SIGNER, Elements, page_of, row
from test_template_languages import HEAD, faults_of, letters_of

from penpal.letters import shop
from penpal.letters.render import Refused
from penpal.letters.templates import Templates
from penpal.letters.templates.plain_text import text_of
from penpal.letters.templates.source import SIZE_LIMIT
from penpal.letters.tokens import InvalidToken, Signer, token_id
from penpal.letters.values import Missing

# --- markup: (what stands in the letter, the word that is named) ----------------------------------

MARKUP = [
    ('<meta http-equiv="refresh" content="0;url=https://evil.test" />', 'http-equiv="refresh"'),
    ('<meta http-equiv="Set-Cookie" content="a=b" />', "http-equiv"),
    ('<link rel="stylesheet" href="https://evil.test/a.css" />', "<link>"),
    ('<base href="https://evil.test/" />', "<base>"),
    ("<script>alert(1)</script>", "<script>"),
    ("<SCRIPT>alert(1)</SCRIPT>", "<SCRIPT>"),
    ('<form action="https://evil.test"><input type="text" /></form>', "<form>"),
    ('<iframe src="https://evil.test"></iframe>', "<iframe>"),
    ('<object data="https://evil.test"></object>', "<object>"),
    ('<embed src="https://evil.test" />', "<embed>"),
    ('<applet code="x"></applet>', "<applet>"),
    ('<svg><a xlink:href="javascript:alert(1)">x</a></svg>', "<svg>"),
    ('<svg onload="alert(1)" />', "<svg>"),
    ("<math><mi>x</mi></math>", "<math>"),
    ('<video poster="https://evil.test/x.png"></video>', "<video>"),
    ('<audio src="https://evil.test/x"></audio>', "<audio>"),
    ('<button formaction="https://evil.test">x</button>', "<button>"),
    ("<template><b>x</b></template>", "<template>"),
    ("<marquee>x</marquee>", "<marquee>"),
    ('<img src="https://shop.example.com/a.png" poster="https://evil.test/" />', "poster"),
    ('<img srcset="https://evil.test/x 2x" alt="" />', "srcset"),
    ('<img lowsrc="https://evil.test/x" alt="" />', "lowsrc"),
    ('<img dynsrc="https://evil.test/x" alt="" />', "dynsrc"),
    ('<a href="{{ shop_url }}" ping="https://evil.test">x</a>', "ping"),
    ('<a href="{{ shop_url }}" download="x">x</a>', "download"),
    ('<a xlink:href="https://evil.test">x</a>', "xlink:href"),
    ('<p onclick="alert(1)">x</p>', "onclick"),
    ('<p OnMouseOver="alert(1)">x</p>', "OnMouseOver"),
    ('<p cite="https://evil.test">x</p>', "cite"),
    ('<table data="x"><tr><td>x</td></tr></table>', "data"),
    ('<input type="image" src="https://evil.test/x" />', "evil.test"),
    ('<input type="text" name="card" />', "<input"),
    # links
    ('<a href="https://evil.test/">x</a>', "https://evil.test/"),
    ('<a href="http://shop.example.com/">x</a>', "http://shop.example.com/"),
    ('<a href="https://shop.example.com/">x</a>', "link('https://shop.example.com/')"),
    ('<a href="javascript:alert(1)">x</a>', "javascript:"),
    ('<a href="JaVaScRiPt:alert(1)">x</a>', "JaVaScRiPt:"),
    ('<a href=" javascript:alert(1)">x</a>', "javascript:"),
    ('<a href="java&#10;script:alert(1)">x</a>', "java"),
    ('<a href="&#106;avascript:alert(1)">x</a>', "avascript:"),
    ('<a href="vbscript:x">x</a>', "vbscript:"),
    ('<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>', "data:"),
    ('<a href="file:///etc/passwd">x</a>', "file:"),
    ('<a href="//evil.test/">x</a>', "//evil.test/"),
    ('<a href="mailto:a@b.test?subject=x&bcc=">x</a>'.replace("bcc=", "bcc=a b"), "mailto:"),
    ('<a href="JINJA999X">x</a>', "JINJA999X"),
    ('<a href="QTAG0Q">x</a>', "QTAG0Q"),
    ('<a href="{{ shop_url }}{{ first_name }}">x</a>', "{{ first_name }}"),
    ('<a href="{{ shop_url }}.evil.test">x</a>', ".evil.test"),
    ('<a href="https://{{ first_name }}.test/">x</a>', "{{ first_name }}"),
    ('<a href="{{ first_name }}">x</a>', "{{ first_name }}"),
    ('<img src="https://evil.test/a.png" alt="x" />', "https://evil.test/a.png"),
    ('<img src="data:image/png;base64,xx" alt="x" />', "data:"),
    ('<img src="http://shop.example.com/a.png" alt="x" />', "http://"),
    ('<img src="{{ first_name }}" alt="x" />', "{{ first_name }}"),
    ('<table background="https://evil.test/x"><tr><td>x</td></tr></table>', "evil.test"),
    ('<table background="{{ first_name }}"><tr><td>x</td></tr></table>', "{{ first_name }}"),
    # styles
    ('<div style="background:url(https://evil.test/x.png)">x</div>', "url("),
    ('<div style="background:URL ( x )">x</div>'.replace("URL (", "URL("), "URL("),
    ('<div style="background:u\\72l(x)">x</div>', "\\"),
    ('<div style="background:&#117;rl(x)">x</div>', "style"),
    ('<div style="width:expression(alert(1))">x</div>', "expression("),
    ('<div style="width:ex/**/pression(alert(1))">x</div>', "pression("),
    ('<div style="behavior:x">x</div>', "behavior"),
    ('<div style="-moz-binding:x">x</div>', "-moz-binding"),
    ('<div style="background-image:image-set(x)">x</div>', "image-set("),
    ('<div style="position:fixed;top:0">x</div>', "position:fixed"),
    ('<div style="color:{{ first_name }}">x</div>', "{{ first_name }}"),
    ('<div style="{% if first_name %}color:red{% endif %}">x</div>', "{% if first_name %}"),
    ('<style>@import "https://evil.test/a.css";</style>', "@import"),
    ("<style>@font-face { src: x; }</style>", "@font-face"),
    ("<style>a { background: url(https://evil.test/x); }</style>", "url("),
    ("<style>a { color: {{ first_name }}; }</style>", "{{ first_name }}"),
    # where values stand
    ('<b class="{{ first_name }}">x</b>', "{{ first_name }}"),
    ('<b id="{{ first_name }}">x</b>', "{{ first_name }}"),
    ('<td width="{{ cart.more }}">x</td>', "{{ cart.more }}"),
    ("<b title={{ first_name }}>x</b>", "quotes"),
    ("<b title=x>x</b>", "quotes"),
    ('<b {{ first_name }}="x">x</b>', "{{ first_name }}"),
    ('<b {% if first_name %}title="x"{% endif %}>x</b>', "quotes"),
    ("<{{ first_name }}>x</{{ first_name }}>", "{{ first_name }}"),
    ('<b title="{% if first_name %}" onclick="{% endif %}">x</b>', "condition"),
    ('<b title="{% if first_name %}x">x</b>{% endif %}', "condition"),
    ("<!--[if mso]><script>alert(1)</script><![endif]-->", "<script>"),
    ('<!--[if mso]><p onclick="x">x</p><![endif]-->', "onclick"),
    ('<!--[if mso]><v:rect href="javascript:x">x</v:rect><![endif]-->', "javascript:"),
    ('<v:fill src="https://evil.test/x" />', "https://evil.test/x"),
    # what cannot be read
    ("<p>1 < 2</p>", "not closed"),
    ("<b>x", "still open"),
    ("x</b>", "</b>"),
    ("<b><i>x</b></i>", "<i> is still open"),
    ("<!-- x", "comment is not closed"),
    ("<div>" * 120 + "x" + "</div>" * 120, "inside each other"),
]


@pytest.mark.parametrize("suffix", ["j2", "liquid"])
@pytest.mark.parametrize(("markup", "word"), MARKUP)
def test_markup_is_refused(tmp_path: Path, suffix: str, markup: str, word: str) -> None:
    files = {f"odd.txt.{suffix}": HEAD, f"odd.mjml.{suffix}": page_of(f"\n{markup}\n")}
    if suffix == "liquid":
        word = re.sub(r"link\('(.*?)'\)", r"link('\1')", word)
    faults = faults_of(tmp_path, files)
    assert faults, markup
    assert any(word in one for one in faults), faults
    assert any(re.match(rf"emails/odd\.mjml\.{suffix}:[123]: ", one) for one in faults), faults


FINE = [
    '<a href="{{ shop_url }}">x</a>',
    "<a href='{{ shop_url }}'>x</a>",
    '<a href="{{ review_url }}&amp;answer=5">x</a>',
    '<a href="{{ product.url }}"><img src="{{ product.image_url }}" alt="{{ city }}" /></a>',
    '<img src="https://shop.example.com/a.png" alt="a &gt; b" width="1" height="1" />',
    '<a href="mailto:hello@example.com?subject=a%20b">x</a> <a href="tel:+4930123">x</a>',
    '<b class="a{% if first_name %} b{% endif %}" title="{{ first_name }}">x</b>',
    '<p lang="{{ language }}" dir="{{ direction }}">x<br>y<hr>z</p>',
    '<div style="background:linear-gradient(#fff, rgba(0,0,0,.5));width:calc(1px + 2%)">x</div>',
    "<style>@media (max-width: 479px) { .a:not(.b) > td { color: #111 !important; } }</style>",
    '<!--[if mso | IE]><table role="presentation"><tr><td><![endif]--><p>x</p>'
    "<!--[if mso | IE]></td></tr></table><![endif]-->",
    "<!--[if !mso]><!--><p>x</p><!--<![endif]-->",
]
COMPONENTS = [
    '<mj-carousel left-icon="https://shop.example.com/l.png" '
    'right-icon="https://shop.example.com/r.png">'
    '<mj-carousel-image src="https://shop.example.com/a.png" alt="a" />'
    '<mj-carousel-image src="https://shop.example.com/b.png" alt="b" /></mj-carousel>',
    '<mj-accordion icon-wrapped-url="https://shop.example.com/p.png" '
    'icon-unwrapped-url="https://shop.example.com/m.png">'
    "<mj-accordion-element><mj-accordion-title>a</mj-accordion-title>"
    "<mj-accordion-text>b</mj-accordion-text></mj-accordion-element></mj-accordion>",
    '<mj-button href="{{ cart.url }}">x</mj-button><mj-divider /><mj-spacer height="9px" />',
    '<mj-image src="{{ product.image_url }}" href="{{ product.url }}" alt="{{ product.name }}" />',
    '<mj-table role="presentation"><tr><td>{{ first_name }}</td></tr></mj-table>',
    "<mj-raw>{% for p in recommendations %}</mj-raw>"
    '<mj-text align="[[ start ]]">{{ p.name }}</mj-text>'
    "<mj-raw>{% endfor %}</mj-raw>",
]


@pytest.mark.parametrize("suffix", ["j2", "liquid"])
@pytest.mark.parametrize("markup", FINE + COMPONENTS)
def test_what_letters_need_is_allowed(tmp_path: Path, suffix: str, markup: str) -> None:
    page = page_of(markup)
    if markup.startswith("<mj"):
        page = page.replace("<mj-text>", "", 1)[::-1].replace("</mj-text>"[::-1], "", 1)[::-1]
    files = {f"odd.txt.{suffix}": HEAD + "x\n", f"odd.mjml.{suffix}": page}
    assert faults_of(tmp_path, files) == []


def test_a_link_is_what_the_list_of_variables_calls_one(tmp_path: Path) -> None:
    """Names tell nothing: not those that a template sets, nor those of a loop."""
    jinja = [
        ('{% set my_url = "javascript:x" %}<a href="{{ my_url }}">x</a>', False),
        ('{% for a_url in ["javascript:x"] %}<a href="{{ a_url }}">x</a>{% endfor %}', False),
        ("{% set u = shop_url | replace('https', 'x') %}<a href=\"{{ u }}\">x</a>", False),
        ("<a href=\"{{ shop_url | replace('https', 'javascript') }}\">x</a>", False),
        ('<a href="{{ first_name | default(shop_url) }}">x</a>', False),
        ('<a href="{{ shop_url or first_name }}">x</a>', False),
        ('<a href="{{ shop_url ~ first_name }}">x</a>', False),
        ('{% set u = shop_url %}{% set u = first_name %}<a href="{{ u }}">x</a>', False),
        ('{% for u in [shop_url, first_name] %}<a href="{{ u }}">x</a>{% endfor %}', False),
        ("<a href=\"{{ link('https://evil.test/') }}\">x</a>", False),
        ('<a href="{{ link(first_name) }}">x</a>', False),
        ('{% set u = cart.url if cart.products else shop_url %}<a href="{{ u }}">x</a>', True),
        ('{% for p in cart.products %}<a href="{{ p.url }}">x</a>{% endfor %}', True),
        ("<a href=\"{{ link('https://shop.example.com/a') }}\">x</a>", True),
    ]
    liquid = [
        ("{% assign my_url = 'javascript:x' %}<a href=\"{{ my_url }}\">x</a>", False),
        ("<a href=\"{{ shop_url | replace: 'https', 'javascript' }}\">x</a>", False),
        ('<a href="{{ first_name | default: shop_url }}">x</a>', False),
        ('{% capture u %}javascript:x{% endcapture %}<a href="{{ u }}">x</a>', False),
        ('{% assign u = shop_url %}{% assign u = first_name %}<a href="{{ u }}">x</a>', False),
        ('{% for p in recommended_products %}<a href="{{ p.url }}">x</a>{% endfor %}', True),
        ("<a href=\"{{ 'https://shop.example.com/a' | link }}\">x</a>", True),
    ]
    for suffix, cases in (("j2", jinja), ("liquid", liquid)):
        for number, (markup, is_fine) in enumerate(cases):
            folder = tmp_path / f"{suffix}{number}"
            folder.mkdir()
            files = {f"odd.txt.{suffix}": HEAD, f"odd.mjml.{suffix}": page_of(markup)}
            assert (faults_of(folder, files) == []) == is_fine, markup


def test_captured_markup_stays_between_elements(tmp_path: Path) -> None:
    """What a template caught is printed as it is, but never inside an attribute, nor changed."""
    for suffix, start, end in (
        ("j2", "{% set x %}", "{% endset %}"),
        ("liquid", "{% capture x %}", "{% endcapture %}"),
    ):
        folder = tmp_path / suffix
        folder.mkdir()
        upper = "upper" if suffix == "j2" else "upcase"
        page = page_of(f"{start}<b>{{{{ city }}}}</b>{end}{{{{ x }}}}|{{{{ x | {upper} }}}}")
        files = {f"odd.txt.{suffix}": HEAD + "x\n", f"odd.mjml.{suffix}": page}
        renderer = letters_of(folder, files)
        html = renderer.render(row("birthday", template="odd", context={"city": "A<i>"}))["html"]
        assert "<b>A&lt;i&gt;</b>|&lt;B&gt;A&amp;LT;I&amp;GT;&lt;/B&gt;" in html
        attack = f'{start}" onclick="alert(1){end}<b title="{{{{ x }}}}">x</b>'
        (folder / f"odd.mjml.{suffix}").write_text(page_of(attack))
        (fault,) = Templates(SHOP, folder).validate()
        assert "{{ x }}: markup may not stand inside title." in fault


# --- expressions ---------------------------------------------------------------------------------

EXPRESSIONS = [
    "{% set c = 'x'['center'] %}{{ c(3000000) }}",
    "{{ 'x'['encode'] }}",
    "{{ 'x'.center(30) }}",
    "{{ first_name.upper() }}",
    "{{ first_name['upper'] }}",
    "{{ first_name[0] }}",
    "{{ 1 | round(30000000, 'ceil') }}",
    "{{ 99999999999 }}",
    "{{ 'a' * 30 }}",
    "{{ 2 ** 30 }}",
    "{{ 'a' + 'b' }}",
    "{{ '%9999999s' % 'a' }}",
    "{{ 'x' | center(30) }}",
    "{{ 'x' | format }}",
    "{{ 'x' | attr('y') }}",
    "{{ 'x' | safe }}",
    "{{ 'x' | indent(9999) }}",
    "{{ recommendations | tojson }}",
    "{{ range(9) }}",
    "{{ lipsum() }}",
    "{{ cycler }}",
    "{{ self }}",
    "{{ namespace() }}",
    "{{ {'a': 1} }}",
    "{{ first_name.__class__ }}",
    "{{ _private }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ recommendations.append(1) }}",
    "{{ recommendations['append'] }}",
    "{{ shop.colours }}",
    "{{ shop.sender_address }}",
    "{{ none }}",
    "{{ loop }}",
    "{{ link }}",
    "{{ link(*recommendations) }}",
    "{{ 'x' | replace(*recommendations) }}",
    "{% for p in recommendations | sort(false, '__class__') %}{% endfor %}",
    "{% for p in recommendations | sort(attribute='__class__') %}{% endfor %}",
    "{{ recommendations | map(attribute='secret') | join }}",
    "{{ recommendations | map('name') | join }}",
    "{% macro x() %}{% endmacro %}",
    "{% call x() %}{% endcall %}",
    "{% import 'x' as x %}",
    "{% from 'x' import y %}",
    "{% extends 'x' %}",
    "{% block x %}{% endblock %}",
    "{% filter upper %}x{% endfilter %}",
    "{% autoescape false %}x{% endautoescape %}",
    "{% set a, b = 1, 2 %}",
    "{% set shop.name = 1 %}",
    "{% for a, b in recommendations %}{% endfor %}",
    "{% for a in recommendations recursive %}{% endfor %}",
    "{% for a in first_name %}{% endfor %}",
    "{% include '../../etc/passwd' %}",
    "{% include first_name %}",
    "{% include ['a', 'b'] %}",
    "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "{{ " + "-" * 3000 + "1 }}",
    "{{ 1" + " + 1" * 3000 + " }}",
    "{% if 1 %}" * 200 + "{% endif %}" * 200,
    "{{ '{{' }}",
]
LIQUID_EXPRESSIONS = [
    "{{ 'x' | safe }}",
    "{{ 'x' | base64_decode }}",
    "{{ 'x' | escapejs }}",
    "{{ product['__class__'] }}",
    "{{ product._private }}",
    "{{ first_name.size.name }}",
    "{{ first_name[first_name] }}",
    "{{ [first_name] }}",
    "{{ (1..99999999) | join }}",
    "{{ 1.5 | round: 30000000 }}",
    "{{ 99999999999 }}",
    "{% for c in first_name %}{{ c }}{% endfor %}",
    "{% include 'x' %}",
    "{% render '../../etc/passwd' %}",
    "{% render first_name %}",
    "{% liquid echo first_name %}",
    "{% extends 'x' %}",
    "{% macro x %}{% endmacro %}",
    "{{ recommendations | map: 'secret' }}",
    "{{ recommendations | where: first_name }}",
    "{% if 1 %}" * 200 + "{% endif %}" * 200,
]


@pytest.mark.parametrize(
    ("suffix", "text"),
    [("j2", one) for one in EXPRESSIONS] + [("liquid", one) for one in LIQUID_EXPRESSIONS],
)
def test_expressions_are_refused(tmp_path: Path, suffix: str, text: str) -> None:
    """By the check alone, which computes nothing: in the text and in the HTML."""
    began = time.process_time()
    for is_html in (False, True):
        folder = tmp_path / str(is_html)
        folder.mkdir()
        files = {
            f"odd.txt.{suffix}": HEAD + ("x" if is_html else text) + "\n",
            f"odd.mjml.{suffix}": page_of(text if is_html else "x"),
        }
        faults = faults_of(folder, files)
        assert faults
        assert all(re.match(r"emails/odd\.(txt|mjml)\.\w+:\d+: ", one) for one in faults), faults
    assert time.process_time() - began < 2


def test_huge_templates_are_refused_at_once(tmp_path: Path) -> None:
    began = time.process_time()
    huge = [
        "x" * (SIZE_LIMIT + 1),
        "{{" * 100_000,
        "<a " * 80_000,
        "<!-- " * 50_000,
        '<mj-include path="x" ' * 10_000,
        "{{ first_name }}" * 16_000 + "<",
        '<a href="' * 25_000,
        "{% if first_name %}" * 10_000,
        "*|IF:FNAME|*" * 20_000,
        "{{#if x}}" * 25_000,
        "<div>" * 50_000,
        "\0" * 1_000,
    ]
    for number, text in enumerate(huge):
        folder = tmp_path / str(number)
        folder.mkdir()
        files = {"odd.txt.j2": HEAD, "odd.mjml.j2": page_of(text)}
        assert faults_of(folder, files), text[:20]
    assert time.process_time() - began < 20


@hypothesis_settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.sampled_from(
            [
                *("{{", "}}", "{%", "%}", "{#", "#}", "'", '"', "<", ">", "<b>", "</b>"),
                *("<script>", "x", " first_name ", " if first_name ", " endif ", "*|FNAME|*"),
                *("<a href=", "<!--", "-->", "[[ accent ]]", "raw", " | upper ", "<style>"),
                *("</style>", " onclick=", "\n", "\\"),
            ]
        ),
        max_size=14,
    ),
    st.sampled_from(["j2", "liquid"]),
)
def test_any_template_is_fine_or_told_to_be_faulty(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], suffix: str
) -> None:
    """Whatever is written: faults with their places, or a letter without foreign elements."""
    folder = tmp_path_factory.mktemp("any")
    files = {f"odd.txt.{suffix}": HEAD + "x\n", f"odd.mjml.{suffix}": page_of("".join(parts))}
    renderer = letters_of(folder, files)
    faults = renderer.templates.validate()
    assert all(one.startswith("emails/odd.") for one in faults)
    if faults:
        return
    try:
        page = Elements(renderer.render(row("birthday", template="odd"))["html"])
    except Refused:
        return
    assert not any(tag == "script" for tag, _ in page.elements)
    assert not any(name.startswith("on") for _, given in page.elements for name in given)


# --- hostile values, in every syntax -------------------------------------------------------------

LANGUAGES = {
    "j2": '<b title="{{ city }}">{{ city }}</b>{% for p in recommendations %}'
    '<a href="{{ p.url }}">{{ p.name | upper }}</a>{% endfor %}',
    "liquid": '<b title="{{ city }}">{{ city }}</b>{% for p in recommendations %}'
    '<a href="{{ p.url }}">{{ p.name | upcase }}</a>{% endfor %}'
    "{% assign n = city | append: '' %}{{ n }}{% cycle city, 'x' %}"
    "{{ city | newline_to_br }}{{ city | escape }}{{ city | truncate: 50 }}",
    "merge.liquid": '<b title="*|CITY|*">*|CITY|*</b>*|UPPER:CITY|*'
    '{% for p in recommendations %}<a href="{{ p.url }}">{{ p.name }}</a>{% endfor %}',
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", HOSTILE_NAMES)
def test_hostile_values_are_text(tmp_path: Path, language: str, number: int) -> None:
    suffix, name = language.rpartition(".")[2], HOSTILE_NAMES[number]
    head = "Subject: {{ city }}\nPreheader: x\n\n{{ city }}\n"
    files = {f"odd.txt.{suffix}": head, f"odd.mjml.{suffix}": page_of(LANGUAGES[language])}
    renderer = letters_of(tmp_path, files)
    product = {"name": name, "reason": "viewed"}
    harmless = product | {"name": "Harmless", "url": "https://shop.example.com/a"}
    pages = []
    for value, item in (("Harmless", harmless), (name, product | {"url": "javascript:alert(1)"})):
        context = {"city": value, "recommendations": [item]}
        letter = renderer.render(row("birthday", template="odd", context=context))
        pages.append(Elements(letter["html"]))
    assert [tag for tag, _ in pages[0].elements] == [tag for tag, _ in pages[1].elements]
    assert [set(given) for _, given in pages[0].elements] == [
        set(given) for _, given in pages[1].elements
    ]
    links = [given["href"] for tag, given in pages[1].elements if tag == "a"]
    assert all(link.startswith("https://shop.example.com/") for link in links)
    shown = name if len(name) <= 500 else name[:499]
    assert shown in letter["text"]
    assert shown in pages[1].text
    assert "49" not in letter["subject"]


def test_a_price_in_a_subject_has_plain_blanks(tmp_path: Path) -> None:
    files = {
        "odd.txt.j2": "Subject: {{ cart.total }}\nPreheader: {{ cart.total }}\n\nx\n",
        "odd.mjml.j2": page_of("{{ cart.total }}"),
    }
    renderer = letters_of(tmp_path, files)
    pen = {"name": "Pen", "price": 9.9, "currency": "SEK", "quantity": 1}
    cart = {"items": [pen], "value": 9.9, "currency": "SEK"}
    letter = renderer.render(row("birthday", template="odd", context={"cart": cart}))
    assert letter["subject"] == letter["preheader"] == "SEK 9.90"
    assert "SEK\u00a09.90" in Elements(letter["html"]).text


# --- addresses and tokens ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example.com/x>,<mailto:evil@example.net",
        "https://shop.example.com/x, <https://evil.test/>",
        "https://shop.example.com/ x",
        'https://shop.example.com/"x',
        "https://shop.example.com/'x",
        "https://shop.example.com/x;y",
        "https://shop.example.com@evil.test/",
        "https://shop.example.com:8080/",
        "https://evil.test/",
        "https://shop.example.com/\u00e9",
        "https://[::1/",
        "http://shop.example.com/",
    ],
)
def test_addresses_of_the_shop_end_no_header(tmp_path: Path, url: str) -> None:
    assert not shop.is_link(url, SHOP.allowed_hosts)
    text = (Templates(SHOP).root / "shop.toml").read_text(encoding="utf-8")
    line = re.compile(r"^unsubscribe_url = .*$", re.MULTILINE)
    changed = line.sub(lambda _: f"unsubscribe_url = '''{url}'''", text)
    path = tmp_path / "shop.toml"
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(shop.UserError, match="unsubscribe_url must be an https address"):
        shop.load(path)


def test_confirmations_expire_and_are_used_once() -> None:
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 (needed here alone)

    now = datetime(2026, 6, 15, 12)
    token = SIGNER.sign("confirm", "m-1", now + timedelta(days=7))
    assert SIGNER.verify(token, now=now) == ("confirm", "m-1")
    just_before = (now + timedelta(days=7, seconds=-1)).replace(tzinfo=UTC)
    assert SIGNER.verify(token, now=just_before) == ("confirm", "m-1")
    for late in (now + timedelta(days=7), now + timedelta(days=700)):
        with pytest.raises(InvalidToken, match="expired"):
            SIGNER.verify(token, now=late)
    with pytest.raises(InvalidToken, match="expired"):
        SIGNER.verify(token)  # whoever forgets the clock accepts nothing
    with pytest.raises(InvalidToken, match="used"):
        SIGNER.verify(token, now=now, used={token_id(token)})
    rotated = Signer("a newer secret for tests", "a secret for tests only")
    assert rotated.verify(token, now=now) == ("confirm", "m-1")
    assert rotated.sign("review", "m-1").split(".")[1] != token.split(".")[1]
    for purpose, expires in (("confirm", None), ("unsubscribe", now)):
        with pytest.raises(ValueError, match="expiry"):
            SIGNER.sign(purpose, "m-1", expires)
    assert SIGNER.verify(SIGNER.sign("review", "m-1")) == ("review", "m-1")


def test_each_purpose_has_its_own_link(tmp_path: Path) -> None:
    names = ("unsubscribe", "preferences", "confirm", "review")
    text = "\n".join(f"{{{{ {name}_url }}}}" for name in names)
    files = {"odd.txt.j2": f"{HEAD}{text}\n", "odd.mjml.j2": page_of("x")}
    queued = row("birthday", template="odd")
    links = letters_of(tmp_path, files).render(queued)["text"].split()
    for name, link in zip(names, links, strict=True):
        token = link.partition("token=")[2]
        found = SIGNER.verify(token, now=queued["evaluated_at"])
        assert found == (name, queued["message_id"])
        assert link.startswith(getattr(SHOP, f"{name}_url") + "?token=v1.")


def test_what_is_missing_is_no_record_of_python() -> None:
    absent = Missing("order")
    assert not absent
    assert not absent.number.digits
    with pytest.raises(AttributeError):
        _ = absent._private
    with pytest.raises(Exception, match=r"order\.number"):
        str(absent.number)


def test_a_text_made_of_html_ends_in_time() -> None:
    began = time.process_time()
    for html in ("<div>" * 20_000, "<ul><li>" * 5_000, "<a href='https://a.test/'>x" * 5_000):
        assert isinstance(text_of(html), str)
    assert time.process_time() - began < 10
