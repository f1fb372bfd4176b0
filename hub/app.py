"""The only wiring: open everything, run it as named tasks in one TaskGroup, close in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import msgspec
import structlog

import hub
from hub.catalogue import SHIPPED, load_catalogue
from hub.clock import Clock
from hub.config import Config
from hub.core.commands import AnyCommand
from hub.core.decisions import NotificationDue
from hub.core.inputs import Received
from hub.core.policies import compile_settings
from hub.core.rules import compile_rules, milliseconds
from hub.core.state import State
from hub.decode.catalogue import Catalogue
from hub.decode.decoder import Decoder, SourceSettings
from hub.decode.ingest import ingest_messages, reply_to
from hub.decode.port import JsonMapping
from hub.delivery.channels.inbox import inbox_writer
from hub.delivery.dispatch import Dispatcher
from hub.delivery.links import Links
from hub.delivery.senders import Senders
from hub.delivery.tools import Tools
from hub.delivery.wording import Wording, rule_texts
from hub.errors import ConfigError
from hub.gauges import gauges_of, where_of
from hub.influx import Follower, InfluxPost
from hub.influx.recent import RecentJournal
from hub.keeping import Keeper
from hub.metrics import Metrics
from hub.model import LIFE_SAFETY, Kind, Receipt
from hub.mqtt.broker import Broker, ensure_broker
from hub.mqtt.lane import RunningSession
from hub.mqtt.open import client_id, open_sessions, plan_sessions
from hub.owner import Owner
from hub.seed import read_seed
from hub.store.open import open_store
from hub.store.port import Commit, Outgoing
from hub.store.sql import SqlStore
from hub.web.app import create_app
from hub.web.keys import Keys, ensure_keys, ensure_setting, put_setting, setting_value
from hub.web.port import WebDeps
from hub.web.serve import bind, serve

log = structlog.get_logger("app")

SWITCH_S = 0.0005
"""How long a thread may keep the interpreter from the others: at Python's 5 ms an alarm waits for line protocol."""
RETAIN_EVERY_S = 3600.0
PARTING_S = 5.0
"""What is under way when the hub stops has this long; a message that is being sent gets its answer."""


class Hub:
    """One process: its store, broker, communities, delivery and pages."""

    def __init__(self, config: Config, digest: str) -> None:
        self.config = config
        self.digest = digest
        self.clock = Clock()
        self.name = f"{socket.gethostname()}-{os.getpid()}-{self.clock.now_ms()}"
        self.writer = ThreadPoolExecutor(1, "store-writer")
        self.reader = ThreadPoolExecutor(2, "store-reader")
        self.metrics = Metrics()
        self.owners: dict[str, Owner] = {}
        self.followers: list[Follower] = []
        self.sessions: list[RunningSession] = []
        self.on_commit: list[Callable[[Commit], None]] = []
        self.store: SqlStore
        self.broker: Broker
        self.keys: Keys
        self.dispatcher: Dispatcher
        self.senders: Senders
        self.socket: socket.socket
        self.public_url = config.installation.public_url
        """Set before `open`; the demo fills in the port that it got."""

    # ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def open(self, closing: contextlib.AsyncExitStack, seeds: Mapping[str, Sequence[AnyCommand]]) -> None:
        """Everything in the order in which it is needed; what was opened is closed in reverse."""
        config = self.config
        self.loop = asyncio.get_running_loop()
        closing.callback(self.writer.shutdown)
        closing.callback(self.reader.shutdown)
        # Two waits for another process's lock must be over before `hub.keeping.SHOUT_AFTER_S`.
        self.store = open_store(config.store.url.get_secret_value(), config.installation.data_dir, busy_timeout_s=0.8)
        closing.callback(self.store.close)
        with self.store.writer() as connection:
            self.keys = ensure_keys(connection)
            self.installation_id = ensure_setting(connection, "installation_id")[:12]
        self.socket = _bound(config)
        closing.callback(self.socket.close)
        self.public_url = self.public_url.replace("{port}", str(self.socket.getsockname()[1]))
        self.broker = await ensure_broker(config.broker, config.installation.data_dir)
        closing.push_async_callback(self.broker.stop)
        self._open_delivery(closing)
        catalogue = load_catalogue((SHIPPED, *config.devices_dirs))
        for community in config.communities:
            await self._open_community(closing, community, catalogue, seeds.get(community))

    def _open_delivery(self, closing: contextlib.AsyncExitStack) -> None:
        config = self.config
        self.links = Links(self.keys.link_key, self.public_url)
        wording = Wording(rule_texts(config.rules), zone=ZoneInfo(config.installation.timezone), links=self.links)
        tools = Tools(
            now_ms=self.clock.now_ms,
            write_inbox=inbox_writer(self.store.writer),
            endpoints=config.delivery.endpoints,
            blocking_s=config.delivery.receipt_within.total_seconds(),
            accounts=config.accounts,
        )
        self.senders = Senders(os.environ, tools)
        closing.push_async_callback(self.senders.close)
        self.dispatcher = Dispatcher(
            self.store,
            self.senders,
            wording,
            self._receipted,
            by=self.name,
            now_ms=self.clock.now_ms,
            receipt_within=config.delivery.receipt_within,
        )

    async def _open_community(
        self,
        closing: contextlib.AsyncExitStack,
        community: str,
        catalogue: Catalogue,
        seed: Sequence[AnyCommand] | None,
    ) -> None:
        config = self.config
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

        keeper = Keeper(
            settings=compile_settings(
                community=community,
                community_name=about.name,
                community_address=about.address,
                rules=compile_rules(config.rules),
                policies=config.policies,
                roles=config.roles,
                safety_sources=frozenset(n for n, s in config.sources.items() if s.lane == "safety"),
                receipt_within_ms=milliseconds(config.delivery.receipt_within),
                zone=ZoneInfo(config.installation.timezone),
            ),
            store=self.store,
            writer=self.writer,
            name=self.name,
            software=hub.__version__,
            on_committed=self._committed,
            on_registry=registry_changed,
            send_unrecorded=self._send_unrecorded,
        )
        owner = Owner(keeper, store=self.store, reader=self.reader, decode=decoder, clock=self.clock)
        self.owners[community] = owner
        commands = seed if seed is not None else read_seed(about.seed)
        await owner.open(digest=self.digest, software=hub.__version__, seed=commands)
        closing.push_async_callback(keeper.close)
        registry_changed(keeper.core.state)
        sessions = self._open_sessions(community, keeper.core.state)
        owner.attach(sessions)
        self.sessions += sessions
        if config.influx.url:
            self._open_follower(closing, community)

    def _open_sessions(self, community: str, state: State) -> list[RunningSession]:
        """The sessions of one community, told which filters their queues at the broker still hang on."""
        topics = [d.topic for d in state.registered.values() if d.topic and d.kind in LIFE_SAFETY]
        plans = plan_sessions(self.config, community, topics)
        remembered: dict[str, list[str]] = {}
        with self.store.writer() as connection:
            for plan in plans:
                id = client_id(self.installation_id, plan.community, plan.lane, plan.source)
                known = setting_value(connection, f"filters:{id}")
                remembered[id] = msgspec.json.decode(known, type=list[str]) if known else []
                put_setting(connection, f"filters:{id}", msgspec.json.encode(list(plan.topics)).decode())
        return open_sessions(
            plans,
            self.broker.endpoint,
            installation_id=self.installation_id,
            client=self.config.broker.client,
            remembered=remembered,
        )

    def _open_follower(self, closing: contextlib.AsyncExitStack, community: str) -> None:
        influx = self.config.influx
        post = InfluxPost(influx.url, org=influx.org, bucket=influx.bucket, token=influx.token.get_secret_value())
        closing.callback(post.close)
        core = self.owners[community].keeper
        recent = RecentJournal(self.store, community)
        self.on_commit.append(recent.add)
        self.followers.append(
            Follower(
                recent,
                community,
                post,
                where=lambda device: where_of(core.core, device),
                clock=self.clock.now_ms,
                gauges=lambda: gauges_of(core.core),
            )
        )

    # ── running ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Until cancelled; one task that fails ends them all, and the hub says which and why."""
        app = create_app(self._web_deps())
        # What lives for ever need not be looked through again and again: a tenth of the CPU of a busy hub.
        sys.setswitchinterval(SWITCH_S)
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.broker.watch(), name="broker")
            for session in self.sessions:
                tasks.create_task(_parting(session.run(), session.close), name=f"mqtt {session.source} {session.lane}")
            for owner in self.owners.values():
                tasks.create_task(owner.run(), name=f"owner {owner.community}")
            tasks.create_task(_parting(self.dispatcher.run(), self._stop_delivery), name="delivery")
            for follower in self.followers:
                tasks.create_task(follower.run(), name="influx")
            tasks.create_task(asyncio.to_thread(self.senders.warm), name="warm")
            tasks.create_task(self._retain(), name="retention")
            tasks.create_task(serve(app, self.socket, self.config.web), name="web")
            tasks.create_task(self._say_when_ready(started), name="ready")

    async def _stop_delivery(self) -> None:
        self.dispatcher.stop()

    async def _say_when_ready(self, started: Callable[[], None]) -> None:
        while not all(session.connected for session in self.sessions):  # noqa: ASYNC110 - a session has no event
            await asyncio.sleep(0.05)
        started()

    async def _retain(self) -> None:
        keep, loop = self.config.store, asyncio.get_running_loop()
        while True:
            before_ms = self.clock.now_ms() - milliseconds(keep.keep_readings)
            for community in self.config.communities:
                while await loop.run_in_executor(self.writer, self.store.retain, community, before_ms, keep.keep_bytes):
                    continue  # small deletes, so that commits come between
            await loop.run_in_executor(self.writer, self.store.make_reserve)
            await asyncio.sleep(RETAIN_EVERY_S)

    def _committed(self, commit: Commit) -> None:
        self.metrics.committed(commit)
        due = [d for d in commit.decisions if type(d) is NotificationDue]
        if due:
            self.dispatcher.hand([self._outgoing(commit.community, one) for one in due])
        for listener in self.on_commit:
            listener(commit)
        for follower in self.followers:
            follower.wake()

    def _outgoing(self, community: str, due: NotificationDue) -> Outgoing:
        person = self.owners[community].keeper.core.person(due.person)
        url = next((c.url for c in person.contacts if c.id == due.contact), "") if person else ""
        return Outgoing(community=community, due=due, url=url, created_ms=due.at_ms)

    def _receipted(self, community: str, receipt: Receipt) -> None:
        self.metrics.receipted(receipt)
        self.owners[community].add_receipt(receipt)

    def _send_unrecorded(self, community: str, due: NotificationDue, url: str) -> None:
        self.dispatcher.send_unrecorded(Outgoing(community=community, due=due, url=url, created_ms=self.clock.now_ms()))

    # ── for the pages ────────────────────────────────────────────────────────────────────────────────────────────────

    def _web_deps(self) -> WebDeps:
        config = self.config
        return WebDeps(
            reader=self.store.reader,
            writer=self.store.writer,
            write_command=self.write_command,
            links=self.links,
            installation=config.installation,
            communities=config.communities,
            roles=config.roles,
            policies=config.policies,
            rules=config.rules,
            ingest=self.ingest,
            metrics=lambda: self.metrics.text(self),
            health=self.health,
            now_ms=self.clock.now_ms,
            secure_cookies=config.web.tls_cert_file is not None,
        )

    def write_command(self, community: str, command: AnyCommand) -> int:
        """Queue a command and wake its owner; called from the pages' threads."""
        row = self.store.write_command(community, command, self.clock.now_ms())
        self.loop.call_soon_threadsafe(self.owners[community].wake_commands)
        return row

    async def ingest(
        self, source: str, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """An HTTP push of a platform: answered after the commit."""
        config = self.config.sources.get(source)
        if config is None or config.topics:
            return 404, f"no HTTP source is called {source}".encode()
        if not _allowed(config.token.get_secret_value(), headers, query):
            return 401, b"wrong or missing token"
        community = config.community or next(iter(self.config.communities))
        owner = self.owners[community]
        if headers.get(":method") != "GET":
            now_ms = self.clock.now_ms()
            received = [Received(raw, *owner.decode(raw)) for raw in ingest_messages(source, body, now_ms)]
            await asyncio.gather(*(owner.ingest(one) for one in received))
        status, answer = reply_to(config.envelope, query)
        return status, answer.encode()

    def health(self) -> dict[str, object]:
        """What `/healthz` says: ok only while messages come in and commits go through."""
        down = [f"{s.source}/{s.lane}" for s in self.sessions if not s.connected]
        stores = [c for c, owner in self.owners.items() if owner.keeper.store_down]
        return {
            "ok": not down and not stores,
            "sources_down": down,
            "store_down": stores,
            "influx_lag_ms": max((f.lag_ms for f in self.followers), default=0),
            "broker": self.broker.kind.value,
            "version": hub.__version__,
        }


@contextlib.asynccontextmanager
async def open_hub(
    config: Config, digest: str, seeds: Mapping[str, Sequence[AnyCommand]] | None = None
) -> AsyncIterator[Hub]:
    """An open hub; `Hub.run` is its life."""
    async with contextlib.AsyncExitStack() as closing:
        opened = Hub(config, digest)
        await opened.open(closing, seeds or {})
        yield opened


async def _parting(life: Coroutine[object, object, None], close: Callable[[], Awaitable[None]]) -> None:
    """Run it; when we are cancelled it takes its leave in its own way, instead of being cut off like in a crash."""
    running = asyncio.create_task(life)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await close()
        try:
            async with asyncio.timeout(PARTING_S):
                await running
        except TimeoutError:
            running.cancel()
        raise


def _sources(config: Config) -> dict[str, SourceSettings]:
    found: dict[str, SourceSettings] = {}
    for name, source in config.sources.items():
        mapping = None if source.mapping is None else JsonMapping(**source.mapping.model_dump())
        found[name] = SourceSettings(envelope=source.envelope, mapping=mapping)
    return found


def _allowed(token: str, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
    import hmac

    given = query.get("token") or headers.get("x-hub-token") or headers.get("authorization", "").removeprefix("Bearer ")
    return not token or hmac.compare_digest(given.encode(), token.encode())


def _bound(config: Config) -> socket.socket:
    try:
        return bind(config.web)
    except OSError as exc:
        raise ConfigError(
            f"port {config.web.port} on {config.web.host} cannot be used ({exc.strerror}).",
            where="web.port",
            todo="Stop what listens there, or set another port (0 picks a free one).",
        ) from exc
