"""Letter templates: MJML compiled once to HTML that still holds Jinja, linted, run in a sandbox.

A letter is two files in emails/: <name>.mjml.j2 and <name>.txt.j2. The text file begins with the
lines `Subject: …` and `Preheader: …`, then an empty line, then the plain-text letter. What both say
stands in emails/locales/<language>.toml and is put in, with colours and type, before compiling: a
letter is written in every language whose file has its words.
"""

from __future__ import annotations

import html as markup
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import mrml
from jinja2 import FunctionLoader, StrictUndefined, TemplateError, meta, nodes
from jinja2.exceptions import SecurityError, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from penpal.letters.context import FACTS, NAMES, Cart, Offer, Order, Product
from penpal.letters.shop import Shop
from penpal.settings import EMAILS, UserError

STYLE_LIMIT = 16 * 1024
VARIABLES = {
    *NAMES,
    *FACTS,
    *("shop", "language", "direction", "campaign", "variant", "can_personalize", "occasion_on"),
    *("recommendations", "is_picked", "cart", "shop_url", "unsubscribe_url", "preferences_url"),
    *("link", "subject", "preheader", "order", "product", "viewed_products", "offer"),
    *("confirm_url", "review_url"),
}
FILTERS = ("capitalize", "default", "first", "join", "last", "length", "lower", "replace")
FILTERS += ("round", "title", "trim", "truncate", "upper", "e", "escape", "int")
RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
# With attributes, which stand for [[ … ]] in what is included; what it encloses is [[ content ]].
_INCLUDE = re.compile(
    r'<mj-include\s+path="([^"]+)"((?:\s+\w+="[^"]*")*)\s*(?:/>|>(.*?)</mj-include>)', re.DOTALL
)
_GIVEN = re.compile(r'(\w+)="([^"]*)"')
_COMMENT = re.compile(r"<!--(?!\[if).*?-->", re.DOTALL)
_TOKEN = re.compile(r"\[\[\s*([\w.]+)\s*\]\]")
_LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\}|\{\w+\}")
_STYLE = re.compile(r"<style\b.*?</style>", re.DOTALL | re.IGNORECASE)
# An opening tag: quoted values may hold '>'.
_ELEMENT = re.compile(r"""<([A-Za-z][\w:-]*)((?:[^<>"']|"[^"]*"|'[^']*')*)>""", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([\w:-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""", re.DOTALL)
# A variable's address may be followed by parameters of the letter's own: &amp;answer=5.
_URL_VALUE = re.compile(
    r"\{\{\s*(?:[\w.]*url|link\('https://[^']*'\))\s*\}\}(?:&amp;\w+=\w+)*|mailto:[^{}]*"
)


_FIELDS = {
    kind: frozenset(f.name for f in fields(kind)) for kind in (Product, Cart, Order, Offer, Shop)
}


class TemplateRefused(UserError, SecurityError):
    """A template that breaks a rule; the message names the file and what to change."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without Python: few filters, no globals, no arithmetic that can explode."""

    intercepted_binops = frozenset(["**", "*", "%"])

    def __init__(self, read: Callable[[str], str], *, autoescape: bool):
        super().__init__(
            loader=FunctionLoader(read),
            autoescape=autoescape,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )
        self.read = read
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}

    def getattr(self, obj: Any, attribute: str) -> Any:
        # Our own records hold text and numbers only: no need to look twice, 90 times a letter.
        if attribute in _FIELDS.get(type(obj), ()):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        numbers = type(left) in (int, float) and type(right) in (int, float)
        if operator == "**" or not numbers or max(abs(left), abs(right)) > 1e9:
            raise SecurityError(f"operator {operator} is not allowed here")
        return super().call_binop(context, operator, left, right)


@dataclass(frozen=True)
class Letter:
    """A compiled template: text (with its two header lines) and HTML."""

    name: str
    language: str
    direction: str
    text: Any
    html: Any


class Templates:
    """The letters of a folder, compiled on first use."""

    def __init__(self, shop: Shop, root: Path = EMAILS):
        self.shop = shop
        self.root = root.resolve()
        self._letters: dict[tuple[str, str | None], Letter] = {}
        self._locales: dict[str, dict[str, dict[str, str]]] = {}

    def get(self, name: str, language: str | None) -> Letter:
        """The letter in the reader's language if it exists, else in the default language.

        Raises TemplateNotFound for a name without files, TemplateRefused for a bad template.
        """
        key = (name, language)
        if key not in self._letters:
            self._letters[key] = self._load(name or "", language or "")
        return self._letters[key]

    def _load(self, name: str, language: str) -> Letter:
        if not re.fullmatch(r"\w{1,80}", name, re.ASCII):
            raise TemplateNotFound("letter")
        known = language in self.languages(name)
        return self._compile(name, language if known else self.shop.default_language)

    def languages(self, name: str) -> list[str]:
        """The languages a letter is written in: the shop's own, and those that have its words."""
        folder = self.root / "locales"
        found = {path.stem for path in folder.glob("*.toml") if name in self._locale(path.stem)}
        return sorted(found | {self.shop.default_language})

    def _locale(self, language: str) -> dict[str, dict[str, str]]:
        """Letter -> word -> text, of one language; {} where it has no file."""
        if language not in self._locales:
            path = self.root / "locales" / f"{language}.toml"
            try:
                text = path.read_text(encoding="utf-8") if path.is_file() else ""
                self._locales[language] = tomllib.loads(text)
            except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                raise TemplateRefused(f"{path} cannot be read: {error}.") from error
        return self._locales[language]

    def _tokens(self, name: str, language: str) -> dict[str, str]:
        """What [[ … ]] stands for in a letter: colours, type, sides of the page, words."""
        rtl, locale = language in RIGHT_TO_LEFT, self._locale(language)
        sides = ("right", "left", "rtl") if rtl else ("left", "right", "ltr")
        words = locale.get("shared", {}) | locale.get(name, {})
        return {
            **self.shop.colours,
            **self.shop.type,
            **dict(zip(("start", "end", "direction"), sides, strict=True)),
            **{f"words.{word}": text for word, text in words.items()},
        }

    def _compile(self, name: str, language: str) -> Letter:
        tokens = self._tokens(name, language)

        def read(path: str) -> str:
            return fill(f"{path} ({name}, {language})", self._read(path), tokens)

        mjml, text = self._read(f"{name}.mjml.j2"), read(f"{name}.txt.j2")
        if not re.match(r"Subject: .+\nPreheader: .+\n\n", text):
            raise TemplateRefused(
                f"{name}.txt.j2 must begin with the lines 'Subject: …', 'Preheader: …' and an "
                "empty line."
            )
        html = compile_mjml(f"{name}.mjml.j2", mjml, self._read, tokens)
        return Letter(
            name=name,
            language=language,
            direction=tokens["direction"],
            text=self._template(f"{name}.txt.j2", text, Sandbox(read, autoescape=False)),
            html=self._template(f"{name}.mjml.j2", html, Sandbox(read, autoescape=True)),
        )

    def _read(self, path: str) -> str:
        """The text of a file of the folder."""
        file = (self.root / path).resolve()
        if file.is_relative_to(self.root) and file.is_file():
            return file.read_text(encoding="utf-8")
        raise TemplateNotFound(path)

    def _template(self, name: str, source: str, environment: Sandbox) -> Any:
        try:
            lint_jinja(name, source, environment)
            return environment.from_string(source)
        except TemplateNotFound as error:
            raise TemplateRefused(f"{name}: there is no emails/{error.name}.") from error
        except SyntaxError as error:  # Python's, for too many loops inside each other
            raise TemplateRefused(f"{name}: {error.msg}.") from error
        except TemplateError as error:
            if isinstance(error, TemplateRefused):
                raise
            raise TemplateRefused(f"{name}: {error.message}.") from error


def fill(name: str, text: str, tokens: dict[str, str], *, in_html: bool = False) -> str:
    """The text with its tokens, [[ accent ]] and [[ words.title ]], put in."""

    def one(match: re.Match) -> str:
        token, value = match[1], tokens.get(match[1])
        if value is None:
            what = f"shop.toml has no {token}"
            if token.startswith("words."):
                what = f"its locale has no word {token.removeprefix('words.')}"
            raise TemplateRefused(f"{name}: {what}.")
        if not token.startswith("words."):
            return value
        if in_html:
            parts = re.split(f"({_TAG.pattern})", value, flags=re.DOTALL)
            return "".join(p if _TAG.fullmatch(p) else markup.escape(p, False) for p in parts)
        # A tag at the end of a line would take the line's end with it.
        return re.sub(r"(?<![-+])%\}$", "+%}", value)

    return _TOKEN.sub(one, text)


def compile_mjml(name: str, source: str, read: Any, tokens: dict[str, str]) -> str:
    """MJML with Jinja tags -> HTML with the same tags; lints what Jinja cannot see."""

    def include(match: re.Match) -> str:
        try:
            text = _COMMENT.sub("", read(match[1]))
        except TemplateNotFound as error:
            raise TemplateRefused(f"{name}: there is no emails/{match[1]}.") from error
        given = dict(_GIVEN.findall(match[2]))
        if match[3] is not None:
            given["content"] = match[3]
        return expand(_TOKEN.sub(lambda token: given.get(token[1], token[0]), text))

    def expand(text: str) -> str:
        return _INCLUDE.sub(include, text)

    try:
        source = expand(_COMMENT.sub("", source))
    except RecursionError as error:
        raise TemplateRefused(f"{name}: its includes go in a circle.") from error
    source = fill(name, source, tokens, in_html=True)
    try:
        # No web fonts: a letter loads nothing but its pictures.
        html = mrml.to_html(source, render_options=mrml.RenderOptions(fonts={})).content
    except OSError as error:
        raise TemplateRefused(f"{name} is not valid MJML: {error}.") from error
    for tag in _TAG.findall(source):
        if tag not in html and not tag.startswith("{#"):
            raise TemplateRefused(f"{name}: {tag} gets lost, put it between <mj-raw> tags.")
    html = re.sub(r"\n\s*", "\n", html)
    lint_html(name, html)
    # ASCII with character references renders and compresses faster, and survives any mail gateway.
    return "".join(
        part if _TAG.fullmatch(part) else part.encode("ascii", "xmlcharrefreplace").decode()
        for part in re.split(f"({_TAG.pattern})", html, flags=re.DOTALL)
    )


def lint_html(name: str, html: str) -> None:
    """Refuse variables where escaping does not protect: styles, scripts, bare attributes, URLs."""
    styles = _STYLE.findall(html)
    if any(_TAG.search(style) for style in styles):
        raise TemplateRefused(f"{name}: no variable may stand inside <style>.")
    if sum(len(style.encode()) for style in styles) > STYLE_LIMIT:
        raise TemplateRefused(f"{name}: its styles exceed {STYLE_LIMIT // 1024} KB.")
    # Each Jinja tag becomes one word, so that its quotes and signs cannot confuse the reading.
    tags: list[str] = []

    def mask(match: re.Match) -> str:
        tags.append(match[0])
        return f"JINJA{len(tags) - 1}X"

    def unmask(text: str) -> str:
        return re.sub(r"JINJA(\d+)X", lambda match: tags[int(match[1])], text)

    body = _TAG.sub(mask, _STYLE.sub("", html))
    body = re.sub(r"<!--\[if[^\]]*\]>|<!--<!\[endif\]-->|<!\[endif\]-->|<!-->", "", body)
    for element in _ELEMENT.finditer(body):
        tag = element[1].lower()
        if tag in ("script", "iframe", "object", "embed", "form", "base") or "JINJA" in element[1]:
            raise TemplateRefused(f"{name}: <{unmask(element[1])}> does not belong in a letter.")
        for attribute, value in _ATTRIBUTE.findall(element[2]):
            _lint_attribute(name, attribute.lower(), value, unmask)
    # What is left between elements is text; a '<' there is a tag that could not be read.
    rest = _ELEMENT.sub("", body)
    if re.search(r"<(?!/|!doctype)", rest, re.IGNORECASE):
        raise TemplateRefused(f"{name}: a tag is not closed, or an attribute is not quoted.")


def _lint_attribute(name: str, attribute: str, value: str, unmask: Any) -> None:
    if "JINJA" in attribute.upper():
        raise TemplateRefused(f"{name}: a variable may not stand in for an attribute.")
    if attribute.startswith("on") and attribute != "on":
        raise TemplateRefused(f"{name}: {attribute} does not belong in a letter.")
    if "JINJA" in value and value[0] not in "\"'":
        raise TemplateRefused(f"{name}: {attribute} needs quotes around {unmask(value)}.")
    if attribute == "style" and "JINJA" in value:
        raise TemplateRefused(f"{name}: no variable may stand inside style.")
    if attribute in ("href", "src", "background", "action", "srcset"):
        url = unmask(value).strip("\"'")
        if not _URL_VALUE.fullmatch(url):
            raise TemplateRefused(
                f"{name}: {attribute} must be {{{{ link('https://…') }}}} or a variable whose "
                f"name ends in url, not {url}."
            )


def lint_jinja(
    name: str,
    source: str,
    environment: Sandbox,
    *,
    known: frozenset[str] = frozenset(VARIABLES),
    depth: int = 0,
) -> None:
    """Refuse what a template does not need and an attacker would: see the messages."""
    tree = environment.parse(source, name)
    known |= {one.name for one in tree.find_all(nodes.Name) if one.ctx == "store"}
    unknown = meta.find_undeclared_variables(tree) - known
    if unknown:
        raise TemplateRefused(f"{name}: {', '.join(sorted(unknown))} is not a known variable.")
    for node in _walk(tree):
        if isinstance(node, nodes.TemplateData) and _LEFT_OVER.search(_STYLE.sub("", node.data)):
            raise TemplateRefused(f"{name}: stray braces would be printed as they stand.")
        if isinstance(node, nodes.Const) and (
            node.value is None or (isinstance(node.value, str) and _LEFT_OVER.search(node.value))
        ):
            raise TemplateRefused(f"{name}: 'none' and braces in text are not allowed.")
        if isinstance(node, nodes.Call) and not isinstance(node.node, nodes.Name):
            raise TemplateRefused(f"{name}: methods may not be called, use a filter.")
        if isinstance(node, nodes.Getattr | nodes.Name) and _private(node):
            raise TemplateRefused(f"{name}: names may not begin with an underscore.")
        if isinstance(
            node, nodes.Import | nodes.FromImport | nodes.Extends | nodes.EvalContextModifier
        ):
            raise TemplateRefused(f"{name}: {type(node).__name__.lower()} is not allowed.")
        if isinstance(node, nodes.Include):
            path = node.template.value if isinstance(node.template, nodes.Const) else None
            if not isinstance(path, str) or environment.autoescape:
                raise TemplateRefused(f"{name}: include a text file of emails/ by its name.")
            if depth > 5:
                raise TemplateRefused(f"{name}: its includes go in a circle.")
            lint_jinja(path, environment.read(path), environment, known=known, depth=depth + 1)


def _private(node: nodes.Node) -> bool:
    return (node.attr if isinstance(node, nodes.Getattr) else node.name).startswith("_")


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)
