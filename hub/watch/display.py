"""The number for an outside display: spaces left in each zone over MQTT, retained, nothing personal.

Topics under ``hub/<community>/parking/``: ``<zone>`` (JSON: left, bound, total, at) and ``<zone>/left`` (the bare number, 0 at
least); the whole community is ``all``. Published when it changes, once a second at most; emptied when a zone goes.
Home Assistant discovers one sensor for each zone.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from hub.core.state import State
from hub.errors import TransportError
from hub.model import Estimate
from hub.store.port import Commit
from hub.watch.announce import AGAIN_S, Publishing

log = structlog.get_logger("display")

EVERY_S = 1.0
WHOLE = "all"
_NO_TOPIC = re.compile(r"[+#/\0\s]")


class LeftSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What a display may know of a zone."""

    left: int
    bound: int
    total: int
    at: int
    """When that was worked out, UTC ms."""


def said(estimate: Estimate) -> LeftSaid:
    return LeftSaid(left=shown(estimate), bound=estimate.bound, total=estimate.total, at=estimate.at_ms)


def shown(estimate: Estimate) -> int:
    """Never below none: more cars than spaces is nothing that a display can show."""
    return max(0, min(estimate.left, estimate.total))


def topic_of(community: str, zone: str) -> str:
    """What cannot stand in a topic becomes a dash."""
    return f"hub/{community}/parking/{_NO_TOPIC.sub('-', zone) or WHOLE}"


class Display:
    """Publishes the spaces left of one community. `committed` is a commit's listener; `run` is one named task."""

    def __init__(
        self,
        community: str,
        state: Callable[[], State],
        to: Publishing,
        *,
        home_assistant: bool,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._community = community
        self._state = state
        self._to = to
        self._home_assistant = home_assistant
        self._sleep = sleep
        self._out: dict[str, bytes] = {}
        """topic -> what the broker has."""
        self._numbers: dict[str, tuple[int, int, int]] = {}
        """zone -> (left, bound, total) that was last put out: its time alone is no news."""
        self._woken = asyncio.Event()
        self._woken.set()

    def committed(self, commit: Commit) -> None:
        """Call it in the event loop after each commit."""
        if commit.community == self._community:
            changes = commit.changes
            if changes.parking.estimates or changes.places or changes.spaces or changes.gate_lanes:
                self._woken.set()

    async def run(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await self._publish()
            except TransportError as exc:
                log.warning("spaces left not published", error=str(exc))
                await self._sleep(AGAIN_S)
                self._woken.set()
            await self._sleep(EVERY_S)

    async def _publish(self) -> None:
        wished, numbers = self._wished()
        for topic in [*(self._out.keys() - wished.keys()), *wished]:
            payload = wished.get(topic, b"")
            if self._out.get(topic) != payload:
                await self._to.publish(topic, payload, retain=True)
                self._out[topic] = payload
        self._out = {topic: payload for topic, payload in self._out.items() if payload}
        self._numbers = numbers

    def _wished(self) -> tuple[dict[str, bytes], dict[str, tuple[int, int, int]]]:
        """Every topic as it should stand now."""
        wished: dict[str, bytes] = {}
        numbers: dict[str, tuple[int, int, int]] = {}
        state = self._state()
        for zone, known in list(state.parking.zones.items()):
            estimate = known.estimate
            if estimate is None or estimate.total == 0 or (zone and zone not in state.places):
                continue
            topic = topic_of(self._community, zone)
            numbers[zone] = (shown(estimate), estimate.bound, estimate.total)
            same = self._numbers.get(zone) == numbers[zone] and topic in self._out
            wished[topic] = self._out[topic] if same else msgspec.json.encode(said(estimate))
            wished[f"{topic}/left"] = str(shown(estimate)).encode()
            if self._home_assistant:
                name = state.places[zone].name if zone else "全小区"
                wished |= discovered(self._community, zone, name)
        return wished, numbers


def discovered(community: str, zone: str, name: str) -> dict[str, bytes]:
    """Home Assistant's MQTT discovery of one zone: topic -> config."""
    topic = topic_of(community, zone)
    id = "_".join(re.sub(r"[^A-Za-z0-9_-]", "-", part) for part in ("hub", community, "parking", zone or WHOLE))
    entity = {
        "unique_id": id,
        "name": f"{name} 空余车位",
        "state_topic": topic,
        "value_template": "{{ value_json.left }}",
        "json_attributes_topic": topic,
        "state_class": "measurement",
        "icon": "mdi:parking",
        "device": {"identifiers": [f"community-alert-hub-{community}"], "name": f"告警中枢 {community}"},
    }
    return {f"homeassistant/sensor/{id}/config": msgspec.json.encode(entity)}
