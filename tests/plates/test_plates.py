"""Plates: one spelling, what is none, what is nearly the same, and what others may see of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.plates import (
    HIDDEN,
    PlateKind,
    check,
    is_replaced,
    masked,
    misread,
    normalised,
    plate_kind,
    replaced,
    similar,
    suggestions,
)

K = PlateKind


@pytest.mark.parametrize(
    "written",
    ["沪A12345", "沪a12345", "沪A·12345", " 沪A 12345 ", "沪A-12345", "沪A•12345", "沪Ａ１２３４５", "沪A．12345", "沪A・123-45", "沪A12345\x00"],
)  # fmt: skip
def test_one_plate_has_one_spelling(written: str) -> None:
    assert normalised(written) == "沪A12345"


@pytest.mark.parametrize("written", ["沪AO2345", "沪A0I34S", "沪AB8Z25"])
def test_no_letter_is_ever_turned_into_a_likely_one(written: str) -> None:
    assert normalised(written) == written


@given(st.text(max_size=20))
def test_the_one_spelling_stays_as_it_is(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once


@pytest.mark.parametrize(
    ("plate", "kind"),
    [
        ("沪A12345", K.CIVIL),
        ("粤BF3G7H", K.CIVIL),
        ("沪AD12345", K.NEW_ENERGY_SMALL),
        ("沪AFA2345", K.NEW_ENERGY_SMALL),
        ("京CK12345", K.NEW_ENERGY_SMALL),
        ("沪A12345D", K.NEW_ENERGY_LARGE),
        ("苏E1234挂", K.TRAILER),
        ("苏E1234学", K.TRAINING),
        ("沪O1234警", K.POLICE),
        ("粤Z12A4港", K.HONG_KONG),
        ("粤Z1234澳", K.MACAO),
        ("使224578", K.EMBASSY),
        ("224578使", K.EMBASSY),
        ("沪A1234领", K.CONSULATE),
        ("京A1234试", K.TRIAL),
        ("京A1234超", K.OVERSIZE),
        ("沪X1234应急", K.EMERGENCY),
        ("民航A12345", K.AVIATION),
        ("沪0112345", K.TRACTOR),
        ("WJ1234X", K.ARMED_POLICE),
        ("WJ沪12345", K.ARMED_POLICE),
        ("VA12345", K.MILITARY),
        ("AB12CDE", K.UNUSUAL),
        ("4521", K.UNUSUAL),
    ],
)
def test_plates_are_taken_with_their_kind(plate: str, kind: PlateKind) -> None:
    assert check(plate) is None
    assert plate_kind(plate) is kind


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "missing"),
        (" · ", "missing"),
        ("A12345", "province sign"),
        ("AD12345", "province sign"),
        ("夏A12345", "province sign"),
        ("沪112", "letter"),
        ("沪A1234", "6 characters"),
        ("沪AO2345", "I and O"),
        ("沪A1234I", "I and O"),
        ("沪I12345", "I and O"),
        ("沪A123456", "new-energy"),
        ("沪AL12345", "new-energy"),
        ("沪A1234567", "9 characters"),
        ("沪A1234车", "after the letter"),
        ("ABCDEF", "province sign"),
        ("沪", "letter"),
    ],
)
def test_what_is_no_plate_is_told_why(written: str, why: str) -> None:
    said = check(written)
    assert said is not None
    assert why in said


def test_a_typed_plate_is_looked_at_in_its_one_spelling() -> None:
    assert check("沪a·１２３４５") is None


@pytest.mark.parametrize(
    ("a", "b", "alike", "mistaken"),
    [
        ("沪A12345", "沪A12345", False, False),
        ("沪A12345", "沪A12B45", True, False),
        ("沪A12345", "沪A1Z345", True, True),
        ("沪AD2345", "沪A02345", True, True),
        ("京A12345", "津A12345", True, True),
        ("沪A12345", "沪A1Z34S", False, False),
        ("沪A12345", "沪AD12345", False, False),
        ("", "", False, False),
    ],
)
def test_one_misread_character_is_similar(a: str, b: str, alike: bool, mistaken: bool) -> None:
    assert similar(a, b) is similar(b, a) is alike
    assert misread(a, b) is misread(b, a) is mistaken


def test_the_likeliest_plate_is_suggested_first() -> None:
    known = ["沪A12349", "沪A1234S", "沪B12345", "沪C99999"]
    assert suggestions("沪A12345", known) == ["沪A1234S", "沪A12349", "沪B12345"]


@pytest.mark.parametrize(
    ("plate", "shown"),
    [
        ("沪A12345", "沪A·**345"),
        ("沪AD12345", "沪A·***345"),
        ("苏E1234挂", "苏E·**34挂"),
        ("WJ12345", HIDDEN),
        ("4521", HIDDEN),
        ("沪A1", HIDDEN),
        ("#0123456789abcdef", HIDDEN),
        ("", ""),
    ],
)
def test_a_masked_plate_tells_a_neighbour_little(plate: str, shown: str) -> None:
    assert masked(plate) == shown


@given(st.text(alphabet="沪京ABD·0123456789#", max_size=12))
def test_no_masked_plate_gives_the_plate_away(text: str) -> None:
    assert text == "" or masked(text) != text or text == HIDDEN


def test_one_plate_has_one_hash_and_another_key_another() -> None:
    key, other = b"k" * 32, b"o" * 32
    gone = replaced("沪A12345", key)
    assert is_replaced(gone)
    assert "12345" not in gone
    assert replaced("沪A12345", key) == gone == replaced(gone, key)
    assert replaced("沪A12346", key) != gone != replaced("沪A12345", other)
    assert replaced("", key) == ""
