"""Passages: whatever camera read a plate, it comes in its one spelling; a home-made one is mapped to a passage too."""

from __future__ import annotations

import base64

import msgspec
import pytest

from hub.catalogue import load_catalogue
from hub.decode.decoder import Decoder, SourceSettings
from hub.decode.envelopes.generic_json import mistakes
from hub.decode.port import JsonMapping
from hub.model import Event, Kind, RawMessage, Reading

CATALOGUE = load_catalogue()
AT_MS = 1_790_000_000_000
MAPPING = JsonMapping(
    device="cam",
    kind=Kind.LPR,
    time="t",
    event="what",
    facts={"plate": "no", "direction": "way", "confidence": "sure", "offline_record": "late == 1"},
    words={"direction": {"1": "in", "2": "out"}},
)


def _read(topic: str, body: object, envelope: str = "auto", mapping: JsonMapping | None = None) -> list[Reading]:
    decode = Decoder(CATALOGUE, {"s": SourceSettings(envelope, mapping)})
    readings, undecodable = decode(RawMessage("s", topic, msgspec.json.encode(body), AT_MS))
    assert undecodable is None
    return list(readings)


def _vzenith(license_: str) -> tuple[str, object]:
    plate = {"license": license_, "confidence": 90, "timeStamp": {"Timeval": {"sec": AT_MS // 1000, "usec": 0}}}
    return "device/a1-b2/message/up/ivs_result", {"payload": {"AlarmInfoPlate": {"result": {"PlateResult": plate}}}}


@pytest.mark.parametrize("written", ["沪a·12345", "沪Ａ12345", "沪A-12345 ", "沪A 12345"])
def test_every_camera_s_plate_comes_in_its_one_spelling(written: str) -> None:
    coded = base64.b64encode(written.encode()).decode()
    told: list[tuple[str, object]] = [
        _vzenith(written),
        _vzenith(coded),
        ("frigate/tracked_object_update", {"type": "lpr", "camera": "c", "id": "1.x", "plate": written, "score": 0.9}),
        (
            "frigate/events",
            {"type": "update", "after": {"camera": "c", "label": "car", "recognized_license_plate": [written, 0.9]}},
        ),
        ("x", {"hook": {"id": "c"}, "data": {"camera_id": "c", "results": [{"plate": written, "score": 0.9}]}}),
        ("x", {"event_type": 75009, "stream_id": "c", "data": {"vehicles": [{"license_plate_id": written}]}}),
        ("device/S/sys/message/up", {"cmd": "ivs_result", "license": written}),
        (
            "x",
            {
                "Code": "TrafficJunction",
                "Action": "Pulse",
                "Data": {"TrafficCar": {"PlateNumber": written, "MachineName": "m"}},
            },
        ),
    ]
    for topic, body in told:
        assert [each.facts.get("plate") for each in _read(topic, body)] == ["沪A12345"], topic


@pytest.mark.parametrize("written", ["", "_无_", "无牌车", "unknown", "NO PLATE"])
def test_no_camera_s_word_for_no_plate_is_a_plate(written: str) -> None:
    update = {"type": "lpr", "camera": "c", "id": "1.x", "plate": written}
    for topic, body in (_vzenith(written), ("frigate/tracked_object_update", update)):
        (reading,) = _read(topic, body)
        assert (reading.event, reading.facts.get("plate")) == (Event.VEHICLE_NO_PLATE, None)


@pytest.mark.parametrize(
    ("body", "event", "facts", "historical"),
    [
        ({"no": "沪a·12345", "way": 1, "t": 1_789_999_999}, Event.PLATE, {"plate": "沪A12345", "direction": "in"}, False),
        ({"no": "沪A12345", "way": "2", "sure": 88.5}, Event.PLATE, {"plate": "沪A12345", "direction": "out", "confidence": 88.5}, False),
        ({"no": "沪A12345", "way": "left"}, Event.PLATE, {"plate": "沪A12345", "direction": "left"}, False),
        ({"no": "沪A12345", "what": "passed"}, Event.PLATE, {"plate": "沪A12345"}, False),
        ({"no": "无牌车", "way": 1}, Event.VEHICLE_NO_PLATE, {"direction": "in"}, False),
        ({"no": "ANX9Q3ftqPOVPJd1Tox8SQ==", "way": 1}, Event.PLATE_ENCRYPTED, {"direction": "in", "encrypted": True}, False),
        ({"no": "沪A12345", "late": 1}, Event.PLATE, {"plate": "沪A12345", "offline_record": True}, True),
        ({"what": "heartbeat"}, Event.HEARTBEAT, {}, False),
        ({"way": 1}, Event.STATUS, {"direction": "in"}, False),
    ],
)  # fmt: skip
def test_a_home_made_camera_is_mapped_to_passages(
    body: dict[str, object], event: Event, facts: dict[str, object], historical: bool
) -> None:
    (reading,) = _read("my/cam", {"cam": "east", **body}, "json", MAPPING)
    told = {name: value for name, value in reading.facts.items() if value is not False}
    assert (reading.device, reading.kind, reading.event) == ("east", Kind.LPR, event)
    assert told == facts
    assert reading.historical is historical


def test_the_same_passage_said_twice_has_one_key() -> None:
    body = {"cam": "east", "no": "沪A12345", "way": 1, "t": 1_789_999_999}
    (first,), (again,) = _read("my/cam", body, "json", MAPPING), _read("my/cam", body, "json", MAPPING)
    (later,) = _read("my/cam", {**body, "t": 1_789_999_999.4}, "json", MAPPING)
    assert first.key == again.key != later.key
    assert first.key


def test_words_for_what_is_not_mapped_are_a_mistake() -> None:
    wrong = JsonMapping(device="a", kind=Kind.LPR, facts={"plate": "b"}, words={"direction": {"1": "in"}})
    assert mistakes(wrong) == ["words are given for direction, which is not among the facts"]


@pytest.mark.parametrize(("value", "fact"), [(0, {"on": False}), (1, {"on": True}), (2, {"press": "pulse"})])
def test_a_contact_at_a_camera_says_whether_it_is_closed(value: int, fact: dict[str, object]) -> None:
    result = {"TriggerResult": {"source": 0, "value": value}}
    body = {"sn": "a1-b2", "payload": {"body": {"AlarmGioIn": {"result": result}}}}
    (reading,) = _read("device/a1-b2/message/up/gpio_in", body)
    assert (reading.kind, reading.facts) == (Kind.GATE_IO, {"input": 0, **fact})


@pytest.mark.parametrize(
    ("body", "facts"),
    [
        ({"gate_status": 0, "connect_status": 1, "enable": 1}, {"open": False, "fault": False}),
        ({"gate_status": 1, "connect_status": 1, "enable": 1}, {"open": True, "fault": False}),
        ({"gate_status": 2, "connect_status": 1, "enable": 1}, {"state": "moving", "fault": False}),
        ({"gate_status": 1, "connect_status": 0, "enable": 1}, {"fault": True}),
    ],
)
def test_a_barrier_says_whether_its_arm_is_up(body: dict[str, object], facts: dict[str, object]) -> None:
    (reading,) = _read("device/a1-b2/message/up/barr_gate_status", {"sn": "a1-b2", "payload": {"body": body}})
    assert (reading.kind, reading.facts) == (Kind.GATE, facts)


@pytest.mark.parametrize(
    ("trigger", "event", "said"),
    [
        (1, Event.PLATE, "auto"),
        (8, Event.PLATE, "virtual_loop"),
        (64, Event.TRIGGER, "lingers"),
        (65, Event.TRIGGER, "lingers_no_more"),
        (66, Event.TRIGGER, "turned_back"),
        (85, Event.PLATE, None),
    ],
)
def test_a_car_that_lingers_or_turns_back_is_no_second_passage(trigger: int, event: Event, said: str | None) -> None:
    plate = {"license": "沪A12345", "triggerType": trigger, "colorType": 6}
    body = {"sn": "a1-b2", "payload": {"AlarmInfoPlate": {"result": {"PlateResult": plate}}}}
    (reading,) = _read("device/a1-b2/message/up/ivs_result", body)
    assert (reading.event, reading.facts.get("trigger")) == (event, said)
    assert reading.facts["plate_color"] == "yellow_green"


def test_a_frigate_that_was_stopped_watches_no_more() -> None:
    decode = Decoder(CATALOGUE, {"s": SourceSettings("frigate")})
    (reading,), _ = decode(RawMessage("s", "frigate/available", b"stopped", AT_MS))
    assert reading.event is Event.GATEWAY_OFFLINE
