"""A census: sensors that are wrong are doubted, what is hidden is learned, the ledger is corrected by entries."""

from __future__ import annotations

from hub.core.commands import CountSpaces
from hub.core.context import Core
from hub.core.parking.census import count_spaces
from hub.core.parking.ledger import enter
from hub.core.parking.state import ZoneState
from hub.model import EntryReason, ReadHow, Verdict
from tests.core.parking.lots import START, lot, set_space, whole

CAR, BIKE, NOTHING = Verdict.CAR, Verdict.BIKE, Verdict.NOTHING
DAY_MS = 86_400_000


def count(core: Core, *found: Verdict, zone: str = "") -> str | None:
    spaces = {f"p{n:02}": verdict for n, verdict in enumerate(found)}
    return count_spaces(core, CountSpaces(actor="wang", zone=zone, spaces=spaces))


def test_refusals_are_plain_words() -> None:
    core = lot(spaces=1)
    assert "no space p01" in (count(core, CAR, CAR) or "")
    assert "no zone moon" in (count(core, CAR, zone="moon") or "")
    assert "at least one space" in (count(core) or "")
    assert "not probable" in (count(core, Verdict.PROBABLE) or "")
    assert not core.changes.parking.censuses


def test_photos_of_the_spaces_that_were_counted_stay_with_it() -> None:
    core = lot(spaces=2)
    command = CountSpaces(actor="wang", zone="", spaces={"p00": CAR}, walk="0a" * 16, photos={"p00": 7, "p01": 8})
    assert count_spaces(core, command) is None
    (census,) = core.changes.parking.censuses.values()
    assert census.photos == {"p00": 7}


def test_what_nobody_sees_is_believed_as_counted() -> None:
    core = lot(spaces=6)
    for n in range(3):
        set_space(core, n, occupied=True)
    assert count(core, CAR, CAR, CAR, NOTHING, NOTHING, NOTHING) is None
    made = whole(core)
    assert (made.left, made.unknown) == (3, 3)


def test_a_sensor_that_contradicts_is_doubted_until_it_changes() -> None:
    core = lot(spaces=3)
    for n in range(3):
        set_space(core, n, occupied=True)
    assert count(core, NOTHING, CAR, CAR) is None
    assert core.state.parking.spaces["p00"].doubted_ms == START
    assert whole(core).unknown == 1
    assert count(core, CAR, CAR, CAR) is None  # a stuck one agrees now and then
    assert whole(core).unknown == 1


def test_a_bike_that_no_sensor_sees_is_learned_and_no_fault_of_the_sensor() -> None:
    core = lot(spaces=6)
    for n in range(6):
        set_space(core, n, occupied=False)
    before = core.state.parking.zones.setdefault("", ZoneState()).hidden
    assert count(core, BIKE, BIKE, BIKE, BIKE, BIKE, NOTHING) is None
    assert core.state.parking.zones[""].hidden > before
    assert not core.state.parking.spaces["p00"].doubted_ms


def test_cars_that_the_ledger_misses_enter_by_the_census() -> None:
    core = lot(spaces=3, gates=True)
    assert count(core, CAR, CAR, NOTHING) is None
    zone = core.state.parking.zones[""]
    assert (zone.ins, zone.outs, len(core.state.parking.visits)) == (2, 0, 2)
    assert {entry.reason for entry in core.changes.parking.entries} == {EntryReason.CENSUS}
    assert [census.corrected for census in core.changes.parking.censuses.values()] == [-2]


def test_only_stays_that_nobody_vouches_for_leave_by_the_census() -> None:
    core = lot(spaces=2, gates=True)
    enter(core, None, at_ms=START - 2 * DAY_MS, plate="沪A11111", read=ReadHow.PLATE)
    enter(core, None, at_ms=START - 1000, plate="沪A22222", read=ReadHow.PLATE)
    assert count(core, NOTHING, NOTHING) is None
    assert [visit.plate for visit in core.state.parking.visits.values()] == ["沪A22222"]
    assert core.state.parking.zones[""].offset == 1


def test_a_part_of_the_zone_corrects_no_ledger() -> None:
    core = lot(spaces=3, gates=True)
    assert count(core, CAR) is None
    assert not core.changes.parking.entries
    assert len(core.changes.parking.censuses) == 1
