"""A letter to be looked at, and what it is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from penpal.letters.shop import Shop


@dataclass(frozen=True)
class Catalog:
    """Addresses that are alive: products in stock, and products that cannot be bought now.

    An address counts as a product's where it stands in the same folder as those of the catalog.
    """

    alive: frozenset[str]
    sold_out: frozenset[str] = frozenset()

    @property
    def folders(self) -> frozenset[str]:
        return frozenset(url.rpartition("/")[0] for url in self.alive | self.sold_out)

    def state_of(self, url: str) -> str | None:
        """'alive', 'sold_out', 'dead'; None for what is no product's address."""
        plain = plain_url(url)
        if plain in self.alive:
            return "alive"
        if plain in self.sold_out:
            return "sold_out"
        # A folder that is a host's root holds other pages too.
        folder = plain.rpartition("/")[0]
        return "dead" if "/" in folder and folder in self.folders else None


def plain_url(url: str) -> str:
    """Host and path, lower-case host, no query, no closing slash: what two links have in common."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        return url.strip()
    return host + parts.path.rstrip("/")


@dataclass(frozen=True)
class Mail:
    """One letter. None is what is not there, or does not apply.

    `headers` are decoded; None: there are none to look at (an HTML file). `is_message`: it is to
    be sent as it stands, so it needs Date. `is_ours`: held to the shop's own rules. `defects` and
    `longest_line` (bytes) are what reading a message told; `repeated` its headers that stand
    twice, `content_ids` the parts that its HTML may refer to. `data` is the text of all values that
    the letter was made of, where it is known: what looks wrong there is no fault of a template.
    `refused` is why the renderer made no letter.
    """

    name: str
    subject: str | None = None
    html: str | None = None
    text: str | None = None
    headers: Mapping[str, str] | None = None
    preheader: str | None = None
    language: str | None = None
    is_ours: bool = False
    is_message: bool = False
    is_transactional: bool = False
    defects: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    not_ascii: tuple[str, ...] = ()
    longest_line: int = 0
    content_ids: frozenset[str] | None = None
    attachments: tuple[str, ...] = ()
    data: str | None = None
    refused: str | None = None

    def header(self, name: str) -> str | None:
        """A header's value, whatever its case."""
        lowered = name.lower()
        headers = self.headers or {}
        return next((str(v) for k, v in headers.items() if k.lower() == lowered), None)


@dataclass(frozen=True)
class Against:
    """What letters are held against: the shop (only for its own letters) and its catalog."""

    shop: Shop | None = None
    catalog: Catalog | None = None
    notes: bool = field(default=True)
