"""The incident page: who was told when and who was not, answers by phone, the text for a group, and the wall's marks."""

from __future__ import annotations

import re

import httpx
import pytest

from hub.core.commands import Accept, Arrive, AskHelp, Close, Decline, HandOver, SayFalse, TellTest
from hub.core.decisions import Reason
from hub.model import Incident, Outcome, Works
from hub.web.access import Role
from hub.web.keys import API_TOKEN_HASH, digest, put_setting
from tests.web.story import FIRE, confide, kitchen_fire, reached
from tests.web.test_desk import sign_in
from tests.web.world import MINUTE, World

PAGE = f"/incidents/{FIRE}"


def offered(page: str) -> dict[str, str]:
    """Label -> key, of the people that the forms of a page offer."""
    found = re.findall(r'<option value="([0-9a-f]{20})">([^<]+)</option>', page)
    return {label: key for key, label in found}


def change(world: World, **fields: object) -> Incident:
    incident = world.read_incident(FIRE)
    for name, value in fields.items():
        setattr(incident, name, value)
    world.incident(incident)
    return incident


@pytest.mark.parametrize(
    ("answer", "command"),
    [
        ("accept", Accept(actor="console", incident=FIRE, person="li", via="call")),
        ("decline", Decline(actor="console", incident=FIRE, person="li", via="call")),
        ("arrive", Arrive(actor="console", incident=FIRE, person="li", via="call")),
        ("say_false", SayFalse(actor="console", incident=FIRE, person="li", via="call")),
    ],
)
@pytest.mark.usefixtures("owner")
def test_an_answer_that_came_by_phone_is_somebody_elses(
    world: World, http: httpx.Client, answer: str, command: object
) -> None:
    kitchen_fire(world)
    form = sign_in(world, http, Role.PROPERTY)
    key = offered(http.get(PAGE).text)["李秀英 · 志愿者"]
    http.post(PAGE, data={"do": "call", "to": key, "answer": answer, "form": form})
    assert world.commands() == [command]


@pytest.mark.usefixtures("owner")
def test_the_page_says_that_an_answer_came_by_phone(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    form = sign_in(world, http, Role.PROPERTY)
    key = offered(http.get(PAGE).text)["李秀英 · 志愿者"]
    for answer in ("accept", "say_false"):
        http.post(PAGE, data={"do": "call", "to": key, "answer": answer, "form": form})
    page = http.get(PAGE).text
    assert re.search(r"李秀英 · 志愿者</b><span>已接警</span><small>[^<]*电话代录", page)
    assert "说是误报" in page


def test_a_guard_sees_roles_and_the_end_of_a_number_but_no_names_and_no_ids(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    reached(world)
    sign_in(world, http, Role.GUARD)
    page = http.get(PAGE).text
    assert "物业 …0119" in offered(page)
    for secret in ("吴建国", "李秀英", "陈静", "li-sms", 'value="li"', "wu-call"):
        assert secret not in page


@pytest.mark.usefixtures("owner")
def test_the_desk_asks_for_help_hands_over_and_closes(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    form = sign_in(world, http, Role.PROPERTY, person="wu")
    key = offered(http.get(PAGE).text)["李秀英 · 志愿者"]
    assert 'id="tool-hand"' not in http.get(PAGE).text, "only who goes can hand it over"
    http.post(PAGE, data={"do": "accept", "form": form})
    assert 'id="tool-hand"' in http.get(PAGE).text
    http.post(PAGE, data={"do": "help", "text": "要梯子", "form": form})
    http.post(PAGE, data={"do": "hand_over", "to": key, "form": form})
    http.post(PAGE, data={"do": "hand_over", "to": "0" * 20, "form": form})
    assert "要梯子" in http.get(PAGE).text
    http.post(PAGE, data={"do": "close", "outcome": "real", "form": form})
    assert world.commands()[1:] == [
        AskHelp(actor="wu", incident=FIRE, via="console", text="要梯子"),
        HandOver(actor="wu", incident=FIRE, via="console", to="li"),
        Close(actor="wu", incident=FIRE, via="console", outcome=Outcome.REAL),
    ]


def test_one_screen_says_who_was_told_when_and_who_was_not_and_why(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    reached(world)
    sign_in(world, http, Role.PROPERTY)
    page = re.sub(r"\s+", " ", http.get(PAGE).text)
    assert "对方拒绝 (60020)" in page
    assert "今天失败3次" in page
    row = re.search(r"<tr class=\"\"> <td><b>李秀英 · 志愿者</b>.*?</tr>", page)
    assert row
    for shown in ("短信", "03:11:19", "<small>OK</small>", "03:11:22", "03:11:41", "已打开"):
        assert shown in row[0]
    untold = page[page.index("未通知,以及为什么") :]
    assert re.search(r"居委</b><span>该角色此刻无人", untold)
    assert re.search(r"陈静 · 居委</b><span>休息中", untold)


def test_the_same_through_the_api(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    reached(world)
    with world.engine.begin() as connection:
        put_setting(connection, API_TOKEN_HASH, digest("t"))
    assert http.get(f"/api/v1/incidents/{FIRE}/timeline").status_code == 401
    answer = http.get(f"/api/v1/incidents/{FIRE}/timeline", headers={"authorization": "Bearer t"}).json()
    told = {(one["person"], one["channel"]): one for one in answer["told"]}
    assert told["li", "alisms"]["opened_ms"] - told["li", "alisms"]["queued_ms"] == 21_990
    assert (told["wu", "wecomapp"]["failure"], told["wu", "wecomapp"]["code"]) == ("refused", "60020")
    assert told["wu", "wecomapp"]["failures_today"] == 3
    assert told["wu", "alivoice"]["delivered_ms"]
    assert {(one["role"], one["person"], one["reason"]) for one in answer["not_told"]} == {
        ("居委", "", Reason.ROLE_EMPTY),
        ("居委", "chen", Reason.ASLEEP),
    }
    assert answer["events"][0]["type"] == "alert_raised"
    assert "李秀英" not in str(answer), "by role, without names"


def test_the_text_for_a_group_names_the_building_and_nothing_more(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    sign_in(world, http, Role.PROPERTY)
    page = http.get(PAGE, params={"lang": "en"}).text
    found = re.search(r'<textarea id="group-text"[^>]*>([^<]+)</textarea>', page)
    assert found
    assert found[1].startswith("【紧急】6号楼烟感报警 03:11。")
    for secret in ("12层", "1203", "/a/", "http", "吴建国"):
        assert secret not in found[1]
    change(world, closed_ms=world.clock.now_ms, outcome=Outcome.FALSE, cause_text="王阿姨家烧菜")
    closed = re.search(r'<textarea id="group-text"[^>]*>([^<]+)</textarea>', http.get(PAGE).text)
    assert closed
    assert closed[1].startswith("【解除】6号楼")
    assert "王阿姨" not in closed[1]


@pytest.mark.usefixtures("owner")
def test_key_and_health_are_for_who_has_accepted_and_each_look_is_logged(world: World, http: httpx.Client) -> None:
    confide(world)
    kitchen_fire(world)
    form = sign_in(world, http, Role.PROPERTY, person="wu")
    assert "王阿姨" not in http.get(PAGE).text
    http.post(PAGE, data={"do": "accept", "form": form})
    page = http.get(PAGE).text
    assert "王阿姨" in page
    assert "心脏病" in page
    assert {("property", "key_holder", FIRE), ("property", "health_note", FIRE)} <= set(world.looks())


@pytest.mark.usefixtures("owner")
def test_the_people_page_tests_one_contact(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    reached(world)
    form = sign_in(world, http, Role.PROPERTY)
    page = http.get("/people").text
    assert "今天失败3次 (60020)" in page
    assert "最近送达 03:11:19" in page
    wanted = {"person": "li", "contact": "li-sms"}
    assert http.post("/person/test", data=wanted).status_code == 403
    assert http.post("/person/test", data={**wanted, "form": form}).status_code == 303
    assert world.commands() == [TellTest(actor="console", person="li", contact="li-sms")]
    sign_in(world, http, Role.COMMITTEE)
    assert "li-sms" not in http.get("/people").text
    assert http.post("/person/test", data={**wanted, "form": form}).status_code == 403


def test_a_drill_is_marked_everywhere_and_nobody_is_sent_to_119(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    change(world, drill=True)
    http.get("/wall", params={"token": world.keys.wall_token})
    page = http.get("/wall").text
    assert "【演练】" in page
    assert "照着念" not in page
    assert "不要打119" in page


def test_a_drill_never_stands_before_a_fire_on_the_wall(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    change(world, drill=True)
    kitchen_fire(world, incident=61)
    http.get("/wall", params={"token": world.keys.wall_token})
    page = http.get("/wall").text
    assert page.index('data-incident="61"') < page.index(f'data-incident="{FIRE}"')


def test_the_wall_counts_who_goes_and_says_what_narrowed_the_alarm(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    change(world, asks_help=True)
    http.get("/wall", params={"token": world.keys.wall_token})
    page = http.get("/wall").text
    assert "已去0人,还缺2人" in page
    assert "需要支援" in page
    assert "正在作业" not in page
    now_ms = world.clock.now_ms
    world.works(
        Works(
            id=5, place="b6-1203", from_ms=now_ms, until_ms=now_ms + 60 * MINUTE, person="li", owner="wu", reason="香"
        )
    )
    assert "正在作业" not in http.get("/wall").text, "works that narrowed nothing"
    change(world, works=5)
    page = http.get("/wall").text
    assert "该户正在作业,到 04:12" in page
    assert "李秀英" not in page
    change(world, widened=True)
    assert "正在作业" not in http.get("/wall").text
