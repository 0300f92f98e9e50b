"""Which features of CSS and HTML a letter uses, as keys such as 'property:float'.

`keys_of` gives the keys by which a feature of caniemail is found, `of_page` the keys of a letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import tinycss2

from penpal.lint.page import Page
from penpal.lint.values import shallow

Place = tuple[int | None, str]  # line, element

_PROPERTIES = {  # where the slug is not the property's name
    "css-block-inline-size": ["block-size"],
    "css-border-inline-block": ["border-inline", "border-block"],
    "css-border-inline-block-individual": [
        f"border-{axis}-{end}" for axis in ("inline", "block") for end in ("start", "end")
    ],
    "css-border-inline-block-longhand": [
        f"border-{axis}-{end}-{what}"
        for axis in ("inline", "block")
        for end in ("start", "end")
        for what in ("width", "style", "color")
    ],
    "css-border-radius-logical": [
        f"border-{one}-{other}-radius" for one in ("start", "end") for other in ("start", "end")
    ],
    "css-column-layout-properties": ["columns", "column-width", "column-rule", "column-span"],
    "css-gap": ["gap", "column-gap", "row-gap"],
    "css-grid-template": ["grid-template", "grid-template-columns", "grid-template-rows",
                          "grid-template-areas"],
    "css-left-right-top-bottom": ["left", "right", "top", "bottom"],
    "css-margin": ["margin", "margin-top", "margin-right", "margin-bottom", "margin-left"],
    "css-margin-block-start-end": ["margin-block-start", "margin-block-end"],
    "css-margin-inline-block": ["margin-inline", "margin-block"],
    "css-margin-inline-start-end": ["margin-inline-start", "margin-inline-end"],
    "css-padding": ["padding", "padding-top", "padding-right", "padding-bottom", "padding-left"],
    "css-padding-block-start-end": ["padding-block-start", "padding-block-end"],
    "css-padding-inline-block": ["padding-inline", "padding-block"],
    "css-padding-inline-start-end": ["padding-inline-start", "padding-inline-end"],
    "css-scroll-snap": ["scroll-snap-type", "scroll-snap-align"],
    "css-overflow": ["overflow", "overflow-x", "overflow-y"],
    "css-animation": ["animation", "animation-name"],
}  # fmt: skip
_SEMANTIC = ("article", "aside", "details", "figcaption", "figure", "footer", "header", "main")
_SEMANTIC += ("mark", "nav", "section", "summary", "time")
_OTHER_KEYS = {
    "css-comments": [],  # of no consequence to a letter
    "css-display-flex": ["value:display:flex", "value:display:inline-flex"],
    "css-display-grid": ["value:display:grid", "value:display:inline-grid"],
    "css-display-none": ["value:display:none"],
    "css-display": [],
    "css-flex-direction": ["value:flex-direction:column"],
    "css-flex-wrap": ["value:flex-wrap:wrap"],
    "css-important": ["important"],
    "css-inert-attribute": ["attribute:inert"],
    "css-intrinsic-size": ["keyword:fit-content", "keyword:min-content", "keyword:max-content"],
    "css-modern-color": [f"function:{name}" for name in ("lch", "oklch", "lab", "oklab")],
    "css-rgb": ["function:rgb"],
    "css-rgba": ["function:rgba"],
    "css-sytem-ui": [f"keyword:{name}" for name in ("system-ui", "ui-serif", "ui-sans-serif")],
    "css-unit-calc": ["function:calc"],
    "css-unit-initial": ["keyword:initial"],
    "css-unit-percent": ["unit:%"],
    "css-variables": ["function:var"],
    "css-nesting": ["nesting"],
    "css-at-media-device-pixel-ratio": ["media:-webkit-min-device-pixel-ratio",
                                        "media:-webkit-device-pixel-ratio"],
    "css-at-media-hover": ["media:hover", "media:any-hover"],
    "html-anchor-links": ["anchor"],
    "html-background": ["attribute:background"],
    "html-comments": [],
    "html-doctype": [],
    "html-dialog": ["element:dialog"],
    "html-h1-h6": [f"element:h{level}" for level in range(1, 7)],
    "html-image-maps": ["attribute:usemap"],
    "html-link": ["element:link"],
    "html-lists": ["element:ul", "element:ol", "element:dl"],
    "html-loading-attribute": ["attribute:loading"],
    "html-mailto-links": ["mailto"],
    "html-meta-color-scheme": ["meta:color-scheme"],
    "html-semantics": [
        f"element:{tag}" for tag in _SEMANTIC
    ],
    "html-srcset": ["attribute:srcset"],
    "image-base64": ["image:data"],
    "image-jpg": ["image:jpg", "image:jpeg"],
    "image-heif": ["image:heif", "image:heic"],
    "image-tiff": ["image:tiff", "image:tif"],
    "image-mp4": ["image:mp4"],
    "image-hdr": [],
    "image-apng": ["image:apng"],
}  # fmt: skip
_ATTRIBUTES = frozenset(
    [
        "align",
        "aria-describedby",
        "aria-hidden",
        "aria-label",
        "aria-labelledby",
        "aria-live",
        "cellpadding",
        "cellspacing",
        "dir",
        "height",
        "hidden",
        "lang",
        "popover",
        "required",
        "role",
        "target",
        "valign",
        "width",
    ]
)
_IMAGE = re.compile(r"\.([a-z0-9]{2,4})(?:[?#]|$)", re.IGNORECASE)


def keys_of(slug: str) -> list[str]:  # noqa: PLR0911 (one line a family of features)
    """The keys of a feature of caniemail; empty for what a letter does not show."""
    if slug in _OTHER_KEYS:
        return _OTHER_KEYS[slug]
    if slug in _PROPERTIES:
        return [f"property:{name}" for name in _PROPERTIES[slug]]
    kind, _, name = slug.partition("-")
    if kind == "image":
        return [f"image:{name}"]
    if kind == "html":
        if name.startswith(("input-", "button-")):
            tag, _, type_of = name.partition("-")
            return [f"{tag}:{type_of}"]
        return [f"attribute:{name}" if name in _ATTRIBUTES else f"element:{name}"]
    if kind != "css":
        return []
    for prefix in ("at-media-", "at-", "pseudo-class-", "pseudo-element-", "selector-", "unit-"):
        if name.startswith(prefix):
            family = {"at-media-": "media", "at-": "at"}.get(prefix, prefix.split("-")[0])
            return [f"{family}:{name.removeprefix(prefix)}"]
    if name.startswith("function-"):
        return [f"function:{name.removeprefix('function-')}"]
    if name.endswith("-gradient"):
        return [f"function:{name}", f"function:repeating-{name}"]
    return [f"property:{name}"]


def of_page(page: Page) -> dict[str, Place]:
    """The keys of a letter, each with where it is used first."""
    used: dict[str, Place] = {}
    for element in page.by_tag("style"):
        for key, line in _sheet("".join(element.itertext())):
            used.setdefault(key, ((element.sourceline or 1) + line - 1, "style"))
    for element in page.elements:
        place = (element.sourceline, element.tag)
        for key in _element(element):
            used.setdefault(key, place)
        if element.get("style"):
            for key in _inline(element.get("style")):
                used.setdefault(key, place)
    return used


def _element(element: Any) -> Iterator[str]:
    tag = element.tag
    yield f"element:{tag}"
    for name, value in element.items():
        yield f"attribute:{name}"
        if name == "href" and tag == "a":
            if value.startswith("#") and len(value) > 1:
                yield "anchor"
            elif value.lower().startswith("mailto:"):
                yield "mailto"
    if tag in ("input", "button"):
        yield f"{tag}:{(element.get('type') or ('text' if tag == 'input' else 'submit')).lower()}"
    elif tag == "meta" and (element.get("name") or "").lower() == "color-scheme":
        yield "meta:color-scheme"
    elif tag == "img":
        source = element.get("src") or ""
        if source.lower().startswith("data:"):
            yield "image:data"
        elif match := _IMAGE.search(source.split("?")[0]):
            yield f"image:{match[1].lower()}"


@lru_cache(maxsize=20_000)
def _inline(text: str) -> frozenset[str]:
    parsed = tinycss2.parse_blocks_contents(shallow(text), skip_comments=True)
    return frozenset(key for one in parsed for key in _declaration(one))


def _declaration(one: Any) -> Iterator[str]:
    if one.type == "qualified-rule":
        yield "nesting"
    if one.type != "declaration":
        return
    yield f"property:{one.lower_name}"
    if one.important:
        yield "important"
    yield from _values(one.lower_name, one.value)


def _values(name: str, tokens: list[Any]) -> Iterator[str]:
    stack = list(tokens)
    while stack:
        token = stack.pop()
        if token.type == "dimension":
            yield f"unit:{token.lower_unit}"
        elif token.type == "percentage":
            yield "unit:%"
        elif token.type == "ident":
            yield f"value:{name}:{token.lower_value}"
            yield f"keyword:{token.lower_value}"
        elif token.type == "function":
            yield f"function:{token.lower_name}"
            stack.extend(token.arguments)


@lru_cache(maxsize=64)
def _sheet(text: str) -> tuple[tuple[str, int], ...]:
    """Keys of a style sheet with their lines; each key once."""
    found: dict[str, int] = {}
    stack = list(tinycss2.parse_stylesheet(shallow(text), skip_comments=True, skip_whitespace=True))
    while stack:
        rule = stack.pop(0)
        keys: list[str] = []
        if rule.type == "at-rule":
            keys.append(f"at:{rule.lower_at_keyword}")
            if rule.lower_at_keyword == "media":
                query = tinycss2.serialize(rule.prelude).lower()
                keys += [f"media:{name}" for name in re.findall(r"\(\s*([a-z-]+)", query)]
            if rule.content and rule.lower_at_keyword in ("media", "supports", "layer"):
                stack[:0] = tinycss2.parse_rule_list(
                    rule.content, skip_comments=True, skip_whitespace=True
                )
        elif rule.type == "qualified-rule":
            keys += _selectors(tinycss2.serialize(rule.prelude))
            for one in tinycss2.parse_blocks_contents(rule.content, skip_comments=True):
                keys += _declaration(one)
        for key in keys:
            found.setdefault(key, rule.source_line)
    return tuple(found.items())


def _selectors(text: str) -> Iterator[str]:
    text = re.sub(r"\"[^\"]*\"|'[^']*'", "", text)
    for name in re.findall(r"::?([a-z-]+)", text.lower()):
        yield f"pseudo:{name}"
    signs = {
        "attribute": r"\[", "child": r">", "adjacent-sibling": r"\+", "general-sibling": r"~(?!=)",
        "universal": r"(?<![|\w])\*(?!=)", "id": r"#[\w-]", "class": r"\.[a-z_-]", "grouping": r",",
        "chaining": r"\.[\w-]+\.[\w-]+", "descendant": r"[\w\])*]\s+[\w.#\[:*]",
    }  # fmt: skip
    for name, pattern in signs.items():
        if re.search(pattern, text, re.IGNORECASE):
            yield f"selector:{name}"
