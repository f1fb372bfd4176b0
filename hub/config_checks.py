"""What no single value can tell: names that must exist elsewhere, topics, places in the file system. Edge.

Takes a `Draft`, the valid parts of a config that may be broken elsewhere, so that every mistake is told in one go.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from hub.calendar import restdays
from hub.config import (
    ActionConfig,
    BrokerConfig,
    CommunityConfig,
    Config,
    InstallationConfig,
    PolicyConfig,
    RoleConfig,
    RuleConfig,
    SourceConfig,
    StepConfig,
    Text,
    WebConfig,
)
from hub.config_words import both, did_you_mean
from hub.config_yaml import Path_
from hub.errors import ConfigError
from hub.model import CHANNELS, FACTS

Objection = tuple[Path_, Text, Text, bool]
"""Path of the setting, what, what to do, and whether it is only a warning."""


class Draft(msgspec.Struct, kw_only=True):
    """The parts of a config that are valid by themselves, and every name that is at least defined."""

    folder: Path
    names: dict[str, set[str]] = msgspec.field(default_factory=dict)
    """section -> names in it, valid or not: a reference to a broken role is no second mistake."""
    installation: InstallationConfig | None = None
    broker: BrokerConfig | None = None
    web: WebConfig | None = None
    devices_dirs: list[Path] = msgspec.field(default_factory=list)
    communities: dict[str, CommunityConfig] = msgspec.field(default_factory=dict)
    sources: dict[str, SourceConfig] = msgspec.field(default_factory=dict)
    roles: dict[str, RoleConfig] = msgspec.field(default_factory=dict)
    policies: dict[str, PolicyConfig] = msgspec.field(default_factory=dict)
    rules: dict[str, RuleConfig] = msgspec.field(default_factory=dict)
    actions: dict[str, ActionConfig] = msgspec.field(default_factory=dict)


def check_draft(draft: Draft) -> Iterator[Objection]:
    """Every objection to what is valid by itself."""
    yield from _installation(draft)
    yield from _communities(draft)
    yield from _sources(draft)
    yield from _policies(draft)
    yield from _actions(draft)
    yield from _rules(draft)
    yield from _connections(draft)


def topic_mistake(topic: str) -> Text | None:
    """Why this is no MQTT topic filter, or None (MQTT 5, section 4.7)."""
    if not topic:
        return both("主题为空", "The topic is empty")
    if "\0" in topic or len(topic.encode("utf-8", "surrogatepass")) > 65535:
        return both("主题过长或含有空字符", "The topic is too long or holds a NUL")
    levels = topic.split("/")
    for index, level in enumerate(levels):
        if "#" in level and (level != "#" or index != len(levels) - 1):
            return both(f"`#` 只能单独作为最后一级:{topic}", f"`#` may only be the whole last level: {topic}")
        if "+" in level and level != "+":
            return both(f"`+` 必须独占一级:{topic}", f"`+` must be a whole level: {topic}")
    if levels[0] == "$share":
        return both(f"不能用共享订阅:{topic}", f"Shared subscriptions are refused, they keep no order: {topic}")
    return None


def _installation(draft: Draft) -> Iterator[Objection]:
    installation = draft.installation
    if installation is None:
        return
    try:
        ZoneInfo(installation.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield (
            ("installation", "timezone"),
            both(f"没有时区 {installation.timezone!r}", f"There is no time zone {installation.timezone!r}"),
            both("请写如 Asia/Shanghai", "Write for example Asia/Shanghai"),
            False,
        )
    try:
        restdays(installation.holidays, ())
    except ConfigError as exc:
        yield ("installation", "holidays"), both(exc.what, exc.what), both(exc.todo, exc.todo), False
    url = installation.public_url
    if url and not url.startswith(("http://", "https://")):
        yield (
            ("installation", "public_url"),
            both(f"{url!r} 不是网址", f"{url!r} is no address"),
            both("以 http:// 或 https:// 开头,或留空", "Begin with http:// or https://, or leave it empty"),
            False,
        )


def _communities(draft: Draft) -> Iterator[Objection]:
    if "communities" in draft.names and not draft.names["communities"]:
        yield (
            ("communities",),
            both("没有小区", "There is no community"),
            both("至少写一个", "Name at least one"),
            False,
        )
    for name, community in draft.communities.items():
        if community.seed is not None and not (draft.folder / community.seed).is_file():
            yield _no_file(("communities", name, "seed"), community.seed)


def _sources(draft: Draft) -> Iterator[Objection]:
    if "sources" in draft.names and not draft.names["sources"]:
        yield (
            ("sources",),
            both("没有消息来源,不会收到任何消息", "There is no source: nothing will ever come in"),
            both("接入一个平台:hub connect zigbee2mqtt", "Connect a platform: hub connect zigbee2mqtt"),
            True,
        )
    for name, source in draft.sources.items():
        here: Path_ = ("sources", name)
        yield from _source_community(draft, here, source.community)
        for index, topic in enumerate(source.topics):
            wrong = topic_mistake(topic)
            if wrong is not None:
                yield (*here, "topics", index), wrong, both("请改正", "Correct it"), False
        if not source.topics and not source.token.get_secret_value():
            yield (
                here,
                both(
                    f"来源 `{name}` 既没有主题,也没有推送口令",
                    f"Source `{name}` has neither topics nor a token for pushes",
                ),
                both("写 topics,或为 HTTP 推送写 token", "Give topics, or a token for HTTP pushes"),
                True,
            )
        if (source.envelope == "json") != (source.mapping is not None):
            yield (
                (*here, "envelope"),
                both("`envelope: json` 和 `mapping` 要一起写", "`envelope: json` and `mapping` belong together"),
                both("补上另一个,或都删掉", "Add the other one, or remove both"),
                False,
            )
        for fact in source.mapping.facts if source.mapping else ():
            if fact not in FACTS:
                yield (
                    (*here, "mapping", "facts", fact),
                    both(f"没有叫 `{fact}` 的数据项", f"There is no fact `{fact}`"),
                    did_you_mean(fact, FACTS),
                    False,
                )


def _source_community(draft: Draft, here: Path_, community: str) -> Iterator[Objection]:
    known = draft.names.get("communities", set())
    if community and community not in known:
        what = both(f"没有小区 `{community}`", f"There is no community `{community}`")
        yield (*here, "community"), what, did_you_mean(community, known), False
    if not community and len(known) > 1:
        yield (
            here,
            both("有多个小区,来源要写属于哪个", "There are several communities: say which one this source belongs to"),
            did_you_mean("", known),
            False,
        )


def _policies(draft: Draft) -> Iterator[Objection]:
    for name, policy in draft.policies.items():
        here: Path_ = ("policies", name, "steps")
        if not policy.steps:
            yield (
                here,
                both("没有步骤,没有人会收到通知", "No steps: nobody is ever told"),
                both("至少写一步", "Give at least one"),
                False,
            )
        for index, step in enumerate(policy.steps):
            yield from _step(draft, (*here, index), step)
            if index and step.after < policy.steps[index - 1].after:
                yield (
                    (*here, index),
                    both("步骤没有按 after 的先后排列", "Steps are not in the order of `after`"),
                    both("按时间先后重排", "Put them in order"),
                    False,
                )


def _step(draft: Draft, here: Path_, step: StepConfig) -> Iterator[Objection]:
    roles, actions = draft.names.get("roles", set()), draft.names.get("actions", set())
    named: list[tuple[Path_, str]] = [(("roles", nth), role) for nth, role in enumerate(step.roles)]
    named += [(("quorum", role), role) for role in step.quorum]
    for at, role in named:
        if role not in roles:
            what = both(f"没有角色 `{role}`", f"There is no role `{role}`")
            yield (*here, *at), what, did_you_mean(role, roles), False
    for nth, action in enumerate(step.act):
        if action not in actions:
            what = both(f"没有动作 `{action}`", f"There is no action `{action}`")
            yield (*here, "act", nth), what, did_you_mean(action, actions), False
    for nth, scheme in enumerate(step.channels):
        if scheme not in CHANNELS:
            what = both(f"没有渠道 `{scheme}`", f"There is no channel `{scheme}`")
            yield (*here, "channels", nth), what, did_you_mean(scheme, CHANNELS), False
    if not (step.roles or step.people or step.act):
        what = both("这一步没有角色、人员或动作", "This step has no role, person or action")
        yield here, what, did_you_mean("", roles), False


def _actions(draft: Draft) -> Iterator[Objection]:
    for name, action in draft.actions.items():
        if bool(action.topic) == bool(action.url.get_secret_value()):
            yield (
                ("actions", name),
                both(f"动作 `{name}` 要么写 topic,要么写 url", f"Action `{name}` needs either `topic` or `url`"),
                both("二者写一个", "Give exactly one of the two"),
                False,
            )


def _rules(draft: Draft) -> Iterator[Objection]:
    policies = draft.names.get("policies", set())
    for name, rule in draft.rules.items():
        here: Path_ = ("rules", name)
        if rule.policy and rule.policy not in policies:
            what = both(f"没有通知顺序 `{rule.policy}`", f"There is no policy `{rule.policy}`")
            yield (*here, "policy"), what, did_you_mean(rule.policy, policies), False
        if not rule.policy and rule.severity not in policies:
            what = both(f"级别 {rule.severity} 没有默认的通知顺序", f"Severity {rule.severity} has no default policy")
            todo = both(f"在 policies 下写 `{rule.severity}`", f"Write `{rule.severity}` under policies")
            yield (*here, "severity"), what, todo, False
        if not rule.on:
            what = both("没有写监视哪种设备", "It watches no kind of device")
            yield (*here, "on"), what, both("如 on: [smoke]", "For example on: [smoke]"), False
        if bool(rule.when) == (rule.silent_after is not None):
            yield (
                here,
                both(
                    f"规则 `{name}` 要么写 when,要么写 silent_after",
                    f"Rule `{name}` needs either `when` or `silent_after`",
                ),
                both("二者写一个", "Give exactly one of the two"),
                False,
            )


def _connections(draft: Draft) -> Iterator[Objection]:
    if draft.web is not None and (draft.web.tls_cert_file is None) != (draft.web.tls_key_file is None):
        yield (
            ("web",),
            both("https 需要证书和私钥两个文件", "https needs both a certificate and a key"),
            both("tls_cert_file 和 tls_key_file 都写,或都不写", "Give both tls_cert_file and tls_key_file, or neither"),
            False,
        )
    files: list[tuple[Path_, Path | None]] = []
    if draft.web is not None:
        files += [
            (("web", "tls_cert_file"), draft.web.tls_cert_file),
            (("web", "tls_key_file"), draft.web.tls_key_file),
        ]
    if draft.broker is not None and draft.broker.tls is not None:
        tls = draft.broker.tls
        files += [(("broker", "tls", "ca_file"), tls.ca_file), (("broker", "tls", "cert_file"), tls.cert_file)]
        files += [(("broker", "tls", "key_file"), tls.key_file)]
    for path, file in files:
        if file is not None and not (draft.folder / file).is_file():
            yield _no_file(path, file)
    for index, folder in enumerate(draft.devices_dirs):
        if not (draft.folder / folder).is_dir():
            what = both(f"没有目录 {folder}", f"There is no directory {folder}")
            yield ("devices_dirs", index), what, both("建立它,或改正路径", "Create it, or correct the path"), False


def _no_file(path: Path_, file: Path) -> Objection:
    what = both(f"没有文件 {file}", f"There is no file {file}")
    return (
        path,
        what,
        both("放好文件,或改正路径(相对于本配置文件)", "Put it there, or correct the path (relative to this file)"),
        False,
    )


SECTIONS: frozenset[str] = frozenset(Config.model_fields)
"""Names at the top of the file."""
