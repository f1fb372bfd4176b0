"""The layout is the law: pure stages stay pure, and no stage imports a later one."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
STAGES = ["mqtt", "decode", "core", "store", "influx", "delivery", "gates", "answering", "web", "simulate"]
PURE = ["hub/model", "hub/errors.py", "hub/phrases.py", "hub/plates.py", "hub/decode", "hub/core", "devices"]
FOREIGN = {
    "asyncio", "time", "os", "random", "logging", "structlog", "sqlalchemy", "sqlite3", "httpx", "apprise", "fastapi",
    "aiomqtt", "paho", "mqtt5", "socket", "threading", "subprocess", "requests", "psycopg", "influxdb_client",
}  # fmt: skip
READS_FILES = {"hub/decode/jsonl.py"}
"""The one door of `hub decode`: prints and reads, and is imported by the command line alone."""
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "time_ns"}


def modules(where: str) -> list[Path]:
    path = ROOT / where
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_pure_modules_import_nothing_that_does_io() -> None:
    offences = [
        f"{path.relative_to(ROOT)} imports {name}"
        for where in PURE
        for path in modules(where)
        if str(path.relative_to(ROOT)) not in READS_FILES
        for name in imports(path)
        if name.split(".")[0] in FOREIGN
    ]
    assert offences == []


def test_pure_modules_read_no_clock() -> None:
    offences = []
    for where in PURE:
        for path in modules(where):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in CLOCKS
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in {"datetime", "date", "time"}
                ):
                    offences.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert offences == []


def test_no_stage_imports_a_later_one() -> None:
    offences = []
    for index, stage in enumerate(STAGES):
        where = f"hub/{stage}" if (ROOT / "hub" / stage).is_dir() else f"hub/{stage}.py"
        later = {f"hub.{name}" for name in STAGES[index + 1 :]}
        for path in modules(where):
            for name in imports(path):
                if any(name == module or name.startswith(module + ".") for module in later):
                    offences.append(f"{path.relative_to(ROOT)} imports {name}")
    assert offences == []


def test_no_module_is_longer_than_the_wall() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for where in ("hub", "devices")
        for path in modules(where)
        if (lines := len(path.read_text("utf-8").splitlines())) > 400
    }
    assert long == {}
