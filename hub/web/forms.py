"""Forms with rows: what somebody typed, read field by field, with every mistake kept beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from hub.web.access import Right, Visitor
from hub.web.language import marked
from hub.web.site import NotAllowed, Site

LONGEST = 400
DAY_MINUTES = 1440
TOO_LONG = marked("太长或含有不能保存的字符")
NO_NUMBER = marked("不是有效的数字")
NO_TIME = marked("时间请写成 08:30")
NO_MOMENT = marked("请选日期和时间")
NO_DATE = marked("日期请写成 2027-02-06")

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class Filled:
    """One form as it was sent. Mistakes are (field, what is wrong), in the words of the catalogue."""

    def __init__(self, fields: FormData, files: Mapping[str, bytes]) -> None:
        self._fields = fields
        self._files = files
        self.mistakes: list[tuple[str, str]] = []

    def text(self, name: str, longest: int = LONGEST) -> str:
        value = self._fields.get(name, "")
        if not isinstance(value, str):
            return ""
        value = value.strip()
        if len(value) > longest or "\0" in value:
            self.mistakes.append((name, TOO_LONG))
            return ""
        return value

    def texts(self, name: str) -> list[str]:
        return [value for value in self._fields.getlist(name) if isinstance(value, str) and len(value) <= LONGEST]

    def ticked(self, name: str) -> bool:
        return bool(self.text(name))

    def number(self, name: str, least: int, most: int) -> int | None:
        """None: empty, or a mistake."""
        value = self.text(name, 12)
        if not value:
            return None
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            self.mistakes.append((name, NO_NUMBER))
            return None
        return int(value)

    def minute(self, name: str) -> int | None:
        """Minute of the day."""
        value = self.text(name, 8)
        found = _CLOCK.fullmatch(value[:5])
        if found is None:
            if value:
                self.mistakes.append((name, NO_TIME))
            return None
        return int(found[1]) * 60 + int(found[2])

    def moment(self, name: str, zone: ZoneInfo) -> int | None:
        """A local date and time in ms UTC."""
        value = self.text(name, 30)
        try:
            return round(datetime.fromisoformat(value).replace(tzinfo=zone).timestamp() * 1000) if value else None
        except (ValueError, OverflowError):
            self.mistakes.append((name, NO_MOMENT))
            return None

    def day(self, name: str) -> str:
        """A date, ISO 8601."""
        value = self.text(name, 12)
        try:
            return date.fromisoformat(value).isoformat() if value else ""
        except ValueError:
            self.mistakes.append((name, NO_DATE))
            return ""

    def file(self, name: str) -> bytes:
        """The whole file, b"" when none was chosen."""
        return self._files.get(name, b"")

    @property
    def wrong(self) -> dict[str, str]:
        """Field -> its first mistake."""
        found: dict[str, str] = {}
        for name, mistake in self.mistakes:
            found.setdefault(name, mistake)
        return found


async def sent_form(request: Request, site: Site, right: Right) -> tuple[Visitor, Filled]:
    """The form of somebody who has that right and sent it from one of our pages; else `NotAllowed`."""
    visitor = await run_in_threadpool(site.visitor, request, right)
    fields = await request.form(max_files=1, max_fields=400)
    token = fields.get("form", "")
    if not isinstance(token, str) or len(token) > 300:
        raise NotAllowed
    site.check_form(request, token)
    files = {name: await sent.read() for name, sent in fields.items() if isinstance(sent, UploadFile)}
    await fields.close()
    return visitor, Filled(fields, files)


def clock_text(minute: int) -> str:
    """08:30, as an input of type time wants it."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def moment_text(ms: int, zone: ZoneInfo) -> str:
    """As an input of type datetime-local wants it."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).strftime("%Y-%m-%dT%H:%M")
