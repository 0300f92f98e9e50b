"""Personal codes of offers: made from a secret, checked without a network or a list.

A code is 16 letters and digits in groups of four: 11 that stand for offer, customer and occasion
(54 bits of an HMAC-SHA256 over the three), then 5 that seal these (24 bits of another one over the
first). Whoever has the secret can tell a code of ours from a guess, and whose it is if it is said
whose it should be. The same three make the same code, so a letter that is rendered anew shows
the one it had; what merges and later letters must not change comes from ledger.offer_codes.

The alphabet has no vowels, so that no code is a word, and nothing that looks like something else.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any

from penpal.letters.tokens import SHORTEST_SECRET
from penpal.settings import UserError

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
NAMING, SEALING, GROUP = 11, 5, 4
PURPOSE = b"penpal codes of offers"
_CODE = re.compile(f"[{ALPHABET}]{{{NAMING + SEALING}}}")
_NOT_CODE = re.compile(r"[\s\-\u2010-\u2015_.]")


def normalised(code: str) -> str:
    """A code as it was typed in, without blanks and dashes, in capitals."""
    return _NOT_CODE.sub("", code).upper()


def _letters(digest: bytes, count: int) -> str:
    number, letters = int.from_bytes(digest), []
    for _ in range(count):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)


class Codes:
    """Makes codes with the first secret and knows those of all, so that it can be rotated."""

    def __init__(self, *all_secrets: str):
        if not all_secrets or any(len(one) < SHORTEST_SECRET for one in all_secrets):
            raise UserError(f"PENPAL_SECRET needs at least {SHORTEST_SECRET} characters.")
        # A key of their own: what signs links says nothing of codes.
        self._keys = [hmac.digest(one.encode(), PURPOSE, "sha256") for one in all_secrets]

    def issue(self, offer: str, customer_id: str, occasion: str) -> str:
        """The code of an offer for a customer and an occasion, as a letter shows it."""
        code = self._made(self._keys[0], offer, customer_id, occasion)
        return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))

    def is_ours(self, code: str) -> bool:
        """Whether we made it; for whom and what it does not say."""
        code = normalised(code)
        if not _CODE.fullmatch(code):
            return False
        return any(
            hmac.compare_digest(self._seal(key, code[:NAMING]), code[NAMING:]) for key in self._keys
        )

    def is_for(self, code: str, offer: str, customer_id: str, occasion: str) -> bool:
        """Whether we made it of this offer, for this customer and occasion."""
        code = normalised(code)
        return code.isascii() and any(
            hmac.compare_digest(self._made(key, offer, customer_id, occasion), code)
            for key in self._keys
        )

    def _made(self, key: bytes, *about: str) -> str:
        # As JSON, so that no two different triples are one text.
        told = json.dumps(about, ensure_ascii=False).encode("utf-8", "surrogatepass")
        name = _letters(hmac.digest(key, told, hashlib.sha256), NAMING)
        return name + self._seal(key, name)

    def _seal(self, key: bytes, name: str) -> str:
        return _letters(hmac.digest(key, b"seal " + name.encode(), hashlib.sha256), SEALING)


def with_code(row: dict[str, Any], codes: Codes) -> tuple[dict[str, Any], str | None]:
    """A row of email_queue whose offer has its code, and that offer as JSON; None without one.

    A code that the context brings along is that of an earlier letter about the same, and stays.
    """
    context = row.get("context")
    if not isinstance(context, str) or '"offer"' not in context:
        return row, None
    try:
        told = json.loads(context)
    except ValueError:
        return row, None  # the renderer refuses it, and says why
    offer = told.get("offer") if isinstance(told, dict) else None
    if not isinstance(offer, dict) or not isinstance(offer.get("offer"), str):
        return row, None
    if not offer.get("code"):
        offer["code"] = codes.issue(offer["offer"], row["customer_id"], row["occasion"])
    return row | {"context": json.dumps(told, ensure_ascii=False)}, json.dumps(offer)


def shown_offer(offer: str | None, *texts: str) -> str | None:
    """The offer, as JSON, of a letter whose texts show its code; None where they leave it out."""
    if offer is None:
        return None
    code = json.loads(offer)["code"]
    return offer if any(code in text for text in texts) else None
