"""The words of the hub as frozen structs, units and enums. Pure: imports nothing that can do I/O or tell the time.

Times are UTC integer milliseconds and end in ``_ms``. Ids of what the core makes are ``(community, seq)`` pairs; inside
one community the bare ``seq`` is enough and is what the structs carry.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

# ── facts: the vocabulary ────────────────────────────────────────────────────────────────────────────────────────────

Fact = bool | int | float | str
"""A fact's value. Unknown is never false: a fact that the payload does not state is absent."""

FACTS: dict[str, tuple[str, str]] = {
    # name: (type, unit); types: bool, number, text
    "alarm": ("bool", ""),
    "test": ("bool", ""),
    "muted": ("bool", ""),
    "tamper": ("bool", ""),
    "fault": ("bool", ""),
    "installed": ("bool", ""),
    "obstructed": ("bool", ""),
    "battery_low": ("bool", ""),
    "mains_power": ("bool", ""),
    "interconnect_alarm": ("bool", ""),
    "high_temp_alarm": ("bool", ""),
    "no_activity_alarm": ("bool", ""),
    "occupied": ("bool", ""),
    "open": ("bool", ""),
    "motion": ("bool", ""),
    "on": ("bool", ""),
    "tilted": ("bool", ""),
    "acknowledged": ("bool", ""),
    "has_historical_records": ("bool", ""),
    "offline_record": ("bool", ""),
    "encrypted": ("bool", ""),
    "ended": ("bool", ""),
    "battery_pct": ("number", "%"),
    "battery_v": ("number", "V"),
    "temperature": ("number", "°C"),
    "temperature_raw": ("number", ""),
    "humidity": ("number", "%"),
    "pressure_kpa": ("number", "kPa"),
    "distance_mm": ("number", "mm"),
    "level_cm": ("number", "cm"),
    "level": ("number", ""),
    "leak_level_pct": ("number", "%"),
    "concentration": ("number", ""),
    "gas": ("number", ""),
    "nh3": ("number", "ppm"),
    "h2s": ("number", "ppm"),
    "illuminance": ("number", "lx"),
    "count": ("number", ""),
    "open_count": ("number", ""),
    "rssi": ("number", "dBm"),
    "rsrp": ("number", "dBm"),
    "snr": ("number", "dB"),
    "signal": ("number", ""),
    "margin": ("number", "dB"),
    "lat": ("number", "°"),
    "lng": ("number", "°"),
    "confidence": ("number", "%"),
    "lane": ("number", ""),
    "input": ("number", ""),
    "channel": ("number", ""),
    "score": ("number", ""),
    "value": ("number", ""),
    "threshold": ("number", ""),
    "low_threshold": ("number", ""),
    "system_type": ("number", ""),
    "system_addr": ("number", ""),
    "part_type": ("number", ""),
    "part_addr": ("text", ""),
    "part_status": ("number", ""),
    "analog_type": ("number", ""),
    "analog_value": ("number", ""),
    "source_addr": ("text", ""),
    "target_addr": ("text", ""),
    "description": ("text", ""),
    "plate": ("text", ""),
    "plate_color": ("text", ""),
    "direction": ("text", ""),
    "trigger": ("text", ""),
    "vehicle": ("text", ""),
    "vehicle_color": ("text", ""),
    "known_name": ("text", ""),
    "press": ("text", ""),
    "valve": ("text", ""),
    "code": ("text", ""),
    "label": ("text", ""),
    "camera": ("text", ""),
    "name": ("text", ""),
    "state": ("text", ""),
    "imei": ("text", ""),
    "platform_device_id": ("text", ""),
    "vendor_mac": ("text", ""),
    "raw_hex": ("text", ""),
    "gateway": ("text", ""),
}
"""Every fact a codec may give, with its type and unit. A codec that gives another name fails the catalogue's tests."""


class Kind(StrEnum):
    """What a device is."""

    SMOKE = "smoke"
    GAS = "gas"
    CO = "co"
    HEAT = "heat"
    LEAK = "leak"
    SOS = "sos"
    FIRE_PANEL = "fire_panel"
    PARKING = "parking"
    VEHICLE_COUNTER = "vehicle_counter"
    GATE = "gate"
    GATE_IO = "gate_io"
    LPR = "lpr"
    DOOR = "door"
    MOTION = "motion"
    FENCE = "fence"
    CAMERA = "camera"
    BUTTON = "button"
    DOORBELL = "doorbell"
    ACCESS = "access"
    SWITCH = "switch"
    RELAY = "relay"
    TILT = "tilt"
    VIBRATION = "vibration"
    MANHOLE = "manhole"
    LIFT = "lift"
    PUMP = "pump"
    CHARGER = "charger"
    PRESSURE = "pressure"
    WATER_PRESSURE = "water_pressure"
    LEVEL = "level"
    DISTANCE = "distance"
    WATER_METER = "water_meter"
    TEMPERATURE = "temperature"
    AIR_QUALITY = "air_quality"
    TELEMETRY = "telemetry"
    LIFECYCLE = "lifecycle"
    DISCOVERY = "discovery"
    UNKNOWN = "unknown"


LIFE_SAFETY: frozenset[Kind] = frozenset({Kind.SMOKE, Kind.GAS, Kind.CO, Kind.HEAT, Kind.SOS, Kind.FIRE_PANEL})
"""Kinds whose messages are served first and whose undecodable payloads raise an alert."""


class Event(StrEnum):
    """What a message is about."""

    STATUS = "status"
    ALARM = "alarm"
    SILENCED = "silenced"
    TEST = "test"
    FAULT = "fault"
    HEARTBEAT = "heartbeat"
    STARTUP = "startup"
    PRESS = "press"
    MOTION = "motion"
    TILT = "tilt"
    FALL = "fall"
    IO_CHANGE = "io_change"
    PLATE = "plate"
    PLATE_ENCRYPTED = "plate_encrypted"
    VEHICLE_NO_PLATE = "vehicle_no_plate"
    WRONG_WAY = "wrong_way"
    FACE_MATCH = "face_match"
    OBJECT_UPDATE = "object_update"
    REVIEW = "review"
    TRIGGER = "trigger"
    TELEMETRY = "telemetry"
    PROPERTY_REPORT = "property_report"
    SYSTEM_STATE = "system_state"
    PART_STATE = "part_state"
    REGISTER = "register"
    VENDOR_CODE = "vendor_code"
    VENDOR_JSON = "vendor_json"
    ONLINE = "online"
    OFFLINE = "offline"
    GATEWAY_ONLINE = "gateway_online"
    GATEWAY_OFFLINE = "gateway_offline"
    CAMERA_OFFLINE = "camera_offline"
    JOIN = "join"
    BATTERY = "battery"
    LOCATION = "location"
    INTEGRATION = "integration"
    DOWNLINK_ACK = "downlink_ack"
    DOWNLINK_SENT = "downlink_sent"
    DOWNLINK_FAILED = "downlink_failed"
    LOG_ERROR = "log_error"
    CONFIG_RESPONSE = "config_response"
    CONFIG_REPORT = "config_report"
    VERSION_REPORT = "version_report"
    DEVICE_INFO = "device_info"
    HISTORY_RECORD = "history_record"
    DISCOVERY = "discovery"
    BRIDGE_INFO = "bridge_info"
    UPLINK_UNDECODED = "uplink_undecoded"
    RAW = "raw"


# ── a message on its way in ──────────────────────────────────────────────────────────────────────────────────────────


class RawMessage(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One message as it came off a wire, before anybody understood it."""

    source: str
    """Name of the source in config.yaml."""
    topic: str
    """MQTT topic; for HTTP pushes ``ingest/{source}``. Bytes that are not UTF-8 stand as surrogate escapes."""
    payload: bytes
    received_ms: int
    retained: bool = False
    duplicate: bool = False
    """The broker's DUP flag: this message may have been handed to us before."""


class Reading(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One device, one moment, its facts in our vocabulary and units."""

    device: str
    """The device's address as its platform gives it; unique within one community."""
    kind: Kind
    event: Event
    facts: dict[str, Fact]
    """Names from `FACTS`. ``alarm`` is absent when the payload does not say."""
    device_ms: int | None = None
    """The device's or platform's own time, when the payload has one; believed only when sane."""
    key: str = ""
    """Natural key of this reading within its device (frame counter, deduplication id), "" when it has none."""
    historical: bool = False
    """Not happening now: kept, never alerts."""
    model: str = ""
    """Vendor/model of the codec that read it."""


class Undecoded(StrEnum):
    """Why a payload was quarantined."""

    NOT_JSON = "not_json"
    NOT_TEXT = "not_text"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    MISSING_FIELD = "missing_field"
    BAD_CHECKSUM = "bad_checksum"
    TRUNCATED = "truncated"
    UNKNOWN_ENVELOPE = "unknown_envelope"
    UNKNOWN_MODEL = "unknown_model"
    UNKNOWN_FORMAT = "unknown_format"
    CODEC_FAULT = "codec_fault"
    """The codec itself failed: a bug in a device file."""
    POISON = "poison"
    """Nothing was wrong with the bytes, but two commits failed on them."""


class Undecodable(msgspec.Struct, frozen=True, array_like=True):
    """What could not be understood, and why."""

    reason: Undecoded
    detail: str
    device: str = ""
    """Address of the device, when the envelope at least gave that."""


# ── places, devices, people: the registry ────────────────────────────────────────────────────────────────────────────


class PlaceKind(StrEnum):
    COMMUNITY = "community"
    GRID = "grid"
    BUILDING = "building"
    UNIT = "unit"
    FLOOR = "floor"
    HOME = "home"
    SPACE = "space"
    GATE = "gate"
    AREA = "area"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the tree of places; every device stands in one."""

    id: str
    """Stable and immutable, for example ``b6-1203``."""
    kind: PlaceKind
    name: str
    """As people say it: 6号楼, 1203室, 12号车位, 东门."""
    parent: str = ""
    floor: int | None = None
    address: str = ""
    """Full postal address, for the 119 script; inherited from the parent when empty."""
    protected: bool = False
    """A home of an elder who lives alone: it must have a live detector."""


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A sensor as the registry knows it."""

    id: str
    """The address that its platform gives (devEui, friendly name, IMEI, camera serial)."""
    kind: Kind
    place: str
    model: str = ""
    """Catalogue name of the codec (``vendor/model``); needed where the envelope does not tell."""
    name: str = ""
    source: str = ""
    topic: str = ""
    """Exact MQTT topic, when known: lets the life-safety lane subscribe to it."""
    gateway: str = ""
    """Address of the gateway that it speaks through."""


class Channel(StrEnum):
    """How a contact is reached; the scheme of its URL."""

    INBOX = "inbox"
    WECOM = "wecom"
    NTFY = "ntfy"
    MAIL = "mail"
    APPRISE = "apprise"


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One way to reach one person or group."""

    id: str
    url: str
    """``inbox://person``, ``wecom://KEY`` or an Apprise URL. May hold ``${NAME}`` for a secret."""
    group: bool = False
    """Read by more than one person: never carries a room, a name or a plate."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, or a group account, who can be told."""

    id: str
    name: str
    language: str = "zh"
    contacts: tuple[Contact, ...] = ()
    """The ladder: tried in this order."""
    phone: str = ""
    """A number that people ring, shown on the wall while this person is on duty. Never sent."""


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a role, for which place, and when. The rota is the list of these."""

    id: str
    role: str
    person: str
    place: str = ""
    """"" is the whole community."""
    from_minute: int = 0
    """Minute of the day, local time; equal to ``to_minute`` means all day."""
    to_minute: int = 0
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    """0 is Monday; a duty that crosses midnight belongs to the day it starts on."""


class Permit(msgspec.Struct, frozen=True, kw_only=True):
    """A car that may enter."""

    plate: str
    place: str = ""
    """The household's home."""
    until_ms: int | None = None


class Sees(StrEnum):
    """How much of the place a role is told before it accepts."""

    ROOM = "room"
    FLOOR = "floor"
    BUILDING = "building"


# ── alerts, incidents, telling ───────────────────────────────────────────────────────────────────────────────────────


class Severity(StrEnum):
    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    INFO = "info"


SEVERITY_ORDER: dict[Severity, int] = {Severity.CRITICAL: 0, Severity.MAJOR: 1, Severity.MINOR: 2, Severity.INFO: 3}


class Condition(StrEnum):
    """Condition axis of an alert: what the readings say."""

    PENDING = "pending"
    ACTIVE = "active"
    CLEARED = "cleared"


class Handling(StrEnum):
    """Handling axis of an alert: what people did."""

    NEW = "new"
    ACCEPTED = "accepted"
    ON_SITE = "on_site"
    DONE = "done"


class Outcome(StrEnum):
    """What it turned out to be, said by a person who closes."""

    REAL = "real"
    FALSE = "false"
    TEST = "test"
    DRILL = "drill"
    DUPLICATE = "duplicate"
    RECOVERED = "recovered"
    """Cleared by itself; only for rules that do not latch."""


class Alert(msgspec.Struct, kw_only=True):
    """One rule on one subject. Mutable: the core owns it; everybody else reads copies."""

    id: int
    rule: str
    severity: Severity
    subject: str
    """Device address."""
    kind: Kind
    place: str
    incident: int
    condition: Condition
    handling: Handling
    raised_ms: int
    """When the hub raised it; ``at_ms`` is when it happened as far as that is believed."""
    at_ms: int
    late: bool = False
    """Its message waited in a queue."""
    cleared_ms: int | None = None
    accepted_ms: int | None = None
    on_site_ms: int | None = None
    closed_ms: int | None = None
    due_ms: int | None = None
    """While pending: when the condition will have held for long enough."""
    outcome: Outcome | None = None
    cause: str = ""
    facts: dict[str, Fact] = msgspec.field(default_factory=dict)
    """The facts that raised it."""
    key: str = ""
    """Under which its device remembers it: the rule, for passing cars the rule and the plate."""
    latch: bool = False
    """Only a person closes it."""
    test: bool = False
    """Exercise or test: told as 【测试】, never as a fire."""


class Responder(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who said that they go, or that they cannot."""

    person: str
    at_ms: int
    state: Handling
    declined: bool = False


class Incident(msgspec.Struct, kw_only=True):
    """Alerts that belong together; people are told about incidents."""

    id: int
    place: str
    """The building, or the space, gate or area itself."""
    cause: str
    """What groups them: the rule's ``cause``, for example ``fire``."""
    severity: Severity
    opened_ms: int
    handling: Handling = Handling.NEW
    alerts: list[int] = msgspec.field(default_factory=list)
    policy: str = ""
    step: int = 0
    """Index of the policy step to take next; len(steps) when all are taken."""
    due_ms: int | None = None
    """When the next step, or the next page after an accept without an end, is due."""
    responders: list[Responder] = msgspec.field(default_factory=list)
    told: list[str] = msgspec.field(default_factory=list)
    """Everybody who was told, in order: they are told the end too."""
    accepted_ms: int | None = None
    on_site_ms: int | None = None
    closed_ms: int | None = None
    outcome: Outcome | None = None
    cause_text: str = ""
    closed_by: str = ""
    test: bool = False
    round: int = 0
    """How often the policy has started from its first step."""
    from_ms: int = 0
    """When this round of the policy started, or will start: the end of a silence."""
    needed: int = 1
    """How many people should go."""


class Purpose(StrEnum):
    """Why somebody is told."""

    RAISED = "raised"
    GREW = "grew"
    ESCALATED = "escalated"
    REPAGED = "repaged"
    ENDED = "ended"
    TEST = "test"


class NotificationState(StrEnum):
    """Where one notification stands: an attempt under way, waiting for the next attempt, or ended."""

    DUE = "due"
    HELD = "held"
    SENT = "sent"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider said to one attempt over one contact."""

    notification: int
    contact: str
    attempt: int
    at_ms: int
    sent: bool
    """Only a positive receipt counts as sent."""
    reason: str
    """``accepted``, or why not: ``refused``, ``rate_limited``, ``timeout``, ``unreachable``, ``bad_contact``, ..."""
    code: str = ""
    """The provider's own code, verbatim."""
    permanent: bool = False
    retry_after_ms: int | None = None


class Notification(msgspec.Struct, kw_only=True):
    """One message to one person: tried over the contacts of their ladder until one gives a positive receipt."""

    id: int
    incident: int
    person: str
    role: str
    purpose: Purpose
    severity: Severity
    created_ms: int
    """When it fell due: the budget's clock starts here."""
    state: NotificationState = NotificationState.DUE
    contact: str = ""
    """Id of the contact under way."""
    attempt: int = 0
    """1 for the first attempt; the pair (id, attempt) is one outbox row and one send."""
    due_ms: int | None = None
    """Deadline of the attempt under way, or when to try again; None when nothing is to come."""
    sent_ms: int | None = None
    reason: str = ""
    alerts: tuple[int, ...] = ()
    dead: tuple[str, ...] = ()
    """Contacts that refused for good."""
    test: bool = False


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """A pause with an end, an owner and a reason. Never hides critical."""

    id: int
    place: str = ""
    kind: str = ""
    rule: str = ""
    device: str = ""
    from_ms: int
    until_ms: int
    owner: str
    reason: str
