"""Letters as a phone of 360 pixels shows them, measured in headless Chromium, light and dark."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from penpal.letters import gallery, preview, shop
from penpal.settings import EMAILS

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PAGE = Path(__file__).parents[1] / "fixtures" / "browser" / "measure.html"

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="letters are measured in Chromium, and there is none on this machine"
)


def measured(letters: list[dict[str, Any]], folder: Path) -> dict[str, Any]:
    """'letter, colours' -> faults, of letters that have some; a letter is {name, html, isUsual}."""
    data = json.dumps({"letters": letters, "pictures": preview.pictures()})
    page = PAGE.read_text(encoding="utf-8").replace("@LETTERS@", data.replace("<", "\\u003c"))
    (folder / "measure.html").write_text(page, encoding="utf-8")
    done = subprocess.run(
        [
            *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            *("--virtual-time-budget=1000000", f"--user-data-dir={folder / 'profile'}"),
            *("--dump-dom", (folder / "measure.html").as_uri()),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    result = json.loads(html.unescape(re.search(r'id="result">(.*?)</pre>', done.stdout)[1]))
    assert result["measured"] == 2 * len(letters)
    return result["report"]


def test_letters_fit_a_phone_and_can_be_read(tmp_path: Path) -> None:
    """Each letter, persona, language: no scrolling sideways, no missing picture, no text below 14
    px, 4.5:1 in light, dark and inverted colours, 44 px to tap; and for readers with usual names
    an action on the first screen.
    """
    shown = gallery.gallery(shop.load(), EMAILS, gallery.names(EMAILS), lint=False)
    letters = [
        {
            "name": f"{one['letter']} {one['language']} {one['reader']}",
            "html": one["html"],
            "isUsual": one["reader"] not in {"longest", "hostile"},
        }
        for one in shown
        if "refused" not in one
    ]
    assert len(letters) >= 14 * 9 * 3
    faults = measured(letters, tmp_path)
    lines = [f"{name}: {fault}" for name, found in faults.items() for fault in found]
    assert not lines, "\n".join(lines[:60])


PLANTED = {
    "scrolls sideways": "<table><tr><td style='min-width:500px'>wide</td></tr></table>",
    "missing image": "<img src='https://cdn.example.com/img/nobody-has-drawn-this.jpg' alt='x'>",
    "small text": "<p style='font-size:12px'>small</p>",
    "contrast": "<p style='color:#999999;background:#ffffff'>pale</p>",
    "small to tap": "<a href='https://shop.example.com/'>short</a>",
    "no action on the first screen": "<p style='height:700px'>long</p>"
    "<a style='display:block;height:44px' href='https://shop.example.com/'>late</a>",
}


def test_each_fault_is_noticed(tmp_path: Path) -> None:
    head = "<html><head></head><body style='margin:0;color:#000000;background:#ffffff'>"
    letters = [
        {"name": fault, "html": f"{head}<p>fine</p>{part}</body></html>", "isUsual": True}
        for fault, part in PLANTED.items()
    ]
    faults = measured(letters, tmp_path)
    for fault in PLANTED:
        found = {line.partition(":")[0] for line in faults[f"{fault}, light"]}
        assert fault in found, faults
