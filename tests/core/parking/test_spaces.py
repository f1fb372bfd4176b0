"""Spaces: what is believed of them, and who is told when something stands where it should not."""

from __future__ import annotations

from hub.core.commands import PutPermit
from hub.model import Event, Kind, Permit
from tests.core.parking.bays import OTHER, OWNER, Bays
from tests.core.timeline import START, told


def test_a_space_is_believed_once_it_has_said_so_for_the_debounce() -> None:
    bays = Bays()
    bays.says(10, "11", True)
    assert bays.space("11").occupied is False
    bays.wait(10.6)
    assert bays.space("11").occupied is False
    bays.wait(10.7)
    assert bays.space("11").occupied is True
    assert bays.space("11").since_ms == START + 600_000
    assert "11" in bays.changes.parking.spaces


def test_a_flip_that_does_not_last_is_counted_and_believed_by_nobody() -> None:
    bays = Bays()
    bays.says(10, "11", True)
    bays.says(10.4, "11", False)
    bays.wait(20)
    assert (bays.space("11").occupied, bays.space("11").flips) == (False, 1)


def test_a_sensor_that_wavers_all_day_is_not_believed_until_it_has_been_steady() -> None:
    bays = Bays()
    for n in range(20):
        bays.says(10 + n, "11", True)
        bays.says(10.3 + n, "11", False)
    assert bays.space("11").occupied is None
    bays.wait(80)
    assert bays.space("11").occupied is None
    bays.wait(100)
    assert (bays.space("11").occupied, bays.space("11").flips) == (False, 0)
    assert bays.raised == []


def test_a_sensor_that_wavers_a_little_every_day_is_believed() -> None:
    bays = Bays()
    for day in range(5):
        for n in range(6):
            bays.says(1440 * day + 10 + n, "11", True)
            bays.says(1440 * day + 10.3 + n, "11", False)
    assert (bays.space("11").occupied, bays.space("11").flips) == (False, 5)  # the night before nobody heard it


def test_a_sensor_that_is_not_heard_makes_its_space_unknown_and_alerts_nobody() -> None:
    bays = Bays()
    bays.says(100, "12", False)
    bays.wait(181)
    assert bays.space("11").occupied is None
    assert bays.space("12").occupied is False
    bays.says(200, "11", True)
    bays.wait(300)
    assert bays.space("11").occupied is True
    assert bays.raised == []


def test_two_sensors_that_disagree_know_nothing_and_the_living_one_speaks_for_the_dead() -> None:
    bays = Bays()
    bays.sensor("second", "11")
    bays.says(10, "11", True, device="second")
    bays.wait(15)
    assert bays.space("11").occupied is None
    bays.says(20, "11", True)
    bays.wait(25)
    assert bays.space("11").occupied is True
    bays.says(150, "11", False, device="second")
    bays.wait(155)
    assert bays.space("11").occupied is None
    bays.says(190, "11", False, device="second")
    bays.wait(201)
    assert bays.space("11").occupied is False


def test_a_sensor_with_a_fault_is_not_asked() -> None:
    bays = Bays()
    bays.says(10, "11", True, fault=True)
    bays.wait(15)
    assert bays.space("11").occupied is None
    bays.says(20, "11", True, fault=False)
    bays.wait(25)
    assert bays.space("11").occupied is True


def test_a_replayed_reading_alerts_nobody_and_does_not_undo_newer_news() -> None:
    bays = Bays()
    bays.says(60, "lane", False)
    bays.reading(61 * 60, "s-lane", kind=Kind.PARKING, device_at=20 * 60, historical=True, occupied=True)
    bays.wait(70)
    assert (bays.space("lane").occupied, bays.space("lane").since_ms) == (False, START)
    bays.reading(71 * 60, "s-11", kind=Kind.PARKING, device_at=30 * 60, historical=True, occupied=True)
    bays.wait(100)
    assert (bays.space("11").occupied, bays.space("11").since_ms) == (True, START + 30 * 60_000)
    assert bays.raised == []


def test_what_a_replay_left_in_the_fire_lane_is_told_once_the_sensor_says_so_itself() -> None:
    bays = Bays()
    bays.reading(60 * 60, "s-lane", kind=Kind.PARKING, device_at=50 * 60, historical=True, occupied=True)
    bays.wait(90)
    assert (bays.space("lane").occupied, bays.raised) == (True, [])
    bays.says(91, "lane", True)
    bays.wait(102)
    assert bays.raised == [("fire_lane", "lane")]


def test_news_that_waited_in_a_queue_is_judged_with_what_came_behind_it() -> None:
    bays = Bays()
    bays.reading(60 * 60, "s-lane", kind=Kind.PARKING, device_at=30 * 60, occupied=True)
    bays.reading(60 * 60 + 1, "s-lane", kind=Kind.PARKING, device_at=50 * 60, occupied=False)
    bays.wait(90)
    assert (bays.space("lane").occupied, bays.raised) == (False, [])


def test_a_car_in_the_fire_lane_is_told_after_the_grace_and_over_when_it_is_gone() -> None:
    bays = Bays()
    bays.says(10, "lane", True)
    bays.wait(11.9)
    assert bays.raised == []
    bays.wait(12)
    assert bays.raised == [("fire_lane", "lane")]
    bays.says(20, "lane", False)
    bays.wait(20.8)
    assert bays.over == ["fire_lane"]
    bays.says(30, "corner", True)
    bays.wait(33)
    assert bays.raised[1:] == [("no_parking", "corner")]


def test_the_owner_of_a_car_that_nobody_knows_is_skipped_at_once() -> None:
    bays = Bays()
    bays.says(10, "lane", True)
    assert told(bays.wait(12)) == ["wuye"]


def test_the_owner_of_the_one_car_that_came_in_just_then_is_nudged_first() -> None:
    bays = Bays()
    bays.enters(8, OTHER)
    bays.says(10, "lane", True)
    decisions = bays.wait(12)
    assert bays.space("lane").plate == OTHER
    assert told(decisions) == ["jiaren"]  # its permit names nobody: the household
    assert OTHER not in repr(decisions)
    assert "wuye" in told(bays.wait(14))


def test_a_camera_that_reads_the_plate_in_the_lane_finds_the_permits_person() -> None:
    bays = Bays()
    bays.sensor("cam-lane", "lane", Kind.LPR)
    bays.says(10, "lane", True)
    bays.reading(11 * 60, "cam-lane", Event.PLATE, kind=Kind.LPR, plate=OWNER)
    assert told(bays.wait(12)) == ["chezhu"]


def test_a_car_stays_too_long_only_where_that_is_limited() -> None:
    bays = Bays()
    for n, space in enumerate(("11", "13")):
        bays.enters(5 + n, f"沪C0000{n}")
        bays.says(10 + n, space, True)
        bays.wait(12 + n)
    for hour in range(1, 5):
        bays.says(10 + 60 * hour, "11", True)
        bays.says(11 + 60 * hour, "13", True)
    assert bays.raised == [("overstay", "13")]
    bays.says(300, "13", False)
    bays.wait(302)
    assert bays.over == ["overstay"]


def test_a_strange_car_in_a_homes_own_space_is_told_and_the_homes_own_is_not() -> None:
    bays = Bays()
    bays.sensor("cam-21", "21", Kind.LPR)
    bays.enters(8, OWNER)
    bays.says(10, "21", True)
    bays.wait(40)
    assert (bays.space("21").plate, bays.raised) == (OWNER, [])
    bays.says(50, "21", False)
    bays.wait(52)
    bays.enters(60, OTHER)
    bays.says(62, "21", True)
    bays.reading(63 * 60, "cam-21", Event.PLATE, kind=Kind.LPR, plate=OTHER)
    bays.wait(80)
    assert bays.raised == [("unentitled", "21")]
    bays.command(81 * 60, PutPermit(actor="desk", permit=Permit(plate=OTHER, place="301", spaces=("21",))))
    bays.wait(95)
    assert bays.over == ["unentitled"]


def test_a_redelivered_reading_changes_nothing() -> None:
    bays = Bays()
    bays.says(10, "11", True, key="7") if False else bays.reading(
        600, "s-11", kind=Kind.PARKING, key="7", occupied=True
    )
    bays.wait(12)
    before = bays.space("11").since_ms
    bays.says(15, "11", True)
    bays.reading(16 * 60, "s-11", kind=Kind.PARKING, key="7", duplicate=True, occupied=True)
    assert bays.space("11").since_ms == before


def test_a_clock_that_jumps_moves_every_grace_along() -> None:
    bays = Bays()
    bays.says(10, "lane", True)
    bays.wait(11)
    bays.passed(71 * 60, jumped=3600)
    assert bays.raised == []
    bays.wait(72.1)
    assert bays.raised == [("fire_lane", "lane")]
