"""The seed: a registry as JSON lines, loaded once into an empty store. I/O: reads one file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from hub.core.commands import AnyCommand
from hub.errors import ConfigError


def read_seed(path: Path | None) -> list[AnyCommand]:
    """Registry commands, one JSON object a line; loaded once into an empty registry."""
    if path is None:
        return []
    decoder = msgspec.json.Decoder(AnyCommand)
    commands: list[AnyCommand] = []
    try:
        lines = path.read_bytes().splitlines()
    except OSError as exc:
        raise ConfigError(
            f"cannot be read ({exc.strerror}).", where=str(path), todo="Check communities.*.seed."
        ) from exc
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                commands.append(decoder.decode(line))
            except msgspec.MsgspecError as exc:
                raise ConfigError(
                    f"is no registry command ({exc}).",
                    where=f"{path}:{number}",
                    todo="See docs/configuration.md, Seed.",
                ) from exc
    return commands
