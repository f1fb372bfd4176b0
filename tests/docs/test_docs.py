"""The docs cannot lag: each setting, command, decision and reason has its row, and every link leads somewhere."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args
from urllib.parse import unquote

import msgspec
import pytest
import typer.main
from typer.core import TyperCommand, TyperGroup, TyperOption

from hub.cli import app
from hub.core.commands import AnyCommand
from hub.core.decisions import AnyDecision, Decision, Reason
from hub.delivery.answers import Answer
from hub.delivery.channels.apprise_channel import UNTRUE
from hub.delivery.senders import channel_files
from hub.model import Outcome, Purpose, Undecoded
from hub.phrases import REASONS, RECEIPTS
from tests.docs.settings import row, settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def rows_of(name: str, heading: str = "") -> dict[str, str]:
    """First cell of each row of a page, or of one of its sections -> the whole row."""
    text = page(name)
    if heading:
        text = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return {found[1]: found[0] for found in re.finditer(r"^\| `([^`]+)` \|.*$", text, re.MULTILINE)}


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_setting_has_a_row_with_its_type_default_and_meaning() -> None:
    rows = rows_of("configuration.md", "全部设置 all settings")
    wanted = {path: row(path, field) for path, field in settings()}
    wrong = [
        path
        for path, (begin, end) in wanted.items()
        if path not in rows or not rows[path].startswith(begin) or not rows[path].endswith(end)
    ]
    assert wrong == []
    assert rows.keys() == wanted.keys()


def test_every_setting_is_told_in_chinese_too() -> None:
    rows = rows_of("configuration.md", "全部设置 all settings")
    mute = [
        path
        for path, field in settings()
        if not re.search("[一-鿿]", rows[path].removeprefix(row(path, field)[0]).removesuffix(row(path, field)[1]))
    ]
    assert mute == []


def test_every_registry_command_has_a_row() -> None:
    rows = rows_of("configuration.md")
    tags = {str(command.__struct_config__.tag) for command in get_args(AnyCommand)}
    assert tags <= rows.keys()


def test_every_line_of_the_seed_shown_is_a_command() -> None:
    shown = re.search(r"```json\n(.*?)```", page("configuration.md"), re.DOTALL)
    assert shown is not None
    decoder = msgspec.json.Decoder(AnyCommand)
    assert len([decoder.decode(line) for line in shown[1].splitlines()]) > 5


@pytest.mark.parametrize("half", ["中文", "English"])
def test_every_scheme_of_a_contact_is_named_in_both_halves(half: str) -> None:
    text = page("configuration.md").partition(f"\n## {half}\n")[2].partition("\n## ")[0]
    missing = [
        scheme
        for scheme in channel_files()
        if scheme not in UNTRUE and f"{scheme}://" not in text and f"{scheme.removesuffix('s')}://" not in text
    ]
    assert missing == []


# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def commands(group: object, name: str = "hub") -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(group, TyperGroup):
        for key, command in group.commands.items():
            yield from commands(command, f"{name} {key}")
    else:
        assert isinstance(group, TyperCommand)
        yield name, group


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_every_command_has_a_row_and_a_heading() -> None:
    text = page("commands.md")
    assert rows_of("commands.md").keys() >= COMMANDS.keys()
    assert re.findall(r"^### `(.*)`$", text, re.MULTILINE) == list(
        dict.fromkeys(re.findall(r"^\| `(hub .*?)` \|", text, re.MULTILINE))
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_row_and_no_other_is_told(name: str) -> None:
    section = page("commands.md").partition(f"### `{name}`\n")[2].partition("\n### ")[0]
    told = set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
    there = {
        option.opts[0] if isinstance(option, TyperOption) else str(option.name) for option in COMMANDS[name].params
    }
    assert told == there - {"--help"}


# ── decisions and reasons ────────────────────────────────────────────────────────────────────────────────────────────


def test_every_decision_has_a_row_with_its_fields() -> None:
    rows = rows_of("decisions-and-reasons.md", "决定 Decisions")
    common = set(Decision.__struct_fields__)
    wrong = []
    for decision in get_args(AnyDecision):
        tag = str(decision.__struct_config__.tag)
        fields = ", ".join(f"`{name}`" for name in decision.__struct_fields__ if name not in common)
        if not rows.get(tag, "").startswith(f"| `{tag}` | {fields or '–'} | "):
            wrong.append(tag)
    assert wrong == []
    assert len(rows) == len(get_args(AnyDecision))


def test_every_reason_has_a_row_with_its_sentences() -> None:
    rows = rows_of("decisions-and-reasons.md", "原因 Reasons")
    wrong = [r for r in Reason if REASONS[r].zh not in rows.get(r, "") or REASONS[r].en not in rows.get(r, "")]
    assert wrong == []
    assert set(rows) == set(Reason)


def test_reasons_that_the_core_never_gives_are_marked() -> None:
    core = "".join(path.read_text("utf-8") for path in sorted((ROOT / "hub" / "core").glob("*.py")))
    rows = rows_of("decisions-and-reasons.md", "原因 Reasons")
    for reason in Reason:
        assert (f"Reason.{reason.name}\n" in core or re.search(rf"Reason\.{reason.name}\b", core) is not None) is (
            "暂未用" not in rows[reason]
        ), reason


def test_every_receipt_purpose_outcome_and_quarantine_reason_has_a_row() -> None:
    name = "decisions-and-reasons.md"
    receipts = rows_of(name, "送达 Receipts")
    assert set(receipts) == set(Answer)
    assert all(RECEIPTS[one].zh in receipts[one] and RECEIPTS[one].en in receipts[one] for one in Answer)
    assert set(rows_of(name, "通知的缘由 Purposes")) == set(Purpose)
    assert set(rows_of(name, "结果 Outcomes")) == set(Outcome)
    assert set(rows_of(name, "无法识别 Quarantine")) == set(Undecoded)


# ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────────

LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(path: Path) -> set[str]:
    """Names of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in LINK.findall(path.read_text("utf-8")):
        if "://" in target:
            continue
        file, _, anchor = unquote(target).partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


# ── dependencies ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_dependency_has_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    named = {re.split(r"[\[><=~; ]", one)[0] for one in project["project"]["dependencies"]}
    assert rows_of("decisions/0007-dependencies.md").keys() == named
    tools = {re.split(r"[\[><=~; ]", one)[0] for one in project["dependency-groups"]["dev"]}
    text = page("decisions/0007-dependencies.md")
    assert [tool for tool in sorted(tools) if f"`{tool}`" not in text] == []


def test_every_decision_page_is_listed_and_has_its_parts() -> None:
    index = page("decisions/README.md")
    for path in sorted((DOCS / "decisions").glob("0*.md")):
        text = path.read_text("utf-8")
        assert f"]({path.name})" in index
        assert all(part in text for part in ("**Question.**", "**Choice.**", "**Rules out.**")), path.name


# ── files and modules that are named ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_named_is_there(path: Path) -> None:
    text = path.read_text("utf-8")
    files = re.findall(r"`((?:hub|tests|scripts|devices|dashboards|docs|config)/[\w./*-]*)`", text)
    assert [file for file in files if not list(ROOT.glob(file.rstrip("/")))] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_named_is_there(path: Path) -> None:
    modules = re.findall(r"`(hub(?:\.\w+)+)(?<!\.db)`", path.read_text("utf-8"))
    missing = [
        name
        for name in modules
        if not any(
            (ROOT / part.replace(".", "/")).is_dir() or (ROOT / f"{part.replace('.', '/')}.py").is_file()
            for part in (name, name.rpartition(".")[0])
            if "." in part
        )
    ]
    assert missing == []
