"""TG563A smoke detector (technical reference manual SE000304A): port 1, 5 bytes, or 35 with additional data.

The bytes: message type, configuration, temperature, two bytes of status bits.
"""

from __future__ import annotations

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_SOURCE = "modrisb/tg563a-payload-decoder"
_PERIODIC, _FAULTS, _OBSTRUCTIONS, _ADDITIONAL = 0x0, range(3, 8), (8, 9), 0xF
_KNOWN = frozenset({*range(10), _ADDITIONAL})


def _decode(uplink: Uplink) -> list[Facts]:
    data = uplink.data
    if len(data) not in (5, 35):
        raise DecodeError(Undecoded.TRUNCATED, f"{len(data)} bytes instead of 5 or 35")
    told = data[0] & 0x0F
    if uplink.port != 1 or told not in _KNOWN:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"port {uplink.port}, message type {told}")
    alarm = data[4] & 0x01 != 0
    facts: dict[str, Fact] = {
        "alarm": alarm,
        "battery_low": data[4] & 0x02 != 0,
        "fault": data[4] & 0b0111_1100 != 0,
        "installed": data[3] & 0x01 != 0,
        "obstructed": data[3] & 0b0011_0000 != 0,
        "temperature": data[2] - 256 if data[2] > 127 else data[2],
    }
    if len(data) == 35 and told == _ADDITIONAL:
        facts["battery_v"] = data[5] / 100 + 1
    event = Event.ALARM if alarm else Event.FAULT if told in _FAULTS and facts["fault"] else Event.STATUS
    return [Facts(event, facts)]


def _recognises(uplink: Uplink) -> bool:
    data = uplink.data
    if uplink.port != 1 or len(data) not in (5, 35) or data[0] not in _KNOWN:
        return False
    if (len(data) == 35) != (data[0] == _ADDITIONAL):
        return False
    # Bits the manual leaves unused, and a temperature that electronics survive.
    return data[1] < 0x80 and not data[3] & 0x08 and not data[4] & 0x80 and not 85 < data[2] < 216


MODEL = Model(
    name="tg563a",
    kind=Kind.SMOKE,
    title="TG563A",
    profiles=("tg563a",),
    decode=_decode,
    recognises=_recognises,
    examples=(
        Example(
            hex="00781a0300",
            port=1,
            meaning={
                "kind": "smoke",
                "event": "status",
                "alarm": False,
                "battery_low": False,
                "temperature": 26,
                "fault": False,
                "obstructed": False,
                "installed": True,
            },
            source=f"{_SOURCE}/examples.json",
        ),
        Example(
            hex="017e150001",
            port=1,
            meaning={"event": "alarm", "alarm": True, "installed": False, "temperature": 21, "fault": False},
            source=f"{_SOURCE}/README.md",
        ),
        Example(
            hex="0f7e1a0300cd25915634c632e3325e05e342f803091afe13ffff19c84927000" + "0e21a05",
            port=1,
            meaning={"event": "status", "alarm": False, "battery_v": 3.05},
            source=f"{_SOURCE}/examples.json",
        ),
        Example(
            hex="03781a0304",
            port=1,
            meaning={"event": "fault", "fault": True, "alarm": False},
            source=f"{_SOURCE}: composed from its table",
        ),
    ),
    document=f"https://github.com/{_SOURCE}",
)
