"""Forgetting the cars of a household. Pure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hub.core.commands import EraseHousehold
from hub.core.context import Core
from hub.core.decisions import HouseholdErased, Reason
from hub.core.parking.replays import forget_plates
from hub.core.people import changed
from hub.model import PlaceKind


def erase_household(core: Core, command: EraseHousehold, drop_permit: Callable[[Core, str], None]) -> str | None:
    """Its permits go, and its plates out of what is kept; a car that stands inside keeps its plate until it has left.

    Else its way out would find no visit, and the count of cars would be wrong by one for good.
    """
    state, changes, home = core.state, core.changes, command.place
    place = state.places.get(home)
    if place is None or place.kind is not PlaceKind.HOME:
        return f"there is no home {home}; look its id up in the registry"
    permits = [one.plate for one in state.permits.values() if one.place == home]
    plates = {*permits, *(one.plate for one in state.turns.values() if one.place == home)}
    plates |= {one.plate for one in state.parking.visits.values() if one.home == home}
    for plate in permits:
        drop_permit(core, plate)
    for turn in [one for one in state.turns.values() if one.place == home and one.plate]:
        state.turns[turn.id] = changes.turns[turn.id] = msgspec.structs.replace(turn, plate="")
    for visit in state.parking.visits.values():
        if visit.home == home:
            visit.home = ""
            changes.parking.visits[visit.id] = visit
    for alert in state.alerts.values():
        if alert.facts.get("plate") in plates:
            alert.facts = {name: value for name, value in alert.facts.items() if name != "plate"}
            changes.alerts[alert.id] = alert
    forget_plates(state.parking, plates - {""})
    changes.erased_plates |= plates - {""}
    changed(core, "permit", "")
    core.decisions.append(
        HouseholdErased(
            seq=core.input_seq, at_ms=core.now_ms, reason=Reason.PERSON_ASKED, place=home, permits=len(permits)
        )
    )
    return None
