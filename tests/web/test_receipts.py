"""What providers say later, and answers that WeCom carries: who may, how much, how often."""

from __future__ import annotations

import httpx

from hub.web.pages.receipts import LARGEST_REPORT
from tests.web.world import World

TOKEN = {"token": "report-token"}


def test_a_report_is_handed_on_whole_and_answered_with_what_comes_back(world: World, http: httpx.Client) -> None:
    answer = http.post("/receipts/aliyun", params=TOKEN, content=b'[{"biz_id":"1"}]')
    assert (answer.status_code, answer.json()) == (200, {"code": 0})
    assert world.reported == [("aliyun", b'[{"biz_id":"1"}]')]


def test_a_report_without_the_token_is_refused_and_guessing_is_slow(world: World, http: httpx.Client) -> None:
    assert http.post("/receipts/aliyun").status_code == 401
    answers = [http.post("/receipts/aliyun", params={"token": f"guess{n}"}).status_code for n in range(20)]
    assert (answers[0], answers[-1]) == (401, 429)
    assert http.post("/receipts/aliyun", params=TOKEN).status_code == 429
    world.clock.now_ms += 60_001
    assert http.post("/receipts/aliyun", params=TOKEN).status_code == 200
    assert len(world.reported) == 1


def test_a_report_has_a_limit(world: World, http: httpx.Client) -> None:
    assert http.post("/receipts/aliyun", params=TOKEN, content=b"x" * (LARGEST_REPORT + 1)).status_code == 413
    assert http.post("/answers/wecom", content=b"x" * (LARGEST_REPORT + 1)).status_code == 413
    assert (world.reported, world.called_back) == ([], [])


def test_wecom_verifies_and_answers(world: World, http: httpx.Client) -> None:
    signed = {"msg_signature": "right", "echostr": "e"}
    assert http.get("/answers/wecom", params=signed).text == "echo"
    posted = http.post("/answers/wecom", params=signed, content=b"<xml>1</xml>")
    assert (posted.text, posted.headers["content-type"]) == ("<xml/>", "text/xml; charset=utf-8")
    assert world.called_back == [("GET", signed, b""), ("POST", signed, b"<xml>1</xml>")]


def test_wrong_signatures_are_made_to_wait(http: httpx.Client) -> None:
    answers = [http.get("/answers/wecom", params={"msg_signature": "wrong"}).status_code for _ in range(21)]
    assert (answers[0], answers[-1]) == (403, 429)
