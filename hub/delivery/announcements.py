"""Messages about no incident: the test of a contact, and what a silence or works change."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hub.core.decisions import Notice, Reason
from hub.delivery.fitting import clean, fit
from hub.delivery.phrases import ANNOUNCED, PLACES, TELL, TIMES
from hub.delivery.times import local
from hub.phrases import REASONS


def contact_test(notice: Notice, zone: ZoneInfo, now_ms: int, link: str) -> tuple[str, str]:
    """【测试】 which contact this is, and how its owner confirms it."""
    language = notice.language
    first = TELL["contact_test"].said(language).format(community=clean(notice.community)).strip()
    at = local(notice.at_ms, now_ms, zone, language)
    key = "contact_test_todo"
    if notice.contact and not notice.group:
        key = "contact_confirm_link" if link else "contact_confirm"
    words = TELL[key].said(language).format(at=at, contact=clean(notice.contact), link=link)
    return first, fit(first, "", words, language)


def announcement(notice: Notice, zone: ZoneInfo, now_ms: int, *, exact: bool) -> tuple[str, str]:
    """【通知】 what is paused where, until when and why; critical is told all the same."""
    language = notice.language
    until = "" if notice.until_ms is None else local(notice.until_ms, now_ms, zone, language)
    reason = _reason(notice.rule)
    words = ANNOUNCED.get(reason) if reason is not None else None
    if words is not None:
        said = words.said(language).format(at=until)
    else:
        said = REASONS[reason].said(language).rstrip("。. ") if reason is not None else ""
    where = _where(notice, exact=exact)
    note = TIMES["noted"].said(language).format(note=clean(notice.note)) if notice.note else ""
    mark = "[Notice] " if language.startswith("en") else "【通知】"
    colon = ": " if language.startswith("en") and where else ""
    first = f"{mark}{where}{colon}{said}{note}"
    over = reason in (Reason.SILENCE_ENDED, Reason.WORKS_ENDED)
    tail = "" if over else ANNOUNCED[Reason.SILENCED].said(language)
    return first, fit(first, "", tail, language)


def _reason(name: str) -> Reason | None:
    try:
        return Reason(name)
    except ValueError:  # of a newer hub
        return None


def _where(notice: Notice, *, exact: bool) -> str:
    building, place = clean(notice.building), clean(notice.place)
    if not building:
        return place or clean(notice.community)
    if notice.group:
        return building
    floor = PLACES["floor"].said(notice.language).format(n=notice.floor) if notice.floor is not None else ""
    inner = place if place and exact else floor
    if inner.startswith(building):
        return inner
    return f"{building} {inner}".strip() if notice.language.startswith("en") else f"{building}{inner}"
