"""What a mistake in config.yaml is, and how it is said in Chinese and English. Edge, no I/O."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

import msgspec

from hub.config import Text
from hub.errors import ConfigError


class ConfigMistake(msgspec.Struct, frozen=True):
    """One mistake: where it stands, what is wrong and what to do."""

    file: str
    line: int
    what: Text
    todo: Text
    warning: bool = False
    """A warning never keeps the hub from starting."""

    def said(self, language: str) -> str:
        """``file:line: what. what to do`` in ``zh`` or ``en``."""
        what, todo = (self.what.zh, self.todo.zh) if language == "zh" else (self.what.en, self.todo.en)
        return f"{self.file}:{self.line}: {what}{'。' if language == 'zh' else '. '}{todo}"


class ConfigMistakes(ConfigError):
    """Every mistake of a config at once."""

    def __init__(self, mistakes: Iterable[ConfigMistake]) -> None:
        self.mistakes = tuple(mistakes)
        first = self.mistakes[0]
        super().__init__(
            "\n".join(m.said("en") for m in self.mistakes),
            where=f"{first.file} ({len(self.mistakes)})",
            todo="`hub check` lists them again.",
        )


def both(zh: str, en: str) -> Text:
    """One wording in both languages."""
    return Text(zh=zh, en=en)


def did_you_mean(name: str, known: Iterable[str]) -> Text:
    """The nearest known name, else all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return both(f"是不是 `{near[0]}`?", f"Did you mean `{near[0]}`?")
    if not names:
        return both("请先定义它", "Define it first")
    listed = ", ".join(names[:30])
    return both(f"可用:{listed}", f"Known: {listed}")


def value_mistake(kind: str, message: str, value: object, context: Mapping[str, object]) -> tuple[Text, Text]:
    """What pydantic objects to in one value, in our words; ``kind`` is pydantic's error type."""
    shown = value if isinstance(value, str | int | float | bool) or value is None else type(value).__name__
    what = both(f"值 {shown!r} 不对", f"The value {shown!r} is not right")
    if kind in ("enum", "literal_error"):
        expected = str(context.get("expected", ""))
        return what, both(f"只能是:{expected.replace(' or ', '、')}", f"Choose one of {expected}")
    if kind == "hours":
        return what, both("请写时段,如 08:30-17:30", "Write hours such as 08:30-17:30")
    if kind == "duration":
        return what, both("请写时长,如 10s、5m、24h、1d", "Write a duration such as 10s, 5m, 24h or 1d")
    if kind.startswith("bool"):
        return what, both("请写 true 或 false", "Write true or false")
    if kind.startswith("int"):
        return what, both("请写整数", "Write a whole number")
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = context.get("ge", context.get("le"))
        sign = "≥" if kind.startswith("greater") else "≤"
        return what, both(f"须 {sign} {bound}", f"It must be {sign} {bound}")
    if kind in ("string_type", "string_sub_type"):
        return what, both("请写文字;像数字的文字要加引号", "Write text; put quotes round text that looks like a number")
    if kind in ("list_type", "tuple_type"):
        return what, both("请写列表,如 [a, b]", "Write a list such as [a, b]")
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return what, both("这里要写成缩进的若干设置", "Write indented settings here")
    return what, both(f"请改正({message})", f"Correct it ({message})")
