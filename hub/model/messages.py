"""A message on its way in: raw, understood, or not."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from hub.model.facts import Fact
from hub.model.kinds import Event, Kind


class RawMessage(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One message as it came off a wire, before anybody understood it."""

    source: str
    """Name of the source in config.yaml."""
    topic: str
    """MQTT topic; for HTTP pushes ``ingest/{source}``. Bytes that are not UTF-8 stand as surrogate escapes."""
    payload: bytes
    received_ms: int
    retained: bool = False
    duplicate: bool = False
    """The broker's DUP flag: this message may have been handed to us before."""


class Reading(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One device, one moment, its facts in our vocabulary and units."""

    device: str
    """The device's address as its platform gives it; unique within one community."""
    kind: Kind
    event: Event
    facts: dict[str, Fact]
    """Names from `FACTS`. ``alarm`` is absent when the payload does not say."""
    device_ms: int | None = None
    """The device's or platform's own time, when the payload has one; believed only when sane."""
    key: str = ""
    """Natural key of this reading within its device (frame counter, deduplication id), "" when it has none."""
    historical: bool = False
    """Not happening now: kept, never alerts."""
    model: str = ""
    """Vendor/model of the codec that read it."""


class Undecoded(StrEnum):
    """Why a payload was quarantined."""

    NOT_JSON = "not_json"
    NOT_TEXT = "not_text"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    MISSING_FIELD = "missing_field"
    BAD_CHECKSUM = "bad_checksum"
    TRUNCATED = "truncated"
    UNKNOWN_ENVELOPE = "unknown_envelope"
    UNKNOWN_MODEL = "unknown_model"
    UNKNOWN_FORMAT = "unknown_format"
    CODEC_FAULT = "codec_fault"
    """The codec itself failed: a bug in a device file."""
    POISON = "poison"
    """Nothing was wrong with the bytes, but two commits failed on them."""


class Undecodable(msgspec.Struct, frozen=True, array_like=True):
    """What could not be understood, and why."""

    reason: Undecoded
    detail: str
    device: str = ""
    """Address of the device, when the envelope at least gave that."""
