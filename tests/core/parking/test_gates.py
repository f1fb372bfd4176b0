"""Gates: one car is one passage, however many devices saw it and however often."""

from __future__ import annotations

import pytest

from hub.model import Direction, EntryReason, Event, Kind, ReadHow
from tests.core.parking.yard import CAR, OTHER, THIRD, Yard

IN, OUT = Direction.IN, Direction.OUT
PASSED, TAILGATED = EntryReason.PASSED, EntryReason.TAILGATED


def test_a_car_in_and_out_is_one_visit() -> None:
    yard = Yard()
    yard.permit(CAR, place="1203")
    yard.plate(10, "cam-s-in", CAR)
    assert yard.inside() == [CAR]
    yard.plate(4000, "cam-s-out", CAR)
    assert yard.inside() == []
    assert yard.ledger() == [(IN, PASSED, CAR), (OUT, PASSED, CAR)]
    (visit,) = yard.visits.values()
    assert (visit.home, visit.out_ms and visit.out_ms - visit.in_ms) == ("1203", 3_990_000)


def test_a_camera_that_fires_twice_sees_one_car() -> None:
    yard = Yard()
    yard.permit(CAR)
    for at in (10, 11, 22, 36):  # each within 15 s of the one before
        yard.plate(at, "cam-s-in", CAR)
    assert yard.ledger() == [(IN, PASSED, CAR)]


def test_two_cameras_of_a_lane_see_one_car() -> None:
    yard = Yard()
    yard.plate(10, "cam-in", CAR)
    yard.plate(12, "cam-in-2", CAR)
    yard.passed(60)
    assert len(yard.entries) == 1


@pytest.mark.parametrize(("first", "second", "kept"), [(80, 95, CAR), (95, 80, "沪A12346")])
def test_of_two_reads_one_character_apart_the_better_stands(first: int, second: int, kept: str) -> None:
    yard = Yard()
    yard.plate(10, "cam-s-in", "沪A12346", confidence=first)
    yard.plate(12, "cam-s-in", CAR, confidence=second)
    yard.passed(60)
    assert yard.ledger() == [(IN, PASSED, kept)]


def test_a_plate_that_is_known_is_preferred_to_a_better_read_of_none() -> None:
    yard = Yard()
    yard.permit(CAR)
    yard.plate(10, "cam-s-in", "沪A12346", confidence=99)
    yard.plate(12, "cam-s-in", CAR, confidence=60)
    assert yard.ledger() == [(IN, PASSED, CAR)]


def test_a_car_that_is_read_at_last_has_one_entry_with_its_plate() -> None:
    yard = Yard()
    yard.unread(10, "cam-s-in")
    yard.plate(14, "cam-s-in", CAR)
    yard.passed(60)
    assert yard.ledger() == [(IN, PASSED, CAR)]


def test_a_car_that_is_read_after_its_window_gives_its_visit_a_name() -> None:
    yard = Yard()
    for at in (10, 20):
        yard.unread(at, "cam-s-in")
    yard.passed(26)
    assert yard.inside() == [""]
    yard.plate(30, "cam-s-in", CAR)
    assert (yard.inside(), len(yard.entries)) == ([CAR], 1)


def test_different_plates_within_the_window_are_two_cars() -> None:
    yard = Yard()
    yard.plate(10, "cam-s-in", CAR)
    yard.plate(13, "cam-s-in", OTHER)
    yard.passed(60)
    assert yard.ledger() == [(IN, PASSED, CAR), (IN, PASSED, OTHER)]


def test_an_encrypted_plate_is_a_visit_without_a_name() -> None:
    yard = Yard()
    yard.reading(10, "cam-s-in", Event.PLATE_ENCRYPTED, kind=Kind.LPR, encrypted=True)
    yard.passed(60)
    assert yard.inside() == [""]
    assert yard.entries[0].read is ReadHow.ENCRYPTED


def test_a_bicycle_at_the_gate_is_no_car() -> None:
    yard = Yard()
    yard.unread(10, "cam-s-in", vehicle="non_motor")
    yard.passed(60)
    assert yard.entries == []


def test_the_way_is_the_lanes_own_whatever_the_camera_says() -> None:
    yard = Yard()
    yard.plate(10, "cam-s-in", CAR, direction="out")
    yard.passed(60)
    assert yard.inside() == [CAR]


def test_on_a_lane_both_ways_each_passage_says_itself() -> None:
    yard = Yard()
    yard.plate(10, "cam-both", CAR, direction="in")
    yard.plate(100, "cam-both", CAR, direction="out")
    yard.plate(200, "cam-both", OTHER, direction="down")  # says nothing: it was not inside
    yard.passed(300)
    yard.plate(400, "cam-both", OTHER)
    yard.unread(500, "cam-both")  # nobody knows which way
    yard.passed(600)
    assert [(one.direction, one.plate) for one in yard.entries] == [(IN, CAR), (OUT, CAR), (IN, OTHER), (OUT, OTHER)]


def test_a_second_car_on_one_opening_is_tailgating() -> None:
    yard = Yard()
    yard.permit(CAR)
    yard.arm(1, "arm-in", False)
    yard.plate(10, "cam-in", CAR)
    yard.arm(11, "arm-in", True)
    yard.plate(16, "cam-in", OTHER)
    yard.arm(20, "arm-in", False)
    yard.passed(40)
    assert yard.ledger() == [(IN, PASSED, CAR), (IN, TAILGATED, OTHER)]
    assert "gate_tailgating" in yard.alerted()
    yard.passed(1000)
    assert "gate_tailgating" not in yard.alerted()


def test_an_arm_that_goes_up_again_for_the_second_car_is_none() -> None:
    yard = Yard()
    yard.permit(CAR)
    yard.permit(OTHER)
    yard.arm(1, "arm-in", False)
    yard.plate(10, "cam-in", CAR)
    yard.arm(11, "arm-in", True)
    yard.plate(16, "cam-in", OTHER)  # pulls up while the arm is still up
    yard.arm(18, "arm-in", False)
    yard.arm(20, "arm-in", True)
    yard.arm(27, "arm-in", False)
    yard.passed(60)
    assert yard.ledger() == [(IN, PASSED, CAR), (IN, PASSED, OTHER)]
    assert "gate_tailgating" not in yard.alerted()


def test_two_cars_read_before_one_opening_are_one_too_many() -> None:
    yard = Yard()
    yard.relay(1)
    yard.passed(100)
    yard.plate(110, "cam-bay", CAR)
    yard.plate(112, "cam-bay", OTHER)
    yard.relay(113)
    yard.passed(160)
    assert yard.ledger() == [(IN, PASSED, CAR), (IN, TAILGATED, OTHER)]
    assert yard.inside("bay") == [CAR, OTHER]


def test_an_opening_that_nobody_read_is_a_car_only_where_the_loop_says_so() -> None:
    yard = Yard()
    yard.arm(1, "arm-in", False)
    yard.arm(100, "arm-in", True)
    yard.arm(110, "arm-in", False)
    yard.passed(150)
    assert (yard.entries, yard.lane().openings) == ([], 1)
    yard.loop(198, "loop-in")
    yard.arm(200, "arm-in", True)
    yard.arm(210, "arm-in", False)
    yard.passed(250)
    assert [(one.direction, one.read) for one in yard.entries] == [(IN, ReadHow.NONE)]


def test_an_unread_car_after_the_arm_came_down_is_another_car() -> None:
    yard = Yard()
    yard.permit(CAR)
    yard.arm(1, "arm-in", False)
    yard.plate(10, "cam-in", CAR)
    yard.arm(11, "arm-in", True)
    yard.arm(17, "arm-in", False)
    yard.unread(20, "cam-in")
    yard.arm(22, "arm-in", True)
    yard.arm(30, "arm-in", False)
    yard.passed(60)
    assert yard.inside() == [CAR, ""]


def test_a_car_without_a_permit_comes_in_when_it_is_let_in_by_hand() -> None:
    yard = Yard()
    yard.permit(CAR)
    yard.arm(1, "arm-in", False)
    yard.plate(10, "cam-in", OTHER)
    yard.passed(30)
    assert yard.inside() == []
    yard.arm(70, "arm-in", True)
    assert yard.inside() == [OTHER]
    yard.arm(80, "arm-in", False)
    assert yard.core.state.parking.hours[""].refused == 0


def test_a_car_for_which_the_arm_stays_down_was_refused() -> None:
    yard = Yard()
    yard.arm(1, "arm-in", False)
    yard.plate(10, "cam-in", OTHER)
    yard.plate(40, "cam-in", OTHER)
    yard.passed(600)
    assert yard.entries == []
    assert yard.core.state.parking.hours[""].refused == 1


# ── replayed records ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_replayed_record_of_what_was_seen_live_adds_nothing() -> None:
    yard = Yard()
    yard.plate(10, "cam-s-in", CAR)
    yard.passed(60)
    yard.replayed(4000, "cam-s-in", 11, CAR)
    yard.replayed(4001, "cam-s-in", 11, CAR)
    assert len(yard.entries) == 1


def test_a_replayed_record_is_entered_at_its_own_time_and_never_alerts() -> None:
    yard = Yard()
    yard.permit(THIRD)
    yard.replayed(4000, "cam-s-in", 100, CAR)
    (entry,) = yard.entries
    assert entry.kept_ms - entry.at_ms == 3_900_000
    assert yard.inside() == [CAR]
    assert yard.alerted() == []


def test_a_record_that_waited_in_a_queue_is_like_a_replayed_one() -> None:
    yard = Yard()
    yard.reading(4000, "cam-s-in", Event.PLATE, kind=Kind.LPR, device_at=3700, plate=CAR)
    (entry,) = yard.entries
    assert entry.kept_ms - entry.at_ms == 300_000


def test_a_record_that_says_that_it_was_kept_offline_is_a_replayed_one() -> None:
    yard = Yard()
    yard.seen(4000, "cam-s-in", Event.PLATE, {"plate": CAR, "offline_record": True}, happened=3990)
    assert [one.kept_ms - one.at_ms for one in yard.entries] == [10_000]


def test_a_replayed_entry_takes_the_place_of_the_guess() -> None:
    yard = Yard()
    yard.plate(1000, "cam-s-out", CAR)
    yard.passed(1100)
    assert yard.ledger() == [(IN, EntryReason.MISSED_ENTRY, CAR), (OUT, PASSED, CAR)]
    yard.replayed(4000, "cam-s-in", 100, CAR)
    assert len(yard.entries) == 2
    (visit,) = yard.visits.values()
    assert (visit.in_how, visit.out_ms and visit.out_ms - visit.in_ms) == (PASSED, 900_000)


def test_a_replayed_exit_takes_the_place_of_the_guess() -> None:
    yard = Yard()
    for at in (10, 2000):
        yard.plate(at, "cam-s-in", CAR)
        yard.passed(at + 60)
    yard.replayed(4000, "cam-s-out", 1000, CAR)
    assert [one.reason for one in yard.entries] == [PASSED, EntryReason.MISSED_EXIT, PASSED]
    assert yard.inside() == [CAR]


def test_a_replayed_entry_gives_back_the_car_that_was_taken_for_it() -> None:
    yard = Yard()
    yard.unread(10, "cam-s-in")
    yard.passed(60)
    yard.plate(1000, "cam-s-out", CAR)
    yard.passed(1100)
    assert yard.inside() == []
    yard.replayed(4000, "cam-s-in", 500, CAR)
    assert yard.inside() == [""]


def test_a_replayed_exit_gives_back_the_car_out_that_was_named_after_it() -> None:
    yard = Yard()
    yard.plate(10, "cam-s-in", CAR)
    yard.unread(500, "cam-s-out")
    yard.passed(600)
    yard.plate(2000, "cam-s-in", CAR)
    yard.passed(2100)
    assert yard.zone().unnamed_outs == 0
    yard.replayed(4000, "cam-s-out", 1000, CAR)
    assert (yard.zone().unnamed_outs, yard.inside()) == (1, [CAR])


def test_a_replayed_entry_of_a_car_that_came_again_since_is_over() -> None:
    yard = Yard()
    yard.plate(2000, "cam-s-in", CAR)
    yard.passed(2100)
    yard.replayed(4000, "cam-s-in", 100, CAR)
    assert yard.inside() == [CAR]
    yard.replayed(4001, "cam-s-out", 1000, CAR)
    assert yard.inside() == [CAR]
    assert [one.reason for one in yard.entries] == [PASSED, PASSED, EntryReason.MISSED_EXIT]


def test_a_lane_survives_a_jump_of_the_clock() -> None:
    yard = Yard()
    yard.plate(10, "cam-s-in", CAR)
    yard.passed(-3590, jumped=-3600)
    yard.passed(-3500)
    assert yard.inside() == [CAR]


def test_a_lane_forgets_plates_of_long_ago_when_the_next_car_passes() -> None:
    """A replay so late is none: at a quiet lane a count alone would keep plates for months."""
    yard = Yard()
    yard.plate(10, "cam-s-in", CAR)
    yard.plate(60, "cam-s-out", CAR)
    yard.plate(100, "cam-s-out", OTHER)  # never seen to come in
    yard.passed(200)
    assert CAR in repr(yard.lane("s-in").passed)
    late = 9 * 86_400
    yard.plate(late, "cam-s-in", THIRD)
    yard.plate(late + 60, "cam-s-out", "沪C11111")
    yard.passed(late + 100)
    assert [plate for _, plate, _ in yard.lane("s-in").passed] == [THIRD]
    assert [one.visit.plate for one in yard.core.state.parking.guesses] == ["沪C11111"]
