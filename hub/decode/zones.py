"""Zigbee2MQTT devices that tell both alarm bits of their zone instead of one state: ``smoke_alarm_1``, or a bare ``alarm_1``.

Rare, so it is looked for only where a state says nothing else, and costs the others nothing.
"""

from __future__ import annotations

from msgspec.structs import replace

from hub.decode.text import parse_object
from hub.model import Event, Kind, Reading

_ZONES = (
    ("smoke_", Kind.SMOKE),
    ("gas_", Kind.GAS),
    ("carbon_monoxide_", Kind.CO),
    ("water_leak_", Kind.LEAK),
    ("sos_", Kind.SOS),
    ("", Kind.UNKNOWN),
)


def with_zone(reading: Reading, payload: bytes) -> Reading:
    """The reading with its zone's alarm, either bit being enough; a null bit still says what the zone watches for."""
    found = parse_object(payload)
    told: Kind | None = None
    known: list[bool] = []
    for zone, kind in _ZONES:
        for name in (f"{zone}alarm_1", f"{zone}alarm_2"):
            if name in found:
                told = told or kind
                bit = found[name]
                if isinstance(bit, bool):
                    known.append(bit)
    if told is None:
        return reading
    facts = {**reading.facts, "alarm": any(known)} if known and reading.event is not Event.TEST else reading.facts
    event = reading.event
    if event is not Event.TEST:
        event = (Event.PRESS if told is Kind.SOS else Event.ALARM) if any(known) else Event.STATUS
    return replace(reading, kind=told, event=event, facts=facts)
