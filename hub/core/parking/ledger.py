"""The ledger: entries and visits. Entries are added, never changed. Pure.

Law, for each zone at every moment: ``ins - outs`` is the number of its open visits less its ``unnamed_outs``. Each zone has a
ledger of its own; the community's, "", is that of the lanes that lead into no zone.
"""

from __future__ import annotations

from hub.core.commands import CorrectLedger
from hub.core.context import Core
from hub.core.parking.estimates import estimate_soon
from hub.core.parking.guesses import guess
from hub.core.parking.hours import hour_of
from hub.core.parking.index import index, note_gone, note_inside, oldest_nameless, visit_inside
from hub.core.parking.permits import permit_of
from hub.core.parking.state import GuessKind, ZoneState
from hub.model import Direction, EntryReason, GateLane, LedgerEntry, PermitKind, ReadHow, Visit
from hub.plates import normalised

SKEW_MS = 60_000
"""Two cameras' clocks may disagree by this much before one passage counts as before another."""

SEEN = frozenset({EntryReason.PASSED, EntryReason.TAILGATED, EntryReason.OFFICE})
"""Somebody saw the car pass at that time: only these count in the hours."""


def zone_state(core: Core, zone: str) -> ZoneState:
    """The zone's counts; begun with its first entry."""
    zones = core.state.parking.zones
    found = zones.get(zone)
    if found is None:
        found = zones[zone] = ZoneState()
    return found


def enter(
    core: Core,
    lane: GateLane | None,
    *,
    at_ms: int,
    plate: str,
    read: ReadHow,
    reason: EntryReason = EntryReason.PASSED,
    zone: str = "",
    device: str = "",
    kind: PermitKind | None = None,
    actor: str = "",
    note: str = "",
) -> LedgerEntry:
    """A car came in: an entry and a visit; what it shows to have been missed is an entry of its own before it.

    1. Inside already: it went out unseen, before it came in again. 2. Its entry and its visit. 3. Replayed from before the
    visit that is open: that stay must have ended before this one began.
    """
    zone = lane.zone if lane is not None else zone
    before = visit_inside(core, zone, plate)
    if before is not None and at_ms >= before.in_ms - SKEW_MS:
        miss_exit(core, lane, before, max(at_ms, before.in_ms))
        before = None
    permit = permit_of(core, plate) if plate else None
    kind = kind or (permit.kind if permit is not None else None)
    visit = Visit(
        id=core.next_id(),
        zone=zone,
        plate=plate,
        kind=kind,
        home=permit.place if permit is not None else "",
        in_ms=at_ms,
        in_entry=0,
        in_how=reason,
    )
    entry = write_entry(
        core, lane, Direction.IN, reason, visit, at_ms=at_ms, read=read, device=device, actor=actor, note=note
    )
    visit.in_entry = entry.id
    core.state.parking.visits[visit.id] = core.changes.parking.visits[visit.id] = visit
    if before is None:
        note_inside(index(core), visit)
    else:
        miss_exit(core, lane, visit, before.in_ms)
    estimate_soon(core, zone)
    return entry


def leave(
    core: Core,
    lane: GateLane | None,
    *,
    at_ms: int,
    plate: str,
    read: ReadHow,
    reason: EntryReason = EntryReason.PASSED,
    zone: str = "",
    device: str = "",
    kind: PermitKind | None = None,
    actor: str = "",
    note: str = "",
) -> LedgerEntry:
    """A car went out: it ends its visit, else that of a car that nobody has read, else it had been missed coming in.

    One that nobody could read ends the visit of one that nobody has read, else none: ``unnamed_outs`` remembers it.
    """
    zone = lane.zone if lane is not None else zone
    visit = visit_inside(core, zone, plate)
    if visit is not None and at_ms < visit.in_ms - SKEW_MS:
        visit = None  # replayed: that was an earlier stay
    if visit is None:
        visit = _nameless(core, zone, plate, at_ms)
    if visit is None and plate:
        visit = _missed_entry(core, lane, zone, plate, at_ms)
    if kind is None and plate:
        permit = permit_of(core, plate)
        kind = permit.kind if permit is not None else None
    if visit is None:
        zone_state(core, zone).unnamed_outs += 1
        visit = Visit(id=0, zone=zone, kind=kind, in_ms=at_ms, in_entry=0, in_how=reason)  # of nobody: kept nowhere
    elif kind is not None:
        visit.kind = kind
    entry = write_entry(
        core, lane, Direction.OUT, reason, visit, at_ms=at_ms, read=read, device=device, actor=actor, note=note
    )
    if visit.id:
        _end(core, visit, max(at_ms, visit.in_ms), entry.id, reason)
    estimate_soon(core, zone)
    return entry


def correct(core: Core, command: CorrectLedger) -> str | None:
    """The office corrects the ledger by an entry of its own; gives why not, in plain words, or None."""
    zone, plate = command.zone, normalised(command.plate)
    at_ms = command.at_ms or core.now_ms
    inside = visit_inside(core, zone, plate)
    if zone and zone not in core.state.places:
        return f"there is no zone {zone}"
    if at_ms > core.now_ms:
        return "a correction cannot lie in the future"
    if not command.note.strip():
        return "a correction needs a note: say why"
    if command.direction is Direction.IN and inside is not None:
        return f"{plate} is inside already"
    if command.direction is Direction.OUT and plate and inside is None:
        return f"{plate} is not inside"
    if command.direction is Direction.OUT and inside is not None and at_ms < inside.in_ms:
        return f"{plate} came in only after that"
    move = enter if command.direction is Direction.IN else leave
    move(
        core,
        None,
        at_ms=at_ms,
        plate=plate,
        read=ReadHow.NONE,
        reason=EntryReason.OFFICE,
        zone=zone,
        actor=command.actor,
        note=command.note,
    )
    return None


def name_visit(core: Core, visit: Visit, plate: str) -> None:
    """A car that nobody had read was read after all; only while no other visit of this plate is open."""
    if visit.plate or visit.out_ms is not None or visit_inside(core, visit.zone, plate) is not None:
        return
    note_gone(index(core), visit)
    _give_name(core, visit, plate)
    note_inside(index(core), visit)
    core.changes.parking.visits[visit.id] = visit


def _give_name(core: Core, visit: Visit, plate: str) -> None:
    permit = permit_of(core, plate)
    visit.plate = plate
    if permit is not None:
        visit.kind, visit.home = permit.kind, permit.place


def _nameless(core: Core, zone: str, plate: str, at_ms: int) -> Visit | None:
    """A car that nobody has read goes: if this one was read, it was that one."""
    visit = oldest_nameless(core, zone, at_ms + SKEW_MS)
    if visit is not None:
        note_gone(index(core), visit)
        if plate:
            _give_name(core, visit, plate)
            guess(core, GuessKind.TAKEN, visit)
    return visit


def miss_exit(core: Core, lane: GateLane | None, visit: Visit, at_ms: int) -> None:
    """It went out before this: as the car that nobody could name, or unseen."""
    counts = zone_state(core, visit.zone)
    if counts.unnamed_outs > 0:
        counts.unnamed_outs -= 1
        _end(core, visit, at_ms, 0, EntryReason.MISSED_EXIT)
        guess(core, GuessKind.NAMED, visit)
        return
    entry = write_entry(core, lane, Direction.OUT, EntryReason.MISSED_EXIT, visit, at_ms=at_ms)
    _end(core, visit, at_ms, entry.id, EntryReason.MISSED_EXIT)
    guess(core, GuessKind.EXIT, visit)


def _missed_entry(core: Core, lane: GateLane | None, zone: str, plate: str, at_ms: int) -> Visit:
    """It came in before this, unseen."""
    how = EntryReason.MISSED_ENTRY
    visit = Visit(id=core.next_id(), zone=zone, in_ms=at_ms, in_entry=0, in_how=how)
    _give_name(core, visit, plate)
    visit.in_entry = write_entry(core, lane, Direction.IN, how, visit, at_ms=at_ms).id
    core.state.parking.visits[visit.id] = visit
    guess(core, GuessKind.ENTRY, visit)
    return visit


def _end(core: Core, visit: Visit, at_ms: int, entry: int, how: EntryReason) -> None:
    visit.out_ms, visit.out_entry, visit.out_how = at_ms, entry, how
    note_gone(index(core), visit)
    core.state.parking.visits.pop(visit.id, None)
    core.changes.parking.visits[visit.id] = visit


def write_entry(
    core: Core,
    lane: GateLane | None,
    direction: Direction,
    reason: EntryReason,
    visit: Visit,
    *,
    at_ms: int,
    read: ReadHow = ReadHow.NONE,
    device: str = "",
    actor: str = "",
    note: str = "",
) -> LedgerEntry:
    """Write one entry and count it."""
    entry = LedgerEntry(
        id=core.next_id(),
        at_ms=at_ms,
        kept_ms=core.now_ms,
        direction=direction,
        reason=reason,
        lane=lane.id if lane is not None else "",
        gate=lane.gate if lane is not None else "",
        zone=visit.zone,
        device=device,
        plate=visit.plate,
        read=read,
        visit=visit.id,
        kind=visit.kind,
        actor=actor,
        note=note,
    )
    core.changes.parking.entries.append(entry)
    counts = zone_state(core, visit.zone)
    hour = hour_of(core, visit.zone, at_ms) if reason in SEEN else None
    if direction is Direction.IN:
        counts.ins += 1
        if hour is not None:
            hour.ins += 1
    else:
        counts.outs += 1
        if hour is not None:
            hour.outs += 1
    return entry
