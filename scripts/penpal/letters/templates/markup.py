"""From MJML to the HTML of a letter, and the list of what that HTML may hold.

What is not on the lists (elements, attributes, what values may stand in which attribute) is
refused. The reading is strict: every `<` begins one of the elements, or the template is refused, so
that no client can read it otherwise. Tags of the template language are words here (tags.Masked).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import mrml

from penpal.letters.links import safe_url
from penpal.letters.templates import css
from penpal.letters.templates.contract import DAY, FLAG, MARKUP, MONEY, NUMBER, TEXT, URL, Kind
from penpal.letters.templates.source import Source, TemplateRefused, fault, nearest, words
from penpal.letters.templates.tags import Masked, Tag

DEPTH_LIMIT = 100  # elements inside each other

ELEMENTS = frozenset(
    words(
        "html head title meta style body div span p a img br hr center font label input "
        "noscript xml table caption colgroup col thead tbody tfoot tr td th h1 h2 h3 h4 h5 h6 "
        "ul ol li dl dt dd strong b em i u s small sub sup blockquote q pre code kbd mark "
        "abbr bdi bdo del ins address article aside section header footer main nav figure "
        "figcaption time cite o:officedocumentsettings o:allowpng o:pixelsperinch v:rect "
        "v:roundrect v:image v:fill v:textbox w:anchorlock"
    )
)
_VOID = frozenset(
    words("meta img br hr input col o:allowpng v:image v:fill w:anchorlock v:imagedata")
)
# Read aloud or shown: any value of the letter may stand there, since it is escaped.
_FOR_TEXT = frozenset(
    words("alt title lang dir aria-label aria-description aria-roledescription content datetime")
)
_LINKS, _PICTURES = frozenset(("href",)), frozenset(("src", "background"))
_FIXED = frozenset(
    words(
        "class id role align valign width height border bgcolor color cellpadding cellspacing "
        "colspan rowspan scope headers target rel name type for checked start reversed hidden "
        "charset http-equiv media face size span nowrap noshade vertical-align aria-hidden "
        "aria-labelledby aria-describedby aria-level aria-live aria-current tabindex xmlns "
        "xmlns:v xmlns:o xmlns:w arcsize stroke strokecolor strokeweight fill fillcolor inset "
        "origin position aspect xml:lang mso-width-percent"
    )
)
_META = re.compile("content-type|x-ua-compatible", re.IGNORECASE)
_MAILTO = re.compile(r"mailto:[\w.!%+-]+@[\w.-]+(\?[\w=&;%.+-]*)?|tel:\+?[\d()./-]+|#[\w-]*")
# An address of the letter's own may be followed by parameters: &amp;answer=5.
_PARAMETERS = re.compile(r"(?:(?:&amp;|&)\w+=[\w-]+)*")

_OPENING = re.compile(r"""<([A-Za-z][\w:-]*)((?:[^<>"'`]|"[^"<]*"|'[^'<]*')*+)>""", re.DOTALL)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_BREAK = re.compile(r"<([bh]r)\s*>", re.IGNORECASE)  # MJML wants them closed
_CLOSING = re.compile(r"</([A-Za-z][\w:-]*)\s*>")
_CONDITIONAL = re.compile(
    r"<!--\[if [\w\s!|&()]+\]>(?:<!-->)?|<!--<!\[endif\]-->|<!\[endif\]-->|<!doctype html>",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"""\s+([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?""", re.DOTALL
)

KindsOf = Callable[[Tag], frozenset[Kind] | set[Kind]]
_SHOWN = frozenset((TEXT, MONEY, DAY, NUMBER, URL, FLAG))


def to_html(name: str, masked: Masked) -> str:
    """MJML, its tags masked, as HTML with the same words; ASCII but for its styles."""
    if "\0" in masked.source.text:
        raise masked.source.refuse(masked.source.text.index("\0"), "", "holds a NUL character.")
    source = _ascii(masked.source).sub(_BREAK, lambda match: f"<{match[1]} />")
    _check_structure(source, masked)
    try:
        # No web fonts: a letter loads nothing but its pictures.
        html = mrml.to_html(source.text, render_options=mrml.RenderOptions(fonts={})).content
    except OSError as error:
        where = re.search(r" at position (\d+):", str(error))
        place = source.place(int(where[1])) if where else name
        message = re.sub(r" at position.*", "", masked.unmask(str(error)))
        raise TemplateRefused(fault(place, "", f"this is not valid MJML: {message}.")) from error
    kept = {match[0] for match in masked.pattern.finditer(html)}
    faults = []
    for match in masked.pattern.finditer(source.text):
        if match[0] not in kept:
            message = "the tag gets lost in MJML, put it between <mj-raw> and </mj-raw>."
            faults.append(fault(source.place(match.start()), masked.tag(match).text, message))
    if faults:
        raise TemplateRefused(*faults)
    # <mj-raw> inside text stays as it is: it has done its work.
    return re.sub(r"\n\s*", "\n", re.sub(r"</?mj-raw\s*>", "", html))


def _ascii(source: Source) -> Source:
    """Character references for all beyond ASCII: MJML mangles joiners in attributes, and mail
    gateways all of it. Styles know no references."""

    def reference(match: re.Match) -> str:
        return match[0].encode("ascii", "xmlcharrefreplace").decode()

    styles = re.compile(r"<(?:mj-)?style\b[^>]*>|</(?:mj-)?style\s*>", re.IGNORECASE)
    parts, done, inside = [], 0, False
    for match in [*styles.finditer(source.text), None]:
        end = match.end() if match else len(source.text)
        part = source.cut(done, end)
        parts.append(part if inside else part.sub(re.compile("[^\x00-\x7f]+"), reference))
        done, inside = end, bool(match) and not match[0].startswith("</")
    return Source.joined(parts)


def _check_structure(source: Source, masked: Masked) -> None:
    """Elements are whole, known, and closed in order: MJML's compiler would not say where they are
    not, and would die of too many inside each other."""
    opened: list[re.Match] = []
    at, text, is_outlooks = 0, source.text, False  # Outlook's own is whole with the rest only
    while (at := text.find("<", at)) >= 0:
        if conditional := _CONDITIONAL.match(text, at):
            at, word = conditional.end(), conditional[0].lower()
            is_outlooks = word.startswith("<!--[if") and not word.endswith("<!-->")
        elif closing := _CLOSING.match(text, at):
            at = closing.end()
            if is_outlooks:
                continue
            if not opened or opened[-1][1].lower() != closing[1].lower():
                before = f"<{opened[-1][1]}> is still open" if opened else "nothing is open"
                raise source.refuse(closing.start(), closing[0], f"{before} here.")
            opened.pop()
        elif opening := _OPENING.match(text, at):
            at = opening.end()
            _check_opening(source, masked, opening)
            if not (is_outlooks or opening[0].endswith("/>") or opening[1].lower() in _VOID):
                opened.append(opening)
            if len(opened) > DEPTH_LIMIT:
                message = f"more than {DEPTH_LIMIT} elements stand inside each other."
                raise source.refuse(opening.start(), opening[0], message)
        else:
            word = masked.unmask(text[at:].partition("\n")[0][:80])
            raise source.refuse(at, word, "a tag is not closed, or an attribute is not quoted.")
    if opened:
        last = opened[-1]
        raise source.refuse(last.start(), masked.unmask(last[0]), f"</{last[1]}> is missing.")


def _check_opening(source: Source, masked: Masked, opening: re.Match) -> None:
    name, bare = opening[1].lower(), _QUOTED.sub('""', opening[2])
    message = ""
    if masked.pattern.search(opening[1]):
        message = "a variable may not stand in for an element."
    elif name not in ELEMENTS and name != "mjml" and not name.startswith("mj-"):
        word = f"<{opening[1]}>"
        raise source.refuse(opening.start(), word, "does not belong in a letter." + _close(name))
    elif masked.pattern.search(bare):
        message = "a variable may not stand in for an attribute, and its value needs quotes."
    elif unquoted := re.search(r"([\w:-]+)\s*=\s*[^\s\"]", bare):
        message = f"{unquoted[1]} needs quotes around its value."
    if message:
        raise source.refuse(opening.start(), masked.unmask(opening[0]), message)


class _Reading:
    """One strict reading of a letter's HTML; collects its faults."""

    def __init__(self, source: Source, masked: Masked, kinds_of: KindsOf, hosts: tuple[str, ...]):
        self.source, self.masked, self.kinds_of, self.hosts = source, masked, kinds_of, hosts
        self.faults: list[str] = []

    def refuse(self, word: str, message: str, *, near: str = "") -> None:
        """A fault at the first place where the template has this word, or else the other."""
        word, near = self.masked.unmask(word), self.masked.unmask(near)
        found = next((w for w in (near, word) if w and w in self.source.text), "")
        if not found:  # MJML spells attributes anew: look for what stands in them
            inner = re.search(r"=\s*[\"']([^\"']+)", near)
            found = inner[1] if inner and inner[1] in self.source.text else ""
        self.faults.append(fault(self.source.find(found), word, message))

    def read(self, html: str) -> None:
        at, styles = 0, 0
        while (at := html.find("<", at)) >= 0:
            if conditional := _CONDITIONAL.match(html, at):
                at = conditional.end()
            elif closing := _CLOSING.match(html, at):
                self.check_element(closing[1].lower(), closing[0])
                at = closing.end()
            elif opening := _OPENING.match(html, at):
                at = opening.end()
                name = opening[1].lower()
                self.check_element(name, opening[0])
                self.check_attributes(name, opening)
                if name in ("style", "title"):
                    end = html.lower().find(f"</{name}", at)
                    inner = html[at : max(end, at)]
                    styles += len(inner.encode()) if name == "style" else 0
                    self.check_inner(name, inner)
                    at = max(end, at)
            else:
                word = html[at:].partition("\n")[0][:40]
                self.refuse(word, "a tag is not closed, or an attribute is not quoted.")
                return
        if styles > css.STYLE_LIMIT:
            self.refuse("<style", f"the styles exceed {css.STYLE_LIMIT // 1024} KB.")

    def check_element(self, name: str, word: str) -> None:
        if self.masked.pattern.search(name) or name.startswith(self.masked.stem.lower()):
            self.refuse(word, "a variable may not stand in for an element.")
        elif name not in ELEMENTS:
            self.refuse(f"<{name}>", "does not belong in a letter." + _close(name), near=f"<{name}")

    def check_inner(self, name: str, inner: str) -> None:
        if name == "title":
            if "<" in inner:
                self.refuse(inner, "a title holds no elements.")
            return
        if match := self.masked.pattern.search(inner):
            self.refuse(match[0], "no variable may stand inside <style>.")
        elif found := css.first_fault(inner):
            self.refuse(*found)

    def check_attributes(self, element: str, opening: re.Match) -> None:
        text = opening[2].rstrip("/")
        done, values = 0, {}
        while match := _ATTRIBUTE.match(text, done):
            done = match.end()
            name, value = match[1].lower(), match[2] or ""
            values[name] = value.strip("\"'")
            self.check_attribute(element, name, value, match[0].strip())
        if text[done:].strip():
            self.refuse(opening[0], "its attributes cannot be read.")
        if element == "input" and values.get("type", "").lower() not in ("radio", "checkbox"):
            self.refuse(opening[0], "<input> does not belong in a letter.")
        if "http-equiv" in values and not _META.fullmatch(values["http-equiv"]):
            self.refuse(f'http-equiv="{values["http-equiv"]}"', "does not belong in a letter.")

    def check_attribute(self, element: str, name: str, value: str, word: str) -> None:
        has_tag = self.masked.pattern.search(value) is not None
        inner = value[1:-1] if value[:1] in ('"', "'") else value
        if self.masked.pattern.search(name.upper()) or self.masked.stem.lower() in name:
            self.refuse(word, "a variable may not stand in for an attribute.")
        elif has_tag and value[0] not in "\"'":
            self.refuse(word, f"{name} needs quotes around its value.")
        elif name == "style":
            self.check_style(inner, has_tag, word)
        elif name in _LINKS:
            self.check_link(name, inner, word)
        elif name in _PICTURES:
            self.check_picture(name, inner, word)
        elif name in _FOR_TEXT and not (element == "meta" and name == "content"):
            self.check_text(name, inner, word)
        elif name not in _FIXED and name != "content":
            given = word.partition("=")[0].strip()
            self.refuse(given, f"does not belong in <{element}>." + _close(name), near=word)
        elif has_tag:
            self.check_choice(name, inner, word)

    def check_style(self, css_text: str, has_tag: bool, word: str) -> None:
        if has_tag:
            match = self.masked.pattern.search(css_text)
            self.refuse(match[0], "no variable may stand inside style.", near=word)
        elif found := css.first_fault(css_text.replace("&quot;", '"').replace("&#39;", "'")):
            self.refuse(*found)
        elif re.search(r"&(?!amp;|#\d+;)", css_text):
            self.refuse(word, "styles may hold no character references.")

    def check_link(self, name: str, value: str, word: str) -> None:
        match = self.masked.pattern.match(value)
        if match and self.is_url(self.masked.tag(match)):
            if not _PARAMETERS.fullmatch(value, match.end()):
                self.refuse(word, f"behind a link only &amp;word=word may follow in {name}.")
        elif not _MAILTO.fullmatch(value):
            self.refuse(word, self._url_message(name, value), near=word)

    def check_picture(self, name: str, value: str, word: str) -> None:
        match = self.masked.pattern.fullmatch(value)
        if match and self.is_url(self.masked.tag(match)):
            return
        if self.masked.pattern.search(value) or not safe_url(value, self.hosts):
            self.refuse(word, self._url_message(name, value), near=word)

    def _url_message(self, name: str, value: str) -> str:
        message = f"{name} must be a link of the letter (such as shop_url) or "
        if value.startswith("https://") and not self.masked.pattern.search(value):
            if not safe_url(value, self.hosts):
                hosts = ", ".join(self.hosts)
                return f"{name}: shop.toml allows only the hosts {hosts}, over https."
            return message + f"{{{{ link('{value}') }}}}, which is tagged."
        return message + "{{ link('https://…') }}."

    def is_url(self, tag: Tag) -> bool:
        return tag.is_output and set(self.kinds_of(tag)) == {URL}

    def check_text(self, name: str, value: str, word: str) -> None:
        """Values may stand here, and conditions that begin and end here."""
        self.check_choice(name, value, word)
        for match in self.masked.pattern.finditer(value):
            tag = self.masked.tag(match)
            if tag.is_output and MARKUP in self.kinds_of(tag):
                self.refuse(tag.text, f"markup may not stand inside {name}.", near=word)

    def check_choice(self, name: str, value: str, word: str) -> None:
        """Whole conditions, and values where text is read; no half of a condition."""
        depth = 0
        for match in self.masked.pattern.finditer(value):
            tag = self.masked.tag(match)
            if tag.is_output:
                if name not in _FOR_TEXT:
                    self.refuse(tag.text, f"no variable may stand inside {name}.", near=word)
                continue
            depth += (tag.word in ("if", "unless")) - (tag.word in ("endif", "endunless"))
            if depth < 0 or tag.word not in _CHOICES:
                depth = 1
                break
        if depth:
            self.refuse(word, f"a condition must begin and end inside {name}.", near=word)


_CHOICES = frozenset(words("if elif elsif else endif unless endunless"))


def _close(word: str) -> str:
    return nearest(word, ELEMENTS | _FIXED | _FOR_TEXT | _LINKS | _PICTURES, cutoff=0.8)


def check_html(
    html: str, source: Source, masked: Masked, kinds_of: KindsOf, hosts: Iterable[str]
) -> None:
    """Refuse what is on none of the lists above. `kinds_of` says what a tag may print."""
    reading = _Reading(source, masked, kinds_of, tuple(hosts))
    reading.read(html)
    if reading.faults:
        raise TemplateRefused(*reading.faults)
