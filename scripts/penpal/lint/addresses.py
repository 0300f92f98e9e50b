"""Links and images: where they lead, whether they may, whether anything is there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from penpal.letters.shop import host_allowed
from penpal.lint import words
from penpal.lint.findings import Finding, found
from penpal.lint.mail import Against, Mail, plain_url
from penpal.lint.page import Link, Page

LONGEST = 2000
_UNSAFE = ("javascript", "data", "vbscript", "file", "blob", "about")
_OTHER = ("mailto", "tel", "sms", "cid", "geo", "webcal", "whatsapp", "xmpp", "facetime", "maps")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_HOST_IN_WORDS = re.compile(
    r"^(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/?#]|$)", re.IGNORECASE
)


def addresses(mail: Mail, page: Page, against: Against) -> Iterator[Finding]:
    """All links and images of the HTML, and the links of the text."""
    for link in page.links:
        yield from _link(link, mail, page, against)
    yield from _text_links(mail, against)
    yield from _images(mail, page, against)


def bare(url: str) -> str:
    """An address as findings show it: without its query, which may hold tokens."""
    return re.split("[?#]", url, maxsplit=1)[0]


def is_unsubscribing(link: Link, mail: Mail) -> bool:
    """Whether a link takes the reader off the list."""
    listed = re.findall(r"<(https?://[^<>\s]+)>", mail.header("List-Unsubscribe") or "")
    return (
        bool(words.UNSUBSCRIBE.search(link.text))
        or bool(words.UNSUBSCRIBE.search(urlsplit_safe(link.url).path))
        or link.url in listed
    )


def urlsplit_safe(url: str):
    """urlsplit() that takes what cannot be read for an address without parts."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.hostname, parts.port
        return parts
    except ValueError:
        return urlsplit("")


def _link(link: Link, mail: Mail, page: Page, against: Against) -> Iterator[Finding]:
    url = link.url.strip()

    def at(rule: str, what: str) -> Finding:
        return found(rule, what, line=link.line, element="a")

    if url in ("", "#") or url.lower() in ("http://", "https://", "about:blank"):
        yield at("link-empty", f"{url or 'empty'}: {link.text[:60]!r}")
        return
    if url.startswith("#"):
        return
    scheme = re.match(r"\s*([a-z][a-z0-9+.-]*):", re.sub(r"[\s\x00-\x1f]", "", url.lower()))
    if scheme and scheme[1] in _UNSAFE:
        yield at("link-unsafe", url[:60])
        return
    if scheme and scheme[1] in _OTHER:
        return
    if _is_tag(url):
        return  # an unresolved tag is told as such
    if not scheme and not url.startswith("//"):
        yield at("link-relative", bare(url))
        return
    yield from _web_address(url, at, against)
    yield from _tagging(link, mail, at, against)
    if shown := _HOST_IN_WORDS.match(link.text):
        host = (urlsplit_safe(url).hostname or "").lower()
        if _site(shown[1].lower()) != _site(host):
            yield at("link-disguised", f"{link.text[:60]!r} leads to {host}")


def _is_tag(url: str) -> bool:
    return any(pattern.search(url) for _, pattern in words.TAGS[:3])


def _site(host: str) -> str:
    """The last two labels of a host: shop.example.com and example.com are one."""
    return ".".join(host.removeprefix("www.").split(".")[-2:])


def _web_address(url: str, at, against: Against) -> Iterator[Finding]:
    parts = urlsplit_safe(url)
    host = (parts.hostname or "").lower()
    if (
        not host
        or re.search(r"[\s<>\"\\]", url)
        or re.match(
            r"https?:/{0,2}(?:https?:|/)", url.removeprefix("https://").removeprefix("http://")
        )
        or ".." in host
    ):
        yield at("link-broken", bare(url) or url[:60])
        return
    if parts.scheme.lower() != "https":
        yield at("link-not-https", bare(url))
    if against.shop and not host_allowed(host, against.shop.allowed_hosts):
        yield at("link-host", host)
    if host.removeprefix("www.") in words.SHORTENERS:
        yield at("link-shortener", host)
    if re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){3}", host) or ":" in host:
        yield at("link-number-host", host)
    if len(url) > LONGEST:
        yield at("link-long", f"{len(url)} characters: {bare(url)}")
    if "@" in parts.netloc or _ADDRESS.search(unquote(parts.query)):
        yield at("link-personal-data", bare(url))
    state = against.catalog.state_of(url) if against.catalog else None
    if state in ("dead", "sold_out"):
        yield at("link-dead" if state == "dead" else "link-out-of-stock", bare(url))


def _tagging(link: Link, mail: Mail, at, against: Against) -> Iterator[Finding]:
    parts = urlsplit_safe(link.url)
    tags = [(n, v) for n, v in parse_qsl(parts.query) if n.lower().startswith("utm_")]
    off = is_unsubscribing(link, mail)
    if tags and off:
        yield at("utm-on-unsubscribe", bare(link.url))
        return
    counts = Counter(name.lower() for name, _ in tags)
    for name, count in counts.items():
        if count > 1:
            yield at("utm-twice", f"{name} {count} times: {bare(link.url)}")
    for name, value in tags:
        if value != value.lower() or name != name.lower():
            yield at("utm-uppercase", f"{name}={value}")
    shop = against.shop
    if shop and not off and plain_url(link.url) != plain_url(shop.preferences_url):
        needed = {"utm_source", "utm_medium", "utm_campaign"}
        is_signed = "token=" in parts.query  # asks for consent, a review: our own pages
        if not needed <= set(counts) and not is_signed:
            yield at("utm-missing", bare(link.url))


def _text_links(mail: Mail, against: Against) -> Iterator[Finding]:
    for number, line in enumerate((mail.text or "").split("\n"), 1):
        for url in words.URL.findall(line):

            def at(rule: str, what: str, number: int = number) -> Finding:
                return found(rule, what, "text", number)

            if not _is_tag(url):
                yield from _web_address(url.rstrip(".,;:!?"), at, against)


def _images(mail: Mail, page: Page, against: Against) -> Iterator[Finding]:
    images = page.by_tag("img")
    for image in images:
        yield from _image(image, mail, against)
    for element in page.elements:
        if element.tag != "img" and element.get("background"):
            source = element.get("background").strip()
            yield from _source(source, element, mail, against)
    seen = "".join(page.text.split())
    big = [i for i in images if not _is_pixel(i)]
    if big and len(seen) < 100 and not page.hidden(big[0]):
        yield found("image-only", f"{len(big)} images, {len(seen)} characters of text")


def _is_pixel(image) -> bool:
    return (image.get("width"), image.get("height")) in (("1", "1"), ("0", "0"), ("1px", "1px"))


def _image(image, mail: Mail, against: Against) -> Iterator[Finding]:
    source = (image.get("src") or "").strip()
    name = bare(source).rpartition("/")[2][:60]
    if not (image.get("width") and image.get("height")):
        lacking = [a for a in ("width", "height") if not image.get(a)]
        # A fluid image keeps its shape by height:auto; its width is what Outlook needs.
        style = (image.get("style") or "").replace(" ", "").lower()
        if lacking != ["height"] or "height:auto" not in style:
            what = f"no {' and '.join(lacking)}: {name}"
            yield found("image-size-missing", what, line=image.sourceline, element="img")
    yield from _source(source, image, mail, against)


def _source(source: str, element, mail: Mail, against: Against) -> Iterator[Finding]:
    line, tag = element.sourceline, element.tag
    if _is_tag(source):
        return
    if source.lower().startswith("cid:"):
        if mail.content_ids is not None and unquote(source[4:]) not in mail.content_ids:
            yield found("image-part-missing", source[:60], line=line, element=tag)
        return
    parts = urlsplit_safe(source)
    if parts.scheme.lower() != "https" or not parts.hostname:
        yield found("image-not-https", source[:60] or "no src", line=line, element=tag)
    elif against.shop and not host_allowed(parts.hostname.lower(), against.shop.allowed_hosts):
        yield found("image-host", parts.hostname, line=line, element=tag)
