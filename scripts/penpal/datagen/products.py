"""What the shop sells."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from penpal.datagen.arrays import DAY, HOUR, as_table, money, stamp, text
from penpal.datagen.vocabulary import ODD_PRODUCT_NAMES, PRODUCTS

SHOP = "https://shop.example.com"
CDN = "https://cdn.example.com"
# Products (places in the catalogue) that somebody looked at the day before they became cheaper, or
# could be bought again.
CHEAPER, BACK = 1, 2
# Currencies by weight of one US dollar, in hundredths, rounded to what their prices look like.
CURRENCIES = {"USD": 1.0, "CAD": 1.36, "GBP": 0.79, "AUD": 1.5, "EUR": 0.92, "JPY": 155.0}


@dataclass(frozen=True)
class Products:
    """The catalogue; price in cents of USD."""

    ids: pa.Array
    names: list[str]
    categories: list[str]
    slugs: list[str]
    prices: np.ndarray

    def price_in(self, product: np.ndarray, currency: np.ndarray) -> np.ndarray:
        """Prices in hundredths of the currencies (index into CURRENCIES); yen are whole."""
        rate = np.array(list(CURRENCIES.values()))[currency]
        cents = np.round(self.prices[product] * rate).astype(np.int64)
        yen = currency == list(CURRENCIES).index("JPY")
        return np.where(yen, (cents + 50) // 100 * 100, cents)


def make_products(seed: int) -> Products:
    """The same catalogue for every size; only the prices follow the seed."""
    rng = np.random.default_rng([seed, 8])
    ids, names, categories, slugs, prices = [], [], [], [], []
    for line in PRODUCTS.strip().split("\n"):
        category, prefix, span, adjectives, nouns = line.split("|")
        low, high = map(int, span.split("-"))
        goods = [f"{a} {n}" for n in nouns.split(";") for a in adjectives.split()]
        for place, name in enumerate(goods, 1):
            ids.append(f"{prefix.upper()}-{place:02}")
            names.append(name)
            categories.append(category)
            slugs.append(name.lower().replace("'", "").replace(" ", "-"))
            prices.append(
                int(low + (high - low) * rng.random() ** 2) * 100 + 50 * int(rng.integers(2))
            )
    for name, place in zip(ODD_PRODUCT_NAMES, (0, 45, 25, 3, 26), strict=True):
        names[place] = name
    return Products(text(ids), names, categories, slugs, np.array(prices))


def product_table(products: Products, seed: int, as_of: int) -> pa.Table:
    """shop.products"""
    rng = np.random.default_rng([seed, 9])
    rows = len(products.names)
    urls = [f"{SHOP}/p/{slug}" for slug in products.slugs]
    images = [f"{CDN}/img/{slug}.jpg" for slug in products.slugs]
    urls[7], urls[31], images[12], images[40] = (
        urls[7].replace("https", "http"),
        "javascript:alert(document.cookie)",
        "",
        "data:image/gif;,x",
    )
    stock = rng.choice(
        ["true", "false", "True", "0", "1", ""], rows, p=[0.8, 0.1, 0.03, 0.02, 0.03, 0.02]
    )
    category = [c if rng.random() > 0.04 else c.upper() for c in products.categories]
    category[55] = "Gardening?"
    tags = rng.choice(["gift", "new", "sale", "vintage", "eco", "bestseller", "travel"], (rows, 3))
    table = as_table(
        product_id=products.ids,
        name=text(products.names),
        category=text(category),
        brand=text(list(rng.choice(["Quill & Co", "Papeterie Nord", "Inkwell", "Féder"], rows))),
        tags=text([";".join(dict.fromkeys(row[: 1 + int(rng.integers(3))])) for row in tags]),
        price=money(products.prices),
        currency="USD",
        image_url=text(images),
        url=text(urls),
        in_stock=text(list(stock)),
        updated_at=stamp(as_of - rng.integers(1, 300 * DAY, rows), "Y-M-DTh:m:sZ"),
    )
    return _with_changes(table, products, as_of)


def _with_changes(table: pa.Table, products: Products, as_of: int) -> pa.Table:
    """Two products with the version before: one was dearer, one was sold out."""
    then, before = stamp(
        np.array([as_of - 20 * HOUR, as_of - 40 * DAY]), "Y-M-DTh:m:sZ"
    ).to_pylist()
    rows = table.to_pylist()
    earlier = [dict(rows[place], updated_at=before) for place in (CHEAPER, BACK)]
    for place in (CHEAPER, BACK):
        rows[place] |= {"updated_at": then}
    rows[BACK] |= {"in_stock": "true"}
    earlier[0]["price"] = f"{products.prices[CHEAPER] * 1.25 / 100:.2f}"
    earlier[1]["in_stock"] = "false"
    return pa.Table.from_pylist(rows + earlier, schema=table.schema)
