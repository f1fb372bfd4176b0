"""What goes wrong, one function each: ordered messages to be merged into daily life with `hub.simulate.agenda.merged`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from hub.simulate import vendors
from hub.simulate.agenda import Timed
from hub.simulate.community import smoke_said
from hub.simulate.guihuayuan import KITCHEN, Compound, plate
from hub.simulate.traffic import BARRIER_OPEN_MS, MINUTE, SECOND, gate_said, plate_seen, space_said

REPEAT_MS = 10 * SECOND
"""A detector in alarm says so again and again until its chamber is clear."""


def kitchen_fire(at_ms: int, *, clears_after_ms: int = 3 * MINUTE, detector: str = KITCHEN) -> list[Timed]:
    """A pot left on the stove in 6号楼1203: the detector alarms, repeats itself, and clears when the smoke has gone.

    A story in which somebody closes the incident must clear before that: smoke after a close is a new alert.
    """
    alarms = [smoke_said(detector, at_ms + after, smoke=True) for after in range(0, clears_after_ms, REPEAT_MS)]
    return [*alarms, smoke_said(detector, at_ms + clears_after_ms)]


def smoke_test(at_ms: int, *, detector: str = KITCHEN) -> list[Timed]:
    """Somebody holds the test button for six seconds: a test, never a fire."""
    return [smoke_said(detector, at_ms, test=True), smoke_said(detector, at_ms + 6 * SECOND)]


def low_battery(at_ms: int, *, detector: str = KITCHEN) -> list[Timed]:
    """The detector reports a battery that will not last the week."""
    return [smoke_said(detector, at_ms, battery=9)]


def falls_silent(life: Iterable[Timed], from_ms: int, *, detector: str = KITCHEN) -> Iterator[Timed]:
    """Daily life in which one detector is not heard any more, and its platform notices nothing."""
    topic = vendors.zigbee_topic(detector)
    return (timed for timed in life if timed.topic != topic or timed.at_ms < from_ms)


def goes_offline(at_ms: int, *, detector: str = KITCHEN) -> list[Timed]:
    """The platform itself says that it has lost the detector."""
    offline = vendors.encode(vendors.zigbee_availability(False))
    return [Timed(at_ms, f"{vendors.zigbee_topic(detector)}/availability", offline, retain=True)]


def gate_stuck_open(it: Compound, at_ms: int, *, for_ms: int = 10 * MINUTE, seed: int = 1) -> list[Timed]:
    """The east entry's barrier rises and does not come down; the camera repeats its state every minute."""
    random = Random(f"gate/{seed}/{at_ms}")
    camera = it.cameras[0]
    said = [gate_said(random, camera, at_ms + after, vendors.GATE_OPEN) for after in range(0, for_ms, MINUTE)]
    return [*said, gate_said(random, camera, at_ms + for_ms, vendors.GATE_CLOSED)]


def unknown_car(it: Compound, at_ms: int, *, seed: int = 1) -> list[Timed]:
    """A car that is on no list is seen at the west entry, and the barrier lets it in behind another."""
    random = Random(f"unknown/{seed}/{at_ms}")
    camera = next(camera for camera in it.cameras if camera.gate == "gate-west" and camera.entry)
    who = plate(random)
    while who in it.resident_plates:
        who = plate(random)
    return [
        plate_seen(random, camera, at_ms, who),
        gate_said(random, camera, at_ms + SECOND, vendors.GATE_OPEN),
        gate_said(random, camera, at_ms + BARRIER_OPEN_MS, vendors.GATE_CLOSED),
    ]


def space_squatted(
    it: Compound, at_ms: int, *, number: int = 12, for_ms: int = 90 * MINUTE, seed: int = 1
) -> list[Timed]:
    """Bikes are put into a space: occupied, and no camera has seen anybody come in."""
    random = Random(f"squat/{seed}/{at_ms}")
    space = it.spaces[number - 1]
    port = vendors.STATUS_PORT
    return [
        space_said(random, space, at_ms, f_cnt=50_000, port=port, data=vendors.tps110_status(True)),
        space_said(random, space, at_ms + for_ms, f_cnt=50_001, port=port, data=vendors.tps110_status(False)),
    ]
