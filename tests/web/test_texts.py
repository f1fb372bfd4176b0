"""Both languages are complete, and nothing on a page is newer than Chromium 86 or comes from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.core.decisions import Reason
from hub.model import Handling, NotificationState, Outcome, Purpose, Severity, Undecoded
from hub.web import words
from hub.web.access import Role
from hub.web.language import CATALOGUES, accepted
from tests.web.texts import WEB, every_text

STATIC = WEB / "static"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))

# name -> pattern: what Chromium 86 (360浏览器) or WeChat's browser does not know, with the version that brought it.
NEWER_CSS = {
    ":has() 105": r":has\(",
    ":is() and :where() 88": r":(is|where)\(",
    "@container 105": r"@container",
    "@layer 99": r"@layer",
    "@scope 118": r"@scope",
    "nesting 112": r"^\s*&|\{[^{}]*&[\s.:#\[][^{}]*\{",
    "color-mix 111": r"color-mix\(",
    "oklch 111": r"okl(ch|ab)\(",
    "light-dark 123": r"light-dark\(",
    "dvh, svh, lvh 108": r"\d[dsl]v(h|w|min|max)\b",
    "inset 87": r"(^|[;{\s])inset(-\w+)*\s*:",
    "logical shorthands 87": r"(margin|padding|border)-(inline|block)\s*:",
    "aspect-ratio 88": r"aspect-ratio",
    "accent-color 93": r"accent-color",
    "overflow clip 90": r"overflow[^;:]*:\s*clip",
    "scrollbar-gutter 94": r"scrollbar-gutter",
    "text-wrap 114": r"text-wrap",
    "single transforms 104": r"(^|[;{\s])(translate|scale|rotate)\s*:",
    "media ranges 104": r"@media[^{]*[<>]",
    "subgrid 117": r"subgrid",
    "linear() 113": r"[\s:]linear\(",
    "from elsewhere": r"@import|url\((?!data:|#)",
}
NEWER_JS = {
    "at() 92": r"\.at\(",
    "structuredClone 98": r"structuredClone",
    "Object.hasOwn 93": r"hasOwn\(",
    "randomUUID 92": r"randomUUID",
    "findLast 97": r"\.findLast",
    "toSorted and friends 110": r"\.(toSorted|toReversed|toSpliced|with)\(",
    "groupBy 117": r"\.groupBy\(",
    "replaceChildren 86, not in WeChat": r"\.replaceChildren\(",
    "logical assignment": r"(\?\?|\|\||&&)=",
    "private names": r"(^|[\s.])#[a-zA-Z_]\w*\s*[(=;]",
    "class fields and static blocks": r"static\s*\{",
    "top-level await 89": r"^await\b|^(const|let)[^=]*= await\b",
    "AbortSignal.timeout 103": r"AbortSignal\.(timeout|any)",
    "Array.fromAsync 121": r"fromAsync",
    "lookbehind": r"\(\?<[=!]",
    "import from elsewhere": r"import[^;]*[\"']https?:|import\(",
    "written HTML of others": r"document\.write|eval\(|insertAdjacentHTML",
}


def offences(text: str, forbidden: dict[str, str]) -> list[str]:
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return [name for name, pattern in forbidden.items() if re.search(pattern, text, flags=re.MULTILINE)]


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.css")), ids=lambda path: path.name)
def test_css_is_as_old_as_chromium_86(path: Path) -> None:
    assert offences(path.read_text(), NEWER_CSS) == []


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_js_is_as_old_as_chromium_86(path: Path) -> None:
    assert offences(path.read_text(), NEWER_JS) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a:has(b) {}", ":has() 105"),
        ("a { inset: 0; }", "inset 87"),
        ("a { height: 100dvh; }", "dvh, svh, lvh 108"),
        (".a { color: red; &:hover { color: blue; } }", "nesting 112"),
        ("a { background: url(https://x/y.png); }", "from elsewhere"),
    ],
)
def test_the_css_test_would_notice(text: str, name: str) -> None:
    assert name in offences(text, NEWER_CSS)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_have_no_inline_script_or_style_and_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\ssrc=\"/static/)", text)
    assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:", text)
    assert not re.search(r"(src|href|action)=\"(https?:)?//", text)
    assert "|safe" not in text


def test_every_text_has_its_english() -> None:
    english = CATALOGUES["en"]
    texts = every_text()
    assert sorted(texts - set(english)) == []
    assert sorted(set(english) - texts) == [], "texts that no screen shows any more"
    for text in texts:
        holes = re.findall(r"%\((\w+)\)s", text)
        assert sorted(holes) == sorted(re.findall(r"%\((\w+)\)s", english[text])), text
        assert not re.search(r"[一-鿿]", english[text]), text


def test_no_chinese_stands_in_a_template_outside_the_catalogue() -> None:
    for path in TEMPLATES:
        text = re.sub(r"_\(\s*\"[^\"]*\"", "", path.read_text())
        text = text.replace("中文", "")
        assert not re.search(r"[一-鿿]", text), path.name


@pytest.mark.parametrize(
    ("shown", "values"),
    [
        (words.SEVERITY, Severity),
        (words.HANDLING, Handling),
        (words.OUTCOME, Outcome),
        (words.PURPOSE, Purpose),
        (words.STATE, NotificationState),
        (words.REASONS, Reason),
        (words.UNDECODED, Undecoded),
        (words.ROLE, Role),
    ],
)
def test_every_value_has_a_word(shown: dict[str, str], values: type[Severity]) -> None:
    assert [value for value in values if value not in shown] == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("de,en;q=0.5,zh;q=0.7", "zh"),
        ("de", "zh"),
        ("en;q=x,;;;", "zh"),
    ],
)
def test_the_browsers_wish(header: str, language: str) -> None:
    assert accepted(header) == language
