"""What the wall counts, from a small community."""

from __future__ import annotations

from hub.core.state import DeviceState, State
from hub.influx import Gate, building_of, count
from hub.model import Alert, Condition, Device, Fact, Handling, Kind, Place, PlaceKind, Severity

PLACES = [
    Place(id="c", kind=PlaceKind.COMMUNITY, name="桂花园"),
    Place(id="b6", kind=PlaceKind.BUILDING, name="6号楼", parent="c"),
    Place(id="b7", kind=PlaceKind.BUILDING, name="7号楼", parent="c"),
    Place(id="b6-1", kind=PlaceKind.HOME, name="101室", parent="b6", protected=True),
    Place(id="b6-2", kind=PlaceKind.HOME, name="102室", parent="b6", protected=True),
    Place(id="b6-3", kind=PlaceKind.HOME, name="103室", parent="b6"),
    Place(id="b7-1", kind=PlaceKind.HOME, name="101室", parent="b7", protected=True),
    Place(id="p1", kind=PlaceKind.SPACE, name="1号车位", parent="c"),
    Place(id="east", kind=PlaceKind.GATE, name="东门", parent="c"),
    Place(id="west", kind=PlaceKind.GATE, name="西门", parent="c"),
]
DEVICES = [
    ("s1", Kind.SMOKE, "b6-1"),
    ("s2", Kind.SMOKE, "b6-2"),
    ("s3", Kind.SMOKE, "b7-1"),
    ("k1", Kind.PARKING, "p1"),
    ("k2", Kind.PARKING, "p2"),
    ("k3", Kind.PARKING, "p3"),
    ("arm", Kind.GATE, "east"),
    ("cam", Kind.LPR, "east"),
]


def community() -> State:
    state = State(community="main")
    state.places = {place.id: place for place in PLACES}
    state.registered = {name: Device(id=name, kind=kind, place=place) for name, kind, place in DEVICES}
    return state


def hear(state: State, name: str, *, silent: bool = False, **facts: Fact) -> None:
    kind = state.registered[name].kind
    state.devices[name] = DeviceState(name, kind, 1, 1, dict(facts), silent=silent)


def add_alert(state: State, number: int, severity: Severity, **changes: object) -> None:
    alert = Alert(
        id=number, rule="smoke", severity=severity, subject="s1", kind=Kind.SMOKE, place="b6-1", incident=number,
        condition=Condition.ACTIVE, handling=Handling.NEW, raised_ms=1000 + number, at_ms=1000,
    )  # fmt: skip
    for name, value in changes.items():
        setattr(alert, name, value)
    state.alerts[number] = alert


def test_nothing_heard_is_nothing_online() -> None:
    gauges = count(community())
    assert (gauges.detectors_online, gauges.detectors_total) == (0, 3)
    assert (gauges.spaces_left, gauges.spaces_total) == (0, 3)
    assert gauges.unprotected == {"6号楼": 2, "7号楼": 1}
    assert gauges.oldest_unanswered_ms is None
    assert gauges.gates == (Gate(name="东门"), Gate(name="西门"))


def test_a_silent_detector_protects_nobody() -> None:
    state = community()
    hear(state, "s1")
    hear(state, "s2", silent=True)
    hear(state, "s3")
    gauges = count(state)
    assert (gauges.detectors_online, gauges.detectors_total) == (2, 3)
    assert gauges.unprotected == {"6号楼": 1, "7号楼": 0}


def test_a_space_is_left_when_its_sensor_says_so() -> None:
    state = community()
    hear(state, "k1", occupied=False)
    hear(state, "k2", occupied=True)
    assert count(state).spaces_left == 1


def test_a_gate_is_open_broken_or_offline() -> None:
    state = community()
    hear(state, "arm", open=True, fault=False)
    hear(state, "cam")
    assert count(state).gates[0] == Gate(name="东门", online=True, open=True, fault=False)
    hear(state, "arm", silent=True, open=True)
    assert count(state).gates[0] == Gate(name="东门", online=False)


def test_alerts_count_until_they_are_closed_and_unanswered_until_accepted() -> None:
    state = community()
    add_alert(state, 1, Severity.CRITICAL, handling=Handling.ACCEPTED)
    add_alert(state, 2, Severity.CRITICAL)
    add_alert(state, 3, Severity.MAJOR)
    add_alert(state, 4, Severity.MAJOR, closed_ms=5)
    add_alert(state, 5, Severity.CRITICAL, condition=Condition.PENDING)
    add_alert(state, 6, Severity.INFO, test=True)
    gauges = count(state)
    assert gauges.open_alerts == {Severity.CRITICAL: 2, Severity.MAJOR: 1}
    assert gauges.unanswered == {Severity.CRITICAL: 1, Severity.MAJOR: 1}
    assert gauges.oldest_unanswered_ms == 1002


def test_a_ring_of_places_ends() -> None:
    ring = {
        "a": Place(id="a", kind=PlaceKind.AREA, name="a", parent="b"),
        "b": Place(id="b", kind=PlaceKind.AREA, name="b", parent="a"),
    }
    assert building_of(ring, "a") == ""
    assert building_of({place.id: place for place in PLACES}, "b6-1") == "6号楼"
