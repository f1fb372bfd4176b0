"""askme wearables with an SOS key: ``info/{what}`` and ``info/{tenant}/{what}``.

Source: github.com/askme-inc/docs. heart, position, up (online), down (last will), alarm (``alarm_type: SOS``).
"""

from __future__ import annotations

from hub.decode.port import Context, Envelope
from hub.decode.text import parse_object
from hub.decode.times import time_ms
from hub.decode.values import put_battery, put_number, put_text, text
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded

_WHAT = frozenset({"heart", "position", "up", "down", "alarm"})


def read(raw: RawMessage, _context: Context) -> tuple[Reading, ...]:
    """One reading of one wearer."""
    found = parse_object(raw.payload)
    device = text(found.get("user_id"))
    if not device:
        raise DecodeError(Undecoded.MISSING_FIELD, "the message has no user_id")
    what = raw.topic.rpartition("/")[2]
    facts: dict[str, Fact] = {}
    put_number(facts, "lat", found.get("lat"))
    put_number(facts, "lng", found.get("lng"))
    put_battery(facts, found.get("battery"))
    device_ms = time_ms(found.get("timestamp"))
    if what in ("up", "down"):
        return (Reading(device, Kind.LIFECYCLE, Event.ONLINE if what == "up" else Event.OFFLINE, facts, device_ms),)
    event = {"heart": Event.HEARTBEAT, "position": Event.LOCATION}.get(what, Event.PRESS)
    if what == "alarm":
        facts["alarm"] = True
        put_text(facts, "label", found.get("alarm_type"))
    elif what == "heart":
        facts["alarm"] = False
    return (Reading(device, Kind.SOS, event, facts, device_ms),)


def _ours(_topic: str, levels: list[str]) -> bool:
    return levels[0] == "info" and len(levels) in (2, 3) and levels[-1] in _WHAT


ENVELOPE = Envelope(name="askme", read=read, topics=_ours, rank=20)
