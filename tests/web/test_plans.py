"""Temporary plans on the screen: made, applied for, given in a fair order, ended early, and the table that shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from hub.core.commands import PutPlan, PutTurn
from hub.web.access import Role
from tests.web.core_owner import CoreOwner
from tests.web.test_desk import sign_in
from tests.web.world import World

MADE = {
    "fresh": "plan-spring", "name": "春季临停", "zone": "", "free": "1", "paid": "1", "from_date": "2024-05-01",
    "until_date": "2024-06-30", "turn_days": "7", "first_floors": "3",
}  # fmt: skip
CARS = {"沪A00001": "b6-1203", "沪A00002": "b8-703", "沪A00003": "b8-303"}


@pytest.fixture
def core(world: World) -> Iterator[CoreOwner]:
    with CoreOwner(world) as running:
        yield running


def applied(world: World, http: httpx.Client) -> str:
    """A plan with three cars that wait; gives the token for forms."""
    form = sign_in(world, http, Role.PROPERTY)
    assert http.post("/plans", data=MADE | {"form": form}).headers["location"] == "/plan?id=plan-spring&said=saved"
    for plate, home in CARS.items():
        world.clock.now_ms += 60_000
        sent = {"form": form, "plate": plate, "home": home}
        assert http.post("/plan/apply", params={"id": "plan-spring"}, data=sent).status_code == 303
    return form


def listed(page: str) -> list[str]:
    return re.findall(r'name="turn" value="([^"]+)"', page)


@pytest.mark.usefixtures("core")
def test_a_plan_is_made_applied_for_and_given_in_a_fair_order(world: World, http: httpx.Client) -> None:
    form = applied(world, http)
    page = http.get("/plan", params={"id": "plan-spring"}).text
    shown = listed(page)
    assert [one.split(" ")[1:] for one in shown] == [["沪A00003", "False"], ["沪A00001", "True"]], "the low floor first"
    sent = {"form": form, "day": "2024-05-11", "turn": shown}
    assert http.post("/plan/turns", params={"id": "plan-spring"}, data=sent).status_code == 303
    assert [one.turn.plate for one in world.commands() if isinstance(one, PutTurn)] == ["沪A00003", "沪A00001"]
    page = http.get("/plan", params={"id": "plan-spring"}).text
    assert "<b>2</b>在停" in page
    assert "<b>0/1</b>免费空位" in page
    assert [one.split(" ")[1] for one in listed(page)] == ["沪A00002"], "who waits has the next turn, after these"
    assert http.post("/plan/turns", params={"id": "plan-spring"}, data=sent).status_code == 409, "given once"


@pytest.mark.usefixtures("core")
def test_a_turn_that_ends_early_frees_its_place_and_stays_in_the_table(world: World, http: httpx.Client) -> None:
    form = applied(world, http)
    shown = listed(http.get("/plan", params={"id": "plan-spring"}).text)
    http.post("/plan/turns", params={"id": "plan-spring"}, data={"form": form, "day": "2024-05-11", "turn": shown})
    sent = {"form": form, "plate": "沪A00003"}
    assert http.post("/plan/end", params={"id": "plan-spring"}, data=sent).status_code == 303
    page = http.get("/plan", params={"id": "plan-spring"}).text
    assert "<b>1/1</b>免费空位" in page
    table = http.get("/plan.csv", params={"id": "plan-spring"}).content.decode("utf-8-sig").splitlines()
    assert table[0] == "房号,免费轮次,收费轮次,最近一轮到,排队自"
    assert table[1:] == [
        "8号楼 7层 703室,0,0,,2024-05-11",
        "6号楼 12层 1203室,0,1,2024-05-17,",
        "8号楼 3层 303室,1,0,2024-05-17,",
    ]


@pytest.mark.usefixtures("core")
def test_a_car_that_has_a_permit_or_a_wrong_plate_cannot_apply(world: World, http: httpx.Client) -> None:
    form = applied(world, http)
    for plate, home, why in (
        ("沪A00001", "b6-303", "这辆车已经有通行证"),
        ("A00001", "b6-303", "车牌开头少了省份简称"),
        ("沪A00009", "b6", "没有这个房号"),
    ):
        answer = http.post(
            "/plan/apply", params={"id": "plan-spring"}, data={"form": form, "plate": plate, "home": home}
        )
        assert answer.status_code == 422
        assert why in answer.text


@pytest.mark.usefixtures("core")
def test_the_committee_sees_the_table_and_no_plate(world: World, http: httpx.Client) -> None:
    applied(world, http)
    http.post("/logout", data={"form": sign_in(world, http, Role.COMMITTEE)})
    form = sign_in_again(http, Role.COMMITTEE)
    page = http.get("/plan", params={"id": "plan-spring"}).text
    assert "沪A00003" not in page
    assert "沪A·**003" in page
    assert http.post("/plans", data=MADE | {"form": form}).status_code == 403


def sign_in_again(http: httpx.Client, role: Role) -> str:
    from tests.web.test_desk import PASSWORD, token_of

    form = token_of(http.get("/login").text)
    http.post("/login", data={"name": role.value, "password": PASSWORD, "form": form})
    return form


@pytest.mark.usefixtures("core")
def test_a_plan_without_dates_is_not_made(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    answer = http.post("/plans", data=MADE | {"form": form, "until_date": ""})
    assert answer.status_code == 422
    assert "请填写第一天和最后一天" in answer.text
    backwards = http.post("/plans", data=MADE | {"form": form, "until_date": "2024-04-01"})
    assert backwards.status_code == 409
    assert [one.plan.until_date for one in world.commands() if isinstance(one, PutPlan)] == ["2024-04-01"]
    assert http.get("/plan", params={"id": "plan-spring"}).status_code == 404
