"""Plate cameras of Vzenith: layouts, plates in all their spellings, gates, and records of an outage."""

from __future__ import annotations

from base64 import b64encode

import msgspec
import pytest

from hub.decode.catalogue import Catalogue
from hub.decode.decoder import Decoder
from hub.decode.plates import plate_of
from hub.model import Event, Kind, RawMessage, Reading

_decode = Decoder(Catalogue(()))
SN = "265e1040-85e01fb7"
UP = f"device/{SN}/message/up"


def _one(topic: str, payload: object) -> Reading:
    data = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    readings, undecodable = _decode(RawMessage("gate", topic, data, 0))
    assert undecodable is None
    (reading,) = readings
    return reading


def _plate(license_: str, **more: object) -> dict[str, object]:
    stamp = {"Timeval": {"sec": 1628670619, "usec": 539956}}
    return {"license": license_, "confidence": 97, "colorType": 5, "direction": 4, "timeStamp": stamp, **more}


def _sent(plate: dict[str, object], *, body: bool = False) -> dict[str, object]:
    info: dict[str, object] = {"AlarmInfoPlate": {"result": {"PlateResult": plate}, "serialno": SN}}
    return {
        "id": "iUA4",
        "sn": SN,
        "name": "ivs_result",
        "timestamp": 1621926595,
        "payload": {"body": info} if body else info,
    }


BASE64 = b64encode("沪AD12345".encode()).decode()


@pytest.mark.parametrize("topic", [f"{UP}/ivs_result", f"{SN}/device/message/up/ivs_result"])
@pytest.mark.parametrize("body", [False, True])
def test_every_mqtt_layout_gives_the_plate(topic: str, body: bool) -> None:
    reading = _one(topic, _sent(_plate(BASE64), body=body))
    assert (reading.device, reading.kind, reading.event, reading.key) == (SN, Kind.LPR, Event.PLATE, "iUA4")
    assert reading.facts == {"plate": "沪AD12345", "plate_color": "green", "confidence": 97, "direction": "down"}
    assert reading.device_ms == 1628670619539
    assert not reading.historical


def test_repacked_firmware_sends_plates_and_heartbeats_on_one_topic() -> None:
    plate = {"AlarmInfoPlate": {"serialno": SN, "result": {"PlateResult": _plate("沪A12345")}}}
    assert _one("/device/push/result", plate).facts["plate"] == "沪A12345"
    beat = _one("/device/push/result", {"AlarmInfoPlate": {"serialno": SN, "heartbeat": 1}})
    assert (beat.device, beat.kind, beat.event) == (SN, Kind.LIFECYCLE, Event.HEARTBEAT)


def test_a_socket_that_names_nobody_is_the_source_itself() -> None:
    reading = _one("ingest/gate", {"cmd": "ivs_result", "id": 65, "PlateResult": _plate(BASE64)})
    assert (reading.device, reading.facts["plate"]) == ("gate", "沪AD12345")
    assert reading.key == "0/1628670619.539956"


@pytest.mark.parametrize("field", ["is_encrypted", "enable_encrypt"])
@pytest.mark.parametrize("value", [1, "1", True])
def test_cipher_is_never_shown_as_a_plate(field: str, value: object) -> None:
    reading = _one(f"{UP}/ivs_result", _sent(_plate("ANX9Q3ftqPOVPJd1Tox8SQ==", **{field: value})))
    assert reading.event is Event.PLATE_ENCRYPTED
    assert "plate" not in reading.facts


@pytest.mark.parametrize("value", [1, "1", True])
def test_a_record_of_an_outage_is_historical(value: object) -> None:
    reading = _one(f"{UP}/ivs_result", _sent(_plate(BASE64, isoffline=value)))
    assert reading.historical
    assert reading.facts["offline_record"] is True


@pytest.mark.parametrize("nothing", ["", b64encode("_无_".encode()).decode(), "_无_"])
def test_a_vehicle_without_a_plate_is_told_as_such(nothing: str) -> None:
    reading = _one(f"{UP}/ivs_result", _sent(_plate(nothing)))
    assert reading.event is Event.VEHICLE_NO_PLATE
    assert "plate" not in reading.facts


def test_surprising_types_do_not_lose_the_plate() -> None:
    reading = _one(f"{UP}/ivs_result", _sent(_plate(BASE64, confidence="97", colorType="1", timeStamp=None)))
    assert reading.facts["plate"] == "沪AD12345"
    assert reading.device_ms == 1621926595000


def test_a_keep_alive_may_begin_with_nul() -> None:
    reading = _one(f"{UP}/keep_alive", b'\x00{"sn":"' + SN.encode() + b'","name":"keep_alive","timestamp":1621927036}')
    assert (reading.device, reading.kind, reading.event) == (SN, Kind.LIFECYCLE, Event.HEARTBEAT)


@pytest.mark.parametrize(
    ("status", "connected", "facts"),
    [
        (0, 1, {"open": False, "fault": False}),
        (1, 1, {"open": True, "fault": False}),
        (2, 1, {"state": "moving", "fault": False}),
        (0, 0, {"fault": True}),
    ],
)
def test_a_barrier_says_open_only_while_it_is_connected(status: int, connected: int, facts: dict[str, object]) -> None:
    body = {"gate_status": status, "connect_status": connected, "enable": 1}
    reading = _one(f"{UP}/barr_gate_status", {"sn": SN, "name": "barr_gate_status", "payload": {"body": body}})
    assert (reading.kind, reading.event, reading.facts) == (Kind.GATE, Event.STATUS, facts)


@pytest.mark.parametrize(("value", "fact"), [(0, {"on": False}), (1, {"on": True}), (2, {"press": "pulse"})])
def test_an_input_is_off_on_or_a_pulse(value: int, fact: dict[str, object]) -> None:
    trigger = {"AlarmGioIn": {"result": {"TriggerResult": {"source": 1, "value": value}}, "serialno": SN}}
    reading = _one(f"{UP}/gpio_in", {"sn": SN, "name": "gpio_in", "payload": {"body": trigger}})
    assert (reading.kind, reading.event, reading.facts) == (Kind.GATE_IO, Event.IO_CHANGE, {"input": 1, **fact})


def test_the_answer_to_a_command_is_an_acknowledgement() -> None:
    assert _one(f"device/{SN}/message/down/gate_direct_open/reply", {"code": 200}).event is Event.DOWNLINK_ACK


@pytest.mark.parametrize(
    ("written", "plate"),
    [
        ("6LWjR1o3UzEz", "赣GZ7S13"),
        ("沪a12345", "沪A12345"),
        ("ABCD1234", "ABCD1234"),
        ("AB1234C", "AB1234C"),
        (b64encode("粤Z1234港".encode("gb18030")).decode(), "粤Z1234港"),
        ("ANX9Q3ftqPOVPJd1Tox8SQ==", None),
        ("", ""),
        ("无牌车", ""),
    ],
)
def test_a_plate_is_plain_or_base64_or_none(written: str, plate: str | None) -> None:
    assert plate_of(written) == plate
