"""Signed personal links: they bind (person, incident), need no login, and carry nothing but ids."""

from __future__ import annotations

import msgspec
from itsdangerous import BadSignature, URLSafeSerializer


class LinkClaim(msgspec.Struct, frozen=True):
    """Who may answer what. ``incident`` 0 is the person's inbox."""

    community: str
    incident: int
    person: str


class Links:
    """Makes and reads links; ``public_url`` "" makes none: then no message carries one."""

    def __init__(self, key: str, public_url: str) -> None:
        self._signer = URLSafeSerializer(key, salt="answer-link")
        self._public_url = public_url.rstrip("/")

    def answer(self, community: str, incident: int, person: str) -> str:
        """Address of the answer page, "" without a public address."""
        if not self._public_url:
            return ""
        return f"{self._public_url}/a/{self.token(LinkClaim(community, incident, person))}"

    def inbox(self, community: str, person: str) -> str:
        """Address of the person's inbox page, "" without a public address."""
        if not self._public_url:
            return ""
        return f"{self._public_url}/inbox/{self.token(LinkClaim(community, 0, person))}"

    def token(self, claim: LinkClaim) -> str:
        token = self._signer.dumps([claim.community, claim.incident, claim.person])
        return token if isinstance(token, str) else token.decode()

    def read(self, token: str) -> LinkClaim | None:
        """The claim, or None when the token is not ours."""
        try:
            community, incident, person = self._signer.loads(token)
        except (BadSignature, ValueError, TypeError):
            return None
        return LinkClaim(str(community), int(incident), str(person))
