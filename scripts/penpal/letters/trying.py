"""One letter to look at: rendered as the night would, sent to nobody, kept nowhere that counts.

The row is the queue's own where the letter is due for the customer, else one that is put together
of the same marts; or a persona's. Links are signed with a key that no page accepts.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from jinja2.exceptions import TemplateNotFound

from penpal import settings
from penpal.letters.personas import personas
from penpal.letters.queue import QUEUE_COLUMNS, columns_of, transactional_campaigns
from penpal.letters.render import HTML_LIMIT, Refused, Renderer
from penpal.letters.shop import Shop
from penpal.letters.templates import TemplateRefused, Templates
from penpal.letters.templates.source import nearest
from penpal.letters.tokens import Signer
from penpal.settings import ROOT, UserError

FOLDER = ROOT / "target" / "try"
SIGNER = Signer("links of letters that are tried open nothing")
MESSAGE_ID = "00000000-0000-4000-8000-000000000000"
EXPIRES = timedelta(days=2)
FACTS = ("first_name", "last_name", "city", "country", "language", "loyalty_tier")

Row = dict[str, Any]

_CUSTOMER = """
    select customer_id from marts.customers where customer_id = ?1
    union all
    select customer_id from marts.customer_identifiers
    where identifier_type = 'email' and identifier_value = lower(trim(?1)) and not is_shared
    union all
    select customer_id from marts.customers where primary_email = lower(trim(?1))
    limit 1
"""
_FACTS = """
    select
        primary_email, first_name, last_name, city, country, language, timezone, loyalty_tier,
        lifecycle_stage, cast(last_order_at as date)::varchar as last_order_at,
        coalesce(can_personalize, false) as can_personalize, purchased_categories, purchased_tags,
        (select max(evaluated_at) from marts.email_decisions) as evaluated_at, last_seen_at
    from marts.customers where customer_id = ?
"""
_SHOWN = """
    product_id, products.product_name as name, products.category, products.image_url,
    products.product_url as url
"""
_PRODUCT = f"{_SHOWN}, cast(products.price as double) as price, products.currency"
_RECOMMENDATIONS = f"""
    select {_PRODUCT}, picked.reason
    from marts.product_recommendations as picked
    inner join marts.products using (product_id)
    where picked.customer_id = ? order by picked.rank limit 5
"""
_BEST_SELLERS = f"""
    select {_PRODUCT}, 'best_seller' as reason
    from marts.products where shop_rank <= 5 order by shop_rank
"""
_VIEWED = f"""
    select {_PRODUCT}, max(event_at) as viewed_at
    from marts.customer_web_events
    inner join marts.products using (product_id)
    where customer_id = ? and event_name = 'Product Viewed'
    group by all order by viewed_at desc, product_id limit 5
"""
_CART = """
    select cart_key, cart_id, recovery_url, currency from marts.customer_carts
    where customer_id = ? order by ordered_at is not null, last_activity_at desc, cart_key limit 1
"""
_CART_ITEMS = f"""
    select {_SHOWN}, items.quantity, cast(items.price as double) as price, items.currency
    from marts.customer_cart_items as items
    inner join marts.products using (product_id)
    where items.cart_key = ? order by items.price desc nulls last, product_id limit 100
"""
_ORDER = """
    select
        order_id, created_at::varchar as ordered_at, currency,
        cast(subtotal as double) as subtotal, cast(discount as double) as discount,
        cast(shipping as double) as shipping, cast(tax as double) as tax,
        cast(total as double) as total
    from marts.customer_orders where customer_id = ? order by created_at desc, order_id limit 1
"""
_ORDER_LINES = f"""
    select {_SHOWN}, lines.quantity, cast(lines.unit_price as double) as price, lines.currency
    from marts.customer_order_lines as lines
    inner join marts.products using (product_id)
    where lines.order_id = ? order by lines.order_line_id limit 100
"""


def _rows(connection: duckdb.DuckDBPyConnection, query: str, *values: Any) -> list[Row]:
    found = connection.execute(query, list(values))
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def row_of_customer(warehouse: Path, template: str, who: str) -> tuple[Row, str]:
    """(row shaped as email_queue, where it comes from) of a customer's id or address."""
    with settings.connect(warehouse, read_only=True) as connection:
        if not columns_of(connection, "marts", "customers"):
            raise UserError(f"{warehouse} has no marts.customers: run dbt build first.")
        found = connection.execute(_CUSTOMER, [who]).fetchone()
        if not found:
            raise UserError(f"There is no customer {who} in {warehouse}: give an id or an address.")
        columns = ", ".join(QUEUE_COLUMNS)
        query = f"""
            select {columns} from marts.email_queue
            where customer_id = ? and template = ? order by send_after, message_id limit 1
        """
        queued = _rows(connection, query, found[0], template)
        if queued:
            return queued[0], "as it stands in marts.email_queue"
        return _composed(connection, found[0], template), "not due, put together of the marts"


def _composed(connection: duckdb.DuckDBPyConnection, customer_id: str, template: str) -> Row:
    facts = _rows(connection, _FACTS, customer_id)[0]
    at = facts.pop("evaluated_at") or facts["last_seen_at"] or datetime(2000, 1, 1)
    del facts["last_seen_at"]
    personal = facts["can_personalize"]
    history = f"{facts.pop('purchased_categories') or ''};{facts.pop('purchased_tags') or ''}"
    email, language = facts.pop("primary_email"), facts["language"] or "en"
    timezone = facts.pop("timezone")
    context: Row = {"customer_id": customer_id, "can_personalize": personal, "language": language}
    picked = _rows(connection, _RECOMMENDATIONS, customer_id) if personal else []
    context["recommendations"] = picked or _rows(connection, _BEST_SELLERS)
    context["occasion_on"] = at.date().isoformat()
    order = _order(connection, customer_id)
    if order:
        context["order"] = order
    if personal:
        viewed = _rows(connection, _VIEWED, customer_id)
        for product in viewed:
            del product["viewed_at"]
        context |= facts | {
            "purchase_history": sorted({one for one in re.split("[;,]", history) if one.strip()}),
            "viewed": viewed,
            "product": viewed[0] if viewed else context["recommendations"][0],
            "cart": _cart(connection, customer_id),
        }
    return {
        "message_id": MESSAGE_ID,
        "customer_id": customer_id,
        "email": email or "nobody@example.com",
        "campaign": template,
        "occasion": "try",
        "variant": None,
        "template": template,
        "language": language,
        "timezone": timezone,
        "send_after": at,
        "expires_at": at + EXPIRES,
        "evaluated_at": at,
        "context": json.dumps(context, default=str),
    }


def _cart(connection: duckdb.DuckDBPyConnection, customer_id: str) -> Row | None:
    carts = _rows(connection, _CART, customer_id)
    if not carts:
        return None
    cart = carts[0]
    items = _rows(connection, _CART_ITEMS, cart.pop("cart_key"))
    value = round(sum((item["price"] or 0) * item["quantity"] for item in items), 2)
    return cart | {"items": items, "value": value}


def _order(connection: duckdb.DuckDBPyConnection, customer_id: str) -> Row | None:
    orders = _rows(connection, _ORDER, customer_id)
    if not orders:
        return None
    return orders[0] | {"items": _rows(connection, _ORDER_LINES, orders[0]["order_id"])}


def row_of_persona(template: str, name: str, language: str | None) -> Row:
    """The row of a persona; a UserError names the nearest one that there is."""
    found = personas(template, language)
    if name not in found:
        near = nearest(name, found) or f" There are {', '.join(found)}."
        raise UserError(f"There is no persona {name}.{near}")
    return found[name]


def changed(row: Row, values: dict[str, str]) -> Row:
    """The row with values of its context set: city=Bergen, offer.code=X, cart=null (JSON)."""
    context = json.loads(row["context"] or "{}")
    known = json.loads(personas()["full"]["context"])
    for path, text in values.items():
        *folders, name = path.split(".")
        first = path.partition(".")[0]
        if first not in known and first not in context:
            near = nearest(first, known) or f" There are {', '.join(sorted(known))}."
            raise UserError(f"--set {path}: no letter has a value {first}.{near}")
        inner = context
        for folder in folders:
            if not isinstance(inner.setdefault(folder, {}), dict):
                inner[folder] = {}
            inner = inner[folder]
        try:
            inner[name] = json.loads(text)
        except ValueError:
            inner[name] = text
        if name in _TEXTS and not isinstance(inner[name], str | type(None)):
            inner[name] = text
    language = values.get("language") or row["language"]
    return row | {"context": json.dumps(context), "language": language}


# Texts that may look like something else: a city 1984, an order 100482.
_TEXTS = frozenset(
    ("first_name", "last_name", "city", "country", "order_id", "code", "name", "language")
)


def try_letter(
    shop: Shop, row: Row, warehouse: Path | None, folder: Path = FOLDER, emails: Path | None = None
) -> dict[str, Any]:
    """Render one row into files of `folder`; returns the letter and where it is.

    A UserError says what is wrong with the template, or why this letter would be refused.
    """
    templates = Templates(shop, emails) if emails else Templates(shop)
    name = row["template"]
    if name not in templates.names():
        near = nearest(name, templates.names()) or f" There are {', '.join(templates.names())}."
        raise UserError(f"There is no letter {name} in {templates.root}.{near}")
    try:
        templates.get(name, row["language"])
    except TemplateNotFound as error:
        raise UserError(f"There is no letter {name} in {templates.root}.") from error
    except TemplateRefused as error:
        raise UserError(str(error)) from error
    renderer = Renderer(shop, SIGNER, _transactional(warehouse), templates.root)
    try:
        letter = renderer.render(row)
    except Refused as error:
        detail = f" ({error.detail})" if error.detail else ""
        message = f"The letter would be refused: {error.reason}{detail}."
        raise UserError(message, settings.EXIT_CHECK_FAILED) from error
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "html": (folder / f"{name}.html", letter["html"]),
        "text": (folder / f"{name}.txt", letter["text"]),
        "headers": (
            folder / f"{name}.headers.json",
            json.dumps(json.loads(letter["headers"]), indent=2, ensure_ascii=False) + "\n",
        ),
        "row": (folder / f"{name}.row.json", json.dumps(row, indent=2, default=str) + "\n"),
    }
    for path, text in files.values():
        path.write_text(text, encoding="utf-8")
    is_personal = json.loads(row["context"] or "{}").get("can_personalize") is True
    paths = {part: path for part, (path, _) in files.items()}
    return letter | {"files": paths, "is_personal": is_personal}


def _transactional(warehouse: Path | None) -> frozenset[str]:
    """Transactional campaigns: of the warehouse where there is one at hand, else of the seed."""
    if warehouse and warehouse.exists():
        with settings.connect(warehouse, read_only=True) as connection:
            return transactional_campaigns(connection)
    path = ROOT / "seeds" / "rules" / "campaigns.csv"
    rows = duckdb.sql(f"select campaign from '{path}' where kind = 'transactional'").fetchall()
    return frozenset(row[0] for row in rows)


def report(letter: dict[str, Any], source: str) -> None:
    """Print what the letter says on its envelope, how large it is and where it lies."""
    size = len(letter["html"].encode())
    print(f"Letter     {letter['template']} ({letter['language']}), {source}")
    print(f"Subject    {letter['subject']}")
    print(f"Preheader  {letter['preheader']}")
    print(f"Size       {size / 1024:.1f} KB of HTML (limit {HTML_LIMIT // 1024} KB)")
    if not letter["is_personal"]:
        print("Note       this reader refused personalization, so nothing of theirs is shown")
    for part, path in letter["files"].items():
        print(f"{part.capitalize():<10} {path}")
