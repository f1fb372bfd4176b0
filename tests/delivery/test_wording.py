"""Golden texts: what, where, since when, what to do, how to answer."""

from __future__ import annotations

import msgspec
import pytest

from hub.config import RuleConfig, Text
from hub.core.decisions import Also
from hub.core.rules import BUILT_IN
from hub.delivery.built_in import BUILT_IN_TEXTS
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


# ── the people side ──────────────────────────────────────────────────────────────────────────────────────────────────


def further(n: int, **changes: object) -> Also:
    fields: dict[str, object] = {
        "incident": 100 + n,
        "severity": Severity.CRITICAL,
        "rule": "smoke",
        "kind": Kind.SMOKE,
        "at_ms": ms("2026-03-01 03:12"),
        "building": f"{n}号楼",
        "floor": 3,
    }
    return Also(**(fields | changes))  # type: ignore[arg-type]  # the fields of Also, by name


BATTERY: dict[str, object] = {"rule": "smoke_silent", "severity": Severity.MINOR}
DIGEST: dict[str, object] = {"purpose": Purpose.DIGEST, "incident": 0, "rule": "", "severity": Severity.MINOR}
OWN: dict[str, object] = {"building": "", "floor": None, "kind": Kind.UNKNOWN, "severity": Severity.MAJOR}

PEOPLE: dict[str, tuple[dict[str, object], str]] = {
    "a drill says so, and nobody calls 119 for it": (
        {"drill": True},
        "【演练】6号楼12层烟感报警 03:12。这是演练:照真的去做,但不要拨打119。回复1我去 2去不了",
    ),
    "the end of a drill": (
        {"drill": True, "purpose": Purpose.ENDED, "outcome": Outcome.DRILL, "closed_ms": ms("2026-03-01 03:19")},
        "【演练】【解除】6号楼12层烟感:演练,03:19已核实,请勿再前往",
    ),
    "somebody on site needs help": (
        {"purpose": Purpose.HELP, "note": "老人倒地,需要两人抬。", "who": "property", "going": 1, "needed": 3},
        f"【紧急】现场物业请求支援:6号楼12层烟感报警 03:12。说明:老人倒地,需要两人抬。{SMOKE_TODO}已去1人,还缺2人。回复1我去 2去不了",
    ),
    "handed over, by whom is not known": (
        {"purpose": Purpose.HANDED_OVER},
        f"【紧急】转请您处理:6号楼12层烟感报警 03:12。{SMOKE_TODO}回复1我去 2去不了",
    ),
    "progress is the card anew": (
        {"purpose": Purpose.PROGRESS, "going": 2, "needed": 2},
        f"【紧急】6号楼12层烟感报警 03:12。{SMOKE_TODO}已去2人。回复1我去 2去不了",
    ),
    "it comes and goes": (
        {
            **OWN,
            "rule": "gate_stuck",
            "kind": Kind.GATE,
            "place": "东门",
            "flapping": True,
            "facts": {"times": 5},
            "replies": Replies.CALL,
        },
        "【重要】东门道闸抬杆未落,03:12起,反复告警5次。先看杆下有无人车,再转手动值守;期间计数不准。能去的请到值班室或打电话答复",
    ),
    "a message that carries others": (
        {
            "also": (
                further(7),
                further(8, homes=2),
                further(9, **BATTERY),
                further(2, purpose=Purpose.ENDED, outcome=Outcome.FALSE),
            )
        },
        f"【紧急】6号楼12层烟感报警 03:12。{SMOKE_TODO}回复1我去 2去不了\n"
        "【紧急】7号楼3层烟感报警 03:12\n【紧急】8号楼3层烟感报警 03:12,2户\n【一般】9号楼3层烟感失联 03:12\n"
        "【解除】2号楼3层烟感报警:误报",
    ),
    "a group sees the buildings of them all only": (
        {"group": True, "also": (further(7), further(8, drill=True)), "more": 42},
        f"【紧急】6号楼烟感报警 03:12。{SMOKE_TODO}能去的请到值班室或打电话答复\n"
        "【紧急】7号楼烟感报警 03:12\n【演练】8号楼烟感报警 03:12\n等45起",
    ),
    "a digest": (
        {**DIGEST, "also": (further(7, **BATTERY), further(8, **BATTERY))},
        "【汇总】桂花园2件事\n【一般】7号楼3层烟感失联 03:12\n【一般】8号楼3层烟感失联 03:12",
    ),
    "a silence began": (
        {
            **OWN,
            "purpose": Purpose.SILENCED,
            "rule": "silence_started",
            "building": "6号楼",
            "note": "换电池",
            "until_ms": ms("2026-03-01 10:00"),
        },
        "【通知】6号楼暂停提醒至10:00(换电池)。紧急告警照常通知",
    ),
    "a silence is over": (
        {**OWN, "purpose": Purpose.SILENCED, "rule": "silence_ended"},
        "【通知】桂花园暂停提醒已结束,恢复通知",
    ),
    "nobody would be reached": (
        {**OWN, "rule": "reach_gap", "note": "2月6日02:00-06:00,6号楼:只有李,只有企业微信", "replies": Replies.CALL},
        "【重要】桂花园有时段无人可通知,03:12起。2月6日02:00-06:00,6号楼:只有李,只有企业微信。"
        "请在值班表补人,或请人补一种联系方式。能去的请到值班室或打电话答复",
    ),
    "a test names its contact and says how to confirm": (
        {"purpose": Purpose.TEST, "test": True, "at_ms": NOW_MS, "contact": "短信2"},
        "【测试】桂花园告警通知测试。03:13发出,联系方式:短信2。请在收件箱里按“收到”,或告诉值班室",
    ),
}

PEOPLE_EN: dict[str, tuple[dict[str, object], str]] = {
    "a drill": (
        {"drill": True},
        "[Drill] 6号楼 floor 12: smoke alarm at 03:12. This is a drill: do as you would, but do not call 119. Reply 1 I go, 2 I cannot",
    ),
    "help": (
        {"purpose": Purpose.HELP, "note": "two to carry", "who": "property"},
        f"[CRITICAL] Property on site asks for help: 6号楼 floor 12: smoke alarm at 03:12. They say: two to carry. {SMOKE_TODO_EN}"
        "Reply 1 I go, 2 I cannot",
    ),
    "with others": (
        {"also": (further(7), further(2, purpose=Purpose.ENDED, outcome=Outcome.FALSE)), "more": 3},
        f"[CRITICAL] 6号楼 floor 12: smoke alarm at 03:12. {SMOKE_TODO_EN}Reply 1 I go, 2 I cannot\n"
        "[CRITICAL] 7号楼 floor 3: smoke alarm 03:12\n[All clear] 2号楼 floor 3: smoke alarm: false alarm\n6 in all",
    ),
    "a silence began": (
        {
            **OWN,
            "purpose": Purpose.SILENCED,
            "rule": "silence_ends_soon",
            "building": "6号楼",
            "until_ms": ms("2026-03-01 10:00"),
        },
        "[Notice] 6号楼: the pause ends at 10:00. Critical alerts are told all the same",
    ),
    "a contact": (
        {"purpose": Purpose.TEST, "test": True, "at_ms": NOW_MS, "contact": "sms"},
        "[Test] 桂花园 alert notification test. Sent 03:13 over sms. Please press “received” in your inbox, or tell the duty room",
    ),
}

ROLES = {"property": Phrase("物业", "Property")}


def peoples(changes: dict[str, object], language: str = "zh") -> str:
    fields = dict(changes)
    replies = fields.pop("replies", None)
    said = notice(language=language, **fields)
    if not isinstance(replies, Replies):
        replies = Replies.CALL if said.group else Replies.NUMBER
    title, text = word(said, RULES.get(said.rule), zone=ZONE, now_ms=NOW_MS, replies=replies, rules=RULES, roles=ROLES)
    assert text.startswith(title)
    return text


@pytest.mark.parametrize("name", PEOPLE)
def test_golden_text_of_the_people_side_in_chinese(name: str) -> None:
    changes, expected = PEOPLE[name]
    assert peoples(changes) == expected


@pytest.mark.parametrize("name", PEOPLE_EN)
def test_golden_text_of_the_people_side_in_english(name: str) -> None:
    changes, expected = PEOPLE_EN[name]
    assert peoples(changes, "en") == expected


def test_every_built_in_rule_has_its_words() -> None:
    assert set(BUILT_IN_TEXTS) == set(BUILT_IN)
    for rule in BUILT_IN:
        assert BUILT_IN_TEXTS[rule].title.zh in peoples({**OWN, "rule": rule})


def test_lines_that_do_not_fit_are_counted() -> None:
    long = {"place": "很长的地名" * 20, "building": "", "floor": None}
    text = peoples({"also": tuple(further(n, **long) for n in range(12)), "more": 900})
    assert len(text.encode()) <= MAX_BYTES
    assert text.startswith(f"【紧急】6号楼12层烟感报警 03:12。{SMOKE_TODO}回复1我去 2去不了\n")
    assert text.endswith("\n等913起")


def test_links_of_merged_messages_digests_and_tests_lead_to_the_inbox() -> None:
    wording = Wording(RULES, zone=ZONE, links=Links("key", "https://hub.example"))
    merged = wording.message("guihua", due(also=(further(7),)))
    assert "/a/" in merged.link
    assert "\n其余请逐一处理:https://hub.example/inbox/" in merged.text
    listed = due(severity=Severity.MINOR, purpose=Purpose.DIGEST, incident=0, also=(further(7),))
    digest = wording.message("guihua", listed)
    assert (digest.link, "\n点开逐一处理:https://hub.example/inbox/" in digest.text) == ("", True)
    asked = due(purpose=Purpose.TEST, test=True)
    asked = msgspec.structs.replace(asked, notice=msgspec.structs.replace(asked.notice, contact="sms"))
    test = wording.message("guihua", asked)
    assert "按“收到”,即证明可用:https://hub.example/inbox/" in test.text
    group = wording.message("guihua", due(also=(further(7),), group=True))
    assert "hub.example" not in group.text


def test_a_change_of_a_card_is_passed_on() -> None:
    wording = Wording(RULES, zone=ZONE, links=Links("key", ""))
    message = wording.message("guihua", msgspec.structs.replace(due(), updates="om_1", quiet=True))
    assert (message.updates, message.quiet) == ("om_1", True)
