"""Posting lines: what was refused for now is tried again, what was refused for ever is found line by line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService

from hub.influx.lines import to_bytes

_WRONG_LINES = frozenset({400, 422})
"""The server read the request and objects to lines in it."""
_SLOW_S = 30.0
"""Wrong token, wrong bucket: a person has to act, so there is no hurry."""
_NEAR = frozenset({"localhost", "127.0.0.1", "::1"})
"""On this machine packing would cost the processor more than the bytes do."""
_GOOD_LINE = "probe alive=1i"
"""No time of its own: a retention policy refuses old points."""


class BadLine(msgspec.Struct, frozen=True):
    """One line that the server will never take, and what it said."""

    line: str
    said: str


class Later(Exception):
    """Nothing is wrong with the lines: try all of them again, not before ``retry_after`` seconds where the server said so."""

    def __init__(self, said: str, retry_after: float | None = None) -> None:
        super().__init__(said)
        self.said = said
        self.retry_after = retry_after


class Post(Protocol):
    """One way to hand lines to a server."""

    def post(self, lines: Sequence[str]) -> list[BadLine]:
        """Blocks until every line was taken or proved bad; gives the bad ones. Raises `Later` for what may succeed."""

    def close(self) -> None: ...


class Refused(Exception):
    """The server objects to at least one line of a request."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class InfluxPost:
    """Posts to /api/v2/write through influxdb-client, without its retries and its batching: those drop batches."""

    def __init__(self, url: str, *, org: str, bucket: str, token: str, timeout_s: float = 10.0) -> None:
        self._client = InfluxDBClient(url=url, token=token, org=org, timeout=int(timeout_s * 1000), retries=False)
        self._service = WriteService(self._client.api_client)  # type: ignore[no-untyped-call]  # generated code
        self._org = org
        self._bucket = bucket
        self._near = urlsplit(url).hostname in _NEAR

    def post(self, lines: Sequence[str]) -> list[BadLine]:
        """See `Post.post`. Refused lines are halved until the bad ones stand alone; good lines that were written
        meanwhile are written again, as the same points."""
        if not lines:
            return []
        try:
            self._send(lines)
        except Refused as exc:
            self._prove_that_good_lines_pass()
            return self._sort_out(lines, exc.said)
        return []

    def _sort_out(self, lines: Sequence[str], said: str) -> list[BadLine]:
        """The bad ones of refused lines, after all others were written."""
        if len(lines) == 1:
            return [BadLine(lines[0], said[:500])]
        named = lines_named(said, lines)
        parts: list[Sequence[str]]
        if named:
            parts = [[line for n, line in enumerate(lines) if n not in named]]
        else:
            parts = [lines[: len(lines) // 2], lines[len(lines) // 2 :]]
        bad = [BadLine(lines[n], said[:500]) for n in sorted(named)]
        for part in filter(None, parts):
            try:
                self._send(part)
            except Refused as exc:
                bad += self._sort_out(part, exc.said)
        return bad

    def _prove_that_good_lines_pass(self) -> None:
        """A server that refuses everything (another service on that port, a proxy) must not cost a single line."""
        try:
            self._send([_GOOD_LINE])
        except Refused as exc:
            raise Later(f"refuses every line: {exc.said}"[:500], _SLOW_S) from exc

    def _send(self, lines: Sequence[str]) -> None:
        body = to_bytes(lines)
        try:
            self._service.post_write(  # type: ignore[no-untyped-call]
                org=self._org,
                bucket=self._bucket,
                body=body if self._near else gzip.compress(body, 1),
                precision="ns",
                content_encoding="identity" if self._near else "gzip",
                content_type="text/plain; charset=utf-8",
            )
        except ApiException as exc:
            status, said = int(exc.status or 0), f"{exc.status}: {exc.body or exc.reason}"
            if status in _WRONG_LINES or status == 413:  # 413: smaller requests may pass
                raise Refused(said) from exc
            raise Later(said[:500], _retry_after(exc.retry_after, status)) from exc
        except (urllib3.exceptions.HTTPError, OSError) as exc:
            raise Later(f"{type(exc).__name__}: {exc}"[:500]) from exc

    def close(self) -> None:
        """Close the connections."""
        self._client.close()  # type: ignore[no-untyped-call]


def lines_named(said: str, lines: Sequence[str]) -> set[int]:
    """Indices of the lines that the server's answer names, as far as it does.

    InfluxDB 3 lists ``line_number`` per error; 1 and 2 quote the line after "unable to parse".
    """
    body = said.partition(": ")[2]
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    found: set[int] = set()
    errors = answer.get("data") if isinstance(answer, dict) else None
    for error in errors if isinstance(errors, list) else [errors]:
        number = error.get("line_number") if isinstance(error, dict) else None
        if isinstance(number, int) and 1 <= number <= len(lines):
            found.add(number - 1)
    if isinstance(answer, dict):
        body = str(answer.get("message") or answer.get("error") or "")
    if not found and "unable to parse" in body:
        found = {n for n, line in enumerate(lines) if f"unable to parse '{line}'" in body}
    return found


def _retry_after(header: object, status: int) -> float | None:
    try:
        return max(0.0, float(str(header)))
    except ValueError:
        return _SLOW_S if 400 <= status < 500 and status not in (408, 429) else None
