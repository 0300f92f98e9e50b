"""Letters as files of a format: messages, lines of JSON, bodies of providers' requests.

One file is one call where a provider takes letters: a batch at Postmark, a letter elsewhere. Keys
and logins are none of Penpal's business. The shapes are those of the providers' documentation of
November 2026 (docs/sending.md names the pages).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from penpal.export.message import UnsafeLetter, as_message, normalised

Letter = Mapping[str, Any]  # a row of the outbox, `checked_headers` with it
MEGABYTE = 1024 * 1024
_NOT_TAG = re.compile(r"[^A-Za-z0-9_-]")
FIELDS_OF_THEIR_OWN = ("from", "to", "reply-to", "subject")


@dataclass(frozen=True, slots=True)
class Format:
    """How letters become files. `count` and `size` (bytes) are what one file may hold."""

    suffix: str
    encode: Callable[[Letter], bytes]
    count: int = 1
    size: int = 25 * MEGABYTE
    before: bytes = b""
    between: bytes = b""
    after: bytes = b""

    def file(self, encoded: Sequence[bytes]) -> bytes:
        """The content of a file of these letters."""
        return self.before + self.between.join(encoded) + self.after


def _json(value: Any, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode("utf-8", "replace")


def _headers(letter: Letter, *, without: Sequence[str] = ()) -> dict[str, str]:
    """Headers that a provider takes beside its own fields; Date is set by whoever sends."""
    left_out = (*FIELDS_OF_THEIR_OWN, "date", *without)
    return {n: v for n, v in letter["checked_headers"].items() if n.lower() not in left_out}


def _header(letter: Letter, name: str) -> str | None:
    headers = letter["checked_headers"]
    return next((v for n, v in headers.items() if n.lower() == name), None)


def _is_marketing(letter: Letter) -> bool:
    return _header(letter, "list-unsubscribe") is not None


def _facts(letter: Letter) -> dict[str, str]:
    """What comes back with a provider's events; it names nobody."""
    names = ("message_id", "campaign", "variant")
    return {name: str(letter[name])[:80] for name in names if letter.get(name)}


def eml(letter: Letter) -> bytes:
    return as_message(letter, letter["checked_headers"])


def mbox(letter: Letter) -> bytes:
    """mbox as mail programs read it; no line of our messages begins with 'From '."""
    at = letter["rendered_at"].strftime("%a %b %d %H:%M:%S %Y")
    sender = parseaddr(_header(letter, "from") or "")[1]
    head = f"From {sender} {at}\n".encode()
    return head + eml(letter).replace(b"\r\n", b"\n") + b"\n"


def _moment(value: datetime | None) -> str | None:
    return value.replace(tzinfo=UTC).isoformat() if value else None


def jsonl(letter: Letter) -> bytes:
    names = ("message_id", "customer_id", "email", "campaign", "occasion", "variant", "language")
    line = {name: letter.get(name) for name in names}
    line |= {name: _moment(letter.get(name)) for name in ("send_after", "expires_at")}
    line |= {"subject": letter["subject"], "preheader": letter.get("preheader")}
    line |= {"headers": letter["checked_headers"]}
    line |= {"text": normalised(letter["text"]), "html": normalised(letter["html"])}
    return _json(line) + b"\n"


def postmark(letter: Letter) -> bytes:
    """One message of POST /email/batch. X-PM-KeepID keeps our Message-ID."""
    headers = _headers(letter) | {"X-PM-KeepID": "true"}
    body = {
        "From": _header(letter, "from"),
        "To": letter["email"],
        "ReplyTo": _header(letter, "reply-to"),
        "Subject": letter["subject"],
        "Tag": letter["campaign"],
        "TextBody": normalised(letter["text"]),
        "HtmlBody": normalised(letter["html"]),
        "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
        "Metadata": _facts(letter),
        "MessageStream": "broadcast" if _is_marketing(letter) else "outbound",
    }
    return _json({name: value for name, value in body.items() if value})


def ses(letter: Letter) -> bytes:
    """Body of POST /v2/email/outbound-emails. Raw: SES takes headers of 870 characters at most
    beside a simple letter, and a whole message as it is."""
    tags = [{"Name": n, "Value": _NOT_TAG.sub("-", v)[:256]} for n, v in _facts(letter).items()]
    return _json(
        {
            "FromEmailAddress": parseaddr(_header(letter, "from") or "")[1],
            "Destination": {"ToAddresses": [letter["email"]]},
            "Content": {"Raw": {"Data": base64.b64encode(eml(letter)).decode()}},
            "EmailTags": tags,
        },
        indent=1,
    )


def _person(value: str) -> dict[str, str]:
    name, address = parseaddr(value)
    return {"email": address, "name": name} if name else {"email": address}


def sendgrid(letter: Letter) -> bytes:
    """Body of POST /v3/mail/send. Text stands before HTML, as SendGrid wants it."""
    recipient = {"to": [{"email": letter["email"]}], "custom_args": _facts(letter)}
    body: dict[str, Any] = {
        "personalizations": [recipient],
        "from": _person(_header(letter, "from") or ""),
        "subject": letter["subject"],
        "content": [
            {"type": "text/plain", "value": normalised(letter["text"])},
            {"type": "text/html", "value": normalised(letter["html"])},
        ],
        "headers": _headers(letter),
        "categories": [letter["campaign"]],
    }
    if reply_to := _header(letter, "reply-to"):
        body["reply_to"] = _person(reply_to)
    return _json(body, indent=1)


def mailgun(letter: Letter) -> bytes:
    """Form fields of POST /v3/<domain>/messages, as JSON: each is one field of the form."""
    fields = {
        "from": _header(letter, "from"),
        "to": letter["email"],
        "subject": letter["subject"],
        "text": normalised(letter["text"]),
        "html": normalised(letter["html"]),
        "o:tag": letter["campaign"],
        "h:Reply-To": _header(letter, "reply-to"),
    }
    fields |= {f"h:{name}": value for name, value in _headers(letter).items()}
    fields |= {f"v:{name}": value for name, value in _facts(letter).items()}
    return _json({name: value for name, value in fields.items() if value}, indent=1)


FORMATS = {
    "eml": Format("eml", eml),
    "mbox": Format("mbox", mbox, count=1000, size=100 * MEGABYTE),
    "jsonl": Format("jsonl", jsonl, count=1000, size=100 * MEGABYTE),
    "postmark": Format(
        "json",
        postmark,
        count=500,
        size=50 * 1000 * 1000,  # whichever megabyte is meant
        before=b"[\n",
        between=b",\n",
        after=b"\n]\n",
    ),
    "ses": Format("json", ses),
    "sendgrid": Format("json", sendgrid, size=20 * MEGABYTE),
    "mailgun": Format("json", mailgun),
}


def encoded(letter: Letter, form: Format) -> bytes:
    """The letter in its format; raises UnsafeLetter where it does not fit into one file."""
    content = form.encode(letter)
    if len(form.file([content])) > form.size:
        raise UnsafeLetter(f"{len(content) // 1024} KB, more than one call may hold")
    return content
