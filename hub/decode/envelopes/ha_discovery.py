"""Home Assistant discovery: what a gateway announces about its devices. It never says how they are.

Source: www.home-assistant.io, MQTT discovery. ``homeassistant/{component}/[{node}/]{object}/config``, retained; an empty
payload removes; keys may be abbreviated, ``~`` stands for a base topic.
"""

from __future__ import annotations

from hub.decode.port import Context, Envelope
from hub.decode.text import parse_object
from hub.decode.values import items, part, put_text, text
from hub.model import Event, Fact, Kind, RawMessage, Reading


def read(raw: RawMessage, _context: Context) -> tuple[Reading, ...]:
    """The device that is announced; the node of the topic is its address."""
    levels = raw.topic.split("/")
    if levels[-1] != "config":
        return ()  # birth and last will of Home Assistant itself
    node = levels[-3] if len(levels) >= 5 else levels[-2]
    if not raw.payload:
        return (Reading(node, Kind.DISCOVERY, Event.DISCOVERY, {"state": "removed"}),)
    found = parse_object(raw.payload)
    facts: dict[str, Fact] = {}
    device = part(found, "device") or part(found, "dev")
    put_text(facts, "label", found.get("device_class") or found.get("dev_cla"))
    put_text(facts, "name", found.get("name"))
    put_text(facts, "description", device.get("model") or device.get("mdl"))
    if len(levels) < 4:
        named = items(device.get("identifiers") or device.get("ids"))
        node = text(named[0]) if named and text(named[0]) else node
    return (Reading(node, Kind.DISCOVERY, Event.DISCOVERY, facts),)


def _ours(_topic: str, levels: list[str]) -> bool:
    return levels[0] == "homeassistant" or (len(levels) >= 4 and levels[-1] == "config" and levels[1] in _COMPONENTS)


_COMPONENTS = frozenset(
    {"sensor", "binary_sensor", "switch", "light", "device_automation", "event", "button", "update"}
)

ENVELOPE = Envelope(name="ha_discovery", read=read, topics=_ours, rank=5)
