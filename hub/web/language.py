"""Chinese first, English complete: the msgids are the Chinese texts, ``locale/en.po`` is read at start."""

from __future__ import annotations

from pathlib import Path

from babel.messages.pofile import read_po
from starlette.requests import Request

LANGUAGES = ("zh", "en")
COOKIE = "hub_lang"
LOCALE = Path(__file__).parent / "locale"


def _read(language: str) -> dict[str, str]:
    with (LOCALE / f"{language}.po").open("rb") as file:
        catalog = read_po(file, locale=language, abort_invalid=True)
    return {str(message.id): str(message.string) for message in catalog if message.id and message.string}


CATALOGUES: dict[str, dict[str, str]] = {"zh": {}, "en": _read("en")}


def marked(text: str) -> str:
    """Marks a text for the catalogue where it stands; it is translated where it is shown."""
    return text


def translated(language: str, text: str) -> str:
    return CATALOGUES.get(language, {}).get(text, text)


def chosen(request: Request) -> tuple[str, bool]:
    """(language, said so in the address): ``?lang=``, then the cookie, then the browser; Chinese when nobody says."""
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        return asked, True
    kept = request.cookies.get(COOKIE, "")
    if kept in LANGUAGES:
        return kept, False
    return accepted(request.headers.get("accept-language", "")), False


def accepted(header: str) -> str:
    """The first of our languages in the order of an Accept-Language header."""
    wishes: list[tuple[float, int, str]] = []
    for position, part in enumerate(header.split(",")[:20]):
        name, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        wishes.append((-weight, position, name.strip().lower()[:2]))
    for _, _, name in sorted(wishes):
        if name in LANGUAGES:
            return name
    return "zh"
