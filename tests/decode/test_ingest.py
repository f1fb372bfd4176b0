"""HTTP pushes: how a body becomes messages, and what each platform hears."""

from __future__ import annotations

import pytest

from hub.decode.ingest import ingest_messages, reply_to


def _payloads(body: bytes) -> list[bytes]:
    return [message.payload for message in ingest_messages("ctwing", body, 5)]


def test_one_object_is_one_message_with_its_own_bytes() -> None:
    (message,) = ingest_messages("ctwing", b' {"a": 1.0}', 5)
    assert (message.source, message.topic, message.payload, message.received_ms) == (
        "ctwing",
        "ingest/ctwing",
        b' {"a": 1.0}',
        5,
    )


def test_an_array_is_one_message_an_entry_byte_for_byte() -> None:
    assert _payloads(b'[{"a": 1.0}, {"b":"\\u70df"}]') == [b'{"a": 1.0}', b'{"b":"\\u70df"}']


def test_a_form_field_named_json_is_opened() -> None:
    assert _payloads(b"json=%7B%22data%22%3A1%7D&x=2") == [b'{"data":1}']


@pytest.mark.parametrize("body", [b"", b"[]", b"[1,", b"\xff\xfe", b"{", b"json=", b"[" * 5000])
def test_what_is_no_json_is_kept_as_it_is(body: bytes) -> None:
    assert _payloads(body) == [body]


def test_onenet_verifies_an_address_by_hearing_its_own_word() -> None:
    assert reply_to("onenet", {"msg": "abc", "nonce": "x", "signature": "y"}) == (200, "abc")


def test_each_platform_hears_what_makes_it_stop_sending() -> None:
    assert reply_to("ctwing", {})[0] == 200
    assert reply_to("iotda", {}) == (204, "")
    assert reply_to("oceanconnect", {}) == (200, "")


def test_no_answer_to_a_plate_camera_ever_raises_a_barrier() -> None:
    assert "ok" not in reply_to("vzenith", {})[1]
