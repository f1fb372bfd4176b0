"""``modemsms:///dev/ttyUSB2?to=PHONE`` taken apart: which port, which phone."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

from hub.delivery.cloud import is_phone
from hub.errors import ConfigError


def read_modem_contact(url: str) -> tuple[str, str]:
    """Port and phone; ConfigError for what can never work."""
    parts = urlsplit(url)
    given = parse_qs(parts.query.replace("+", "%2B"))  # here a plus begins a number
    port, phone = unquote(parts.path), given.get("to", [""])[-1]
    if parts.netloc or not port.startswith("/dev/") or set(given) != {"to"} or not is_phone(phone):
        todo = f"Write {parts.scheme}:///dev/ttyUSB2?to=PHONE, with the port that takes AT commands."
        raise ConfigError(f"this is no address of {parts.scheme}.", where="contact", todo=todo)
    return port, phone
