"""What worlds have found, each as the shortest story that shows it."""

from __future__ import annotations

from hub.core.commands import Accept, Arrive, Close, EndSilence, PutPlace
from hub.core.context import Core
from hub.core.inputs import Commanded, Input, Received
from hub.errors import StoreError
from hub.model import Outcome, Place, PlaceKind, RawMessage, Undecoded
from hub.poison import TRIES, Piece, smaller
from tests.core.timeline import START, Timeline, names, settings

HOUR = 3600.0
DOWN = StoreError("refused")


def message(payload: bytes = b"x") -> Received:
    return Received(RawMessage("zigbee", "t", payload, START), ())


def test_a_closed_silence_is_not_raised_again_by_a_restart() -> None:
    t = Timeline()
    t.passed(26 * HOUR)
    for id in [i.id for i in t.core.state.incidents.values()]:
        t.command(26 * HOUR + 60, Close(actor="console", incident=id, outcome=Outcome.REAL))
    restarted = Core(t.core.state, settings())
    assert [due for due, what, _, _ in restarted.timers if what == "device" and due <= t.core.state.now_ms] == []


def test_a_sensor_whose_silence_was_closed_is_told_again_after_it_was_heard() -> None:
    t = Timeline()
    t.passed(26 * HOUR)
    for id in [i.id for i in t.core.state.incidents.values()]:
        t.command(26 * HOUR + 60, Close(actor="console", incident=id, outcome=Outcome.REAL))
    t.reading(27 * HOUR, "smoke-1203", alarm=False)
    assert "SensorFellSilent" in names(t.passed(54 * HOUR))


def redelivered(t: Timeline, at: float, *, alarm: bool) -> None:
    t.reading(at, "smoke-1203", duplicate=True, alarm=alarm)


def test_a_redelivered_clear_ends_the_alarm_that_was_redelivered_before_it() -> None:
    t = Timeline()
    t.reading(0, "smoke-1203", alarm=True)
    t.reading(1, "smoke-1203", alarm=False)
    redelivered(t, 2, alarm=True)
    redelivered(t, 3, alarm=False)
    t.command(4, Close(actor="console", incident=t.incident.id, outcome=Outcome.FALSE))
    assert "AlertRaised" in names(t.reading(60, "smoke-1203", alarm=True))


def test_a_clock_jump_writes_the_row_of_every_incident() -> None:
    t = Timeline()
    t.smoke(0)
    t.command(1, Accept(actor="wuye", incident=t.incident.id))
    t.command(2, Arrive(actor="wuye", incident=t.incident.id))
    assert t.incident.due_ms is None
    t.passed(HOUR, jumped=HOUR)
    assert t.changes.incidents == {t.incident.id: t.incident}


def test_a_batch_that_fails_is_halved() -> None:
    first, second = message(b"1"), message(b"2")
    pieces = smaller(Piece([first, second], "batch"), DOWN)
    assert [(p.inputs, p.ends) for p in pieces] == [([first], None), ([second], "batch")]


def verdict(suspect: Input) -> Piece[str]:
    """What stands in at last; before each further try the store has to take something harmless."""
    piece: Piece[str] = Piece([suspect], "batch")
    for _ in range(TRIES):
        harmless, piece = smaller(piece, DOWN)
        assert harmless.harmless
        assert harmless.ends is None
        assert piece.inputs == [suspect]
    (stand_in,) = smaller(piece, DOWN)
    assert stand_in.ends == "batch"
    assert stand_in.stands_in_for is suspect
    return stand_in


def test_a_poison_message_is_quarantined() -> None:
    (one,) = verdict(message()).inputs
    assert isinstance(one, Received)
    assert one.undecodable is not None
    assert one.undecodable.reason is Undecoded.POISON


def test_a_poison_command_is_refused() -> None:
    place = Place(id="b1", kind=PlaceKind.BUILDING, name="1号楼")
    (one,) = verdict(Commanded(START, PutPlace(actor="office", place=place), 7)).inputs
    assert one == Commanded(START, EndSilence(actor="system", silence=0), 7)
