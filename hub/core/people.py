"""What people change about themselves, taking somebody out of the rota, and forgetting them. Pure."""

from __future__ import annotations

import msgspec

from hub.core.commands import ErasePerson, ImHome, Refuse
from hub.core.context import Core
from hub.core.decisions import PersonErased, Reason, RegistryChanged
from hub.model import Duty, Person

MAX_HOME_MS = 24 * 3_600_000


def im_home(core: Core, command: ImHome) -> str | None:
    """ "I'm home now": until then hours, sleep and the times of their duties do not hold them back."""
    person = core.state.people.get(command.actor)
    if person is None:
        return _nobody(command.actor)
    if command.until_ms and not core.now_ms < command.until_ms <= core.now_ms + MAX_HOME_MS:
        return "being at home must end within the next 24 hours; choose an earlier end, and say it again then"
    _put(core, msgspec.structs.replace(person, home_until_ms=command.until_ms))
    return None


def refuse(core: Core, command: Refuse) -> str | None:
    """They do not want to be told any more, or agree again."""
    person = core.state.people.get(command.actor)
    if person is None:
        return _nobody(command.actor)
    _put(core, msgspec.structs.replace(person, agreed=command.agreed))
    return None


def why_kept(core: Core, id: str) -> str | None:
    """Why this person cannot be taken out yet: the duties and overrides that name them."""
    duties = sorted(d.id for d in core.state.duties.values() if id in (d.person, *d.rotation))
    overrides = sorted(o.id for o in core.state.overrides.values() if id in (o.person, o.instead_of))
    named = [f"duty {duty}" for duty in duties] + [f"override {override}" for override in overrides]
    if not named:
        return None
    more = f" and {len(named) - 5} more" if len(named) > 5 else ""
    return f"person {id} still has {', '.join(named[:5])}{more}; give these to somebody else or remove them first"


def erase_person(core: Core, command: ErasePerson) -> str | None:
    """Forget them: out of the registry and the rota; incidents keep the bare id, the store destroys their key."""
    id, state, changes = command.person, core.state, core.changes
    if id not in state.people:
        return f"nobody is called {id}; look the id up under people"
    for duty in [d for d in state.duties.values() if id in (d.person, *d.rotation)]:
        _leave_duty(core, duty, id)
    for override in [o.id for o in state.overrides.values() if id in (o.person, o.instead_of)]:
        del state.overrides[override]
        changes.overrides[override] = None
        changed(core, "override", override)
    for key in [key for key, health in state.health.items() if health.person == id]:
        del state.health[key]
        changes.health[key] = None
    state.calls.pop(id, None)
    del state.people[id]
    changes.people[id] = None
    changes.erased.add(id)
    changed(core, "person", id)
    core.decisions.append(PersonErased(seq=core.input_seq, at_ms=core.now_ms, reason=Reason.PERSON_ASKED, person=id))
    return None


def changed(core: Core, what: str, id: str) -> None:
    """Say that an entry of the registry changed; whatever was worked out from it is worked out again."""
    core.roster = None
    core.site = None
    core.decisions.append(
        RegistryChanged(seq=core.input_seq, at_ms=core.now_ms, reason=Reason.PERSON_ASKED, what=what, id=id)
    )


def _leave_duty(core: Core, duty: Duty, id: str) -> None:
    """The others of a rotation keep the duty, so that forgetting one of them tears no hole into the rota."""
    others = [person for person in (duty.person, *duty.rotation) if person != id]
    if others:
        kept = msgspec.structs.replace(duty, person=others[0], rotation=tuple(others[1:]))
        core.state.duties[duty.id] = core.changes.duties[duty.id] = kept
    else:
        del core.state.duties[duty.id]
        core.changes.duties[duty.id] = None
    changed(core, "duty", duty.id)


def _put(core: Core, person: Person) -> None:
    core.state.people[person.id] = core.changes.people[person.id] = person
    changed(core, "person", person.id)


def _nobody(actor: str) -> str:
    return f"nobody is called {actor}; only people of the registry can say this of themselves"
