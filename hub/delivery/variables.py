"""Notice -> the short variables of an SMS or voice template: place, what, time. No link, no phone number, no room.

Chinese carriers let a template through only when a person has approved it, and a variable only when it is short, holds no
link, no number to call and no 【】: at most 35 characters (help.aliyun.com/document_detail/463270.htm).
"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from hub.core.decisions import Notice
from hub.delivery.phrases import PLACES
from hub.model import LIFE_SAFETY, Outcome, Purpose
from hub.phrases import KINDS, Phrase, outcome_phrase

MOST = 35
"""Characters of one variable."""

ALARM = Phrase("报警", " alarm")
ALERT = Phrase("异常", " alert")
MARKS: dict[Purpose, Phrase] = {
    Purpose.GREW: Phrase(",范围扩大", ", it grew"),
    Purpose.ESCALATED: Phrase(",无人应答", ", nobody answered"),
    Purpose.REPAGED: Phrase(",应答后无结果", ", nothing since accepted"),
    Purpose.HELP: Phrase(",需要支援", ", help needed"),
    Purpose.HANDED_OVER: Phrase(",转交给您", ", handed to you"),
    Purpose.DIGEST: Phrase("等多件", " and more"),
    Purpose.SILENCED: Phrase(",暂停通知", ", silenced"),
}
IN_ALL = Phrase("等{n}起", ", {n} in all")
ENDED = Phrase("解除,{outcome}", " over: {outcome}")
TEST = Phrase("通知测试,不用处理", "a test, nothing to do")
DRILL = Phrase("演练:", "drill: ")

CALLABLE = re.compile(r"\d{7,}")
LINK = re.compile(r"(https?://|www\.)\S*", re.IGNORECASE)


class Variables(msgspec.Struct, frozen=True):
    """What a template may say. Its text, for example: ${place}${what},时间${time}。能去请按1,去不了按2,误报按3。"""

    place: str
    what: str
    time: str

    def named(self) -> dict[str, str]:
        return {"place": self.place, "what": self.what, "time": self.time}

    def in_order(self) -> list[str]:
        return [self.place, self.what, self.time]


def variables(notice: Notice, zone: ZoneInfo) -> Variables:
    """None of them is ever empty: a template with an empty variable is refused."""
    at_ms = notice.closed_ms if notice.purpose is Purpose.ENDED and notice.closed_ms is not None else notice.at_ms
    at = datetime.fromtimestamp(at_ms / 1000, zone)
    return Variables(place=_place(notice), what=_what(notice), time=f"{at:%m-%d %H:%M}")


def short_line(notice: Notice, zone: ZoneInfo) -> str:
    """The variables as one text of at most 70 characters, for an SMS of our own: one segment of UCS-2."""
    said = variables(notice, zone)
    return f"{said.place} {said.what} {said.time}"[:70]


def _place(notice: Notice) -> str:
    """Building and floor; what stands in no building is nobody's home and may be named."""
    if not notice.building:
        return allowed(notice.place or notice.community)
    floor = PLACES["floor"].said(notice.language).format(n=notice.floor) if notice.floor is not None else ""
    space = " " if notice.language.startswith("en") and floor and not notice.group else ""
    return allowed(notice.building if notice.group else f"{notice.building}{space}{floor}")


def _what(notice: Notice) -> str:
    language = notice.language
    if notice.purpose is Purpose.TEST or notice.test:
        return allowed(TEST.said(language))
    kind = KINDS[notice.kind].said(language)
    if notice.purpose is Purpose.ENDED:
        outcome = outcome_phrase(notice.outcome or Outcome.RECOVERED, notice.kind).said(language)
        text = kind + ENDED.said(language).format(outcome=outcome)
    else:
        word = ALARM if notice.kind in LIFE_SAFETY else ALERT
        mark = MARKS.get(notice.purpose)
        count = 1 + len(notice.also) + notice.more
        if count > 1:  # it names one and carries all, and its receipt counts for all
            mark = IN_ALL
        text = kind + word.said(language) + (mark.said(language).format(n=count) if mark else "")
    return allowed(DRILL.said(language) + text if notice.drill else text)


def allowed(text: str) -> str:
    """On one line, short, without what carriers refuse; never empty."""
    line = CALLABLE.sub("", LINK.sub("", " ".join(text.split())))
    return line.replace("【", "").replace("】", "").strip()[:MOST] or "-"
