"""Reach: whether at every minute of the next weeks enough people would be told, as it was last proved."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from hub.web import kept
from hub.web.access import Right
from hub.web.language import marked
from hub.web.site import OurSite
from hub.web.view import Picture

router = APIRouter(include_in_schema=False)

OLD_MS = 25 * 3_600_000
"""A proof is made at every change and at least once a day."""
SHOWN = 100

PROVIDER: Mapping[str, str] = {
    "wecom": marked("企业微信"),
    "dingtalk": marked("钉钉"),
    "feishu": marked("飞书"),
    "aliyun": marked("阿里云"),
    "tencentcloud": marked("腾讯云"),
    "modem": marked("4G模块"),
    "webpush": marked("浏览器推送"),
    "mail": marked("邮件"),
    "other": marked("其他渠道"),
}
"""Who carries a message; what is not here is shown as it is."""


class GapView(msgspec.Struct, frozen=True, kw_only=True):
    """One gap in the reader's words."""

    from_ms: int
    until_ms: int
    rules: list[str]
    """All that are named; none: every rule."""
    places: list[str]
    people: list[str]
    providers: list[str]
    times: int
    last_ms: int
    said: str


def gap_view(picture: Picture, gap: kept.ReachGap, *, names: bool) -> GapView:
    said = gap.said_zh if picture.language == "zh" else gap.said_en
    return GapView(
        from_ms=gap.from_ms,
        until_ms=gap.until_ms,
        rules=[picture.rule_title(one) for one in gap.rules or (gap.rule,) if one],
        places=[picture.places.name(one) for one in gap.places or (gap.place,) if one],
        people=[picture.person_name(one) for one in gap.people] if names else [],
        providers=[picture.word(PROVIDER, one) for one in gap.providers],
        times=gap.times,
        last_ms=gap.last_ms,
        said=said if names else "",
    )


@router.get("/reach")
def reach_page(request: Request, site: OurSite) -> HTMLResponse:
    visitor = site.visitor(request, Right.PEOPLE)
    names = visitor.may(Right.NAMES)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        proof = kept.proof(connection, picture.community)
        gaps = [gap_view(picture, one, names=names) for one in proof.gaps[:SHOWN]] if proof else []
        return site.page(
            request,
            "reach.html",
            tab="people",
            part="reach",
            visitor=visitor,
            names=names,
            proof=proof,
            gaps=gaps,
            total=len(proof.gaps) + proof.more if proof else 0,
            old=proof is not None and picture.now_ms - proof.at_ms > OLD_MS,
            picture=picture,
        )
