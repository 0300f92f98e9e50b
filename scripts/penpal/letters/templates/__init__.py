"""Letter templates: MJML compiled once to HTML that still holds tags, checked, rendered in bounds.

A letter is a file <name>.mjml.j2 (Jinja2) or <name>.mjml.liquid (Liquid), and a text file
<name>.txt.j2 or .txt.liquid, which begins with the lines `Subject: …` and `Preheader: …` and an
empty line. Without a text file these lines begin the MJML file, and the text is made of the HTML.
Merge tags (*|FNAME|*) may stand in any of them.

What both parts say stands in emails/locales/<language>.toml and is put in, with colours and type,
before compiling: a letter is written in every language whose file has its words. A letter, or
anything it includes, may also have a file of its own for a language: <name>.fr.mjml.j2,
shared/footer.fr.mjml.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from html import escape as escape_html
from pathlib import Path
from typing import Any

from jinja2.exceptions import TemplateNotFound

from penpal.letters.links import BLOCK_MARK
from penpal.letters.shop import Shop
from penpal.letters.templates.checking import Names
from penpal.letters.templates.jinja import Jinja, Sandbox
from penpal.letters.templates.liquid import Liquid
from penpal.letters.templates.markup import check_html, to_html
from penpal.letters.templates.plain_text import text_of
from penpal.letters.templates.source import (
    SIZE_LIMIT,
    Place,
    Source,
    TemplateRefused,
    fault,
    nearest,
)
from penpal.letters.templates.tags import (
    Masked,
    find_tags,
    refuse_handlebars,
    refuse_left_overs,
    rewrite_merge_tags,
)
from penpal.settings import EMAILS

RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}
LANGUAGES = {"j2": Jinja, "liquid": Liquid}
INCLUDE_LIMIT = 10

_NAME = re.compile(r"\w{1,80}", re.ASCII)
_HEAD = re.compile(r"Subject: [^\n]+\nPreheader: [^\n]+\n\n")
_INCLUDE = re.compile(r"""<mj-include\b((?:\s+[\w-]+="[^"<]*")*+)\s*(/?)>""")
_INCLUDES = re.compile(r"<(/?)mj-include\b")
_GIVEN = re.compile(r'([\w-]+)="([^"]*)"')
_TOKEN = re.compile(r"\[\[\s*([\w.]+)\s*\]\]")
_SIGNED = re.compile(r"\b(?:unsubscribe|preferences|confirm|review)_url\b")
_TAG = re.compile(r"(\{\{[^{}]*\}\}|\{%[^{}]*%\}|\{#[^{}]*#\})")

Render = Callable[[dict[str, Any]], str]


@dataclass(frozen=True)
class Letter:
    """A compiled template: functions that render its text, headed by the lines Subject and
    Preheader, and its HTML; and the variables that it looks at.

    Where it has no text file, `text` renders the head alone, and the rest is made of the HTML.
    """

    name: str
    language: str
    direction: str
    text: Render
    html: Render
    has_text: bool
    used: frozenset[str]


class Templates:
    """The letters of a folder, checked and compiled on first use."""

    def __init__(self, shop: Shop, root: Path = EMAILS):
        self.shop = shop
        self.root = root.resolve()
        self._letters: dict[tuple[str, str], Letter] = {}
        self._locales: dict[str, dict[str, dict[str, str]]] = {}
        self._known: dict[tuple[str, str], str] = {}

    # which letters there are

    def names(self) -> list[str]:
        """Names of all letters."""
        found = (path.name.split(".") for path in self.root.glob("*.*"))
        return sorted({parts[0] for parts in found if len(parts) > 2 and "mjml" in parts[1:-1]})

    def languages(self, name: str) -> list[str]:
        """The languages a letter is written in: the shop's own, those that have its words, and
        those for which it has a file."""
        found = {
            path.stem
            for path in (self.root / "locales").glob("*.toml")
            if name in self._locale(path.stem)
        }
        for path in self.root.glob(f"{name}.*.mjml.*"):
            found.add(path.name.split(".")[1])
        return sorted(found | {self.shop.default_language})

    def get(self, name: str, language: str | None) -> Letter:
        """The letter in the reader's language if it is written in it, else in the default language.

        Raises TemplateNotFound for a name without files, TemplateRefused for a bad template.
        """
        key = (name or "", language or "")
        if key not in self._known:
            if not _NAME.fullmatch(key[0]) or not self._path(key[0], "mjml"):
                raise TemplateNotFound("letter")
            is_known = key[1] in self.languages(key[0])
            self._known[key] = key[1] if is_known else self.shop.default_language
        known = (key[0], self._known[key])
        if known not in self._letters:
            self._letters[known] = _Letter(self, *known).compiled()
        return self._letters[known]

    def validate(self) -> list[str]:
        """Check every letter in every language; returns the faults, in order, each once."""
        faults: list[str] = []
        for name in self.names():
            for language in self._languages_or_none(name, faults):
                try:
                    if _NAME.fullmatch(name):
                        _Letter(self, name, language).check()
                    else:
                        faults.append(fault(f"{name}.mjml", "", "letters, digits and _ only."))
                except TemplateNotFound as error:
                    faults.append(fault(name, "", f"there is no emails/{error.name}."))
                except TemplateRefused as error:
                    faults += error.faults
        faults += self._texts_without_letter()
        return list(dict.fromkeys(faults))

    def sources(self, name: str, language: str) -> tuple[str, str]:
        """(MJML, text) of a letter, with all that is put in and included, and its tags."""
        letter = _Letter(self, name, language)
        head, mjml = letter._mjml_sources()
        return mjml.text, letter._text()[1] if letter.txt else head.text

    def _languages_or_none(self, name: str, faults: list[str]) -> list[str]:
        try:
            return self.languages(name)
        except TemplateRefused as error:
            faults += error.faults
            return []

    def _texts_without_letter(self) -> list[str]:
        names = self.names()
        texts = {p.name for s in LANGUAGES for p in self.root.glob(f"*.txt.{s}")}
        return [
            fault(
                f"{text}:1",
                text.split(".")[0],
                f"has no MJML file.{nearest(text.split('.')[0], names)}",
            )
            for text in sorted(texts)
            if text.split(".")[0] not in names
        ]

    # files

    def _path(self, name: str, part: str, language: str = "") -> str | None:
        """The file of a part of a letter, in a language where it has one."""
        for stem in ([f"{name}.{language}"] if language else []) + [name]:
            found = [s for s in LANGUAGES if (self.root / f"{stem}.{part}.{s}").is_file()]
            if len(found) > 1:
                raise TemplateRefused(
                    fault(
                        f"{stem}.{part}.{found[0]}:1",
                        stem,
                        f"there is a .{found[1]} file of it too: keep one.",
                    )
                )
            if found:
                return f"{stem}.{part}.{found[0]}"
        return None

    def read(self, path: str, language: str = "", suffix: str = "") -> Source:
        """A file of the folder: of this language or template language, if there is one."""
        own = [in_language(path, language), path] if language else [path]
        if suffix:
            own = [f"{one}.{suffix}" for one in own if not one.endswith(suffix)] + own
        for one in own:
            file = (self.root / one).resolve()
            if file.is_relative_to(self.root) and file.is_file():
                return Source.of_file(_decoded(file, one), one)
        raise TemplateNotFound(path)

    def _locale(self, language: str) -> dict[str, dict[str, str]]:
        """Letter -> word -> text, of one language; {} where it has no file."""
        if language not in self._locales:
            path = self.root / "locales" / f"{language}.toml"
            try:
                text = path.read_text(encoding="utf-8") if path.is_file() else ""
                found = tomllib.loads(text)
            except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                line = re.search(r"line (\d+)", str(error))
                where = f"locales/{language}.toml:{line[1] if line else 1}"
                raise TemplateRefused(fault(where, "", f"cannot be read: {error}.")) from error
            self._locales[language] = {k: v for k, v in found.items() if isinstance(v, dict)}
        return self._locales[language]

    def tokens(self, name: str, language: str) -> dict[str, str | Source]:
        """What [[ … ]] stands for in a letter: colours, type, sides of the page, words."""
        rtl, locale = language in RIGHT_TO_LEFT, self._locale(language)
        sides = ("right", "left", "rtl") if rtl else ("left", "right", "ltr")
        words = {
            f"words.{word}": Source.written_at(str(text), self._word_place(language, word))
            for section in ("shared", name)
            for word, text in locale.get(section, {}).items()
        }
        plain = dict(zip(("start", "end", "direction"), sides, strict=True))
        return {**self.shop.colours, **self.shop.type, **plain, **words}

    def _word_place(self, language: str, word: str) -> Place:
        file = f"locales/{language}.toml"
        lines = (self.root / file).read_text(encoding="utf-8").splitlines()
        found = (
            n for n, line in enumerate(lines, 1) if re.match(rf"\s*{re.escape(word)}\s*=", line)
        )
        return Place(file, next(found, 1))


def _decoded(file: Path, name: str) -> str:
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise TemplateRefused(fault(f"{name}:1", "", "is not UTF-8.")) from error
    if len(text) > SIZE_LIMIT:
        raise TemplateRefused(fault(f"{name}:1", "", f"exceeds {SIZE_LIMIT // 1024} KB."))
    return text


def in_language(path: str, language: str) -> str:
    """Where a file of emails/ stands in another language: shared/footer.fr.mjml."""
    folder, slash, file = path.rpartition("/")
    stem, dot, suffix = file.partition(".")
    return f"{folder}{slash}{stem}.{language}{dot}{suffix}"


class _Letter:
    """One letter in one language on its way from files to functions."""

    def __init__(self, templates: Templates, name: str, language: str):
        self.templates, self.name, self.language = templates, name, language
        self.shop = templates.shop
        self.tokens = templates.tokens(name, language)
        mjml = templates._path(name, "mjml", language)
        if not mjml:
            raise TemplateNotFound("letter")
        self.mjml, self.txt = mjml, templates._path(name, "txt", language)
        self.html_names, self.text_names, self.faults = Names(), Names(), []

    def compiled(self) -> Letter:
        """The letter as functions; raises TemplateRefused with all its faults."""
        text, html = self.check()
        used = self.html_names.used | self.text_names.used
        return Letter(
            name=self.name,
            language=self.language,
            direction=str(self.tokens["direction"]),
            text=text[0].compile(text[1]),
            html=html[0].compile(html[1]),
            has_text=self.txt is not None,
            used=frozenset(used),
        )

    def check(self) -> tuple:
        """(language, source) of the text and of the HTML."""
        head, mjml = self._collect(self._mjml_sources) or (None, None)
        text = self._collect(self._text if self.txt else lambda: self._head(head))
        html = self._collect(lambda: self._html(mjml)) if mjml else None
        if self.faults:
            raise TemplateRefused(*self.faults)
        return text, html

    def _collect(self, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except TemplateRefused as error:
            self.faults += error.faults
            return None
        except TemplateNotFound as error:
            self.faults.append(
                fault(f"{self.mjml}:1", str(error.name), "there is no such file below emails/.")
            )
            return None

    # sources

    def _language(self, file: str, names: Names, *, is_html: bool) -> Jinja | Liquid:
        suffix = file.rpartition(".")[2]

        def read(path: str) -> Source:
            source = self.templates.read(path, self.language)
            return self._put_in(source, is_liquid=suffix == "liquid")

        return LANGUAGES[suffix](
            names,
            read,
            is_html=is_html,
            hosts=self.shop.allowed_hosts,
            language=self.language,
            currency=self.shop.currency,
        )

    def _put_in(self, source: Source, *, is_liquid: bool, in_html: bool = False) -> Source:
        """Words and colours put in, merge tags rewritten, other systems' tags refused."""
        source = fill(source, self.tokens, in_html=in_html)
        if len(source.text) > SIZE_LIMIT:
            raise TemplateRefused(
                fault(
                    source.place(0), "", f"exceeds {SIZE_LIMIT // 1024} KB with what it includes."
                )
            )
        source = rewrite_merge_tags(source, is_liquid=is_liquid)
        refuse_handlebars(source, is_liquid=is_liquid)
        tags = find_tags(source, comments=not is_liquid, in_html=in_html)
        refuse_left_overs(Masked(source, tags))
        return source

    def _text(self) -> tuple:
        """The text file, head and all."""
        is_liquid = self.txt.endswith(".liquid")
        source = self._put_in(self.templates.read(self.txt), is_liquid=is_liquid)
        if not _HEAD.match(source.text):
            line = source.text.partition("\n")[0]
            message = "must begin with the lines 'Subject: …', 'Preheader: …' and an empty line."
            raise source.refuse(0, line, message)
        return self._checked(self.txt, source, self.text_names)

    def _head(self, source: Source | None) -> tuple:
        """The head that begins an MJML file without a text file."""
        if source is None:
            stem = self.mjml.partition(".mjml.")[0]
            message = (
                f"there is no text part: write emails/{stem}.txt.j2, or begin this file with the "
                "lines 'Subject: …', 'Preheader: …' and an empty line, and the text is made of the "
                "HTML."
            )
            raise TemplateRefused(fault(Place(self.mjml, 1), "", message))
        return self._checked(self.mjml, source, self.text_names)

    def _checked(self, file: str, source: Source, names: Names) -> tuple:
        language = self._language(file, names, is_html=False)
        language.check(source)
        return language, source.text

    def _mjml_sources(self) -> tuple[Source | None, Source]:
        """The head, where the file begins with one, and the MJML with what it includes."""
        is_liquid = self.mjml.endswith(".liquid")
        source, head = self.templates.read(self.mjml), None
        if found := _HEAD.match(source.text):
            head = self._put_in(source.cut(0, found.end()), is_liquid=is_liquid)
            source = source.cut(found.end(), len(source.text))

        def read(path: str) -> Source:
            return self.templates.read(path, self.language, "liquid" if is_liquid else "")

        source = expand(_without_comments(source), read)
        return head, self._put_in(source, is_liquid=is_liquid, in_html=True)

    def _html(self, source: Source) -> tuple:
        language = self._language(self.mjml, self.html_names, is_html=True)
        language.check(source)
        masked = Masked(source, find_tags(source, comments=not language.is_liquid))
        html = to_html(self.mjml, masked)
        check_html(html, source, masked, language.kinds_of, self.shop.allowed_hosts)
        return language, masked.unmask(with_blocks(html, source, masked))


def with_blocks(html: str, source: Source, masked: Masked) -> str:
    """The HTML whose links end with the block that they stand in (links.numbered reads it).

    Signed links stay as they are: they are no visit of the campaign.
    """

    def marked(match: re.Match) -> str:
        tag = masked.tag(match)
        if _SIGNED.search(tag.text):
            return match[0]
        return f"{match[0]}{BLOCK_MARK}{source.place(tag.start).block or 'letter'}"

    return re.sub(rf'(?<=href="){masked.pattern.pattern}(?=")', marked, html)


def _without_comments(source: Source) -> Source:
    """The source without <!-- … -->, but for Outlook's conditional ones; its lines stay."""
    parts, done, text = [], 0, source.text
    at = text.find("<!--")
    while at >= 0:
        if text.startswith(("<!--[if", "<!--<![endif]", "<!-->"), at):
            at = text.find("<!--", at + 4)
            continue
        end = text.find("-->", at + 4)
        if end < 0:
            raise source.refuse(at, text[at : at + 40], "the comment is not closed.")
        parts.append(source.cut(done, at))
        done = end + 3
        at = text.find("<!--", done)
    return Source.joined([*parts, source.cut(done, len(text))])


def expand(source: Source, read: Callable[[str], Source], depth: int = 0) -> Source:
    """The source with what it includes: attributes of <mj-include> stand for [[ … ]] in that, and
    what it encloses for [[ content ]]."""
    if len(source.text) > 4 * SIZE_LIMIT:
        raise TemplateRefused(fault(source.place(0), "", "grows too large with what it includes."))
    parts, done, text = [], 0, source.text
    while match := _INCLUDES.search(text, done):
        opening = _INCLUDE.match(text, match.start())
        given = dict(_GIVEN.findall(opening[1])) if opening else {}
        if not opening or "path" not in given:
            word = text[match.start() :].partition("\n")[0]
            raise source.refuse(match.start(), word, 'write <mj-include path="shared/….mjml" />.')
        place, path = source.place(match.start()), given["path"]
        if depth >= INCLUDE_LIMIT:
            raise TemplateRefused(fault(place, path, "its includes go in a circle."))
        try:
            included = _without_comments(read(path))
        except TemplateNotFound as error:
            message = "there is no such file below emails/."
            raise TemplateRefused(fault(place, path, message)) from error
        put: dict[str, str | Source] = dict(given)
        end = opening.end()
        if not opening[2]:
            inner_end, end = _end_of_include(source, opening)
            put["content"] = source.cut(opening.end(), inner_end)
        included = included.sub(_TOKEN, lambda token: put.get(token[1], token[0]))  # noqa: B023
        whole = expand(included, read, depth + 1)
        if opening[2]:  # what encloses others is a layout; else the outermost block gives its name
            whole = whole.in_block(path.rpartition("/")[2].partition(".")[0])
        parts += [source.cut(done, match.start()), whole]
        done = end
    return Source.joined([*parts, source.cut(done, len(text))])


def _end_of_include(source: Source, opening: re.Match) -> tuple[int, int]:
    """Where what an <mj-include> encloses ends, and where its closing tag does."""
    depth, text, at = 1, source.text, opening.end()
    while match := re.compile(r"<mj-include\b[^<>]*?(/?)>|</mj-include\s*>").search(text, at):
        at = match.end()
        if match[0].startswith("</"):
            depth -= 1
        elif not match[1]:
            depth += 1
        if depth == 0:
            return match.start(), match.end()
    raise source.refuse(opening.start(), opening[0], "</mj-include> or /> is missing.")


def fill(source: Source, tokens: dict[str, str | Source], *, in_html: bool = False) -> Source:
    """The source with its tokens, [[ accent ]] and [[ words.title ]], put in."""

    def one(match: re.Match) -> str | Source:
        token, value = match[1], tokens.get(match[1])
        if value is None:
            what, near = f"shop.toml has no {token}.", nearest(token, tokens)
            if token.startswith("words."):
                what = f"its locale has no word {token.removeprefix('words.')}."
            raise source.refuse(match.start(), match[0], what + near)
        if isinstance(value, str):
            return value
        if in_html:
            parts = _TAG.split(value.text)
            escaped = "".join(p if _TAG.fullmatch(p) else escape_html(p) for p in parts)
        else:
            # A tag at the end of a line would take the line's end with it.
            escaped = re.sub(r"(?<![-+])%\}$", "+%}", value.text)
        return Source.written_at(escaped, value.place(0))

    return source.sub(_TOKEN, one)


__all__ = ["Letter", "Sandbox", "TemplateRefused", "Templates", "in_language", "text_of"]
