"""What the wall counts, on a small community with a clock of its own."""

from __future__ import annotations

import threading

from hub.core.commands import Accept, PutDevice, PutPlace
from hub.core.parking.state import LaneState, ZoneState
from hub.core.state import DeviceState
from hub.gauges import alerts_now, gauges_of, where_of
from hub.model import Device, Estimate, Event, GateLane, Kind, Place, PlaceKind, Severity, Space, Squat
from tests.core.timeline import Timeline, ms


def test_an_alert_counts_as_unanswered_until_somebody_goes() -> None:
    line = Timeline()
    line.smoke(10)
    gauges = gauges_of(line.core)
    assert gauges.open_alerts == {Severity.CRITICAL: 1}
    assert gauges.unanswered == {Severity.CRITICAL: 1}
    assert gauges.oldest_unanswered_ms == ms(10)
    incident = next(iter(line.core.state.incidents))
    line.command(20, Accept(actor="wuye", incident=incident))
    gauges = gauges_of(line.core)
    assert gauges.open_alerts == {Severity.CRITICAL: 1}
    assert gauges.unanswered == {}
    assert gauges.oldest_unanswered_ms is None


def test_a_test_and_a_condition_that_is_not_held_yet_count_as_nothing() -> None:
    line = Timeline()
    line.reading(10, "smoke-1203", Event.TEST, test=True)
    line.reading(10, "gate-east", kind=Kind.GATE, open=True)
    assert line.core.state.alerts
    assert alerts_now(line.core) == ({}, {}, None)


def test_a_protected_home_is_guarded_by_a_detector_that_was_heard_and_is_not_silent() -> None:
    line = Timeline()
    assert gauges_of(line.core).unprotected == {"6号楼": 2, "7号楼": 1}
    line.clear(10, "smoke-1203")
    line.clear(10, "smoke-301")
    gauges = gauges_of(line.core)
    assert gauges.unprotected == {"6号楼": 1, "7号楼": 0}
    assert (gauges.detectors_online, gauges.detectors_total) == (2, 3)
    line.core.state.devices["smoke-301"].silent = True
    gauges = gauges_of(line.core)
    assert gauges.unprotected == {"6号楼": 1, "7号楼": 1}
    assert gauges.detectors_online == 1


def test_a_button_guards_nobody_and_a_detector_in_the_kitchen_guards_the_home() -> None:
    line = Timeline()
    line.command(1, PutPlace(actor="x", place=Place(id="kitchen", kind=PlaceKind.AREA, name="厨房", parent="301")))
    line.command(1, PutDevice(actor="x", device=Device(id="sos", kind=Kind.SOS, place="301")))
    line.reading(2, "sos", kind=Kind.SOS)
    assert gauges_of(line.core).unprotected["7号楼"] == 1
    line.command(3, PutDevice(actor="x", device=Device(id="gas", kind=Kind.GAS, place="kitchen")))
    line.reading(4, "gas", kind=Kind.GAS, alarm=False)
    assert gauges_of(line.core).unprotected["7号楼"] == 0


def test_a_space_is_left_only_while_its_sensor_says_so() -> None:
    line = Timeline()
    for n in range(3):
        line.command(0, PutDevice(actor="x", device=Device(id=f"p{n}", kind=Kind.PARKING, place="")))
    line.reading(1, "p0", kind=Kind.PARKING, occupied=False)
    line.reading(1, "p1", kind=Kind.PARKING, occupied=True)
    gauges = gauges_of(line.core)
    assert (gauges.spaces_total, gauges.spaces_left) == (3, 1)
    line.core.state.devices["p0"].silent = True
    assert gauges_of(line.core).spaces_left == 0


def test_a_gate_is_one_however_many_devices_stand_at_it() -> None:
    line = Timeline()
    (gate,) = gauges_of(line.core).gates
    assert (gate.name, gate.online, gate.open, gate.fault) == ("东门", None, None, None)
    line.reading(1, "gate-east", kind=Kind.GATE, open=True, fault=False)
    (gate,) = gauges_of(line.core).gates
    assert (gate.online, gate.open, gate.fault) == (None, True, False)
    line.reading(2, "camera-east", Event.HEARTBEAT, kind=Kind.LPR)
    assert gauges_of(line.core).gates[0].online is True
    line.reading(3, "camera-east", Event.OFFLINE, kind=Kind.LPR)
    assert gauges_of(line.core).gates[0].online is False
    line.reading(4, "camera-east", Event.HEARTBEAT, kind=Kind.LPR)
    assert gauges_of(line.core).gates[0].online is True


def test_where_a_device_stands_is_its_place_and_the_name_of_the_building() -> None:
    line = Timeline()
    assert where_of(line.core, "smoke-1203") == ("1203", "6号楼")
    assert where_of(line.core, "gate-east") == ("east", "")
    assert where_of(line.core, "nobody knows it") == ("", "")


def test_counting_from_another_thread_survives_what_the_loop_adds_meanwhile() -> None:
    line = Timeline()
    stop = threading.Event()
    failures: list[BaseException] = []

    def look() -> None:
        try:
            while not stop.is_set():
                gauges_of(line.core)
        except BaseException as exc:
            failures.append(exc)

    looker = threading.Thread(target=look)
    looker.start()
    state = line.core.state
    for n in range(20_000):
        state.devices[f"d{n}"] = DeviceState(f"d{n}", Kind.SMOKE, 0, 0, {})
        state.registered[f"d{n}"] = Device(id=f"d{n}", kind=Kind.SMOKE, place="1203")
        state.places[f"x{n}"] = Place(id=f"x{n}", kind=PlaceKind.HOME, name="x", parent="b6", protected=True)
        if n % 2:
            del state.places[f"x{n}"]
    stop.set()
    looker.join(30)
    assert not failures


def test_spaces_left_are_those_of_the_estimate_where_the_site_has_spaces() -> None:
    line = Timeline()
    line.command(1, PutDevice(actor="x", device=Device(id="p1", kind=Kind.PARKING, place="301")))
    assert (gauges_of(line.core).spaces_total, gauges_of(line.core).zones) == (1, ())
    state = line.core.state
    state.spaces["p001"] = Space(id="p001")
    state.gate_lanes["east-in"] = GateLane(id="east-in", gate="gone", devices=("cam",))
    state.parking.zones[""] = ZoneState(
        ins=9, outs=4, estimate=Estimate(zone="", at_ms=1, total=120, left=-2, bound=3, present=5, unknown=1)
    )
    state.parking.zones["gone"] = ZoneState(estimate=Estimate(zone="gone", at_ms=1, total=1, left=1, bound=0))
    state.parking.lanes["east-in"] = LaneState(reads=40, unread=2, met=["blind"])
    state.parking.squats[1] = Squat(id=1, space="p001", zone="", from_ms=1)
    gauges = gauges_of(line.core)
    assert (gauges.spaces_total, gauges.spaces_left) == (120, 0)
    (zone,) = gauges.zones
    assert (zone.zone, zone.left, zone.bound, zone.present, zone.ins, zone.outs, zone.squats) == (
        "all",
        0,
        3,
        5,
        9,
        4,
        1,
    )
    (lane,) = gauges.lanes
    assert (lane.gate, lane.lane, lane.reads, lane.unread, lane.wrong) == ("gone", "east-in", 40, 2, 1)
