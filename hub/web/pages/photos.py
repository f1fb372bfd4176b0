"""Photos of an incident: taken in small and without what a camera writes into them, shown only to who may see the room."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Path, UploadFile
from sqlalchemy import func, insert, select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.core.commands import Comment
from hub.model import Sees
from hub.store import schema
from hub.web import rows
from hub.web.access import Right
from hub.web.language import marked
from hub.web.pages.answer import LinkRefused, incident_of, is_group, stand_of
from hub.web.pages.desk import FormToken, Number, back
from hub.web.site import CLEAN, Answer, NotAllowed, OurSite, Site

router = APIRouter(include_in_schema=False)

LARGEST_PHOTO = 10 * 1024 * 1024
LARGEST_UPLOAD = 3 * LARGEST_PHOTO  # what is too large is refused in plain words up to here, beyond it bluntly
PER_INCIDENT = 20
TYPE = "image/jpeg"
NO_PHOTO = (404, marked("没有这张照片"), marked("它可能已经按保存期限删除。"))

PhotoId = Annotated[int, Path(ge=1, le=2**53)]
Upload = Annotated[UploadFile | None, File()]
Remark = Annotated[str, Form(max_length=500, pattern=CLEAN)]


class PhotoRefused(Exception):
    """A photo that is not kept; ``said`` is why, for the page that comes next."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def keep_photo(site: Site, community: str, incident: int, person: str, body: bytes) -> int:
    """Gives its id; raises PhotoRefused."""
    table = schema.photo
    here = (table.c.community == community, table.c.incident == incident)
    with site.deps.reader() as connection:
        if connection.execute(select(func.count()).where(*here)).scalar_one() >= PER_INCIDENT:
            raise PhotoRefused("photo_many")
    return store_photo(site, community, incident, person, body)


def store_photo(site: Site, community: str, incident: int, person: str, body: bytes) -> int:
    """Small, and without what a camera writes into it; ``incident`` 0 is a photo of a space. Raises PhotoRefused."""
    table = schema.photo
    # Imported with the first photo: 2 MB that a hub without photos does not need.
    from hub.web.pictures import NoPicture, shrunk

    try:
        small = shrunk(body)
    except NoPicture as exc:
        raise PhotoRefused("photo_unreadable") from exc
    with site.deps.writer() as connection:
        made = connection.execute(
            insert(table).values(
                community=community,
                incident=incident,
                at_ms=site.deps.now_ms(),
                person=person,
                type=TYPE,
                body=small,
            )
        )
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


async def remark(
    site: Site, community: str, incident: int, actor: str, text: str, photo: UploadFile | None, via: str
) -> str:
    """Keep a remark, a photo or both; gives what the next page says about it."""
    body = await photo.read() if photo is not None else b""
    number = 0
    if len(body) > LARGEST_PHOTO:
        return "photo_large"
    if body:
        try:
            number = await run_in_threadpool(keep_photo, site, community, incident, actor, body)
        except PhotoRefused as refused:
            return refused.said
    if not (number or text.strip()):
        return ""
    command = Comment(actor=actor, incident=incident, text=text.strip(), photo=number, via=via)
    return (await site.await_command(community, command)).said


def photo_of(site: Site, community: str, incident: int, number: int) -> Response:
    """Whoever calls it has looked whether the reader may see it. Raises LinkRefused."""
    table = schema.photo
    query = select(table.c.type, table.c.body).where(
        table.c.id == number, table.c.community == community, table.c.incident == incident
    )
    with site.deps.reader() as connection:
        row = connection.execute(query).first()
    if row is None:
        raise LinkRefused(*NO_PHOTO)
    return Response(bytes(row.body), media_type=row.type)


@router.post("/a/{token}/photos", max_body_size=LARGEST_UPLOAD)
async def add_by_link(request: Request, site: OurSite, token: str, photo: Upload = None, text: Remark = "") -> Response:
    claim, incident = await run_in_threadpool(incident_of, site, token)
    group = await run_in_threadpool(is_group, site, request, claim)
    stand = stand_of(incident, claim.person, group=group)
    said = ""
    if stand.accepted and not stand.group and not stand.closed:
        said = await remark(site, claim.community, incident.id, claim.person, text, photo, "link")
    return RedirectResponse(f"/a/{token}" + (f"?said={said}" if said else ""), 303)


@router.get("/a/{token}/photos/{number}")
def photo_by_link(request: Request, site: OurSite, token: str, number: PhotoId) -> Response:
    claim, incident = incident_of(site, token)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection, claim.community)
        told = rows.roles_told(connection, claim.community, [incident.id])
        sees = picture.person_sees(claim.person, incident, told)
    if sees is not Sees.ROOM:
        raise NotAllowed
    site.note_look(claim.person, "photo", claim.community, incident.id)
    return photo_of(site, claim.community, incident.id, number)


@router.post("/incidents/{number}/photos", max_body_size=LARGEST_UPLOAD)
async def add_at_desk(
    request: Request, site: OurSite, number: Number, photo: Upload = None, text: Remark = "", form: FormToken = ""
) -> Response:
    visitor = await run_in_threadpool(site.visitor, request, Right.ACT)
    site.check_form(request, form)
    said = await remark(site, site.community(request), number, visitor.actor, text, photo, "console")
    answer = Answer(row=0, done=said != "pending", refused="refused" if said == "refused" else None)
    if said.startswith("photo"):
        return RedirectResponse(f"/incidents/{number}?said={said}", status_code=303)
    return back(request, f"/incidents/{number}", answer)


@router.get("/incidents/{incident}/photos/{number}")
def photo_at_desk(request: Request, site: OurSite, incident: Number, number: PhotoId) -> Response:
    visitor = site.visitor(request, Right.ALERTS)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        found = rows.incident(connection, picture.community, incident)
    if found is None:
        raise LinkRefused(*NO_PHOTO)
    if picture.sees(visitor, found) is not Sees.ROOM:
        raise NotAllowed
    site.note_look(visitor.label, "photo", picture.community, incident)
    return photo_of(site, picture.community, incident, number)
