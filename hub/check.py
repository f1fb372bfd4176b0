"""`hub check`: every mistake of a config at once, each with file, line, what and what to do."""

from __future__ import annotations

import sys
from pathlib import Path

from hub.catalogue import SHIPPED, load_catalogue
from hub.config import Config
from hub.config_file import ConfigMistake, Review, review_config
from hub.config_words import both
from hub.config_yaml import Path_
from hub.core.rules import rule_mistakes
from hub.decode.catalogue import Catalogue
from hub.decode.codec import readings_of
from hub.decode.decoder import Decoder
from hub.decode.port import Example, Model, Uplink
from hub.errors import ConfigError
from hub.model import Fact, Kind, RawMessage, Reading
from hub.terminal import language


def run_check(config_path: Path) -> int:
    """Print every mistake and give 1, or print a summary and give 0."""
    zh = language() == "zh"
    review = review_config(config_path)
    mistakes = all_mistakes(config_path, review)
    for mistake in sorted([*mistakes, *review.warnings], key=lambda m: m.line):
        sys.stdout.write(mistake.said(language()) + "\n")
    if mistakes or review.config is None:
        count = len(mistakes)
        sys.stdout.write(f"共 {count} 处要改\n" if zh else f"{count} to mend\n")
        return 1
    sys.stdout.write(_summary(review.config, language()) + "\n")
    return 0


def all_mistakes(path: Path, review: Review) -> list[ConfigMistake]:
    """What the review found; when that is nothing, what the device files and the rules' conditions get wrong."""
    if review.config is None:
        return review.mistakes
    try:
        catalogue = load_catalogue((SHIPPED, *review.config.devices_dirs))
    except ConfigError as exc:
        return [*review.mistakes, _device_file_mistake(path, exc)]
    return [*review.mistakes, *_rule_mistakes(path, review, review.config, alarm_examples(catalogue))]


def alarm_examples(catalogue: Catalogue) -> list[tuple[Kind, dict[str, Fact]]]:
    """Kind and values of every alarm among the examples of the catalogue's devices."""
    return [
        (reading.kind, {**reading.facts, "event": reading.event.value, "historical": reading.historical})
        for model in catalogue.models
        for example in model.examples
        for reading in _decoded(catalogue, model, example)
        if reading.facts.get("alarm") is True
    ]


class _Always(dict[str, str]):
    """A registry in which every device is of one model."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def get(self, _key: str, _default: str | None = None) -> str:  # type: ignore[override]
        return self._name


def _decoded(catalogue: Catalogue, model: Model, example: Example) -> tuple[Reading, ...]:
    if example.payload:
        decode = Decoder(catalogue, model_of=_Always(model.name))
        return decode(RawMessage("example", example.topic, example.payload.encode(), 0))[0]
    uplink = Uplink("example", bytes.fromhex(example.hex), example.port, example.object, example.topic)
    return readings_of(model, uplink)


def _rule_mistakes(
    path: Path, review: Review, config: Config, examples: list[tuple[Kind, dict[str, Fact]]]
) -> list[ConfigMistake]:
    """What the core finds in the rules' conditions, with the line each stands in."""
    assert review.written is not None
    return [
        ConfigMistake(
            str(path),
            review.written.line(_rule_path(found.where)),
            both(f"{found.where}:{found.what}".rstrip("."), f"{found.where}: {found.what}".rstrip(".")),
            both(found.todo, found.todo),
        )
        for found in rule_mistakes(config.rules, examples)
    ]


def _rule_path(where: str) -> Path_:
    """``rules.NAME.when`` -> its path in the file; a name may hold dots of its own."""
    name = where.removeprefix("rules.")
    for setting in ("when", "clear"):
        if name.endswith(f".{setting}"):
            return "rules", name.removesuffix(f".{setting}"), setting
    return "rules", name


def _device_file_mistake(path: Path, exc: ConfigError) -> ConfigMistake:
    """A device file's mistake, at that file's line; one without a line is about ``devices_dirs``."""
    file, _, line = exc.where.rpartition(":")
    if not line.isdigit():
        file, line = exc.where or str(path), "1"
    what = exc.what.rstrip(".")
    return ConfigMistake(file, int(line), both(f"设备文件:{what}", f"Device file: {what}"), both(exc.todo, exc.todo))


def _summary(config: Config, language: str) -> str:
    counts = (
        len(config.communities),
        len(config.sources),
        len(config.rules),
        len(config.policies),
        len(config.roles),
    )
    if language == "zh":
        return "没有错误:{} 个小区,{} 个来源,{} 条规则,{} 个通知顺序,{} 个角色".format(*counts)
    return "No mistakes: {} communities, {} sources, {} rules, {} policies, {} roles".format(*counts)
