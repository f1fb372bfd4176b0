"""Where plates stand in what is kept: in readings and the payloads they were read from, in commands, decisions, rows."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable

import msgspec

from hub.core.commands import AnyCommand
from hub.core.decisions import AnyDecision, CommandRefused, RegistryChanged
from hub.core.inputs import Commanded, Input, Received
from hub.model import Kind, Reading
from hub.plates import PROVINCES, normalised
from hub.store.port import Block

Change = Callable[[str], str]
"""A plate -> its hash, or the same plate where it may stay."""

_IN_TEXT = re.compile(f"[{PROVINCES}][A-Z][·.\\- ]?[A-HJ-NP-Z0-9]{{4,6}}[挂学警港澳领试超]?")
_IN_BYTES = re.compile(rb"(?i)plate|license|carno|car_no")
_BASE64 = re.compile(rb"[A-Za-z0-9+/\\]{8,24}={0,2}")


def in_block(block: Block, change: Change, *, whole: bool) -> bool:
    """Replace the plates of a block in place; True when there were any.

    ``whole``: too old altogether, so that the payloads of all plate cameras go, those too whose plate nobody read.
    """
    touched = False
    for index, one in enumerate(block.inputs):
        changed = _input(one, change, whole=whole)
        if changed is not one:
            block.inputs[index], touched = changed, True
    for index, decision in enumerate(block.decisions):
        if type(decision) in (RegistryChanged, CommandRefused):
            again = msgspec.convert(told := in_value(plain := msgspec.to_builtins(decision), change), AnyDecision)
            if told != plain:
                block.decisions[index], touched = again, True
    return touched


def _input(one: Input, change: Change, *, whole: bool) -> Input:
    if type(one) is Received:
        return _received(one, change, whole=whole)
    if type(one) is Commanded:
        plain = msgspec.to_builtins(one.command)
        told = in_value(plain, change)
        return one if told == plain else msgspec.structs.replace(one, command=msgspec.convert(told, AnyCommand))
    return one


def _received(one: Received, change: Change, *, whole: bool) -> Received:
    readings = tuple([_reading(each, change) for each in one.readings])
    replaced = any(new is not old for new, old in zip(readings, one.readings, strict=True))
    cameras = whole and any(each.kind is Kind.LPR for each in one.readings)
    unread = whole and one.undecodable is not None and holds_plate(one.raw.payload)
    if not (replaced or ((cameras or unread) and one.raw.payload)):
        return one
    # Empty is the mark: a message with readings, or one that nobody understood, never came empty.
    return msgspec.structs.replace(one, raw=msgspec.structs.replace(one.raw, payload=b""), readings=readings)


def _reading(one: Reading, change: Change) -> Reading:
    plate = one.facts.get("plate")
    if not isinstance(plate, str) or (hashed := change(plate)) == plate:
        return one
    return msgspec.structs.replace(one, facts={**one.facts, "plate": hashed})


def in_value(value: object, change: Change) -> object:
    """A copy of plain lists and dicts in which each plate is replaced, wherever one of ours puts it."""
    if isinstance(value, list):
        return [in_value(one, change) for one in value]
    if not isinstance(value, dict):
        return value
    told: dict[object, object] = {}
    permit = value.get("what") == "permit"
    for name, one in value.items():
        if not isinstance(one, str):
            told[name] = in_value(one, change)
        elif name == "plate" or (name == "id" and permit):
            told[name] = change(one)
        elif name == "key" and "|" in one:  # of an alert about passing cars: rule|plate
            rule, _, plate = one.rpartition("|")
            told[name] = f"{rule}|{change(plate)}"
        elif name in ("detail", "refused", "label"):  # a label may be of plates that an unknown one may mean
            told[name] = in_text(one, change)
        else:
            told[name] = one
    return told


def in_text(text: str, change: Change) -> str:
    """Words of the hub's own in which plates of the mainland may stand."""

    def changed(found: re.Match[str]) -> str:
        plate = normalised(found[0])
        hashed = change(plate)
        return found[0] if hashed == plate else hashed

    return _IN_TEXT.sub(changed, text)


def holds_plate(payload: bytes) -> bool:
    """Whether bytes that nobody understood may hold a plate: rather one payload too many than one plate."""
    if not payload:
        return False
    if _IN_BYTES.search(payload) or _IN_TEXT.search(payload.decode("utf-8", "ignore").upper()):
        return True
    if _IN_TEXT.search(payload.decode("gb18030", "ignore")):
        return True
    return any(_IN_TEXT.search(_opened(found)) for found in _BASE64.findall(payload[:100_000]))


def _opened(word: bytes) -> str:
    try:
        return binascii.a2b_base64(word).decode("utf-8", "ignore")
    except binascii.Error:
        return ""
