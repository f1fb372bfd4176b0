"""The decoder's promises: it never raises, a codec's bug costs one message, and what leaves it fits everywhere."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.catalogue import load_catalogue
from hub.decode import decoder as decoder_module
from hub.decode.decoder import LARGEST, Decoder, SourceSettings
from hub.decode.envelopes import envelopes
from hub.decode.port import Context, Envelope
from hub.errors import ConfigError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded

CATALOGUE = load_catalogue()
EUI = "24e124136b502217"
TOPIC = f"application/a/device/{EUI}/event/up"


def _raw(payload: bytes, topic: str = TOPIC, source: str = "source") -> RawMessage:
    return RawMessage(source, topic, payload, 0)


def _giving(monkeypatch: pytest.MonkeyPatch, *readings: Reading) -> Decoder:
    """A decoder whose only envelope gives these readings."""

    def read(_raw: RawMessage, _context: Context) -> tuple[Reading, ...]:
        return readings

    envelope = Envelope(name="given", read=read, topics=lambda _topic, _levels: True)
    monkeypatch.setattr(decoder_module, "envelopes", lambda: (envelope,))
    return Decoder(CATALOGUE)


@pytest.mark.parametrize(
    ("payload", "topic", "reason"),
    [
        (b"x" * (LARGEST + 1), TOPIC, Undecoded.TOO_LARGE),
        (b"", TOPIC, Undecoded.NOT_JSON),
        (b"not json", "nobody/knows", Undecoded.NOT_JSON),
        (b"[" * 200_000, "nobody/knows", Undecoded.NOT_JSON),
        (b'{"a": 1}', "nobody/knows", Undecoded.UNKNOWN_ENVELOPE),
        (b'{"a": 1}', "\udcff/\x00", Undecoded.UNKNOWN_ENVELOPE),
        (b"5", TOPIC, Undecoded.WRONG_TYPE),
    ],
)
def test_bad_input_has_a_reason(payload: bytes, topic: str, reason: Undecoded) -> None:
    readings, undecodable = Decoder(CATALOGUE)(_raw(payload, topic))
    assert readings == ()
    assert undecodable is not None
    assert undecodable.reason is reason


def test_a_leading_nul_a_broken_character_and_a_lone_surrogate_do_not_lose_an_alarm() -> None:
    up = b'\x00{"deviceInfo":{"devEui":"24e124136b502217","deviceName":"\xff\\ud800"},"fPort":6,"data":"AQoBHgEBBLAAAAA="}'
    readings, undecodable = Decoder(CATALOGUE)(_raw(up))
    assert undecodable is None
    assert readings[0].event is Event.ALARM


def test_a_bug_in_a_codec_costs_its_own_message_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_raw: RawMessage, _context: Context) -> tuple[Reading, ...]:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(
        decoder_module, "envelopes", lambda: (Envelope(name="broken", read=read, topics=lambda _t, _l: True),)
    )
    readings, undecodable = Decoder(CATALOGUE)(_raw(b"{}"))
    assert readings == ()
    assert undecodable is not None
    assert undecodable.reason is Undecoded.CODEC_FAULT


def test_numbers_that_no_database_takes_become_floats_or_go(monkeypatch: pytest.MonkeyPatch) -> None:
    facts: dict[str, Fact] = {
        "alarm": True,
        "value": 2**70,
        "temperature": math.nan,
        "humidity": math.inf,
        "name": "\ud800\x00",
    }
    decode = _giving(monkeypatch, Reading("dev\x00ice", Kind.SMOKE, Event.ALARM, facts, 2**80))
    (reading,), undecodable = decode(_raw(b"{}"))
    assert undecodable is None
    assert reading.facts == {"alarm": True, "value": float(2**70), "name": "?\ufffd"}
    assert reading.device == "dev\ufffdice"
    assert reading.device_ms is None
    msgspec.json.encode(reading)


@pytest.mark.parametrize("facts", [{"smoke": True}, {"alarm": 1}, {"temperature": True}, {"plate": 5}])
def test_a_fact_outside_the_vocabulary_is_a_fault(monkeypatch: pytest.MonkeyPatch, facts: dict[str, Fact]) -> None:
    decode = _giving(monkeypatch, Reading("device", Kind.SMOKE, Event.STATUS, facts))
    readings, undecodable = decode(_raw(b"{}"))
    assert readings == ()
    assert undecodable is not None
    assert undecodable.reason is Undecoded.CODEC_FAULT


def test_chinese_names_and_plates_pass_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = Reading("厨房烟感", Kind.LPR, Event.PLATE, {"plate": "沪A12345"})
    assert _giving(monkeypatch, reading)(_raw(b"{}")) == ((reading,), None)


def test_a_source_may_fix_its_envelope() -> None:
    decoder = Decoder(CATALOGUE, {"gate": SourceSettings("loriot")})
    payload = b'{"cmd":"rx","EUI":"24E1","port":6,"data":"010a011e010104b0000000"}'
    (reading,), _ = decoder(_raw(payload, "any/topic", "gate"))
    assert reading.device == "24E1"


def test_an_unknown_envelope_is_a_mistake_in_the_config() -> None:
    with pytest.raises(ConfigError, match=r"sources\.gate\.envelope"):
        Decoder(CATALOGUE, {"gate": SourceSettings("lorriot")})


def test_every_envelope_is_found_once() -> None:
    names = [envelope.name for envelope in envelopes()]
    assert len(names) == len(set(names))
    assert {"chirpstack", "chirpstack_v3", "ttn", "loriot"} <= set(names)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
FIELDS = st.sampled_from(
    [
        "deviceInfo",
        "devEui",
        "devEUI",
        "data",
        "fPort",
        "time",
        "object",
        "cmd",
        "EUI",
        "port",
        "ts",
        "end_device_ids",
        "uplink_message",
        "frm_payload",
        "f_port",
        "received_at",
        "dev_eui",
        "location",
        "batteryLevel",
        "method",
        "params",
        "messageType",
        "payload",
        "msg",
        "services",
        "before",
        "after",
        "smoke",
        "battery",
        "AlarmInfoPlate",
        "deviceId",
    ]
)
CONTENT = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS | st.text(max_size=8), inner, max_size=6),
    max_leaves=20,
)
TOPICS = st.sampled_from(
    [
        TOPIC,
        "v3/app/devices/hall/up",
        "v3/app/devices/hall/down/ack",
        "ingest/x",
        "application/1/device/2/event/log",
        "a/b",
    ]
)


@settings(deadline=None)
@given(st.binary(max_size=200), TOPICS | st.text(max_size=30))
def test_random_bytes_never_raise(payload: bytes, topic: str) -> None:
    _check(Decoder(CATALOGUE), _raw(payload, topic))


@settings(deadline=None)
@given(CONTENT, TOPICS, st.sampled_from([envelope.name for envelope in envelopes()]))
def test_random_json_never_raises_in_any_envelope(content: object, topic: str, envelope: str) -> None:
    if envelope == "json":
        return  # needs a mapping
    try:
        payload = msgspec.json.encode(content)
    except (OverflowError, UnicodeEncodeError, msgspec.EncodeError):
        return
    _check(Decoder(CATALOGUE, {"source": SourceSettings(envelope)}), _raw(payload, topic))


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=24), st.integers(0, 255), st.sampled_from(CATALOGUE.models))
def test_random_bytes_never_break_a_codec(data: bytes, port: int, model: object) -> None:
    payload = msgspec.json.encode({"deviceInfo": {"devEui": EUI}, "fPort": port, "data": data})
    named = {EUI: getattr(model, "name", "")}
    _check(Decoder(CATALOGUE, model_of=named), _raw(payload))


def _check(decode: Decoder, raw: RawMessage) -> None:
    readings, undecodable = decode(raw)
    assert undecodable is None or undecodable.reason is not Undecoded.CODEC_FAULT, undecodable
    msgspec.json.encode((readings, undecodable))


def test_a_number_beyond_every_float_costs_its_fact_not_the_message() -> None:
    huge = "9" * 400
    told = f'{{"messageType":"dataReport","productId":"1","deviceId":"d","payload":{{"smoke_state":1,"temperature":{huge}}}}}'
    readings, why = Decoder(load_catalogue())(RawMessage("any", "push", told.encode(), 0))
    assert why is None
    assert [(each.kind, each.facts) for each in readings] == [(Kind.SMOKE, {"alarm": True})]
