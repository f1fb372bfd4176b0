"""The envelopes: one module here is one platform, found by folder scan.

A module exports ``ENVELOPE: hub.decode.port.Envelope``. Dropping a file in is all it takes; a module without one stops
the hub, so that a typo is never a silently missing platform.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from hub.decode.port import Envelope
from hub.errors import ConfigError


@cache
def envelopes() -> tuple[Envelope, ...]:
    """Every envelope, in the order in which they are asked."""
    found: dict[str, Envelope] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        where = f"hub/decode/envelopes/{module.name}.py"
        envelope = getattr(import_module(f"{__name__}.{module.name}"), "ENVELOPE", None)
        if not isinstance(envelope, Envelope):
            raise ConfigError("exports no ENVELOPE.", where=where, todo="Export one hub.decode.port.Envelope.")
        if envelope.name in found:
            raise ConfigError(f"The name {envelope.name} is taken.", where=where, todo="Choose another.")
        found[envelope.name] = envelope
    return tuple(sorted(found.values(), key=lambda envelope: (envelope.rank, envelope.name)))


def envelope_named(name: str) -> Envelope | None:
    """The envelope of this name."""
    return next((envelope for envelope in envelopes() if envelope.name == name), None)
