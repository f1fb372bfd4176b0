"""HTTP pushes: a body to raw messages, and what each platform wants to hear. Pure; the web calls it.

`reply_to` answers only after the commit: a platform that gets no 2xx sends again, which is its queue and our safety.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from hub.decode.text import trimmed
from hub.model import RawMessage

_MOST = 10_000
"""Messages in one array; what is longer stays one message, which the decoder takes or quarantines as a whole."""

_split = msgspec.json.Decoder(list[msgspec.Raw]).decode


def ingest_messages(source: str, body: bytes, received_ms: int) -> list[RawMessage]:
    """The messages of one push, each with its own bytes: an array is one message an entry, a form its ``json`` field.

    Never raises: what is no JSON is one message, and its envelope says why it cannot be read.
    """
    topic = f"ingest/{source}"
    word = _unformed(trimmed(body))
    parts: list[bytes] = [body if word == trimmed(body) else word]
    if word[:1] == b"[":
        try:
            entries = _split(word)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            entries = []
        if 0 < len(entries) <= _MOST:
            parts = [bytes(entry) for entry in entries]
    return [RawMessage(source, topic, part, received_ms) for part in parts]


def _unformed(body: bytes) -> bytes:
    """The JSON inside a form field ``json``, as plate webhooks without pictures send it."""
    if not body.startswith(b"json="):
        return body
    field = body[5:].partition(b"&")[0].replace(b"+", b" ")
    return _ESCAPED.sub(lambda found: bytes.fromhex(found.group(1).decode()), field) or body


_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")

_BODIES: dict[str, str] = {
    "onenet": "ok",
    "ctwing": '{"code":0,"msg":"ok"}',
    "aliyun": '{"code":200}',
    "jftech": '{"code":2000,"msg":"OK"}',
    "megvii": '{"code":0,"msg":"success"}',
    # An answer with info "ok" would raise the barrier.
    "vzenith": "{}",
}
_STATUS: dict[str, int] = {"iotda": 204}
"""Huawei takes 200 and 204."""


def reply_to(source_envelope: str, query: Mapping[str, str]) -> tuple[int, str]:
    """Status and body of the answer to a push, or to the GET that verifies an address.

    OneNET verifies with ``?msg=…&nonce=…&signature=…`` and wants ``msg`` back; whoever serves this sends it as text/plain.
    """
    if source_envelope in ("onenet", "auto") and "msg" in query and "signature" in query:
        return 200, query["msg"][:1024]
    return _STATUS.get(source_envelope, 200), _BODIES.get(source_envelope, "")
