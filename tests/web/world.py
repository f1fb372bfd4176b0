"""A small 桂花园 in SQLite: rows made from the structs of `hub.model`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import msgspec
from sqlalchemy import Engine, Table, create_engine, delete, event, insert, select, update
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from hub.config import CommunityConfig, InstallationConfig, PolicyConfig, RoleConfig, RuleConfig, StepConfig, Text
from hub.core.commands import AnyCommand
from hub.core.decisions import AnyDecision
from hub.delivery.links import Links
from hub.model import (
    Alert,
    ContactHealth,
    Device,
    Duty,
    Fact,
    Incident,
    Kind,
    Notification,
    Person,
    Place,
    Receipt,
    Sees,
    Severity,
    Silence,
    Works,
)
from hub.store import schema
from hub.web.keys import Keys, ensure_keys
from hub.web.port import Ingest, WebDeps

HERE = "ghy"
NIGHT_MS = 1_715_368_320_000  # 2024-05-11 03:12:00 in Shanghai
MINUTE = 60_000

ROLES = {
    "property": RoleConfig(title=Text(zh="物业", en="Property"), sees=Sees.ROOM),
    "guard": RoleConfig(title=Text(zh="保安", en="Guard"), sees=Sees.ROOM),
    "committee": RoleConfig(title=Text(zh="居委", en="Committee"), sees=Sees.FLOOR),
    "volunteer": RoleConfig(title=Text(zh="志愿者", en="Volunteer"), sees=Sees.FLOOR),
}
POLICIES = {
    "critical": PolicyConfig(steps=[StepConfig(roles=["property", "committee", "volunteer"])], needed=2),
    "major": PolicyConfig(steps=[StepConfig(roles=["property"])]),
}


def _rule(on: Kind, severity: Severity, zh: str, en: str, todo_zh: str, todo_en: str, cause: str = "") -> RuleConfig:
    return RuleConfig(
        on=[on],
        when="alarm",
        severity=severity,
        cause=cause,
        title=Text(zh=zh, en=en),
        todo=Text(zh=todo_zh, en=todo_en),
        **{"for": timedelta(0)},
    )


RULES = {
    "smoke": _rule(
        Kind.SMOKE,
        Severity.CRITICAL,
        "烟感报警",
        "Smoke alarm",
        "①敲门、打住户电话 ②见烟见火,或有焦味无人应答,立即打119 ③不进有烟房间、不乘电梯",
        "①Knock, and ring the resident ②Smoke, fire, or a burning smell and no answer: call 119 at once ③Do not enter a room with smoke; do not use the lift",
        "fire",
    ),
    "gate_stuck": _rule(
        Kind.GATE,
        Severity.MAJOR,
        "道闸抬杆未落",
        "Barrier stuck open",
        "先看杆下有无人车,再转手动值守",
        "Check under the bar, then run it by hand",
    ),
    "smoke_silent": _rule(
        Kind.SMOKE,
        Severity.MINOR,
        "烟感失联",
        "Smoke detector silent",
        "18:00前上门查电池、信号,按测试键",
        "Visit before 18:00: battery, signal, test button",
    ),
}


class Clock:
    """The time of the test, moved by hand."""

    def __init__(self, now_ms: int = NIGHT_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


def open_store(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _settings(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA busy_timeout=5000")
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.close()

    return engine


class World:
    """The rows, and what the web is given to see them."""

    def __init__(self, directory: Path, *, now_ms: int = NIGHT_MS) -> None:
        self.path = directory / "hub.sqlite"
        self.engine = open_store(self.path)
        schema.metadata.create_all(self.engine)
        self.clock = Clock(now_ms)
        self.pushed: list[tuple[str, bytes, Mapping[str, str], Mapping[str, str]]] = []
        with self.engine.begin() as connection:
            self.keys: Keys = ensure_keys(connection)
            connection.execute(
                insert(schema.community).values(
                    id=HERE, name="桂花园", owner="", epoch=0, lease_until_ms=0, head_seq=1, head_ms=now_ms
                )
            )
        self.links = Links(self.keys.link_key, "http://hub.test")
        self.vapid_public = ""
        self.reported: list[tuple[str, bytes]] = []
        self.called_back: list[tuple[str, Mapping[str, str], bytes]] = []
        self.deps = msgspec.structs.replace(
            deps_of(self.engine, self.links, self.clock, self._ingest),
            vapid_public=lambda: self.vapid_public,
            receipts_token="report-token",
            reports=self._report,
            wecom_callback=self._call_back,
        )

    async def _ingest(
        self, source: str, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> tuple[int, bytes]:
        self.pushed.append((source, body, headers, query))
        return 200, b'{"ok":true}'

    async def _report(self, provider: str, body: bytes, _: Mapping[str, str]) -> tuple[int, bytes]:
        self.reported.append((provider, body))
        return 200, b'{"code":0}'

    async def _call_back(self, method: str, query: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        self.called_back.append((method, query, body))
        if query.get("msg_signature") != "right":
            return 403, b"wrong signature"
        return 200, b"echo" if method == "GET" else b"<xml/>"

    def close(self) -> None:
        self.engine.dispose()

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def bump(self) -> None:
        """A commit happened."""
        with self.engine.begin() as connection:
            head = schema.community.c.head_seq
            connection.execute(update(schema.community).values(head_seq=head + 1, head_ms=self.clock.now_ms))

    def _put(self, table: Table, key: dict[str, object], values: dict[str, object]) -> None:
        with self.engine.begin() as connection:
            where = [table.c[name] == value for name, value in {"community": HERE, **key}.items()]
            connection.execute(delete(table).where(*where))
            connection.execute(insert(table).values(community=HERE, **key, **values))

    def register(self, *entries: Place | Person | Duty) -> None:
        for entry in entries:
            what = {Place: "place", Person: "person", Duty: "duty"}[type(entry)]
            self._put(schema.registry, {"what": what, "id": entry.id}, {"body": _json(entry)})

    def device(
        self,
        device: Device,
        *,
        seen_ms: int | None = None,
        silent: bool = False,
        alarm: bool | None = None,
        facts: dict[str, Fact] | None = None,
        registered: bool = True,
    ) -> None:
        self._put(
            schema.device,
            {"id": device.id},
            {
                "kind": device.kind.value,
                "place": device.place,
                "name": device.name,
                "model": device.model,
                "registered": registered,
                "last_seen_ms": seen_ms,
                "silent": silent,
                "alarm": alarm,
                "facts": _json(facts or {}),
                "body": _json(device) if registered else "{}",
            },
        )

    def incident(self, incident: Incident) -> None:
        self._put(
            schema.incident,
            {"id": incident.id},
            {
                "place": incident.place,
                "severity": incident.severity.value,
                "handling": incident.handling.value,
                "opened_ms": incident.opened_ms,
                "due_ms": incident.due_ms,
                "accepted_ms": incident.accepted_ms,
                "closed_ms": incident.closed_ms,
                "outcome": incident.outcome.value if incident.outcome else None,
                "test": incident.test,
                "body": _json(incident),
            },
        )

    def alert(self, alert: Alert) -> None:
        self._put(
            schema.alert,
            {"id": alert.id},
            {
                "incident": alert.incident,
                "rule": alert.rule,
                "severity": alert.severity.value,
                "subject": alert.subject,
                "place": alert.place,
                "condition": alert.condition.value,
                "handling": alert.handling.value,
                "raised_ms": alert.raised_ms,
                "accepted_ms": alert.accepted_ms,
                "closed_ms": alert.closed_ms,
                "outcome": alert.outcome.value if alert.outcome else None,
                "test": alert.test,
                "body": _json(alert),
            },
        )

    def notification(self, notification: Notification) -> None:
        self._put(
            schema.notification,
            {"id": notification.id},
            {
                "incident": notification.incident,
                "person": notification.person,
                "role": notification.role,
                "purpose": notification.purpose.value,
                "severity": notification.severity.value,
                "state": notification.state.value,
                "created_ms": notification.created_ms,
                "sent_ms": notification.sent_ms,
                "reason": notification.reason,
                "body": _json(notification),
            },
        )

    def decision(self, decision: AnyDecision, n: int = 0) -> None:
        self._put(
            schema.decision,
            {"seq": decision.seq, "n": n},
            {
                "at_ms": decision.at_ms,
                "type": str(decision.__struct_config__.tag),
                "reason": decision.reason.value,
                "incident": getattr(decision, "incident", None),
                "alert": getattr(decision, "alert", None),
                "notification": getattr(decision, "notification", None),
                "person": getattr(decision, "person", None),
                "body": _json(decision),
            },
        )

    def silence(self, silence: Silence) -> None:
        self._put(schema.silence, {"id": silence.id}, {"until_ms": silence.until_ms, "body": _json(silence)})

    def message(self, number: int, person: str, text: str, *, incident: int, severity: str, purpose: str) -> None:
        self._put(
            schema.inbox,
            {"id": number},
            {
                "person": person,
                "at_ms": self.clock.now_ms,
                "incident": incident,
                "notification": number,
                "attempt": 1,
                "severity": severity,
                "purpose": purpose,
                "text": text,
            },
        )

    def attempt(
        self,
        notification: int,
        contact: str,
        *,
        attempt: int = 1,
        at_ms: int,
        claimed_ms: int | None = None,
        receipt: Receipt | None = None,
    ) -> None:
        self._put(
            schema.outbox,
            {"notification": notification, "attempt": attempt},
            {
                "created_ms": at_ms,
                "severity_order": 0,
                "deadline_ms": at_ms + 10_000,
                "contact": contact,
                "url": "",
                "body": "{}",
                "claimed_ms": claimed_ms,
                "claimed_by": "",
                "done_ms": receipt.at_ms if receipt else None,
                "receipt": _json(receipt) if receipt else None,
            },
        )

    def health(self, known: ContactHealth) -> None:
        key: dict[str, object] = {"person": known.person, "contact": known.contact}
        self._put(schema.contact_health, key, {"body": _json(known)})

    def works(self, works: Works) -> None:
        self._put(schema.works, {"id": works.id}, {"until_ms": works.until_ms, "body": _json(works)})

    def put_registry(self, what: str, id: str, entry: msgspec.Struct) -> None:
        self._put(schema.registry, {"what": what, "id": id}, {"body": _json(entry)})

    def drop_registry(self, what: str, id: str) -> None:
        table = schema.registry
        with self.engine.begin() as connection:
            connection.execute(delete(table).where(table.c.what == what, table.c.id == id))

    def person(self, id: str) -> Person:
        table = schema.registry
        with self.engine.connect() as connection:
            query = select(table.c.body).where(table.c.what == "person", table.c.id == id)
            return msgspec.json.decode(connection.execute(query).scalar_one(), type=Person)

    def quarantined(self, seq: int, payload: bytes, *, reason: str = "not_json", topic: bytes = b"dev/x") -> None:
        self._put(
            schema.quarantine,
            {"seq": seq},
            {
                "received_ms": self.clock.now_ms,
                "source": "main",
                "topic": topic,
                "payload": payload,
                "reason": reason,
                "detail": "line 1 column 1",
                "device": "",
            },
        )

    def read_incident(self, number: int) -> Incident:
        with self.engine.connect() as connection:
            body = connection.execute(select(schema.incident.c.body).where(schema.incident.c.id == number)).scalar_one()
        return msgspec.json.decode(body, type=Incident)

    def commands(self) -> list[AnyCommand]:
        with self.engine.connect() as connection:
            bodies = connection.execute(select(schema.command.c.body).order_by(schema.command.c.id)).scalars()
            return [msgspec.json.decode(body, type=AnyCommand) for body in bodies]

    def looks(self) -> list[tuple[str, str, int]]:
        table = schema.look
        with self.engine.connect() as connection:
            rows = connection.execute(select(table.c.who, table.c.what, table.c.incident))
            return [(row.who, row.what, row.incident) for row in rows]


def deps_of(engine: Engine, links: Links, clock: Clock, ingest: Ingest) -> WebDeps:
    def write_command(community: str, command: AnyCommand) -> int:
        with engine.begin() as connection:
            done = connection.execute(
                insert(schema.command).values(
                    community=community, at_ms=clock(), actor=command.actor, body=_json(command)
                )
            )
            assert done.inserted_primary_key is not None
            return int(done.inserted_primary_key[0])

    return WebDeps(
        reader=engine.connect,
        writer=engine.begin,
        write_command=write_command,
        links=links,
        installation=InstallationConfig(name="社区告警中枢"),
        communities={HERE: CommunityConfig(name="桂花园", address="万航渡路660弄")},
        roles=ROLES,
        policies=POLICIES,
        rules=RULES,
        ingest=ingest,
        metrics=lambda: "# HELP hub_up The hub runs.\nhub_up 1\n",
        health=lambda: {"ok": True},
        now_ms=clock,
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def refuse_pushes(
    _source: str, _body: bytes, _headers: Mapping[str, str], _query: Mapping[str, str]
) -> tuple[int, bytes]:
    """A web process without a hub in it can take no pushes."""
    return 503, b"the hub runs elsewhere"
