"""The LoRaWAN network servers' messages, and how a device's codec is chosen."""

from __future__ import annotations

from base64 import b64encode

import msgspec
import pytest

from hub.catalogue import load_catalogue
from hub.decode.decoder import Decoder, SourceSettings
from hub.model import Event, Kind, RawMessage, Reading, Undecodable, Undecoded

CATALOGUE = load_catalogue()
EUI = "24e124136b502217"
SMOKE = bytes.fromhex("010a011e010104b0000000")
CONTACT = bytes.fromhex("017564030001040000")
"""What a Milesight WS301 and a WS202 both send."""


def _decode(
    topic: str, payload: object, *, model_of: dict[str, str] | None = None, envelope: str = "auto"
) -> tuple[tuple[Reading, ...], Undecodable | None]:
    decoder = Decoder(CATALOGUE, {"source": SourceSettings(envelope)}, model_of or {})
    return decoder(RawMessage("source", topic, msgspec.json.encode(payload), 0))


def _chirpstack(data: bytes, port: int, *, profile: str = "default", name: str = "", **more: object) -> object:
    return {
        "deduplicationId": "3ac7e3c4",
        "time": "2022-07-18T09:34:15.775023242+00:00",
        "deviceInfo": {"devEui": EUI, "deviceProfileName": profile, "deviceName": name},
        "fCnt": 7,
        "fPort": port,
        "data": b64encode(data).decode(),
        **more,
    }


def _up(data: bytes, port: int, model_of: dict[str, str] | None = None, **more: str) -> Reading:
    readings, undecodable = _decode(
        f"application/a/device/{EUI}/event/up", _chirpstack(data, port, **more), model_of=model_of
    )
    assert undecodable is None
    return readings[0]


def test_chirpstack_gives_device_time_and_deduplication_id() -> None:
    reading = _up(SMOKE, 6)
    assert (reading.device, reading.kind, reading.event, reading.key) == (EUI, Kind.SMOKE, Event.ALARM, "3ac7e3c4")
    assert reading.device_ms == 1658136855775
    assert reading.model == "netvox/ra02a"


def test_the_registry_outranks_profile_and_bytes() -> None:
    assert _up(CONTACT, 85, {EUI: "milesight/ws202"}, profile="WS301").kind is Kind.MOTION


def test_the_profile_outranks_bytes_and_the_typed_name_comes_last() -> None:
    assert _up(CONTACT, 85, profile="Milesight WS301 EU868").kind is Kind.DOOR
    assert _up(CONTACT, 85, name="lobby WS202").kind is Kind.MOTION
    assert _up(SMOKE, 6, name="lobby WS202").kind is Kind.SMOKE


def test_bytes_that_fit_two_products_are_kept_and_the_device_is_heard() -> None:
    readings, undecodable = _decode(f"application/a/device/{EUI}/event/up", _chirpstack(CONTACT, 85))
    assert [(r.kind, r.event, r.facts) for r in readings] == [
        (Kind.UNKNOWN, Event.UPLINK_UNDECODED, {"raw_hex": CONTACT.hex()})
    ]
    assert undecodable is not None
    assert (undecodable.reason, undecodable.device) == (Undecoded.UNKNOWN_MODEL, EUI)


def test_a_registered_model_that_the_catalogue_lacks_is_said() -> None:
    _, undecodable = _decode(f"application/a/device/{EUI}/event/up", _chirpstack(SMOKE, 6), model_of={EUI: "acme/none"})
    assert undecodable is not None
    assert (undecodable.reason, undecodable.device) == (Undecoded.UNKNOWN_MODEL, EUI)


def test_fields_of_a_strange_type_do_not_lose_the_alarm() -> None:
    readings, _ = _decode(f"application/a/device/{EUI}/event/up", {**dict(_chirpstack(SMOKE, 6)), "fPort": "6"})  # type: ignore[call-overload]
    assert readings[0].event is Event.ALARM


def test_an_uplink_without_bytes_is_a_sign_of_life() -> None:
    readings, undecodable = _decode(f"application/a/device/{EUI}/event/up", _chirpstack(b"", 0))
    assert undecodable is None
    assert readings[0].event is Event.HEARTBEAT


@pytest.mark.parametrize(
    ("event", "more", "expected", "facts"),
    [
        ("join", {}, Event.JOIN, {}),
        ("status", {"batteryLevel": 88.3, "margin": 10}, Event.BATTERY, {"battery_pct": 88.3, "margin": 10}),
        ("status", {"externalPowerSource": True}, Event.BATTERY, {"mains_power": True}),
        ("status", {"batteryLevelUnavailable": True, "batteryLevel": 0}, Event.BATTERY, {}),
        ("ack", {"acknowledged": True}, Event.DOWNLINK_ACK, {"acknowledged": True}),
        ("ack", {}, Event.DOWNLINK_ACK, {"acknowledged": False}),
        ("txack", {}, Event.DOWNLINK_SENT, {}),
        ("log", {"level": "ERROR", "code": "UPLINK_MIC"}, Event.LOG_ERROR, {"state": "ERROR", "code": "UPLINK_MIC"}),
        ("location", {"location": {"latitude": 31.2, "longitude": 121}}, Event.LOCATION, {"lat": 31.2, "lng": 121.0}),
    ],
)
def test_chirpstack_tells_the_life_of_a_device(
    event: str, more: dict[str, object], expected: Event, facts: dict[str, object]
) -> None:
    readings, undecodable = _decode(f"application/a/device/{EUI}/event/{event}", _chirpstack(b"", 0) | more)  # type: ignore[operator]
    assert undecodable is None
    assert [(r.device, r.kind, r.event, r.facts) for r in readings] == [(EUI, Kind.LIFECYCLE, expected, facts)]


def _ttn(data: bytes, port: int, **more: object) -> object:
    return {
        "end_device_ids": {"device_id": "hall", "dev_eui": EUI.upper()},
        "received_at": "2024-11-06T08:43:11.357207831Z",
        "uplink_message": {
            "session_key_id": "AZMA",
            "f_port": port,
            "f_cnt": 4,
            "frm_payload": b64encode(data).decode(),
            **more,
        },
    }


@pytest.mark.parametrize("application", ["app", "app@tenant"])
def test_the_things_stack_with_and_without_tenant(application: str) -> None:
    (reading,), undecodable = _decode(f"v3/{application}/devices/hall/up", _ttn(SMOKE, 6))
    assert undecodable is None
    assert (reading.device, reading.event, reading.key) == (EUI.upper(), Event.ALARM, "AZMA/4")
    assert reading.device_ms == 1730882591357


def test_the_things_stack_names_the_model() -> None:
    version = {"brand_id": "milesight-iot", "model_id": "ws301"}
    (reading,), _ = _decode("v3/app/devices/hall/up", _ttn(CONTACT, 85, version_ids=version))
    assert reading.kind is Kind.DOOR


@pytest.mark.parametrize(
    ("event", "expected", "facts"),
    [
        ("join", Event.JOIN, {}),
        ("down/ack", Event.DOWNLINK_ACK, {"acknowledged": True}),
        ("down/nack", Event.DOWNLINK_ACK, {"acknowledged": False}),
        ("down/sent", Event.DOWNLINK_SENT, {}),
        ("down/failed", Event.DOWNLINK_FAILED, {}),
        ("service/data", Event.INTEGRATION, {}),
    ],
)
def test_the_things_stack_tells_the_life_of_a_device(event: str, expected: Event, facts: dict[str, object]) -> None:
    ids = {"end_device_ids": {"device_id": "hall", "dev_eui": EUI.upper()}}
    (reading,), undecodable = _decode(f"v3/app/devices/hall/{event}", ids)
    assert undecodable is None
    assert (reading.kind, reading.event, reading.facts) == (Kind.LIFECYCLE, expected, facts)


def test_what_somebody_asked_of_the_things_stack_says_nothing_of_a_device() -> None:
    assert _decode("v3/app/devices/hall/down/queued", {"end_device_ids": {"device_id": "hall"}}) == ((), None)


def test_loriot_tells_an_uplink_twice_under_one_key() -> None:
    common = {"EUI": EUI, "fcnt": 3, "port": 6, "data": SMOKE.hex()}
    (first,), _ = _decode("ingest/loriot", {"cmd": "rx", "ts": 1690901260493, **common})
    (twin,), _ = _decode("ingest/loriot", {"cmd": "gw", "ts": 1690901260495, **common, "gws": []})
    assert first.event is twin.event is Event.ALARM
    assert first.key == twin.key != ""
    (later,), _ = _decode("ingest/loriot", {"cmd": "rx", "ts": 1690904260493, **common})
    assert later.key != first.key


def test_loriot_gateway_lists_say_nothing_of_a_device() -> None:
    assert _decode("ingest/loriot", {"cmd": "tx", "EUI": EUI}) == ((), None)


def test_a_milesight_gateway_with_its_broken_clock() -> None:
    payload = {
        "applicationID": 1,
        "deviceName": EUI,
        "devEUI": EUI,
        "time": "2020-0327T12:39:05.547336Z",
        "fCnt": 0,
        "fPort": 85,
        "data": b64encode(bytes.fromhex("058e01")).decode(),
    }
    (reading,), undecodable = _decode("milesight/uplink", payload)
    assert undecodable is None
    assert (reading.kind, reading.event, reading.device_ms) == (Kind.GAS, Event.ALARM, 1585312745547)


def test_chirpstack_3_writes_its_eui_in_base64() -> None:
    payload = {"devEUI": "JOEkE2tQIhc=", "fPort": 6, "data": b64encode(SMOKE).decode()}
    (reading,), undecodable = _decode(f"application/1/device/{EUI}/event/up", payload)
    assert undecodable is None
    assert (reading.device, reading.event) == (EUI, Event.ALARM)


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (f"application/a/device/{EUI}/event/up", {"time": "x"}, Undecoded.MISSING_FIELD),
        (f"application/a/device/{EUI}/event/up", {"deviceInfo": {"devEui": EUI}, "data": "%%"}, Undecoded.WRONG_TYPE),
        ("v3/app/devices/hall/up", {"end_device_ids": {"device_id": "hall"}}, Undecoded.MISSING_FIELD),
        ("v3/app/devices/hall/up", [], Undecoded.WRONG_TYPE),
        ("ingest/x", {"cmd": "rx", "EUI": EUI, "port": 6, "data": "zz"}, Undecoded.WRONG_TYPE),
        ("ingest/x", {"cmd": "rx", "EUI": EUI, "port": 6, "encdata": "00"}, Undecoded.UNKNOWN_FORMAT),
        ("ingest/x", {"devEUI": EUI, "data": 5}, Undecoded.WRONG_TYPE),
    ],
)
def test_what_cannot_be_read_is_said(topic: str, payload: object, reason: Undecoded) -> None:
    readings, undecodable = _decode(topic, payload)
    assert readings == ()
    assert undecodable is not None
    assert undecodable.reason is reason


def test_chirpstack_3_tells_the_life_of_a_device() -> None:
    payload = {"devEUI": EUI, "batteryLevel": 75.5, "margin": 7}
    (reading,), _ = _decode(f"application/1/device/{EUI}/event/status", payload)
    assert (reading.kind, reading.event) == (Kind.LIFECYCLE, Event.BATTERY)


def test_the_things_stack_tells_an_uplink_in_other_words_only_once() -> None:
    assert _decode("v3/app/devices/hall/up/normalized", _ttn(SMOKE, 6)) == ((), None)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b'{"gatewayId":"0016c001f153a14c","state":"ONLINE"}', Event.GATEWAY_ONLINE),
        (b'{"gatewayId":"0016c001f153a14c"}', Event.GATEWAY_OFFLINE),
        (b"\x10\x01\x1a\x100016c001f153a14c", Event.GATEWAY_ONLINE),
        (b"\x1a\x100016c001f153a14c", Event.GATEWAY_OFFLINE),
    ],
)
def test_a_chirpstack_gateway_comes_and_goes(payload: bytes, expected: Event) -> None:
    raw = RawMessage("source", "eu868/gateway/0016c001f153a14c/state/conn", payload, 0)
    (reading,), undecodable = Decoder(CATALOGUE)(raw)
    assert undecodable is None
    assert (reading.device, reading.kind, reading.event) == ("0016c001f153a14c", Kind.LIFECYCLE, expected)


def test_a_chirpstack_gateways_frames_say_nothing_of_a_device() -> None:
    raw = RawMessage("source", "eu868/gateway/0016c001f153a14c/event/up", b"\xff\x00", 0)
    assert Decoder(CATALOGUE)(raw) == ((), None)


def test_a_broken_payload_still_names_its_device_by_the_topic() -> None:
    raw = RawMessage("source", f"application/a/device/{EUI}/event/up", b"\x00\x01", 0)
    readings, undecodable = Decoder(CATALOGUE)(raw)
    assert readings == ()
    assert undecodable is not None
    assert (undecodable.reason, undecodable.device) == (Undecoded.NOT_JSON, EUI)
