"""Letter templates: MJML compiled once to HTML that still holds Jinja, linted, run in a sandbox.

A letter is two files in emails/: <name>.mjml.j2 and <name>.txt.j2. The text file begins with the
lines `Subject: …` and `Preheader: …`, then an empty line, then the plain-text letter. A letter for
readers of another language is <name>.<language>.mjml.j2 and .txt.j2; what it includes is taken in
its language where there is such a file (shared/footer.fr.mjml), else as it stands.
"""

from __future__ import annotations

import re
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
_INCLUDE = re.compile(r'<mj-include\s+path="([^"]+)"\s*/>')
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_COLOUR = re.compile(r"\[\[\s*(\w+)\s*\]\]")
_LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\}|\{\w+\}")
_STYLE = re.compile(r"<style\b.*?</style>", re.DOTALL | re.IGNORECASE)
# An opening tag: quoted values may hold '>'.
_ELEMENT = re.compile(r"""<([A-Za-z][\w:-]*)((?:[^<>"']|"[^"]*"|'[^']*')*)>""", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([\w:-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""", re.DOTALL)
_URL_VALUE = re.compile(r"\{\{\s*(?:[\w.]*url|link\('https://[^']*'\))\s*\}\}|mailto:[^{}]*")


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
        stem = f"{name}.{language}"
        known = re.fullmatch("[a-z]{2,3}", language) and (self.root / f"{stem}.mjml.j2").is_file()
        if known:
            return self._compile(name, stem, language)
        return self._compile(name, name, self.shop.default_language)

    def _compile(self, name: str, stem: str, language: str) -> Letter:
        def read(path: str) -> str:
            return self._read(in_language(path, language), path)

        mjml, text = self._read(f"{stem}.mjml.j2"), self._read(f"{stem}.txt.j2")
        if not re.match(r"Subject: .+\nPreheader: .+\n\n", text):
            raise TemplateRefused(
                f"{stem}.txt.j2 must begin with the lines 'Subject: …', 'Preheader: …' and an "
                "empty line."
            )
        html = compile_mjml(f"{stem}.mjml.j2", mjml, read, self.shop.colours)
        return Letter(
            name=name,
            language=language,
            direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
            text=self._template(f"{stem}.txt.j2", text, Sandbox(read, autoescape=False)),
            html=self._template(f"{stem}.mjml.j2", html, Sandbox(read, autoescape=True)),
        )

    def _read(self, *paths: str) -> str:
        """The text of the first of these files of the folder that there is."""
        for path in paths:
            file = (self.root / path).resolve()
            if file.is_relative_to(self.root) and file.is_file():
                return file.read_text(encoding="utf-8")
        raise TemplateNotFound(paths[-1])

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


def in_language(path: str, language: str) -> str:
    """Where a file of emails/ stands in another language: shared/footer.fr.mjml."""
    folder, slash, file = path.rpartition("/")
    stem, dot, suffix = file.partition(".")
    return f"{folder}{slash}{stem}.{language}{dot}{suffix}"


def compile_mjml(name: str, source: str, read: Any, colours: dict[str, str]) -> str:
    """MJML with Jinja tags -> HTML with the same tags; lints what Jinja cannot see."""

    def include(match: re.Match) -> str:
        try:
            return expand(read(match[1]))
        except TemplateNotFound as error:
            raise TemplateRefused(f"{name}: there is no emails/{match[1]}.") from error

    def expand(text: str) -> str:
        return _INCLUDE.sub(include, text)

    def colour(match: re.Match) -> str:
        if match[1] not in colours:
            raise TemplateRefused(f"{name}: shop.toml has no colour {match[1]}.")
        return colours[match[1]]

    try:
        source = _COLOUR.sub(colour, _COMMENT.sub("", expand(source)))
    except RecursionError as error:
        raise TemplateRefused(f"{name}: its includes go in a circle.") from error
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
