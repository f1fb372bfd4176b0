"""One community, wired: decoder, core, store, sessions, and the follower that writes InfluxDB."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from hub import __version__
from hub.config import Config
from hub.core.commands import AnyCommand
from hub.core.policies import Settings
from hub.core.state import State
from hub.decode.catalogue import Catalogue
from hub.decode.decoder import Decoder, SourceSettings
from hub.decode.port import JsonMapping
from hub.gauges import gauges_of, where_of
from hub.influx import Follower, InfluxPost, JournalLines
from hub.keeping import Keeper
from hub.model import LIFE_SAFETY, Kind
from hub.mqtt.lane import RunningSession
from hub.mqtt.open import client_id, open_sessions, plan_sessions
from hub.owner import Owner
from hub.proving import Prover
from hub.seed import read_seed
from hub.settings import settings_of
from hub.web.keys import put_setting, setting_value

if TYPE_CHECKING:
    from hub.app.hub import Hub

FIRST_PROOF_S = 60.0
"""After the start: queues are drained and seeds loaded by then."""


async def open_community(
    hub: Hub,
    closing: contextlib.AsyncExitStack,
    community: str,
    catalogue: Catalogue,
    seed: Sequence[AnyCommand] | None,
) -> None:
    """One community with its owner, sessions and follower."""
    config = hub.config
    about = config.communities[community]
    model_of: dict[str, str] = {}
    kind_of: dict[str, Kind] = {}
    decoder = Decoder(catalogue, _sources(config), model_of, kind_of)

    def registry_changed(state: State) -> None:
        model_of.clear()
        kind_of.clear()
        for device in state.registered.values():
            kind_of[device.id] = device.kind
            if device.model:
                model_of[device.id] = device.model
        hub.watch.registry_changed(community, state)

    def settings_now() -> Settings:
        return settings_of(config, community, hub.clock.now_ms())

    keeper = Keeper(
        settings=settings_now(),
        store=hub.store,
        writer=hub.writer,
        name=hub.name,
        software=__version__,
        on_committed=hub.committed,
        on_registry=registry_changed,
        send_unrecorded=hub.send_unrecorded,
    )
    owner = Owner(keeper, store=hub.store, reader=hub.reader, decode=decoder, clock=hub.clock)
    hub.owners[community] = owner
    commands = seed if seed is not None else read_seed(about.seed)
    await owner.open(digest=hub.digest, software=__version__, seed=commands)
    closing.push_async_callback(keeper.close)
    registry_changed(keeper.core.state)
    _open_prover(hub, community, settings_now)
    sessions = _open_sessions(hub, community, keeper.core.state)
    owner.attach(sessions)
    hub.sessions += sessions
    if config.influx.url:
        _open_follower(hub, closing, community)


def _open_prover(hub: Hub, community: str, settings: Callable[[], Settings]) -> None:
    """Proves at every change that two people would be told; the hub's own registry and health tell it when."""
    keeper = hub.owners[community].keeper
    prover = Prover(
        settings,
        look=lambda: keeper.core.state,
        writer=hub.store.writer,
        observe=lambda found: hub.write_command(community, found),
        now_ms=hub.clock.now_ms,
        roles={name: role.title for name, role in hub.config.roles.items()},
        first_s=FIRST_PROOF_S,
    )
    hub.provers[community] = prover
    hub.on_commit.append(lambda commit: prover.committed(commit) if commit.community == community else None)


def _open_sessions(hub: Hub, community: str, state: State) -> list[RunningSession]:
    """The sessions of one community, told which filters their queues at the broker still hang on."""
    topics = [d.topic for d in state.registered.values() if d.topic and d.kind in LIFE_SAFETY]
    plans = plan_sessions(hub.config, community, topics)
    remembered: dict[str, list[str]] = {}
    with hub.store.writer() as connection:
        for plan in plans:
            id = client_id(hub.installation_id, plan.community, plan.lane, plan.source)
            known = setting_value(connection, f"filters:{id}")
            remembered[id] = msgspec.json.decode(known, type=list[str]) if known else []
            put_setting(connection, f"filters:{id}", msgspec.json.encode(list(plan.topics)).decode())
    return open_sessions(
        plans,
        hub.broker.endpoint,
        installation_id=hub.installation_id,
        client=hub.config.broker.client,
        remembered=remembered,
    )


def _open_follower(hub: Hub, closing: contextlib.AsyncExitStack, community: str) -> None:
    influx = hub.config.influx
    post = InfluxPost(influx.url, org=influx.org, bucket=influx.bucket, token=influx.token.get_secret_value())
    closing.callback(post.close)
    core = hub.owners[community].keeper
    lines = JournalLines(hub.store, community, lambda device: where_of(core.core, device))
    hub.on_commit.append(lines.add)
    hub.followers.append(Follower(lines, post, clock=hub.clock.now_ms, gauges=lambda: gauges_of(core.core)))


def _sources(config: Config) -> dict[str, SourceSettings]:
    found: dict[str, SourceSettings] = {}
    for name, source in config.sources.items():
        mapping = None if source.mapping is None else JsonMapping(**source.mapping.model_dump())
        found[name] = SourceSettings(envelope=source.envelope, mapping=mapping)
    return found
