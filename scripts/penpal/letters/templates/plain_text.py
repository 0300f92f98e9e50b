"""The plain text of a letter, made of its HTML: links kept, lists and headings as text has them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from penpal.letters.templates.source import words

_SILENT = frozenset(("style", "title", "head", "script", "noscript", "xml"))
_BLOCKS = frozenset(
    words(
        "p div table tr h1 h2 h3 h4 h5 h6 ul ol dl blockquote section article header footer "
        "main nav figure address pre hr"
    )
)
_LINES = frozenset(("br", "li", "dt", "dd", "caption", "figcaption"))
_SPACED = frozenset(words("p h1 h2 h3 h4 h5 h6 ul ol blockquote"))
_BLANK = re.compile(r"[ \t\r\n\f\u00a0]+")
_INVISIBLE = re.compile("[\u00ad\u034f\u200b\u2007\ufeff]")
_HIDDEN = re.compile(
    r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden", re.IGNORECASE
)
_VOID = frozenset(words("br hr img input meta col wbr"))


class _Reader(HTMLParser):
    """Collects lines; what is hidden, styles and what only Outlook sees is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.silent: list[str] = []  # open elements from the first silent one on
        self.links: list[tuple[str | None, str]] = []  # (href, text before)
        self.lists: list[int | None] = []  # next number of an <ol>, None for <ul>

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        hidden = tag in _SILENT or _HIDDEN.search(values.get("style") or "") or "hidden" in values
        if self.silent or hidden:
            if tag not in _VOID:
                self.silent.append(tag)
            return
        if tag in _BLOCKS or tag in _LINES:
            self.new_line(tag in _SPACED and not (tag in ("ul", "ol") and self.lists))
        if tag == "a":
            self.links.append((values.get("href"), self.lines[-1]))
        elif tag == "img":
            self.say(values.get("alt") or "")
        elif tag in ("td", "th"):
            self.say(" ")
        elif tag in ("ul", "ol"):
            self.lists.append(1 if tag == "ol" else None)
        elif tag == "li":
            self.say(self.bullet())
        elif tag == "hr":
            self.lines[-1] = "-" * 20
            self.new_line(False)

    def handle_endtag(self, tag: str) -> None:
        if self.silent:
            if tag in self.silent:
                while self.silent.pop() != tag:
                    pass
            return
        if tag == "a" and self.links:
            self.end_link(*self.links.pop())
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        if tag in _BLOCKS or tag == "li":
            self.new_line(tag in _SPACED and not (tag in ("ul", "ol") and self.lists))

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.say(_BLANK.sub(" ", _INVISIBLE.sub("", data)))

    def say(self, text: str) -> None:
        line = self.lines[-1]
        if text.startswith(" ") and (not line or line.endswith(" ")):
            text = text[1:]
        self.lines[-1] = line + text

    def new_line(self, is_spaced: bool) -> None:
        if self.lines[-1].strip():
            self.lines.append("")
        if is_spaced and len(self.lines) > 1 and self.lines[-2] != "":
            self.lines.append("")

    def bullet(self) -> str:
        indent = "  " * (len(self.lists) - 1)
        number = self.lists[-1] if self.lists else None
        if number is None:
            return f"{indent}- "
        self.lists[-1] = number + 1
        return f"{indent}{number}. "

    def end_link(self, href: str | None, before: str) -> None:
        """The address behind the words of a link, once; a link without words says nothing."""
        if not href or not href.startswith(("https://", "mailto:", "tel:")):
            return
        said = self.lines[-1].removeprefix(before).strip()
        address = href.removeprefix("mailto:").partition("?")[0] if href[0] != "h" else href
        if not said or said == address:
            self.lines[-1] = before + (address if said else "")
            return
        if said in (urlsplit(href).hostname, href):
            self.lines[-1] = before + href
            return
        self.lines[-1] = self.lines[-1].rstrip() + f":\n{address}"
        self.lines.append("")


def text_of(html: str) -> str:
    """The letter's HTML as plain text."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "\n".join(line.rstrip() for line in reader.lines).strip("\n") + "\n"
