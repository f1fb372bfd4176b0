"""What providers push later, as their documents print it -> receipts and answers."""

from __future__ import annotations

import json

import pytest

from hub.core.commands import Accept, Decline, SayFalse
from hub.delivery.answers import Answer
from hub.delivery.reports import Report, outcome, read_reports, reply
from hub.delivery.reports.aliyun import PICKED_UP, UNDER_WAY
from hub.errors import DecodeError
from hub.model import Receipt, Stage
from hub.store.calls import Call
from tests.delivery.notices import NOW_MS, ms

CALL = Call(
    provider="aliyun",
    call_id="c^1",
    community="guihua",
    incident=7,
    notification=3,
    attempt=2,
    person="wang",
    contact="phone",
    at_ms=NOW_MS - 30_000,
)


def read(provider: str, pushed: object) -> list[Report]:
    return read_reports(provider, json.dumps(pushed).encode(), {})


# ── Aliyun ───────────────────────────────────────────────────────────────────────────────────────────────────────────

SMS = {
    "phone_number": "13800000000",
    "send_time": "2026-03-01 03:12:30",
    "report_time": "2026-03-01 03:12:40",
    "success": True,
    "err_code": "DELIVERED",
    "err_msg": "用户接收成功",
    "sms_size": "1",
    "biz_id": "12345",
    "out_id": "67890",
}
VOICE: dict[str, object] = {
    "call_id": "100001616500^100001871490",
    "start_time": "2026-03-01 03:12:30",
    "end_time": "2026-03-01 03:12:50",
    "caller": "05711111",
    "callee": "13800000000",
    "duration": "20",
    "status_code": "200000",
    "hangup_direction": "用户",
    "out_id": "",
    "dtmf": "1",
    "voice_type": "voice",
}


def test_aliyuns_sms_reports() -> None:
    failed = SMS | {"success": False, "err_code": "MK:0001", "biz_id": "12346"}
    gone = SMS | {"success": False, "err_code": "MOBILE_NOT_ON_SERVICE", "biz_id": "12347"}
    at_ms = ms("2026-03-01 03:12:40")
    assert read("aliyun", [SMS, failed, gone]) == [
        Report(provider="aliyun", call_id="12345", stage=Stage.DELIVERED, at_ms=at_ms),
        Report(provider="aliyun", call_id="12346", failed_code="MK:0001", at_ms=at_ms),
        Report(provider="aliyun", call_id="12347", failed_code="MOBILE_NOT_ON_SERVICE", permanent=True, at_ms=at_ms),
    ]


def test_aliyuns_voice_report_with_a_key() -> None:
    (report,) = read("aliyun", [VOICE])
    assert report == Report(
        provider="aliyun",
        call_id="100001616500^100001871490",
        stage=Stage.DELIVERED,
        key="1",
        at_ms=ms("2026-03-01 03:12:50"),
    )


def test_aliyuns_key_while_the_call_lasts() -> None:
    pushed = {"status_code": "300000", "smart_status_code": "ANSWERED", "dtmf": "2", "call_id": "c^1"}
    assert read("aliyun", [pushed | {"status_time": "2026-03-01 03:12:45", "out_id": ""}]) == [
        Report(provider="aliyun", call_id="c^1", stage=Stage.DELIVERED, key="2", at_ms=ms("2026-03-01 03:12:45"))
    ]
    assert read("aliyun", [{"call_id": "c^1", "status_code": 300000, "DtmfContent": "3#"}])[0].key == "3"


@pytest.mark.parametrize("code", sorted(PICKED_UP))
def test_a_call_that_was_picked_up_is_delivered(code: str) -> None:
    (report,) = read("aliyun", [VOICE | {"status_code": code, "dtmf": ""}])
    assert (report.stage, report.failed_code, report.key) == (Stage.DELIVERED, "", "")


@pytest.mark.parametrize("code", sorted(UNDER_WAY))
def test_a_call_under_way_says_nothing_yet(code: str) -> None:
    assert read("aliyun", [VOICE | {"status_code": code, "dtmf": None}]) == []


@pytest.mark.parametrize("code", ["200002", "200003", "200005", "200007", "200010", "200011", "200119", "999999"])
def test_a_call_that_reached_nobody_failed(code: str) -> None:
    (report,) = read("aliyun", [VOICE | {"status_code": code, "dtmf": "", "start_time": ""}])
    assert (report.stage, report.failed_code, report.permanent) == (None, code, False)


def test_a_number_that_does_not_exist_failed_for_good() -> None:
    (report,) = read("aliyun", [VOICE | {"status_code": "200004", "dtmf": ""}])
    assert (report.failed_code, report.permanent) == ("200004", True)


# ── Tencent ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_tencents_sms_status() -> None:
    status = {
        "user_receive_time": "2026-03-01 03:12:40",
        "nationcode": "86",
        "mobile": "13800000000",
        "report_status": "SUCCESS",
        "errmsg": "DELIVRD",
        "description": "用户短信送达成功",
        "sid": "5000:1",
    }
    assert read("tencentcloud", [status, status | {"report_status": "FAIL", "errmsg": "UNDELIV", "sid": "5000:2"}]) == [
        Report(provider="tencentcloud", call_id="5000:1", stage=Stage.DELIVERED, at_ms=ms("2026-03-01 03:12:40")),
        Report(provider="tencentcloud", call_id="5000:2", failed_code="UNDELIV", at_ms=ms("2026-03-01 03:12:40")),
    ]


@pytest.mark.parametrize(
    ("pushed", "report"),
    [
        (
            {"voiceprompt_callback": {"result": "0", "accept_time": "1470197211", "callid": "x", "fee": "1"}},
            Report(provider="tencentcloud", call_id="x", stage=Stage.DELIVERED, at_ms=1_470_197_211_000),
        ),
        (
            {"voiceprompt_callback": {"result": "1", "end_calltime": "1470197221", "callid": "x"}},
            Report(provider="tencentcloud", call_id="x", failed_code="not answered", at_ms=1_470_197_221_000),
        ),
        (
            {"voicekey_callback": {"call_from": "", "callid": "x", "keypress": "2", "mobile": "1", "nationcode": "86"}},
            Report(provider="tencentcloud", call_id="x", stage=Stage.DELIVERED, key="2"),
        ),
        (
            {"voice_failure_callback": {"callid": "x", "failure_code": 8, "failure_reason": "空号", "mobile": "1"}},
            Report(provider="tencentcloud", call_id="x", failed_code="8", permanent=True),
        ),
    ],
)
def test_tencents_voice_callbacks(pushed: object, report: Report) -> None:
    assert read("tencentcloud", pushed) == [report]


# ── what cannot be read, and what goes back ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("aliyun", b"{}"),
        ("aliyun", b"\xff"),
        ("aliyun", b'[{"biz_id": 5}]'),
        ("tencentcloud", b"[1]"),
        ("tencentcloud", b""),
        ("nobody", b"[]"),
        ("aliyun", b"[" + b" " * 1_000_001 + b"]"),
    ],
)
def test_what_is_no_report_is_said_so(provider: str, body: bytes) -> None:
    with pytest.raises(DecodeError):
        read_reports(provider, body, {})


def test_what_a_provider_wants_back() -> None:
    assert json.loads(reply("aliyun"))["code"] == 0
    assert json.loads(reply("tencentcloud")) == {"result": 0, "errmsg": "OK"}


# ── outcome ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def report(**facts: object) -> Report:
    return Report(provider="aliyun", call_id="c^1", **facts)  # type: ignore[arg-type]


def test_delivered_is_a_receipt_of_the_same_attempt() -> None:
    receipt, answer = outcome(report(stage=Stage.DELIVERED, at_ms=NOW_MS - 5), CALL, NOW_MS)
    assert answer is None
    assert receipt == Receipt(
        notification=3,
        contact="phone",
        attempt=2,
        at_ms=NOW_MS - 5,
        sent=True,
        reason="accepted",
        stage=Stage.DELIVERED,
        message_id="c^1",
    )


@pytest.mark.parametrize(("permanent", "reason"), [(False, Answer.REFUSED), (True, Answer.BAD_CONTACT)])
def test_failed_is_no_longer_sent(permanent: bool, reason: Answer) -> None:
    receipt, answer = outcome(report(failed_code="200010", permanent=permanent), CALL, NOW_MS)
    assert answer is None
    assert receipt is not None
    assert (receipt.sent, receipt.reason, receipt.code, receipt.permanent) == (False, reason, "200010", permanent)
    assert receipt.at_ms == NOW_MS


@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("1", Accept(actor="wang", incident=7, via="key")),
        ("2", Decline(actor="wang", incident=7, via="key")),
        ("3", SayFalse(actor="wang", incident=7, via="key")),
        ("", None),
    ],
)
def test_a_key_is_an_answer_of_the_person_who_was_called(key: str, command: object) -> None:
    receipt, answer = outcome(report(stage=Stage.DELIVERED, key=key), CALL, NOW_MS)
    assert answer == command
    assert receipt is not None
    assert receipt.stage is Stage.DELIVERED


def test_a_providers_clock_that_is_ahead_brings_nothing_from_the_future() -> None:
    receipt, _ = outcome(report(stage=Stage.DELIVERED, at_ms=NOW_MS + 60_000), CALL, NOW_MS)
    assert receipt is not None
    assert receipt.at_ms == NOW_MS


def test_a_report_that_says_nothing_is_nothing() -> None:
    assert outcome(report(), CALL, NOW_MS) == (None, None)
