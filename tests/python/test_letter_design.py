"""The letters of emails/: personas read every branch, languages say the same; pictures."""

from __future__ import annotations

import csv
import json
import re
import shutil
import tomllib
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT

from penpal.letters import gallery, preview, shop
from penpal.letters.personas import personas
from penpal.letters.render import Renderer
from penpal.letters.tokens import Signer
from penpal.settings import EMAILS

SHOP = shop.load()
SIGNER = Signer("a secret for tests only")
LETTERS = gallery.names(EMAILS)
NOTICES = gallery.notices(EMAILS)
RENDERER = Renderer(SHOP, SIGNER, NOTICES)
LOCALES = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted((EMAILS / "locales").glob("*.toml"))
}
ENGLISH = LOCALES["en"]
SOURCES = [*sorted(EMAILS.glob("*.j2")), *sorted((EMAILS / "shared").iterdir())]
COMMENT = re.compile(r"<!--.*?-->|^#.*?$", re.DOTALL | re.MULTILINE)


def letter(name: str, persona: str, language: str | None = None) -> dict[str, Any]:
    return RENDERER.render(personas(name, language)[persona])


# --- personas ----------------------------------------------------------------------------------


def test_personas_are_rows_of_the_queue() -> None:
    path = ROOT / "models/marts/campaigns/email_queue.yml"
    model = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
    columns = {column["name"] for column in model["columns"]}
    rows = personas("birthday", "de")
    assert {"full", "empty", "longest", "right_to_left", "no_personalization", "hostile"} <= set(
        rows
    )
    for name, row in rows.items():
        assert set(row) == columns, name
        assert row["template"] == row["campaign"] == "birthday"
        assert json.loads(row["context"])["language"] == row["language"] == "de"
    assert personas()["right_to_left"]["language"] == "ar"
    assert len({row["message_id"] for row in rows.values()}) == len(rows)


BRANCH = re.compile(r"\{%[-+]? *(if|elif|else|endif|for|endfor)\b.*?%\}", re.DOTALL)


def marked(text: str, numbers: Any, found: set[str]) -> str:
    """The text with a sign in each branch of each condition, also where an `else` is only meant."""
    opened: list[list[Any]] = []  # [kind, has an else]

    def sign() -> str:
        found.add(mark := f"⟦{next(numbers)}⟧")
        return mark

    def one(match: re.Match) -> str:
        tag, kind = match[0], match[1]
        if kind in ("if", "for"):
            opened.append([kind, False])
            return tag + sign()
        if kind in ("elif", "else"):
            opened[-1][1] |= kind == "else"
            return tag + sign()
        kind, has_else = opened.pop()
        return tag if has_else or kind == "for" else "{% else %}" + sign() + tag

    result = BRANCH.sub(one, text)
    assert not opened
    return result


def test_each_branch_of_each_condition_is_read_by_a_persona(tmp_path: Path) -> None:
    root, numbers = tmp_path / "emails", count(1)
    shutil.copytree(EMAILS, root)
    branches: dict[str, set[str]] = {}
    paths = [*root.glob("*.j2"), *(root / "shared").iterdir(), root / "locales" / "en.toml"]
    for path in sorted(paths):
        text = COMMENT.sub("", path.read_text(encoding="utf-8"))
        found = branches.setdefault(path.name, set())
        path.write_text(marked(text, numbers, found), encoding="utf-8")
    assert sum(map(len, branches.values())) > 150
    renderer, read = Renderer(SHOP, SIGNER, NOTICES, root), set()
    for name in LETTERS:
        for row in personas(name, "en").values():
            written = renderer.render(row)
            for part in preview.SAYS:
                read |= set(re.findall("(?:⟦|&#10214;)(\\d+)(?:⟧|&#10215;)", written[part]))
    unread = {
        path: {one: context_of(root / path, root, one) for one in found if one[1:-1] not in read}
        for path, found in branches.items()
    }
    lines = [f"{path}: …{text}" for path, found in unread.items() for text in found.values()]
    assert not lines, "\n".join(lines)


def context_of(path: Path, root: Path, mark: str) -> str:
    found = next(root.rglob(path.name)).read_text(encoding="utf-8")
    at = found.index(mark)
    return found[max(at - 80, 0) : at + 40]


# --- words -------------------------------------------------------------------------------------


def test_each_letter_is_written_in_english_another_language_and_one_from_right_to_left() -> None:
    for name in LETTERS:
        assert set(RENDERER.templates.languages(name)) == {"ar", "de", "en"}


@pytest.mark.parametrize("language", sorted(set(LOCALES) - {"en"}))
def test_languages_say_the_same(language: str) -> None:
    """Every word, with the same values and conditions in it."""

    def values(text: str) -> tuple[set[str], list[str]]:
        printed = set(re.findall(r"\{\{\s*([\w.]+)", text))
        return printed, sorted(re.findall(r"\{%.*?%\}", text))

    other = LOCALES[language]
    assert set(other) == set(ENGLISH)
    for letter_name, words in ENGLISH.items():
        theirs = other[letter_name]
        assert set(theirs) == set(words), letter_name
        for word, text in words.items():
            assert values(theirs[word]) == values(text), (letter_name, word)


def test_every_word_and_block_is_used() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in SOURCES}
    everything = "\n".join(texts.values())
    # A block takes words by its attributes: label="see" is [[ words.see ]].
    used = set(re.findall(r"words\.(\w+)", everything))
    used |= set(re.findall(r'(?:label|word|title)="(\w+)"', everything))
    for letter_name, words in ENGLISH.items():
        assert not set(words) - used, letter_name
    blocks = set(re.findall(r'(?:path="|include ")shared/([\w.]+)"', everything))
    files = {path.name for path in (EMAILS / "shared").iterdir()}
    assert files == blocks
    described = (EMAILS / "design.md").read_text(encoding="utf-8")
    assert not [file for file in files if f"`{file.removesuffix('.mjml')}`" not in described
                and not file.endswith(".txt.j2")]  # fmt: skip


# --- what a letter shows -----------------------------------------------------------------------


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_language_and_direction_stand_inside_the_body_too(name: str, language: str) -> None:
    body = letter(name, "full", language)["html"].partition("<body")[2]
    direction = "rtl" if language == "ar" else "ltr"
    assert re.search(rf'<div[^>]* lang="{language}" dir="{direction}"', body)
    assert ("direction:ltr" in body) == (direction == "ltr")


@pytest.mark.parametrize("name", LETTERS)
def test_headings_come_in_order(name: str) -> None:
    for persona in personas(name):
        levels = [int(level) for level in re.findall(r"<h(\d)", letter(name, persona)["html"])]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_confirmation_has_one_link_and_advertises_nothing() -> None:
    for persona in personas():
        written = letter("consent_confirmation", persona)
        links = set(re.findall(r'href="([^"]*)"', written["html"]))
        assert len(links) == 1
        assert next(iter(links)).startswith(SHOP.confirm_url)
        assert re.findall(r"https://\S+", written["text"]) == list(links)
        assert "<img" not in written["html"]


def test_an_order_confirmation_shows_the_order_and_nothing_else() -> None:
    written = letter("order_confirmation", "full")
    context = json.loads(personas()["full"]["context"])
    ordered = {item["name"] for item in context["order"]["items"]}
    for part in (written["html"], written["text"]):
        assert all(name in part for name in ordered)
        assert "100482" in part
        assert context["offer"]["offer"] not in part
        others = [*context["recommendations"], context["product"], *context["viewed"]]
        assert not any(other["name"] in part for other in others if other["name"] not in ordered)


def test_notices_are_the_transactional_campaigns() -> None:
    with (ROOT / "seeds/rules/campaigns.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            is_notice = row["template"] in NOTICES
            assert (row["kind"] == "transactional") == is_notice, row["campaign"]


GROUNDS = ("paper", "card", "tile", "sun", "rose", "sky", "moss")


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("suffix", ["", "_dark"])
@pytest.mark.parametrize("ink", ["text", "muted", "accent", "second"])
def test_every_ink_can_be_read_on_every_ground(ink: str, suffix: str) -> None:
    """4.5:1, also in letters that nobody has written yet; and on buttons."""
    pairs = [(SHOP.colours[ink + suffix], SHOP.colours[ground + suffix]) for ground in GROUNDS]
    pairs.append((SHOP.colours["accent_text"], SHOP.colours["accent"]))
    for pair in pairs:
        darker, lighter = sorted(map(luminance, pair))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, pair


# --- pictures ----------------------------------------------------------------------------------


def test_pictures_of_the_products_are_drawn_and_small() -> None:
    draw_products = pytest.importorskip("draw_products", reason="Pillow is not installed")
    names = draw_products.slugs()
    assert {path.stem for path in preview.PICTURES.glob("*.png")} == set(names)
    for name in names:
        assert (preview.PICTURES / f"{name}.png").stat().st_size <= 4096
    for name in names[::9]:  # drawn again, the same
        assert draw_products.picture(name) == (preview.PICTURES / f"{name}.png").read_bytes()


def test_who_draws_no_picture_says_what_to_do() -> None:
    draw_products = pytest.importorskip("draw_products", reason="Pillow is not installed")
    with pytest.raises(shop.UserError, match="Nobody has drawn plaid-kilt"):
        draw_products.picture("plaid-kilt")
