"""The answer page and the inbox over HTTP: what a link shows, to whom, and what it does."""

from __future__ import annotations

import re

import httpx
import pytest

from hub.core.commands import Accept, AskHelp, Close, Decline, HandOver, Opened
from hub.delivery.links import LinkClaim
from hub.model import Outcome
from tests.web.story import FIRE, confide, ended, kitchen_fire
from tests.web.world import HERE, MINUTE, World


def link(world: World, person: str, incident: int = FIRE) -> str:
    return "/a/" + world.links.token(LinkClaim(HERE, incident, person))


def test_a_volunteer_sees_building_and_floor_but_no_room_before_accepting(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    page = http.get(link(world, "li")).text
    assert "6号楼 12层" in page
    assert "1203室" not in page
    assert world.looks() == []


@pytest.mark.usefixtures("owner")
def test_after_accepting_a_volunteer_sees_the_room_and_the_look_is_logged(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    answer = http.post(link(world, "li"), data={"do": "accept"})
    assert (answer.status_code, answer.headers["location"]) == (303, link(world, "li"))
    page = http.get(link(world, "li")).text
    assert "1203室" in page
    assert "已记录:你去" in page
    http.get(link(world, "li"))
    assert world.looks() == [("li", "room", FIRE)], "a page that is looked at twice is one look"


def test_on_duty_property_sees_the_room_at_once(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    assert "1203室" in http.get(link(world, "wu")).text
    assert world.looks() == [("wu", "room", FIRE)]


def test_a_group_account_sees_the_building_only_and_cannot_act(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    page = http.get(link(world, "group")).text
    assert "6号楼" in page
    assert "12层" not in page
    assert "1203室" not in page
    assert 'name="do"' not in page
    http.post(link(world, "group"), data={"do": "accept"})
    assert world.commands() == []


@pytest.mark.usefixtures("owner")
def test_showing_the_page_changes_nothing_and_answering_twice_is_one_command(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    http.get(link(world, "li"))
    assert world.commands() == []
    for _ in range(2):
        http.post(link(world, "li"), data={"do": "accept"})
    assert world.commands() == [Accept(actor="li", incident=FIRE, via="link")]


@pytest.mark.usefixtures("owner")
def test_the_whole_way_from_accept_to_outcome(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    for form in ({"do": "accept"}, {"do": "arrive"}, {"do": "close", "outcome": "false", "cause": "做饭油烟"}):
        http.post(link(world, "li"), data=form)
    assert world.commands()[-1] == Close(actor="li", incident=FIRE, via="link", outcome=Outcome.FALSE, cause="做饭油烟")
    page = http.get(link(world, "li")).text
    assert "误报(做饭油烟)" in page
    assert 'name="do"' not in page
    english = http.get(link(world, "li"), params={"lang": "en"}).text
    assert "False alarm (cooking fumes)" in english


@pytest.mark.usefixtures("owner")
def test_somebody_who_cannot_go_may_change_their_mind(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    http.post(link(world, "li"), data={"do": "decline"})
    assert "已记录:你去不了" in http.get(link(world, "li")).text
    http.post(link(world, "li"), data={"do": "accept"})
    assert world.commands() == [
        Decline(actor="li", incident=FIRE, via="link"),
        Accept(actor="li", incident=FIRE, via="link"),
    ]


@pytest.mark.parametrize("form", [{}, {"do": "close"}, {"do": "arrive"}, {"do": "close", "outcome": "nonsense"}])
def test_a_button_that_makes_no_sense_writes_nothing(world: World, http: httpx.Client, form: dict[str, str]) -> None:
    kitchen_fire(world)
    assert http.post(link(world, "li"), data=form).status_code == 303
    assert world.commands() == []


def test_an_answer_is_kept_even_when_nobody_steps_it_in_time(
    world: World, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.web.site.ANSWER_WITHIN_MS", 1)
    kitchen_fire(world)
    answer = http.post(link(world, "li"), data={"do": "accept"})
    assert answer.headers["location"].endswith("?said=pending")
    assert "已收到你的回复" in http.get(answer.headers["location"]).text
    assert world.commands() == [Accept(actor="li", incident=FIRE, via="link")]


def test_a_wrong_link_says_so_in_plain_words(world: World, http: httpx.Client) -> None:
    for path in ("/a/nonsense", link(world, "li") + "x", "/inbox/nonsense", link(world, "li", 0)):
        answer = http.get(path)
        assert answer.status_code == 404
        assert "链接不对" in answer.text
    assert http.get("/a/nonsense/live").status_code == 404


def test_a_link_ends_24_hours_after_the_close(world: World, http: httpx.Client) -> None:
    ended(world, closed_ago_ms=24 * 60 * MINUTE)
    assert http.get(link(world, "li", 30)).status_code == 200
    world.clock.now_ms += 1
    answer = http.get(link(world, "li", 30))
    assert answer.status_code == 410
    assert "链接已失效" in answer.text
    assert http.post(link(world, "li", 30), data={"do": "accept"}).status_code == 410


@pytest.mark.usefixtures("owner")
def test_the_inbox_shows_only_its_own_messages_and_answers_by_number(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    inbox = "/inbox/" + world.links.token(LinkClaim(HERE, 0, "li"))
    page = http.get(inbox).text
    assert "6号楼12层烟感报警" in page
    assert "1203室" not in page
    answer = http.post(link(world, "li"), data={"do": "accept", "back": "inbox"})
    assert answer.headers["location"] == inbox
    assert "已记录:你去" in http.get(inbox).text
    assert "unread" in page, "the first look shows what is new"
    assert "unread" not in http.get(inbox).text


def test_the_browsers_language_decides_until_somebody_chooses(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    english = {"accept-language": "en-GB,en;q=0.9,zh;q=0.8"}
    assert ">I'll go<" in http.get(link(world, "li"), headers=english).text
    assert "我去" in http.get(link(world, "li"), headers={**english, "accept-language": "fr"}).text
    http.get(link(world, "li"), params={"lang": "en"})
    assert "I'll go" in http.get(link(world, "li")).text, "the cookie remembers"


def others(page: str) -> dict[str, str]:
    """Label -> key, of the people to whom the page offers to hand over."""
    return {label: key for key, label in re.findall(r'<option value="([0-9a-f]{20})">([^<]+)</option>', page)}


@pytest.mark.usefixtures("owner")
def test_key_and_health_appear_only_after_accepting_and_each_look_is_logged(world: World, http: httpx.Client) -> None:
    confide(world)
    kitchen_fire(world)
    for person in ("li", "wu"):
        page = http.get(link(world, person)).text
        assert "王阿姨" not in page, person
        assert "心脏病" not in page, person
    http.post(link(world, "li"), data={"do": "accept"})
    page = http.get(link(world, "li")).text
    assert "1201室 王阿姨 有钥匙" in page
    assert "有心脏病" in page
    assert {("li", "key_holder", FIRE), ("li", "health_note", FIRE)} <= set(world.looks())
    http.post(link(world, "li"), data={"do": "decline"})
    assert "王阿姨" not in http.get(link(world, "li")).text, "who takes it back sees it no more"


@pytest.mark.usefixtures("owner")
def test_help_is_one_press_and_everybody_sees_that_it_was_asked_for(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    http.post(link(world, "li"), data={"do": "help", "text": "要梯子"})
    assert world.commands() == [], "only who goes asks for more"
    http.post(link(world, "li"), data={"do": "accept"})
    answer = http.post(link(world, "li"), data={"do": "help", "text": "要梯子"})
    assert world.commands()[-1] == AskHelp(actor="li", incident=FIRE, via="link", text="要梯子")
    page = http.get(answer.headers["location"]).text
    assert "已请求支援" in page
    assert "要梯子" in page
    other = http.get(link(world, "chen")).text
    assert "现场需要支援" in other
    assert "要梯子" not in other, "words may name a room"


@pytest.mark.usefixtures("owner")
def test_handing_over_names_roles_to_a_volunteer_and_people_to_property(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    for person in ("li", "wu"):
        http.post(link(world, person), data={"do": "accept"})
    volunteer = http.get(link(world, "li")).text
    assert "物业" in others(volunteer)
    for secret in ("吴建国", 'value="wu"'):
        assert secret not in volunteer
    assert "李秀英 · 志愿者" in others(http.get(link(world, "wu")).text)
    key = others(volunteer)["物业"]
    for to in (key, "wu", "0" * 20):
        http.post(link(world, "li"), data={"do": "hand_over", "to": to})
    handed = [one for one in world.commands() if isinstance(one, HandOver)]
    assert handed == [HandOver(actor="li", incident=FIRE, via="link", to="wu")]


@pytest.mark.usefixtures("owner")
def test_who_is_handed_an_incident_is_told_so_on_their_page(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    http.post(link(world, "wu"), data={"do": "accept"})
    key = others(http.get(link(world, "wu")).text)["李秀英 · 志愿者"]
    http.post(link(world, "wu"), data={"do": "hand_over", "to": key})
    page = http.get(link(world, "li")).text
    assert "有人把这件事交给你" in page
    assert "吴建国" not in page
    http.post(link(world, "li"), data={"do": "accept"})
    assert "有人把这件事交给你" not in http.get(link(world, "li")).text


@pytest.mark.usefixtures("owner")
def test_who_goes_can_take_it_back(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    http.post(link(world, "li"), data={"do": "accept"})
    assert "我去不了了" in http.get(link(world, "li")).text
    http.post(link(world, "li"), data={"do": "decline"})
    assert world.commands()[-1] == Decline(actor="li", incident=FIRE, via="link")
    assert "还缺2人" in http.get(link(world, "li")).text


@pytest.mark.usefixtures("owner")
def test_a_volunteer_sees_who_is_on_the_way_by_role_and_property_by_name(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    http.post(link(world, "li"), data={"do": "accept"})
    http.post(link(world, "li"), data={"do": "arrive"})
    page = http.get(link(world, "chen")).text
    assert "已去1人" in page
    assert "还缺1人" in page
    assert "志愿者 <small>已到场" in page
    assert "李秀英" not in page
    assert "李秀英 · 志愿者 <small>已到场" in http.get(link(world, "wu")).text


def test_a_message_counts_as_opened_when_a_script_says_so_and_once(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    http.get(link(world, "li"))
    assert world.commands() == [], "a link preview fetches the page too"
    for _ in range(2):
        assert http.post(link(world, "li") + "/opened").status_code == 204
    http.post(link(world, "group") + "/opened")
    assert world.commands() == [Opened(actor="li", incident=FIRE)]
    assert http.post("/a/nonsense/opened").status_code == 404


@pytest.mark.usefixtures("owner")
def test_a_drill_says_so_and_sends_nobody_to_119(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    drill = world.read_incident(FIRE)
    drill.drill = True
    world.incident(drill)
    page = http.get(link(world, "li")).text
    assert "【演练】" in page
    assert 'href="tel:119"' not in page
    for form in ({"do": "accept"}, {"do": "arrive"}, {"do": "close", "outcome": "drill"}):
        http.post(link(world, "li"), data=form)
    assert world.commands()[-1] == Close(actor="li", incident=FIRE, via="link", outcome=Outcome.DRILL)


def test_a_push_button_answers_with_the_link_alone(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    assert http.post(link(world, "li"), data={"do": "accept", "via": "push"}).status_code == 303
    assert world.commands() == [Accept(actor="li", incident=FIRE, via="push")]
    assert http.post(link(world, "li"), data={"do": "accept", "via": "console"}).status_code == 422
