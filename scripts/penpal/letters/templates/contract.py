"""What a template may print: the one list of variables, with their kinds and meanings.

Validation asks it, whatever a template is written in; the table of emails/README.md is made from it
(`python -m penpal.letters.templates.contract`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType


@dataclass(frozen=True, eq=False)
class Kind:
    """What a value is: `fields` of a record, `item` of a list; compared by identity."""

    name: str
    fields: Mapping[str, Kind] = field(default_factory=dict)
    item: Kind | None = None

    def __repr__(self) -> str:
        return self.name


TEXT = Kind("text")
MONEY = Kind("amount")  # formatted, with its currency
DAY = Kind("date")  # formatted
NUMBER = Kind("number")
FLAG = Kind("true or false")
URL = Kind("link")  # https, of an allowed host, tagged or signed
MARKUP = Kind("markup")  # what a template captured, HTML and all
FUNCTION = Kind("function")

PRINTABLE = frozenset((TEXT, MONEY, DAY, NUMBER, URL, MARKUP))


@cache
def listed(item: Kind) -> Kind:
    """The kind of a list of these."""
    return Kind("list", item=item)


def record(name: str, /, **kinds: Kind) -> Kind:
    return Kind(name, MappingProxyType(kinds))


PRODUCT = record(
    "product",
    **dict.fromkeys(("name", "initial", "category", "reason"), TEXT),
    **dict.fromkeys(("price", "previous_price"), MONEY),
    **dict.fromkeys(("image_url", "url"), URL),
    quantity=NUMBER,
)
PRODUCTS = listed(PRODUCT)
CART = record("cart", products=PRODUCTS, more=NUMBER, total=MONEY, url=URL)
ORDER = record(
    "order",
    number=TEXT,
    date=DAY,
    products=PRODUCTS,
    more=NUMBER,
    **dict.fromkeys(("subtotal", "discount", "shipping", "tax", "total"), MONEY),
)
OFFER = record("offer", code=TEXT, kind=TEXT, value=TEXT, minimum=MONEY, expires_on=DAY)
CUSTOMER = record(
    "customer",
    **dict.fromkeys(
        ("id", "first_name", "last_name", "city", "country", "language", "loyalty_tier"), TEXT
    ),
    lifecycle_stage=TEXT,
    purchase_history=listed(TEXT),
)
# Holds the letter's own recommendations under the letter's own customer, and nothing else.
BY_CUSTOMER = Kind("recommendations by customer", item=PRODUCTS)
SITE = record("site", recommendations=BY_CUSTOMER)
SHOP = record("shop", **dict.fromkeys(("name", "postal_address"), TEXT))


@dataclass(frozen=True)
class Variable:
    """A variable of letters: its kind, what it means, and whether it is of the reader alone."""

    kind: Kind
    meaning: str


VARIABLES: dict[str, Variable] = {
    "first_name": Variable(TEXT, "at most 60 characters; what is no name is missing"),
    "last_name": Variable(TEXT, "the same"),
    "city": Variable(TEXT, "where the reader lives"),
    "country": Variable(TEXT, "its code of two letters"),
    "loyalty_tier": Variable(TEXT, "as `marts.customers` has it"),
    "lifecycle_stage": Variable(TEXT, "as `marts.customers` has it"),
    "last_order_at": Variable(DAY, "day of the last order, in the letter's language"),
    "birthday_year_age": Variable(NUMBER, "the age that a birthday letter greets"),
    "occasion_on": Variable(DAY, "the day that the letter is about"),
    "can_personalize": Variable(FLAG, "false: nothing of the reader is in any value"),
    "recommendations": Variable(PRODUCTS, "up to 5 products"),
    "recommended_products": Variable(PRODUCTS, "the same"),
    "viewed_products": Variable(PRODUCTS, "up to 5 products looked at of late"),
    "is_picked": Variable(
        FLAG, "true: recommendations are the reader's, false: what sells best, or most of late"
    ),
    "cart": Variable(
        CART,
        "up to 5 products; `more`: how many beyond; `total` only where all are shown, in one "
        "currency",
    ),
    "order": Variable(
        ORDER, "missing in letters that are not about one; `more`: products beyond the first 30"
    ),
    "product": Variable(PRODUCT, "the one that the letter is about, else missing"),
    "offer": Variable(
        OFFER, "kind: percentage, amount or free_shipping; missing where there is none"
    ),
    "customer": Variable(CUSTOMER, "what is above, and what was bought: categories and tags"),
    "site": Variable(
        SITE, "`site.recommendations[customer.id]`: `recommendations`, as other systems have it"
    ),
    "shop_url": Variable(URL, "the shop, tagged"),
    "link": Variable(FUNCTION, "`link('https://…')`: tagged; hosts of `shop.toml`"),
    "unsubscribe_url": Variable(URL, "signed, never tagged"),
    "preferences_url": Variable(URL, "signed, never tagged"),
    "confirm_url": Variable(URL, "signed, for 7 days and one use: confirms a sign-up"),
    "review_url": Variable(URL, "signed: a review of the order"),
    "shop": Variable(SHOP, "from `shop.toml`"),
    "campaign": Variable(TEXT, "name of the campaign"),
    "variant": Variable(TEXT, "of an experiment, else missing"),
    "language": Variable(TEXT, "of the letter"),
    "direction": Variable(TEXT, "`ltr` or `rtl`"),
    "today": Variable(DAY, "the day on which the letter was decided"),
    "subject": Variable(TEXT, "in the MJML file"),
    "preheader": Variable(TEXT, "in the MJML file"),
}


def table() -> str:
    """The list as a table of Markdown."""
    lines = ["| Value | | |", "|---|---|---|"]
    for name, variable in VARIABLES.items():
        kind = variable.kind
        inner = kind.item if kind is PRODUCTS else kind
        parts = "" if name == "site" else ", ".join(f"`.{one}`" for one in inner.fields)
        if kind is PRODUCTS:
            parts = "list of products"
        lines.append(f"| `{name}` | {parts or kind.name} | {variable.meaning} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
