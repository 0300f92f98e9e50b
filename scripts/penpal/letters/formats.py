"""Money, dates, numbers and plurals in the letter's language, by Babel."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
    is_currency,
)

DEFAULT_LANGUAGE = "en"
LARGEST_AMOUNT = 1e12


class Formatted(str):
    """A text made of a number or a day, which it still knows."""

    __slots__ = ("value",)
    value: Any

    @classmethod
    def of(cls, text: str, value: Any) -> Formatted:
        made = cls(text)
        made.value = value
        return made

    def __reduce__(self) -> tuple:
        return Formatted.of, (str(self), self.value)


class Money(Formatted):
    """'$1,234.50'; value is the amount as Decimal."""

    __slots__ = ()


class Day(Formatted):
    """'June 14, 2026'; value is the date or datetime."""

    __slots__ = ()


@lru_cache(maxsize=200)
def locale_of(language: str) -> Locale:
    """Babel's locale of a language, English where it has none."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError, AttributeError):
        return Locale.parse(DEFAULT_LANGUAGE)


def digits_of(currency: str) -> int:
    """Decimals of a currency: 2 for EUR, 0 for JPY."""
    return get_currency_precision(currency.upper())


def money(value: Any, currency: Any, language: str = DEFAULT_LANGUAGE) -> Money | None:
    """'$1,234.50' in English, '1.234,50 $' in German; None for what is no amount of a currency."""
    try:
        return None if isinstance(value, bool) else _money(float(value), currency, language)
    except (TypeError, ValueError, OverflowError):
        return None


# CLDR wants room between letters and digits (SEK 9.90), which Babel leaves out.
_TOUCHING = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


@lru_cache(maxsize=50_000)
def _money(amount: float, currency: str, language: str) -> Money | None:
    if not math.isfinite(amount) or not 0 <= amount < LARGEST_AMOUNT:
        return None
    if not isinstance(currency, str) or not re.fullmatch("[A-Za-z]{3}", currency):
        return None
    code = currency.upper()
    exact = Decimal(repr(amount))
    if not is_currency(code):
        return Money.of(f"{format_decimal(exact, '#,##0.00', locale_of(language))} {code}", exact)
    shown = format_currency(exact, code, locale=locale_of(language))
    return Money.of(_TOUCHING.sub("\u00a0", shown), exact)


def number(value: Any, language: str = DEFAULT_LANGUAGE) -> str:
    """'1,234.5' in English; ValueError for what is no number."""
    try:
        exact = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError("not a number") from error
    if not exact.is_finite() or abs(exact) >= Decimal(LARGEST_AMOUNT):
        raise ValueError("not a number that a letter would print")
    return format_decimal(exact, locale=locale_of(language))


def percent(value: Any, language: str = DEFAULT_LANGUAGE) -> str | None:
    """10 -> '10%' in English, '10 %' in German; None for what is no percentage."""
    try:
        share = Decimal(repr(float(value)))
    except (TypeError, ValueError, OverflowError):
        return None
    if isinstance(value, bool) or not share.is_finite() or not 0 < share <= 100:
        return None
    style = "#,##0.##%" if share % 1 else None
    return format_percent(share / 100, style, locale=locale_of(language))


def day(value: Any, language: str = DEFAULT_LANGUAGE) -> Day | None:
    """'June 14, 2026' of an ISO date, time or datetime; None for anything else."""
    return _day(value, language) if isinstance(value, str | date) else None


@lru_cache(maxsize=20_000)
def _day(value: str | date, language: str) -> Day | None:
    if isinstance(value, str):
        if not re.match(r"\d{4}-\d\d-\d\d", value):
            return None
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    return Day.of(format_date(value, "long", locale=locale_of(language)), value)


def plural_form(count: Any, language: str = DEFAULT_LANGUAGE) -> str:
    """The form that a language has for a number: one, two, few, many, other, zero."""
    try:
        exact = abs(Decimal(str(count)))
    except InvalidOperation:
        return "other"
    return locale_of(language).plural_form(exact) if exact.is_finite() else "other"


# Babel's output holds blanks that do not break and marks of direction, which headers may not.
_BLANKS = re.compile("[\u00a0\u2007\u2009\u202f]")
_MARKS = re.compile("[\u061c\u200e\u200f]")


def for_header(text: str) -> str:
    """The text with plain blanks and without marks of direction."""
    return text if text.isascii() else _MARKS.sub("", _BLANKS.sub(" ", text))
