"""Tags of all kinds: found, put away while HTML is looked at, translated, or named and refused.

Merge tags (*|FNAME|*) are rewritten in the syntax of the file they stand in, before anything else.
Tags of systems that Penpal does not speak are refused with what to write instead, and so is
whatever still looks like a tag when all is done.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from penpal.letters.templates.contract import PRINTABLE, VARIABLES
from penpal.letters.templates.source import Source, TemplateRefused, fault, nearest

_PAIRS = {"{{": "}}", "{%": "%}", "{#": "#}"}
_OPEN = re.compile(r"\{[{%#]")
# Quotes open and close inside one tag: else a tag could end elsewhere than it seems to.
_BALANCED = re.compile(r"""(?:[^'"\\]|'[^'\\]*'|"[^"\\]*")*+""")
_RAW = re.compile(r"\{%[-+]?\s*(end)?raw\s*[-+]?%\}")


@dataclass(frozen=True)
class Tag:
    """One tag as written, where it begins, and its first word (`if`, `endfor`; '' for {{ }})."""

    text: str
    start: int
    word: str

    @property
    def is_output(self) -> bool:
        return self.text.startswith("{{")

    @property
    def is_comment(self) -> bool:
        return self.text.startswith("{#")


def find_tags(source: Source, *, comments: bool = True, in_html: bool = True) -> list[Tag]:
    """All tags from left to right; one that does not end is refused. Takes linear time.

    In HTML each tag ends at the first closing sign, and quotes are closed before it: so template
    language and HTML are cut apart at the same places by whoever reads them.
    """
    tags, at, text = [], 0, source.text
    while match := _OPEN.search(text, at):
        start, closing = match.start(), _PAIRS[match[0]]
        if match[0] == "{#" and not comments:
            at = start + 2
            continue
        end = text.find(closing, start + 2)
        if end < 0:
            line = text[start:].partition("\n")[0]
            raise source.refuse(start, line, f"the tag is not closed: {closing} is missing.")
        inner = text[start + 2 : end]
        is_comment = match[0] == "{#"
        if in_html and not is_comment and not _BALANCED.fullmatch(inner):
            raise source.refuse(
                start,
                text[start : end + 2],
                f"a text in quotes may hold no backslash and no {closing}",
            )
        word = re.match(r"[-+]?\s*(\w*)", inner)[1] if match[0] == "{%" else ""
        tags.append(Tag(text[start : end + 2], start, word))
        at = end + 2
    return tags


class Masked:
    """A source whose tags are words (`QTAG7Q`), so that they cannot confuse who reads HTML."""

    def __init__(self, source: Source, tags: list[Tag]):
        self.tags = tags
        self.stem = "QTAG"
        while self.stem in source.text:
            self.stem += "Q"
        self.pattern = re.compile(rf"{self.stem}(\d+)Q")
        parts, done = [], 0
        for number, tag in enumerate(tags):
            parts.append(source.cut(done, tag.start))
            word = "" if tag.is_comment else f"{self.stem}{number}Q"
            parts.append(Source.written_at(word, source.place(tag.start)))
            done = tag.start + len(tag.text)
        self.source = Source.joined([*parts, source.cut(done, len(source.text))])

    def tag(self, match: re.Match) -> Tag:
        return self.tags[int(match[1])]

    def unmask(self, text: str) -> str:
        return self.pattern.sub(lambda match: self.tag(match).text, text)


# --- merge tags ----------------------------------------------------------------------------------

_MERGE = re.compile(r"\*\|([^|*\n]{1,120})\|\*")
MERGE_TAGS = {
    "FNAME": "first_name",
    "MERGE1": "first_name",
    "LNAME": "last_name",
    "MERGE2": "last_name",
    "UNSUB": "unsubscribe_url",
    "UPDATE_PROFILE": "preferences_url",
    "LIST:COMPANY": "shop.name",
    "LIST:NAME": "shop.name",
    "LIST:ADDRESS": "shop.postal_address",
    "LIST:ADDRESSLINE": "shop.postal_address",
    "HTML:LIST_ADDRESS_HTML": "shop.postal_address",
    "LIST:URL": "shop_url",
    "MC:SUBJECT": "subject",
    "MC_PREVIEW_TEXT": "preheader",
    "COUPON": "offer.code",
    "ORDER:NUMBER": "order.number",
    "ORDER:TOTAL": "order.total",
}
MERGE_TAGS |= {name.upper(): name for name, known in VARIABLES.items() if known.kind in PRINTABLE}
_CONDITION = re.compile(r"([\w:]+?)\s*(?:(!?=|[<>]=?)\s*(.*))?")
_LETTERS = {"UPPER": ("upper", "upcase"), "LOWER": ("lower", "downcase")}
_LETTERS |= {"TITLE": ("title", "capitalize")}


class _MergeTags:
    """Rewrites the merge tags of one source; keeps which conditions are open."""

    def __init__(self, source: Source, is_liquid: bool):
        self.source, self.is_liquid = source, is_liquid
        self.open: list[str] = []

    def rewritten(self) -> Source:
        found = self.source.sub(_MERGE, self._one)
        if self.open:
            raise TemplateRefused(
                fault(self.source.find(self.open[-1]), self.open[-1], "*|END:IF|* is missing.")
            )
        return found

    def _one(self, match: re.Match) -> str:  # noqa: PLR0911 (one line a kind of tag)
        tag, name = match[0], match[1].strip()
        word, _, rest = name.partition(":")
        word = word.upper()
        if word in ("IF", "IFNOT"):
            self.open.append(tag)
            negated = "not " if word == "IFNOT" else ""
            if negated and self.is_liquid:
                self.open[-1] = "unless" + tag
                return f"{{% unless {self._condition(match, rest)} %}}"
            return f"{{% if {negated}{self._condition(match, rest)} %}}"
        if word in ("ELSEIF", "ELSE", "END") and not self.open:
            raise self._refuse(match, "there is no *|IF:…|* before it.")
        if word == "ELSEIF":
            return f"{{% {'elsif' if self.is_liquid else 'elif'} {self._condition(match, rest)} %}}"
        if word == "ELSE":
            return "{% else %}"
        if word == "END":
            is_unless = self.open.pop().startswith("unless")
            return "{% endunless %}" if is_unless else "{% endif %}"
        if word in _LETTERS:
            return f"{{{{ {self._variable(match, rest)} | {_LETTERS[word][self.is_liquid]} }}}}"
        return f"{{{{ {self._variable(match, name)} }}}}"

    def _condition(self, match: re.Match, text: str) -> str:
        parts = _CONDITION.fullmatch(text.strip())
        if not parts:
            raise self._refuse(match, "the condition should look like *|IF:FNAME|*.")
        variable, operator, value = self._variable(match, parts[1]), parts[2], parts[3]
        if not operator:
            return variable
        value = value.strip().strip("\"'")
        if re.search(r"[\"'\\{}%]", value):
            raise self._refuse(match, "the value may hold no quotes, braces or backslashes.")
        if not re.fullmatch(r"-?\d{1,9}(\.\d{1,4})?", value):
            value = f'"{value}"'
        return f"{variable} {'==' if operator == '=' else operator} {value}"

    def _variable(self, match: re.Match, name: str) -> str:
        found = MERGE_TAGS.get(name.strip().upper())
        if not found:
            near = nearest(name.strip().upper(), MERGE_TAGS)
            raise self._refuse(match, f"there is no such merge tag.{near}")
        return found

    def _refuse(self, match: re.Match, message: str) -> TemplateRefused:
        return self.source.refuse(match.start(), match[0], message)


def rewrite_merge_tags(source: Source, *, is_liquid: bool) -> Source:
    """*|FNAME|* and *|IF:FNAME|* … *|END:IF|* in the syntax of the file; unknown ones refused."""
    return _MergeTags(source, is_liquid).rewritten()


# --- tags of other systems -----------------------------------------------------------------------

# Handlebars, what stands for it in Jinja2, and in Liquid where that is different.
_ESCAPED = "{{ \\1 }}: values are always escaped"
_PARTIAL = '<mj-include path="shared/\\1.mjml" />, in a text '
_HANDLEBARS = (
    (r"\{\{\s*#\s*if\b\s*([^{}]*)\}\}", "{% if \\1 %}", None),
    (r"\{\{\s*#\s*unless\b\s*([^{}]*)\}\}", "{% if not \\1 %}", "{% unless \\1 %}"),
    (r"\{\{\s*#\s*each\b\s*([^{}]*)\}\}", "{% for item in \\1 %}", None),
    (r"\{\{\s*#\s*with\b[^{}]*\}\}", "the whole path: {{ cart.total }}", None),
    (r"\{\{\s*/\s*if\s*\}\}", "{% endif %}", None),
    (r"\{\{\s*/\s*unless\s*\}\}", "{% endif %}", "{% endunless %}"),
    (r"\{\{\s*/\s*each\s*\}\}", "{% endfor %}", None),
    (r"\{\{\s*else\s*\}\}", "{% else %}", None),
    (r"\{\{\s*else\s+if\s+([^{}]*)\}\}", "{% elif \\1 %}", "{% elsif \\1 %}"),
    (
        r"\{\{\s*>\s*([\w./-]*)[^{}]*\}\}",
        _PARTIAL + '{% include "shared/\\1.txt.j2" %}',
        _PARTIAL + '{% render "shared/\\1.txt.liquid" %}',
    ),
    (r"\{\{\{\s*([\w.]*)[^{}]*\}\}\}", _ESCAPED, None),
    (r"\{\{\s*&\s*([\w.]+)[^{}]*\}\}", _ESCAPED, None),
    (r"\{\{\s*![^{}]*\}\}", "{# … #}", "{% comment %} … {% endcomment %}"),
    (r"\{\{\s*@index\s*\}\}", "{{ loop.index0 }}", "{{ forloop.index0 }}"),
    (r"\{\{\s*@(?:first|last)\s*\}\}", "{% if loop.first %}", "{% if forloop.first %}"),
    (r"\{\{\s*this\.([\w.]+)\s*\}\}", "{{ item.\\1 }}", None),
    (r"\{\{\s*this\s*\}\}", "{{ item }}", None),
    (r"\{\{\s*[#^/@][^{}]*\}\}", "a tag of Jinja2: emails/README.md", "a tag of Liquid"),
)
_PATTERNS = [(re.compile(pattern), jinja, liquid) for pattern, jinja, liquid in _HANDLEBARS]
_ANY_HANDLEBARS = re.compile(r"\{\{\{|\{\{\s*(?:[#^/@>&!]|else\b|this\b)")


def refuse_handlebars(source: Source, *, is_liquid: bool) -> None:
    """Name each Handlebars tag, and what to write instead."""
    faults = []
    for begin in _ANY_HANDLEBARS.finditer(source.text):
        for pattern, jinja, liquid in _PATTERNS:
            if match := pattern.match(source.text, begin.start()):
                instead = match.expand((is_liquid and liquid) or jinja)
                instead = re.sub(r"\s+(%\}|\}\})", r" \1", instead)
                message = f"that is Handlebars, write {instead}"
                faults.append(fault(source.place(begin.start()), match[0], message))
                break
    if faults:
        raise TemplateRefused(*faults)


_LEFT_OVER = re.compile(
    r"\{\{|\}\}|\{%|%\}|\{#|#\}|\{\w+\}|\*\||\|\*|<%|%>|%%\w+%%|\$\{|#\{|\[\[|\]\]"
    r"|\[(?:first|last|full|your|company|customer)?[ _]?(?:f|l)?name\]|\[(?:email|unsubscribe)\]",
    re.IGNORECASE,
)
_STYLE = re.compile(r"<(mj-)?style\b", re.IGNORECASE)


def refuse_left_overs(masked: Masked) -> None:
    """Refuse what looks like a tag of any syntax in the text between tags, but for styles and
    what stands between {% raw %} and {% endraw %}."""
    source = _without_styles(masked.source)
    faults, is_raw, done = [], False, 0
    marks = [*masked.pattern.finditer(source.text), None]
    for mark in marks:
        end = mark.start() if mark else len(source.text)
        if not is_raw:
            for match in _LEFT_OVER.finditer(source.text, done, end):
                line = source.text[match.start() :].partition("\n")[0][:30]
                message = "this would be printed as it stands, it is no tag of this template."
                faults.append(fault(source.place(match.start()), masked.unmask(line), message))
        if mark:
            raw = _RAW.fullmatch(masked.tag(mark).text)
            is_raw = raw[1] is None if raw else is_raw
            done = mark.end()
    if faults:
        raise TemplateRefused(*faults)


def _without_styles(source: Source) -> Source:
    parts, done, lower = [], 0, source.text.lower()
    while match := _STYLE.search(source.text, done):
        end = lower.find(f"</{match[0][1:].lower()}", match.end())
        end = len(source.text) if end < 0 else end
        parts.append(source.cut(done, match.start()))
        done = end
    return Source.joined([*parts, source.cut(done, len(source.text))])
