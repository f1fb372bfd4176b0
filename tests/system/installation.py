"""One installation of the hub: a directory with its config and registry, its database, and hubs started on them."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml
from sqlalchemy import Select, select
from sqlalchemy.engine import make_url

from hub.core.commands import AnyCommand, PutDevice, PutDuty, PutPerson, PutPlace
from hub.core.decisions import DuplicateIgnored
from hub.core.inputs import Received
from hub.model import Alert, Contact, Device, Duty, Incident, Kind, Notification, Person, Place, PlaceKind
from hub.simulate.guihuayuan import seed_lines
from hub.store import schema
from hub.store.connections import Database
from hub.store.journal import read_blocks
from hub.store.port import Block
from tests.system.children import ROOT, HubChild, until

COMMUNITY = "main"
ROOMS = tuple(f"{floor}{n:02d}" for floor in range(2, 12) for n in (1, 2, 3))
"""Homes with a detector each, besides the kitchen's."""
KITCHEN = "6号楼/12层/1203-烟感"
IMEI = "860374051096202"
"""A smoke detector on CTWing, in room 1401."""
ROLES = ("property", "committee", "volunteer")
LINK = re.compile(r"http://\S+?(/a/[\w.-]+)")


def detector(room: str) -> str:
    """Friendly name of the detector in a room."""
    return f"6号楼/{room[:-2]}层/{room}-烟感"


def seed(contact: str = "inbox://{person}") -> list[AnyCommand]:
    """A building, its homes with detectors, and one person for each role."""
    places = [
        Place(id="here", kind=PlaceKind.COMMUNITY, name="桂花园", address="万航渡路660弄"),
        Place(id="b6", kind=PlaceKind.BUILDING, name="6号楼", parent="here", address="万航渡路660弄6号楼"),
    ]
    devices = []
    for room in (*ROOMS, "1203"):
        home = f"b6-{room}"
        places.append(Place(id=home, kind=PlaceKind.HOME, name=f"{room}室", parent="b6", floor=int(room[:-2])))
        devices.append(Device(id=detector(room), kind=Kind.SMOKE, place=home, source="zigbee2mqtt"))
    places.append(Place(id="b6-1401", kind=PlaceKind.HOME, name="1401室", parent="b6", floor=14))
    devices.append(Device(id=IMEI, kind=Kind.SMOKE, place="b6-1401", source="ctwing", model="lian/nb-smoke"))
    people = [
        Person(id=f"{role}-a", name=role, contacts=(Contact(id="c", url=contact.replace("{person}", f"{role}-a")),))
        for role in (*ROLES, "duty_manager")
    ]
    return [
        *(PutPlace(actor="system", place=place) for place in places),
        *(PutDevice(actor="system", device=device) for device in devices),
        *(PutPerson(actor="system", person=person) for person in people),
        *(
            PutDuty(actor="system", duty=Duty(id=f"duty-{role}", role=role, person=f"{role}-a"))
            for role in (*ROLES, "duty_manager")
        ),
    ]


class Installation:
    """Where hubs run; `configure` before the first `start`. `close` ends what still runs."""

    def __init__(self, directory: Path, broker_port: int, *, store_url: str = "", contact: str = "") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.data = directory / "data"
        self.config = directory / "config.yaml"
        self.broker_port = broker_port
        self.store_url = store_url
        self.web_port = free_port()
        self._hubs: list[HubChild] = []
        self._database: Database | None = None
        (directory / "seed.jsonl").write_bytes(seed_lines(seed(contact or "inbox://{person}")))
        self.configure()

    def configure(self, path: Path | None = None, **sections: dict[str, Any]) -> Path:
        """Write the shipped config with what tests need otherwise; ``sections`` are merged over it, None takes out."""
        shipped = yaml.load((ROOT / "config.yaml").read_text("utf-8"), yaml.BaseLoader)
        written: dict[str, Any] = {name: section for name, section in shipped.items() if section}
        # BaseLoader takes every word as it stands: for YAML 1.1 the key `on` of a rule would be true.
        written["installation"] = {
            "name": "test",
            "data_dir": str(self.data),
            "public_url": "http://127.0.0.1:{port}",
        }
        written["communities"] = {
            COMMUNITY: {"name": "桂花园", "address": "万航渡路660弄", "seed": str(self.directory / "seed.jsonl")}
        }
        written["broker"] = {"address": f"127.0.0.1:{self.broker_port}"}
        written["store"] = {"url": self.store_url}
        written["web"] = {"host": "127.0.0.1", "port": self.web_port}
        written["sources"]["ctwing"] = {"envelope": "ctwing", "lane": "safety", "token": "let-me-in"}
        written["sources"]["other"] = {"topics": ["other/#"]}
        written["policies"]["critical"] = {
            "steps": [{"after": "0s", "roles": list(ROLES)}, {"after": "4s", "roles": ["duty_manager"]}],
            "needed": 1,
        }
        for name, section in sections.items():
            merged = {**written.get(name, {}), **section}
            written[name] = {key: value for key, value in merged.items() if value is not None}
        path = path or self.config
        path.write_text(yaml.safe_dump(written, allow_unicode=True), "utf-8")
        return path

    def start(self, config: Path | None = None, *, ready: bool = True) -> HubChild:
        """``hub run`` on this installation."""
        hub = HubChild(["run", "-c", str(config or self.config)])
        self._hubs.append(hub)
        return hub.wait_ready() if ready else hub

    def close(self) -> None:
        for hub in self._hubs:
            hub.kill()
        if self._database is not None:
            self._database.close()

    # ── what the database says ───────────────────────────────────────────────────────────────────────────────────────

    @property
    def database(self) -> Database:
        """A second process's look at the store."""
        if self._database is None:
            url = self.store_url or f"sqlite:///{self.data / 'hub.db'}"
            self._database = Database(make_url(url), busy_timeout_s=5.0)
        return self._database

    def rows(self, statement: Select[Any]) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(statement).all())

    def alerts(self, subject: str = "", *, rule: str = "") -> list[Alert]:
        bodies = self.rows(select(schema.alert.c.body).order_by(schema.alert.c.id))
        alerts = [msgspec.json.decode(row.body, type=Alert) for row in bodies]
        return [a for a in alerts if subject in ("", a.subject) and rule in ("", a.rule)]

    def incidents(self) -> list[Incident]:
        bodies = self.rows(select(schema.incident.c.body).order_by(schema.incident.c.id))
        return [msgspec.json.decode(row.body, type=Incident) for row in bodies]

    def notifications(self) -> list[Notification]:
        bodies = self.rows(select(schema.notification.c.body).order_by(schema.notification.c.id))
        return [msgspec.json.decode(row.body, type=Notification) for row in bodies]

    def inbox(self) -> list[Any]:
        return self.rows(select(schema.inbox).order_by(schema.inbox.c.id))

    def quarantined(self, topic: str = "") -> list[Any]:
        rows = self.rows(select(schema.quarantine).order_by(schema.quarantine.c.seq))
        return [row for row in rows if topic in ("", bytes(row.topic).decode("utf-8", "surrogateescape"))]

    def device(self, id: str) -> Any:
        """Its row, None before it was heard or registered."""
        found = self.rows(select(schema.device).where(schema.device.c.id == id))
        return found[0] if found else None

    def blocks(self) -> list[Block]:
        """The whole journal."""
        found: list[Block] = []
        while True:
            after = found[-1].last_seq if found else 0
            with self.database.read() as connection:
                page = read_blocks(connection, COMMUNITY, after, 100)
            if not page:
                return found
            found += page

    def journaled(self) -> list[Received]:
        """Every message that the journal has, in order."""
        return [one for block in self.blocks() for one in block.inputs if type(one) is Received]

    def duplicates(self) -> int:
        return sum(type(one) is DuplicateIgnored for block in self.blocks() for one in block.decisions)

    # ── waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def wait_alert(self, subject: str, *, rule: str = "smoke") -> Alert:
        return until(lambda: self.alerts(subject, rule=rule), f"an alert {rule} of {subject}")[0]

    def wait_inbox(self, *people: str, purpose: str = "raised") -> list[Any]:
        """Until each of these people has a message with this purpose; gives all of that purpose."""

        def look() -> list[Any]:
            rows = [row for row in self.inbox() if row.purpose == purpose]
            return rows if {row.person for row in rows} >= set(people) else []

        return until(look, f"{purpose} in the inbox of {people}")

    def link(self, person: str) -> str:
        """The answer page's path in the first message that this person got."""
        texts: Sequence[str] = [row.text for row in self.inbox() if row.person == person]
        found = LINK.search(texts[0])
        assert found, texts
        return found[1]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
