"""YAML with the line of every key: scalars as YAML 1.2 has them, duplicate keys refused, ``${NAME}`` filled in. Edge.

YAML 1.1, which PyYAML speaks, reads ``on`` as true and ``12:30`` as 750; a rule's key is ``on``, so only null, true,
false, whole numbers and decimals are anything but text here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from hub.config import Text
from hub.config_words import both

Path_ = tuple[str | int, ...]
Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
Found = tuple[int, Text, Text]
"""Line, what, what to do."""

_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class _Loader(yaml.SafeLoader):
    """SafeLoader with the plain scalars of YAML 1.2's core schema."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", "~nN\0"),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("tag:yaml.org,2002:int", r"[-+]?[0-9]+(?:_[0-9]+)*", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    for _character in _first:
        _Loader.yaml_implicit_resolvers.setdefault("" if _character == "\0" else _character, []).append(
            (_tag, re.compile(f"^(?:{_pattern})$"))
        )


class Written:
    """What stands in one YAML text: plain values, the line of each path, and what is wrong already."""

    def __init__(self, text: str, environment: Mapping[str, str]) -> None:
        self.value: Plain = None
        self.lines: dict[Path_, int] = {}
        self.found: list[Found] = []
        self.readable = True
        """False when the text is no YAML at all."""
        self._environment = environment
        self._open: set[int] = set()
        try:
            node = yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as exc:
            self.readable = False
            mark = exc.problem_mark or exc.context_mark
            self._add(
                mark.line + 1 if mark else 1,
                both(f"不是正确的 YAML:{exc.problem}", f"This is not YAML: {exc.problem}"),
                both("检查缩进、冒号和引号", "Check indentation, colons and quotes"),
            )
            return
        except yaml.reader.ReaderError as exc:
            self.readable = False
            self._add(
                text.count("\n", 0, exc.position) + 1,
                both("含有不可见的控制字符", "There is a control character that YAML forbids"),
                both("删掉它", "Delete it"),
            )
            return
        self.value = None if node is None else self._read(node, ())

    def line(self, path: Path_) -> int:
        """Line of the longest known beginning of ``path``."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1

    def _add(self, line: int, what: Text, todo: Text) -> None:
        self.found.append((line, what, todo))

    def _read(self, node: yaml.Node, path: Path_) -> Plain:
        if id(node) in self._open:
            self._add(
                node.start_mark.line + 1,
                both("别名指向了自己", "An alias refers to itself"),
                both("写出内容,不用别名", "Write it out instead"),
            )
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return self._sequence(node, path)
            return self._scalar(node, path)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> Plain:
        result: dict[str, Plain] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._add(line, both("键必须是文字", "A key must be text"), both("改成文字", "Write text"))
                continue
            key = str(key_node.value)
            if key in result:
                self._add(
                    line,
                    both(
                        f"`{key}` 写了两次,第一次在第 {self.lines[(*path, key)]} 行",
                        f"`{key}` stands twice, first in line {self.lines[(*path, key)]}",
                    ),
                    both("删掉一个", "Remove one of the two"),
                )
                continue
            self.lines[(*path, key)] = line
            result[key] = self._read(value_node, (*path, key))
        return result

    def _sequence(self, node: yaml.SequenceNode, path: Path_) -> Plain:
        result: list[Plain] = []
        for index, item in enumerate(node.value):
            self.lines[(*path, index)] = item.start_mark.line + 1
            result.append(self._read(item, (*path, index)))
        return result

    def _scalar(self, node: yaml.Node, path: Path_) -> Plain:
        text = str(node.value)
        if node.tag.endswith(":null"):
            return None
        if node.tag.endswith(":bool"):
            return text.lower() == "true"
        if node.tag.endswith(":int"):
            return int(text)
        if node.tag.endswith(":float"):
            return float(text)
        return _SECRET.sub(lambda match: self._secret(match[1], node.start_mark.line + 1, path), text)

    def _secret(self, name: str, line: int, path: Path_) -> str:
        value = self._environment.get(name)
        if value is None:
            setting = ".".join(map(str, path))
            self._add(
                line,
                both(
                    f"`{setting}` 用到的环境变量 {name} 没有设置",
                    f"{name}, which `{setting}` uses, is not in the environment",
                ),
                both(f"启动前先 export {name}=…", f"Set it before the start: export {name}=…"),
            )
            return ""
        return value
