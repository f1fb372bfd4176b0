"""The first message of a platform, in plain words: what the hub understands of it, or why it does not."""

from __future__ import annotations

import time

import msgspec

from hub.catalogue import SHIPPED, load_catalogue
from hub.config import Config, SourceConfig
from hub.config_words import both
from hub.decode.decoder import Decoder, SourceSettings
from hub.decode.port import JsonMapping
from hub.errors import StoreError
from hub.looking import Looking
from hub.model import FACTS, Event, Fact, Kind, RawMessage, Reading, Undecodable
from hub.phrases import KINDS
from hub.plates import masked
from hub.store.entities import read_entities
from hub.terminal import language, say

SHOWN = 3
"""Messages that cannot be read are shown this often; after that they are only counted."""

_NO_DEVICE = frozenset({Event.BRIDGE_INFO, Event.DISCOVERY, Event.LOG_ERROR})

Understood = tuple[tuple[Reading, ...], Undecodable | None]


class Reader:
    """Decodes as the hub would, and says what it understood."""

    def __init__(self, config: Config, source: str) -> None:
        self.source = source
        self._registered = _registered(config)
        settings = {name: _settings(one) for name, one in config.sources.items()}
        catalogue = load_catalogue((SHIPPED, *config.devices_dirs))
        self._decode = Decoder(catalogue, settings, self._registered)
        self._unread = 0
        self._quiet = 0

    def read(self, topic: str, payload: bytes, retained: bool) -> bool:
        """Show one message; True when it tells of a device."""
        raw = RawMessage(self.source, topic, payload, time.time_ns() // 1_000_000, retained)
        return self.show(raw, self._decode(raw))

    def show(self, raw: RawMessage, understood: Understood) -> bool:
        """The same for a message that the hub has decoded already."""
        readings, undecodable = understood
        if undecodable is not None:
            self._unread += 1
            if self._unread <= SHOWN:
                _show_message(raw)
                reason = f"{undecodable.reason.value}: {undecodable.detail}"
                say(both(f"✗ 看不懂:{reason}", f"✗ Not understood: {reason}"), 2)
            return False
        told = [one for one in readings if one.event not in _NO_DEVICE and one.kind is not Kind.DISCOVERY]
        if not told:
            self._quiet += 1
            if self._quiet == 1:
                say(
                    both(
                        "✓ 平台连上了;还没有设备说话,继续等 …",
                        "✓ The platform is connected; no device yet, still waiting …",
                    ),
                    2,
                )
            return False
        _show_message(raw)
        for reading in told:
            say(_words(reading), 2)
            if reading.device not in self._registered:
                say(
                    both(
                        "还没有登记:在网页的“设备”里写它在哪里、是哪家的",
                        "Not registered yet: say on the devices page where it stands",
                    ),
                    4,
                )
        return True

    def nothing(self) -> int:
        """The time is up."""
        if self._unread:
            say(
                both(
                    f"✗ 收到 {self._unread} 条,都看不懂。它们会进“无法识别”,补上设备文件后可重放",
                    f"✗ {self._unread} came and none was understood. The hub keeps them; mend a device file, then replay",
                )
            )
        elif self._quiet:
            say(both("✗ 平台连上了,但没有设备上报", "✗ The platform is connected, but no device reported"))
        else:
            say(
                both(
                    "✗ 没有收到。检查:地址、端口、用户名密码、主题、防火墙",
                    "✗ Nothing came. Check address, port, user, password, topics, firewall",
                )
            )
        return 1


def _settings(source: SourceConfig) -> SourceSettings:
    mapping = source.mapping
    return SourceSettings(
        source.envelope, None if mapping is None else msgspec.convert(mapping.model_dump(), JsonMapping)
    )


def _registered(config: Config) -> dict[str, str]:
    """Device -> its model, as the office registered it."""
    looking = Looking(config)
    if not looking.exists:
        return {}
    try:
        with looking.read() as connection:
            found = [read_entities(connection, name).registered for name in config.communities]
    except StoreError:
        return {}
    return {one.id: one.model for devices in found for one in devices.values() if one is not None}


def _show_message(raw: RawMessage) -> None:
    text = raw.payload[:300].decode("utf-8", "replace")
    more = "" if len(raw.payload) <= 300 else f" … ({len(raw.payload)} B)"
    retained = both(" (留存)", " (retained)")
    say(
        both(
            f"主题 {_plain(raw.topic)}{retained.zh if raw.retained else ''}",
            f"Topic {_plain(raw.topic)}{retained.en if raw.retained else ''}",
        ),
        2,
    )
    say(f"{_plain(text)}{more}", 2)


def _plain(text: str) -> str:
    """No control characters from somebody else's device on the engineer's terminal."""
    return "".join(c if c.isprintable() else "·" for c in text.encode("utf-8", "replace").decode())


def _words(reading: Reading) -> str:
    kind = KINDS[reading.kind].said(language())
    facts = "; ".join(_fact(name, value) for name, value in reading.facts.items())
    model = f" [{reading.model}]" if reading.model else ""
    history = "" if not reading.historical else " 历史记录" if language() == "zh" else " history"
    return _plain(f"✓ {reading.device}: {kind}, {reading.event.value}{history}{model}; {facts}".rstrip("; "))


def _fact(name: str, value: Fact) -> str:
    if name == "plate":
        return f"plate={masked(str(value))}"
    unit = FACTS.get(name, ("", ""))[1]
    if isinstance(value, bool):
        return f"{name}={'yes' if value else 'no'}"
    return f"{name}={value}{f' {unit}' if unit else ''}"
