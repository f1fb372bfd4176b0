"""kill -9 of the hub and of its broker under load: nothing acknowledged is lost, no alert doubles, the outbox is finished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from hub.model import NotificationState
from hub.store import schema
from tests.servers import Mosquitto
from tests.system.children import HubChild, until
from tests.system.conftest import Install
from tests.system.devices import Load, Publisher, smoke
from tests.system.installation import ROLES, ROOMS, Installation, detector

QUIET = tuple(detector(room) for room in ROOMS[:20])
"""Detectors that only send heartbeats."""
FIRES = tuple(detector(room) for room in ROOMS[20:])


def journal_has_all(installation: Installation, devices: Publisher) -> None:
    """What the broker acknowledged stands in the journal, each message once but for those marked as sent again."""
    until(lambda: not devices.unacked(), "the broker has acknowledged everything")
    published = devices.acked
    assert len(published) == len(set(published))

    def missing() -> set[bytes]:
        return set(published) - {m.raw.payload for m in installation.journaled()}

    until(lambda: not missing(), "the journal has every message")
    kept = [m.raw for m in installation.journaled()]
    times = Counter(raw.payload for raw in kept)
    again = Counter(raw.payload for raw in kept if raw.duplicate)
    doubled = {payload: n for payload, n in times.items() if n - 1 > again[payload]}
    assert not doubled, "a message stands twice in the journal and is not marked as delivered again"


def told_once(installation: Installation, fires: tuple[str, ...]) -> None:
    """One alert for each fire, each notification with its receipt, and each message once in an inbox."""
    for fire in fires:
        installation.wait_alert(fire)
    assert Counter(a.subject for a in installation.alerts(rule="smoke")) == Counter(fires)
    left = select(func.count()).select_from(schema.outbox).where(schema.outbox.c.done_ms.is_(None))
    until(lambda: installation.rows(left)[0][0] == 0, "the outbox is finished")
    states = {n.state for n in installation.notifications()}
    assert states <= {NotificationState.SENT, NotificationState.CANCELLED}, states
    keys = [(row.notification, row.attempt) for row in installation.inbox()]
    assert len(keys) == len(set(keys))
    raised = [(row.incident, row.person, row.notification) for row in installation.inbox()]
    assert len(raised) == len(set(raised))
    assert {f"{role}-a" for role in ROLES} <= {row.person for row in installation.inbox()}


def heads(installation: Installation) -> int:
    return int(installation.rows(select(schema.community.c.head_seq))[0][0])


def outbox(installation: Installation) -> int:
    return int(installation.rows(select(func.count()).select_from(schema.outbox))[0][0])


def test_a_hub_that_is_killed_again_and_again_under_load_loses_nothing_and_doubles_nothing(
    install: Install, devices: Publisher
) -> None:
    installation = install()
    hub = installation.start()
    load = Load(devices, QUIET)
    fires = iter(FIRES)
    lit: list[str] = []

    def burn() -> None:
        lit.append(next(fires))
        devices.send(*smoke(lit[-1], alarm=True, number=50_000 + len(lit)))

    def at_a_commit(_: HubChild) -> None:
        before = heads(installation)
        burn()
        until(lambda: heads(installation) > before, "a commit", within_s=20)

    def at_an_outbox_row(_: HubChild) -> None:
        before = outbox(installation)
        burn()
        until(lambda: outbox(installation) > before, "a row in the outbox", within_s=20)

    def at_a_sent_message(_: HubChild) -> None:
        before = len(installation.inbox())
        burn()
        until(lambda: len(installation.inbox()) > before, "a message sent", within_s=20)

    def while_it_starts(_: HubChild) -> None:
        burn()

    instants: list[Callable[[HubChild], None]] = [at_a_commit, at_an_outbox_row, while_it_starts, at_a_sent_message]
    try:
        for instant in instants:
            instant(hub)
            hub.kill()
            hub = installation.start(ready=instant is not at_an_outbox_row)
    finally:
        load.stop()
    hub.wait_ready()
    journal_has_all(installation, devices)
    told_once(installation, tuple(lit))
    assert len(devices.acked) > 500
    assert hub.stop() == 0


@pytest.mark.parametrize("how", ["gracefully", "killed"])
def test_a_broker_that_goes_and_comes_back_is_found_again(
    how: str, install: Install, broker: Mosquitto, devices: Publisher
) -> None:
    """Zero loss is claimed for graceful restarts; a killed broker may lose two seconds, but never what the hub had."""
    installation = install()
    hub = installation.start()
    load = Load(devices, QUIET)
    until(lambda: len(devices.acked) > 200, "some load")
    if how == "gracefully":
        broker.restart()
    else:
        load.stop()
        journal_has_all(installation, devices)
        broker.kill()
        broker.start_again()
        load = Load(devices, QUIET, first=100_000)
    before = len(devices.acked)
    until(lambda: len(devices.acked) > before + 200, "the load goes on")
    load.stop()
    devices.publish(*smoke(FIRES[0], alarm=True))
    journal_has_all(installation, devices)
    told_once(installation, FIRES[:1])
    assert hub.stop() == 0
