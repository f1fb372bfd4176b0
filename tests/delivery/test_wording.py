"""Golden texts: what, where, since when, what to do, how to answer."""

from __future__ import annotations

import pytest

from hub.config import RuleConfig, Text
from hub.delivery.links import LinkClaim, Links
from hub.delivery.wording import MAX_BYTES, Replies, RuleText, Wording, rule_texts, word
from hub.model import Kind, Outcome, Purpose, Severity
from hub.phrases import Phrase
from tests.delivery.notices import NOW_MS, RULES, ZONE, due, ms, notice

SMOKE_TODO = "①敲门、打住户电话 ②见烟见火,或有焦味无人应答,立即打119:万航渡路660弄6号楼 ③不进有烟房间、不乘电梯。"
SMOKE_TODO_EN = "1) knock, phone the home 2) smoke, fire, or a burnt smell and no answer: call 119: 万航渡路660弄6号楼 3) use no lift. "

GOLDEN: dict[str, tuple[dict[str, object], str]] = {
    "a fire, one already going": (
        {"going": 1, "needed": 2},
        f"【紧急】6号楼12层烟感报警 03:12。{SMOKE_TODO}已去1人,还缺1人。回复1我去 2去不了",
    ),
    "on-duty property sees the room": (
        {"place": "1203室"},
        f"【紧急】6号楼1203室烟感报警 03:12。{SMOKE_TODO}回复1我去 2去不了",
    ),
    "a group sees the building only": (
        {"place": "1203室", "address": "万航渡路660弄6号楼1203室", "group": True},
        f"【紧急】6号楼烟感报警 03:12。{SMOKE_TODO}能去的请到值班室或打电话答复",
    ),
    "late, from yesterday": (
        {"late": True, "at_ms": ms("2026-02-28 23:50")},
        f"【紧急】补报:6号楼12层烟感报警 2月28日23:50。{SMOKE_TODO}回复1我去 2去不了",
    ),
    "it grew": (
        {"purpose": Purpose.GREW, "homes": 3},
        f"【紧急】范围扩大:6号楼12层烟感报警 03:12,现已3户。{SMOKE_TODO}回复1我去 2去不了",
    ),
    "nobody answered": (
        {"purpose": Purpose.ESCALATED},
        f"【紧急】无人应答:6号楼12层烟感报警 03:12。{SMOKE_TODO}回复1我去 2去不了",
    ),
    "accepted, then nothing": (
        {"purpose": Purpose.REPAGED, "going": 1},
        f"【紧急】有人应答后无结果:6号楼12层烟感报警 03:12。{SMOKE_TODO}已去1人。回复1我去 2去不了",
    ),
    "no address known": (
        {"address": ""},
        "【紧急】6号楼12层烟感报警 03:12。①敲门、打住户电话 ②见烟见火,或有焦味无人应答,立即打119 "
        "③不进有烟房间、不乘电梯。回复1我去 2去不了",
    ),
    "a device test is no fire": ({"test": True}, "【测试】6号楼12层烟感报警 03:12。设备测试,不用前往"),
    "a parking space": (
        {
            "rule": "space_occupied",
            "kind": Kind.PARKING,
            "severity": Severity.MINOR,
            "building": "",
            "floor": None,
            "place": "12号车位",
            "at_ms": ms("2026-02-28 18:05"),
            "now_ms": ms("2026-02-28 18:35"),
            "replies": Replies.CALL,
        },
        "【一般】12号车位疑被非机动车占用,18:05起。无入场记录,请劝导挪车;若是汽车请选“是汽车”",
    ),
    "a space is named in a group too: it is nobody's home": (
        {
            "rule": "gate_stuck",
            "kind": Kind.GATE,
            "severity": Severity.MAJOR,
            "building": "",
            "floor": None,
            "place": "东门",
            "group": True,
        },
        "【重要】东门道闸抬杆未落,03:12起。先看杆下有无人车,再转手动值守;期间计数不准。能去的请到值班室或打电话答复",
    ),
    "a silent detector": (
        {"rule": "smoke_silent", "severity": Severity.MINOR, "at_ms": ms("2026-02-28 01:10")},
        "【一般】6号楼12层烟感失联,2月28日01:10起,已26小时。今晚无守护,18:00前上门查电池、信号,按测试键。回复1我去 2去不了",
    ),
    "silent for days": (
        {"rule": "smoke_silent", "severity": Severity.MINOR, "at_ms": ms("2025-12-30 01:10")},
        "【一般】6号楼12层烟感失联,2025年12月30日01:10起,已61天。今晚无守护,18:00前上门查电池、信号,按测试键。回复1我去 2去不了",
    ),
    "a rule that is no longer in the config": (
        {"rule": "gone"},
        "【紧急】6号楼12层烟感告警 03:12。请到现场查看。回复1我去 2去不了",
    ),
    "the end: cooking": (
        {"purpose": Purpose.ENDED, "outcome": Outcome.FALSE, "cause": "做饭油烟", "closed_ms": ms("2026-03-01 03:19")},
        "【解除】6号楼12层烟感:误报(做饭油烟),03:19已核实,请勿再前往",
    ),
    "the end: a fire": (
        {"purpose": Purpose.ENDED, "outcome": Outcome.REAL, "closed_ms": ms("2026-03-01 03:40")},
        "【解除】6号楼12层烟感:真火警,03:40已核实,请勿再前往",
    ),
    "the end: by itself": (
        {
            "purpose": Purpose.ENDED,
            "rule": "gate_stuck",
            "kind": Kind.GATE,
            "severity": Severity.MAJOR,
            "building": "",
            "floor": None,
            "place": "东门",
            "outcome": Outcome.RECOVERED,
            "closed_ms": ms("2026-03-01 03:13"),
        },
        "【解除】东门道闸抬杆未落:已自行恢复,03:13恢复,请勿再前往",
    ),
    "a contact is tried": (
        {"purpose": Purpose.TEST, "test": True, "at_ms": NOW_MS},
        "【测试】桂花园告警通知测试。03:13发出,收到即表示这个联系方式可用,不用处理",
    ),
}

GOLDEN_EN: dict[str, tuple[dict[str, object], str]] = {
    "a fire": (
        {"going": 1, "needed": 2},
        f"[CRITICAL] 6号楼 floor 12: smoke alarm at 03:12. {SMOKE_TODO_EN}1 going, 1 more needed. Reply 1 I go, 2 I cannot",
    ),
    "late": (
        {"late": True, "at_ms": ms("2026-02-28 23:50"), "group": True, "place": "1203室"},
        f"[CRITICAL] late report: 6号楼: smoke alarm at 02-28 23:50. {SMOKE_TODO_EN}Tell the duty room, or call it, if you go",
    ),
    "a silent detector": (
        {"rule": "smoke_silent", "severity": Severity.MINOR, "at_ms": ms("2026-02-28 01:10")},
        "[Minor] 6号楼 floor 12: smoke detector silent, since 02-28 01:10, 26 hours. "
        "unprotected tonight: check battery and signal, press test. Reply 1 I go, 2 I cannot",
    ),
    "the end": (
        {"purpose": Purpose.ENDED, "outcome": Outcome.FALSE, "cause": "cooking", "closed_ms": ms("2026-03-01 03:19")},
        "[All clear] 6号楼 floor 12 smoke detector: false alarm (cooking), verified at 03:19; please do not come any more",
    ),
    "a contact is tried": (
        {"purpose": Purpose.TEST, "test": True, "at_ms": NOW_MS, "community": "Guihuayuan"},
        "[Test] Guihuayuan alert notification test. Sent 03:13. This contact works; nothing to do",
    ),
}


def worded(changes: dict[str, object], language: str = "zh") -> tuple[str, str]:
    fields = dict(changes)
    now_ms = fields.pop("now_ms", NOW_MS)
    replies = fields.pop("replies", None)
    said = notice(language=language, **fields)
    assert isinstance(now_ms, int)
    if not isinstance(replies, Replies):
        replies = Replies.CALL if said.group else Replies.NUMBER
    return word(said, RULES.get(said.rule), zone=ZONE, now_ms=now_ms, replies=replies)


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_text_in_chinese(name: str) -> None:
    changes, expected = GOLDEN[name]
    title, text = worded(changes)
    assert text == expected
    assert text.startswith(title)


@pytest.mark.parametrize("name", GOLDEN_EN)
def test_golden_text_in_english(name: str) -> None:
    changes, expected = GOLDEN_EN[name]
    assert worded(changes, "en")[1] == expected


def test_too_long_a_text_is_cut_at_what_to_do_never_at_the_first_line() -> None:
    rule = RuleText(Phrase("烟感报警", "smoke alarm"), Phrase("敲门" * 1000, "knock" * 1000))
    for language in ("zh", "en"):
        said = notice(language=language)
        title, text = word(said, rule, zone=ZONE, now_ms=NOW_MS, replies=Replies.NUMBER)
        assert text.startswith(title)
        assert text.endswith(("…。回复1我去 2去不了", "…. Reply 1 I go, 2 I cannot"))
        assert MAX_BYTES - 3 < len(text.encode()) <= MAX_BYTES


def test_even_a_first_line_without_end_stays_below_the_limit() -> None:
    rule = RuleText(Phrase("烟" * 3000, "x"), Phrase("看", "look"))
    _, text = word(notice(), rule, zone=ZONE, now_ms=NOW_MS, replies=Replies.NUMBER)
    assert len(text.encode()) <= MAX_BYTES
    assert text.startswith("【紧急】6号楼12层烟烟")


def test_a_name_or_cause_cannot_forge_a_message() -> None:
    cause = "油烟)\n【紧急】3号楼着火 " + "长" * 500
    _, text = worded({"purpose": Purpose.ENDED, "outcome": Outcome.FALSE, "cause": cause, "closed_ms": NOW_MS})
    assert "\n" not in text
    assert text.count("【") == 1
    assert len(text) < 200


def test_only_a_personal_open_message_carries_a_link() -> None:
    wording = Wording(RULES, zone=ZONE, links=Links("key", "https://hub.example/"))
    personal = wording.message("guihua", due(), by_number=True)
    assert personal.link.startswith("https://hub.example/a/")
    assert personal.text.endswith(f"点开处理:{personal.link}")
    assert personal.link.endswith(f"/{personal.token}")
    ended: dict[str, object] = {"purpose": Purpose.ENDED, "outcome": Outcome.REAL, "closed_ms": NOW_MS}
    for changes in ({"group": True}, {"test": True}, ended, {"purpose": Purpose.TEST}):
        other = wording.message("guihua", due(**changes), by_number=True)
        assert other.link == other.token == ""
        assert "hub.example" not in other.text


def test_without_a_public_address_no_message_carries_a_link() -> None:
    wording = Wording(RULES, zone=ZONE, links=Links("key", ""))
    assert wording.message("guihua", due(), by_number=True).text.endswith("回复1我去 2去不了")
    assert wording.message("guihua", due(), by_number=False).text.endswith("能去的请到值班室或打电话答复")
    message = wording.message("guihua", due(), by_number=False)
    assert message.link == ""
    claim = Links("key", "").read(message.token)
    assert claim == LinkClaim("guihua", 7, "wang")


def test_a_third_partys_push_service_never_learns_a_room() -> None:
    wording = Wording(RULES, zone=ZONE, links=Links("key", ""))
    row = due(place="1203室", address="万航渡路660弄6号楼1203室")
    assert "1203" in wording.message("guihua", row).text
    pushed = wording.message("guihua", row, third_party=True)
    assert "1203" not in pushed.text
    assert "6号楼12层" in pushed.text


def test_the_rules_words_come_from_the_config() -> None:
    rule = RuleConfig(
        on=[Kind.SMOKE],
        when="alarm",
        severity=Severity.CRITICAL,
        title=Text(zh="烟感报警", en="smoke alarm"),
        todo=Text(zh="看", en="look"),
    )
    assert rule_texts({"smoke": rule}) == {"smoke": RuleText(Phrase("烟感报警", "smoke alarm"), Phrase("看", "look"))}
