"""Permits: only the very plate is let in, and they begin and end by themselves."""

from __future__ import annotations

import msgspec

from hub.core.decisions import AlertRaised, AnyDecision
from hub.core.parking.permits import permit_of, similar
from hub.model import PermitKind
from tests.core.parking.yard import CAR, OTHER, Yard
from tests.core.timeline import ms, names


def raised(decisions: list[AnyDecision]) -> list[str]:
    return [one.rule for one in decisions if isinstance(one, AlertRaised)]


def test_a_denied_car_is_told_and_not_entered() -> None:
    yard = Yard()
    yard.permit(CAR, PermitKind.DENIED, reason="owes fees")
    told = raised(yard.plate(10, "cam-s-in", CAR))
    assert "denied_car" in told
    yard.passed(300)
    assert yard.entries == []
    assert yard.core.state.parking.hours[""].refused == 1


def test_a_similar_plate_is_suggested_and_never_let_in() -> None:
    yard = Yard()
    yard.permit(CAR)
    assert "unknown_car" in raised(yard.plate(10, "cam-s-in", "沪A12845"))
    (alert,) = (one for one in yard.core.state.alerts.values() if one.rule == "unknown_car")
    assert alert.facts["label"] == CAR
    assert permit_of(yard.core, "沪A12845") is None
    assert [one.plate for one in similar(yard.core, "沪A12845")] == [CAR]
    yard.forget_permit(CAR)
    assert similar(yard.core, "沪A12845") == []


def test_a_car_that_comes_in_twice_is_told_but_not_one_that_was_read_twice() -> None:
    yard = Yard()
    yard.permit(CAR)
    assert raised(yard.plate(10, "cam-s-in", CAR)) == []
    assert raised(yard.plate(12, "cam-s-in", CAR)) == []
    assert raised(yard.plate(500, "cam-s-in", CAR)) == ["entered_twice"]


def test_a_car_that_may_have_gone_out_unread_has_not_come_in_twice() -> None:
    yard = Yard()
    yard.permit(CAR)
    yard.plate(10, "cam-s-in", CAR)
    yard.unread(100, "cam-s-out")
    yard.passed(200)
    assert raised(yard.plate(500, "cam-s-in", CAR)) == []


def test_a_permit_begins_and_ends_by_itself() -> None:
    yard = Yard()
    yard.permit(OTHER)
    yard.permit(CAR, PermitKind.VISITOR, from_ms=ms(100), until_ms=ms(200))
    assert raised(yard.plate(50, "cam-s-in", CAR)) == ["unknown_car"]
    assert "RegistryChanged" in names(yard.passed(100))
    assert list(yard.changes.permits) == [CAR]
    yard.plate(120, "cam-s-out", CAR)
    assert raised(yard.plate(150, "cam-s-in", CAR)) == []
    assert "RegistryChanged" in names(yard.passed(200))
    assert names(yard.passed(300)) == []


def test_a_permit_that_was_written_anew_ends_when_it_says_now() -> None:
    yard = Yard()
    yard.permit(CAR, PermitKind.VISITOR, until_ms=ms(100))
    yard.permit(CAR, PermitKind.VISITOR, until_ms=ms(300))
    assert names(yard.passed(100)) == []
    assert "RegistryChanged" in names(yard.passed(300))


def test_the_visit_knows_whose_permit_it_was() -> None:
    yard = Yard()
    yard.permit(CAR, PermitKind.VISITOR, place="1204")
    yard.plate(10, "cam-s-in", "沪A·12345")
    (visit,) = yard.core.state.parking.visits.values()
    assert msgspec.structs.asdict(visit) | {} == {
        "id": visit.id,
        "zone": "",
        "plate": CAR,
        "kind": PermitKind.VISITOR,
        "home": "1204",
        "in_ms": ms(10),
        "in_entry": yard.entries[0].id,
        "in_how": "passed",
        "out_ms": None,
        "out_entry": 0,
        "out_how": None,
    }
