"""The lint of one letter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from penpal.letters.shop import Shop
from penpal.lint.accessibility import accessibility
from penpal.lint.addresses import addresses
from penpal.lint.content import content
from penpal.lint.document import document
from penpal.lint.findings import Finding, found, settled
from penpal.lint.headers import headers
from penpal.lint.mail import Against, Catalog, Mail
from penpal.lint.page import Page
from penpal.lint.parity import parity
from penpal.lint.reading import data_of
from penpal.lint.support import support


def lint(mail: Mail, against: Against | None = None) -> list[Finding]:
    """All findings of a letter, worst first; empty for a letter without fault."""
    against = against or Against()
    return settled(_all(mail, against), is_ours=mail.is_ours)


def _all(mail: Mail, against: Against) -> Iterator[Finding]:
    if mail.refused:
        yield found("letter-refused", mail.refused, "message")
        return
    page = Page(mail.html) if (mail.html or "").strip() else None
    yield from headers(mail)
    yield from parity(mail, page)
    yield from content(mail, page, against)
    if page is not None:
        yield from document(mail, page)
        yield from accessibility(page)
        yield from addresses(mail, page, against)
        yield from support(page)
    elif not (mail.text or "").strip():
        yield found("body-empty", "neither HTML nor text", "message")


def lint_letter(
    subject: str | None,
    html: str | None,
    text: str | None,
    headers: Mapping[str, str] | None,
    *,
    shop: Shop | None = None,
    preheader: str | None = None,
    language: str | None = None,
    is_transactional: bool = False,
    catalog: Catalog | None = None,
    context: str | None = None,
) -> list[Finding]:
    """The findings of one of the shop's own rendered letters, worst first.

    `headers` are those of the outbox, decoded; the Date comes with the hand-over and is not asked
    for. With a shop, links and images must be of its hosts, and its postal address must be there.
    With the context that it was rendered from (email_queue's JSON), what the data says is told from
    what the template says: a product named "{{ x }}" is a warning, not an error. The
    `severity` of a finding is error, warning or note: a letter with an error should not go out.
    """
    mail = Mail(
        name=subject or "",
        subject=subject,
        html=html,
        text=text,
        headers=headers,
        preheader=preheader,
        language=language,
        is_ours=True,
        is_transactional=is_transactional,
        data=data_of(context) if context else None,
    )
    return lint(mail, Against(shop, catalog))
