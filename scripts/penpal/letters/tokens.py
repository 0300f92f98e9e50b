"""Signed tokens of unsubscribe and preference links.

A token is `v1.<key id>.<payload>.<signature>`: payload = base64url of `<purpose>:<message_id>`,
signature = base64url of HMAC-SHA256 over all that stands before it. It holds no personal data: the
ledger knows whose message it was. It does not expire, since an old letter must still unsubscribe.
There is no algorithm field to tamper with: the version decides, and there is one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets

from penpal.settings import Settings, UserError

VERSION = "v1"
PURPOSES = ("unsubscribe", "preferences", "confirm", "review")
SHORTEST_SECRET = 16


class InvalidToken(Exception):
    """The token is not one of ours; whoever receives it answers 403."""


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidToken("not base64url") from error
    if _encode(data) != text:  # several spellings of the same bytes would be several tokens
        raise InvalidToken("not canonical base64url")
    return data


class Signer:
    """Signs with the first secret and verifies with all, so that a secret can be rotated."""

    def __init__(self, *all_secrets: str):
        if not all_secrets or any(len(one) < SHORTEST_SECRET for one in all_secrets):
            raise UserError(f"PENPAL_SECRET needs at least {SHORTEST_SECRET} characters.")
        self.keys = {
            hashlib.sha256(b"penpal key id " + one.encode()).hexdigest()[:8]: one.encode()
            for one in all_secrets
        }
        self.key_id = next(iter(self.keys))
        self._prefix = f"{VERSION}.{self.key_id}."
        self._mac = hmac.new(self.keys[self.key_id], digestmod=hashlib.sha256)

    def sign(self, purpose: str, message_id: str) -> str:
        """Token for one purpose and message; ValueError for an id that no ledger can hold."""
        body = self._prefix + _encode(f"{purpose}:{message_id}".encode())
        mac = self._mac.copy()
        mac.update(body.encode())
        return f"{body}.{_encode(mac.digest())}"

    def verify(self, token: str) -> tuple[str, str]:
        """(purpose, message_id) of a token, or InvalidToken."""
        parts = (
            token.split(".")
            if isinstance(token, str) and len(token) < 2000 and token.isascii()
            else []
        )
        if len(parts) != 4 or parts[0] != VERSION:
            raise InvalidToken("not a token of this version")
        _, key_id, payload, signature = parts
        if key_id not in self.keys:
            raise InvalidToken("unknown key id")
        body = f"{VERSION}.{key_id}.{payload}".encode()
        expected = hmac.digest(self.keys[key_id], body, "sha256")
        if not hmac.compare_digest(_decode(signature), expected):
            raise InvalidToken("wrong signature")
        purpose, _, message_id = _decode(payload).decode().partition(":")
        if purpose not in PURPOSES or not message_id:
            raise InvalidToken("unknown purpose")
        return purpose, message_id


def load_secret(settings: Settings) -> tuple[str, str | None]:
    """The secret(s) as text, comma-separated, and a warning when it had to be generated.

    PENPAL_SECRET first; else the warehouse's own secret file, created on first use (mode 600), so
    that the sample needs no configuration.
    """
    if settings.secret:
        return settings.secret, None
    path = settings.secret_file
    warning = f"PENPAL_SECRET is not set: links are signed with {path.name}, fit for trials only."
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32))
    except FileExistsError:
        pass
    except OSError as error:
        raise UserError(f"{path} cannot be written: set PENPAL_SECRET.") from error
    return path.read_text().strip(), warning
