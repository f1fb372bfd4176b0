"""SMS and voice of both clouds, against a server that checks the signature and answers as the vendor does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import pytest

from hub.delivery import aliyun as ali
from hub.delivery import tencent as ten
from hub.delivery.answers import Answer
from hub.delivery.http import WINDOW_S, Meaning
from hub.delivery.port import Accepted, limits_of
from hub.delivery.senders import Senders
from hub.delivery.tools import Tools
from hub.errors import ConfigError, DeliveryError, StoreError
from hub.store.calls import Call
from tests.delivery.clouds import aliyun, refusals, send, tencent, tencent_error
from tests.delivery.notices import NOW_MS, message
from tests.delivery.peers import Answered, Hang, Reply, Request, Reset, json_reply, provider

ALISMS = "alisms://LTAI1:${SECRET}@/13800000000?sign=桂花园&template=SMS_123"
ALIVOICE = "alivoice://LTAI1:${SECRET}@/13800000000?template=TTS_1&show=02100000000"
TENCENTSMS = "tencentsms://AKID1:${SECRET}@/13800000000?app=1400006666&sign=桂花园&template=1234"
TENCENTVOICE = "tencentvoice://AKID1:${SECRET}@/+8613800000000?app=1400006666&template=1234"
ALL = [ALISMS, ALIVOICE, TENCENTSMS, TENCENTVOICE]

OK: dict[str, Answered] = {
    ALISMS: json_reply({"Code": "OK", "Message": "OK", "RequestId": "1", "BizId": "900619746936498440^0"}),
    ALIVOICE: json_reply({"Code": "OK", "Message": "OK", "RequestId": "1", "CallId": "116012354148^102281067656"}),
    TENCENTSMS: json_reply(
        {
            "Response": {
                "SendStatusSet": [
                    {"SerialNo": "5000:1045710669157053657849499619", "PhoneNumber": "+8613800000000", "Code": "Ok"}
                ],
                "RequestId": "1",
            }
        }
    ),
    TENCENTVOICE: json_reply({"Response": {"SendStatus": {"CallId": "12582bce-403c-11eb"}, "RequestId": "1"}}),
}
CLOUDS: dict[str, Callable[[Reply], Callable[[Request], Reply]]] = {
    ALISMS: aliyun,
    ALIVOICE: aliyun,
    TENCENTSMS: tencent,
    TENCENTVOICE: tencent,
}


def refusal(contact: str, reply: Reply, **more: dict[str, str]) -> DeliveryError:
    with provider(CLOUDS[contact](reply)) as peer, pytest.raises(DeliveryError) as caught:
        send(contact, peer.url(), **more)  # type: ignore[arg-type]
    return caught.value


# ── what the vendors are asked ───────────────────────────────────────────────────────────────────────────────────────


def asked(contact: str) -> tuple[Accepted, Request, list[Call]]:
    calls: list[Call] = []
    with provider(CLOUDS[contact](OK[contact])) as peer:
        accepted = send(contact, peer.url(), calls=calls)
        return accepted, peer.next(), calls


def test_an_sms_through_aliyun() -> None:
    accepted, request, calls = asked(ALISMS)
    assert accepted == Accepted(code="OK", message_id="900619746936498440^0")
    assert (request.method, request.path, request.body) == ("POST", "/", b"")
    assert request.headers["host"] == "dysmsapi.aliyuncs.com"
    assert request.headers["x-acs-action"] == "SendSms"
    assert request.query["PhoneNumbers"] == ["13800000000"]
    assert request.query["SignName"] == ["桂花园"]
    assert msgspec.json.decode(request.query["TemplateParam"][0]) == {
        "place": "6号楼12层",
        "what": "烟感报警",
        "time": "03-01 03:12",
    }
    (call,) = calls
    assert (call.provider, call.call_id) == ("aliyun", "900619746936498440^0")
    assert (call.community, call.person, call.incident, call.notification, call.attempt, call.at_ms) == (
        "guihua",
        "wang",
        7,
        1,
        1,
        NOW_MS,
    )


def test_a_call_through_aliyun() -> None:
    accepted, request, (call,) = asked(ALIVOICE)
    assert accepted.message_id == call.call_id == "116012354148^102281067656"
    assert request.headers["x-acs-action"] == "SingleCallByTts"
    assert request.query["CalledNumber"] == ["13800000000"]
    assert request.query["CalledShowNumber"] == ["02100000000"]
    assert request.query["TtsCode"] == ["TTS_1"]


def test_an_sms_through_tencent() -> None:
    accepted, request, (call,) = asked(TENCENTSMS)
    assert accepted == Accepted(code="Ok", message_id="5000:1045710669157053657849499619")
    assert (call.provider, call.call_id) == ("tencentcloud", "5000:1045710669157053657849499619")
    assert request.headers["host"] == "sms.tencentcloudapi.com"
    assert (request.headers["x-tc-action"], request.headers["x-tc-version"]) == ("SendSms", "2021-01-11")
    assert request.json() == {
        "PhoneNumberSet": ["+8613800000000"],
        "SmsSdkAppId": "1400006666",
        "SignName": "桂花园",
        "TemplateId": "1234",
        "TemplateParamSet": ["6号楼12层", "烟感报警", "03-01 03:12"],
    }


def test_a_call_through_tencent() -> None:
    accepted, request, (call,) = asked(TENCENTVOICE)
    assert accepted.message_id == call.call_id == "12582bce-403c-11eb"
    assert (request.headers["x-tc-action"], request.headers["x-tc-version"]) == ("SendTtsVoice", "2020-09-02")
    assert request.json()["CalledNumber"] == "+8613800000000"
    assert request.json()["VoiceSdkAppid"] == "1400006666"


@pytest.mark.parametrize("contact", ALL)
def test_a_wrong_secret_is_a_refusal_that_somebody_must_mend(contact: str) -> None:
    said = refusal(contact, OK[contact], secrets={"SECRET": "another"})
    assert (said.reason, said.permanent) == (Answer.REFUSED, True)
    assert said.code in ("SignatureDoesNotMatch", "AuthFailure.SignatureFailure")


# ── codes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


Facts = tuple[str, str, bool, float | None]


def refused(contact: str, replies: list[Reply]) -> list[Facts]:
    """What each of these answers comes to, one after another."""
    now: list[Reply] = [Hang()]
    with provider(lambda request: CLOUDS[contact](now[0])(request)) as peer:
        came = refusals(contact, peer, replies, lambda reply: now.__setitem__(0, reply))
    return [(one.code, one.reason, one.permanent, one.retry_after) for one in came]


def meanings(codes: Mapping[str, Meaning]) -> list[Facts]:
    return [(code, one.reason, one.permanent, one.retry_after) for code, one in codes.items()]


@pytest.mark.parametrize("contact", [ALISMS, ALIVOICE])
@pytest.mark.parametrize("status", [200, 400])
def test_every_documented_code_of_aliyun_is_no_receipt(contact: str, status: int) -> None:
    replies: list[Reply] = [json_reply({"Code": code, "Message": "…", "RequestId": "1"}, status) for code in ali.CODES]
    assert refused(contact, replies) == meanings(ali.CODES)


def test_every_documented_code_of_tencent_is_no_receipt() -> None:
    for_the_call: list[Reply] = [tencent_error(code) for code in ten.CODES]
    for_the_number: list[Reply] = [
        json_reply({"Response": {"SendStatusSet": [{"SerialNo": "", "Code": code, "Message": "…"}], "RequestId": "1"}})
        for code in ten.CODES
    ]
    assert refused(TENCENTVOICE, for_the_call) == meanings(ten.CODES)
    assert refused(TENCENTSMS, for_the_call) == meanings(ten.CODES)
    assert refused(TENCENTSMS, for_the_number) == meanings(ten.CODES)


@pytest.mark.parametrize(
    ("contact", "reply", "reason", "permanent", "retry_after"),
    [
        (ALISMS, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}, Answer.RATE_LIMITED, False, WINDOW_S),
        (ALISMS, {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}, Answer.BAD_CONTACT, True, None),
        (ALIVOICE, {"Code": "isv.AMOUNT_NOT_ENOUGH"}, Answer.REFUSED, True, None),
        (ALIVOICE, {"Code": "isp.RAM_PERMISSION_DENY"}, Answer.REFUSED, True, None),
        (ALISMS, {"Code": "Throttling.User"}, Answer.PROVIDER_DOWN, False, 2),
        (ALISMS, {"Code": "isv.SOMETHING_NEW"}, Answer.REFUSED, False, None),
        (TENCENTVOICE, {"Response": {"Error": {"Code": "InternalError.New"}}}, Answer.PROVIDER_DOWN, False, 2),
        (TENCENTVOICE, {"Response": {"Error": {"Code": "Something.New"}}}, Answer.REFUSED, False, None),
    ],
)
def test_what_a_code_means(
    contact: str, reply: object, reason: Answer, permanent: bool, retry_after: float | None
) -> None:
    said = refusal(contact, json_reply(reply))
    assert (said.reason, said.permanent, said.retry_after) == (reason, permanent, retry_after)


# ── whatever else comes back ─────────────────────────────────────────────────────────────────────────────────────────


ODD: list[tuple[Reply, Facts]] = [
    (Answered(b"slow down", 429, (("Retry-After", "7"),)), ("HTTP 429", Answer.RATE_LIMITED, False, 7.0)),
    (Answered(b"", 429), ("HTTP 429", Answer.RATE_LIMITED, False, 60.0)),
    (Answered(b"oops", 500), ("HTTP 500", Answer.PROVIDER_DOWN, False, 2.0)),
    (Answered(b"", 302, (("Location", "http://192.0.2.1/"),)), ("HTTP 302", Answer.REFUSED, False, None)),
    (Answered(b"<html>please log in</html>"), ("HTTP 200", Answer.UNREADABLE, False, None)),
    (Answered(b"\xff\xfe"), ("HTTP 200", Answer.UNREADABLE, False, None)),
    (Answered(b""), ("HTTP 200", Answer.UNREADABLE, False, None)),
    (json_reply({"ok": True}), ("HTTP 200", Answer.UNREADABLE, False, None)),
    (json_reply({"Response": {"RequestId": "1"}}), ("HTTP 200", Answer.UNREADABLE, False, None)),
    (json_reply([]), ("HTTP 200", Answer.UNREADABLE, False, None)),
    (Reset(), ("ReadError", Answer.UNREACHABLE, False, None)),
]


@pytest.mark.parametrize("contact", ALL)
def test_anything_else_is_no_receipt_either(contact: str) -> None:
    assert refused(contact, [reply for reply, _ in ODD]) == [facts for _, facts in ODD]


@pytest.mark.parametrize("statuses", [[], [{"Code": "Ok"}, {"Code": "Ok"}]])
def test_tencent_must_speak_of_our_one_number(statuses: list[object]) -> None:
    said = refusal(TENCENTSMS, json_reply({"Response": {"SendStatusSet": statuses}}))
    assert said.reason == Answer.UNREADABLE


@pytest.mark.parametrize("contact", ALL)
def test_a_hang_lasts_as_long_as_the_callers_deadline(contact: str) -> None:
    with provider(lambda _: Hang()) as peer, pytest.raises(TimeoutError):
        send(contact, peer.url(), within=0.2)


def test_a_success_with_a_bad_status_is_none() -> None:
    assert refusal(ALISMS, json_reply({"Code": "OK", "BizId": "1"}, 502)).reason == Answer.PROVIDER_DOWN


def test_a_store_that_is_down_costs_no_receipt() -> None:
    """The id is kept behind the sender's back."""

    class Full(list[Call]):
        def append(self, one: Call) -> None:
            raise StoreError(f"disk full at {one.call_id}")

    with provider(aliyun(OK[ALISMS])) as peer:
        assert send(ALISMS, peer.url(), calls=Full()).code == "OK"


# ── contacts and budgets ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "url",
    [
        "alisms://",
        "alisms://ID:${SECRET}@/13800000000?sign=x",
        "alisms://ID@/13800000000?sign=x&template=1",
        "alisms://ID:${SECRET}@/duty?sign=x&template=1",
        "alisms://ID:${SECRET}@/13800000000?sign=x&template=1&link=1",
        "alivoice://ID:${SECRET}@/13800000000",
        "tencentsms://ID:${SECRET}@/13800000000?template=1",
        "tencentvoice://ID:${SECRET}@/?app=1&template=1",
    ],
)
def test_an_address_that_can_never_work_is_a_config_error(url: str) -> None:
    with pytest.raises(ConfigError, match=url.partition("//")[0]):
        send(url, "http://127.0.0.1:1")


@pytest.mark.parametrize("contact", ALL)
def test_the_budget_is_the_callees_and_does_not_tell_the_number(contact: str) -> None:
    senders = Senders({"SECRET": "x"}, Tools(now_ms=lambda: 0))
    one = senders.open(contact).sender
    other = senders.open(contact.replace("13800000000", "13800000001")).sender
    assert one.per_minute == 1
    assert one.provider != other.provider
    assert "1380" not in one.provider
    assert limits_of(one) == (((3_600_000, 5), (86_400_000, 20)) if "voice" in contact else ())


@pytest.mark.parametrize("contact", ALL)
def test_they_are_third_parties(contact: str) -> None:
    assert Senders({"SECRET": "x"}, Tools(now_ms=lambda: 0)).open(contact).third_party


def test_the_message_itself_does_not_leave() -> None:
    """No link, no room, no name: the template's variables are all there is."""
    said = msgspec.structs.replace(message("密码 1203室 王"), link="https://hub.example.org/a/token")
    with provider(aliyun(OK[ALISMS])) as peer:
        send(ALISMS, peer.url(), what=said)
        request = peer.next()
    assert "token" not in str(request.query)
    assert "1203" not in str(request.query)
