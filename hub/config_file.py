"""config.yaml -> `Config`, or every mistake with its line. Edge: reads files and the environment.

1. YAML with line numbers, ``${NAME}`` filled in from the environment; ``HUB_SECTION__SETTING`` replaces one setting,
   so that containers need no file of their own.
2. Every section, and every entry of a named section, checked by itself, so that one mistake does not hide another.
3. Names that must exist elsewhere, topics, files.
4. ``*_file`` secrets read; paths made relative to the file they stand in.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from pydantic import SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from hub.config import Config, Section, Text
from hub.config_checks import SECTIONS, Draft, check_draft
from hub.config_words import ConfigMistake, ConfigMistakes, both, did_you_mean, value_mistake
from hub.config_yaml import Path_, Plain, Written

__all__ = ("ConfigMistake", "ConfigMistakes", "Review", "config_digest", "load_config", "review_config")

_OVERRIDE = re.compile(r"HUB_([A-Z]+)__([A-Z0-9_]+)")


class Review(msgspec.Struct, kw_only=True):
    """What was found in one file: mistakes and warnings by line, and the config when there is no mistake."""

    config: Config | None
    mistakes: list[ConfigMistake]
    warnings: list[ConfigMistake]
    written: Written | None = None
    """For lines of what is found later (rules)."""


def load_config(path: Path) -> Config:
    """The config of ``path``; `ConfigMistakes` tells everything that is wrong with it."""
    review = review_config(path)
    if review.config is None:
        raise ConfigMistakes(review.mistakes)
    return review.config


def config_digest(path: Path) -> str:
    """SHA-256 of the file, for the journal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def review_config(path: Path, environment: Mapping[str, str] | None = None) -> Review:
    """Everything there is to say about ``path``; never raises for what stands in it."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        what = both(f"读不到配置文件:{exc.strerror}", f"The config cannot be read: {exc.strerror}")
        todo = both("检查路径,或用 --config 指定", "Check the path, or give one with --config")
        return Review(config=None, mistakes=[ConfigMistake(str(path), 1, what, todo)], warnings=[])
    except UnicodeDecodeError as exc:
        what = both("文件不是 UTF-8 编码", "The file is not UTF-8")
        line = path.read_bytes().count(b"\n", 0, exc.start) + 1
        mistake = ConfigMistake(str(path), line, what, both("另存为 UTF-8", "Save it as UTF-8"))
        return Review(config=None, mistakes=[mistake], warnings=[])
    environment = os.environ if environment is None else environment
    return _Reviewer(path, Written(text, environment), environment).review()


class _Reviewer:
    """One pass over one file."""

    def __init__(self, path: Path, written: Written, environment: Mapping[str, str]) -> None:
        self._file = str(path)
        self._environment = environment
        self._written = written
        self._draft = Draft(folder=path.parent)
        self._mistakes = [ConfigMistake(self._file, *found) for found in written.found]
        self._warnings: list[ConfigMistake] = []

    def review(self) -> Review:
        value = self._written.value
        config: Config | None = None
        if not self._written.readable:
            pass
        elif isinstance(value, dict):
            config = self._config(value)
        else:
            what = both("文件里没有设置", "The file holds no settings")
            self._add((), what, both("从仓库里的 config.yaml 开始", "Begin with the config.yaml of the repository"))
        by_line = sorted(self._mistakes, key=lambda m: m.line)
        return Review(
            config=None if by_line else config,
            mistakes=by_line,
            warnings=sorted(self._warnings, key=lambda m: m.line),
            written=self._written,
        )

    def _override(self, value: dict[str, Plain]) -> dict[str, Plain]:
        """The settings with those of the environment in their place; an empty variable replaces nothing."""
        replaced = dict(value)
        for variable, text in sorted(self._environment.items()):
            match = _OVERRIDE.fullmatch(variable)
            if match is None or not text:
                continue
            name, key = match[1].lower(), match[2].lower()
            fields = _fields(_without_none(Config.model_fields[name].annotation)) if name in SECTIONS else {}
            if key not in fields:
                what = both(f"没有 `{name}.{key}` 这个设置", f"There is no setting `{name}.{key}`")
                todo = did_you_mean(f"{name}.{key}", _overridable())
                self._mistakes.append(ConfigMistake(variable, 1, what, todo))
                continue
            section = replaced.get(name)
            if section is None or isinstance(section, dict):
                replaced[name] = {**(section or {}), key: text}
        return replaced

    def _config(self, value: dict[str, Plain]) -> Config | None:
        value = self._override(value)
        for name in value.keys() - SECTIONS:
            self._unknown((name,), SECTIONS)
        for name, field in Config.model_fields.items():
            if value.get(name) is not None:
                self._section(name, field, value[name])
            elif field.is_required():
                self._missing((name,), field)
        for path, what, todo, warning in check_draft(self._draft):
            self._add(path, what, todo, warning=warning)
        if self._mistakes:
            return None
        config = Config.model_validate({k: v for k, v in value.items() if v is not None})
        settled = self._settle(config, ())
        assert isinstance(settled, Config)
        return settled

    def _section(self, name: str, field: FieldInfo, value: Plain) -> None:
        annotation = field.annotation
        if get_origin(annotation) is dict and isinstance(value, dict):
            self._draft.names[name] = set(value)
            entry = get_args(annotation)[1]
            valid = {key: self._valid(entry, item, (name, key)) for key, item in value.items()}
            setattr(self._draft, name, {key: item for key, item in valid.items() if item is not None})
            return
        whole = self._valid(annotation, value, (name,))
        if whole is not None and name in Draft.__struct_fields__:
            setattr(self._draft, name, whole)

    def _valid(self, annotation: Any, value: Plain, path: Path_) -> Any:
        """The value as its type; None, and mistakes told, when it is not. `Any`: pydantic's own edge."""
        try:
            return TypeAdapter(annotation).validate_python(value)
        except ValidationError as exc:
            for error in exc.errors(include_url=False):
                self._translate(error, path, annotation)
        return None

    def _translate(self, error: ErrorDetails, root: Path_, annotation: Any) -> None:
        path: Path_ = (*root, *(part for part in error["loc"] if part != "[key]"))
        fields = _fields_at(annotation, error["loc"][:-1])
        if error["type"] == "extra_forbidden":
            self._unknown(path, fields)
        elif error["type"] == "missing":
            self._missing(path, fields.get(str(path[-1])))
        else:
            what, todo = value_mistake(error["type"], error["msg"], error["input"], error.get("ctx", {}))
            name = ".".join(map(str, path))
            what = both(f"`{name}`:{what.zh}", f"`{name}`: {what.en}")
            self._add(path, what, todo)

    def _unknown(self, path: Path_, known: Mapping[str, FieldInfo] | frozenset[str]) -> None:
        name = str(path[-1])
        what = both(f"没有 `{name}` 这个设置", f"There is no setting `{name}`")
        self._add(path, what, did_you_mean(name, known))

    def _missing(self, path: Path_, field: FieldInfo | None) -> None:
        name = ".".join(map(str, path))
        meaning = field.description if field is not None and field.description else ""
        what = both(f"缺少 `{name}`", f"`{name}` is missing")
        self._add(path, what, both(f"请补上 `{path[-1]}`:{meaning}", f"Add `{path[-1]}`: {meaning}"))

    def _add(self, path: Path_, what: Text, todo: Text, *, warning: bool = False) -> None:
        mistake = ConfigMistake(self._file, self._written.line(path), what, todo, warning)
        (self._warnings if warning else self._mistakes).append(mistake)

    def _settle(self, section: Section, path: Path_) -> Section:
        """The section with absolute paths and with secrets from their files."""
        changed: dict[str, object] = {}
        for name in type(section).model_fields:
            value = getattr(section, name)
            if isinstance(value, Path):
                value = self._draft.folder.absolute() / value
            elif isinstance(value, Section):
                value = self._settle(value, (*path, name))
            elif isinstance(value, dict):
                value = {
                    k: self._settle(v, (*path, name, k)) if isinstance(v, Section) else v for k, v in value.items()
                }
            elif isinstance(value, list):
                value = [self._draft.folder.absolute() / v if isinstance(v, Path) else v for v in value]
            changed[name] = value
            secret = name.removesuffix("_file")
            if secret != name and isinstance(getattr(section, secret, None), SecretStr) and isinstance(value, Path):
                changed[secret] = self._secret((*path, name), value, getattr(section, secret))
        return section.model_copy(update=changed)

    def _secret(self, path: Path_, file: Path, beside: SecretStr) -> SecretStr:
        name = str(path[-1])
        if beside.get_secret_value():
            what = both(
                f"`{name}` 和 `{name.removesuffix('_file')}` 都写了", f"Both {name} and what it stands for are set"
            )
            self._add(path, what, both("只留一个", "Keep one of the two"))
        try:
            return SecretStr(file.read_text("utf-8").strip())
        except (OSError, UnicodeDecodeError):
            what = both(f"读不到密钥文件 {file}", f"The secret file {file} cannot be read")
            self._add(path, what, both("检查路径和读取权限", "Check its path and who may read it"))
            return beside


def _fields_at(annotation: Any, location: tuple[str | int, ...]) -> dict[str, FieldInfo]:
    """Settings that the section at ``location`` knows, by the names they have in the file."""
    annotation = _without_none(annotation)
    for part in location:
        if get_origin(annotation) in (dict, list):
            annotation = get_args(annotation)[-1]
        else:
            field = _fields(annotation).get(str(part))
            annotation = None if field is None else field.annotation
        annotation = _without_none(annotation)
    return _fields(annotation)


def _fields(annotation: Any) -> dict[str, FieldInfo]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return {field.alias or name: field for name, field in annotation.model_fields.items()}
    return {}


def _overridable() -> list[str]:
    return [f"{name}.{key}" for name, field in Config.model_fields.items() for key in _fields(field.annotation)]


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        return next(a for a in get_args(annotation) if a is not type(None))
    return annotation
