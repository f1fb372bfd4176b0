"""ServerChan, Bark and PushDeer, against servers that answer as theirs do."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from hub.delivery.answers import Answer
from hub.delivery.port import Accepted, Message
from hub.delivery.senders import open_channel
from hub.delivery.tools import Tools
from hub.model import Purpose, Severity
from tests.delivery.notices import message, notice
from tests.delivery.peers import Reply, json_reply
from tests.delivery.vendors import LINK, personal, refused, send

SCT_OK = {"code": 0, "message": "", "data": {"pushid": "1", "readkey": "SCT", "error": "SUCCESS", "errno": 0}}
SC3_OK = {"code": 0, "message": "SUCCESS", "errno": 0, "data": {"pushid": 12, "meta": {}}}


# ── ServerChan ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("reply", [SCT_OK, SC3_OK])
def test_serverchan_takes_it(reply: dict[str, object]) -> None:
    long = message("【紧急】" + "很" * 40 + "。①敲门")
    accepted, (request,) = send("serverchan://SCT1", lambda _: json_reply(reply), long)
    assert accepted == [Accepted(code="0")]
    assert (request.method, request.path) == ("POST", "/SCT1.send")
    assert request.json() == {"title": long.title[:32], "desp": long.text}


@pytest.mark.parametrize(
    ("key", "url"),
    [
        ("SCT1", "https://sctapi.ftqq.com/SCT1.send"),
        ("sctp42tabc", "https://42.push.ft07.com/send/sctp42tabc.send"),
    ],
)
def test_the_key_tells_which_serverchan(key: str, url: str) -> None:
    sender = open_channel(f"serverchan://{key}", {}, Tools(now_ms=lambda: 0)).sender
    assert getattr(sender, "_url") == url  # noqa: B009  # the address is nobody else's business


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (json_reply({"code": 40001, "message": "[AUTH]用户不存在或者权限不足", "data": ""}, 400), "40001"),
        (json_reply({"code": 40001, "message": "超过当天的发送次数限制[5]", "data": []}, 400), "40001"),
        (json_reply({"code": 40011, "message": "title不能为空"}), "40011"),
        (json_reply({"code": 0, "message": "", "data": {"pushid": "1", "errno": 7}}), "errno 7"),
    ],
)
def test_serverchan_refuses(reply: Reply, code: str) -> None:
    said = refused("serverchan://SCT1", reply)
    assert (said.reason, said.code, said.permanent) == (Answer.REFUSED, code, False)


# ── Bark ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

BARK_OK = {"code": 200, "message": "success", "timestamp": 1772305980}


@pytest.mark.parametrize("contact", ["bark://KEY", "bark://KEY@HOST"])
def test_bark_takes_it(contact: str) -> None:
    accepted, (request,) = send(contact, lambda _: json_reply(BARK_OK))
    assert accepted == [Accepted(code="200")]
    assert (request.method, request.path) == ("POST", "/push")
    assert request.json() == {
        "device_key": "KEY",
        "title": personal().title,
        "body": personal().text,
        "group": "guihua",
        "level": "critical",
        "volume": 8,
        "url": LINK,
    }


@pytest.mark.parametrize(
    ("sent", "level"),
    [
        (personal(notice=notice(severity=Severity.MAJOR)), "timeSensitive"),
        (personal(notice=notice(severity=Severity.MINOR)), "active"),
        (personal(notice=notice(purpose=Purpose.ENDED)), "active"),
        (personal(notice=notice(test=True)), "active"),
        (personal(quiet=True), "passive"),
    ],
)
def test_only_what_is_urgent_breaks_through_silence(sent: Message, level: str) -> None:
    _, (request,) = send("bark://KEY", lambda _: json_reply(BARK_OK), sent)
    assert request.json()["level"] == level
    assert "volume" not in request.json()


@pytest.mark.parametrize(
    ("reply", "reason", "code", "permanent"),
    [
        (
            json_reply({"code": 400, "message": "failed to get device token: key not found"}, 400),
            Answer.BAD_CONTACT,
            "400",
            True,
        ),
        (json_reply({"code": 400, "message": "request bind failed: x"}, 400), Answer.REFUSED, "400", False),
        (json_reply({"code": 500, "message": "push failed: APNS"}, 500), Answer.PROVIDER_DOWN, "500", False),
        (json_reply({"code": 400, "message": "with HTTP 200"}), Answer.REFUSED, "400", False),
    ],
)
def test_bark_refuses(reply: Reply, reason: Answer, code: str, permanent: bool) -> None:
    said = refused("bark://KEY", reply)
    assert (said.reason, said.code, said.permanent) == (reason, code, permanent)


# ── PushDeer ─────────────────────────────────────────────────────────────────────────────────────────────────────────

DEER_OK = {"code": 0, "content": {"result": ['{"counts":1,"logs":[],"success":"ok"}']}}


@pytest.mark.parametrize("contact", ["pushdeer://PDU1", "pushdeer://PDU1@HOST"])
def test_pushdeer_takes_it(contact: str) -> None:
    accepted, (request,) = send(contact, lambda _: json_reply(DEER_OK))
    assert accepted == [Accepted(code="0")]
    assert (request.method, request.path) == ("POST", "/message/push")
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    assert form == {"pushkey": "PDU1", "text": personal().title, "desp": personal().text, "type": "text"}


@pytest.mark.parametrize(
    ("reply", "reason", "code", "permanent"),
    [
        ({"code": 0, "content": {"result": False}}, Answer.BAD_CONTACT, "no such key", True),
        ({"code": 0, "content": {"result": []}}, Answer.BAD_CONTACT, "no phone", False),
        ({"code": 0, "content": {"result": ['{"counts":0,"success":"ok"}']}}, Answer.REFUSED, "not pushed", False),
        ({"code": 0, "content": {"result": ["nonsense"]}}, Answer.REFUSED, "not pushed", False),
        ({"code": 80501, "error": "args"}, Answer.REFUSED, "80501", False),
    ],
)
def test_pushdeer_refuses_with_http_200(reply: dict[str, object], reason: Answer, code: str, permanent: bool) -> None:
    said = refused("pushdeer://PDU1", json_reply(reply))
    assert (said.reason, said.code, said.permanent) == (reason, code, permanent)


@pytest.mark.parametrize(
    ("contact", "url"),
    [
        ("bark://KEY@10.0.0.2:8080", "http://10.0.0.2:8080/push"),
        ("barks://KEY@bark.example.org", "https://bark.example.org/push"),
        ("bark://KEY", "https://api.day.app/push"),
        ("pushdeers://K@push.example.org", "https://push.example.org/message/push"),
        ("pushdeer://K", "https://api2.pushdeer.com/message/push"),
    ],
)
def test_a_server_of_ones_own_or_the_public_one(contact: str, url: str) -> None:
    sender = open_channel(contact, {}, Tools(now_ms=lambda: 0)).sender
    assert getattr(sender, "_url") == url  # noqa: B009
