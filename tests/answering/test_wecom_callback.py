"""The WeCom app's callback: signed, sealed, and read with suspicion."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from hub.answering.wecom_callback import Callback, callback_of, read, reply, seal, sign, verify
from hub.config import WecomAppConfig
from hub.delivery.live import answer_key
from hub.errors import DecodeError
from tests.answering.compound import COMMUNITY

AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
CONFIG = WecomAppConfig(
    corp_id="ww1",
    agent_id=1000002,
    secret=SecretStr("x"),
    callback_token=SecretStr("T0ken"),
    callback_aes_key=SecretStr(AES_KEY),
)


def ours() -> Callback:
    callback = callback_of(CONFIG)
    assert callback is not None
    return callback


OURS = ours()
RANDOM = b"0123456789abcdef"


def query(sealed: str, **more: str) -> dict[str, str]:
    found = {"timestamp": "1700000000", "nonce": "n1", **more}
    return {"msg_signature": sign("T0ken", found["timestamp"], found["nonce"], sealed), **found}


def posted(inner: str, callback: Callback = OURS) -> tuple[bytes, dict[str, str]]:
    """Body and query as WeCom sends them."""
    sealed = seal(callback, inner.encode(), RANDOM)
    body = f"<xml><ToUserName><![CDATA[ww1]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    return body.encode(), query(sealed)


def inner(fields: str, member: str = "wang") -> str:
    head = f"<ToUserName>ww1</ToUserName><FromUserName><![CDATA[{member}]]></FromUserName>"
    return f"<xml>{head}<CreateTime>1700000000</CreateTime>{fields}<AgentID>1000002</AgentID></xml>"


TEXT = inner("<MsgType>text</MsgType><Content><![CDATA[1]]></Content><MsgId>42</MsgId>")


def test_the_vendors_own_numbers() -> None:
    """Signature and plaintext of the worked example in the vendor's document (path/90968)."""
    callback = Callback(
        corp_id="wx5823bf96d3bd56c7",
        agent_id=218,
        token="QDG6eK",
        key=base64.b64decode("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C="),
    )
    echostr = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
    asked = {
        "msg_signature": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
        "timestamp": "1409659589",
        "nonce": "263014780",
        "echostr": echostr,
    }
    assert verify(callback, asked) == b"1616140317555161061"


def test_an_address_is_verified() -> None:
    sealed = seal(OURS, b"hello-123", RANDOM)
    assert verify(OURS, query(sealed) | {"echostr": sealed}) == b"hello-123"


def test_a_text() -> None:
    incoming = read(OURS, *posted(TEXT))
    assert incoming is not None
    assert (incoming.channel, incoming.member, incoming.text) == ("wecomapp", "wang", "1")
    assert (incoming.message_key, incoming.at_ms) == ("42", 1_700_000_000_000)


@pytest.mark.parametrize("kind", ["template_card_event", "click"])
def test_a_pressed_button(kind: str) -> None:
    key = answer_key("accept", COMMUNITY, 7)
    said = f"<MsgType>event</MsgType><Event>{kind}</Event><EventKey>{key}</EventKey><TaskId>t</TaskId>"
    first, again = (read(OURS, *posted(inner(said))) for _ in range(2))
    assert first is not None
    assert first == again
    assert first.choice == key
    assert first.message_key == f"wang/1700000000/{kind}/{key}"


@pytest.mark.parametrize(
    "fields",
    [
        "<MsgType>image</MsgType><MsgId>1</MsgId>",
        "<MsgType>event</MsgType><Event>enter_agent</Event><EventKey></EventKey>",
        "<MsgType>event</MsgType><Event>LOCATION</Event>",
        "<MsgType>text</MsgType><Content></Content>",
        "",
    ],
)
def test_what_asks_nothing(fields: str) -> None:
    assert read(OURS, *posted(inner(fields))) is None


def other(**changes: object) -> Callback:
    fields = {"corp_id": OURS.corp_id, "agent_id": OURS.agent_id, "token": OURS.token, "key": OURS.key, **changes}
    return Callback(**fields)  # type: ignore[arg-type]  # the fields of Callback, by name


@pytest.mark.parametrize(
    ("sender", "what"),
    [(other(corp_id="ww2"), "another company"), (other(key=bytes(32)), "another key|another company|too short")],
)
def test_somebody_elses_post_is_refused(sender: Callback, what: str) -> None:
    with pytest.raises(DecodeError, match=what):
        read(OURS, *posted(TEXT, sender))


def test_another_apps_post_is_refused() -> None:
    with pytest.raises(DecodeError, match="another app"):
        read(other(agent_id=7), *posted(TEXT))


@pytest.mark.parametrize(
    "changes", [{"msg_signature": "0" * 40}, {"msg_signature": ""}, {"timestamp": "1700000001"}, {"nonce": "ü"}]
)
def test_a_wrong_signature_is_refused_before_anything_is_opened(changes: dict[str, str]) -> None:
    body, asked = posted(TEXT)
    with pytest.raises(DecodeError, match="signature"):
        read(OURS, body, asked | changes)


@pytest.mark.parametrize("sealed", ["", "!!!!", "YWJj", base64.b64encode(b"x" * 15).decode()])
def test_what_is_signed_but_not_sealed_is_refused(sealed: str) -> None:
    with pytest.raises(DecodeError):
        verify(OURS, query(sealed) | {"echostr": sealed})


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><Content>&b;</Content></xml>'
THIEF = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Content>&a;</Content></xml>'


@pytest.mark.parametrize("text", [BOMB, THIEF, "<xml>", "", "no", "<xml>&nbsp;</xml>", "<xml>\x00</xml>"])
def test_xml_that_is_not_wecoms_is_refused_inside_and_outside(text: str) -> None:
    with pytest.raises(DecodeError):
        read(OURS, *posted(text))
    with pytest.raises(DecodeError):
        read(OURS, text.encode(), {})


def test_other_encodings_and_endless_bodies_are_refused() -> None:
    for body in (BOMB.encode("utf-16"), b"<xml>" + b"x" * 70_000 + b"</xml>", b"\xff"):
        with pytest.raises(DecodeError):
            read(OURS, body, {})


@given(st.binary(max_size=300), st.dictionaries(st.sampled_from(["msg_signature", "timestamp", "nonce"]), st.text()))
def test_no_post_does_anything_but_be_refused(body: bytes, asked: dict[str, str]) -> None:
    with pytest.raises(DecodeError):
        read(OURS, body, asked)


@given(st.text(max_size=400))
def test_a_reply_can_be_opened_by_wecom(text: str) -> None:
    incoming = read(OURS, *posted(TEXT))
    assert incoming is not None
    sealed = reply(OURS, incoming, text, now_ms=1_700_000_001_000, nonce="n2", random=RANDOM)
    root = ElementTree.fromstring(sealed)
    found = {child.tag: child.text or "" for child in root}
    assert found["MsgSignature"] == sign("T0ken", found["TimeStamp"], "n2", found["Encrypt"])
    opened = verify(OURS, query(found["Encrypt"]) | {"echostr": found["Encrypt"]})
    said = {child.tag: child.text or "" for child in ElementTree.fromstring(opened)}
    assert (said["ToUserName"], said["FromUserName"], said["MsgType"]) == ("wang", "ww1", "text")


def test_the_words_of_a_reply_arrive() -> None:
    incoming = read(OURS, *posted(TEXT))
    assert incoming is not None
    sealed = reply(OURS, incoming, "已记录:你去。]]><x>&", now_ms=1_700_000_001_000, nonce="n2", random=RANDOM)
    encrypted = ElementTree.fromstring(sealed).findtext("Encrypt") or ""
    opened = ElementTree.fromstring(verify(OURS, query(encrypted) | {"echostr": encrypted}))
    assert opened.findtext("Content") == "已记录:你去。]] ><x>&"


def test_without_a_token_there_is_no_callback() -> None:
    assert callback_of(WecomAppConfig(corp_id="ww1", agent_id=1, secret=SecretStr("x"))) is None


@pytest.mark.parametrize("key", ["", "short", "!" * 43, "A" * 44])
def test_a_key_that_is_none(key: str) -> None:
    with pytest.raises(DecodeError, match="callback_aes_key"):
        callback_of(
            WecomAppConfig(
                corp_id="w",
                agent_id=1,
                secret=SecretStr("x"),
                callback_token=SecretStr("T"),
                callback_aes_key=SecretStr(key),
            )
        )
