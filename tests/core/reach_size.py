"""A compound of 100 buildings and 200 people, and how long its proof takes: ``python -m tests.core.reach_size``."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random

from hub.config_file import load_config
from hub.core.reach import Registry, prove, registry_of
from hub.core.state import State
from hub.model import Contact, Duty, Leave, Person, Place, PlaceKind, Window
from hub.settings import settings_of
from tests.core.timeline import START

BUILDINGS, PEOPLE, DAY_MS = 100, 200, 86_400_000
SHIFTS = ((480, 1200), (1200, 480))


def compound(restdays: Mapping[int, bool], *, missing: str = "", uneven: bool = False) -> Registry:
    """Staff in shifts, forty volunteers by day and one by night, a leader and neighbours in each building.

    ``uneven``: everybody has hours and a sleep of their own to the minute, the worst case there is.
    """
    random = Random(1)
    state = State(community="main")
    state.places["g"] = Place(id="g", kind=PlaceKind.COMMUNITY, name="g")
    for n in range(BUILDINGS):
        state.places[f"b{n}"] = Place(id=f"b{n}", kind=PlaceKind.BUILDING, name=f"{n}号楼", parent="g")

    def add(id: str, role: str, *, staff: bool = False, by_day: bool = True, place: str = "", shift: int = -1) -> None:
        if id == missing:
            return
        wecom = Contact(id="w", url=f"wecomapp://{id}")
        phone = (Contact(id="v", url=f"alivoice://K:S@/{id}"), Contact(id="s", url=f"alisms://K:S@/{id}"))
        begin, end = (random.randrange(300, 600), random.randrange(1100, 1400)) if uneven else (480, 1320)
        away = START + random.randrange(20) * DAY_MS
        state.people[id] = Person(
            id=id,
            name=id,
            contacts=(wecom, *phone) if staff else (*phone, wecom),
            hours=(Window(from_minute=begin, to_minute=end),) if by_day and not staff else (),
            sleep=Window(from_minute=end, to_minute=begin),
            night_calls=2,
            leave=(Leave(from_ms=away, until_ms=away + 5 * DAY_MS),) if by_day and random.random() < 0.2 else (),
        )
        begin, end = SHIFTS[shift] if shift >= 0 else (0, 0)
        duty = Duty(id=f"{role}-{id}", role=role, person=id, place=place, from_minute=begin, to_minute=end)
        state.duties[duty.id] = duty

    for n in range(16):
        role = "property" if n % 4 < 2 else "guard"
        add(f"{role}{n}", role, staff=True, by_day=False, shift=n % 2)
    for n in range(10):
        add(f"committee{n}", "committee")
    for n in range(40):
        add(f"volunteer{n}", "volunteer")
    add("night", "volunteer", by_day=False)
    for n in range(BUILDINGS):
        add(f"leader{n}", "block_leader", place=f"b{n}")
    for n in range(PEOPLE - 16 - 10 - 41 - BUILDINGS):
        add(f"neighbour{n}", "neighbour", place=f"b{n}")
    return registry_of(state, restdays)


def main() -> None:
    """Print how long 30 days take, proved, with one person removed, and at its worst."""
    settings = settings_of(load_config(Path("config.yaml")), "main", START)
    cases = {
        "proved": compound(settings.restdays),
        "one person removed": compound(settings.restdays, missing="night"),
        "everybody with hours of their own": compound(settings.restdays, uneven=True),
        "the same, one person removed": compound(settings.restdays, uneven=True, missing="night"),
    }
    for name, registry in cases.items():
        started = time.perf_counter()
        proof = prove(registry, settings, START)
        took_s = time.perf_counter() - started
        counts = f"{proof.places} buildings, {proof.people} people, {len(proof.gaps)} gaps"
        sys.stdout.write(f"{name}: {took_s:.2f} s ({counts}, {proof.checked} checked)\n")


if __name__ == "__main__":
    main()
