"""Web push: a browser that its person subscribes from their inbox becomes one more contact of theirs."""

from __future__ import annotations

import secrets
from typing import Annotated

import msgspec
from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import insert, select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.core.commands import PutPerson
from hub.delivery.links import LinkClaim
from hub.model import Contact, Person
from hub.store import schema
from hub.web import rows
from hub.web.pages.answer import inbox_of
from hub.web.site import OurSite, Site

router = APIRouter(include_in_schema=False)

PER_PERSON = 5
"""Browsers of one person: who has more has lost some, and the push service says so when they are sent to."""


class Keys(BaseModel):
    model_config = ConfigDict(extra="ignore")

    p256dh: str = Field(max_length=200, pattern=r"^[A-Za-z0-9_=-]+$")
    auth: str = Field(max_length=100, pattern=r"^[A-Za-z0-9_=-]+$")


class Subscription(BaseModel):
    """What ``PushSubscription.toJSON()`` gives."""

    model_config = ConfigDict(extra="ignore")

    endpoint: str = Field(max_length=1000, pattern=r"^https://[^\s\x00]+$")
    keys: Keys


def offered(site: Site, request: Request) -> str:
    """The key that a browser subscribes with; "" where push cannot work: browsers want https."""
    return site.deps.vapid_public() if request.url.scheme == "https" else ""


@router.post("/inbox/{token}/push")
async def subscribe(request: Request, site: OurSite, token: str, wanted: Annotated[Subscription, Body()]) -> Response:
    """Keep the subscription and add ``webpush://ID`` to the ladder of the person whose inbox this is, and nobody else's."""
    claim = await run_in_threadpool(inbox_of, site, token)
    if not offered(site, request):
        return JSONResponse({"detail": "web push is not set up here"}, 404)
    person = await run_in_threadpool(_person, site, claim)
    if person is None:
        return JSONResponse({"detail": "nobody of that name"}, 404)
    number = await run_in_threadpool(_keep, site, claim, wanted)
    if not number:
        return JSONResponse({"detail": "too many browsers"}, 409)
    url = f"webpush://{number}"
    if any(contact.url == url for contact in person.contacts):
        return Response(status_code=204)
    added = Contact(id=f"push-{number[:6]}", url=url)
    changed = msgspec.structs.replace(person, contacts=(*person.contacts, added))
    answer = await site.await_command(claim.community, PutPerson(actor=claim.person, person=changed))
    return JSONResponse({"done": answer.done, "refused": answer.refused}, 409 if answer.refused else 200)


def _person(site: Site, claim: LinkClaim) -> Person | None:
    with site.deps.reader() as connection:
        return rows.registry(connection, claim.community).people.get(claim.person)


def _keep(site: Site, claim: LinkClaim, wanted: Subscription) -> str:
    """Its id, the old one for a browser that is known; "" when this person has too many."""
    table = schema.push_subscription
    body = wanted.model_dump_json()
    mine = select(table.c.id, table.c.body).where(table.c.community == claim.community, table.c.person == claim.person)
    with site.deps.writer() as connection:
        known = connection.execute(mine).all()
        for row in known:
            if Subscription.model_validate_json(row.body).endpoint == wanted.endpoint:
                return str(row.id)
        if len(known) >= PER_PERSON:
            return ""
        number = secrets.token_hex(12)
        connection.execute(
            insert(table).values(
                id=number, community=claim.community, person=claim.person, at_ms=site.deps.now_ms(), body=body
            )
        )
    return number
