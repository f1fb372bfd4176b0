"""The inbox over HTTP: answering all that is open, proving a contact, being at home, refusing, and web push."""

from __future__ import annotations

import httpx
import msgspec
import pytest
from sqlalchemy import select

from hub.core.commands import Accept, ConfirmTest, ImHome, Opened, PutPerson, Refuse
from hub.delivery.links import LinkClaim
from hub.model import Contact, ContactHealth
from hub.store import schema
from hub.web.pages.inbox import home_until
from tests.web.story import FIRE, kitchen_fire
from tests.web.test_answer import link
from tests.web.world import HERE, MINUTE, NIGHT_MS, World

BEHIND_TLS = {"x-forwarded-proto": "https"}
HOUR = 60 * MINUTE
BROWSER = {
    "endpoint": "https://push.example/abc",
    "expirationTime": None,
    "keys": {"p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQ", "auth": "tBHItJI5svbpez7KI4CCXg"},
}


def inbox(world: World, person: str = "li") -> str:
    return "/inbox/" + world.links.token(LinkClaim(HERE, 0, person))


@pytest.mark.usefixtures("owner")
def test_everything_open_is_answered_here_also_what_came_in_a_merged_message(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    merged = world.read_incident(FIRE)
    merged.id, merged.alerts, merged.place = 88, [], "b8"
    world.incident(merged)
    page = http.get(inbox(world)).text
    assert f'id="i{FIRE}"' in page
    assert 'id="i88"' in page, "its message names another incident first"
    answer = http.post(link(world, "li", 88), data={"do": "accept", "via": "inbox", "back": "inbox"})
    assert answer.headers["location"] == inbox(world)
    assert world.commands() == [Accept(actor="li", incident=88, via="inbox")]


def test_somebody_who_was_not_told_finds_nothing_to_answer(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    assert f'id="i{FIRE}"' not in http.get(inbox(world, "chen")).text


@pytest.mark.usefixtures("owner")
def test_a_test_message_is_confirmed_over_the_contact_it_came_over(world: World, http: httpx.Client) -> None:
    world.message(500, "li", "【测试】桂花园", incident=0, severity="info", purpose="test")
    world.attempt(500, "li-inbox", at_ms=NIGHT_MS)
    assert 'value="li-inbox"' in http.get(inbox(world)).text
    assert http.post(inbox(world) + "/confirm", data={"contact": "li-inbox"}).status_code == 303
    assert world.commands() == [ConfirmTest(actor="li", contact="li-inbox")]
    page = http.get(inbox(world)).text
    assert "已确认收到" in page
    assert 'value="li-inbox"' not in page


@pytest.mark.usefixtures("owner")
def test_a_test_that_came_as_sms_is_confirmed_by_its_link(world: World, http: httpx.Client) -> None:
    world.register(
        msgspec.structs.replace(world.person("li"), contacts=(Contact(id="li-sms", url="alisms://13800000000"),))
    )
    page = http.get(inbox(world), params={"contact": "li-sms"}).text
    assert "收到测试消息了吗" in page
    assert "短信" in page
    assert "收到测试消息了吗" not in http.get(inbox(world), params={"contact": "wu-sms"}).text
    assert http.post(inbox(world) + "/confirm", data={"contact": "wu-sms"}).status_code == 404
    http.post(inbox(world) + "/confirm", data={"contact": "li-sms"})
    assert world.commands() == [ConfirmTest(actor="li", contact="li-sms")]
    assert "收到测试消息了吗" not in http.get(inbox(world), params={"contact": "li-sms"}).text


def test_a_test_that_waits_to_be_confirmed_is_asked_about_without_any_link(world: World, http: httpx.Client) -> None:
    world.register(msgspec.structs.replace(world.person("li"), contacts=(Contact(id="li-sms", url="alisms://1"),)))
    world.health(ContactHealth(person="li", contact="li-sms", tested_ms=NIGHT_MS - HOUR, proven_ms=NIGHT_MS - 2 * HOUR))
    assert "收到测试消息了吗" in http.get(inbox(world)).text
    world.health(ContactHealth(person="li", contact="li-sms", tested_ms=NIGHT_MS - HOUR, proven_ms=NIGHT_MS))
    assert "收到测试消息了吗" not in http.get(inbox(world)).text


@pytest.mark.parametrize(
    ("until", "until_ms"),
    [("2", NIGHT_MS + 2 * HOUR), ("8", NIGHT_MS + 8 * HOUR), ("day", 1_715_443_200_000), ("0", 0)],
)
def test_how_long_somebody_is_at_home(until: str, until_ms: int) -> None:
    assert home_until(until, NIGHT_MS, "Asia/Shanghai") == until_ms


@pytest.mark.usefixtures("owner")
def test_im_home_is_one_tap_and_is_taken_back_with_another(world: World, http: httpx.Client) -> None:
    http.post(inbox(world) + "/home", data={"until": "2"})
    assert "在家,到 05:12" in http.get(inbox(world)).text
    http.post(inbox(world) + "/home", data={"until": "0"})
    assert "在家,到" not in http.get(inbox(world)).text
    assert world.commands() == [ImHome(actor="li", until_ms=NIGHT_MS + 2 * HOUR), ImHome(actor="li", until_ms=0)]
    assert http.post(inbox(world) + "/home", data={"until": "99"}).status_code == 422


@pytest.mark.usefixtures("owner")
def test_refusing_asks_once_more_and_can_be_taken_back(world: World, http: httpx.Client) -> None:
    assert f'href="{inbox(world)}/refuse"' in http.get(inbox(world)).text
    assert "包括火警" in http.get(inbox(world) + "/refuse").text
    assert world.commands() == []
    http.post(inbox(world) + "/refuse", data={"agreed": "no"})
    assert "恢复接收" in http.get(inbox(world)).text
    http.post(inbox(world) + "/refuse", data={"agreed": "yes"})
    assert "恢复接收" not in http.get(inbox(world)).text
    assert world.commands() == [Refuse(actor="li", agreed=False), Refuse(actor="li", agreed=True)]


def test_nobody_speaks_for_a_group(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    address = inbox(world, "group")
    page = http.get(address).text
    assert "/refuse" not in page
    assert "/home" not in page
    for path, fields in (("home", {"until": "2"}), ("refuse", {"agreed": "no"}), ("confirm", {"contact": "g"})):
        assert http.post(f"{address}/{path}", data=fields).status_code == 404
    http.post(f"{address}/opened")
    assert world.commands() == []


def test_opening_the_inbox_opens_every_open_message_once(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    http.get(inbox(world))
    assert world.commands() == [], "a link preview fetches the page too"
    for _ in range(2):
        assert http.post(inbox(world) + "/opened").status_code == 204
    assert world.commands() == [Opened(actor="li", incident=FIRE)]


@pytest.mark.usefixtures("owner")
def test_a_browser_becomes_a_contact_of_its_person_and_of_nobody_else(world: World, http: httpx.Client) -> None:
    world.vapid_public = "BKEY"
    http.headers.update(BEHIND_TLS)
    assert 'data-key="BKEY"' in http.get(inbox(world)).text
    for _ in range(2):
        assert http.post(inbox(world) + "/push", json=BROWSER).is_success
    assert http.post(inbox(world) + "/push", json={**BROWSER, "endpoint": "http://plain"}).status_code == 422
    with world.engine.connect() as connection:
        row = connection.execute(select(schema.push_subscription)).one()
    assert row.person == "li"
    assert msgspec.json.decode(row.body)["keys"] == BROWSER["keys"]
    commands = world.commands()
    assert len(commands) == 1, "the same browser twice is one contact"
    assert isinstance(commands[0], PutPerson)
    assert commands[0].actor == commands[0].person.id == "li"
    assert [one.url for one in world.person("li").contacts] == ["inbox://li", f"webpush://{row.id}"]


def test_push_is_not_offered_without_https_or_without_a_key(world: World, http: httpx.Client) -> None:
    assert 'id="push"' not in http.get(inbox(world), headers=BEHIND_TLS).text
    assert http.post(inbox(world) + "/push", json=BROWSER, headers=BEHIND_TLS).status_code == 404
    world.vapid_public = "BKEY"
    assert 'id="push"' not in http.get(inbox(world)).text
    assert http.post(inbox(world) + "/push", json=BROWSER).status_code == 404
