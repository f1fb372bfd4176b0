"""``hub prove``: is everybody's life-safety alert told to two people over two providers, at every minute to come?

Reads the config and what the office has registered, read-only, beside a running hub or without one. Where nothing is
registered yet it reads the seed, else it takes the shipped example compound, and says so.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from hub.calendar import restdays_around
from hub.config import Config, Text
from hub.config_words import both
from hub.core.commands import AnyCommand
from hub.core.context import Core
from hub.core.localtime import DAY_MS
from hub.core.policies import Settings
from hub.core.reach import Proof, Registry, prove, registry_of
from hub.core.registry import change_registry
from hub.core.state import Changes, State
from hub.errors import HubError
from hub.looking import Looking
from hub.reach_words import Names, gap_words, proof_words
from hub.seed import read_seed
from hub.settings import settings_of
from hub.simulate import guihuayuan
from hub.store.entities import read_entities
from hub.terminal import say


class Subject(msgspec.Struct, frozen=True):
    """One community to prove, and where its registry comes from."""

    community: str
    registry: Registry
    source: Text


def run_prove(config_path: Path, days: int, *, as_json: bool) -> int:
    """Print what was proved or what stands against it; 0 when everything is proved, else 1."""
    from hub.config_file import load_config

    now_ms = time.time_ns() // 1_000_000
    try:
        config = load_config(config_path)
        subjects = [_subject(config, community, now_ms) for community in config.communities]
    except HubError as exc:
        sys.stdout.write(f"{exc}\n")
        return 1
    proved = True
    for subject in subjects:
        settings = settings_of(config, subject.community, now_ms)
        started = time.perf_counter()
        proof = prove(subject.registry, settings, now_ms, days)
        took_s = time.perf_counter() - started
        proved &= proof.proved
        if as_json:
            said = {"community": subject.community, "source": subject.source.en, "took_ms": round(took_s * 1000)}
            sys.stdout.write(msgspec.json.encode(said | msgspec.to_builtins(proof)).decode() + "\n")
        else:
            _say(config, subject, proof, took_s)
    return 0 if proved else 1


def names_of(config: Config, registry: Registry, proof: Proof) -> Names:
    """How the ids of a proof are said on this installation's own screens."""
    return Names(
        zone=ZoneInfo(config.installation.timezone),
        people={person.id: person.name for person in registry.people.values()},
        places={place.id: place.name for place in registry.places.values()},
        roles={name: role.title for name, role in config.roles.items()},
        rules={name: rule.title for name, rule in config.rules.items()},
        from_ms=proof.at_ms,
        until_ms=proof.at_ms + proof.days * DAY_MS,
        all_rules=len(proof.rules),
    )


def registered(config: Config, looking: Looking, community: str, now_ms: int) -> Registry | None:
    """What the office has registered; None: nothing yet."""
    if not looking.exists:
        return None
    with looking.read() as connection:
        state = State(community=community)
        _fill(state, read_entities(connection, community))
    return registry_of(state, _restdays(config, now_ms)) if state.people or state.places else None


def registry_from(commands: Iterable[AnyCommand], settings: Settings) -> Registry:
    """The registry that these commands make of an empty one, as the core takes them."""
    core = Core(State(community=settings.community), settings)
    for command in commands:
        change_registry(core, command)
    return registry_of(core.state, settings.restdays)


def _subject(config: Config, community: str, now_ms: int) -> Subject:
    found = registered(config, Looking(config), community, now_ms)
    if found is not None:
        return Subject(community, found, both("登记表", "the registry"))
    settings = settings_of(config, community, now_ms)
    seed = config.communities[community].seed
    if seed is not None:
        words = both(f"还没有登记表,按 {seed}", f"nothing is registered yet: {seed}")
        return Subject(community, registry_from(read_seed(seed), settings), words)
    words = both(
        "还没有登记任何人,按随附的示例小区桂花园",
        "nobody is registered yet: the shipped example compound, Guihuayuan",
    )
    return Subject(community, registry_from(guihuayuan.example_registry(), settings), words)


def _fill(state: State, read: Changes) -> None:
    state.people = {id: one for id, one in read.people.items() if one is not None}
    state.places = {id: one for id, one in read.places.items() if one is not None}
    state.duties = {id: one for id, one in read.duties.items() if one is not None}
    state.overrides = {id: one for id, one in read.overrides.items() if one is not None}
    state.calendar = {date: one for date, one in read.calendar.items() if one is not None}
    state.registered = {id: one for id, one in read.registered.items() if one is not None}
    state.health = {key: one for key, one in read.health.items() if one is not None}


def _restdays(config: Config, now_ms: int) -> Mapping[int, bool]:
    return restdays_around(config.installation.holidays, now_ms, ZoneInfo(config.installation.timezone))


def _say(config: Config, subject: Subject, proof: Proof, took_s: float) -> None:
    name = config.communities[subject.community].name
    say(both(f"小区 {name}({subject.source.zh})", f"Community {name} ({subject.source.en})"))
    mark = "✓" if proof.proved else "✗"
    words = proof_words(proof)
    say(both(f"{mark} {words.zh},用时 {took_s:.2f} 秒", f"{mark} {words.en}; took {took_s:.2f} s"), 2)
    names = names_of(config, subject.registry, proof)
    for gap in proof.gaps:
        said = gap_words(gap, names)
        say(both(f"✗ {said.zh}", f"✗ {said.en}"), 2)
    if proof.more:
        say(both(f"另有 {proof.more} 处", f"and {proof.more} more"), 2)


__all__ = ["names_of", "registered", "registry_from", "run_prove"]
