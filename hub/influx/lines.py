"""Line protocol from readings and decisions: the hot path of the follower. Pure.

Measurements: ``reading`` (numbers, and booleans as 0/1 integers, because InfluxQL refuses mean and sum on booleans),
``reading_text`` (strings, because VictoriaMetrics turns strings to 0), ``alert``. Readings of the past go to
``history`` and ``history_text`` at their own time, so that no wall shows them as now. Types are fixed by `FACTS`.
Source: InfluxDB line protocol reference, https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hub.core.decisions import (
    AlertCleared,
    AlertRaised,
    AnyDecision,
    DuplicateIgnored,
    IncidentAccepted,
    IncidentClosed,
    RegistryChanged,
)
from hub.core.inputs import Received
from hub.model import FACTS, Kind, Reading
from hub.store.port import Block

PERSONAL: frozenset[str] = frozenset(
    {
        "plate",
        "known_name",
        "name",
        "label",
        "description",  # a fire panel's free text: often a resident's name
        "lat",
        "lng",  # where a person with an SOS button is
        "code",  # a key pad's code
        "imei",
        "vendor_mac",
        "platform_device_id",
        "raw_hex",  # the bytes hold all of the above
    }
)
"""Facts that never leave for InfluxDB."""

Where = Callable[[str], tuple[str, str]]
"""Device address -> (place id, name of its building), "" where unknown."""

_TICKS = 1_000_000
"""Nanoseconds in a millisecond: two events of one millisecond differ by their seq."""
_LONGEST_TEXT = 1000
_LONGEST_TAG = 256
_TAG_ESCAPES = str.maketrans(
    {",": "\\,", "=": "\\=", " ": "\\ ", "\\": "/"} | {chr(c): "_" for c in [*range(32), 127, 0x85, 0x2028, 0x2029]}
)
# A backslash is turned round, not escaped: a trailing one would escape the comma after it.
_TEXT_ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\"} | {chr(c): " " for c in [*range(32), 127]})

_Form = tuple[int, str, str]
_BOOL, _NUMBER, _TEXT = 0, 1, 2


def _form(name: str, kind: str) -> _Form:
    if kind == "bool":
        return _BOOL, f",{name}=1i", f",{name}=0i"
    return (_NUMBER if kind == "number" else _TEXT), f",{name}=", ""


_FORMS: dict[str, _Form] = {name: _form(name, kind) for name, (kind, _) in FACTS.items() if name not in PERSONAL}


class Lines:
    """Makes the lines of one community; remembers each device's escaped tags."""

    def __init__(self, community: str, where: Where) -> None:
        self._community = community
        self._where = where
        self._tags: dict[str, tuple[Kind, str, str]] = {}

    def of_block(self, block: Block) -> list[str]:
        """All lines of one block, in the journal's order."""
        lines: list[str] = []
        twice: set[tuple[int, str]] = set()
        for decision in block.decisions:
            if isinstance(decision, RegistryChanged):
                self._tags.clear()  # a device may have moved
            elif isinstance(decision, DuplicateIgnored):
                twice.add((decision.seq, decision.device))
        for item, seq in zip(block.inputs, block.seqs, strict=True):
            if type(item) is Received and item.readings:
                readings: Iterable[Reading] = item.readings
                if twice:
                    readings = [
                        r
                        for n, r in enumerate(item.readings)
                        if (seq, r.device) not in twice and (seq + n, r.device) not in twice
                    ]
                self._readings(readings, item.raw.received_ms, seq, lines)
        self._decisions(block.decisions, lines)
        return lines

    def _readings(self, readings: Iterable[Reading], received_ms: int, seq: int, lines: list[str]) -> None:
        """Long on purpose: one call and few branches per fact, about 2 us a reading."""
        forms = _FORMS
        for reading in readings:
            known = self._tags.get(reading.device)
            if known is None or known[0] is not reading.kind:
                known = self._remember(reading)
            numbers = " seen=1i"
            text = ""
            for name, value in reading.facts.items():
                form = forms.get(name)
                if form is None:
                    continue
                kind = form[0]
                if kind == _BOOL:
                    if value is True:
                        numbers += form[1]
                    elif value is False:
                        numbers += form[2]
                elif kind == _NUMBER:
                    if type(value) is float:
                        if value - value == 0.0:  # neither NaN nor infinite: both are refused
                            numbers += f"{form[1]}{value!r}"
                    elif type(value) is int and -(2**63) <= value < 2**63:
                        numbers += f"{form[1]}{value}.0"
                elif type(value) is str:
                    text += f'{form[1]}"{value[:_LONGEST_TEXT].translate(_TEXT_ESCAPES)}"'
            stamp = received_ms * _TICKS + seq % _TICKS
            seq += 1
            if reading.historical:
                if reading.device_ms is not None:
                    stamp = reading.device_ms * _TICKS + (seq - 1) % _TICKS
                lines.append(f"history{known[1]}{numbers} {stamp}")
                if text:
                    lines.append(f"history_text{known[1]} {text[1:]} {stamp}")
                continue
            lines.append(f"reading{known[1]}{numbers} {stamp}")
            if text:
                lines.append(f"reading_text{known[1]} {text[1:]} {stamp}")

    def _remember(self, reading: Reading) -> tuple[Kind, str, str]:
        place, building = self._where(reading.device)
        tags = tags_of(
            building=building, community=self._community, device=reading.device, kind=reading.kind.value, place=place
        )
        known = (reading.kind, tags, building)
        self._tags[reading.device] = known
        return known

    def _decisions(self, decisions: list[AnyDecision], lines: list[str]) -> None:
        for decision in decisions:
            if isinstance(decision, AlertRaised):
                place, building = self._where(decision.subject)
                tags = tags_of(
                    building=building,
                    community=self._community,
                    event="raised",
                    place=decision.place or place,
                    rule=decision.rule,
                    severity=decision.severity.value,
                )
                fields = f"count=1i,alert={decision.alert}i,late={int(decision.late)}i"
            elif isinstance(decision, AlertCleared):
                tags = tags_of(community=self._community, event="cleared")
                fields = f"count=1i,alert={decision.alert}i"
            elif isinstance(decision, IncidentAccepted):
                tags = tags_of(community=self._community, event="accepted")
                fields = f"count=1i,incident={decision.incident}i"
            elif isinstance(decision, IncidentClosed):
                tags = tags_of(community=self._community, event="closed", outcome=decision.outcome.value)
                fields = f"count=1i,incident={decision.incident}i"
            else:
                continue
            lines.append(f"alert{tags} {fields} {decision.at_ms * _TICKS + decision.seq % _TICKS}")


def tags_of(**tags: str) -> str:
    """``,key=value`` for each tag that has a value; give them in alphabetical order."""
    return "".join(f",{key}={escape_tag(value)}" for key, value in tags.items() if value)


def escape_tag(value: str) -> str:
    """One tag value; what line protocol cannot carry becomes ``_``."""
    return value[:_LONGEST_TAG].translate(_TAG_ESCAPES)


def to_bytes(lines: Iterable[str]) -> bytes:
    """One request body. A lone surrogate (a topic that is no UTF-8) becomes ``?``."""
    return "\n".join(lines).encode("utf-8", "replace")
