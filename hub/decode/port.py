"""The types of decoding: what an envelope gives, what a device file declares. Types only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta, timezone, tzinfo
from typing import Protocol

import msgspec

from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecodable


class Uplink(msgspec.Struct, frozen=True, gc=False):
    """What an envelope hands to a device codec: bytes with a port, or an object, never both empty."""

    device: str
    data: bytes = b""
    port: int | None = None
    object: Mapping[str, object] | None = None
    """Already decoded by the platform's own codec, in that codec's vocabulary."""
    topic: str = ""


class Facts(msgspec.Struct, frozen=True, gc=False):
    """What a codec makes of one uplink: one entry per reading."""

    event: Event
    facts: dict[str, Fact]
    kind: Kind | None = None
    """Only when it differs from the model's kind."""
    device_ms: int | None = None
    historical: bool = False


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A real message and what it means: documentation and test in one."""

    meaning: dict[str, object]
    """Subset of kind, event and facts that the decoded reading must have; None: must be absent."""
    hex: str = ""
    port: int | None = None
    object: dict[str, object] | None = None
    topic: str = ""
    payload: str = ""
    """A whole message (topic + payload) instead of the codec's input."""
    source: str = ""
    """Where it was published: document or repository."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """One device or family: the literal that a file in ``devices/`` exports as ``MODEL`` (or several, as ``MODELS``)."""

    name: str
    """``vendor/model``, lower case."""
    kind: Kind
    title: str
    """As on the box."""
    profiles: tuple[str, ...] = ()
    """Names by which platforms call it: ChirpStack device profile, Zigbee2MQTT model, product id; compared in lower
    case, any that contains one of these matches."""
    decode: Callable[[Uplink], list[Facts]]
    """Raises DecodeError for what it cannot read; never returns an alarm for a test, a configuration reply or a
    heartbeat."""
    recognises: Callable[[Uplink], bool] | None = None
    """Says whether bytes or object of an unnamed device look like this model; unset: only by name."""
    examples: tuple[Example, ...]
    """At least one."""
    document: str = ""
    """Vendor's document."""


class Codecs(Protocol):
    """What an envelope may ask of the catalogue."""

    def by_name(self, name: str) -> Model | None:
        """The model called ``vendor/model``."""

    def by_profile(self, text: str) -> Model | None:
        """The model that a platform calls by a text holding one of its profile names; the longest name wins."""

    def recognise(self, uplink: Uplink, kind: Kind | None = None) -> Model | None:
        """The one model that the content itself gives away; None when none, or more than one, claims it. ``kind``: what
        the registry says the device is; no model of another kind is taken."""


class JsonMapping(msgspec.Struct, frozen=True, kw_only=True):
    """How to read generic JSON: which path is which fact (`hub.config.MappingConfig`, without the config machinery)."""

    device: str
    kind: Kind
    time: str = ""
    event: str = ""
    events: dict[str, str] = {}
    facts: dict[str, str] = {}
    words: dict[str, dict[str, str]] = {}
    """text fact -> their word -> ours."""


CHINA = timezone(timedelta(hours=8), "CST")


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What an envelope may know besides the message."""

    codecs: Codecs
    model_of: Mapping[str, str] = {}
    """Registry: device address -> catalogue name of its model. Outranks everything that a message says."""
    kind_of: Mapping[str, Kind] = {}
    """Registry: device address -> what it is. Keeps a guess by content from turning a smoke detector into something else,
    and lets it tell products apart that send the same bytes."""
    mapping: JsonMapping | None = None
    """The source's mapping, for generic JSON."""
    zone: tzinfo = CHINA
    """Of local times that carry no zone."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """How one platform wraps devices: the literal that a module in ``hub/decode/envelopes`` exports as ``ENVELOPE``."""

    name: str
    """As in config.yaml ``sources.*.envelope``."""
    read: Callable[[RawMessage, Context], tuple[Reading, ...]]
    """Raises DecodeError, with ``device`` where the envelope gives it; an empty tuple for what says nothing about a
    device."""
    topics: Callable[[str, list[str]], bool] | None = None
    """Whether a topic, whole and split at ``/``, is surely ours. Asked once per topic. Unset: never by topic."""
    looks: Callable[[object], bool] | None = None
    """Whether parsed JSON is surely ours; asked when no envelope knows the topic. Unset: never by content."""
    rank: int = 0
    """Asked in rising order; give a greedy envelope a high rank."""


class Decode(Protocol):
    def __call__(self, raw: RawMessage) -> tuple[tuple[Reading, ...], Undecodable | None]:
        """Never raises. Readings may be empty with no Undecodable for messages that say nothing about a device
        (bridge logging)."""
