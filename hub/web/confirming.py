"""A yes to what was uploaded and shown: exactly that, if what it was compared with is still so."""

from __future__ import annotations

from starlette.requests import Request

from hub.web.access import Visitor
from hub.web.language import chosen, marked, translated
from hub.web.pages.calendars import OLD
from hub.web.registry_preview import Entries, stamp
from hub.web.site import Answer, Site

SOMEBODY = marked("预览之后名单被别人改过,请重新上传。")


async def confirmed(
    request: Request, site: Site, visitor: Visitor, community: str, known: Entries, token: str
) -> tuple[list[str], list[Answer]]:
    """Why not, in the reader's words, and what became of each command; ``known``: what it is compared with now."""
    taken = site.uploads.take(token, visitor.account, community, site.deps.now_ms())
    if taken is None or taken.stamp != stamp(known):
        return [translated(chosen(request)[0], OLD if taken is None else SOMEBODY)], []
    answers = await site.await_commands(community, taken.commands)
    return [one.refused for one in answers if one.refused], answers
