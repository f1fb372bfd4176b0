"""What a simulated sensor measures: bikes weak, cars strong, and a little of both in between."""

from __future__ import annotations

from random import Random

from hub.core.parking.evidence import STRONG_PCT, WEAK_PCT
from hub.simulate.parking import signature
from hub.simulate.parking.devices import said
from hub.simulate.parking.run import START_MS
from hub.simulate.parking.site import site
from hub.simulate.parking.truth import BIKES, truth

N = 20_000


def test_cars_are_shown_but_for_two_of_a_thousand_and_bikes_in_thirty_to_ninety_of_a_hundred() -> None:
    random = Random(1)
    cars = sum(signature.car(random) > 0 for _ in range(N)) / N
    assert 0.997 < cars < 0.9995
    for shown in (0.3, 0.6, 0.9):
        bikes = sum(signature.bike(BIKES - 1, shown, random) > 0 for _ in range(N)) / N
        assert abs(bikes - shown) < 0.02
    assert 0.88 < sum(signature.bike(0, 0.9, random) > 0 for _ in range(N)) / N < 0.92


def test_no_score_tells_every_bike_from_every_car() -> None:
    random = Random(2)
    cars = [signature.score(one) for one in (signature.car(random) for _ in range(N)) if one > 0]
    tricycles = [signature.score(one) for one in (signature.bike(0, 0.9, random) for _ in range(N)) if one > 0]
    assert min(cars) < max(tricycles)
    assert 0 < sum(one < WEAK_PCT for one in cars) < N / 200
    assert 0 < sum(one >= WEAK_PCT for one in tricycles) < N / 200
    assert sum(WEAK_PCT <= one < STRONG_PCT for one in cars) > N / 500


def test_without_a_signature_the_sensors_say_the_same_and_no_score() -> None:
    it = site(3)
    month = truth(it, 3, START_MS, 1)
    strong, plain = said(it, month, 3), said(it, month, 3, signature=False)
    assert (strong.sensed, strong.faults) == (plain.sensed, plain.faults)
    readings = [one.readings[0] for one in strong.messages]
    assert {"score" in one.facts for one in readings if one.facts.get("occupied")} == {True}
    assert [(one.device, one.device_ms, one.facts.get("occupied")) for one in readings] == [
        (one.device, one.device_ms, one.facts.get("occupied")) for one in (m.readings[0] for m in plain.messages)
    ]
    assert not any("score" in one.readings[0].facts for one in plain.messages)
