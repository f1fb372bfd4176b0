"""Plates on screens: in full for whoever needs them, each look logged; a household's go when the office says so."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from hub.core.commands import EraseHousehold
from hub.model import Alert, Condition, Device, Handling, Kind, Permit, Place, PlaceKind, Severity
from hub.plates import HIDDEN
from hub.web.access import Role, Visitor
from hub.web.plates import shown
from hub.web.site import Site
from tests.web.core_owner import CoreOwner
from tests.web.parking_world import SQUAT, park, squatted
from tests.web.test_desk import sign_in
from tests.web.world import HERE, NIGHT_MS, World

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


def denied_car(world: World) -> None:
    """An alert about a car, with the plate that was read and one that it may mean."""
    squatted(world, "gate-e")
    world.alert(
        Alert(
            id=SQUAT + 1,
            rule="denied_car",
            severity=Severity.MAJOR,
            subject="lpr-e-1",
            kind=Kind.LPR,
            place="gate-e",
            incident=SQUAT,
            condition=Condition.ACTIVE,
            handling=Handling.NEW,
            raised_ms=NIGHT_MS,
            at_ms=NIGHT_MS,
            facts={"plate": PLATE, "label": OTHER, "confidence": 97},
            key=f"denied_car|{PLATE}",
        )
    )


@pytest.mark.parametrize(
    ("role", "full"),
    [(Role.PROPERTY, True), (Role.GUARD, True), (Role.COMMITTEE, False), (Role.VOLUNTEER, False)],
)
def test_an_alert_about_a_car_names_it_to_who_needs_it(
    world: World, http: httpx.Client, role: Role, full: bool
) -> None:
    denied_car(world)
    sign_in(world, http, role)
    page = http.get(f"/incidents/{SQUAT}").text
    assert (PLATE in page, OTHER in page) == (full, full)
    assert ("沪A·**345" in page, "沪A·***890" in page) == (not full, not full)
    assert ((role.value, "plate", SQUAT) in world.looks()) is full


EVERYWHERE = (
    "/", "/devices", "/deliveries", "/people", "/quarantine", f"/incidents/{SQUAT}", "/parking", "/parking/gates",
    "/parking/visits", "/parking/visits?show=visits", "/parking/visits?plain=e1", "/parking/census",
    "/parking/space?id=s31", "/parking/hotspots", "/parking/table", "/permits", "/permits?q=12345", "/plans",
    "/households", "/household?id=b6-1203", "/permit?plate=%E6%B2%AAA12345", "/permits.csv", "/permits.xlsx",
    "/registry.jsonl", "/api/parking", "/api/parking/visits", "/api/parking/east/spaces", "/api/v1/devices",
    "/api/v1/incidents", f"/api/v1/incidents/{SQUAT}", "/api/v1/alerts", "/wall", "/parking/photos/1",
)  # fmt: skip


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.COMMITTEE, Role.STREET, Role.WALL])
def test_no_page_and_no_answer_of_the_api_gives_a_plate_to_who_needs_none(
    world: World, http: httpx.Client, role: Role
) -> None:
    park(world)
    denied_car(world)
    world.put_registry("permit", PLATE, Permit(plate=PLATE, place="b6-1203"))
    world.device(Device(id="cam-1", kind=Kind.LPR, place=""), facts={"plate": PLATE})
    sign_in(world, http, role)
    given = [path for path in EVERYWHERE if PLATE in http.get(path).text]
    assert given == []
    assert [one for one in world.looks() if "plate" in one[1] or "permits" in one[1]] == []


def test_each_page_that_gives_a_plate_to_the_office_is_a_look(world: World, http: httpx.Client) -> None:
    park(world)
    denied_car(world)
    world.put_registry("permit", PLATE, Permit(plate=PLATE, place="b6-1203"))
    sign_in(world, http, Role.PROPERTY)
    given = {}
    for path in EVERYWHERE:
        world.clock.now_ms += 3_700_000  # a page that shows it on is one look an hour
        before = len(world.looks())
        if PLATE in http.get(path).text:
            given[path] = len(world.looks()) - before
    assert all(given.values()), given
    assert {"/permits", "/parking/visits?plain=e1", "/household?id=b6-1203", f"/incidents/{SQUAT}"} <= given.keys()


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
