"""Milesight GS524N smoke detector: six bytes with a checksum, unlike Milesight's other devices."""

from __future__ import annotations

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_DOCUMENT = "https://github.com/Milesight-IoT/SensorDecoders/tree/main/gs-series/gs524n"

_MESSAGES: dict[int, tuple[Event, dict[str, Fact]]] = {
    0x1: (Event.ALARM, {"alarm": True}),
    # Somebody hushed it: whether it still smells smoke is not said.
    0x2: (Event.SILENCED, {"muted": True}),
    0x4: (Event.STATUS, {"alarm": False, "battery_low": True}),
    0x5: (Event.FAULT, {"alarm": False, "fault": True}),
    0x7: (Event.STATUS, {"alarm": False, "battery_low": False, "fault": False}),
    0xA: (Event.STATUS, {"alarm": False, "installed": False, "tamper": True}),
    0xB: (Event.STATUS, {"alarm": False, "installed": True, "tamper": False}),
    0xE: (Event.TEST, {"alarm": False, "test": True, "battery_low": False}),
    0xF: (Event.TEST, {"alarm": False, "test": True, "battery_low": True}),
}


def _fits(data: bytes) -> bool:
    return len(data) == 6 and data[1] >> 4 == 1 and sum(data) & 0xFF == 0


def _decode(uplink: Uplink) -> list[Facts]:
    data = uplink.data
    if len(data) != 6:
        raise DecodeError(Undecoded.TRUNCATED, f"{len(data)} bytes instead of 6")
    if sum(data) & 0xFF:
        raise DecodeError(Undecoded.BAD_CHECKSUM, "the six bytes do not add up to 0")
    message = _MESSAGES.get(data[1] & 0x0F)
    if message is None or data[1] >> 4 != 1:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"message type {data[1]:#04x}")
    event, facts = message
    temperature = data[4] - 256 if data[4] > 127 else data[4]
    return [Facts(event, {**facts, "battery_pct": data[2], "concentration": data[3], "temperature": temperature})]


def _recognises(uplink: Uplink) -> bool:
    data = uplink.data
    return _fits(data) and data[1] & 0x0F in _MESSAGES and data[0] != 0 and data[2] <= 100 and data[3] <= 100


def _sample(kind: int, battery: int, smoke: int, temperature: int) -> str:
    body = bytes((0x22, 0x10 | kind, battery, smoke, temperature & 0xFF))
    return (body + bytes((-sum(body) & 0xFF,))).hex()


MODEL = Model(
    name="milesight/gs524n",
    kind=Kind.SMOKE,
    title="Milesight GS524N",
    profiles=("gs524n",),
    decode=_decode,
    recognises=_recognises,
    examples=(
        Example(
            hex="221e64001c40",
            meaning={
                "kind": "smoke",
                "event": "test",
                "test": True,
                "alarm": False,
                "battery_pct": 100,
                "battery_low": False,
                "temperature": 28,
                "concentration": 0,
            },
            source=_DOCUMENT,
        ),
        Example(
            hex=_sample(0x1, 90, 40, 31),
            meaning={"event": "alarm", "alarm": True, "concentration": 40, "temperature": 31, "test": None},
            source=f"{_DOCUMENT}: composed from its table",
        ),
        Example(
            hex=_sample(0x2, 90, 40, 31),
            meaning={"event": "silenced", "muted": True, "alarm": None},
            source=f"{_DOCUMENT}: composed from its table",
        ),
        Example(
            hex=_sample(0xF, 8, 0, -5),
            meaning={"event": "test", "test": True, "alarm": False, "battery_low": True, "temperature": -5},
            source=f"{_DOCUMENT}: composed from its table",
        ),
    ),
    document=_DOCUMENT,
)
