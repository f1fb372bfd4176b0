"""What the bench says at its end: one JSON object, or a table with the budgets of docs/performance.md beside it."""

from __future__ import annotations

import sys

import msgspec
from rich.console import Console
from rich.table import Table


class FloorReport(msgspec.Struct):
    """What bare receiving and acknowledging costs."""

    messages: int
    done_ns: int
    cpu_us: float


class IngestReport(msgspec.Struct, kw_only=True):
    """Sustained ingest. ``rate``: first publish to last commit; ``cpu_us``: all threads of the process under test."""

    readings: int
    rate: int
    cpu_us: float
    floor_rate: int
    ratio: float
    lost: int
    rss_mb: float
    fsync_ms: float
    floor_cpu_us: float
    """Beyond the agreed keys: in the table only, as the two below."""
    load_cpu_us: float
    time_series: str


class LatencyReport(msgspec.Struct, kw_only=True):
    """Publish of an alarm to the provider having the whole request."""

    p50_ms: float
    p99_ms: float
    max_ms: float
    background_rate: int
    lost: int
    alarms: int
    """In the table only."""


class StormReport(msgspec.Struct, kw_only=True):
    """Many alarms at one moment: when each person on duty had a message that carries each of them."""

    alarms: int
    people: int
    contacts: int
    within_10s: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    messages: int
    most_per_minute: int
    lost: int
    rss_mb: float


class BacklogReport(msgspec.Struct, kw_only=True):
    """Publish of an alarm to the provider while a channel hangs and the broker's queue grows."""

    p50_ms: float
    p99_ms: float
    max_ms: float
    backlog_max: int
    background_rate: int
    hung: int
    lost: int
    alarms: int
    """In the table only, as the next."""
    rss_mb: float


Report = IngestReport | LatencyReport | StormReport | BacklogReport

SAYS: dict[str, tuple[str, str]] = {
    "readings": ("QoS 1 readings published", ""),
    "rate": ("readings a second, first publish to last commit", "at least 30,000"),
    "cpu_us": ("CPU us a reading, all threads", "at most 28"),
    "floor_rate": ("floor: messages a second, a consumer that only acks", ""),
    "ratio": ("rate / floor", "at least 0.6"),
    "lost": ("acknowledged by the broker, never kept or handed over", "0"),
    "rss_mb": ("most memory, MB", "220 at 10,000 devices"),
    "fsync_ms": ("4 KiB made durable on this disk, median ms", ""),
    "floor_cpu_us": ("floor: CPU us a message", ""),
    "load_cpu_us": ("load generator: CPU us a message", ""),
    "time_series": ("the InfluxDB follower writes to", ""),
    "p50_ms": ("alarm published to provider, median ms", "10"),
    "p99_ms": ("the same, 99 of 100, ms", "50"),
    "max_ms": ("the same, slowest, ms", ""),
    "background_rate": ("readings a second behind the alarms", ""),
    "alarms": ("alarms", ""),
}
"""Key -> what it is, and its budget."""

STORM_SAYS: dict[str, tuple[str, str]] = {
    "alarms": ("alarms published at one moment", ""),
    "people": ("people on duty for all of them", ""),
    "contacts": ("group robots that they share", ""),
    "within_10s": ("(person, alarm) with a message within 10 s, share", "1"),
    "p50_ms": ("alarm published to provider having a message for that person, median ms", ""),
    "p99_ms": ("the same, 99 of 100, ms", ""),
    "max_ms": ("the same, slowest, ms", "10,000"),
    "messages": ("messages handed to the provider", ""),
    "most_per_minute": ("most that one robot had within any 60 s", "20"),
    "lost": ("(person, alarm) that no message carried", "0"),
    "rss_mb": ("most memory, MB", ""),
}
BACKLOG_SAYS: dict[str, tuple[str, str]] = {
    "p99_ms": ("the same, 99 of 100, ms", "1,000"),
    "p50_ms": ("alarm published to provider, median ms", ""),
    "backlog_max": ("most messages that the broker had taken and the hub not kept", "over 100,000"),
    "background_rate": ("readings a second kept meanwhile", ""),
    "hung": ("requests that the hanging channel never answered", ""),
    "lost": ("readings not kept, alarms not handed over, second contacts not reached", "0"),
}
_SAYS_OF: dict[type, dict[str, tuple[str, str]]] = {StormReport: STORM_SAYS, BacklogReport: BACKLOG_SAYS}
_TABLE_ONLY: dict[type, frozenset[str]] = {
    IngestReport: frozenset({"floor_cpu_us", "load_cpu_us", "time_series"}),
    LatencyReport: frozenset({"alarms"}),
    BacklogReport: frozenset({"alarms", "rss_mb"}),
}


def print_report(report: Report, as_json: bool) -> None:
    """Write it to standard output."""
    if as_json:
        hidden = _TABLE_ONLY.get(type(report), frozenset())
        agreed = {key: value for key, value in msgspec.structs.asdict(report).items() if key not in hidden}
        sys.stdout.write(msgspec.json.encode(agreed).decode() + "\n")
        return
    table = Table("", "", "budget")
    says = SAYS | _SAYS_OF.get(type(report), {})
    for key, value in msgspec.structs.asdict(report).items():
        what, budget = says[key]
        table.add_row(what, f"{value:,}" if isinstance(value, int | float) else str(value), budget)
    Console().print(table)
