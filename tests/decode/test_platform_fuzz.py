"""Whatever arrives, decoding ends, says what it is, and gives only facts that every encoder takes."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.catalogue import load_catalogue
from hub.decode.decoder import Decoder, SourceSettings
from hub.decode.envelopes import envelopes
from hub.decode.port import JsonMapping
from hub.decode.row_envelopes import ROW_ENVELOPES
from hub.model import FACTS, Event, Kind, RawMessage, Undecoded

Row = dict[str, object]
ROWS = [
    msgspec.json.decode(line, type=Row)
    for line in (Path(__file__).parent / "rows" / "platforms.jsonl").read_bytes().splitlines()
]
MAPPING = JsonMapping(
    device="a.id", kind=Kind.SMOKE, time="t", event="e", facts={"alarm": "a.x == 1", "battery_pct": "b[0]"}
)
NAMES = [envelope.name for envelope in envelopes()]
_decode = Decoder(load_catalogue(), {name: SourceSettings(name, MAPPING if name == "json" else None) for name in NAMES})

_FIXED = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def _holds(source: str, topic: str, payload: bytes) -> None:
    readings, undecodable = _decode(RawMessage(source, topic, payload, 0))
    assert undecodable is None or undecodable.reason is not Undecoded.CODEC_FAULT, undecodable
    for reading in readings:
        assert reading.device
        assert set(reading.facts) <= set(FACTS)
        if reading.event in (Event.TEST, Event.HEARTBEAT, Event.CONFIG_RESPONSE, Event.DISCOVERY, Event.DOWNLINK_ACK):
            assert reading.facts.get("alarm") is not True
        msgspec.json.encode(reading)


def _payload(row: Row) -> bytes:
    written = str(row["payload"])
    return b64decode(written) if row["encoding"] == "base64" else written.encode()


def _topic(row: Row) -> str:
    return str(row["topic"] or "ingest/x")


def _source(row: Row) -> str:
    return "auto" if row["topic"] else ROW_ENVELOPES.get(str(row["envelope"]), "auto")


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=12), st.sampled_from(["", "ON", "1", "0x"])
)  # fmt: skip
anything = st.recursive(
    scalars,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=6), each, max_size=4),
    max_leaves=8,
)


def _mutated(value: object, replacement: object, at: int) -> tuple[object, int]:
    """The same JSON with its ``at``-th value replaced."""
    if at == 0:
        return replacement, -1
    at -= 1
    if isinstance(value, dict):
        out = {}
        for name, each in value.items():
            out[name], at = _mutated(each, replacement, at) if at >= 0 else (each, at)
        return out, at
    if isinstance(value, list):
        listed = []
        for each in value:
            mended, at = _mutated(each, replacement, at) if at >= 0 else (each, at)
            listed.append(mended)
        return listed, at
    return value, at


@pytest.mark.parametrize("row", [row for row in ROWS if row["encoding"] == "json"], ids=lambda row: str(row["id"]))
@_FIXED
@given(st.data())
def test_one_surprising_value_in_a_real_message_breaks_nothing(row: Row, data: st.DataObject) -> None:
    content = msgspec.json.decode(_payload(row))
    mutated, _ = _mutated(content, data.draw(anything), data.draw(st.integers(0, 80)))
    try:
        payload = msgspec.json.encode(mutated)
    except UnicodeEncodeError:
        return
    _holds(_source(row), _topic(row), payload)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
@_FIXED
@given(st.data())
def test_broken_bytes_in_a_real_message_break_nothing(row: Row, data: st.DataObject) -> None:
    payload = bytearray(_payload(row))
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    _holds(_source(row), _topic(row), bytes(payload[: data.draw(st.integers(0, len(payload)))]))


@pytest.mark.parametrize("name", NAMES)
@_FIXED
@given(anything, st.sampled_from([*sorted({_topic(row) for row in ROWS}), "", "/", "a/b/c/d/e/f", "\udce9/x"]))
def test_any_json_on_any_topic_ends(name: str, content: object, topic: str) -> None:
    try:
        payload = msgspec.json.encode(content)
    except UnicodeEncodeError:
        return
    _holds(name, topic, payload)


@pytest.mark.parametrize("name", NAMES)
@_FIXED
@given(st.binary(max_size=64))
def test_any_bytes_end(name: str, payload: bytes) -> None:
    _holds(name, "zigbee2mqtt/x", payload)
