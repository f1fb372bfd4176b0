"""The second step of decoding: choose a device's codec and turn its facts into readings."""

from __future__ import annotations

from hub.decode.port import Context, Model, Uplink
from hub.errors import DecodeError
from hub.model import Reading, Undecoded


def choose_model(context: Context, uplink: Uplink, *profiles: str) -> Model:
    """The registry's word, else the platform's profile names in their order, else what the content gives away.

    Raises DecodeError(unknown_model); a life-safety misread is worse than a message in quarantine.
    """
    name = context.model_of.get(uplink.device)
    if name:
        model = context.codecs.by_name(name) or context.codecs.by_profile(name)
        if model is None:
            raise DecodeError(Undecoded.UNKNOWN_MODEL, f"the catalogue has no model {name}", device=uplink.device)
        return model
    for profile in profiles:
        model = context.codecs.by_profile(profile)
        if model is not None:
            return model
    model = context.codecs.recognise(uplink)
    if model is None:
        raise DecodeError(
            Undecoded.UNKNOWN_MODEL,
            f"no or more than one model fits port {uplink.port}, bytes {uplink.data[:24].hex()}; set the device's model",
            device=uplink.device,
        )
    return model


def read_uplink(
    context: Context, uplink: Uplink, *profiles: str, device_ms: int | None = None, key: str = ""
) -> tuple[Reading, ...]:
    """One reading for each thing that the device's codec found; a record's own time outranks the envelope's."""
    return readings_of(choose_model(context, uplink, *profiles), uplink, device_ms=device_ms, key=key)


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
