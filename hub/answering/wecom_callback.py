"""The callback of a WeCom app: checks, opens and seals what WeCom posts to a public address. No I/O.

Facts (developer.work.weixin.qq.com/document/path/90930, 90968, 90238, 90240): msg_signature is the SHA-1 of token,
timestamp, nonce and the cipher text, sorted and joined; the key is base64(EncodingAESKey + "="), AES-256-CBC, the IV its
first 16 bytes, PKCS#7 to blocks of 32; inside are 16 random bytes, the length in 4 bytes, the text, and the corp id. A GET
with ``echostr`` is answered with what it holds. A POST is answered within 5 s, with an empty body or a sealed reply; it
comes again up to three times, with the same MsgId, or for events the same FromUserName and CreateTime.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Mapping
from xml.etree import ElementTree

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hub.answering.port import Incoming
from hub.config import WecomAppConfig
from hub.delivery.live import read_key
from hub.errors import DecodeError

BLOCK = 32
MOST_BYTES = 65_536
"""A text message has 2048 bytes, an event less; the envelope doubles it."""
PRESSED = frozenset({"click", "template_card_event"})


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """What the callback of one app is checked with."""

    corp_id: str
    agent_id: int
    token: str
    key: bytes


def callback_of(config: WecomAppConfig) -> Callback | None:
    """None where config.yaml has no callback. Raises DecodeError for a key that is none."""
    token = config.callback_token.get_secret_value()
    if not token:
        return None
    try:
        key = base64.b64decode(config.callback_aes_key.get_secret_value() + "=", validate=True)
    except (binascii.Error, ValueError) as exc:
        raise DecodeError("invalid", "accounts.wecom_app.callback_aes_key is no EncodingAESKey") from exc
    if len(key) != 32:
        raise DecodeError("invalid", "accounts.wecom_app.callback_aes_key has not 43 characters")
    return Callback(corp_id=config.corp_id, agent_id=config.agent_id, token=token, key=key)


def verify(callback: Callback, query: Mapping[str, str]) -> bytes:
    """What to answer a GET with, as text/plain. Raises DecodeError when it is not WeCom's."""
    return _open_sealed(callback, query, query.get("echostr", ""))


def read(callback: Callback, body: bytes, query: Mapping[str, str]) -> Incoming | None:
    """What somebody said or pressed; None for what asks nothing (a picture, somebody entering). Raises DecodeError for
    what is not WeCom's, is not for this app, or is malformed."""
    outer = _xml(body)
    inner = _xml(_open_sealed(callback, query, outer.get("Encrypt", "")))
    if inner.get("AgentID", str(callback.agent_id)) != str(callback.agent_id):
        raise DecodeError("invalid", "it is for another app")
    member, made = inner.get("FromUserName", ""), inner.get("CreateTime", "")
    at_ms = int(made) * 1000 if made.isascii() and made.isdecimal() and len(made) <= 12 else 0
    kind, event = inner.get("MsgType", ""), inner.get("Event", "")
    text, choice = "", ""
    if kind == "text":
        text = inner.get("Content", "")
    elif kind == "event" and event in PRESSED:
        choice = inner.get("EventKey", "")
    else:
        return None
    if not member or not (text or choice):
        return None
    return Incoming(
        channel="wecomapp",
        member=member,
        text=text,
        choice=choice,
        token=read_key(choice).token,
        at_ms=at_ms,
        message_key=inner.get("MsgId") or f"{member}/{made}/{event}/{choice}",
    )


def reply(callback: Callback, incoming: Incoming, text: str, *, now_ms: int, nonce: str, random: bytes) -> bytes:
    """A sealed text reply as XML. ``random``: 16 fresh bytes. To a pressed card WeCom takes an empty body instead."""
    seconds = str(now_ms // 1000)
    inner = (
        f"<xml><ToUserName><![CDATA[{_cdata(incoming.member)}]]></ToUserName>"
        f"<FromUserName><![CDATA[{_cdata(callback.corp_id)}]]></FromUserName><CreateTime>{seconds}</CreateTime>"
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{_cdata(text)}]]></Content></xml>"
    )
    sealed = seal(callback, inner.encode(), random)
    signature = sign(callback.token, seconds, nonce, sealed)
    return (
        f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>"
        f"<TimeStamp>{seconds}</TimeStamp><Nonce><![CDATA[{_cdata(nonce)}]]></Nonce></xml>"
    ).encode()


def sign(token: str, timestamp: str, nonce: str, sealed: str) -> str:
    """msg_signature: SHA-1 is the vendor's choice; it guards nothing that AES does not."""
    joined = "".join(sorted((token, timestamp, nonce, sealed)))
    return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()


def seal(callback: Callback, text: bytes, random: bytes) -> str:
    """Base64 of the cipher text."""
    plain = random + struct.pack(">I", len(text)) + text + callback.corp_id.encode()
    fill = BLOCK - len(plain) % BLOCK
    encryptor = Cipher(algorithms.AES(callback.key), modes.CBC(callback.key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize()).decode()


def _open_sealed(callback: Callback, query: Mapping[str, str], sealed: str) -> bytes:
    wanted = sign(callback.token, query.get("timestamp", ""), query.get("nonce", ""), sealed)
    if not hmac.compare_digest(wanted.encode(), query.get("msg_signature", "").encode()):
        raise DecodeError("invalid", "the signature is wrong")
    try:
        cipher = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise DecodeError("invalid", "it is no base64") from exc
    if not cipher or len(cipher) % 16:
        raise DecodeError("invalid", "it is not made of whole blocks")
    decryptor = Cipher(algorithms.AES(callback.key), modes.CBC(callback.key[:16])).decryptor()
    plain = decryptor.update(cipher) + decryptor.finalize()
    fill = plain[-1]
    if not 1 <= fill <= BLOCK or plain[-fill:] != bytes([fill]) * fill:
        raise DecodeError("invalid", "it was sealed with another key")
    plain = plain[:-fill]
    if len(plain) < 20:
        raise DecodeError("invalid", "it is too short")
    (length,) = struct.unpack(">I", plain[16:20])
    text, corp = plain[20 : 20 + length], plain[20 + length :]
    if len(text) != length or corp != callback.corp_id.encode():
        raise DecodeError("invalid", "it is for another company")
    return text


def _xml(raw: bytes) -> dict[str, str]:
    """Tag -> text of the first level. No DTD, so no entity can be declared, and nothing can grow or be fetched."""
    if len(raw) > MOST_BYTES:
        raise DecodeError("invalid", "it is too long")
    try:
        text = raw.decode()
    except UnicodeDecodeError as exc:
        raise DecodeError("invalid", "it is no UTF-8") from exc
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise DecodeError("invalid", "it declares a document type")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as exc:
        raise DecodeError("invalid", "it is no XML") from exc
    return {child.tag: child.text or "" for child in root}


def _cdata(text: str) -> str:
    """Without the end mark, and without what XML cannot hold."""
    kept = "".join(char for char in text if char in "\t\n" or char >= " ")
    return kept.replace("]]>", "]] >")
