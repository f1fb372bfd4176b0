"""What providers and people said back, and what is known of each contact."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from hub.core.commands import ConfirmTest, Opened
from hub.core.decisions import (
    AlertRaised,
    CommandRefused,
    ContactProven,
    NotificationFailed,
    NotificationProgressed,
    NotificationSent,
    Reason,
)
from hub.core.inputs import Configured
from hub.core.receipts import answered
from hub.core.rules import CONTACT_BROKEN
from hub.core.step import step
from hub.model import NotificationState, Purpose, Stage
from tests.core.storm import ROBOT, Storm, somebody
from tests.core.timeline import Timeline, dues, ms, names

DAY = 86_400


def test_a_report_that_it_was_delivered_is_noted_once() -> None:
    s = Storm(somebody("li", "alisms://li"))
    (due,) = s.alarms(1, 0)
    s.receipt(2, due)
    (progressed,) = s.receipt(9, due, stage=Stage.DELIVERED)
    assert isinstance(progressed, NotificationProgressed)
    assert s.core.state.notifications[due.notification].delivered_ms == ms(9)
    assert s.receipt(10, due, stage=Stage.DELIVERED) == []


def test_delivered_says_sent_too() -> None:
    s = Storm(somebody("li", "alisms://li"))
    (due,) = s.alarms(1, 0)
    assert names(s.receipt(2, due, stage=Stage.DELIVERED)) == ["NotificationSent", "NotificationProgressed"]


def test_accepted_but_not_delivered_goes_on_to_the_next_contact() -> None:
    s = Storm(somebody("li", "alisms://li", "ntfy://li"))
    (due,) = s.alarms(1, 0)
    s.receipt(2, due)
    decisions = s.receipt(20, due, sent=False, code="MOBILE_NOT_ON_SERVICE")
    assert [d.code for d in decisions if isinstance(d, NotificationFailed)] == ["MOBILE_NOT_ON_SERVICE"]
    (second,) = dues(decisions)
    assert second.contact == "li1"
    s.receipt(21, second)
    assert s.core.state.notifications[due.notification].state is NotificationState.SENT


def test_not_delivered_holds_for_all_that_the_message_carried() -> None:
    s = Storm(somebody("li", ROBOT, "ntfy://li"))
    s.alarms(1, *range(7))
    (together,) = s.due(3)
    s.receipt(4, together)
    assert len(dues(s.receipt(5, together, sent=False))) == 2


def test_what_was_read_is_not_reopened() -> None:
    s = Storm(somebody("li", "alisms://li", "ntfy://li"))
    (due,) = s.alarms(1, 0)
    s.receipt(2, due)
    s.command(3, Opened(actor="li", incident=due.incident))
    assert dues(s.receipt(20, due, sent=False)) == []


def test_opening_marks_that_persons_notifications() -> None:
    s = Storm(somebody("li", "ntfy://li", "inbox://li"), somebody("wu", "ntfy://wu"))
    for due in s.alarms(1, 0):
        s.receipt(2, due)
    decisions = s.command(3, Opened(actor="li", incident=s.incident.id))
    assert [(d.person, d.stage) for d in decisions if isinstance(d, NotificationProgressed)] == [
        ("li", Stage.OPENED),
        ("li", Stage.OPENED),
    ]
    assert s.command(4, Opened(actor="li", incident=s.incident.id)) == []


def test_answering_marks_them_as_answered() -> None:
    s = Storm(somebody("li", "ntfy://li"))
    (due,) = s.alarms(1, 0)
    s.receipt(2, due)
    s.core.now_ms = ms(5)
    answered(s.core, s.incident.id, "li")
    assert s.core.state.notifications[due.notification].answered_ms == ms(5)


def test_a_late_receipt_of_an_earlier_attempt_leaves_what_the_next_one_carries_to_its_own_answer() -> None:
    s = Storm(somebody("li", "ntfy://li", ROBOT))
    first = s.alarms(1, *range(8))
    s.due(11)  # no answer: all of them go on over the robot, five at once and the rest together
    (together,) = (d for d in s.due(13) if d.carries)
    (lead,) = (d for d in first if d.notification == together.notification)
    sent = [d for d in s.receipt(14, lead) if isinstance(d, NotificationSent)]
    assert [d.notification for d in sent] == [lead.notification]
    sent = [d for d in s.receipt(15, together) if isinstance(d, NotificationSent)]
    assert sorted(d.notification for d in sent) == sorted(together.carries)


# ── contact health ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_three_failures_in_a_day_are_an_alert_and_a_success_ends_it() -> None:
    s = Storm(somebody("li", "ntfy://li", "mailto://li"))
    for at in (1, 2, 3):
        (due,) = (d for d in s.alarms(at, at) if d.contact == "li0")
        s.receipt(at + 0.5, due, sent=False, code="503")
    known = s.core.state.health["li/li0"]
    assert (known.failures, known.code, known.failed_ms) == (3, "503", ms(3.5))
    (broken,) = (d for d in s.decisions if isinstance(d, AlertRaised))
    assert (broken.rule, broken.subject) == (CONTACT_BROKEN, "self:contact:li/li0")
    assert "li/li0" in s.changes.health
    (due,) = s.alarms(5, 5)
    assert "AlertCleared" in names(s.receipt(6, due))
    assert (known.failures, known.sent_ms) == (0, ms(6))


def test_yesterdays_failures_do_not_count_today() -> None:
    s = Storm(somebody("li", "ntfy://li", "mailto://li"))
    for n, at in enumerate((1, 2, DAY)):
        s.passed(at)
        last = s.core.state.seq
        (due,) = (d for d in s.alarms(at, n) if d.contact == "li0" and d.attempt == 1 and d.notification > last)
        s.receipt(at + 0.5, due, sent=False)
    assert s.core.state.health["li/li0"].failures == 1


def test_our_own_budget_says_nothing_about_a_contact() -> None:
    s = Storm(somebody("li", "ntfy://li"))
    (due,) = s.alarms(1, 0)
    s.receipt(2, due, sent=False, code="budget")
    assert s.core.state.health == {}


def test_a_confirmed_test_proves_the_contact() -> None:
    s = Storm(somebody("li", "ntfy://li"))
    (proven,) = s.command(5, ConfirmTest(actor="li", contact="li0"))
    assert isinstance(proven, ContactProven)
    assert s.core.state.health["li/li0"].proven_ms == ms(5)
    (refused,) = s.command(6, ConfirmTest(actor="li", contact="gone"))
    assert isinstance(refused, CommandRefused)


class Weekly(Storm):
    def __init__(self, people: int) -> None:
        super().__init__(*(somebody(f"p{n}", f"ntfy://p{n}", f"inbox://p{n}") for n in range(people)), towers=1)
        for id in ("wuye", "juwei", "zhiyuan", "houbei"):
            del self.core.state.people[id]
        self.settings = self.core.settings = msgspec.structs.replace(
            self.core.settings, test_every_ms=round(timedelta(days=7).total_seconds() * 1000)
        )
        step(self.core, Configured(ms(1), "digest", "1"))
        self.core.take()

    def tested(self, at: float) -> list[str]:
        return [d.person for d in self.due(at) if d.purpose is Purpose.TEST]


SIX_PM = 2 * 3600
TEN_AM = 18 * 3600


def test_each_contact_that_nobody_proved_is_tested_every_week() -> None:
    w = Weekly(3)
    w.command(10, ConfirmTest(actor="p1", contact="p10"))
    assert w.tested(SIX_PM - 1) == []
    assert w.tested(SIX_PM) == ["p0", "p2"]
    assert {d.reason for d in dues(w.decisions)} == {Reason.WEEKLY_TEST}
    assert w.tested(TEN_AM + 6 * DAY) == []
    assert w.tested(TEN_AM + 7 * DAY) == ["p1", "p0", "p2"]


def test_at_most_twenty_a_day() -> None:
    w = Weekly(30)
    assert len(w.tested(SIX_PM)) == 20
    w.restarted()
    assert len(w.tested(TEN_AM)) == 10
    assert w.tested(TEN_AM + DAY) == []


def test_a_test_names_its_contact() -> None:
    w = Weekly(1)
    (due,) = w.due(SIX_PM)
    assert (due.contact, due.notice.contact, due.notice.test) == ("p00", "p00", True)


def test_without_the_setting_nothing_is_tested() -> None:
    t = Timeline()
    step(t.core, Configured(ms(1), "digest", "1"))
    t.core.take()
    assert [d for d in dues(t.passed(DAY * 10)) if d.purpose is Purpose.TEST] == []
