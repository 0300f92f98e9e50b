"""A letter as a message: Python's parser, policy default, gives back what the letter says."""

from __future__ import annotations

import email
import email.policy
import re
import string
from datetime import datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from penpal.export.message import (
    LINE,
    UnsafeLetter,
    as_message,
    folded,
    headers_of,
    normalised,
    quoted_printable,
)

SENDER = "Example Shop <hello@example.com>"
UNSUBSCRIBE = "<https://shop.example.com/off?token=" + "t" * 400 + ">, <mailto:off@example.com>"


def letter(**changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A row of the outbox, and its headers; changes go where they belong."""
    headers = {
        "From": changes.pop("sender", SENDER),
        "To": changes.get("email", "reader@example.org"),
        "Reply-To": "hello@example.com",
        "Subject": changes.get("subject", "Hello"),
        "Message-ID": "<m1@example.com>",
        "List-Unsubscribe": UNSUBSCRIBE,
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    } | changes.pop("headers", {})
    row = {
        "message_id": "m1",
        "email": "reader@example.org",
        "subject": "Hello",
        "html": "<p>Hello</p>",
        "text": "Hello\n",
        "rendered_at": datetime(2026, 6, 15, 12),
    }
    return row | changes, {name: value for name, value in headers.items() if value is not None}


def raw(**changes: Any) -> bytes:
    row, headers = letter(**changes)
    return as_message(row, headers_of(row, headers))


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert not message.defects
    return message


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert not found.defects
    return found.get_content().replace("\r\n", "\n")


def lines(content: bytes) -> list[bytes]:
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    return content.split(b"\r\n")


def test_a_message_has_what_a_mail_server_wants() -> None:
    message = parsed(raw())
    assert message["From"] == SENDER
    assert message["To"] == "reader@example.org"
    assert message["Date"].datetime.isoformat() == "2026-06-15T12:00:00+00:00"
    assert message["Message-ID"] == "<m1@example.com>"
    assert message["List-Unsubscribe"].replace("\r\n", "") == UNSUBSCRIBE
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["MIME-Version"] == "1.0"
    assert message.get_content_type() == "multipart/alternative"
    kinds = [one.get_content_type() for one in message.iter_parts()]
    assert kinds == ["text/plain", "text/html"]  # the last one is what readers prefer
    assert "DKIM-Signature" not in message
    assert message.items() == parsed(raw()).items()
    assert raw() == raw()


def test_encodings() -> None:
    plain, html = parsed(raw(text="Hello\n", html="<p>Grüße</p>")).iter_parts()
    assert plain["Content-Transfer-Encoding"] == "7bit"
    assert html["Content-Transfer-Encoding"] == "quoted-printable"
    for text in ("x" * 77, "ends in a blank \n", ".begins with a dot", "From here on", "ü"):
        found = next(iter(parsed(raw(text=text)).iter_parts()))
        assert found["Content-Transfer-Encoding"] == "quoted-printable", text


HOSTILE = [
    "Äpfel und Birnen – für 5 €",  # noqa: RUF001
    "مرحبا، عاد الحبر \u200f",
    "שלום",
    "👩\u200d👩\u200d👧 family " * 8,
    "a" * 300,
    "two  blanks   in a row " + "and a long line " * 10,
    " leading and trailing ",
    'quotes " and \\ backslashes, (brackets) <angles>; a@b.example',
    "From: nobody@example.com",
    ".",
    "%s {{ x }} ${y} %0d%0aBcc:",
    "=3D =20 =",
    "?= utf-8 ?q?",
]


@pytest.mark.parametrize("subject", HOSTILE)
def test_subjects_come_back_as_they_were(subject: str) -> None:
    content = raw(subject=subject)
    message = parsed(content)
    assert (
        message["Subject"] == subject.rstrip("\n") or message["Subject"].strip() == subject.strip()
    )
    assert sorted(set(message.keys())) == sorted(parsed(raw()).keys())
    assert all(len(line) <= 998 for line in lines(content))
    assert content.partition(b"\r\n\r\n")[0].isascii()


@pytest.mark.parametrize(
    "name",
    [
        "Müller & Söhne",
        'The "Best", Shop',
        "Shop (Berlin)",
        "متجر الورق",
        "a\\b",
        "Mr. X",
    ],
)
def test_senders_names_come_back_as_they_were(name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    message = parsed(raw(sender=f'"{escaped}" <hello@example.com>'))
    (address,) = message["From"].addresses
    assert (address.display_name, address.addr_spec) == (name.strip(), "hello@example.com")


def test_a_long_name_is_several_encoded_words() -> None:
    # Python 3.11's parser of addresses keeps the blanks between them; its decoder does not.
    name = "Ünïcode " * 12
    line = raw(sender=f"{name}<hello@example.com>").split(b"\r\nTo: ")[0].decode()
    assert str(make_header(decode_header(line.removeprefix("From: ")))).startswith(name.strip())


def test_a_sender_hides_no_header() -> None:
    with pytest.raises(UnsafeLetter, match="From holds"):
        raw(sender="=?utf-8?q?a=0d=0aBcc:_b=40example.net?= <hello@example.com>")


TEXTS = [
    "plain\n",
    ".\n..\n.dot\n",
    "From here\n>From there\nFrom\n",
    "." * 500,
    "From " * 200,
    "x" * 5000,
    "ends without a newline",
    "trailing blanks   \nand tabs\t\n",
    "bare\rcarriage\r\nreturns\n",
    "مرحبا " * 200,
    "a=b == c =3D =\n=",
    "\n\n\n",
    "--=_boundary\n--\n",
    "\ufeffbom and \u2028 line separators \x85 too\n",
    "nul\x00 and bell\x07\n",
    "👩\u200d👩\u200d👧" * 60,
]


@pytest.mark.parametrize("text", TEXTS)
def test_bodies_come_back_as_they_were(text: str) -> None:
    content = raw(text=text, html=f"<p>{text}</p>")
    message = parsed(content)
    assert part(message, "plain").rstrip("\n") == normalised(text).rstrip("\n")
    assert part(message, "html").rstrip("\n") == normalised(f"<p>{text}</p>").rstrip("\n")
    body = lines(content)[lines(content).index(b"") :]
    assert all(len(line) <= LINE + 2 for line in body)
    assert not any(line.startswith((b".", b"From ")) for line in body)


@hypothesis_settings(max_examples=300, deadline=None)
@given(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=200),
    st.text(
        st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Cn", "Co")),
        min_size=1,
        max_size=120,
    ),
)
@example("F\rFrom .\n.", "a b")
def test_any_text_and_subject_survive(text: str, subject: str) -> None:
    try:
        content = raw(text=text, subject=subject)
    except UnsafeLetter:
        assert not subject.strip() or "=?" in subject or not subject.isprintable()
        return
    message = parsed(content)
    assert message["Subject"].strip() == subject.strip()
    assert part(message, "plain").rstrip("\n") == normalised(text).rstrip("\n")


@hypothesis_settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from(".From =\n\t ab" + string.digits), max_size=300))
def test_quoted_printable_lines(text: str) -> None:
    encoded = quoted_printable(text.encode())
    for line in encoded.split(b"\n"):
        assert len(line) <= LINE
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"subject": "Hi\r\nBcc: evil@example.net"}, "Subject holds a line break"),
        ({"subject": "Hi\nthere"}, "Subject holds a line break"),
        ({"subject": "Hi =?utf-8?q?=0d=0aBcc:_evil=40example.net?="}, "'=\\?'"),
        ({"subject": "Hi\x00"}, "control character"),
        ({"subject": "Hi\u202e"}, "control character"),
        ({"subject": "  "}, "Subject is empty"),
        ({"email": "a@example.org, b@example.net"}, "To is not exactly"),
        ({"email": "a@example.org\r\nBcc: b@example.net"}, "To holds a line break"),
        ({"email": "Name <a@example.org>"}, "To is not exactly"),
        ({"headers": {"To": "other@example.org"}}, "To is not exactly the address of the letter"),
        ({"headers": {"Bcc": "b@example.net"}}, "a header that letters do not have"),
        ({"headers": {"X-A\r\nBcc": "b"}}, "a header that letters do not have"),
        ({"headers": {"X:Y": "b"}}, "a header that letters do not have"),
        ({"headers": {"Content-Type": "text/html"}}, "a header that letters do not have"),
        ({"headers": {"subject": "twice"}}, "stands twice"),
        ({"headers": {"From": None}}, "there is no From"),
        ({"headers": {"Message-ID": None}}, "there is no Message-id"),
        ({"headers": {"Message-ID": 7}}, "Message-ID is empty"),
        ({"sender": "=?utf-8?b?w4RwZ?= <hello@example.com>"}, "From holds"),
        ({"sender": "nobody"}, "From is not exactly one address"),
        (
            {"headers": {"List-Unsubscribe": "<https://ü.example/>"}},
            "List-Unsubscribe is not ASCII",
        ),
        ({"headers": {"X-Long": "x" * 1200}}, "too long for a line"),
        ({"rendered_at": None}, "when it was rendered"),
    ],
)
def test_what_is_unsafe_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsafeLetter, match=words) as refused:
        raw(**changes)
    assert not re.search(r"[\w.]+@example\.(?:org|net)", str(refused.value))


def test_long_lines_fold_at_blanks_only() -> None:
    line = "X-Words: " + "word " * 40 + "x" * 300
    assert folded(line).replace("\r\n", "") == line
    assert all(one.strip() for one in folded(line).split("\r\n"))
