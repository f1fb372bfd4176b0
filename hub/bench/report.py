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


TABLE_ONLY = frozenset({"floor_cpu_us", "load_cpu_us", "time_series", "alarms"})


def print_report(report: IngestReport | LatencyReport, as_json: bool) -> None:
    """Write it to standard output."""
    if as_json:
        agreed = {key: value for key, value in msgspec.structs.asdict(report).items() if key not in TABLE_ONLY}
        sys.stdout.write(msgspec.json.encode(agreed).decode() + "\n")
        return
    table = Table("", "", "budget")
    for key, value in msgspec.structs.asdict(report).items():
        what, budget = SAYS[key]
        table.add_row(what, f"{value:,}" if isinstance(value, int | float) else str(value), budget)
    Console().print(table)
