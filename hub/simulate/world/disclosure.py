"""Disclosure: what one message says to whoever reads it, against what they may know. Both its words and its fields.

Law, on its own tables and not on the hub's: nobody is ever told a name, a plate, who has a key, or a health note. A group
is told the building. What leaves through a third party carries no room. Anybody else is told what their role sees.
"""

from __future__ import annotations

import msgspec

from hub.core.context import Core
from hub.core.decisions import Also, AnyDecision, Notice, NotificationDue
from hub.core.inputs import Input
from hub.delivery.port import Message
from hub.model import Incident, Sees
from hub.simulate.world.compound import SEES
from hub.simulate.world.crowd import HOMES, SECRETS
from hub.simulate.world.devices import PLATES
from hub.simulate.world.trace import Broken
from hub.simulate.world.wishes import HELP

LAW = "8 nobody is told what they may not see"
GROUPS = ("wecom://all", "ntfy://group")
PRIVATE = ("inbox", "mailto")
ROOMS = tuple(HOMES.values())
FLOORS = ("31层", "32层")


def leak(url: str, message: Message) -> str:
    """What a message over this URL says that nobody may read there, or ""."""
    words = f"{message.title}\n{message.text}"
    fields = msgspec.json.encode(message.notice).decode()
    for secret in (*SECRETS, *PLATES):
        if secret in words or secret in fields:
            return f"{url} is told {secret}: {words}"
    if url.partition(":")[0] not in PRIVATE:
        for room in ROOMS:
            if room in words or room in fields:
                return f"{url} is told of {room}: {words}"
    if url in GROUPS:
        for told in (*FLOORS, HELP):
            if told in words:
                return f"the group {url} is told of {told}: {words}"
        if _floors(message.notice) or message.link or message.token:
            return f"the group {url} is given a floor or a personal link: {fields}"
    return ""


def _floors(notice: Notice) -> bool:
    return notice.floor is not None or any(also.floor is not None for also in notice.also)


class WhatRolesSee:
    """Each decision to tell, against the role of whoever is told and whether they had accepted."""

    def before(self, core: Core, _one: Input) -> None:
        """Who had accepted before counts too: what was due falls due before the input."""
        self.accepted = {i.id: {r.person for r in i.going} for i in core.state.incidents.values()}

    def after(self, core: Core, _one: Input, decisions: list[AnyDecision]) -> None:
        for due in decisions:
            if type(due) is NotificationDue:
                self._check(core, due)

    def _check(self, core: Core, due: NotificationDue) -> None:
        ids = (due.notification, *due.carries)
        known = [n for n in (core.state.notifications.get(id) for id in ids) if n is not None]
        roles: dict[int, set[str]] = {}
        for told in known:
            roles.setdefault(told.incident, set()).add(told.role)
        notices: list[Notice | Also] = [due.notice, *due.notice.also]
        for notice in notices:
            if not (notice.place in ROOMS or notice.floor is not None):
                continue
            incident = core.state.incidents.get(notice.incident)
            if not roles.get(notice.incident) or (notice.incident and incident is None):
                continue  # ended and forgotten in this very step
            seen = self._sees(due.person, incident, roles[notice.incident])
            if notice.place in ROOMS and seen is not Sees.ROOM:
                raise Broken(LAW, f"{due.person} as {roles} is told {notice.place}: {due}")
            if notice.floor is not None and seen is Sees.BUILDING:
                raise Broken(LAW, f"{due.person} as {roles} is told floor {notice.floor}: {due}")

    def _sees(self, person: str, incident: Incident | None, roles: set[str]) -> Sees:
        if incident is not None:
            going = {r.person for r in incident.going} | self.accepted.get(incident.id, set())
            if person in going:
                return Sees.ROOM
        seen = {SEES.get(role, Sees.FLOOR) for role in roles}
        return next(one for one in (Sees.ROOM, Sees.FLOOR, Sees.BUILDING) if one in seen)
