"""From files to letters: .eml, .mbox, .html, outbox Parquet; any encoding, however damaged."""

from __future__ import annotations

import email
import email.policy
import json
import mailbox
import re
from collections import Counter
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from penpal.lint.mail import Mail
from penpal.settings import UserError

KINDS = (".eml", ".html", ".htm", ".mbox", ".parquet")
ONCE = ("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to",
        "references", "mime-version", "content-type", "list-unsubscribe",
        "list-unsubscribe-post")  # fmt: skip
# What Python's e-mail package raises for headers and parts that are damaged.
UNREADABLE = (MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError)
LARGEST = 50 * 1024 * 1024  # bytes of a file that is read as one letter
_META = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_CODES = {"utf8": "utf-8", "unicode": "utf-8", "iso-8859-1": "cp1252", "latin1": "cp1252",
          "us-ascii": "utf-8", "ascii": "utf-8", "iso-8859-8-i": "iso-8859-8",
          "ks_c_5601-1987": "cp949", "x-sjis": "cp932", "shift_jis": "cp932",
          "gb2312": "gb18030", "gbk": "gb18030"}  # fmt: skip


def read(path: Path, transactional: frozenset[str] = frozenset()) -> Iterator[Mail]:
    """The letters of a file or of all files of a folder, in the order of their names.

    Mail from files is foreign, what stands in an outbox is the shop's own. Raises UserError for
    what cannot be read.
    """
    if path.is_dir():
        files = sorted(f for f in path.rglob("*") if f.is_file() and f.suffix.lower() in KINDS)
        if not files:
            raise UserError(f"{path} holds no {', '.join(KINDS)}: name a folder of letters.")
        for file in files:
            if "refused" not in file.relative_to(path).parts[:-1]:
                yield from read(file, transactional)
        return
    try:
        kind = path.suffix.lower()
        if kind == ".parquet":
            yield from _outbox(path, transactional)
        elif kind == ".mbox":
            box = mailbox.mbox(path, create=False)
            for number, key in enumerate(box.keys(), 1):
                yield from_bytes(box.get_bytes(key), f"{path.name}#{number}")
        elif path.stat().st_size > LARGEST:
            raise UserError(f"{path} is larger than {LARGEST >> 20} MB: no letter is.")
        elif kind in (".html", ".htm"):
            yield from_html(path.read_bytes(), path.name)
        else:
            yield from_bytes(path.read_bytes(), path.name)
    except (OSError, mailbox.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path} cannot be read: {reason}.") from error
    except pa.ArrowException as error:
        raise UserError(f"{path} is no outbox file: {str(error).splitlines()[0]}.") from error


def decoded(content: bytes, charset: str | None) -> str:
    """Text in the charset that is named, else UTF-8 where it is, else Windows-1252."""
    for name in (charset, "utf-8"):
        try:
            if name:
                return content.decode(_CODES.get(name.lower(), name), "strict")
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return content.decode("utf-8" if charset in ("utf-8", "utf8") else "cp1252", "replace")


def from_html(content: bytes, name: str) -> Mail:
    """An HTML file: no headers, no text part."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Mail(name=name, html=content.decode("utf-16", "replace"))
    named = _META.search(content[:4096])
    charset = named[1].decode("ascii", "replace") if named else None
    return Mail(name=name, html=decoded(content.removeprefix(b"\xef\xbb\xbf"), charset))


def from_bytes(content: bytes, name: str, *, is_ours: bool = False) -> Mail:
    """A message as it stands in a .eml file."""
    message = email.message_from_bytes(content, policy=email.policy.compat32)
    html, text = _body(message, "html"), _body(message, "plain")
    head = re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0]
    names = Counter(key.lower() for key, _ in message.items())
    content_ids = {
        (part.get("Content-ID") or "").strip().strip("<>")
        for part in message.walk()
        if part.get("Content-ID")
    }
    headers = {key: _header(value) for key, value in reversed(message.items())}
    return Mail(
        name=name,
        subject=_header(message["Subject"]) if message["Subject"] is not None else "",
        html=html,
        text=text,
        headers=headers,
        is_ours=is_ours,
        is_message=True,
        defects=tuple(dict.fromkeys(_defects(message))),
        repeated=tuple(n for n, count in names.items() if count > 1 and n in ONCE),
        not_ascii=tuple(_not_ascii(head)),
        longest_line=max(map(len, content.replace(b"\r\n", b"\n").split(b"\n")), default=0),
        content_ids=frozenset(content_ids),
        attachments=tuple(_file_name(part) for part in message.walk() if _file_name(part)),
    )


def _header(value: object) -> str:
    """A header's value, decoded as far as it can be."""
    text = re.sub(r"\r?\n(?=[ \t])", "", str(value))
    try:
        parts = decode_header(text)
    except UNREADABLE:
        return text
    return "".join(
        decoded(part, charset) if isinstance(part, bytes) else part for part, charset in parts
    )


def _body(message: Message, subtype: str) -> str | None:
    """The first part of this kind that is not attached."""
    for part in message.walk():
        if part.get_content_type() == f"text/{subtype}" and not part.is_multipart():
            if (part.get_content_disposition() or "") == "attachment":
                continue
            try:
                payload = part.get_payload(decode=True)
            except UNREADABLE:
                payload = None
            if payload is None:
                payload = str(part.get_payload()).encode("utf-8", "surrogateescape")
            charset = part.get_content_charset()
            return decoded(payload, charset).replace("\r\n", "\n")
    return None


def _file_name(part: Message) -> str | None:
    try:
        return part.get_filename()
    except UNREADABLE:
        return None


def _defects(message: Message) -> Iterator[str]:
    for part in message.walk():
        for defect in part.defects:
            yield type(defect).__name__


def _not_ascii(head: bytes) -> Iterator[str]:
    """Names of headers with bytes beyond ASCII."""
    for line in re.split(rb"\r?\n(?![ \t])", head):
        if not line.isascii():
            yield line.partition(b":")[0][:40].decode("ascii", "replace")


def _outbox(path: Path, transactional: frozenset[str]) -> Iterator[Mail]:
    """Letters of an outbox file; revoked ones are nobody's concern any more."""
    file = pq.ParquetFile(path)
    needed = {"message_id", "subject", "html", "text", "headers", "campaign"}
    if lacking := sorted(needed - set(file.schema_arrow.names)):
        raise UserError(f"{path} is no outbox file: it has no column {', '.join(lacking)}.")
    for batch in file.iter_batches(batch_size=250):
        for row in batch.to_pylist():
            if row.get("state", "due") == "due":
                yield from_outbox(row, transactional)


def from_outbox(
    row: dict, transactional: frozenset[str] = frozenset(), context: str | None = None
) -> Mail:
    """A row of the outbox; `context` is that of its row of email_queue, where it is at hand."""
    return Mail(
        name=f"{row['campaign']} {row['message_id']}",
        subject=row["subject"],
        html=row["html"],
        text=row["text"],
        headers=json.loads(row["headers"]),
        preheader=row.get("preheader"),
        language=row.get("language"),
        is_ours=True,
        is_transactional=row["campaign"] in transactional,
        data=data_of(context) if context else None,
    )


def data_of(context: str) -> str:
    """All texts of a row's context (JSON of email_queue), each a line, blanks collapsed."""
    try:
        stack, texts = [json.loads(context)], []
    except ValueError:
        return ""
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            texts.append(" ".join(value.split()))
        elif isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
    return "\n".join(texts)
