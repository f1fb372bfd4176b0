"""Zigbee2MQTT: state of devices, their availability, and what the bridge says about itself.

Source: www.zigbee2mqtt.io, MQTT topics and messages. The friendly name may hold ``/`` and Chinese; without a
``device.ieeeAddr`` in the payload it is the device's address. State is cached and repeated by Zigbee2MQTT, with nulls
after a restart: null is unknown. ``action`` is an event and is followed by ``action: ""``.

HOT PATH: one typed decode; what the types refuse is read field by field.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from hub.decode.port import Context, Envelope
from hub.decode.text import parse_json, parse_object, parse_text, trimmed
from hub.decode.times import time_ms
from hub.decode.values import flag, number, part, text
from hub.decode.zones import with_zone
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded

Flag = bool | None | UnsetType
Number = float | None | UnsetType
Text = str | None | UnsetType


class _Device(msgspec.Struct, gc=False):
    """``device`` of the option include_device_information."""

    ieeeAddr: str = ""
    model: str = ""
    modelId: str = ""


class _State(msgspec.Struct, gc=False):
    """The fields of a state that become facts; unset and null differ, because null still says what the device is."""

    smoke: Flag = UNSET
    gas: Flag = UNSET
    carbon_monoxide: Flag = UNSET
    water_leak: Flag = UNSET
    sos: Flag = UNSET
    contact: Flag = UNSET
    occupancy: Flag = UNSET
    presence: Flag = UNSET
    vibration: Flag = UNSET
    tamper: Flag = UNSET
    battery_low: Flag = UNSET
    test: Flag = UNSET
    self_test: Flag | str = UNSET
    silence: Flag | str = UNSET
    buzzer_manual_mute: Flag = UNSET
    linkage_alarm_state: Flag = UNSET
    trouble: Flag = UNSET
    fault_alarm: Flag | str = UNSET
    battery: Number = UNSET
    voltage: Number = UNSET
    temperature: Number = UNSET
    humidity: Number = UNSET
    pressure: Number = UNSET
    illuminance: Number = UNSET
    gas_value: Number = UNSET
    co: Number = UNSET
    co2: Number = UNSET
    pm25: Number = UNSET
    voc: Number = UNSET
    power: Number = UNSET
    state: Text = UNSET
    action: Text = UNSET
    click: Text = UNSET
    action_transaction: Number = UNSET
    action_code: Number | str = UNSET
    last_seen: int | float | str | None = None
    device: _Device | None = None


_decode = msgspec.json.Decoder(_State).decode
_ATTRIBUTES = frozenset(_State.__struct_fields__) - {"device"}
_FLAGS = frozenset(
    {
        "smoke", "gas", "carbon_monoxide", "water_leak", "sos", "contact", "occupancy", "presence", "vibration", "tamper",
        "battery_low", "test", "buzzer_manual_mute", "linkage_alarm_state", "trouble",
    }
)  # fmt: skip
_TEXTS = frozenset({"state", "action", "click", "self_test", "silence", "fault_alarm", "action_code"})
_EMERGENCY = frozenset({"emergency", "panic", "sos", "fire", "police", "medical", "emergency_press"})
_VIBRATION = {"vibration": Event.STATUS, "tilt": Event.TILT, "drop": Event.FALL, "fall": Event.FALL}
_COMMANDS = ("set", "get")

_Topic = tuple[str, str]
"""What the topic is for (state, availability, bridge, attribute, nothing), and the device's name or the rest."""
_seen: dict[str, _Topic] = {}


def _topic_of(topic: str) -> _Topic:
    """Split a topic once; the base is everything up to a level that names Zigbee2MQTT, else the first level."""
    found = _seen.get(topic)
    if found is None:
        if len(_seen) >= 50_000:
            _seen.clear()
        found = _seen[topic] = _split(topic)
    return found


def _split(topic: str) -> _Topic:
    levels = topic.split("/")
    named = [index for index, level in enumerate(levels) if "zigbee2mqtt" in level.lower()]
    base = named[0] + 1 if named else min(1, len(levels) - 1)
    rest = levels[base:]
    if not rest or rest == [""]:
        return "nothing", ""
    if rest[0] == "bridge":
        return "bridge", "/".join(rest[1:])
    if len(rest) > 1:
        if rest[-1] == "availability":
            return "availability", "/".join(rest[:-1])
        if rest[-1] in _COMMANDS or (len(rest) > 2 and rest[-2] in _COMMANDS):
            return "nothing", ""
    return "state", "/".join(rest)


def read(raw: RawMessage, _context: Context) -> tuple[Reading, ...]:
    """State of one device, its availability, or the bridge's own word."""
    purpose, name = _topic_of(raw.topic)
    if purpose == "state":
        if not raw.payload:
            return ()  # a retained state that was removed together with its device
        try:
            state = _decode(raw.payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            state, name = _state_slowly(raw.payload, name)
        reading = _reading(state, name)
        if reading.kind is Kind.TELEMETRY and b"alarm_" in raw.payload:
            return (with_zone(reading, raw.payload),)
        return (reading,)
    if purpose == "availability":
        return _availability(raw.payload, name)
    if purpose == "bridge":
        return _bridge(raw, name)
    return ()


def _state_slowly(payload: bytes, name: str) -> tuple[_State, str]:
    """A state whose types surprise, or one bare attribute (``output: attribute``): device/attribute -> value."""
    if trimmed(payload)[:1] != b"{":
        device, _, attribute = name.rpartition("/")
        if not device or attribute not in _ATTRIBUTES:
            raise DecodeError(Undecoded.WRONG_TYPE, "expected a JSON object", device=name)
        found: dict[str, object] = {attribute: parse_text(payload)}
        name = device
    else:
        found = parse_object(payload)
    state = _State()
    for key, value in found.items():
        if key in _FLAGS:
            setattr(state, key, flag(value))
        elif key in _TEXTS:
            setattr(state, key, value if isinstance(value, str | bool) else None)
        elif key == "last_seen":
            state.last_seen = value if isinstance(value, int | float | str) else None
        elif key == "device":
            state.device = _Device(text(part(value).get("ieeeAddr")))
        elif key in _ATTRIBUTES:
            setattr(state, key, number(value))
    return state, name


def _reading(state: _State, name: str) -> Reading:
    """Facts of one state. Long and flat because it is the hot path: a loop over a table took twice the time."""
    facts: dict[str, Fact] = {}
    event = Event.STATUS
    alarm: bool | UnsetType | None = None
    if state.smoke is not UNSET:
        kind, alarm = Kind.SMOKE, state.smoke
    elif state.gas is not UNSET:
        kind, alarm = Kind.GAS, state.gas
    elif state.carbon_monoxide is not UNSET:
        kind, alarm = Kind.CO, state.carbon_monoxide
    elif state.water_leak is not UNSET:
        kind, alarm = Kind.LEAK, state.water_leak
    elif state.sos is not UNSET:
        kind, alarm = Kind.SOS, state.sos
        if alarm:
            event = Event.PRESS
    elif state.contact is not UNSET:
        kind = Kind.DOOR
        if state.contact is not None:
            facts["open"] = not state.contact
    elif state.occupancy is not UNSET or state.presence is not UNSET:
        kind = Kind.MOTION
        moving = state.presence if state.occupancy is UNSET else state.occupancy
        if moving is not None and moving is not UNSET:
            facts["motion"] = moving
            if moving:
                event = Event.MOTION
    else:
        kind, event = _other_kind(state, facts)
    if alarm is not None and alarm is not UNSET:
        facts["alarm"] = alarm
        if alarm and kind is not Kind.SOS:
            event = Event.ALARM
    if state.action is not UNSET and state.action:
        kind, event = _act(state.action, kind, event, facts)
    if state.test is True or state.self_test is True or state.self_test in ("testing", "checking"):
        # The detector says that it is being tested: whatever it sees now is the test's own smoke.
        event = Event.TEST
        facts["test"] = True
        facts["alarm"] = False
    elif state.test is False:
        facts["test"] = False
    if state.tamper is not UNSET and state.tamper is not None:
        facts["tamper"] = state.tamper
    if state.battery_low is not UNSET and state.battery_low is not None:
        facts["battery_low"] = state.battery_low
    battery = state.battery
    if battery is not UNSET and battery is not None and 0 <= battery <= 100:
        facts["battery_pct"] = battery
    voltage = state.voltage
    if voltage is not UNSET and voltage is not None and voltage >= 1000:
        # A battery's, in mV; a plug's voltage is the mains, in V.
        facts["battery_v"] = voltage / 1000
    # A leak sensor's temperature is its chip's, not the room's.
    if state.temperature is not UNSET and state.temperature is not None and kind is not Kind.LEAK:
        facts["temperature"] = state.temperature
    if state.humidity is not UNSET and state.humidity is not None:
        facts["humidity"] = state.humidity
    if state.illuminance is not UNSET and state.illuminance is not None:
        facts["illuminance"] = state.illuminance
    if (
        state.silence is not UNSET
        or state.buzzer_manual_mute is not UNSET
        or state.trouble is not UNSET
        or state.fault_alarm is not UNSET
        or state.linkage_alarm_state is not UNSET
        or state.gas_value is not UNSET
    ):
        _rare(state, facts)
    seen = state.last_seen
    device = state.device
    return Reading(
        device.ieeeAddr or name if device is not None else name,
        kind,
        event,
        facts,
        None if seen is None else time_ms(seen),
    )


def _rare(state: _State, facts: dict[str, Fact]) -> None:
    """Facts that few devices have."""
    if state.silence is True or state.buzzer_manual_mute is True:
        facts["muted"] = True
    elif state.silence is False or state.buzzer_manual_mute is False:
        facts["muted"] = False
    if isinstance(state.trouble, bool):
        facts["fault"] = state.trouble
    if isinstance(state.fault_alarm, bool):
        facts["fault"] = state.fault_alarm
    if isinstance(state.linkage_alarm_state, bool):
        facts["interconnect_alarm"] = state.linkage_alarm_state
    if isinstance(state.gas_value, float):
        facts["concentration"] = state.gas_value


def _other_kind(state: _State, facts: dict[str, Fact]) -> tuple[Kind, Event]:
    """What a device is that states none of the leading facts."""
    if state.action_transaction is not UNSET or state.action_code is not UNSET:
        facts["alarm"] = False  # a keypad; its panic key comes as an action
        return Kind.SOS, Event.STATUS
    if state.vibration is not UNSET:
        if state.vibration is not None:
            facts["motion"] = state.vibration
        return Kind.VIBRATION, Event.STATUS
    if state.click is not UNSET and state.click:  # before 1.19 buttons said so
        facts["press"] = state.click
        return Kind.BUTTON, Event.PRESS
    if state.action is not UNSET or state.click is not UNSET:
        return Kind.BUTTON, Event.STATUS
    if state.state is not UNSET and state.state is not None:
        on = flag(state.state)
        if on is not None:
            facts["on"] = on
        return Kind.RELAY, Event.STATUS
    if not (state.co2 is state.pm25 is state.voc is state.co is UNSET):
        return Kind.AIR_QUALITY, Event.STATUS
    if state.temperature is not UNSET or state.humidity is not UNSET:
        return Kind.TEMPERATURE, Event.TELEMETRY
    return Kind.TELEMETRY, Event.TELEMETRY


def _act(action: str, kind: Kind, event: Event, facts: dict[str, Fact]) -> tuple[Kind, Event]:
    """An action is an event of this very moment."""
    word = action.lower()
    facts["press"] = action
    if word in _EMERGENCY:
        facts["alarm"] = True
        return Kind.SOS, Event.PRESS
    if word in _VIBRATION and kind in (Kind.BUTTON, Kind.VIBRATION):
        return Kind.VIBRATION, _VIBRATION[word]
    if kind in (Kind.BUTTON, Kind.RELAY):
        return Kind.BUTTON, Event.PRESS
    if kind is Kind.SOS and event is Event.STATUS:
        return kind, Event.PRESS
    return kind, event


def _availability(payload: bytes, name: str) -> tuple[Reading, ...]:
    online = _online(payload)
    if online is None:
        return ()
    return (Reading(name, Kind.LIFECYCLE, Event.ONLINE if online else Event.OFFLINE, {}),)


def _online(payload: bytes) -> bool | None:
    """``{"state":"online"}`` or, in old versions, bare ``online``; None for an emptied topic. Raises DecodeError."""
    bare = trimmed(payload)
    if not bare:
        return None
    word = text(parse_object(bare).get("state")) if bare[:1] == b"{" else parse_text(bare).strip('"')
    if word in ("online", "offline"):
        return word == "online"
    raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"availability is neither online nor offline: {word[:40]}")


_ABOUT_ITSELF = frozenset({"info", "devices", "groups", "definitions", "extensions", "converters", "config", "health"})
_BRIDGE_EVENTS = {
    "device_joined": Event.JOIN,
    "device_announce": Event.ONLINE,
    "device_leave": Event.OFFLINE,
    "device_interview": Event.DEVICE_INFO,
}


def _bridge(raw: RawMessage, about: str) -> tuple[Reading, ...]:
    """State, information, logging and events of the bridge; its address is ``{base}/bridge``."""
    bridge = raw.topic.partition("/bridge")[0] + "/bridge"
    if about == "state":
        online = _online(raw.payload)
        if online is None:
            return ()
        return (Reading(bridge, Kind.LIFECYCLE, Event.GATEWAY_ONLINE if online else Event.GATEWAY_OFFLINE, {}),)
    if about in _ABOUT_ITSELF:
        return (Reading(bridge, Kind.LIFECYCLE, Event.BRIDGE_INFO, {}),)
    if about == "event":
        found = parse_object(raw.payload)
        data = part(found, "data")
        event = _BRIDGE_EVENTS.get(text(found.get("type")))
        device = text(data.get("ieee_address")) or text(data.get("friendly_name"))
        if event is None or not device:
            return ()
        facts: dict[str, Fact] = {}
        if text(data.get("friendly_name")):
            facts["name"] = text(data.get("friendly_name"))
        return (Reading(device, Kind.LIFECYCLE, event, facts),)
    if about in ("logging", "log"):
        line = part(parse_json(raw.payload))
        if text(line.get("level")) == "error":
            said = text(line.get("message"))
            return (Reading(bridge, Kind.LIFECYCLE, Event.LOG_ERROR, {"description": said} if said else {}),)
    return ()


def _ours(_topic: str, levels: list[str]) -> bool:
    return any("zigbee2mqtt" in level.lower() for level in levels[:-1])


def _looks(content: object) -> bool:
    """A custom base topic: every state of a device carries linkquality."""
    return isinstance(content, dict) and "linkquality" in content


ENVELOPE = Envelope(name="zigbee2mqtt", read=read, topics=_ours, looks=_looks, rank=10)
