"""From a row of email_queue to what a template may print.

Whatever is missing becomes `Missing`: false in a condition, replaced by `default()`, and an error
when printed, so that a letter is refused rather than sent with a hole. Text is cut (names at
NAME_LIMIT, other text at TEXT_LIMIT characters) and freed of control characters before rendering.
"""

from __future__ import annotations

import csv
import json
import math
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from jinja2 import StrictUndefined

from penpal.letters.links import safe_url, tagged
from penpal.letters.shop import Shop
from penpal.letters.tokens import Signer
from penpal.settings import ROOT

NAME_LIMIT = 60
TEXT_LIMIT = 500
EVERYBODYS = ("best_seller", "trending")  # reasons that tell nothing of the reader
PRODUCT_LIMIT = 5

NAMES = ("first_name", "last_name")
FACTS = (
    "city",
    "country",
    "loyalty_tier",
    "lifecycle_stage",
    "last_order_at",
    "birthday_year_age",
)
# A "name" with an address in it would turn our letter into an advertisement; one with a
# phone number or a house number was filled into the wrong field (macros/staging/is_contact_detail),
# and so were markup, a placeholder, a formula and the @handle of another network.
# `=?` would be decoded to a header of its own, and refused with the letter.
_NO_NAME = re.compile(
    r"=\?|[^\s@]@[^\s@]+\.[^\s@]|://|www\.|[a-z0-9-]+\.[a-z]{2,}[/?#]"
    r"|^[@#=]|<[a-z/!]|&lt;|\{\{|\{%|\$\{|%%|\*\|"
    r"|\d(?:[^\w]{0,3}\d){4}|^\d{1,5}[a-z]?,?\s+[^\W\d]{2}|[^\W\d]{2}\.?,?\s+\d{1,5}[a-z]?$",
    re.IGNORECASE,
)
# Letters and signs that show as nothing but room (macros/staging/clean_text.sql).
_BLANKS = re.compile("[\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159]")
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_WHOLE = {"JPY", "KRW", "CLP", "ISK", "HUF", "VND"}


class Missing(StrictUndefined):
    """A value the customer's row does not have: false and default()-able, never printable."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Missing)

    def __ne__(self, other: object) -> bool:
        return not isinstance(other, Missing)


@dataclass(frozen=True, slots=True)
class Product:
    """One product; price is formatted text; category, price, image and reason may be Missing."""

    name: str
    initial: str
    category: str | Missing
    price: str | Missing
    image_url: str | Missing
    quantity: int
    reason: str | Missing
    url: str


@dataclass(frozen=True, slots=True)
class Cart:
    """The cart: its first products, how many more there are, its total (formatted; Missing where
    the prices shown do not add up to it), its link."""

    products: list[Product]
    more: int
    total: str | Missing
    url: str


def missing(name: str) -> Missing:
    return Missing(name=name)


def clean(value: Any, limit: int = TEXT_LIMIT) -> str:
    """One line of printable text, at most `limit` characters; '' for anything but text."""
    if not isinstance(value, str):
        return ""
    value = value[: limit * 4]
    if not value.isprintable():
        # Joiners stay: emoji and several scripts need them.
        value = "".join(
            c if c.isprintable() or c in "\u200c\u200d" else " " if c.isspace() else ""
            for c in value
        )
    if not value.isascii():
        value = _BLANKS.sub(" ", value)
    value = " ".join(value.split())
    return value if len(value) <= limit else value[: limit - 1].rstrip() + "…"


@lru_cache(maxsize=1)
def _no_names() -> frozenset[str]:
    """Words that stand for no name (rules.no_value_words), but for those that people bear."""
    with (ROOT / "seeds" / "rules" / "no_value_words.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        return frozenset(
            row["word"]
            for row in csv.DictReader(file)
            if row["kind"] in {"any", "name", "given_name"} and row["is_given_name"] == "false"
        )


def _is_name(text: str) -> bool:
    return (
        any(map(str.isalnum, text))
        and not _NO_NAME.search(text)
        and text.lower().strip(" \"`'<>()[]{}*_") not in _no_names()
    )


def money(value: Any, currency: Any) -> str | None:
    """'$1,234.50', '1,234.50 SEK'; None for what is not an amount of a currency."""
    try:
        return None if isinstance(value, bool) else _money(float(value), currency)
    except (TypeError, ValueError, OverflowError):
        return None


@lru_cache(maxsize=50_000)
def _money(amount: float, currency: str) -> str | None:
    if not math.isfinite(amount) or not 0 <= amount < 1e12:
        return None
    if not isinstance(currency, str) or not re.fullmatch("[A-Za-z]{3}", currency):
        return None
    code = currency.upper()
    number = f"{amount:,.0f}" if code in _WHOLE else f"{amount:,.2f}"
    return _SYMBOLS[code] + number if code in _SYMBOLS else f"{number} {code}"


def _is_quantity(value: Any) -> bool:
    return type(value) is int and 0 < value < 10_000


def _adds_up(cart: dict, items: list[dict]) -> bool:
    """Whether all items are shown, and what is shown comes to the cart's value."""
    try:
        currency = cart["currency"].upper()
        cents = Decimal(1) if currency in _WHOLE else Decimal("0.01")
        shown = sum(
            Decimal(str(item["price"])).quantize(cents) * item["quantity"] for item in items
        )
        return (
            0 < len(items) <= PRODUCT_LIMIT
            and all(item["currency"].upper() == currency for item in items)
            and all(_is_quantity(item["quantity"]) for item in items)
            and shown == Decimal(str(cart["value"])).quantize(cents)
        )
    except (KeyError, AttributeError, TypeError, InvalidOperation):
        return False


def _dict(value: Any) -> dict:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[dict]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


class ContextBuilder:
    """Builds the variables of one letter; shop settings and signer are shared by all."""

    def __init__(self, shop: Shop, signer: Signer):
        self.shop = shop
        self.signer = signer
        self._missing = {name: missing(name) for name in (*NAMES, *FACTS, "occasion_on", "variant")}

    def build(self, row: dict[str, Any], language: str, direction: str) -> dict[str, Any]:
        """Variables for one row of email_queue; raises ValueError when its context is no JSON."""
        try:
            raw = json.loads(row["context"] or "{}")
        except (TypeError, RecursionError) as error:
            raise ValueError("context is not JSON") from error
        if not isinstance(raw, dict):
            raise ValueError("context is not a JSON object")
        shop, message_id = self.shop, row["message_id"]
        campaign, variant = row["campaign"], row["variant"] or ""

        quoted_id = quote(message_id, safe="")

        def link(url: str) -> str:
            before, after = tagged(url, shop.utm_source, campaign, variant)
            return before + quoted_id + after

        # Refused or unknown: nothing personal reaches the template, whatever the queue holds.
        personal = raw.get("can_personalize") is True
        known = raw if personal else {}
        shop_url = link(shop.base_url)
        products = [
            self._product(item, link, shop_url)
            for item in _list(raw.get("recommendations"))[: PRODUCT_LIMIT * 2]
            if personal or item.get("reason") == "best_seller"
        ]
        products = [product for product in products if product][:PRODUCT_LIMIT]
        variables: dict[str, Any] = {
            "shop": shop,
            "language": language,
            "direction": direction,
            "campaign": campaign,
            "variant": clean(variant, NAME_LIMIT) or self._missing["variant"],
            "can_personalize": personal,
            "recommendations": products,
            "is_picked": any(p.reason and p.reason not in EVERYBODYS for p in products),
            "cart": self._cart(_dict(known.get("cart")), link, shop_url),
            "shop_url": shop_url,
            "unsubscribe_url": self._signed(shop.unsubscribe_url, "unsubscribe", message_id),
            "preferences_url": self._signed(shop.preferences_url, "preferences", message_id),
            "link": lambda url: link(safe_url(url, shop.allowed_hosts) or shop.base_url),
            "occasion_on": clean(raw.get("occasion_on")) or self._missing["occasion_on"],
        }
        for name in NAMES:
            value = clean(known.get(name), NAME_LIMIT)
            variables[name] = value if _is_name(value) else self._missing[name]
        for name in FACTS:
            value = known.get(name)
            value = str(value) if type(value) is int else clean(value)
            variables[name] = value or self._missing[name]
        return variables

    def _signed(self, url: str, purpose: str, message_id: str) -> str:
        joint = "&" if "?" in url else "?"
        return f"{url}{joint}token={self.signer.sign(purpose, message_id)}"

    def _cart(self, raw: dict, link: Any, shop_url: str) -> Cart:
        items = _list(raw.get("items"))[:100]
        products = [product for item in items if (product := self._product(item, link, shop_url))]
        is_whole = len(products) == len(items) and _adds_up(raw, items)
        total = money(raw.get("value"), raw.get("currency")) if is_whole else None
        recovery = raw.get("recovery_url")
        url = safe_url(recovery, self.shop.allowed_hosts) if isinstance(recovery, str) else None
        return Cart(
            products=products[:PRODUCT_LIMIT],
            more=max(len(products) - PRODUCT_LIMIT, 0),
            total=total or missing("cart.total"),
            url=link(url or self.shop.cart_url),
        )

    def _product(self, raw: dict, link: Any, shop_url: str) -> Product | None:
        try:
            facts, url = _product_facts(self.shop.allowed_hosts, *map(raw.get, _PRODUCT_KEYS))
        except TypeError:  # a list or an object where a text should be
            return None
        return Product(*facts, url=link(url) if url else shop_url) if facts else None


_PRODUCT_KEYS = (
    *("name", "category", "price", "currency", "image_url", "url", "quantity", "reason"),
)


@lru_cache(maxsize=50_000, typed=True)
def _product_facts(  # noqa: PLR0917 (one argument a key of the product)
    hosts: tuple[str, ...],
    name: Any,
    category: Any,
    price: Any,
    currency: Any,
    image_url: Any,
    url: Any,
    quantity: Any,
    reason: Any,
) -> tuple[tuple | None, str | None]:
    """What all letters that show this product share: (Product's fields but url, its safe URL)."""
    name = clean(name)
    if not name:
        return None, None
    image_url = safe_url(image_url, hosts) if isinstance(image_url, str) else None
    facts = (
        name,
        next((c.upper() for c in name if c.isalnum()), "•"),
        clean(category, NAME_LIMIT) or missing("category"),
        money(price, currency) or missing("price"),
        image_url or missing("image_url"),
        quantity if _is_quantity(quantity) else 1,
        clean(reason, NAME_LIMIT) or missing("reason"),
    )
    return facts, safe_url(url, hosts) if isinstance(url, str) else None
