"""Every setting of config.yaml as the row that docs/configuration.md must have for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Literal, TypeGuard, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from hub.config import Config, Section, Text
from hub.model import Kind, Window

PLAIN: dict[object, str] = {
    str: "text",
    int: "number",
    bool: "true, false",
    Path: "path",
    timedelta: "duration",
    SecretStr: "secret",
    Kind: "kind",
    Text: "zh, en",
    Window: "hours",
}


def settings(section: type[Section] = Config, above: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Path and field of every setting that is no section itself."""
    for name, field in section.model_fields.items():
        path = f"{above}{field.alias or name}"
        inner, path = _inside(field.annotation, path)
        if inner is None:
            yield path, field
        else:
            yield from settings(inner, f"{path}.")


def _inside(annotation: object, path: str) -> tuple[type[Section] | None, str]:
    """The section that stands here, with ``.*`` for each name or number on the way to it."""
    annotation = _bare(annotation)
    if get_origin(annotation) in (dict, list):
        inner = _bare(get_args(annotation)[-1])
        return (inner, f"{path}.*") if _is_section(inner) else (None, path)
    return (annotation, path) if _is_section(annotation) else (None, path)


def _is_section(annotation: object) -> TypeGuard[type[Section]]:
    return isinstance(annotation, type) and issubclass(annotation, Section) and annotation is not Text


def _bare(annotation: object) -> object:
    """Without None and without what only checks."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        return _bare(next(one for one in get_args(annotation) if one is not type(None)))
    return annotation


def type_word(annotation: object) -> str:
    """What may be written."""
    annotation = _bare(annotation)
    if annotation in PLAIN:
        return PLAIN[annotation]
    origin = get_origin(annotation)
    if origin is Literal:
        return ", ".join(get_args(annotation))
    if origin is list:
        return f"list of {type_word(get_args(annotation)[0])}"
    if origin is dict:
        return f"name: {type_word(get_args(annotation)[1])}"
    assert isinstance(annotation, type)
    assert issubclass(annotation, Enum)
    return ", ".join(str(member.value) for member in annotation)


def default_word(field: FieldInfo) -> str:
    """What holds when nothing is written."""
    if field.is_required():
        return "required"
    default = field.default
    if default is PydanticUndefined or default is None or default == Path():
        return "–"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, timedelta):
        default = duration_word(default)
    if isinstance(default, bool):
        default = str(default).lower()
    if isinstance(default, Enum):
        default = default.value
    return f"`{default}`" if default != "" else "–"


def duration_word(value: timedelta) -> str:
    """As one writes it: 365d, 10s."""
    seconds = round(value.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def row(path: str, field: FieldInfo) -> tuple[str, str]:
    """How the setting's row begins, and how it ends; between them stands the meaning in Chinese."""
    return f"| `{path}` | {type_word(field.annotation)} | {default_word(field)} | ", f" · {field.description} |"
