"""Owners: whom to ask first about a car, by its plate. Pure.

A plate stays here: the owner is told about the place, and no message carries the plate (`hub.core.notices`).
"""

from __future__ import annotations

from hub.core.context import Core
from hub.core.rota import holders
from hub.model import Alert, Person

CAR_OWNER = "car_owner"
"""Role that nobody holds by the rota: whoever the car of the alert belongs to."""
HOUSEHOLD = "household"


def owners(core: Core, alert: Alert) -> list[Person]:
    """Whoever answers for the car that the alert is about, the permit's person before the household; empty: nobody is known."""
    permit = core.state.permits.get(plate_of(core, alert))
    if permit is None:
        return []
    person = core.state.people.get(permit.person)
    if person is not None:
        return [person]
    return holders(core, HOUSEHOLD, permit.place) if permit.place else []


def plate_of(core: Core, alert: Alert) -> str:
    """The car's plate: as the alert says, else as it is believed of the space; "" when nobody knows."""
    said = alert.facts.get("plate")
    if isinstance(said, str) and said:
        return said
    space = core.state.parking.spaces.get(alert.place)
    return space.plate if space is not None else ""
