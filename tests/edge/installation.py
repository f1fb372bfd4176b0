"""What an engineer has on disk: config.yaml and a data directory, filled by stepping a real core into a real store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.config_file import load_config
from hub.core.commands import AnyCommand, PutDevice, PutDuty, PutPerson, PutPlace
from hub.core.context import Core
from hub.core.inputs import Commanded, Input, Received
from hub.core.policies import compile_settings
from hub.core.rules import compile_rules, milliseconds
from hub.core.state import State
from hub.core.step import step
from hub.model import Contact, Device, Duty, Event, Kind, Person, Place, PlaceKind, RawMessage, Reading
from hub.store.open import open_store
from hub.store.port import Commit
from hub.store.sql import SqlStore
from tests.core.timeline import START

SHIPPED = Path(__file__).parents[2] / "config.yaml"
ALL_ROLES = ("property", "guard", "committee", "volunteer", "duty_manager")


class Installation:
    """The shipped config with a few lines changed, and its store."""

    def __init__(self, directory: Path, *, web_port: int) -> None:
        self.config = directory / "config.yaml"
        self.data = directory / "data"
        self._text = SHIPPED.read_text("utf-8")
        self._store: SqlStore | None = None
        self.url = ""
        self.change("#port: 8080", f"port: {web_port}")
        self.change("#listen: 127.0.0.1:1883", "listen: 127.0.0.1:0")

    def change(self, old: str, new: str) -> None:
        assert old in self._text, old
        self._text = self._text.replace(old, new, 1)
        self.config.write_text(self._text, encoding="utf-8")

    def use_broker(self, port: int) -> None:
        self.change("address: auto", f"address: 127.0.0.1:{port}")

    def open(self) -> SqlStore:
        """The store, as a running hub has it."""
        if self._store is None:
            self._store = open_store(self.url, self.data, reserve_bytes=4096)
        return self._store

    def close(self) -> None:
        """The hub stops."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def keep(self, inputs: Sequence[Input]) -> None:
        """Step these inputs into a fresh community and commit them as one batch."""
        config = load_config(self.config)
        settings = compile_settings(
            community="main",
            community_name="示范小区",
            community_address="",
            rules=compile_rules(config.rules),
            policies=config.policies,
            roles=config.roles,
            safety_sources=frozenset({"zigbee2mqtt"}),
            receipt_within_ms=milliseconds(config.delivery.receipt_within),
            zone=ZoneInfo("Asia/Shanghai"),
        )
        core = Core(State(community="main"), settings)
        seqs = [step(core, one) for one in inputs]
        decisions, changes = core.take()
        store = self.open()
        epoch = store.take_lease("main", "test", START)
        store.commit(
            Commit(
                community="main",
                owner="test",
                epoch=epoch,
                first_seq=seqs[0],
                last_seq=core.state.seq,
                now_ms=core.state.now_ms,
                inputs=list(inputs),
                seqs=seqs,
                decisions=decisions,
                changes=changes,
            )
        )


def commanded(*commands: AnyCommand) -> list[Input]:
    return [Commanded(START, command) for command in commands]


def heard(device: str, *, at_ms: int = START, source: str = "zigbee2mqtt") -> Received:
    raw = RawMessage(source, f"zigbee2mqtt/{device}", b"{}", at_ms)
    return Received(raw, (Reading(device, Kind.SMOKE, Event.STATUS, {"alarm": False}),))


def homes() -> list[Input]:
    """One tower with one protected home and its detector."""
    return commanded(
        PutPlace(actor="x", place=Place(id="b6", kind=PlaceKind.BUILDING, name="6号楼")),
        PutPlace(actor="x", place=Place(id="1203", kind=PlaceKind.HOME, name="1203室", parent="b6", protected=True)),
        PutDevice(actor="x", device=Device(id="smoke-1203", kind=Kind.SMOKE, place="1203")),
    )


def person(id: str, *urls: str, roles: Sequence[str] = ALL_ROLES, hours: tuple[int, int] = (0, 0)) -> list[Input]:
    """Somebody with these contacts, on duty in these roles between these hours (equal: all day)."""
    contacts = tuple(Contact(id=f"{id}-{n}", url=url) for n, url in enumerate(urls))
    duties = [
        Duty(id=f"{id}-{role}", role=role, person=id, from_minute=hours[0] * 60, to_minute=hours[1] * 60)
        for role in roles
    ]
    return commanded(
        PutPerson(actor="x", person=Person(id=id, name=id, contacts=contacts)),
        *(PutDuty(actor="x", duty=duty) for duty in duties),
    )


def good_people() -> list[Input]:
    return person("wuye", "inbox://wuye", "ntfy://127.0.0.1/wuye") + person("juwei", "inbox://juwei")
