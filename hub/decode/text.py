"""Bytes to JSON, forgiving what real devices send: a leading NUL, a broken surrogate, NaN, 2^70."""

from __future__ import annotations

import json

import msgspec

from hub.errors import DecodeError
from hub.model import Undecoded

_JUNK = b"\x00\xef\xbb\xbf \t\r\n"
"""Before the first brace: NUL bytes (seen in keep_alive of plate cameras), a byte order mark, blanks."""

_decode = msgspec.json.Decoder().decode


def trimmed(payload: bytes) -> bytes:
    """The payload without the junk that real devices put round JSON."""
    return payload.lstrip(_JUNK).rstrip(b"\x00 \t\r\n")


def parse_json(payload: bytes) -> object:
    """Any JSON value; raises DecodeError(not_json).

    What the strict parser refuses goes to a lenient one, because an alarm with a broken character in its name is still
    an alarm: invalid UTF-8 and lone surrogates become U+FFFD, NaN and infinities become NaN, which no fact may be.
    """
    try:
        return _decode(payload)
    except RecursionError as exc:
        raise DecodeError(Undecoded.NOT_JSON, "nested too deeply") from exc
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    text = trimmed(payload).decode("utf-8", "replace")
    try:
        # Half of an escaped surrogate pair survives json.loads and would poison every later encoding.
        value: object = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return _clean(value)
    except (ValueError, RecursionError) as exc:
        raise DecodeError(Undecoded.NOT_JSON, f"not JSON: {type(exc).__name__}: {exc}"[:200]) from exc
    return value


def parse_object(payload: bytes) -> dict[str, object]:
    """A JSON object; raises DecodeError(not_json, wrong_type)."""
    value = parse_json(payload)
    if not isinstance(value, dict):
        raise DecodeError(Undecoded.WRONG_TYPE, f"expected a JSON object, not {type(value).__name__}")
    return value


def parse_text(payload: bytes) -> str:
    """A short plain text such as ``online``; raises DecodeError(not_text)."""
    try:
        return payload.decode().strip("\x00 \t\r\n")
    except UnicodeDecodeError as exc:
        raise DecodeError(Undecoded.NOT_TEXT, f"not UTF-8 at byte {exc.start}") from exc


def _clean(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value
