"""The WeCom app, against a server that checks what the vendor documents."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from hub.config import AccountsConfig, WecomAppConfig
from hub.delivery.answers import Answer
from hub.delivery.channels.wecomapp import CODES, PER_MINUTE, refusal
from hub.delivery.port import Accepted, Message
from hub.delivery.senders import open_channel
from hub.errors import DeliveryError
from hub.model import Purpose
from tests.delivery.notices import message, notice
from tests.delivery.peers import Reply, Request, json_reply, provider
from tests.delivery.vendors import LINK, NOW_MS, asked, personal, refused, send, sending, tools, with_tokens

OK = json_reply({"errcode": 0, "errmsg": "ok", "invaliduser": "", "msgid": "m1"})
CARD_OK = json_reply({"errcode": 0, "errmsg": "ok", "msgid": "m1", "response_code": "RC1"})


def ended(updates: str = "") -> Message:
    over = notice(purpose=Purpose.ENDED)
    return personal("【解除】6号楼12层烟感:误报。请勿再前往", link="", token="", notice=over, updates=updates)


def test_text_to_one_member() -> None:
    accepted, (request,) = send("wecomapp://wang", lambda _: OK)
    assert accepted == [Accepted(code="0")]
    assert (request.method, request.path, request.query) == ("POST", "/message/send", {"access_token": ["T1"]})
    assert request.json() == {
        "touser": "wang",
        "msgtype": "text",
        "agentid": 1000002,
        "text": {"content": personal().text},
        "safe": 0,
    }


def test_one_token_serves_all_messages() -> None:
    with provider(with_tokens(lambda _: OK)) as peer:
        sending(peer, "wecomapp://wang", message(), message())
        assert [one.path for one in list(peer.seen.queue)] == ["/gettoken", "/message/send", "/message/send"]


@pytest.mark.parametrize("code", [40014, 42001, 41001])
def test_a_token_that_is_over_is_fetched_again_and_the_message_goes_out(code: int) -> None:
    replies: list[Reply] = [json_reply({"errcode": code, "errmsg": "expired"}), OK]
    with provider(with_tokens(lambda _: replies.pop(0))) as peer:
        assert sending(peer, "wecomapp://wang") == [Accepted(code="0")]
        paths = [one.path for one in list(peer.seen.queue)]
    assert paths == ["/gettoken", "/message/send", "/gettoken", "/message/send"]


@pytest.mark.parametrize("code", CODES)
def test_a_documented_code_is_no_receipt(code: int) -> None:
    said = refused("wecomapp://wang", json_reply({"errcode": code, "errmsg": "?"}))
    meant = CODES[code]
    assert (said.reason, said.permanent, said.retry_after) == (meant.reason, meant.permanent, meant.retry_after)
    assert said.code == str(code)


@pytest.mark.parametrize(
    ("code", "reason", "permanent"),
    [
        (40001, Answer.REFUSED, True),
        (60020, Answer.REFUSED, True),
        (81013, Answer.BAD_CONTACT, True),
        (45009, Answer.RATE_LIMITED, False),
        (42001, Answer.REFUSED, False),
        (-1, Answer.PROVIDER_DOWN, False),
        (987654, Answer.REFUSED, False),
    ],
)
def test_what_a_code_means(code: int, reason: Answer, permanent: bool) -> None:
    said = refused("wecomapp://wang", json_reply({"errcode": code, "errmsg": "?"}))
    assert (said.reason, said.permanent) == (reason, permanent)


@pytest.mark.parametrize(
    ("errmsg", "code"),
    [
        ("not allow to access from your ip, hint: [1], from ip: 203.0.113.7, more info at x", "60020 ip=203.0.113.7"),
        ("not allow to access from your ip, from ip: 2001:db8::7", "60020 ip=2001:db8::7"),
        ("not allow to access from your ip", "60020"),
    ],
)
def test_an_address_that_is_not_trusted_is_named_as_the_vendor_saw_it(errmsg: str, code: str) -> None:
    assert refusal(60020, errmsg).code == code


@pytest.mark.parametrize("field", ["invaliduser", "unlicenseduser"])
def test_a_member_named_beside_errcode_0_was_not_sent_to(field: str) -> None:
    said = refused("wecomapp://wang", json_reply({"errcode": 0, "errmsg": "ok", field: "wang"}))
    assert (said.reason, said.permanent, said.code) == (Answer.BAD_CONTACT, True, field)


def test_a_wrong_secret_is_said_at_the_token() -> None:
    with (
        provider(lambda _: json_reply({"errcode": 40001, "errmsg": "invalid credential"})) as peer,
        pytest.raises(DeliveryError) as caught,
    ):
        sending(peer, "wecomapp://wang")
    assert (caught.value.reason, caught.value.code, caught.value.permanent) == (Answer.REFUSED, "40001", True)


def test_a_card_opens_the_answer_page_and_can_be_updated_once() -> None:
    accepted, (request,) = send("wecomapp://wang?card=1", lambda _: CARD_OK)
    assert accepted == [Accepted(code="0", message_id="RC1")]
    card = request.json()["template_card"]
    assert isinstance(card, dict)
    assert card["card_type"] == "button_interaction"
    assert card["main_title"] == {"title": personal().title}
    assert card["sub_title_text"] == "①敲门"
    assert card["button_list"] == [{"text": "点开处理", "style": 1, "type": 1, "url": LINK}]
    assert str(card["task_id"]).endswith(f"-{NOW_MS}")
    assert str(card["task_id"]).replace("-", "").isalnum()


def test_a_card_without_anything_to_press_is_sent_as_text() -> None:
    _, (request,) = send("wecomapp://wang?card=1", lambda _: OK, message())
    assert request.json()["msgtype"] == "text"


def test_with_a_callback_the_card_answers_by_itself() -> None:
    account = WecomAppConfig(corp_id="ww1", agent_id=1, secret=SecretStr("s1"), callback_token=SecretStr("cb"))
    opened = open_channel(
        "wecomapp://wang?card=1", {}, tools("http://127.0.0.1:1", accounts=AccountsConfig(wecom_app=account))
    )
    assert opened.by_number
    card = opened.sender._template_card(personal())  # type: ignore[attr-defined]
    assert [(one["text"], one["key"]) for one in card["button_list"]] == [("我去", "1:tok.en"), ("去不了", "2:tok.en")]


def test_an_end_greys_the_button_of_the_card_that_is_there() -> None:
    accepted, (request,) = send("wecomapp://wang?card=1", lambda _: OK, ended(updates="RC1"))
    assert request.path == "/message/update_template_card"
    body = request.json()
    assert (body["userids"], body["agentid"], body["response_code"]) == (["wang"], 1000002, "RC1")
    card = body["template_card"]
    assert isinstance(card, dict)
    assert card["replace_text"] == "已结束"
    assert accepted == [Accepted(code="0")]  # its code is used up: the next one is another message


def test_a_card_that_cannot_be_updated_any_more_is_followed_by_another_message() -> None:
    def answer(request: Request) -> Reply:
        return OK if request.path == "/message/send" else json_reply({"errcode": 40058, "errmsg": "invalid code"})

    with provider(with_tokens(answer)) as peer:
        assert sending(peer, "wecomapp://wang?card=1", ended(updates="RC1")) == [Accepted(code="0")]
        first, second = asked(peer)
    assert (first.path, second.path) == ("/message/update_template_card", "/message/send")
    assert second.json()["msgtype"] == "text"


def test_a_text_is_never_updated() -> None:
    _, (request,) = send("wecomapp://wang", lambda _: OK, ended(updates="RC1"))
    assert request.path == "/message/send"


def test_thirty_a_minute_for_each_member() -> None:
    made = tools("http://127.0.0.1:1")
    one, other = (open_channel(f"wecomapp://{who}", {}, made).sender for who in ("wang", "li"))
    assert (one.per_minute, one.provider != other.provider) == (PER_MINUTE, True)
