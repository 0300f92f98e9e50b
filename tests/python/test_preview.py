"""The pages that show letters: of a run, and the gallery of every letter."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from penpal.letters import gallery, outbox, preview, shop
from penpal.letters.personas import personas
from penpal.letters.render import Renderer
from penpal.letters.tokens import Signer
from penpal.settings import EMAILS

SHOP = shop.load()
RENDERER = Renderer(SHOP, Signer("a secret for tests only"))
SCRIPT = ROOT / "scripts" / "preview_emails.py"


def unpacked(page: str) -> dict[str, Any]:
    """What a page shows."""
    data = re.search(r'id="data">([\w+/=]*)<', page)[1]
    return json.loads(gzip.decompress(base64.b64decode(data)))


def batch(folder: Path, template: str, numbers: range, **changes: Any) -> Path:
    """A file of the outbox with one letter a number."""
    row = personas(template)["full"]
    context = json.dumps(json.loads(row["context"]) | changes)
    rows = [row | {"message_id": f"{template}-{n}", "context": context} for n in numbers]
    path, _ = outbox.write_batch(folder, [RENDERER.render(one) for one in rows])
    return path


def test_a_page_is_safe_and_masks_addresses(tmp_path: Path) -> None:
    name = "</script><script>alert(1)</script>"
    path = batch(tmp_path, "birthday", range(3), first_name=name)
    assert path.resolve().is_relative_to(tmp_path.resolve())
    preview.write(tmp_path / "preview", [path], SHOP)
    text = preview.index(tmp_path / "preview").read_text()
    data = unpacked(text)
    assert "3 letters rendered" in text
    assert "alert(1)" not in text
    assert "reader@example.com" not in json.dumps(data)
    assert {one["reader"] for one in data["letters"]} == {"r…@example.com"}
    assert "default-src 'none'; img-src data:;" in text  # nothing is fetched
    assert 'sandbox", "allow-same-origin"' in text  # no script of a letter runs
    assert "allow-scripts" not in text


def test_shown_are_some_letters_of_each_campaign_the_newest_first(tmp_path: Path) -> None:
    old = batch(tmp_path, "birthday", range(30))
    new = batch(tmp_path, "birthday", range(30, 34))
    other = batch(tmp_path, "win_back", range(2))
    for seconds, path in enumerate((old, new, other)):
        os.utime(path, (seconds, seconds))
    chosen, total = preview.choose([old, new, other], limit=8)
    assert total == 36
    shown = [one["message_id"] for one in chosen if one["campaign"] == "birthday"]
    assert {f"birthday-{n}" for n in range(30, 34)} < set(shown)
    assert len(shown) == 6
    assert len(chosen) == 8
    assert preview.newest([old, new, other], limit=5) == [other, new]


def test_gallery_shows_every_letter_to_every_persona_in_every_language(tmp_path: Path) -> None:
    found = gallery.gallery(SHOP, EMAILS, ["birthday", "order_confirmation"], lint=False)
    assert len(found) == 2 * len(personas()) * 3
    assert not [one for one in found if "refused" in one]
    one = next(one for one in found if one["language"] == "ar" and one["reader"] == "full")
    assert {"birthday.mjml.j2", "birthday.txt.j2", "locales/ar.toml"} <= set(one["sources"])
    assert {"shared/letter.mjml", "shared/dark.css", "shared/cell.mjml"} <= set(one["sources"])
    assert "shared/order.mjml" not in one["sources"]
    gallery.write(tmp_path / "page" / "gallery.html", found, SHOP, EMAILS)
    data = unpacked((tmp_path / "page" / "gallery.html").read_text())
    assert data["start"] == {"reader": "full", "language": "en"}
    assert all(
        (tmp_path / "page" / href).resolve().is_file() for _, href in data["letters"][0]["sources"]
    )
    # Each picture that a persona's letter links to is there to be shown.
    linked = re.findall(r'<img[^>]* src="https://[^"]*/([\w-]+)\.\w+"', data["letters"][0]["html"])
    assert linked
    assert set(linked) <= set(data["pictures"])


def test_a_letter_that_is_refused_says_why(tmp_path: Path) -> None:
    (tmp_path / "note.mjml.j2").write_text(
        "<mjml><mj-body><mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>"
        "</mj-body></mjml>"
    )
    (tmp_path / "note.txt.j2").write_text("Subject: {{ first_name }}\nPreheader: x\n\nx\n")
    found = gallery.gallery(SHOP, tmp_path, ["note"], lint=False)
    refused = {one["reader"]: one["refused"] for one in found if "refused" in one}
    # A name with markup in it is none.
    assert set(refused) == {"nameless", "no_personalization", "empty", "hostile"}
    assert all("first_name" in why for why in refused.values())
    assert "4 refused" in gallery.counted(found)


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False
    )


def test_the_program_writes_the_page(tmp_path: Path) -> None:
    page = tmp_path / "gallery.html"
    done = run("consent_confirmation", "--no-lint", "--out", str(page))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Look at them: {page}" in done.stdout
    assert len(unpacked(page.read_text())["letters"]) == len(personas()) * 3


@pytest.mark.parametrize("name", ["birthdya", "../shop"])
def test_an_unknown_letter_is_named_with_those_there_are(name: str) -> None:
    done = run(name)
    assert done.returncode == 2
    assert f"no letter {name}" in done.stderr
    assert "birthday" in done.stderr
    assert "Traceback" not in done.stderr
