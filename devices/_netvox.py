"""What all Netvox LoRaWAN devices share (Netvox LoRaWAN application command specification).

Port 6: version, device code, report type, battery (0.1 V, top bit: low), 7 bytes of state; report type 0 is the version
report after a start. Port 7: answers to configuration commands (0x81 and up), then the device code. The device code tells
every model apart.
"""

from __future__ import annotations

from collections.abc import Callable

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

TTN = "TheThingsNetwork/lorawan-devices vendor/netvox"
TB = "thingsboard/data-converters VENDORS/Netvox"

_LENGTH = 11
State = Callable[[bytes], tuple[Event, dict[str, Fact]]]
"""The 7 bytes after the battery -> event and facts."""


def model(
    name: str,
    code: int,
    kind: Kind,
    title: str,
    state: State,
    examples: tuple[Example, ...],
    *,
    profiles: tuple[str, ...] = (),
    button: bool = False,
) -> Model:
    """One Netvox model; ``button``: it answers on port 13, too, without naming itself."""

    def decode(uplink: Uplink) -> list[Facts]:
        data = uplink.data
        if button and uplink.port == 13:
            return [Facts(Event.CONFIG_RESPONSE, {})]
        if len(data) < 2 or data[1] != code:
            raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"not a {title}: {data[:2].hex()}")
        if uplink.port == 7:
            return [Facts(Event.CONFIG_RESPONSE, {})]
        if uplink.port != 6 or len(data) != _LENGTH:
            raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"port {uplink.port}, {len(data)} bytes")
        if data[2] == 0:
            return [Facts(Event.VERSION_REPORT, {})]
        if data[2] != 1:
            raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"report type {data[2]}")
        event, facts = state(data[4:])
        facts["battery_v"] = (data[3] & 0x7F) / 10
        facts["battery_low"] = data[3] >= 0x80
        return [Facts(event, facts)]

    def recognises(uplink: Uplink) -> bool:
        data = uplink.data
        if len(data) == _LENGTH and data[1] == code:
            return (uplink.port == 6 and data[0] == 1 and data[2] < 2) or (uplink.port == 7 and 0x81 <= data[0] < 0xA0)
        return button and uplink.port == 13 and len(data) == 2 and data[0] in (0x81, 0x82)

    return Model(
        name=name,
        kind=kind,
        title=title,
        profiles=(*profiles, name.rpartition("/")[2]),
        decode=decode,
        recognises=recognises,
        examples=examples,
        document=f"https://github.com/{TTN}",
    )


def alarm(state: bytes) -> tuple[Event, dict[str, Fact]]:
    """First byte: alarm."""
    on = state[0] != 0
    return (Event.ALARM if on else Event.STATUS), {"alarm": on}


def either(state: bytes) -> tuple[Event, dict[str, Fact]]:
    """First and second byte: two inputs, an alarm on either."""
    on = state[0] != 0 or state[1] != 0
    return (Event.ALARM if on else Event.STATUS), {"alarm": on}
