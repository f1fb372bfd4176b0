"""The registry inside the core: places, devices, people, duties, permits; changed only by commands. Pure."""

from __future__ import annotations

from hub.core.commands import (
    AnyCommand,
    PutCalendarDay,
    PutDevice,
    PutDuty,
    PutOverride,
    PutPermit,
    PutPerson,
    PutPlace,
    Remove,
)
from hub.core.context import Core
from hub.core.decisions import Reason, RegistryChanged
from hub.core.state import DeviceState
from hub.model import Device, Place


def change_registry(core: Core, command: AnyCommand) -> str | None:
    """Carry out one registry command; gives why not, in plain words, or None."""
    match command:
        case PutPlace(place=place):
            return _put_place(core, place)
        case PutDevice(device=device):
            return _put_device(core, device)
        case PutPerson(person=person):
            core.state.people[person.id] = person
            core.changes.people[person.id] = person
            _changed(core, "person", person.id)
        case PutDuty(duty=duty):
            if duty.person not in core.state.people:
                return f"duty {duty.id}: nobody is called {duty.person}; put the person first"
            if duty.place and duty.place not in core.state.places:
                return f"duty {duty.id}: there is no place {duty.place}; put the place first"
            core.state.duties[duty.id] = duty
            core.changes.duties[duty.id] = duty
            _changed(core, "duty", duty.id)
        case PutPermit(permit=permit):
            core.state.permits[permit.plate] = permit
            core.changes.permits[permit.plate] = permit
            _changed(core, "permit", permit.plate)
        case PutOverride(override=override):
            if override.person not in core.state.people:
                return f"override {override.id}: nobody is called {override.person}; put the person first"
            if override.until_ms <= override.from_ms:
                return f"override {override.id}: it ends before it begins"
            core.state.overrides[override.id] = override
            core.changes.overrides[override.id] = override
            _changed(core, "override", override.id)
        case PutCalendarDay(day=day):
            core.state.calendar[day.date] = day
            core.changes.calendar[day.date] = day
            _changed(core, "calendar_day", day.date)
        case Remove(what=what, id=id):
            return _remove(core, what, id)
        case _:
            return f"{type(command).__name__} does not change the registry"
    return None


def _changed(core: Core, what: str, id: str) -> None:
    core.decisions.append(
        RegistryChanged(seq=core.input_seq, at_ms=core.now_ms, reason=Reason.PERSON_ASKED, what=what, id=id)
    )


def _put_place(core: Core, place: Place) -> str | None:
    if place.parent and place.parent not in core.state.places:
        return f"place {place.id}: there is no place {place.parent}; put the parent first"
    if place.parent == place.id or any(p.id == place.id for p in core.ancestors(place.parent)):
        return f"place {place.id}: it would stand inside itself"
    core.state.places[place.id] = place
    core.changes.places[place.id] = place
    _changed(core, "place", place.id)
    return None


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
    _changed(core, "device", device.id)
    return None


def _remove(core: Core, what: str, id: str) -> str | None:
    state, changes = core.state, core.changes
    match what:
        case "place" if id in state.places:
            inside = [p.id for p in state.places.values() if p.parent == id]
            standing = [d.id for d in state.registered.values() if d.place == id]
            if inside or standing:
                return f"place {id} still holds {', '.join([*inside, *standing][:5])}"
            del state.places[id]
            changes.places[id] = None
        case "device" if id in state.registered:
            del state.registered[id]
            changes.registered[id] = None
        case "person" if id in state.people:
            del state.people[id]
            changes.people[id] = None
        case "duty" if id in state.duties:
            del state.duties[id]
            changes.duties[id] = None
        case "permit" if id in state.permits:
            del state.permits[id]
            changes.permits[id] = None
        case "override" if id in state.overrides:
            del state.overrides[id]
            changes.overrides[id] = None
        case "calendar_day" if id in state.calendar:
            del state.calendar[id]
            changes.calendar[id] = None
        case _:
            return f"there is no {what} {id}"
    _changed(core, what, id)
    return None
