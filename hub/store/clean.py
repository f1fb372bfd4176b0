"""What foreign strings and numbers must become before a database or msgspec takes them.

Device addresses and facts come from payloads, and a payload may hold anything: NUL, lone surrogates, 2^70, NaN. The
raw bytes stay in the journal as they came; only what is derived from them is mended here. The fast path is to mend nothing.
"""

from __future__ import annotations

import math
import re

import msgspec

_SURROGATE = re.compile("[\ud800-\udfff]")
_json = msgspec.json.Encoder()


def column_text(text: str) -> str:
    """A string as both databases take it: NUL (PostgreSQL) and lone surrogates (both) become U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def json_text(value: object) -> str:
    """JSON of a struct for a text column; what JSON cannot say is mended, never refused."""
    try:
        text = _json.encode(value).decode()
    except (UnicodeEncodeError, OverflowError):
        return _json.encode(scrubbed(value)).decode()
    # NaN becomes null in JSON, and no fact may be null: the struct could not be read back.
    return _json.encode(scrubbed(value)).decode() if "null" in text and _has_nan(value) else text


def scrubbed(value: object) -> object:
    """A copy as plain lists and dicts without surrogates, numbers beyond 64 bits and values that are not finite."""
    return _scrub(msgspec.to_builtins(value, builtin_types=(bytes,)))


def _scrub(value: object) -> object:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value) if abs(value) < 2**1000 else 0.0
    if isinstance(value, list | tuple):
        return [_scrub(item) for item in value]
    if isinstance(value, dict):
        return {_scrub(key): _scrub(item) for key, item in value.items() if not _is_nan(item)}
    return value


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _has_nan(value: object) -> bool:
    facts: object = value if isinstance(value, dict) else getattr(getattr(value, "notice", value), "facts", None)
    return isinstance(facts, dict) and any(_is_nan(fact) for fact in facts.values())
