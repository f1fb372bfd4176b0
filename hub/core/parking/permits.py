"""Permits: who may enter now, those that begin and end by themselves, and whom a misread plate may mean. Pure."""

from __future__ import annotations

from hub.core.context import Core
from hub.core.decisions import Reason, RegistryChanged
from hub.core.parking.index import index
from hub.model import Fact, Permit, PermitKind
from hub.plates import normalised

SUGGESTED = 3
"""Plates that are suggested at most."""


def permit_of(core: Core, plate: str) -> Permit | None:
    """The permit of exactly this plate, standing or not; a similar plate is never let in."""
    permits = core.state.permits
    return permits.get(plate) or permits.get(normalised(plate))


def similar(core: Core, plate: str) -> list[Permit]:
    """Permits whose plate differs by one character: to suggest to a person, never to open."""
    known = index(core)
    if known.near is None:
        known.near = {}
        for one in sorted(core.state.permits):
            for key in _keys(one):
                known.near.setdefault(key, []).append(one)
    meant = normalised(plate)
    near = {one for key in _keys(meant) for one in known.near.get(key, ()) if one != meant}
    return [core.state.permits[one] for one in sorted(near)]


def _keys(plate: str) -> list[str]:
    return [f"{plate[:n]}*{plate[n + 1 :]}" for n in range(len(plate))]


def permitted(core: Core, facts: dict[str, Fact]) -> dict[str, Fact]:
    """``permitted``, ``denied``, and for an unknown plate the ``label`` of permits that it may mean.

    Absent while no permit is registered, so that nobody is unknown before there is a list.
    """
    plate = facts.get("plate")
    if not isinstance(plate, str) or not core.state.permits:
        return facts
    permit = permit_of(core, plate)
    denied = permit is not None and permit.kind is PermitKind.DENIED
    told = {**facts, "permitted": permit is not None and permit.stands(core.now_ms), "denied": denied}
    if permit is None and "label" not in facts:
        near = [one.plate for one in similar(core, plate) if one.stands(core.now_ms)][:SUGGESTED]
        if near:
            told["label"] = " ".join(near)
    return told


def permit_put(core: Core, permit: Permit) -> None:
    """A permit was written: wake when it begins and when it ends."""
    permit_gone(core)
    for edge in (permit.from_ms, permit.until_ms):
        if edge is not None and edge > core.state.now_ms:
            core.arm(edge, "parking_permit", 0, permit.plate)


def permit_gone(core: Core) -> None:
    """The permits are no longer those that the index knows."""
    if core.parking_index is not None:
        core.parking_index.near = None


def permit_due(core: Core, plate: str, due_ms: int) -> None:
    """A permit begins or ends: the lists of the gates change. A timer of a permit written anew says nothing."""
    permit = core.state.permits.get(plate)
    if permit is None or due_ms not in (permit.from_ms, permit.until_ms):
        return
    core.changes.permits[plate] = permit
    core.decisions.append(
        RegistryChanged(seq=core.input_seq, at_ms=core.now_ms, reason=Reason.PERSON_ASKED, what="permit", id=plate)
    )
