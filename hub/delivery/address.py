"""A contact's URL, taken apart: ``scheme://name[/path][?option=value]``, percent-encoding undone."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from hub.errors import ConfigError


class Address(msgspec.Struct, frozen=True):
    """Who or what a contact names, and how it wants to be written to."""

    scheme: str
    name: str
    options: dict[str, str]

    def on(self, option: str) -> bool:
        """A switch: ``?card=1``."""
        return self.options.get(option, "") in ("1", "yes", "true")


def not_an_address(what: str, todo: str) -> ConfigError:
    """``what``: what it should be an address of."""
    return ConfigError(f"this is no address of {what}.", where="contact", todo=todo)


def no_account(scheme: str, setting: str) -> ConfigError:
    """The contact names a member of an account that config.yaml does not know."""
    return ConfigError(
        f"{scheme}:// needs {setting}, which is not set.",
        where="contact",
        todo=f"Fill in {setting} in config.yaml, its secret as ${{NAME}}.",
    )


def parse_address(url: str, *, what: str, todo: str, options: Collection[str] = ()) -> Address:
    """Raises ConfigError for a URL without a name, with a path, or with an option that is not in ``options``."""
    try:
        parts = urlsplit(url)
        given = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError as exc:
        raise not_an_address(what, todo) from exc
    name = unquote(parts.netloc)
    if not name or parts.path.strip("/") or parts.fragment or any(key not in options for key, _ in given):
        raise not_an_address(what, todo)
    return Address(parts.scheme.lower(), name, dict(given))
