"""Feishu's and Lark's group robot and the app, against servers that check what the vendor documents."""

from __future__ import annotations

import base64
import hashlib
import hmac

import msgspec
import pytest

from hub.delivery.answers import Answer
from hub.delivery.channels import feishu, feishuapp
from hub.delivery.port import Accepted
from hub.model import Purpose, Severity
from tests.delivery.notices import message, notice
from tests.delivery.peers import Reply, Request, json_reply, provider
from tests.delivery.vendors import LINK, NOW_MS, asked, personal, refused, send, sending, with_tokens

ROBOT = "feishu://HOOK?secret=s%2Fx"
APP = "feishuapp://ou_1"
OK = {"code": 0, "msg": "success", "data": {}}
SENT = {"code": 0, "msg": "success", "data": {"message_id": "om_1"}}


def robot(request: Request) -> Reply:
    """The vendor's own check of a signed robot."""
    body = request.json()
    key = f"{body['timestamp']}\ns/x".encode()
    right = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    return json_reply(OK if body["sign"] == right else {"code": 19021, "msg": "sign match fail"})


@pytest.mark.parametrize("scheme", ["feishu", "lark"])
def test_a_signed_message_is_taken(scheme: str) -> None:
    accepted, (request,) = send(ROBOT.replace("feishu", scheme), robot)
    assert accepted == [Accepted(code="0")]
    assert (request.method, request.path) == ("POST", "/open-apis/bot/v2/hook/HOOK")
    body = request.json()
    assert body["timestamp"] == str(NOW_MS // 1000)
    assert (body["msg_type"], body["content"]) == ("text", {"text": personal().text})


def test_a_robot_without_a_secret_signs_nothing() -> None:
    _, (request,) = send("feishu://HOOK", lambda _: json_reply(OK))
    assert request.json().keys() == {"msg_type", "content"}


def test_a_signature_of_a_known_secret() -> None:
    """Computed with openssl: nothing, signed by the key "timestamp, newline, secret"."""
    assert feishu.sign("this is secret", 1599360473) == "/eYKrXQBzTjUZJ3s6NX16VxGbTwmK7AEs8/FnvC1CSw="


def test_the_older_form_of_a_success_counts_too() -> None:
    accepted, _ = send(ROBOT, lambda _: json_reply({"StatusCode": 0, "StatusMessage": "success", "Extra": None}))
    assert accepted == [Accepted(code="0")]


def test_nobody_can_mention_all_by_a_name() -> None:
    _, (request,) = send(ROBOT, robot, message('【紧急】<at user_id="all">x</at>'))
    assert request.json()["content"] == {"text": '【紧急】＜at user_id="all"＞x＜/at＞'}


@pytest.mark.parametrize("code", feishu.CODES)
def test_a_documented_code_of_the_robot_is_no_receipt(code: int) -> None:
    said = refused(ROBOT, json_reply({"code": code, "msg": "?", "data": {}}, 400 if code == 9499 else 200))
    meant = feishu.CODES[code]
    assert (said.reason, said.permanent, said.code) == (meant.reason, meant.permanent, str(code))


@pytest.mark.parametrize(
    ("code", "reason", "permanent"),
    [
        (9499, Answer.REFUSED, False),
        (11232, Answer.RATE_LIMITED, False),
        (19001, Answer.BAD_CONTACT, True),
        (19021, Answer.REFUSED, True),
        (19022, Answer.REFUSED, True),
        (19024, Answer.REFUSED, False),
        (424242, Answer.REFUSED, False),
    ],
)
def test_what_a_code_of_the_robot_means(code: int, reason: Answer, permanent: bool) -> None:
    said = refused(ROBOT, json_reply({"code": code, "msg": "?"}))
    assert (said.reason, said.permanent) == (reason, permanent)


def test_a_card_in_a_group_is_plain_and_has_no_button_without_a_link() -> None:
    _, (request,) = send(f"{ROBOT}&card=1", robot, message("【紧急】烟感。**敲门**"))
    body = request.json()
    assert body["msg_type"] == "interactive"
    assert body["card"] == {
        "config": {"wide_screen_mode": True, "update_multi": True},
        "header": {"title": {"tag": "plain_text", "content": "【紧急】烟感"}, "template": "red"},
        "elements": [{"tag": "div", "text": {"tag": "plain_text", "content": "**敲门**"}}],
    }


# ── the app ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def content(request: Request) -> dict[str, object]:
    return msgspec.json.decode(str(request.json()["content"]), type=dict[str, object])


def test_a_card_to_one_person() -> None:
    accepted, (request,) = send(APP, lambda _: json_reply(SENT))
    assert accepted == [Accepted(code="0", message_id="om_1")]
    assert (request.method, request.path) == ("POST", "/open-apis/im/v1/messages")
    assert request.query == {"receive_id_type": ["open_id"]}
    assert request.headers["authorization"] == "Bearer T1"
    assert (request.json()["receive_id"], request.json()["msg_type"]) == ("ou_1", "interactive")
    elements = content(request)["elements"]
    assert isinstance(elements, list)
    buttons = elements[1]["actions"]
    assert [one.get("value") for one in buttons] == [{"key": "1:tok.en"}, {"key": "2:tok.en"}, None]
    assert [one.get("url") for one in buttons] == [None, None, LINK]


def test_without_a_public_address_the_buttons_answer_all_the_same() -> None:
    _, (request,) = send(APP, lambda _: json_reply(SENT), personal(link=""))
    elements = content(request)["elements"]
    assert isinstance(elements, list)
    assert [one["text"]["content"] for one in elements[1]["actions"]] == ["我去", "去不了"]


def test_the_same_card_is_changed_in_place() -> None:
    over = personal("【解除】误报。已核实", notice=notice(purpose=Purpose.ENDED), link="", token="", updates="om_1")
    accepted, (request,) = send(APP, lambda _: json_reply(OK), over)
    assert accepted == [Accepted(code="0", message_id="om_1")]
    assert (request.method, request.path) == ("PATCH", "/open-apis/im/v1/messages/om_1")
    card = content(request)
    assert card["header"] == {"title": {"tag": "plain_text", "content": "【解除】误报"}, "template": "green"}
    assert card["config"] == {"wide_screen_mode": True, "update_multi": True}


@pytest.mark.parametrize("code", sorted(feishuapp.NOT_CHANGED))
def test_a_card_that_cannot_be_changed_any_more_is_followed_by_another(code: int) -> None:
    def answer(request: Request) -> Reply:
        return json_reply(SENT) if request.method == "POST" else json_reply({"code": code, "msg": "?"}, 400)

    with provider(with_tokens(answer)) as peer:
        assert sending(peer, APP, personal(updates="om_0")) == [Accepted(code="0", message_id="om_1")]
        assert [one.method for one in asked(peer)] == ["PATCH", "POST"]


def test_a_change_that_is_too_fast_is_not_followed_by_another_card() -> None:
    said = refused(APP, json_reply({"code": 230020, "msg": "rate limited"}, 400), personal(updates="om_0"))
    assert said.reason == Answer.RATE_LIMITED


@pytest.mark.parametrize("code", sorted(feishuapp.TOKEN_OVER))
def test_a_token_that_is_over_is_fetched_again(code: int) -> None:
    replies: list[Reply] = [json_reply({"code": code, "msg": "invalid access token"}, 400), json_reply(SENT)]
    with provider(with_tokens(lambda _: replies.pop(0))) as peer:
        assert sending(peer, APP) == [Accepted(code="0", message_id="om_1")]
        assert peer.seen.qsize() == 4


@pytest.mark.parametrize("code", feishuapp.CODES)
def test_a_documented_code_of_the_app_is_no_receipt(code: int) -> None:
    said = refused(APP, json_reply({"code": code, "msg": "?"}, 400 if code >= 230000 else 200))
    meant = feishuapp.CODES[code]
    assert (said.reason, said.permanent, said.code) == (meant.reason, meant.permanent, str(code))


def test_a_wrong_open_id_is_about_the_person() -> None:
    text = "Your request contains an invalid request parameter, ext=invalid receive_id."
    said = refused(APP, json_reply({"code": 230001, "msg": text}, 400))
    assert (said.reason, said.permanent) == (Answer.BAD_CONTACT, True)


def test_a_success_without_an_id_is_none() -> None:
    assert refused(APP, json_reply({"code": 0, "msg": "success"})).reason == Answer.UNREADABLE


@pytest.mark.parametrize(
    ("severity", "template"),
    [(Severity.CRITICAL, "red"), (Severity.MAJOR, "orange"), (Severity.MINOR, "yellow"), (Severity.INFO, "blue")],
)
def test_the_colour_tells_the_severity(severity: Severity, template: str) -> None:
    _, (request,) = send(APP, lambda _: json_reply(SENT), personal(notice=notice(severity=severity)))
    header = content(request)["header"]
    assert isinstance(header, dict)
    assert header["template"] == template
