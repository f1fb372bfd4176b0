"""Which sessions a community needs, what they are called, and which client carries them."""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import msgspec

from hub.config import Config
from hub.mqtt.aiomqtt_session import AiomqttSession, MqttVersion
from hub.mqtt.auto_session import AutoSession
from hub.mqtt.backoff import Sleep
from hub.mqtt.endpoint import Endpoint
from hub.mqtt.lane import RunningSession, SessionSetup, Will
from hub.mqtt.mqtt5_session import Mqtt5Session

BULK_LINGER_S = 0.02
"""Bulk may wait this long for a full batch; safety never waits."""

Client = Literal["auto", "mqtt5", "aiomqtt"]


class SessionPlan(msgspec.Struct, frozen=True):
    """One session that a community needs."""

    community: str
    source: str
    lane: Literal["safety", "bulk"]
    topics: tuple[str, ...]
    drops: frozenset[str] = frozenset()
    """Exact topics that the safety session of the same source carries."""


def plan_sessions(config: Config, community: str, life_safety_topics: Sequence[str]) -> list[SessionPlan]:
    """The lanes of one community, safety before bulk. Pure.

    A source with lane safety has one session of its own. Any other source has a bulk session, and where topics of
    registered life-safety devices fall under its filters, a safety session for exactly those.
    """
    only = next(iter(config.communities)) if len(config.communities) == 1 else ""
    plans: list[SessionPlan] = []
    for name, source in config.sources.items():
        if not source.topics or (source.community or only) != community:
            continue
        topics = tuple(dict.fromkeys(source.topics))
        if source.lane == "safety":
            plans.append(SessionPlan(community, name, "safety", topics))
            continue
        exact = tuple(
            topic for topic in dict.fromkeys(life_safety_topics) if any(topic_matches(each, topic) for each in topics)
        )
        if exact:
            plans.append(SessionPlan(community, name, "safety", exact))
        plans.append(SessionPlan(community, name, "bulk", topics, frozenset(exact)))
    return sorted(plans, key=lambda plan: plan.lane != "safety")


def topic_matches(pattern: str, topic: str) -> bool:
    """Whether a topic without wildcards falls under a filter (MQTT 5 section 4.7)."""
    if not topic or "+" in topic or "#" in topic or (topic[0] == "$" and pattern[0] in "+#"):
        return False
    wanted, levels = pattern.split("/"), topic.split("/")
    for at, level in enumerate(wanted):
        if level == "#":
            return True
        if at >= len(levels) or level not in ("+", levels[at]):
            return False
    return len(wanted) == len(levels)


def client_id(installation_id: str, community_id: str, lane: str, source: str = "") -> str:
    """Stable name of a session at the broker: its queue hangs on it. Each source has lanes of its own."""
    plain = "-".join(part for part in ("hub", installation_id, community_id, source, lane) if part)
    safe = re.sub(r"[^A-Za-z0-9_-]", "_", plain)
    if safe == plain and len(safe) <= 100:
        return safe
    return f"{safe[:80]}-{hashlib.sha256(plain.encode()).hexdigest()[:12]}"


def open_session(
    plan: SessionPlan,
    endpoint: Endpoint,
    *,
    installation_id: str,
    client: Client = "auto",
    version: MqttVersion = "3.1.1",
    forget: Sequence[str] = (),
    known: Collection[str] = (),
    will: Will | None = None,
    linger_s: float = 0.0,
    rng: random.Random | None = None,
    sleep: Sleep = asyncio.sleep,
) -> RunningSession:
    """Make the session of one plan; it connects once its `run` is a task.

    ``forget``: filters subscribed earlier under this client id and no longer wanted. ``known``: those subscribed
    earlier, wanted or not; a resumed session whose filters were all known has missed nothing. ``version``: MQTT
    version of the aiomqtt client.
    """
    setup = SessionSetup(
        source=plan.source,
        lane=plan.lane,
        client_id=client_id(installation_id, plan.community, plan.lane, plan.source),
        topics=plan.topics,
        endpoint=endpoint,
        forget=tuple(topic for topic in forget if topic not in plan.topics),
        known=frozenset(known),
        will=will,
        linger_s=linger_s,
    )
    if client == "mqtt5":
        return Mqtt5Session(setup, rng=rng, sleep=sleep)
    if client == "aiomqtt" or not endpoint.mqtt5:
        session = AiomqttSession(setup, rng=rng, sleep=sleep)
        session.version = version
        return session
    return AutoSession(setup, rng=rng, sleep=sleep)


def open_sessions(
    plans: Sequence[SessionPlan],
    endpoint: Endpoint,
    *,
    installation_id: str,
    client: Client = "auto",
    remembered: Mapping[str, Collection[str]] | None = None,
    bulk_linger_s: float = BULK_LINGER_S,
) -> list[RunningSession]:
    """Make the sessions of all plans and tie the two lanes of a source together.

    ``remembered``: client id -> filters it subscribed when the hub last ran; what is no longer planned is unsubscribed.
    """
    sessions: list[RunningSession] = []
    for plan in plans:
        known = (remembered or {}).get(client_id(installation_id, plan.community, plan.lane, plan.source), ())
        session = open_session(
            plan,
            endpoint,
            installation_id=installation_id,
            client=client,
            forget=[topic for topic in known if topic not in plan.topics],
            known=known,
            linger_s=bulk_linger_s if plan.lane == "bulk" else 0.0,
        )
        sessions.append(session)
    for plan, bulk in zip(plans, sessions, strict=True):
        for other, safety in zip(plans, sessions, strict=True):
            same = (other.community, other.source) == (plan.community, plan.source)
            if plan.drops and same and other.lane == "safety":
                tie(safety, bulk)
    return sessions


def tie(safety: RunningSession, bulk: RunningSession) -> None:
    """The bulk lane goes after the safety lane and drops its topics while its subscription stands."""
    head_start = asyncio.Event()

    def standing(topics: frozenset[str], *, resumed: bool) -> None:
        bulk.drop(topics, resumed=resumed)
        if topics:
            head_start.set()

    safety.on_standing = standing
    bulk.go_after(head_start)
