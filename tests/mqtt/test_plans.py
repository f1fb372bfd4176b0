"""Which sessions a configuration asks for, and the other pure parts of the stage."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import mqtt5
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.config import Config
from hub.model import RawMessage
from hub.mqtt.backoff import BASE_S, CAP_S, STEADY_S, Backoff
from hub.mqtt.inbox import Inbox
from hub.mqtt.open import SessionPlan, client_id, plan_sessions, topic_matches
from hub.mqtt.wire import QOS2, frame_length, pubacks, read_loosely
from tests.mqtt.test_strange_peers import MALFORMED


def config_of(sources: dict[str, dict[str, Any]], communities: tuple[str, ...] = ("c",)) -> Config:
    return Config.model_validate(
        {
            "communities": {name: {"name": name} for name in communities},
            "sources": sources,
            "roles": {},
            "policies": {},
            "rules": {},
        }
    )


def test_a_plain_source_has_one_bulk_session() -> None:
    plans = plan_sessions(config_of({"z": {"topics": ["z/#"]}}), "c", [])
    assert plans == [SessionPlan("c", "z", "bulk", ("z/#",))]


def test_topics_of_life_safety_devices_get_a_session_of_their_own_and_bulk_drops_them() -> None:
    config = config_of({"z": {"topics": ["z/+", "z/+"]}, "p": {"topics": ["p/#"]}})
    assert plan_sessions(config, "c", ["z/smoke1", "elsewhere", "z/smoke1", "z/deep/er"]) == [
        SessionPlan("c", "z", "safety", ("z/smoke1",)),
        SessionPlan("c", "z", "bulk", ("z/+",), frozenset({"z/smoke1"})),
        SessionPlan("c", "p", "bulk", ("p/#",)),
    ]


def test_a_safety_source_needs_no_second_session() -> None:
    config = config_of({"bulk": {"topics": ["b/#"]}, "fire": {"topics": ["f/#"], "lane": "safety"}})
    assert plan_sessions(config, "c", ["f/1"]) == [
        SessionPlan("c", "fire", "safety", ("f/#",)),
        SessionPlan("c", "bulk", "bulk", ("b/#",)),
    ]


def test_a_community_gets_its_own_sources_and_pushes_get_no_session() -> None:
    sources: dict[str, dict[str, Any]] = {
        "one": {"topics": ["1/#"], "community": "a"},
        "two": {"topics": ["2/#"], "community": "b"},
        "http": {"community": "a"},
        "nobody": {"topics": ["n/#"]},
    }
    assert [plan.source for plan in plan_sessions(config_of(sources, ("a", "b")), "a", [])] == ["one"]


@pytest.mark.parametrize(
    ("pattern", "topic", "matches"),
    [
        ("a/b", "a/b", True),
        ("a/+", "a/b", True),
        ("a/+", "a/b/c", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "a/b", True),
        ("#", "$SYS/x", False),
        ("+/x", "$SYS/x", False),
        ("$SYS/#", "$SYS/x", True),
        ("+", "a", True),
        ("+", "a/b", False),
        ("a/+/c", "a//c", True),
        ("a", "a/b", False),
        ("a/#", "a/+", False),
        ("#", "", False),
    ],
)
def test_filters_match_as_the_standard_says(pattern: str, topic: str, matches: bool) -> None:
    assert topic_matches(pattern, topic) is matches


def test_client_ids_are_stable_and_differ_by_every_part() -> None:
    assert client_id("inst", "gui", "bulk") == "hub-inst-gui-bulk"
    assert client_id("inst", "gui", "bulk", "z2m") == "hub-inst-gui-z2m-bulk"
    odd = {client_id("inst", "gui", "bulk", source) for source in ("泊车", "烟感", "a b", "a_b", "x" * 200, "x" * 201)}
    assert len(odd) == 6
    assert all(len(each) <= 100 and each.isascii() for each in odd)


def test_the_backoff_grows_with_full_jitter_until_a_connection_was_steady() -> None:
    async def story() -> list[float]:
        asked: list[float] = []

        async def note(seconds: float) -> None:
            asked.append(seconds)

        backoff = Backoff(random.Random(1), note)
        for attempt in range(12):
            assert backoff.ceiling_s() == min(CAP_S, BASE_S * 2**attempt)
            await backoff.wait(STEADY_S - 1)
        await backoff.wait(STEADY_S)
        return asked

    asked = asyncio.run(story())
    assert all(0 <= seconds <= min(CAP_S, BASE_S * 2**attempt) for attempt, seconds in enumerate(asked[:-1]))
    assert asked[-1] <= BASE_S


def test_the_broker_counts_as_drained_only_when_its_window_would_have_filled() -> None:
    inbox = Inbox("bulk", 100)
    inbox.connected()
    inbox.put([RawMessage("s", "t", b"", 0)] * 20, list(range(1, 21)), 20)
    inbox.probe_sent()
    assert not inbox.probe_answered(1, exact=True)  # 20 of 20 under way: a window of 20 may hold more back
    batch = asyncio.run(inbox.take(1000))
    inbox.release(batch)
    inbox.probe_sent()
    assert inbox.probe_answered(2, exact=True)
    assert inbox.drained_at_ms == 2


@given(st.lists(st.integers(1, 65535), min_size=1))
def test_acks_are_what_the_codec_would_write(tokens: list[int]) -> None:
    assert pubacks(tokens) == b"".join(mqtt5.PubAckPacket(token).write() for token in tokens)
    two = [token + QOS2 for token in tokens]
    assert pubacks(two) == b"".join(mqtt5.PubRecPacket(token).write() for token in tokens)


TOPICS = st.text(st.characters(codec="utf-8", exclude_characters="#+\x00"), min_size=1, max_size=80)


@given(TOPICS, st.binary(max_size=150), st.integers(0, 2))
def test_the_loose_reader_reads_what_the_codec_writes(topic: str, payload: bytes, qos: int) -> None:
    packet_id = 77 if qos else None
    whole = mqtt5.PublishPacket(topic, payload, qos=mqtt5.QoS(qos), packet_id=packet_id).write()
    read, size = read_loosely(memoryview(whole + b"more"))
    assert not isinstance(read, mqtt5.PingReqPacket)
    assert (size, frame_length(whole)) == (len(whole), len(whole))
    assert (getattr(read, "topic", None), getattr(read, "payload", None)) == (topic, payload)
    assert getattr(read, "packet_id", 0) == packet_id
    for cut in (0, 1, 2, len(whole) // 2, len(whole) - 1):
        with pytest.raises(IndexError):
            read_loosely(memoryview(whole[:cut]))


@pytest.mark.parametrize("name", ["a length of five bytes", "a topic longer than its packet", "a reserved packet type"])
def test_the_loose_reader_refuses_what_is_malformed(name: str) -> None:
    with pytest.raises(ValueError, match=r"malformed|shorter|Invalid"):
        read_loosely(memoryview(MALFORMED[name]))
