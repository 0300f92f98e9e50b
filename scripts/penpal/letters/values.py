"""What the variables of a letter are made of; the same objects for every template language."""

from __future__ import annotations

from dataclasses import dataclass

from jinja2 import StrictUndefined

from penpal.letters.formats import Day, Money


class Missing(StrictUndefined):
    """A value the customer's row does not have: false and default()-able, never printable."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __init__(self, name: str = "value"):
        super().__init__(name=name)

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Missing)

    def __ne__(self, other: object) -> bool:
        return not isinstance(other, Missing)

    def __getattr__(self, name: str) -> Missing:
        """A field of what is missing is missing too."""
        if name.startswith("_"):
            raise AttributeError(name)
        return Missing(f"{self._undefined_name}.{name}")


class Record:
    """A value with fields; Liquid reads them as items, and finds none where one is missing."""

    __slots__ = ()

    def __getitem__(self, name: str) -> object:
        value = getattr(self, name) if name in self.__slots__ else None
        if value is None or isinstance(value, Missing):
            raise KeyError(name)
        return value


@dataclass(eq=False, slots=True)
class Product(Record):
    """One product; amounts are formatted; all but name, initial, quantity, url may be Missing."""

    name: str
    initial: str
    category: str | Missing
    price: Money | Missing
    image_url: str | Missing
    quantity: int
    reason: str | Missing
    previous_price: Money | Missing
    url: str


@dataclass(eq=False, slots=True)
class Cart(Record):
    """The cart: its first products, how many more there are, its total (formatted; Missing where
    the prices shown do not add up to it), its link."""

    products: list[Product]
    more: int
    total: Money | Missing
    url: str


@dataclass(eq=False, slots=True)
class Order(Record):
    """The order that the letter is about; amounts and date are formatted, or Missing."""

    number: str | Missing
    date: Day | Missing
    products: list[Product]
    more: int
    subtotal: Money | Missing
    discount: Money | Missing
    shipping: Money | Missing
    tax: Money | Missing
    total: Money | Missing


@dataclass(eq=False, slots=True)
class Offer(Record):
    """An offer: its code, kind (percentage, amount, free_shipping), formatted values."""

    code: str | Missing
    kind: str
    value: str | Missing
    minimum: Money | Missing
    expires_on: Day | Missing


@dataclass(eq=False, slots=True)
class Customer(Record):
    """The reader; whatever is not known, or not to be said, is Missing."""

    id: str | Missing
    first_name: str | Missing
    last_name: str | Missing
    city: str | Missing
    country: str | Missing
    language: str
    loyalty_tier: str | Missing
    lifecycle_stage: str | Missing
    purchase_history: list[str]


@dataclass(eq=False, slots=True)
class Site(Record):
    """What `site` is: recommendations, under the id of the letter's customer and no other."""

    recommendations: dict[str, list[Product]]


@dataclass(eq=False, slots=True)
class ShopFacts(Record):
    """What letters say about the shop."""

    name: str
    postal_address: str
