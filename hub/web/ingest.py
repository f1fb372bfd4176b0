"""The way in for platforms that push HTTP: answered only after the commit."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hub.web.site import OurSite, Site

router = APIRouter(tags=["ingest"])

LARGEST_PUSH = 16 * 1024 * 1024
JSON = "application/json"


@router.post("/ingest/{source}", max_body_size=LARGEST_PUSH, openapi_extra={"requestBody": {"content": {"*/*": {}}}})
async def push(request: Request, site: OurSite, source: str) -> Response:
    """One message of a platform; any status but 2xx asks it to send again."""
    return await _answer(site, source, request, await request.body())


@router.get("/ingest/{source}")
async def verify(request: Request, site: OurSite, source: str) -> Response:
    """Platforms check an address with a GET before they push to it."""
    return await _answer(site, source, request, b"")


async def _answer(site: Site, source: str, request: Request, body: bytes) -> Response:
    headers = {**request.headers, ":method": request.method}
    status, answer = await site.deps.ingest(source, body, headers, dict(request.query_params))
    return Response(answer, status_code=status, media_type=JSON if answer[:1] in b"{[" else "text/plain")
