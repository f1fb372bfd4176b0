"""What the devices do, decided before the world begins: heartbeats, alarms, tests, low batteries, silences and garbage."""

from __future__ import annotations

from random import Random

import msgspec

from hub.model import Event, Fact, Kind
from hub.simulate.world.compound import BULK, KINDS, SAFETY, Said

_encode = msgspec.json.Encoder().encode
PLATES = ("沪A00001", "沪B00002")
GARBAGE = (b"{", b"\xff\xfe\x00", b"[]", b'{"e":"no such event"}', b"null", b"")


class Publish(msgspec.Struct, frozen=True):
    """One publish of one device."""

    at_s: float
    topic: str
    payload: bytes
    retain: bool = False


class _Script:
    """Collects what one device says."""

    def __init__(self, random: Random, device: str) -> None:
        self.random = random
        self.device = device
        self.safety = KINDS[device] is Kind.SMOKE
        self.topic = f"{SAFETY if self.safety else BULK}/{device}"
        self.numbered = random.random() < 0.6
        self.keyed = random.random() < 0.3
        self.repeats = random.random() < 0.3
        self.late_s = 0.0
        self.said: list[Publish] = []
        self.facts: dict[str, Fact] = {}

    def say(self, at_s: float, event: Event, **changed: Fact) -> None:
        """Publish the whole status; the network keeps the order within a topic and nothing else."""
        self.facts |= changed
        count = len(self.said) + 1
        said = Said(
            e=event,
            f=dict(self.facts),
            n=count if self.numbered else 0,
            k=f"{self.device}-{count}" if self.keyed else "",
        )
        self.put(at_s, _encode(said))

    def put(self, at_s: float, payload: bytes) -> None:
        at_s = max(at_s + self.random.choice((0.0, 0.0, 0.3, 5.0)), self.late_s + 0.001)
        self.late_s = at_s
        retain = self.device.startswith("space") and self.random.random() < 0.5
        self.said.append(Publish(at_s, self.topic, payload, retain))
        if self.repeats and self.random.random() < 0.15:  # the device did not hear its PUBACK and forgot DUP
            self.late_s += self.random.uniform(0.01, 3.0)
            self.said.append(Publish(self.late_s, self.topic, payload))


def _smoke(script: _Script, until_s: float) -> None:
    random = script.random
    script.facts = {"alarm": False, "test": False, "battery_low": False}
    at = random.uniform(0, 900)
    while at < until_s:
        what = random.choices(
            ("beat", "alarm", "flicker", "test", "battery", "silence", "garbage"), (6, 3, 1, 1, 1, 1, 1)
        )
        match what[0]:
            case "alarm":
                script.say(at, Event.ALARM, alarm=True)
                for _ in range(random.choice((0, 0, 1, 4))):
                    at += random.choice((2.0, 30.0, 200.0))
                    script.say(at, Event.ALARM)
                at += random.choice((1.0, 60.0, 900.0))
                if random.random() < 0.8:
                    script.say(at, Event.STATUS, alarm=False)
            case "flicker":
                for _ in range(random.randint(1, 3)):
                    script.say(at, Event.ALARM, alarm=True)
                    at += random.choice((0.2, 3.0, 40.0))
                    script.say(at, Event.STATUS, alarm=False)
                    at += random.choice((0.2, 3.0, 40.0))
            case "test":
                script.say(at, Event.TEST, test=True, alarm=False)
                script.say(at + 4, Event.STATUS, test=False)
            case "battery":
                script.say(at, Event.STATUS, battery_low=not script.facts["battery_low"])
            case "silence":
                at += random.uniform(3000, 5000)
            case "garbage":
                script.put(at, random.choice(GARBAGE))
            case _:
                script.say(at, Event.STATUS)
        at += random.uniform(300, 1500)


def _other(script: _Script, until_s: float) -> None:
    random = script.random
    kind = KINDS[script.device]
    at = random.uniform(0, 1200)
    while at < until_s:
        if random.random() < 0.05:
            script.put(at, random.choice(GARBAGE))
        elif kind is Kind.GATE:
            script.say(at, Event.STATUS, open=random.random() < 0.5)
        elif kind is Kind.LIFECYCLE:
            script.say(at, Event.GATEWAY_OFFLINE)
            at += random.choice((30.0, 400.0, 2000.0))
            script.say(at, Event.GATEWAY_ONLINE)
        elif kind is Kind.DOOR:
            for _ in range(random.choice((1, 1, 7))):  # seven times within minutes is flapping
                script.say(at, Event.STATUS, open=True)
                at += random.uniform(5.0, 60.0)
                script.say(at, Event.STATUS, open=random.random() < 0.1)
                at += random.uniform(5.0, 60.0)
        elif kind is Kind.LPR:
            script.say(at, Event.PLATE, plate=random.choice(PLATES))
        else:
            script.say(at, Event.STATUS, occupied=random.random() < 0.6)
        at += random.choice((20.0, 600.0, 1800.0))


def plan(random: Random, until_s: float) -> list[Publish]:
    """Everything that is published, in order of time."""
    said: list[Publish] = []
    for device, kind in KINDS.items():
        if random.random() < 0.4:  # fewer devices, more worlds
            continue
        script = _Script(random, device)
        (_smoke if kind is Kind.SMOKE else _other)(script, until_s)
        said += script.said
    return sorted(said, key=lambda one: one.at_s)
