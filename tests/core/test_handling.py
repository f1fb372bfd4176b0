"""What people do about an incident: each timeline runs beside a twin that is restarted at every step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.commands import (
    Accept,
    Arrive,
    AskHelp,
    Close,
    Comment,
    Decline,
    HandOver,
    Remove,
    SayFalse,
)
from hub.core.decisions import (
    AnyDecision,
    CommandRefused,
    HelpAsked,
    IncidentAccepted,
    IncidentCommented,
    IncidentHandedOver,
    Reason,
)
from hub.model import Handling, Outcome, Purpose
from tests.core.timeline import Timeline, asked, dues, going, held, ms, names, refusal, told


def fire(*, second: bool = False) -> Timeline:
    """Smoke in 1203; property, committee and a volunteer have it. ``second``: and a second volunteer."""
    t = Timeline()
    if second:
        t.on_duty("volunteer", "houbei")
    t.smoke(0)
    t.sent_all(1)
    return t


# ── going ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_goes_and_one_is_missing() -> None:
    t = fire()
    t.accept(10, "wuye")
    assert (len(t.incident.going), t.incident.needed) == (1, 2)
    t.accept(20, "juwei")
    assert (len(t.incident.going), t.incident.needed) == (2, 2)


def test_each_of_several_has_a_state_of_their_own() -> None:
    t = fire()
    t.accept(10, "wuye")
    t.arrive(20, "juwei")
    t.decline(30, "zhiyuan")
    states = {r.person: (r.state, r.declined) for r in t.incident.responders}
    assert states == {
        "wuye": (Handling.ACCEPTED, False),
        "juwei": (Handling.ON_SITE, False),
        "zhiyuan": (Handling.NEW, True),
    }
    assert t.incident.handling is Handling.ON_SITE


def test_a_responder_keeps_the_role_in_which_they_were_told_and_how_they_answered() -> None:
    t = fire()
    t.accept(10, "zhiyuan", via="link")
    (zhiyuan,) = t.incident.responders
    assert (zhiyuan.role, zhiyuan.via) == ("volunteer", "link")


def test_somebody_who_was_never_told_answers_in_the_role_that_they_hold() -> None:
    t = fire()
    t.on_duty("backup", "houbei")
    t.accept(10, "houbei")
    assert t.incident.responders[0].role == "backup"


def test_the_control_room_types_an_answer_in_for_somebody() -> None:
    t = fire()
    (accepted,) = (
        d
        for d in t.command(10, Accept(actor="console", person="zhiyuan", incident=t.incident.id))
        if isinstance(d, IncidentAccepted)
    )
    assert accepted.person == "zhiyuan"
    assert (t.incident.responders[0].role, t.incident.responders[0].via) == ("volunteer", "console")


def test_the_control_room_accepts_for_itself() -> None:
    t = fire()
    t.accept(10, "console")
    assert (going(t.incident), t.incident.responders[0].via) == (["console"], "console")


Answer = Accept | Decline | Arrive | SayFalse | AskHelp
ANSWERS: dict[str, Callable[[int], Answer]] = {
    "accept": lambda id: Accept(actor="wuye", incident=id),
    "decline": lambda id: Decline(actor="wuye", incident=id),
    "arrive": lambda id: Arrive(actor="wuye", incident=id),
    "say_false": lambda id: SayFalse(actor="wuye", incident=id),
    "ask_help": lambda id: AskHelp(actor="wuye", incident=id, text="来两个人"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_saying_it_twice_changes_nothing_and_decides_nothing(answer: str) -> None:
    t = fire()
    id = t.incident.id
    assert t.command(5, ANSWERS[answer](id)) != []
    assert t.command(6, ANSWERS[answer](id)) == []


@pytest.mark.parametrize("answer", ANSWERS)
def test_about_what_is_closed_nothing_can_be_said(answer: str) -> None:
    t = fire()
    id = t.incident.id
    t.close(5, "wuye")
    assert refusal(t.command(6, ANSWERS[answer](id))) == f"incident {id} is closed, or never was"


def test_nobody_answers_for_somebody_unknown() -> None:
    t = fire()
    assert refusal(t.command(5, Accept(actor="console", person="ghost", incident=t.incident.id))) == (
        "nobody is called ghost"
    )


# ── backing out ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_backing_out_while_enough_still_go_asks_nobody() -> None:
    t = fire()
    for at, who in ((10, "wuye"), (11, "juwei"), (12, "zhiyuan")):
        t.accept(at, who)
    assert told(t.decline(20, "zhiyuan")) == []
    assert t.incident.handling is Handling.ACCEPTED


def test_backing_out_that_leaves_too_few_asks_those_who_have_not_answered() -> None:
    t = fire()
    t.accept(10, "wuye")
    t.accept(11, "juwei")
    decisions = t.decline(20, "juwei")
    assert asked(decisions) == [("zhiyuan", Purpose.ESCALATED)]
    assert {d.reason for d in dues(decisions)} == {Reason.DECLINED}
    assert t.incident.handling is Handling.ACCEPTED


def test_backing_out_with_nobody_left_starts_the_policy_again() -> None:
    t = fire()
    t.accept(10, "wuye")
    assert asked(t.decline(20, "wuye")) == [("juwei", Purpose.ESCALATED), ("zhiyuan", Purpose.ESCALATED)]
    assert t.incident.handling is Handling.NEW
    assert {a.handling for a in t.core.state.alerts.values()} == {Handling.NEW}


def test_when_the_one_on_site_leaves_the_incident_is_watched_again() -> None:
    t = fire()
    t.arrive(10, "wuye")
    t.accept(11, "juwei")
    t.decline(20, "wuye")
    assert t.incident.handling is Handling.ACCEPTED
    t.sent_all(21)
    assert Purpose.REPAGED in [purpose for _, purpose in asked(t.passed(620))]


def test_whoever_backed_out_may_change_their_mind() -> None:
    t = fire()
    t.decline(10, "wuye")
    t.accept(20, "wuye")
    assert going(t.incident) == ["wuye"]


# ── saying ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_saying_false_on_a_call_stops_nothing() -> None:
    t = fire()
    decisions = t.command(10, SayFalse(actor="juwei", incident=t.incident.id))
    (said,) = (d for d in decisions if isinstance(d, IncidentCommented))
    assert (said.person, said.says_false) == ("juwei", True)
    assert (t.incident.said_false, t.incident.handling) == (["juwei"], Handling.NEW)
    assert told(t.passed(60)) == ["wuye"]


def test_a_comment_has_words_or_a_photo() -> None:
    t = fire()
    id = t.incident.id
    assert refusal(t.command(10, Comment(actor="wuye", incident=id, text="  "))) == "a comment needs words or a photo"
    said: list[AnyDecision] = [
        *t.command(11, Comment(actor="wuye", incident=id, text="厨房有烟 ")),
        *t.command(12, Comment(actor="wuye", incident=id, photo=7)),
    ]
    assert [(c.text, c.photo) for c in said if isinstance(c, IncidentCommented)] == [("厨房有烟", 0), ("", 7)]


# ── help ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_for_help_reaches_everybody_of_every_step_at_once() -> None:
    t = fire()
    t.on_duty("backup", "houbei")
    t.arrive(10, "wuye")
    t.decline(11, "juwei")
    decisions = t.ask_help(20, "wuye", "要两个人抬")
    assert asked(decisions) == [("zhiyuan", Purpose.HELP), ("houbei", Purpose.HELP)]
    assert {d.reason for d in dues(decisions)} == {Reason.HELP_ASKED}
    assert held(decisions) == [("juwei", Reason.DECLINED)]
    (call,) = (d for d in decisions if isinstance(d, HelpAsked))
    assert (call.person, call.text) == ("wuye", "要两个人抬")
    assert (t.incident.needed, t.incident.asks_help, t.incident.help_text) == (3, True, "要两个人抬")


def test_help_that_came_can_be_asked_for_again() -> None:
    t = fire()
    t.on_duty("backup", "houbei")
    t.arrive(10, "wuye")
    t.ask_help(20, "wuye")
    t.accept(30, "zhiyuan")
    assert t.incident.asks_help
    t.accept(31, "houbei")
    assert not t.incident.asks_help
    assert "juwei" in told(t.ask_help(40, "wuye"))
    assert t.incident.needed == 4


# ── handing over ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_hands_over_stays_responsible_until_the_other_accepts() -> None:
    t = fire()
    t.accept(10, "wuye")
    decisions = t.hand_over(20, "wuye", "houbei")
    assert asked(decisions) == [("houbei", Purpose.HANDED_OVER)]
    assert [(d.person, d.to) for d in decisions if isinstance(d, IncidentHandedOver)] == [("wuye", "houbei")]
    assert going(t.incident) == ["wuye"]
    t.accept(30, "houbei")
    assert going(t.incident) == ["houbei"]
    wuye = t.incident.responder("wuye")
    assert wuye is not None
    assert (wuye.handed_to, wuye.declined, wuye.state) == ("houbei", True, Handling.ACCEPTED)


def test_handing_over_twice_changes_nothing() -> None:
    t = fire()
    t.accept(10, "wuye")
    t.hand_over(20, "wuye", "houbei")
    assert t.hand_over(21, "wuye", "houbei") == []


def test_handing_over_to_somebody_who_goes_already_releases_at_once() -> None:
    t = fire()
    t.arrive(10, "wuye")
    t.accept(11, "juwei")
    assert asked(t.hand_over(20, "wuye", "juwei")) == [("zhiyuan", Purpose.ESCALATED)]  # one of two is left
    assert going(t.incident) == ["juwei"]
    assert t.incident.handling is Handling.ACCEPTED


def test_if_the_other_cannot_whoever_handed_over_is_told_that_it_is_still_theirs() -> None:
    t = fire()
    t.accept(10, "wuye")
    t.hand_over(20, "wuye", "houbei")
    decisions = t.decline(30, "houbei")
    assert asked(decisions) == [("wuye", Purpose.REPAGED)]
    assert going(t.incident) == ["wuye"]
    assert refusal(t.hand_over(31, "wuye", "houbei")) == "houbei has said that they cannot go"


def test_when_the_other_backs_out_later_whoever_handed_over_is_asked_again() -> None:
    t = fire()
    t.accept(10, "wuye")
    t.hand_over(20, "wuye", "houbei")
    t.sent_all(21)
    t.accept(30, "houbei")
    assert "wuye" in told(t.decline(40, "houbei"))


def test_on_the_way_after_asking_another_they_are_still_released_when_the_other_accepts() -> None:
    t = fire()
    t.accept(10, "wuye")
    t.hand_over(20, "wuye", "houbei")
    t.arrive(25, "wuye")
    t.accept(30, "houbei")
    assert going(t.incident) == ["houbei"]


@pytest.mark.parametrize(
    ("who", "to", "why"),
    [
        ("wuye", "ghost", "nobody is called ghost"),
        ("wuye", "wuye", "it can only be handed to somebody else"),
        ("juwei", "wuye", "juwei has not accepted incident {id}, so cannot hand it over"),
    ],
)
def test_handing_over_is_refused_in_plain_words(who: str, to: str, why: str) -> None:
    t = fire()
    t.accept(10, "wuye")
    id = t.incident.id
    assert refusal(t.command(20, HandOver(actor=who, incident=id, to=to))) == why.format(id=id)


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_end_is_told_once_to_everybody_also_after_help_and_a_hand_over() -> None:
    t = fire()
    t.on_duty("backup", "houbei")
    t.arrive(10, "wuye")
    t.ask_help(20, "wuye")
    t.sent_all(21)
    t.hand_over(30, "wuye", "zhiyuan")
    t.accept(31, "zhiyuan")
    decisions = t.close(39, "zhiyuan")
    assert sorted(asked(decisions)) == [(who, Purpose.ENDED) for who in ("houbei", "juwei", "wuye", "zhiyuan")]
    t.sent_all(40)
    assert not t.core.state.incidents
    assert not t.core.state.notifications


def test_the_control_room_closes_for_somebody() -> None:
    t = fire()
    incident = t.incident
    t.command(30, Close(actor="console", person="wuye", incident=incident.id, outcome=Outcome.REAL, cause="电动车电池"))
    assert (incident.closed_by, incident.cause_text, incident.closed_ms) == ("wuye", "电动车电池", ms(30))


def test_who_left_the_registry_meanwhile_is_told_nothing_more() -> None:
    t = fire()
    t.command(10, Remove(actor="clerk", what="duty", id="2"))
    t.command(10, Remove(actor="clerk", what="person", id="juwei"))
    assert told(t.close(20, "wuye")) == ["wuye", "zhiyuan"]


def test_a_night_of_handling_leaves_nothing_behind() -> None:
    """Everything that can be said, in one night."""
    t = fire(second=True)
    t.accept(20, "zhiyuan", via="push")
    t.decline(25, "wuye")
    t.smoke(40, "smoke-1204")
    t.sent_all(41)
    t.passed(100)
    t.sent_all(101)
    t.accept(110, "zhiyuan")
    t.arrive(160, "zhiyuan")
    t.ask_help(170, "zhiyuan", "门打不开")
    t.sent_all(171)
    t.accept(180, "houbei")
    t.hand_over(200, "zhiyuan", "houbei")
    assert going(t.incident) == ["houbei"]
    t.passed(7200, jumped=3600)
    t.arrive(7300, "houbei")
    t.command(7310, SayFalse(actor="juwei", incident=t.incident.id))
    decisions = t.close(7400, "houbei", Outcome.REAL)
    assert len(told(decisions)) == len(set(told(decisions))) == 4
    t.sent_all(7401)
    assert names(t.passed(86_400)) == []
    assert not t.core.state.incidents


_WHO = st.sampled_from(["wuye", "juwei", "zhiyuan", "houbei", "console"])
_DONE = st.sampled_from(
    ["accept", "decline", "arrive", "false", "help", "over", "smoke", "second", "pass", "sent", "drill", "end"]
)
_ACT = st.tuples(st.integers(0, 700), _DONE, _WHO, _WHO)


@settings(max_examples=25, deadline=None)
@given(st.lists(_ACT, max_size=25))
def test_whatever_people_do_a_restart_changes_nothing_and_the_end_is_told_once(
    acts: list[tuple[int, str, str, str]],
) -> None:
    """The twin restarts at every step; each end reaches everybody who was told, and nobody twice."""
    t = Timeline()
    t.on_duty("backup", "houbei")
    now = 0
    for after, act, who, other in acts:
        now += after
        open_ids = [i.id for i in t.core.state.incidents.values() if i.closed_ms is None]
        id = open_ids[-1] if open_ids else 0
        match act:
            case "smoke" | "second":
                t.smoke(now, "smoke-1203" if act == "smoke" else "smoke-1204")
            case "drill":
                t.drill(now)
            case "pass":
                t.passed(now)
            case "sent":
                t.sent_all(now)
            case "over":
                t.command(now, HandOver(actor=who, incident=id, to=other))
            case "end":
                incident = t.core.state.incidents.get(id)
                t.passed(now)
                decisions = t.command(now, Close(actor=who, incident=id, outcome=Outcome.REAL))
                if incident is not None:
                    ended = [person for person, purpose in asked(decisions) if purpose is Purpose.ENDED]
                    assert sorted(ended) == sorted(incident.told)
            case _:
                kinds: dict[str, type[Answer]] = {
                    "accept": Accept,
                    "decline": Decline,
                    "arrive": Arrive,
                    "false": SayFalse,
                    "help": AskHelp,
                }
                command = kinds[act](actor=who, incident=id)
                t.command(now, command)
                assert not [d for d in t.command(now, command) if not isinstance(d, CommandRefused)]
        for incident in t.core.state.incidents.values():
            if incident.closed_ms is None:
                assert (incident.handling is Handling.NEW) or incident.going
                assert incident.due_ms is not None or incident.handling is Handling.ON_SITE
