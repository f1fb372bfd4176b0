"""A proof of reach in plain words, zh and en: for the terminal, the doctor, and the alert about a gap. Edge, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo

import msgspec

from hub.config import Text
from hub.config_words import both
from hub.core.decisions import Reason
from hub.core.reach import Gap, Left, Proof
from hub.core.reach_people import BROKEN, NOT_COUNTED

LISTED = 4
"""Names in one sentence; the rest are counted."""

PROVIDERS: dict[str, tuple[str, str]] = {
    "wecom": ("企业微信", "WeCom"),
    "dingtalk": ("钉钉", "DingTalk"),
    "feishu": ("飞书", "Feishu"),
    "lark": ("Lark", "Lark"),
    "aliyun": ("阿里云", "Aliyun"),
    "tencentcloud": ("腾讯云", "Tencent Cloud"),
    "modem": ("4G 模块", "the 4G modem"),
    "webpush": ("浏览器推送", "web push"),
    "ntfy": ("ntfy", "ntfy"),
    "mail": ("邮件", "mail"),
    "other": ("其他渠道", "another channel"),
}
"""Who carries a message, as people say it."""

WHY: dict[str, tuple[str, str]] = {
    Reason.ROLE_EMPTY: ("没人担任", "nobody"),
    Reason.WRONG_DAY: ("这一天不找", "not on that day"),
    Reason.NO_CONTACT: ("没有联系方式", "no contact"),
    Reason.CHANNEL_NOT_ALLOWED: ("这一步不用其渠道", "channel not in this step"),
    Reason.REFUSED: ("不同意被通知", "refused"),
    Reason.ON_LEAVE: ("请假", "on leave"),
    Reason.OFF_HOURS: ("不在可通知时段", "off hours"),
    Reason.ASLEEP: ("休息中", "asleep"),
    Reason.NOT_AWAKE_FIRST: ("休息中,先找醒着的", "asleep, others first"),
    NOT_COUNTED: ("只有网页收件箱或不算数的渠道", "only the inbox or a convenience"),
    BROKEN: ("联系方式不通", "contacts fail"),
}
"""Why somebody is not told, in a few words."""


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """How ids are said; an id without a name is said as it is."""

    zone: tzinfo
    people: Mapping[str, str] | None = {}
    """None: people are counted, not named; for what leaves over third parties."""
    places: Mapping[str, str] = {}
    roles: Mapping[str, Text] = {}
    rules: Mapping[str, Text] = {}
    from_ms: int = 0
    until_ms: int = 1 << 62
    """What was proved: a gap that fills all of that is always there."""
    all_rules: int = 0
    """How many rules were proved: when a gap concerns all of them they are not named."""


def gap_words(gap: Gap, names: Names) -> Text:
    """One counter-example: when, where, who is told all the same, and why no more."""
    zh = f"{_when(gap, names, 'zh')},{_where(gap, names, 'zh')}:{_who(gap, names, 'zh')}{_why(gap, names, 'zh')}"
    en = f"{_when(gap, names, 'en')}, {_where(gap, names, 'en')}: {_who(gap, names, 'en')}{_why(gap, names, 'en')}"
    return both(zh, en)


def proof_words(proof: Proof) -> Text:
    """What was checked, and what came of it."""
    rules, places, days, people = len(proof.rules), proof.places, proof.days, proof.people
    if not proof.checked:
        return both("没有生命安全规则可证明", "There is no life-safety rule to prove")
    zh = f"{rules} 条生命安全规则 × {places} 处 × {days} 天的每一分钟({people} 人)"
    en = f"{rules} life-safety rules x {places} places x every minute of {days} days ({people} people)"
    if proof.proved:
        within = f"{proof.within_ms / 1000:g}"
        return both(
            f"已证明:{zh},{within} 秒内至少两个人、两家渠道",
            f"Proved: {en}: at least two people over two providers within {within} s",
        )
    count = len(proof.gaps) + proof.more
    return both(f"有 {count} 处空档:{zh}", f"{count} gaps: {en}")


def _pick(pair: tuple[str, str], language: str) -> str:
    return pair[0] if language == "zh" else pair[1]


def _said(texts: Mapping[str, Text], id: str, language: str) -> str:
    text = texts.get(id)
    return id if text is None else text.zh if language == "zh" else text.en


def _listed(words: Iterable[str], language: str) -> str:
    every = list(words)
    joined = ("、" if language == "zh" else ", ").join(every[:LISTED])
    if len(every) <= LISTED:
        return joined
    return f"{joined}等{len(every)}个" if language == "zh" else f"{joined} and {len(every) - LISTED} more"


def _when(gap: Gap, names: Names, language: str) -> str:
    if gap.from_ms <= names.from_ms and gap.until_ms >= names.until_ms:
        return "任何时候" if language == "zh" else "at all times"
    begin, end, last = (_local(ms, names.zone) for ms in (gap.from_ms, gap.until_ms, gap.last_ms))
    hours = f"{begin:%H:%M}-{end:%H:%M}"
    if gap.times == 1:
        if gap.until_ms >= names.until_ms:
            return f"{begin:%Y-%m-%d %H:%M} 起" if language == "zh" else f"from {begin:%Y-%m-%d %H:%M} on"
        one_day = begin.date() == end.date()
        return f"{begin:%Y-%m-%d} {hours}" if one_day else f"{begin:%Y-%m-%d %H:%M} - {end:%Y-%m-%d %H:%M}"
    if gap.daily:
        return f"每天 {hours},共{gap.times}次" if language == "zh" else f"every day {hours}, {gap.times} times"
    if language == "zh":
        return f"{begin:%Y-%m-%d} 到 {last:%Y-%m-%d} {hours},共{gap.times}次"
    return f"{begin:%Y-%m-%d} to {last:%Y-%m-%d} {hours}, {gap.times} times"


def _local(at_ms: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)


def _where(gap: Gap, names: Names, language: str) -> str:
    everywhere = "全小区" if language == "zh" else "the whole compound"
    places = _listed((names.places.get(place, place) or everywhere for place in gap.places), language)
    if len(gap.rules) == names.all_rules:
        return places
    rules = _listed((_said(names.rules, rule, language) for rule in gap.rules), language)
    return f"{places}({rules})" if language == "zh" else f"{places} ({rules})"


def _who(gap: Gap, names: Names, language: str) -> str:
    if not gap.people:
        if gap.unseen:
            return "通知不到任何人" if language == "zh" else "nobody at all"
        return "没有一个人有算数的渠道" if language == "zh" else "nobody over a channel that counts"
    if names.people is None:
        count = len(gap.people)
        people = f"{count}人" if language == "zh" else f"{count} {'person' if count == 1 else 'people'}"
    else:
        people = _listed((names.people.get(person, person) for person in gap.people), language)
    carriers = _listed((_pick(PROVIDERS.get(p, (p, p)), language) for p in gap.providers), language)
    return f"只有{people},只有{carriers}" if language == "zh" else f"only {people}, only {carriers}"


def _why(gap: Gap, names: Names, language: str) -> str:
    if not gap.why:
        return ""
    words = _listed(dict.fromkeys(_left(one, names, language) for one in gap.why), language)
    return f"({words})" if language == "zh" else f" ({words})"


def _left(one: Left, names: Names, language: str) -> str:
    who = names.people.get(one.person, one.person) if names.people is not None else ""
    who = who or _said(names.roles, one.role, language) or ("点名的人" if language == "zh" else "somebody by name")
    why = _pick(WHY.get(one.reason, (one.reason, one.reason)), language)
    return f"{who}{why}" if language == "zh" else f"{who}: {why}"
