"""Plates as cameras write them: plain, base64 of UTF-8 or GB18030, enciphered, or nothing at all."""

from __future__ import annotations

import binascii
import re

from hub.plates import normalised

_PLATE = re.compile(r"[0-9A-Z\u4e00-\u9fff]{2,12}")
"""What a plate may look like in its one spelling; 警, 学, 挂, 使, 港, 澳 and province signs are all Chinese letters."""
_NONE = frozenset(
    {"", "无", "无牌", "无牌车", "无车牌", "未知", "未识别", "UNKNOWN", "UNLICENSED", "NONE", "NULL", "NOPLATE", "N/A"}
)
_FIRST = frozenset("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领军警学民应空海北沈兰济南广成")
"""What a Chinese plate begins with: GB18030 makes a Chinese letter of almost any two bytes."""


def plate_of(written: str) -> str | None:
    """The plate in its one spelling; "" when the camera saw none; None when this is cipher, or no plate at all."""
    word = normalised(written)
    if word in _NONE:
        return ""
    if not written.isascii():
        return word if _PLATE.fullmatch(word) else None
    opened = _from_base64(written.strip("\x00 \t\r\n"))
    if opened is not None:
        return opened
    return word if _PLATE.fullmatch(word) else None


def plain_plate(written: str) -> str:
    """The plate of whoever never enciphers it, in its one spelling; "" when there is none, whatever is written instead."""
    word = normalised(written)
    return "" if word in _NONE or set(word) <= {"X", "*", "?"} else word


def _from_base64(written: str) -> str | None:
    """The plate inside base64, where this is base64 of one: it has to look like a plate once opened."""
    try:
        data = binascii.a2b_base64(written, strict_mode=True)
    except (binascii.Error, ValueError):
        return None
    for encoding in ("utf-8", "gb18030"):
        try:
            word = normalised(data.decode(encoding))
        except UnicodeDecodeError:
            continue
        if word in _NONE:
            return "" if word else None
        # A plain plate such as ABCD1234 is base64 too, of letters that are no plate's.
        if _PLATE.fullmatch(word) and (encoding == "utf-8" or word[0] in _FIRST):
            return word
    return None


def told_apart(plate: str) -> int:
    """Tells two cars of one moment apart in a natural key, and nobody whose they are: one of 256."""
    return binascii.crc32(plate.encode("utf-8", "replace")) & 0xFF
