"""Protected homes: each must have a detector that was heard and is not silent."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, select

from hub.config import Config
from hub.doctor.finding import Finding, bad, note, ok
from hub.gauges import DETECTORS
from hub.looking import Looking
from hub.model import Place
from hub.store.entities import read_entities
from hub.store.schema import device

SHOWN = 8


class Detector(msgspec.Struct, frozen=True):
    """A registered detector, as its row has it."""

    place: str
    live: bool


def look_at_homes(config: Config, looking: Looking) -> Iterator[Finding]:
    """Per community: homes without a detector, homes whose detectors are silent."""
    if not looking.exists:
        yield note("还没有登记任何住户", "No home is registered yet")
        return
    for name in config.communities:
        with looking.read() as connection:
            places = {place.id: place for place in read_entities(connection, name).places.values() if place is not None}
            detectors = _detectors(connection, name)
        homes = {place.id for place in places.values() if place.protected}
        present: set[str] = set()
        alive: set[str] = set()
        for detector in detectors:
            line = set(_line(places, detector.place))
            present |= line & homes
            if detector.live:
                alive |= line & homes
        yield from _homes(name, homes, present, alive)


def _homes(name: str, homes: set[str], present: set[str], alive: set[str]) -> Iterator[Finding]:
    for missing, zh, en in (
        (homes - present, "没有登记探测器", "have no detector registered"),
        (present - alive, "的探测器失联或从未上报", "have only detectors that are silent or were never heard"),
    ):
        if missing:
            shown = ", ".join(sorted(missing)[:SHOWN]) + (" …" if len(missing) > SHOWN else "")
            yield bad(
                f"小区 {name}:{len(missing)} 户受守护的住户{zh}:{shown}",
                f"Community {name}: {len(missing)} protected homes {en}: {shown}",
            )
    if homes and not homes - alive:
        yield ok(
            f"小区 {name}:{len(homes)} 户都有守护", f"Community {name}: all {len(homes)} protected homes are guarded"
        )
    elif not homes:
        yield note(f"小区 {name}:没有登记受守护的住户", f"Community {name}: no protected home is registered")


def _detectors(connection: Connection, name: str) -> list[Detector]:
    """From the rows. One that was never heard has no facts: the row is made when it is registered."""
    rows = connection.execute(
        select(device.c.place, device.c.silent, device.c.facts).where(
            device.c.community == name, device.c.registered, device.c.kind.in_([kind.value for kind in DETECTORS])
        )
    )
    return [Detector(row.place, not row.silent and row.facts != "{}") for row in rows]


def _line(places: dict[str, Place], place_id: str) -> list[str]:
    """The place and everything that it stands in."""
    found: list[str] = []
    while place_id in places and place_id not in found:
        found.append(place_id)
        place_id = places[place_id].parent
    return found
