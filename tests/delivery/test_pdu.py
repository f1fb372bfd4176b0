"""SMS in PDU mode: what goes out can be read back, and published examples are understood."""

from __future__ import annotations

import pytest

from hub.delivery.pdu import GSM, PART, Delivered, delivered, submit
from tests.delivery.modem_peer import deliver


def units_of(hex_: str, *, header: bool) -> bytes:
    octets = bytes.fromhex(hex_)
    digits = octets[3]
    content = octets[4 + 1 + (digits + 1) // 2 + 3 :]
    assert octets[4 + 1 + (digits + 1) // 2 + 2] == len(content)
    return content[6:] if header else content


def test_the_alphabet_has_a_sign_for_each_septet() -> None:
    assert len(GSM) == 128


def test_a_short_text_is_one_pdu() -> None:
    (one,) = submit("+8613800000000", "烟感", 1)
    # no service centre, SUBMIT, reference 0, 13 digits international, no protocol, UCS-2, 4 bytes
    assert one.hex == "0001000D91683108000000F000080470DF611F"
    assert one.length == len(one.hex) // 2 - 1


def test_a_national_number_of_even_length() -> None:
    (one,) = submit("1069", "a", 1)
    assert one.hex == "00010004810196" + "0008" + "02" + "0061"


@pytest.mark.parametrize("length", [70, 71, 134, 135, 700])
def test_a_long_text_comes_in_parts_that_make_it_again(length: int) -> None:
    text = "".join(chr(0x4E00 + at) for at in range(length))
    parts = submit("+8613800000000", text, 300)
    if length <= 70:
        assert len(parts) == 1
        return
    assert len(parts) == -(-length // PART)
    for number, part in enumerate(parts, 1):
        header = bytes.fromhex(part.hex)[15 + 0 : 15 + 6]
        assert header == bytes((5, 0, 3, 300 & 0xFF, len(parts), number))
    assert b"".join(units_of(part.hex, header=True) for part in parts).decode("utf-16-be") == text


def test_no_part_ends_within_a_character_of_two_units() -> None:
    text = "x" * (PART - 1) + "🔥" * 20
    parts = submit("10086", text, 1)
    texts = [units_of(part.hex, header=True).decode("utf-16-be") for part in parts]
    assert "".join(texts) == text
    assert texts[0] == "x" * (PART - 1)


@pytest.mark.parametrize(
    ("hex_", "came"),
    [
        # the example that most descriptions of PDU mode share: 7 bit, international number
        (
            "07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37",
            Delivered("27838890001", "hellohello"),
        ),
        (deliver("+8613800000000", "1"), Delivered("+8613800000000", "1")),
        (deliver("10086", "收到,我去"), Delivered("10086", "收到,我去")),
    ],
)
def test_what_came_in_is_understood(hex_: str, came: Delivered) -> None:
    assert delivered(hex_) == came


@pytest.mark.parametrize(
    "hex_",
    ["", "xyz", "00", "0001000D91683108000000F000080470DF611F", deliver("10086", "1")[:20], "OK"],
)
def test_what_is_no_sms_is_none(hex_: str) -> None:
    assert delivered(hex_) is None
