"""One person, told: the ladder and what stands beside it, nights, channels, digests, cards, announcements."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.config import PolicyConfig
from hub.core import telling
from hub.core.commands import Accept, Close, PutDuty, PutPerson
from hub.core.decisions import NotificationCancelled, NotificationDue, NotificationHeld, NotificationMissed, Reason
from hub.core.notices import sees
from hub.core.rota import Unwilling
from hub.core.telling import announce, progress, tell
from hub.model import Contact, Duty, NotificationState, Outcome, Person, Purpose, Sees, Severity, Window
from tests.core.storm import ROBOT, Restarting, Storm, somebody
from tests.core.timeline import POLICIES, Timeline, dues, ms, steps, told


def held(t: Timeline) -> list[tuple[str, Reason]]:
    return [(d.person, d.reason) for d in t.decisions if isinstance(d, NotificationHeld)]


def now(t: Timeline, at: float) -> None:
    """Let it be that second, with nothing decided yet."""
    t.passed(at)
    t.core.input_seq = t.core.state.seq


# ── conveniences ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_conveniences_are_told_at_once_beside_the_ladder() -> None:
    s = Storm(somebody("li", "bark://li", "wecomapp://li", "inbox://li", "ntfy://li"))
    sent = s.alarms(1, 0)
    assert [(d.contact, d.aside) for d in sent] == [("li1", False), ("li0", True), ("li2", True)]


def test_a_convenience_never_ends_the_ladder_and_its_failure_is_only_recorded() -> None:
    s = Storm(somebody("li", "wecomapp://li", "bark://li", "ntfy://li"))
    app, bark = s.alarms(1, 0)
    assert [d.contact for d in dues(s.receipt(2, app, sent=False))] == ["li2"]
    s.receipt(3, bark, sent=False, code="400")
    assert not any(isinstance(d, NotificationMissed) for d in s.decisions)
    assert dues(s.decisions) == []
    assert s.core.state.notifications[bark.notification].state is NotificationState.MISSED


def test_who_has_nothing_that_counts_is_told_over_the_inbox_and_the_rest_beside_it() -> None:
    s = Storm(somebody("li", "wxpusher://li", "inbox://li"))
    assert [(d.contact, d.aside) for d in s.alarms(1, 0)] == [("li1", False), ("li0", True)]


def test_a_step_may_allow_some_channels_only_and_the_inbox_has_its_copy_all_the_same() -> None:
    t = Timeline()
    t.smoke(0)
    now(t, 1)
    li = somebody("li", "ntfy://li", "alivoice://li", "inbox://li")
    t.core.state.people["li"] = li
    tell(t.core, t.incident, li, "property", Purpose.RAISED, Reason.POLICY_STEP, frozenset({"alivoice"}))
    none = tell(t.core, t.incident, li, "property", Purpose.RAISED, Reason.POLICY_STEP, frozenset({"wecom"}))
    t.decisions, _ = t.core.take()
    assert [d.contact for d in dues(t.decisions)] == ["li1", "li2"]
    assert none is None
    assert held(t) == [("li", Reason.CHANNEL_NOT_ALLOWED)]


# ── who may not be told now ──────────────────────────────────────────────────────────────────────────────────────────


def unwilling_until(monkeypatch: pytest.MonkeyPatch, why: Unwilling) -> None:
    """Stand in for the rota's word, which has its own tests."""

    def unwilling(core: object, person: Person, severity: Severity) -> Unwilling | None:
        state_now = core.now_ms  # type: ignore[attr-defined]  # a Core
        awake = why.until_ms is not None and state_now >= why.until_ms
        return None if awake or severity is Severity.CRITICAL or person.id != "wuye" else why

    monkeypatch.setattr(telling, "unwilling", unwilling)


def test_who_sleeps_is_told_in_the_morning_if_it_still_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    unwilling_until(monkeypatch, Unwilling(Reason.ASLEEP, ms(1000)))
    t = Restarting()
    t.reading(10, "smoke-1203", battery_low=True)
    assert (told(t.decisions), held(t)) == ([], [("wuye", Reason.ASLEEP)])
    assert t.incident.told == []
    t.restarted()
    assert told(t.passed(999)) == []
    assert told(t.passed(1000)) == ["wuye"]
    assert t.incident.told == ["wuye"]


def test_who_sleeps_is_not_told_what_was_answered_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    unwilling_until(monkeypatch, Unwilling(Reason.ASLEEP, ms(1000)))
    t = Timeline()
    t.reading(10, "smoke-1203", battery_low=True)
    t.command(20, Accept(actor="juwei", incident=t.incident.id))
    decisions = t.passed(1000)
    assert told(decisions) == []
    assert [d.reason for d in decisions if isinstance(d, NotificationCancelled)] == [Reason.INCIDENT_ANSWERED]


def test_who_was_never_told_is_not_told_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    unwilling_until(monkeypatch, Unwilling(Reason.ASLEEP, ms(1000)))
    t = Timeline()
    t.reading(10, "smoke-1203", battery_low=True)
    assert told(t.reading(20, "smoke-1203", battery_low=False)) == []
    assert told(t.passed(1001)) == []
    assert not t.core.state.incidents


def test_who_is_on_leave_is_not_told_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    unwilling_until(monkeypatch, Unwilling(Reason.ON_LEAVE))
    t = Timeline()
    t.reading(10, "smoke-1203", battery_low=True)
    assert (told(t.decisions), held(t)) == ([], [("wuye", Reason.ON_LEAVE)])
    assert not t.core.state.notifications


def test_critical_wakes() -> None:
    s = Storm(somebody("li", "ntfy://li", sleep=Window(from_minute=0, to_minute=0)))
    assert [d.person for d in s.alarms(1, 0)] == ["li"]


# ── night calls ──────────────────────────────────────────────────────────────────────────────────────────────────────

ASLEEP = Window(from_minute=15 * 60, to_minute=18 * 60)
"""The timelines begin at 16:00."""


def sleeper(*urls: str, calls: int = 1) -> Person:
    return somebody("li", *urls, sleep=ASLEEP, night_calls=calls)


def test_a_phone_that_rang_often_enough_tonight_is_passed_over() -> None:
    s = Storm(sleeper("modemring://li", "ntfy://li"))
    assert [d.contact for d in s.alarms(1, 0)] == ["li0"]
    assert [d.contact for d in s.alarms(5, 1)] == ["li1"]
    assert ("li", Reason.NIGHT_CALLS_USED) in [(d.person, d.reason) for d in s.all if isinstance(d, NotificationHeld)]


def test_a_critical_notification_is_never_left_without_an_attempt() -> None:
    s = Storm(sleeper("modemring://li"))
    s.alarms(1, 0)
    assert [d.contact for d in s.alarms(40, 1)] == ["li0"]


def test_a_spared_phone_rings_when_what_came_after_it_fails_too() -> None:
    s = Storm(sleeper("modemring://li", "ntfy://li"))
    (rang,) = s.alarms(1, 0)
    s.receipt(2, rang)
    s.command(3, Accept(actor="li", incident=s.incident.id))
    (pushed,) = s.alarms(100, 1)
    assert pushed.contact == "li1"
    again = s.due(111)
    assert [d.contact for d in again] == ["li0"], (
        "nobody answered over the other: it rings though its calls are used up"
    )
    assert [d.contact for d in s.due(122)] == [], "then the round is over"
    assert [d.contact for d in s.due(145)] == ["li1"], "and the next begins from below, sparing it again"


def test_what_is_not_critical_waits_for_the_morning_rather_than_ring_again() -> None:
    s = Storm(sleeper("modemring://li", calls=0))
    assert s.low(1, 0) == []
    assert [d.contact for d in s.due(2 * 3600)] == ["li0"]


def test_the_next_sleep_counts_anew_and_being_awake_counts_nothing() -> None:
    s = Storm(sleeper("modemring://li", "ntfy://li"))
    s.alarms(1, 0)
    s.command(2, Close(actor="li", incident=s.incident.id, outcome=Outcome.FALSE))
    s.passed(7000)
    last = s.core.state.seq
    assert [
        d.contact for d in s.alarms(2 * 3600 + 1, 1) if d.severity is Severity.CRITICAL and d.notification > last
    ] == ["li0"]
    assert s.core.state.calls == {}
    s.command(7300, Close(actor="li", incident=s.incident.id, outcome=Outcome.FALSE))
    s.passed(23 * 3600)
    last = s.core.state.seq
    assert [d.contact for d in s.alarms(23 * 3600 + 1, 2) if d.notification > last] == ["li0"]


# ── digests ──────────────────────────────────────────────────────────────────────────────────────────────────────────

DIGESTING = dict(POLICIES) | {
    "minor": PolicyConfig(steps=steps((0, "property")), digest_every=timedelta(minutes=30)),
}


def test_what_is_minor_goes_in_one_digest() -> None:
    t = Restarting(DIGESTING)
    assert told(t.reading(0, "smoke-1203", battery_low=True)) == []
    assert told(t.reading(600, "smoke-301", battery_low=True)) == []
    t.restarted()
    assert told(t.passed(1799)) == []
    (digest,) = dues(t.passed(1800))
    assert (digest.purpose, [a.building for a in digest.notice.also]) == (Purpose.DIGEST, ["6号楼", "7号楼"])
    t.receipt(1801, digest)
    assert [d.reason for d in t.decisions] == [Reason.POLICY_STEP, Reason.DIGESTED, Reason.DIGESTED]
    assert {n.state for n in t.core.state.notifications.values()} == {NotificationState.SENT}


def test_a_digest_that_fails_goes_on_with_all_that_is_in_it() -> None:
    t = Restarting(DIGESTING)
    t.reading(0, "smoke-1203", battery_low=True)
    (first,) = dues(t.passed(1800))
    (second,) = dues(t.receipt(1801, first, sent=False))
    assert (second.contact, second.notice.also) == ("wuye1", first.notice.also[:0] + second.notice.also)
    assert len(second.notice.also) == 1
    t.receipt(1802, second, sent=False, permanent=True)
    t.passed(1830)
    assert {n.state for n in t.core.state.notifications.values()} != {NotificationState.SENT}


def test_what_was_over_before_the_digest_is_not_in_it() -> None:
    t = Restarting(DIGESTING)
    t.reading(0, "smoke-1203", battery_low=True)
    t.reading(10, "smoke-1203", battery_low=False)
    assert told(t.passed(1800)) == []
    assert not t.core.state.incidents


def test_critical_is_never_digested() -> None:
    t = Restarting(DIGESTING)
    assert "wuye" in told(t.smoke(0))


# ── cards ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def carded() -> tuple[Storm, NotificationDue]:
    s = Storm(somebody("li", "feishuapp://li"))
    (due,) = s.alarms(1, 0)
    s.receipt(2, due, message_id="om_1")
    return s, due


def test_the_end_changes_the_card_that_is_there() -> None:
    s, due = carded()
    assert due.updates == ""
    assert s.incident.cards == {"li/li0": "om_1"}
    (end,) = dues(s.command(9, Close(actor="li", incident=due.incident, outcome=Outcome.FALSE)))
    assert (end.purpose, end.updates) == (Purpose.ENDED, "om_1")


def test_a_critical_repeat_disturbs_anew() -> None:
    s, _ = carded()
    (again,) = s.due(61)
    assert (again.purpose, again.updates) == (Purpose.ESCALATED, "")


def test_progress_changes_cards_quietly_and_not_twice_in_two_seconds() -> None:
    s, _ = carded()
    now(s, 5)
    progress(s.core, s.incident, Reason.CARD_UPDATED)
    progress(s.core, s.incident, Reason.CARD_UPDATED)
    (due,) = dues(s.core.take()[0])
    assert (due.purpose, due.updates, due.quiet) == (Purpose.PROGRESS, "om_1", True)
    s.receipt(6, due, sent=False)
    assert dues(s.decisions) == []
    assert not any(isinstance(d, NotificationMissed) for d in s.decisions)


def test_a_message_about_many_incidents_is_no_card() -> None:
    s = Storm(somebody("li", "ntfy://li"))
    s.alarms(1, *range(25))
    (together,) = s.due(3)
    s.receipt(4, together, message_id="m9")
    assert s.core.state.incidents[together.incident].cards == {}


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_for_help_carries_its_words_on_every_rung_but_not_to_a_group() -> None:
    s = Storm(somebody("li", ROBOT, "ntfy://li"))
    s.alarms(1, 0)
    now(s, 2)
    li = s.core.state.people["li"]
    tell(
        s.core, s.incident, li, "property", Purpose.HELP, Reason.HELP_ASKED, note="老人倒地,需要两人抬", who="property"
    )
    (group,) = dues(s.core.take()[0])
    assert (group.notice.note, group.notice.who) == ("", "property")
    (person,) = dues(s.receipt(3, group, sent=False))
    assert person.notice.note == "老人倒地,需要两人抬"


def test_an_announcement_says_what_is_silent_where_and_until_when() -> None:
    s = Storm(somebody("li", "ntfy://li", "bark://li"))
    now(s, 2)
    li = s.core.state.people["li"]
    announce(s.core, li, "property", Reason.SILENCE_STARTED, note="换电池", until_ms=ms(900), place="1203")
    (due,) = dues(s.core.take()[0])
    said = due.notice
    assert (due.purpose, said.building, said.place, said.note, said.until_ms) == (
        Purpose.SILENCED,
        "6号楼",
        "",
        "换电池",
        ms(900),
    )
    s.receipt(3, due)
    assert not s.core.state.notifications


def test_an_announcement_to_a_group_is_posted_once() -> None:
    s = Storm(somebody("li", ROBOT), somebody("wu", ROBOT))
    now(s, 2)
    for id in ("li", "wu"):
        announce(s.core, s.core.state.people[id], "property", Reason.SILENCE_STARTED, note="换电池")
    assert len(dues(s.core.take()[0])) == 1


# ── who sees what ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "role", "group", "floor", "place"),
    [
        ("inbox://li", "property", False, 12, "1203室"),
        ("mailto://li", "property", False, 12, "1203室"),
        ("alisms://li", "property", False, 12, ""),
        ("alisms://li", "volunteer", False, 12, ""),
        ("inbox://li", "volunteer", False, 12, ""),
        ("wecom://li", "property", False, None, ""),
        ("dingtalk://li", "property", False, None, ""),
        ("ntfy://li", "property", True, None, ""),
        ("inbox://li", "property", True, None, ""),
    ],
)
def test_what_each_reader_is_told_of_the_place(url: str, role: str, group: bool, floor: int | None, place: str) -> None:
    t = Timeline()
    li = Person(id="li", name="li", contacts=(Contact(id="c", url=url, group=group),))
    t.command(0, PutPerson(actor="clerk", person=li))
    t.command(0, PutDuty(actor="clerk", duty=Duty(id="9", role=role, person="li")))
    (due,) = (d for d in dues(t.smoke(1)) if d.person == "li")
    said = due.notice
    assert (said.building, said.floor, said.place) == ("6号楼", floor, place)
    one = t.core.state.notifications[due.notification]
    assert (sees(t.core, t.incident, one, li.contacts[0]) is Sees.BUILDING) == said.group


def test_a_merged_message_shows_no_more_than_a_message_alone() -> None:
    s = Storm(somebody("li", ROBOT), somebody("wu", "alisms://wu"))
    s.alarms(1, *range(9))
    merged = [d for at in (3, 61) for d in s.due(at) if d.notice.also]
    assert {(a.floor, a.place) for d in merged if d.person == "li" for a in d.notice.also} == {(None, "")}
    assert {(a.floor, a.place) for d in merged if d.person == "wu" for a in d.notice.also} == {(12, "")}
