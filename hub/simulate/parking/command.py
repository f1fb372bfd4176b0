"""``hub simulate parking``: a month played and scored. I/O: prints."""

from __future__ import annotations

import sys
import time

import msgspec

from hub.simulate.parking.run import play


def run_simulate_parking(days: int, seed: int, *, as_json: bool, crashes: int = 0, signature: bool = True) -> int:
    """Play the month and print its score; 1 when a core that crashed ended otherwise than one that did not."""
    began = time.perf_counter()
    played = play(seed, days, signature=signature)
    seconds = time.perf_counter() - began
    figures: dict[str, object] = msgspec.structs.asdict(played.score)
    figures["seconds"] = round(seconds, 1)
    same = True
    if crashes:
        crashed = play(seed, days, crashes, signature=signature)
        same = crashed.state == played.state and crashed.score == played.score
        figures |= {"crashes": crashes, "same_after_crashes": same}
    if as_json:
        sys.stdout.write(msgspec.json.encode(figures).decode() + "\n")
    else:
        for name, value in figures.items():
            sys.stdout.write(f"{name:24} {value}\n")
    return 0 if same else 1
