"""Any JSON, read by the source's mapping in config.yaml: which path is which fact.

A path is ``body.dev.id``, ``results[0].plate`` or ``topic[2]`` (a level of the topic). A boolean fact may compare:
``body.state == 1``.
"""

from __future__ import annotations

from functools import lru_cache

from hub.decode.port import Context, Envelope, JsonMapping
from hub.decode.text import parse_json
from hub.decode.times import time_ms
from hub.decode.values import flag, items, number, text
from hub.errors import DecodeError
from hub.model import FACTS, Event, Fact, RawMessage, Reading, Undecoded


def read(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    """One reading a message, or one for each entry of an array."""
    mapping = context.mapping
    if mapping is None:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, "a source with envelope json needs a mapping")
    levels = raw.topic.split("/")
    return tuple(_one(content, levels, mapping, context) for content in items(parse_json(raw.payload)))


def _one(content: object, levels: list[str], mapping: JsonMapping, context: Context) -> Reading:
    device = text(_at(content, levels, mapping.device))
    if not device:
        raise DecodeError(Undecoded.MISSING_FIELD, f"there is nothing at {mapping.device}, the device")
    facts: dict[str, Fact] = {}
    for name, path in mapping.facts.items():
        value = _fact(name, _value(content, levels, path))
        if value is not None:
            facts[name] = value
    event = Event.STATUS
    said = text(_at(content, levels, mapping.event)) if mapping.event else ""
    if said:
        event = _event(mapping.events.get(said, said))
    if event is Event.TEST:
        facts |= {"test": True, "alarm": False}
    elif event is Event.STATUS and facts.get("alarm") is True:
        event = Event.ALARM
    moment = _at(content, levels, mapping.time) if mapping.time else None
    return Reading(device, mapping.kind, event, facts, time_ms(moment, context.zone))


def _event(name: str) -> Event:
    try:
        return Event(name)
    except ValueError:
        return Event.VENDOR_CODE


def _value(content: object, levels: list[str], written: str) -> object:
    """What stands at a path, or whether it equals what is written behind ``==``."""
    path, compares, wanted = written.partition("==")
    value = _at(content, levels, path.strip())
    if not compares:
        return value
    if value is None:
        return None
    told = wanted.strip().strip("'\"")
    if isinstance(value, bool):
        return flag(told) is value
    return number(value) == number(told) if number(told) is not None else text(value) == told


def _fact(name: str, value: object) -> Fact | None:
    kind = FACTS[name][0] if name in FACTS else "text"
    if kind == "bool":
        return flag(value)
    if kind == "number":
        return number(value)
    return text(value) or None


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str | int, ...]:
    steps: list[str | int] = []
    for name in path.replace("]", "").split("."):
        first, *indexes = name.split("[")
        if first:
            steps.append(first)
        steps += [int(index) for index in indexes if index.lstrip("-").isdigit()]
    return tuple(steps)


def _at(content: object, levels: list[str], path: str) -> object:
    steps = _steps(path)
    if len(steps) == 2 and steps[0] == "topic" and isinstance(steps[1], int):
        return levels[steps[1]] if -len(levels) <= steps[1] < len(levels) else None
    for step in steps:
        if isinstance(step, str):
            content = content.get(step) if isinstance(content, dict) else None
        else:
            within = isinstance(content, list) and -len(content) <= step < len(content)
            content = content[step] if within else None  # type: ignore[index]
    return content


def mistakes(mapping: JsonMapping) -> list[str]:
    """What is wrong with a mapping, for `hub check`: unknown facts and events."""
    found = [f"{name} is no fact of the vocabulary" for name in mapping.facts if name not in FACTS]
    known = {event.value for event in Event}
    return found + [f"{event} is no event of the vocabulary" for event in mapping.events.values() if event not in known]


ENVELOPE = Envelope(name="json", read=read)
