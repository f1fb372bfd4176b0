"""The short story on a real hub: smoke, three roles, an answer, an end; a stop and a start in between change nothing."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from hub.model import Handling, NotificationState, Outcome
from hub.store import schema
from tests.store.postgres import Postgres
from tests.system.children import health, until
from tests.system.conftest import Install
from tests.system.devices import Publisher, smoke
from tests.system.installation import IMEI, KITCHEN, ROLES, Installation

PEOPLE = tuple(f"{role}-a" for role in ROLES)


@pytest.fixture(params=["sqlite", "postgresql"])
def installation(request: pytest.FixtureRequest, install: Install) -> Installation:
    if request.param == "sqlite":
        return install()
    postgres: Postgres = request.getfixturevalue("postgres")
    return install(store_url=postgres.create())


def answer(installation: Installation, person: str, **form: str) -> None:
    """Press a button of the answer page, by the link in this person's message."""
    page = f"http://127.0.0.1:{installation.web_port}{installation.link(person)}"
    assert httpx.get(page, timeout=20).status_code == 200
    said = httpx.post(page, data=form, timeout=20)
    assert said.is_redirect or said.status_code == 200, said.text


def test_a_fire_reaches_three_roles_is_answered_over_a_restart_and_its_end_is_told(
    installation: Installation, devices: Publisher
) -> None:
    hub = installation.start()
    assert health(installation.web_port)["ok"] is True
    devices.publish(*smoke(KITCHEN, alarm=True))
    installation.wait_inbox(*PEOPLE)
    answer(installation, "volunteer-a", do="accept")
    until(lambda: installation.incidents()[0].accepted_ms, "accepted")

    assert hub.stop() == 0
    ((kept,),) = installation.rows(select(func.max(schema.snapshot.c.seq)))
    ((head,),) = installation.rows(select(schema.community.c.head_seq))
    assert kept == head, "a clean stop keeps a snapshot of everything"

    again = installation.start()
    (alert,) = installation.alerts()
    (incident,) = installation.incidents()
    assert (alert.handling, alert.closed_ms, incident.closed_ms) == (Handling.ACCEPTED, None, None)
    devices.publish(*smoke(KITCHEN))
    answer(installation, "volunteer-a", do="arrive")
    answer(installation, "volunteer-a", do="close", outcome="false", cause="做饭油烟")
    ended = installation.wait_inbox(*PEOPLE, purpose="ended")
    assert sorted(row.person for row in ended) == sorted(PEOPLE)
    assert all(row.text.startswith("【解除】") for row in ended)
    (incident,) = installation.incidents()
    assert (incident.outcome, incident.closed_by) == (Outcome.FALSE, "volunteer-a")
    until(
        lambda: {n.state for n in installation.notifications()} == {NotificationState.SENT},
        "every notification has its receipt",
    )
    assert len(installation.notifications()) == 2 * len(PEOPLE)
    assert again.stop() == 0


def test_a_policy_step_that_was_waiting_fires_after_a_restart(install: Install, devices: Publisher) -> None:
    installation = install()
    hub = installation.start()
    devices.publish(*smoke(KITCHEN, alarm=True))
    installation.wait_inbox(*PEOPLE)
    assert hub.stop() == 0
    before = installation.inbox()
    assert "duty_manager-a" not in {row.person for row in before}
    installation.start()
    escalated = installation.wait_inbox("duty_manager-a", purpose="escalated")
    assert [row.person for row in escalated] == ["duty_manager-a"]
    assert [row for row in installation.inbox() if row.purpose == "raised"] == before, "nobody was told twice"


def test_a_push_over_http_is_answered_after_the_commit_and_alerts(install: Install) -> None:
    installation = install()
    installation.start()
    body = {
        "messageType": "dataReport",
        "deviceId": "acf7baaee65e431eadfb8f5fe50e8b81",
        "productId": "15014772",
        "IMEI": IMEI,
        "timestamp": 1606982320277,
        "payload": {
            "serviceId": "notification",
            "serviceData": {"IMEI": IMEI, "Battery_Level": 100, "Alarm_Status": 1},
        },
    }
    url = f"http://127.0.0.1:{installation.web_port}/ingest/ctwing"
    assert httpx.post(url, json=body, params={"token": "wrong"}, timeout=20).status_code == 401
    assert httpx.post(url, json=body, timeout=20).status_code == 401
    assert installation.journaled() == []
    said = httpx.post(url, json=body, params={"token": "let-me-in"}, timeout=20)
    assert (said.status_code, said.json()) == (200, {"code": 0, "msg": "ok"})
    (kept,) = installation.journaled()
    assert kept.undecodable is None, kept
    (alert,) = installation.alerts()
    assert (alert.rule, alert.subject) == ("smoke", IMEI)
    installation.wait_inbox(*PEOPLE)


def test_a_push_to_an_unknown_source_is_refused(install: Install) -> None:
    installation = install()
    installation.start()
    url = f"http://127.0.0.1:{installation.web_port}/ingest"
    for source in ("nobody", "zigbee2mqtt"):
        assert httpx.post(f"{url}/{source}", json={}, timeout=20).status_code == 404


def test_a_broker_of_its_own_stops_with_the_hub(install: Install) -> None:
    installation = install()
    installation.configure(broker={"address": "auto", "listen": "127.0.0.1:0"})
    hub = installation.start()
    record = installation.data / "broker" / "child.json"
    pid = int(record.read_text().partition('"pid":')[2].partition(",")[0])
    assert Path(f"/proc/{pid}").exists()
    assert hub.stop() == 0
    assert not Path(f"/proc/{pid}").exists()
