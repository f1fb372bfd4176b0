"""The hub as one process: what it opens in which order, its tasks, and what moves between them."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog

from hub.app.answering import Answers
from hub.app.community import open_community
from hub.app.delivery import open_delivery
from hub.app.gates import Gates
from hub.app.pages import web_deps
from hub.app.watch import Watch
from hub.catalogue import SHIPPED, load_catalogue
from hub.clock import Clock
from hub.config import Config
from hub.core.commands import AnyCommand
from hub.core.decisions import NotificationDue
from hub.core.rules import milliseconds
from hub.delivery.dispatch import Dispatcher
from hub.delivery.links import Links
from hub.delivery.live import LiveLink
from hub.delivery.modem import Modems
from hub.delivery.senders import Senders
from hub.errors import ConfigError, StoreError, TransportError
from hub.influx import Follower
from hub.metrics import Metrics
from hub.model import Receipt
from hub.mqtt.broker import Broker, ensure_broker
from hub.mqtt.bus import MqttBus
from hub.mqtt.lane import RunningSession
from hub.owner import Owner
from hub.proving import Prover
from hub.store.open import open_store
from hub.store.port import Commit, Outgoing
from hub.store.sql import SqlStore
from hub.web.app import create_app
from hub.web.keys import Keys, ensure_keys, ensure_setting
from hub.web.serve import bind, serve

log = structlog.get_logger("app")

SWITCH_S = 0.0005
"""How long a thread may keep the interpreter from the others: at Python's 5 ms an alarm waits for line protocol."""
RETAIN_EVERY_S = 3600.0
BUS_AGAIN_S = 60.0
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
        self.provers: dict[str, Prover] = {}
        self.sessions: list[RunningSession] = []
        self.on_commit: list[Callable[[Commit], None]] = []
        self.store: SqlStore
        self.broker: Broker
        self.keys: Keys
        self.links: Links
        self.live: dict[str, LiveLink] = {}
        """Scheme -> connection that the hub keeps open; filled when the registry is known."""
        self.bus: MqttBus | None = None
        self.modems: Modems
        self.answers: Answers
        self.dispatcher: Dispatcher
        self.watch: Watch
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
        self.links = Links(self.keys.link_key, self.public_url)
        open_delivery(self, closing)
        self.watch = Watch(self)
        catalogue = load_catalogue((SHIPPED, *config.devices_dirs))
        for community in config.communities:
            await open_community(self, closing, community, catalogue, seeds.get(community))
        self.answers = Answers(self)
        self.answers.closing(closing)

    # ── running ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Until cancelled; one task that fails ends them all, and the hub says which and why."""
        app = create_app(web_deps(self))
        sys.setswitchinterval(SWITCH_S)
        # What lives for ever need not be looked through again and again.
        gc.collect()
        gc.freeze()
        async with self.watch.auditing(), asyncio.TaskGroup() as tasks:
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
            serving = asyncio.Event()
            tasks.create_task(serve(app, self.socket, self.config.web, started=serving.set), name="web")
            for community, prover in self.provers.items():
                tasks.create_task(prover.run(), name=f"prover {community}")
            if self.bus is not None:
                tasks.create_task(_lasting(self.bus), name="bus")
            for name, task in {**self.watch.tasks(), **self.answers.tasks(), **Gates(self).tasks()}.items():
                tasks.create_task(task, name=name)
            tasks.create_task(self._say_when_ready(serving, started), name="ready")

    async def _stop_delivery(self) -> None:
        self.dispatcher.stop()

    async def _say_when_ready(self, serving: asyncio.Event, started: Callable[[], None]) -> None:
        """Once messages come in and pages are answered."""
        await serving.wait()
        while not all(session.connected for session in self.sessions):  # noqa: ASYNC110 - a session has no event
            await asyncio.sleep(0.05)
        started()

    async def _retain(self) -> None:
        while True:
            try:
                await self._drop_what_is_old()
            except StoreError as exc:  # a full disk: what is old can wait, alarms cannot
                log.warning("nothing old was deleted", error=str(exc))
            await asyncio.sleep(RETAIN_EVERY_S)

    async def _drop_what_is_old(self) -> None:
        keep, loop = self.config.store, asyncio.get_running_loop()
        now_ms = self.clock.now_ms()
        for community in self.config.communities:
            drop = partial(
                self.store.retain,
                community,
                now_ms - milliseconds(keep.keep_readings),
                keep.keep_bytes,
                incidents_before_ms=now_ms - milliseconds(keep.keep_incidents),
            )
            while await loop.run_in_executor(self.writer, drop):
                continue  # small deletes, so that commits come between
            old = now_ms - milliseconds(self.config.parking.keep_plates)
            forget = partial(self.store.forget_plates, community, old)
            while await loop.run_in_executor(self.writer, forget):
                continue
        await loop.run_in_executor(self.writer, self.store.make_reserve)

    def committed(self, commit: Commit) -> None:
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

    def receipted(self, community: str, receipt: Receipt) -> None:
        self.metrics.receipted(receipt)
        self.owners[community].add_receipt(receipt)

    def send_unrecorded(self, community: str, due: NotificationDue, url: str) -> None:
        self.dispatcher.send_unrecorded(Outgoing(community=community, due=due, url=url, created_ms=self.clock.now_ms()))

    # ── for the pages ────────────────────────────────────────────────────────────────────────────────────────────────

    def write_command(self, community: str, command: AnyCommand) -> int:
        """Queue a command and wake its owner; called from the pages' threads."""
        row = self.store.write_command(community, command, self.clock.now_ms())
        self.loop.call_soon_threadsafe(self.owners[community].wake_commands)
        return row


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


async def _lasting(bus: MqttBus) -> None:
    """The actions' connection: what refuses it for good costs the actions, never the hub."""
    while True:
        try:
            await bus.run()
        except TransportError as exc:
            log.error("actions cannot be published", error=str(exc))
            await asyncio.sleep(BUS_AGAIN_S)


def _bound(config: Config) -> socket.socket:
    try:
        return bind(config.web)
    except OSError as exc:
        raise ConfigError(
            f"port {config.web.port} on {config.web.host} cannot be used ({exc.strerror}).",
            where="web.port",
            todo="Stop what listens there, or set another port (0 picks a free one).",
        ) from exc
