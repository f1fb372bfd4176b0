"""Counter-examples are said in plain words, zh and en."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
import pytest

from hub.config_words import both
from hub.core.reach import Gap, Left
from hub.reach_words import Names, gap_words
from tests.core.reach_worlds import DAY_MS, HOUR_MS, MIDNIGHT

NAMES = Names(
    zone=ZoneInfo("Asia/Shanghai"),
    people={"li": "李某", "wang": "王某"},
    places={"b6": "6号楼", "b7": "7号楼"},
    roles={"volunteer": both("志愿者", "Volunteers")},
    rules={"smoke": both("烟感报警", "Smoke alarm")},
    from_ms=MIDNIGHT,
    until_ms=MIDNIGHT + 30 * DAY_MS,
    all_rules=1,
)
GAP = Gap(
    rules=("smoke",),
    places=("b6",),
    from_ms=MIDNIGHT + DAY_MS + 2 * HOUR_MS,
    until_ms=MIDNIGHT + DAY_MS + 6 * HOUR_MS,
    people=("li",),
    providers=("wecom",),
    why=(),
    last_ms=MIDNIGHT + DAY_MS + 6 * HOUR_MS,
)


@pytest.mark.parametrize(
    ("more", "zh", "en"),
    [
        (
            {},
            "2027-01-16 02:00-06:00,6号楼:只有李某,只有企业微信",
            "2027-01-16 02:00-06:00, 6号楼: only 李某, only WeCom",
        ),
        (
            {"times": 30, "daily": True},
            "每天 02:00-06:00,共30次,6号楼:只有李某,只有企业微信",
            "every day 02:00-06:00, 30 times, 6号楼: only 李某, only WeCom",
        ),
        (
            {"times": 4, "last_ms": MIDNIGHT + 22 * DAY_MS},
            "2027-01-16 到 2027-02-06 02:00-06:00,共4次,6号楼:只有李某,只有企业微信",
            "2027-01-16 to 2027-02-06 02:00-06:00, 4 times, 6号楼: only 李某, only WeCom",
        ),
        (
            {"from_ms": MIDNIGHT, "until_ms": MIDNIGHT + 30 * DAY_MS, "people": ("li", "wang"), "places": ("b6", "b7")},
            "任何时候,6号楼、7号楼:只有李某、王某,只有企业微信",
            "at all times, 6号楼, 7号楼: only 李某, 王某, only WeCom",
        ),
        (
            {"until_ms": MIDNIGHT + 30 * DAY_MS, "people": (), "unseen": True},
            "2027-01-16 02:00 起,6号楼:通知不到任何人",
            "from 2027-01-16 02:00 on, 6号楼: nobody at all",
        ),
        (
            {"until_ms": MIDNIGHT + 3 * DAY_MS, "people": ()},
            "2027-01-16 02:00 - 2027-01-18 00:00,6号楼:没有一个人有算数的渠道",
            "2027-01-16 02:00 - 2027-01-18 00:00, 6号楼: nobody over a channel that counts",
        ),
        (
            {"why": (Left("volunteer", "wang", "on_leave"), Left("volunteer", "", "role_empty"))},
            "2027-01-16 02:00-06:00,6号楼:只有李某,只有企业微信(王某请假、志愿者没人担任)",
            "2027-01-16 02:00-06:00, 6号楼: only 李某, only WeCom (王某: on leave, Volunteers: nobody)",
        ),
    ],
)
def test_a_gap_in_words(more: dict[str, object], zh: str, en: str) -> None:
    words = gap_words(msgspec.structs.replace(GAP, **more), NAMES)
    assert (words.zh, words.en) == (zh, en)


def test_a_gap_of_one_rule_of_several_names_it() -> None:
    words = gap_words(GAP, msgspec.structs.replace(NAMES, all_rules=5))
    assert "6号楼(烟感报警):只有" in words.zh
    assert "6号楼 (Smoke alarm): only" in words.en


def test_what_leaves_over_third_parties_counts_people_and_names_nobody() -> None:
    gap = msgspec.structs.replace(GAP, why=(Left("volunteer", "wang", "on_leave"), Left("", "wang", "off_hours")))
    words = gap_words(gap, msgspec.structs.replace(NAMES, people=None))
    assert words.zh == "2027-01-16 02:00-06:00,6号楼:只有1人,只有企业微信(志愿者请假、点名的人不在可通知时段)"
    assert words.en == (
        "2027-01-16 02:00-06:00, 6号楼: only 1 person, only WeCom (Volunteers: on leave, somebody by name: off hours)"
    )
