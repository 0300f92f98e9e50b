"""What a message must be to become a line of the lake: one JSON object in UTF-8."""

from __future__ import annotations

import json
from typing import NoReturn

import orjson

LINE_ENDS = bytes.maketrans(b"\r\n", b"  ")  # in JSON they stand between values only


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _parsed(value: bytes) -> object:
    """Any JSON of RFC 8259; half characters in escapes, too, which orjson does not take."""
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return json.loads(value.decode("utf-8"), parse_constant=_refuse)


def fault_of(value: bytes | None) -> str | None:
    """Why a message cannot be a line of the lake, in words without its content; None: it can."""
    if value is None or not value.strip():
        return "empty"
    if value[:1] == b"\0":
        return "begins with the mark of a schema registry: send plain JSON"
    try:
        parsed = _parsed(value)
    except UnicodeDecodeError:
        return "not UTF-8"
    except RecursionError:
        return "nested too deeply"
    except ValueError:
        return "not JSON"
    return None if isinstance(parsed, dict) else "not one JSON object"


def as_line(value: bytes) -> bytes:
    """A JSON object as it came, on one line."""
    return value.strip().translate(LINE_ENDS) + b"\n"
