"""The generic webhook: signed, without personal data, believed by its status unless its body takes that back."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from hub.delivery.answers import Answer
from hub.delivery.port import Accepted
from hub.delivery.senders import open_channel
from hub.model import Outcome, Purpose
from tests.delivery.notices import notice
from tests.delivery.peers import Answered, Reply, Request, json_reply
from tests.delivery.vendors import NOW_MS, personal, refused, send, tools

CONTACT = "webhook://HOST/hook/alerts?secret=s%26x&team=a"


def test_it_is_signed_and_says_what_happened() -> None:
    def answer(request: Request) -> Reply:
        """The receiver's own check."""
        stamp = request.headers["x-hub-timestamp"]
        right = hmac.new(b"s&x", stamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
        return Answered(b"", 204 if request.headers["x-hub-signature"] == f"sha256={right}" else 403)

    accepted, (request,) = send(CONTACT, answer)
    assert accepted == [Accepted(code="HTTP 204")]
    assert (request.method, request.path, request.query) == ("POST", "/hook/alerts", {"team": ["a"]})
    assert request.headers["x-hub-timestamp"] == str(NOW_MS // 1000)
    assert request.headers["idempotency-key"] == "guihua-1-1"
    assert request.headers["content-type"] == "application/json"
    body = request.json()
    assert (body["community"], body["incident"], body["purpose"], body["severity"]) == (
        "guihua",
        7,
        "raised",
        "critical",
    )
    assert (body["building"], body["floor"], body["outcome"]) == ("6号楼", 12, None)


def test_nothing_personal_leaves() -> None:
    said = notice(
        place="1203室",
        who="王五",
        note="轮椅",
        cause="张三做饭",
        address="万航渡路660弄6号楼1203室",
        device="d1",
        facts={"plate": "沪A12345"},
        contact="王五的手机",
        purpose=Purpose.ENDED,
        outcome=Outcome.FALSE,
    )
    _, (request,) = send(CONTACT, lambda _: Answered(b"", 200), personal(notice=said))
    text = request.body.decode()
    for secret in ("1203", "王五", "轮椅", "张三", "沪A", "wang", "tok.en", "d1", "660弄"):
        assert secret not in text
    assert request.json()["outcome"] == "false"


def test_without_a_secret_nothing_is_signed() -> None:
    _, (request,) = send("webhook://HOST", lambda _: Answered(b"thanks", 200))
    assert request.path == "/"
    assert "x-hub-signature" not in request.headers


@pytest.mark.parametrize(
    "reply", [Answered(b"", 200), Answered(b"<html>", 202), json_reply({"ok": True}), json_reply([False])]
)
def test_any_2xx_is_a_receipt(reply: Reply) -> None:
    accepted, _ = send(CONTACT, lambda _: reply)
    assert accepted[0].code.startswith("HTTP 2")


@pytest.mark.parametrize(
    ("reply", "reason", "code", "permanent"),
    [
        (json_reply({"ok": False}), Answer.REFUSED, "ok: false", False),
        (json_reply({"ok": False, "why": "?"}, 201), Answer.REFUSED, "ok: false", False),
        (Answered(b"", 410), Answer.BAD_CONTACT, "HTTP 410", True),
        (Answered(b"", 401), Answer.REFUSED, "HTTP 401", False),
    ],
)
def test_what_is_no_receipt(reply: Reply, reason: Answer, code: str, permanent: bool) -> None:
    said = refused(CONTACT, reply)
    assert (said.reason, said.code, said.permanent) == (reason, code, permanent)


def test_a_host_that_cannot_be_is_told_as_a_bad_contact() -> None:
    said = refused("webhook://é..b/x", Answered())
    assert (said.reason, said.code, said.permanent) == (Answer.BAD_CONTACT, "address", True)


def test_webhooks_is_https_and_no_person() -> None:
    opened = open_channel("webhooks://hooks.example.org/x?secret=s", {}, tools("http://127.0.0.1:1"))
    assert getattr(opened.sender, "_url") == "https://hooks.example.org/x"  # noqa: B009
