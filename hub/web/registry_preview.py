"""What a file would do to the registry: what is new, what changes, and what cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2s

import msgspec
from sqlalchemy import Connection, select

from hub.core.commands import (
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
)
from hub.core.parking.checks import check_permit
from hub.core.registry_checks import check_calendar_day, check_person
from hub.model import (
    CalendarDay,
    Device,
    Duty,
    GateLane,
    Override,
    ParkingPlan,
    Permit,
    Person,
    Place,
    PlanTurn,
    Space,
)
from hub.store import schema
from hub.web.language import marked
from hub.web.registry_file import AnyPut, Line, entry_of

TYPES: Mapping[str, type[msgspec.Struct]] = {
    "place": Place,
    "device": Device,
    "person": Person,
    "duty": Duty,
    "space": Space,
    "gate_lane": GateLane,
    "plan": ParkingPlan,
    "turn": PlanTurn,
    "permit": Permit,
    "override": Override,
    "calendar_day": CalendarDay,
}

TWICE = marked("文件里出现了两次")
NO_PLACE = marked("没有这个位置")
NO_PERSON = marked("没有这个人")
NO_ROLE = marked("没有写角色")
NO_ID = marked("没有写编号")
NO_DAY = marked("至少写一个星期几,1是周一")
BACKWARDS = marked("结束早于开始")
WRONG = marked("内容不对")
NO_PLAN = marked("没有这个临时方案")
TURN_STAYS = marked("给出的轮次不能改;要提前结束,就移除它的许可")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One line as the preview shows it."""

    number: int
    what: str = ""
    id: str = ""
    state: str
    """new, changed, same or mistake."""
    mistake: str = ""
    detail: str = ""
    fields: tuple[str, ...] = ()
    """Which fields change."""


Entries = Mapping[tuple[str, str], msgspec.Struct]
"""(what, id) -> entry."""


def entries(connection: Connection, community: str) -> Entries:
    """The whole registry, devices too."""
    table, devices = schema.registry, schema.device
    found: dict[tuple[str, str], msgspec.Struct] = {}
    for row in connection.execute(select(table).where(table.c.community == community).order_by(table.c.id)):
        if row.what in TYPES:
            found[row.what, row.id] = msgspec.json.decode(row.body, type=TYPES[row.what])
    query = select(devices.c.id, devices.c.body).where(devices.c.community == community, devices.c.registered)
    for row in connection.execute(query.order_by(devices.c.id)):
        found["device", row.id] = msgspec.json.decode(row.body, type=Device)
    return found


def as_puts(known: Entries, actor: str) -> list[AnyPut]:
    """The commands that would make this registry again."""
    found: list[AnyPut] = []
    for entry in known.values():
        match entry:
            case Place():
                found.append(PutPlace(actor=actor, place=entry))
            case Device():
                found.append(PutDevice(actor=actor, device=entry))
            case Person():
                found.append(PutPerson(actor=actor, person=msgspec.structs.replace(entry, home_until_ms=0)))
            case Duty():
                found.append(PutDuty(actor=actor, duty=entry))
            case Space():
                found.append(PutSpace(actor=actor, space=entry))
            case GateLane():
                found.append(PutGateLane(actor=actor, lane=entry))
            case ParkingPlan():
                found.append(PutPlan(actor=actor, plan=entry))
            case PlanTurn():
                found.append(PutTurn(actor=actor, turn=entry))
            case Permit():
                found.append(PutPermit(actor=actor, permit=entry))
            case Override():
                found.append(PutOverride(actor=actor, override=entry))
            case CalendarDay():
                found.append(PutCalendarDay(actor=actor, day=entry))
    return found


def stamp(known: Entries) -> str:
    """Of the registry that a file was compared with."""
    digest = blake2s(digest_size=12)
    for key in sorted(known):
        digest.update(repr(key).encode() + msgspec.json.encode(known[key]))
    return digest.hexdigest()


def preview(lines: Sequence[Line], known: Entries) -> list[Change]:
    """Each line against the registry as it would be with all of them."""
    after = {(what, id) for what, id, _ in (entry_of(line.put) for line in lines if line.put)} | known.keys()
    seen: set[tuple[str, str]] = set()
    found: list[Change] = []
    for line in lines:
        if line.put is None:
            found.append(Change(number=line.number, state="mistake", mistake=line.mistake, detail=line.detail))
            continue
        what, id, entry = entry_of(line.put)
        mistake, detail = (TWICE, id) if (what, id) in seen else _mistake(line.put, after)
        seen.add((what, id))
        old = known.get((what, id))
        if what == "turn" and old not in (None, entry):
            mistake, detail = TURN_STAYS, id
        fields = tuple(
            name for name in entry.__struct_fields__ if old is not None and getattr(old, name) != getattr(entry, name)
        )
        state = "mistake" if mistake else "new" if old is None else "changed" if fields else "same"
        found.append(
            Change(number=line.number, what=what, id=id, state=state, mistake=mistake, detail=detail, fields=fields)
        )
    return found


def _mistake(put: AnyPut, after: set[tuple[str, str]]) -> tuple[str, str]:
    """(what is wrong, with what), or two empty texts. The core looks once more when it is put."""
    what, id, _ = entry_of(put)
    if not id:
        return NO_ID, what
    match put:
        case PutPlace(place=place) if place.parent and ("place", place.parent) not in after:
            return NO_PLACE, place.parent
        case PutDevice(device=device) if device.place and ("place", device.place) not in after:
            return NO_PLACE, device.place
        case PutPerson(person=person):
            wrong = check_person(person)
            return (WRONG, wrong) if wrong else ("", "")
        case PutDuty(duty=duty):
            return _wrong_duty(duty, after)
        case PutOverride(override=one):
            people = [one.person, *([one.instead_of] if one.instead_of else [])]
            missing = next((person for person in people if ("person", person) not in after), None)
            if missing is not None:
                return NO_PERSON, missing
            if one.place and ("place", one.place) not in after:
                return NO_PLACE, one.place
            return (BACKWARDS, id) if one.until_ms <= one.from_ms else ("", "")
        case PutSpace() | PutGateLane() | PutPlan() | PutTurn() | PutPermit():
            return _wrong_parking(put, after)
        case PutCalendarDay(day=day):
            wrong = check_calendar_day(day)
            return (WRONG, wrong) if wrong else ("", "")
    return "", ""


def _wrong_duty(duty: Duty, after: set[tuple[str, str]]) -> tuple[str, str]:
    missing = next((person for person in (duty.person, *duty.rotation) if ("person", person) not in after), None)
    if not duty.role:
        return NO_ROLE, duty.id
    if missing is not None:
        return NO_PERSON, missing
    if duty.place and ("place", duty.place) not in after:
        return NO_PLACE, duty.place
    if not duty.weekdays or any(not 0 <= day <= 6 for day in duty.weekdays):
        return NO_DAY, duty.id
    return "", ""


def _wrong_parking(
    put: PutSpace | PutGateLane | PutPlan | PutTurn | PutPermit, after: set[tuple[str, str]]
) -> tuple[str, str]:
    """Names that nothing stands behind; the core looks at dates, overlaps and the rest."""
    places: tuple[str, ...] = ()
    match put:
        case PutSpace(space=space):
            places = (space.id, *space.homes)
        case PutGateLane(lane=lane):
            places = (lane.gate, lane.zone)
        case PutPlan(plan=plan):
            places = (plan.zone,)
        case PutTurn(turn=turn):
            places = (turn.place,)
            if ("plan", turn.plan) not in after:
                return NO_PLAN, turn.plan
        case PutPermit(permit=permit):
            places = (permit.place, *permit.spaces)
            if permit.person and ("person", permit.person) not in after:
                return NO_PERSON, permit.person
            if (wrong := check_permit(permit)) is not None:
                return WRONG, wrong
    missing = next((one for one in places if one and ("place", one) not in after), None)
    return (NO_PLACE, missing) if missing is not None else ("", "")
