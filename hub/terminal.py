"""What a command says to the engineer at the terminal: Chinese, or English where LANG says so. Edge."""

from __future__ import annotations

import os
import sys

from hub.config import Text
from hub.config_words import both

__all__ = ("both", "language", "say")


def language() -> str:
    """``en`` where LANG begins with it, else ``zh``."""
    return "en" if os.environ.get("LANG", "zh").lower().startswith("en") else "zh"


def say(text: Text | str = "", indent: int = 0) -> None:
    """One line on standard output, at once: somebody waits for it."""
    words = text if isinstance(text, str) else (text.zh if language() == "zh" else text.en)
    sys.stdout.write(" " * indent + words + "\n")
    sys.stdout.flush()
