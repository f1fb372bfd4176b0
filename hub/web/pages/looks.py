"""The look log: who was shown something personal, when, and of which incident."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse

from hub.web import kept
from hub.web.access import Right
from hub.web.language import marked
from hub.web.site import CLEAN, OurSite
from hub.web.words import word

router = APIRouter(include_in_schema=False)

SHOWN = 300

SEEN: Mapping[str, str] = {
    "room": marked("住户门牌"),
    "person": marked("人员资料"),
    "registry": marked("整份名单(导出)"),
    "key_holder": marked("钥匙保管人"),
    "health_note": marked("健康提示"),
    "photo": marked("现场照片"),
    "personal": marked("住户信息"),
    "phone": marked("电话"),
    "plate": marked("车牌"),
    "permits": marked("车辆通行证(导出)"),
    "visits": marked("出入记录"),
    "household": marked("住户车辆"),
}
"""By what was shown; what is not here is shown as it was logged."""


@router.get("/looks")
def looks_page(
    request: Request,
    site: OurSite,
    who: Annotated[str, Query(max_length=200, pattern=CLEAN)] = "",
    incident: Annotated[str, Query(max_length=16, pattern=r"^\d*$")] = "",
) -> HTMLResponse:
    visitor = site.visitor(request, Right.LOOKS)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        number = int(incident) if incident else None
        found = kept.looks(connection, picture.community, who=who, incident=number, limit=SHOWN)
        lookers = kept.lookers(connection, picture.community)
        people = picture.registry.people
    return site.page(
        request,
        "looks.html",
        tab="people",
        part="looks",
        visitor=visitor,
        looks=found,
        who=who,
        wanted=incident,
        lookers=lookers,
        name=lambda id: people[id].name if id in people else id,
        seen=lambda what: " · ".join(word(picture.language, SEEN, part) for part in what.split(":")),
        full=len(found) == SHOWN,
        shown=SHOWN,
        picture=picture,
    )
