"""One self-contained page that shows what was rendered: no network, no scripts of letters run."""

from __future__ import annotations

import html
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from penpal.letters.shop import Shop

SHOWN = 200
_COLUMNS = [
    "message_id",
    "email",
    "campaign",
    "subject",
    "preheader",
    "html",
    "text",
    "rendered_at",
]
PAGE = Path(__file__).with_name("preview.html")
# Stands in for pictures, which are not fetched: a frame, a hill and a sun.
_PICTURE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 96 96' fill='none' "
    "stroke='%23a8977c' stroke-width='2.5' stroke-linejoin='round'%3E%3Crect x='26' y='30' "
    "width='44' height='36' rx='4'/%3E%3Cpath d='M27 60l13-13 10 10 7-7 12 12'/%3E%3Ccircle "
    "cx='57' cy='41' r='3.5'/%3E%3C/svg%3E"
)
_SOURCE = re.compile(r'(<img\b[^>]*?\bsrc=")[^"]*(")')


def mask(email: str) -> str:
    """j…@example.com"""
    local, _, domain = email.partition("@")
    return f"{local[:1]}…@{domain}"


def choose(files: list[Path], limit: int = SHOWN) -> tuple[list[dict[str, Any]], int]:
    """Up to `limit` letters, as evenly from all campaigns as can be, and how many there are."""
    held = {
        path: Counter(pq.read_table(path, columns=["campaign"])["campaign"].to_pylist())
        for path in files
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
    return chosen, sizes.total()


def page(chosen: list[dict[str, Any]], total: int, shop: Shop) -> str:
    """The page as HTML. Values travel as JSON and are shown as text or in a sandboxed frame."""
    letters = [
        {
            "campaign": letter["campaign"],
            "to": mask(letter["email"]),
            "subject": letter["subject"],
            "preheader": letter["preheader"],
            "html": _SOURCE.sub(rf"\g<1>{_PICTURE}\g<2>", letter["html"]),
            "text": letter["text"],
        }
        for letter in chosen
    ]
    data = json.dumps(letters, ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        data = data.replace(sign, f"\\u{ord(sign):04x}")
    count = f"{total:,} letter{'s' if total != 1 else ''} rendered"
    if len(letters) < total:
        count += f", {len(letters)} shown"
    when = f"{chosen[0]['rendered_at']:%d %B %Y, %H:%M} UTC" if chosen else ""
    fields = {"SHOP": shop.name, "COUNT": count, "WHEN": when}
    text = PAGE.read_text(encoding="utf-8")
    for name, value in fields.items():
        text = text.replace(f"@{name}@", html.escape(value))
    return text.replace("@DATA@", data)


def index(folder: Path) -> Path:
    """The page's path."""
    return folder / "index.html"


def exists(folder: Path) -> bool:
    return index(folder).exists()


def write(folder: Path, files: list[Path], shop: Shop) -> None:
    """Write the page, replacing the former one at once."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = folder / "index.html.tmp"
    temporary.write_text(page(*choose(files), shop), encoding="utf-8")
    os.replace(temporary, index(folder))
