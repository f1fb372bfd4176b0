"""The simulated Guihuayuan 桂花园 of the story: two towers, 60 protected homes, 120 spaces, two gates. Pure, seeded.

Nothing here is a real person, and no plate can be one: Shanghai does not issue 沪Z.
"""

from __future__ import annotations

from random import Random

import msgspec

from hub.core.commands import AnyCommand, PutDevice, PutDuty, PutPerson, PutPlace
from hub.model import Contact, Device, Duty, Kind, Person, Place, PlaceKind, SpaceUse, Window
from hub.simulate.guihuayuan_parking import parking
from hub.simulate.vendors import PARKING_PROFILE, chirpstack_topic, vzenith_topic, zigbee_topic

COMMUNITY = "guihuayuan"
NAME = "桂花园"
ADDRESS = "万航渡路660弄"
TOWERS = (6, 7)
FLOORS = 18
HOMES_PER_FLOOR = 4
PROTECTED_PER_TOWER = 30
SPACES = 120
RESIDENT_CARS = 90
OWN_SPACES = 60
"""Spaces that belong to one home each; the next ones are shared, the last ones for visitors and for plans."""
SHARED_SPACES = 30
VISITOR_SPACES = 22
VISITORS = 40
"""Cars that come often enough to have a permit: cleaners, deliveries, relatives."""
ZONES = {"parking-east": "东区", "parking-west": "西区"}

ZIGBEE_SOURCE = "zigbee2mqtt"
CHIRPSTACK_SOURCE = "chirpstack"
VZENITH_SOURCE = "vzenith"

KITCHEN = "6号楼/12层/1203-烟感"
"""Detector of the kitchen fire, in every seed."""


class Detector(msgspec.Struct, frozen=True):
    """A smoke detector in a protected home."""

    name: str
    """Zigbee2MQTT friendly name, which is its address."""
    home: str
    battery: int


class Space(msgspec.Struct, frozen=True):
    """A parking space with its geomagnetic sensor."""

    id: str
    number: int
    dev_eui: str
    use: SpaceUse
    zone: str
    """Place of the zone that it lies in."""


class Camera(msgspec.Struct, frozen=True):
    """A plate camera over one lane of a gate; it also drives that lane's barrier."""

    serial: str
    gate: str
    name: str
    entry: bool


class Compound(msgspec.Struct, frozen=True):
    """What stands where: all that the registry and the generator agree on."""

    detectors: tuple[Detector, ...]
    spaces: tuple[Space, ...]
    fire_lane: Space
    """Between the zones; nobody may stand there."""
    cameras: tuple[Camera, ...]
    resident_plates: tuple[str, ...]
    visitor_plates: tuple[str, ...]


def plate(random: Random) -> str:
    """A plate that cannot be anybody's; one in three is a new-energy plate, one character longer."""
    body = "".join(random.choices("0123456789", k=5))
    return f"沪ZD{body}" if random.random() < 0.34 else f"沪Z{body}"


def compound(seed: int) -> Compound:
    """The same compound for the same seed."""
    random = Random(f"guihuayuan/{seed}")
    return Compound(
        detectors=tuple(_detectors(random)),
        spaces=tuple(_spaces(random)),
        fire_lane=Space(
            id="fire-lane",
            number=SPACES + 1,
            dev_eui="0004a30b00000121",
            use=SpaceUse.FIRE_LANE,
            zone=next(iter(ZONES)),
        ),
        cameras=tuple(_cameras(random)),
        resident_plates=tuple(_plates(random, RESIDENT_CARS)),
        visitor_plates=tuple(_plates(Random(f"visitors/{seed}"), VISITORS)),
    )


def _detectors(random: Random) -> list[Detector]:
    detectors = []
    for tower in TOWERS:
        rooms = [(floor, n) for floor in range(2, FLOORS + 1) for n in range(1, HOMES_PER_FLOOR + 1)]
        chosen = random.sample(rooms, PROTECTED_PER_TOWER)
        if tower == 6 and (12, 3) not in chosen:
            chosen[0] = (12, 3)
        for floor, n in sorted(chosen):
            room = f"{floor}{n:02d}"
            name = f"{tower}号楼/{floor}层/{room}-烟感"
            detectors.append(Detector(name=name, home=f"b{tower}-{room}", battery=random.randrange(55, 101)))
    return detectors


def _spaces(random: Random) -> list[Space]:
    serials = random.sample(range(0x1000, 0xFFFF), SPACES)
    return [
        Space(
            id=f"p{number:03d}",
            number=number,
            dev_eui=f"0004a30b00{serial:06x}",
            use=_use(number),
            zone=list(ZONES)[(number - 1) * len(ZONES) // SPACES],
        )
        for number, serial in enumerate(serials, start=1)
    ]


def _use(number: int) -> SpaceUse:
    if number <= OWN_SPACES:
        return SpaceUse.RESIDENT
    if number <= OWN_SPACES + SHARED_SPACES:
        return SpaceUse.SHARED
    return SpaceUse.VISITOR if number <= OWN_SPACES + SHARED_SPACES + VISITOR_SPACES else SpaceUse.TEMPORARY


def _cameras(random: Random) -> list[Camera]:
    lanes = [(gate, entry) for gate in ("east", "west") for entry in (True, False)]
    return [
        Camera(
            serial=f"{random.getrandbits(32):08x}-{random.getrandbits(32):08x}",
            gate=f"gate-{gate}",
            name=f"{'东门' if gate == 'east' else '西门'}{'入口' if entry else '出口'}",
            entry=entry,
        )
        for gate, entry in lanes
    ]


def _plates(random: Random, count: int) -> list[str]:
    plates: dict[str, None] = {}
    while len(plates) < count:
        plates[plate(random)] = None
    return list(plates)


# ── registry ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def registry(seed: int) -> list[AnyCommand]:
    """Commands that fill an empty registry: places before what stands in them, people before their duties."""
    it = compound(seed)
    return [*_places(it), *_devices(it), *parking(it), *_people()]


def _places(it: Compound) -> list[AnyCommand]:
    places = [Place(id=COMMUNITY, kind=PlaceKind.COMMUNITY, name=NAME, address=ADDRESS)]
    for tower in TOWERS:
        address = f"{ADDRESS}{tower}号楼"
        places.append(
            Place(id=f"b{tower}", kind=PlaceKind.BUILDING, name=f"{tower}号楼", parent=COMMUNITY, address=address)
        )
    for detector in it.detectors:
        building, room = detector.home.split("-")
        places.append(
            Place(
                id=detector.home,
                kind=PlaceKind.HOME,
                name=f"{room}室",
                parent=building,
                floor=int(room[:-2]),
                protected=True,
            )
        )
    places += [
        Place(id="gate-east", kind=PlaceKind.GATE, name="东门", parent=COMMUNITY),
        Place(id="gate-west", kind=PlaceKind.GATE, name="西门", parent=COMMUNITY),
        Place(id="parking", kind=PlaceKind.AREA, name="地面车位", parent=COMMUNITY),
    ]
    places += [Place(id=id, kind=PlaceKind.AREA, name=name, parent="parking") for id, name in ZONES.items()]
    places += [
        Place(id=space.id, kind=PlaceKind.SPACE, name=f"{space.number}号车位", parent=space.zone) for space in it.spaces
    ]
    places.append(Place(id=it.fire_lane.id, kind=PlaceKind.SPACE, name="消防通道", parent=it.fire_lane.zone))
    return [PutPlace(actor="system", place=place) for place in places]


def _devices(it: Compound) -> list[AnyCommand]:
    devices = [
        Device(
            id=detector.name,
            kind=Kind.SMOKE,
            place=detector.home,
            name=f"{detector.home.split('-')[1]}室烟感",
            source=ZIGBEE_SOURCE,
            topic=zigbee_topic(detector.name),
            gateway="zigbee2mqtt/bridge",
        )
        for detector in it.detectors
    ]
    devices += [
        Device(
            id=space.dev_eui,
            kind=Kind.PARKING,
            place=space.id,
            model=PARKING_PROFILE.lower().replace(" ", "/"),
            name="消防通道地磁" if space is it.fire_lane else f"{space.number}号车位地磁",
            source=CHIRPSTACK_SOURCE,
            topic=chirpstack_topic(space.dev_eui),
        )
        for space in (*it.spaces, it.fire_lane)
    ]
    devices += [
        Device(
            id=camera.serial,
            kind=Kind.LPR,
            place=camera.gate,
            name=f"{camera.name}车牌相机",
            source=VZENITH_SOURCE,
            topic=vzenith_topic(camera.serial, "ivs_result"),
        )
        for camera in it.cameras
    ]
    return [PutDevice(actor="system", device=device) for device in devices]


DUTY_PHONE = "021-5555-0119"
"""No real subscriber: 5555-01xx stands for examples."""

PEOPLE: tuple[tuple[str, str, str], ...] = (
    ("property-a", "物业值班甲", "property"),
    ("property-b", "物业值班乙", "property"),
    ("guard", "门岗保安", "guard"),
    ("committee-a", "居委值班甲", "committee"),
    ("committee-b", "居委值班乙", "committee"),
    ("volunteer-a", "志愿者甲", "volunteer"),
    ("volunteer-b", "志愿者乙", "volunteer"),
    ("volunteer-c", "志愿者丙", "volunteer"),
    ("volunteer-d", "志愿者丁", "volunteer"),
)
"""(id, name, role): roles in place of names, on duty all day."""


def _people() -> list[AnyCommand]:
    commands: list[AnyCommand] = [
        PutPerson(
            actor="system",
            person=Person(
                id=person,
                name=name,
                contacts=(Contact(id=f"{person}-inbox", url=f"inbox://{person}"),),
                phone=DUTY_PHONE if role == "property" else "",
            ),
        )
        for person, name, role in PEOPLE
    ]
    commands += [
        PutDuty(actor="system", duty=Duty(id=f"duty-{person}", role=role, person=person)) for person, _, role in PEOPLE
    ]
    return commands


# ── the example of a whole rota ──────────────────────────────────────────────────────────────────────────────────────

DAY = Window(from_minute=8 * 60, to_minute=20 * 60)
WAKING = Window(from_minute=6 * 60 + 30, to_minute=22 * 60 + 30)
EXAMPLE_HOURS: dict[str, Window] = {
    "committee-a": DAY,
    "committee-b": DAY,
    "volunteer-b": WAKING,
    "volunteer-c": WAKING,
    "volunteer-d": WAKING,
}
"""When they may be told at all; the others at any hour: two of property in turns, the guards, one volunteer."""
EXAMPLE_SHIFTS: dict[str, Window] = {
    "property-a": DAY,
    "property-b": Window(from_minute=DAY.to_minute, to_minute=DAY.from_minute),
}
STAFF = frozenset({"property", "guard"})
"""Told over WeCom first; everybody else is rung first."""


def example_registry(seed: int = 1) -> list[AnyCommand]:
    """The same compound with contacts as a real one would have them, for `hub prove`: nothing is ever sent to these."""
    it = compound(seed)
    commands = [*_places(it), *_devices(it)]
    for number, (id, name, role) in enumerate(PEOPLE, 1):
        hours = EXAMPLE_HOURS.get(id)
        person = Person(
            id=id,
            name=name,
            contacts=_example_ladder(id, role, number),
            hours=(hours,) if hours else (),
        )
        commands.append(PutPerson(actor="system", person=person))
    for id, _, role in PEOPLE:
        shift = EXAMPLE_SHIFTS.get(id, Window(from_minute=0, to_minute=0))
        duty = Duty(id=f"duty-{id}", role=role, person=id, from_minute=shift.from_minute, to_minute=shift.to_minute)
        commands.append(PutDuty(actor="system", duty=duty))
    return commands


def _example_ladder(id: str, role: str, number: int) -> tuple[Contact, ...]:
    phone = f"1380013{number:04d}"
    wecom = Contact(id=f"{id}-wecom", url=f"wecomapp://{id}")
    voice = Contact(id=f"{id}-voice", url=f"alivoice://EXAMPLEKEY:${{ALIYUN_SECRET}}@/{phone}?template=TTS_1")
    sms = Contact(id=f"{id}-sms", url=f"alisms://EXAMPLEKEY:${{ALIYUN_SECRET}}@/{phone}?sign=SIGN&template=SMS_1")
    inbox = Contact(id=f"{id}-inbox", url=f"inbox://{id}")
    return (wecom, voice, sms, inbox) if role in STAFF else (voice, sms, wecom, inbox)


def seed_lines(commands: list[AnyCommand]) -> bytes:
    """A registry as a seed file: JSON lines, one command each."""
    return b"".join(msgspec.json.encode(command) + b"\n" for command in commands)
