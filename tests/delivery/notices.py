"""Notices and messages to send."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from hub.core.decisions import Notice, NotificationDue, Reason
from hub.delivery.port import Message
from hub.delivery.wording import RuleText
from hub.model import Kind, Purpose, Severity
from hub.phrases import Phrase

ZONE = ZoneInfo("Asia/Shanghai")

RULES = {
    "smoke": RuleText(
        Phrase("烟感报警", "smoke alarm"),
        Phrase(
            "①敲门、打住户电话 ②见烟见火,或有焦味无人应答,立即打119:{address} ③不进有烟房间、不乘电梯",
            "1) knock, phone the home 2) smoke, fire, or a burnt smell and no answer: call 119: {address} 3) use no lift",
        ),
    ),
    "space_occupied": RuleText(
        Phrase("疑被非机动车占用", "may be taken by something that is no car"),
        Phrase("无入场记录,请劝导挪车;若是汽车请选“是汽车”", "no car came in; ask them to move"),
    ),
    "gate_stuck": RuleText(
        Phrase("道闸抬杆未落", "barrier stuck open"),
        Phrase("先看杆下有无人车,再转手动值守;期间计数不准", "look under the barrier, then work it by hand"),
    ),
    "smoke_silent": RuleText(
        Phrase("烟感失联", "smoke detector silent"),
        Phrase(
            "今晚无守护,18:00前上门查电池、信号,按测试键", "unprotected tonight: check battery and signal, press test"
        ),
    ),
}


def ms(local: str) -> int:
    """``2026-03-01 03:12`` in Shanghai -> UTC ms."""
    return round(datetime.fromisoformat(local).replace(tzinfo=ZONE).timestamp() * 1000)


NOW_MS = ms("2026-03-01 03:13")


def notice(**changes: object) -> Notice:
    """The kitchen fire of the story, with changes."""
    fields: dict[str, object] = {
        "incident": 7,
        "purpose": Purpose.RAISED,
        "severity": Severity.CRITICAL,
        "rule": "smoke",
        "kind": Kind.SMOKE,
        "at_ms": ms("2026-03-01 03:12"),
        "community": "桂花园",
        "building": "6号楼",
        "floor": 12,
        "address": "万航渡路660弄6号楼",
    }
    fields.update(changes)
    return Notice(**fields)  # type: ignore[arg-type]  # the fields of Notice, by name


def due(
    notification: int = 1,
    *,
    person: str = "wang",
    contact: str = "c1",
    severity: Severity = Severity.CRITICAL,
    attempt: int = 1,
    **changes: object,
) -> NotificationDue:
    said = notice(severity=severity, **changes)
    return NotificationDue(
        seq=notification,
        at_ms=NOW_MS,
        reason=Reason.POLICY_STEP,
        notification=notification,
        attempt=attempt,
        incident=said.incident,
        person=person,
        contact=contact,
        purpose=said.purpose,
        severity=severity,
        notice=said,
        deadline_ms=NOW_MS + 10_000,
    )


def message(text: str = "【紧急】6号楼12层烟感报警 03:12。①敲门") -> Message:
    return Message(
        text=text,
        title=text.split("。")[0],
        notice=notice(),
        community="guihua",
        person="wang",
        notification=1,
        attempt=1,
    )
