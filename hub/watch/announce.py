"""What the hub says of itself over MQTT, for displays and for Home Assistant: each open incident, retained, nothing personal.

Topics under ``hub/<community>/``: ``incident/<id>`` (JSON, emptied when it is closed), ``open`` (counts, and since when the
oldest has been unanswered).
Home Assistant discovers three entities under ``homeassistant/`` (MQTT discovery, one message for each entity).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec
import structlog

from hub.core.state import State
from hub.errors import TransportError
from hub.model import SEVERITY_ORDER, Handling, Incident, Place, PlaceKind, Severity
from hub.store.port import Commit

log = structlog.get_logger("announce")

AGAIN_S = 10.0


class Publishing(Protocol):
    """The part of `hub.mqtt.publish.Publisher` that is needed."""

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None: ...


class IncidentSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What a display may know of an incident."""

    id: int
    cause: str
    severity: Severity
    building: str
    handling: Handling
    opened_ms: int
    going: int
    needed: int
    test: bool
    drill: bool


class OpenSaid(msgspec.Struct, frozen=True, kw_only=True):
    """How many are open, and for how long the oldest has waited for an answer."""

    critical: int
    major: int
    minor: int
    info: int
    unanswered: int
    oldest_unanswered_ms: int | None


def said(incident: Incident, places: dict[str, Place]) -> IncidentSaid:
    """Cut down to what is not personal: the building, never the home."""
    return IncidentSaid(
        id=incident.id,
        cause=incident.cause,
        severity=incident.severity,
        building=_building(incident.place, places),
        handling=incident.handling,
        opened_ms=incident.opened_ms,
        going=sum(1 for one in incident.responders if not one.declined),
        needed=incident.needed,
        test=incident.test,
        drill=incident.drill,
    )


def _building(place_id: str, places: dict[str, Place]) -> str:
    """Name of the building, or of what stands in none (a gate, a space); "" for what is not registered."""
    exact = place = places.get(place_id)
    while place is not None:
        if place.kind is PlaceKind.BUILDING:
            return place.name
        place = places.get(place.parent)
    return "" if exact is None or exact.kind is PlaceKind.HOME else exact.name


def counts(incidents: Iterable[Incident]) -> OpenSaid:
    """Over open incidents that are neither tests nor drills."""
    real = [one for one in incidents if one.closed_ms is None and not one.test and not one.drill]
    waiting = [one for one in real if one.handling is Handling.NEW]
    number = {severity: sum(1 for one in real if one.severity is severity) for severity in SEVERITY_ORDER}
    return OpenSaid(
        critical=number[Severity.CRITICAL],
        major=number[Severity.MAJOR],
        minor=number[Severity.MINOR],
        info=number[Severity.INFO],
        unanswered=len(waiting),
        oldest_unanswered_ms=min((one.opened_ms for one in waiting), default=None),
    )


class Announcer:
    """Publishes what changed of one community. `committed` is a commit's listener; `run` is one named task."""

    def __init__(self, community: str, state: Callable[[], State], to: Publishing, *, home_assistant: bool) -> None:
        self._community = community
        self._state = state
        self._to = to
        self._home_assistant = home_assistant
        self._due: dict[str, bytes] = {}
        """topic -> newest payload that is not published yet."""
        self._woken = asyncio.Event()
        self._say_all()

    def committed(self, commit: Commit) -> None:
        """Call it in the event loop after each commit of this community."""
        if commit.community != self._community or not (commit.changes.incidents or commit.changes.places):
            return
        for incident in commit.changes.incidents.values():
            self._say(incident)
        self._say_counts()
        self._woken.set()

    async def run(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await self._publish_due()
            except TransportError as exc:
                log.warning("not announced", error=str(exc))
                await asyncio.sleep(AGAIN_S)
                self._woken.set()

    async def _publish_due(self) -> None:
        while self._due:
            topic, payload = next(iter(self._due.items()))
            await self._to.publish(topic, payload, retain=True)
            if self._due.get(topic) == payload:
                del self._due[topic]

    def _say_all(self) -> None:
        for incident in self._state().incidents.values():
            self._say(incident)
        self._say_counts()
        if self._home_assistant:
            self._due |= discovery(self._community)
        self._woken.set()

    def _say(self, incident: Incident) -> None:
        open_ = incident.closed_ms is None
        payload = msgspec.json.encode(said(incident, self._state().places)) if open_ else b""
        self._due[f"hub/{self._community}/incident/{incident.id}"] = payload

    def _say_counts(self) -> None:
        self._due[f"hub/{self._community}/open"] = msgspec.json.encode(counts(self._state().incidents.values()))


def discovery(community: str) -> dict[str, bytes]:
    """Home Assistant's MQTT discovery: topic -> config of one entity."""
    device = {"identifiers": [f"community-alert-hub-{community}"], "name": f"告警中枢 {community}"}
    found: dict[str, bytes] = {}
    for key, name, kind in (
        ("critical", "紧急事件", "binary_sensor"),
        ("major", "重要事件", "sensor"),
        ("unanswered", "无人应答", "sensor"),
    ):
        id = f"hub_{community}_{key}"
        entity: dict[str, object] = {
            "unique_id": id,
            "name": name,
            "state_topic": f"hub/{community}/open",
            "device": device,
        }
        if kind == "binary_sensor":
            entity |= {
                "device_class": "safety",
                "value_template": "{{ 'ON' if value_json." + key + " > 0 else 'OFF' }}",
            }
        else:
            entity |= {"value_template": "{{ value_json." + key + " }}", "state_class": "measurement"}
        found[f"homeassistant/{kind}/{id}/config"] = msgspec.json.encode(entity)
    return found
