"""The device catalogue once loaded: which model a name, a profile or the content itself means. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from hub.decode.port import Model, Uplink
from hub.model import Kind

_REMEMBERED = 10_000


class Catalogue:
    """Every known model. Loading it from files is `hub.catalogue.load_catalogue`."""

    def __init__(self, models: Sequence[Model]) -> None:
        self.models = tuple(models)
        self._named = {model.name.lower(): model for model in self.models}
        self._profiles = sorted(
            ((profile.lower(), model) for model in self.models for profile in (*model.profiles, model.name)),
            key=lambda pair: (-len(pair[0]), pair[0]),
        )
        self._recognisers = [(model.recognises, model) for model in self.models if model.recognises is not None]
        self._profile_seen: dict[str, Model | None] = {}
        self._content_seen: dict[tuple[int | None, bytes, Kind | None], Model | None] = {}

    def by_name(self, name: str) -> Model | None:
        """The model called ``vendor/model``."""
        return self._named.get(name) or self._named.get(name.lower())

    def by_profile(self, text: str) -> Model | None:
        """The model one of whose profile names stands in this text; the longest name wins."""
        try:
            return self._profile_seen[text]
        except KeyError:
            pass
        lower = text.lower()
        model = next((model for profile, model in self._profiles if profile in lower), None) if lower else None
        if len(self._profile_seen) >= _REMEMBERED:
            self._profile_seen.clear()
        self._profile_seen[text] = model
        return model

    def recognise(self, uplink: Uplink, kind: Kind | None = None) -> Model | None:
        """The one model (of this kind, if the registry says one) that claims this content; None when none, or more, do.

        A car park says the same few things all day, so the answer for the same bytes is remembered.
        """
        if uplink.object is not None:
            return _only(self.claims(uplink), kind)
        content = (uplink.port, uplink.data, kind)
        try:
            return self._content_seen[content]
        except KeyError:
            pass
        if len(self._content_seen) >= _REMEMBERED:
            self._content_seen.clear()
        model = self._content_seen[content] = _only(self.claims(uplink), kind)
        return model

    def claims(self, uplink: Uplink) -> list[Model]:
        """Every model that recognises this content. A recogniser that fails does not claim."""
        claims = []
        for recognises, model in self._recognisers:
            try:
                if recognises(uplink):
                    claims.append(model)
            except (LookupError, ValueError, TypeError, AttributeError):
                continue
        return claims


def _only(claims: list[Model], kind: Kind | None) -> Model | None:
    fitting = claims if kind is None else [model for model in claims if model.kind in (kind, Kind.UNKNOWN)]
    return fitting[0] if len(fitting) == 1 else None
