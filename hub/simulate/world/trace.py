"""What happened, in order: one hash over everything, and the lines themselves when somebody wants to read them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable


class Broken(Exception):
    """A law of the hub does not hold in this world."""

    def __init__(self, law: str, what: str) -> None:
        super().__init__(f"{law}: {what}")
        self.law = law
        self.what = what


class Trace:
    """Events of one world, hashed as they come."""

    def __init__(self, time: Callable[[], float], say: Callable[[str], None] | None = None) -> None:
        self._time = time
        self._say = say
        self._hash = hashlib.blake2b(digest_size=16)
        self.counts: Counter[str] = Counter()

    def note(self, what: str, *details: object) -> None:
        """One event; its details must not depend on the process."""
        self.counts[what] += 1
        line = f"{self._time():.6f} {what} {' '.join(map(str, details))}"
        self._hash.update(line.encode("utf-8", "backslashreplace"))
        if self._say is not None:
            self._say(line)

    def digest(self) -> str:
        return self._hash.hexdigest()
