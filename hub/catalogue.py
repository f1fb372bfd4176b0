"""Load the device catalogue: one file is one device or family; ours in ``devices/``, the user's beside it. Edge."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from hub.decode.catalogue import Catalogue
from hub.decode.port import Model
from hub.errors import ConfigError

SHIPPED = Path(__file__).resolve().parent.parent / "devices"
"""Our own device files."""


def load_catalogue(dirs: Sequence[Path] = (SHIPPED,)) -> Catalogue:
    """Every model of every device file; raises ConfigError (file, line, what, what to do) for one that is not fit.

    Files whose name begins with an underscore are shared code. A later directory's model replaces an earlier one of the
    same name, so that a user can mend one of ours; twice in one directory is a mistake.
    """
    models: dict[str, Model] = {}
    for directory in dirs:
        if not directory.is_dir():
            raise ConfigError("There is no such directory.", where=str(directory), todo="Correct devices_dirs.")
        here: dict[str, Path] = {}
        for path in sorted(directory.glob("*.py")):
            if path.name.startswith("_"):
                continue
            for model in _models_of(path):
                if model.name in here:
                    raise ConfigError(
                        f"{model.name} is already in {here[model.name].name}.",
                        where=str(path),
                        todo="Give each model one file.",
                    )
                here[model.name] = path
                models[model.name] = model
    return Catalogue(tuple(models.values()))


def _models_of(path: Path) -> tuple[Model, ...]:
    module = _import(path)
    models = getattr(module, "MODELS", None) or getattr(module, "MODEL", None)
    if isinstance(models, Model):
        models = (models,)
    if not isinstance(models, tuple | list) or not models or not all(isinstance(each, Model) for each in models):
        raise ConfigError(
            "It exports no MODEL.", where=f"{path}:1", todo="Export MODEL, or MODELS, of hub.decode.port."
        )
    for model in models:
        if not model.examples:
            raise ConfigError(
                f"{model.name} has no examples.", where=f"{path}:1", todo="Add at least one real message as Example."
            )
    return tuple(models)


def _import(path: Path) -> ModuleType:
    try:
        if path.parent == SHIPPED:
            return importlib.import_module(f"devices.{path.stem}")
        name = f"devices_of_user.{path.parent.name}.{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"cannot load {path.name}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    except Exception as exc:
        # Whatever somebody's file raises is that file's mistake, and it stops the hub with the line it stands at.
        line = _line_of(exc, path)
        raise ConfigError(
            f"It does not import: {type(exc).__name__}: {exc}.",
            where=f"{path}:{line}",
            todo="Mend that line, or take the file away.",
        ) from exc


def _line_of(exc: BaseException, path: Path) -> int:
    if isinstance(exc, SyntaxError) and exc.lineno:
        return exc.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(exc.__traceback__) if frame.filename == str(path)]
    return (lines[-1] if lines else None) or 1
