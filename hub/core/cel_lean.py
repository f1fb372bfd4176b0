"""CEL without its command line: the package imports that, and that a terminal toolkit, 20 MB that no hub needs. Pure."""

from __future__ import annotations

import sys
from types import ModuleType

sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))
import cel  # noqa: E402

__all__ = ("cel",)
