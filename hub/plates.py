"""Number plates: one spelling, what is no plate, what is nearly the same one, and how little of it others see. Pure.

Formats follow GA 36-2018 and what stands beside it (WJ plates, military plates of 2012, rescue vehicles 应急, civil
aviation). Law: nothing here ever turns one letter into another. A camera's misreading is only ever suggested to a person;
a barrier opens for the very plate that has a permit, or it does not.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from enum import StrEnum

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
"""The 31 signs of mainland provinces."""
REPLACED = "#"
"""How a plate begins that was replaced by its hash."""
HIDDEN = "***"
"""A plate of which nothing may be shown."""


class PlateKind(StrEnum):
    CIVIL = "civil"
    NEW_ENERGY_SMALL = "new_energy_small"
    NEW_ENERGY_LARGE = "new_energy_large"
    TRAILER = "trailer"
    TRAINING = "training"
    POLICE = "police"
    HONG_KONG = "hong_kong"
    MACAO = "macao"
    EMBASSY = "embassy"
    CONSULATE = "consulate"
    TRIAL = "trial"
    OVERSIZE = "oversize"
    EMERGENCY = "emergency"
    AVIATION = "aviation"
    TRACTOR = "tractor"
    ARMED_POLICE = "armed_police"
    MILITARY = "military"
    UNUSUAL = "unusual"
    """Letters and digits of no mainland format: from abroad, perhaps. Taken, and said to be unusual."""


_P = f"[{PROVINCES}]"
_L = "[A-HJ-NP-Z]"
_S = "[A-HJ-NP-Z0-9]"
_ENERGY = "[A-HJK]"
"""D, A, B, C, E run on electricity alone; F, G, H, J, K do not."""
_FORMATS: tuple[tuple[PlateKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (PlateKind.CIVIL, f"{_P}{_L}{_S}{{5}}"),
        (PlateKind.NEW_ENERGY_SMALL, f"{_P}{_L}{_ENERGY}{_S}[0-9]{{4}}"),
        (PlateKind.NEW_ENERGY_LARGE, f"{_P}{_L}[0-9]{{5}}{_ENERGY}"),
        (PlateKind.TRAILER, f"{_P}{_L}{_S}{{4}}挂"),
        (PlateKind.TRAINING, f"{_P}{_L}{_S}{{4}}学"),
        (PlateKind.POLICE, f"{_P}[A-HJ-Z]{_S}{{4}}警"),
        (PlateKind.HONG_KONG, f"粤Z{_S}{{4}}港"),
        (PlateKind.MACAO, f"粤Z{_S}{{4}}澳"),
        (PlateKind.EMBASSY, "使[0-9]{6}|[0-9]{6}使"),
        (PlateKind.CONSULATE, f"{_P}{_L}?{_S}{{4,5}}领|领{_P}?[0-9]{{5,6}}"),
        (PlateKind.TRIAL, f"{_P}{_L}{_S}{{4}}试"),
        (PlateKind.OVERSIZE, f"{_P}{_L}{_S}{{4}}超"),
        (PlateKind.EMERGENCY, f"{_P}[XS]{_S}{{4}}应急"),
        (PlateKind.AVIATION, f"民航{_S}{{5,6}}"),
        (PlateKind.TRACTOR, f"{_P}[0-9]{{2}}{_S}{{5}}"),
        (PlateKind.ARMED_POLICE, f"WJ{_P}?[0-9]{{4}}{_S}"),
        (PlateKind.MILITARY, "[BCGHJKLNSV][A-Z][0-9]{5}"),
    )
)
_NO_PROVINCE = re.compile(f"{_L}(?:{_S}{{5}}|{_ENERGY}{_S}[0-9]{{4}}|[0-9]{{5}}{_ENERGY})")
_ABROAD = re.compile("(?=.*[0-9])[A-Z0-9]{4,10}")
_LETTERS_IO = re.compile(f"{_P}[A-Z][A-Z0-9]*[IO]|{_P}[IO]")

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_BETWEEN = re.compile("[\\s\x00.,·•‧∙⋅・･。●_\\-‐‑‒–—―−]+")
"""What people and cameras put between the parts of a plate."""

_ALIKE = (
    *("0ODQ", "1ILT7", "8B", "2Z", "5S", "6G", "UV", "VY", "MN", "HN", "EF"),
    *("京津", "苏赣", "粤鄂", "川渝", "晋青", "吉甘", "豫渝", "闽湘", "贵青", "琼京", "沪冀", "挂桂"),
)
_CONFUSED = frozenset(frozenset((a, b)) for group in _ALIKE for a in group for b in group if a != b)
"""Pairs that cameras take for one another."""


def normalised(text: str) -> str:
    """The one spelling: half-width, upper case, nothing between the parts. No letter becomes another."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return _BETWEEN.sub("", text.translate(_WIDE).upper())


def plate_kind(plate: str) -> PlateKind | None:
    """What kind of plate a normalised text is; None when it is none."""
    for kind, pattern in _FORMATS:
        if pattern.fullmatch(plate):
            return kind
    return PlateKind.UNUSUAL if _ABROAD.fullmatch(plate) and not _NO_PROVINCE.fullmatch(plate) else None


def check(plate: str) -> str | None:
    """Why this is no plate, in plain words; None when it is one, be it an unusual one from abroad.

    For what people write. What a camera read is kept as it was read, whatever this says.
    """
    plate = normalised(plate)
    if plate_kind(plate) is not None:
        return None
    if not plate:
        return "a plate is missing"
    if _NO_PROVINCE.fullmatch(plate):
        return "the province sign at the beginning is missing, as 沪 in 沪A12345"
    if plate[0] not in PROVINCES:
        return "a plate begins with a province sign, as 沪 in 沪A12345"
    if _LETTERS_IO.match(plate):
        return "the letters I and O are on no plate; look whether it is 1 or 0"
    if len(plate) < 2 or not ("A" <= plate[1] <= "Z"):
        return "after the province sign comes a letter, as A in 沪A12345"
    if len(plate) < 7:
        return f"it has {len(plate)} characters; a plate has 7, of a new-energy car 8"
    if len(plate) == 8:
        return (
            "of 8 characters are new-energy plates alone: small cars as 沪AD12345, large ones as 沪A12345D, the letter"
            " one of A to H, J, K"
        )
    if len(plate) > 8:
        return f"it has {len(plate)} characters; a plate has 7, of a new-energy car 8"
    return "after the letter come 5 letters and digits, the last perhaps 挂, 学, 警, 港, 澳, 领, 试 or 超"


def similar(a: str, b: str) -> bool:
    """Exactly one character differs: to suggest to a person, never to open."""
    return len(a) == len(b) and sum([x != y for x, y in zip(a, b, strict=True)]) == 1


def misread(a: str, b: str) -> bool:
    """Exactly one character differs, and cameras take these two for one another."""
    differing = [frozenset(pair) for pair in zip(a, b, strict=False) if pair[0] != pair[1]]
    return len(a) == len(b) and len(differing) == 1 and differing[0] in _CONFUSED


def suggestions(plate: str, known: Iterable[str]) -> list[str]:
    """Known plates that this one may be, the likeliest first."""
    return sorted((one for one in known if similar(plate, one)), key=lambda one: (not misread(plate, one), one))


def masked(plate: str) -> str:
    """沪A12345 as 沪A·**345, for whoever need not know whose car it is; what is short or odd not at all."""
    if not plate:
        return ""
    if len(plate) not in (7, 8) or plate[0] not in PROVINCES or not plate[1].isalpha():
        return HIDDEN
    return f"{plate[:2]}·{'*' * (len(plate) - 5)}{plate[-3:]}"


def replaced(plate: str, key: bytes) -> str:
    """What stands for the plate once it may no longer be kept: the same for the same plate of one installation."""
    if not plate or is_replaced(plate):
        return plate
    return REPLACED + hmac.new(key, plate.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:16]


def is_replaced(plate: str) -> bool:
    """It is a hash, and nobody can tell whose car it was."""
    return plate.startswith(REPLACED)
