"""Liquid for letters, by python-liquid: the same variables, checks and bounds as Jinja2.

Values are escaped where they are printed, and not before: whatever a filter touched is text again.
Only what a {% capture %} caught is printed as it is, in text between elements.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable
from functools import partial
from typing import Any, TextIO

from jinja2.exceptions import TemplateNotFound
from liquid import Environment, Mode
from liquid.ast import BlockNode, ConditionalBlockNode, Node
from liquid.builtin.content import ContentNode, Literal
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions.logical import BooleanExpression
from liquid.builtin.expressions.primitive import (
    Blank,
    Continue,
    Empty,
    FalseLiteral,
    FloatLiteral,
    IntegerLiteral,
    Nil,
    RangeLiteral,
    StringLiteral,
    TrueLiteral,
)
from liquid.builtin.illegal import Illegal
from liquid.builtin.loaders.dict_loader import DictLoader
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags import (
    assign_tag,
    capture_tag,
    case_tag,
    comment_tag,
    cycle_tag,
    for_tag,
    if_tag,
    inline_comment_tag,
    render_tag,
    tablerow_tag,
    unless_tag,
)
from liquid.context import RenderContext
from liquid.exceptions import LiquidError
from liquid.output import LimitedStringIO
from liquid.stringify import to_liquid_string
from liquid.undefined import FalsyStrictUndefined, is_undefined
from markupsafe import Markup, escape

from penpal.letters import formats
from penpal.letters.templates import filters
from penpal.letters.templates.checking import (
    DEPTH_LIMIT,
    INCLUDE_LIMIT,
    LOGIC,
    LOOP,
    NONE,
    ROUNDS,
    Check,
    Kinds,
    Names,
)
from penpal.letters.templates.contract import (
    BY_CUSTOMER,
    MARKUP,
    NUMBER,
    TEXT,
    listed,
)
from penpal.letters.templates.filters import LimitExceeded, guarded
from penpal.letters.templates.source import (
    Source,
    TemplateRefused,
    fault,
    nearest,
    unclosed_block,
    words,
)
from penpal.letters.values import Missing

OUTPUT_LIMIT = 400_000  # bytes that one part may print: a letter has at most 100 KB
LOCALS_LIMIT = 1_000_000  # bytes of all that a template sets

# What each filter gives (checking.Check.filtered).
FILTERS = {
    **dict.fromkeys(
        words(
            "append capitalize date downcase escape_once lstrip prepend remove remove_first "
            "remove_last replace replace_first replace_last rstrip slice squish strip strip_html "
            "strip_newlines truncate truncatewords upcase url_decode url_encode escape money "
            "number plural"
        ),
        "text",
    ),
    **dict.fromkeys(
        words("abs at_least at_most ceil divided_by floor minus modulo plus round times"),
        "number",
    ),
    "size": "number of list",
    "default": "same or argument",
    **dict.fromkeys(("first", "last"), "item"),
    **dict.fromkeys(words("reverse sort sort_natural uniq compact where reject concat"), "same"),
    "join": "text of list",
    "split": "split",
    "map": "map",
    "sum": "number of list",
    "newline_to_br": "markup",
    "link": "link",
}
_ELSEWHERE = {  # tags of Jinja2, and what stands for them
    "set": "{% assign name = … %}",
    "endset": "{% endcapture %}",
    "elif": "{% elsif … %}",
    "macro": "a file of its own, with {% render %}",
    "block": "a file of its own, with {% render %}",
    "extends": "a file of its own, with {% render %}",
}


class Absent(FalsyStrictUndefined):
    """A value that is missing: false, empty in a loop, default()-able, never printed."""

    allowed_properties = FalsyStrictUndefined.allowed_properties | {"items"}

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Any:
        return iter(())

    def __contains__(self, item: object) -> bool:
        return False

    def items(self) -> tuple:
        return ()

    def __liquid__(self) -> object:
        return None


# --- what is printed -----------------------------------------------------------------------------


class _Output(OutputNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(context.env.shown(self.expression.evaluate(context)))


class _OutputTag(Output):
    node_class = _Output


class _Cycle(cycle_tag.CycleNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        group = self.group.evaluate(context) if self.group else ""
        values = [one.evaluate(context) for one in self.args]
        key = ("" if is_undefined(group) else str(group)) or str(values)
        return buffer.write(context.env.shown(values[context.cycle(key, len(values))]))


class _CycleTag(cycle_tag.CycleTag):
    node_class = _Cycle


class _Capture(capture_tag.CaptureNode):
    def _assign(self, context: RenderContext, buf: Any) -> None:
        text = filters.bounded(buf.getvalue())
        context.assign(self.name, Markup(text) if context.env.is_html else text)


class _CaptureTag(capture_tag.CaptureTag):
    node_class = _Capture


class _Context(RenderContext):
    def raise_for_loop_limit(self, length: int = 1) -> None:
        super().raise_for_loop_limit(length)
        self.env.take_rounds(length)


class Sandbox(Environment):
    """python-liquid with our tags and filters, and a limit for everything that can grow."""

    context_depth_limit = 20
    block_nesting_limit = DEPTH_LIMIT
    loop_iteration_limit = filters.ROUNDS_LIMIT
    output_stream_limit = OUTPUT_LIMIT
    local_namespace_limit = LOCALS_LIMIT

    def __init__(
        self,
        read: Callable[[str], str] | None = None,
        *,
        is_html: bool = False,
        language: str = formats.DEFAULT_LANGUAGE,
        currency: str | None = None,
    ):
        self.is_html, self.rounds_left = is_html, filters.ROUNDS_LIMIT
        super().__init__(
            tolerance=Mode.STRICT,
            undefined=Absent,
            strict_filters=True,
            loader=_Files(read) if read else DictLoader({}),
        )
        given = {name: self.filters[name] for name in FILTERS if name in self.filters}
        self.filters = _filters(given, language, currency, is_html)

    def setup_tags_and_filters(self, **named: Any) -> None:
        super().setup_tags_and_filters(**named)
        self.tags.clear()
        for tag in (
            *(Literal, _OutputTag, Illegal, if_tag.IfTag, unless_tag.UnlessTag, case_tag.CaseTag),
            *(for_tag.ForTag, for_tag.BreakTag, for_tag.ContinueTag, tablerow_tag.TablerowTag),
            *(assign_tag.AssignTag, _CaptureTag, _CycleTag, render_tag.RenderTag),
            *(comment_tag.CommentTag, inline_comment_tag.InlineCommentTag),
        ):
            self.add_tag(tag)

    def take_rounds(self, count: int) -> None:
        self.rounds_left -= count
        if self.rounds_left < 0:
            raise LimitExceeded(f"more than {filters.ROUNDS_LIMIT:,} rounds of loops")

    def shown(self, value: Any) -> str:
        """A value as it is printed: escaped in HTML, unless a capture made it."""
        if isinstance(value, Missing):
            raise LiquidError(f"'{value._undefined_name}' is undefined", token=None)
        if isinstance(value, Markup) and self.is_html:
            return value
        text = to_liquid_string(value, autoescape=False)
        return escape(text) if self.is_html else text

    def rendered(self, template: Any, context: dict[str, Any]) -> str:
        """A template with a letter's variables; those that are missing are left out."""
        self.rounds_left = filters.ROUNDS_LIMIT
        known = {k: v for k, v in context.items() if not isinstance(v, Missing)}
        buffer = LimitedStringIO(limit=self.output_stream_limit)
        template.render_with_context(_Context(template, globals=known), buffer)
        return buffer.getvalue()


class _Files(DictLoader):
    """Text files of emails/, read when they are rendered the first time."""

    def __init__(self, read: Callable[[str], str]):
        super().__init__({})
        self._read = read

    def get_source(self, env: Any, template_name: str, **named: Any) -> Any:
        self.templates[template_name] = self._read(template_name)
        return super().get_source(env, template_name, **named)


# --- filters -------------------------------------------------------------------------------------


def _strict(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of python-liquid, bounded; what is missing stays missing."""
    bounded = guarded(function)

    @functools.wraps(function)
    def call(value: Any, *arguments: Any, **named: Any) -> Any:
        if is_undefined(value) and name not in ("default", "size", "first", "last", "join"):
            str(value)  # raises, naming it
        value = value.value if name in _OF_NUMBERS and isinstance(value, formats.Money) else value
        if name == "round" and arguments and _digits(arguments[0]) > 9:
            raise LimitExceeded("more than 9 digits")
        if name in _OF_NUMBERS and isinstance(value, str) and len(value) > 30:
            raise LimitExceeded("a number of more than 30 digits")
        return bounded(value, *arguments, **named)

    return call


_OF_NUMBERS = frozenset(name for name, rule in FILTERS.items() if rule == "number")


def _digits(value: Any) -> int:
    try:
        return abs(int(value))
    except (TypeError, ValueError):
        return 0


def _date(given: Callable[..., Any], language: str) -> Callable[..., Any]:
    """date: '%d.%m.%Y' as Liquid has it, date: 'long' in the letter's language; `now` is the day on
    which the letter was decided."""

    def call(value: Any, style: Any = "long", *, context: Any, environment: Any) -> str:
        today = context.resolve("today", default=None)
        today = today.value if isinstance(today, formats.Day) else today
        if value in ("now", "today"):
            if today is None:
                raise LiquidError("date: this letter has no day", token=None)
            value = today
        value = value.value if isinstance(value, formats.Day) else value
        style = str(style)
        if "%" in style:
            if len(style) > 100:
                raise LimitExceeded("a date of more than 100 signs")
            return given(value, style, environment=environment)
        if style in ("short", "medium", "long", "full"):
            return filters.day(value, style, language, today)
        return given(value, style, environment=environment)

    call.with_context = call.with_environment = True
    return call


def _link(url: Any, *, context: Any) -> str:
    return context.resolve("link")(str(url))


_link.with_context = True


def _filters(
    given: dict[str, Any], language: str, currency: str | None, is_html: bool
) -> dict[str, Callable[..., Any]]:
    found = {name: _strict(name, function) for name, function in given.items()}
    found["date"] = _context_filter(_date(given["date"], language))
    found["link"] = _link
    found["money"] = _strict(
        "money", lambda value, code=currency: filters.money(value, code, language)
    )
    found["number"] = _strict("number", lambda value: formats.number(value, language))
    found["plural"] = _strict(
        "plural", lambda count, **forms: filters.plural(count, forms, language)
    )
    if is_html:
        found["newline_to_br"] = _strict("newline_to_br", _line_breaks)
        for name in ("escape", "escape_once"):
            found[name] = _strict(name, partial(_escaped, once=name == "escape_once"))
    return found


def _line_breaks(value: Any) -> Markup:
    return Markup("<br />\n").join(str(value).replace("\r\n", "\n").split("\n"))


def _escaped(value: Any, *, once: bool) -> Markup:
    return escape(html.unescape(str(value)) if once else str(value))


def _context_filter(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(value: Any, *arguments: Any, **named: Any) -> Any:
        if is_undefined(value):
            str(value)
        filters.bounded(value)
        return filters.bounded(
            function(filters.plain(value), *map(filters.plain, arguments), **named)
        )

    call.with_context = call.with_environment = True
    return call


# --- the check -----------------------------------------------------------------------------------


class LiquidCheck(Check):
    """Walks the tree of a template; kinds of nodes that are not named here are not allowed."""

    prints_logic = True

    def __init__(
        self, names: Names, environment: Sandbox, read: Callable[[str], Source], **named: Any
    ):
        super().__init__(names, **named)
        self.environment, self.read = environment, read
        self.includes: list[str] = []
        self.source = Source.written_at("", None)

    def parsed(self, source: Source) -> list[Node]:
        try:
            return self.environment.from_string(source.text).nodes
        except LiquidError as error:
            raise TemplateRefused(self._syntax(source, error)) from error
        except RecursionError as error:
            raise TemplateRefused(fault(source.place(0), "", "is nested too deeply.")) from error

    def template(self, source: Source) -> None:
        """Check a template: some quiet rounds learn what its names hold, then a loud one."""
        nodes = self.parsed(source)
        self.source, self.is_loud = source, False
        for _ in range(ROUNDS):
            before = self.names.size()
            self.block(nodes)
            if self.names.size() == before:
                break
        self.is_loud = True
        self.block(nodes)

    def _syntax(self, source: Source, error: LiquidError) -> str:
        at = error.token.start_index if error.token else 0
        unclosed = re.search(r"expected tag end(\w+)", str(error.message))
        if unclosed and "end of" in str(error.message):
            place = unclosed_block(source, unclosed[1]) or source.place(0)
            return fault(place, unclosed[1], "this block is not closed.")
        place, word = source.place(max(at, 0)), error.token.value if error.token else ""
        message = str(error.message).rstrip(".") + "."
        unknown = word if "unexpected tag" in message or "unknown tag" in message else ""
        if unknown in _ELSEWHERE:
            instead = _ELSEWHERE[unknown]
            return fault(
                place, unknown, f"that is Jinja2: write {instead}, or end the file's name in .j2."
            )
        if unknown:
            return fault(
                place, unknown, f"there is no such tag.{nearest(unknown, self.environment.tags)}"
            )
        if "|" not in word and "(" in source.text[at : at + len(word) + 2]:
            message += " In Liquid a filter's arguments follow a colon: truncate: 60."
        return fault(place, word, message)

    def place(self, node: Any) -> Any:
        token = getattr(node, "token", None)
        return self.source.place(max(token.start_index, 0) if token else 0)

    def block(self, nodes: Any) -> None:
        self.depth += 1
        for node in nodes:
            if self.depth > DEPTH_LIMIT:
                self.refuse(self.place(node), "", "is nested too deeply.")
                break
            self.node(node)
        self.depth -= 1

    def node(self, node: Node) -> None:
        method = _NODES.get(type(node))
        if method:
            method(self, node)
        else:
            self.refuse(self.place(node), str(node.token.value), "is not allowed in a letter.")

    def nothing(self, node: Node) -> None:
        pass

    def inside(self, node: Any) -> None:
        """Conditions: their expressions, then what they hold."""
        for expression in node.expressions():
            self.kinds(expression)
        self.block(node.children(None, include_partials=False))

    def output(self, node: Any) -> None:
        self.printed(self.place(node), self.kinds(node.expression), str(node.expression))

    def cycle(self, node: Any) -> None:
        for one in node.args:
            self.printed(self.place(node), self.kinds(one), str(one))

    def assign(self, node: Any) -> None:
        self.names.set(str(node.name), self.kinds(node.expression))

    def capture(self, node: Any) -> None:
        self.block([node.block])
        self.names.set(str(node.name), (MARKUP if self.is_html else TEXT,))

    def loop(self, node: Any) -> None:
        expression = node.expression
        kinds = self.kinds(expression.iterable)
        word = str(expression.iterable)
        for one in (expression.limit, expression.offset, expression.cols):
            if one is not None and not isinstance(one, Continue):
                self.kinds(one)
        self.names.set(str(expression.identifier), self.items(self.place(node), kinds, word))
        self.names.set("forloop", (LOOP,))
        self.names.set("tablerowloop", (LOOP,))
        self.block(node.children(None, include_partials=False))

    def render(self, node: Any) -> None:
        place, name = self.place(node), node.name
        path = name.value if isinstance(name, StringLiteral) else None
        if path is None or self.is_html:
            message = "takes the name of a text file; HTML is included with <mj-include>."
            self.refuse(place, str(name), f"render {message}")
            return
        if path in self.includes or len(self.includes) >= INCLUDE_LIMIT:
            self.refuse(place, path, "its includes go in a circle, or too deep.")
            return
        try:
            source = self.read(path)
        except TemplateNotFound:
            self.refuse(place, path, "there is no such file below emails/.")
            return
        for argument in node.args:
            self.names.set(argument.name, self.kinds(argument.value))
        if node.var is not None:
            kinds = self.kinds(node.var)
            key = node.alias or path.split(".")[0]
            self.names.set(str(key), self.items(place, kinds, path) if node.loop else kinds)
        self.includes.append(path)
        outer, self.source = self.source, source
        try:
            self.block(self.parsed(source))
        finally:
            self.source = outer
            self.includes.pop()

    # expressions

    def kinds(self, node: Any) -> Kinds:  # noqa: PLR0911 (one line a kind of expression)
        self.depth += 1
        try:
            if self.depth > DEPTH_LIMIT:
                return self.refuse(self.place(node), "", "is nested too deeply.")
            if isinstance(node, Path):
                return self.path(node)
            if isinstance(node, FilteredExpression):
                return self.filters(node)
            if isinstance(node, StringLiteral | IntegerLiteral | FloatLiteral):
                return self.text(self.place(node), node.value)
            if isinstance(node, TrueLiteral | FalseLiteral):
                return frozenset((LOGIC,))
            if isinstance(node, Nil | Empty | Blank | Continue):
                return NONE
            if isinstance(node, RangeLiteral):
                for one in (node.start, node.stop):
                    self.scalars(self.place(node), self.kinds(one), str(one), lists=False)
                return frozenset((listed(NUMBER),))
            if type(node).__module__ in _CONDITIONS:
                for one in node.children():
                    self.kinds(one)
                return frozenset((LOGIC,))
            return self.refuse(self.place(node), str(node), "is not allowed here.")
        finally:
            self.depth -= 1

    def path(self, node: Path) -> Kinds:
        place, head, told = self.place(node), node.path[0], str(node)
        if not isinstance(head, str):
            return self.refuse(place, told, "a variable begins with its name.")
        if head.startswith("_"):
            return self.refuse(place, told, "names may not begin with an underscore.")
        kinds = self.known(place, head)
        for segment in node.path[1:]:
            if not kinds:
                return NONE
            kinds = self.segment(place, kinds, segment, told)
        return kinds

    def segment(self, place: Any, kinds: Kinds, segment: Any, told: str) -> Kinds:
        """What one step of a path leads to: .field, [0], [index], .first, .size …"""
        if BY_CUSTOMER in kinds:
            is_own = isinstance(segment, Path) and str(segment) == "customer.id"
            if is_own:
                self.path(segment)
            return self.customers(place, kinds, is_own, told)
        if isinstance(segment, Path) and self.path(segment) - {NUMBER}:
            return self.refuse(place, told, "only a number may stand in the brackets.")
        is_list = any(kind.item for kind in kinds)
        if not isinstance(segment, str) or (segment in ("first", "last") and is_list):
            return self.items(place, kinds, told)
        if segment == "size" and not any(kind.fields for kind in kinds):
            return frozenset((NUMBER,))
        if segment == "parentloop" and LOOP in kinds:
            return frozenset((LOOP,))
        return self.field(place, kinds, segment, told)

    def filters(self, node: FilteredExpression) -> Kinds:
        kinds = self.kinds(node.left)
        for one in node.filters or ():
            kinds = self.filter(one, node, kinds)
        return kinds

    def filter(  # noqa: PLR0911 (one line a kind of result)
        self, one: Any, node: FilteredExpression, kinds: Kinds
    ) -> Kinds:
        place, name, told = self.place(one), one.name, str(node)
        if name not in FILTERS:
            near = nearest(name, FILTERS)
            return self.refuse(place, f"| {name}", f"there is no such filter.{near}")
        rule = FILTERS[name]
        if rule == "link":
            value = node.left.value if isinstance(node.left, StringLiteral) else None
            value = value if one is node.filters[0] else None
            return self.linked(place, value, told)
        arguments = [self.kinds(argument.value) for argument in one.args]
        if name in ("map", "where", "reject", "sort", "sort_natural", "sum", "compact", "uniq"):
            found = self._field(one, node, kinds)
            if name == "map":
                return frozenset(listed(kind) for kind in found or ())
        if name in ("first", "last") and kinds == {TEXT}:
            return kinds
        if rule == "split":
            self.scalars(place, kinds, told, lists=False)
            return frozenset((listed(TEXT),))
        if name == "concat":
            return kinds.union(*arguments)
        if name in ("reverse", "compact", "uniq", "sort", "sort_natural"):
            return frozenset(kind if kind.item else listed(kind) for kind in kinds)
        return self.filtered(place, rule, kinds, arguments, told)

    def _field(self, one: Any, node: FilteredExpression, kinds: Kinds) -> Kinds | None:
        """What the field is that map: 'name' and its likes name."""
        if not one.args:
            return None
        name = one.args[0].value
        if not isinstance(name, StringLiteral):
            return self.refuse(self.place(one), str(node), f"{one.name} takes a field in quotes.")
        items = self.items(self.place(one), kinds, str(node.left))
        return self.field(self.place(one), items, name.value, f"{one.name}: '{name.value}'")


_CONDITIONS = (BooleanExpression.__module__, case_tag.__name__)
_NODES: dict[type, Callable[[LiquidCheck, Any], None]] = {
    ContentNode: LiquidCheck.nothing,
    comment_tag.CommentNode: LiquidCheck.nothing,
    inline_comment_tag.InlineCommentNode: LiquidCheck.nothing,
    for_tag.BreakNode: LiquidCheck.nothing,
    for_tag.ContinueNode: LiquidCheck.nothing,
    BlockNode: LiquidCheck.inside,
    ConditionalBlockNode: LiquidCheck.inside,
    if_tag.IfNode: LiquidCheck.inside,
    unless_tag.UnlessNode: LiquidCheck.inside,
    case_tag.CaseNode: LiquidCheck.inside,
    case_tag.MultiExpressionBlockNode: LiquidCheck.inside,
    for_tag.ForNode: LiquidCheck.loop,
    tablerow_tag.TablerowNode: LiquidCheck.loop,
    assign_tag.AssignNode: LiquidCheck.assign,
    _Capture: LiquidCheck.capture,
    _Cycle: LiquidCheck.cycle,
    _Output: LiquidCheck.output,
    render_tag.RenderNode: LiquidCheck.render,
}


# --- the language --------------------------------------------------------------------------------


class Liquid:
    """One part of a letter, HTML or text, in Liquid."""

    is_liquid = True

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
            lambda path: read(path).text, is_html=is_html, language=language, currency=currency
        )
        self._check = LiquidCheck(names, self.environment, read, is_html=is_html, hosts=hosts)

    def check(self, source: Source) -> None:
        """Refuse what is not allowed; learns which names the template sets."""
        self._check.template(source)
        self._check.end()

    def kinds_of(self, tag: Any) -> Kinds:
        """What a tag {{ … }} of the checked template may print."""
        self._check.is_loud = False
        try:
            nodes = self.environment.from_string(tag.text).nodes
            return self._check.kinds(nodes[0].expression) if nodes else NONE
        except LiquidError:
            return NONE
        finally:
            self._check.is_loud = True

    def compile(self, text: str) -> Callable[[dict[str, Any]], str]:
        """The template as a function of the letter's variables."""
        return partial(self.environment.rendered, self.environment.from_string(text))
