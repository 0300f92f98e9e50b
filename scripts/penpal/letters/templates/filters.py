"""Filters of all template languages: each takes what it is given, and gives back no more than a
letter can need. So no template can eat time or memory by way of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from markupsafe import Markup

from penpal.letters import formats

TEXT_LIMIT = 10_000  # characters of any text that a filter gives
LIST_LIMIT = 1_000  # items of any list that a loop or a filter takes
NUMBER_LIMIT = 10**15
ARGUMENT_LIMIT = 10**6
ROUNDS_LIMIT = 20_000  # rounds of all loops of one part of a letter


class LimitExceeded(Exception):
    """A template asks for more than a letter may take; the message says of what."""


def plain(value: Any) -> Any:
    """Markup as the text it is: what a filter changed has to be escaped again."""
    return str.__str__(value) if type(value) is Markup else value


def bounded(value: Any) -> Any:
    """The value, if no text, list or number in it is larger than a letter could need."""
    if isinstance(value, str):
        if len(value) > TEXT_LIMIT:
            raise LimitExceeded(f"a text of more than {TEXT_LIMIT:,} characters")
    elif isinstance(value, list | tuple | range):
        if is_long(value):
            raise LimitExceeded(f"a list of more than {LIST_LIMIT:,} items")
    elif isinstance(value, int | float) and abs(value) > NUMBER_LIMIT:
        raise LimitExceeded("a number of more than 15 digits")
    return value


def is_long(value: list | tuple | range) -> bool:
    try:
        return len(value) > LIST_LIMIT
    except OverflowError:
        return True


def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter with its arguments and its result bounded, and blind to what was markup."""

    @functools.wraps(function)
    def call(value: Any, *arguments: Any, **named: Any) -> Any:
        bounded(value)
        for one in (*arguments, *named.values()):
            bounded(one)
        arguments = tuple(map(plain, arguments))
        return bounded(
            function(plain(value), *arguments, **{k: plain(v) for k, v in named.items()})
        )

    return call


# --- filters that all languages share ------------------------------------------------------------


def money(value: Any, currency: str | None, language: str) -> str:
    """An amount as it is shown: formatted ones as they are, numbers in the currency."""
    if isinstance(value, formats.Money):
        return value
    shown = formats.money(value, currency, language)
    if shown is None:
        if isinstance(value, str) and any(map(str.isdigit, value)):
            return value  # an amount that was formatted elsewhere
        raise ValueError("money: not an amount")
    return shown


_STYLES = ("short", "medium", "long", "full")
_TODAY = ("now", "today")


def day(value: Any, style: str, language: str, today: Any) -> str:
    """A day in the letter's language: short, medium, long, full, or a pattern such as d MMMM."""
    value = today if value in _TODAY else value
    value = value.value if isinstance(value, formats.Day) else value
    if isinstance(value, str):
        found = formats.day(value)
        if found is None:
            raise ValueError("date: not a day")
        value = found.value
    if not isinstance(value, date | datetime):
        raise ValueError("date: not a day")
    if style not in _STYLES and (len(style) > 40 or not style.strip()):
        raise ValueError("date: no such style")
    return formats.format_date(value, style, locale=formats.locale_of(language))


def plural(count: Any, forms: dict[str, Any], language: str) -> str:
    """The form for this number, `#` being the number: {'one': '# pen', 'other': '# pens'}."""
    form = forms.get(formats.plural_form(count, language), forms.get("other"))
    if not isinstance(form, str):
        raise ValueError("plural: needs other='…'")
    return form.replace("#", formats.number(count, language))
