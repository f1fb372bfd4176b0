"""Notice -> the words of one message: what, where, since when, what to do, how to answer. Reads no clock.

The first line is never cut; what to do is cut first when a message would exceed 2048 bytes of UTF-8.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from zoneinfo import ZoneInfo

import msgspec

from hub.config import RuleConfig
from hub.core.decisions import Notice, NotificationDue
from hub.delivery.links import LinkClaim, Links
from hub.delivery.phrases import END, MARKS, PLACES, TELL, TIMES
from hub.delivery.port import Message
from hub.delivery.times import local, since
from hub.model import LIFE_SAFETY, Outcome, Purpose, Severity
from hub.phrases import KINDS, SEVERITIES, Phrase, outcome_phrase

MAX_BYTES = 2048
"""WeCom's limit for a text message, the tightest of the channels."""

NAME_CHARS = 120
"""A name or a cause that people typed is never longer than this in a message."""


class RuleText(msgspec.Struct, frozen=True):
    """A rule's own words, from config.yaml. ``todo`` may hold ``{address}``."""

    title: Phrase
    todo: Phrase


def rule_texts(rules: Mapping[str, RuleConfig]) -> dict[str, RuleText]:
    """The wording slice of the config's rules."""
    return {
        name: RuleText(Phrase(rule.title.zh, rule.title.en), Phrase(rule.todo.zh, rule.todo.en))
        for name, rule in rules.items()
    }


class Replies(Enum):
    """How the reader of this message can answer it."""

    LINK = auto()
    NUMBER = auto()
    """The channel takes a number back."""
    CALL = auto()
    """Neither: the duty room types the answer in."""


class Wording:
    """Makes the `Message` of one outbox row."""

    def __init__(self, rules: Mapping[str, RuleText], *, zone: ZoneInfo, links: Links) -> None:
        self._rules = rules
        self._zone = zone
        self._links = links

    def message(
        self, community: str, due: NotificationDue, *, by_number: bool = False, third_party: bool = False
    ) -> Message:
        """``by_number``: the channel takes answers by number. ``third_party``: it passes through somebody else's push
        service, which must not learn a room."""
        notice = due.notice
        link = token = ""
        if not notice.group and not notice.test and notice.purpose not in (Purpose.ENDED, Purpose.TEST):
            link = self._links.answer(community, due.incident, due.person)
            token = self._links.token(LinkClaim(community, due.incident, due.person))
        replies = Replies.LINK if link else Replies.NUMBER if by_number and not notice.group else Replies.CALL
        title, text = word(
            notice,
            self._rules.get(notice.rule),
            zone=self._zone,
            now_ms=due.at_ms,
            replies=replies,
            link=link,
            exact=not third_party,
        )
        return Message(
            text=text,
            title=title,
            link=link,
            token=token,
            notice=notice,
            community=community,
            person=due.person,
            notification=due.notification,
            attempt=due.attempt,
            contact=due.contact,
        )


def word(
    notice: Notice,
    rule: RuleText | None,
    *,
    zone: ZoneInfo,
    now_ms: int,
    replies: Replies,
    link: str = "",
    exact: bool = True,
) -> tuple[str, str]:
    """Title and whole text. ``exact`` False leaves out the room, whatever the notice holds."""
    if notice.purpose is Purpose.TEST:
        return _contact_test(notice, zone, now_ms)
    language = notice.language
    where = _where(notice, exact=exact)
    title = rule.title.said(language) if rule else _fallback_title(notice)
    if notice.purpose is Purpose.ENDED:
        return _end(notice, where, title, zone, now_ms)
    first = _first_line(notice, where, title, zone, now_ms)
    todo = "" if notice.test else _todo(notice, rule, exact=exact)
    tail = [TELL["device_test"].said(language)] if notice.test else _answers(notice, replies, link)
    return first, _fit(first, todo, "".join(tail), language)


def _first_line(notice: Notice, where: str, title: str, zone: ZoneInfo, now_ms: int) -> str:
    language = notice.language
    mark = MARKS["test"] if notice.test else SEVERITIES[notice.severity]
    when = since(notice.at_ms, now_ms, zone, language, short=notice.severity is Severity.CRITICAL)
    lead = "".join(part.said(language) for part in _leads(notice))
    many = TELL["homes"].said(language).format(n=notice.homes) if notice.homes > 1 else ""
    # In English the mark is a bracketed word too, so that a phone's list of messages sorts alike.
    if language.startswith("en"):
        return f"[{mark.en}] {lead}{where}{': ' if where else ''}{title}{when}{many}"
    return f"【{mark.zh}】{lead}{where}{title}{when}{many}"


def _leads(notice: Notice) -> list[Phrase]:
    """What stands before the place: late, grown, nobody answered, nothing since."""
    leads = [MARKS["late"]] if notice.late else []
    if notice.purpose in (Purpose.GREW, Purpose.ESCALATED, Purpose.REPAGED):
        leads.append(MARKS[notice.purpose.value])
    return leads


def _where(notice: Notice, *, exact: bool = True) -> str:
    """As exact as this reader may see: a group sees the building only; what stands in no building is nobody's home."""
    language = notice.language
    building, place = _clean(notice.building), _clean(notice.place)
    if not building:
        return place or _clean(notice.community)
    if notice.group:
        return building
    floor = PLACES["floor"].said(language).format(n=notice.floor) if notice.floor is not None else ""
    inner = place if place and exact else floor
    if inner.startswith(building):
        return inner
    return f"{building} {inner}".strip() if language.startswith("en") else f"{building}{inner}"


def _fallback_title(notice: Notice) -> str:
    """The rule is gone from the config: the kind of device must do."""
    return f"{KINDS[notice.kind].said(notice.language)}{MARKS['alert'].said(notice.language)}"


def _todo(notice: Notice, rule: RuleText | None, *, exact: bool) -> str:
    todo = (rule.todo if rule else TELL["look"]).said(notice.language).strip()
    address = _clean(notice.address)
    if (notice.group or not exact) and notice.building and notice.place:
        address = address.split(notice.place)[0].rstrip()
    if address:
        return todo.replace("{address}", address)
    for colon in (":{address}", ": {address}", "：{address}", "{address}"):
        todo = todo.replace(colon, "")
    return todo


def _answers(notice: Notice, replies: Replies, link: str) -> list[str]:
    """Who goes already, and how to answer."""
    language = notice.language
    parts = []
    if notice.going:
        missing = max(0, notice.needed - notice.going)
        key = "going_short" if missing else "going_enough"
        parts.append(TELL[key].said(language).format(n=notice.going, m=missing))
    if replies is Replies.LINK:
        parts.append(TELL["answer_link"].said(language).format(link=link))
    elif replies is Replies.NUMBER:
        parts.append(TELL["answer_number"].said(language))
    elif notice.severity in (Severity.CRITICAL, Severity.MAJOR):
        parts.append(TELL["answer_call"].said(language))
    return parts


def _end(notice: Notice, where: str, title: str, zone: ZoneInfo, now_ms: int) -> tuple[str, str]:
    """【解除】 what it turned out to be, and nobody needs to come any more."""
    language = notice.language
    outcome = notice.outcome or Outcome.RECOVERED
    subject = KINDS[notice.kind].said(language) if notice.kind in LIFE_SAFETY else title
    cause = END["cause"].said(language).format(cause=_clean(notice.cause)) if notice.cause else ""
    how = END["by_itself"] if outcome is Outcome.RECOVERED else END["by_people"]
    at = local(notice.closed_ms if notice.closed_ms is not None else now_ms, now_ms, zone, language)
    mark = "[Test ended] " if language.startswith("en") else "【测试】【解除】"
    if not notice.test:
        mark = "[All clear] " if language.startswith("en") else "【解除】"
    space = " " if language.startswith("en") and where else ""
    first = f"{mark}{where}{space}{subject}{END['is'].said(language)}{outcome_phrase(outcome, notice.kind).said(language)}{cause}"
    return first, _fit(first, "", how.said(language).format(at=at), language, joint=TIMES["comma"].said(language))


def _contact_test(notice: Notice, zone: ZoneInfo, now_ms: int) -> tuple[str, str]:
    language = notice.language
    first = TELL["contact_test"].said(language).format(community=_clean(notice.community)).strip()
    at = local(notice.at_ms, now_ms, zone, language)
    return first, _fit(first, "", TELL["contact_test_todo"].said(language).format(at=at), language)


def _fit(first: str, todo: str, tail: str, language: str, *, joint: str = "") -> str:
    """Join, and cut at the todo until it fits. The first line stands whole unless it alone is too long."""
    stop = joint or TIMES["stop"].said(language)
    end = TIMES["stop"].said(language)
    if todo and tail and not todo.endswith(end.strip()):
        todo += end
    room = MAX_BYTES - _size(first) - _size(stop) - _size(tail)
    if room < 0:
        return _cut(first + stop + tail, MAX_BYTES)
    if _size(todo) > room:
        mark = "…" + end
        todo = _cut(todo, room - _size(mark)) + mark if room > _size(mark) else ""
    rest = todo + tail
    return f"{first}{stop}{rest}".rstrip() if rest else first


def _cut(text: str, size: int) -> str:
    """The longest beginning of at most ``size`` bytes that splits no character."""
    return text.encode()[: max(0, size)].decode(errors="ignore")


def _size(text: str) -> int:
    return len(text.encode())


def _clean(text: str) -> str:
    """Words that people typed, on one line and short: a name must not be able to forge a message."""
    return " ".join(text.split())[:NAME_CHARS].replace("【", "[").replace("】", "]")
