"""How words fit into a message: at most 2048 bytes, one line a name, nothing forged."""

from __future__ import annotations

from hub.delivery.phrases import TIMES

MAX_BYTES = 2048
"""WeCom's limit for a text message, the tightest of the channels."""

NAME_CHARS = 120
"""A name or a cause that people typed is never longer than this in a message."""


def fit(first: str, todo: str, tail: str, language: str, *, joint: str = "") -> str:
    """Join, and cut at the todo until it fits. The first line stands whole unless it alone is too long."""
    stop = joint or TIMES["stop"].said(language)
    end = TIMES["stop"].said(language)
    if todo and tail and not todo.endswith(end.strip()):
        todo += end
    room = MAX_BYTES - size(first) - size(stop) - size(tail)
    if room < 0:
        return cut(first + stop + tail, MAX_BYTES)
    if size(todo) > room:
        mark = "…" + end
        todo = cut(todo, room - size(mark)) + mark if room > size(mark) else ""
    rest = todo + tail
    return f"{first}{stop}{rest}".rstrip() if rest else first


def cut(text: str, most: int) -> str:
    """The longest beginning of at most ``most`` bytes that splits no character."""
    return text.encode()[: max(0, most)].decode(errors="ignore")


def size(text: str) -> int:
    return len(text.encode())


def clean(text: str) -> str:
    """Words that people typed, on one line and short: a name must not be able to forge a message."""
    return " ".join(text.split())[:NAME_CHARS].replace("【", "[").replace("】", "]")
