"""The registry of the simulated compound: complete, consistent, and nobody real in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec
import pytest

from hub.core.commands import AnyCommand, Command, PutDevice, PutDuty, PutPerson, PutPlace
from hub.core.context import Core
from hub.core.parking.site import site_of
from hub.core.registry import change_registry
from hub.core.state import State
from hub.model import Direction, Kind, PlaceKind, SpaceUse
from hub.simulate.guihuayuan import KITCHEN, compound, registry, seed_lines
from tests.core.timeline import settings

SEEDS = (1, 2, 77)


Put = TypeVar("Put", bound=Command)


def of(commands: Sequence[Command], kind: type[Put]) -> list[Put]:
    return [command for command in commands if isinstance(command, kind)]


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_are_those_of_the_story(seed: int) -> None:
    commands = registry(seed)
    places = [command.place for command in of(commands, PutPlace)]
    devices = [command.device for command in of(commands, PutDevice)]
    assert [place.name for place in places if place.kind is PlaceKind.BUILDING] == ["6号楼", "7号楼"]
    homes = [place for place in places if place.kind is PlaceKind.HOME]
    assert len(homes) == 60
    assert all(home.protected and home.floor is not None for home in homes)
    assert sum(place.kind is PlaceKind.SPACE for place in places) == 121  # 120, and the fire lane
    assert sum(place.kind is PlaceKind.GATE for place in places) == 2
    kinds = [device.kind for device in devices]
    assert (kinds.count(Kind.SMOKE), kinds.count(Kind.PARKING), kinds.count(Kind.LPR)) == (60, 121, 4)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_core_takes_all_of_it_and_the_plan_has_no_two_spaces_in_one_spot(seed: int) -> None:
    core = Core(State(community="guihuayuan"), settings())
    assert [(command, refused) for command in registry(seed) if (refused := change_registry(core, command))] == []
    spaces = list(core.state.spaces.values())
    assert len({(space.x, space.y) for space in spaces}) == 121
    uses = [space.use for space in spaces]
    assert [uses.count(use) for use in (SpaceUse.RESIDENT, SpaceUse.SHARED, SpaceUse.VISITOR)] == [60, 30, 22]
    assert uses.count(SpaceUse.TEMPORARY) == 8
    assert uses.count(SpaceUse.FIRE_LANE) == 1
    assert {lane.direction for lane in core.state.gate_lanes.values()} == {Direction.IN, Direction.OUT}
    assert all(permit.plate.startswith("沪Z") for permit in core.state.permits.values())
    compiled = site_of(core.state)
    assert {zone: len(ids) for zone, ids in compiled.counted.items()} == {
        "": 120,
        "parking-east": 60,
        "parking-west": 60,
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_stands_somewhere_and_comes_after_it(seed: int) -> None:
    known: set[str] = set()
    people: set[str] = set()
    for command in registry(seed):
        if isinstance(command, PutPlace):
            assert command.place.parent == "" or command.place.parent in known
            assert command.place.id not in known
            known.add(command.place.id)
        elif isinstance(command, PutDevice):
            assert command.device.place in known
            assert command.device.topic
        elif isinstance(command, PutPerson):
            people.add(command.person.id)
            assert [c.url for c in command.person.contacts] == [f"inbox://{command.person.id}"]
        elif isinstance(command, PutDuty):
            assert command.duty.person in people


@pytest.mark.parametrize("seed", SEEDS)
def test_the_kitchen_is_there_in_every_seed_and_every_device_once(seed: int) -> None:
    devices = [command.device for command in of(registry(seed), PutDevice)]
    assert len({device.id for device in devices}) == len(devices)
    kitchen = next(device for device in devices if device.id == KITCHEN)
    assert kitchen.place == "b6-1203"
    assert kitchen.topic == "zigbee2mqtt/6号楼/12层/1203-烟感"


def test_roles_are_filled_as_promised() -> None:
    duties = [command.duty.role for command in of(registry(1), PutDuty)]
    assert {role: duties.count(role) for role in set(duties)} == {
        "property": 2,
        "guard": 1,
        "committee": 2,
        "volunteer": 4,
    }


def test_a_plate_can_be_nobodys() -> None:
    plates = compound(1).resident_plates
    assert len(set(plates)) == len(plates)
    assert all(plate.startswith("沪Z") and len(plate) in (7, 8) for plate in plates)


def test_the_seed_file_reads_back_as_the_same_commands() -> None:
    commands = registry(3)
    read = [msgspec.json.decode(line, type=AnyCommand) for line in seed_lines(commands).splitlines()]
    assert read == commands


def test_same_seed_same_registry_other_seed_another() -> None:
    assert registry(5) == registry(5)
    assert registry(5) != registry(6)
