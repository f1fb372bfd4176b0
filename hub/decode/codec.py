"""The second step of decoding: choose a device's codec and turn its facts into readings."""

from __future__ import annotations

from hub.decode.objects import Told, understood
from hub.decode.port import Context, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Reading, Undecoded


class Unread(DecodeError):
    """Bytes that nobody here can read, from a device that was heard all the same: both are worth keeping."""

    def __init__(self, detail: str, heard: Reading) -> None:
        super().__init__(Undecoded.UNKNOWN_MODEL, detail, device=heard.device)
        self.heard = heard


def choose_model(context: Context, uplink: Uplink, profiles: tuple[str, ...], name: str = "") -> Model | None:
    """The registry's word, else the platform's profile names, else what the content gives away, else the device's name.

    None when nothing tells: a life-safety misread is worse than a message in quarantine. ``name`` is what an installer
    typed, so it comes last and decides only what the content leaves open. Raises DecodeError for a registered model that
    the catalogue lacks.
    """
    registered = context.model_of.get(uplink.device)
    codecs = context.codecs
    if registered:
        model = codecs.by_name(registered) or codecs.by_profile(registered)
        if model is None:
            raise DecodeError(Undecoded.UNKNOWN_MODEL, f"the catalogue has no {registered}", device=uplink.device)
        return model
    for profile in profiles:
        model = codecs.by_profile(profile)
        if model is not None:
            return model
    return codecs.recognise(uplink, context.kind_of.get(uplink.device)) or (codecs.by_profile(name) if name else None)


def read_uplink(
    context: Context,
    uplink: Uplink,
    *profiles: str,
    name: str = "",
    device_ms: int | None = None,
    key: str = "",
    told: Told = None,
) -> tuple[Reading, ...]:
    """One reading for each thing that the device's codec found; a record's own time outranks the envelope's.

    ``told``: what the platform's own codec made of the bytes, looked at only where no device file fits them.
    """
    if not uplink.data and not uplink.object:
        return (Reading(uplink.device, Kind.UNKNOWN, Event.HEARTBEAT, {}, device_ms, key),)
    model = choose_model(context, uplink, profiles, name)
    if model is None or (len(uplink.data) == 1 and told and _contradicted(context, uplink, model, told)):
        return (_told_by_platform(context, uplink, told or uplink.object, device_ms, key),)
    return readings_of(model, uplink, device_ms=device_ms, key=key)


def _contradicted(context: Context, uplink: Uplink, model: Model, told: Told) -> bool:
    """Whether a guess by one single byte meets a platform whose own codec read something else out of it."""
    if uplink.device in context.model_of or model is not context.codecs.recognise(uplink):
        return False
    found = understood(told, context.kind_of.get(uplink.device))
    return found is not None and found.kind is not model.kind


def _told_by_platform(context: Context, uplink: Uplink, told: Told, device_ms: int | None, key: str) -> Reading:
    """The platform's word for it; raises Unread, with what could be read, where that leaves a doubt."""
    device, raw_hex = uplink.device, uplink.data[:256].hex()
    found = understood(told, context.kind_of.get(device))
    if found is not None and found.clear:
        return Reading(device, found.kind, found.event, found.facts, device_ms, key)
    facts: dict[str, Fact] = {"raw_hex": raw_hex} if raw_hex else {}
    kind = Kind.UNKNOWN
    if found is not None:
        facts.update((name, value) for name, value in found.facts.items() if name != "alarm")  # a doubt clears nothing
        kind = found.kind
    raise Unread(
        f"port {uplink.port}, bytes {raw_hex[:64]}: no model fits, or more than one; register the device's model",
        Reading(device, kind, Event.UPLINK_UNDECODED, facts, device_ms, key),
    )


def readings_of(model: Model, uplink: Uplink, *, device_ms: int | None = None, key: str = "") -> tuple[Reading, ...]:
    """What one model makes of one uplink."""
    try:
        found = model.decode(uplink)
    except DecodeError as exc:
        exc.device = exc.device or uplink.device
        raise
    if len(found) == 1:
        facts = found[0]
        own_ms = facts.device_ms
        return (
            Reading(
                uplink.device,
                facts.kind or model.kind,
                facts.event,
                facts.facts,
                device_ms if own_ms is None else own_ms,
                key,
                facts.historical,
                model.name,
            ),
        )
    return tuple(
        Reading(
            uplink.device,
            facts.kind or model.kind,
            facts.event,
            facts.facts,
            device_ms if facts.device_ms is None else facts.device_ms,
            f"{key}/{index}" if key and index else key,
            facts.historical,
            model.name,
        )
        for index, facts in enumerate(found)
    )
