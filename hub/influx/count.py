"""Counting a community's state for the wall. Pure: the whole state in, `Gauges` out, about 1 us a device."""

from __future__ import annotations

from collections.abc import Iterable

from hub.core.state import DeviceState, State
from hub.influx.gauges import Gate, Gauges
from hub.model import Alert, Condition, Device, Handling, Kind, Place, PlaceKind, Severity

_GATE_KINDS = frozenset({Kind.GATE, Kind.GATE_IO, Kind.LPR})


def count(state: State) -> Gauges:
    """What the wall shows of one community. Tests and what is only pending do not count as alerts."""
    alerts = [
        alert
        for alert in state.alerts.values()
        if alert.closed_ms is None and not alert.test and alert.condition is not Condition.PENDING
    ]
    unanswered = [alert for alert in alerts if alert.handling is Handling.NEW]
    by_kind: dict[Kind, list[Device]] = {}
    for device in state.registered.values():
        by_kind.setdefault(device.kind, []).append(device)
    smoke, parking = by_kind.get(Kind.SMOKE, []), by_kind.get(Kind.PARKING, [])
    return Gauges(
        community=state.community,
        open_alerts=_by_severity(alerts),
        unanswered=_by_severity(unanswered),
        oldest_unanswered_ms=min((alert.raised_ms for alert in unanswered), default=None),
        detectors_total=len(smoke),
        detectors_online=sum(_live(state, device) is not None for device in smoke),
        spaces_total=len(parking),
        spaces_left=sum(_fact(state, device, "occupied") is False for device in parking),
        unprotected=_unprotected(state, smoke),
        gates=tuple(_gates(state, [device for kind in _GATE_KINDS for device in by_kind.get(kind, [])])),
    )


def building_of(places: dict[str, Place], place: str) -> str:
    """Name of the building that a place stands in, "" when it stands in none."""
    seen: set[str] = set()
    while place in places and place not in seen:
        seen.add(place)
        if places[place].kind is PlaceKind.BUILDING:
            return places[place].name
        place = places[place].parent
    return ""


def _by_severity(alerts: Iterable[Alert]) -> dict[Severity, int]:
    counts: dict[Severity, int] = {}
    for alert in alerts:
        counts[alert.severity] = counts.get(alert.severity, 0) + 1
    return counts


def _live(state: State, device: Device) -> DeviceState | None:
    """What is known of a device that was heard and is not silent."""
    known = state.devices.get(device.id)
    return None if known is None or known.silent else known


def _fact(state: State, device: Device, name: str) -> object:
    known = _live(state, device)
    return None if known is None else known.facts.get(name)


def _unprotected(state: State, smoke: list[Device]) -> dict[str, int]:
    protected = {device.place for device in smoke if _live(state, device) is not None}
    counts: dict[str, int] = {}
    for place in state.places.values():
        if place.protected:
            building = building_of(state.places, place.id) or place.name
            counts[building] = counts.get(building, 0) + (place.id not in protected)
    return counts


def _gates(state: State, devices: list[Device]) -> Iterable[Gate]:
    """One entry per place of kind gate; a lane's camera and its barrier stand in one place."""
    at: dict[str, list[Device]] = {}
    for device in devices:
        at.setdefault(device.place, []).append(device)
    for place in state.places.values():
        if place.kind is not PlaceKind.GATE:
            continue
        here = at.get(place.id, [])
        heard = [device for device in here if device.id in state.devices]
        arms = [device for device in here if device.kind is Kind.GATE]
        yield Gate(
            name=place.name,
            online=all(_live(state, device) is not None for device in heard) if heard else None,
            open=_any(_fact(state, device, "open") for device in arms),
            fault=_any(_fact(state, device, "fault") for device in here),
        )


def _any(facts: Iterable[object]) -> bool | None:
    """True when one is, False when one is known and none is true, None when nothing is known."""
    known = [fact for fact in facts if isinstance(fact, bool)]
    return any(known) if known else None
