"""What a list should hold, and how it is said to the camera."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
import pytest

from hub.gates.vzenith import answer_of, drop_message, put_message, reply_topic, serial_of
from hub.gates.wanted import Wish, next_edge_ms, wanted
from hub.model import Permit, PermitKind

SHANGHAI = ZoneInfo("Asia/Shanghai")
PERMITS = [
    Permit(plate="沪Z00001"),
    Permit(plate="沪Z00002", kind=PermitKind.VISITOR, from_ms=100, until_ms=200),
    Permit(plate="沪Z00003", kind=PermitKind.DENIED, reason="欠费"),
    Permit(plate="沪Z00004", kind=PermitKind.DENIED, until_ms=150),
]


@pytest.mark.parametrize(
    ("now_ms", "plates", "edge"),
    [(50, "134", 100), (100, "1234", 150), (150, "123", 200), (200, "13", None)],
)
def test_a_permit_is_wanted_from_its_first_millisecond_to_its_last(now_ms: int, plates: str, edge: int | None) -> None:
    assert sorted(wanted(PERMITS, now_ms)) == [f"沪Z0000{n}" for n in plates]
    assert next_edge_ms(PERMITS, now_ms) == edge


def test_the_message_is_the_vendors() -> None:
    wish = Wish(denied=True, until_ms=1_767_196_800_000)
    message = msgspec.json.decode(
        put_message("device/ab-12/message/down/white_list_operator", "x1", "沪ZD12345", wish, now_ms=0, zone=SHANGHAI)
    )
    assert (message["id"], message["sn"], message["name"]) == ("x1", "ab-12", "white_list_operator")
    body = message["payload"]["body"]
    assert body["operator_type"] == "update_or_add"
    record = body["dldb_rec"]
    assert (record["plate"], record["need_alarm"], record["enable"]) == ("沪ZD12345", 1, 1)
    assert record["enable_time"] == "2000-01-01 00:00:00"
    assert record["overdue_time"] == "2026-01-01 00:00:00"


def test_nothing_that_empties_the_whole_list_can_be_said() -> None:
    with pytest.raises(ValueError, match="whole list"):
        drop_message("device/a/message/down/white_list_operator", "x", "", now_ms=0)


def test_one_command_holds_one_record_and_one_plate() -> None:
    """An array of them is what other commands take; `create_time` is needed."""
    given = msgspec.json.decode(
        put_message("device/a/message/down/w", "x", "沪Z00001", Wish(), now_ms=0, zone=SHANGHAI)
    )
    assert given["payload"]["body"]["dldb_rec"]["create_time"] == "1970-01-01 08:00:00"
    assert given["payload"]["type"] == given["name"] == "white_list_operator"
    taken = msgspec.json.decode(drop_message("device/a/message/down/w", "x", "沪Z00001", now_ms=5_999))
    assert taken["payload"]["body"] == {"operator_type": "delete", "plate": "沪Z00001"}
    assert taken["timestamp"] == 5


@pytest.mark.parametrize(
    "topic", ["device/ab-12/message/down/w", "ab-12/device/message/down/w", "/device/ab-12/message/down/w"]
)
def test_the_serial_number_is_found_in_every_layout(topic: str) -> None:
    assert serial_of(topic) == "ab-12"
    assert reply_topic(topic) == f"{topic}/reply"


@pytest.mark.parametrize(
    ("payload", "done"),
    [
        (b'{"id":"a","code":200,"payload":null}', True),
        (b'\0{"id":"a","code":"200"}', True),
        (b'{"id":"a","code":200,"payload":{"body":{"state_code":200,"operator_type":"delete"}}}', True),
        (b'{"id":"a","code":200,"payload":{"body":{"state_code":500}}}', False),
        (b'{"id":"a","code":200,"payload":{"body":[]}}', True),
        (b'{"id":"a","code":0}', False),
        (b'{"id":"a","code":400,"msg":"full"}', False),
        (b'{"id":"a"}', False),
        (b'{"code":200}', None),
        (b"\xff\xfe", None),
        (b"[]", None),
        (b"", None),
    ],
)
def test_an_answer_is_done_refused_or_none_at_all(payload: bytes, done: bool | None) -> None:
    answer = answer_of(payload)
    assert (answer.done if answer else None) is done
