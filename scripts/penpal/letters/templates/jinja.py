"""Jinja2 for letters: a list of what an expression may be, and bounds for what it may take.

Templates are checked before they are compiled, so nothing of them is computed until a worker with
a limit of processor time renders them. The sandbox behind is the second door.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote_plus

from jinja2 import FunctionLoader, StrictUndefined, TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError, TemplateNotFound, UndefinedError
from jinja2.filters import do_striptags, do_title, do_truncate
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, _escape_inner, escape

from penpal.letters import formats
from penpal.letters.templates import filters
from penpal.letters.templates.checking import (
    DEPTH_LIMIT,
    INCLUDE_LIMIT,
    LOOP,
    NONE,
    ROUNDS,
    Check,
    Kinds,
    Names,
)
from penpal.letters.templates.contract import (
    BY_CUSTOMER,
    CART,
    CUSTOMER,
    FLAG,
    MARKUP,
    NUMBER,
    OFFER,
    ORDER,
    PRODUCT,
    SHOP,
    SITE,
    TEXT,
    listed,
)
from penpal.letters.templates.filters import LimitExceeded, bounded, guarded, plain
from penpal.letters.templates.source import Source, TemplateRefused, fault, nearest, unclosed_block
from penpal.letters.values import Missing, Record

# What each filter gives (checking.Check.filtered), and how many arguments it may have.
FILTERS = {
    **dict.fromkeys(("capitalize", "lower", "upper", "title", "trim", "striptags"), "text"),
    **dict.fromkeys(("replace", "truncate", "string", "urlencode"), "text"),
    **dict.fromkeys(("date", "money", "number", "plural"), "text"),
    **dict.fromkeys(("e", "escape"), "text"),
    **dict.fromkeys(("int", "float", "round", "abs"), "number"),
    **dict.fromkeys(("length", "count"), "number of list"),
    **dict.fromkeys(("default", "d"), "same or argument"),
    **dict.fromkeys(("first", "last"), "item"),
    **dict.fromkeys(("reverse", "sort", "unique"), "same"),
    "join": "text of list",
    "map": "map",
    "batch": "batch",
}
TESTS = frozenset(("defined", "undefined", "odd", "even", "divisibleby", "in", "eq", "ne"))
# Fields that are read from whatever has them; no text or list has a method of these names.
_FIELDS = frozenset(
    field
    for kind in (PRODUCT, CART, ORDER, OFFER, CUSTOMER, SITE, SHOP)
    for field in kind.fields
    if not any(hasattr(one, field) for one in (str, list, dict, int, float))
)
_ELSEWHERE = {  # tags of Liquid, and what stands for them
    "assign": "{% set name = … %}",
    "capture": "{% set name %} … {% endset %}",
    "unless": "{% if not … %}",
    "elsif": "{% elif … %}",
    "case": "{% if … %} {% elif … %}",
    "comment": "{# … #}",
    "render": '{% include "shared/….txt.j2" %}',
}


class _Generator(CodeGenerator):
    """Writes what a letter does most, shorter: fields of our records, and escaping."""

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        if node.attr not in _FIELDS:
            super().visit_Getattr(node, frame)
            return
        self.write("(")
        self.visit(node.node, frame)
        self.write(f").{node.attr}")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without Python: our filters, no globals, no arithmetic but of numbers."""

    code_generator_class = _Generator
    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "%", "**"])

    def __init__(
        self,
        read: Callable[[str], str],
        *,
        autoescape: bool,
        language: str = formats.DEFAULT_LANGUAGE,
        currency: str | None = None,
    ):
        super().__init__(
            loader=FunctionLoader(read),
            autoescape=autoescape,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            optimized=False,
        )
        self.globals.clear()
        self.filters = _filters(language, currency)
        self.filters |= {"joined_": _joined, "items_": self._items, "bounded_": bounded}
        self.tests = {name: self.tests[name] for name in TESTS}
        self.rounds_left = filters.ROUNDS_LIMIT

    def getattr(self, obj: Any, attribute: str) -> Any:
        # Our own records hold text and numbers only: no need to look twice, 60 times a letter.
        if isinstance(obj, Record):
            return getattr(obj, attribute) if attribute in obj.__slots__ else Missing(attribute)
        if type(obj) is Missing:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    @staticmethod
    def escaped(value: Any) -> str:
        """A value as HTML: escape(), without making Markup of it."""
        if isinstance(value, str) and type(value) is not Markup:
            return _escape_inner(value)
        return escape(value)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        numbers = type(left) in (int, float) and type(right) in (int, float)
        if operator == "**" or not numbers or max(abs(left), abs(right)) > 1e9:
            raise SecurityError(f"operator {operator} is not allowed here")
        return super().call_binop(context, operator, left, right)

    def _items(self, value: Any) -> Any:
        """What a loop goes through, taken off the rounds that the letter has left."""
        if type(value) is Missing:
            return ()
        if not isinstance(value, list | tuple):
            raise SecurityError("a loop goes through lists only")
        self.rounds_left -= len(bounded(value))
        if self.rounds_left < 0:
            raise LimitExceeded(f"more than {filters.ROUNDS_LIMIT:,} rounds of loops")
        return value

    def _generate(self, source: nodes.Template, *arguments: Any, **named: Any) -> str:
        return super()._generate(_Bounds(self).visit(source), *arguments, **named)


class _Bounds(NodeTransformer):
    """Puts bounds around whatever can grow (texts joined, loops, captured blocks), and texts that
    are included in their place."""

    def __init__(self, environment: Sandbox):
        self.environment, self.depth = environment, 0

    def visit_Include(self, node: nodes.Include) -> nodes.Node:
        self.depth += 1
        if self.depth > INCLUDE_LIMIT:
            raise SecurityError("includes go in a circle, or too deep")
        source, _, _ = self.environment.loader.get_source(self.environment, node.template.value)
        tree = self.visit(self.environment.parse(source))
        self.depth -= 1
        return nodes.Scope(tree.body, lineno=node.lineno)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        first, *rest = node.nodes
        return nodes.Filter(first, "joined_", rest, [], None, None, lineno=node.lineno)

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, "items_", [], [], None, None, lineno=node.lineno)
        return node

    def visit_AssignBlock(self, node: nodes.AssignBlock) -> nodes.Node:
        self.generic_visit(node)
        node.filter = nodes.Filter(None, "bounded_", [], [], None, None, lineno=node.lineno)
        return node


# --- filters -------------------------------------------------------------------------------------


def _joined(*parts: Any) -> str:
    return bounded("".join(str(plain(part)) for part in parts))


def _default(value: Any, instead: Any = "", boolean: bool = False) -> Any:
    is_missing = isinstance(value, StrictUndefined) or (boolean and not value)
    return instead if is_missing else value


def _text(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of texts: numbers become text, a missing value is an error."""

    def call(value: Any, *arguments: Any, **named: Any) -> Any:
        return function(str(value), *arguments, **named)

    return call


def _round(value: Any, precision: int = 0, method: str = "common") -> float:
    if not 0 <= precision <= 9 or method not in ("common", "ceil", "floor"):
        raise SecurityError("round() takes 0 to 9 digits; common, ceil or floor")
    if method == "common":
        return round(value, precision)
    scaled = value * 10**precision
    whole = int(scaled)
    whole += (scaled > whole) if method == "ceil" else -(scaled < whole)
    return whole / 10**precision


@lru_cache(maxsize=20_000)
def _truncate(text: str, length: int = 255, killwords: bool = False, end: str = "...",
              leeway: int = 5) -> str:  # fmt: skip
    return do_truncate(None, text, length, killwords, end, leeway) if length >= len(end) else end


def _sort(items: Any, reverse: bool = False, attribute: str | None = None) -> list:
    def key(item: Any) -> Any:
        value = getattr(item, attribute) if attribute else item
        value = value.value if isinstance(value, formats.Formatted) else value
        return value.lower() if isinstance(value, str) else value

    known = [one for one in items if not attribute or not isinstance(key(one), Missing)]
    return sorted(known, key=key, reverse=reverse)


def _batch(items: Any, size: int) -> list:
    if not 1 <= size <= filters.LIST_LIMIT:
        raise SecurityError("batch() takes a number of items")
    return [items[at : at + size] for at in range(0, len(items), size)]


def _end(items: Any, at: int) -> Any:
    if isinstance(items, StrictUndefined):
        return items
    return items[at] if items else Missing("first" if at == 0 else "last")


def _plural(language: str) -> Callable[..., str]:
    return lambda count, **forms: filters.plural(count, forms, language)


# What these give is no longer than what they take, and their arguments cost nothing.
_SHRINKING = frozenset(("capitalize", "lower", "upper", "title", "trim", "truncate", "string"))


def _filters(language: str, currency: str | None) -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {
        "capitalize": _text(str.capitalize),
        "lower": _text(str.lower),
        "upper": _text(str.upper),
        "title": _text(do_title),
        "trim": _text(str.strip),
        "striptags": _text(do_striptags),
        "replace": _text(str.replace),
        "truncate": _text(_truncate),
        "string": _text(str),
        "urlencode": _text(quote_plus),
        "date": lambda value, style="long": filters.day(value, style, language, None),
        "money": lambda value, code=currency: filters.money(value, code, language),
        "number": lambda value: formats.number(value, language),
        "plural": _plural(language),
        "int": lambda value, default=0: int(float(value)) if _is_number(value) else default,
        "float": lambda value, default=0.0: float(value) if _is_number(value) else default,
        "round": _round,
        "abs": abs,
        "length": len,
        "first": lambda items: _end(items, 0),
        "last": lambda items: _end(items, -1),
        "reverse": lambda items: list(reversed(items)),
        "sort": _sort,
        "unique": lambda items: list(dict.fromkeys(items)),
        "join": lambda items, between="": str(between).join(map(str, items)),
        "map": lambda items, attribute: [getattr(item, attribute) for item in items],
        "batch": _batch,
    }
    found["count"] = found["length"]
    named = {n: f if n in _SHRINKING else guarded(f) for n, f in found.items()}
    named |= {"default": _default, "d": _default}
    return named | dict.fromkeys(("e", "escape"), lambda value: escape(plain(value)))


def _is_number(value: Any) -> bool:
    try:
        return abs(float(value)) < filters.NUMBER_LIMIT
    except (TypeError, ValueError):
        return False


# --- the check -----------------------------------------------------------------------------------


class JinjaCheck(Check):
    """Walks the tree of a template; what has no method below is not allowed."""

    def __init__(
        self, names: Names, environment: Sandbox, read: Callable[[str], Source], **named: Any
    ):
        super().__init__(names, **named)
        self.environment, self.read = environment, read
        self.includes: list[str] = []
        self.source = Source.written_at("", None)

    def template(self, source: Source) -> None:
        """Check a template: some quiet rounds learn what its names hold, then a loud one."""
        try:
            tree = self.environment.parse(source.text)
        except TemplateSyntaxError as error:
            raise TemplateRefused(self._syntax(source, error)) from error
        except RecursionError as error:
            raise TemplateRefused(fault(source.place(0), "", "is nested too deeply.")) from error
        self.source, self.is_loud = source, False
        for _ in range(ROUNDS):
            before = self.names.size()
            self.block(tree.body)
            if self.names.size() == before:
                break
        self.is_loud = True
        self.block(tree.body)

    def _syntax(self, source: Source, error: TemplateSyntaxError) -> str:
        message, place = str(error.message), source.line_place(error.lineno or 1)
        unknown = re.match(r"Encountered unknown tag '(\w+)'", message)
        if unknown and unknown[1] in _ELSEWHERE:
            instead = _ELSEWHERE[unknown[1]]
            message = f"that is Liquid: write {instead}, or end the file's name in .liquid."
            return fault(place, unknown[1], message)
        if unknown:
            near = nearest(unknown[1], ("if", "elif", "else", "endif", "for", "endfor", "set"))
            return fault(place, unknown[1], f"there is no such tag.{near}")
        if "unexpected end of template" in message.lower():
            block = re.search(r"innermost block that needs to be closed is '(\w+)'", message)
            word = block[1] if block else ""
            opened = unclosed_block(source, word)
            return fault(opened or place, word, "this block is not closed.")
        return fault(place, "", message if message.endswith(".") else message + ".")

    def place(self, node: nodes.Node) -> Any:
        return self.source.line_place(node.lineno)

    # statements

    def block(self, body: list[nodes.Node]) -> None:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            self.refuse(
                self.place(body[0]) if body else self.source.place(0), "", "is nested too deeply."
            )
        else:
            for node in body:
                method = getattr(self, f"do_{type(node).__name__.lower()}", None)
                if method:
                    method(node)
                else:
                    kind = type(node).__name__.lower()
                    self.refuse(self.place(node), f"{{% {kind} %}}", "is not allowed in a letter.")
        self.depth -= 1

    def do_output(self, node: nodes.Output) -> None:
        for child in node.nodes:
            if not isinstance(child, nodes.TemplateData):
                self.printed(self.place(child), self.kinds(child), told(child))

    def do_if(self, node: nodes.If) -> None:
        self.kinds(node.test)
        self.block(node.body)
        for one in node.elif_:
            self.do_if(one)
        self.block(node.else_)

    def do_for(self, node: nodes.For) -> None:
        word = told(node.iter)
        items = self.items(self.place(node), self.kinds(node.iter), word)
        if not isinstance(node.target, nodes.Name) or node.recursive:
            self.refuse(self.place(node), "for", "goes through one list, with one name.")
            return
        self.names.set(node.target.name, items)
        self.names.set("loop", (LOOP,))
        if node.test:
            self.kinds(node.test)
        self.block(node.body)
        self.block(node.else_)

    def do_assign(self, node: nodes.Assign) -> None:
        if not isinstance(node.target, nodes.Name):
            self.refuse(self.place(node), "set", "sets one name at a time.")
            return
        self._name(node.target)
        self.names.set(node.target.name, self.kinds(node.node))

    def do_assignblock(self, node: nodes.AssignBlock) -> None:
        if not isinstance(node.target, nodes.Name) or node.filter:
            self.refuse(self.place(node), "set", "sets one name, without filters.")
            return
        self._name(node.target)
        self.block(node.body)
        self.names.set(node.target.name, (MARKUP if self.is_html else TEXT,))

    def do_include(self, node: nodes.Include) -> None:
        path = node.template.value if isinstance(node.template, nodes.Const) else None
        if not isinstance(path, str) or self.is_html:
            what = "takes the name of a text file; HTML is included with <mj-include>."
            self.refuse(self.place(node), told(node.template), f"include {what}")
            return
        if path in self.includes or len(self.includes) >= INCLUDE_LIMIT:
            self.refuse(self.place(node), path, "its includes go in a circle, or too deep.")
            return
        try:
            source = self.read(path)
        except TemplateNotFound:
            self.refuse(self.place(node), path, "there is no such file below emails/.")
            return
        self.includes.append(path)
        was_quiet = not self.is_loud
        outer, self.source = self.source, source
        try:
            self.block(self.environment.parse(source.text).body)
        except TemplateSyntaxError as error:
            if not was_quiet:
                self.faults.append(self._syntax(source, error))
        finally:
            self.source = outer
            self.includes.pop()

    # expressions

    def kinds(self, node: nodes.Node) -> Kinds:
        self.depth += 1
        try:
            method = getattr(self, f"of_{type(node).__name__.lower()}", None)
            if self.depth > DEPTH_LIMIT:
                return self.refuse(self.place(node), "", "is nested too deeply.")
            if not method:
                what = type(node).__name__.lower()
                return self.refuse(self.place(node), told(node), f"a {what} is not allowed here.")
            return method(node)
        finally:
            self.depth -= 1

    def _name(self, node: nodes.Name) -> bool:
        if node.name.startswith("_"):
            self.refuse(self.place(node), node.name, "names may not begin with an underscore.")
        return not node.name.startswith("_")

    def of_name(self, node: nodes.Name) -> Kinds:
        return self.known(self.place(node), node.name) if self._name(node) else NONE

    def of_const(self, node: nodes.Const) -> Kinds:
        return self.text(self.place(node), node.value)

    def of_templatedata(self, node: nodes.TemplateData) -> Kinds:
        return frozenset((TEXT,))

    def of_getattr(self, node: nodes.Getattr) -> Kinds:
        return self.field(self.place(node), self.kinds(node.node), node.attr, told(node))

    def of_getitem(self, node: nodes.Getitem) -> Kinds:
        kinds, place = self.kinds(node.node), self.place(node)
        if BY_CUSTOMER in kinds:
            self.kinds(node.arg)
            return self.customers(place, kinds, told(node.arg) == "customer.id", told(node))
        if isinstance(node.arg, nodes.Slice):
            parts = (node.arg.start, node.arg.stop, node.arg.step)
            if not all(part is None or _is_index(part) for part in parts) or node.arg.step:
                return self.refuse(place, told(node), "takes numbers, such as [:3].")
            self.items(place, kinds, told(node.node))
            return kinds
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return self.field(place, kinds, node.arg.value, told(node))
        if not _is_index(node.arg):
            return self.refuse(place, told(node), "takes a number, such as [0].")
        return self.items(place, kinds, told(node.node))

    def of_filter(self, node: nodes.Filter) -> Kinds:
        place, name = self.place(node), node.name
        if name not in FILTERS or node.node is None or node.dyn_args or node.dyn_kwargs:
            near = nearest(name, FILTERS)
            return self.refuse(place, f"| {name}", f"there is no such filter.{near}")
        kinds = self.kinds(node.node)
        if name in ("first", "last") and kinds == {TEXT}:
            return kinds  # a letter of it
        arguments = [self.kinds(one) for one in (*node.args, *(k.value for k in node.kwargs))]
        if name == "map":
            return self._mapped(node, kinds)
        if name == "sort":
            if node.args:
                return self.refuse(place, told(node), "takes reverse=true and attribute='…'.")
            self._fields(node, kinds)
        if name == "batch":
            self.items(place, kinds, told(node.node))
            return frozenset(listed(kind) for kind in kinds)
        return self.filtered(place, FILTERS[name], kinds, arguments, told(node.node))

    def _fields(self, node: nodes.Filter, kinds: Kinds) -> Kinds | None:
        """What the field is that map(attribute='…') or sort(attribute='…') names."""
        for one in node.kwargs:
            if one.key == "attribute" and isinstance(one.value, nodes.Const):
                items = self.items(self.place(node), kinds, told(node.node))
                return self.field(self.place(node), items, str(one.value.value), told(node))
            if one.key == "attribute":
                self.refuse(self.place(node), told(node), "takes attribute='…'.")
        return None

    def _mapped(self, node: nodes.Filter, kinds: Kinds) -> Kinds:
        found = self._fields(node, kinds)
        if found is None or node.args:
            return self.refuse(self.place(node), told(node), "map() takes attribute='…'.")
        return frozenset(listed(kind) for kind in found)

    def of_test(self, node: nodes.Test) -> Kinds:
        if node.name not in TESTS:
            near = nearest(node.name, TESTS)
            return self.refuse(self.place(node), f"is {node.name}", f"no such test.{near}")
        if node.name in ("defined", "undefined") and isinstance(node.node, nodes.Name):
            self.known(self.place(node), node.node.name)
        else:
            self.kinds(node.node)
        for one in node.args:
            self.kinds(one)
        return frozenset((FLAG,))

    def of_and(self, node: nodes.BinExpr) -> Kinds:
        return self.kinds(node.left) | self.kinds(node.right)

    of_or = of_and

    def of_not(self, node: nodes.Not) -> Kinds:
        self.kinds(node.node)
        return frozenset((FLAG,))

    def of_compare(self, node: nodes.Compare) -> Kinds:
        self.kinds(node.expr)
        for operand in node.ops:
            self.kinds(operand.expr)
        return frozenset((FLAG,))

    def of_condexpr(self, node: nodes.CondExpr) -> Kinds:
        self.kinds(node.test)
        other = self.kinds(node.expr2) if node.expr2 else NONE
        return self.kinds(node.expr1) | other

    def of_concat(self, node: nodes.Concat) -> Kinds:
        for one in node.nodes:
            self.scalars(self.place(node), self.kinds(one), told(one), lists=False)
        return frozenset((TEXT,))

    def of_add(self, node: nodes.BinExpr) -> Kinds:
        for side in (node.left, node.right):
            if self.kinds(side) - {NUMBER}:
                return self.refuse(
                    self.place(node),
                    told(side),
                    "only numbers can be reckoned with; join texts with ~.",
                )
        return frozenset((NUMBER,))

    of_sub = of_mul = of_div = of_floordiv = of_mod = of_add

    def of_neg(self, node: nodes.Neg) -> Kinds:
        return self.kinds(node.node)

    of_pos = of_neg

    def of_list(self, node: nodes.List) -> Kinds:
        kinds = frozenset().union(*(self.kinds(one) for one in node.items))
        return frozenset(listed(kind) for kind in kinds or (TEXT,))

    of_tuple = of_list

    def of_call(self, node: nodes.Call) -> Kinds:
        place, called = self.place(node), told(node.node)
        if called == "loop.cycle" and not node.kwargs:
            return frozenset().union(*(self.kinds(one) for one in node.args))
        if called != "link":
            message = "functions and methods may not be called, use a filter."
            return self.refuse(place, f"{called}()", message)
        url = (
            node.args[0].value
            if len(node.args) == 1 and isinstance(node.args[0], nodes.Const)
            else None
        )
        return self.linked(place, url, told(node))


def _is_index(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Neg):
        node = node.node
    return isinstance(node, nodes.Const) and type(node.value) is int


def told(node: nodes.Node | None) -> str:  # noqa: PLR0911 (one line a kind of node)
    """An expression in words, as far as a message needs it."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return f"{told(node.node)}.{node.attr}"
    if isinstance(node, nodes.Getitem):
        return f"{told(node.node)}[{told(node.arg)}]"
    if isinstance(node, nodes.Const):
        return repr(node.value)[:60]
    if isinstance(node, nodes.Filter):
        return f"{told(node.node)} | {node.name}"
    if isinstance(node, nodes.Call):
        return f"{told(node.node)}(…)"
    return type(node).__name__.lower() if node else ""


# --- the language --------------------------------------------------------------------------------


class Jinja:
    """One part of a letter, HTML or text, in Jinja2."""

    is_liquid = False

    def __init__(
        self,
        names: Names,
        read: Callable[[str], Source],
        *,
        is_html: bool,
        hosts: tuple[str, ...],
        language: str,
        currency: str | None,
    ):
        self.environment = Sandbox(
            lambda path: read(path).text,
            autoescape=is_html,
            language=language,
            currency=currency,
        )
        self._check = JinjaCheck(names, self.environment, read, is_html=is_html, hosts=hosts)

    def check(self, source: Source) -> None:
        """Refuse what is not allowed; learns which names the template sets."""
        self._check.template(source)
        self._check.end()

    def kinds_of(self, tag: Any) -> Kinds:
        """What a tag {{ … }} of the checked template may print."""
        self._check.is_loud = False
        try:
            body = self.environment.parse(tag.text).body
            return self._check.kinds(body[0].nodes[0]) if body else NONE
        except TemplateSyntaxError:
            return NONE
        finally:
            self._check.is_loud = True

    def compile(self, text: str) -> Callable[[dict[str, Any]], str]:
        """The template as a function of the letter's variables."""
        return partial(_render, self.environment, self.environment.from_string(text))


def _render(environment: Sandbox, template: Any, context: dict[str, Any]) -> str:
    environment.rounds_left = filters.ROUNDS_LIMIT
    return template.render(context)


__all__ = ["FILTERS", "TESTS", "Jinja", "JinjaCheck", "Markup", "Sandbox", "UndefinedError"]
