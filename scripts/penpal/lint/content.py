"""What the letter says: values, greetings, tags, words of drafts, preheader, legal lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from penpal.letters.shop import host_allowed
from penpal.lint import words
from penpal.lint.addresses import is_unsubscribing
from penpal.lint.findings import Finding, found
from penpal.lint.mail import Against, Mail
from penpal.lint.page import Page, plain

PREHEADER_SHORTEST, PREHEADER_LONGEST = 30, 140
HIDDEN_LONGEST = 40  # characters that nobody sees, beside the preheader
# What data may hold without harm; a missing value is a fault wherever it comes from.
OF_DATA = ("tag-unresolved", "placeholder-text", "text-garbled", "entity-visible")
Piece = tuple[str, str, int | None, str | None]  # text, part, line, element


def content(mail: Mail, page: Page | None, against: Against) -> Iterator[Finding]:
    """Everything that is said, in either part, the subject and the preheader."""
    declared = next((h.get("lang") for h in page.by_tag("html")), None) if page else None
    language = (mail.language or declared or "").split("-")[0].lower()
    said = (one for piece in _pieces(mail, page) for one in _said(piece, language, against))
    yield from _told_apart(said, mail.data)
    if page is not None:
        yield from _told_apart(_attributes(page), mail.data)
        yield from _hidden(page)
    yield from _preheader(mail, page)
    yield from _legal(mail, page, against)


def _pieces(mail: Mail, page: Page | None) -> Iterator[Piece]:
    """Texts with where they stand."""
    if mail.subject:
        yield mail.subject, "headers", None, "Subject"
    if mail.preheader:
        yield mail.preheader, "headers", None, "preheader"
    for name in ("From", "Reply-To"):
        if mail.header(name):
            yield mail.header(name), "headers", None, name
    for number, line in enumerate((mail.text or "").split("\n"), 1):
        if line.strip():
            yield line, "text", number, None
    if page is not None:
        for block in page.blocks:
            yield block.text, "html", block.line, block.element
        for title in page.by_tag("title"):
            yield "".join(title.itertext()), "html", title.sourceline, "title"


def _told_apart(findings: Iterator[tuple[str, Finding]], data: str | None) -> Iterator[Finding]:
    """Findings of what a template says, and of what the data says: only it can be mended there."""
    for text, one in findings:
        said = " ".join(text.split()).rstrip("…. ")
        if data and said and said in data and one.rule in OF_DATA:
            yield found("data-looks-broken", one.what, one.part, one.line, one.element)
        else:
            yield one


def _said(piece: Piece, language: str, against: Against) -> Iterator[tuple[str, Finding]]:
    """(what was matched, finding) pairs of a piece."""
    text, *where = piece
    without_links = words.URL.sub(" ", text)
    for syntax, pattern in words.TAGS:
        for match in pattern.finditer(text):
            if match[0].strip():
                yield match[0], found("tag-unresolved", f"{match[0]} ({syntax})", *where)
    for match in words.NO_VALUE.finditer(without_links):
        if match[0] != "null" or language not in words.COUNT_NULL:
            yield match[0], found("value-missing", _around(without_links, match), *where)
    if match := words.EMPTY_GREETING.search(text):
        yield match[0], found("greeting-empty", _around(text, match), *where)
    for match in words.PLACEHOLDER.finditer(without_links):
        if not words.UPPER_ONLY.fullmatch(match[0]) or match[0].isupper():
            yield match[0], found("placeholder-text", match[0], *where)
    if match := words.GARBLED.search(text):
        yield match[0], found("text-garbled", _around(text, match), *where)
    if match := words.ENTITY.search(without_links):
        yield match[0], found("entity-visible", _around(text, match), *where)
    if re.search(r"[!\uff01]{3,}", text):
        yield text, found("text-exclamation", text, *where)
    yield from _example_hosts(text, where, against)


def _example_hosts(text: str, where: list, against: Against) -> Iterator[tuple[str, Finding]]:
    """example.com and the like, unless the shop itself stands there (as the sample's does)."""
    for match in words.EXAMPLE_HOST.finditer(text):
        host = match[1].lower()
        if not against.shop or not host_allowed(host, against.shop.allowed_hosts):
            yield host, found("placeholder-host", host, *where)


def _around(text: str, match: re.Match) -> str:
    begin, end = max(match.start() - 25, 0), match.end() + 25
    return f"{match[0].strip()!r} in {text[begin:end]!r}"


def _attributes(page: Page) -> Iterator[tuple[str, Finding]]:
    """Tags and missing values in addresses, alternative texts and titles."""
    for element in page.elements:
        for attribute, value in element.items():
            where = ("html", element.sourceline, element.tag)
            if attribute in ("style", "class", "id", "xmlns") or not value:
                continue
            for syntax, pattern in words.TAGS[:6]:
                if match := pattern.search(value):
                    what = f"{match[0]} ({syntax}) in {attribute}"
                    yield match[0], found("tag-unresolved", what, *where)
            if attribute in ("href", "src") and (match := words.NO_VALUE_IN_LINK.search(value)):
                shown = value[: match.end()].split("?")[0]
                yield (
                    match[0],
                    found("value-missing", f"{match[0]!r} in {attribute} {shown}", *where),
                )
            if attribute in ("alt", "title") and (match := words.NO_VALUE.search(value)):
                what = f"{_around(value, match)}, {attribute}"
                yield match[0], found("value-missing", what, *where)
    if match := re.search(r"\{\{.{0,60}|\{%.{0,60}|\*\|\w+\|\*|\$\{\w+\}", page.style_text):
        what = f"{match[0]} in <style>"
        yield match[0], found("tag-unresolved", what, "html", None, "style")


def _hidden(page: Page) -> Iterator[Finding]:
    """Text out of sight after anything was seen, and text in the colour of its ground."""
    is_seen, hidden = False, []
    for block in page.blocks:
        text = plain(block.text)
        if not block.hidden and text:
            is_seen = True
        elif is_seen and text:
            hidden.append((text, block))
    if sum(len(text) for text, _ in hidden) > HIDDEN_LONGEST:
        text, block = hidden[0]
        yield found("text-hidden", text, "html", block.line, block.element)


def _preheader(mail: Mail, page: Page | None) -> Iterator[Finding]:
    if page is None:
        return
    text = page.preheader
    if not text or not plain(text):
        yield found("preheader-missing", "no hidden text before what is seen")
        return
    text = plain(text)
    if len(text) < PREHEADER_SHORTEST:
        yield found("preheader-short", f"{len(text)} characters: {text}")
    elif len(text) > PREHEADER_LONGEST:
        yield found("preheader-long", f"{len(text)} characters: {text}")
    if mail.subject and _letters(text) == _letters(mail.subject):
        yield found("preheader-repeats", text)


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def _legal(mail: Mail, page: Page | None, against: Against) -> Iterator[Finding]:
    """A way out and a postal address, in each part of an advertising letter."""
    if mail.is_transactional:
        return
    if page is not None:
        seen = [link for link in page.links if not page.hidden(link.node)]
        if not any(is_unsubscribing(link, mail) for link in seen):
            yield found("unsubscribe-missing", "no link that unsubscribes")
    if mail.text and not words.UNSUBSCRIBE.search(mail.text):
        yield found("unsubscribe-missing", "nothing that unsubscribes", "text")
    if against.shop:
        address = _letters(against.shop.postal_address)
        for part, text in (("html", page.text if page else None), ("text", mail.text)):
            if text and address not in _letters(text):
                yield found("address-missing", "no postal address of the shop", part)
