"""万林 Wanlin NB-IoT smoke detectors over OceanConnect: NB306 (an object) and NB301 (one line of text).

NB306 ``devState``: 0 normal, 1 fire, 2 too hot, 3 taken off, 4 low battery, 5 test, f alarm over; ``cmdValue`` 2 login.
NB301 ``Data``: ``N311V31I<imei>H<iccid>X10T28U99S18``; X 00 normal, 01 alarm, 02 low battery, 10 self-test, 11 alarm over;
T °C, U percent, S signal. Temperatures of NB306 are in 0.1 °C.
"""

from __future__ import annotations

import re

from hub.decode.port import Example, Facts, Model, Uplink
from hub.decode.values import part, put_battery, put_number, text
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_ALARM: tuple[Event, dict[str, Fact]] = (Event.ALARM, {"alarm": True})
_OVER: tuple[Event, dict[str, Fact]] = (Event.STATUS, {"alarm": False})
_LOW: tuple[Event, dict[str, Fact]] = (Event.STATUS, {"battery_low": True})
_TEST: tuple[Event, dict[str, Fact]] = (Event.TEST, {"test": True, "alarm": False})
_306: dict[str, tuple[Event, dict[str, Fact]]] = {
    "0": _OVER,
    "1": _ALARM,
    "2": (Event.ALARM, {"alarm": True, "high_temp_alarm": True}),
    "3": (Event.STATUS, {"tamper": True}),
    "4": _LOW,
    "5": _TEST,
    "f": _OVER,
    "15": _OVER,
}
_301 = {"00": _OVER, "01": _ALARM, "02": _LOW, "10": _TEST, "11": _OVER}
_LINE = re.compile(r"N(\d+)V(\d+)I(\d{15})H(\w+)X(\w\w)T(-?\d+)U(\d+)S(\d+)", re.ASCII)


def _nb306(uplink: Uplink) -> list[Facts]:
    found = part(uplink.object)
    state = text(found.get("devState")).lower()
    if state not in _306:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"devState {state[:20]}")
    event, known = _306[state]
    facts = dict(known)
    if text(found.get("cmdValue")) == "2" and event is Event.STATUS:
        event = Event.STARTUP
    put_battery(facts, found.get("electricQuantity"))
    put_number(facts, "temperature", found.get("temperature"), 0.1)
    put_number(facts, "signal", found.get("signal"))
    put_number(facts, "concentration", found.get("smokescope"))
    return [Facts(event, facts)]


def _nb301(uplink: Uplink) -> list[Facts]:
    line = _LINE.fullmatch(text(part(uplink.object).get("Data")))
    if line is None:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, "not a line of NB301")
    state = line.group(5)
    event, known = _301.get(state, (Event.VENDOR_CODE, {"code": state}))
    facts = dict(known)
    facts["imei"] = line.group(3)
    put_number(facts, "temperature", line.group(6))
    put_battery(facts, line.group(7))
    put_number(facts, "signal", line.group(8))
    return [Facts(event, facts)]


_SOURCE = "a public parser of these devices' OceanConnect notifications"

MODELS = (
    Model(
        name="wanlin/nb306",
        kind=Kind.SMOKE,
        title="万林 NB306 烟感",
        decode=_nb306,
        recognises=lambda uplink: {"devState", "electricQuantity"} <= set(part(uplink.object)),
        examples=(
            Example(
                object={"devId": "10009305", "electricQuantity": 100, "devState": 0, "temperature": 219, "signal": 12},
                meaning={"event": "status", "alarm": False, "battery_pct": 100, "temperature": 21.9},
                source=_SOURCE,
            ),
            Example(
                object={"electricQuantity": 100, "devState": 5, "cmdValue": "10"},
                meaning={"event": "test", "test": True, "alarm": False},
                source=f"states of {_SOURCE}",
            ),
        ),
    ),
    Model(
        name="wanlin/nb301",
        kind=Kind.SMOKE,
        title="万林 NB301 烟感",
        decode=_nb301,
        recognises=lambda uplink: _LINE.fullmatch(text(part(uplink.object).get("Data"))) is not None,
        examples=(
            Example(
                object={"Data": "N311V31I865815040244829H89861118280005212549X10T28U99S18"},
                meaning={"event": "test", "test": True, "alarm": False, "battery_pct": 99, "imei": "865815040244829"},
                source=_SOURCE,
            ),
        ),
    ),
)
