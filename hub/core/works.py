"""Works (入户作业): while somebody cooks, burns incense or renovates in one home, its alarm goes to the console and the person
on site alone, and hides nothing. Pure.

Law: works narrow only the first step, only while one detector of that home is all that alarms, and only while somebody sits
at the console. An alarm that nobody accepts by the second step, a second detector, or a plea for help widens it to all.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from hub.core.commands import StartWorks
from hub.core.context import Core
from hub.core.decisions import Reason, WorksEnded, WorksStarted
from hub.core.policies import Step
from hub.core.rota import holders, unwilling
from hub.core.telling import announce, held, tell
from hub.model import (
    LIFE_SAFETY,
    MAX_WORKS_MS,
    Alert,
    Condition,
    Incident,
    Kind,
    Person,
    PlaceKind,
    Purpose,
    Severity,
    Works,
)

CONSOLE_ROLES = ("guard",)
"""Who sits at the staffed console."""

NARROWS = LIFE_SAFETY - {Kind.SOS}
"""A call for help is never narrowed."""


def start_works(core: Core, command: StartWorks) -> str | None:
    """Begin them and tell the console and the person on site; gives why not, in plain words, or None."""
    mistake = _mistake(core, command)
    if mistake is not None:
        return mistake
    works = Works(
        id=core.next_id(),
        place=command.place,
        from_ms=core.now_ms,
        until_ms=command.until_ms,
        person=command.person,
        owner=command.actor,
        reason=command.reason.strip(),
    )
    core.state.works[works.id] = works
    core.changes.works[works.id] = works
    core.arm(works.until_ms, "works", works.id)
    core.decisions.append(
        WorksStarted(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.PERSON_ASKED,
            works=works.id,
            place=works.place,
            owner=works.owner,
        )
    )
    _announce(core, works, Reason.WORKS, works.until_ms)
    return None


def end_works(core: Core, id: int, reason: Reason) -> str | None:
    """They end by themselves or early; gives why not, in plain words, or None."""
    works = core.state.works.pop(id, None)
    if works is None:
        return "there are no such works any more"
    core.changes.works[id] = None
    core.decisions.append(WorksEnded(seq=core.input_seq, at_ms=core.now_ms, reason=reason, works=id))
    _announce(core, works, Reason.WORKS_ENDED, core.now_ms)
    return None


def works_due(core: Core, id: int, due_ms: int) -> None:
    """Their time is up."""
    works = core.state.works.get(id)
    if works is not None and works.until_ms == due_ms:
        end_works(core, id, Reason.CONDITION_HELD_FOR)


def narrowed(core: Core, incident: Incident) -> Works | None:
    """The works that narrow what is told of this incident now, if any."""
    if incident.widened or incident.drill or incident.step > 1 or not core.state.works:
        return None
    alerts = core.open_alerts(incident)
    works = next((w for w in core.state.works.values() if alerts and _inside(core, alerts[0], w)), None)
    alarms = all(alert.kind in NARROWS and alert.severity is Severity.CRITICAL for alert in alerts)
    if works is None or not alarms or _crowded(core, incident):
        return None
    if len(core.settings.policy(incident.policy).steps) < 2:
        return None  # there is no second step that would widen it
    return works if _console(core, incident.severity, works.place) else None


def step_taken(core: Core, incident: Incident, index: int, purpose: Purpose, reason: Reason) -> Step | None:
    """Who is told by this step of the policy; None when works narrow it: then those whom they leave are told here.

    Widening tells together with its own step everybody of those steps that were narrowed before it.
    """
    steps = core.settings.policy(incident.policy).steps
    works = narrowed(core, incident) if purpose in (Purpose.RAISED, Purpose.GREW) else None
    if works is not None:
        incident.works = works.id
        _tell_few(core, incident, steps[index], works, purpose, reason)
        return None
    if not incident.works or incident.widened:
        return steps[index]
    incident.widened = True
    return _together(steps[: index + 1])


def outgrown(core: Core) -> Iterator[Incident]:
    """Narrowed incidents in which another detector alarms by now: everybody is told of them at once."""
    if not core.state.works:
        return
    for incident in list(core.state.incidents.values()):
        if incident.works and not incident.widened and incident.closed_ms is None and _crowded(core, incident):
            yield incident


def _mistake(core: Core, command: StartWorks) -> str | None:
    place = core.state.places.get(command.place)
    if place is None:
        return f"there is no place {command.place}; choose a home of the registry"
    if place.kind is not PlaceKind.HOME:
        return f"works are for one home, and {place.name} is none; choose the home, or start a silence"
    if command.person not in core.state.people:
        return f"nobody is called {command.person}; put the person on site into the registry first"
    if not command.reason.strip():
        return "say why: cooking, incense, renovation"
    if command.until_ms <= core.now_ms:
        return "works must end in the future"
    if command.until_ms - core.now_ms > MAX_WORKS_MS:
        return f"works last at most {MAX_WORKS_MS // 3_600_000} hours; start them again when they go on"
    standing = next((w for w in core.state.works.values() if w.place == command.place), None)
    if standing is not None:
        end = datetime.fromtimestamp(standing.until_ms / 1000, UTC).astimezone(core.settings.zone)
        return f"works stand in {place.name} until {end:%H:%M} already; end them first"
    return None


def _inside(core: Core, alert: Alert, works: Works) -> bool:
    return any(place.id == works.place for place in core.ancestors(alert.place))


def _crowded(core: Core, incident: Incident) -> bool:
    """Another detector alarms in this incident, or in the same home."""
    alerts = core.open_alerts(incident)
    if len({alert.subject for alert in alerts}) > 1:
        return True
    return any(
        other.severity is Severity.CRITICAL
        and other.incident != incident.id
        and other.closed_ms is None
        and other.condition is not Condition.PENDING
        and not (other.test or other.drill)
        and other.place == alert.place
        for other in core.state.alerts.values()
        for alert in alerts
    )


def _console(core: Core, severity: Severity, place: str) -> list[tuple[Person, str]]:
    """Who sits at the console now and can be told."""
    found: dict[str, tuple[Person, str]] = {}
    for role in CONSOLE_ROLES:
        for person in holders(core, role, place):
            if person.contacts and unwilling(core, person, severity) is None:
                found.setdefault(person.id, (person, role))
    return list(found.values())


def _tell_few(core: Core, incident: Incident, step: Step, works: Works, purpose: Purpose, reason: Reason) -> None:
    declined = {r.person for r in incident.responders if r.declined}
    few = _console(core, incident.severity, works.place)
    on_site = core.person(works.person)
    if on_site is not None and all(person.id != on_site.id for person, _ in few):
        few.append((on_site, ""))
    for person, role in few:
        if person.id in declined:
            held(core, incident.id, role, Reason.DECLINED, person.id)
        else:
            tell(core, incident, person, role, purpose, reason)
    told = {person.id for person, _ in few}
    for role in step.roles:
        others = [person for person in holders(core, role, works.place) if person.id not in told]
        for person in others:
            held(core, incident.id, role, Reason.WORKS, person.id)
        told |= {person.id for person in others}


def _together(steps: tuple[Step, ...]) -> Step:
    """The last step with everybody of those before it."""
    return msgspec.structs.replace(
        steps[-1],
        roles=tuple(dict.fromkeys(role for step in steps for role in step.roles)),
        people=tuple(dict.fromkeys(person for step in steps for person in step.people)),
        act=tuple(dict.fromkeys(act for step in steps for act in step.act)),
    )


def _announce(core: Core, works: Works, reason: Reason, until_ms: int) -> None:
    few = _console(core, Severity.INFO, works.place)
    on_site = core.person(works.person)
    if on_site is not None and all(person.id != on_site.id for person, _ in few):
        few.append((on_site, ""))
    for person, role in few:
        announce(core, person, role, reason, note=works.reason, until_ms=until_ms, place=works.place)
