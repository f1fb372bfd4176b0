"""The wall over HTTP: who may see it, what is on it, what is not."""

from __future__ import annotations

import re

import httpx
import pytest

from hub.core.commands import Accept
from hub.model import Handling
from tests.web.story import FIRE, SILENT, kitchen_fire, smaller_things
from tests.web.world import MINUTE, World


@pytest.fixture
def wall(world: World, http: httpx.Client) -> httpx.Client:
    http.get("/wall", params={"token": world.keys.wall_token})
    return http


def form_token(page: str) -> str:
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found
    return found[1]


def test_without_token_or_login_there_is_no_wall(http: httpx.Client) -> None:
    assert http.get("/wall").headers["location"] == "/login?next=/wall"
    assert http.get("/wall", params={"token": "guess"}).status_code == 403
    assert http.get("/live").status_code == 401
    assert http.get("/fragments/wall").status_code == 401


def test_the_token_leaves_the_address_bar_for_a_cookie(world: World, http: httpx.Client) -> None:
    answer = http.get("/wall", params={"token": world.keys.wall_token, "lang": "en"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/wall?lang=en")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert http.get("/wall").status_code == 200


def test_a_wall_sees_the_wall_and_nothing_else(wall: httpx.Client) -> None:
    for path in ("/devices", "/people", "/quarantine", "/deliveries", "/accounts", "/incidents/41"):
        assert wall.get(path).status_code == 403, path


def test_a_calm_wall_says_so(wall: httpx.Client) -> None:
    assert "无未处理告警" in wall.get("/wall").text


def test_the_wall_shows_rooms_numbers_and_no_names(world: World, wall: httpx.Client) -> None:
    kitchen_fire(world)
    smaller_things(world)
    page = wall.get("/wall").text
    assert "6号楼 12层 1203室" in page
    assert "021-5555-0119" in page
    assert "万航渡路660弄6号楼12层1203室" in page, "the 119 script has the full address"
    for name in ("吴建国", "李秀英", "陈静"):
        assert name not in page
    assert ("wall", "room", FIRE) in world.looks()


def test_the_wall_counts_homes_without_a_live_detector_and_spaces(wall: httpx.Client) -> None:
    page = re.sub(r"\s+", " ", wall.get("/wall").text)
    assert "<b>2</b><span>户今晚无守护</span>" in page
    assert "<b>7</b><span>/ 24</span>" in page
    assert "1个车位状态不明" in page


def test_an_empty_rota_is_red_not_silent(wall: httpx.Client) -> None:
    assert re.search(r"duty-row gap\"><span>居委</span><b>无人值班", wall.get("/wall").text)


def test_old_data_is_shouted(world: World, wall: httpx.Client) -> None:
    assert "数据中断" not in wall.get("/wall").text
    world.clock.now_ms += 6 * MINUTE
    assert "数据中断" in wall.get("/wall").text


@pytest.mark.usefixtures("owner")
def test_one_key_accepts_as_the_console_and_needs_the_forms_token(world: World, wall: httpx.Client) -> None:
    kitchen_fire(world)
    page = wall.get("/wall").text
    assert wall.post("/wall/accept", data={"incident": FIRE}).status_code == 403
    assert wall.post("/wall/accept", data={"incident": FIRE, "form": form_token(page)}).status_code == 303
    assert world.commands() == [Accept(actor="console", incident=FIRE)]
    assert "控制室" in wall.get("/wall").text


def test_a_new_wall_token_signs_the_old_walls_out(world: World, wall: httpx.Client) -> None:
    from hub.web.keys import WALL_TOKEN, put_setting

    with world.engine.begin() as connection:
        put_setting(connection, WALL_TOKEN, "another")
    assert wall.get("/wall").status_code == 303


def test_what_nobody_answered_is_shown_however_much_is_open(world: World, wall: httpx.Client) -> None:
    kitchen_fire(world)
    for number in range(100, 107):
        answered = world.read_incident(FIRE)
        answered.id, answered.alerts, answered.handling = number, [], Handling.ACCEPTED
        world.incident(answered)
    smaller_things(world)
    page = wall.get("/wall").text
    assert f'data-incident="{FIRE}"' in page
    assert f'data-incident="{SILENT}"' in page
    assert page.count("data-incident=") == 5
    assert "另有5件未列出" in page
    assert page.count("<kbd>") == 1


def test_the_stream_tells_a_change_and_carries_no_place(world: World, wall: httpx.Client) -> None:
    with wall.stream("GET", "/live") as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("data:")) == "data: []"
        kitchen_fire(world)
        data = next(line for line in lines if line.startswith("data:") and "critical" in line)
    assert '"handling":"new"' in data
    assert "1203" not in data
    assert "b6" not in data
