"""Zigbee2MQTT, as its documentation says it publishes."""

from __future__ import annotations

import msgspec
import pytest

from hub.decode.catalogue import Catalogue
from hub.decode.decoder import Decoder
from hub.model import Event, Kind, RawMessage, Reading, Undecoded

_decode = Decoder(Catalogue(()))


def _read(topic: str, payload: object) -> tuple[Reading, ...]:
    data = payload.encode() if isinstance(payload, str) else msgspec.json.encode(payload)
    readings, undecodable = _decode(RawMessage("z", topic, data, 0))
    assert undecodable is None
    return readings


def _one(topic: str, payload: object) -> Reading:
    (reading,) = _read(topic, payload)
    return reading


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("zigbee2mqtt/一楼/厨房烟感", "一楼/厨房烟感"),
        ("home/zigbee2mqtt/Smoke", "Smoke"),
        ("zigbee2mqtt-b6/6号楼/1203/烟感", "6号楼/1203/烟感"),
        ("小区/烟感", "烟感"),
    ],
)
def test_the_friendly_name_may_hold_slashes_and_chinese_below_any_base_topic(topic: str, device: str) -> None:
    reading = _one(topic, {"smoke": True, "linkquality": 80})
    assert (reading.device, reading.kind, reading.event, reading.facts) == (
        device,
        Kind.SMOKE,
        Event.ALARM,
        {"alarm": True},
    )


@pytest.mark.parametrize(
    ("state", "kind", "event", "facts"),
    [
        ({"smoke": False, "voltage": 3100, "battery": 100}, "smoke", "status", {"alarm": False, "battery_v": 3.1, "battery_pct": 100}),
        ({"gas": True}, "gas", "alarm", {"alarm": True}),
        ({"carbon_monoxide": True, "carbon_monoxide_": 1}, "co", "alarm", {"alarm": True}),
        ({"water_leak": True, "tamper": False}, "leak", "alarm", {"alarm": True, "tamper": False}),
        ({"water_leak": None, "battery_low": None}, "leak", "status", {}),
        ({"contact": True}, "door", "status", {"open": False}),
        ({"contact": False}, "door", "status", {"open": True}),
        ({"contact": None}, "door", "status", {}),
        ({"occupancy": False}, "motion", "status", {"motion": False}),
        ({"presence": True}, "motion", "motion", {"motion": True}),
        ({"sos": True}, "sos", "press", {"alarm": True}),
        ({"sos": False}, "sos", "status", {"alarm": False}),
        ({"action": "emergency", "battery": 50}, "sos", "press", {"alarm": True, "press": "emergency", "battery_pct": 50}),
        ({"action": "single"}, "button", "press", {"press": "single"}),
        ({"action": ""}, "button", "status", {}),
        ({"action": "panic", "action_code": None, "action_transaction": 3}, "sos", "press", {"alarm": True, "press": "panic"}),
        ({"action": "disarm", "action_transaction": 3}, "sos", "press", {"alarm": False, "press": "disarm"}),
        ({"state": "ON", "voltage": 230, "power": 12.5}, "relay", "status", {"on": True}),
        ({"temperature": 21.5, "humidity": 40}, "temperature", "telemetry", {"temperature": 21.5, "humidity": 40}),
        ({"vibration": True, "action": "tilt"}, "vibration", "tilt", {"motion": True, "press": "tilt"}),
    ],
)  # fmt: skip
def test_a_state_means(state: dict[str, object], kind: str, event: str, facts: dict[str, object]) -> None:
    reading = _one("zigbee2mqtt/x", state)
    assert (reading.kind, reading.event, reading.facts) == (kind, event, facts)


def test_a_detector_under_test_never_alarms() -> None:
    reading = _one("zigbee2mqtt/x", {"smoke": True, "test": True})
    assert (reading.event, reading.facts) == (Event.TEST, {"alarm": False, "test": True})


def test_a_muted_alarm_is_still_an_alarm() -> None:
    reading = _one("zigbee2mqtt/x", {"smoke": True, "test": False, "buzzer_manual_mute": True})
    assert (reading.event, reading.facts["alarm"], reading.facts["muted"]) == (Event.ALARM, True, True)


def test_the_ieee_address_outranks_the_name_and_last_seen_may_be_iso_or_milliseconds() -> None:
    state = {"smoke": False, "device": {"ieeeAddr": "0x00158d0001d64498"}, "last_seen": "2022-01-02T13:54:08+01:00"}
    reading = _one("zigbee2mqtt/Smoke", state)
    assert (reading.device, reading.device_ms) == ("0x00158d0001d64498", 1641128048000)
    assert _one("zigbee2mqtt/Smoke", {"smoke": False, "last_seen": 1656118444933}).device_ms == 1656118444933


def test_surprising_types_cost_their_own_field_only() -> None:
    reading = _one("zigbee2mqtt/x", {"smoke": True, "battery": "low", "voltage": "3000", "device": 7, "action": 5})
    assert reading.event is Event.ALARM
    assert reading.facts == {"alarm": True, "battery_v": 3.0}


def test_one_attribute_a_topic_is_read_too() -> None:
    assert _one("zigbee2mqtt/厨房/烟感/smoke", "true") == Reading("厨房/烟感", Kind.SMOKE, Event.ALARM, {"alarm": True})


@pytest.mark.parametrize("payload", ['{"state":"offline"}', "offline", '"offline"'])
def test_availability_is_json_or_bare(payload: str) -> None:
    assert _one("zigbee2mqtt/a/b/availability", payload) == Reading("a/b", Kind.LIFECYCLE, Event.OFFLINE, {})


@pytest.mark.parametrize(
    ("topic", "payload", "device", "event"),
    [
        ("state", '{"state":"online"}', "zigbee2mqtt/bridge", "gateway_online"),
        ("state", "offline", "zigbee2mqtt/bridge", "gateway_offline"),
        ("devices", "[]", "zigbee2mqtt/bridge", "bridge_info"),
        ("info", '{"version":"2.1.0"}', "zigbee2mqtt/bridge", "bridge_info"),
        ("event", '{"type":"device_joined","data":{"friendly_name":"a","ieee_address":"0x1"}}', "0x1", "join"),
        ("logging", '{"level":"error","message":"adapter lost"}', "zigbee2mqtt/bridge", "log_error"),
    ],
)
def test_the_bridge_speaks_for_itself(topic: str, payload: str, device: str, event: str) -> None:
    reading = _one(f"zigbee2mqtt/bridge/{topic}", payload)
    assert (reading.device, reading.kind, reading.event) == (device, Kind.LIFECYCLE, event)


@pytest.mark.parametrize(
    "topic",
    ["x/set", "x/get", "x/set/state", "bridge/logging", "bridge/response/device/rename", "bridge/request/restart"],
)
def test_commands_and_chatter_say_nothing_about_a_device(topic: str) -> None:
    assert _read(f"zigbee2mqtt/{topic}", {"smoke": True, "level": "info"}) == ()


def test_a_state_that_is_no_json_is_quarantined() -> None:
    readings, undecodable = _decode(RawMessage("z", "zigbee2mqtt/x", b'{"smoke":tr', 0))
    assert readings == ()
    assert undecodable is not None
    assert undecodable.reason is Undecoded.NOT_JSON
