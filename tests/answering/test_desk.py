"""The desk against a real store: who, which incident, one command, and a reply that says who else goes."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager

import msgspec
import pytest
from sqlalchemy import Connection

from hub.answering.desk import Desk
from hub.answering.port import Answered, Incoming
from hub.core.commands import Accept, Arrive, AskHelp, Decline, SayFalse
from hub.delivery.cards import answer_word
from hub.delivery.links import LinkClaim
from hub.delivery.live import answer_key
from hub.errors import StoreError
from hub.model import Contact, Person
from tests.answering.compound import COMMUNITY, LINKS, Compound
from tests.delivery.notices import message as notice_message

HELLO = "1我去 2去不了"


def said(desk: Desk, text: str = "", **more: object) -> Answered:
    return asyncio.run(desk.answer(message(text, **more)))


_keys = iter(range(1_000_000))


def message(text: str = "", **more: object) -> Incoming:
    fields: dict[str, object] = {"channel": "wecombot", "member": "wang", "at_ms": 1, "message_key": f"m{next(_keys)}"}
    return Incoming(text=text, **{**fields, **more})  # type: ignore[arg-type]  # the fields of Incoming, by name


def test_one_is_an_accept_and_the_reply_counts(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang", "li")
    reply = said(compound.desk(), "1")
    assert compound.commands == [Accept(actor="wang", incident=7, via="wecom")]
    assert reply.text == "已记录:你去。已去1人,还缺1人。目前没有别人去。"
    assert [one.key for one in reply.buttons] == [
        answer_key(choice, COMMUNITY, 7) for choice in ("arrive", "ask_help", "decline")
    ]


def test_the_reply_says_who_else_goes_by_role(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "li", "wang", "zhao")
    compound.goes(7, "li", "zhao", "a stranger")
    reply = said(compound.desk(), "我去")
    assert reply.text == "已记录:你去。已去4人,还缺0人。另有:物业、志愿者、人员。"


def test_the_reply_speaks_their_language(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang", language="en")
    compound.incident(7, "wang", "li")
    compound.goes(7, "li")
    assert said(compound.desk(), "1").text == "Noted: you go. 2 going, 0 more needed. Also going: volunteers."


def test_what_is_so_already_writes_nothing(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")
    desk = compound.desk()
    said(desk, "1")
    reply = said(desk, choice=answer_key("accept", COMMUNITY, 7))
    assert reply.text.startswith("早已记录:你去。已去1人")
    assert len(compound.commands) == 1


def test_false_and_help_are_written_once(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")
    desk = compound.desk()
    said(desk, "3")
    assert "早已记录" in said(desk, "误报").text
    said(desk, "求助")
    assert "早已求助" in said(desk, "help").text
    assert [type(one) for one in compound.commands] == [SayFalse, AskHelp]


def test_the_same_message_twice_is_one_command_even_at_once(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")

    async def twice() -> tuple[Answered, Answered, Answered]:
        desk = compound.desk()
        same = message("1", message_key="same")
        first, second = await asyncio.gather(desk.answer(same), desk.answer(same))
        return first, second, await desk.answer(same)

    first, second, third = asyncio.run(twice())
    assert first == second == third
    assert len(compound.commands) == 1


def test_then_they_arrive(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")
    compound.incident(9, "wang")
    compound.goes(7, "wang")
    reply = said(compound.desk(), "已到")
    assert compound.commands == [Arrive(actor="wang", incident=7, via="wecom")]
    assert reply.text.startswith("已记录:你已到场")


def test_the_newest_is_meant_and_the_others_are_listed(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    for id in (7, 8, 9):
        compound.incident(id, "wang")
    desk = compound.desk()
    reply = said(desk, "1")
    assert "还有2件等你答复:" in reply.text
    assert "1)6号楼烟感报警" in reply.text
    assert "1203" not in reply.text
    said(desk, "1 2")
    said(desk, "2 1")
    assert compound.commands == [
        Accept(actor="wang", incident=9, via="wecom"),
        Accept(actor="wang", incident=7, via="wecom"),
        Decline(actor="wang", incident=8, via="wecom"),
    ]


def test_the_second_of_a_list_never_shown_is_the_second_newest(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")
    compound.incident(8, "wang")
    said(compound.desk(), "1 2")
    assert compound.commands == [Accept(actor="wang", incident=7, via="wecom")]


def test_a_new_incident_does_not_move_the_list_that_was_shown(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")
    compound.incident(8, "wang")
    desk = compound.desk()
    assert "1)6号楼" in said(desk, "你好").text
    compound.incident(9, "wang")
    said(desk, "1 2")
    assert compound.commands == [Accept(actor="wang", incident=7, via="wecom")]


def test_there_is_no_number_five(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")
    assert said(compound.desk(), "1 5").text == "没有第5件。"
    assert compound.commands == []


def test_what_is_not_understood_is_told_how(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")
    reply = said(compound.desk(), "收到")
    assert HELLO in reply.text
    assert "6号楼烟感报警" in reply.text
    assert [one.text for one in reply.buttons] == ["我去", "去不了"]
    assert compound.commands == []


def test_nothing_is_open(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "li")
    assert said(compound.desk(), "1").text == "现在没有等你答复的事。"


def test_a_stranger_learns_the_name_of_the_hub_and_nothing_else(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")
    for more in ({"member": "mallory"}, {"channel": "dingtalkapp"}, {"member": ""}):
        reply = said(compound.desk(), "1", **more)
        assert "桂花园告警中枢" in reply.text
        assert "6号楼" not in reply.text
        assert reply.buttons == ()
    assert compound.commands == []


def test_a_button_of_somebody_elses_message_does_nothing(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "li")
    compound.incident(8, "wang")
    for key in (answer_key("accept", COMMUNITY, 7), answer_key("accept", COMMUNITY, 77)):
        assert said(compound.desk(), choice=key).text == "这件事没有通知过你。"
    assert compound.commands == []


def test_a_button_of_what_is_over(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")
    compound.incident(8, "wang")
    compound.change(7, closed_ms=99)
    assert said(compound.desk(), choice=answer_key("accept", COMMUNITY, 7)).text == "这件事已经结束,不用去了。"
    assert compound.commands == []


def test_a_token_says_who_where_nobody_else_does(compound: Compound) -> None:
    compound.person("wang", "ntfy://topic")
    compound.incident(7, "wang")
    compound.incident(8, "wang")
    token = LINKS.token(LinkClaim(COMMUNITY, 7, "wang"))
    said(compound.desk(), channel="ntfy", member="", choice="1", token=token)
    assert compound.commands == [Accept(actor="wang", incident=7, via="push")]


@pytest.mark.parametrize("token", ["", "forged", "WyJndWlodWEiLDcsIndhbmciXQ.forged"])
def test_a_forged_token_is_a_stranger(compound: Compound, token: str) -> None:
    compound.person("wang", "ntfy://topic")
    compound.incident(7, "wang")
    assert "桂花园告警中枢" in said(compound.desk(), channel="ntfy", member="", choice="1", token=token).text
    assert compound.commands == []


def test_the_member_goes_before_the_token(compound: Compound) -> None:
    """A card that was passed on: whoever pressed it is who answers."""
    compound.person("wang", "wecombot://wang")
    compound.person("li", "wecombot://li")
    compound.incident(7, "wang", "li")
    token = LINKS.token(LinkClaim(COMMUNITY, 7, "li"))
    said(compound.desk(), choice=f"1:{token}")
    assert compound.commands == [Accept(actor="wang", incident=7, via="wecom")]


@pytest.mark.parametrize("number", ["13800138000", "+8613800138000", "86 138-0013-8000", "008613800138000"])
def test_an_sms_belongs_to_whose_number_it_is(compound: Compound, number: str) -> None:
    compound.person("wang", "modemsms://+8613800138000")
    compound.person("li", "alisms://13900139000?sign=x")
    compound.incident(7, "wang", "li")
    said(compound.desk(), "1", channel="modem", member=number)
    assert compound.commands == [Accept(actor="wang", incident=7, via="sms")]


@pytest.mark.parametrize("number", ["10086", "3800138000", "138001380001", "95588", ""])
def test_any_other_number_is_a_stranger(compound: Compound, number: str) -> None:
    compound.person("wang", "modemsms://13800138000")
    compound.incident(7, "wang")
    assert "桂花园告警中枢" in said(compound.desk(), "1", channel="modem", member=number).text


def test_a_command_that_is_not_stepped_in_time_is_said_to_be_under_way(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")
    compound.steps = False
    assert said(compound.desk(within_ms=20), "1").text == "已收到,正在记录。"
    assert len(compound.commands) == 1


def test_a_refused_command_is_said(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")
    compound.refuses = "unknown_subject"
    assert "请打电话给值班室" in said(compound.desk(), "1").text


def test_a_store_that_is_down_is_asked_again_when_the_message_comes_again(
    compound: Compound, monkeypatch: pytest.MonkeyPatch
) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")
    write, tries = compound.write_command, iter([StoreError("down")])

    def once_down(community: str, command: object) -> int:
        for error in tries:
            raise error
        return write(community, command)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(compound, "write_command", once_down)

    async def twice() -> list[str]:
        desk = compound.desk()
        same = message("1", message_key="same")
        return [(await desk.answer(same)).text for _ in range(2)]

    first, second = asyncio.run(twice())
    assert "请打电话给值班室" in first
    assert second.startswith("已记录:你去")
    assert len(compound.commands) == 1


def test_a_group_account_answers_nothing(compound: Compound) -> None:
    """Its token and its member stand for several people."""
    shared = (Contact(id="c", url="ntfy://topic", group=True), Contact(id="d", url="wecombot://wang", group=True))
    compound.put("person", "crew", Person(id="crew", name="crew", contacts=shared))
    compound.incident(7, "crew")
    token = LINKS.token(LinkClaim(COMMUNITY, 7, "crew"))
    for more in ({"channel": "ntfy", "member": "", "choice": "1", "token": token}, {"text": "1"}):
        assert "桂花园告警中枢" in said(compound.desk(), **more).text
    assert compound.commands == []


def test_in_a_storm_what_they_accepted_is_still_theirs(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    for id in range(1, 61):
        compound.incident(id, "wang")
    compound.goes(1, "wang")
    said(compound.desk(), "到场")
    assert compound.commands == [Arrive(actor="wang", incident=1, via="wecom")]


def test_a_bug_is_not_remembered_as_an_answer(compound: Compound, monkeypatch: pytest.MonkeyPatch) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")
    reader, tries = compound.reader, iter([ZeroDivisionError()])

    def once_broken() -> AbstractContextManager[Connection]:
        for error in tries:
            raise error
        return reader()

    monkeypatch.setattr(compound, "reader", once_broken)

    async def twice() -> Answered:
        desk = compound.desk()
        same = message("1", message_key="same")
        with pytest.raises(ZeroDivisionError):
            await desk.answer(same)
        return await desk.answer(same)

    assert asyncio.run(twice()).text.startswith("已记录:你去")


@pytest.mark.parametrize(("number", "command"), [("1", Accept), ("2", Decline)])
def test_the_buttons_of_other_senders_are_understood(
    compound: Compound, number: str, command: type[Accept | Decline]
) -> None:
    compound.person("wang", "wecomapp://wang")
    compound.incident(7, "wang")
    compound.incident(8, "wang")
    sent = msgspec.structs.replace(notice_message(), token=LINKS.token(LinkClaim(COMMUNITY, 7, "wang")))
    said(compound.desk(), channel="wecomapp", choice=answer_word(number, sent))
    assert compound.commands == [command(actor="wang", incident=7, via="wecom")]
