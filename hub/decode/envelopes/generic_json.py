"""Any JSON, read by the source's mapping in config.yaml: which path is which fact.

A path is ``body.dev.id``, ``results[0].plate`` or ``topic[2]`` (a level of the topic). A boolean fact may compare:
``body.state == 1``. ``words`` gives a text fact our words for theirs: ``{direction: {"1": in, "2": out}}``.
"""

from __future__ import annotations

from functools import lru_cache

from hub.decode.plates import plate_of, told_apart
from hub.decode.port import Context, Envelope, JsonMapping
from hub.decode.text import parse_json
from hub.decode.times import time_ms
from hub.decode.values import flag, items, number, text
from hub.errors import DecodeError
from hub.model import FACTS, Event, Fact, Kind, RawMessage, Reading, Undecoded


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
        if isinstance(value, str) and name in mapping.words:
            value = mapping.words[name].get(value, value)
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
    moment = time_ms(_at(content, levels, mapping.time) if mapping.time else None, context.zone)
    if mapping.kind is Kind.LPR and "plate" in mapping.facts:
        return _passage(device, event, facts, moment, _value(content, levels, mapping.facts["plate"]))
    return Reading(device, mapping.kind, event, facts, moment)


def _passage(device: str, event: Event, facts: dict[str, Fact], device_ms: int | None, written: object) -> Reading:
    """A home-made plate camera's: a plate makes it a passage whatever it calls itself, no plate at all a status."""
    plate = None if written is None else plate_of(text(written))
    facts.pop("plate", None)
    if written is not None and event in (Event.STATUS, Event.VENDOR_CODE):
        event = Event.PLATE_ENCRYPTED if plate is None else Event.PLATE if plate else Event.VEHICLE_NO_PLATE
    if plate:
        facts["plate"] = plate
    elif event is Event.PLATE_ENCRYPTED:
        facts["encrypted"] = True
    key = f"{told_apart(plate)}/{facts.get('direction', '')}/{device_ms}" if plate and device_ms is not None else ""
    return Reading(device, Kind.LPR, event, facts, device_ms, key, facts.get("offline_record") is True)


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
    found += [
        f"words are given for {name}, which is not among the facts"
        for name in mapping.words
        if name not in mapping.facts
    ]
    known = {event.value for event in Event}
    return found + [f"{event} is no event of the vocabulary" for event in mapping.events.values() if event not in known]


ENVELOPE = Envelope(name="json", read=read)
