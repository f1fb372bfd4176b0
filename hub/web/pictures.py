"""Pictures made small: a JPEG with nothing of the original but its pixels. Reads and writes bytes, nothing else."""

from __future__ import annotations

import io

from PIL import Image, ImageOps, UnidentifiedImageError

LARGEST_KEPT = 300 * 1024
LONGEST_SIDE = 1600
MOST_PIXELS = 120_000_000


class NoPicture(Exception):
    """What cannot be read as a picture, or is too large to be one."""


def shrunk(body: bytes) -> bytes:
    """A JPEG of at most `LONGEST_SIDE` and `LARGEST_KEPT`, upright, with nothing of the original but its pixels."""
    try:
        with Image.open(io.BytesIO(body)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise NoPicture
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded small at once
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            picture = _flat(upright)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as exc:
        raise NoPicture from exc
    return _written(picture)


def _flat(picture: Image.Image) -> Image.Image:
    """Fresh pixels on white: no palette, no transparency, no metadata."""
    flat = Image.new("RGB", picture.size, "white")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        flat.paste(rgba, mask=rgba.getchannel("A"))
    else:
        flat.paste(picture.convert("RGB"))
    return flat


def _written(picture: Image.Image) -> bytes:
    for side in (LONGEST_SIDE, 1200, 900, 600):
        picture.thumbnail((side, side))
        for quality in (85, 75, 65, 50):
            kept = io.BytesIO()
            picture.save(kept, "JPEG", quality=quality, optimize=True)
            if kept.tell() <= LARGEST_KEPT:
                return kept.getvalue()
    raise NoPicture
