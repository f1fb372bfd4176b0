"""Single-chip gateways: ``/sys/{no}/device/post`` with ``{uid, data: {deviceid, devicetype, devicestatus, value}}``.

Source: the vendor's protocol document: device type 1 relay, 6 smoke, 7 flame, 8 natural gas, 9 water level. It says what a
relay's status means and not what a detector's does; a detector's status is kept as a state, and is no alarm.
"""

from __future__ import annotations

from hub.decode.port import Context, Envelope
from hub.decode.text import parse_object
from hub.decode.values import flag, part, put_number, put_text, text, whole
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded

_KINDS = {1: Kind.RELAY, 6: Kind.SMOKE, 7: Kind.HEAT, 8: Kind.GAS, 9: Kind.LEVEL}


def read(raw: RawMessage, _context: Context) -> tuple[Reading, ...]:
    """One reading of one device."""
    data = part(parse_object(raw.payload), "data")
    device = text(data.get("deviceid"))
    if not device:
        raise DecodeError(Undecoded.MISSING_FIELD, "the message has no data.deviceid")
    kind = _KINDS.get(whole(data.get("devicetype")) or 0, Kind.TELEMETRY)
    facts: dict[str, Fact] = {}
    put_number(facts, "value", data.get("value"))
    on = flag(data.get("devicestatus"))
    if kind is not Kind.RELAY:
        put_text(facts, "state", data.get("devicestatus"))
    elif on is not None:
        facts["on"] = on
    return (Reading(device, kind, Event.STATUS, facts),)


def _ours(_topic: str, levels: list[str]) -> bool:
    return len(levels) == 5 and levels[1] == "sys" and levels[3:] == ["device", "post"]


ENVELOPE = Envelope(name="chip_gateway", read=read, topics=_ours, rank=20)
