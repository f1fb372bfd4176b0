"""Shelly: generation 1 (one fact a topic, bare scalars) and generation 2+ (RPC notifications and component status).

Source: shelly-api-docs.shelly.cloud. Generation 1: ``shellies/{id}/sensor/{fact}``, ``/relay/0``, ``/input_event/0``,
``/online``. Generation 2+: ``{id}/events/rpc`` with NotifyStatus, NotifyFullStatus, NotifyEvent;
``{id}/status/{component}:{n}``; ``{id}/online``. ``params.ts`` counts from the start of a device whose clock is not set.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.decode.port import Context, Envelope
from hub.decode.text import parse_json, parse_object, parse_text
from hub.decode.values import flag, items, number, part, put_battery, put_flag, put_number, put_text, put_volts, text
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded

_KINDS = (
    ("smoke", Kind.SMOKE),
    ("flood", Kind.LEAK),
    ("gas", Kind.GAS),
    ("dw", Kind.DOOR),
    ("door", Kind.DOOR),
    ("motion", Kind.MOTION),
    ("ht", Kind.TEMPERATURE),
    ("button", Kind.BUTTON),
    ("i3", Kind.SWITCH),
    ("i4", Kind.SWITCH),
)
"""By the model in the device's id: shellysmoke-…, shellyplussmoke-…, shellyfloodg4-…, shellydw2-…"""
_CLOCK_SET_S = 1_000_000_000
_PRESSES = {
    "single_push": "single", "double_push": "double", "triple_push": "triple", "long_push": "long",
    "S": "single", "SS": "double", "SSS": "triple", "L": "long", "SL": "single_long", "LS": "long_single",
}  # fmt: skip
_COMPONENTS = {
    "smoke": Kind.SMOKE, "flood": Kind.LEAK, "switch": Kind.RELAY, "light": Kind.RELAY, "relay": Kind.RELAY,
    "input": Kind.SWITCH, "presence": Kind.MOTION, "temperature": Kind.TEMPERATURE, "humidity": Kind.TEMPERATURE,
}  # fmt: skip


def read(raw: RawMessage, _context: Context) -> tuple[Reading, ...]:
    """Facts of one device."""
    levels = raw.topic.split("/")
    if levels[-1] == "online":
        online = flag(parse_text(raw.payload))
        event = Event.ONLINE if online else Event.OFFLINE
        return () if online is None else (Reading(levels[-2], Kind.LIFECYCLE, event, {}),)
    if levels[0] == "shellies":
        return _first_generation(raw, levels)
    if levels[-1] == "rpc":
        return _rpc(parse_object(raw.payload), "/".join(levels[:-2]))
    if len(levels) >= 3 and levels[-2] == "status":
        found = parse_json(raw.payload)
        return _status({levels[-1]: found}, "/".join(levels[:-2]), None)
    return ()


# ── generation 1 ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _first_generation(raw: RawMessage, levels: list[str]) -> tuple[Reading, ...]:
    if len(levels) < 3 or levels[-1] in ("command", "set"):
        return ()
    device = levels[1]
    if levels[2] in ("announce", "info"):
        found = parse_object(raw.payload)
        facts: dict[str, Fact] = {}
        put_battery(facts, part(found, "bat").get("value"))
        put_text(facts, "vendor_mac", found.get("mac"))
        return (Reading(device, Kind.LIFECYCLE, Event.DEVICE_INFO, facts),)
    if levels[2] == "sensor" and len(levels) == 4:
        return _sensor(device, levels[3], parse_text(raw.payload))
    kind = _kind_of(device, Kind.RELAY)
    if levels[2] == "relay" and len(levels) == 4:
        on = flag(parse_text(raw.payload))
        return () if on is None else (Reading(device, Kind.RELAY, Event.STATUS, {"on": on, **_channel(levels[3])}),)
    if levels[2] == "input" and len(levels) == 4:
        on = flag(parse_text(raw.payload))
        return () if on is None else (Reading(device, Kind.SWITCH, Event.STATUS, {"on": on, **_channel(levels[3])}),)
    if levels[2] == "input_event":
        press = _PRESSES.get(text(part(parse_json(raw.payload)).get("event")))
        return (Reading(device, Kind.BUTTON, Event.PRESS, {"press": press}),) if press else ()
    if levels[2] == "status":  # motion sensors put everything into one object
        found = parse_object(raw.payload)
        facts = {}
        put_flag(facts, "motion", found.get("motion"))
        put_battery(facts, found.get("bat"))
        put_flag(facts, "tamper", found.get("vibration"))
        return (Reading(device, kind, Event.MOTION if facts.get("motion") else Event.STATUS, facts),)
    return ()


def _channel(level: str) -> dict[str, Fact]:
    return {"channel": int(level)} if level.isascii() and level.isdigit() and len(level) < 4 else {}


_SCALARS: dict[str, tuple[str, Kind | None]] = {
    "smoke": ("alarm", Kind.SMOKE), "flood": ("alarm", Kind.LEAK), "state": ("open", Kind.DOOR),
    "motion": ("motion", Kind.MOTION), "vibration": ("motion", None), "mute": ("muted", None),
}  # fmt: skip
"""Bare booleans: the fact, and the kind of a device whose id does not tell."""
_NUMBERS = {
    "temperature": "temperature",
    "humidity": "humidity",
    "concentration": "concentration",
    "lux": "illuminance",
}
_IGNORED = frozenset({"tilt", "error", "charger", "act_reasons", "active", "illumination", "alarm_off"})


def _sensor(device: str, name: str, said: str) -> tuple[Reading, ...]:
    """One bare scalar. An unknown word is unknown, never false."""
    kind = _kind_of(device, Kind.TELEMETRY)
    event = Event.STATUS
    facts: dict[str, Fact] = {}
    if name in _SCALARS:
        fact, own_kind = _SCALARS[name]
        kind = own_kind if own_kind is not None and (fact == "alarm" or kind is Kind.TELEMETRY) else kind
        put_flag(facts, fact, said)
        if facts.get(fact) is True and name in ("smoke", "flood", "motion"):
            event = Event.MOTION if name == "motion" else Event.ALARM
    elif name in ("gas", "self_test", "operation"):
        kind = Kind.GAS if name == "gas" else kind
        event = _gas(name, said, facts)
    elif name == "battery":
        put_battery(facts, said)
    elif name in _NUMBERS:
        put_number(facts, _NUMBERS[name], said)
    elif name not in _IGNORED:
        return ()
    return (Reading(device, kind, event, facts),)


def _gas(name: str, said: str, facts: dict[str, Fact]) -> Event:
    """``gas``: none, mild, heavy, test, unknown; ``self_test``: running, ...; ``operation``: warmup, normal, fault."""
    if said in ("test", "running", "pending"):
        facts |= {"test": True, "alarm": False}
        return Event.TEST
    if name == "gas":
        if said in ("none", "mild", "heavy"):
            facts["alarm"] = said != "none"
            facts["label"] = said
        return Event.ALARM if facts.get("alarm") is True else Event.STATUS
    put_text(facts, "state", said)
    if name == "operation" and said in ("fault", "normal"):
        facts["fault"] = said == "fault"
    return Event.FAULT if facts.get("fault") is True else Event.STATUS


def _kind_of(device: str, otherwise: Kind) -> Kind:
    model = device.rpartition("/")[2].lower().partition("-")[0].removeprefix("shelly")
    for version in ("plus", "pro", "blu"):
        model = model.removeprefix(version)
    return next((kind for start, kind in _KINDS if model.startswith(start)), otherwise)


# ── generation 2 and later ───────────────────────────────────────────────────────────────────────────────────────────


def _rpc(found: Mapping[str, object], prefix: str) -> tuple[Reading, ...]:
    device = text(found.get("src")) or prefix
    method = text(found.get("method"))
    params = part(found, "params")
    device_ms = _believed_ms(params.get("ts"))
    if method in ("NotifyStatus", "NotifyFullStatus"):
        return _status(params, device, device_ms)
    if method == "NotifyEvent":
        readings = (_event(part(event), device, device_ms) for event in items(params.get("events")))
        return tuple(reading for reading in readings if reading is not None)
    if "result" in found or "error" in found:
        return (Reading(device, Kind.LIFECYCLE, Event.CONFIG_RESPONSE, {}, device_ms),)
    raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"no notification of a Shelly: {method[:40]}", device=device)


def _believed_ms(seconds: object) -> int | None:
    """Seconds since 1970; since the device's start while its clock is not set, and then not believed."""
    read_s = number(seconds)
    return int(read_s * 1000) if read_s is not None and _CLOCK_SET_S < read_s < 1e11 else None


def _status(components: Mapping[str, object], device: str, device_ms: int | None) -> tuple[Reading, ...]:
    """All components of one notification are one device; each relay and input is a reading of its own."""
    facts: dict[str, Fact] = {}
    kind: Kind | None = None
    others: list[Reading] = []
    for key, value in components.items():
        name, _, index = key.partition(":")
        status = part(value)
        found = _COMPONENTS.get(name)
        if name in ("switch", "light", "input"):
            on = flag(status.get("output", status.get("state")))
            if on is not None and found is not None:
                others.append(Reading(device, found, Event.STATUS, {"on": on, **_channel(index)}, device_ms))
            continue
        _component(name, status, facts)
        if found is not None and (kind is None or name in ("smoke", "flood")):
            kind = found
    if not facts and others:
        return tuple(others)
    model = _kind_of(device, Kind.LIFECYCLE)
    if kind is None or (kind is Kind.TEMPERATURE and model is not Kind.LIFECYCLE):
        kind = model
        # Only its own affairs: sys, mqtt, cloud.
        event = Event.STATUS if facts else Event.HEARTBEAT
    elif facts.get("alarm") is True:
        event = Event.ALARM
    elif facts.get("motion") is True:
        event = Event.MOTION
    else:
        event = Event.TELEMETRY if kind is Kind.TEMPERATURE else Event.STATUS
    return (Reading(device, kind, event, facts, device_ms), *others)


def _component(name: str, status: Mapping[str, object], facts: dict[str, Fact]) -> None:
    """Facts of one component that is the device itself."""
    if name in ("smoke", "flood"):
        put_flag(facts, "alarm", status.get("alarm"))
        put_flag(facts, "muted", status.get("mute"))
        if "cable_unplugged" in items(status.get("errors")):
            facts["fault"] = True
    elif name == "devicepower":
        put_battery(facts, part(status, "battery").get("percent"))
        put_volts(facts, part(status, "battery").get("V"))
    elif name == "wifi":
        put_number(facts, "rssi", status.get("rssi"))
    elif name == "temperature":
        put_number(facts, "temperature", status.get("tC"))
    elif name == "humidity":
        put_number(facts, "humidity", status.get("rh"))
    elif name == "illuminance":
        put_number(facts, "illuminance", status.get("lux"))
    elif name == "presence":
        put_flag(facts, "motion", status.get("motion", status.get("value")))


def _event(event: Mapping[str, object], device: str, device_ms: int | None) -> Reading | None:
    """One of NotifyEvent: a press, a detector's alarm, or the device's own affairs."""
    name = text(event.get("event"))
    component, _, index = text(event.get("component")).partition(":")
    at_ms = _believed_ms(event.get("ts")) or device_ms
    kind = _COMPONENTS.get(component) or _kind_of(device, Kind.LIFECYCLE)
    if name in _PRESSES:
        return Reading(device, Kind.BUTTON, Event.PRESS, {"press": _PRESSES[name], **_channel(index)}, at_ms)
    if component in ("smoke", "flood"):
        if "test" in name:
            return Reading(device, kind, Event.TEST, {"test": True, "alarm": False}, at_ms)
        if name == "cable_unplugged":
            return Reading(device, kind, Event.FAULT, {"fault": True}, at_ms)
        if "mute" in name:
            return Reading(device, kind, Event.SILENCED, {"muted": name != "unmute"}, at_ms)
        if name.startswith("alarm"):
            going = name not in ("alarm_off", "alarm_clear")
            return Reading(device, kind, Event.ALARM if going else Event.STATUS, {"alarm": going}, at_ms)
    if name in ("sleep", "wakeup"):
        return Reading(device, kind, Event.HEARTBEAT, {}, at_ms)
    if name == "config_changed":
        return Reading(device, Kind.LIFECYCLE, Event.CONFIG_REPORT, {}, at_ms)
    return None


def _ours(_topic: str, levels: list[str]) -> bool:
    if len(levels) < 2:
        return False
    if levels[0] == "shellies" or levels[-2:] == ["events", "rpc"]:
        return True
    if levels[-1] == "online":
        return levels[-2].lower().startswith("shelly")
    return len(levels) >= 3 and levels[-2] == "status" and (":" in levels[-1] or levels[-3].startswith("shelly"))


ENVELOPE = Envelope(name="shelly", read=read, topics=_ours, rank=10)
