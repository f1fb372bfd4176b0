"""A real PostgreSQL of our own: a cluster in a temporary directory, a server on a free loopback port."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

BIN = Path("/usr/lib/postgresql/15/bin")


class Postgres:
    """Start with `start`, stop with `stop`; `create` gives the URL of a new database."""

    def __init__(self, *, fsync: bool = False) -> None:
        self._fsync = fsync
        self._directory = Path(tempfile.mkdtemp(prefix="hub-pg-"))
        self._server: subprocess.Popen[bytes] | None = None
        self._count = 0
        # PostgreSQL refuses to run as root.
        self._user = "nobody" if os.geteuid() == 0 else None
        self.port = 0

    def start(self) -> None:
        if self._user:
            shutil.chown(self._directory, self._user)
        cluster = self._directory / "cluster"
        initdb: list[str | Path] = [
            BIN / "initdb",
            "-D",
            cluster,
            "-U",
            "hub",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
        ]
        subprocess.run(initdb, check=True, user=self._user, cwd=self._directory, capture_output=True)
        self.port = _free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "on" if self._fsync else "off",
            "shared_buffers": "32MB",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._directory / "log").open("wb") as log:
            self._server = subprocess.Popen(
                [BIN / "postgres", "-D", cluster, *options],
                user=self._user,
                cwd=self._directory,
                stdout=log,
                stderr=log,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        if self._server is not None:
            self._server.send_signal(2)  # SIGINT: fast shutdown
            self._server.wait(timeout=30)
        shutil.rmtree(self._directory, ignore_errors=True)

    def create(self, template: str = "template0") -> str:
        """A new database's URL."""
        self._count += 1
        name = f"hub{self._count}"
        with self._connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://hub@127.0.0.1:{self.port}/{name}"

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(f"postgresql://hub@127.0.0.1:{self.port}/postgres", autocommit=True, connect_timeout=5)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                assert self._server is not None
                if self._server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self._directory / "log").read_text()) from None
                time.sleep(0.05)
            else:
                return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
