"""Gate health: what is wrong with a lane is told once, and once when it is over."""

from __future__ import annotations

from hub.core.commands import Remove
from hub.core.decisions import AlertRaised
from hub.model import Event
from tests.core.parking.yard import CAR, OTHER, THIRD, Yard


def ready() -> Yard:
    """North's way in has an arm whose contact reports, a camera that has read, and three cars that may enter."""
    yard = Yard()
    for plate in (CAR, OTHER, THIRD):
        yard.permit(plate)
    yard.arm(1, "arm-in", False)
    yard.plate(2, "cam-in", CAR)
    yard.arm(3, "arm-in", True)
    yard.arm(9, "arm-in", False)
    yard.passed(60)
    return yard


def test_an_arm_that_stays_up_with_nobody_passing_is_stuck_open() -> None:
    yard = ready()
    yard.plate(99, "cam-in", OTHER)
    yard.arm(100, "arm-in", True)
    yard.passed(399)
    assert yard.lane().met == []
    yard.passed(401)
    assert yard.alerted() == ["gate_stuck_open"]
    yard.arm(500, "arm-in", False)
    assert (yard.alerted(), yard.lane().met) == ([], [])


def test_an_arm_that_is_held_up_while_cars_pass_is_not_stuck() -> None:
    yard = ready()
    yard.plate(99, "cam-in", OTHER)
    yard.arm(100, "arm-in", True)
    for at in range(200, 1200, 100):
        yard.plate(at, "cam-in", THIRD)
    yard.passed(1300)
    assert yard.lane().met == []
    yard.passed(1500)
    assert yard.lane().met == ["stuck_open"]
    yard.plate(1600, "cam-in", OTHER)
    assert yard.lane().met == []
    yard.passed(1901)
    assert yard.lane().met == ["stuck_open"]


def test_an_arm_that_stays_down_for_three_cars_with_permits_is_stuck_closed() -> None:
    yard = ready()
    for at, plate in ((100, OTHER), (200, THIRD)):
        yard.plate(at, "cam-in", plate)
    yard.passed(250)
    assert yard.lane().unopened == 2
    yard.plate(300, "cam-in", CAR)
    yard.passed(320)
    assert "gate_stuck_closed" in yard.alerted()
    yard.plate(400, "cam-in", OTHER)
    yard.arm(401, "arm-in", True)
    assert yard.lane().met == []


def test_cars_without_a_permit_do_not_make_an_arm_stuck() -> None:
    yard = ready()
    for n in range(5):
        yard.plate(100 + 100 * n, "cam-in", f"苏E{n}{n}{n}{n}{n}")
    yard.passed(2000)
    assert yard.lane().met == []
    assert yard.core.state.parking.hours[""].refused == 5


def test_without_a_contact_nobody_knows_whether_the_arm_went_up() -> None:
    yard = Yard()
    yard.permit(CAR)
    for n in range(5):
        yard.plate(100 + 100 * n, "cam-s-in", CAR)
    yard.passed(2000)
    assert yard.lane("s-in").met == []


def test_an_arm_that_goes_up_with_no_reason_was_forced() -> None:
    yard = ready()
    yard.arm(100, "arm-in", True)
    assert yard.lane().met == []  # the camera's message may come later than the contact's
    yard.passed(106)
    assert yard.alerted() == ["gate_forced"]
    yard.arm(120, "arm-in", False)
    assert yard.alerted() == []


def test_a_read_a_command_or_a_late_picture_is_a_reason() -> None:
    yard = ready()
    yard.plate(95, "cam-in", OTHER)
    yard.arm(103, "arm-in", True)
    yard.arm(110, "arm-in", False)
    yard.arm(200, "arm-in", True)
    yard.plate(202, "cam-in", THIRD)
    yard.arm(210, "arm-in", False)
    yard.passed(300)
    assert yard.lane().met == []


def test_a_loop_opens_for_whoever_leaves() -> None:
    yard = Yard()
    yard.arm(1, "arm-out", False)
    yard.plate(10, "cam-out", CAR)
    yard.loop(100, "loop-out")
    yard.arm(101, "arm-out", True)
    yard.passed(110)
    assert yard.lane("out").met == []


def test_the_first_word_of_a_contact_forces_nothing() -> None:
    yard = Yard()
    yard.plate(1, "cam-in", CAR)
    yard.passed(100)
    yard.arm(200, "arm-in", True)
    yard.passed(210)
    assert yard.lane().met == []


def test_a_camera_that_reads_too_few_is_blind_until_it_reads_again() -> None:
    yard = Yard(restarts=False)
    at = 0
    for n in range(60):
        at += 60
        if n % 2:
            yard.plate(at, "cam-s-in", f"沪C{n * 113:05}")
        else:
            yard.unread(at, "cam-s-in")
    yard.passed(at + 60)
    assert yard.lane("s-in").met == ["blind"]
    for n in range(60):
        at += 60
        yard.plate(at, "cam-s-in", f"沪D{n * 113:05}")
    yard.passed(at + 60)
    assert yard.lane("s-in").met == []


def test_openings_that_nobody_read_make_a_camera_blind() -> None:
    yard = Yard(restarts=False)
    yard.plate(1, "cam-in", CAR)
    for n in range(60):
        yard.loop(60 * n + 70, "loop-out")  # another lane's
        yard.arm(60 * n + 71, "arm-in", True)
        yard.arm(60 * n + 80, "arm-in", False)
    assert "blind" in yard.lane().met


def test_a_clock_that_is_off_three_times_running_is_told_and_not_believed() -> None:
    yard = Yard()
    for n in range(4):
        at = 1000 + 100 * n
        yard.seen(at, "cam-s-in", Event.PLATE, {"plate": f"沪A{n * 1111:05}"}, happened=at - 600)
        assert ("clock_wrong" in yard.lane("s-in").met) is (n >= 2)
    yard.passed(1400)
    assert yard.entries[-1].at_ms == yard.entries[-1].kept_ms - 15_000
    yard.seen(1500, "cam-s-in", Event.PLATE, {"plate": CAR}, happened=1499)
    assert yard.lane("s-in").met == []


def test_records_that_waited_in_a_queue_show_no_wrong_clock() -> None:
    yard = Yard()
    for n in range(5):
        yard.seen(1000 + n, "cam-s-in", Event.PLATE, {"plate": f"沪A{n * 1111:05}"}, happened=300 + 60 * n)
    assert yard.lane("s-in").met == []
    assert len(yard.entries) == 5


def test_each_tailgating_is_an_occurrence_of_its_own() -> None:
    yard = ready()
    raised = 0
    for n in range(2):
        at = 100 + 100 * n
        yard.plate(at, "cam-in", (OTHER, CAR)[n])
        yard.arm(at + 1, "arm-in", True)
        yard.plate(at + 5, "cam-in", f"浙B{n}7777")
        yard.arm(at + 9, "arm-in", False)
        raised += sum(isinstance(one, AlertRaised) for one in yard.passed(at + 30))
    assert raised == 2
    yard.passed(2000)
    assert yard.lane().met == []


def test_nothing_is_wrong_with_a_lane_that_is_no_more() -> None:
    yard = ready()
    yard.arm(100, "arm-in", True)
    yard.passed(106)
    yard.plate(110, "cam-in", "苏E11111")
    yard.command(112, Remove(actor="desk", what="gate_lane", id="in"))
    assert (yard.alerted(), yard.inside()) == (["unknown_car"], [CAR, "苏E11111"])
    yard.passed(500)
    assert "in" not in yard.core.state.parking.lanes
