"""`hub check`: every mistake of a config at once, each with file, line, what and what to do."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hub.config import Config
from hub.config_file import ConfigMistake, Review, review_config
from hub.config_words import both


def run_check(config_path: Path) -> int:
    """Print every mistake and give 1, or print a summary and give 0."""
    language = "en" if os.environ.get("LANG", "zh").lower().startswith("en") else "zh"
    review = review_config(config_path)
    mistakes = review.mistakes
    if review.config is not None:
        mistakes = _rule_mistakes(config_path, review, review.config)
    for mistake in sorted([*mistakes, *review.warnings], key=lambda m: m.line):
        sys.stdout.write(mistake.said(language) + "\n")
    if mistakes or review.config is None:
        count = len(mistakes)
        sys.stdout.write(f"共 {count} 处要改\n" if language == "zh" else f"{count} to mend\n")
        return 1
    sys.stdout.write(_summary(review.config, language) + "\n")
    return 0


def _rule_mistakes(path: Path, review: Review, config: Config) -> list[ConfigMistake]:
    """What the core finds in the rules' conditions, with the line each stands in."""
    from hub.core.rules import rule_mistakes

    assert review.written is not None
    return [
        ConfigMistake(
            str(path),
            review.written.line(tuple(found.where.split("."))),
            both(f"{found.where}:{found.what}".rstrip("."), f"{found.where}: {found.what}".rstrip(".")),
            both(found.todo, found.todo),
        )
        for found in rule_mistakes(config.rules, [])
    ]


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
