"""What people said about an incident while they handled it: remarks, photos, calls for help, hand-overs."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hub.core.decisions import AnyDecision, HelpAsked, IncidentCommented, IncidentHandedOver
from hub.web.view import Picture


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody said."""

    at_ms: int
    who: str
    what: str
    """comment, false, help or hand_over."""
    text: str = ""
    photo: int = 0
    to: str = ""
    """To whom it was handed, as the reader may know them."""
    to_person: str = ""


def said(
    picture: Picture, incident: int, decisions: Iterable[AnyDecision], told: dict[tuple[int, str], str], *, names: bool
) -> list[Said]:
    """Oldest first."""
    found: list[Said] = []
    for one in decisions:
        match one:
            case IncidentCommented():
                who = picture.who(incident, one.person, told, names=names)
                what = "false" if one.says_false else "comment"
                found.append(Said(at_ms=one.at_ms, who=who, what=what, text=one.text, photo=one.photo))
            case HelpAsked():
                who = picture.who(incident, one.person, told, names=names)
                found.append(Said(at_ms=one.at_ms, who=who, what="help", text=one.text))
            case IncidentHandedOver():
                who = picture.who(incident, one.person, told, names=names)
                to = picture.who(incident, one.to, told, names=names)
                found.append(Said(at_ms=one.at_ms, who=who, what="hand_over", to=to, to_person=one.to))
            case _:
                continue
    return found
