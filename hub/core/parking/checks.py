"""What a registry entry about parking must satisfy; each gives why not, in plain words, or None. Pure."""

from __future__ import annotations

from hub.core.context import Core
from hub.model import GateLane, ParkingPlan, Permit, PlaceKind, PlanTurn, Space


def check_space(core: Core, space: Space) -> str | None:
    place = core.state.places.get(space.id)
    if place is None or place.kind is not PlaceKind.SPACE:
        return f"space {space.id}: there is no place of kind space with this id; put the place first"
    return None


def check_lane(core: Core, lane: GateLane) -> str | None:
    gate = core.state.places.get(lane.gate)
    if gate is None or gate.kind is not PlaceKind.GATE:
        return f"lane {lane.id}: {lane.gate} is no place of kind gate; put the gate first"
    for device in lane.devices:
        for other in core.state.gate_lanes.values():
            if other.id != lane.id and device in other.devices:
                return f"lane {lane.id}: device {device} belongs to lane {other.id} already"
    if lane.zone and lane.zone not in core.state.places:
        return f"lane {lane.id}: there is no place {lane.zone}"
    return None


def check_permit(permit: Permit) -> str | None:
    if not permit.plate:
        return "a permit needs a plate"
    return None


def check_plan(core: Core, plan: ParkingPlan) -> str | None:
    if plan.zone and plan.zone not in core.state.places:
        return f"plan {plan.id}: there is no place {plan.zone}"
    return None


def check_turn(core: Core, turn: PlanTurn) -> str | None:
    if turn.id in core.state.turns:
        return f"turn {turn.id} was given already; turns are never changed"
    return None
