"""DingTalk's group robot and its app, against servers that check what the vendor documents."""

from __future__ import annotations

import base64
import hashlib
import hmac

import msgspec
import pytest

from hub.delivery.answers import Answer
from hub.delivery.channels import dingtalk, dingtalkapp
from hub.delivery.port import Accepted
from tests.delivery.notices import message
from tests.delivery.peers import Reply, Request, json_reply, provider
from tests.delivery.vendors import LINK, NOW_MS, personal, refused, send, sending, with_tokens

ROBOT = "dingtalk://TOKEN?secret=SECabc"
APP = "dingtalkapp://u1"
OK = {"errcode": 0, "errmsg": "ok"}
APP_OK = {"processQueryKey": "Q1", "invalidStaffIdList": [], "flowControlledStaffIdList": []}


def robot(request: Request) -> Reply:
    """The vendor's own check of a signed robot."""
    if request.query.get("access_token") != ["TOKEN"]:
        return json_reply({"errcode": 400101, "errmsg": "token is not exist"})
    (timestamp,), (sign,) = request.query["timestamp"], request.query["sign"]
    text = f"{timestamp}\nSECabc".encode()
    right = base64.b64encode(hmac.new(b"SECabc", text, hashlib.sha256).digest()).decode()
    return json_reply(OK if sign == right else {"errcode": 310000, "errmsg": "sign not match, more: [x]"})


def test_a_signed_message_is_taken() -> None:
    accepted, (request,) = send(ROBOT, robot)
    assert accepted == [Accepted(code="0")]
    assert (request.method, request.path, request.query["timestamp"]) == ("POST", "/robot/send", [str(NOW_MS)])
    assert request.json() == {"msgtype": "text", "text": {"content": personal().text}}


def test_a_wrong_secret_is_told_as_such() -> None:
    said = refused(
        "dingtalk://TOKEN?secret=other", json_reply({"errcode": 310000, "errmsg": "sign not match, more: [x]"})
    )
    assert (said.reason, said.code, said.permanent) == (Answer.REFUSED, "310000 sign", True)


def test_a_signature_of_a_known_secret() -> None:
    """Computed once with openssl: printf '1577262236757\\nthis is secret' | openssl dgst -sha256 -hmac 'this is secret'."""
    assert dingtalk.sign("this is secret", 1577262236757) == "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="


def test_a_robot_without_a_secret_signs_nothing() -> None:
    _, (request,) = send("dingtalk://TOKEN", lambda _: json_reply(OK))
    assert request.query == {"access_token": ["TOKEN"]}


@pytest.mark.parametrize(
    ("errmsg", "code", "permanent"),
    [
        ("keywords not in content, more: [x]", "310000 keyword", False),
        ("sign not match, more: [x]", "310000 sign", True),
        ("invalid timestamp, more: [x]", "310000 timestamp", True),
        ("ip 203.0.113.7 not in whitelist", "310000 ip", True),
        ("something new", "310000", False),
    ],
)
def test_which_check_of_the_robot_failed(errmsg: str, code: str, permanent: bool) -> None:
    said = refused(ROBOT, json_reply({"errcode": 310000, "errmsg": errmsg}))
    assert (said.reason, said.code, said.permanent) == (Answer.REFUSED, code, permanent)


@pytest.mark.parametrize("code", dingtalk.CODES)
def test_a_documented_code_of_the_robot_is_no_receipt(code: int) -> None:
    said = refused(ROBOT, json_reply({"errcode": code, "errmsg": "?"}))
    meant = dingtalk.CODES[code]
    assert (said.reason, said.permanent, said.retry_after) == (meant.reason, meant.permanent, meant.retry_after)
    assert said.code == str(code)


@pytest.mark.parametrize("code", [410100, 130101])
def test_too_fast_means_ten_minutes(code: int) -> None:
    said = refused(ROBOT, json_reply({"errcode": code, "errmsg": "send too fast, exceed 20 times per minute"}))
    assert (said.reason, said.retry_after) == (Answer.RATE_LIMITED, 600)


def test_a_card_has_one_button_and_no_markup_of_what_people_typed() -> None:
    sent = personal("【紧急】[点我](http://evil)。<b>")
    _, (request,) = send(f"{ROBOT}&card=1", lambda _: json_reply(OK), sent)
    body = request.json()
    assert body["msgtype"] == "actionCard"
    assert body["actionCard"] == {
        "title": sent.title,
        "text": "【紧急】［点我］(http://evil)。＜b＞",
        "singleTitle": "点开处理",
        "singleURL": LINK,
    }


def test_without_a_link_a_card_is_text() -> None:
    _, (request,) = send(f"{ROBOT}&card=1", lambda _: json_reply(OK), message())
    assert request.json()["msgtype"] == "text"


# ── the app ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_text_to_one_person() -> None:
    accepted, (request,) = send(APP, lambda _: json_reply(APP_OK))
    assert accepted == [Accepted(code="0", message_id="Q1")]
    assert (request.method, request.path) == ("POST", "/v1.0/robot/oToMessages/batchSend")
    assert request.headers["x-acs-dingtalk-access-token"] == "T1"
    body = request.json()
    assert (body["robotCode"], body["userIds"], body["msgKey"]) == ("ding1", ["u1"], "sampleText")
    assert msgspec.json.decode(str(body["msgParam"])) == {"content": personal().text}


def test_a_card_to_one_person() -> None:
    _, (request,) = send(f"{APP}?card=1", lambda _: json_reply(APP_OK))
    body = request.json()
    assert body["msgKey"] == "sampleActionCard"
    assert msgspec.json.decode(str(body["msgParam"]), type=dict[str, str])["singleURL"] == LINK


@pytest.mark.parametrize("code", sorted(dingtalkapp.TOKEN_OVER))
def test_a_token_that_is_over_is_fetched_again(code: str) -> None:
    replies: list[Reply] = [json_reply({"code": code, "message": "不合法的access_token"}, 400), json_reply(APP_OK)]
    with provider(with_tokens(lambda _: replies.pop(0))) as peer:
        assert sending(peer, APP) == [Accepted(code="0", message_id="Q1")]
        assert peer.seen.qsize() == 4


@pytest.mark.parametrize("code", dingtalkapp.CODES)
def test_a_documented_code_of_the_app_is_no_receipt(code: str) -> None:
    status = 403 if code.startswith("Forbidden") else 400
    said = refused(APP, json_reply({"code": code, "message": "?", "requestid": "r"}, status))
    meant = dingtalkapp.CODES[code]
    assert (said.reason, said.permanent, said.code) == (meant.reason, meant.permanent, code)


@pytest.mark.parametrize(
    ("field", "reason", "permanent"),
    [("invalidStaffIdList", Answer.BAD_CONTACT, True), ("flowControlledStaffIdList", Answer.RATE_LIMITED, False)],
)
def test_a_person_named_beside_http_200_was_not_sent_to(field: str, reason: Answer, permanent: bool) -> None:
    said = refused(APP, json_reply({**APP_OK, field: ["u1"]}))
    assert (said.reason, said.code, said.permanent) == (reason, field, permanent)


def test_throttling_of_any_kind_is_a_limit() -> None:
    assert refused(APP, json_reply({"code": "Throttling.Api"}, 400)).reason == Answer.RATE_LIMITED


def test_lists_that_are_null_are_empty() -> None:
    accepted, _ = send(APP, lambda _: json_reply({"processQueryKey": "Q1", "invalidStaffIdList": None}))
    assert accepted[0].message_id == "Q1"
