"""Answering: who gets messages and cannot answer them, and why."""

from __future__ import annotations

from collections.abc import Iterator

from hub.answering.reach import CANNOT, Cannot, cannot_answer
from hub.config import Config
from hub.doctor.finding import Finding, note, ok, warn
from hub.looking import Looking
from hub.model import Person, nature
from hub.store.entities import read_people

SHOWN = 8


def look_at_answers(config: Config, looking: Looking) -> Iterator[Finding]:
    """Each community's people, by the reason why they cannot answer."""
    if not looking.exists:
        yield note("还没有登记任何人,首次启动后再看", "Nobody is registered yet; look again after the first start")
        return
    for name in config.communities:
        with looking.read() as connection:
            people = [person for person in read_people(connection, name) if _is_one(person)]
        yield from _community(config, name, people)


def _is_one(person: Person) -> bool:
    """A group account is nobody who could answer; nor is a webhook."""
    contacts = person.contacts
    return not contacts or any(not one.group and nature(one.url).person for one in contacts)


def _community(config: Config, name: str, people: list[Person]) -> Iterator[Finding]:
    unable: dict[Cannot, list[str]] = {}
    for person in people:
        why = cannot_answer(person, config.accounts, config.installation.public_url)
        if why is not None:
            unable.setdefault(why, []).append(person.id)
    for why, ids in sorted(unable.items()):
        shown = ", ".join(sorted(ids)[:SHOWN]) + (" …" if len(ids) > SHOWN else "")
        said = CANNOT[why]
        yield warn(
            f"小区 {name}:{shown} 收到消息后无法应答:{said.zh}",
            f"Community {name}: {shown} cannot answer what they are told: {said.en}",
        )
    able = len(people) - sum(len(ids) for ids in unable.values())
    words = (
        f"小区 {name}:{len(people)} 人中 {able} 人能自己应答,其余由监控室代录",
        f"Community {name}: {able} of {len(people)} people can answer by themselves; the control room types in for the rest",
    )
    if people and not able:
        yield warn(*words)
    elif people:
        yield ok(*words)
