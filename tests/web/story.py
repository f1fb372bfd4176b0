"""The story's compound as rows: two towers, protected homes, spaces, a gate, the people; and the kitchen fire."""

from __future__ import annotations

from hub.core.decisions import (
    AlertRaised,
    IncidentOpened,
    NotificationHeld,
    NotificationProgressed,
    NotificationSent,
    Reason,
)
from hub.model import (
    Alert,
    Condition,
    Contact,
    ContactHealth,
    Device,
    Duty,
    Handling,
    Incident,
    Kind,
    Notification,
    NotificationState,
    Outcome,
    Person,
    Place,
    PlaceKind,
    Purpose,
    Receipt,
    Responder,
    Severity,
    Silence,
    Stage,
)
from tests.web.world import HERE, MINUTE, NIGHT_MS, World

FIRE = 41
GATE = 44
SILENT = 45


def settle(world: World) -> None:
    """Places, people, rota and devices; nothing has happened yet."""
    world.register(Place(id=HERE, kind=PlaceKind.COMMUNITY, name="桂花园"))
    for number in (6, 8):
        world.register(Place(id=f"b{number}", kind=PlaceKind.BUILDING, name=f"{number}号楼", parent=HERE))
        for floor in (3, 7, 12, 15):
            home = f"b{number}-{floor}03"
            name = f"{floor}03室"
            world.register(
                Place(id=home, kind=PlaceKind.HOME, name=name, parent=f"b{number}", floor=floor, protected=True)
            )
            silent = (number, floor) in ((6, 3), (8, 15))
            world.device(
                Device(id=f"smoke-{home}", kind=Kind.SMOKE, place=home, name="厨房烟感", model="heiman/hs1sa"),
                seen_ms=NIGHT_MS - (26 * 60 if silent else 9) * MINUTE,
                silent=silent,
                facts={"alarm": False, "battery_pct": 87 if floor != 7 else 12, "battery_low": floor == 7},
            )
    for number in range(1, 25):
        world.register(Place(id=f"p{number}", kind=PlaceKind.SPACE, name=f"{number}号车位", parent=HERE))
        facts: dict[str, bool | int | float | str] = {} if number == 24 else {"occupied": number % 3 != 0}
        world.device(
            Device(id=f"space-{number}", kind=Kind.PARKING, place=f"p{number}"),
            seen_ms=NIGHT_MS - MINUTE,
            facts=facts,
        )
    world.register(Place(id="gate-e", kind=PlaceKind.GATE, name="东门道闸", parent=HERE))
    world.device(Device(id="gate-e-1", kind=Kind.GATE, place="gate-e"), seen_ms=NIGHT_MS - 20_000)
    world.device(Device(id="lpr-e-1", kind=Kind.LPR, place="gate-e"), seen_ms=NIGHT_MS - 20_000)
    world.device(
        Device(id="00158d0001ab", kind=Kind.SMOKE, place=""),
        seen_ms=NIGHT_MS - MINUTE,
        registered=False,
        facts={"alarm": False},
    )
    people(world)


def people(world: World) -> None:
    world.register(
        Person(
            id="wu",
            name="吴建国",
            contacts=(Contact(id="wu-inbox", url="inbox://wu"),),
            phone="021-5555-0119",
        ),
        Person(id="li", name="李秀英", contacts=(Contact(id="li-inbox", url="inbox://li"),)),
        Person(id="chen", name="陈静", contacts=(Contact(id="chen-inbox", url="inbox://chen"),)),
        Person(id="group", name="桂花园多位一体群", contacts=(Contact(id="g", url="wecom://K", group=True),)),
        Duty(id="d1", role="property", person="wu", from_minute=20 * 60, to_minute=8 * 60),
        Duty(id="d2", role="volunteer", person="li"),
        Duty(id="d3", role="committee", person="chen", from_minute=8 * 60, to_minute=18 * 60, weekdays=(0, 1, 2, 3, 4)),
        Duty(id="d4", role="guard", person="guard1"),
    )


def kitchen_fire(world: World, *, incident: int = FIRE) -> None:
    """12号楼 nobody has answered yet: three roles were told 41 s ago."""
    at = world.clock.now_ms - 41_000
    world.incident(
        Incident(
            id=incident,
            place="b6",
            cause="fire",
            severity=Severity.CRITICAL,
            opened_ms=at,
            alerts=[incident + 1],
            policy="critical",
            needed=2,
            step=1,
            due_ms=at + 2 * MINUTE,
            told=["wu", "li", "group"],
        )
    )
    world.alert(
        Alert(
            id=incident + 1,
            rule="smoke",
            severity=Severity.CRITICAL,
            subject="smoke-b6-1203",
            kind=Kind.SMOKE,
            place="b6-1203",
            incident=incident,
            condition=Condition.ACTIVE,
            handling=Handling.NEW,
            raised_ms=at,
            at_ms=at,
            facts={"alarm": True, "battery_pct": 87},
        )
    )
    world.device(
        Device(id="smoke-b6-1203", kind=Kind.SMOKE, place="b6-1203", name="厨房烟感"),
        seen_ms=at,
        alarm=True,
        facts={"alarm": True, "battery_pct": 87},
    )
    _told(world, incident, at)
    world.bump()


def _told(world: World, incident: int, at: int) -> None:
    texts = {
        "li": "【紧急】6号楼12层烟感报警 03:11。①敲门、打住户电话 ②见烟见火,或有焦味无人应答,立即打119:万航渡路660弄6号楼 ③不进有烟房间、不乘电梯。已去0人,还缺2人。回复1我去 2去不了",
        "wu": "【紧急】6号楼12层1203室烟感报警 03:11。①敲门、打住户电话 ②见烟见火,或有焦味无人应答,立即打119。回复1我去 2去不了",
    }
    for offset, (person, role) in enumerate((("wu", "property"), ("li", "volunteer"), ("group", "committee"))):
        number = incident * 10 + offset
        sent = person != "group"
        world.notification(
            Notification(
                id=number,
                incident=incident,
                person=person,
                role=role,
                purpose=Purpose.RAISED,
                severity=Severity.CRITICAL,
                created_ms=at + 10,
                state=NotificationState.SENT if sent else NotificationState.MISSED,
                sent_ms=at + 180 if sent else None,
                reason="policy_step" if sent else "ladder_exhausted",
            )
        )
        if person in texts:
            world.message(number, person, texts[person], incident=incident, severity="critical", purpose="raised")
    seq = incident * 100
    world.decision(
        AlertRaised(
            seq=seq,
            at_ms=at,
            reason=Reason.CONDITION_MET,
            alert=incident + 1,
            rule="smoke",
            severity=Severity.CRITICAL,
            subject="smoke-b6-1203",
            place="b6-1203",
        )
    )
    world.decision(
        IncidentOpened(seq=seq, at_ms=at, reason=Reason.CONDITION_MET, incident=incident, alert=incident + 1), 1
    )
    world.decision(
        NotificationHeld(seq=seq, at_ms=at, reason=Reason.ROLE_EMPTY, incident=incident, role="committee"), 2
    )
    world.decision(
        NotificationSent(
            seq=seq + 1,
            at_ms=at + 180,
            reason=Reason.POLICY_STEP,
            notification=incident * 10,
            contact="wu-inbox",
        )
    )


def smaller_things(world: World) -> None:
    """A barrier that somebody goes to, a silent detector, and yesterday's false alarm."""
    at = world.clock.now_ms - 22 * MINUTE
    world.incident(
        Incident(
            id=GATE,
            place="gate-e",
            cause="gate_stuck",
            severity=Severity.MAJOR,
            opened_ms=at,
            handling=Handling.ON_SITE,
            alerts=[GATE + 100],
            policy="major",
            step=1,
            due_ms=world.clock.now_ms + 8 * MINUTE,
            responders=[Responder(person="wu", at_ms=at + MINUTE, state=Handling.ON_SITE)],
        )
    )
    _alert(world, GATE, "gate_stuck", Severity.MAJOR, Kind.GATE, "gate-e", at)
    at = world.clock.now_ms - 95 * MINUTE
    world.incident(
        Incident(
            id=SILENT,
            place="b8",
            cause="smoke_silent",
            severity=Severity.MINOR,
            opened_ms=at,
            alerts=[SILENT + 100],
            due_ms=world.clock.now_ms + 40 * MINUTE,
        )
    )
    _alert(world, SILENT, "smoke_silent", Severity.MINOR, Kind.SMOKE, "b8-1503", at)
    ended(world)
    world.silence(
        Silence(
            id=7,
            place="gate-e",
            from_ms=at,
            until_ms=world.clock.now_ms + 90 * MINUTE,
            owner="wu",
            reason="东门道闸换电机",
        )
    )
    world.quarantined(9001, b'{"smoke": tru', topic="zigbee2mqtt/8号楼/烟感".encode())
    world.quarantined(9002, bytes(range(0, 250, 3)), reason="bad_checksum")
    world.bump()


def ended(world: World, *, number: int = 30, closed_ago_ms: int = 300 * MINUTE) -> None:
    closed = world.clock.now_ms - closed_ago_ms
    world.incident(
        Incident(
            id=number,
            place="b8",
            cause="fire",
            severity=Severity.CRITICAL,
            opened_ms=closed - 7 * MINUTE,
            handling=Handling.DONE,
            alerts=[number + 100],
            closed_ms=closed,
            outcome=Outcome.FALSE,
            cause_text="做饭油烟",
            closed_by="wu",
            responders=[Responder(person="wu", at_ms=closed - 5 * MINUTE, state=Handling.DONE)],
        )
    )
    _alert(world, number, "smoke", Severity.CRITICAL, Kind.SMOKE, "b8-703", closed - 7 * MINUTE)


def _alert(world: World, incident: int, rule: str, severity: Severity, kind: Kind, place: str, at: int) -> None:
    world.alert(
        Alert(
            id=incident + 100,
            rule=rule,
            severity=severity,
            subject=f"{kind}-{place}",
            kind=kind,
            place=place,
            incident=incident,
            condition=Condition.ACTIVE,
            handling=Handling.NEW,
            raised_ms=at,
            at_ms=at,
        )
    )


def confide(world: World) -> None:
    """The office has written down who has a key to 1203 and what a helper must know."""
    world.register(
        Place(
            id="b6-1203",
            kind=PlaceKind.HOME,
            name="1203室",
            parent="b6",
            floor=12,
            protected=True,
            key_holder="1201室 王阿姨 有钥匙",
            health_note="独居,82岁,听力不好,有心脏病",
        )
    )


def reached(world: World, *, incident: int = FIRE) -> None:
    """How far the messages of the kitchen fire came: 李 opened hers, 吴's robot failed and the call rang, 陈 sleeps."""
    at = world.clock.now_ms - 41_000
    world.register(
        Person(
            id="wu",
            name="吴建国",
            contacts=(Contact(id="wu-app", url="wecomapp://1"), Contact(id="wu-call", url="alivoice://2")),
            phone="021-5555-0119",
        ),
        Person(id="li", name="李秀英", contacts=(Contact(id="li-sms", url="alisms://3"),)),
    )
    wu, li, group = (incident * 10 + offset for offset in range(3))

    def receipt(number: int, contact: str, attempt: int, after_ms: int, *, sent: bool, code: str) -> Receipt:
        reason = "accepted" if sent else "refused"
        return Receipt(
            notification=number,
            contact=contact,
            attempt=attempt,
            at_ms=at + after_ms,
            sent=sent,
            reason=reason,
            code=code,
        )

    refused = receipt(wu, "wu-app", 1, 240, sent=False, code="60020")
    world.attempt(wu, "wu-app", at_ms=at + 10, claimed_ms=at + 20, receipt=refused)
    rang = receipt(wu, "wu-call", 2, 2_400, sent=True, code="OK")
    world.attempt(wu, "wu-call", attempt=2, at_ms=at + 250, claimed_ms=at + 260, receipt=rang)
    texted = receipt(li, "li-sms", 1, 900, sent=True, code="OK")
    world.attempt(li, "li-sms", at_ms=at + 10, claimed_ms=at + 30, receipt=texted)
    late = receipt(group, "g", 1, 600, sent=False, code="45009")
    world.attempt(group, "g", at_ms=at + 10, claimed_ms=at + 40, receipt=late)
    seq = incident * 100 + 10
    for offset, (number, person, contact, stage, after_ms) in enumerate(
        (
            (li, "li", "li-sms", Stage.DELIVERED, 3_100),
            (li, "li", "li-sms", Stage.OPENED, 22_000),
            (wu, "wu", "wu-call", Stage.DELIVERED, 9_000),
        )
    ):
        world.decision(
            NotificationProgressed(
                seq=seq + offset,
                at_ms=at + after_ms,
                reason=Reason.PERSON_ASKED,
                notification=number,
                person=person,
                contact=contact,
                stage=stage,
            )
        )
    world.decision(
        NotificationHeld(
            seq=seq + 5, at_ms=at, reason=Reason.ASLEEP, incident=incident, role="committee", person="chen"
        )
    )
    day = "2024-05-11"
    world.health(ContactHealth(person="wu", contact="wu-app", day=day, failures=3, code="60020", failed_ms=at + 240))
    world.health(ContactHealth(person="li", contact="li-sms", sent_ms=at + 900, proven_ms=at - 9 * 24 * 60 * MINUTE))
    world.bump()
