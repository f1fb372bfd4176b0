"""Where something is, in words, cut down to what a reader may see."""

from __future__ import annotations

from collections.abc import Mapping

from hub.model import Place, PlaceKind, Sees
from hub.web.access import BREADTH
from hub.web.language import translated

ABOVE = frozenset({PlaceKind.COMMUNITY, PlaceKind.GRID})
DEEPEST = 20  # a loop in the registry must not hang a page


class Places:
    """The tree of places of one community."""

    def __init__(self, places: Mapping[str, Place], address: str) -> None:
        self._places = places
        self._address = address

    def chain(self, place: str) -> list[Place]:
        """From the outermost to the place itself; empty when it is unknown."""
        chain: list[Place] = []
        while (node := self._places.get(place)) and len(chain) < DEEPEST:
            chain.append(node)
            place = node.parent
        return chain[::-1]

    def building(self, place: str) -> str:
        """Id of the building it is in, else of the outermost place inside the community, else ""."""
        chain = [node for node in self.chain(place) if node.kind not in ABOVE]
        for node in chain:
            if node.kind is PlaceKind.BUILDING:
                return node.id
        return chain[0].id if chain else ""

    def name(self, place: str) -> str:
        node = self._places.get(place)
        return node.name if node else place

    def shown(self, place: str, sees: Sees, language: str) -> str:
        """6号楼 12层 1203室, or as much of it as the reader may see."""
        chain = [node for node in self.chain(place) if node.kind not in ABOVE]
        return " ".join(self._parts(chain, sees, language)) or translated(language, "未登记位置")

    def has_room(self, place: str) -> bool:
        """True when seeing all of it would show somebody's home."""
        return any(node.kind is PlaceKind.HOME for node in self.chain(place))

    def address(self, place: str, sees: Sees, language: str) -> str:
        """The postal address for 119, for example 万航渡路660弄6号楼12层1203室."""
        chain = self.chain(place)
        visible = [node for node in chain if node.kind is not PlaceKind.HOME or sees is Sees.ROOM]
        base, rest = self._address, [node for node in visible if node.kind not in ABOVE]
        for index, node in enumerate(visible):
            if node.address:
                base, rest = node.address, visible[index + 1 :]
        separator = "" if language == "zh" else ", "
        return separator.join([part for part in (base, *self._parts(rest, sees, language)) if part])

    def _parts(self, chain: list[Place], sees: Sees, language: str) -> list[str]:
        floor = next((node.floor for node in reversed(chain) if node.floor is not None), None)
        parts: list[str] = []
        for node in chain:
            if node.kind is PlaceKind.FLOOR or (node.kind is PlaceKind.UNIT and sees is Sees.BUILDING):
                continue
            if node.kind is PlaceKind.HOME:
                break
            parts.append(node.name)
        if floor is not None and BREADTH[sees] >= BREADTH[Sees.FLOOR]:
            parts.append(translated(language, "%(floor)s层") % {"floor": floor})
        if sees is Sees.ROOM:
            kinds = [node.kind for node in chain]
            first = kinds.index(PlaceKind.HOME) if PlaceKind.HOME in kinds else len(chain)
            parts.extend(node.name for node in chain[first:])
        return parts
