"""Dingtek sensors on port 3: 80 00, device type, message type, length of the whole, ..., 81. That frame tells them apart."""

from __future__ import annotations

from collections.abc import Callable

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_TTN = "TheThingsNetwork/lorawan-devices vendor/dingtek"
_PARAMETERS = 0x03


def _framed(data: bytes) -> bool:
    return len(data) > 6 and data[0] == 0x80 and data[1] == 0 and data[4] == len(data) and data[-1] == 0x81


def _space(data: bytes) -> Facts:
    facts: dict[str, Fact] = {
        "occupied": data[7] >> 4 != 0,
        "battery_low": data[8] & 0x0F != 0,
        "battery_v": int.from_bytes(data[9:11], "big") / 100,
    }
    return Facts(Event.STATUS, facts)


def _leak(data: bytes) -> Facts:
    """A channel whose bit is 0 is wet; the vendor's example of a dry one has them all at 1."""
    on = data[12] & 0xF0 != 0xF0
    facts: dict[str, Fact] = {"alarm": on, "battery_low": data[12] & 0x0F != 0, "temperature": data[8]}
    return Facts(Event.ALARM if on else Event.STATUS, facts)


def _model(
    name: str,
    code: int,
    kind: Kind,
    length: int,
    state: Callable[[bytes], Facts],
    examples: tuple[Example, ...],
) -> Model:
    def decode(uplink: Uplink) -> list[Facts]:
        data = uplink.data
        if not _framed(data) or data[2] != code:
            raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"not a frame of {name}: {data[:8].hex()}")
        if data[3] == _PARAMETERS:
            return [Facts(Event.CONFIG_REPORT, {})]
        if len(data) != length:
            raise DecodeError(Undecoded.TRUNCATED, f"{len(data)} bytes instead of {length}")
        return [state(data)]

    def recognises(uplink: Uplink) -> bool:
        data = uplink.data
        return (
            uplink.port == 3 and _framed(data) and data[2] == code and (data[3] == _PARAMETERS or len(data) == length)
        )

    return Model(
        name=f"dingtek/{name}",
        kind=kind,
        title=f"Dingtek {name.upper()}",
        profiles=(name,),
        decode=decode,
        recognises=recognises,
        examples=examples,
        document=f"https://github.com/{_TTN.replace(' ', '/tree/master/')}",
    )


def _example(codec: str, hex_: str, **meaning: object) -> Example:
    return Example(hex=hex_, port=3, meaning=meaning, source=f"{_TTN}/{codec}-codec.yaml")


_FREE = {"kind": "parking", "event": "status", "occupied": False, "battery_low": False}

MODELS = (
    _model(
        "do200",
        0x02,
        Kind.PARKING,
        21,
        _space,
        (
            _example("do200", "800002011500000000016f0079ffb0fff500000081", **_FREE, battery_v=3.67),
            _example(
                "do200", "8000020311000b18020a05a0003c000081", kind="parking", event="config_report", occupied=None
            ),
        ),
    ),
    _model(
        "do201",
        0x31,
        Kind.PARKING,
        23,
        _space,
        (_example("do201", "800031021706b4000001610010fff6fff08b2d00010081", **_FREE, battery_v=3.53),),
    ),
    _model(
        "do202",
        0x32,
        Kind.PARKING,
        23,
        _space,
        (
            _example("do202", "800032021706b4000001610010fff6fff08b2d00010081", **_FREE, battery_v=3.53),
            _example("do202", "80003203100101181e3c003c14000081", kind="parking", event="config_report", occupied=None),
        ),
    ),
    _model(
        "dc600",
        0x01,
        Kind.LEAK,
        17,
        _leak,
        (
            _example(
                "dc600",
                "800001011100000019000000f000000081",
                kind="leak",
                event="status",
                alarm=False,
                battery_low=False,
                temperature=25,
            ),
        ),
    ),
)
