"""Whoever may not be told any more by the time that something waits for: a digest, the end of their sleep."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from hub.config import PolicyConfig
from hub.core.commands import ErasePerson, PutPerson, Refuse, StartSilence
from hub.core.decisions import NotificationCancelled, Reason
from hub.model import Window
from tests.core.timeline import Timeline, dues, ms, steps, told

DIGESTING = {"minor": PolicyConfig(steps=steps((0, "property")), digest_every=timedelta(minutes=30))}


def why_not(t: Timeline) -> list[Reason]:
    return [d.reason for d in t.decisions if isinstance(d, NotificationCancelled)]


def test_who_refuses_before_their_digest_is_sent_none() -> None:
    t = Timeline(policies=DIGESTING)
    t.reading(0, "smoke-1203", battery_low=True)
    t.command(60, Refuse(actor="wuye"))
    assert dues(t.passed(1800)) == []
    assert why_not(t) == [Reason.REFUSED]


def test_the_digest_of_somebody_who_is_erased_is_given_up() -> None:
    t = Timeline(policies=DIGESTING)
    t.reading(0, "smoke-1203", battery_low=True)
    t.command(60, ErasePerson(actor="office", person="wuye"))
    assert dues(t.passed(1800)) == []
    assert why_not(t) == [Reason.NO_CONTACT]
    assert not t.core.state.digests


def test_a_digest_that_falls_into_their_sleep_waits_whole_for_the_morning() -> None:
    t = Timeline(policies=DIGESTING)
    asleep = msgspec.structs.replace(t.core.state.people["wuye"], sleep=Window(from_minute=980, to_minute=1010))
    t.command(0, PutPerson(actor="office", person=asleep))
    t.reading(0, "smoke-1203", battery_low=True)
    t.reading(600, "smoke-301", battery_low=True)
    assert dues(t.passed(2999)) == []
    assert {n.due_ms for n in t.core.state.notifications.values()} == {ms(3000)}
    (digest,) = dues(t.passed(3000))
    assert len(digest.notice.also) == 2


def test_who_refuses_while_an_announcement_waits_for_their_morning_is_not_told() -> None:
    t = Timeline()
    asleep = msgspec.structs.replace(t.core.state.people["wuye"], sleep=Window(from_minute=960, to_minute=970))
    t.command(0, PutPerson(actor="office", person=asleep))
    silence = StartSilence(actor="console", until_ms=ms(7200), reason="换电池")
    assert told(t.command(60, silence)) == []
    t.command(120, Refuse(actor="wuye"))
    assert dues(t.passed(600)) == []
    assert why_not(t) == [Reason.REFUSED]
