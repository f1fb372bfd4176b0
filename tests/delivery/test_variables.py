"""The short variables of a template: what a carrier lets through, and nothing that tells on anybody."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest

from hub.delivery.variables import MOST, allowed, short_line, variables
from hub.model import Kind, Outcome, Purpose
from tests.delivery.notices import ZONE, ms, notice


@dataclass
class Case:
    changes: dict[str, object]
    place: str
    what: str


@pytest.mark.parametrize(
    "case",
    [
        Case({}, "6号楼12层", "烟感报警"),
        Case({"place": "1203室"}, "6号楼12层", "烟感报警"),
        Case({"group": True}, "6号楼", "烟感报警"),
        Case({"purpose": Purpose.ESCALATED}, "6号楼12层", "烟感报警,无人应答"),
        Case({"drill": True}, "6号楼12层", "演练:烟感报警"),
        Case({"more": 42}, "6号楼12层", "烟感报警等43起"),
        Case({"more": 2, "language": "en"}, "6号楼 floor 12", "smoke detector alarm, 3 in all"),
        Case({"purpose": Purpose.TEST}, "6号楼12层", "通知测试,不用处理"),
        Case({"test": True}, "6号楼12层", "通知测试,不用处理"),
        Case({"purpose": Purpose.ENDED, "outcome": Outcome.FALSE}, "6号楼12层", "烟感解除,误报"),
        Case({"purpose": Purpose.ENDED, "outcome": Outcome.REAL}, "6号楼12层", "烟感解除,真火警"),
        Case({"building": "", "floor": None, "place": "东门", "kind": Kind.GATE}, "东门", "道闸异常"),
        Case({"building": "", "floor": None, "place": ""}, "桂花园", "烟感报警"),
        Case({"language": "en", "building": "Block 6"}, "Block 6 floor 12", "smoke detector alarm"),
    ],
)
def test_place_and_what(case: Case) -> None:
    said = variables(notice(**case.changes), ZONE)
    assert (said.place, said.what) == (case.place, case.what)


def test_the_time_is_local_and_of_the_end_when_it_ended() -> None:
    assert variables(notice(), ZONE).time == "03-01 03:12"
    ended = notice(purpose=Purpose.ENDED, closed_ms=ms("2026-03-01 03:19"))
    assert variables(ended, ZONE).time == "03-01 03:19"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("请看 https://evil.example/x 谢谢", "请看  谢谢"),
        ("打13800000000", "打"),
        ("【紧急】门", "紧急门"),
        ("一\n二", "一 二"),
        ("", "-"),
        ("13800000000", "-"),
        ("长" * 50, "长" * MOST),
    ],
)
def test_what_a_carrier_refuses_is_left_out_and_nothing_is_empty(text: str, left: str) -> None:
    assert allowed(text) == left


def test_every_kind_and_purpose_fits() -> None:
    for purpose, kind, language in itertools.product(Purpose, Kind, ("zh", "en")):
        told = notice(purpose=purpose, kind=kind, language=language, building="楼" * 80)
        assert all(0 < len(one) <= MOST for one in variables(told, ZONE).in_order())
        assert len(short_line(told, ZONE)) <= 70
