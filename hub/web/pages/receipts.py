"""The way in for providers: what became of a call or an SMS, and answers that WeCom carries to an app's address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from hub.web.keys import same
from hub.web.site import OurSite, Site

router = APIRouter(include_in_schema=False)

LARGEST_REPORT = 1_000_000
KINDS = {b"{": "application/json", b"[": "application/json", b"<": "text/xml"}


def _response(status: int, answer: bytes) -> Response:
    return Response(answer, status_code=status, media_type=KINDS.get(answer[:1], "text/plain"))


def _caller(request: Request) -> str:
    return request.client.host if request.client else ""


@router.post("/receipts/{provider}", max_body_size=LARGEST_REPORT)
async def report(
    request: Request, site: OurSite, provider: str, token: Annotated[str, Query(max_length=300)] = ""
) -> Response:
    """A provider's later word on a call or an SMS. Whoever tries tokens is made to wait."""
    caller, now_ms = _caller(request), site.deps.now_ms()
    if site.wrong_tokens.refuses(caller, now_ms):
        return _response(429, b"too many wrong tokens")
    if not site.deps.receipts_token or not same(token, site.deps.receipts_token):
        site.wrong_tokens.failed(caller, now_ms)
        return _response(401, b"wrong or missing token")
    return _response(*await site.deps.reports(provider, await request.body(), dict(request.headers)))


@router.get("/answers/wecom")
async def verify_wecom(request: Request, site: OurSite) -> Response:
    """WeCom checks an app's address before it sends answers there."""
    return await _wecom(request, site, b"")


@router.post("/answers/wecom", max_body_size=LARGEST_REPORT)
async def answer_wecom(request: Request, site: OurSite) -> Response:
    """Somebody answered in WeCom; the message is signed and sealed, and the callback checks that."""
    return await _wecom(request, site, await request.body())


async def _wecom(request: Request, site: Site, body: bytes) -> Response:
    caller, now_ms = _caller(request), site.deps.now_ms()
    if site.wrong_tokens.refuses(caller, now_ms):
        return _response(429, b"too many wrong signatures")
    status, answer = await site.deps.wecom_callback(request.method, dict(request.query_params), body)
    if status in (401, 403):
        site.wrong_tokens.failed(caller, now_ms)
    return _response(status, answer)
