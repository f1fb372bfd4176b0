"""What the registry refuses of people and the rota, and what it does when somebody goes."""

from __future__ import annotations

import msgspec
import pytest

from hub.core.commands import (
    AnyCommand,
    ErasePerson,
    ImHome,
    PutCalendarDay,
    PutDuty,
    PutOverride,
    PutPerson,
    PutPlace,
    Refuse,
    Remove,
)
from hub.core.decisions import AnyDecision, CommandRefused, PersonErased, RegistryChanged
from hub.core.rota import holders
from hub.model import CalendarDay, Contact, ContactHealth, Duty, Leave, Override, Person, Place, PlaceKind, Window
from tests.core.timeline import START, Timeline, ms, person, told

DUTY = Duty(id="d", role="property", person="juwei")
OVERRIDE = Override(id="o", role="property", person="juwei", from_ms=START, until_ms=START + 3_600_000)
HOUR = 3600.0


def refused(decisions: list[AnyDecision]) -> str:
    return next((d.detail for d in decisions if isinstance(d, CommandRefused)), "")


def duty(**more: object) -> PutDuty:
    return PutDuty(actor="clerk", duty=msgspec.structs.replace(DUTY, **more))


def override(**more: object) -> PutOverride:
    return PutOverride(actor="clerk", override=msgspec.structs.replace(OVERRIDE, **more))


def somebody(**more: object) -> PutPerson:
    return PutPerson(actor="clerk", person=msgspec.structs.replace(Person(id="li", name="Li"), **more))


def place(**more: object) -> PutPlace:
    known = Place(id="b8", kind=PlaceKind.BUILDING, name="8号楼", parent="g")
    return PutPlace(actor="clerk", place=msgspec.structs.replace(known, **more))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (duty(role=""), "duty d: it has no role; name one of config.yaml"),
        (duty(person="zoe"), "duty d: nobody is called zoe; put the person first"),
        (duty(rotation=("wuye", "zoe")), "duty d: nobody is called zoe; put the person first"),
        (duty(place="b9"), "duty d: there is no place b9; put the place first"),
        (duty(to_minute=1440), "duty d: there is no minute 1440 in a day; 0 is 00:00, 1439 is 23:59"),
        (duty(weekdays=(0, 7)), "duty d: there is no weekday 7; 0 is Monday, 6 is Sunday"),
        (duty(weekdays=()), "duty d: it is on no weekday; name at least one, 0 is Monday"),
        (duty(turn_days=0), "duty d: turns of 0 days; a turn is at least 1 day"),
        (duty(from_date="6.2.2027"), "duty d: 6.2.2027 is no date; write it as 2027-02-06"),
        (duty(until_date="20270206"), "duty d: 20270206 is no date; write it as 2027-02-06"),
        (
            duty(from_date="2027-02-07", until_date="2027-02-06"),
            "duty d: it ends on 2027-02-06, before it begins on 2027-02-07; swap them",
        ),
        (override(role=""), "override o: it has no role; name the role that is covered"),
        (override(person="zoe"), "override o: nobody is called zoe; put the person first"),
        (
            override(instead_of="zoe"),
            "override o: nobody is called zoe; name whose shifts it takes over, or nobody to add one",
        ),
        (override(instead_of="juwei"), "override o: juwei cannot stand in for themselves; name somebody else"),
        (override(place="b9"), "override o: there is no place b9; put the place first"),
        (override(until_ms=START), "override o: it ends before it begins; swap its ends"),
        (
            PutCalendarDay(actor="clerk", day=CalendarDay(date="2027-2-6", rest=True)),
            "calendar day 2027-2-6: that is no date; write it as 2027-02-06",
        ),
        (somebody(id=""), "a person needs an id; give one that never changes"),
        (
            somebody(id="action:siren"),
            "person action:siren: ids that begin with action: are the hub's own; choose another",
        ),
        (
            somebody(contacts=(Contact(id="a", url="inbox://a"), Contact(id="a", url="inbox://b"))),
            "person li: two contacts are called a; give each its own id",
        ),
        (somebody(contacts=(Contact(id="", url="inbox://a"),)), "person li: a contact has no id; give each its own"),
        (
            somebody(hours=(Window(from_minute=-1, to_minute=60),)),
            "person li: there is no minute -1 in a day; 0 is 00:00, 1439 is 23:59",
        ),
        (
            somebody(sleep=Window(from_minute=0, to_minute=1500)),
            "person li: there is no minute 1500 in a day; 0 is 00:00, 1439 is 23:59",
        ),
        (somebody(night_calls=-1), "person li: a cap of -1 night calls; say 0 or more, or none for no cap"),
        (somebody(leave=(Leave(from_ms=2, until_ms=1),)), "person li: a leave ends before it begins; swap its ends"),
        (place(parent="b9"), "place b8: there is no place b9; put the parent first"),
        (place(id="g"), "place g: it would stand inside itself; choose another parent"),
        (
            place(policies={"critical": "tower"}),
            "place b8: there is no policy tower; config.yaml has critical, info, major, minor",
        ),
        (Remove(actor="clerk", what="person", id="zoe"), "there is no person zoe"),
        (Remove(actor="clerk", what="override", id="zoe"), "there is no override zoe"),
        (ErasePerson(actor="clerk", person="zoe"), "nobody is called zoe; look the id up under people"),
        (
            ImHome(actor="console", until_ms=ms(HOUR)),
            "nobody is called console; only people of the registry can say this of themselves",
        ),
        (
            Refuse(actor="zoe"),
            "nobody is called zoe; only people of the registry can say this of themselves",
        ),
    ],
)
def test_a_mistake_is_refused_in_plain_words_and_changes_nothing(command: AnyCommand, said: str) -> None:
    t = Timeline()
    before = msgspec.json.encode(msgspec.structs.replace(t.core.state, seq=0))
    assert refused(t.command(0, command)) == said
    assert msgspec.json.encode(msgspec.structs.replace(t.core.state, seq=0)) == before


def test_a_calendar_day_and_an_override_can_be_put_and_removed() -> None:
    t = Timeline()
    t.command(0, PutCalendarDay(actor="clerk", day=CalendarDay(date="2027-01-16", rest=False)))
    t.command(0, override())
    assert (list(t.core.state.calendar), list(t.core.state.overrides)) == (["2027-01-16"], ["o"])
    t.command(0, Remove(actor="clerk", what="calendar_day", id="2027-01-16"))
    t.command(0, Remove(actor="clerk", what="override", id="o"))
    assert (t.core.state.calendar, t.core.state.overrides) == ({}, {})
    assert t.changes.overrides == {"o": None}


def test_a_change_of_the_rota_counts_from_the_next_alarm_on() -> None:
    t = Timeline()
    assert "juwei" in told(t.smoke(0))
    t.command(1, PutOverride(actor="clerk", override=msgspec.structs.replace(
        OVERRIDE, role="committee", person="houbei", instead_of="juwei"
    )))  # fmt: skip
    decisions = t.smoke(2, "smoke-301")
    assert "houbei" in told(decisions)
    assert "juwei" not in told(decisions)


# ── "I'm home", refusing ─────────────────────────────────────────────────────────────────────────────────────────────


def test_at_home_lasts_until_they_said_and_can_be_taken_back() -> None:
    t = Timeline()
    t.command(0, ImHome(actor="juwei", until_ms=ms(2 * HOUR)))
    assert t.core.state.people["juwei"].home_until_ms == ms(2 * HOUR)
    assert t.changes.people["juwei"] is t.core.state.people["juwei"]
    t.command(1, ImHome(actor="juwei", until_ms=0))
    assert t.core.state.people["juwei"].home_until_ms == 0


@pytest.mark.parametrize("hours", [-1.0, 0.0, 24.01])
def test_at_home_ends_within_a_day(hours: float) -> None:
    t = Timeline()
    said = refused(t.command(0, ImHome(actor="juwei", until_ms=ms(hours * HOUR))))
    assert said == "being at home must end within the next 24 hours; choose an earlier end, and say it again then"


def test_who_refuses_is_asked_again_once_they_agree() -> None:
    t = Timeline()
    t.command(0, Refuse(actor="juwei"))
    assert not t.core.state.people["juwei"].agreed
    t.command(0, Refuse(actor="juwei", agreed=True))
    assert t.core.state.people["juwei"].agreed


# ── somebody goes ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_person_with_duties_cannot_be_removed_and_the_duties_are_named() -> None:
    t = Timeline()
    t.command(0, override(instead_of="wuye"))
    t.command(0, duty(id="d7", person="wuye", rotation=("juwei",)))
    assert refused(t.command(0, Remove(actor="clerk", what="person", id="juwei"))) == (
        "person juwei still has duty 2, duty d7, override o; give these to somebody else or remove them first"
    )
    for what, id in (("duty", "2"), ("duty", "d7"), ("override", "o")):
        t.command(0, Remove(actor="clerk", what=what, id=id))
    assert refused(t.command(0, Remove(actor="clerk", what="person", id="juwei"))) == ""


def test_a_place_that_the_rota_names_cannot_be_removed() -> None:
    t = Timeline()
    t.command(0, place())
    t.command(0, duty(place="b8"))
    assert refused(t.command(0, Remove(actor="clerk", what="place", id="b8"))) == (
        "place b8 is still named by duty d; change or remove these first"
    )


def test_erasing_a_person_takes_them_out_of_everything_but_the_incidents() -> None:
    t = Timeline()
    t.smoke(0)
    t.command(1, override(instead_of="wuye"))
    t.command(1, override(id="o2", person="wuye"))
    health = ContactHealth(person="juwei", contact="juwei0")
    t.core.state.health["juwei/juwei0"] = health
    t.core.state.health["wuye/wuye0"] = msgspec.structs.replace(health, person="wuye")
    t.core.state.calls["juwei"] = [START]
    decisions = t.command(2, ErasePerson(actor="clerk", person="juwei"))
    state = t.core.state
    assert "juwei" not in state.people
    assert [d.id for d in state.duties.values()] == ["1", "3"]
    assert list(state.overrides) == ["o2"]
    assert (list(state.health), state.calls) == (["wuye/wuye0"], {})
    assert t.changes.erased == {"juwei"}
    assert t.changes.people == {"juwei": None}
    assert t.changes.duties == {"2": None}
    assert t.changes.health == {"juwei/juwei0": None}
    assert [d.person for d in decisions if isinstance(d, PersonErased)] == ["juwei"]
    assert {(d.what, d.id) for d in decisions if isinstance(d, RegistryChanged)} == {
        ("duty", "2"),
        ("override", "o"),
        ("person", "juwei"),
    }
    assert "juwei" in t.incident.told


def test_the_others_of_a_rotation_keep_the_duty_of_who_is_erased() -> None:
    t = Timeline()
    t.command(0, duty(role="watch", rotation=("wuye", "houbei")))
    t.command(0, ErasePerson(actor="clerk", person="juwei"))
    kept = t.core.state.duties["d"]
    assert (kept.person, kept.rotation) == ("wuye", ("houbei",))
    assert t.changes.duties["d"] is kept
    assert holders(t.core, "watch", "1203") != []


def test_an_erased_person_who_was_being_told_holds_nothing_up() -> None:
    t = Timeline()
    t.smoke(0)
    t.command(1, ErasePerson(actor="clerk", person="juwei"))
    t.passed(11)
    t.passed(40)
    assert "juwei" not in told(t.passed(61))


def test_the_same_person_can_be_put_again() -> None:
    t = Timeline()
    t.command(0, ErasePerson(actor="clerk", person="juwei"))
    assert refused(t.command(1, PutPerson(actor="clerk", person=person("juwei")))) == ""
