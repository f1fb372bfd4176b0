"""停车需求分析: one zone's week by hour: how full, how many more wanted in, and the flow through the gates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from hub.model import ZoneHour

HOUR_MS = 3_600_000
STEPS = 10
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 960, 220, 44, 14, 26


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One hour of one day."""

    cars: float
    """Spaces occupied, on average."""
    percent: int
    step: int
    """0 to 10: how dark it is drawn."""
    need: float
    """Cars that stood there and cars that were turned away."""
    full_minutes: int
    refused: int


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """In and out in one hour of the day, over the week."""

    x: int
    ins: int
    outs: int
    ins_top: int
    outs_top: int


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the page about one zone and one week."""

    days: list[date]
    cells: list[list[Cell | None]]
    """hour -> day -> what is known of it."""
    bars: list[Bar]
    top: int
    """What the top of the bars stands for."""
    peak: Cell | None
    peak_ms: int
    full_hours: float
    refused: int
    ins: int
    outs: int


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def bounds(first: date, zone: ZoneInfo) -> tuple[int, int]:
    """First and past-the-last moment of the week, in ms."""
    start = datetime(first.year, first.month, first.day, tzinfo=zone)
    end = datetime.combine(first + timedelta(days=7), start.timetz())
    return round(start.timestamp() * 1000), round(end.timestamp() * 1000)


def cell_of(hour: ZoneHour, total: int) -> Cell:
    cars = hour.occupied_ms / HOUR_MS
    share = min(1.0, cars / total) if total else 0.0
    return Cell(
        cars=round(cars, 1),
        percent=round(share * 100),
        step=round(share * STEPS),
        need=round(cars + hour.refused, 1),
        full_minutes=round(hour.full_ms / 60_000),
        refused=hour.refused,
    )


def week_of(hours: Sequence[ZoneHour], first: date, total: int, zone: ZoneInfo) -> Week:
    days = [first + timedelta(days=n) for n in range(7)]
    cells: list[list[Cell | None]] = [[None] * 7 for _ in range(24)]
    ins, outs = [0] * 24, [0] * 24
    for one in hours:
        local = datetime.fromtimestamp(one.hour_ms / 1000, UTC).astimezone(zone)
        day = (local.date() - first).days
        if 0 <= day < 7:
            cells[local.hour][day] = cell_of(one, total)
        ins[local.hour] += one.ins
        outs[local.hour] += one.outs
    top = max(4, *ins, *outs)
    peak = max(hours, key=lambda one: one.occupied_ms + one.refused * HOUR_MS, default=None)
    return Week(
        days=days,
        cells=cells,
        bars=[_bar(hour, ins[hour], outs[hour], top) for hour in range(24)],
        top=top,
        peak=cell_of(peak, total) if peak else None,
        peak_ms=peak.hour_ms if peak else 0,
        full_hours=round(sum(one.full_ms for one in hours) / HOUR_MS, 1),
        refused=sum(one.refused for one in hours),
        ins=sum(ins),
        outs=sum(outs),
    )


def _bar(hour: int, ins: int, outs: int, top: int) -> Bar:
    tall = HEIGHT - TOP - BOTTOM
    return Bar(
        x=LEFT + hour * (WIDTH - LEFT) // 24,
        ins=ins,
        outs=outs,
        ins_top=round(tall * ins / top),
        outs_top=round(tall * outs / top),
    )
