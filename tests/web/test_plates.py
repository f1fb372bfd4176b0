"""Plates on screens: in full for whoever needs them, each look logged; a household's go when the office says so."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from hub.core.commands import EraseHousehold
from hub.model import Device, Kind, Permit, Place, PlaceKind
from hub.plates import HIDDEN
from hub.web.access import Role, Visitor
from hub.web.plates import shown
from hub.web.site import Site
from tests.web.core_owner import CoreOwner
from tests.web.test_desk import sign_in
from tests.web.world import HERE, World

PLATE, OTHER = "沪A12345", "沪AD67890"
GONE = "#0123456789abcdef"


@pytest.fixture
def core(world: World) -> Iterator[CoreOwner]:
    with CoreOwner(world) as running:
        yield running


@pytest.mark.parametrize("role", [Role.ADMIN, Role.PROPERTY, Role.GUARD])
def test_who_works_with_cars_sees_plates_and_each_look_is_logged(world: World, role: Role) -> None:
    visitor = Visitor(account=role.value, role=role)
    assert shown(Site(world.deps), visitor, HERE, [PLATE, "", GONE], "visits", 7) == [PLATE, "", HIDDEN]
    assert world.looks() == [(role.value, "plate:visits", 7)]


@pytest.mark.parametrize("role", [Role.COMMITTEE, Role.VOLUNTEER, Role.STREET, Role.WALL])
def test_everybody_else_sees_them_masked_and_nothing_is_logged(world: World, role: Role) -> None:
    visitor = Visitor(account=role.value, role=role)
    assert shown(Site(world.deps), visitor, HERE, [PLATE, OTHER, "", GONE]) == ["沪A·**345", "沪A·***890", "", HIDDEN]
    assert world.looks() == []


def test_nothing_shown_is_no_look(world: World) -> None:
    visitor = Visitor(account="guard", role=Role.GUARD)
    assert shown(Site(world.deps), visitor, HERE, ["", GONE]) == ["", HIDDEN]
    assert world.looks() == []


def test_a_device_s_last_facts_name_no_car(world: World, http: httpx.Client) -> None:
    world.device(Device(id="cam-1", kind=Kind.LPR, place=""), facts={"plate": PLATE, "confidence": 97})
    sign_in(world, http, Role.ADMIN)
    (device,) = [one for one in http.get("/api/v1/devices").json() if one["id"] == "cam-1"]
    assert device["facts"] == {"confidence": 97}


@pytest.fixture
def home(world: World) -> str:
    world.register(Place(id="h-1", kind=PlaceKind.HOME, name="1501室", parent=""))
    for plate, place in ((PLATE, "h-1"), (OTHER, "h-2")):
        world.put_registry("permit", plate, Permit(plate=plate, place=place))
    return "h-1"


@pytest.mark.usefixtures("core")
def test_erasing_a_household_needs_the_box_and_takes_its_permits_out(
    world: World, http: httpx.Client, home: str
) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    page = http.get("/household", params={"id": home}).text
    assert PLATE in page
    assert OTHER not in page
    assert ("property", "plate:household", 0) in world.looks()
    assert http.post("/household/erase", data={"form": form, "place": home}).status_code == 422
    assert world.commands() == []
    answer = http.post("/household/erase", data={"form": form, "place": home, "sure": "1"})
    assert answer.headers["location"] == f"/household?id={home}&said=saved"
    assert world.commands() == [EraseHousehold(actor="console", place=home)]
    assert PLATE not in http.get("/household", params={"id": home}).text


def test_what_is_no_home_is_not_found(world: World, http: httpx.Client) -> None:
    sign_in(world, http, Role.PROPERTY)
    assert http.get("/household", params={"id": "nowhere"}).status_code == 404


def test_only_who_keeps_the_registry_may(world: World, http: httpx.Client, home: str) -> None:
    sign_in(world, http, Role.GUARD)
    assert http.get("/household", params={"id": home}).status_code == 403
