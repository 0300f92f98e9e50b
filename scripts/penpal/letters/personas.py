"""Readers to try letters on: rows shaped as marts.email_queue, from full to hostile.

Their products are the sample shop's. Each branch of each condition of a letter is taken by at least
one of them (tests/python/test_letter_design.py).
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

CLOCK = datetime(2026, 6, 15, 12)
Row = dict[str, Any]
Context = dict[str, Any]

_PICTURES, _PAGES = "https://cdn.example.com/img/", "https://shop.example.com/p/"


def personas(template: str = "cart_abandonment", language: str | None = None) -> dict[str, Row]:
    """Name -> row of email_queue with all its columns; context is JSON text.

    The rows are of this template, and in this language where one is given; else each persona reads
    a language of its own (mostly English).
    """
    return {
        name: _row(number, name, context, template, language)
        for number, (name, context) in enumerate(_contexts().items(), start=1)
    }


def _row(number: int, name: str, context: Context, template: str, language: str | None) -> Row:
    language = language or context.get("language") or "en"
    identifier = f"{number:08d}-0000-4000-8000-000000000000"
    context = {"customer_id": identifier, **context, "language": language}
    return {
        "message_id": identifier,
        "customer_id": identifier,
        "email": "reader@example.com",
        "campaign": template,
        "occasion": name,
        "variant": None,
        "template": template,
        "language": language,
        "timezone": "Europe/Berlin",
        "send_after": CLOCK,
        "expires_at": CLOCK + timedelta(days=2),
        "evaluated_at": CLOCK,
        "context": json.dumps(context, ensure_ascii=False),
    }


def _contexts() -> dict[str, Context]:
    """Each persona's context, as email_queue would hold it."""
    full = _full()
    return {
        "full": full,
        "nameless": full
        | {"first_name": None, "last_name": None, "city": None, "country": None}
        | {"loyalty_tier": None, "product": full["product"] | {"previous_price": None}}
        | {"offer": full["offer"] | {"expires_at": None}},
        "single": _single(full),
        "unpersonal_picks": full
        | {"recommendations": _for_everybody(), "viewed": [], "product": None}
        | {"cart": {**full["cart"], "value": 1.0}, "offer": _free_shipping()}
        | {"loyalty_tier": "silver"},
        "no_pictures": _without_pictures(full),
        "longest": _longest(),
        "right_to_left": _right_to_left(),
        "no_personalization": _no_personalization(full),
        "empty": {"can_personalize": True},
        "hostile": _hostile(),
    }


def _product(slug: str, category: str, price: float, **changes: Any) -> Context:
    name = slug.replace("-", " ").title().replace("Thank You", "Thank-You")
    return {
        "product_id": slug,
        "name": name,
        "category": category,
        "price": price,
        "currency": "USD",
        "image_url": f"{_PICTURES}{slug}.jpg",
        "url": f"{_PAGES}{slug}",
    } | changes


def _full() -> Context:
    pen = _product("brass-fountain-pen", "pens", 49.5)
    ink = _product("ultramarine-bottled-ink", "ink", 28.5)
    paper = _product("cotton-letter-set", "paper", 16.5)
    lamp = _product("vintage-desk-lamp", "desk", 45.0)
    seal = _product("walnut-wax-seal-kit", "desk", 26.0)
    card = _product("botanical-postcard-set", "cards", 12.5)
    book = _product("illustrated-stamp-atlas", "books", 15.5)
    notes = _product("linen-notebook", "notebooks", 40.0)
    return {
        "first_name": "Maren",
        "last_name": "Öz",
        "city": "Bergen",
        "country": "NO",
        "language": "en",
        "can_personalize": True,
        "loyalty_tier": "gold",
        "lifecycle_stage": "active",
        "last_order_at": "2026-03-01",
        "birthday_year_age": 41,
        "occasion_on": "2026-06-15",
        "purchase_history": ["pens", "paper", "gift"],
        "cart": {
            "cart_id": "K1",
            "recovery_url": "https://shop.example.com/cart/recover?key=k1",
            "currency": "USD",
            "value": 82.5,
            "items": [pen | {"quantity": 1}, paper | {"quantity": 2}],
        },
        "recommendations": [
            notes | {"reason": "viewed"},
            seal | {"reason": "bought_together"},
            card | {"reason": "category"},
            book | {"reason": "category"},
            lamp | {"reason": "best_seller"},
        ],
        "order": {
            "order_id": "100482",
            "ordered_at": "2026-06-14T16:20:00Z",
            "currency": "USD",
            "subtotal": 111.0,
            "discount": 11.1,
            "shipping": 4.9,
            "tax": 19.98,
            "total": 124.78,
            "items": [pen | {"quantity": 1}, ink | {"quantity": 1}, paper | {"quantity": 2}],
        },
        "product": lamp | {"previous_price": 58.0},
        "viewed": [lamp, notes, ink],
        "offer": {
            "offer": "THANKYOU10",
            "kind": "percentage",
            "value": 10,
            "currency": "USD",
            "minimum": 30,
            "expires_at": "2026-06-30T23:59:59Z",
        },
    }


def _free_shipping() -> Context:
    return {"offer": "LETTERS", "kind": "free_shipping", "expires_at": "2026-06-30T23:59:59Z"}


def _for_everybody() -> list[Context]:
    """What sells best: tells nothing of the reader."""
    return [
        _product("moss-iron-gall-ink", "ink", 11.5, image_url=None, reason="best_seller"),
        _product("cotton-letter-set", "paper", 16.5, reason="best_seller"),
        _product("airmail-letter-set", "paper", 20.5, reason="best_seller"),
        _product("midnight-dip-pen", "pens", 21.0, reason="best_seller"),
    ]


def _single(full: Context) -> Context:
    """One of everything, nothing optional; an amount off."""
    pen = full["cart"]["items"][0]
    total = dict.fromkeys(("subtotal", "discount", "shipping", "tax"))
    return full | {
        "first_name": "J.R.",
        "loyalty_tier": "bronze",
        "purchase_history": [],
        "cart": full["cart"] | {"value": pen["price"], "items": [pen]},
        "order": full["order"] | total | {"total": pen["price"], "items": [pen]},
        "recommendations": full["recommendations"][:1],
        "viewed": full["viewed"][:1],
        "offer": {"offer": "FIVE", "kind": "amount", "value": 5, "currency": "USD"},
    }


def _without_pictures(full: Context) -> Context:
    """Nothing that can be shown but words: no pictures, categories, prices, numbers, dates."""
    gone = {"image_url", "category", "price", "previous_price", "order_id", "ordered_at", "total"}

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: bare(one) for key, one in value.items() if key not in gone}
        return [bare(one) for one in value] if isinstance(value, list) else value

    return bare(full)


def _longest() -> Context:
    """Every text at or over its limit, in words that can be broken and one that cannot."""
    name = "Maximiliana-Wilhelmine Hohenstaufen-Oppenheimer von Rosenthal-Schwarzenberg"
    long = "Handgeschöpftes Büttenpapier mit Wasserzeichen und Goldschnitt für besondere Briefe "
    products = [
        _product(
            "deckle-edge-writing-paper",
            "Donaudampfschifffahrtsgesellschaftsbriefpapierzubehör",
            99_999.99,
            product_id=f"P{number}",
            name=f"{long * 5}{number} {'Silbenbandwurmwort' * 9}",
            quantity=9_999,
            reason="category",
        )
        for number in range(9)
    ]
    words = {
        "last_name": name,
        "city": "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
    }
    total = 9 * 9_999 * 99_999.99
    return (
        _full()
        | words
        | {
            "first_name": name,
            "loyalty_tier": "platinum",
            "cart": {"currency": "USD", "value": total, "items": products},
            "recommendations": products,
            "viewed": products,
            "purchase_history": [product["name"] for product in products],
            "product": products[0] | {"previous_price": 123_456.78},
            "order": {
                "order_id": "2026-ORDER-" + "0123456789" * 4,
                "ordered_at": "2026-12-31T23:59:59Z",
                "currency": "SEK",
                "subtotal": total,
                "discount": 1_000_000.01,
                "shipping": 123_456.78,
                "tax": total / 4,
                "total": total * 1.25,
                "items": products * 4,
            },
            "offer": {
                "offer": "DONAUDAMPFSCHIFFFAHRTSGESELLSCHAFTSGUTSCHEIN2026",
                "kind": "amount",
                "value": 123_456.78,
                "currency": "SEK",
                "minimum": 999_999.99,
                "expires_at": "2026-12-31T23:59:59Z",
            },
        }
    )


def _right_to_left() -> Context:
    """An Arabic reader; names of products in both directions."""
    full = _full()
    arabic = {
        "brass-fountain-pen": "قلم حبر نحاسي",
        "cotton-letter-set": "طقم رسائل قطني",
        "linen-notebook": "دفتر من الكتان",
    }

    def named(product: Context) -> Context:
        return product | {"name": arabic.get(product["product_id"], product["name"])}

    def lists(part: Context) -> Context:
        return part | {"items": [named(item) for item in part["items"]]}

    return full | {
        "first_name": "ليلى",
        "last_name": "حداد",
        "city": "بيروت",
        "country": "LB",
        "language": "ar",
        "cart": lists(full["cart"]),
        "order": lists(full["order"]),
        "recommendations": [named(product) for product in full["recommendations"]],
        "viewed": [named(product) for product in full["viewed"]],
    }


def _no_personalization(full: Context) -> Context:
    """Refused personalization: the queue holds best sellers, and the order where there is one."""
    return {
        "can_personalize": False,
        "language": "en",
        "recommendations": _for_everybody(),
        "occasion_on": full["occasion_on"],
        "order": full["order"],
    }


def _hostile() -> Context:
    """Values that attack: markup, templates, headers, addresses that are none of ours."""
    script = "<script>alert(1)</script>"
    product = {
        "product_id": "../../../../var/pwn",
        "name": f'" onmouseover="alert(1) {script}',
        "category": "<img src=x onerror=alert(1)>",
        "price": "1e309",
        "previous_price": "NaN",
        "currency": "<b>",
        "image_url": "data:text/html;base64,PHNjcmlwdD4=",
        "url": "javascript:alert(document.cookie)",
        "quantity": -1,
        "reason": "viewed",
    }
    words = ("last_name", "city", "country", "loyalty_tier", "lifecycle_stage", "last_order_at")
    return {
        **dict.fromkeys(words, f"</style>{script}"),
        "first_name": script,
        "can_personalize": True,
        "birthday_year_age": "{{7*7}}",
        "occasion_on": "2026-06-15\r\nBcc: evil@example.net",
        "purchase_history": [script, None, 7, {"x": script}],
        "cart": {
            "recovery_url": "https://example.com.evil.test/",
            "currency": "USD",
            "value": "1e309",
            "items": [product, None, 7, {"name": script * 100}],
        },
        "recommendations": [product, product | {"name": "=cmd|'/c calc'!A1"}],
        "viewed": [product, "x"],
        "product": product,
        "order": {
            "order_id": f"1{script}",
            "ordered_at": "soon",
            "currency": "$$",
            "subtotal": script,
            "discount": -5,
            "shipping": [],
            "tax": {},
            "total": "NaN",
            "items": [product],
        },
        "offer": {
            "offer": f'"><img src=x onerror=alert(1)>{script}',
            "kind": script,
            "value": "javascript:alert(1)",
            "currency": None,
            "minimum": -1,
            "expires_at": "2026-13-45",
        },
    }
