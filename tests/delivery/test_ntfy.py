"""ntfy: priorities, buttons, and a message that changes in place where the server can."""

from __future__ import annotations

import base64

import msgspec
import pytest

from hub.delivery.answers import Answer
from hub.delivery.channels.ntfy import CODES, ntfy_address, reply_topic
from hub.delivery.port import Message
from hub.delivery.senders import open_channel
from hub.model import Purpose, Severity
from tests.delivery.notices import message, notice
from tests.delivery.peers import Reply, Request, json_reply, provider
from tests.delivery.vendors import LINK, personal, refused, send, sending, tools

CONTACT = "ntfy://HOST/fire"


def server(request: Request) -> Reply:
    """A server from 2.16 on: it repeats the sequence id."""
    body = request.json()
    said = {"id": "sPs71M8A2T", "time": 1643935928, "event": "message", "topic": body["topic"]}
    return json_reply({**said, "message": body["message"], "sequence_id": body["sequence_id"]})


def older(request: Request) -> Reply:
    """A server before that ignores what it does not know."""
    return json_reply({"id": "sPs71M8A2T", "time": 1, "event": "message", "topic": request.json()["topic"]})


def test_ntfy_takes_it() -> None:
    (accepted,), (request,) = send(CONTACT, server, message())
    body = request.json()
    sequence = body.pop("sequence_id")
    assert (request.method, request.path) == ("POST", "/")
    assert body == {"topic": "fire", "title": message().title, "message": message().text, "priority": 5}
    assert (accepted.code, accepted.message_id) == ("200", sequence)
    assert isinstance(sequence, str)
    assert sequence.isalnum()
    assert len(sequence) <= 64


def test_a_repeat_after_a_crash_replaces_the_first() -> None:
    with provider(server) as peer:
        first, again = sending(peer, CONTACT, message(), msgspec.structs.replace(message(), attempt=2))
    assert first.message_id == again.message_id


def test_an_update_takes_the_place_of_what_is_there() -> None:
    (accepted,), (request,) = send(CONTACT, server, personal(updates="abc", quiet=True))
    assert (request.json()["sequence_id"], request.json()["priority"]) == ("abc", 2)
    assert accepted.message_id == "abc"


def test_a_server_that_cannot_update_promises_nothing() -> None:
    (accepted,), _ = send(CONTACT, older)
    assert accepted.message_id == ""


@pytest.mark.parametrize(
    ("sent", "priority"),
    [
        (personal(), 5),
        (personal(notice=notice(severity=Severity.MAJOR)), 4),
        (personal(notice=notice(severity=Severity.MINOR)), 3),
        (personal(notice=notice(severity=Severity.INFO)), 2),
        (personal(notice=notice(purpose=Purpose.ENDED)), 3),
        (personal(notice=notice(test=True)), 3),
    ],
)
def test_how_loud(sent: Message, priority: int) -> None:
    _, (request,) = send(CONTACT, server, sent)
    assert request.json()["priority"] == priority


def test_with_a_public_address_the_buttons_post_to_the_answer_page() -> None:
    _, (request,) = send(CONTACT, server)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    base = {"action": "http", "method": "POST", "clear": True, "url": LINK, "headers": form}
    assert request.json()["actions"] == [
        {**base, "label": "我去", "body": "do=accept"},
        {**base, "label": "去不了", "body": "do=decline"},
    ]
    assert request.json()["click"] == LINK


def test_without_one_they_publish_to_the_reply_topic() -> None:
    with provider(server) as peer:
        sending(peer, CONTACT, personal(link="", notice=notice(language="en")))
        body = peer.next().json()
        url = f"{peer.url()}/fire-reply"
    base = {"action": "http", "method": "POST", "clear": True, "url": url}
    assert body["actions"] == [
        {**base, "label": "I go", "body": "1:tok.en"},
        {**base, "label": "I cannot", "body": "2:tok.en"},
    ]
    assert "click" not in body
    assert reply_topic("fire") == "fire-reply"


@pytest.mark.parametrize(
    "changes", [{"purpose": Purpose.DIGEST}, {"purpose": Purpose.SILENCED}, {"purpose": Purpose.ENDED}, {"incident": 0}]
)
def test_there_is_nothing_to_press_where_nobody_is_asked_to_go(changes: dict[str, object]) -> None:
    _, (request,) = send(CONTACT, server, personal(notice=notice(**changes)))
    assert "actions" not in request.json()


@pytest.mark.parametrize(
    ("userinfo", "authorization"),
    [
        ("hub:p%40ss@", "Basic " + base64.b64encode(b"hub:p@ss").decode()),
        ("tk_abc@", "Bearer tk_abc"),
        (":tk_abc@", "Bearer tk_abc"),
        ("", None),
    ],
)
def test_it_says_who_it_is_and_the_message_does_not(userinfo: str, authorization: str | None) -> None:
    _, (request,) = send(f"ntfy://{userinfo}HOST/fire", server, personal(link=""))
    assert request.headers.get("authorization") == authorization
    assert "tk_abc" not in request.body.decode()
    assert "p@ss" not in request.body.decode()
    assert "hub" not in request.body.decode()


@pytest.mark.parametrize("code", CODES)
def test_a_documented_code_is_no_receipt(code: int) -> None:
    status = code // 100
    said = refused(CONTACT, json_reply({"code": code, "http": status, "error": "?"}, status))
    meant = CODES[code]
    assert (said.reason, said.permanent, said.retry_after) == (meant.reason, meant.permanent, meant.retry_after)
    assert said.code == str(code)


def test_a_code_nobody_documented_is_a_refusal_that_may_pass() -> None:
    said = refused(CONTACT, json_reply({"code": 40099, "http": 400, "error": "new"}, 400))
    assert (said.reason, said.code, said.permanent) == (Answer.REFUSED, "40099", False)


@pytest.mark.parametrize("reply", [{"id": "x", "event": "open"}, {"id": "x"}, {"event": "message"}])
def test_an_event_that_is_no_message_is_no_receipt(reply: dict[str, object]) -> None:
    assert refused(CONTACT, json_reply(reply)).reason == Answer.UNREADABLE


@pytest.mark.parametrize(
    ("url", "base", "topic", "public"),
    [
        ("ntfy://Fire-x7", "https://ntfy.sh", "Fire-x7", True),
        ("ntfys://ntfy.sh/fire", "https://ntfy.sh", "fire", True),
        ("ntfy://192.168.1.20:2586/TOPIC", "http://192.168.1.20:2586", "TOPIC", False),
        ("ntfys://hub:p@ntfy.example.org/t", "https://ntfy.example.org", "t", False),
    ],
)
def test_where_a_topic_is(url: str, base: str, topic: str, public: bool) -> None:
    found = ntfy_address(url)
    assert (found.base, found.topic, found.public) == (base, topic, public)
    assert open_channel(url, {}, tools("http://127.0.0.1:1")).third_party == public
