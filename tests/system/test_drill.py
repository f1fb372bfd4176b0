"""`hub drill` beside a hub that runs: the real path, marked, and scored."""

from __future__ import annotations

import httpx
import msgspec

from hub.drills import DrillScore
from tests.system.children import HubChild
from tests.system.conftest import Install
from tests.system.installation import ROLES


def test_a_drill_is_told_as_one_answered_and_scored(install: Install) -> None:
    installation = install()
    hub = installation.start()
    drill = HubChild(["drill", "b6-1203", "-c", str(installation.config), "--json", "--wait", "60"])
    told = installation.wait_inbox(*(f"{role}-a" for role in ROLES))
    assert all(message.text.startswith("【演练】") for message in told)
    page = f"http://127.0.0.1:{installation.web_port}{installation.link('property-a')}"
    for form in ({"do": "accept"}, {"do": "arrive"}, {"do": "close", "outcome": "test"}):
        assert httpx.post(page, data=form, timeout=20, follow_redirects=True).status_code == 200
    assert drill.end() == 0
    found = msgspec.json.decode("\n".join(drill.said), type=DrillScore)
    assert (found.incident, found.closed, found.went) == (told[0].incident, True, 1)
    assert found.told >= len(ROLES)
    assert found.first_accept_s is not None
    assert hub.stop() == 0


def test_a_drill_at_a_place_that_is_none_is_refused_in_words(install: Install) -> None:
    installation = install()
    hub = installation.start()
    drill = HubChild(["drill", "b9", "-c", str(installation.config)])
    assert drill.end() == 1
    assert "b9" in drill.words
    assert hub.stop() == 0
