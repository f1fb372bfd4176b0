"""An owner that steps commands with the real core over the rows, and writes back what it changed."""

from __future__ import annotations

import threading
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select, update

from hub.calendar import restdays_around
from hub.core.commands import AnyCommand
from hub.core.context import Core
from hub.core.decisions import CommandRefused
from hub.core.inputs import Commanded
from hub.core.policies import compile_settings
from hub.core.rules import compile_rules
from hub.core.state import State
from hub.core.step import step
from hub.store import schema
from hub.store.entities import read_entities
from hub.store.rows import entity_writes
from tests.web.world import HERE, POLICIES, ROLES, RULES, World

ZONE = ZoneInfo("Asia/Shanghai")


class CoreOwner:
    """Steps commands in a thread of its own until stopped."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="core-owner")
        self._settings = compile_settings(
            community=HERE,
            community_name="桂花园",
            community_address="万航渡路660弄",
            rules=compile_rules(RULES),
            policies=POLICIES,
            roles=ROLES,
            safety_sources=frozenset(),
            receipt_within_ms=10_000,
            zone=ZONE,
            restdays=restdays_around("CN", world.clock.now_ms, ZONE),
        )

    def __enter__(self) -> CoreOwner:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            self._step_all()

    def _step_all(self) -> None:
        table = schema.command
        with self._world.engine.connect() as connection:
            rows = connection.execute(select(table).where(table.c.done_ms.is_(None)).order_by(table.c.id)).all()
        for row in rows:
            self._step(row.id, msgspec.json.decode(row.body, type=AnyCommand))
        if rows:
            self._world.bump()

    def _step(self, row: int, command: AnyCommand) -> None:
        now_ms = self._world.clock.now_ms
        with self._world.engine.begin() as connection:
            known = read_entities(connection, HERE)
            fields = {
                name: getattr(known, name)
                for name in known.__struct_fields__
                if name not in ("devices", "erased", "erased_plates", "parking")
            }
            core = Core(State(community=HERE, seq=9000 + 100 * row, now_ms=now_ms, **fields), self._settings)
            step(core, Commanded(now_ms=now_ms, command=command, row=row))
            decisions, changes = core.take()
            changes.devices.clear()  # their rows are the world's own
            for statement, values in entity_writes("sqlite", HERE, changes):
                if values:
                    connection.execute(statement, values)
            refused = next((one.detail for one in decisions if isinstance(one, CommandRefused)), None)
            table = schema.command
            connection.execute(update(table).where(table.c.id == row).values(done_ms=now_ms, seq=row, refused=refused))
