"""A file that holds disk space back: given up when the disk is full, so that the hub can still write and say so."""

from __future__ import annotations

import os
from pathlib import Path

SIZE = 16 << 20
"""Some minutes of journal: time enough to be read, and to free more."""


class Reserve:
    """``data_dir/reserve``."""

    def __init__(self, data_dir: Path, size: int = SIZE) -> None:
        self.path = data_dir / "reserve"
        self._size = size

    def make(self) -> bool:
        """Hold the space (again); False when the disk has none to spare."""
        if self.path.exists() and self.path.stat().st_size >= self._size:
            return True
        try:
            with self.path.open("wb") as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, self._size)
                else:  # bytes that no file system can compress or leave out
                    file.write(os.urandom(self._size))
        except OSError:
            self.path.unlink(missing_ok=True)
            return False
        return True

    def free(self) -> bool:
        """Give the space back; False when there was nothing to give."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True
