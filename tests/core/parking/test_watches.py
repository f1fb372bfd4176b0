"""Watches: a week after a clean-up, with before and after."""

from __future__ import annotations

from hub.core.commands import EndWatch, StartWatch
from hub.core.decisions import AnyDecision
from tests.core.parking.bays import Bays
from tests.core.timeline import ms, refusal

DAY = 24 * 60


def squats_at(bays: Bays, *minutes: float) -> None:
    for at in minutes:
        bays.says(at, "12", False)
        bays.says(at + 5, "12", True)
        bays.wait(at + 20)
        bays.says(at + 30, "12", False)
        bays.wait(at + 32)


def watched(bays: Bays, at: float, days: float, zone: str = "yard") -> list[AnyDecision]:
    return bays.command(
        at * 60, StartWatch(actor="juwei", zone=zone, until_ms=ms((at + days * DAY) * 60), reason="整治")
    )


def test_a_watch_ends_by_itself_and_shows_before_and_after() -> None:
    bays = Bays()
    squats_at(bays, 100, 200, 300)
    watched(bays, DAY, 1)
    (watch,) = bays.changes.parking.watches.values()
    assert (watch.before, watch.after, watch.owner, watch.reason) == (3, 0, "juwei", "整治")
    squats_at(bays, DAY + 100)
    bays.wait(2 * DAY)
    (ended,) = bays.changes.parking.watches.values()
    assert (ended.before, ended.after) == (3, 1)
    assert bays.core.state.parking.watches == {}


def test_a_watch_that_is_ended_early_counts_before_over_as_long_a_time() -> None:
    bays = Bays()
    squats_at(bays, 100, DAY - 200)
    watched(bays, DAY, 7)
    (watch,) = bays.core.state.parking.watches.values()
    assert watch.before == 2
    bays.command((DAY + 300) * 60, EndWatch(actor="juwei", watch=watch.id))
    (ended,) = bays.changes.parking.watches.values()
    assert (ended.before, ended.until_ms) == (1, ms((DAY + 300) * 60))
    bays.wait(9 * DAY)
    assert refusal(bays.command(9 * DAY * 60 + 60, EndWatch(actor="juwei", watch=watch.id))).startswith(
        "there is no watch"
    )


def test_a_second_watch_of_a_zone_a_long_one_and_one_of_nothing_are_refused() -> None:
    bays = Bays()
    assert watched(bays, 10, 7) == []
    assert refusal(watched(bays, 11, 7)) == "zone yard is being watched already; end that watch first"
    assert refusal(watched(bays, 12, 15, "")) == "a watch lasts at most 14 days"
    assert refusal(watched(bays, 13, 7, "b6")) == "zone b6 has no space to watch"
    assert refusal(watched(bays, 14, 7, "moon")) == "there is no place moon"
    assert watched(bays, 15, 14, "") == []
