"""The door of parking: what the core brings here, and where it goes. Pure.

    reading of a gate's device   -> gates    -> ledger, permits, health of the gate
    reading of a space's sensor  -> spaces   -> squats, overstay, the estimate
    command                      -> permits, census, office corrections, verdicts, watches
    timer                        -> whoever armed it

What parking finds goes to the rules as derived facts of a device (`hub.core.conditions.ask`), so that severity, policy and wording are
the site's own, in config.yaml.
"""

from __future__ import annotations

from hub.core.commands import AnyCommand, CorrectLedger, CountSpaces, EndWatch, SayVerdict, StartWatch
from hub.core.context import Core
from hub.core.parking.census import count_spaces
from hub.core.parking.estimates import zone_due
from hub.core.parking.gates import entered_twice, gate_reading, lane_due
from hub.core.parking.ledger import correct
from hub.core.parking.permits import permit_due, permitted
from hub.core.parking.site import Site, site_of
from hub.core.parking.spaces import space_due, space_reading
from hub.core.parking.squats import say_verdict
from hub.core.parking.watches import end_watch, start_watch, watch_due
from hub.core.state import DeviceState
from hub.model import Fact, Reading


def site(core: Core) -> Site:
    """The compiled registry; made anew after each change of it."""
    if core.site is None:
        core.site = site_of(core.state)
    return core.site


def observed(core: Core, device: DeviceState, reading: Reading, at_ms: int) -> None:
    """One reading of a device of a gate or a space; ``at_ms`` is when it happened. Replayed records come here too."""
    here = site(core)
    lane = here.lane_of.get(device.id)
    if lane is not None:
        gate_reading(core, lane, device, reading, at_ms)
        return
    space = here.space_of.get(device.id)
    if space is not None:
        space_reading(core, space, device, reading, at_ms)


def facts_of_plate(core: Core, device: str, facts: dict[str, Fact]) -> dict[str, Fact]:
    """What the rules are told of a plate beside what its camera says: ``permitted``, ``denied``, ``entered_twice``."""
    told = permitted(core, facts)
    lane = site(core).lane_of.get(device)
    plate = facts["plate"]
    if lane is not None and isinstance(plate, str):
        told = {**told, "entered_twice": entered_twice(core, lane, plate)}
    return told


def due(core: Core, what: str, id: int, name: str, due_ms: int) -> None:
    """A timer of parking: ``what`` is parking_lane, _space, _zone, _permit or _watch; ``name`` says which."""
    match what:
        case "parking_lane":
            lane_due(core, name, due_ms)
        case "parking_space":
            space_due(core, name, due_ms)
        case "parking_zone":
            zone_due(core, name, due_ms)
        case "parking_permit":
            permit_due(core, name, due_ms)
        case _:
            watch_due(core, id, due_ms)


def carry_out_parking(core: Core, command: AnyCommand) -> str | None:
    """Carry out one command about parking; gives why not, in plain words, or None."""
    match command:
        case CountSpaces():
            return count_spaces(core, command)
        case CorrectLedger():
            return correct(core, command)
        case SayVerdict():
            return say_verdict(core, command)
        case StartWatch():
            return start_watch(core, command)
        case EndWatch():
            return end_watch(core, command)
        case _:
            return f"{type(command).__name__} is not about parking"
