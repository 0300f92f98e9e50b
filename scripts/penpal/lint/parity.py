"""Whether the plain-text part says what the HTML says: links, codes, prices, names, headline."""

from __future__ import annotations

import re
from collections.abc import Iterator

from penpal.lint import words
from penpal.lint.addresses import urlsplit_safe
from penpal.lint.findings import Finding, found
from penpal.lint.mail import Mail, plain_url
from penpal.lint.page import Page, plain

STUB_SHARE = 0.1  # a text part with fewer of the HTML's words says something else
HEADLINE_SHARE = 0.6
_WORD = re.compile(r"\w{2,}")


def parity(mail: Mail, page: Page | None) -> Iterator[Finding]:
    """What one part lacks of the other."""
    text = (mail.text or "").strip()
    if page is None:
        if text and mail.headers is not None:
            yield found("html-part-missing", "no HTML part", "message")
        return
    if not text:
        if mail.headers is not None:
            yield found("text-part-missing", "no text/plain part", "message")
        return
    if re.search(r"<(?:html|body|table|div|p|br|span|a)\b[^>]*>", text, re.IGNORECASE):
        yield found("text-part-is-html", text[:100], "text", 1)
        return
    if _is_stub(text, page):
        yield found("text-part-stub", text[:100], "text", 1)
        return
    yield from _links(text, page)
    yield from _codes(text, page)
    yield from _prices(text, page)
    yield from _names(text, page)
    yield from _headline(mail, text, page)


def _is_stub(text: str, page: Page) -> bool:
    own, other = len(_WORD.findall(words.URL.sub("", text))), len(_WORD.findall(page.text))
    return other > 40 and (own < other * STUB_SHARE or (own < 40 and bool(words.STUB.search(text))))


def _targets(urls: list[str]) -> dict[str, str]:
    """Where links lead, by what two spellings share; homepages are in the head of any letter."""
    return {
        plain_url(url): url.split("?")[0]
        for url in urls
        if urlsplit_safe(url).path.strip("/") and re.match("https?:", url, re.IGNORECASE)
    }


def _links(text: str, page: Page) -> Iterator[Finding]:
    seen = [link.url.strip() for link in page.links if not page.hidden(link.node)]
    in_html = _targets(seen)
    in_text = _targets([url.rstrip(".,;:!?") for url in words.URL.findall(text)])
    for key, url in in_html.items():
        if key not in in_text:
            yield found("parity-links", f"in the HTML only: {url}", "text")
    for key, url in in_text.items():
        if key not in in_html:
            yield found("parity-links", f"in the text only: {url}", "html")


def _only(name: str, in_html: set[str], in_text: set[str], is_cut: bool) -> Iterator[Finding]:
    for value in sorted(in_html - in_text):
        yield found(f"parity-{name}", f"in the HTML only: {value}", "text")
    # HTML may cut long names, with what they hold.
    for value in sorted(in_text - in_html) if not is_cut else ():
        yield found(f"parity-{name}", f"in the text only: {value}", "html")


def _codes(text: str, page: Page) -> Iterator[Finding]:
    seen, said = page.text, words.URL.sub(" ", text)
    named = set(words.NAMED_CODE.findall(seen)), set(words.NAMED_CODE.findall(said))
    found_in = [set(words.CODE.findall(one)) for one in (seen, said)]
    # A code is named as such in one part and printed in both.
    yield from _only(
        "codes",
        {c for c in named[0] | found_in[0] if c not in said},
        {c for c in named[1] | found_in[1] if c not in seen},
        "…" in seen or "..." in seen,
    )


def _amounts(text: str) -> set[str]:
    return {re.sub(r"[\s\u00a0\u202f\u200e\u200f]", "", one) for one in words.MONEY.findall(text)}


def _prices(text: str, page: Page) -> Iterator[Finding]:
    in_html, in_text = _amounts(page.text), _amounts(words.URL.sub(" ", text))
    yield from _only("prices", in_html, in_text, "…" in page.text)


def _greeted(text: str) -> set[str]:
    return {" ".join(name.split()) for name in words.GREETED.findall(text)}


def _names(text: str, page: Page) -> Iterator[Finding]:
    in_html, in_text = _greeted(page.text), _greeted(text)
    greets = [
        bool(re.search(rf"(?:^|\n)\s*(?:{'|'.join(words.GREETING_WORDS)})\b", one))
        for one in (page.text, text)
    ]
    if all(greets) and in_html != in_text:
        html_name, text_name = (" / ".join(sorted(n)) or "nobody" for n in (in_html, in_text))
        yield found("parity-names", f"HTML greets {html_name}, text greets {text_name}", "text")


def _headline(mail: Mail, text: str, page: Page) -> Iterator[Finding]:
    for heading in page.by_tag("h1"):
        headline = plain("".join(heading.itertext()))
        wanted = set(_WORD.findall(headline.lower()))
        said = set(_WORD.findall(f"{mail.subject or ''} {text}".lower()))
        if (
            wanted
            and not page.hidden(heading)
            and len(wanted & said) < HEADLINE_SHARE * len(wanted)
        ):
            yield found("parity-headline", headline, "text")
