"""Browan TABS sensors: status bit, battery, board temperature on a port of their own each."""

from __future__ import annotations

from collections.abc import Callable

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_TTN = "TheThingsNetwork/lorawan-devices vendor/browan"


def _celsius(byte: int) -> int:
    return (byte & 0x7F) - 32


def _press(data: bytes) -> Facts:
    pressed = data[0] & 1 == 1
    facts: dict[str, Fact] = {"alarm": pressed, "temperature": _celsius(data[2])}
    return Facts(Event.PRESS if pressed else Event.STATUS, facts)


def _leak(data: bytes) -> Facts:
    on = data[0] & 1 == 1
    facts: dict[str, Fact] = {"alarm": on, "humidity": data[3], "temperature": _celsius(data[4])}
    return Facts(Event.ALARM if on else Event.STATUS, facts)


def _count(data: bytes) -> int:
    return int.from_bytes(data[5:8], "little")


def _door(data: bytes) -> Facts:
    return Facts(Event.STATUS, {"open": data[0] & 1 == 1, "open_count": _count(data)})


def _motion(data: bytes) -> Facts:
    return Facts(Event.STATUS, {"motion": data[0] & 1 == 1, "count": _count(data)})


def _model(
    name: str, port: int, length: int, kind: Kind, title: str, state: Callable[[bytes], Facts], example: Example
) -> Model:
    def decode(uplink: Uplink) -> list[Facts]:
        data = uplink.data
        if uplink.port != port or len(data) != length:
            raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"port {uplink.port}, {len(data)} bytes")
        found = state(data)
        found.facts["battery_v"] = (25 + (data[1] & 0x0F)) / 10
        return [found]

    def recognises(uplink: Uplink) -> bool:
        data = uplink.data
        return uplink.port == port and len(data) == length and data[2] < 0x80

    return Model(
        name=f"browan/{name}",
        kind=kind,
        title=title,
        profiles=(name,),
        decode=decode,
        recognises=recognises,
        examples=(example,),
        document="https://github.com/TheThingsNetwork/lorawan-devices/tree/master/vendor/browan",
    )


def _example(codec: str, hex_: str, port: int, /, **meaning: object) -> Example:
    return Example(hex=hex_, port=port, meaning=meaning, source=f"{_TTN}/{codec}-codec.yaml")


MODELS = (
    _model(
        "tbpb100",
        147,
        8,
        Kind.SOS,
        "Browan TABS TBPB100 button",
        _press,
        _example(
            "tbpb100", "01fe370000040000", 147, kind="sos", event="press", alarm=True, battery_v=3.9, temperature=23
        ),
    ),
    _model(
        "tbwl100",
        106,
        5,
        Kind.LEAK,
        "Browan TABS TBWL100 water leak",
        _leak,
        _example("tbwl100", "110b362836", 106, event="alarm", alarm=True, battery_v=3.6, temperature=22, humidity=40),
    ),
    _model(
        "tbdw100",
        100,
        8,
        Kind.DOOR,
        "Browan TABS TBDW100 door and window",
        _door,
        _example("tbdw100", "00cb3500008a3a00", 100, event="status", open=False, battery_v=3.6, open_count=14986),
    ),
    _model(
        "tbms100",
        102,
        8,
        Kind.MOTION,
        "Browan TABS TBMS100 motion",
        _motion,
        _example(
            "tbms100", "01cb3500008a3a00", 102, kind="motion", event="status", motion=True, battery_v=3.6, count=14986
        ),
    ),
)
