"""From a row of email_queue to what a template may print.

Whatever is missing becomes `Missing`: false in a condition, replaced by `default()`, and an error
when printed, so that a letter is refused rather than sent with a hole. Text is cut (names at
NAME_LIMIT, other text at TEXT_LIMIT characters) and freed of control characters before rendering.
Only what a template looks at is built.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import orjson

from penpal.letters import formats
from penpal.letters.formats import digits_of, money
from penpal.letters.links import safe_url, tagged
from penpal.letters.shop import Shop
from penpal.letters.tokens import CONFIRM_DAYS, Signer
from penpal.letters.values import (
    Cart,
    Customer,
    Missing,
    Offer,
    Order,
    Product,
    ShopFacts,
    Site,
)
from penpal.settings import ROOT

NAME_LIMIT = 60
TEXT_LIMIT = 500
EVERYBODYS = ("best_seller", "trending")  # reasons that tell nothing of the reader
PRODUCT_LIMIT = 5
ORDER_LIMIT = 30  # products of an order: more would not fit into a letter
HISTORY_LIMIT = 100
OFFER_KINDS = ("percentage", "amount", "free_shipping")

NAMES = ("first_name", "last_name")
FACTS = ("city", "country", "loyalty_tier", "lifecycle_stage")
DAYS = ("last_order_at", "occasion_on")
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


def clean(value: Any, limit: int = TEXT_LIMIT) -> str:
    """One line of printable text, at most `limit` characters; '' for anything but text."""
    if not isinstance(value, str):
        return ""
    return _cleaned(value, limit) if len(value) <= TEXT_LIMIT else _clean(value, limit)


def _clean(value: str, limit: int) -> str:
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


_cleaned = lru_cache(maxsize=50_000)(_clean)  # cities, tiers and names come again and again


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


@lru_cache(maxsize=50_000)
def is_name(text: str) -> bool:
    return (
        any(map(str.isalnum, text))
        and not _NO_NAME.search(text)
        and text.lower().strip(" \"`'<>()[]{}*_") not in _no_names()
    )


def _is_quantity(value: Any) -> bool:
    return type(value) is int and 0 < value < 10_000


def _adds_up(cart: dict, items: list[dict]) -> bool:
    """Whether all items are shown, and what is shown comes to the cart's value."""
    try:
        currency = cart["currency"].upper()
        cents = Decimal(1).scaleb(-digits_of(currency))
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

    def __init__(self, shop: Shop, signer: Signer, transactional: frozenset[str] = frozenset()):
        self.shop, self.signer, self.transactional = shop, signer, transactional
        self._shop = ShopFacts(shop.name, shop.postal_address)
        names = (*NAMES, *FACTS, *DAYS, "variant", "birthday_year_age", "order", "product", "offer")
        self._missing = {name: Missing(name) for name in (*names, "today", "customer.id")}

    def build(
        self, row: dict[str, Any], language: str, direction: str, used: frozenset[str] | None = None
    ) -> dict[str, Any]:
        """Variables for one row of email_queue, those of `used` at least (None: all of them).

        Raises ValueError when its context is no JSON.
        """
        try:
            raw = orjson.loads(row["context"] or b"{}")
        except (TypeError, orjson.JSONDecodeError) as error:
            raise ValueError("context is not JSON") from error
        if not isinstance(raw, dict):
            raise ValueError("context is not a JSON object")
        return _Context(self, row, raw, language, direction).variables(used)


class _Context:
    """The variables of one letter on their way."""

    def __init__(
        self, builder: ContextBuilder, row: dict[str, Any], raw: dict, language: str, direction: str
    ):
        self.shop, self.signer, self.row = builder.shop, builder.signer, row
        self.raw, self.language, self.direction = raw, language, direction
        self.builder, self.missing = builder, builder._missing
        # Refused or unknown: nothing personal reaches the template, whatever the queue holds.
        self.personal = raw.get("can_personalize") is True
        self.known = raw if self.personal else {}
        self.quoted_id = quote(row["message_id"], safe="")
        self.shop_url = self.link(self.shop.base_url)

    def link(self, url: str) -> str:
        """An allowed URL, tagged."""
        row = self.row
        before, after = tagged(url, self.shop.utm_source, row["campaign"], row["variant"] or "")
        return before + self.quoted_id + after

    def variables(self, used: frozenset[str] | None) -> dict[str, Any]:
        shop, row = self.shop, self.row
        products = self.recommendations()
        variables: dict[str, Any] = {
            "shop": self.builder._shop,
            "language": self.language,
            "direction": self.direction,
            "campaign": row["campaign"],
            "variant": clean(row["variant"], NAME_LIMIT) or self.missing["variant"],
            "can_personalize": self.personal,
            "recommendations": products,
            "recommended_products": products,
            "is_picked": any(p.reason and p.reason not in EVERYBODYS for p in products),
            "shop_url": self.shop_url,
            "unsubscribe_url": self.signed(shop.unsubscribe_url, "unsubscribe"),
            "link": lambda url: self.link(safe_url(url, shop.allowed_hosts) or shop.base_url),
        }
        for name in NAMES:
            value = clean(self.known.get(name), NAME_LIMIT)
            variables[name] = value if is_name(value) else self.missing[name]
        for name in FACTS:
            variables[name] = clean(self.known.get(name)) or self.missing[name]
        for name, make in _SELDOM.items():
            if used is None or name in used:
                variables[name] = make(self, variables)
        return variables

    def signed(self, url: str, purpose: str, days: int | None = None) -> str:
        expires = self.row["evaluated_at"] + timedelta(days=days) if days else None
        token = self.signer.sign(purpose, self.row["message_id"], expires)
        return f"{url}{'&' if '?' in url else '?'}token={token}"

    def recommendations(self) -> list[Product]:
        items = self.raw.get("recommendations")
        if not isinstance(items, list):
            return []
        return self.products(
            item
            for item in _list(items)[: PRODUCT_LIMIT * 2]
            if self.personal or item.get("reason") == "best_seller"
        )[:PRODUCT_LIMIT]

    def products(self, items: Any) -> list[Product]:
        return [product for item in items if (product := self.product(item))]

    def product(self, raw: dict) -> Product | None:
        try:
            facts, url = _product_facts(
                self.shop.allowed_hosts, self.language, *map(raw.get, _PRODUCT_KEYS)
            )
        except TypeError:  # a list or an object where a text should be
            return None
        return Product(*facts, url=self.link(url) if url else self.shop_url) if facts else None

    def cart(self) -> Cart:
        raw = _dict(self.known.get("cart"))
        items = _list(raw.get("items"))[:100]
        products = self.products(items)
        is_whole = len(products) == len(items) and _adds_up(raw, items)
        total = self.money(raw.get("value"), raw, "cart.total") if is_whole else None
        recovery = raw.get("recovery_url")
        url = safe_url(recovery, self.shop.allowed_hosts) if isinstance(recovery, str) else None
        return Cart(
            products=products[:PRODUCT_LIMIT],
            more=max(len(products) - PRODUCT_LIMIT, 0),
            total=total or Missing("cart.total"),
            url=self.link(url or self.shop.cart_url),
        )

    def order(self) -> Order | Missing:
        """The order: whose letter is about it gets it, personalization or not."""
        is_its_letter = self.personal or self.row["campaign"] in self.builder.transactional
        raw = _dict(self.raw.get("order")) if is_its_letter else {}
        if not raw:
            return self.missing["order"]
        products = self.products(_list(raw.get("items"))[:1000])
        amounts = ("subtotal", "discount", "shipping", "tax", "total")
        return Order(
            number=clean(raw.get("order_id"), NAME_LIMIT) or Missing("order.number"),
            date=self.day(raw.get("ordered_at")) or Missing("order.date"),
            products=products[:ORDER_LIMIT],
            more=max(len(products) - ORDER_LIMIT, 0),
            **{name: self.money(raw.get(name), raw, f"order.{name}") for name in amounts},
        )

    def offer(self) -> Offer | Missing:
        raw = _dict(self.known.get("offer"))
        kind, value = raw.get("kind"), raw.get("value")
        if kind not in OFFER_KINDS:
            return self.missing["offer"]
        shown = formats.percent(value, self.language) if kind == "percentage" else None
        if kind == "amount":
            shown = self.money(value, raw, "offer.value")
        if kind != "free_shipping" and not shown:
            return self.missing["offer"]
        code = clean(raw.get("code"), NAME_LIMIT) or clean(raw.get("offer"), NAME_LIMIT)
        return Offer(
            code=code or Missing("offer.code"),
            kind=kind,
            value=shown or Missing("offer.value"),
            minimum=self.money(raw.get("minimum"), raw, "offer.minimum"),
            expires_on=self.day(raw.get("expires_at")) or Missing("offer.expires_on"),
        )

    def customer(self, variables: dict[str, Any]) -> Customer:
        history = self.known.get("purchase_history")
        history = history[:HISTORY_LIMIT] if isinstance(history, list) else []
        return Customer(
            id=clean(self.row["customer_id"]) or self.missing["customer.id"],
            language=self.language,
            purchase_history=[text for one in history if (text := clean(one, NAME_LIMIT))],
            **{name: variables[name] for name in (*NAMES, *FACTS)},
        )

    def site(self, variables: dict[str, Any]) -> Site:
        return Site({clean(self.row["customer_id"]): variables["recommendations"]})

    def age(self) -> int | Missing:
        age = self.known.get("birthday_year_age")
        is_age = type(age) is int and 0 < age < 130
        return age if is_age else self.missing["birthday_year_age"]

    def money(self, value: Any, raw: dict, name: str) -> Any:
        return money(value, raw.get("currency"), self.language) or Missing(name)

    def day(self, value: Any) -> Any:
        return formats.day(value, self.language)


# What most letters do not look at.
_SELDOM: dict[str, Callable[[_Context, dict[str, Any]], Any]] = {
    "cart": lambda one, _: one.cart(),
    "order": lambda one, _: one.order(),
    "offer": lambda one, _: one.offer(),
    "product": lambda one, _: (
        one.product(_dict(one.known.get("product"))) or one.missing["product"]
    ),
    "viewed_products": lambda one, _: one.products(_list(one.known.get("viewed"))[:PRODUCT_LIMIT]),
    "customer": _Context.customer,
    "site": _Context.site,
    "birthday_year_age": lambda one, _: one.age(),
    "last_order_at": lambda one, _: (
        one.day(one.known.get("last_order_at")) or one.missing["last_order_at"]
    ),
    "occasion_on": lambda one, _: one.day(one.raw.get("occasion_on")) or one.missing["occasion_on"],
    "today": lambda one, _: one.day(one.row["evaluated_at"]) or one.missing["today"],
    "preferences_url": lambda one, _: one.signed(one.shop.preferences_url, "preferences"),
    "confirm_url": lambda one, _: one.signed(one.shop.confirm_url, "confirm", CONFIRM_DAYS),
    "review_url": lambda one, _: one.signed(one.shop.review_url, "review"),
}

_PRODUCT_KEYS = (
    *("name", "category", "price", "currency", "image_url", "url", "quantity", "reason"),
    "previous_price",
)


@lru_cache(maxsize=100_000)
def _product_facts(  # noqa: PLR0917 (one argument a key of the product)
    hosts: tuple[str, ...],
    language: str,
    name: Any,
    category: Any,
    price: Any,
    currency: Any,
    image_url: Any,
    url: Any,
    quantity: Any,
    reason: Any,
    previous_price: Any,
) -> tuple[tuple | None, str | None]:
    """What all letters that show this product share: (Product's fields but url, its safe URL)."""
    name = clean(name)
    if not name:
        return None, None
    image_url = safe_url(image_url, hosts) if isinstance(image_url, str) else None
    facts = (
        name,
        next((c.upper() for c in name if c.isalnum()), "•"),
        clean(category, NAME_LIMIT) or Missing("category"),
        money(price, currency, language) or Missing("price"),
        image_url or Missing("image_url"),
        quantity if _is_quantity(quantity) else 1,
        clean(reason, NAME_LIMIT) or Missing("reason"),
        money(previous_price, currency, language) or Missing("previous_price"),
    )
    return facts, safe_url(url, hosts) if isinstance(url, str) else None
