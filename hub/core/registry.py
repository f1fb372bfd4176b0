"""The registry inside the core: places, devices, people, the rota, permits; changed only by commands. Pure."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from hub.core.commands import (
    AnyCommand,
    EraseHousehold,
    ErasePerson,
    ImHome,
    PutCalendarDay,
    PutDevice,
    PutDuty,
    PutGateLane,
    PutOverride,
    PutPermit,
    PutPerson,
    PutPlace,
    PutPlan,
    PutSpace,
    PutTurn,
    Refuse,
    Remove,
)
from hub.core.context import Core
from hub.core.households import erase_household
from hub.core.parking.checks import check_lane, check_permit, check_plan, check_space, check_turn
from hub.core.parking.estimates import start_zones
from hub.core.parking.gates import forget_lane
from hub.core.parking.permits import permit_gone, permit_put
from hub.core.parking.plans import permit_for
from hub.core.people import changed, erase_person, im_home, refuse, why_kept
from hub.core.registry_checks import check_calendar_day, check_duty, check_override, check_person, check_place
from hub.core.state import DeviceState
from hub.model import Device
from hub.plates import normalised

T = TypeVar("T")


def change_registry(core: Core, command: AnyCommand) -> str | None:
    """Carry out one registry command; gives why not, in plain words, or None."""
    state, changes = core.state, core.changes
    match command:
        case PutPlace(place=place):
            refused = check_place(core, place)
            return _put(core, refused, "place", place.id, place, state.places, changes.places)
        case PutDevice(device=device):
            return _put_device(core, device)
        case PutPerson(person=person):
            return _put(core, check_person(person), "person", person.id, person, state.people, changes.people)
        case PutDuty(duty=duty):
            return _put(core, check_duty(core, duty), "duty", duty.id, duty, state.duties, changes.duties)
        case PutPermit(permit=permit):
            # One car, one permit: whoever spells its plate otherwise changes the permit that it has.
            permit = msgspec.structs.replace(permit, plate=normalised(permit.plate))
            refused = check_permit(permit)
            refused = _put(core, refused, "permit", permit.plate, permit, state.permits, changes.permits)
            if refused is None:
                permit_put(core, permit)
            return refused
        case PutSpace(space=space):
            return _put(core, check_space(core, space), "space", space.id, space, state.spaces, changes.spaces)
        case PutGateLane(lane=lane):
            refused = check_lane(core, lane)
            return _put(core, refused, "gate_lane", lane.id, lane, state.gate_lanes, changes.gate_lanes)
        case PutPlan(plan=plan):
            return _put(core, check_plan(core, plan), "plan", plan.id, plan, state.plans, changes.plans)
        case PutTurn(turn=turn):
            refused = _put(core, check_turn(core, turn), "turn", turn.id, turn, state.turns, changes.turns)
            granted = permit_for(core, turn) if refused is None else None
            if granted is not None:
                return change_registry(core, PutPermit(actor=command.actor, permit=granted))
            return refused
        case PutOverride(override=one):
            return _put(core, check_override(core, one), "override", one.id, one, state.overrides, changes.overrides)
        case PutCalendarDay(day=day):
            refused = check_calendar_day(day)
            return _put(core, refused, "calendar_day", day.date, day, state.calendar, changes.calendar)
        case ImHome():
            return im_home(core, command)
        case Refuse():
            return refuse(core, command)
        case ErasePerson():
            return erase_person(core, command)
        case EraseHousehold():
            return erase_household(core, command, _drop_permit)
        case Remove(what="permit", id=id) if id not in state.permits:
            return _remove(core, "permit", normalised(id))
        case Remove(what=what, id=id):
            return _remove(core, what, id)
        case _:
            return f"{type(command).__name__} does not change the registry"


def _put(
    core: Core, refused: str | None, what: str, id: str, entry: T, known: dict[str, T], touched: dict[str, T | None]
) -> str | None:
    if refused is None:
        known[id] = touched[id] = entry
        changed(core, what, id)
        if what in ("space", "gate_lane"):
            start_zones(core)
    return refused


def _put_device(core: Core, device: Device) -> str | None:
    if device.place and device.place not in core.state.places:
        return f"device {device.id}: there is no place {device.place}; put the place first"
    core.state.registered[device.id] = device
    core.changes.registered[device.id] = device
    known = core.state.devices.get(device.id)
    if known is None:
        # Supervised from the moment it is registered: a detector that was never heard is a gap too.
        known = DeviceState(
            id=device.id,
            kind=device.kind,
            last_seen_ms=core.now_ms,
            first_seen_ms=0,
            facts={},
            model=device.model,
            offline_at_seen_ms=core.state.offline_ms,
        )
        core.state.devices[device.id] = known
    known.kind = device.kind
    known.answers = None
    core.changes.devices[device.id] = known
    core.arm(core.silence_due(device.id), "device", 0, device.id)
    changed(core, "device", device.id)
    return None


def _drop_permit(core: Core, plate: str) -> None:
    del core.state.permits[plate]
    core.changes.permits[plate] = None
    permit_gone(core)


def _remove(core: Core, what: str, id: str) -> str | None:
    state, changes = core.state, core.changes
    match what:
        case "place" if id in state.places:
            inside = [p.id for p in state.places.values() if p.parent == id]
            standing = [d.id for d in state.registered.values() if d.place == id]
            if inside or standing:
                return f"place {id} still holds {', '.join([*inside, *standing][:5])}"
            named = [f"duty {d.id}" for d in state.duties.values() if d.place == id]
            named += [f"override {o.id}" for o in state.overrides.values() if o.place == id]
            if named:
                return f"place {id} is still named by {', '.join(named[:5])}; change or remove these first"
            del state.places[id]
            changes.places[id] = None
        case "device" if id in state.registered:
            del state.registered[id]
            changes.registered[id] = None
        case "person" if id in state.people:
            kept = why_kept(core, id)
            if kept is not None:
                return kept
            del state.people[id]
            changes.people[id] = None
        case "duty" if id in state.duties:
            del state.duties[id]
            changes.duties[id] = None
        case "permit" if id not in state.permits:
            return "there is no permit for this plate"  # a refusal is kept, and shown: no place for a plate
        case "permit":
            _drop_permit(core, id)
        case "override" if id in state.overrides:
            del state.overrides[id]
            changes.overrides[id] = None
        case "space" if id in state.spaces:
            del state.spaces[id]
            changes.spaces[id] = None
        case "gate_lane" if id in state.gate_lanes:
            forget_lane(core, state.gate_lanes.pop(id))
            changes.gate_lanes[id] = None
        case "plan" if id in state.plans:
            del state.plans[id]
            changes.plans[id] = None
        case "calendar_day" if id in state.calendar:
            del state.calendar[id]
            changes.calendar[id] = None
        case _:
            return f"there is no {what} {id}"
    changed(core, what, id)
    return None
