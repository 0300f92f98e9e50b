"""Headers of a letter: sender, answers, unsubscribing, date, ids, subject."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import getaddresses, parsedate_to_datetime

from penpal.letters.shop import is_address
from penpal.lint import words
from penpal.lint.findings import Finding, found
from penpal.lint.mail import Mail

SUBJECT_LONGEST = 70
LINE_LONGEST = 998  # RFC 5322, 2.1.1
_ID = re.compile(r"<[^<>\s@]+@[^<>\s@]+>")
_URIS = re.compile(r"<([^<>\s]+)>")
_NOREPLY = re.compile(r"\b(?:no|do-?not|nicht|ne-?pas)[-_.]?(?:reply|antworten|repondre)", re.I)
_RISKY = re.compile(r"\.(?:exe|js|jse|vbs?|scr|bat|cmd|com|pif|jar|hta|wsf|msi|lnk|ps1|iso)$", re.I)


def headers(mail: Mail) -> Iterator[Finding]:
    """All headers of a message; only the subject where there are no others."""
    yield from subject(mail)
    if mail.headers is None:
        return
    yield from _senders(mail)
    yield from _unsubscribing(mail)
    if mail.is_message:
        yield from _date(mail)
    yield from _message_id(mail)
    yield from _feedback_id(mail)
    for name in mail.repeated:
        yield found("header-twice", name, "headers", element=name)
    for name in mail.not_ascii:
        yield found("header-not-ascii", name, "headers", element=name)
    if mail.longest_line > LINE_LONGEST:
        yield found("line-too-long", f"{mail.longest_line} bytes in one line", "message")
    for defect in mail.defects:
        yield found("message-damaged", defect, "message")
    for name in mail.attachments:
        if _RISKY.search(name):
            yield found("attachment-risky", name, "message")


def _at(rule: str, what: str, header: str) -> Finding:
    return found(rule, what, "headers", element=header)


def _addresses(value: str) -> list[tuple[str, str]]:
    return [(name, address) for name, address in getaddresses([value]) if name or address]


def _senders(mail: Mail) -> Iterator[Finding]:
    value = mail.header("From")
    if not value:
        yield _at("from-missing", "no From", "From")
    else:
        addresses = _addresses(value)
        name, address = addresses[0] if addresses else ("", "")
        if len(addresses) != 1 or not is_address(address):
            yield _at("from-invalid", value, "From")
        elif not name.strip():
            yield _at("from-unnamed", value, "From")
        if _NOREPLY.search(address):
            yield _at("from-noreply", address, "From")
    reply_to = mail.header("Reply-To")
    if reply_to is None:
        yield _at("reply-to-missing", "no Reply-To", "Reply-To")
    elif not (answers := _addresses(reply_to)) or not all(is_address(a) for _, a in answers):
        yield _at("reply-to-invalid", reply_to or "empty", "Reply-To")
    elif any(_NOREPLY.search(address) for _, address in answers):
        yield _at("from-noreply", reply_to, "Reply-To")


def _unsubscribing(mail: Mail) -> Iterator[Finding]:
    if mail.is_transactional:
        return
    value = mail.header("List-Unsubscribe")
    if not value:
        yield _at("list-unsubscribe-missing", "no List-Unsubscribe", "List-Unsubscribe")
        return
    uris = _URIS.findall(value)
    rest = _URIS.sub("", value).replace(",", "").strip()
    if not uris or re.sub(r"\([^()]*\)", "", rest).strip():
        yield _at("list-unsubscribe-broken", value, "List-Unsubscribe")
    if uris and not any(uri.lower().startswith("https://") for uri in uris):
        yield _at("list-unsubscribe-no-https", value, "List-Unsubscribe")
    if any("utm_" in uri for uri in uris):
        yield _at("utm-on-unsubscribe", "UTM tags in List-Unsubscribe", "List-Unsubscribe")
    post = mail.header("List-Unsubscribe-Post")
    if (post or "").strip() != "List-Unsubscribe=One-Click":
        yield _at("one-click-missing", post or "no List-Unsubscribe-Post", "List-Unsubscribe-Post")


def _date(mail: Mail) -> Iterator[Finding]:
    value = mail.header("Date")
    if not value:
        yield _at("date-missing", "no Date", "Date")
        return
    try:
        parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        yield _at("date-invalid", value, "Date")


def _message_id(mail: Mail) -> Iterator[Finding]:
    value = mail.header("Message-ID")
    if not value:
        yield _at("message-id-missing", "no Message-ID", "Message-ID")
    elif not _ID.fullmatch(value.strip()):
        yield _at("message-id-invalid", value, "Message-ID")


def _feedback_id(mail: Mail) -> Iterator[Finding]:
    value = mail.header("Feedback-ID")
    if value is None:
        yield _at("feedback-id-missing", "no Feedback-ID", "Feedback-ID")
        return
    fields = value.split(":")
    if not 1 <= len(fields) <= 4 or not 5 <= len(fields[-1].strip()) <= 15:
        yield _at("feedback-id-invalid", value, "Feedback-ID")


def subject(mail: Mail) -> Iterator[Finding]:
    """The subject by itself; merge tags and words of drafts are looked for elsewhere."""
    text = mail.subject
    if text is None and mail.headers is None:
        return
    if not (text or "").strip():
        yield _at("subject-missing", "no subject", "Subject")
        return
    unjoined = text.replace("\u200c", "").replace("\u200d", "")
    if "=?" in text or any(ord(c) < 32 or ord(c) == 127 for c in text) or "\u202e" in text:
        yield _at("subject-unsafe", text, "Subject")
    if len(unjoined) > SUBJECT_LONGEST:
        yield _at("subject-long", f"{len(unjoined)} characters: {text}", "Subject")
    letters = words.LETTER.findall(text)
    shouted = [word for word in re.findall(r"[^\W\d_]{2,}", text) if word.isupper()]
    if len(letters) >= 8 and sum(map(str.isupper, letters)) > 0.7 * len(letters) and shouted:
        yield _at("subject-capitals", text, "Subject")
    if text.count("!") + text.count("\uff01") > 1:
        yield _at("subject-exclamation", text, "Subject")
    answers = mail.header("In-Reply-To") or mail.header("References")
    if words.FAKE_REPLY.match(text) and not answers:
        yield _at("subject-fake-reply", text, "Subject")
