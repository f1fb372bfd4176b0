"""What a provider says later about a call or an SMS, in one shape. Types only."""

from __future__ import annotations

from typing import Literal

import msgspec

from hub.model import Stage

PressedKey = Literal["", "1", "2", "3"]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One report. It says that something was delivered (``stage``), or was not (``failed_code``), or which key was
    pressed; never both of the first two."""

    provider: str
    """As `hub.model.channels` has it: aliyun, tencentcloud."""
    call_id: str
    stage: Stage | None = None
    failed_code: str = ""
    """The provider's own code, verbatim."""
    permanent: bool = False
    """The number does not exist: calling it again cannot help."""
    key: PressedKey = ""
    at_ms: int = 0
    """When the provider says that it happened; 0 when it does not say."""


def pressed(text: object) -> PressedKey:
    """The first key that was pressed, when it is one of ours: 1 我去 2 去不了 3 误报."""
    first = str(text).strip()[:1] if text is not None else ""
    return first if first in ("1", "2", "3") else ""  # type: ignore[return-value]  # one of the three
