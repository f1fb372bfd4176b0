"""The same seed is the same world, in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def digests(hash_seed: str) -> list[str]:
    command = [sys.executable, "-m", "hub.simulate.world", "--seed", "1", "--count", "12", "--digest"]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[:12]


def test_two_processes_see_the_same_events() -> None:
    first, second = digests("1"), digests("4711")
    assert first == second
    assert len({line.split()[1] for line in first}) == 12
