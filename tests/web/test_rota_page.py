"""The rota on a screen: gaps in red, shifts, covers, swaps, holidays, and calendars in and out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from icalendar import Calendar

from hub.core.commands import PutDuty, PutOverride
from hub.delivery.links import LinkClaim
from hub.model import CalendarDay, Duty, Leave, Override, Person
from hub.web.access import Role
from tests.web.core_owner import CoreOwner
from tests.web.test_desk import sign_in
from tests.web.test_people import fields_of
from tests.web.world import HERE, NIGHT_MS, World

HOUR = 3_600_000


@pytest.fixture
def core(world: World) -> Iterator[CoreOwner]:
    with CoreOwner(world) as running:
        yield running


def cells(page: str, role: str) -> list[str]:
    """The days of one role, both weeks."""
    rows = re.findall(rf'<tr><th scope="row">{role}</th>(.*?)</tr>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for row in rows for cell in row.split("<td")[1:]]


def test_the_grid_shows_who_has_it_and_where_nobody_has(world: World, http: httpx.Client) -> None:
    sign_in(world, http, Role.PROPERTY)
    page = http.get("/rota").text
    assert cells(page, "物业")[5].endswith("00:00–08:00 吴建国 20:00–24:00 吴建国 无人 08:00–20:00")
    assert "李秀英" in cells(page, "志愿者")[5]
    assert "段无人值班" in page


def test_whoever_is_on_leave_covers_nothing(world: World, http: httpx.Client) -> None:
    world.register(Person(id="li", name="李秀英", leave=(Leave(from_ms=0, until_ms=NIGHT_MS + 900 * HOUR),)))
    sign_in(world, http, Role.PROPERTY)
    assert "李秀英 · 不在" in cells(http.get("/rota").text, "志愿者")[5]
    assert "无人" not in cells(http.get("/rota").text, "志愿者")[5], "said once"


def test_without_the_right_to_names_there_are_none(world: World, http: httpx.Client) -> None:
    sign_in(world, http, Role.COMMITTEE)
    page = http.get("/rota").text
    assert "吴建国" not in page
    assert "有人" in page
    assert "/rota.ics" not in page


@pytest.mark.usefixtures("core")
def test_a_shift_is_edited_and_one_sent_twice_is_one(world: World, http: httpx.Client) -> None:
    sign_in(world, http, Role.PROPERTY)
    fields = fields_of(http.get("/rota/duty", params={"id": "d1"}).text)
    fields.update({"to": "20:00", "from": "20:00"})
    weekdays = {"weekday": ["0", "1", "2", "3", "4", "5", "6"]}
    turns = {"turn": ["chen", ""]}
    assert http.post("/rota/duty", params={"id": "d1"}, data={**fields, **weekdays, **turns}).status_code == 303
    duty = Duty(id="d1", role="property", person="wu", from_minute=1200, to_minute=1200, rotation=("chen",))
    assert world.commands() == [PutDuty(actor="console", duty=duty)]
    fresh = fields_of(http.get("/rota/duty").text) | {"role": "guard", "person": "li"} | {"weekday": "5"}
    http.post("/rota/duty", data=fresh)
    http.post("/rota/duty", data=fresh)
    assert len({one.duty.id for one in world.commands()[1:] if isinstance(one, PutDuty)}) == 1
    refused = http.post(
        "/rota/duty", data={**fresh, "fresh": "d-x", "until_date": "2020-01-01", "from_date": "2024-01-01"}
    )
    assert refused.status_code == 409
    assert "before it begins" in refused.text


@pytest.mark.usefixtures("core")
def test_a_cover_a_swap_and_their_end(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    cover = {"form": form, "role": "property", "person": "chen", "instead_of": "wu"}
    cover |= {"from": "2024-05-11T20:00", "until": "2024-05-12T08:00"}
    assert http.post("/rota/override", data=cover).headers["location"] == "/rota?said=saved"
    http.post("/rota/override", data=cover)
    ids = {one.override.id for one in world.commands() if isinstance(one, PutOverride)}
    assert len(ids) == 1, "the same form makes the same cover"
    assert "陈静 · 替班" in cells(http.get("/rota").text, "物业")[5]
    http.post("/rota/remove", data={"form": form, "entry": f"override:{ids.pop()}"})
    assert "陈静 · 替班" not in http.get("/rota").text
    swap = {"form": form, "role": "property", "one": "wu", "other": "li"}
    swap |= {"one-from": "2024-05-13T20:00", "one-until": "2024-05-14T08:00"}
    swap |= {"other-from": "2024-05-15T00:00", "other-until": "2024-05-16T00:00"}
    http.post("/rota/swap", data=swap)
    made = [one.override for one in world.commands() if isinstance(one, PutOverride)][-2:]
    assert [(one.person, one.instead_of) for one in made] == [("li", "wu"), ("wu", "li")]


@pytest.mark.usefixtures("core")
def test_half_of_a_refused_swap_is_taken_back(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    swap = {"form": form, "role": "property", "one": "wu", "other": "li"}
    swap |= {"one-from": "2024-05-13T20:00", "one-until": "2024-05-14T08:00"}
    swap |= {"other-from": "2024-05-16T00:00", "other-until": "2024-05-15T00:00"}
    answer = http.post("/rota/swap", data=swap)
    assert answer.status_code == 409
    assert "it ends before it begins" in answer.text
    assert 'value="2024-05-16T00:00"' in answer.text, "what was typed is still there"
    assert "没有替班" in http.get("/rota").text


@pytest.mark.usefixtures("core")
def test_the_sites_word_on_a_day_goes_over_the_countrys(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    page = http.get("/rota").text
    assert "2024-06-10" in page, "the dragon boat festival"
    assert "调休上班" in page, "Saturday 2024-05-11 is worked"
    http.post("/rota/day", data={"form": form, "date": "2024-05-14", "kind": "rest", "name": "社区运动会"})
    assert "社区运动会" in http.get("/rota").text
    wrong = http.post("/rota/day", data={"form": form, "date": "soon"})
    assert (wrong.status_code, "日期请写成" in wrong.text) == (422, True)


def test_a_calendar_app_reads_one_persons_shifts_by_their_secret_address(world: World, http: httpx.Client) -> None:
    key = world.links.token(LinkClaim(HERE, -1, "wu"))
    answer = http.get("/rota.ics", params={"key": key})
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    titles = {str(event["SUMMARY"]) for event in Calendar.from_ical(answer.content).walk("VEVENT")}
    assert titles == {"物业: 吴建国"}
    assert http.get("/rota.ics", params={"key": key, "person": "li"}).status_code == 404
    assert http.get("/rota.ics", params={"key": world.links.token(LinkClaim(HERE, 0, "wu"))}).status_code == 404
    assert http.get("/rota.ics", params={"key": "guess"}).status_code == 404
    whole = world.links.token(LinkClaim(HERE, -1, ""))
    roles = http.get("/rota.ics", params={"key": whole, "role": "volunteer"}).content
    assert {str(one["SUMMARY"]) for one in Calendar.from_ical(roles).walk("VEVENT")} == {"志愿者: 李秀英"}
    for path in (f"/inbox/{key}", f"/a/{key}"):
        assert http.get(path).status_code in (403, 404, 410), "a calendar's key opens nothing else"


def ics(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{body}END:VCALENDAR\r\n".encode()


GOOD = "UID:1\r\nSUMMARY:物业: 陈静 替 吴建国\r\nDTSTART:20240512T120000Z\r\nDTEND:20240513T000000Z"
BAD = "UID:2\r\nSUMMARY:物业: 谁也不是\r\nDTSTART:20240512T120000Z\r\nDTEND:20240513T000000Z"


@pytest.mark.usefixtures("core")
def test_an_uploaded_calendar_is_shown_first_and_done_when_confirmed(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    wrong = http.post("/rota/ics", data={"form": form}, files={"file": ("a.ics", ics(GOOD, BAD))})
    assert wrong.status_code == 422
    assert "谁也不是" in wrong.text
    assert 'name="upload"' not in wrong.text
    shown = http.post("/rota/ics", data={"form": form}, files={"file": ("a.ics", ics(GOOD))}).text
    assert "新增" in shown
    assert world.commands() == []
    token = re.findall(r'name="upload" value="([^"]+)"', shown)[0]
    assert http.post("/rota/ics/confirm", data={"form": form, "upload": token}).status_code == 303
    (put,) = world.commands()
    assert isinstance(put, PutOverride)
    assert (put.override.person, put.override.instead_of) == ("chen", "wu")
    assert http.post("/rota/ics/confirm", data={"form": form, "upload": token}).status_code == 409, "once"


def test_an_override_of_the_past_is_not_listed(world: World, http: httpx.Client) -> None:
    past = Override(id="x", role="property", person="li", from_ms=NIGHT_MS - HOUR, until_ms=NIGHT_MS - 1)
    world.put_registry("override", "x", past)
    world.put_registry("calendar_day", "2024-05-12", CalendarDay(date="2024-05-12", rest=False, name="补课"))
    sign_in(world, http, Role.PROPERTY)
    page = http.get("/rota").text
    assert "没有替班" in page
    assert "补课" in page
