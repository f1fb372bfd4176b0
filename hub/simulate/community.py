"""Daily life of the simulated compound as one endless, ordered stream of messages. Pure: same seed, same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from hub.simulate import vendors
from hub.simulate.agenda import Agenda, Timed
from hub.simulate.guihuayuan import Compound, Detector, compound
from hub.simulate.traffic import HOUR, MINUTE, Traffic

DAY = 24 * HOUR
WARM_MS = 3000
"""Every device is heard once within the first three seconds, as after a restart of the platforms."""


class Community:
    """The compound of one seed.

    ``pace`` 30: everybody does in a minute what takes them half an hour, while the times in the messages stay true; the
    cameras keep their 10 seconds.
    """

    def __init__(self, seed: int, *, pace: float = 1.0) -> None:
        self.seed = seed
        self.pace = pace
        self.compound: Compound = compound(seed)

    def parked_at_start(self) -> dict[str, str]:
        """Plate -> space of the cars that stand in the compound before the first message."""
        return dict(self._traffic(Agenda()).parked_at_start)

    def events(self, start_ms: int) -> Iterator[Timed]:
        """What is published from ``start_ms`` on; endless."""
        agenda = Agenda()
        self._traffic(agenda).begin(start_ms, WARM_MS)
        random = Random(f"smoke/{self.seed}")
        agenda.put(start_ms, _bridge_online)
        for detector in self.compound.detectors:
            life = _DetectorLife(agenda, detector, random, self.pace, start_ms)
            agenda.put(start_ms + random.randrange(WARM_MS), life.begin)
        return agenda.run()

    def _traffic(self, agenda: Agenda) -> Traffic:
        return Traffic(agenda, self.compound, Random(f"traffic/{self.seed}"), self.pace)


def _bridge_online(at: int) -> Iterable[Timed]:
    payload = vendors.encode(vendors.zigbee_availability(True))
    return (Timed(at, "zigbee2mqtt/bridge/state", payload, retain=True),)


class _DetectorLife:
    """A smoke detector that has nothing to report but itself: about once an hour, on a battery of five years."""

    def __init__(self, agenda: Agenda, detector: Detector, random: Random, pace: float, start_ms: int) -> None:
        self._agenda = agenda
        self._detector = detector
        self._random = random
        self._pace = pace
        self._start_ms = start_ms

    def begin(self, at: int) -> Iterable[Timed]:
        topic = vendors.zigbee_topic(self._detector.name)
        online = vendors.encode(vendors.zigbee_availability(True))
        yield Timed(at, f"{topic}/availability", online, retain=True)
        yield from self.report(at)

    def report(self, at: int) -> Iterable[Timed]:
        gap = self._random.uniform(40 * MINUTE, 60 * MINUTE) / self._pace
        self._agenda.put(at + int(gap), self.report)
        battery = max(1, self._detector.battery - (at - self._start_ms) // (20 * DAY))
        linkquality = self._random.randrange(40, 160)
        return (smoke_said(self._detector.name, at, battery=battery, linkquality=linkquality),)


def smoke_said(
    name: str, at: int, *, battery: int = 87, linkquality: int = 112, smoke: bool = False, test: bool = False
) -> Timed:
    """One state message of a smoke detector, as Zigbee2MQTT publishes it."""
    body = vendors.zigbee_smoke(battery=battery, linkquality=linkquality, smoke=smoke, test=test)
    return Timed(at, vendors.zigbee_topic(name), vendors.encode(body))
