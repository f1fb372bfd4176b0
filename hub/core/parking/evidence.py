"""Evidence: which car may have come to stand in a space, and what speaks for it being none. Pure.

A car that stands in a space came from somewhere: through a gate, or out of another space. So whatever becomes occupied is
matched with a car, each car with one space at most, the most telling match first (`Tier`). A better match takes a car away
from a worse one, which is then judged anew: a stranger's car that seemed to stand in 12 is given up when it is needed in 40.
What nobody can be found for is probably no car. Before any of that counts the sensor's own word, where it gives one and that is clear: a bike
disturbs it far less than a car (`WEAK_PCT`, `STRONG_PCT`).

The ledger may be wrong, and then it is the ledger that is doubted and not the car:
 - a car that nobody read is a visit without a plate and fits everywhere; an opening on which nobody was read fits once;
 - while a gate is offline, blind or stuck open, a missing entry means little (`GATES_BLIND`): it is judged again when the gate
   is back and has replayed what it kept. Where all cars of the space's home stand elsewhere inside, it means what it always does;
 - a car that went out unread still has a visit: one that came in or left its space long ago and stands nowhere is no
   candidate, not even for its own space. (Measured in the simulated month: such visits were nearly always of cars that were
   out, and hid four squats of ten in spaces that are somebody's own.) While the hub begins, they are: see `own_car`;
 - a visit that ends while its space stays occupied shows that the match was wrong: the car stands here whose space has just
   become free (`mistaken`), else it is judged anew.

``signal`` is no sign: in this vocabulary it is the radio's. ``confidence`` and ``score`` are the sensor's own word.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

import msgspec

from hub.core.context import Core
from hub.core.parking.index import standing
from hub.core.parking.site import Site, site_of
from hub.core.parking.standing import Standing
from hub.core.parking.state import SpaceState
from hub.model import Direction, Fact, PermitKind, Space, Visit

MINUTE_MS = 60_000
ENTERED_MS = 20 * MINUTE_MS
"""A car that came in takes its space within this."""
WANDER_MS = 10 * MINUTE_MS
"""A car that left a space stands in another, or is out, within this."""
STRANGER_MS = 4 * MINUTE_MS
"""A car is taken to stand where it may not only when it came in this shortly before."""
UNSEEN_SPACES = 3
"""So many spaces that seem free may be taken by what no sensor sees."""
SKEW_MS = 30_000
"""Gates and sensors may disagree about the time by this much."""

A_CAR = -1
"""Instead of a visit: a car, nobody knows which."""
GONE = -2
"""Instead of a visit: its car has left by the ledger, and something still stands there."""

WEAK_PCT, STRONG_PCT = 65.0, 80.0
"""Below the first the sensor's own word is enough for no car, from the second on for a car; between them the gates are asked."""
RESTLESS_FLIPS, HOT_SQUATS = 3, 3
"""From so many on they are told as evidence."""
NOT_CARS = frozenset({"bicycle", "motorcycle", "bike", "motorbike", "ebike", "tricycle", "non_motor"})
"""What cameras call things that are no cars."""


class Tier(IntEnum):
    """How telling a match is; the lowest is taken."""

    SAME = 0
    """It left this very space a moment ago."""
    OWN = 1
    """Its own space."""
    ENTERED = 2
    LEFT = 3
    """It left another space a moment ago."""
    UNREAD = 4
    """It came in and nobody read it."""
    OPENING = 5
    """A gate opened and nobody was read."""
    STRANGER = 6
    """It came in just now, and may not stand here or has a space of its own."""


SAME, OWN, ENTERED, LEFT, UNREAD, OPENING, STRANGER = Tier  # a name is looked up four times as fast as a member


class Likely(msgspec.Struct, frozen=True):
    """The car that probably came to stand in a space."""

    tier: Tier
    visit: int
    """Or `A_CAR`."""
    plate: str = ""
    """"" where others may be meant as well."""
    space: str = ""
    """Space that had it until now."""
    opening_ms: int = 0


def compiled(core: Core) -> Site:
    """The compiled registry."""
    if core.site is None:
        core.site = site_of(core.state)
    return core.site


def likely_car(core: Core, space: Space, at_ms: int, until_ms: int) -> Likely | None:
    """The car that probably came to stand there at ``at_ms``; one that left its space by ``until_ms`` may be meant."""
    known = standing(core)
    zone = known.site.zone_of.get(space.id, "")
    owners = known.owners.get(space.id, {})
    found = _fitting(core, known, space, owners, at_ms, until_ms) if owners else []
    if not any(one[0] <= OWN for one in found):  # else none of the others fits better, for the space is taken
        others = _others(core, known, at_ms, until_ms)
        found += _fitting(core, known, space, [id for id in others if id not in owners], at_ms, until_ms)
    if not found:
        return _nameless(core, space, zone, at_ms, until_ms)
    tier, _, _, _, visit = min(found, key=lambda one: one[:4])
    if tier > LEFT:
        nameless = _nameless(core, space, zone, at_ms, until_ms)
        if nameless is not None and nameless.tier < tier:
            return nameless
    sole = tier <= OWN or sum(1 for one in found if one[4].plate) == 1
    at, left = known.whereabouts(visit.id)
    before = at or (left[0] if left is not None else "")
    return Likely(tier, visit.id, visit.plate if sole else "", before)


def _others(core: Core, known: Standing, at_ms: int, until_ms: int) -> dict[int, None]:
    """Visits that may be meant though the space is not their own: who came in lately and does not stand well, who left a space lately."""
    visits, spaces = core.state.parking.visits, core.state.parking.spaces
    found = dict.fromkeys([id for _, id in known.roaming_since(at_ms - ENTERED_MS, at_ms + SKEW_MS)])
    for _, _, left in known.freed_between(at_ms - WANDER_MS, until_ms):
        visit = spaces[left].visit
        if visit in visits:
            found[visit] = None
    return found


def _fitting(
    core: Core, known: Standing, space: Space, ids: Iterable[int], at_ms: int, until_ms: int
) -> list[tuple[Tier, bool, int, int, Visit]]:
    """Those of them whose car may have come to stand there, with what the best is chosen by."""
    visits, last_ms = core.state.parking.visits, at_ms + SKEW_MS
    zone = known.site.zone_of.get(space.id, "")
    found: list[tuple[Tier, bool, int, int, Visit]] = []
    for id in ids:
        visit = visits[id]
        if visit.in_ms > last_ms or (visit.zone and zone and visit.zone != zone):
            continue
        at, left = known.whereabouts(id)
        if at == space.id:
            continue
        tier = _tier(core, known, space, visit, at_ms, until_ms, left)
        if tier is None:
            continue
        if at is not None and not _gives_way(core, known, at, visit, tier):
            continue
        found.append((tier, at is not None, -visit.in_ms, visit.id, visit))
    return found


def _tier(
    core: Core, known: Standing, space: Space, visit: Visit, at_ms: int, until_ms: int, left: tuple[str, int] | None
) -> Tier | None:
    """How telling it would be; None: it cannot be meant."""
    wandered = left is not None and at_ms - WANDER_MS <= left[1] <= until_ms
    if wandered and left is not None and left[0] == space.id:
        return SAME
    own = known.own.get(visit.id, ())
    if space.id in own:
        return OWN if wandered or (left is None and visit.in_ms >= at_ms - ENTERED_MS) else None
    if left is not None and not wandered:
        return None
    if not wandered and not at_ms - ENTERED_MS <= visit.in_ms:
        return None
    if not visit.plate:
        return UNREAD
    if space.homes or (own and _any_free_or_unknown(core, own)):
        # Its own may be taken by what no sensor sees; somebody else's it takes only where nothing else is free.
        near = wandered or visit.in_ms >= at_ms - STRANGER_MS
        return STRANGER if near and not (space.homes and _free_for_all(known)) else None
    return LEFT if wandered else ENTERED


def _gives_way(core: Core, known: Standing, at: str, visit: Visit, tier: Tier) -> bool:
    """It seemed to stand there, and fits better here."""
    space, held = core.state.spaces.get(at), core.state.parking.spaces[at]
    if space is None or held.called_car_ms:
        return False
    there = _tier(core, known, space, visit, held.since_ms, held.since_ms, None)
    return tier < there if there is not None else tier is OWN


def _any_free_or_unknown(core: Core, ids: tuple[str, ...]) -> bool:
    spaces, states = core.state.spaces, core.state.parking.spaces
    for id in ids:
        if id in spaces:  # else it is a zone
            space = states.get(id)
            if space is None or space.occupied is not True:
                return True
    return False


def _free_for_all(known: Standing) -> bool:
    """More spaces that are nobody's own are free than what no sensor sees may have taken."""
    return known.free_for_all > UNSEEN_SPACES


def own_car(core: Core, space: Space) -> int:
    """Visit of a car of the space's home that is inside and stands nowhere else; `A_CAR` for none."""
    if space.homes:
        known, parking = standing(core), core.state.parking
        for visit in parking.visits.values():
            if not visit.plate or space.id not in known.own.get(visit.id, ()):
                continue
            if known.stands(visit.id) is None:
                return visit.id
    return A_CAR


def mistaken(core: Core, space: Space) -> Likely | None:
    """The car that was taken to stand here is out, and out of a space that was taken for another's: that one stands here."""
    parking = core.state.parking
    found: tuple[int, int, str] | None = None
    for since_ms, turn, id in reversed(standing(core).freed_between(core.now_ms - ENTERED_MS)):
        if found is not None and since_ms < found[0]:
            break
        visit = parking.spaces[id].visit
        if id != space.id and (visit == A_CAR or visit in parking.visits):
            found = since_ms, turn, id
    return Likely(LEFT, parking.spaces[found[2]].visit, "", found[2]) if found is not None else None


def _nameless(core: Core, space: Space, zone: str, at_ms: int, until_ms: int) -> Likely | None:
    """A car of which nobody knows which it is: it left a space a moment ago, or a gate opened and nobody was read."""
    spaces = core.state.parking.spaces
    freed = standing(core).freed_between(at_ms - WANDER_MS, until_ms)
    left = [(turn, id) for _, turn, id in freed if spaces[id].visit == A_CAR and (not space.homes or id == space.id)]
    if left:
        _, id = min(left)
        return Likely(SAME if id == space.id else LEFT, A_CAR, "", id)
    for name in {zone: 0, "": 0}:
        for opened_ms in core.state.parking.unread_openings.get(name, ()):
            if at_ms - ENTERED_MS <= opened_ms <= at_ms + SKEW_MS:
                return Likely(OPENING, A_CAR, "", "", opened_ms)
    return None


def note_unread_opening(core: Core, zone: str, at_ms: int) -> None:
    """A gate into the zone opened and nobody was read: a car may have come in."""
    known = core.state.parking.unread_openings.setdefault(zone, [])
    known[:] = [one for one in known if one >= at_ms - 6 * ENTERED_MS][-64:]
    known.append(at_ms)


def forget_opening(core: Core, at_ms: int) -> None:
    """Its car has been found."""
    for known in core.state.parking.unread_openings.values():
        if at_ms in known:
            known.remove(at_ms)
            return


def no_car(core: Core, space: Space, state: SpaceState, likely: Likely | None) -> tuple[bool, dict[str, str]]:
    """Whether it is probably none, and what is known of it in figures."""
    why = dict[str, str]()
    sure = sureness(core, space)
    if likely is None:
        why["no_entry"] = str(ENTERED_MS // MINUTE_MS)
    if sure is not None:
        why["signature"] = f"{sure:.0f}"
    if state.flips >= RESTLESS_FLIPS:
        why["dwell"] = str(state.flips)
    before = len(core.state.parking.squatted.get(space.id, ()))
    if before >= HOT_SQUATS:
        why["before"] = str(before)
    if weak(core, space) or strong(core, space):
        return weak(core, space), why
    return likely is None and (not gates_blind(core) or _all_stand_elsewhere(core, space)), why


def weak(core: Core, space: Space) -> bool:
    """The sensor itself says that it is no car."""
    sure = sureness(core, space)
    return sure is not None and sure < WEAK_PCT


def strong(core: Core, space: Space) -> bool:
    """The sensor itself says that it is a car."""
    sure = sureness(core, space)
    return sure is not None and sure >= STRONG_PCT


def sureness(core: Core, space: Space) -> float | None:
    """How sure the sensor is that it sees a car, in percent; None: it does not say."""
    for id in compiled(core).sensors.get(space.id, ()):
        device = core.state.devices.get(id)
        for name in ("confidence", "score"):
            said: Fact | None = device.facts.get(name) if device is not None else None
            if isinstance(said, int | float) and not isinstance(said, bool):
                return said * 100.0 if name == "score" and said <= 1 else float(said)
    return None


def gates_blind(core: Core) -> bool:
    """A car may come in now and no gate tells of it."""
    devices, lanes = core.state.devices, core.state.parking.lanes
    for lane in core.state.gate_lanes.values():
        if lane.direction is Direction.OUT:
            continue
        known = lanes.get(lane.id)
        if known is not None and ("blind" in known.met or "stuck_open" in known.met):
            return True
        for id in lane.devices:
            device = devices.get(id)
            if device is not None and (device.away or device.silent):
                return True
    return False


def _all_stand_elsewhere(core: Core, space: Space) -> bool:
    """The space's home has cars, and each is inside and stands in another space."""
    if not space.homes:
        return False
    plates = {plate for plate, permit in core.state.permits.items() if permit.place in space.homes}
    known, parking = standing(core), core.state.parking
    visits = (parking.visits.get(id) for id in known.spaces_of if known.stands(id) is not None)
    inside = {visit.plate for visit in visits if visit}
    return bool(plates) and plates <= inside


def entitled(core: Core, space: Space, plate: str) -> bool:
    """The car may stand in this space."""
    permit = core.state.permits.get(plate)
    if permit is None or permit.kind is PermitKind.DENIED or not permit.stands(core.now_ms):
        return False
    zone = compiled(core).zone_of.get(space.id, "")
    return permit.place in space.homes or space.id in permit.spaces or (bool(zone) and zone in permit.spaces)
