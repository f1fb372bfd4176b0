"""The compound of the bench: its registry and its config.yaml, for any number of devices. Pure.

Each alarm of a latency run has a building, a detector and a guard with a robot of their own: no budget, no grouping and no
ladder stands between the publish and the provider but the hub's own journey.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from hub.bench.provider import HUNG
from hub.core.commands import Command, PutDevice, PutDuty, PutPerson, PutPlace
from hub.model import Contact, Device, Duty, Kind, Person, Place, PlaceKind
from hub.simulate.packets import BenchDevice, bench_devices, fire_detector

COMMUNITY = "bench"
HOMES_PER_BUILDING = 100
HUNG_EVERY = 4
"""One in so many alarms has a second guard whose first contact hangs."""
_KINDS = {"smoke": Kind.SMOKE, "parking": Kind.PARKING, "plate": Kind.LPR}
_SOURCES = {"smoke": "zigbee2mqtt", "parking": "chirpstack", "plate": "vzenith"}
_MODELS = {"smoke": "", "parking": "bosch/tps110", "plate": ""}


def robot_key(fire: int) -> str:
    """Key of the robot that is told of the nth alarm."""
    return f"bench-{fire:05d}"


def registry(devices: int, fires: int) -> list[Command]:
    """Everything that publishes, registered where it stands, and who is told."""
    commands: list[Command] = [_place(COMMUNITY, PlaceKind.COMMUNITY, "压测小区", "")]
    commands += [
        _place(f"b{n}", PlaceKind.BUILDING, f"{n + 1}号楼", COMMUNITY)
        for n in range((devices + HOMES_PER_BUILDING - 1) // HOMES_PER_BUILDING)
    ]
    for device in bench_devices(devices):
        commands += _registered(device)
    for n in range(fires):
        commands += _fire(n)
    desk = Person(id="desk", name="压测值班", contacts=(Contact(id="desk-inbox", url="inbox://desk"),))
    commands.append(PutPerson(actor="system", person=desk))
    commands.append(PutDuty(actor="system", duty=Duty(id="desk", role="committee", person="desk")))
    return commands


def storm_registry(alarms: int, people: int, contacts: int) -> list[Command]:
    """Detectors in buildings of their own; people on duty for all of them, who share group robots."""
    commands: list[Command] = [_place(COMMUNITY, PlaceKind.COMMUNITY, "压测小区", "")]
    for n in range(alarms):
        commands += _detector(n)
    for n in range(people):
        contact = Contact(id=f"guard-{n}-robot", url=f"wecom://{robot_key(n % contacts)}")
        commands.append(PutPerson(actor="system", person=Person(id=f"guard-{n}", name=f"值班{n}", contacts=(contact,))))
        commands.append(PutDuty(actor="system", duty=Duty(id=f"guard-{n}", role="property", person=f"guard-{n}")))
    return commands


def backlog_registry(devices: int, fires: int, hung_every: int) -> list[Command]:
    """As `registry`; every ``hung_every``th building has a second guard whose first contact hangs."""
    commands = registry(devices, fires)
    for n in range(0, fires, hung_every):
        guard = f"second-{n}"
        contacts = (
            Contact(id=f"{guard}-hung", url=f"wecom://{HUNG}{robot_key(n)}"),
            Contact(id=f"{guard}-robot", url=f"wecom://{second_key(n)}"),
        )
        person = Person(id=guard, name=f"副班{n}", contacts=contacts)
        commands.append(PutPerson(actor="system", person=person))
        commands.append(PutDuty(actor="system", duty=Duty(id=guard, role="property", person=guard, place=f"fire-b{n}")))
    return commands


def second_key(fire: int) -> str:
    """Key of the robot that a second guard is told over once the first contact hangs."""
    return f"second-{fire:05d}"


def _place(place: str, kind: PlaceKind, name: str, parent: str) -> PutPlace:
    return PutPlace(actor="system", place=Place(id=place, kind=kind, name=name, parent=parent))


def _registered(it: BenchDevice) -> list[Command]:
    home = f"h{it.number}"
    kind = PlaceKind.HOME if it.kind == "smoke" else PlaceKind.SPACE
    device = Device(id=it.address, kind=_KINDS[it.kind], place=home, model=_MODELS[it.kind], source=_SOURCES[it.kind])
    return [
        _place(home, kind, f"{it.number}", f"b{it.number // HOMES_PER_BUILDING}"),
        PutDevice(actor="system", device=device),
    ]


def _fire(n: int) -> list[Command]:
    building, guard = f"fire-b{n}", f"guard-{n}"
    contact = Contact(id=f"{guard}-robot", url=f"wecom://{robot_key(n)}")
    return [
        *_detector(n),
        PutPerson(actor="system", person=Person(id=guard, name=f"值班{n}", contacts=(contact,))),
        PutDuty(actor="system", duty=Duty(id=guard, role="property", person=guard, place=building)),
    ]


def _detector(n: int) -> list[Command]:
    building, home = f"fire-b{n}", f"fire-h{n}"
    device = Device(id=fire_detector(n), kind=Kind.SMOKE, place=home, source="zigbee2mqtt")
    return [
        _place(building, PlaceKind.BUILDING, f"火警{n}号楼", COMMUNITY),
        _place(home, PlaceKind.HOME, "101室", building),
        PutDevice(actor="system", device=device),
    ]


# ── config.yaml ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _text(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def _rule(on: list[str], severity: str, zh: str, en: str, **more: object) -> dict[str, object]:
    todo = _text("上门查看", "Go and look")
    return {"on": on, "severity": severity, "title": _text(zh, en), "todo": todo, **more}


RULES: dict[str, dict[str, object]] = {
    "smoke": _rule(["smoke"], "critical", "烟感报警", "Smoke", when="alarm && !test", latch=True, cause="fire"),
    "smoke_test": _rule(["smoke"], "info", "烟感测试", "Smoke test", when="test", test=True),
    "tamper": _rule(["smoke"], "minor", "烟感被拆", "Tamper", when="tamper"),
    "low_battery": _rule(["smoke", "parking"], "minor", "电量低", "Low battery", when="battery_low"),
    "battery_ends": _rule(["smoke"], "minor", "电量将尽", "Battery ends", when="battery_pct < 15.0"),
    "silent": _rule(["smoke", "parking"], "minor", "失联", "Silent", silent_after="26h"),
    "space_squatted": _rule(
        ["parking"], "minor", "车位久占", "Occupied", when="occupied", group_by="place", **{"for": "72h"}
    ),
    "gate_open": _rule(["lpr", "gate"], "major", "抬杆未落", "Gate open", when="open", **{"for": "3m"}),
}
"""What a compound has: the rules that are shipped, in kind and number."""


def config(
    directory: Path, *, broker_port: int, influx_url: str, robot_url: str, web_port: int = 0
) -> dict[str, object]:
    """config.yaml of the hub under test, to be written as JSON (which is YAML)."""
    return {
        "installation": {"name": "bench", "data_dir": str(directory / "data")},
        "communities": {COMMUNITY: {"name": "压测小区", "address": "测试路1号", "seed": str(directory / "seed.jsonl")}},
        "broker": {"address": f"127.0.0.1:{broker_port}"},
        "sources": {
            "zigbee2mqtt": {"topics": ["zigbee2mqtt/#"], "lane": "safety"},
            "chirpstack": {"topics": ["application/+/device/+/event/+"]},
            "vzenith": {"topics": ["device/+/message/up/+"]},
        },
        "influx": {"url": influx_url, "token": "bench"},
        "web": {"host": "127.0.0.1", "port": web_port},
        "delivery": {"endpoints": {"wecom": robot_url}},
        "roles": {
            "property": {"title": _text("物业", "Property"), "sees": "room"},
            "committee": {"title": _text("居委", "Committee")},
        },
        "policies": {
            "critical": {"steps": [{"roles": ["property"]}], "tell_end": False},
            "major": {"steps": [{"roles": ["committee"]}]},
            "minor": {"steps": [{"roles": ["committee"]}]},
            "info": {"steps": [{"roles": ["committee"]}]},
        },
        "rules": RULES,
    }


def write(directory: Path, settings: dict[str, object], commands: list[Command]) -> Path:
    """Put config.yaml and seed.jsonl where the hub under test finds them; gives the path of the config."""
    (directory / "seed.jsonl").write_bytes(b"".join(msgspec.json.encode(command) + b"\n" for command in commands))
    path = directory / "config.yaml"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(settings)))
    return path
