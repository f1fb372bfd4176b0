"""Servers as child processes on free loopback ports, and one of our own that answers by a script."""

from __future__ import annotations

import gzip
import http.server
import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import urllib3

from hub.influx.lines import to_bytes
from hub.influx.post import InfluxPost, Later, Refused

HTTP = urllib3.PoolManager(retries=False, timeout=5.0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a condition; a deadline only ends a test that has failed."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        threading.Event().wait(0.02)


class Child:
    """One server; `kill` and `start` again keep its files and its port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        until(self.answers)

    def answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
        try:
            return HTTP.request("GET", f"{self.url}/ping").status in (200, 204)
        except urllib3.exceptions.HTTPError:
            return False

    def kill(self) -> None:
        """Without any warning, as a power cut."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


class Victoria(Child):
    """VictoriaMetrics: takes /api/v2/write as InfluxDB 2 does."""

    def command(self) -> list[str]:
        return [
            "victoria-metrics",
            f"-httpListenAddr=127.0.0.1:{self.port}",
            f"-storageDataPath={self.folder / 'data'}",
            "-retentionPeriod=100y",
            "-memory.allowedBytes=64MB",
        ]

    def post(self) -> InfluxPost:
        return InfluxPost(self.url, org="community", bucket="community", token="any")

    def samples(self, match: str) -> list[dict[str, Any]]:
        """Every series that matches, with its values and times."""
        HTTP.request("GET", f"{self.url}/internal/force_flush")
        answer = HTTP.request("GET", f"{self.url}/api/v1/export", fields={"match[]": match})
        return [json.loads(line) for line in answer.data.splitlines()]


class InfluxOne(Child):
    """InfluxDB 1.6: speaks InfluxQL as the dashboards do."""

    def command(self) -> list[str]:
        config = self.folder / "influxdb.conf"
        config.write_text(
            f"""
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = "{self.folder / "meta"}"
[data]
dir = "{self.folder / "data"}"
wal-dir = "{self.folder / "wal"}"
query-log-enabled = false
[http]
bind-address = "127.0.0.1:{self.port}"
log-enabled = false
[monitor]
store-enabled = false
"""
        )
        return ["influxd", "-config", str(config)]

    def post(self, database: str) -> InfluxOnePost:
        self.query("", f'CREATE DATABASE "{database}"')
        return InfluxOnePost(self.url, database)

    def query(self, database: str, text: str) -> list[dict[str, Any]]:
        """Rows of an InfluxQL query, tags merged in."""
        answer = HTTP.request("POST", f"{self.url}/query", fields={"db": database, "q": text, "epoch": "ns"})
        body = json.loads(answer.data)
        assert answer.status == 200, body
        assert "error" not in body["results"][0], body
        return [
            dict(zip(series["columns"], values, strict=True)) | series.get("tags", {})
            for series in body["results"][0].get("series", [])
            for values in series["values"]
        ]


class InfluxOnePost(InfluxPost):
    """The follower's bytes, posted to InfluxDB 1's own address: only where they go differs."""

    def __init__(self, url: str, database: str) -> None:
        super().__init__(url, org="", bucket=database, token="")
        self._url = f"{url}/write?db={database}&precision=ns"
        self.requests = 0

    def _send(self, lines: Sequence[str]) -> None:
        self.requests += 1
        body = gzip.compress(to_bytes(lines))
        try:
            answer = HTTP.request("POST", self._url, body=body, headers={"Content-Encoding": "gzip"})
        except urllib3.exceptions.HTTPError as exc:
            raise Later(str(exc)) from exc
        if answer.status == 400:
            raise Refused(f"400: {answer.data.decode()}")
        assert answer.status == 204, answer.data


class Scripted:
    """Answers /api/v2/write by a list of (status, headers, body); 204 when the list is empty. None: never answers."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.answers: list[tuple[int, dict[str, str], str] | None] = []
        self.packed: list[bool] = []
        self.always: tuple[int, dict[str, str], str] | None = None
        self.bodies: list[list[str]] = []
        self._stopped = threading.Event()
        outer = self

        class Answer(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                assert self.path == "/api/v2/write?org=o&bucket=b&precision=ns"
                body = self.rfile.read(int(self.headers["Content-Length"]))
                packed = self.headers["Content-Encoding"] == "gzip"
                outer.packed.append(packed)
                outer.bodies.append((gzip.decompress(body) if packed else body).decode().split("\n"))
                answer = outer.answers.pop(0) if outer.answers else (outer.always or (204, {}, ""))
                if answer is None:
                    outer._stopped.wait(30)
                    self.close_connection = True
                    return
                status, headers, text = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._server = http.server.ThreadingHTTPServer((host, 0), Answer)
        self.url = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def post(self, timeout_s: float = 5.0) -> InfluxPost:
        return InfluxPost(self.url, org="o", bucket="b", token="t", timeout_s=timeout_s)

    def stop(self) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
