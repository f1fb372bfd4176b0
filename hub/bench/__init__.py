"""Measure the hub against a floor in the same run. I/O: starts its own broker, load generator, floor, provider and hub.

Nothing of the user's is touched: everything lives in one temporary directory and on free loopback ports. Figures and what
they mean are in docs/performance.md. A naive hub is measured by the same code (scripts/bench_naive.py).
"""

from __future__ import annotations

from hub.bench.backlog import bench_backlog
from hub.bench.run import bench_ingest, bench_latency
from hub.bench.storm import bench_storm

__all__ = ("bench_backlog", "bench_ingest", "bench_latency", "bench_storm")
