"""Finds every text that a screen can show: marked in Python, or in a template."""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir

WEB = Path(__file__).parents[2] / "hub" / "web"
KEYWORDS = {"_": None, "marked": None, "translated": (2,)}


def every_text() -> set[str]:
    found: set[str] = set()
    for _, _, message, _, _ in extract_from_dir(
        WEB, method_map=[("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")], keywords=KEYWORDS
    ):
        found.update([message] if isinstance(message, str) else message)
    return found
