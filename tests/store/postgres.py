"""A real PostgreSQL of our own: a cluster in a temporary directory, a server on a free loopback port."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg

BIN = Path("/usr/lib/postgresql/15/bin")


class Postgres:
    """Start with `start`, stop with `stop`; `create` gives the URL of a new database."""

    def __init__(self, *, fsync: bool = False) -> None:
        self._fsync = fsync
        self._directory = Path(tempfile.mkdtemp(prefix="hub-pg-"))
        self._cluster = self._directory / "cluster"
        self._count = 0
        # PostgreSQL refuses to run as root.
        self._user = "nobody" if os.geteuid() == 0 else None
        self.port = 0

    def start(self) -> None:
        if self._user:
            shutil.chown(self._directory, self._user)
        initdb: list[str | Path] = [
            BIN / "initdb",
            "-D",
            self._cluster,
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
            "shared_buffers": "64MB",
        }
        if not self._fsync:  # what only costs time where nothing has to survive a power cut
            settings |= {"full_page_writes": "off", "autovacuum": "off", "wal_level": "minimal", "max_wal_senders": "0"}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self._control("start", "-w", "-l", str(self._directory / "log"), "-o", options)

    def stop(self) -> None:
        if (self._cluster / "postmaster.pid").exists():
            self._control("stop", "-w", "-m", "fast")
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

    def _control(self, *words: str) -> None:
        command: list[str | Path] = [BIN / "pg_ctl", "-D", self._cluster, *words]
        done = subprocess.run(command, user=self._user, cwd=self._directory, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise RuntimeError((self._directory / "log").read_text())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
