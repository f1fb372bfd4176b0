"""The door and the desk over HTTP: accounts, roles, forms, and what a hostile device name does."""

from __future__ import annotations

import re

import httpx
import pytest

from hub.core.commands import Close, EndSilence, ReplayQuarantined, StartSilence
from hub.model import Device, Kind, Outcome
from hub.web.access import RIGHTS, Right, Role
from hub.web.accounts import add_account
from hub.web.keys import ensure_keys
from tests.web.story import FIRE, kitchen_fire, smaller_things
from tests.web.world import NIGHT_MS, World

PASSWORD = "correct horse"


def token_of(page: str) -> str:
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found
    return found[1]


def sign_in(world: World, http: httpx.Client, role: Role, person: str = "") -> str:
    """Gives the token for forms."""
    with world.engine.begin() as connection:
        add_account(connection, name=role, role=role, password=PASSWORD, person=person, now_ms=NIGHT_MS)
    form = token_of(http.get("/login").text)
    answer = http.post("/login", data={"name": role.value, "password": PASSWORD, "form": form})
    assert answer.status_code == 303
    return form


def test_the_setup_token_works_once(world: World, http: httpx.Client) -> None:
    address = f"/setup?token={world.keys.setup_token}"
    form = token_of(http.get(address).text)
    wanted = {"token": world.keys.setup_token, "name": "admin", "password": PASSWORD, "form": form}
    assert http.post("/setup", data={**wanted, "password": "short"}).status_code == 422
    assert http.post("/setup", data={**wanted, "token": "guess"}).status_code == 403
    assert http.post("/setup", data=wanted).headers["location"] == "/"
    assert http.get("/accounts").status_code == 200, "the first visitor with the token is signed in as administrator"
    assert http.get(address).status_code == 403
    assert http.post("/setup", data={**wanted, "name": "second"}).status_code == 403
    with world.engine.begin() as connection:
        assert ensure_keys(connection).setup_token == "", "with an account there is no setup any more"


def test_a_password_cannot_be_tried_for_ever(world: World, http: httpx.Client) -> None:
    with world.engine.begin() as connection:
        add_account(connection, name="a", role=Role.ADMIN, password=PASSWORD, person="", now_ms=NIGHT_MS)
    form = token_of(http.get("/login").text)
    tries = [http.post("/login", data={"name": "a", "password": "wrong", "form": form}) for _ in range(6)]
    assert [one.status_code for one in tries] == [401] * 5 + [429]
    right = {"name": "a", "password": PASSWORD, "form": form}
    assert http.post("/login", data=right).status_code == 429, "the right one has to wait as well"
    world.clock.now_ms += 300_001
    assert http.post("/login", data=right).status_code == 303


def test_login_leads_only_inside(world: World, http: httpx.Client) -> None:
    with world.engine.begin() as connection:
        add_account(connection, name="a", role=Role.ADMIN, password=PASSWORD, person="", now_ms=NIGHT_MS)
    form = token_of(http.get("/login").text)
    wanted = {"name": "a", "password": PASSWORD, "form": form}
    for address in ("//evil.example", "https://evil.example", "/\\evil.example"):
        assert http.post("/login", data={**wanted, "next": address}).headers["location"] == "/"


def test_a_new_password_ends_the_other_sessions(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.ADMIN)
    with httpx.Client(base_url=http.base_url, cookies=dict(http.cookies)) as other:
        assert other.get("/accounts").status_code == 200
        changed = {"old": PASSWORD, "password": "another long one", "form": form}
        assert http.post("/password", data=changed).status_code == 200
        assert http.get("/accounts").status_code == 200
        assert other.get("/accounts").status_code == 303


FORMS = [
    "/logout",
    "/silences",
    "/silences/1/end",
    "/works",
    "/works/1/end",
    f"/incidents/{FIRE}",
    "/quarantine/1/replay",
    "/accounts",
    "/person",
    "/person/test",
    "/person/remove",
    "/person/erase",
    "/rota/duty",
    "/rota/duty/remove",
    "/rota/override",
    "/rota/swap",
    "/rota/day",
    "/rota/remove",
    "/rota/ics",
    "/rota/ics/confirm",
    "/drills",
    "/registry",
    "/registry/confirm",
]


@pytest.mark.parametrize("path", FORMS)
def test_a_form_from_elsewhere_does_nothing(world: World, http: httpx.Client, path: str) -> None:
    sign_in(world, http, Role.ADMIN)
    fields = {"do": "accept", "hours": 1, "reason": "x", "role": "admin", "name": "x", "password": PASSWORD}
    assert http.post(path, data=fields).status_code == 403
    assert http.post(path, data={**fields, "form": "forged"}).status_code == 403
    assert world.commands() == []


PAGES = {
    "/": Right.COUNTS,
    f"/incidents/{FIRE}": Right.ALERTS,
    "/devices": Right.DEVICES,
    "/deliveries": Right.DELIVERIES,
    "/silences": Right.SILENCE,
    "/people": Right.PEOPLE,
    "/person": Right.REGISTRY,
    "/rota": Right.PEOPLE,
    "/rota/duty": Right.REGISTRY,
    "/reach": Right.PEOPLE,
    "/drills": Right.DRILL,
    "/registry": Right.REGISTRY,
    "/registry.jsonl": Right.ACCOUNTS,
    "/looks": Right.LOOKS,
    "/quarantine": Right.QUARANTINE,
    "/accounts": Right.ACCOUNTS,
    "/wall": Right.WALL,
}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_what_its_work_needs(world: World, http: httpx.Client, role: Role) -> None:
    kitchen_fire(world)
    sign_in(world, http, role)
    seen = {path: http.get(path).status_code for path in PAGES}
    assert seen == {path: 200 if right in RIGHTS[role] else 403 for path, right in PAGES.items()}


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.COMMITTEE, Role.STREET])
def test_roles_that_do_not_see_rooms_find_none_on_the_desk(world: World, http: httpx.Client, role: Role) -> None:
    kitchen_fire(world)
    smaller_things(world)
    sign_in(world, http, role)
    for path in ("/", f"/incidents/{FIRE}", "/devices", "/people", "/deliveries"):
        page = http.get(path).text
        assert "1203室" not in page, path
        assert "吴建国" not in page, path
    assert world.looks() == []


def test_the_timeline_says_who_was_not_told_and_why(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    sign_in(world, http, Role.ADMIN)
    page = http.get(f"/incidents/{FIRE}").text
    assert "没有通知" in page
    assert "该角色此刻无人" in page


@pytest.mark.usefixtures("owner")
def test_the_desk_closes_silences_and_replays(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    smaller_things(world)
    form = sign_in(world, http, Role.ADMIN, person="wu")
    http.post(f"/incidents/{FIRE}", data={"do": "close", "outcome": "false", "cause": "灰尘", "form": form})
    http.post("/silences", data={"hours": 2, "reason": "换电机", "place": "gate-e", "form": form})
    http.post("/silences/7/end", data={"form": form})
    http.post("/quarantine/9001/replay", data={"form": form})
    until_ms = world.clock.now_ms + 2 * 3_600_000
    assert world.commands() == [
        Close(actor="wu", incident=FIRE, via="console", outcome=Outcome.FALSE, cause="灰尘"),
        StartSilence(actor="wu", until_ms=until_ms, reason="换电机", place="gate-e"),
        EndSilence(actor="wu", silence=7),
        ReplayQuarantined(actor="wu", seq=9001),
    ]


@pytest.mark.usefixtures("owner")
def test_the_desk_says_when_a_command_was_refused(world: World, http: httpx.Client) -> None:
    smaller_things(world)
    form = sign_in(world, http, Role.ADMIN)
    answer = http.post("/incidents/30", data={"do": "accept", "form": form})
    assert answer.headers["location"] == "/incidents/30?said=refused"
    assert "没有生效" in http.get(answer.headers["location"]).text


def test_a_nul_in_a_form_is_refused_before_the_store(http: httpx.Client) -> None:
    form = token_of(http.get("/login").text)
    assert http.post("/login", data={"name": "a\0b", "password": "x", "form": form}).status_code == 422


def test_quarantine_shows_text_as_text_and_bytes_as_hex(world: World, http: httpx.Client) -> None:
    smaller_things(world)
    sign_in(world, http, Role.ADMIN)
    page = http.get("/quarantine").text
    assert "{&#34;smoke&#34;: tru" in page
    assert "00 03 06 09" in page
    assert "校验不符" in page


def test_hostile_names_stay_text(world: World, http: httpx.Client) -> None:
    attack = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    world.device(Device(id=attack, kind=Kind.SMOKE, place=attack, name=attack), facts={"label": attack, "alarm": True})
    world.quarantined(1, attack.encode(), topic=attack.encode())
    kitchen_fire(world)
    world.message(77, "li", attack, incident=FIRE, severity="critical", purpose=attack)
    sign_in(world, http, Role.ADMIN)
    for path in ("/devices", "/quarantine", "/", f"/login?next={attack}", f"/?lang={attack}&community={attack}"):
        page = http.get(path).text
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path


def test_every_answer_forbids_foreign_scripts_and_caching(http: httpx.Client) -> None:
    for path in ("/login", "/a/nonsense", "/healthz", "/static/wall.js"):
        headers = http.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] in ("no-store", "no-cache")


def test_a_hub_without_its_store_says_so_in_plain_words(world: World, http: httpx.Client) -> None:
    from hub.store import schema

    http.get("/login")
    schema.metadata.drop_all(world.engine)
    answer = http.get("/setup")
    assert answer.status_code == 503
    assert "119" in answer.text
