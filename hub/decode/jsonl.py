"""``hub decode --jsonl``: rows of published messages in, what the hub understands of each out. Edge.

A row holds ``id, topic, payload, encoding, f_port, hex, envelope``; ``envelope`` counts only where ``topic`` is null. What
a row is said to mean is never looked at.
"""

from __future__ import annotations

import sys
from base64 import b64decode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from hub.catalogue import load_catalogue
from hub.decode.catalogue import Catalogue
from hub.decode.codec import Unread, read_uplink
from hub.decode.decoder import Decoder, SourceSettings
from hub.decode.envelopes import envelope_named
from hub.decode.port import Context, Uplink
from hub.decode.row_envelopes import RAW_FRMPAYLOAD, ROW_ENVELOPES
from hub.decode.text import parse_object
from hub.errors import ConfigError, DecodeError, HubError
from hub.model import LIFE_SAFETY, Event, Kind, RawMessage, Reading, Undecodable, Undecoded

_QUIET = frozenset(
    {
        Event.CONFIG_RESPONSE,
        Event.CONFIG_REPORT,
        Event.VERSION_REPORT,
        Event.DEVICE_INFO,
        Event.DOWNLINK_ACK,
        Event.STATUS,
        Event.HEARTBEAT,
        Event.STARTUP,
        Event.TELEMETRY,
    }
)
_ALARMING = LIFE_SAFETY | {Kind.LEAK, Kind.AIR_QUALITY, Kind.PARKING, Kind.VEHICLE_COUNTER}
_ALARMLESS = frozenset({Kind.PARKING, Kind.VEHICLE_COUNTER})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def run_decode(path: str) -> int:
    """Decode the rows of a file, or of standard input for ``-``; 0, or 1 when a row or the file cannot be read."""
    try:
        catalogue = load_catalogue()
    except ConfigError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    rows = Rows(catalogue)
    encode = msgspec.json.Encoder().encode
    failed = False
    try:
        for line in _lines(path):
            try:
                row = parse_object(line)
            except DecodeError as exc:
                failed = True
                sys.stderr.write(f"{path}: a line is no row: {exc.detail}\n")
                continue
            sys.stdout.write(encode(rows.told(row)).decode() + "\n")
    except OSError as exc:
        sys.stderr.write(f"{path}: {exc.strerror}. Give a file of rows, or - for standard input.\n")
        return 1
    return int(failed)


def _lines(path: str) -> Iterator[bytes]:
    if path == "-":
        yield from _full(sys.stdin.buffer)
    else:
        with open(path, "rb") as file:
            yield from _full(file)


def _full(lines: Iterable[bytes]) -> Iterator[bytes]:
    return (line for line in lines if line.strip())


class Rows:
    """Decodes rows one by one."""

    def __init__(self, catalogue: Catalogue) -> None:
        sources = {
            row: SourceSettings(envelope=ours)
            for row, ours in ROW_ENVELOPES.items()
            if envelope_named(ours) is not None
        }
        self._decode = Decoder(catalogue, sources)
        self._bare = Context(codecs=catalogue)

    def told(self, row: dict[str, object]) -> dict[str, object]:
        """What is printed for one row."""
        ident, topic, named = str(row.get("id", "")), row.get("topic"), row.get("envelope")
        readings: tuple[Reading, ...] = ()
        undecodable: Undecodable | None
        envelope: str | None = None
        try:
            payload = _payload(row)
            if topic is None and named == RAW_FRMPAYLOAD:
                envelope = RAW_FRMPAYLOAD
                readings, undecodable = self._bare_bytes(ident, payload, row.get("f_port"))
            else:
                source = named if topic is None and isinstance(named, str) else "jsonl"
                raw = RawMessage(source, topic if isinstance(topic, str) else "", payload, 0)
                found = self._decode.envelope_of(raw)
                envelope = found.name if found is not None else None
                readings, undecodable = self._decode(raw)
        except HubError as exc:
            undecodable = Undecodable(Undecoded.WRONG_TYPE, str(exc))
        return {
            "id": ident,
            "envelope": envelope,
            "readings": [_told(reading) for reading in readings],
            "undecodable": undecodable and {"reason": undecodable.reason, "detail": undecodable.detail},
        }

    def _bare_bytes(self, ident: str, data: bytes, port: object) -> tuple[tuple[Reading, ...], Undecodable | None]:
        try:
            return read_uplink(self._bare, Uplink(ident, data, port if isinstance(port, int) else None)), None
        except Unread as exc:
            return (exc.heard,), Undecodable(Undecoded(exc.reason), exc.detail)
        except DecodeError as exc:
            return (), Undecodable(Undecoded(exc.reason), exc.detail)
        except Exception as exc:  # a device file's bug costs its own row only
            return (), Undecodable(Undecoded.CODEC_FAULT, f"{type(exc).__name__}: {exc}")


def _payload(row: dict[str, object]) -> bytes:
    payload, encoding = row.get("payload"), row.get("encoding")
    written = row.get("hex")
    try:
        if isinstance(written, str) and row.get("envelope") == RAW_FRMPAYLOAD:
            return bytes.fromhex(written)
        if not isinstance(payload, str):
            raise DecodeError(Undecoded.WRONG_TYPE, "payload is not text")
        return b64decode(payload, validate=True) if encoding == "base64" else payload.encode("utf-8", "surrogatepass")
    except ValueError as exc:
        raise DecodeError(Undecoded.WRONG_TYPE, f"payload is not {encoding}: {exc}") from exc


def _is_alarm(reading: Reading) -> bool | None:
    """Whether this message is an alarm.

    The fact ``alarm`` is a state, and absent where the payload does not say; a battery report or a configuration reply says
    nothing of the state (it must not clear anything), but for certain it is no alarm.
    """
    alarm = reading.facts.get("alarm")
    if isinstance(alarm, bool):
        return alarm
    # A gateway's state with a null in it, after its restart, says neither: only a device's own codec can tell a report.
    # A parking space has no alarm that a null could hide.
    certain = bool(reading.model) or reading.event is not Event.STATUS or reading.kind in _ALARMLESS
    return False if certain and reading.kind in _ALARMING and reading.event in _QUIET else None


def _told(reading: Reading) -> dict[str, object]:
    at = None
    if reading.device_ms is not None:
        moment = _EPOCH + timedelta(milliseconds=min(reading.device_ms, 253_402_300_799_999))
        at = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "device": reading.device,
        "kind": reading.kind,
        "event": reading.event,
        "alarm": _is_alarm(reading),
        "at": at,
        "historical": reading.historical,
        "facts": reading.facts,
    }
