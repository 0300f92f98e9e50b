"""A letter of the outbox as an RFC 5322 message, the same bytes each time.

Written by hand: before 3.13 Python's own generator turns a long List-Unsubscribe or Message-ID into
encoded words, which no mail server reads, and decodes `=?` in values. DKIM is the sender's to add.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr

from penpal.letters.shop import is_address

LINE = 76  # characters of a header line and of a body line; RFC 5322 wants fewer than 78
LONGEST_LINE = 998  # RFC 5322, 2.1.1
ENCODED = 45  # bytes of an encoded word: 60 characters of base64, 75 with its frame (RFC 2047)
# Nothing else may stand in the headers of an outbox: whoever writes Bcc there is no renderer.
ALLOWED = frozenset(
    [
        "from",
        "to",
        "reply-to",
        "subject",
        "message-id",
        "date",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "list-id",
        "list-help",
        "feedback-id",
        "auto-submitted",
        "precedence",
    ]
)
ORDER = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID")
_NAME = re.compile(r"[!-9;-~]{1,76}")
_JOINERS = re.compile("[\u200c\u200d\u200e\u200f]")  # emoji, Persian; marks of direction
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_NEEDS_CARE = re.compile(rb"^(?:From |\.)", re.MULTILINE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class UnsafeLetter(Exception):
    """A letter that cannot be handed over as it is; the message holds no personal data."""


def checked(name: str, value: object) -> str:
    """A header's value, if it can stand in a header of its own.

    A line break would begin another header, and so would `=?` in programs that decode it first.
    """
    if not isinstance(value, str) or not value.strip():
        raise UnsafeLetter(f"{name} is empty")
    if "=?" in value or not _JOINERS.sub("", value).isprintable():
        raise UnsafeLetter(f"{name} holds a line break, control character or '=?'")
    return value


def headers_of(letter: Mapping[str, object], headers: Mapping[str, object]) -> dict[str, str]:
    """The checked headers of a letter, Date with them; values are plain text, not encoded yet.

    The Date is the clock of the run that decided the letter, so the message does not change from
    one hand-over to the next.
    """
    result = {}
    for name, value in headers.items():
        lowered = name.lower()
        if not _NAME.fullmatch(name) or not (lowered in ALLOWED or lowered.startswith("x-")):
            raise UnsafeLetter(f"a header that letters do not have: {name[:40]!r}")
        result[name] = checked(name, value)
    lowered = {name.lower() for name in result}
    if len(lowered) != len(result):
        raise UnsafeLetter("a header stands twice")
    for name in ("from", "to", "subject", "message-id"):
        if name not in lowered:
            raise UnsafeLetter(f"there is no {name.capitalize()}")
    value = {name.lower(): one for name, one in result.items()}
    if not is_address(value["to"]) or value["to"] != letter["email"]:
        raise UnsafeLetter("To is not exactly the address of the letter")
    for name in ("from", "reply-to"):
        if name in value and not is_address(parseaddr(value[name])[1]):
            raise UnsafeLetter(f"{name.capitalize()} is not exactly one address")
    rendered_at = letter["rendered_at"]
    if "date" not in lowered:
        if not isinstance(rendered_at, datetime):
            raise UnsafeLetter("the letter does not say when it was rendered")
        result["Date"] = format_datetime(rendered_at.replace(tzinfo=UTC))
    return result


def normalised(text: str) -> str:
    """Text whose lines end in a newline, whatever they ended in; no control characters."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def encoded_words(text: str) -> str:
    """Any text as encoded words of whole characters, a line each (RFC 2047)."""
    words, chunk = [], b""
    for character in text:
        one = character.encode("utf-8")
        if len(chunk) + len(one) > ENCODED:
            words.append(chunk)
            chunk = b""
        chunk += one
    words.append(chunk)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in words)


def folded(line: str) -> str:
    """A header line, broken before blanks where it is longer than LINE."""
    lines, current = [], ""
    for piece in re.split(r"(?<=\S)(?= )", line):
        has_value = " " in current  # some programs lose a value that begins on the second line
        if has_value and len(current) + len(piece) > LINE and piece.strip():
            lines.append(current)
            current = ""
        current += piece
    lines.append(current)
    if any(len(one) > LONGEST_LINE for one in lines):
        raise UnsafeLetter(f"{line.partition(':')[0]} is too long for a line")
    return "\r\n".join(lines)


def header_line(name: str, value: str) -> str:
    """One header as it is sent, without its last line break."""
    if name.lower() in ("from", "reply-to"):
        display, address = parseaddr(value)
        return _mailbox(name, display, address)
    if value.isascii() and value == value.strip():
        return folded(f"{name}: {value}")
    if name.lower() != "subject" and not name.lower().startswith("x-"):
        raise UnsafeLetter(f"{name} is not ASCII")
    return f"{name}: {encoded_words(value)}"


def _mailbox(name: str, display: str, address: str) -> str:
    if not display:
        return f"{name}: {address}"
    if not display.isascii():
        return f"{name}: {encoded_words(display)}\r\n <{address}>"
    if not _ATOMS.fullmatch(display):
        escaped = display.replace("\\", "\\\\").replace('"', '\\"')
        display = f'"{escaped}"'
    return folded(f"{name}: {display} <{address}>")


def body_part(subtype: str, text: str) -> bytes:
    """A text/… part with its headers: 7bit where that says it all, else quoted-printable."""
    content = normalised(text)
    content = content if content.endswith("\n") else content + "\n"
    raw = content.encode("utf-8", "replace")
    is_plain = (
        raw.isascii()
        and not _NEEDS_CARE.search(raw)
        and all(len(line) <= LINE and not line.endswith((b" ", b"\t")) for line in raw.split(b"\n"))
    )
    encoding = "7bit" if is_plain else "quoted-printable"
    body = raw if is_plain else quoted_printable(raw)
    head = f"Content-Type: text/{subtype}; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n"
    return (head.encode() + body).replace(b"\n", b"\r\n")


def quoted_printable(raw: bytes) -> bytes:
    """Lines of at most 76 characters; none begins with a dot or 'From ', which servers change."""
    encoded = binascii.b2a_qp(raw, quotetabs=False, istext=True)
    while _NEEDS_CARE.search(encoded):
        encoded = b"\n".join(map(_careful, encoded.split(b"\n")))
    return encoded


def _careful(line: bytes) -> bytes:
    if not _NEEDS_CARE.match(line):
        return line
    first, rest = b"=%02X" % line[0], line[1:]
    return first + rest if len(first) + len(rest) <= LINE else first + b"=\n" + rest


def as_message(letter: Mapping[str, object], headers: Mapping[str, str]) -> bytes:
    """The whole message, lines ending in CRLF. `headers` are those of `headers_of`."""
    names = sorted(headers, key=lambda n: (ORDER.index(n) if n in ORDER else len(ORDER), n))
    lines = [header_line(name, headers[name]) for name in names]
    parts = [body_part("plain", str(letter["text"])), body_part("html", str(letter["html"]))]
    boundary = _boundary(str(letter["message_id"]), parts)
    lines += [
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
    ]
    mark = f"--{boundary}".encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


def _boundary(message_id: str, parts: list[bytes]) -> str:
    """A line that no part holds, always the same for a message."""
    count = 0
    while True:
        digest = hashlib.sha256(f"{message_id} {count}".encode()).hexdigest()
        boundary = f"=_{digest[:32]}"
        if not any(boundary.encode() in part for part in parts):
            return boundary
        count += 1
