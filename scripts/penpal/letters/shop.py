"""Shop settings: emails/shop.toml, checked."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from email.utils import formataddr, quote
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from babel.numbers import is_currency

from penpal.settings import EMAILS, UserError

# Not every address that a standard allows: - / | in front are an option, a file or a command to
# programs that send, and `=?` is decoded to a header of its own.
ADDRESS = re.compile(
    r"(?![-/|]|.*=\?)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
URL = re.compile(r"https://[A-Za-z0-9._~:/?#\[\]@!$&()*+=%-]{1,1000}")
DESIGN = {
    "colours": (re.compile(r"#[0-9a-fA-F]{6}"), "#1a2b3c"),
    "type": (re.compile(r"\d\dpx|[A-Za-z][\w ,'-]*"), "17px, or Georgia, serif"),
}


@dataclass(frozen=True)
class Shop:
    """The shop as letters present it; field names are the keys of shop.toml."""

    name: str
    base_url: str
    cart_url: str
    sender_name: str
    sender_address: str
    reply_to: str
    postal_address: str
    unsubscribe_url: str
    preferences_url: str
    confirm_url: str
    review_url: str
    unsubscribe_mailto: str
    allowed_hosts: tuple[str, ...]
    utm_source: str
    default_language: str
    colours: dict[str, str]
    type: dict[str, str]
    currency: str = "USD"  # of amounts that a template formats itself

    @cached_property
    def sender(self) -> str:
        """The From header, readable: whoever hands the letter over encodes what is not ASCII."""
        if self.sender_name.isascii():
            return formataddr((self.sender_name, self.sender_address))
        return f'"{quote(self.sender_name)}" <{self.sender_address}>'


def is_address(text: str) -> bool:
    """True for exactly one plain addr-spec (ASCII, no display name, no list)."""
    return len(text) <= 254 and ADDRESS.fullmatch(text) is not None


def host_allowed(host: str, allowed: tuple[str, ...]) -> bool:
    """True for a listed host or a subdomain of one."""
    return any(host == known or host.endswith("." + known) for known in allowed)


def is_link(url: str, hosts: tuple[str, ...]) -> bool:
    """True for an https address of an allowed host, which ends no header and no attribute."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    plain = parts.scheme == "https" and "@" not in parts.netloc and port in (None, 443)
    return plain and URL.fullmatch(url) is not None and host_allowed(host, hosts)


def load(path: Path = EMAILS / "shop.toml") -> Shop:
    """Read and check the shop settings; what is missing or wrong is a UserError naming the key."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from error
    names = {field.name for field in fields(Shop)}
    values.setdefault("currency", Shop.currency)
    for key in sorted(names ^ set(values)):
        raise UserError(f"{path}: {key} is {'unknown' if key in values else 'missing'}.")
    for key, kind in (("colours", dict), ("type", dict), ("allowed_hosts", list)):
        if not isinstance(values[key], kind):
            raise UserError(f"{path}: {key} must be a {'table' if kind is dict else 'list'}.")
    values["allowed_hosts"] = tuple(str(host).lower() for host in values["allowed_hosts"])
    for key in names - {"colours", "type", "allowed_hosts"}:
        value = values[key]
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise UserError(f"{path}: {key} must be a text of one line.")
        if key.endswith("_url") and not is_link(value, values["allowed_hosts"]):
            raise UserError(f"{path}: {key} must be an https address of an allowed host.")
    if not is_currency(values["currency"]):
        raise UserError(f"{path}: currency must be a code such as EUR.")
    for key in ("sender_address", "reply_to", "unsubscribe_mailto"):
        if not is_address(values[key]):
            raise UserError(f"{path}: {key} is not an e-mail address.")
    _check_design(path, values)
    return Shop(**values)


def _check_design(path: Path, values: dict) -> None:
    for table, (pattern, example) in DESIGN.items():
        for key, value in values[table].items():
            if not pattern.fullmatch(str(value)):
                raise UserError(f"{path}: {key} in [{table}] must look like {example}.")
