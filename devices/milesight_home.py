"""Milesight leak, door, motion and tilt sensors.

Some of them cannot be told apart by their bytes: WS301 (door) and WS202 (motion) send the same channels, so neither is
recognised; a WS303 alone sends 03 00 with the battery and nothing else. EM300-DI with a plain contact looks like a leak
rope: a wet floor is the safer reading, and its model, once registered, decides.
"""

from __future__ import annotations

from devices._milesight import BATTERY, CLIMATE, COMMON, GUIDE, TB, model, unsigned
from hub.decode.port import Example
from hub.model import Fact, Kind


def _leak(value: bytes) -> dict[str, Fact]:
    return {"alarm": value[0] != 0}


def _leak_record(value: bytes) -> dict[str, Fact]:
    return {"alarm": value[3] != 0, **_climate_record(value)}


def _climate_record(value: bytes) -> dict[str, Fact]:
    if value[:3] == b"\x00\x00\x00":  # the membrane's records have no climate
        return {}
    return {"temperature": int.from_bytes(value[:2], "little", signed=True) / 10, "humidity": value[2] / 2}


def _open(value: bytes) -> dict[str, Fact]:
    return {"open": value[0] != 0}


def _tilt(value: bytes) -> dict[str, Fact]:
    """Three angles, then which of them passed their threshold."""
    over = value[6] & 0b111 != 0
    return {"alarm": over, "tilted": over}


def _fine_tilt(value: bytes) -> dict[str, Fact]:
    """Three angles, whose lowest bits say whether they passed their threshold."""
    over = (value[0] | value[2] | value[4]) & 1 != 0
    return {"alarm": over, "tilted": over}


def _pulse(value: bytes) -> dict[str, Fact]:
    return {"count": unsigned(value)}


def _water_alarm(value: bytes) -> dict[str, Fact]:
    """1 no flow for long, 2 over; 3 flow for long, 4 over."""
    return {"alarm": value[8] in (1, 3)}


def _gpio_alarm(value: bytes) -> dict[str, Fact]:
    return {"on": value[0] != 0, "alarm": value[1] != 0}


MODELS = (
    model(
        "milesight/em300-leak",
        Kind.LEAK,
        "Milesight EM300-SLD, EM300-ZLD, EM300-MLD",
        {**CLIMATE, (0x05, 0x00): (1, _leak)},
        (
            Example(
                hex="01755c03673401046865050000",
                port=85,
                meaning={
                    "kind": "leak",
                    "event": "status",
                    "alarm": False,
                    "battery_pct": 92,
                    "temperature": 30.8,
                    "humidity": 50.5,
                },
                source=f"{TB}/EM300-SLD-ZLD",
            ),
            Example(
                hex="050001",
                port=85,
                meaning={"kind": "leak", "event": "alarm", "alarm": True},
                source="TheThingsNetwork/lorawan-devices vendor/milesight-iot/em300-sld-codec.yaml",
            ),
            Example(
                hex="050001",
                meaning={"kind": "leak", "event": "alarm", "alarm": True},
                source="chirpstack/chirpstack-device-profiles vendors/milesight/codecs/test_decode_em300-sld-zld.json: no port",
            ),
            Example(
                hex="20ce9e74466310015d01",
                port=85,
                meaning={"event": "history_record", "alarm": True, "temperature": 27.2, "humidity": 46.5},
                source=f"{GUIDE} em-series/em300-sld",
            ),
        ),
        signature=lambda told: (0x05, 0x00) in told,
        history={(0x20, 0xCE): (8, _leak_record)},
        profiles=("em300-sld", "em300-zld", "em300-mld"),
    ),
    model(
        "milesight/ws303",
        Kind.LEAK,
        "Milesight WS303",
        {**COMMON, (0x03, 0x00): (1, _leak)},
        (
            Example(
                hex="017564030001",
                port=85,
                meaning={"kind": "leak", "event": "alarm", "alarm": True, "battery_pct": 100},
                source=f"{GUIDE} ws-series/ws303",
            ),
            Example(
                hex="017564030000",
                port=207,
                meaning={"kind": "leak", "event": "status", "alarm": False},
                source=f"{TB}/WS303",
            ),
        ),
        signature=lambda told: told == {BATTERY, (0x03, 0x00)},
    ),
    model(
        "milesight/ws301",
        Kind.DOOR,
        "Milesight WS301",
        {**COMMON, (0x03, 0x00): (1, _open), (0x04, 0x00): (1, lambda value: {"tamper": value[0] != 0})},
        (
            Example(
                hex="017564030001040001",
                port=85,
                meaning={"kind": "door", "event": "status", "open": True, "tamper": True, "battery_pct": 100},
                source=f"{TB}/WS301",
            ),
            Example(
                hex="030001",
                port=85,
                meaning={"kind": "door", "event": "status", "open": True},
                source="TheThingsNetwork/lorawan-devices vendor/milesight-iot/ws301-codec.yaml",
            ),
        ),
        signature=lambda told: told in ({(0x03, 0x00)}, {BATTERY, (0x03, 0x00), (0x04, 0x00)}),
    ),
    model(
        "milesight/ws202",
        Kind.MOTION,
        "Milesight WS202",
        {
            **COMMON,
            (0x03, 0x00): (1, lambda value: {"motion": value[0] != 0}),
            (0x04, 0x00): (1, lambda value: {"illuminance": value[0]} if value[0] > 1 else {}),
        },
        (
            Example(
                hex="017510030001040000",
                port=85,
                meaning={"kind": "motion", "event": "status", "motion": True, "battery_pct": 16},
                source=f"{TB}/WS202",
            ),
        ),
        signature=lambda told: told in ({(0x03, 0x00)}, {BATTERY, (0x03, 0x00), (0x04, 0x00)}),
    ),
    model(
        "milesight/em300-mcs",
        Kind.DOOR,
        "Milesight EM300-MCS",
        {**CLIMATE, (0x06, 0x00): (1, _open)},
        (
            Example(
                hex="01755c03673401046865060001",
                port=85,
                meaning={"kind": "door", "event": "status", "open": True, "battery_pct": 92, "temperature": 30.8},
                source=f"{TB}/EM300-MCS",
            ),
        ),
        signature=lambda told: (0x06, 0x00) in told,
        history={(0x20, 0xCE): (8, lambda value: {"open": value[3] != 0, **_climate_record(value)})},
    ),
    model(
        "milesight/em310-tilt",
        Kind.TILT,
        "Milesight EM310-TILT",
        {**COMMON, (0x03, 0xCF): (7, _tilt)},
        (
            Example(
                hex="03cf00000000282307",
                port=85,
                meaning={"kind": "tilt", "event": "alarm", "alarm": True, "tilted": True},
                source=f"{TB}/EM310-TILT",
            ),
            Example(
                hex="03cf00000000282307",
                port=207,
                meaning={"kind": "tilt", "event": "alarm", "alarm": True, "tilted": True},
                source=f"{TB}/EM310-TILT: on a port of the installer's choice",
            ),
            Example(
                hex="01756403cf00000000282300",
                port=85,
                meaning={"kind": "tilt", "event": "status", "alarm": False, "battery_pct": 100},
                source=f"{GUIDE} em-series/em310-tilt: composed from its table",
            ),
        ),
        signature=lambda told: (0x03, 0xCF) in told,
    ),
    model(
        "milesight/em320-tilt",
        Kind.TILT,
        "Milesight EM320-TILT",
        {**COMMON, (0x03, 0xD4): (6, _fine_tilt)},
        (
            Example(
                hex="01756403d4000001005046",
                port=85,
                meaning={"kind": "tilt", "event": "alarm", "alarm": True, "battery_pct": 100},
                source=f"{TB}/EM320-TILT",
            ),
            Example(
                hex="03d4000000005046",
                port=207,
                meaning={"kind": "tilt", "event": "status", "alarm": False},
                source=f"{GUIDE} em-series/em320-tilt: composed from its table",
            ),
        ),
        signature=lambda told: (0x03, 0xD4) in told,
    ),
    model(
        "milesight/em300-di",
        Kind.WATER_METER,
        "Milesight EM300-DI, EM300-DI (Hall)",
        {
            **CLIMATE,
            (0x05, 0x00): (1, lambda value: {"on": value[0] != 0}),
            (0x05, 0xC8): (4, _pulse),
            (0x05, 0xE1): (8, lambda _: {}),
            (0x85, 0x00): (2, _gpio_alarm),
            (0x85, 0xE1): (9, _water_alarm),
        },
        (
            Example(
                hex="85e10a0088023393bb4403",
                port=85,
                meaning={"kind": "water_meter", "event": "alarm", "alarm": True},
                source=f"{TB}/EM300-DI_Hall",
            ),
            Example(
                hex="01755c0367340104686520ce9e74466310015d020000010000",
                port=85,
                meaning={"kind": "water_meter", "event": "status", "alarm": None, "battery_pct": 92, "humidity": 50.5},
                source=f"{TB}/EM300-DI",
            ),
        ),
        signature=lambda told: bool(told & {(0x05, 0xC8), (0x05, 0xE1), (0x85, 0xE1)}),
        history={(0x20, 0xCE): (13, lambda _: {}), (0x21, 0xCE): (18, lambda value: {"alarm": value[3] in (1, 3, 5)})},
        own_history=True,
    ),
)
