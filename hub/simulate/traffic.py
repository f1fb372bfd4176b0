"""Cars, spaces, gates and the bikes that stand where cars should. Pure.

Law: a car is seen by an entry camera before its space is taken, and its space is free before an exit camera sees it; a
bike takes a space without any camera having seen anything. Cars that came in and have not left are in the compound.
Residents stand in their own space; visitors where visitors may, else they drive on. Nobody stands in the fire lane.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from random import Random

from hub.model import SpaceUse
from hub.simulate import vendors
from hub.simulate.agenda import Agenda, Timed
from hub.simulate.guihuayuan import Camera, Compound, Space, plate

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
KEEP_ALIVE_MS = 10 * SECOND
BARRIER_OPEN_MS = 12 * SECOND
BIKE = "bike"
STRANGERS = 0.1
"""Share of visitors who have no permit."""


class SpaceState:
    """A space as its sensor sees it, and who has it (a plate, `BIKE` or nobody) whether or not they stand in it yet."""

    def __init__(self, space: Space, f_cnt: int, battery_pct: float) -> None:
        self.space = space
        self.f_cnt = f_cnt
        self.battery_pct = battery_pct
        self.occupied = False
        self.taken_by = ""


class Traffic:
    """Everything on wheels, on one agenda."""

    def __init__(self, agenda: Agenda, it: Compound, random: Random, pace: float) -> None:
        self._agenda = agenda
        self._cameras = it.cameras
        self._random = random
        self._pace = pace
        self._open_until: dict[str, int] = {}
        self.spaces = [SpaceState(space, random.randrange(100, 9000), random.uniform(60, 99)) for space in it.spaces]
        self._own = dict(zip(it.resident_plates, self.spaces, strict=False))
        self._residents = it.resident_plates
        self._visitors = it.visitor_plates
        self._fire_lane = SpaceState(it.fire_lane, 100, 90.0)
        self.parked_at_start = {plate: own.space.id for plate, own in self._own.items() if random.random() < 0.6}

    def begin(self, start_ms: int, warm_ms: int) -> None:
        """Put the first day on the agenda; every device is heard once within ``warm_ms``."""
        random = self._random
        for resident in self._residents:
            if resident in self.parked_at_start:
                state = self._own[resident]
                state.occupied, state.taken_by = True, resident
                due = start_ms + warm_ms + self._span(0, 10 * HOUR)
                self._agenda.put(due, partial(self._leave, who=resident, state=state))
            else:
                due = start_ms + warm_ms + self._span(0, 8 * HOUR)
                self._agenda.put(due, partial(self._arrive, who=resident, resident=True))
        for state in (*self.spaces, self._fire_lane):
            self._agenda.put(start_ms + random.randrange(warm_ms), partial(self._heartbeat, state=state))
            self._agenda.put(start_ms + warm_ms + self._span(0, 24 * HOUR), partial(self._battery, state=state))
        for camera in self._cameras:
            first = start_ms + random.randrange(warm_ms)
            self._agenda.put(first, partial(self._keep_alive, camera=camera))
            self._agenda.put(first, partial(self._gate, camera=camera, status=vendors.GATE_CLOSED))
        self._agenda.put(start_ms + warm_ms + self._span(0, 40 * MINUTE), self._visitor)
        self._agenda.put(start_ms + warm_ms + self._span(0, 3 * HOUR), self._bike_comes)

    def _span(self, low_ms: int, high_ms: int) -> int:
        return int(self._random.uniform(low_ms, high_ms) / self._pace)

    # ── cars ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _visitor(self, at: int) -> Iterable[Timed]:
        self._agenda.put(at + self._span(10 * MINUTE, 70 * MINUTE), self._visitor)
        return self._arrive(at, self._visitor_plate(), False)

    def _visitor_plate(self) -> str:
        """Mostly somebody who comes often and is not here now; one in ten is a stranger."""
        inside = {state.taken_by for state in self.spaces}
        away = [known for known in self._visitors if known not in inside]
        stranger = self._random.random() < STRANGERS or not away
        return plate(self._random) if stranger else self._random.choice(away)

    def _arrive(self, at: int, who: str, resident: bool) -> Iterable[Timed]:
        state = self._choose(who)
        if state is None:
            if resident:
                again = at + self._span(10 * MINUTE, 20 * MINUTE)
                self._agenda.put(again, partial(self._arrive, who=who, resident=resident))
            return
        state.taken_by = who
        yield from self._cross(at, who, entry=True)
        self._agenda.put(at + self._span(MINUTE, 4 * MINUTE), partial(self._park, who=who, state=state))

    def _choose(self, who: str) -> SpaceState | None:
        own = self._own.get(who)
        if own is not None and not own.taken_by:
            return own
        free = [
            state
            for state in self.spaces
            if not state.taken_by and (who == BIKE or state.space.use is not SpaceUse.RESIDENT)
        ]
        return self._random.choice(free) if free else None

    def _park(self, at: int, who: str, state: SpaceState) -> Iterable[Timed]:
        resident = who in self._own
        stay = self._span(5 * HOUR, 14 * HOUR) if resident else self._span(30 * MINUTE, 5 * HOUR)
        self._agenda.put(at + stay, partial(self._leave, who=who, state=state))
        state.occupied = True
        return (self._status(at, state),)

    def _leave(self, at: int, who: str, state: SpaceState) -> Iterable[Timed]:
        state.occupied, state.taken_by = False, ""
        self._agenda.put(at + self._span(40 * SECOND, 150 * SECOND), partial(self._exit, who=who))
        return (self._status(at, state),)

    def _exit(self, at: int, who: str) -> Iterable[Timed]:
        if who in self._own:
            back = at + self._span(2 * HOUR, 11 * HOUR)
            self._agenda.put(back, partial(self._arrive, who=who, resident=True))
        return self._cross(at, who, entry=False)

    # ── gates ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _cross(self, at: int, who: str, *, entry: bool) -> Iterable[Timed]:
        camera = self._random.choice([camera for camera in self._cameras if camera.entry is entry])
        yield plate_seen(self._random, camera, at, who)
        if self._open_until.get(camera.serial, 0) <= at:
            self._agenda.put(at + SECOND, partial(self._gate, camera=camera, status=vendors.GATE_OPEN))
        until = at + BARRIER_OPEN_MS
        self._open_until[camera.serial] = until
        self._agenda.put(until, partial(self._gate_falls, camera=camera))

    def _gate_falls(self, at: int, camera: Camera) -> Iterable[Timed]:
        if at < self._open_until[camera.serial]:
            return ()
        return self._gate(at, camera, vendors.GATE_CLOSED)

    def _gate(self, at: int, camera: Camera, status: int) -> Iterable[Timed]:
        return (gate_said(self._random, camera, at, status),)

    def _keep_alive(self, at: int, camera: Camera) -> Iterable[Timed]:
        self._agenda.put(at + KEEP_ALIVE_MS, partial(self._keep_alive, camera=camera))
        body = vendors.vzenith_keep_alive(self._random, camera.serial, at)
        topic = vendors.vzenith_topic(camera.serial, "keep_alive")
        return (Timed(at, topic, vendors.encode(body), qos=0),)

    # ── spaces ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _bike_comes(self, at: int) -> Iterable[Timed]:
        self._agenda.put(at + self._span(2 * HOUR, 5 * HOUR), self._bike_comes)
        state = self._choose(BIKE)
        if state is None:
            return ()
        state.occupied, state.taken_by = True, BIKE
        self._agenda.put(at + self._span(20 * MINUTE, 2 * HOUR), partial(self._bike_goes, state=state))
        return (self._status(at, state),)

    def _bike_goes(self, at: int, state: SpaceState) -> Iterable[Timed]:
        state.occupied, state.taken_by = False, ""
        return (self._status(at, state),)

    def _heartbeat(self, at: int, state: SpaceState) -> Iterable[Timed]:
        self._agenda.put(at + self._span(23 * HOUR, 25 * HOUR), partial(self._heartbeat, state=state))
        celsius = 18 + self._random.randrange(-6, 12)
        data = vendors.tps110_heartbeat(state.occupied, celsius)
        return (self._uplink(at, state, vendors.HEARTBEAT_PORT, data),)

    def _battery(self, at: int, state: SpaceState) -> Iterable[Timed]:
        self._agenda.put(at + self._span(23 * HOUR, 25 * HOUR), partial(self._battery, state=state))
        state.battery_pct = max(1.0, state.battery_pct - 0.04)
        body = vendors.chirpstack_status(
            self._random,
            at_ms=at,
            dev_eui=state.space.dev_eui,
            name=f"{state.space.number}号车位",
            battery_pct=round(state.battery_pct, 2),
        )
        return (Timed(at, vendors.chirpstack_topic(state.space.dev_eui, "status"), vendors.encode(body)),)

    def _status(self, at: int, state: SpaceState) -> Timed:
        return self._uplink(at, state, vendors.STATUS_PORT, vendors.tps110_status(state.occupied))

    def _uplink(self, at: int, state: SpaceState, port: int, data: bytes) -> Timed:
        state.f_cnt += 1
        return space_said(self._random, state.space, at, f_cnt=state.f_cnt, port=port, data=data)


def space_said(random: Random, space: Space, at: int, *, f_cnt: int, port: int, data: bytes) -> Timed:
    """One uplink of a space's sensor, as ChirpStack publishes it."""
    body = vendors.chirpstack_uplink(
        random, at_ms=at, dev_eui=space.dev_eui, name=f"{space.number}号车位", f_cnt=f_cnt, f_port=port, data=data
    )
    return Timed(at, vendors.chirpstack_topic(space.dev_eui), vendors.encode(body))


def plate_seen(random: Random, camera: Camera, at: int, who: str) -> Timed:
    """One recognised plate: cars come towards an entry camera and drive away from an exit camera."""
    direction = vendors.DOWN if camera.entry else vendors.UP
    body = vendors.vzenith_plate(random, camera.serial, at, plate=who, direction=direction, camera=camera.name)
    return Timed(at, vendors.vzenith_topic(camera.serial, "ivs_result"), vendors.encode(body))


def gate_said(random: Random, camera: Camera, at: int, status: int) -> Timed:
    """State of one lane's barrier."""
    body = vendors.vzenith_gate(random, camera.serial, at, status)
    return Timed(at, vendors.vzenith_topic(camera.serial, "barr_gate_status"), vendors.encode(body))
