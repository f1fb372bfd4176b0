"""Plates as cameras write them: plain, base64 of UTF-8 or GB18030, enciphered, or nothing at all."""

from __future__ import annotations

import binascii
import re

_PLATE = re.compile(r"[0-9A-Z\u4e00-\u9fff·.\- ]{2,16}")
"""What a plate may look like once decoded; 警, 学, 挂, 使, 港, 澳 and province signs are all Chinese letters."""
_NONE = frozenset(
    {"", "_无_", "无", "无牌", "无牌车", "无车牌", "未知", "UNKNOWN", "NONE", "NULL", "NOPLATE", "NO PLATE", "_NONE_"}
)
_FIRST = frozenset("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领军警学民应空海北沈兰济南广成")
"""What a Chinese plate begins with: GB18030 makes a Chinese letter of almost any two bytes."""


def plate_of(written: str) -> str | None:
    """The plate in upper case; "" when the camera saw none; None when this is cipher, or no plate at all."""
    word = written.strip("\x00 \t\r\n").upper()
    if word in _NONE:
        return ""
    if not word.isascii():
        return word if _PLATE.fullmatch(word) else None
    opened = _from_base64(written.strip("\x00 \t\r\n"))
    if opened is not None:
        return opened
    return word if _PLATE.fullmatch(word) else None


def _from_base64(written: str) -> str | None:
    """The plate inside base64, where this is base64 of one: it has to look like a plate once opened."""
    try:
        data = binascii.a2b_base64(written, strict_mode=True)
    except (binascii.Error, ValueError):
        return None
    for encoding in ("utf-8", "gb18030"):
        try:
            word = data.decode(encoding).strip("\x00 \r\n").upper()
        except UnicodeDecodeError:
            continue
        if word in _NONE:
            return "" if word else None
        # A plain plate such as ABCD1234 is base64 too, of letters that are no plate's.
        if _PLATE.fullmatch(word) and (encoding == "utf-8" or word[0] in _FIRST):
            return word
    return None
