"""To which incident an answer belongs, whether it changes anything, and what is said back. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hub.answering.phrases import ALREADY, BUTTONS, DONE, SAID
from hub.answering.port import Answered
from hub.answering.words import Act, Said
from hub.core.commands import Accept, AnyCommand, Arrive, AskHelp, Decline, SayFalse
from hub.delivery.live import Button, answer_key
from hub.model import Handling, Incident

LISTED = 5
"""More would not be read on a phone."""


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """One incident as one person may see it."""

    community: str
    incident: int
    what: str
    """Building and what happened; no room, whoever reads."""
    going: int
    needed: int
    others: tuple[str, ...] = ()
    """Titles of the roles of everybody else who goes."""
    accepted: bool = False
    arrived: bool = False
    declined: bool = False
    asks_help: bool = False
    closed: bool = False
    told: bool = True

    @property
    def answered(self) -> bool:
        return self.accepted or self.declined


def matter_of(community: str, incident: Incident, person: str, *, what: str, roles: dict[str, str]) -> Matter:
    """``roles``: person -> title of the role in which they were told."""
    going = [one for one in incident.responders if not one.declined]
    mine = next((one for one in incident.responders if one.person == person), None)
    goes = mine is not None and not mine.declined
    return Matter(
        community=community,
        incident=incident.id,
        what=what,
        going=len(going),
        needed=incident.needed,
        others=tuple(roles.get(one.person, "") for one in going if one.person != person),
        accepted=goes,
        arrived=goes and mine is not None and mine.state in (Handling.ON_SITE, Handling.DONE),
        declined=mine is not None and mine.declined,
        asks_help=incident.asks_help,
        closed=incident.closed_ms is not None,
        told=person in incident.told or mine is not None,
    )


def choose(said: Said, open_matters: Sequence[Matter], listed: Sequence[int]) -> Matter | None:
    """Which of the open matters, newest first, an answer without a name of its own is about. ``listed``: incidents in
    the order in which this person was last shown them; None: there is no such number, or nothing is open."""
    if said.which:
        order = listed or [one.incident for one in open_matters]
        if said.which > len(order):
            return None
        return next((one for one in open_matters if one.incident == order[said.which - 1]), None)
    wanted = [one for one in open_matters if _waits(said.act, one)]
    return next(iter(wanted or open_matters), None)


def _waits(act: Act, matter: Matter) -> bool:
    """Whether this is the kind of incident such an answer is meant for."""
    match act:
        case Act.ARRIVE:
            return matter.accepted and not matter.arrived
        case Act.ASK_HELP:
            return matter.accepted
        case Act.ACCEPT | Act.DECLINE | Act.SAY_FALSE:
            return not matter.answered


def is_so(act: Act, matter: Matter) -> bool:
    """It is so already: nothing is written. SayFalse leaves no trace in the incident: the desk remembers those."""
    match act:
        case Act.ACCEPT:
            return matter.accepted
        case Act.DECLINE:
            return matter.declined
        case Act.ARRIVE:
            return matter.arrived
        case Act.ASK_HELP:
            return matter.asks_help
        case Act.SAY_FALSE:
            return False


def command_of(act: Act, incident: int, person: str, via: str) -> AnyCommand:
    match act:
        case Act.ACCEPT:
            return Accept(actor=person, incident=incident, via=via)
        case Act.DECLINE:
            return Decline(actor=person, incident=incident, via=via)
        case Act.SAY_FALSE:
            return SayFalse(actor=person, incident=incident, via=via)
        case Act.ARRIVE:
            return Arrive(actor=person, incident=incident, via=via)
        case Act.ASK_HELP:
            return AskHelp(actor=person, incident=incident, via=via)


def reply(act: Act, matter: Matter, language: str, *, before: bool, waiting: Sequence[Matter] = ()) -> Answered:
    """What was noted (``before``: long ago), who else is on the way, and what else waits for this person."""
    sentences = [(ALREADY if before else DONE)[act].said(language)]
    sentences.append(SAID["going"].said(language).format(n=matter.going, m=max(0, matter.needed - matter.going)))
    if matter.others:
        sentences.append(SAID["others"].said(language).format(roles=_roles(matter.others, language)))
    elif matter.going <= 1 and matter.accepted:
        sentences.append(SAID["nobody"].said(language))
    return Answered(text=_join([*sentences, *_waiting(waiting, language)], language), buttons=buttons(matter, language))


def how_to(open_matters: Sequence[Matter], language: str) -> Answered:
    """For what was not understood, and for whoever says hello."""
    waiting = [one for one in open_matters if not one.answered]
    if not open_matters:
        return Answered(text=_join([SAID["none_open"].said(language)], language))
    if len(waiting) == 1:
        said = SAID["about"].said(language).format(what=waiting[0].what)
        return Answered(text=_join([said, SAID["how"].said(language)], language), buttons=buttons(waiting[0], language))
    return Answered(text=_join([*_waiting(waiting, language), SAID["how"].said(language)], language))


def plain(key: str, language: str, **values: object) -> Answered:
    """One sentence of `SAID`."""
    return Answered(text=_join([SAID[key].said(language).format(**values)], language))


def buttons(matter: Matter, language: str) -> tuple[Button, ...]:
    """What they may do next."""
    if matter.closed:
        return ()
    if matter.arrived:
        acts: tuple[Act, ...] = (Act.ASK_HELP,)
    elif matter.accepted:
        acts = (Act.ARRIVE, Act.ASK_HELP, Act.DECLINE)
    elif matter.declined:
        acts = (Act.ACCEPT,)
    else:
        acts = (Act.ACCEPT, Act.DECLINE)
    return tuple(
        Button(answer_key(act.value, matter.community, matter.incident), BUTTONS[act].said(language)) for act in acts
    )


def _waiting(waiting: Sequence[Matter], language: str) -> list[str]:
    if not waiting:
        return []
    lines = [SAID["list"].said(language).format(n=len(waiting))]
    for number, one in enumerate(waiting[:LISTED], 1):
        lines.append(SAID["item"].said(language).format(n=number, what=one.what))
    lines.append(SAID["list_how"].said(language))
    return ["\n".join(lines)]


def _roles(others: Sequence[str], language: str) -> str:
    """``物业2人、保安``: each role once; an unknown one is somebody."""
    titles = [one or SAID["somebody"].said(language) for one in others]
    counted = [f"{title}×{titles.count(title)}" if titles.count(title) > 1 else title for title in titles]
    return SAID["and"].said(language).join(dict.fromkeys(counted))


def _join(sentences: Sequence[str], language: str) -> str:
    stop = SAID["stop"].said(language)
    return stop.join(sentences).strip() + stop.strip()
