"""The doctor's round: section by section, each on its own feet, so that one that fails does not hide the others."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from hub.catalogue import SHIPPED, load_catalogue
from hub.check import all_mistakes
from hub.config import Config, Text
from hub.config_file import review_config
from hub.config_words import both
from hub.doctor.answers import look_at_answers
from hub.doctor.broker import look_at_broker
from hub.doctor.finding import Finding, Level, bad, note, ok
from hub.doctor.people import look_at_people
from hub.doctor.protection import look_at_homes
from hub.doctor.sources import look_at_influx, look_at_sources
from hub.doctor.store import look_at_store
from hub.doctor.web import look_at_web
from hub.errors import HubError
from hub.looking import Looking
from hub.terminal import language, say


def run_doctor(config_path: Path) -> int:
    """Print the report; 1 when something would lose or hide a critical alert, else 0."""
    review = review_config(config_path)
    mistakes = all_mistakes(config_path, review)
    if review.config is None or mistakes:
        _section(
            both("配置", "Config"),
            [bad(f"{config_path} 有 {len(mistakes)} 处要改", f"{config_path}: {len(mistakes)} to mend")],
        )
        for mistake in mistakes:
            say(mistake.said(language()), 4)
        return 1
    return examine(config_path, review.config)


def examine(config_path: Path, config: Config) -> int:
    """The round itself."""
    now_ms = time.time_ns() // 1_000_000
    worst = _section(both("配置", "Config"), _config(config_path, config))
    try:
        looking = Looking(config)
    except HubError as exc:
        return _section(both("存储", "Store"), [bad(str(exc), str(exc))])
    worst |= _section(both("存储", "Store"), look_at_store(config, looking, now_ms))
    worst |= _section(both("消息服务器", "Broker"), asyncio.run(look_at_broker(config)))
    worst |= _section(both("来源", "Sources"), look_at_sources(config, looking, now_ms))
    worst |= _section(both("时序库", "InfluxDB"), look_at_influx(config, looking))
    worst |= _section(both("网页", "Pages"), look_at_web(config))
    worst |= _section(both("通知", "Telling people"), look_at_people(config, looking, os.environ, now_ms))
    worst |= _section(both("应答", "Answering"), look_at_answers(config, looking))
    worst |= _section(both("守护", "Protection"), look_at_homes(config, looking))
    if worst:
        say(
            both(
                "✗ 有紧急告警会丢失或没人看到,见上面带 ✗ 的行",
                "✗ A critical alert would be lost or unseen: see ✗ above",
            )
        )
    else:
        say(both("✓ 没有发现会丢失或隐藏紧急告警的问题", "✓ Found nothing that would lose or hide a critical alert"))
    return int(worst)


def _section(title: Text, findings: Iterable[Finding]) -> bool:
    """Print one section; True when it holds something bad. What the hub itself can say went wrong is a finding too."""
    say(title)
    worst = False
    try:
        for finding in findings:
            say(both(f"{finding.level.value} {finding.text.zh}", f"{finding.level.value} {finding.text.en}"), 2)
            worst |= finding.level is Level.BAD
    except HubError as exc:
        sys.stdout.write(f"  {Level.BAD.value} {exc}\n")
        return True
    return worst


def _config(config_path: Path, config: Config) -> Iterable[Finding]:
    yield ok(f"{config_path} 没有错误", f"{config_path} has no mistakes")
    models = load_catalogue((SHIPPED, *config.devices_dirs)).models
    yield ok(f"设备目录:{len(models)} 种设备", f"Device catalogue: {len(models)} models")
    if not config.installation.public_url:
        yield note(
            "没有 public_url:消息不带链接,靠按键、回复或监控室代录来答复",
            "No public_url: messages carry no link; answers come by key, by reply, or through the control room",
        )
