"""The HTML as a document: size, language, direction, title, structure, what does not belong in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from penpal.lint import words
from penpal.lint.findings import Finding, found
from penpal.lint.mail import Mail
from penpal.lint.page import Page

CLIPPED, NEAR_LIMIT = 100 * 1024, 90 * 1024  # bytes; Gmail clips at about 102 KB
STYLE_LIMIT = 16 * 1024
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_IF = re.compile(r"<!--\[if\b", re.IGNORECASE)
_ENDIF = re.compile(r"<!\[endif\]", re.IGNORECASE)
FORBIDDEN = ("script", "iframe", "frame", "object", "embed", "applet", "base")
FORMS = ("form", "input", "select", "textarea")


def document(mail: Mail, page: Page) -> Iterator[Finding]:
    """Everything about the document as a whole."""
    yield from _size(page)
    yield from _language(mail, page)
    yield from _direction(mail, page)
    yield from _head(page)
    yield from _structure(page)
    yield from _forbidden(page)


def _size(page: Page) -> Iterator[Finding]:
    size = len(page.html.encode("utf-8", "replace"))
    if size > CLIPPED:
        yield found("size-clipped", f"{size / 1024:.0f} KB of HTML")
    elif size > NEAR_LIMIT:
        yield found("size-near-limit", f"{size / 1024:.0f} KB of HTML")
    styles = len(page.style_text.encode("utf-8", "replace"))
    if styles > STYLE_LIMIT:
        yield found("size-style", f"{styles / 1024:.0f} KB in <style>", element="style")


def _inside_body(page: Page, attribute: str) -> bool:
    """Whether the attribute stands on an element right inside <body>."""
    body = next(iter(page.by_tag("body")), None)
    return body is not None and any(
        child.get(attribute) for child in body if isinstance(child.tag, str)
    )


def _declared(page: Page, attribute: str) -> str | None:
    for element in page.by_tag("html", "body"):
        if element.get(attribute):
            return element.get(attribute).strip()
    return None


def _language(mail: Mail, page: Page) -> Iterator[Finding]:
    language = _declared(page, "lang")
    if not language or language == "und":
        yield found("lang-missing", "no lang on <html>", element="html")
    elif not _LANGUAGE.fullmatch(language):
        yield found("lang-invalid", language, element="html")
    elif mail.language and language.split("-")[0].lower() != mail.language.split("-")[0].lower():
        yield found("lang-wrong", f"{language}, written for {mail.language}", element="html")
    if not _inside_body(page, "lang"):
        yield found("lang-not-repeated", "no lang inside <body>", element="body")


def _direction(mail: Mail, page: Page) -> Iterator[Finding]:
    direction = (_declared(page, "dir") or "").lower()
    if not direction:
        yield found("dir-missing", "no dir on <html>", element="html")
    if not _inside_body(page, "dir"):
        yield found("dir-not-repeated", "no dir inside <body>", element="body")
    language = (mail.language or _declared(page, "lang") or "").split("-")[0].lower()
    letters = words.LETTER.findall(page.text)
    leftward = len(words.RIGHT_TO_LEFT.findall(page.text))
    # A few names and links in the other script change nothing.
    is_rtl = language in words.RTL_LANGUAGES or (
        len(letters) > 40 and leftward > len(letters) * 0.6
    )
    if is_rtl and direction not in ("rtl", "auto"):
        yield found(
            "dir-wrong", f"dir {direction or 'missing'}, text runs to the left", element="html"
        )
    elif not is_rtl and direction == "rtl":
        yield found("dir-wrong", "dir rtl, text runs to the right", element="html")


def _head(page: Page) -> Iterator[Finding]:
    if not re.match(r"\s*(?:<!--.*?-->\s*)*<!doctype", page.html, re.IGNORECASE | re.DOTALL):
        yield found("doctype-missing", "no <!doctype html>")
    titles = ["".join(one.itertext()).strip() for one in page.by_tag("title")]
    if not any(titles):
        yield found("title-missing", "no <title>", element="title")
    metas = page.by_tag("meta")
    viewport = [m for m in metas if (m.get("name") or "").lower() == "viewport"]
    if not viewport:
        yield found("viewport-missing", "no viewport", element="meta")
    for one in viewport:
        content = (one.get("content") or "").replace(" ", "").lower()
        if re.search(
            r"user-scalable=(?:no|0)|maximum-scale=(?:1(?:\.\d+)?|0?\.\d+)(?![\d.])", content
        ):
            yield found("zoom-blocked", content, line=one.sourceline, element="meta")
    for one in metas:
        if (one.get("http-equiv") or "").lower() == "refresh":
            yield found(
                "meta-refresh", one.get("content") or "", line=one.sourceline, element="meta"
            )


def _structure(page: Page) -> Iterator[Finding]:
    if len(_IF.findall(page.html)) > len(_ENDIF.findall(page.html)):
        yield found("conditional-comment-open", "an <!--[if …]> without <![endif]-->")
    if page.is_deep:
        yield found("nesting-deep", f"{max(page.depths.values())} elements inside each other")
    ids = Counter(one.get("id") for one in page.elements if one.get("id"))
    for name, count in ids.items():
        if count > 1:
            yield found("id-twice", f"{name}, {count} times")
    if not any(b.text.strip() for b in page.blocks if not b.hidden) and not page.by_tag("img"):
        yield found("body-empty", "no text and no image", element="body")


def _forbidden(page: Page) -> Iterator[Finding]:
    for one in page.by_tag(*FORBIDDEN):
        yield found("element-script", f"<{one.tag}>", line=one.sourceline, element=one.tag)
    for one in page.by_tag(*FORMS):
        yield found("element-form", f"<{one.tag}>", line=one.sourceline, element=one.tag)
    for one in page.by_tag("link"):
        if "stylesheet" in (one.get("rel") or "").lower():
            yield found("style-remote", one.get("href") or "", line=one.sourceline, element="link")
    for name in sorted(set(re.findall(r"@(import|font-face)\b", page.style_text, re.IGNORECASE))):
        yield found("style-remote", f"@{name.lower()}", element="style")
    for one in page.elements:
        for attribute in one.attrib:
            if attribute.lower().startswith("on") and len(attribute) > 3:
                yield found("attribute-script", attribute, line=one.sourceline, element=one.tag)
