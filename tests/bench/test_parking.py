"""The bench of parking is honest; no figure decides a test."""

from __future__ import annotations

import json

import msgspec
import pytest

from hub.bench import parking
from hub.bench.parking_traffic import Traffic
from hub.core.parking.state import ParkingState, ZoneState
from hub.model import Kind
from hub.simulate.parking.site import settings, site

KEYS = ["passages", "space_changes", "days", "seconds", "seconds_full", "cpu_s", "rate", "cpu_us_passage"]
KEYS += ["cpu_us_change", "floor_rate", "ratio", "lost", "ledger_errors"]


def test_each_passage_is_in_the_ledger_and_each_change_is_believed(capsys: pytest.CaptureFixture[str]) -> None:
    assert parking.bench_parking(400, 2000, as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said) == KEYS
    assert (said["passages"], said["space_changes"], said["lost"], said["ledger_errors"]) == (400, 2000, 0, 0)
    assert 0 < said["ratio"] < 1


@pytest.mark.parametrize(("passages", "changes"), [(300, 0), (0, 300), (7, 90)])
def test_as_many_are_made_as_are_asked_for(passages: int, changes: int) -> None:
    said = [one.readings[0] for one in Traffic(site(1), passages, changes).messages() if one.readings[0].key]
    assert sum(one.kind is Kind.LPR for one in said) == passages
    assert sum(one.kind is Kind.PARKING for one in said) == changes


def test_every_stay_and_every_gap_outlasts_the_debounce() -> None:
    last: dict[str, tuple[int, object]] = {}
    for message in Traffic(site(1), 200, 2000).messages():
        reading = message.readings[0]
        if reading.kind is not Kind.PARKING or not reading.key:
            continue
        at_ms, occupied = message.raw.received_ms, reading.facts["occupied"]
        before_ms, before = last.get(reading.device, (0, False))
        assert occupied is not before
        assert at_ms - before_ms > settings().parking.debounce_ms
        last[reading.device] = at_ms, occupied


def test_what_is_not_believed_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    told = settings()
    slow = msgspec.structs.replace(told.parking, debounce_ms=100_000_000)
    monkeypatch.setattr(parking, "settings", lambda: msgspec.structs.replace(told, parking=slow))
    assert parking.measure_parking(0, 100).lost == 100


def test_a_ledger_that_does_not_say_who_is_inside_is_an_error() -> None:
    zones = {"": ZoneState(ins=3, outs=1), "north": ZoneState(ins=2, outs=3, unnamed_outs=1)}
    assert parking.ledger_errors(ParkingState(zones=zones)) == 1
