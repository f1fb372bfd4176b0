"""What goes together over one contact: a storm reaches everybody in time and overruns no robot."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.commands import Close, PutPerson, TellTest
from hub.core.decisions import NotificationFailed, NotificationSent, Reason
from hub.core.incidents import again
from hub.model import Contact, NotificationState, Outcome, Person, Purpose, Severity
from tests.core.storm import ROBOT, Storm, somebody
from tests.core.timeline import dues, ms


def test_the_first_five_leave_at_once_and_the_rest_together_after_two_seconds() -> None:
    s = Storm(somebody("li", ROBOT))
    assert [d.incident for d in s.alarms(1, *range(60))] == sorted(s.core.state.incidents)[:5]
    assert s.due(2.9) == []
    (together,) = s.due(3)
    assert len(together.carries) == 54
    assert (len(together.notice.also), together.notice.more) == (12, 42)
    assert together.notice.building == "5号楼"
    assert [a.building for a in together.notice.also][:2] == ["6号楼", "7号楼"]


def test_the_receipt_of_the_message_is_that_of_all_it_carried() -> None:
    s = Storm(somebody("li", ROBOT))
    for due in s.alarms(1, *range(9)):
        s.receipt(1.5, due)
    (together,) = s.due(3)
    sent = [d for d in s.receipt(3.5, together) if isinstance(d, NotificationSent)]
    assert [d.reason for d in sent] == [Reason.POLICY_STEP, Reason.MERGED, Reason.MERGED, Reason.MERGED]
    assert {n.state for n in s.core.state.notifications.values()} == {NotificationState.SENT}


def test_when_the_message_fails_each_of_them_goes_on_along_its_own_ladder() -> None:
    s = Storm(somebody("li", ROBOT, "ntfy://li"))
    s.alarms(1, *range(8))
    (together,) = s.due(3)
    decisions = s.receipt(4, together, sent=False, permanent=True, code="93000")
    assert sum(isinstance(d, NotificationFailed) for d in decisions) == 3
    assert [d.contact for d in dues(decisions)] == ["li1", "li1", "li1"]


def test_when_no_answer_comes_all_that_it_carried_goes_on_too() -> None:
    s = Storm(somebody("li", ROBOT, "ntfy://li"))
    for due in s.alarms(1, *range(8)):
        s.receipt(1.5, due)
    (together,) = s.due(3)
    assert sorted(d.notification for d in s.due(13)) == sorted((together.notification, *together.carries))


def test_an_end_does_not_take_back_a_message_that_carries_others() -> None:
    s = Storm(somebody("li", ROBOT))
    s.alarms(1, *range(8))
    (together,) = s.due(3)
    s.command(4, Close(actor="li", incident=together.incident, outcome=Outcome.FALSE))
    sent = [d for d in s.receipt(5, together) if isinstance(d, NotificationSent)]
    assert {d.notification for d in sent} == {together.notification, *together.carries}


def test_what_ended_while_it_waited_is_not_sent() -> None:
    s = Storm(somebody("li", ROBOT))
    s.alarms(1, *range(7))
    last = max(s.core.state.incidents)
    s.command(2, Close(actor="li", incident=last, outcome=Outcome.FALSE))
    (together,) = s.due(3)
    said = [together.incident, *(a.incident for a in together.notice.also)]
    assert (together.purpose, said.count(last)) == (Purpose.RAISED, 1)
    assert next(a for a in together.notice.also if a.incident == last).purpose is Purpose.ENDED


def test_a_critical_message_takes_along_what_waits_and_waits_for_nothing() -> None:
    s = Storm(somebody("li", ROBOT))
    s.low(1, *range(8))
    assert s.alarms(2, 20) == []
    (together,) = s.due(4)
    assert together.severity is Severity.CRITICAL
    assert {a.severity for a in together.notice.also} == {Severity.MINOR}
    assert len(together.carries) == 3


def test_what_is_not_critical_never_uses_the_last_quarter() -> None:
    s = Storm(somebody("li", ROBOT))
    sent = []
    for second in range(1, 55):
        sent += s.low(second, second)
        sent += s.due(second + 0.5)
    assert len(sent) <= 15
    assert len(s.alarms(55, 58)) == 1


def test_a_robot_without_tokens_is_paced_so_that_there_is_always_a_next_one() -> None:
    s = Storm(somebody("li", ROBOT), towers=120)
    left = []
    for half in range(2, 242):
        left += s.alarms(half / 2, half // 2 - 1) if half % 2 == 0 and half // 2 - 1 < 120 else []
        left += s.due(half / 2 + 0.25)
    times = [d.at_ms for d in left]
    assert max(b - a for a, b in pairwise(times)) <= 10_000
    assert all(sum(1 for at in times if start - 60_000 < at <= start) <= 20 for start in times)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 20), st.booleans()), min_size=1, max_size=60),
    st.sampled_from(["wecom://robot", "feishu://robot", "alisms://li", "modemsms://li", "ntfy://li"]),
)
def test_no_contact_is_ever_overrun_and_everything_leaves(gaps: list[tuple[float, bool]], url: str) -> None:
    limit = {"wecom": 20, "feishu": 100, "alisms": 1, "modemsms": 10}.get(url.partition(":")[0], 1000)
    s = Storm(somebody("li", url))
    now, left = 1.0, []
    for n, (gap, critical) in enumerate(gaps):
        now = round(now + gap, 3)
        left += s.due(now)
        left += s.alarms(now, n) if critical else s.low(now, n)
        for due in list(left):
            one = s.core.state.notifications.get(due.notification)
            if one is not None and one.due_ms is not None:
                s.receipt(now, due)
    left += s.due(now + 130)
    spent = sorted(d.at_ms for d in left)
    assert all(sum(1 for at in spent if start - 60_000 < at <= start) <= limit for start in spent)
    carried = {id for d in left for id in (d.notification, *d.carries)}
    # What the policy's last repeats ask for may still wait for its token: never longer than a minute.
    assert carried >= {n.id for n in s.core.state.notifications.values() if n.created_ms <= ms(now + 130) - 65_000}


def test_waiting_survives_a_restart() -> None:
    s = Storm(somebody("li", ROBOT))
    s.alarms(1, *range(10))
    s.restarted()
    (together,) = s.due(3)
    assert len(together.carries) == 4
    s.restarted()
    s.receipt(4, together)
    assert {s.core.state.notifications[id].state for id in together.carries} == {NotificationState.SENT}


def test_several_words_about_one_incident_are_one_line() -> None:
    s = Storm(somebody("li", ROBOT))
    s.alarms(1, *range(8))
    incident = s.core.state.incidents[max(s.core.state.incidents)]
    again(s.core, incident, Purpose.GREW, Reason.SAME_INCIDENT)
    s.core.take()
    (together,) = s.due(3)
    assert len(together.carries) == 3
    assert [a.incident for a in together.notice.also].count(incident.id) == 1
    assert together.notice.also[-1].purpose is Purpose.GREW


def test_one_message_serves_all_who_read_the_same_robot() -> None:
    s = Storm(somebody("li", ROBOT), somebody("wu", ROBOT))
    (due,) = s.alarms(1, 0)
    sent = [d for d in s.receipt(2, due) if isinstance(d, NotificationSent)]
    assert [d.reason for d in sent] == [Reason.POLICY_STEP, Reason.SHARED_CONTACT]
    assert {n.person for n in s.core.state.notifications.values()} == {"li", "wu"}


def test_whoever_comes_to_the_group_later_has_its_message_already() -> None:
    s = Storm(somebody("li", ROBOT), somebody("wu", "ntfy://wu", ROBOT))
    first, second = s.alarms(1, 0)
    s.receipt(2, first)
    decisions = s.receipt(3, second, sent=False)
    assert dues(decisions) == []
    assert [d.reason for d in decisions if isinstance(d, NotificationSent)] == [Reason.SHARED_CONTACT]


def test_a_contact_that_was_taken_away_while_something_waited_is_passed_over() -> None:
    s = Storm(somebody("li", ROBOT, "ntfy://li"))
    s.alarms(1, *range(6))
    person = Person(id="li", name="li", contacts=(Contact(id="li1", url="ntfy://li"),))
    s.command(2, PutPerson(actor="clerk", person=person))
    assert [d.contact for d in s.due(3)] == ["li1"]


def test_a_full_sms_lane_is_passed_over_by_what_is_critical() -> None:
    s = Storm(somebody("li", "alisms://li", "ntfy://li"))
    assert [d.contact for d in s.alarms(1, 0, 1)] == ["li0", "li1"]
    passed = [d for d in s.all if isinstance(d, NotificationFailed)]
    assert [(d.contact, d.code) for d in passed] == [("li0", "budget")]


def test_a_call_that_waits_takes_all_that_waits_along() -> None:
    s = Storm(somebody("li", "alivoice://li"))
    assert len(s.alarms(1, *range(6))) == 1
    (call,) = s.due(61)
    assert len({call.incident, *(a.incident for a in call.notice.also)}) == 6


def test_a_webhook_is_never_merged() -> None:
    s = Storm(somebody("mixer", "webhook://mixer"))
    assert len(s.alarms(1, *range(60))) == 60


def test_a_test_waits_for_nothing() -> None:
    s = Storm(somebody("li", ROBOT))
    s.alarms(1, *range(8))
    (due,) = dues(s.command(2, TellTest(actor="clerk", person="li")))
    assert (due.purpose, due.notice.contact, due.carries) == (Purpose.TEST, "li0", ())


def test_a_thousand_alarms_reach_everybody_within_ten_seconds() -> None:
    people = [somebody(f"p{n}", f"wecom://robot{n % 20}", f"inbox://p{n}") for n in range(10)]
    s = Storm(*people, towers=100)
    for due in s.alarms(1, *range(100)):
        s.receipt(1, due)
    for second in range(2, 11):
        for due in s.due(second):
            s.receipt(second, due)
    told = s.core.state.notifications.values()
    assert {n.state for n in told} == {NotificationState.SENT}
    assert len([n for n in told if not n.aside]) == 1000
    assert max(n.sent_ms or 0 for n in told) <= ms(11)
