"""The JSON API, the way in for HTTP pushes, and the machine's own pages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

from hub.core.commands import Accept, Arrive, StartWorks
from hub.model import ContactHealth
from hub.web.access import Role
from hub.web.app import create_app
from hub.web.keys import API_TOKEN_HASH, digest, put_setting
from tests.web.owner import Owner
from tests.web.story import FIRE, kitchen_fire, smaller_things
from tests.web.test_desk import sign_in
from tests.web.world import World

TOKEN = "a-token-of-the-api"


@pytest.fixture
def api(world: World, http: httpx.Client) -> httpx.Client:
    with world.engine.begin() as connection:
        put_setting(connection, API_TOKEN_HASH, digest(TOKEN))
    http.headers["authorization"] = f"Bearer {TOKEN}"
    return http


def test_nobody_gets_nothing(http: httpx.Client) -> None:
    for path in ("incidents", "devices", "quarantine", "deliveries", "incidents/1/alerts"):
        answer = http.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert http.get("/api/v1/incidents", headers={"authorization": "Bearer guess"}).status_code == 401


def test_the_api_shows_the_rows(world: World, api: httpx.Client) -> None:
    kitchen_fire(world)
    smaller_things(world)
    incidents = api.get("/api/v1/incidents").json()
    assert [one["severity"] for one in incidents] == ["critical", "major", "minor"]
    assert incidents[0]["place"] == "6号楼 12层 1203室"
    assert api.get("/api/v1/incidents", params={"state": "closed"}).json()[0]["outcome"] == "误报"
    assert api.get(f"/api/v1/incidents/{FIRE}/alerts").json()[0]["rule"] == "smoke"
    assert len(api.get("/api/v1/devices").json()) == 36 - 1
    assert api.get("/api/v1/quarantine", params={"limit": 1}).json()[0]["reason"] == "bad_checksum"
    assert {one["role"] for one in api.get("/api/v1/deliveries").json()} == {"property", "volunteer", "committee"}
    assert ("api", "room", FIRE) in world.looks()


def test_commands_are_stepped_or_waited_for(world: World, api: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen_fire(world)
    with Owner(world):
        done = api.post("/api/v1/commands", json={"do": "accept", "incident": FIRE})
        assert (done.status_code, done.json()["done"], done.json()["refused"]) == (200, True, None)
        refused = api.post("/api/v1/commands", json={"do": "accept", "incident": 999})
        assert refused.json()["refused"] == "no such incident"
    monkeypatch.setattr("hub.web.site.ANSWER_WITHIN_MS", 1)
    waiting = api.post("/api/v1/commands", json={"do": "arrive", "incident": FIRE})
    assert (waiting.status_code, waiting.json()["done"]) == (202, False)
    assert world.commands()[::2] == [
        Accept(actor="console", incident=FIRE),
        Arrive(actor="console", incident=FIRE),
    ]


@pytest.mark.usefixtures("owner")
def test_a_session_needs_the_form_token_and_the_right(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.GUARD)
    wanted = {"do": "accept", "incident": FIRE}
    assert http.post("/api/v1/commands", json=wanted).status_code == 403
    assert http.post("/api/v1/commands", json=wanted, headers={"x-form-token": form}).status_code == 200
    replay = {"do": "replay", "seq": 1}
    assert http.post("/api/v1/commands", json=replay, headers={"x-form-token": form}).status_code == 403
    assert http.get("/api/v1/quarantine").status_code == 403


@pytest.mark.usefixtures("owner")
def test_the_office_through_the_api(world: World, api: httpx.Client) -> None:
    people = {one["id"]: one for one in api.get("/api/v1/people").json()}
    assert people["wu"] == {"id": "wu", "name": "吴建国", "agreed": True, "roles": ["property"], "channels": ["inbox"]}
    now_ms = world.clock.now_ms
    shifts = api.get("/api/v1/rota", params={"from": now_ms, "until": now_ms + 3_600_000}).json()
    assert {(one["role"], one["person"]) for one in shifts} == {("property", "wu"), ("volunteer", "li")}
    assert api.get("/api/v1/rota", params={"from": now_ms, "until": now_ms - 1}).json() == []
    world.health(ContactHealth(person="wu", contact="wu-inbox", day="2024-05-11", failures=2))
    assert api.get("/api/v1/contact-health").json()[0]["failures"] == 2
    wanted = {"place": "b6-1203", "person": "wu", "reason": "做饭", "minutes": 30}
    assert api.post("/api/v1/works", json=wanted).status_code == 200
    until_ms = now_ms + 30 * 60_000
    assert world.commands() == [
        StartWorks(actor="console", place="b6-1203", until_ms=until_ms, person="wu", reason="做饭")
    ]
    assert api.post("/api/v1/works", json={**wanted, "minutes": 241}).status_code == 422
    assert api.get("/api/v1/works").json() == []
    assert api.get("/api/v1/drills").json() == []
    assert api.get("/api/v1/reach").json() == {"proved": None, "at_ms": None, "days": 0, "gaps": 0}


def test_the_api_names_nobody_to_those_who_see_no_names(world: World, http: httpx.Client) -> None:
    sign_in(world, http, Role.COMMITTEE)
    assert {one["name"] for one in http.get("/api/v1/people").json()} == {""}
    assert http.get("/api/v1/drills").status_code == 403


def test_a_push_is_handed_on_whole_and_answered_with_what_comes_back(world: World, http: httpx.Client) -> None:
    body = b'{"deviceId": "1"}\x00'
    answer = http.post("/ingest/ctwing", params={"token": "t"}, content=body, headers={"x-signature": "s"})
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    source, got, headers, query = world.pushed[0]
    assert (source, got, query, headers["x-signature"]) == ("ctwing", body, {"token": "t"}, "s")
    assert http.get("/ingest/onenet", params={"msg": "hello"}).status_code == 200
    assert world.pushed[1][2][":method"] == "GET"


def test_a_push_may_be_16_mb_and_no_more(world: World, http: httpx.Client) -> None:
    assert http.post("/ingest/big", content=b"x" * (16 * 1024 * 1024)).status_code == 200
    assert http.post("/ingest/big", content=b"x" * (16 * 1024 * 1024 + 1)).status_code == 413
    assert http.post("/login", content=b"x" * 70_000).status_code == 413
    assert len(world.pushed) == 1


def test_health_and_metrics_need_no_login(http: httpx.Client) -> None:
    assert http.get("/healthz").json() == {"ok": True}
    assert "hub_up 1" in http.get("/metrics").text


def test_whatever_the_openapi_allows_is_answered_as_it_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.web.site.ANSWER_WITHIN_MS", 1)
    kitchen_fire(world)
    smaller_things(world)
    with world.engine.begin() as connection:
        put_setting(connection, API_TOKEN_HASH, digest(TOKEN))
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", create_app(world.deps))
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(operations) == 22
    for operation in operations:
        _try_operation(operation)


def _try_operation(operation: schemathesis.schemas.APIOperation[Any, Any, Any, Any]) -> None:
    """A few requests that the schema allows, each answered as the schema says."""

    @settings(
        max_examples=10,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def answers(case: schemathesis.Case[Any]) -> None:
        headers = {"authorization": f"Bearer {TOKEN}"}
        case.call_and_validate(headers=headers, excluded_checks=[schemathesis.checks.ignored_auth])

    answers()
