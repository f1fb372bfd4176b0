"""Objects that a platform's own codec made: read where no device file fits, never guessed."""

from __future__ import annotations

from base64 import b64encode

import msgspec
import pytest

from hub.catalogue import load_catalogue
from hub.decode.decoder import Decoder
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecodable, Undecoded

_catalogue = load_catalogue()
_UNKNOWN = bytes.fromhex("deadbeef")


def _chirpstack(
    told: object, data: bytes = b"", port: int = 3, kind: Kind | None = None
) -> tuple[tuple[Reading, ...], Undecodable | None]:
    message = {"deviceInfo": {"devEui": "24e1"}, "fPort": port, "object": told, "data": b64encode(data).decode()}
    raw = RawMessage("lns", "application/1/device/24e1/event/up", msgspec.json.encode(message), 0)
    return Decoder(_catalogue, kind_of={} if kind is None else {"24e1": kind})(raw)


@pytest.mark.parametrize(
    ("told", "kind", "event", "facts"),
    [
        ({"smoke": "alarm", "battery": 90}, Kind.SMOKE, Event.ALARM, {"alarm": True, "battery_pct": 90}),
        ({"smoke_alarm": "on", "battery_voltage": 3.1}, Kind.SMOKE, Event.ALARM, {"alarm": True, "battery_v": 3.1}),
        ({"smoke": 0, "batteryLevel": 80}, Kind.SMOKE, Event.STATUS, {"alarm": False, "battery_pct": 80}),
        ({"smoke": True, "test": True}, Kind.SMOKE, Event.TEST, {"alarm": False, "test": True}),
        ({"smoke_status": "self test"}, Kind.SMOKE, Event.TEST, {"alarm": False, "test": True}),
        ({"smoke_status": "mute"}, Kind.SMOKE, Event.STATUS, {"muted": True}),
        ({"smoke": False, "alarm": True}, Kind.SMOKE, Event.STATUS, {"alarm": False}),
        ({"smoke": False, "gas": True}, Kind.GAS, Event.ALARM, {"alarm": True}),
        ({"leakage_status": "leak"}, Kind.LEAK, Event.ALARM, {"alarm": True}),
        ({"leakage_status": "normal"}, Kind.LEAK, Event.STATUS, {"alarm": False}),
        ({"WaterLeak_1": "NoLeak", "WaterLeak_2": "Leak", "Volt": 3.6}, Kind.LEAK, Event.ALARM,
         {"alarm": True, "battery_v": 3.6}),
        ({"magnet_status": "open", "tamper_status": "uninstalled"}, Kind.DOOR, Event.STATUS,
         {"open": True, "tamper": True}),
        ({"door": "closed"}, Kind.DOOR, Event.STATUS, {"open": False}),
        ({"pir": "trigger"}, Kind.MOTION, Event.MOTION, {"motion": True}),
        ({"motion": 4, "vdd": 3600}, Kind.MOTION, Event.MOTION, {"motion": True, "battery_v": 3.6}),
        ({"parking_status": "vacant"}, Kind.PARKING, Event.STATUS, {"occupied": False}),
        ({"car_status": 1}, Kind.PARKING, Event.STATUS, {"occupied": True}),
        ({"button_event": {"status": "short press"}}, Kind.BUTTON, Event.PRESS, {"press": "short press"}),
        ({"sos": 1}, Kind.SOS, Event.PRESS, {"alarm": True}),
        ({"temperature": 22.5, "humidity": 40}, Kind.TEMPERATURE, Event.TELEMETRY, {"temperature": 22.5, "humidity": 40}),
        ({"data": {"water_leak": "1"}}, Kind.LEAK, Event.ALARM, {"alarm": True}),
        ({"alarm": "on"}, Kind.UNKNOWN, Event.ALARM, {"alarm": True}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("data", [b"", _UNKNOWN], ids=["no bytes", "unknown bytes"])
def test_a_named_state_is_read(told: object, data: bytes, kind: Kind, event: Event, facts: dict[str, Fact]) -> None:
    readings, why = _chirpstack(told, data)
    assert why is None
    assert [(each.kind, each.event, each.facts) for each in readings] == [(kind, event, facts)]


@pytest.mark.parametrize(
    "told",
    [{"smoke": "weird"}, {"smoke": 2}, {"gas": "high"}, {"gas": "low"}, {"contact": 1}, {"reed": True}, {"alarm": "off"},
     {"battery": 3}, {"temperature": 3}, {"history": [{"smoke": True}]}, {"history": {"smoke": True}}, {"foo": 1}],
    ids=str,
)  # fmt: skip
def test_what_may_mean_anything_is_kept_aside_without_a_state(told: object) -> None:
    readings, why = _chirpstack(told, _UNKNOWN)
    assert why is not None
    assert why.reason is Undecoded.UNKNOWN_MODEL
    assert [each.event for each in readings] == [Event.UPLINK_UNDECODED]
    assert readings[0].facts.keys().isdisjoint({"alarm", "open", "battery_pct", "battery_v"})
    assert readings[0].facts["raw_hex"] == "deadbeef"


def test_an_alarm_is_told_even_beside_something_unreadable() -> None:
    readings, why = _chirpstack({"smoke": True, "water_leak": "perhaps"}, _UNKNOWN)
    assert why is None
    assert (readings[0].kind, readings[0].event) == (Kind.SMOKE, Event.ALARM)


def test_the_bytes_outrank_the_platforms_word() -> None:
    readings, why = _chirpstack({"smoke": True}, bytes.fromhex("010a011e000004b0000000"), 6)
    assert why is None
    assert readings[0].model == "netvox/ra02a"
    assert readings[0].facts["alarm"] is False


def test_the_platforms_word_tells_products_apart_that_send_the_same_bytes() -> None:
    same = bytes.fromhex("017564030001040001")
    door, _ = _chirpstack({"magnet_status": "open", "battery": 100}, same, 85)
    motion, _ = _chirpstack({"pir": "trigger", "battery": 100}, same, 85)
    assert [door[0].kind, motion[0].kind] == [Kind.DOOR, Kind.MOTION]


def test_the_registry_says_what_a_bare_alarm_is() -> None:
    readings, why = _chirpstack({"alarm": False, "battery": 50}, _UNKNOWN, kind=Kind.SMOKE)
    assert why is None
    assert (readings[0].kind, readings[0].facts) == (Kind.SMOKE, {"alarm": False, "battery_pct": 50})
    _, why = _chirpstack({"battery": 50}, _UNKNOWN, kind=Kind.SMOKE)
    assert why is not None  # its bytes may say more than its battery


@pytest.mark.parametrize(
    ("topic", "message"),
    [
        (
            "v3/app/devices/d1/up",
            {"end_device_ids": {"device_id": "d1"}, "uplink_message": {"f_port": 3, "frm_payload": "3q2+7w==",
             "decoded_payload": {"smoke": "alarm"}}},
        ),
        ("lns/up", {"devEUI": "d1", "fPort": 3, "data": "3q2+7w==", "objectJSON": '{"smoke":"alarm"}'}),
        ("lns/up", {"devEUI": "d1", "fPort": 3, "data": None, "object": {"smoke": "alarm"}}),
        ("lns/up", {"cmd": "rx", "EUI": "d1", "port": 3, "data": "deadbeef", "decoded": {"data": {"smoke": "alarm"}}}),
    ],
)  # fmt: skip
def test_other_network_servers_tell_objects_too(topic: str, message: dict[str, object]) -> None:
    readings, why = Decoder(_catalogue)(RawMessage("lns", topic, msgspec.json.encode(message), 0))
    assert why is None
    assert [(each.device, each.kind, each.facts) for each in readings] == [("d1", Kind.SMOKE, {"alarm": True})]


def test_a_guess_by_one_byte_gives_way_to_what_the_platform_read_out_of_it() -> None:
    """The Things Stack's own documentation: 0x11 on port 1 is a temperature and a brightness, not a parking space."""
    readings, why = _chirpstack({"temperature": 1.0, "luminosity": 0.64}, b"\x11", 1)
    assert why is not None
    assert [(each.kind, each.event) for each in readings] == [(Kind.UNKNOWN, Event.UPLINK_UNDECODED)]
    readings, why = _chirpstack({"type": "parking_status", "occupied": True}, b"\x11", 1)
    assert why is None
    assert (readings[0].kind, readings[0].facts) == (Kind.PARKING, {"occupied": True})


@pytest.mark.parametrize(
    "odd", ["1e400", "-1e400", "9" * 400, "null", "[[]]", '{"value":{"value":1}}', '"\\ud800"', '""']
)
@pytest.mark.parametrize("name", ["smoke", "battery", "vdd", "press", "temperature", "contact", "motion"])
def test_no_value_of_an_object_is_a_fault_of_ours(name: str, odd: str) -> None:
    payload = f'{{"deviceInfo":{{"devEui":"24e1"}},"fPort":3,"data":"3q2+7w==","object":{{"{name}":{odd}}}}}'
    raw = RawMessage("lns", "application/1/device/24e1/event/up", payload.encode(), 0)
    _, why = Decoder(_catalogue)(raw)
    assert why is None or why.reason is not Undecoded.CODEC_FAULT
