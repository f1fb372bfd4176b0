"""Every example of every device file is a test of its codec and of what may recognise it."""

from __future__ import annotations

import pytest

from hub.catalogue import load_catalogue
from hub.decode.decoder import Decoder
from hub.decode.port import Example, Model, Uplink
from hub.model import FACTS, Kind, RawMessage, Reading

CATALOGUE = load_catalogue()
CASES = [
    pytest.param(model, example, id=f"{model.name}-{index}")
    for model in CATALOGUE.models
    for index, example in enumerate(model.examples)
]


def _decoded(model: Model, example: Example) -> list[Reading]:
    if example.payload:
        decode = Decoder(CATALOGUE, model_of=_Always(model.name))
        readings, undecodable = decode(RawMessage("test", example.topic, example.payload.encode(), 0))
        assert undecodable is None
        return list(readings)
    uplink = Uplink("device", bytes.fromhex(example.hex), example.port, example.object, example.topic)
    return [
        Reading("device", facts.kind or model.kind, facts.event, facts.facts, facts.device_ms, "", facts.historical)
        for facts in model.decode(uplink)
    ]


class _Always(dict[str, str]):
    """A registry in which every device is of one model."""

    def __init__(self, name: str) -> None:
        self._name = name

    def get(self, _key: str, _default: str | None = None) -> str:  # type: ignore[override]
        return self._name


@pytest.mark.parametrize(("model", "example"), CASES)
def test_an_example_means_what_its_file_says(model: Model, example: Example) -> None:
    readings = _decoded(model, example)
    assert readings
    told = {"kind": readings[0].kind, "event": readings[0].event, **readings[0].facts}
    assert {name: told.get(name) for name in example.meaning} == example.meaning
    for reading in readings:
        for name, value in reading.facts.items():
            kind, _ = FACTS[name]
            assert type(value) in {"bool": (bool,), "number": (int, float), "text": (str,)}[kind], name


@pytest.mark.parametrize(("model", "example"), CASES)
def test_an_example_is_never_recognised_as_another_model(model: Model, example: Example) -> None:
    if example.payload:
        return
    uplink = Uplink("device", bytes.fromhex(example.hex), example.port, example.object, example.topic)
    found = CATALOGUE.recognise(uplink)
    assert found is None or found.name == model.name or found.kind in (model.kind, Kind.UNKNOWN)
