"""Spaces, lanes, plans, turns and permits go out with the registry and come in again as they were."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from hub.core.commands import PutPermit, PutPlan, PutSpace, PutTurn
from hub.model import Direction, GateLane, ParkingPlan, Permit, PermitKind, PlanTurn, Space, SpaceUse
from hub.web.access import Role
from hub.web.registry_file import AnyPut, in_order, jsonl, read_jsonl
from hub.web.registry_preview import Entries, preview
from tests.web.test_desk import sign_in
from tests.web.test_office import upload
from tests.web.world import World

PLAN = ParkingPlan(id="spring", name="春季", from_date="2024-05-01", until_date="2024-06-30")
TURN = PlanTurn(
    id="t1",
    plan="spring",
    place="b6-303",
    plate="沪A12345",
    paid=False,
    from_date="2024-05-06",
    until_date="2024-05-12",
)


def furnish(world: World) -> None:
    space = Space(id="p1", use=SpaceUse.TEMPORARY, homes=("b6-303",), x=1.5, y=2.5)
    lane = GateLane(id="e1", gate="gate-e", direction=Direction.IN, devices=("lpr-e-1",))
    permit = Permit(plate="沪A12345", kind=PermitKind.TEMPORARY, place="b6-303", plan="spring", spaces=("p1",))
    world.put_registry("space", "p1", space)
    world.put_registry("gate_lane", "e1", lane)
    world.put_registry("plan", "spring", PLAN)
    world.put_registry("turn", "t1", TURN)
    world.put_registry("permit", permit.plate, permit)
    world.drop_registry("duty", "d4")  # of somebody who is not registered


def test_what_parking_keeps_goes_out_and_comes_in_as_it_was(world: World, http: httpx.Client) -> None:
    furnish(world)
    form = sign_in(world, http, Role.ADMIN)
    content = http.get("/registry.jsonl").content
    kinds = [msgspec.json.decode(line)["type"] for line in content.splitlines()]
    wanted = ["put_space", "put_gate_lane", "put_plan", "put_turn", "put_permit"]
    assert [kind for kind in kinds if kind in wanted] == wanted, "a permit comes after the turn that makes one"
    answer, token = upload(http, form, content)
    assert "和现在完全一样" in answer.text
    assert token == ""
    assert world.commands() == []


def test_a_plate_in_a_file_that_is_spelt_otherwise_is_the_same_car(world: World, http: httpx.Client) -> None:
    furnish(world)
    form = sign_in(world, http, Role.ADMIN)
    content = http.get("/registry.jsonl").content.decode().replace("沪A12345", "沪a·\uff112345")
    assert "沪a·" in content
    answer, token = upload(http, form, content.encode())
    assert "和现在完全一样" in answer.text
    assert token == ""


@pytest.mark.parametrize(
    ("put", "mistake"),
    [
        (PutSpace(actor="a", space=Space(id="p9")), "没有这个位置"),
        (PutTurn(actor="a", turn=msgspec.structs.replace(TURN, id="t2", plan="none")), "没有这个临时方案"),
        (
            PutTurn(actor="a", turn=msgspec.structs.replace(TURN, paid=True)),
            "给出的轮次不能改;要提前结束,就移除它的许可",
        ),
        (PutPermit(actor="a", permit=Permit(plate="沪A12345", person="ghost")), "没有这个人"),
        (PutPermit(actor="a", permit=Permit(plate="A12345")), "内容不对"),
        (PutPlan(actor="a", plan=msgspec.structs.replace(PLAN, zone="nowhere")), "没有这个位置"),
    ],
)
def test_what_cannot_be_is_said_before(put: AnyPut, mistake: str) -> None:
    known: Entries = {("plan", "spring"): PLAN, ("turn", "t1"): TURN, ("place", "b6-303"): Space(id="b6-303")}
    (change,) = preview(read_jsonl(jsonl([put]), "a"), known)
    assert (change.state, change.mistake) == ("mistake", mistake)


def test_turns_are_put_in_the_order_of_their_days() -> None:
    later = PutTurn(actor="a", turn=msgspec.structs.replace(TURN, id="a", from_date="2024-05-13"))
    assert in_order([later, PutTurn(actor="a", turn=TURN)])[0] == PutTurn(actor="a", turn=TURN)
