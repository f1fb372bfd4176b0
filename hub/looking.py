"""Looking into a store without opening it: for `hub doctor` and `hub connect`, beside a running hub and without one.

Nothing is written, no lease is taken, no table is upgraded. A SQLite database that nobody has open is read as immutable: a
plain reader would leave a log beside it, and that log would belong to whoever looked, perhaps to root.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from hub.config import Config
from hub.errors import ConfigError
from hub.store.connections import plain_errors
from hub.store.open import FILE


class Looking:
    """Read-only sight of one store."""

    def __init__(self, config: Config) -> None:
        """ConfigError for an address that is none."""
        address = config.store.url.get_secret_value()
        self.file: Path | None = None
        self._url = ""
        if not address:
            self.file = config.installation.data_dir / FILE
            return
        try:
            url = make_url(address)
        except ArgumentError:  # no cause: it quotes the address with its password
            raise ConfigError(
                "it is no database address.", where="store.url", todo="Write postgresql+psycopg://user@host/name."
            ) from None
        if url.get_backend_name() == "sqlite":
            self.file = Path(url.database or "")
        else:
            self._url = url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)

    @property
    def exists(self) -> bool:
        """Whether there is anything to look into; a server has to be asked."""
        return self.file is None or self.file.is_file()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that cannot write. Raises StoreError for whatever the database says."""
        engine = self._engine()
        try:
            with plain_errors(), engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    def _engine(self) -> Engine:
        if self.file is None:
            engine = create_engine(
                self._url, poolclass=NullPool, hide_parameters=True, connect_args={"connect_timeout": 5}
            )

            @event.listens_for(engine, "connect")
            def prepare(connection: object, _record: object) -> None:
                cursor = connection.cursor()  # type: ignore[attr-defined]  # psycopg's, behind SQLAlchemy's hook
                cursor.execute("SET default_transaction_read_only = on")
                cursor.close()
                connection.commit()  # type: ignore[attr-defined]

            return engine
        file = self.file
        in_use = Path(f"{file}-wal").exists()
        mode = "mode=ro" if in_use else "mode=ro&immutable=1"
        uri = f"file:{quote(str(file.absolute()))}?{mode}"
        return create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(uri, uri=True, timeout=5.0, check_same_thread=False),
            poolclass=NullPool,
            hide_parameters=True,
        )
