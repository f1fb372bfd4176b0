"""What the wall and the metrics count, from the core's state, for a thread that looks on while the loop steps. Pure.

The loop may add to any dictionary at any moment. So each is copied in one go before it is walked, and when even that was
disturbed, everything is counted again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hub.core.context import Core
from hub.core.state import DeviceState, State
from hub.influx import Gate, Gauges, LaneReads, ZoneParking
from hub.model import LIFE_SAFETY, Condition, Event, GateLane, Handling, Kind, Place, PlaceKind, Severity

T = TypeVar("T")

DETECTORS: frozenset[Kind] = LIFE_SAFETY - {Kind.SOS, Kind.FIRE_PANEL}
"""What guards a home by itself: a button waits for somebody to press it, and a panel stands elsewhere."""

GATE_KINDS = frozenset({Kind.GATE, Kind.GATE_IO, Kind.LPR})
_SAID_OFFLINE = frozenset({Event.OFFLINE, Event.CAMERA_OFFLINE, Event.GATEWAY_OFFLINE})
WHOLE = "all"
"""The whole community among its zones."""
_TRIES = 5
_DEEPEST = 16


def gauges_of(core: Core) -> Gauges:
    """Everything the wall counts, now. May be called from any thread."""
    return _undisturbed(lambda: _count(core.state))


def where_of(core: Core, device: str) -> tuple[str, str]:
    """(place id, name of its building) of a registered device, "" where unknown, as `hub.influx.lines.Where` wants it."""
    return _undisturbed(lambda: _where(core.state, device))


def alert_counts(state: State) -> tuple[dict[Severity, int], dict[Severity, int], int | None]:
    """Open alerts and those of them that nobody has accepted, by severity, and since when the oldest of these waits.

    What stands only as a test counts neither way: nobody has to hurry for it. Whether somebody goes is said of incidents.
    """
    open_: dict[Severity, int] = {}
    unanswered: dict[Severity, int] = {}
    oldest_ms: int | None = None
    for alert in list(state.alerts.values()):
        if alert.closed_ms is not None or alert.condition is Condition.PENDING or alert.test:
            continue
        open_[alert.severity] = open_.get(alert.severity, 0) + 1
        if not alert.incident and (alert.inhibited_by or alert.flapping):
            continue  # held back: nobody is to answer it
        incident = state.incidents.get(alert.incident)
        if (alert if incident is None else incident).handling is Handling.NEW:
            unanswered[alert.severity] = unanswered.get(alert.severity, 0) + 1
            oldest_ms = alert.raised_ms if oldest_ms is None else min(oldest_ms, alert.raised_ms)
    return open_, unanswered, oldest_ms


def alerts_now(core: Core) -> tuple[dict[Severity, int], dict[Severity, int], int | None]:
    """`alert_counts` for any thread."""
    return _undisturbed(lambda: alert_counts(core.state))


def live(device: DeviceState | None) -> bool:
    """Heard at least once, and not silent for too long since."""
    return device is not None and not device.silent and _heard(device)


def _heard(device: DeviceState) -> bool:
    """Whether it ever spoke: the core keeps a state from the registration on, when nothing was heard yet."""
    return device.first_seen_ms > 0


def _undisturbed(count: Callable[[], T]) -> T:
    for _ in range(_TRIES - 1):
        try:
            return count()
        except RuntimeError:  # a dictionary grew under our eyes
            continue
    return count()


def _count(state: State) -> Gauges:
    """One pass over the registry; a registered device costs one look-up."""
    heard = state.devices
    places = state.places
    detectors = online = spaces = left = 0
    guarded: set[str] = set()
    gates: dict[str, list[DeviceState | None]] = {}
    for device in list(state.registered.values()):
        kind = device.kind
        if kind is Kind.PARKING:
            spaces += 1
            known = heard.get(device.id)
            if known is not None and not known.silent and known.facts.get("occupied") is False:
                left += 1
        elif kind in DETECTORS:
            alive = live(heard.get(device.id))
            if kind is Kind.SMOKE:
                detectors += 1
                online += alive
            if alive:
                guarded.add(device.place)
        elif kind in GATE_KINDS:
            place = places.get(device.place)
            name = place.name if place is not None else device.name or device.id
            gates.setdefault(name, []).append(heard.get(device.id))
    zones = _zones(state)
    if whole := next((zone for zone in zones if zone.zone == WHOLE), None):
        spaces, left = whole.total, whole.left
    open_, unanswered, oldest_ms = alert_counts(state)
    return Gauges(
        community=state.community,
        open_alerts=open_,
        unanswered=unanswered,
        oldest_unanswered_ms=oldest_ms,
        detectors_total=detectors,
        detectors_online=online,
        spaces_total=spaces,
        spaces_left=left,
        unprotected=_unprotected(places, guarded),
        gates=tuple(_gate(name, devices) for name, devices in sorted(gates.items())),
        zones=zones,
        lanes=tuple(_lane(state, lane) for _, lane in sorted(state.gate_lanes.items())),
    )


def _zones(state: State) -> tuple[ZoneParking, ...]:
    """Each zone that has an estimate; none while the site has no spaces registered."""
    found: list[ZoneParking] = []
    squats = [one.zone for one in list(state.parking.squats.values())]
    for id, zone in sorted(state.parking.zones.items()) if state.spaces else ():
        estimate = zone.estimate
        place = state.places.get(id)
        if estimate is None or (id and place is None):
            continue
        found.append(
            ZoneParking(
                zone=place.name if place is not None else WHOLE,
                total=estimate.total,
                left=max(0, min(estimate.left, estimate.total)),
                bound=estimate.bound,
                present=estimate.present,
                unknown=estimate.unknown,
                ins=zone.ins,
                outs=zone.outs,
                squats=squats.count(id) if id else len(squats),
            )
        )
    return tuple(found)


def _lane(state: State, lane: GateLane) -> LaneReads:
    known = state.parking.lanes.get(lane.id)
    place = state.places.get(lane.gate)
    return LaneReads(
        gate=place.name if place is not None else lane.gate,
        lane=lane.id,
        reads=known.reads if known else 0,
        unread=known.unread if known else 0,
        wrong=len(known.met) if known else 0,
    )


def _unprotected(places: dict[str, Place], guarded: set[str]) -> dict[str, int]:
    """Building -> protected homes without a live detector in them. ``guarded``: places with one."""
    every = list(places.values())
    for inside in list(guarded):
        place = places.get(inside)
        if place is not None and place.kind is not PlaceKind.HOME:  # a kitchen's detector guards the home
            guarded.update(outer.id for outer in _line(places, inside))
    missing = {place.name: 0 for place in every if place.kind is PlaceKind.BUILDING}
    for place in every:
        if place.protected and place.id not in guarded:
            building = _building(places, place.id)
            missing[building] = missing.get(building, 0) + 1
    return missing


def _gate(name: str, devices: list[DeviceState | None]) -> Gate:
    """One gate from the one or two devices that stand at it: unknown stays unknown, one that is down takes it down."""
    known = [
        device
        for device in devices
        if device is not None and (_heard(device) or device.silent or _said_offline(device))
    ]
    down = any(device.silent or _said_offline(device) for device in known)
    return Gate(
        name=name,
        online=(not down if len(known) == len(devices) else False if down else None),
        open=_any_of(known, "open"),
        fault=_any_of(known, "fault"),
    )


def _said_offline(device: DeviceState) -> bool:
    """The last thing that was said about it is that it is away."""
    return device.away


def _any_of(devices: list[DeviceState], fact: str) -> bool | None:
    values = [value for device in devices if isinstance(value := device.facts.get(fact), bool)]
    return any(values) if values else None


def _where(state: State, device: str) -> tuple[str, str]:
    registered = state.registered.get(device)
    if registered is None:
        return "", ""
    return registered.place, _building(state.places, registered.place)


def _building(places: dict[str, Place], place_id: str) -> str:
    return next((place.name for place in _line(places, place_id) if place.kind is PlaceKind.BUILDING), "")


def _line(places: dict[str, Place], place_id: str) -> list[Place]:
    """The place, then what it stands in, up to but without the building's parents."""
    found: list[Place] = []
    while place_id and len(found) < _DEEPEST:
        place = places.get(place_id)
        if place is None:
            break
        found.append(place)
        if place.kind is PlaceKind.BUILDING:
            break
        place_id = place.parent
    return found
