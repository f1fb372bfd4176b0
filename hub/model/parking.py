"""Gates and parking: spaces, lanes at gates, permits, and the ledger of who came in and went out. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class SpaceUse(StrEnum):
    """Who may stand here."""

    RESIDENT = "resident"
    SHARED = "shared"
    VISITOR = "visitor"
    TEMPORARY = "temporary"
    BIKES = "bikes"
    FIRE_LANE = "fire_lane"
    NO_PARKING = "no_parking"


COUNTED = frozenset({SpaceUse.RESIDENT, SpaceUse.SHARED, SpaceUse.VISITOR, SpaceUse.TEMPORARY})
"""Uses that count among the spaces left."""


class Space(msgspec.Struct, frozen=True, kw_only=True):
    """What a place of kind space is for and where it lies on the plan. Its zone is the place's parent."""

    id: str
    """Id of its place."""
    use: SpaceUse = SpaceUse.RESIDENT
    homes: tuple[str, ...] = ()
    """Places of the households that may stand here; empty: whoever ``use`` allows."""
    x: float = 0.0
    """Metres on the site's own plan, from its upper left corner; the space's middle."""
    y: float = 0.0
    length: float = 5.0
    width: float = 2.4
    angle: float = 0.0
    """Degrees clockwise; 0 is lengthwise along x."""
    overstay_ms: int | None = None
    """How long a car may stand here; None: as the setting says, for ever where that is silent too."""


class GateLane(msgspec.Struct, frozen=True, kw_only=True):
    """One lane through a gate: the devices that see a car pass it."""

    id: str
    gate: str
    """Id of a place of kind gate."""
    direction: Direction | None = None
    """None: each passage says itself."""
    devices: tuple[str, ...] = ()
    """Addresses of its cameras, loops, contacts and relays."""
    zone: str = ""
    """Id of the area that it leads into; "" is the whole community."""
    list_topic: str = ""
    """MQTT topic on which it takes the list of permits (Vzenith: ``device/{sn}/message/down/...``); "" takes none."""


class PermitKind(StrEnum):
    RESIDENT = "resident"
    VISITOR = "visitor"
    TEMPORARY = "temporary"
    SERVICE = "service"
    DENIED = "denied"


class Permit(msgspec.Struct, frozen=True, kw_only=True):
    """A car that may enter, or (denied) may not."""

    plate: str
    """Normalised: see `hub.plates`."""
    kind: PermitKind = PermitKind.RESIDENT
    place: str = ""
    """The household's home."""
    person: str = ""
    """Whom to ask first about this car: a person of the registry."""
    from_ms: int | None = None
    until_ms: int | None = None
    reason: str = ""
    """Why it is denied; or what the visitor comes for."""
    spaces: tuple[str, ...] = ()
    """Spaces or zones that it is entitled to; empty: any of its use."""
    plan: str = ""
    """Temporary plan that it belongs to."""

    def stands(self, now_ms: int) -> bool:
        """It may enter now."""
        begun = self.from_ms is None or self.from_ms <= now_ms
        return self.kind is not PermitKind.DENIED and begun and (self.until_ms is None or now_ms < self.until_ms)


class ParkingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Temporary spaces that households take in turns: so many free, so many paid, for so many days each."""

    id: str
    name: str
    zone: str = ""
    free: int = 8
    paid: int = 8
    from_date: str
    """First day, ISO 8601, local."""
    until_date: str
    """Last day."""
    turn_days: int = 7
    first_floors: int = 0
    """Homes up to this floor choose first (elders in flats without a lift); 0: nobody does."""


class PlanTurn(msgspec.Struct, frozen=True, kw_only=True):
    """One household's turn in a plan: an entry of the fairness ledger, never edited."""

    id: str
    plan: str
    place: str
    """The household's home."""
    plate: str
    paid: bool
    from_date: str
    until_date: str


class ReadHow(StrEnum):
    """What the camera made of the plate."""

    PLATE = "plate"
    UNREAD = "unread"
    ENCRYPTED = "encrypted"
    NONE = "none"
    """No camera saw it: a loop, a contact or a second car behind one opening."""


class EntryReason(StrEnum):
    """Why the ledger has this entry."""

    PASSED = "passed"
    TAILGATED = "tailgated"
    """A second car on one opening."""
    MISSED_EXIT = "missed_exit"
    """It entered again without having left: it must have left unseen."""
    MISSED_ENTRY = "missed_entry"
    """It left without having entered: it must have entered unseen."""
    CENSUS = "census"
    OFFICE = "office"
    """Somebody corrected the ledger and said why."""


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One car in or out. Entries are added, never changed: what was wrong is corrected by another entry."""

    id: int
    at_ms: int
    """When it passed."""
    kept_ms: int
    """When the hub wrote it: later for replayed records."""
    direction: Direction
    reason: EntryReason
    lane: str = ""
    gate: str = ""
    zone: str = ""
    device: str = ""
    plate: str = ""
    read: ReadHow = ReadHow.NONE
    visit: int = 0
    """The visit that it begins or ends; 0: a car out that nobody can name."""
    kind: PermitKind | None = None
    """Of its permit; None: it had none."""
    actor: str = ""
    note: str = ""


class Visit(msgspec.Struct, kw_only=True):
    """One stay of one car. ``plate`` is "" while nobody has read it."""

    id: int
    zone: str
    plate: str = ""
    kind: PermitKind | None = None
    home: str = ""
    in_ms: int
    in_entry: int
    in_how: EntryReason
    out_ms: int | None = None
    out_entry: int = 0
    out_how: EntryReason | None = None


class Verdict(StrEnum):
    """What stood in the space, as far as anybody knows."""

    PROBABLE = "probable"
    """Probably no car."""
    BIKE = "bike"
    CAR = "car"
    NOTHING = "nothing"


class Squat(msgspec.Struct, kw_only=True):
    """Something that is probably no car stood in a space, with the evidence."""

    id: int
    space: str
    zone: str
    from_ms: int
    until_ms: int | None = None
    verdict: Verdict = Verdict.PROBABLE
    by: str = ""
    """Person who said so."""
    evidence: dict[str, str] = {}
    """What speaks for it: no_entry, dwell, signature, photo, camera -> in figures."""
    alert: int = 0


class Census(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody walked round: what stood in each space at that moment."""

    id: int
    zone: str
    at_ms: int
    actor: str
    spaces: dict[str, Verdict]
    """space -> car, bike or nothing."""
    corrected: int = 0
    """Cars that the ledger had too many (below 0: too few)."""
    photos: dict[str, int] = {}
    """space -> id of a row of ``photo``."""


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """A week of looking after a clean-up; ends by itself and shows before and after."""

    id: int
    zone: str
    from_ms: int
    until_ms: int
    owner: str
    reason: str = ""
    before: int = 0
    """Squats in as long a time before it."""
    after: int = 0


class ZoneHour(msgspec.Struct, kw_only=True):
    """One zone in one hour: what the table of parking needs is made of."""

    zone: str
    hour_ms: int
    ins: int = 0
    outs: int = 0
    full_ms: int = 0
    """How long no space was left."""
    occupied_ms: int = 0
    """Spaces times milliseconds."""
    refused: int = 0
    """Cars without a permit that were not let in."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """Spaces left, and how far off that may be."""

    zone: str
    at_ms: int
    total: int
    left: int
    bound: int
    """The truth lies within ``left`` plus or minus this, 99 minutes of 100."""
    present: int = 0
    """Cars inside by the ledger."""
    unknown: int = 0
    """Spaces whose sensor is dead or missing."""
    drift: str = ""
    """Source that has drifted (``gates``, ``sensors``, a lane or a space), "" for none."""
