"""力安 LiAn NB-IoT smoke and gas detectors over China Telecom CTWing, as objects of their thing models.

The smoke detector has one state field, so a heartbeat also says that it does not alarm.
"""

from __future__ import annotations

from hub.decode.port import Example, Facts, Model, Uplink
from hub.decode.values import part, put_battery, put_number, put_volts, whole
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_STATES: dict[int, tuple[Event, dict[str, Fact]]] = {
    1: (Event.ALARM, {"alarm": True}),
    2: (Event.SILENCED, {"muted": True}),
    4: (Event.STATUS, {"battery_low": True}),
    5: (Event.FAULT, {"fault": True}),
    6: (Event.FAULT, {"fault": True}),
    7: (Event.STATUS, {"alarm": False}),
    8: (Event.SILENCED, {"muted": True}),
    9: (Event.SILENCED, {"muted": True}),
    10: (Event.STATUS, {"tamper": True}),
    11: (Event.STATUS, {"tamper": False}),
    12: (Event.HEARTBEAT, {"alarm": False}),
    13: (Event.FAULT, {"fault": True}),
    14: (Event.TEST, {"test": True, "alarm": False}),
}
"""Alarm_Status: 1 alarm, 2 muted, 4 low voltage, 5 fault, 6 bad data, 7 normal, 8 and 9 told to be quiet, 10 taken off,
11 put back, 12 online, 13 abnormal, 14 simulated alarm."""


def _smoke(uplink: Uplink) -> list[Facts]:
    found = part(uplink.object)
    state = whole(found.get("Alarm_Status"))
    if state is None:
        raise DecodeError(Undecoded.MISSING_FIELD, "Alarm_Status is missing")
    event, facts = _STATES.get(state, (Event.VENDOR_CODE, {"code": str(state)[:20]}))
    facts = dict(facts)
    put_battery(facts, found.get("Battery_Level"))
    put_number(facts, "temperature", found.get("TData"))
    put_number(facts, "snr", found.get("SNR"))
    put_number(facts, "signal", found.get("CSQ"))
    rsrp = whole(found.get("RSRP"))
    if rsrp is not None:
        facts["rsrp"] = -abs(rsrp)
    return [Facts(event, facts)]


_LEVELS = {0: "normal", 1: "low_concentration", 2: "high_concentration"}
_VALVES = {0: "open", 1: "closed"}


def _gas(uplink: Uplink) -> list[Facts]:
    found = part(uplink.object)
    facts: dict[str, Fact] = {}
    state = whole(found.get("gas_sensor_state"))
    event = Event.DEVICE_INFO if "ICCID" in found else Event.STATUS
    if state in _LEVELS:
        facts["alarm"] = state > 0
        facts["label"] = _LEVELS[state]
        event = Event.ALARM if state else event
    error = whole(found.get("error_code"))
    if error:
        facts["fault"] = True
        event = event if event is Event.ALARM else Event.FAULT
    valve = whole(found.get("valve_state"))
    if valve in _VALVES:
        facts["valve"] = _VALVES[valve]
    put_battery(facts, found.get("battery_value"))
    put_volts(facts, found.get("battery_voltage"))
    put_number(facts, "temperature", found.get("temperature"))
    put_number(facts, "concentration", found.get("gas_value"))
    return [Facts(event, facts)]


_SOURCE = "a public parser of these devices' CTWing pushes"

MODELS = (
    Model(
        name="lian/nb-smoke",
        kind=Kind.SMOKE,
        title="力安 NB 烟感",
        decode=_smoke,
        recognises=lambda uplink: "Alarm_Status" in part(uplink.object) and "Battery_Level" in part(uplink.object),
        examples=(
            Example(
                object={"TData": 30, "SNR": 1, "RSRP": 114, "CSQ": 5, "Battery_Level": 100, "Alarm_Status": 2},
                meaning={"event": "silenced", "alarm": None, "battery_pct": 100, "temperature": 30, "rsrp": -114},
                source=_SOURCE,
            ),
            Example(
                object={"Battery_Level": 90, "Alarm_Status": 14},
                meaning={"event": "test", "test": True, "alarm": False},
                source=f"states of {_SOURCE}",
            ),
            Example(
                object={"Battery_Level": 90, "Alarm_Status": 1},
                meaning={"event": "alarm", "alarm": True},
                source=f"states of {_SOURCE}",
            ),
        ),
    ),
    Model(
        name="lian/nb-gas",
        kind=Kind.GAS,
        title="力安 NB 燃气报警器",
        decode=_gas,
        recognises=lambda uplink: (
            "battery_value" in part(uplink.object)
            and bool({"gas_sensor_state", "heartbeat_time"} & set(part(uplink.object)))
        ),
        examples=(
            Example(
                object={
                    "valve_state": 2,
                    "gas_value": 0,
                    "gas_sensor_state": 1,
                    "battery_voltage": 1.1,
                    "battery_value": 100,
                },
                meaning={
                    "event": "alarm",
                    "alarm": True,
                    "battery_pct": 100,
                    "battery_v": 1.1,
                    "label": "low_concentration",
                },
                source=_SOURCE,
            ),
            Example(
                object={
                    "ICCID": "89860000000000000000",
                    "heartbeat_time": 24.0,
                    "battery_value": 98,
                    "battery_voltage": 3.6,
                },
                meaning={"event": "device_info", "alarm": None, "battery_pct": 98},
                source=f"fields of {_SOURCE}",
            ),
        ),
    ),
)
