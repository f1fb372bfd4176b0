"""Notice -> the words of one message: what, where, since when, what to do, how to answer. Reads no clock.

The first line is never cut; what to do is cut first when a message would exceed 2048 bytes of UTF-8.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from zoneinfo import ZoneInfo

from hub.config import RuleConfig
from hub.core.decisions import Notice, NotificationDue
from hub.delivery.announcements import announcement, contact_test
from hub.delivery.built_in import BUILT_IN_TEXTS, RuleText
from hub.delivery.fitting import MAX_BYTES, clean, fit, size
from hub.delivery.links import LinkClaim, Links
from hub.delivery.lists import digest, with_others
from hub.delivery.phrases import END, MARKS, PLACES, TELL, TIMES
from hub.delivery.port import Message
from hub.delivery.times import local, since
from hub.model import LIFE_SAFETY, Outcome, Purpose, Severity
from hub.phrases import KINDS, SEVERITIES, Phrase, outcome_phrase


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

    def __init__(
        self, rules: Mapping[str, RuleText], *, zone: ZoneInfo, links: Links, roles: Mapping[str, Phrase] = {}
    ) -> None:
        """``roles``: title of each role, for who asks for help or hands over."""
        self._rules = rules
        self._roles = roles
        self._zone = zone
        self._links = links

    def message(
        self, community: str, due: NotificationDue, *, by_number: bool = False, third_party: bool = False
    ) -> Message:
        """``by_number``: the channel takes answers by number. ``third_party``: it passes through somebody else's push
        service, which must not learn a room."""
        notice = due.notice
        link, token, inbox = self._links_of(community, due)
        replies = Replies.LINK if link else Replies.NUMBER if by_number and not notice.group else Replies.CALL
        title, text = word(
            notice,
            self._rules.get(notice.rule),
            zone=self._zone,
            now_ms=due.at_ms,
            replies=replies,
            link=link,
            exact=not third_party,
            rules=self._rules,
            inbox=inbox,
            roles=self._roles,
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
            updates=due.updates,
            quiet=due.quiet,
        )

    def _links_of(self, community: str, due: NotificationDue) -> tuple[str, str, str]:
        """Personal answer link, its token, and the inbox; none in what several people read."""
        notice = due.notice
        if notice.group or notice.purpose in (Purpose.ENDED, Purpose.SILENCED):
            return "", "", ""
        inbox = self._links.inbox(community, due.person)
        if notice.purpose is Purpose.TEST:
            return "", "", inbox if notice.contact else ""
        if notice.purpose is Purpose.DIGEST:
            return "", "", inbox
        if notice.test:
            return "", "", inbox if notice.also else ""
        token = self._links.token(LinkClaim(community, due.incident, due.person))
        return self._links.answer(community, due.incident, due.person), token, inbox if notice.also else ""


def word(
    notice: Notice,
    rule: RuleText | None,
    *,
    zone: ZoneInfo,
    now_ms: int,
    replies: Replies,
    link: str = "",
    exact: bool = True,
    rules: Mapping[str, RuleText] = {},
    inbox: str = "",
    roles: Mapping[str, Phrase] = {},
) -> tuple[str, str]:
    """Title and whole text. ``exact`` False leaves out the room, whatever the notice holds. ``rules`` are those of what
    goes along in the same message, ``inbox`` is where each of them is answered."""
    match notice.purpose:
        case Purpose.TEST:
            return contact_test(notice, zone, now_ms, inbox)
        case Purpose.SILENCED:
            return announcement(notice, zone, now_ms, exact=exact)
        case Purpose.DIGEST:
            return digest(notice, rules, zone, now_ms, inbox, exact=exact)
    first, text = _worded(notice, rule, zone, now_ms, replies, link, roles, exact=exact)
    text = with_others(text, notice, rules, zone, now_ms, exact=exact)
    each = "\n" + TELL["answer_each"].said(notice.language).format(link=inbox)
    return first, text + each if inbox and notice.also and size(text + each) <= MAX_BYTES else text


def _worded(
    notice: Notice,
    rule: RuleText | None,
    zone: ZoneInfo,
    now_ms: int,
    replies: Replies,
    link: str,
    roles: Mapping[str, Phrase],
    *,
    exact: bool,
) -> tuple[str, str]:
    """About the one incident that the message speaks for."""
    language = notice.language
    rule = rule or BUILT_IN_TEXTS.get(notice.rule)
    where = _where(notice, exact=exact)
    title = rule.title.said(language) if rule else _fallback_title(notice)
    if notice.purpose is Purpose.ENDED:
        return _end(notice, where, title, zone, now_ms)
    first = _first_line(notice, where, title, zone, now_ms, roles)
    todo = "" if notice.test else _note(notice) + _todo(notice, rule, exact=exact)
    tail = [TELL["device_test"].said(language)] if notice.test else _answers(notice, replies, link)
    return first, fit(first, todo, "".join(tail), language)


def _note(notice: Notice) -> str:
    """What somebody on site says, or what the hub observed about itself."""
    note = clean(notice.note).rstrip("。. ")
    if not note:
        return ""
    key = "note" if notice.purpose in (Purpose.HELP, Purpose.HANDED_OVER) else "observed"
    return TELL[key].said(notice.language).format(note=note)


def _first_line(
    notice: Notice, where: str, title: str, zone: ZoneInfo, now_ms: int, roles: Mapping[str, Phrase]
) -> str:
    language = notice.language
    mark = MARKS["drill"] if notice.drill else MARKS["test"] if notice.test else SEVERITIES[notice.severity]
    when = since(notice.at_ms, now_ms, zone, language, short=notice.severity is Severity.CRITICAL)
    lead = "".join(_leads(notice, roles))
    many = TELL["homes"].said(language).format(n=notice.homes) if notice.homes > 1 else ""
    many += _flapping(notice)
    # In English the mark is a bracketed word too, so that a phone's list of messages sorts alike.
    if language.startswith("en"):
        return f"[{mark.en}] {lead}{where}{': ' if where else ''}{title}{when}{many}"
    return f"【{mark.zh}】{lead}{where}{title}{when}{many}"


def _leads(notice: Notice, roles: Mapping[str, Phrase]) -> list[str]:
    """What stands before the place: late, grown, nobody answered, nothing since, who asks."""
    language = notice.language
    leads = [MARKS["late"].said(language)] if notice.late else []
    if notice.purpose in (Purpose.GREW, Purpose.ESCALATED, Purpose.REPAGED):
        leads.append(MARKS[notice.purpose.value].said(language))
    elif notice.purpose in (Purpose.HELP, Purpose.HANDED_OVER):
        who = roles.get(notice.who)
        key = f"{notice.purpose.value}_by" if who else notice.purpose.value
        leads.append(MARKS[key].said(language).format(who=who.said(language) if who else ""))
    return leads


def _flapping(notice: Notice) -> str:
    if not notice.flapping:
        return ""
    times = notice.facts.get("times")
    key = "flapping_times" if times else "flapping"
    return TELL[key].said(notice.language).format(n=times)


def _where(notice: Notice, *, exact: bool = True) -> str:
    """As exact as this reader may see: a group sees the building only; what stands in no building is nobody's home."""
    language = notice.language
    building, place = clean(notice.building), clean(notice.place)
    if not building:
        return place or clean(notice.community)
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
    if notice.drill:
        return TELL["drill_todo"].said(notice.language)
    todo = (rule.todo if rule else TELL["look"]).said(notice.language).strip()
    address = clean(notice.address)
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
    cause = END["cause"].said(language).format(cause=clean(notice.cause)) if notice.cause else ""
    how = END["by_itself"] if outcome is Outcome.RECOVERED else END["by_people"]
    at = local(notice.closed_ms if notice.closed_ms is not None else now_ms, now_ms, zone, language)
    mark = "[Test ended] " if language.startswith("en") else "【测试】【解除】"
    if not notice.test:
        mark = "[All clear] " if language.startswith("en") else "【解除】"
    if notice.drill:
        mark = "[Drill ended] " if language.startswith("en") else "【演练】【解除】"
    space = " " if language.startswith("en") and where else ""
    first = f"{mark}{where}{space}{subject}{END['is'].said(language)}{outcome_phrase(outcome, notice.kind).said(language)}{cause}"
    return first, fit(first, "", how.said(language).format(at=at), language, joint=TIMES["comma"].said(language))


__all__ = ["MAX_BYTES", "Replies", "RuleText", "Wording", "rule_texts", "word"]
