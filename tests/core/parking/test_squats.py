"""Squats: what stands in a space and is probably no car."""

from __future__ import annotations

from hub.core.parking.evidence import note_unread_opening
from hub.model import Kind, Verdict
from tests.core.parking.bays import OTHER, OWNER, Bays
from tests.core.timeline import START, ms, refusal, told


def test_a_space_that_is_taken_while_no_car_came_in_is_probably_no_car_and_committee_and_volunteers_are_told() -> None:
    bays = Bays()
    bays.says(30, "12", True)
    bays.wait(39.9)
    assert bays.raised == []
    decisions = bays.wait(40)
    assert bays.raised == [("squat", "12")]
    assert told(decisions) == ["juwei", "zhiyuan"]
    assert bays.alerts[0].at_ms == START + 30 * 60_000
    assert not bays.alerts[0].late, "it began ten minutes ago, and nothing of it came late"
    squat = bays.squat("12")
    assert (squat.verdict, squat.zone, squat.evidence) == (Verdict.PROBABLE, "yard", {"no_entry": "20"})
    assert squat.alert == bays.alerts[0].id
    assert bays.core.state.parking.squatted == {"12": [START + 30 * 60_000]}


def test_it_ends_when_the_space_is_free() -> None:
    bays = Bays()
    bays.says(30, "12", True)
    bays.wait(45)
    bays.says(50, "12", False)
    bays.wait(52)
    assert bays.over == ["squat"]
    assert bays.squat("12").until_ms == START + 50 * 60_000 + 40_000
    assert bays.core.state.parking.squats == {}


def test_one_that_is_gone_before_the_grace_is_told_to_nobody() -> None:
    bays = Bays()
    bays.says(30, "12", True)
    bays.says(38, "12", False)
    bays.wait(60)
    assert bays.raised == []
    assert bays.core.state.parking.squatted == {}


def test_a_car_that_came_in_explains_one_space_and_not_two() -> None:
    bays = Bays()
    visit = bays.enters(28, OTHER)
    bays.says(30, "11", True)
    bays.says(33, "12", True)
    bays.wait(60)
    assert bays.space("11").visit == visit
    assert bays.raised == [("squat", "12")]


def test_a_car_that_nobody_read_is_a_car_too() -> None:
    bays = Bays()
    bays.enters(28)
    bays.says(30, "11", True)
    bays.wait(60)
    assert bays.raised == []


def test_an_opening_on_which_nobody_was_read_explains_one_space() -> None:
    bays = Bays()
    note_unread_opening(bays.core, "", ms(28 * 60))
    bays.says(30, "11", True)
    bays.says(32, "12", True)
    bays.wait(60)
    assert bays.raised == [("squat", "12")]


def test_a_car_that_moves_from_one_space_to_another_is_the_same_car() -> None:
    bays = Bays()
    visit = bays.enters(8, OTHER)
    bays.says(10, "11", True)
    bays.wait(30)
    bays.says(100, "11", False)
    bays.says(104, "12", True)
    bays.wait(130)
    assert bays.space("12").visit == visit
    assert bays.raised == []


def test_a_car_that_comes_back_to_its_space_is_the_same_car() -> None:
    bays = Bays()
    visit = bays.enters(8, OTHER)
    bays.says(10, "11", True)
    bays.says(60, "11", False)
    bays.says(65, "11", True)
    bays.wait(90)
    assert (bays.space("11").visit, bays.raised) == (visit, [])


def test_a_homes_own_car_that_stood_elsewhere_may_take_its_space() -> None:
    bays = Bays()
    bays.enters(5, OWNER)
    bays.sensor("cam-11", "11", Kind.LPR)
    bays.says(8, "11", True)
    bays.reading(9 * 60, "cam-11", kind=Kind.LPR, plate=OWNER)
    bays.says(150, "11", False)
    bays.says(154, "21", True)
    bays.wait(170)
    assert (bays.space("21").plate, bays.raised) == (OWNER, [])


def test_a_homes_own_car_whose_own_space_is_free_explains_no_other() -> None:
    bays = Bays()
    bays.enters(20, OWNER)
    bays.says(30, "12", True)
    bays.wait(60)
    assert bays.raised == [("squat", "12")]


def test_a_car_that_fits_better_elsewhere_is_given_up() -> None:
    bays = Bays()
    bays.says(20, "21", True)  # something stands in the home's own space
    bays.wait(22)
    visit = bays.enters(28, OWNER)
    bays.says(30, "12", True)
    bays.wait(32)
    assert bays.space("12").visit == visit
    bays.says(33, "21", False)
    bays.says(35, "21", True)
    bays.wait(60)
    assert bays.space("21").visit == visit
    assert ("squat", "12") in bays.raised


def test_when_the_car_leaves_and_its_space_stays_taken_something_else_stands_there() -> None:
    bays = Bays()
    visit = bays.enters(28, OTHER)
    bays.says(30, "11", True)
    bays.wait(60)
    bays.goes_out(61, visit)
    bays.wait(95)
    assert bays.raised == [("squat", "11")]
    assert bays.squat("11").from_ms == START + 30 * 60_000


def test_two_cars_that_were_mistaken_for_each_other_raise_nothing() -> None:
    bays = Bays()
    first, second = bays.enters(28, OTHER), bays.enters(29, "沪C11111")
    bays.says(31, "11", True)
    bays.says(32, "12", True)
    bays.wait(60)
    mistaken = bays.space("11").visit
    bays.says(62, "12", False)
    bays.goes_out(64, mistaken)  # it was in 12
    bays.wait(120)
    assert bays.space("11").visit == ({first, second} - {mistaken}).pop()
    assert bays.raised == []


def test_while_the_gate_is_offline_nothing_is_called_a_squat_and_what_it_replays_is_believed() -> None:
    bays = Bays()
    bays.gate_falls_silent(20)
    bays.says(30, "11", True)
    bays.says(31, "12", True)
    bays.wait(60)
    assert bays.raised == []
    bays.gate_is_back(61)
    bays.enters(28, OTHER, written=61.5)
    bays.wait(90)
    assert bays.raised in ([("squat", "11")], [("squat", "12")])  # one car, two spaces


def test_a_record_that_comes_late_ends_a_squat_as_a_car() -> None:
    bays = Bays()
    bays.says(30, "11", True)
    bays.wait(45)
    bays.enters(28, OTHER, written=46)
    bays.wait(60)
    assert bays.over == ["squat"]
    assert (bays.squat("11").verdict, bays.squat("11").by) == (Verdict.CAR, "ledger")
    assert bays.core.state.parking.squatted["11"] == []


def test_a_weak_signature_in_a_restless_space_outweighs_a_car_that_came_in() -> None:
    bays = Bays()
    for n in range(3):
        bays.says(10 + n, "11", True)
        bays.says(10.3 + n, "11", False)
    bays.enters(28, OTHER)
    bays.says(30, "11", True, confidence=30)
    bays.wait(45)
    assert bays.raised == [("squat", "11")]
    assert bays.squat("11").evidence == {"signature": "30", "dwell": "3"}


def test_a_sensor_that_is_sure_of_a_car_is_believed() -> None:
    bays = Bays()
    bays.says(30, "11", True, confidence=95)
    bays.wait(60)
    assert bays.raised == []


def test_a_weak_signature_alone_is_a_squat_though_a_car_came_in() -> None:
    bays = Bays()
    visit = bays.enters(28, OTHER)
    bays.says(30, "11", True, confidence=64)
    bays.wait(41)
    assert (bays.raised, bays.squat("11").evidence) == ([("squat", "11")], {"signature": "64"})
    bays.says(42, "12", True, confidence=65)
    bays.wait(60)
    assert (bays.raised, bays.space("12").visit) == ([("squat", "11")], visit)


def test_between_weak_and_strong_the_gates_are_asked() -> None:
    bays = Bays()
    bays.enters(28, OTHER)
    bays.says(30, "11", True, confidence=79)
    bays.says(32, "12", True, confidence=79)
    bays.wait(60)
    assert bays.raised == [("squat", "12")]
    assert bays.squat("12").evidence == {"no_entry": "20", "signature": "79"}


def test_a_weak_signature_where_a_car_has_just_left_is_not_that_car() -> None:
    bays = Bays()
    bays.enters(8, OTHER)
    bays.says(10, "11", True, confidence=95)
    bays.says(60, "11", False)
    bays.says(65, "11", True, confidence=30)
    bays.wait(90)
    assert bays.raised == [("squat", "11")]


def test_a_bike_and_a_car_that_change_places_within_the_debounce_are_told_apart() -> None:
    bays = Bays()
    bays.enters(8, OTHER)
    bays.says(10, "11", True, confidence=95)
    bays.says(60, "11", False)
    bays.says(60.3, "11", True, confidence=30)
    bays.wait(72)
    assert bays.raised == [("squat", "11")]
    assert bays.squat("11").from_ms == ms(60.3 * 60)
    bays.enters(78, "沪C22222")
    bays.says(80, "11", False)
    bays.says(80.3, "11", True, confidence=95)
    bays.wait(95)
    assert (bays.over, len(bays.raised), bays.space("11").plate) == (["squat"], 1, "沪C22222")


def test_a_weak_signature_is_believed_of_a_space_that_nobody_saw_until_then() -> None:
    bays = Bays()
    bays.wait(200)  # every sensor is dead
    bays.says(210, "11", True, confidence=30)
    bays.wait(240)
    assert bays.raised == [("squat", "11")]


def test_a_record_that_comes_late_does_not_outweigh_a_weak_signature_and_who_looked_does() -> None:
    bays = Bays()
    bays.says(30, "11", True, confidence=30)
    bays.wait(45)
    bays.enters(28, OTHER, written=46)
    bays.wait(60)
    assert bays.over == []
    bays.somebody_says(61, "11", Verdict.CAR)
    bays.wait(90)
    assert (bays.over, bays.squat("11").verdict, len(bays.raised)) == (["squat"], Verdict.CAR, 1)


def test_a_record_that_comes_late_corrects_what_the_sensor_left_open() -> None:
    bays = Bays()
    bays.says(30, "11", True, confidence=70)
    bays.wait(45)
    bays.enters(28, OTHER, written=46)
    bays.wait(60)
    assert (bays.over, bays.squat("11").verdict) == (["squat"], Verdict.CAR)


def test_nothing_is_made_of_what_stood_there_when_the_hub_began() -> None:
    bays = Bays()
    bays.wait(200)  # every sensor is dead
    bays.says(210, "11", True)
    bays.wait(240)
    assert (bays.space("11").occupied, bays.raised) == (True, [])


def test_who_says_that_it_is_a_car_is_not_told_again_until_the_space_was_free() -> None:
    bays = Bays()
    bays.says(30, "12", True)
    bays.wait(41)
    bays.somebody_says(42, "12", Verdict.CAR)
    assert bays.over == ["squat"]
    assert (bays.squat("12").verdict, bays.squat("12").by) == (Verdict.CAR, "juwei")
    bays.says(60, "12", True)
    bays.wait(120)
    assert len(bays.raised) == 1
    bays.says(121, "12", False)
    bays.says(140, "12", True)
    bays.wait(160)
    assert len(bays.raised) == 2


def test_who_says_that_it_is_a_bike_confirms_it() -> None:
    bays = Bays()
    bays.says(30, "12", True)
    bays.wait(41)
    bays.somebody_says(42, "12", Verdict.BIKE, photo=7)
    bays.wait(60)
    assert (bays.squat("12").verdict, bays.squat("12").evidence["photo"]) == (Verdict.BIKE, "7")
    assert bays.raised == [("squat", "12")]


def test_a_report_begins_a_squat_that_no_sensor_saw() -> None:
    bays = Bays()
    bays.somebody_says(30, "12", Verdict.BIKE, photo=7)
    bays.wait(41)
    assert bays.raised == [("squat", "12")]
    assert bays.squat("12").evidence == {"photo": "7"}
    bays.somebody_says(60, "12", Verdict.NOTHING)
    assert bays.over == ["squat"]


def test_who_sees_nothing_frees_the_space_until_its_sensor_has_said_so_too() -> None:
    bays = Bays()
    bays.says(30, "12", True)
    bays.wait(41)
    bays.somebody_says(42, "12", Verdict.NOTHING)
    bays.says(60, "12", True)
    bays.wait(80)
    assert (bays.space("12").occupied, bays.space("12").flips, bays.over) == (False, 1, ["squat"])
    bays.says(90, "12", False)
    bays.says(100, "12", True)
    bays.wait(111)
    assert len(bays.raised) == 2


def test_a_camera_that_sees_a_plate_ends_it_and_one_that_sees_a_bicycle_begins_it() -> None:
    bays = Bays()
    bays.sensor("cam", "12", Kind.CAMERA)
    bays.says(30, "12", True)
    bays.wait(41)
    bays.reading(42 * 60, "cam", kind=Kind.CAMERA, plate=OTHER)
    assert bays.over == ["squat"]
    bays.enters(50, "沪C22222")
    bays.sensor("cam-11", "11", Kind.CAMERA)
    bays.says(52, "11", True)
    bays.reading(54 * 60, "cam-11", kind=Kind.CAMERA, label="bicycle")
    bays.wait(70)
    assert bays.raised[1:] == [("squat", "11")]
    assert bays.squat("11").evidence == {"camera": "bicycle"}


def test_what_cannot_be_said_of_a_space_is_refused_in_plain_words() -> None:
    bays = Bays()
    assert refusal(bays.somebody_says(3, "99", Verdict.CAR)) == "there is no space 99"
    assert "a car, a bike or nothing" in refusal(bays.somebody_says(4, "12", Verdict.PROBABLE))
    assert "no space for cars" in refusal(bays.somebody_says(5, "lane", Verdict.BIKE))
