"""Which URLs may stand in a letter, and how they are tagged."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from penpal.letters.shop import host_allowed

LONGEST_URL = 2000
# How a link tells its block in HTML; what a click brings back is &pp_b=<block>.<place>.
BLOCK_MARK = "&amp;pp_b="
# quote() leaves these alone: what structures a URL, and escapes that are there already.
_RESERVED = ":/?#[]@!$&()*+,;=%-._~"


@lru_cache(maxsize=100_000)
def safe_url(url: str, allowed_hosts: tuple[str, ...]) -> str | None:
    """The URL, percent-encoded, if it is https and of an allowed host; else None."""
    url = url.strip()
    if not url.isprintable() or "\\" in url or " " in url or len(url) > LONGEST_URL:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    plain = parts.scheme == "https" and "@" not in parts.netloc and port in (None, 443)
    if not plain or not host.isascii() or not host_allowed(host, allowed_hosts):
        return None
    return quote(url, safe=_RESERVED)


@lru_cache(maxsize=100_000)
def tagged(url: str, source: str, campaign: str, variant: str) -> tuple[str, str]:
    """What stands before and after the message id in a URL with UTM tags and pp_mid.

    Tags are set once, in lower case, and hold no personal data; pp_mid is how a click finds its
    letter. The URL's own query, tags included, and its fragment stay.
    """
    base, hash_sign, fragment = url.partition("#")
    base, _, query = base.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith(("pp_mid=", "pp_b="))]
    present = {name.lower() for name, _ in parse_qsl(query, keep_blank_values=True)}
    tags = {
        "utm_source": source,
        "utm_medium": "email",
        "utm_campaign": campaign,
        "utm_content": variant,
    }
    new = {name: value.lower() for name, value in tags.items() if value and name not in present}
    query = "&".join([*kept, urlencode(new)] if new else kept)
    return f"{base}?{query}{'&' if query else ''}pp_mid=", hash_sign + fragment


def tracked(url: str, source: str, campaign: str, variant: str, message_id: str) -> str:
    """The URL with its tags and the message id."""
    before, after = tagged(url, source, campaign, variant)
    return before + quote(message_id, safe="") + after


def numbered(html: str) -> str:
    """The HTML with the place of each marked link behind its block, counted from the top.

    Neighbours in a block with one address (a picture and its name) share a place. The mark goes
    before the fragment, where the address has one.
    """
    if BLOCK_MARK not in html:
        return html
    before, *rest = html.split(BLOCK_MARK)
    parts, place, last = [], 0, ("", "")
    for part in rest:
        address = before[before.rfind('"') + 1 :]
        block, quote_sign, after = part.partition('"')
        place, last = place + ((block, address) != last), (block, address)
        base, hash_sign, fragment = address.partition("#")
        parts.append(before.removesuffix(address))
        parts.append(f"{base}{BLOCK_MARK}{block}.{place}{hash_sign}{fragment}")
        before = quote_sign + after
    return "".join([*parts, before])
