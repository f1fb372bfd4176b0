"""The simulated month: the same seed gives the same days, the faults are those of the yardstick, a crash changes nothing."""

from __future__ import annotations

import msgspec

from hub.model import Direction
from hub.simulate.parking.devices import said
from hub.simulate.parking.run import START_MS, play
from hub.simulate.parking.site import site
from hub.simulate.parking.truth import Passage, Stand, truth


def test_the_site_is_the_yardsticks() -> None:
    it = site(1)
    assert (len(it.counted), len(it.cars)) == (120, 180)
    assert len({car.plate for car in it.cars}) == 180


def test_a_space_holds_one_thing_at_a_time_and_cars_pass_gates_in_turn() -> None:
    it = site(2)
    month = truth(it, 2, START_MS, 4)
    taken = {space for space in month.at_start.values() if space}
    inside = set(month.at_start)
    for move in month.moves:
        if isinstance(move, Stand):
            assert (move.space in taken) is not move.on
            (taken.add if move.on else taken.discard)(move.space)
        elif isinstance(move, Passage):
            assert (move.plate in inside) is (move.direction is Direction.OUT)
            (inside.discard if move.direction is Direction.OUT else inside.add)(move.plate)


def test_faults_are_as_many_as_said() -> None:
    it = site(3)
    spoken = said(it, truth(it, 3, START_MS, 10), 3)
    passages = sum(isinstance(move, Passage) for move in truth(it, 3, START_MS, 10).moves)
    missed = spoken.faults["unread"] + spoken.faults["unseen"]
    assert 0.01 < missed / passages < 0.03
    assert sorted(spoken.dead.values()) == ["silent"] * 3 + ["stuck"] * 3


def test_the_same_seed_gives_the_same_result_and_a_crash_changes_nothing() -> None:
    once, crashed = play(4, 2), play(4, 2, crashes=5)
    assert crashed.state == once.state
    assert msgspec.json.encode(crashed.score) == msgspec.json.encode(once.score)


def test_the_ledger_holds_at_every_minute() -> None:
    assert play(5, 3).score.ledger_errors == 0


def test_a_few_days_keep_what_the_month_promises() -> None:
    score = play(6, 5).score
    assert score.minutes_within_bound >= 0.99
    assert score.bound_mean <= 4.0
    assert (score.missed_squats, score.lanes_missed, score.ledger_errors) == (0, 0, 0)
    assert score.false_squats <= 0.05 * score.alerted_squats
    assert score.squats_sensed > 80
