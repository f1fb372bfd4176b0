"""Facts of thing-model properties: what CTWing, Aliyun, IoTDA and OneNET call the same thing, by its usual names.

Used where no device file claims an object. The names are those of the platforms' standard categories (Aliyun:
SmokeSensorState, GasSensorState, WaterSensorState, ContactState, MotionAlarmState, TamperState, BatteryPercentage;
CTWing: smoke_state, gas_sensor_state, battery_value). A state is read only where it is 0 or 1: makers number further
states as they like, and a guess must never be an alarm.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.decode.values import flag, put_battery, put_number, put_volts
from hub.model import Event, Fact, Kind

_ALARMS = {
    Kind.SMOKE: ("smokestate", "smokesensorstate", "smokealarm", "smokestatus", "smokealarmstate", "firealarm",
                 "smokedetectionstate", "smokesensorstatus"),
    Kind.GAS: ("gasstate", "gassensorstate", "gasalarm", "gasstatus", "gasalarmstate", "gassensorstatus", "gasleak"),
    Kind.CO: ("costate", "cosensorstate", "coalarm", "coalarmstate"),
    Kind.LEAK: ("watersensorstate", "waterleak", "waterleakstate", "waterleakalarm", "leakstate", "waterstate", "floodstate",
                "waterleachingstate", "waterimmersion", "waterimmersionstate", "waterleaksensorstate", "floodingstate"),
    Kind.SOS: ("sos", "sosstate", "sosalarm", "sosalarmstate", "helpstate", "emergency", "helpalarm"),
    Kind.HEAT: ("heatstate", "heatalarm", "hightemperaturealarm"),
}  # fmt: skip
_STATES = {
    "occupied": (Kind.PARKING, ("parkingstate", "parkstate", "parkstatus", "parkingstatus", "carstate", "carstatus",
                                "occupied", "parkingspacestate", "spacestatus", "vehiclestate", "parkinglotstatus")),
    "open": (Kind.DOOR, ("contactstate", "doorstate", "doorstatus", "dooropen", "doorsensorstate", "dooropenstate")),
    "motion": (Kind.MOTION, ("motionalarmstate", "motionstate", "pirstate", "occupancystate", "humandetected", "pir")),
    "tilted": (Kind.MANHOLE, ("tiltstate", "tiltalarm", "coverstate", "tiltalarmstate")),
}  # fmt: skip
_FLAGS = {
    "tamper": ("tamperstate", "tamperalarm", "tamper", "tamperalarmstate", "dismantle", "removealarm", "antitamperalarm"),
    "battery_low": ("lowbattery", "batterylow", "lowbatteryalarm", "lowvoltage", "lowvoltagealarm", "lowpower", "undervoltage"),
    "fault": ("fault", "faultstate", "faultalarm", "sensorfault"),
    "muted": ("muted", "mutestate", "mute", "silence", "silencestate", "silenced"),
}  # fmt: skip
PERCENT = ("battery", "batterylevel", "batteryvalue", "batterypercentage", "batterypercent", "electricquantity",
            "batterycapacity", "batteryremaining", "remainpower", "batteryenergy", "electricity", "cellpercent",
            "batterysoc")  # fmt: skip
_NUMBERS = {
    "temperature": ("temperature", "currenttemperature", "indoortemperature", "environmenttemperature", "temp"),
    "humidity": ("humidity", "currenthumidity", "relativehumidity", "indoorhumidity"),
    "rsrp": ("rsrp",),
    "snr": ("snr", "sinr"),
    "rssi": ("rssi", "wifirssi"),
    "signal": ("signal", "csq", "signalstrength", "signalpower"),
    "concentration": ("gasvalue", "smokevalue", "gasconcentration", "concentration"),
    "distance_mm": ("distancemm",),
}

BY_NAME: dict[str, tuple[str, Kind | None]] = {
    **{name: ("alarm", kind) for kind, names in _ALARMS.items() for name in names},
    **{name: (fact, kind) for fact, (kind, names) in _STATES.items() for name in names},
    **{name: (fact, None) for fact, names in _FLAGS.items() for name in names},
}
NUMBER_NAMES = {name: fact for fact, names in _NUMBERS.items() for name in names}
_ALARM = frozenset({"alarm", "alarmstate", "alarmstatus"})
_WATCHES = (("smoke", Kind.SMOKE), ("gas", Kind.GAS), ("leak", Kind.LEAK), ("flood", Kind.LEAK),
            ("sos", Kind.SOS))  # fmt: skip
_BARE = {"smoke": Kind.SMOKE, "gas": Kind.GAS}
"""Alarms where they are true or false; a number of this name is a density."""
_SERVICES = {"battery": "batterylevel", "temperature": "temperature", "humidity": "humidity"}
"""An IoTDA service that is one quantity calls its property value or level."""


def plain(name: str) -> str:
    """A property's name without case, dashes and underscores."""
    return name.replace("_", "").replace("-", "").lower()


def _alarmed(service: str) -> Kind | None:
    """What a service such as ``smokeDetector`` watches for."""
    name = plain(service)
    return next((kind for word, kind in _WATCHES if word in name), None)


def property_facts(
    properties: Mapping[str, object], facts: dict[str, Fact], service: str = "", known: Kind | None = None
) -> Kind | None:
    """Read the properties whose names we know into ``facts``; the kind of device that they give away.

    ``known``: what the registry says it is; it or the service's name tells what a bare ``alarm`` is about.
    """
    found: Kind | None = None
    watched = known or _alarmed(service)
    for written, value in properties.items():
        name = plain(written)
        if name in ("value", "level", "val", "currentvalue"):
            name = _SERVICES.get(plain(service), name)
        if isinstance(value, dict) and "value" in value:
            value = value["value"]
        if name in BY_NAME:
            fact, kind = BY_NAME[name]
            state = flag(value)
            if kind is not None and (found is None or fact == "alarm"):
                found = kind
            if state is not None:
                facts[fact] = facts.get(fact) is True or state if fact == "alarm" else state
        elif name in _ALARM and watched is not None and flag(value) is not None:
            found = watched
            facts["alarm"] = facts.get("alarm") is True or flag(value) is True
        elif name in _BARE and isinstance(value, bool):
            found = _BARE[name]
            facts["alarm"] = facts.get("alarm") is True or value
        elif name in PERCENT:
            put_battery(facts, value)
        elif name in ("batteryvoltage", "batvoltage", "batteryvolt"):
            put_volts(facts, value)
        elif name in NUMBER_NAMES:
            put_number(facts, NUMBER_NAMES[name], value)
        elif name in ("selftest", "testalarm", "teststate", "test") and flag(value) is True:
            facts["test"] = True
    return found


def meaning_of(
    kind: Kind | None, facts: dict[str, Fact], otherwise: Event = Event.PROPERTY_REPORT
) -> tuple[Kind, Event]:
    """Kind and event of what `property_facts` found; a test is never an alarm."""
    if facts.get("test") is True:
        facts["alarm"] = False
        return kind or Kind.TELEMETRY, Event.TEST
    if facts.get("alarm") is True:
        return kind or Kind.TELEMETRY, Event.PRESS if kind is Kind.SOS else Event.ALARM
    if kind is not None:
        return kind, Event.MOTION if facts.get("motion") is True else Event.STATUS
    return Kind.TELEMETRY, otherwise


_EVENTS: tuple[tuple[str, Event, Kind | None], ...] = (
    ("recover", Event.STATUS, None), ("restore", Event.STATUS, None), ("clear", Event.STATUS, None),
    ("selftest", Event.TEST, None), ("testalarm", Event.TEST, None), ("simulat", Event.TEST, None),
    ("tamper", Event.STATUS, None), ("lowbattery", Event.STATUS, None), ("lowvoltage", Event.STATUS, None),
    ("lowpower", Event.STATUS, None), ("fault", Event.FAULT, None), ("error", Event.FAULT, None),
    ("heartbeat", Event.HEARTBEAT, None), ("smoke", Event.ALARM, Kind.SMOKE), ("firealarm", Event.ALARM, Kind.SMOKE),
    ("gas", Event.ALARM, Kind.GAS), ("coalarm", Event.ALARM, Kind.CO), ("waterleak", Event.ALARM, Kind.LEAK),
    ("leak", Event.ALARM, Kind.LEAK), ("flood", Event.ALARM, Kind.LEAK), ("sos", Event.PRESS, Kind.SOS),
    ("emergency", Event.PRESS, Kind.SOS),
)  # fmt: skip
"""Events by what their identifier says; the first that stands in it counts, endings and tests before alarms."""


def event_of(identifier: str, facts: dict[str, Fact]) -> tuple[Kind, Event]:
    """Kind and event of a thing-model event such as ``SmokeAlarm``; its facts are completed."""
    name = plain(identifier)
    if identifier:
        facts["label"] = identifier[:200]
    kind = next((kind for word, _, kind in _EVENTS if kind is not None and word in name), None)
    event = next((event for word, event, _ in _EVENTS if word in name), Event.PROPERTY_REPORT)
    over = any(word in name for word in ("recover", "restore", "clear"))
    if event is Event.TEST:
        facts |= {"test": True, "alarm": False}
    elif "tamper" in name:
        facts["tamper"] = not over
    elif "lowbattery" in name or "lowvoltage" in name or "lowpower" in name:
        facts["battery_low"] = not over
    elif event is Event.FAULT:
        facts["fault"] = True
    elif event in (Event.ALARM, Event.PRESS):
        facts["alarm"] = True
    elif over and kind is not None:
        facts["alarm"] = False
    if kind is None and event is Event.PROPERTY_REPORT:
        event = Event.FAULT if facts.get("fault") is True else Event.VENDOR_CODE
    return kind or Kind.TELEMETRY, event
