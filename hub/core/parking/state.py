"""What the core remembers of gates and spaces, and what a batch changed of it. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from hub.model import Census, Direction, Estimate, LedgerEntry, ReadHow, Squat, Verdict, Visit, Watch, ZoneHour


class Passing(msgspec.Struct, kw_only=True):
    """One car at a lane, however many devices saw it: what is known of it within the window of one car."""

    at_ms: int
    """When it passed: the time of its first read."""
    first_ms: int
    """When the hub heard of it first."""
    seen_ms: int
    """When the hub heard of it last."""
    device: str
    plate: str = ""
    read: ReadHow
    confidence: float = 0.0
    said: Direction | None = None
    """The way that the camera says it went, in clear words."""
    opening: int = 0
    """Number of the opening that it went through; 0: none seen."""
    settled: bool = False
    """It has its entry, or was found to have none."""
    entry: int = 0
    visit: int = 0
    over: bool = False
    """Its window is over: kept only so that a later read of the same car is known as such."""
    tailgated: bool = False


class LaneState(msgspec.Struct, kw_only=True):
    """One lane at a gate."""

    last_ms: int = 0
    """When the last car passed."""
    last_plate: str = ""
    opened_ms: int | None = None
    """Since when the arm is up; None while it is down or nobody knows."""
    cars: int = 0
    """Cars that passed on this opening."""
    openings: int = 0
    """Openings in the window that the read rate is taken over."""
    reads: int = 0
    """Plates read in that window."""
    unread: int = 0
    window_ms: int = 0
    """Since when the three above are counted."""
    skew_ms: int = 0
    """How far its clock is off, by its last messages."""
    met: list[str] = msgspec.field(default_factory=list)
    """What is wrong with it: names of derived facts that are true."""
    due_ms: int | None = None
    """When it is looked at next: a car's window, an arm that stays up, a waiting car."""
    passing: list[Passing] = msgspec.field(default_factory=list)
    """Cars of the window that is on, in the order in which they came."""
    waiting: Passing | None = None
    """A car that was not let in at once: it may be, by hand."""
    passed: list[tuple[int, str, str]] = msgspec.field(default_factory=list)
    """(ms, plate, direction) of its last cars, by time: what replayed records are compared with."""
    arm: str = ""
    """Device whose contact says where the arm is; "" while none has said so."""
    opening: int = 0
    """Number of the last opening."""
    up_ms: int = 0
    """When the arm went up last."""
    closed_ms: int = 0
    commanded_ms: int = 0
    """When a relay was told to open last."""
    read_ms: int = 0
    """When a camera saw a car last."""
    camera: str = ""
    """That camera."""
    loop_ms: int = 0
    """When a car was on its loop last."""
    unopened: int = 0
    """Cars with a permit, one after another, for which the arm did not go up."""
    lifted_ms: int | None = None
    """When the arm went up with no reason known yet."""
    tailgated_ms: int | None = None
    """When ``tailgating`` was said last, until it is taken back."""
    tailgater: str = ""
    """Device about which it was said."""
    skewed: dict[str, int] = msgspec.field(default_factory=dict)
    """device -> messages, one after another, whose time was off by as much."""


class GuessKind(StrEnum):
    """What was concluded about a visit that nobody saw."""

    ENTRY = "entry"
    """That it came in: there is an entry MISSED_ENTRY."""
    EXIT = "exit"
    """That it went out: there is an entry MISSED_EXIT."""
    NAMED = "named"
    """That it was the car out that nobody could name."""
    TAKEN = "taken"
    """That it was the car in that nobody had read."""


class Guess(msgspec.Struct, kw_only=True):
    """A conclusion about a visit that is over; a record that is replayed later may show it right or wrong."""

    kind: GuessKind
    visit: Visit


class SpaceState(msgspec.Struct, kw_only=True):
    """One space."""

    occupied: bool | None = None
    """What has been believed since ``since_ms``; None while its sensor is dead."""
    since_ms: int = 0
    shown: bool | None = None
    """What the sensor said last; it is believed once it has said so for the debounce."""
    shown_ms: int = 0
    believe_ms: int = 0
    """When what is shown is believed, should it last."""
    heard_ms: int = 0
    looked_ms: int = 0
    """When it was found out last what stands there, or that it is not what it seemed."""
    due_ms: int | None = None
    """When it is looked at next: debounce, grace, overstay, dead sensor."""
    plate: str = ""
    """Car that probably stands there."""
    visit: int = 0
    """Visit of that car, or a word of `hub.core.parking.evidence` below 0; of a free space, of the car that left it last."""
    doubted: bool = False
    """Somebody saw that nothing stands there: its sensor is not believed until it has said so too."""
    squat: int = 0
    """Squat that is on."""
    called_car_ms: int = 0
    """Until when somebody has said that it is a car after all (the stay that was on)."""
    flips: int = 0
    """Changes that did not last for the debounce, on the day of the last one."""
    flipped_ms: int = 0
    """When that was."""
    counted: bool | None = None
    """Whether anything stood there when it was last counted; None: it never was."""
    counted_ms: int = 0
    doubted_ms: int = 0
    """When a census, or the coming and going of its home's cars, contradicted the sensor: it is not believed until it has changed since; 0: none has."""


class ZoneState(msgspec.Struct, kw_only=True):
    """One zone: its ledger and its estimate."""

    ins: int = 0
    """Cars that entered, by all entries of the ledger since its beginning."""
    outs: int = 0
    unnamed_outs: int = 0
    """Cars out that nobody could name, and whose visit therefore still stands."""
    estimate: Estimate | None = None
    offset: float = 0.0
    """Cars that the ledger counts and no space shows: drift of the gates, and cars that stand elsewhere."""
    offset_ms: int = 0
    census_ms: int = 0
    hidden: float = 0.0
    """Things in spaces that the sensors do not see, as the censuses and photos have shown."""
    drift_since_ms: int | None = None
    wander: float = 4.0
    """Mean square of the cars by which ledger less ``offset`` and spaces differed."""
    misread: float = 0.0
    """Sensors that a census contradicts, as the censuses have shown."""
    squats_now: float = 0.0
    """Squats that were on, in the last hour and a half or so."""
    squats_mean: float = 0.0
    """The same in the last days: what hour of the day it is among those who squat."""
    passed: int = 0
    """Passages that there had been when it was last counted."""


class ParkingState(msgspec.Struct, kw_only=True):
    """Gates and spaces of one community."""

    lanes: dict[str, LaneState] = msgspec.field(default_factory=dict)
    spaces: dict[str, SpaceState] = msgspec.field(default_factory=dict)
    zones: dict[str, ZoneState] = msgspec.field(default_factory=dict)
    visits: dict[int, Visit] = msgspec.field(default_factory=dict)
    """Cars inside."""
    squats: dict[int, Squat] = msgspec.field(default_factory=dict)
    """Squats that are on."""
    watches: dict[int, Watch] = msgspec.field(default_factory=dict)
    hours: dict[str, ZoneHour] = msgspec.field(default_factory=dict)
    """zone -> the hour that is on."""
    guesses: list[Guess] = msgspec.field(default_factory=list)
    """The newest conclusions about visits that are over."""
    squatted: dict[str, list[int]] = msgspec.field(default_factory=dict)
    """space -> when its squats of the last two weeks began."""
    unread_openings: dict[str, list[int]] = msgspec.field(default_factory=dict)
    """zone -> when a gate into it opened lately and nobody was read: a car may have come in."""


class ParkingChanges(msgspec.Struct, kw_only=True):
    """Rows that a batch of inputs adds or changes."""

    entries: list[LedgerEntry] = msgspec.field(default_factory=list)
    visits: dict[int, Visit] = msgspec.field(default_factory=dict)
    squats: dict[int, Squat] = msgspec.field(default_factory=dict)
    spaces: dict[str, SpaceState] = msgspec.field(default_factory=dict)
    estimates: dict[str, Estimate] = msgspec.field(default_factory=dict)
    hours: dict[str, ZoneHour] = msgspec.field(default_factory=dict)
    """``zone|hour_ms`` -> hour."""
    censuses: dict[int, Census] = msgspec.field(default_factory=dict)
    watches: dict[int, Watch] = msgspec.field(default_factory=dict)


__all__ = [
    "Guess",
    "GuessKind",
    "LaneState",
    "ParkingChanges",
    "ParkingState",
    "Passing",
    "SpaceState",
    "Verdict",
    "ZoneState",
]
