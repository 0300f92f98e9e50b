"""What every language checks alike: which names there are, what they hold, what may be printed."""

from __future__ import annotations

from collections.abc import Iterable

from penpal.letters.links import safe_url
from penpal.letters.templates.contract import (
    BY_CUSTOMER,
    FLAG,
    FUNCTION,
    MARKUP,
    NUMBER,
    PRINTABLE,
    TEXT,
    URL,
    VARIABLES,
    Kind,
)
from penpal.letters.templates.source import Place, TemplateRefused, fault, nearest

Kinds = frozenset[Kind]
NONE: Kinds = frozenset()  # not known, and said already
DEPTH_LIMIT = 40  # expressions and blocks inside each other
NUMBER_LIMIT = 10**6  # largest number that a template may write down
INCLUDE_LIMIT = 5
ROUNDS = 4  # enough for names that are set by names that are set by names …

# What Liquid prints as true or false: of loops and of comparisons, never of the letter's variables.
LOGIC = Kind("truth of a condition")

LOOP = Kind(
    "loop",
    dict.fromkeys(("index", "index0", "revindex", "revindex0", "length"), NUMBER)
    | dict.fromkeys(("rindex", "rindex0", "col", "col0", "row"), NUMBER)
    | dict.fromkeys(("first", "last", "col_first", "col_last"), LOGIC)
    | {"name": TEXT},
)


class Names:
    """Names of one letter: the contract's, and those that its templates set.

    A name has every kind that it is given anywhere in the letter, so that no order of blocks can
    make it what it was not checked for.
    """

    def __init__(self) -> None:
        self.own: dict[str, set[Kind]] = {}
        self.used: set[str] = set()

    def set(self, name: str, kinds: Iterable[Kind]) -> None:
        self.own.setdefault(name, set()).update(kinds)

    def size(self) -> int:
        return sum(1 + len(kinds) for kinds in self.own.values())

    def get(self, name: str) -> Kinds | None:
        """What a name may hold, or None where there is no such name."""
        found = self.own.get(name)
        known = VARIABLES.get(name)
        if known:
            self.used.add(name)
            return frozenset((*(found or ()), known.kind))
        return frozenset(found) if found is not None else None


class Check:
    """Base of the checks of a language: collects faults, knows names and kinds."""

    def __init__(self, names: Names, *, is_html: bool, hosts: tuple[str, ...]):
        self.names, self.is_html, self.hosts = names, is_html, hosts
        self.faults: list[str] = []
        self.is_loud = True
        self.depth = 0

    def refuse(self, place: Place, word: str, message: str) -> Kinds:
        if self.is_loud:
            self.faults.append(fault(place, word, message))
        return NONE

    def end(self) -> None:
        """Raise what was found."""
        if self.faults:
            raise TemplateRefused(*self.faults)

    def known(self, place: Place, name: str) -> Kinds:
        found = self.names.get(name)
        if found is not None:
            return found
        near = nearest(name, {*VARIABLES, *self.names.own})
        return self.refuse(place, name, f"is not a known variable.{near}")

    def field(self, place: Place, kinds: Kinds, name: str, path: str) -> Kinds:
        """What a field holds; one that no kind of the record has is refused."""
        if name.startswith("_"):
            return self.refuse(place, path, "names may not begin with an underscore.")
        if not kinds:
            return NONE
        found = frozenset(kind.fields[name] for kind in kinds if name in kind.fields)
        if found:
            return found
        known = {field for kind in kinds for field in kind.fields}
        if not known:
            what = " or ".join(sorted(kind.name for kind in kinds))
            return self.refuse(place, path, f"a {what} has no fields; methods are not allowed.")
        kind = next(kind for kind in kinds if kind.fields).name
        near = nearest(name, known) or f" There are {', '.join(sorted(known))}."
        return self.refuse(place, path, f"a {kind} has no {name}.{near}")

    def items(self, place: Place, kinds: Kinds, word: str) -> Kinds:
        """What the items of a list are."""
        found = frozenset(kind.item for kind in kinds if kind.item and kind is not BY_CUSTOMER)
        if not found and kinds:
            return self.refuse(place, word, "is not a list.")
        return found

    def customers(self, place: Place, kinds: Kinds, is_own: bool, word: str) -> Kinds:
        """site.recommendations[…]: the reader's, and nobody else's."""
        if not is_own:
            return self.refuse(place, word, "only customer.id may stand in the brackets.")
        return frozenset(kind.item for kind in kinds if kind is BY_CUSTOMER)

    prints_logic = False

    def printed(self, place: Place, kinds: Kinds, word: str) -> None:
        for kind in kinds - PRINTABLE:
            if kind is LOGIC and self.prints_logic:
                continue
            instead = {
                LOGIC.name: "is true or false: ask it in an {% if %}",
                "list": "is a list: print its items in a {% for %}",
                "true or false": "is true or false: ask it in an {% if %}",
            }.get(kind.name, f"is a {kind.name}: print one of its fields")
            if kind is FUNCTION:
                instead = "needs an address: link('https://…')"
            self.refuse(place, word, f"{instead}.")

    def text(self, place: Place, value: object) -> Kinds:  # noqa: PLR0911 (one line a kind)
        """A constant of the template."""
        if value is None:
            return self.refuse(place, "none", "'none' is not allowed.")
        if isinstance(value, bool):
            return frozenset((FLAG,))
        if isinstance(value, int | float):
            if abs(value) > NUMBER_LIMIT:
                return self.refuse(place, str(value)[:30], "numbers end at a million.")
            return frozenset((NUMBER,))
        if isinstance(value, str):
            if any(sign in value for sign in ("{{", "}}", "{%", "%}", "{#", "#}", "*|", "|*")):
                return self.refuse(place, value, "tags inside a text are not allowed.")
            return frozenset((TEXT,))
        return self.refuse(place, str(value)[:30], "is not a text or number.")

    def linked(self, place: Place, url: object, word: str) -> Kinds:
        """link('https://…'): of an allowed host."""
        if not isinstance(url, str):
            return self.refuse(place, word, "link() takes an address in quotes.")
        if not safe_url(url, self.hosts):
            hosts = ", ".join(self.hosts)
            return self.refuse(place, url, f"shop.toml allows only the hosts {hosts}, over https.")
        self.names.used.add("link")
        return frozenset((URL,))

    def filtered(
        self, place: Place, rule: str, kinds: Kinds, arguments: list[Kinds], word: str
    ) -> Kinds:
        """What a filter gives: see the rules in each language's table."""
        if rule == "same":
            return kinds
        if rule == "same or argument":
            return kinds.union(*arguments)
        if rule == "item":
            return self.items(place, kinds, word)
        if rule == "markup":
            return frozenset((MARKUP if self.is_html else TEXT,))
        self.scalars(place, kinds, word, lists=rule.endswith("of list"))
        if rule.startswith("number"):
            return frozenset((NUMBER,))
        return frozenset((TEXT,))

    def scalars(self, place: Place, kinds: Kinds, word: str, *, lists: bool) -> None:
        """Refuse records where a text or a number is needed."""
        for kind in kinds:
            if kind.fields or kind in (FUNCTION, BY_CUSTOMER) or (kind.item and not lists):
                self.refuse(place, word, f"is a {kind.name}, the filter takes a text or a number.")
                return
