"""What a typed line means, and what nothing is made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.answering.words import LONGEST, Act, Said, read_choice, read_words
from hub.delivery.live import answer_key, read_key


@pytest.mark.parametrize(
    ("line", "act"),
    [
        ("1", Act.ACCEPT),
        ("１", Act.ACCEPT),
        ("①", Act.ACCEPT),
        ("1\ufe0f\u20e3", Act.ACCEPT),
        ("1。", Act.ACCEPT),
        ("“1”", Act.ACCEPT),
        ("我去", Act.ACCEPT),
        ("我去!", Act.ACCEPT),
        (" 接警 ", Act.ACCEPT),
        ("ＯＫ~", Act.ACCEPT),
        ("@告警中枢 1", Act.ACCEPT),
        ("2", Act.DECLINE),
        ("2.", Act.DECLINE),
        ("去不了", Act.DECLINE),
        ("我去不了", Act.DECLINE),
        ("3、", Act.SAY_FALSE),
        ("误报", Act.SAY_FALSE),
        ("到场", Act.ARRIVE),
        ("已到。", Act.ARRIVE),
        ("求助!!", Act.ASK_HELP),
        ("I go", Act.ACCEPT),
        ("Help", Act.ASK_HELP),
    ],
)
def test_a_line_that_is_understood(line: str, act: Act) -> None:
    assert read_words(line) == Said(act)


@pytest.mark.parametrize(
    ("line", "act", "which"),
    [
        ("1 2", Act.ACCEPT, 2),
        ("１　２", Act.ACCEPT, 2),
        ("2,1", Act.DECLINE, 1),
        ("我去 第2件", Act.ACCEPT, 2),
        ("到场 3", Act.ARRIVE, 3),
        ("false alarm 2", Act.SAY_FALSE, 2),
    ],
)
def test_a_line_that_names_one_of_several(line: str, act: Act, which: int) -> None:
    assert read_words(line) == Said(act, which)


@pytest.mark.parametrize(
    "line", ["", " ", "收到", "我去买菜", "12", "4", "1 0", "没有误报", "好", "1 2 3", "1" * 500, "😀"]
)
def test_a_guess_is_never_made(line: str) -> None:
    assert read_words(line) is None


@given(st.text(max_size=LONGEST * 8))
def test_no_line_breaks_the_reader(line: str) -> None:
    said = read_words(line)
    assert said is None or (said.act in Act and 0 <= said.which < 100)


def test_a_button_says_what_its_key_says() -> None:
    assert read_choice(answer_key("accept", "guihua", 7)) == Said(Act.ACCEPT)
    assert read_choice("2:abc.def") == Said(Act.DECLINE)
    assert read_choice("whatever/guihua/7") is None


def test_a_key_is_read_back() -> None:
    pressed = read_key(answer_key("decline", "guihua", 7))
    assert (pressed.choice, pressed.community, pressed.incident, pressed.token) == ("decline", "guihua", 7, "")
    assert read_key("1:WyJ.x_-").token == "WyJ.x_-"
    assert read_key("accept/guihua/²").incident == 0
    assert read_key("accept/guihua/" + "9" * 40).incident == 0
