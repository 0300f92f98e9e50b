"""One row of email_queue -> one letter, or the reason why there is none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
from jinja2.exceptions import SecurityError, TemplateNotFound, UndefinedError
from liquid.exceptions import ContextDepthError, LiquidError, ResourceLimitError
from liquid.exceptions import UndefinedError as LiquidUndefinedError

from penpal.letters.context import ContextBuilder
from penpal.letters.formats import for_header
from penpal.letters.links import numbered
from penpal.letters.offers import Codes, shown_offer, with_code
from penpal.letters.shop import Shop, is_address
from penpal.letters.templates import Letter, TemplateRefused, Templates
from penpal.letters.templates.filters import LimitExceeded
from penpal.letters.templates.plain_text import text_of
from penpal.letters.tokens import Signer
from penpal.settings import EMAILS

HTML_WARN, HTML_LIMIT = 90 * 1024, 100 * 1024  # Gmail clips at about 102 KB
_JOINERS = re.compile("[\u200c\u200d]")
_BLANKS = re.compile(r" +\n")
_EMPTY_LINES = re.compile(r"\n{3,}")
_NOT_ID = re.compile("[^A-Za-z0-9-]")
# What an expression may run into that the check of templates cannot foresee.
_FAULTS = (TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, MemoryError)
HEADER_LIMIT = 900  # RFC 5322 stops at 998 characters a line


class Refused(Exception):
    """No letter: a reason code, and a detail that holds no personal data."""

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


def check_header(name: str, value: str) -> str:
    """The value, if it can stand in a mail header as it is.

    Line breaks would start a header of their own; so would `=?`, which Python's e-mail package
    before 3.11.15 decodes first and checks never.
    """
    if not value or len(value) > HEADER_LIMIT:
        raise Refused("unsafe_header", f"{name} is empty or too long")
    if "=?" in value or not (value.isprintable() or _JOINERS.sub("", value).isprintable()):
        raise Refused("unsafe_header", f"{name} holds a line break, control character or '=?'")
    return value


class Renderer:
    """Renders rows of email_queue (as dicts); what is the same for all letters is kept here."""

    def __init__(
        self,
        shop: Shop,
        signer: Signer,
        transactional: frozenset[str] = frozenset(),
        templates: Path = EMAILS,
    ):
        self.shop = shop
        self.transactional = transactional
        self.templates = Templates(shop, templates)
        self.contexts = ContextBuilder(shop, signer, transactional)
        self.codes = Codes(*(key.decode() for key in signer.keys.values()))
        self.from_header = check_header("From", shop.sender)
        self.domain = shop.sender_address.rpartition("@")[2]

    def render(self, row: dict[str, Any]) -> dict[str, Any]:
        """The letter as a row of the outbox; raises Refused."""
        email = row["email"] or ""
        if not is_address(email):
            raise Refused("invalid_address", "not exactly one plain address")
        if not (row["message_id"] or "").isprintable() or not row["message_id"]:
            raise Refused("invalid_message_id", "empty or not printable")
        row, offer = with_code(row, self.codes)
        letter, context, text, html = self._printed(row)
        size = len(html) if html.isascii() else len(html.encode())
        if size > HTML_LIMIT:
            raise Refused("too_large", f"{size // 1024} KB of HTML")
        return {
            **{name: row[name] for name in QUEUE_TO_OUTBOX},
            "language": letter.language,
            "subject": context["subject"],
            "preheader": context["preheader"],
            "html": html,
            "text": tidy(text),
            "headers": self._headers(row, context["subject"], context["unsubscribe_url"]),
            "rendered_at": row["evaluated_at"],
            "state": "due",
            "state_at": row["evaluated_at"],
            "offer": shown_offer(offer, html, text),
        }

    def _printed(self, row: dict[str, Any]) -> tuple[Letter, dict[str, Any], str, str]:
        """(template, variables with subject and preheader, text, HTML) of a row; raises Refused."""
        try:
            letter = self.templates.get(row["template"], row["language"])
            context = self.contexts.build(row, letter.language, letter.direction, letter.used)
            head, _, text = letter.text(context).partition("\n\n")
            context["subject"], context["preheader"] = self._head(head)
            html = numbered(letter.html(context))
            return letter, context, text if letter.has_text else text_of(html), html
        except TemplateNotFound as error:
            raise Refused("unknown_template", "there is no such template") from error
        except (UndefinedError, LiquidUndefinedError) as error:
            raise Refused("missing_value", str(error.message)[:200]) from error
        except (LimitExceeded, ResourceLimitError, ContextDepthError) as error:
            raise Refused("too_much", str(error.args[0])[:200]) from error
        except TemplateRefused as error:
            raise Refused("unsafe_template", error.faults[0]) from error
        except SecurityError as error:
            raise Refused("unsafe_template", type(error).__name__) from error
        except LiquidError as error:
            raise Refused("template_error", type(error).__name__) from error
        except ValueError as error:
            raise Refused("bad_context", type(error).__name__) from error
        except _FAULTS as error:
            raise Refused("template_error", type(error).__name__) from error

    def _head(self, head: str) -> tuple[str, str]:
        lines = head.split("\n")
        for line, name in zip(lines, ("Subject", "Preheader"), strict=False):
            if not line.startswith(f"{name}: "):
                raise Refused("unsafe_header", f"{name} holds a line break")
        if len(lines) != 2:
            raise Refused("unsafe_header", "Subject or Preheader holds a line break")
        subject = for_header(lines[0].removeprefix("Subject: ").strip())
        preheader = for_header(lines[1].removeprefix("Preheader: ").strip())
        return check_header("Subject", subject), check_header("Preheader", preheader)

    def _feedback_id(self, row: dict[str, Any]) -> str:
        """What Gmail counts complaints by: campaign, variant, kind, sender of 5 to 15 letters."""
        kind = "transactional" if row["campaign"] in self.transactional else "marketing"
        sender = f"{self.shop.utm_source:.<5}"[:15]
        parts = (row["campaign"], row["variant"] or "default", kind, sender)
        return ":".join(_NOT_ID.sub(".", part)[:60] for part in parts)

    def _headers(self, row: dict[str, Any], subject: str, unsubscribe_url: str) -> str:
        shop, message_id = self.shop, row["message_id"]
        token = unsubscribe_url.rpartition("token=")[2]
        headers = {
            "From": self.from_header,
            "To": row["email"],
            "Reply-To": shop.reply_to,
            "Subject": subject,
            "Message-ID": f"<{_NOT_ID.sub('.', message_id)}@{self.domain}>",
            "X-Penpal-Message-Id": check_header("message_id", message_id),
            "Feedback-ID": self._feedback_id(row),
        }
        if row["campaign"] not in self.transactional:
            mailto = f"mailto:{shop.unsubscribe_mailto}?subject=unsubscribe%20{token}"
            headers["List-Unsubscribe"] = f"<{unsubscribe_url}>, <{mailto}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return orjson.dumps(headers).decode()


QUEUE_TO_OUTBOX = (
    *("message_id", "customer_id", "email", "campaign", "occasion", "variant", "template"),
    *("send_after", "expires_at"),
)


def tidy(text: str) -> str:
    """Plain text without trailing blanks and with at most one empty line in a row."""
    if " \n" in text:
        text = _BLANKS.sub("\n", text)
    if "\n\n\n" in text:
        text = _EMPTY_LINES.sub("\n\n", text)
    return text.strip("\n") + "\n"
