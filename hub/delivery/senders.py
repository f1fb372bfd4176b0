"""Contact URL -> sender, one object per contact. Secrets stay ``${NAME}`` until here."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping
from functools import cache
from urllib.parse import quote

from hub.delivery import channels
from hub.delivery.port import Sender
from hub.delivery.tools import Channel, Opened, Tools
from hub.errors import ConfigError

SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Senders:
    """Opens contacts and keeps them open. `open` may block for a moment (imports, certificates): call it in a thread."""

    def __init__(self, secrets: Mapping[str, str], tools: Tools) -> None:
        channel_files()  # a broken channel file stops the hub at its start, not at the first fire
        self._secrets = secrets
        self._tools = tools
        self._opened: dict[str, Opened] = {}

    def open(self, url: str) -> Opened:
        """The same object every time. Raises ConfigError for a contact that can never work."""
        opened = self._opened.get(url)
        if opened is None:
            # No lock: an import for one contact must not hold up another. The first to finish is kept.
            opened = self._opened.setdefault(url, open_channel(url, self._secrets, self._tools))
        return opened

    def warm(self) -> None:
        """Have ready what the first message would wait for: the channels' imports, certificates. Blocks; for a thread."""
        channel_files()
        self._tools.make_http()

    async def close(self) -> None:
        """Close every sender and what they share."""
        for opened in self._opened.values():
            await opened.sender.close()
        self._opened.clear()
        await self._tools.close()


def open_sender(url: str, secrets: Mapping[str, str], tools: Tools) -> Sender:
    """A sender for ``url``, whose ``${NAME}`` are looked up in ``secrets``."""
    return open_channel(url, secrets, tools).sender


def open_channel(url: str, secrets: Mapping[str, str], tools: Tools) -> Opened:
    """As `open_sender`, with what the wording must know."""
    filled = fill_secrets(url, secrets)
    scheme = filled.partition("://")[0].lower()
    channel = channel_files().get(scheme)
    if channel is None:
        known = ", ".join(sorted(channel_files()))
        raise ConfigError(
            f"no channel has the scheme {scheme or '(none)'}://.", where="contact", todo=f"Use one of: {known}."
        )
    return channel.open(filled, tools)


def fill_secrets(url: str, secrets: Mapping[str, str]) -> str:
    """``${NAME}`` -> its secret, percent-encoded unless it is the whole URL."""

    def secret(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in secrets:
            raise ConfigError(f"the secret {name} is not set.", where="contact", todo=f"Set {name} for the hub.")
        return secrets[name] if match.group(0) == url else quote(secrets[name], safe="")

    return SECRET.sub(secret, url)


@cache
def channel_files() -> Mapping[str, Channel]:
    """Scheme -> channel, from the folder."""
    found: dict[str, Channel] = {}
    for info in pkgutil.iter_modules(channels.__path__):
        channel = getattr(importlib.import_module(f"{channels.__name__}.{info.name}"), "CHANNEL", None)
        if not isinstance(channel, Channel):
            raise ConfigError("it defines no CHANNEL.", where=f"channels/{info.name}.py", todo="Define one.")
        for scheme in channel.schemes:
            if scheme in found:
                raise ConfigError(
                    f"two channels claim {scheme}://.", where=f"channels/{info.name}.py", todo="Remove one."
                )
            found[scheme] = channel
    return found
