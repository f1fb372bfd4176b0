"""Plates on screens: in full for whoever needs them, and then each look is logged; masked for everybody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.model import Fact
from hub.plates import HIDDEN, is_replaced, masked
from hub.web.access import Right, Visitor
from hub.web.site import Site


def shown(
    site: Site, visitor: Visitor, community: str, plates: Iterable[str], why: str = "", incident: int = 0
) -> list[str]:
    """The plates as this visitor may read them, in their order; ``why`` (visits, permits, space ...) goes into the log.

    A plate that was replaced by its hash shows as ***. Nothing is logged where nothing is shown in full.
    """
    plates = list(plates)
    if not visitor.may(Right.PLATES):
        return [masked(plate) for plate in plates]
    if any(plate and not is_replaced(plate) for plate in plates):
        site.note_look(visitor.label, f"plate:{why}" if why else "plate", community, incident)
    return [HIDDEN if is_replaced(plate) else plate for plate in plates]


def facts_for(
    site: Site, visitor: Visitor, community: str, facts: Mapping[str, Fact], incident: int
) -> dict[str, Fact]:
    """What an alert says, with the plate in it, and the others that it may mean, as this visitor may read them."""
    plate = facts.get("plate")
    if not isinstance(plate, str):
        return dict(facts)
    found = dict(facts)
    near = str(facts.get("label", "")).split()
    (found["plate"], *rest) = shown(site, visitor, community, [plate, *near], "", incident)
    if near:
        found["label"] = " ".join(rest)
    return found


def without_plate(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """A device's last facts for an answer that is no list of cars."""
    return {name: value for name, value in facts.items() if name != "plate"}
