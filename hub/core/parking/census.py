"""The census: somebody walks round, space by space, and the ledger is corrected by entries. Pure.

1. What nobody sees (dead, missing) is remembered as counted; a sensor that says otherwise is doubted until it changes: one that is
   stuck agrees with every other census.
2. What sensors do not see, and how many of them are wrong, is learned: the newest census counts for one of twenty-five.
3. When the whole zone was counted its ledger is corrected: too few cars inside enter; too many leave only as stays that nobody can vouch for
   (without a plate, or of no household, for over a day), because cars also stand outside of spaces. What then still differs is its offset.
"""

from __future__ import annotations

from hub.core.commands import CountSpaces
from hub.core.context import Core
from hub.core.parking.counts import seen
from hub.core.parking.estimates import (
    LEAST_SWING,
    Seen,
    estimate_now,
    has_gates,
    hidden_mean,
    misread_mean,
    swing,
)
from hub.core.parking.index import new_space, touched
from hub.core.parking.ledger import enter, leave
from hub.core.parking.site import Site, site_of
from hub.core.parking.state import ZoneState
from hub.model import Census, EntryReason, ReadHow, Verdict, Visit

NEWEST = 0.04
STALE_MS = 24 * 3_600_000


def count_spaces(core: Core, command: CountSpaces) -> str | None:
    """Take a census; gives why not, in plain words, or None."""
    if core.site is None:
        core.site = site_of(core.state)
    here = core.site
    if not command.spaces:
        return "a census needs at least one space: say what stands in it"
    if command.zone and command.zone not in here.zones:
        return f"there is no zone {command.zone} with spaces or gates; there are {', '.join(filter(None, here.zones))}"
    for id, verdict in command.spaces.items():
        if id not in core.state.spaces:
            return f"there is no space {id}; put it into the registry first"
        if command.zone and here.zone_of[id] != command.zone:
            return f"space {id} does not lie in zone {command.zone}"
        if verdict is Verdict.PROBABLE:
            return f"space {id}: a census says car, bike or nothing, not probable"
    found = {id: _note(core, id, verdict) for id, verdict in command.spaces.items()}
    corrected = 0
    for zone in here.zones:
        counted = here.counted.get(zone, ())
        if counted and found.keys() >= set(counted):
            corrected += _whole_zone(core, here, zone, {id: found[id] for id in counted}, command)
    census = Census(
        id=core.next_id(),
        zone=command.zone,
        at_ms=core.now_ms,
        actor=command.actor,
        spaces=dict(command.spaces),
        corrected=corrected,
        photos={id: photo for id, photo in command.photos.items() if id in command.spaces},
    )
    core.changes.parking.censuses[census.id] = census
    for zone in sorted({"", *(here.zone_of[id] for id in command.spaces)}):
        estimate_now(core, zone)
    return None


def _note(core: Core, id: str, verdict: Verdict) -> Seen:
    """What a person saw in one space against what its sensor says."""
    spaces = core.state.parking.spaces
    space = spaces.get(id)
    if space is None:
        space = new_space(core, id)
    stands = verdict is not Verdict.NOTHING
    live = seen(space, core.now_ms, core.settings.parking.dead_ms)
    found = Seen.UNSEEN
    if live:
        found = Seen.AGREES if space.occupied is stands else Seen.WRONG
        if found is Seen.WRONG and verdict is Verdict.BIKE:
            found = Seen.HIDDEN
    space.counted, space.counted_ms = stands, core.now_ms
    if found is Seen.WRONG and space.shown is space.occupied:
        space.doubted_ms = core.now_ms
    touched(core, id)
    core.changes.parking.spaces[id] = space
    return found


def _whole_zone(core: Core, here: Site, zone: str, found: dict[str, Seen], command: CountSpaces) -> int:
    """Learn from it, and correct the ledger of a zone that has gates."""
    state = core.state.parking.zones.setdefault(zone, ZoneState())
    hidden = sum(one is Seen.HIDDEN for one in found.values())
    wrong = sum(one is Seen.WRONG for one in found.values())
    before, wrong_before = hidden_mean(state, len(found)), misread_mean(state, len(found))
    state.hidden = before + NEWEST * (hidden / max(swing(core, state), LEAST_SWING) - before)
    state.misread = wrong_before + NEWEST * (wrong - wrong_before)
    state.census_ms = core.now_ms
    if not has_gates(here, zone):
        return 0
    cars = sum(command.spaces[id] is Verdict.CAR for id in found)
    corrected = _correct(core, zone, cars, command.actor)
    state.offset = float(state.ins - state.outs - cars)
    state.offset_ms = core.now_ms
    state.passed = state.ins + state.outs
    return corrected


def _correct(core: Core, zone: str, cars: int, actor: str) -> int:
    """Entries until the ledger agrees as far as it can; gives how many cars it had too many (below 0: too few)."""
    state = core.state.parking.zones[zone]
    too_many = state.ins - state.outs - cars
    if too_many <= 0:
        for _ in range(-too_many):
            enter(
                core,
                None,
                at_ms=core.now_ms,
                plate="",
                read=ReadHow.NONE,
                reason=EntryReason.CENSUS,
                zone=zone,
                actor=actor,
            )
        return too_many
    unvouched = [
        visit for visit in core.state.parking.visits.values() if visit.zone == zone and _unvouched(core, visit)
    ]
    unvouched.sort(key=lambda visit: (visit.in_ms, visit.id))
    for visit in unvouched[:too_many]:
        leave(
            core,
            None,
            at_ms=core.now_ms,
            plate=visit.plate,
            read=ReadHow.NONE,
            reason=EntryReason.CENSUS,
            zone=zone,
            actor=actor,
        )
    return min(len(unvouched), too_many)


def _unvouched(core: Core, visit: Visit) -> bool:
    """A stay of over a day that no household answers for."""
    return core.now_ms - visit.in_ms > STALE_MS and not (visit.plate and visit.home)
