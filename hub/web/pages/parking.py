"""The plan of spaces, live: what stands where, spaces left in each zone and how sure that is, gates, drift in words."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import HTMLResponse

from hub.web.access import Right, Visitor
from hub.web.language import marked, translated
from hub.web.parking_plan import DRIFT, DRIFT_ONE, MARK, STAND, Plan, ZoneView, gates_of, plan_of, stands, zone_views
from hub.web.site import OurSite, Site
from hub.web.view import Picture

router = APIRouter(include_in_schema=False)

GATE = {
    "ok": marked("正常"),
    "open": marked("抬杆"),
    "offline": marked("离线"),
    "wrong": marked("有问题"),
    "unknown": marked("未知"),
}
FULL, NOBODY_KNOWS = marked("已满"), marked("目前无法估计")


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """What the page must be told when it changes: words, ready to be shown."""

    spaces: dict[str, str]
    zones: dict[str, tuple[str, str]]
    """zone -> (17 ±2, what is to be said of it)."""
    gates: dict[str, tuple[str, str]]
    """gate -> (state, in words)."""


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from what this page was told last."""

    spaces: dict[str, str]
    zones: dict[str, tuple[str, str]]
    gates: dict[str, tuple[str, str]]
    reload: bool = False
    """Spaces came or went: the drawing itself is another one."""


def drift_words(picture: Picture, drift: str) -> str:
    """Which source has drifted, in a sentence."""
    if not drift:
        return ""
    if drift in DRIFT:
        return translated(picture.language, DRIFT[drift])
    return translated(picture.language, DRIFT_ONE) % {"name": picture.places.name(drift)}


def zone_words(picture: Picture, zone: ZoneView) -> str:
    """What is to be said of a zone beside its figure."""
    language = picture.language
    if zone.left is None:
        return translated(language, NOBODY_KNOWS)
    parts = [translated(language, FULL)] if zone.left <= 0 else []
    if zone.unknown:
        parts.append(translated(language, marked("%(count)s个不明")) % {"count": zone.unknown})
    return " · ".join([*parts, *([drift_words(picture, zone.drift)] if zone.drift else [])])


def gate_words(picture: Picture, state: str, said: tuple[str, ...]) -> str:
    return "、".join(said) if said else picture.word(GATE, state)


def now_of(picture: Picture) -> Now:
    return Now(
        spaces={id: one.value for id, one in stands(picture.connection, picture.community).items()},
        zones={one.id: (one.text, zone_words(picture, one)) for one in zone_views(picture)},
        gates={one.id: (one.state, gate_words(picture, one.state, one.said)) for one in gates_of(picture)},
    )


def changes(before: Now | None, now: Now) -> Changed:
    """All of it to a page that was told nothing yet."""
    if before is None:
        return Changed(spaces=now.spaces, zones=now.zones, gates=now.gates)
    return Changed(
        spaces={id: one for id, one in now.spaces.items() if before.spaces.get(id) != one},
        zones={id: one for id, one in now.zones.items() if before.zones.get(id) != one},
        gates={id: one for id, one in now.gates.items() if before.gates.get(id) != one},
        reload=before.spaces.keys() != now.spaces.keys() or before.zones.keys() != now.zones.keys(),
    )


@router.get("/parking")
def plan_page(request: Request, site: OurSite) -> HTMLResponse:
    visitor = site.visitor(request, Right.PARKING)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        plan = plan_of(picture)
        return site.page(
            request,
            "parking.html",
            tab="parking",
            part="plan",
            visitor=visitor,
            plan=plan,
            stand=STAND,
            mark=MARK,
            counts=_counts(plan),
            zone_said={one.id: zone_words(picture, one) for one in plan.zones},
            gate_said={one.id: gate_words(picture, one.state, one.said) for one in plan.gates},
            displays={one.id: display_key(site, picture.community, one.id) for one in plan.zones}
            if visitor.may(Right.REGISTRY)
            else {},
            picture=picture,
        )


def _counts(plan: Plan) -> dict[str, int]:
    found = dict.fromkeys(STAND, 0)
    for bay in plan.bays:
        found[bay.stand] += 1
    return found


def display_key(site: Site, community: str, zone: str) -> str:
    """What opens the one number of one zone to an outside display, and nothing else."""
    return site.sessions.alias(f"display|{community}|{zone}")


def _live_visitor(request: Request, site: OurSite) -> Visitor:
    return site.visitor(request, Right.PARKING)


@router.get("/parking/live", response_class=EventSourceResponse, dependencies=[Depends(_live_visitor)])
async def plan_live(request: Request, site: OurSite) -> AsyncIterator[ServerSentEvent]:
    """Only what changed, gathered: the pulse looks at the store at most four times a second, however much is written."""
    newest: list[Now] = []

    def read() -> object:
        with site.deps.reader() as connection:
            newest[:] = [now_of(site.picture(request, connection))]
        return newest[0]

    before: Now | None = None
    async for event in site.pulse.stream(site.community(request), read):
        if event.event != "changed":
            yield event
            continue
        changed, before = changes(before, newest[0]), newest[0]
        yield ServerSentEvent(event="parking", raw_data=msgspec.json.encode(changed).decode(), retry=1000)
