"""Tasmota: telemetry, results, Zigbee devices behind its bridge, and its last will.

Source: tasmota.github.io/docs, MQTT and Zigbee. ``tele/{topic}/SENSOR``, ``stat/{topic}/RESULT``, ``tele/{topic}/LWT``;
some installations write ``{topic}/tele/SENSOR``. ``ZbReceived`` is keyed by short address, or by name with the address in
``Device``; an IAS zone's status comes as ``ZoneStatusChange`` or raw as ``0500<00`` (first two bytes, little endian).
``Time`` carries no zone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.decode.port import Context, Envelope
from hub.decode.text import parse_json, parse_text
from hub.decode.times import time_ms
from hub.decode.values import flag, part, put_battery, put_flag, put_number, put_text, put_volts, text, whole
from hub.model import Event, Fact, Kind, RawMessage, Reading

_PREFIXES = frozenset({"tele", "stat"})
_ZONES = {
    0x000D: Kind.MOTION, 0x0015: Kind.DOOR, 0x0028: Kind.SMOKE, 0x002A: Kind.LEAK, 0x002B: Kind.GAS, 0x002C: Kind.SOS,
    0x002D: Kind.VIBRATION, 0x010F: Kind.SOS, 0x0115: Kind.SOS, 0x021D: Kind.SOS,
}  # fmt: skip
"""IAS zone types of the Zigbee cluster library."""
_NAMES = (
    ("smok", Kind.SMOKE), ("rauch", Kind.SMOKE), ("hs1sa", Kind.SMOKE), ("hs2sa", Kind.SMOKE), ("hs3sa", Kind.SMOKE),
    ("ts0205", Kind.SMOKE), ("ts0204", Kind.GAS), ("hs1cg", Kind.GAS), ("hs3cg", Kind.GAS), ("hs1ca", Kind.CO),
    ("ts0207", Kind.LEAK), ("hs1wl", Kind.LEAK), ("snzb-05", Kind.LEAK), ("ts0215", Kind.SOS), ("ts0203", Kind.DOOR),
    ("snzb-04", Kind.DOOR), ("ts0202", Kind.MOTION), ("snzb-03", Kind.MOTION), ("ts0210", Kind.VIBRATION),
    ("烟", Kind.SMOKE), ("fire", Kind.SMOKE), ("gas", Kind.GAS), ("燃气", Kind.GAS),
    ("leak", Kind.LEAK), ("water", Kind.LEAK), ("flood", Kind.LEAK), ("水浸", Kind.LEAK), ("co_", Kind.CO),
    ("sos", Kind.SOS), ("panic", Kind.SOS), ("magnet", Kind.DOOR), ("contact", Kind.DOOR), ("door", Kind.DOOR),
    ("motion", Kind.MOTION), ("pir", Kind.MOTION), ("vibration", Kind.VIBRATION),
)  # fmt: skip
"""What a model id or a person's name for a device gives away, where the message itself does not."""
_XIAOMI_SMOKE = "lumi.sensor_smoke"
"""Says by the second alarm bit that its test button was pressed (Koenkk/zigbee2mqtt issues 391 and 1413)."""


def read(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    """Readings of the device itself, or of each Zigbee device behind it."""
    levels = raw.topic.split("/")
    about = levels[-1]
    device = "/".join(level for level in levels[:-1] if level not in _PREFIXES)
    if about == "LWT":
        said = parse_text(raw.payload).lower()
        if said not in ("online", "offline"):
            return ()
        return (Reading(device, Kind.LIFECYCLE, Event(said), {}),)
    if about.startswith("POWER"):
        on = flag(parse_text(raw.payload))
        facts: dict[str, Fact] = {} if on is None else {"on": on, **_number_of(about)}
        return (Reading(device, Kind.RELAY, Event.STATUS, facts),) if facts else ()
    found = part(parse_json(raw.payload)) if raw.payload else {}
    if not found:
        return ()
    device_ms = time_ms(found.get("Time"), context.zone)
    received = part(found, "ZbReceived") or _unwrapped(found)
    if received:
        return tuple(_zigbee(key, part(value), device_ms, device, context) for key, value in received.items())
    if about.startswith("INFO") or about.startswith("STATUS"):
        return (Reading(device, Kind.LIFECYCLE, Event.DEVICE_INFO, {}, device_ms),)
    if "ZbState" in found:
        return tuple(_pairing(part(found, "ZbState"), device))
    readings = tuple(_own(found, device, device_ms))
    if readings:
        return readings
    if about == "STATE":
        return (Reading(device, Kind.LIFECYCLE, Event.HEARTBEAT, {}, device_ms),)
    if about == "RESULT":
        return (Reading(device, Kind.LIFECYCLE, Event.CONFIG_RESPONSE, {}, device_ms),)
    return (Reading(device, Kind.TELEMETRY, Event.TELEMETRY, {}, device_ms),)


def _unwrapped(found: Mapping[str, object]) -> dict[str, object]:
    """Zigbee devices where SetOption100 leaves ``ZbReceived`` out: each still says its short address."""
    return {key: value for key, value in found.items() if text(part(value).get("Device")).startswith("0x")}


def _own(found: Mapping[str, object], device: str, device_ms: int | None) -> Iterator[Reading]:
    """Switches, relays, buttons and plain sensors of the device itself."""
    climate: dict[str, Fact] = {}
    for name, value in found.items():
        if name.startswith("Switch") or name.startswith("POWER"):
            on = flag(part(value).get("Action") if isinstance(value, dict) else value)
            kind = Kind.SWITCH if name.startswith("Switch") else Kind.RELAY
            if on is not None:
                yield Reading(device, kind, Event.STATUS, {"on": on, **_number_of(name)}, device_ms)
            elif isinstance(value, dict) and text(value.get("Action")):
                press = text(value.get("Action")).lower()  # TOGGLE, HOLD: a key's, without a state
                yield Reading(device, kind, Event.PRESS, {"press": press, **_number_of(name)}, device_ms)
        elif name.startswith("Button"):
            press = text(part(value).get("Action")).lower()
            if press:
                yield Reading(device, Kind.BUTTON, Event.PRESS, {"press": press, **_number_of(name)}, device_ms)
        elif isinstance(value, dict):
            put_number(climate, "temperature", value.get("Temperature"))
            put_number(climate, "humidity", value.get("Humidity"))
            put_number(climate, "illuminance", value.get("Illuminance"))
            put_number(climate, "distance_mm", value.get("Distance"), 10)  # cm
    if climate:
        kind = Kind.DISTANCE if "distance_mm" in climate else Kind.TEMPERATURE
        yield Reading(device, kind, Event.TELEMETRY, climate, device_ms)


def _number_of(name: str) -> dict[str, Fact]:
    """Which input or relay, when there is more than one: Switch2 -> 2; the first is often unnumbered."""
    digits = name.removeprefix("Switch").removeprefix("Button").removeprefix("POWER")
    return {"channel": int(digits)} if digits.isascii() and digits.isdigit() and len(digits) < 4 else {}


def _zigbee(key: str, found: Mapping[str, object], device_ms: int | None, gateway: str, context: Context) -> Reading:
    facts: dict[str, Fact] = {"gateway": gateway} if gateway else {}
    device = text(found.get("Device")) or key
    name = text(found.get("Name")) or (key if device != key else "")
    put_text(facts, "name", name)
    kind, event = _zigbee_kind(found, f"{name} {text(found.get('ModelId'))}".lower())
    if kind is Kind.UNKNOWN:
        kind = context.kind_of.get(device, kind)
    state = {
        "Fire": (Kind.SMOKE, "alarm"), "Smoke": (Kind.SMOKE, "alarm"), "CO": (Kind.CO, "alarm"), "Gas": (Kind.GAS, "alarm"),
        "Water": (Kind.LEAK, "alarm"), "PersonalAlarm": (Kind.SOS, "alarm"), "Occupancy": (Kind.MOTION, "motion"),
        "Movement": (Kind.MOTION, "motion"), "Power": (Kind.RELAY, "on"), "Vibration": (Kind.VIBRATION, "motion"),
    }  # fmt: skip
    for field, (its_kind, fact) in state.items():
        if field in found:
            kind = its_kind
            put_flag(facts, fact, found[field])
    # 1 is open: the contact is written as the alarm bit of its zone.
    if "Contact" in found:
        kind = Kind.DOOR
        put_flag(facts, "open", found["Contact"])
    zone = _zone_status(found)
    if zone is not None:
        if zone & 0x003 == 0x002 and _XIAOMI_SMOKE in text(found.get("ModelId")):
            zone = zone & ~0x002 | 0x100
        _zone(zone, kind, facts)
    if facts.get("test"):
        event = Event.TEST
    elif facts.get("alarm"):
        event = Event.PRESS if kind is Kind.SOS else Event.ALARM
    elif facts.get("motion") and kind is Kind.MOTION:
        event = Event.MOTION
    put_battery(facts, found.get("BatteryPercentage"))
    put_volts(facts, found.get("BatteryVoltage"))
    put_number(facts, "temperature", found.get("Temperature"))
    put_number(facts, "humidity", found.get("Humidity"))
    put_number(facts, "illuminance", found.get("Illuminance"))
    return Reading(device, kind, event, facts, device_ms)


def _zigbee_kind(found: Mapping[str, object], name: str) -> tuple[Kind, Event]:
    mode = text(found.get("AqaraVibrationMode"))
    if mode:
        return Kind.VIBRATION, {"tilt": Event.TILT, "drop": Event.FALL}.get(mode, Event.STATUS)
    zone_type = whole(found.get("ZoneType"))
    if zone_type in _ZONES:
        return _ZONES[zone_type], Event.STATUS
    named = next((kind for word, kind in _NAMES if word in name), None)
    if named is not None:
        return named, Event.STATUS
    if "Temperature" in found or "Humidity" in found:
        return Kind.TEMPERATURE, Event.TELEMETRY
    if "click" in found or "Click" in found:
        return Kind.BUTTON, Event.PRESS
    return Kind.UNKNOWN, Event.STATUS


def _zone_status(found: Mapping[str, object]) -> int | None:
    for field in ("ZoneStatusChange", "ZoneStatus"):
        status = whole(found.get(field))
        if status is not None:
            return status
    for field in ("0500<00", "0500!00"):
        raw = text(found.get(field))
        try:
            data = bytes.fromhex(raw)
        except ValueError:
            continue
        if len(data) >= 2:
            return int.from_bytes(data[:2], "little")
    return None


def _zone(status: int, kind: Kind, facts: dict[str, Fact]) -> None:
    """IAS zone status bits: 0 and 1 alarm, 2 tamper, 3 battery, 6 trouble, 7 mains, 8 test, 9 battery defect."""
    alarm = bool(status & 0x003)
    test = bool(status & 0x100)
    if kind is Kind.DOOR:
        facts.setdefault("open", alarm)
    elif kind in (Kind.MOTION, Kind.VIBRATION):
        facts.setdefault("motion", alarm)
    else:
        facts["alarm"] = alarm and not test
    if test:
        facts["test"] = True
    facts["tamper"] = bool(status & 0x004)
    facts["battery_low"] = bool(status & 0x208)
    if status & 0x040:
        facts["fault"] = True
    if status & 0x080:
        facts["mains_power"] = False


def _pairing(state: Mapping[str, object], gateway: str) -> Iterator[Reading]:
    """30 a device announces itself, 34 a device left."""
    device = text(state.get("ShortAddr")) or text(state.get("IEEEAddr"))
    if device and whole(state.get("Status")) == 30:
        yield Reading(device, Kind.LIFECYCLE, Event.JOIN, {"gateway": gateway} if gateway else {})


def _ours(_topic: str, levels: list[str]) -> bool:
    if len(levels) < 3 or _PREFIXES.isdisjoint(levels[:-1]):
        return False
    about = levels[-1]
    return about in ("SENSOR", "RESULT", "LWT", "STATE") or about.startswith(("POWER", "STATUS", "INFO"))


def _looks(content: object) -> bool:
    return isinstance(content, dict) and isinstance(content.get("ZbReceived"), dict)


ENVELOPE = Envelope(name="tasmota", read=read, topics=_ours, looks=_looks, rank=10)
