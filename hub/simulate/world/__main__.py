"""Run worlds: ``python -m hub.simulate.world --seed N [--count M] [--jobs J] [--verbose]``; exit code 1 when a law was broken."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from hub.simulate.world.world import Report, be_quiet, run_world

AT_ONCE = 10
"""Worlds that a process takes at a time."""


def main(arguments: list[str] | None = None) -> int:
    """The whole command."""
    parser = argparse.ArgumentParser(prog="python -m hub.simulate.world", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--count", type=int, default=1, help="how many seeds from there")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--verbose", action="store_true", help="print every event")
    parser.add_argument("--digest", action="store_true", help="print the hash of each world's events")
    options = parser.parse_args(arguments)
    be_quiet()
    began = time.monotonic()
    seeds = range(options.seed, options.seed + options.count)
    total: Counter[str] = Counter()
    failed = 0
    for report in reports(seeds, options.jobs, verbose=options.verbose):
        total.update(report.counts)
        if options.digest:
            say(f"{report.seed} {report.digest}")
        if report.law:
            failed += 1
            say(failure(report))
    took = time.monotonic() - began
    say(
        f"{options.count} worlds, {failed} failed; {total['killed']} crashes, {total['alerts']} alerts,"
        f" {total['sent']} sends, {total['committed']} commits; {took:.1f} s, {options.count / took:.1f} worlds/s"
    )
    return 1 if failed else 0


def reports(seeds: Iterable[int], jobs: int, *, verbose: bool) -> Iterator[Report]:
    """Reports as they come, in the order of the seeds."""
    if jobs <= 1:
        for seed in seeds:
            yield run_world(seed, say if verbose else None)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=be_quiet) as pool:
        yield from pool.map(run_world, seeds, chunksize=AT_ONCE)


def failure(report: Report) -> str:
    """One line: what broke, and the command that shows it again."""
    replay = f"python -m hub.simulate.world --seed {report.seed} --verbose"
    return f"seed {report.seed}: {report.law}: {report.what}  replay: {replay}"


def say(line: str) -> None:
    """To the terminal."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
