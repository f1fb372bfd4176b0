"""Temporary plans: households take turns, and a ledger shows who has had how many. Pure.

A turn makes a temporary permit that begins and ends by itself. A household that waits for a turn has a permit of the plan whose time
is empty (it begins and ends when they applied), so it opens no gate and the queue needs no rows of its own. A turn is never edited:
one that ends early stays in the ledger, and its permit is removed, which sets its place free.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta, tzinfo

import msgspec

from hub.core.context import Core
from hub.core.localtime import moment
from hub.model import ParkingPlan, Permit, PermitKind, Place, PlanTurn

DEEPEST = 20


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """One plan and all that its fairness is worked out from."""

    plan: ParkingPlan
    turns: tuple[PlanTurn, ...]
    """Of this plan."""
    permits: Mapping[str, Permit]
    places: Mapping[str, Place]
    now_ms: int
    zone: tzinfo


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What one household has had of a plan."""

    place: str
    free: int = 0
    paid: int = 0
    last: str = ""
    """Last day of its newest turn."""
    applied_ms: int | None = None
    """Since when it waits for a turn; None: it does not."""

    @property
    def turns(self) -> int:
        return self.free + self.paid


def book_of(core: Core, plan: ParkingPlan) -> Book:
    return Book(
        plan=plan,
        turns=tuple(one for one in core.state.turns.values() if one.plan == plan.id),
        permits=core.state.permits,
        places=core.state.places,
        now_ms=core.now_ms,
        zone=core.settings.zone,
    )


def proposed(core: Core, plan: ParkingPlan, from_date: str) -> list[PlanTurn]:
    """Who comes next if turns begin on that day; see `proposals`."""
    return proposals(book_of(core, plan), from_date)


def proposals(book: Book, from_date: str) -> list[PlanTurn]:
    """Fair turns for those who wait, as many as there are places left.

    1. Fewest turns first; among these low floors, where the plan says so; then whoever applied first.
    2. Of those chosen, the free places go to whoever has had the fewest free turns, in the same order.
    """
    plan = book.plan
    until_date = min(_later(from_date, plan.turn_days - 1), plan.until_date)
    if not plan.from_date <= from_date <= until_date:
        return []
    standing = {one.place for one in book.turns if holds(book, one) and _meet(one, from_date, until_date)}
    waiting: dict[str, Permit] = {}
    for permit in sorted(book.permits.values(), key=lambda one: (one.from_ms or 0, one.plate)):
        if applied(permit, plan.id) and permit.place not in standing:
            waiting.setdefault(permit.place, permit)
    had = {one.place: one for one in shares(book)}

    def rank(place: str) -> tuple[int, bool, int, str]:
        low = plan.first_floors > 0 and _floor(book.places, place) <= plan.first_floors
        return had[place].turns, not low, waiting[place].from_ms or 0, place

    free_left, paid_left = left(book, from_date, until_date)
    chosen = sorted(waiting, key=rank)[: free_left + paid_left]
    free = set(sorted(chosen, key=lambda place: (had[place].free, rank(place)))[:free_left])
    return [
        PlanTurn(
            id=_fresh_id(book, from_date, place),
            plan=plan.id,
            place=place,
            plate=waiting[place].plate,
            paid=place not in free,
            from_date=from_date,
            until_date=until_date,
        )
        for place in chosen
    ]


def shares(book: Book) -> list[Share]:
    """The fairness table: every household that had a turn or waits for one, the fewest turns first."""
    found: dict[str, Share] = {}
    for turn in book.turns:
        had = found.get(turn.place) or Share(place=turn.place)
        found[turn.place] = msgspec.structs.replace(
            had, free=had.free + (not turn.paid), paid=had.paid + turn.paid, last=max(had.last, turn.until_date)
        )
    for permit in book.permits.values():
        if applied(permit, book.plan.id):
            had = found.get(permit.place) or Share(place=permit.place)
            since = permit.from_ms if had.applied_ms is None else min(had.applied_ms, permit.from_ms or 0)
            found[permit.place] = msgspec.structs.replace(had, applied_ms=since)
    return sorted(found.values(), key=lambda one: (one.turns, one.free, one.last, one.place))


def left(book: Book, from_date: str, until_date: str) -> tuple[int, int]:
    """(free, paid) places that nobody holds on any of these days."""
    held = [one for one in book.turns if holds(book, one) and _meet(one, from_date, until_date)]
    most = [0, 0]
    for day in {from_date, *(one.from_date for one in held if one.from_date > from_date)}:
        there = [one.paid for one in held if one.from_date <= day <= one.until_date]
        most = [max(most[0], there.count(False)), max(most[1], there.count(True))]
    return max(0, book.plan.free - most[0]), max(0, book.plan.paid - most[1])


def holds(book: Book, turn: PlanTurn) -> bool:
    """The turn is not over and its permit is there: removing the permit ends a turn early."""
    permit = book.permits.get(turn.plate)
    from_ms, until_ms = span_ms(turn, book.zone)
    return (
        until_ms > book.now_ms
        and permit is not None
        and permit.plan == turn.plan
        and permit.from_ms is not None
        and permit.until_ms is not None
        and permit.from_ms <= from_ms
        and until_ms <= permit.until_ms
    )


def applied(permit: Permit, plan: str) -> bool:
    """It waits for a turn in this plan."""
    return permit.plan == plan != "" and permit.from_ms is not None and permit.from_ms == permit.until_ms


def application(plan: str, place: str, plate: str, at_ms: int) -> Permit:
    """What puts a household into the queue of a plan."""
    return Permit(plate=plate, kind=PermitKind.TEMPORARY, place=place, plan=plan, from_ms=at_ms, until_ms=at_ms)


def permit_for(core: Core, turn: PlanTurn) -> Permit | None:
    """The permit that a turn makes; it goes on where the last one of the same car ends. None: the turn is over."""
    from_ms, until_ms = span_ms(turn, core.settings.zone)
    if until_ms <= core.now_ms:
        return None
    plan, before = core.state.plans[turn.plan], core.state.permits.get(turn.plate)
    if before is not None and before.plan == turn.plan and before.until_ms == from_ms and before.from_ms is not None:
        from_ms = min(before.from_ms, from_ms)
    return Permit(
        plate=turn.plate,
        kind=PermitKind.TEMPORARY,
        place=turn.place,
        person=before.person if before is not None else "",
        from_ms=from_ms,
        until_ms=until_ms,
        spaces=(plan.zone,) if plan.zone else (),
        plan=turn.plan,
    )


def span_ms(turn: PlanTurn, zone: tzinfo) -> tuple[int, int]:
    """From the first moment of its first local day until the first after its last."""
    return midnight_ms(turn.from_date, zone), midnight_ms(_later(turn.until_date, 1), zone)


def midnight_ms(day: str, zone: tzinfo) -> int:
    return moment(zone, date.fromisoformat(day).toordinal(), 0)


def _later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def _meet(turn: PlanTurn, from_date: str, until_date: str) -> bool:
    return turn.from_date <= until_date and from_date <= turn.until_date


def _floor(places: Mapping[str, Place], place: str) -> int:
    for _ in range(DEEPEST):
        node = places.get(place)
        if node is None:
            break
        if node.floor is not None:
            return node.floor
        place = node.parent
    return 9999


def _fresh_id(book: Book, from_date: str, place: str) -> str:
    taken: Iterable[str] = {one.id for one in book.turns}
    wanted = f"{book.plan.id}-{from_date}-{place}"
    return next(id for n in range(1, 9999) if (id := wanted if n == 1 else f"{wanted}-{n}") not in taken)
