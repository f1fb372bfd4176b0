"""ChirpStack's gateways: ``[{region}/]gateway/{id}/state/conn`` retained, JSON or protobuf (ConnState).

proto3 leaves out the default, so a state that is missing is OFFLINE. Everything else a gateway says (its frames, counters
and acknowledgements) tells nothing of a device that ChirpStack does not tell better.
"""

from __future__ import annotations

from hub.decode.port import Context, Envelope
from hub.decode.text import parse_object
from hub.errors import DecodeError
from hub.model import Event, Kind, RawMessage, Reading, Undecoded

_STATE_FIELD, _ONLINE = 2, 1


def _read(raw: RawMessage, _: Context) -> tuple[Reading, ...]:
    levels = raw.topic.split("/")
    if levels[-2:] != ["state", "conn"]:
        return ()
    online = _online(raw.payload)
    event = Event.GATEWAY_ONLINE if online else Event.GATEWAY_OFFLINE
    return (Reading(levels[-3], Kind.LIFECYCLE, event, {"gateway": levels[-3]}),)


def _online(payload: bytes) -> bool:
    if payload[:1] == b"{":
        state = parse_object(payload).get("state", "OFFLINE")
        if state not in ("ONLINE", "OFFLINE"):
            raise DecodeError(Undecoded.WRONG_TYPE, f"state {state!r}"[:80])
        return state == "ONLINE"
    index = 0
    while index + 1 < len(payload):
        field, wire, value = payload[index] >> 3, payload[index] & 0b111, payload[index + 1]
        if value > 0x7F or wire not in (0, 2):
            break  # no number or text of ConnState is that long
        if field == _STATE_FIELD and wire == 0:
            return value == _ONLINE
        index += 2 + (value if wire == 2 else 0)
    if index != len(payload):
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"neither JSON nor ConnState: {payload[:16].hex()}")
    return False


def _topics(_: str, levels: list[str]) -> bool:
    return (
        len(levels) in (4, 5)
        and levels[-4] == "gateway"
        and levels[-2] in ("state", "event", "command")
        and levels[-1] in ("conn", "up", "stats", "ack", "raw", "exec", "down", "config", "mesh")
    )


ENVELOPE = Envelope(name="chirpstack_gateway", read=_read, topics=_topics)
