"""The permits desk: who sees a plate, a visitor let in today, a car denied, and what somebody else changed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from hub.core.commands import PutPermit, Remove
from hub.model import Permit, PermitKind
from hub.web.access import Role
from tests.web.core_owner import CoreOwner
from tests.web.test_desk import sign_in
from tests.web.world import NIGHT_MS, World

HOUR = 3_600_000
CARS = (
    Permit(plate="沪A12345", place="b6-1203", person="wu"),
    Permit(plate="沪AD12345", kind=PermitKind.VISITOR, place="b8-303", until_ms=NIGHT_MS + HOUR, reason="看亲戚"),
    Permit(plate="苏E88888", kind=PermitKind.VISITOR, place="b8-303", until_ms=NIGHT_MS - HOUR),
    Permit(plate="浙B66666", kind=PermitKind.DENIED, reason="多次占用消防通道"),
)


@pytest.fixture
def core(world: World) -> Iterator[CoreOwner]:
    with CoreOwner(world) as running:
        yield running


@pytest.fixture(autouse=True)
def cars(world: World) -> None:
    for one in CARS:
        world.put_registry("permit", one.plate, one)


def plates(page: str) -> list[str]:
    return re.findall(r'<b class="plate">(?:<a[^>]*>)?(.*?)(?:</a>)?</b>', page)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["沪AD12345", "苏E88888", "浙B66666", "沪A12345"]),
        ({"q": "d1234"}, ["沪AD12345"]),
        ({"q": "沪a 12345"}, ["沪A12345"]),
        ({"q": "1203室"}, ["沪A12345"]),
        ({"q": "吴"}, ["沪A12345"]),
        ({"q": "消防通道"}, ["浙B66666"]),
        ({"kind": "visitor"}, ["沪AD12345", "苏E88888"]),
        ({"state": "over"}, ["苏E88888"]),
        ({"state": "denied"}, ["浙B66666"]),
        ({"home": "b8-303", "state": "stands"}, ["沪AD12345"]),
        ({"q": "nothing"}, []),
    ],
)
def test_a_car_is_found_by_what_people_know_of_it(
    world: World, http: httpx.Client, query: dict[str, str], found: list[str]
) -> None:
    sign_in(world, http, Role.PROPERTY)
    assert plates(http.get("/permits", params=query).text) == found


@pytest.mark.parametrize("typed", ["沪Ａ１２３４５", "沪a·12345", " 沪A 12345 ", "沪a-12345"])
def test_a_plate_is_found_however_it_is_typed(world: World, http: httpx.Client, typed: str) -> None:
    sign_in(world, http, Role.PROPERTY)
    assert plates(http.get("/permits", params={"q": typed}).text) == ["沪A12345"]
    assert "沪A12345" in http.get("/permit", params={"plate": typed}).text


def test_a_plate_that_differs_by_one_character_is_suggested_to_who_may_see_plates(
    world: World, http: httpx.Client
) -> None:
    sign_in(world, http, Role.GUARD)
    page = http.get("/permits", params={"q": "沪AI2345"}).text
    assert plates(page) == [], "a similar plate is never taken for it"
    assert re.findall(r'<a class="plate"[^>]*>([^<]+)</a>', page) == ["沪A12345"]
    http.cookies.clear()
    sign_in(world, http, Role.COMMITTEE)
    assert "差一个字的车牌" not in http.get("/permits", params={"q": "沪AI2345"}).text


@pytest.mark.parametrize(("role", "full"), [(Role.GUARD, True), (Role.PROPERTY, True), (Role.COMMITTEE, False)])
def test_plates_are_whole_for_whoever_needs_them_and_each_look_is_noted(
    world: World, http: httpx.Client, role: Role, full: bool
) -> None:
    sign_in(world, http, role)
    page = http.get("/permits").text
    assert ("沪A12345" in page) is full
    assert ("沪A·**345" in page) is not full
    assert ((role.value, "plate", 0) in world.looks()) is full
    assert bool(plates(http.get("/permits", params={"q": "沪A12345"}).text)) is full, "no oracle for a whole plate"
    assert http.get("/permit", params={"plate": "沪A12345"}).status_code == (200 if role is Role.PROPERTY else 403)


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.STREET])
def test_others_see_no_permits(world: World, http: httpx.Client, role: Role) -> None:
    sign_in(world, http, role)
    assert http.get("/permits").status_code == 403


@pytest.mark.usefixtures("core")
def test_a_guard_lets_a_visitor_in_today(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.GUARD)
    sent = {"form": form, "plate": "苏 e·12345", "home": "b6-303", "until": "2024-05-11T18:00", "reason": ""}
    assert http.post("/permits/visitor", data=sent).headers["location"] == "/permits?said=saved"
    (command,) = world.commands()
    assert isinstance(command, PutPermit)
    assert command.permit == Permit(
        plate="苏E12345", kind=PermitKind.VISITOR, place="b6-303", from_ms=NIGHT_MS, until_ms=1_715_421_600_000
    )
    assert "苏E12345" in http.get("/permits").text


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"plate": "E12345"}, "车牌开头少了省份简称"),
        ({"plate": "浙B66666"}, "这辆车禁止入内"),
        ({"plate": "沪A12345"}, "这辆车已经有通行证"),
        ({"home": "b6"}, "没有这个房号"),
        ({"until": "2024-05-11T03:00"}, "到期已经过去"),
        ({"until": ""}, "访客要写到期"),
    ],
)
def test_a_visit_that_cannot_be_says_why_and_keeps_what_was_typed(
    world: World, http: httpx.Client, changed: dict[str, str], why: str
) -> None:
    form = sign_in(world, http, Role.GUARD)
    sent = {"form": form, "plate": "苏E12345", "home": "b6-303", "until": "2024-05-11T18:00", "reason": "送水"}
    answer = http.post("/permits/visitor", data=sent | changed)
    assert answer.status_code == 422
    assert why in answer.text
    assert 'value="送水"' in answer.text
    assert world.commands() == []


@pytest.mark.usefixtures("core")
def test_a_car_is_denied_with_a_reason(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    version = re.findall(r'name="version" value="(\w+)"', http.get("/permit", params={"plate": "沪A12345"}).text)[0]
    sent = {"form": form, "version": version, "kind": "denied", "home": "b6-1203", "reason": ""}
    answer = http.post("/permit", params={"plate": "沪A12345"}, data=sent)
    assert "禁止入内要写原因" in answer.text
    answer = http.post("/permit", params={"plate": "沪A12345"}, data=sent | {"reason": "拖欠"})
    assert answer.headers["location"] == "/permits?said=saved"
    again = http.post("/permit", params={"plate": "沪A12345"}, data=sent | {"reason": "别的"})
    assert again.status_code == 409, "nobody overwrites what they have not seen"
    assert [one.permit.kind for one in world.commands() if isinstance(one, PutPermit)] == [PermitKind.DENIED]


@pytest.mark.usefixtures("core")
def test_a_car_is_added_with_its_spaces_and_removed(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    sent = {"form": form, "plate": "沪AF12345", "kind": "resident", "home": "b6-303", "spaces": "3号车位、p4"}
    assert http.post("/permit", data=sent).headers["location"] == "/permits?said=saved"
    assert http.post("/permit", data=sent | {"kind": "service"}).status_code == 422, "it has a permit"
    assert http.post("/permit/remove", data={"form": form, "plate": "沪AF12345"}).status_code == 303
    put, removed = world.commands()
    assert isinstance(put, PutPermit)
    assert put.permit.spaces == ("p3", "p4")
    assert isinstance(removed, Remove)
    assert "沪AF12345" not in http.get("/permits").text


def test_the_desk_speaks_english(world: World, http: httpx.Client) -> None:
    sign_in(world, http, Role.ADMIN)
    for path in ("/permits", "/permit", "/permits/import", "/plans"):
        page = http.get(path, params={"lang": "en"})
        assert page.status_code == 200
        assert "车辆通行证" not in page.text
