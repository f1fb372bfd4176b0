"""Rules compiled: conditions in CEL over one reading's facts, with three answers and a memory. Pure.

Law: ``test``, ``muted`` and ``historical`` always have values; a fact that the reading does not state is absent, and a
condition that needs it is unknown: neither met nor cleared. Any other error, or an answer that is no boolean, is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

import msgspec

from hub.config import RuleConfig
from hub.core.cel_lean import cel
from hub.errors import ConfigError
from hub.model import DERIVED, FACTS, Event, Fact, Kind, Severity

ALWAYS: dict[str, Fact] = {"test": False, "muted": False, "historical": False}
"""Names that have a value even when the payload does not say."""

GIVEN = frozenset(FACTS) | DERIVED | frozenset(ALWAYS) | {"event", "permitted"}
"""Every name a condition may use. ``permitted``: the plate has a permit; absent while no permit is registered."""

NO_STATE = frozenset(
    {
        Event.CONFIG_RESPONSE,
        Event.CONFIG_REPORT,
        Event.VERSION_REPORT,
        Event.DEVICE_INFO,
        Event.JOIN,
        Event.LOCATION,
        Event.INTEGRATION,
        Event.DOWNLINK_ACK,
        Event.DOWNLINK_SENT,
        Event.DOWNLINK_FAILED,
        Event.LOG_ERROR,
        Event.HISTORY_RECORD,
        Event.DISCOVERY,
        Event.BRIDGE_INFO,
        Event.UPLINK_UNDECODED,
        Event.RAW,
    }
)
"""Events that say nothing about a condition: they neither raise nor clear."""

_MACRO = re.compile(r"\.\s*(all|exists|exists_one|map|filter)\s*\(|\bhas\s*\(")
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_MEMORY = 8_192


class Answer(StrEnum):
    """What a condition says about one reading; a letter each, so that the answers of all rules are one short string."""

    MET = "m"
    NOT_MET = "n"
    UNKNOWN = "u"
    FAULT = "f"


class Condition:
    """One CEL expression, given only the names that it uses; answers are remembered by the values of those names."""

    def __init__(self, source: str, *, where: str) -> None:
        self.source = source
        if _MACRO.search(_STRING.sub("''", source)):
            raise ConfigError(
                f"macros have no cost limit and are refused: {source!r}.",
                where=where,
                todo="Compare facts directly, for example alarm && !test.",
            )
        try:
            self._program = cel.compile(source)
        except ValueError as exc:
            raise ConfigError(
                f"not CEL: {source!r} ({exc}).", where=where, todo="See docs/configuration.md, Rules."
            ) from exc
        self.names: tuple[str, ...] = tuple(sorted(self._program.variables()))
        unknown = [name for name in self.names if name not in GIVEN]
        if unknown:
            raise ConfigError(
                f"unknown name {', '.join(unknown)} in {source!r}.",
                where=where,
                todo="Use facts of the vocabulary (docs/devices.md), event, test, muted, historical or permitted.",
            )
        self.fault = ""
        """What went wrong last."""

    def answer(self, facts: Mapping[str, Fact]) -> Answer:
        """Ask the condition; ``facts`` may hold more names than it uses. No error leaves here."""
        values = {name: facts[name] for name in self.names if name in facts}
        try:
            result = self._program.execute(values)
        except RuntimeError as exc:
            if len(values) < len(self.names):
                return Answer.UNKNOWN
            self.fault = str(exc)
            return Answer.FAULT
        except (TypeError, ValueError) as exc:
            self.fault = str(exc)
            return Answer.FAULT
        if result is True:
            return Answer.MET
        if result is False:
            return Answer.NOT_MET
        self.fault = f"gives {result!r}, not true or false"
        return Answer.FAULT


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule, ready to be asked."""

    name: str
    on: frozenset[Kind]
    when: Condition | None
    clear: Condition | None
    hold_ms: int
    silent_after_ms: int | None
    severity: Severity
    latch: bool
    cause: str
    by_place: bool
    test: bool
    policy: str
    inhibited_by: frozenset[str] = frozenset()


class RuleBook:
    """All rules by kind, with the names that each kind's rules look at, and a memory of what they answered.

    Facts have fixed types (`FACTS`, held by decoding), so that equal values are equal to CEL too.
    """

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self.rules = dict(rules)
        self.by_kind: dict[Kind, tuple[Rule, ...]] = {}
        self.names: dict[Kind, tuple[str, ...]] = {}
        self.silent: dict[Kind, tuple[Rule, ...]] = {}
        self._memory: dict[tuple[object, ...], str] = {}
        for kind in Kind:
            asked = tuple(r for r in rules.values() if kind in r.on and r.when is not None)
            self.by_kind[kind] = asked
            used: set[str] = set()
            for rule in asked:
                used.update(rule.when.names if rule.when else ())
                used.update(rule.clear.names if rule.clear else ())
            self.names[kind] = tuple(sorted(used - {"event"}))
            self.silent[kind] = tuple(r for r in rules.values() if kind in r.on and r.silent_after_ms is not None)

    def answers(self, kind: Kind, event: str, facts: Mapping[str, Fact]) -> str:
        """What all rules of the kind say about one reading: two letters each, `when` and `clear` ("-" without one)."""
        inputs = (kind, event, *map(facts.get, self.names[kind]))
        known = self._memory.get(inputs)
        if known is None:
            known = self._ask(kind, event, facts)
            if len(self._memory) >= _MEMORY:
                self._memory.clear()
            self._memory[inputs] = known
        return known

    def _ask(self, kind: Kind, event: str, facts: Mapping[str, Fact]) -> str:
        values: dict[str, Fact] = {**ALWAYS, **facts, "event": event}
        letters = ""
        for rule in self.by_kind[kind]:
            letters += rule.when.answer(values) if rule.when else "-"
            letters += rule.clear.answer(values) if rule.clear else "-"
        return letters


def milliseconds(duration: timedelta) -> int:
    """A duration as integer milliseconds."""
    return round(duration.total_seconds() * 1000)


def compile_rule(name: str, config: RuleConfig) -> Rule:
    """One rule from config.yaml; ConfigError says what is wrong with it."""
    where = f"rules.{name}"
    if bool(config.when) == (config.silent_after is not None):
        raise ConfigError(
            "a rule has either `when` or `silent_after`.", where=where, todo="Give exactly one of the two."
        )
    return Rule(
        name=name,
        on=frozenset(config.on),
        when=Condition(config.when, where=f"{where}.when") if config.when else None,
        clear=Condition(config.clear, where=f"{where}.clear") if config.clear else None,
        hold_ms=milliseconds(config.hold),
        silent_after_ms=None if config.silent_after is None else milliseconds(config.silent_after),
        severity=config.severity,
        latch=config.latch,
        cause=config.cause or name,
        by_place=config.group_by == "place",
        test=config.test,
        policy=config.policy or config.severity.value,
        inhibited_by=frozenset(config.inhibited_by),
    )


def compile_rules(configs: Mapping[str, RuleConfig]) -> RuleBook:
    """All rules; the first mistake is raised. `rule_mistakes` lists them all."""
    return RuleBook({name: compile_rule(name, config) for name, config in configs.items()} | BUILT_IN)


def rule_mistakes(
    configs: Mapping[str, RuleConfig], alarm_examples: list[tuple[Kind, dict[str, Fact]]]
) -> list[ConfigError]:
    """Everything that is wrong with the rules, for `hub check`.

    ``alarm_examples``: kind and values of every alarm in the catalogue. A critical rule that any of its kind's alarms
    would leave unknown is a mistake; so is a rule on a name that its kinds' alarms contradict by a fault.
    """
    mistakes = _inhibition_mistakes(configs)
    seen: dict[tuple[object, ...], str] = {}
    for name, config in configs.items():
        try:
            rule = compile_rule(name, config)
        except ConfigError as exc:
            mistakes.append(exc)
            continue
        if rule.when is None:
            continue
        key = (rule.when.source, rule.on, rule.hold_ms)
        if key in seen:
            mistakes.append(
                ConfigError(
                    f"has the same condition as rules.{seen[key]}.",
                    where=f"rules.{name}",
                    todo="Remove one of the two.",
                )
            )
        seen[key] = name
        mistakes.extend(_unanswered(rule, rule.when, alarm_examples))
    return mistakes


def _inhibition_mistakes(configs: Mapping[str, RuleConfig]) -> list[ConfigError]:
    """`inhibited_by` on what is never inhibited, or by a cause that no rule has."""
    causes = {config.cause or name for name, config in configs.items()}
    mistakes: list[ConfigError] = []
    for name, config in configs.items():
        unknown = sorted(set(config.inhibited_by) - causes)
        if unknown:
            what, todo = f"no rule has the cause {', '.join(unknown)}.", "Name the `cause` of another rule."
        elif config.inhibited_by and config.severity is Severity.CRITICAL:
            what, todo = "critical is never inhibited.", "Remove inhibited_by."
        else:
            continue
        mistakes.append(ConfigError(what, where=f"rules.{name}", todo=todo))
    return mistakes


def _unanswered(rule: Rule, when: Condition, alarm_examples: list[tuple[Kind, dict[str, Fact]]]) -> list[ConfigError]:
    if rule.severity is not Severity.CRITICAL:
        return []
    for kind, facts in alarm_examples:
        if kind not in rule.on:
            continue
        answer = when.answer(ALWAYS | facts)
        if answer in (Answer.UNKNOWN, Answer.FAULT):
            return [
                ConfigError(
                    f"is {answer.name.lower()} for a real {kind} alarm {facts}.",
                    where=f"rules.{rule.name}.when",
                    todo="Use only facts that every such alarm states, such as alarm, test and muted.",
                )
            ]
    return []


def _built_in(name: str, *, severity: Severity = Severity.MAJOR, latch: bool = True) -> Rule:
    return Rule(
        name=name,
        on=frozenset(),
        when=None,
        clear=None,
        hold_ms=0,
        silent_after_ms=None,
        severity=severity,
        latch=latch,
        cause=name,
        by_place=True,
        test=False,
        policy=severity.value,
    )


UNDECODABLE = "undecodable"
RULE_FAULT = "rule_fault"
REACH_GAP = "reach_gap"
TWIN_DOWN = "twin_down"
HEARTBEAT_FAILED = "heartbeat_failed"
CONTACT_BROKEN = "contact_broken"
FALSE_ALARMS = "false_alarms"
BUILT_IN: dict[str, Rule] = {
    UNDECODABLE: _built_in(UNDECODABLE),
    RULE_FAULT: _built_in(RULE_FAULT),
    REACH_GAP: _built_in(REACH_GAP, latch=False),
    TWIN_DOWN: _built_in(TWIN_DOWN, latch=False),
    HEARTBEAT_FAILED: _built_in(HEARTBEAT_FAILED, severity=Severity.MINOR, latch=False),
    CONTACT_BROKEN: _built_in(CONTACT_BROKEN, severity=Severity.MINOR, latch=False),
    FALSE_ALARMS: _built_in(FALSE_ALARMS, severity=Severity.MINOR),
}
"""Rules about the hub itself: what nobody could read, a rule that failed, minutes in which nobody would be reached, a dead
twin, a contact that fails, a detector that cries wolf."""
