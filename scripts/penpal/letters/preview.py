"""One self-contained page that shows letters: no network, no scripts of letters run.

The page of a run shows what waits in the outbox (write); gallery.py fills the same page with every
letter as every persona reads it.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from penpal.letters.shop import Shop
from penpal.settings import ROOT

SHOWN = 200
LOOKED_AT = 20_000  # letters, the newest, of which some are shown
SAYS = ("subject", "preheader", "html", "text")
_COLUMNS = ["message_id", "email", "campaign", "language", "rendered_at", *SAYS]
PAGE = Path(__file__).with_name("preview.html")
PICTURES = ROOT / "seeds" / "sample" / "pictures"


def mask(email: str) -> str:
    """j…@example.com"""
    local, _, domain = email.partition("@")
    return f"{local[:1]}…@{domain}"


def newest(files: Iterable[Path], limit: int = LOOKED_AT) -> list[Path]:
    """The files written last that hold `limit` letters, or all."""
    chosen, held = [], 0
    for path in sorted(files, key=lambda one: (one.stat().st_mtime_ns, one.name), reverse=True):
        chosen.append(path)
        held += pq.read_metadata(path).num_rows
        if held >= limit:
            break
    return chosen


def choose(files: list[Path], limit: int = SHOWN) -> tuple[list[dict[str, Any]], int]:
    """Up to `limit` letters, as evenly from all campaigns as can be, the newest first; and how many
    there are in all."""
    held = {
        path: Counter(pq.read_table(path, columns=["campaign"])["campaign"].to_pylist())
        for path in newest(files)
    }
    sizes = sum(held.values(), Counter())
    wanted, left = {}, limit
    for position, (campaign, size) in enumerate(sorted(sizes.items(), key=lambda item: item[1])):
        wanted[campaign] = min(size, left // (len(sizes) - position))
        left -= wanted[campaign]
    chosen: list[dict[str, Any]] = []
    for path, campaigns in held.items():
        if not any(wanted[campaign] for campaign in campaigns):
            continue
        for some in pq.ParquetFile(path).iter_batches(limit, columns=_COLUMNS):
            for letter in some.to_pylist():
                if wanted[letter["campaign"]]:
                    wanted[letter["campaign"]] -= 1
                    chosen.append(letter)
            if not any(wanted[campaign] for campaign in campaigns):
                break
    chosen.sort(key=lambda letter: (letter["campaign"], letter["message_id"]))
    return chosen, sum(pq.read_metadata(path).num_rows for path in files)


def pictures() -> dict[str, str]:
    """Name -> picture of the sample's products, which the page shows where letters link to them."""
    return {
        path.stem: "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
        for path in sorted(PICTURES.glob("*.png"))
    }


def page(letters: list[dict[str, Any]], shop: Shop, note: str, start: dict[str, str]) -> str:
    """The page as HTML. `note` says what is shown; `start` chooses what is seen first: reader,
    language. Letters travel packed, and are shown as text or in a frame that runs no scripts."""
    data = {"letters": letters, "pictures": pictures(), "start": start, "sender": shop.sender_name}
    packed = gzip.compress(json.dumps(data, ensure_ascii=False).encode(), 6, mtime=0)
    text = PAGE.read_text(encoding="utf-8")
    for name, value in {"SHOP": shop.name, "NOTE": note}.items():
        text = text.replace(f"@{name}@", html.escape(value))
    return text.replace("@DATA@", base64.b64encode(packed).decode())


def index(folder: Path) -> Path:
    """The page of a run."""
    return folder / "index.html"


def exists(folder: Path) -> bool:
    return index(folder).exists()


def write(folder: Path, files: list[Path], shop: Shop) -> None:
    """Write the page of what the outbox's files hold, replacing the former one at once."""
    chosen, total = choose(files)
    note = f"{total:,} letter{'s' if total != 1 else ''} rendered"
    if len(chosen) < total:
        note += f", {len(chosen)} shown"
    if chosen:
        note += f" · as of {max(one['rendered_at'] for one in chosen):%d %B %Y, %H:%M} UTC"
    letters = [
        {"letter": one["campaign"], "reader": mask(one["email"]), "language": one["language"]}
        | {name: one[name] for name in SAYS}
        for one in chosen
    ]
    save(index(folder), page(letters, shop, note, {}))


def save(path: Path, text: str) -> None:
    """Write a page for the owner's eyes only, at once."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
