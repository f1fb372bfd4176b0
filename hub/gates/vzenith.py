"""The white list of a Vzenith camera over MQTT: what is said to it, and what it answers. Pure.

A command goes to ``device/{sn}/message/down/white_list_operator`` (older layout: ``{sn}/device/message/down/..``); the answer comes on
the same topic with ``/reply`` behind it, carries the command's ``id`` and ``code`` 200 when it was done. Plates are plain UTF-8 here,
unlike in the camera's own messages. ``need_alarm`` 1 is the black list. A delete with an empty plate would empty the whole list: it
is never made. The list counts only while the camera is in its white-list mode, and it is the camera that compares plates.

Sources: the vendor's MQTT document (its section on white_list_operator) was not at hand. The names and the one record per command are
those of the source of the vendor's own TCP SDK, which is public, and of five public programs that send this command over MQTT; one of
them names the document and what it corrected after it: ``update_or_add``, one record and no array of them, ``create_time`` is needed.
``code`` 200 is what their simulators and field notes of another command show; one check list says 0, of the array form, and is not
followed: a plate that is taken for refused is sent again, one that is taken for done is missing at the gate. ``state_code`` stands in
the body of some answers. Nothing here has met a camera.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

import msgspec

from hub.gates.wanted import Wish

NAME = "white_list_operator"
DONE = 200
FOR_EVER = "2099-12-31 23:59:59"
EVER_SINCE = "2000-01-01 00:00:00"
SAID_LONGEST = 200


class Answered(msgspec.Struct, frozen=True):
    """A camera's answer to one command."""

    id: str
    done: bool
    said: str = ""
    """In the camera's words, cut short."""


class _Answer(msgspec.Struct):
    id: str
    code: int | str = 0
    msg: str = ""
    payload: msgspec.Raw = msgspec.Raw(b"")


class _Body(msgspec.Struct):
    state_code: int | str = DONE


class _Payload(msgspec.Struct):
    body: _Body | None = None


def reply_topic(list_topic: str) -> str:
    """Where the camera answers."""
    return f"{list_topic}/reply"


def serial_of(list_topic: str) -> str:
    """The camera's serial number, in both layouts; some programs begin their topics with a slash."""
    first, _, rest = list_topic.lstrip("/").partition("/")
    return rest.partition("/")[0] if first == "device" else first


def put_message(topic: str, id: str, plate: str, wish: Wish, *, now_ms: int, zone: tzinfo) -> bytes:
    """Add the plate, or give it other dates; the camera takes both alike."""
    record = {
        "plate": _named(plate),
        "enable": 1,
        "create_time": _local(now_ms, zone, EVER_SINCE),
        "enable_time": _local(wish.from_ms, zone, EVER_SINCE),
        "overdue_time": _local(wish.until_ms, zone, FOR_EVER),
        "time_seg_enable": 0,
        "seg_time_start": "00:00:00",
        "seg_time_end": "00:00:00",
        "need_alarm": int(wish.denied),
    }
    return _message(topic, id, {"operator_type": "update_or_add", "dldb_rec": record}, now_ms)


def drop_message(topic: str, id: str, plate: str, *, now_ms: int) -> bytes:
    """Take the plate off."""
    return _message(topic, id, {"operator_type": "delete", "plate": _named(plate)}, now_ms)


def answer_of(payload: bytes) -> Answered | None:
    """What the camera answered; None for what is no answer at all. Some firmware begins its messages with a NUL."""
    try:
        one = msgspec.json.decode(payload.strip(b"\0 \r\n"), type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    done = str(one.code) == str(DONE) and _carried_out(one.payload)
    words = " ".join(word for word in (str(one.code), one.msg, bytes(one.payload).decode("utf-8", "replace")) if word)
    return Answered(one.id, done, "" if done else words[:SAID_LONGEST])


def _carried_out(payload: msgspec.Raw) -> bool:
    """The body does not contradict the code."""
    try:
        told = msgspec.json.decode(payload, type=_Payload | None) if bytes(payload) else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return True
    return told is None or told.body is None or str(told.body.state_code) == str(DONE)


def _named(plate: str) -> str:
    if not plate:
        raise ValueError("an empty plate would empty the camera's whole list")
    return plate


def _message(topic: str, id: str, body: dict[str, object], now_ms: int) -> bytes:
    message = {
        "id": id,
        "sn": serial_of(topic),
        "name": NAME,
        "version": "1.0",
        "timestamp": now_ms // 1000,
        "payload": {"type": NAME, "body": body},
    }
    return msgspec.json.encode(message)


def _local(at_ms: int | None, zone: tzinfo, otherwise: str) -> str:
    if at_ms is None:
        return otherwise
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
