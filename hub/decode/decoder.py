"""Stage 2's way in: one raw message to readings, or why not. Never raises."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

import msgspec

from hub.decode.codec import Unread
from hub.decode.envelopes import envelope_named, envelopes
from hub.decode.port import CHINA, Codecs, Context, Envelope, JsonMapping
from hub.decode.text import parse_json
from hub.errors import ConfigError, DecodeError
from hub.model import FACTS, Kind, RawMessage, Reading, Undecodable, Undecoded

LARGEST = 1024 * 1024
"""Bytes; a snapshot picture is smaller, a mistake is larger."""

_TOPICS_KEPT = 50_000
_FAR = 1 << 63
_DEVICE_CHARS = 256


class SourceSettings(msgspec.Struct, frozen=True):
    """What config.yaml says about one source, as far as decoding cares."""

    envelope: str = "auto"
    mapping: JsonMapping | None = None


class Decoder:
    """Envelope by source, topic or content; device codec by registry, profile or content; facts checked."""

    def __init__(
        self,
        catalogue: Codecs,
        sources: Mapping[str, SourceSettings] | None = None,
        model_of: Mapping[str, str] | None = None,
        kind_of: Mapping[str, Kind] | None = None,
        *,
        zone: tzinfo = CHINA,
    ) -> None:
        """``model_of`` (device address -> catalogue name) and ``kind_of`` (-> what it is) are the registry's, read live.

        Raises ConfigError for an unknown envelope.
        """
        plain = Context(
            codecs=catalogue,
            model_of={} if model_of is None else model_of,
            kind_of={} if kind_of is None else kind_of,
            zone=zone,
        )
        self._plain = plain
        self._contexts: dict[str, Context] = {}
        self._fixed: dict[str, Envelope] = {}
        for name, settings in (sources or {}).items():
            if settings.mapping is not None:
                self._contexts[name] = msgspec.structs.replace(plain, mapping=settings.mapping)
            if settings.envelope != "auto":
                self._fixed[name] = _known(name, settings.envelope)
        self._by_topic: dict[str, Envelope | None] = {}

    def __call__(self, raw: RawMessage) -> tuple[tuple[Reading, ...], Undecodable | None]:
        """Never raises: what cannot be read comes back as Undecodable, and so does a codec's own bug.

        Both at once for bytes of an unknown model: the device was heard, and its bytes are kept for a later codec.
        """
        try:
            if len(raw.payload) > LARGEST:
                raise DecodeError(Undecoded.TOO_LARGE, f"{len(raw.payload)} bytes; the most is {LARGEST}")
            envelope = (self._fixed and self._fixed.get(raw.source)) or self._by_topic.get(raw.topic)
            if envelope is None:
                envelope = self._recognised(raw)
            readings = envelope.read(raw, self._contexts.get(raw.source, self._plain))
            for reading in readings:
                if not _sound(reading):
                    return tuple(_mended(each) for each in readings), None
            return readings, None
        except DecodeError as exc:
            heard = (_mended(exc.heard),) if isinstance(exc, Unread) and exc.heard.device else ()
            return heard, Undecodable(_reason(exc.reason), _printable(exc.detail), _printable(exc.device))
        except RecursionError:
            return (), Undecodable(Undecoded.NOT_JSON, "nested too deeply")
        except Exception as exc:  # a device file's bug costs its own message only, never the batch
            return (), Undecodable(Undecoded.CODEC_FAULT, _printable(f"{type(exc).__name__}: {exc}"))

    def envelope_of(self, raw: RawMessage) -> Envelope | None:
        """The envelope this message would be read with; None where nobody knows it."""
        try:
            return self._fixed.get(raw.source) or self._recognised(raw)
        except DecodeError:
            return None

    def _recognised(self, raw: RawMessage) -> Envelope:
        topic = raw.topic
        try:
            envelope = self._by_topic[topic]
        except KeyError:
            envelope = _by_topic(topic)
            if len(self._by_topic) >= _TOPICS_KEPT:
                self._by_topic.clear()
            self._by_topic[topic] = envelope
        if envelope is not None:
            return envelope
        content = parse_json(raw.payload)
        for candidate in envelopes():
            if candidate.looks is not None and candidate.looks(content):
                return candidate
        raise DecodeError(Undecoded.UNKNOWN_ENVELOPE, "no platform is known by this topic or content")


def _known(source: str, name: str) -> Envelope:
    envelope = envelope_named(name)
    if envelope is None:
        raise ConfigError(
            f"There is no envelope {name}.",
            where=f"sources.{source}.envelope",
            todo=f"Use auto or one of {', '.join(sorted(each.name for each in envelopes()))}.",
        )
    return envelope


def _by_topic(topic: str) -> Envelope | None:
    levels = topic.split("/")
    for envelope in envelopes():
        if envelope.topics is not None and envelope.topics(topic, levels):
            return envelope
    return None


def _reason(text: str) -> Undecoded:
    try:
        return Undecoded(text)
    except ValueError:
        return Undecoded.UNKNOWN_FORMAT


def _printable(text: str) -> str:
    """Text that every encoder and every database takes, and not too long for a screen."""
    return text[:500].encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


_TYPES: dict[str, type] = {
    name: {"bool": bool, "number": float, "text": str}[kind] for name, (kind, _) in FACTS.items()
}


_FLOATS = frozenset(name for name, wanted in _TYPES.items() if wanted is float)


def _sound(reading: Reading) -> bool:
    """Whether a reading may leave as it is: the usual case, and the only check on the hot path."""
    for name, value in reading.facts.items():
        kind = type(value)
        if kind is bool:
            if _TYPES.get(name) is not bool:
                return False
        elif kind is int:
            if name not in _FLOATS or not -_FAR <= value < _FAR:  # type: ignore[operator]
                return False
        elif kind is float:
            if name not in _FLOATS or value - value != 0.0:  # type: ignore[operator]  # NaN and infinities
                return False
        elif kind is not str or _TYPES.get(name) is not str or not _encodes(value):  # type: ignore[arg-type]
            return False
    device = reading.device
    device_ms = reading.device_ms
    if device_ms is not None and not 0 <= device_ms < _FAR:
        return False
    return (
        bool(device)
        and len(device) <= _DEVICE_CHARS
        and (device.isascii() or _encodes(device))
        and "\x00" not in device
    )


def _encodes(text: str) -> bool:
    """Whether UTF-8 and a database take it: no lone surrogate, no NUL."""
    if "\x00" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _measurable(value: int | float) -> int | float | None:
    """A number that every encoder takes; None for NaN, infinities and what no float holds."""
    if isinstance(value, int) and -_FAR <= value < _FAR:
        return value
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if number - number == 0 else None


def _mended(reading: Reading) -> Reading:
    """A reading made fit for every encoder and database; raises where it cannot be: a wrong name or type is a bug."""
    facts: dict[str, bool | int | float | str] = {}
    for name, value in reading.facts.items():
        wanted = _TYPES.get(name)
        if wanted is None:
            raise ValueError(f"{reading.model or reading.kind} gives the unknown fact {name}")
        kind = type(value)
        if wanted is float and kind in (int, float):
            number = _measurable(value)  # type: ignore[arg-type]
            if number is not None:
                facts[name] = number
        elif wanted is kind:
            facts[name] = _printable(value) if isinstance(value, str) else value
        else:
            raise ValueError(f"{reading.model or reading.kind} gives {name} as {kind.__name__}")
    if not reading.device:
        raise DecodeError(Undecoded.MISSING_FIELD, "the message does not say which device it is from")
    device_ms = reading.device_ms
    return msgspec.structs.replace(
        reading,
        device=_printable(reading.device[:_DEVICE_CHARS]),
        facts=facts,
        device_ms=device_ms if device_ms is not None and 0 <= device_ms < _FAR else None,
    )
