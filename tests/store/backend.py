"""One database of one test, and every store that the test opened on it."""

from __future__ import annotations

from pathlib import Path

from hub.store.open import FILE, open_store
from hub.store.sql import SqlStore


class Backend:
    def __init__(self, url: str, data_dir: Path) -> None:
        self.url = url
        self.data_dir = data_dir
        self._opened: list[SqlStore] = []

    @property
    def file(self) -> Path:
        """The SQLite database."""
        return self.data_dir / FILE

    def open(self, *, busy_timeout_s: float = 5.0) -> SqlStore:
        """Another store on the same database, as a second process would have one."""
        store = open_store(self.url, self.data_dir, busy_timeout_s=busy_timeout_s, reserve_bytes=4096)
        self._opened.append(store)
        return store

    def close(self) -> None:
        for store in self._opened:
            store.close()
