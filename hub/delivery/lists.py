"""Lists in a message: what goes along with the one that it speaks for, and digests."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from hub.core.decisions import Also, Notice
from hub.delivery.built_in import BUILT_IN_TEXTS, RuleText
from hub.delivery.fitting import MAX_BYTES, clean, cut, size
from hub.delivery.phrases import LISTS, MARKS, PLACES
from hub.delivery.times import local
from hub.model import Outcome, Purpose
from hub.phrases import KINDS, SEVERITIES, Phrase, outcome_phrase


def with_others(
    text: str, notice: Notice, rules: Mapping[str, RuleText], zone: ZoneInfo, now_ms: int, *, exact: bool
) -> str:
    """The whole message, then a line for each further incident as far as they fit, then how many there are in all."""
    if not notice.also and not notice.more:
        return text
    lines = [_line(one, notice, rules, zone, now_ms, exact=exact) for one in notice.also]
    return _list(text, lines, 1 + len(notice.also) + notice.more, notice.more, "", notice.language)


def digest(
    notice: Notice, rules: Mapping[str, RuleText], zone: ZoneInfo, now_ms: int, link: str, *, exact: bool
) -> tuple[str, str]:
    """Title and text: how many, a line each, and where to answer."""
    language = notice.language
    total = len(notice.also) + notice.more
    first = LISTS["digest"].said(language).format(community=clean(notice.community), n=total).strip()
    lines = [_line(one, notice, rules, zone, now_ms, exact=exact) for one in notice.also]
    tail = LISTS["open"].said(language).format(link=link) if link else ""
    return first, _list(first, lines, total, notice.more, tail, language)


def _list(text: str, lines: list[str], total: int, more: int, tail: str, language: str) -> str:
    """Lines that do not fit are counted with those that were left out before."""
    end = "\n" + tail if tail else ""
    count = "\n" + LISTS["in_all"].said(language).format(n=total)
    text = cut(text, MAX_BYTES - size(count) - size(end))
    room = MAX_BYTES - size(text) - size(count) - size(end)
    taken: list[str] = []
    for line in lines:
        room -= size(line) + 1
        if room < 0:
            break
        taken.append(line)
    if len(taken) == len(lines) and not more:
        count = ""
    return "\n".join([text, *taken]) + count + end


def _line(one: Also, notice: Notice, rules: Mapping[str, RuleText], zone: ZoneInfo, now_ms: int, *, exact: bool) -> str:
    language = notice.language
    rule = rules.get(one.rule) or BUILT_IN_TEXTS.get(one.rule)
    title = rule.title.said(language) if rule else KINDS[one.kind].said(language) + MARKS["alert"].said(language)
    where = _where(one, notice, exact=exact)
    ended = one.purpose is Purpose.ENDED
    marks = [MARKS["drill"]] if one.drill else [MARKS["test"]] if one.test else []
    if ended:
        marks.append(MARKS["ended"])
    elif not marks:
        marks.append(SEVERITIES[one.severity])
    english = language.startswith("en")
    head = "".join(f"[{m.en}] " if english else f"【{m.zh}】" for m in marks)
    joint = ": " if english and where else ""
    if ended:
        said: Phrase = outcome_phrase(one.outcome or Outcome.RECOVERED, one.kind)
        colon = ": " if english else ":"
        return f"{head}{where}{joint}{title}{colon}{said.said(language)}"
    many = LISTS["homes"].said(language).format(n=one.homes) if one.homes > 1 else ""
    return f"{head}{where}{joint}{title} {local(one.at_ms, now_ms, zone, language)}{many}"


def _where(one: Also, notice: Notice, *, exact: bool) -> str:
    building, place = clean(one.building), clean(one.place)
    if not building:
        return place or clean(notice.community)
    if notice.group:
        return building
    floor = PLACES["floor"].said(notice.language).format(n=one.floor) if one.floor is not None else ""
    inner = place if place and exact else floor
    if inner.startswith(building):
        return inner
    return f"{building} {inner}".strip() if notice.language.startswith("en") else f"{building}{inner}"
