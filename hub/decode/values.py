"""Loose values of foreign JSON as facts: a number, a flag, a text, or None where the value is none of these.

Platforms change types between messages: ``""``, ``-1`` and ``1`` of one field, ``"100"`` for 100, ``"ON"`` for true. A
value that cannot be read is unknown, which is never false.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.model import Fact

_TRUE = frozenset({"true", "on", "yes", "1", "open", "alarm", "online"})
_FALSE = frozenset({"false", "off", "no", "0", "close", "closed", "normal", "offline"})
_LONGEST = 200


def number(value: object) -> int | float | None:
    """An int or float, also from its text; None for booleans, blanks and everything else."""
    kind = type(value)
    if kind is int or kind is float:
        return value  # type: ignore[return-value]
    if isinstance(value, str) and 0 < len(value) <= 32:
        try:
            read = float(value)
        except ValueError:
            return None
        return int(read) if read.is_integer() and "." not in value else read
    return None


def whole(value: object) -> int | None:
    """An integer, also from a float without fraction or from text."""
    read = number(value)
    if isinstance(read, float):
        return int(read) if read.is_integer() else None
    return read


def flag(value: object) -> bool | None:
    """True or false, also as 1, 0, "ON", "closed"; None for everything else."""
    if isinstance(value, bool):
        return value
    if type(value) is int or type(value) is float:
        return True if value == 1 else False if value == 0 else None
    if isinstance(value, str):
        word = value.strip().lower()
        return True if word in _TRUE else False if word in _FALSE else None
    return None


def text(value: object) -> str:
    """A short text; "" for None, blanks, containers and the platforms' ways of writing nothing."""
    if isinstance(value, str):
        word = value.strip("\x00 \t\r\n")
        return "" if word.lower() in ("undefined", "null", "none") else word[:_LONGEST]
    if type(value) is int or type(value) is float:
        return str(value)[:_LONGEST]
    return ""


def part(value: object, *names: str) -> Mapping[str, object]:
    """The object at this path; an empty one where the path leaves objects."""
    for name in names:
        if not isinstance(value, dict):
            return {}
        value = value.get(name)
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """A list as it is, nothing as an empty one, and everything else as a list of one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def put_number(facts: dict[str, Fact], name: str, value: object, scale: float = 1) -> None:
    """Set a number fact where the value is a number."""
    read = number(value)
    if read is not None:
        facts[name] = read if scale == 1 else round(read * scale, 6)


def put_flag(facts: dict[str, Fact], name: str, value: object) -> None:
    """Set a boolean fact where the value says so."""
    read = flag(value)
    if read is not None:
        facts[name] = read


def put_text(facts: dict[str, Fact], name: str, value: object) -> None:
    """Set a text fact where there is one."""
    read = text(value)
    if read:
        facts[name] = read


def put_battery(facts: dict[str, Fact], value: object) -> None:
    """Percent of charge, when it is one; 255 and -1 stand for unknown."""
    read = number(value)
    if read is not None and 0 <= read <= 100:
        facts["battery_pct"] = read


def put_volts(facts: dict[str, Fact], value: object) -> None:
    """Battery voltage in V; a value above 100 is in mV."""
    read = number(value)
    if read is not None and 0 < read < 100_000:
        facts["battery_v"] = round(read / 1000, 3) if read > 100 else read
