"""`hub demo`: the hub on a simulated compound, playing the story's kitchen fire over MQTT in real vendors' formats.

Everything is the real thing but the sensors and the people: broker, decoding, rules, store, delivery to the built-in
inbox, pages. It keeps to a directory of its own.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec
import segno
from sqlalchemy import select

from hub.app import Hub, open_hub
from hub.config import BrokerConfig, CommunityConfig, Config, SourceConfig, WebConfig
from hub.config_file import load_config
from hub.core.inputs import Received
from hub.delivery.links import LinkClaim
from hub.greeting import address, desk_lines, lan_address, qr_text
from hub.life import exit_code, until_stopped
from hub.model import Alert, Duty, Notification, Purpose
from hub.mqtt.publish import open_publisher
from hub.simulate.agenda import Timed, merged
from hub.simulate.community import Community
from hub.simulate.guihuayuan import ADDRESS, COMMUNITY, KITCHEN, NAME, registry
from hub.simulate.people import AnswerPage, Timeline, Told, respond
from hub.simulate.player import play
from hub.simulate.scenarios import kitchen_fire
from hub.store.port import Commit
from hub.store.schema import alert, inbox, notification
from hub.web.serve import bind

SHIPPED_CONFIG = Path(__file__).parent.parent / "config.yaml"
FIRE_AFTER_MS = 5_000
FIRE_EVERY_MS = 5 * 60_000
CLEARS_AFTER_MS = 8_000
PACE = 30.0
"""Cars and heartbeats come this much more often than in life: a newcomer watches for minutes, not days."""
SETTLE_S = 5.0
VOLUNTEER_ROLE = "volunteer"


class DemoAlert(msgspec.Struct, frozen=True):
    """Times in ms since the publish that caused it; None: it did not happen."""

    rule: str
    severity: str
    place: str
    raised_ms: int
    accepted_ms: int | None
    closed_ms: int | None


class DemoNotification(msgspec.Struct, frozen=True):
    """Times in ms since the publish that caused it."""

    role: str
    channel: str
    due_ms: int
    sent_ms: int | None
    receipt: str


class DemoReport(msgspec.Struct, frozen=True):
    """What `hub demo --json` prints."""

    readings: int
    alerts: list[DemoAlert]
    notifications: list[DemoNotification]
    lost: int


class Tally:
    """What was published and acknowledged, and what of it stands in the journal."""

    def __init__(self) -> None:
        self.published = 0
        self.journaled = 0
        self.readings = 0
        self.fires_ms: list[int] = []
        """When each fire was published."""

    def sent(self, timed: Timed, sent_ms: int) -> None:
        """One PUBACK."""
        self.published += 1
        if KITCHEN in timed.topic and b'"smoke":true' in timed.payload:
            self.fires_ms.append(sent_ms)

    def committed(self, commit: Commit) -> None:
        """One transaction."""
        for one in commit.inputs:
            if type(one) is Received and not one.raw.duplicate:
                self.journaled += 1
                self.readings += len(one.readings)


def demo_config(data: Path, *, port: int) -> Config:
    """The shipped rules, policies and roles on the simulated compound; where it runs is the demo's own.

    What the surroundings set (``HUB_BROKER__ADDRESS``, ``HUB_INFLUX__URL``, ``HUB_INSTALLATION__PUBLIC_URL``, as compose
    does) is used.
    """
    shipped = load_config(SHIPPED_CONFIG)
    own_broker = BrokerConfig(listen="127.0.0.1:0")
    public_url = shipped.installation.public_url or f"http://{lan_address()}:{{port}}"
    return shipped.model_copy(
        update={
            "installation": shipped.installation.model_copy(
                update={"data_dir": data, "name": f"{NAME} · 演示 demo", "public_url": public_url}
            ),
            "communities": {COMMUNITY: CommunityConfig(name=NAME, address=ADDRESS)},
            "broker": own_broker if shipped.broker.address == "auto" else shipped.broker,
            "sources": {
                "zigbee2mqtt": SourceConfig(topics=["zigbee2mqtt/#"]),
                "chirpstack": SourceConfig(topics=["application/+/device/+/event/+"]),
                "vzenith": SourceConfig(topics=["device/+/message/up/+"]),
            },
            "web": shipped.web.model_copy(update={"port": free_or(port, shipped.web.host)}),
        }
    )


def free_or(port: int, host: str) -> int:
    """The wanted port, or any free one when somebody has it: a newcomer's first start must not fail on that."""
    try:
        bind(WebConfig(host=host, port=port)).close()
    except OSError:
        return 0
    return port


class Demo:
    """One run of the story."""

    def __init__(self, hub: Hub, seed: int, say: Callable[[str], None]) -> None:
        self._hub = hub
        self._seed = seed
        self._say = say
        self.tally = Tally()
        hub.on_commit.append(self.tally.committed)

    async def play(self) -> None:
        """The compound lives, the kitchen smokes, somebody answers; for ever."""
        started = time.time_ns() // 1_000_000
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._publish(started), name="compound")
            tasks.create_task(self._answer(), name="volunteer")

    async def _publish(self, started_ms: int) -> None:
        fires = (
            timed
            for n in range(1_000)
            for timed in kitchen_fire(started_ms + FIRE_AFTER_MS + n * FIRE_EVERY_MS, clears_after_ms=CLEARS_AFTER_MS)
        )
        life = Community(self._seed, pace=PACE).events(started_ms)
        async with open_publisher(self._hub.broker.endpoint, "demo-compound") as publisher:
            await play(merged(life, fires), publisher, start_ms=started_ms, published=self.tally.sent)

    async def _answer(self) -> None:
        """A volunteer with a phone: opens the signed link of the message in the inbox."""
        port = self._hub.socket.getsockname()[1]
        person = next(d.person for d in self._core_duties() if d.role == VOLUNTEER_ROLE)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            while True:
                await respond(lambda: self._told(person), AnswerPage(client), Timeline())
                self._say("志愿者已接警、到场并处置完毕 · a volunteer accepted, arrived and closed it")

    def _core_duties(self) -> list[Duty]:
        return list(self._hub.owners[COMMUNITY].keeper.core.state.duties.values())

    async def _told(self, person: str) -> list[Told]:
        """Open incidents that this person has a message about."""
        state = self._hub.owners[COMMUNITY].keeper.core.state
        open_fires = [i.id for i in state.incidents.values() if i.closed_ms is None and i.cause == "fire"]
        with self._hub.store.reader() as connection:
            found = connection.execute(
                select(inbox.c.incident)
                .where(inbox.c.person == person, inbox.c.incident.in_(open_fires), inbox.c.purpose != Purpose.ENDED)
                .distinct()
            ).scalars()
            incidents = list(found)
        sign = self._hub.links.token
        return [Told(incident, f"/a/{sign(LinkClaim(COMMUNITY, incident, person))}") for incident in incidents]

    async def report(self) -> DemoReport:
        """What the rows say, in ms since the fire was published."""
        for _ in range(int(SETTLE_S / 0.1)):
            if self.tally.journaled >= self.tally.published:
                break
            await asyncio.sleep(0.1)
        started_ms = self.tally.fires_ms[0] if self.tally.fires_ms else 0
        with self._hub.store.reader() as connection:
            alerts = [msgspec.json.decode(b, type=Alert) for b in connection.execute(select(alert.c.body)).scalars()]
            told = [
                msgspec.json.decode(b, type=Notification)
                for b in connection.execute(select(notification.c.body)).scalars()
            ]
        since = [a for a in alerts if started_ms and a.raised_ms >= started_ms]
        critical = {a.incident for a in since if a.severity == "critical"}

        def after(at_ms: int | None) -> int | None:
            return None if at_ms is None else at_ms - started_ms

        people = self._hub.owners[COMMUNITY].keeper.core.state.people
        return DemoReport(
            readings=self.tally.readings,
            alerts=[
                DemoAlert(
                    a.rule, a.severity, a.place, a.raised_ms - started_ms, after(a.accepted_ms), after(a.closed_ms)
                )
                for a in since
            ],
            notifications=[
                DemoNotification(
                    n.role,
                    next((c.url.partition(":")[0] for c in people[n.person].contacts if c.id == n.contact), ""),
                    n.created_ms - started_ms,
                    after(n.sent_ms),
                    n.reason or n.state.value,
                )
                for n in told
                if n.incident in critical
            ],
            lost=max(0, self.tally.published - self.tally.journaled),
        )


def greeting(hub: Hub) -> str:
    """Where to look: the wall, the desk, three inboxes, and what will happen."""
    state = hub.owners[COMMUNITY].keeper.core.state
    first: dict[str, str] = {}
    for duty in sorted(state.duties.values(), key=lambda d: d.id):
        first.setdefault(duty.role, duty.person)
    inboxes = [
        f"  {zh}\t{hub.links.inbox(COMMUNITY, first[role])}"
        for role, zh in (("property", "物业"), ("committee", "居委"), ("volunteer", "志愿者"))
        if role in first
    ]
    wall = f"{address(hub)}/wall?token={hub.keys.wall_token}"
    return "\n".join(
        [
            f"{NAME}(模拟)在运行 · the simulated compound is running",
            "",
            f"大屏 wall: {wall}",
            *desk_lines(hub),
            "收件箱 inboxes:",
            *inboxes,
            "",
            qr_text(segno.make(wall, error="l")),
            f"{FIRE_AFTER_MS // 1000} 秒后 6号楼12层 厨房冒烟;不是认证消防设备,见火先打119。"
            "\nA kitchen smokes in a few seconds. Not certified fire equipment: call 119 first. Ctrl-C ends.",
        ]
    )


def run_demo(data: Path, *, port: int, seconds: float | None, as_json: bool, seed: int) -> int:
    """0 when the story played; with ``seconds`` it ends by itself and tells what happened."""

    def say(line: str) -> None:
        (sys.stderr if as_json else sys.stdout).write(line + "\n")
        (sys.stderr if as_json else sys.stdout).flush()

    async def main() -> None:
        config = demo_config(data, port=port)
        async with open_hub(config, f"demo-{seed}", {COMMUNITY: registry(seed)}) as hub:
            demo = Demo(hub, seed, say)
            ready = asyncio.Event()

            async def life() -> None:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(hub.run(ready.set), name="hub")
                    await ready.wait()
                    say(greeting(hub))
                    story = tasks.create_task(demo.play(), name="story")
                    if seconds is None:
                        return
                    await asyncio.sleep(seconds)
                    story.cancel()
                    report = await demo.report()
                    if as_json:
                        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
                    else:
                        say(msgspec.json.format(msgspec.json.encode(report)).decode())
                    running.cancel()

            running = asyncio.create_task(life(), name="demo")
            await until_stopped(running)

    return exit_code(main)
