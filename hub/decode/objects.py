"""What a platform's own codec made of a LoRaWAN uplink: ChirpStack's ``object``, The Things Stack's ``decoded_payload``.

Read only where no device file fits the bytes, or where there are none. Names are those of the vendors' public codecs
(Milesight, Netvox, Dragino, Elsys, Browan, MClimate) beside the platforms' usual ones. Codecs write states in words of
their own, so a state counts only in a word that cannot be mistaken: whatever else stands there is unknown, and the message
is kept aside with what could be read of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from hub.decode.text import parse_object
from hub.decode.things import BY_NAME, NUMBER_NAMES, PERCENT, plain
from hub.decode.values import number, text
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind

Told = msgspec.Raw | Mapping[str, object] | None
"""An object as the envelope holds it: not parsed before somebody asks."""

_TRUE = frozenset({"true", "on", "yes", "1", "active", "activated", "triggered", "trigger", "detected"})
_FALSE = frozenset(
    {"false", "off", "no", "0", "inactive", "idle", "normal", "none", "ok", "clear", "cleared", "notdetected"}
)
_ALSO_TRUE = {
    "alarm": frozenset({"alarm", "alarming", "alert", "leak", "leaking", "leakdetected", "wet", "flood", "fire", "smoke",
                        "smokedetected", "gasleak", "pressed", "emergency", "sos"}),
    "occupied": frozenset({"occupied", "busy", "parked", "full"}),
    "open": frozenset({"open", "opened"}),
    "motion": frozenset({"motion", "occupied", "moving", "presence"}),
    "tilted": frozenset({"tilt", "tilted"}),
    "tamper": frozenset({"uninstalled", "dismantled", "tampered", "tamper", "open", "removed", "alarm"}),
    "battery_low": frozenset({"low", "lowbattery", "empty", "alarm"}),
    "fault": frozenset({"fault", "error", "failure", "faulty", "alarm"}),
}  # fmt: skip
_ALSO_FALSE = {
    "alarm": frozenset({"noalarm", "dry", "noleak", "nosmoke", "nogas", "nofire", "noflood", "notpressed", "released"}),
    "occupied": frozenset({"vacant", "free", "empty", "available", "unoccupied", "notoccupied"}),
    "open": frozenset({"closed", "close"}),
    "motion": frozenset({"nomotion", "vacant", "unoccupied"}),
    "tilted": frozenset({"notilt", "upright"}),
    "tamper": frozenset({"installed", "notampered", "notamper", "closed"}),
    "battery_low": frozenset({"good", "high", "full", "medium"}),
    "fault": frozenset({"nofault", "noerror"}),
}  # fmt: skip
_NO_WORDS: frozenset[str] = frozenset()
_TESTS = frozenset({"test", "selftest", "testing", "testmode", "testbutton", "buttontest"})
_MUTES = frozenset({"silence", "silenced", "mute", "muted", "hush"})
_ASIDE = frozenset({"test", "muted"})

_NAMES: dict[tuple[str, Kind | None], tuple[str, ...]] = {
    ("alarm", Kind.SMOKE): ("smoke", "smokedetected", "smokedetector", "smokedetection", "firealarm", "fire"),
    ("alarm", Kind.GAS): ("gas", "gasdetected", "gasleakage", "gasleakstatus", "methanealarm"),
    ("alarm", Kind.CO): ("coalarmstatus", "carbonmonoxide", "carbonmonoxidealarm"),
    ("alarm", Kind.LEAK): (
        "leakagestatus", "leakage", "leak", "leakstatus", "leakalarm", "leakdetected", "waterleakstatus", "waterleakage",
        "waterleak1", "waterleak2", "waterleakdetected", "waterdetected", "waterstatus", "flood", "flooding", "floodalarm",
        "waterpresence",
    ),
    ("alarm", Kind.SOS): (
        "sosstatus", "sosbutton", "panic", "panicbutton", "emergencyalarm", "emergencybutton", "emergencybuttonalarm",
    ),
    ("occupied", Kind.PARKING): (
        "isoccupied", "parkingoccupied", "occupancystatus", "parked", "carparked", "vehiclepresent", "vehicledetected",
        "carpresent", "parking", "car",
    ),
    ("open", Kind.DOOR): (
        "magnetstatus", "magnet", "door", "doorcontact", "dooropenstatus", "open", "isopen", "reedstate", "reedstatus",
        "windowstatus",
    ),
    ("motion", Kind.MOTION): (
        "motion", "motionstatus", "motiondetected", "pirstatus", "occupancy", "presence", "occupy", "movement", "ismotion",
    ),
    ("tilted", Kind.TILT): ("tilt", "tilted", "tiltstatus", "tiltstate", "tiltalarm"),
    ("tamper", None): ("tamperstatus", "tampered", "boxtamper", "disassembledalarm", "istampered"),
    ("battery_low", None): ("batteryalarm", "lowbatterystatus", "islowbattery"),
    ("test", None): ("test", "selftest", "testmode", "testbutton", "testbuttonpressed", "testalarm"),
    ("high_temp_alarm", None): ("hightempalarm",),
    ("alarm", None): ("alarm", "alarmstatus", "alarmstate", "isalarm"),
}  # fmt: skip
_STATES = {**BY_NAME, **{name: meant for meant, names in _NAMES.items() for name in names}}
_WORDS_ONLY: dict[str, tuple[str, Kind | None]] = {
    "contact": ("open", Kind.DOOR), "reed": ("open", Kind.DOOR), "reedswitch": ("open", Kind.DOOR),
    "batterystatus": ("battery_low", None), "batterystate": ("battery_low", None),
}  # fmt: skip
"""1 is closed in one codec and open in the next: only a word tells."""
_VOLTS = frozenset({"batteryvoltage", "batvoltage", "batteryvolt", "batv", "volt", "voltage", "vbat", "vbatt", "vdd",
                    "batterymv", "batteryv"})  # fmt: skip
_PERCENTS = frozenset({*PERCENT, "bat", "batt"})
_PRESSES = frozenset({"press", "buttonevent", "buttonstatus", "button", "buttonpressed", "pushed"})
_VALUES = {**NUMBER_NAMES, "airtemperature": "temperature", "airhumidity": "humidity", "light": "illuminance",
           "illuminance": "illuminance", "illumination": "illuminance", "depth": "level_cm", "temperaturec": "temperature",
           "tempcds": "temperature", "humi": "humidity", "hum": "humidity"}  # fmt: skip


class Understood(msgspec.Struct, frozen=True, gc=False):
    """What an object says. ``clear``: every state of it stands in a word we know, and what it is a state of, or that it is an alarm."""

    kind: Kind
    event: Event
    facts: dict[str, Fact]
    clear: bool


def understood(told: Told, known: Kind | None) -> Understood | None:
    """The facts of an object; None where nothing in it has a name we know. ``known``: what the registry says it is."""
    found = _parsed(told)
    facts: dict[str, Fact] = {}
    kinds: list[tuple[Kind, bool | None]] = []
    anyhow: bool | None = None
    vague = False
    for name, value in _pairs(found):
        if name in _STATES or (name in _WORDS_ONLY and isinstance(value, str) and not value.strip().isdigit()):
            fact, kind = _STATES.get(name) or _WORDS_ONLY[name]
            state = _state(fact, value, facts)
            vague = vague or (
                fact == "alarm" and state is None and value is not None and facts.keys().isdisjoint(_ASIDE)
            )
            if kind is not None:
                kinds.append((kind, state if fact == "alarm" else None))
            elif fact == "alarm":
                anyhow = state
        elif name in _PRESSES:
            _press(value, facts, kinds)
        else:
            _measure(name, value, facts)
    alarms = [state for _, state in kinds if state is not None]
    if alarms or anyhow is not None:
        # A bare "alarm" beside a named one may be the battery's.
        facts["alarm"] = any(alarms) if alarms else anyhow is True
    kind = known or _kind(kinds, facts)
    if not facts and kind is None:
        return None
    said = bool(kinds) or kind is Kind.TEMPERATURE or (known is not None and "alarm" in facts)
    clear = facts.get("alarm") is True or (said and not vague)
    return Understood(kind or Kind.UNKNOWN, _event(kind, facts), facts, clear)


def _kind(kinds: list[tuple[Kind, bool | None]], facts: dict[str, Fact]) -> Kind | None:
    """What raises an alarm, else what could, else what states anything."""
    ranked = sorted(kinds, key=lambda pair: {True: 0, False: 1, None: 2}[pair[1]])
    if ranked:
        return ranked[0][0]
    return Kind.TEMPERATURE if "temperature" in facts and "humidity" in facts and "alarm" not in facts else None


def _parsed(told: Told) -> Mapping[str, object]:
    if isinstance(told, Mapping):
        return told
    written = bytes(told) if told is not None else b""
    if written in (b"", b"null"):
        return {}
    try:
        return parse_object(written)
    except DecodeError:
        return {}


def _pairs(found: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Names and values, those one level deeper, too, and never a record of the past."""
    for written, value in found.items():
        name = plain(written).replace(" ", "")
        if "history" in name or "record" in name:
            continue
        if isinstance(value, dict):
            if "value" in value or "status" in value:
                yield name, value.get("value", value.get("status"))
            else:
                yield from ((plain(inner).replace(" ", ""), each) for inner, each in value.items())
        else:
            yield name, value


def _state(fact: str, value: object, facts: dict[str, Fact]) -> bool | None:
    """What a value says that cannot be mistaken; set as a fact, but for an alarm, of which there may be several."""
    word = plain(text(value)).replace(" ", "") if isinstance(value, str) else ""
    if fact == "alarm" and (word in _TESTS or word in _MUTES):
        facts["test" if word in _TESTS else "muted"] = True
        return None
    told = _truth(fact, value, word)
    if told is None and fact == "motion" and type(value) is int and value > 1:
        told = True  # how often somebody moved
    if told is not None and fact != "alarm":
        facts[fact] = told or facts.get(fact) is True
    return told


def _truth(fact: str, value: object, word: str) -> bool | None:
    if isinstance(value, bool):
        return value
    if type(value) is int or type(value) is float:
        return True if value == 1 else False if value == 0 else None
    if word in _TRUE or word in _ALSO_TRUE.get(fact, _NO_WORDS):
        return True
    return False if word in _FALSE or word in _ALSO_FALSE.get(fact, _NO_WORDS) else None


def _press(value: object, facts: dict[str, Fact], kinds: list[tuple[Kind, bool | None]]) -> None:
    kinds.append((Kind.BUTTON, None))
    if isinstance(value, str):
        word = text(value).lower()
        if word and plain(word) not in _FALSE:
            facts["press"] = word
    elif _truth("press", value, "") is True:
        facts["press"] = "pressed"


def _measure(name: str, value: object, facts: dict[str, Fact]) -> None:
    read = number(value)
    if read is None:
        return
    if name in _VOLTS or (name in _PERCENTS and 1.5 < read < 5 and read != int(read)):
        # Codecs write 3.1, 3.1 under the name of a percentage, or 3100.
        if 1.5 <= read <= 40 or 1500 <= read <= 40_000:
            facts["battery_v"] = round(read / 1000, 3) if read >= 1500 else read
    elif name in _PERCENTS:
        if 0 <= read <= 100 and not 1 < read <= 4:  # 3 may be volts as well as percent
            facts["battery_pct"] = read
    elif name in _VALUES:
        facts[_VALUES[name]] = read


def _event(kind: Kind | None, facts: dict[str, Fact]) -> Event:
    if facts.get("test") is True:
        facts["alarm"] = False
        return Event.TEST
    if facts.get("alarm") is True:
        return Event.PRESS if kind is Kind.SOS else Event.ALARM
    if "press" in facts and kind in (Kind.BUTTON, Kind.SOS):
        if kind is Kind.SOS:
            facts["alarm"] = True
        return Event.PRESS
    if facts.get("motion") is True and kind is Kind.MOTION:
        return Event.MOTION
    if facts.get("fault") is True:
        return Event.FAULT
    return Event.TELEMETRY if kind in (None, Kind.TEMPERATURE) else Event.STATUS
