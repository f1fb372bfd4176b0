"""What a registry entry about parking must satisfy; each gives why not, in plain words, or None. Pure."""

from __future__ import annotations

from datetime import date

from hub import plates
from hub.core.context import Core
from hub.core.parking.plans import Book, applied, book_of, holds, left, span_ms
from hub.model import GateLane, ParkingPlan, Permit, PermitKind, PlaceKind, PlanTurn, Space

MOST_PLACES = 2000
LONGEST_TURN = 366


def check_space(core: Core, space: Space) -> str | None:
    place = core.state.places.get(space.id)
    if place is None or place.kind is not PlaceKind.SPACE:
        return f"space {space.id}: there is no place of kind space with this id; put the place first"
    return None


def check_lane(core: Core, lane: GateLane) -> str | None:
    gate = core.state.places.get(lane.gate)
    if gate is None or gate.kind is not PlaceKind.GATE:
        return f"lane {lane.id}: {lane.gate} is no place of kind gate; put the gate first"
    for device in lane.devices:
        for other in core.state.gate_lanes.values():
            if other.id != lane.id and device in other.devices:
                return f"lane {lane.id}: device {device} belongs to lane {other.id} already"
    if lane.zone and lane.zone not in core.state.places:
        return f"lane {lane.id}: there is no place {lane.zone}"
    return None


def check_permit(permit: Permit) -> str | None:
    wrong = plates.check(permit.plate)
    if wrong is not None:
        return wrong  # without the plate: a refusal is kept, and shown
    if plates.normalised(permit.plate) != permit.plate:
        return "the plate must be written without spaces or dots, in upper case"
    if permit.kind is PermitKind.DENIED and not permit.reason.strip():
        return "say why this car is denied"
    if permit.from_ms is not None and permit.until_ms is not None and permit.until_ms < permit.from_ms:
        return "the permit ends before it begins; change one of the two"
    return None


def check_plan(core: Core, plan: ParkingPlan) -> str | None:
    if plan.zone and plan.zone not in core.state.places:
        return f"plan {plan.id}: there is no place {plan.zone}"
    if not plan.id or not plan.name.strip():
        return "a plan needs an id and a name"
    if not (is_day(plan.from_date) and is_day(plan.until_date)) or plan.until_date < plan.from_date:
        return f"plan {plan.id}: give its first and last day as 2027-02-06, the first one first"
    if not (0 <= plan.free <= MOST_PLACES and 0 <= plan.paid <= MOST_PLACES and plan.free + plan.paid):
        return f"plan {plan.id}: it needs at least one place, and at most {MOST_PLACES} free and {MOST_PLACES} paid"
    if not 1 <= plan.turn_days <= LONGEST_TURN or plan.first_floors < 0:
        return f"plan {plan.id}: a turn lasts 1 to {LONGEST_TURN} days"
    return None


def check_turn(core: Core, turn: PlanTurn) -> str | None:
    """Overlaps and over-booking count turns that stand or come; what is over is history and taken as it is."""
    plan, home = core.state.plans.get(turn.plan), core.state.places.get(turn.place)
    if turn.id in core.state.turns:
        return f"turn {turn.id} was given already; turns are never changed: remove its permit to end it early"
    if not turn.id or plan is None:
        return f"turn {turn.id}: there is no plan {turn.plan}; put the plan first"
    if home is None or home.kind is not PlaceKind.HOME:
        return f"turn {turn.id}: {turn.place} is no home of this community"
    if (wrong := plates.check(turn.plate)) is not None or plates.normalised(turn.plate) != turn.plate:
        return f"turn {turn.id}: {wrong or 'the plate must be written without spaces or dots'}"
    if not (is_day(turn.from_date) and is_day(turn.until_date)) or turn.until_date < turn.from_date:
        return f"turn {turn.id}: give its first and last day as 2027-02-06, the first one first"
    if turn.from_date < plan.from_date or turn.until_date > plan.until_date:
        return f"turn {turn.id}: plan {plan.id} runs from {plan.from_date} to {plan.until_date}"
    days = date.fromisoformat(turn.until_date) - date.fromisoformat(turn.from_date)
    if days.days >= plan.turn_days:
        return f"turn {turn.id}: a turn of plan {plan.id} lasts at most {plan.turn_days} days"
    book = book_of(core, plan)
    if span_ms(turn, book.zone)[1] <= core.now_ms:
        return None
    return _in_the_way(book, turn)


def _in_the_way(book: Book, turn: PlanTurn) -> str | None:
    for other in book.turns:
        if holds(book, other) and other.from_date <= turn.until_date and turn.from_date <= other.until_date:
            if other.place == turn.place:
                return f"turn {turn.id}: {turn.place} has a turn from {other.from_date} to {other.until_date} already"
            if other.plate == turn.plate:
                return f"turn {turn.id}: this car has a turn from {other.from_date} to {other.until_date} already"
    free, paid = left(book, turn.from_date, turn.until_date)
    if (paid if turn.paid else free) < 1:
        return (
            f"turn {turn.id}: no {'paid' if turn.paid else 'free'} place of plan {turn.plan} is left on all these days"
        )
    permit, from_ms = book.permits.get(turn.plate), span_ms(turn, book.zone)[0]
    if permit is None or applied(permit, permit.plan):
        return None
    if permit.kind is PermitKind.DENIED:
        return f"turn {turn.id}: this car is denied"
    over = permit.until_ms is not None and permit.until_ms <= book.now_ms
    goes_on = permit.plan == turn.plan and permit.until_ms == from_ms
    return None if over or goes_on else f"turn {turn.id}: this car has a permit that has not ended; remove it first"


def is_day(text: str) -> bool:
    """A date as 2027-02-06 and no other way: dates are compared as texts."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
