"""The office keeps people: the form, refusals in the core's own words, secrets, tests of contacts, erasure."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import msgspec
import pytest

from hub.core.commands import ErasePerson, PutPerson, TellTest
from hub.model import (
    Contact,
    ContactHealth,
    Leave,
    Notification,
    NotificationState,
    Person,
    Purpose,
    Severity,
    Window,
)
from hub.web.access import Role
from hub.web.contacts import masked
from tests.web.core_owner import CoreOwner
from tests.web.test_desk import sign_in, token_of
from tests.web.world import MINUTE, NIGHT_MS, World

SECRET = "wecom://0a1b2c3d-1111-2222-3333-44445555abcd"
FULL = Person(
    id="he",
    name="何护士",
    phone="021-5555-0000",
    contacts=(
        Contact(id="he-wecom", url=SECRET, group=True),
        Contact(id="he-sms", url="alisms://13800001234"),
        Contact(id="he-inbox", url="inbox://he"),
    ),
    hours=(Window(from_minute=480, to_minute=1200),),
    sleep=Window(from_minute=1320, to_minute=390),
    wakes_for=Severity.MAJOR,
    night_calls=2,
    skills=("急救", "电工"),
    leave=(Leave(from_ms=NIGHT_MS + 86_400_000, until_ms=NIGHT_MS + 2 * 86_400_000, reason="探亲"),),
)


@pytest.fixture
def core(world: World) -> Iterator[CoreOwner]:
    with CoreOwner(world) as running:
        yield running


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send of the first form that has a version."""
    from html.parser import HTMLParser

    found: dict[str, str] = {}

    class Reader(HTMLParser):
        inside = False
        select = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = {name: value or "" for name, value in attrs}
            if tag == "form":
                self.inside = given.get("action", "").startswith(("/person?", "/rota/duty?")) or given.get(
                    "action"
                ) in ("/person", "/rota/duty")
            elif not self.inside:
                return
            elif tag == "input" and given.get("name"):
                if given.get("type") != "checkbox" or "checked" in given:
                    found[given["name"]] = given.get("value", "")
            elif tag == "select":
                self.select = given["name"]
            elif tag == "option" and (self.select not in found or "selected" in given):
                found[self.select] = given.get("value", "")

    Reader().feed(page)
    return found


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (SECRET, "wecom://…abcd"),
        ("wecom://${WECOM_KEY}", "wecom://${WECOM_KEY}"),
        ("wecomapp://${CORP}/${SECRET}", "wecomapp://${CORP}/${SECRET}"),
        ("inbox://wu", "inbox://wu"),
        ("bark://short", "bark://…"),
        ("mailto://user:password@mail.example", "mailto://…mple"),
    ],
)
def test_an_address_is_shown_without_its_secret(url: str, shown: str) -> None:
    assert masked(url) == shown


@pytest.mark.usefixtures("core")
def test_a_form_that_is_sent_back_unchanged_changes_nothing(world: World, http: httpx.Client) -> None:
    world.register(FULL)
    sign_in(world, http, Role.PROPERTY)
    page = http.get("/person", params={"id": "he"}).text
    assert "0a1b2c3d" not in page, "a secret never comes back"
    assert "wecom://…abcd" in page
    answer = http.post("/person", params={"id": "he"}, data=fields_of(page))
    assert answer.headers["location"] == "/person?id=he&said=saved"
    assert world.person("he") == FULL


@pytest.mark.usefixtures("core")
def test_the_ladder_is_put_in_order_added_to_and_taken_from(world: World, http: httpx.Client) -> None:
    world.register(FULL)
    sign_in(world, http, Role.PROPERTY)
    fields = fields_of(http.get("/person", params={"id": "he"}).text)
    fields.update({"contact-0-order": "9", "contact-1-remove": "1", "contact-3-url": "wecom://${WECOM_KEY}"})
    http.post("/person", params={"id": "he"}, data=fields)
    contacts = world.person("he").contacts
    assert [(one.id, one.url) for one in contacts] == [
        ("he-inbox", "inbox://he"),
        ("he-wecom-2", "wecom://${WECOM_KEY}"),
        ("he-wecom", SECRET),
    ]


@pytest.mark.usefixtures("core")
def test_a_new_person_is_put_once_however_often_the_form_is_sent(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    wanted = {"form": form, "name": "赵师傅", "id": "zhao", "agreed": "1", "contact-0-url": "inbox://zhao"}
    assert http.post("/person", data=wanted).headers["location"] == "/person?id=zhao&said=saved"
    assert world.person("zhao").contacts == (Contact(id="zhao-inbox", url="inbox://zhao"),)
    assert http.post("/person", data=wanted).status_code == 303
    again = http.post("/person", data={**wanted, "name": "钱师傅"})
    assert again.status_code == 422
    assert "这个编号已经有人用了" in again.text


@pytest.mark.usefixtures("core")
def test_somebody_without_an_id_is_given_one_by_the_page(world: World, http: httpx.Client) -> None:
    sign_in(world, http, Role.PROPERTY)
    wanted = fields_of(http.get("/person").text) | {"name": "周阿姨"}
    first = http.post("/person", data=wanted).headers["location"]
    assert http.post("/person", data=wanted).headers["location"] == first
    assert [one.person.id for one in world.commands() if isinstance(one, PutPerson)] == [wanted["fresh"]] * 2


def test_mistakes_stand_beside_their_fields_and_nothing_typed_is_lost(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    typed = {
        "form": form,
        "name": "",
        "id": "Ж",
        "phone": "021-1234",
        "contact-0-url": "no address",
        "hours-0-from": "08:00",
        "night_calls": "many",
        "leave-0-from": "tomorrow",
        "skills": "急救",
    }
    answer = http.post("/person", data=typed)
    assert answer.status_code == 422
    for mistake in (
        "请填写姓名",
        "编号只用",
        "写成 渠道://地址",
        "开始和结束都要填",
        "不是有效的数字",
        "请选日期和时间",
    ):
        assert mistake in answer.text, mistake
    for value in ("021-1234", "no address", "08:00", "many", "急救"):
        assert f'value="{value}"' in answer.text, value
    assert world.commands() == []


@pytest.mark.usefixtures("core")
def test_what_the_core_refuses_is_said_in_its_words(world: World, http: httpx.Client) -> None:
    world.register(FULL)
    sign_in(world, http, Role.PROPERTY)
    fields = fields_of(http.get("/person", params={"id": "he"}).text)
    fields.update({"leave-0-to": "2020-01-01T00:00", "phone": "021-9"})
    answer = http.post("/person", params={"id": "he"}, data=fields)
    assert answer.status_code == 409
    assert "a leave ends before it begins" in answer.text
    assert 'value="021-9"' in answer.text
    assert world.person("he") == FULL


@pytest.mark.usefixtures("core")
def test_nobody_overwrites_what_they_have_not_seen(world: World, http: httpx.Client) -> None:
    world.register(FULL)
    sign_in(world, http, Role.PROPERTY)
    fields = {**fields_of(http.get("/person", params={"id": "he"}).text), "name": "何医生"}
    world.register(msgspec.structs.replace(FULL, phone="110", home_until_ms=NIGHT_MS + MINUTE))
    answer = http.post("/person", params={"id": "he"}, data=fields)
    assert answer.status_code == 409
    assert "刚被别人改过" in answer.text
    http.post("/person", params={"id": "he"}, data=fields_of(answer.text))
    assert (world.person("he").name, world.person("he").home_until_ms) == ("何医生", NIGHT_MS + MINUTE)


@pytest.mark.usefixtures("core")
def test_somebody_with_shifts_is_not_removed_and_it_is_said_which(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    answer = http.post("/person/remove", data={"form": form, "person": "wu"})
    assert answer.status_code == 409
    assert "person wu still has duty d1" in answer.text
    world.register(FULL)
    assert http.post("/person/remove", data={"form": form, "person": "he"}).headers["location"] == "/people?said=saved"
    assert http.get("/person", params={"id": "he"}).status_code == 404


@pytest.mark.usefixtures("core")
def test_erasing_needs_the_box_and_takes_the_person_out(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    assert http.post("/person/erase", data={"form": form, "person": "li"}).status_code == 422
    http.post("/person/erase", data={"form": form, "person": "li", "sure": "1"})
    assert world.commands() == [ErasePerson(actor="console", person="li")]
    assert "李秀英" not in http.get("/people").text


@pytest.mark.usefixtures("core")
def test_a_test_shows_its_result_when_its_receipt_comes(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    answer = http.post("/person/test", data={"form": form, "person": "li", "contact": "li-inbox"})
    assert world.commands() == [TellTest(actor="console", person="li", contact="li-inbox")]
    page = http.get(answer.headers["location"]).text
    assert "正在发送" in page
    assert 'http-equiv="refresh"' in page
    test = Notification(
        id=990_000,
        incident=0,
        person="li",
        role="",
        purpose=Purpose.TEST,
        severity=Severity.INFO,
        created_ms=NIGHT_MS,
        state=NotificationState.SENT,
        contact="li-inbox",
        sent_ms=NIGHT_MS + 900,
    )
    world.notification(test)
    page = http.get("/person", params={"id": "li"}).text
    assert "对方已接收" in page
    assert 'http-equiv="refresh"' not in page


def test_the_list_says_how_contacts_do_and_who_can_be_told(world: World, http: httpx.Client) -> None:
    world.register(
        Person(id="a", name="睡着的人", sleep=Window(from_minute=0, to_minute=360)),
        Person(id="b", name="请假的人", leave=(Leave(from_ms=0, until_ms=NIGHT_MS + MINUTE),)),
        Person(id="c", name="拒绝的人", agreed=False),
        Person(id="d", name="在家的人", home_until_ms=NIGHT_MS + MINUTE),
        Person(id="e", name="下班的人", hours=(Window(from_minute=480, to_minute=1080),)),
        FULL,
    )
    world.health(ContactHealth(person="he", contact="he-sms", day="2024-05-11", failures=3, code="isv.LIMIT"))
    world.health(ContactHealth(person="li", contact="li-inbox", day="2024-05-10", failures=7, proven_ms=NIGHT_MS))
    sign_in(world, http, Role.PROPERTY)
    page = http.get("/people").text
    for said in (
        "休息中",
        "请假中",
        "不接收通知",
        "在家,可以叫",
        "不在接收时段",
        "可以通知",
        "今天失败3次 (isv.LIMIT)",
    ):
        assert said in page, said
    assert "今天失败7次" not in page, "that was yesterday"


def test_only_whoever_keeps_the_registry_gets_the_form(world: World, http: httpx.Client) -> None:
    sign_in(world, http, Role.COMMITTEE)
    page = http.get("/people").text
    assert "李秀英" not in page
    assert "登记了 4 人" in page
    assert http.get("/person", params={"id": "li"}).status_code == 403
    assert http.post("/person", data={"form": token_of(http.get("/login").text), "name": "x"}).status_code == 403
    assert not any(isinstance(one, PutPerson) for one in world.commands())
