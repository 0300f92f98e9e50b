"""What mail clients do not support: the data of caniemail.com (clients.json), and fallbacks.

A client is a family on a platform ("Gmail (iOS)"), in its latest tested version; shares are of
clients that were tested, not of readers. `fallbacks.csv` says what is lost without a feature (look,
layout or content) and what to use instead.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from penpal.lint.features import of_page
from penpal.lint.findings import Finding, found
from penpal.lint.page import Page

DATA = Path(__file__).with_name("clients.json")
FALLBACKS = Path(__file__).with_name("fallbacks.csv")
FEWEST = 0.05  # share of clients that lose something: below, it is a rare one's matter
NAMED = 4  # clients named in a finding
# Clients by how many people read with them; the first ones lost are the ones named.
_BIG = ("Apple Mail", "Gmail", "Outlook (Windows", "Outlook", "Yahoo", "Samsung", "GMX", "WEB.DE")


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature; `lost` and `partly` name the clients that drop it, all or in part."""

    slug: str
    title: str
    lost: tuple[str, ...]
    partly: tuple[str, ...]
    tested: int
    harm: str
    fallback: str

    @property
    def share(self) -> float:
        """Share of the tested clients that lose something, 0..1."""
        return (len(self.lost) + len(self.partly)) / self.tested if self.tested else 0.0


@lru_cache(maxsize=1)
def fallbacks() -> dict[str, tuple[str, str]]:
    """(harm, fallback) by feature."""
    with FALLBACKS.open(encoding="utf-8", newline="") as file:
        return {row["feature"]: (row["harm"], row["fallback"]) for row in csv.DictReader(file)}


@lru_cache(maxsize=1)
def features() -> dict[str, list[Feature]]:
    """Features that some clients lack, by the keys that a letter shows."""
    data = json.loads(DATA.read_text(encoding="utf-8"))
    by_key: dict[str, list[Feature]] = {}
    for slug, raw in data["features"].items():
        signs = list(zip(data["clients"], raw["support"], strict=True))
        harm, fallback = fallbacks().get(slug, ("look", "what the client shows without it"))
        feature = Feature(
            slug,
            raw["title"],
            tuple(client for client, sign in signs if sign == "n"),
            tuple(client for client, sign in signs if sign == "a"),
            sum(sign != "u" for _, sign in signs),
            harm,
            fallback,
        )
        if feature.share >= FEWEST:
            for key in raw["keys"]:
                by_key.setdefault(key, []).append(feature)
    return by_key


def support(page: Page) -> Iterator[Finding]:
    """What some clients will not show, each feature once."""
    known, told = features(), set()
    for key, (line, element) in of_page(page).items():
        for feature in known.get(key, ()):
            if feature.slug not in told:
                told.add(feature.slug)
                fallback = f"Instead: {feature.fallback}."
                yield found(_rule(feature), _said(feature), "html", line, element, fallback)


def _rule(feature: Feature) -> str:
    if feature.harm == "look":
        return "css-decoration"
    if feature.slug.startswith("image-"):
        return "image-format"
    return "css-support" if feature.slug.startswith("css-") else "html-support"


def _said(feature: Feature) -> str:
    def rank(client: str) -> int:
        return next((n for n, name in enumerate(_BIG) if client.startswith(name)), len(_BIG))

    losers = sorted([*feature.lost, *feature.partly], key=lambda client: (rank(client), client))
    names = ", ".join(losers[:NAMED]) + (" …" if len(losers) > NAMED else "")
    return (
        f"{feature.title}: {feature.share:.0%} of {feature.tested} clients lose it"
        f"{', some in part' if feature.partly else ''} ({names})"
    )
