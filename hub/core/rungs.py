"""Rungs: a person's contacts, parted into the ladder that counts and the conveniences beside it. Pure."""

from __future__ import annotations

import msgspec

from hub.model import ChannelNature, Contact, Person, nature

INBOX = "inbox"


class Rung(msgspec.Struct, frozen=True, gc=False):
    """One contact with what its channel is by nature."""

    contact: Contact
    nature: ChannelNature
    scheme: str


class Reach(msgspec.Struct, frozen=True):
    """How one person is told: the ladder is climbed, what stands beside it is told at once."""

    person: Person
    ladder: tuple[Rung, ...]
    asides: tuple[Rung, ...]


def rungs(person: Person) -> tuple[Rung, ...]:
    """All contacts, in the person's order."""
    return tuple(Rung(c, nature(c.url), c.url.partition(":")[0].lower()) for c in person.contacts)


def reach(person: Person, channels: tuple[str, ...] = ()) -> Reach:
    """The ladder of the channels that count, as far as ``channels`` allows them; empty when it allows none.

    Conveniences stand beside it. The inbox always has its copy, because people answer there; where nothing counts the
    inbox is the ladder, else all that there is.
    """
    everything = rungs(person)
    allowed = tuple(r for r in everything if not channels or r.scheme in channels)
    ladder = tuple(r for r in allowed if r.nature.counts) or tuple(r for r in allowed if r.scheme == INBOX) or allowed
    if not ladder:
        return Reach(person, (), ())
    asides = tuple(
        r
        for r in everything
        if r not in ladder and not r.nature.counts and (not channels or r.scheme in channels or r.scheme == INBOX)
    )
    return Reach(person, ladder, asides)
