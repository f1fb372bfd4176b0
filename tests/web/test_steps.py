"""What to do, as numbered steps in both languages."""

from __future__ import annotations

import pytest

from hub.web.view import _steps


@pytest.mark.parametrize(
    ("todo", "steps"),
    [
        ("①敲门 ②打119", ("敲门", "打119")),
        ("(1) Knock, phone (2) call 119 (now)", ("Knock, phone", "call 119 (now)")),
        ("上门换电池", ("上门换电池",)),
    ],
)
def test_numbers_part_the_steps(todo: str, steps: tuple[str, ...]) -> None:
    assert _steps(todo) == steps
