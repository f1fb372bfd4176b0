"""Gates on the desk: what is wrong with each lane in words, how far its list is, and giving the whole list again."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlalchemy import delete

from hub.gates.rows import EntryState, in_sync
from hub.model import Permit, PermitKind
from hub.store.schema_parking import list_entry
from hub.web.access import Role
from tests.web.parking_world import PLATE, listed, park
from tests.web.test_desk import sign_in
from tests.web.world import HERE, World


def lanes(page: str) -> dict[str, str]:
    """lane -> its part of the page, without tags."""
    parts = re.split(r'<div class="lane"><p class="lane-top"><b>[^<]*</b> <small>([^<]+)</small>', page)
    return {id: re.sub(r"<[^>]+>", " ", text) for id, text in zip(parts[1::2], parts[2::2], strict=True)}


def states(world: World) -> dict[EntryState, int]:
    with world.engine.connect() as connection:
        return in_sync(connection, HERE).get("n-in", {})


def test_each_lane_says_what_is_wrong_with_it_and_how_far_its_list_is(world: World, http: httpx.Client) -> None:
    park(world)
    sign_in(world, http, Role.PROPERTY)
    page = http.get("/parking/gates").text
    said = lanes(page)
    assert set(said) == {"n-in", "n-out", "s-both"}
    for words in (
        "车牌识别率过低",
        "名单没有同步",
        "名单未同步:还差2个",
        "相机里有2个车牌",
        "拒收1个",
        "相机拒收:4003",
    ):
        assert words in said["n-in"], words
    assert "正常" in said["n-out"]
    assert "不向这条车道的相机下发名单" in said["n-out"]
    for words in ("离线", "抬杆不落"):
        assert words in said["s-both"], words
    assert "北门地感" in page, "a device of no lane"
    assert PLATE not in page, "a camera that repeats the plate gives it away to nobody"


def test_a_camera_that_does_not_answer_and_a_list_that_is_there_say_so(world: World, http: httpx.Client) -> None:
    park(world)
    sign_in(world, http, Role.PROPERTY)
    with world.engine.begin() as connection:
        connection.execute(delete(list_entry))
    listed(world, PLATE, EntryState.WAITING, "no answer")
    assert "相机没有应答" in http.get("/parking/gates").text
    assert "The camera does not answer" in http.get("/parking/gates?lang=en").text
    listed(world, PLATE, EntryState.CONFIRMED, "")
    assert "List up to date" in http.get("/parking/gates").text


def test_the_whole_list_is_given_again_by_who_keeps_the_registry(world: World, http: httpx.Client) -> None:
    park(world)
    form = sign_in(world, http, Role.PROPERTY)
    assert states(world) == {EntryState.CONFIRMED: 2, EntryState.REFUSED: 1, EntryState.WAITING: 1}
    answer = http.post("/parking/gates/list", data={"form": form, "lane": "n-in"})
    assert answer.headers["location"] == "/parking/gates?said=given"
    assert states(world) == {EntryState.WAITING: 4}
    assert "名单会在一分钟内重新下发" in http.get("/parking/gates?said=given").text
    for lane in ("n-out", "nowhere"):
        assert http.post("/parking/gates/list", data={"form": form, "lane": lane}).status_code == 404
    assert http.post("/parking/gates/list", data={"form": "forged", "lane": "n-in"}).status_code == 403


@pytest.mark.parametrize("role", [Role.GUARD, Role.COMMITTEE, Role.VOLUNTEER])
def test_others_see_the_gates_and_have_no_button(world: World, http: httpx.Client, role: Role) -> None:
    park(world)
    form = sign_in(world, http, role)
    page = http.get("/parking/gates").text
    assert "北门进口相机" in page
    assert "重新下发整份名单" not in page
    assert http.post("/parking/gates/list", data={"form": form, "lane": "n-in"}).status_code == 403
    assert states(world)[EntryState.CONFIRMED] == 2


def test_one_tab_leads_to_everything_about_parking(world: World, http: httpx.Client) -> None:
    park(world)
    sign_in(world, http, Role.PROPERTY)
    parts = ["/parking", "/parking/gates", "/parking/visits", "/permits", "/plans", "/households", "/parking/table"]
    parts += ["/parking/census", "/parking/hotspots", "/permits/import"]
    for here in parts:
        page = http.get(here).text
        tabs, part = re.findall(r'<nav class="(?:tabs|filters parts)".*?</nav>', page, re.DOTALL)[:2]
        assert re.findall(r'href="([^"]+)" aria-current="page"', tabs) == ["/parking"], here
        assert re.findall(r'href="([^"]+)" aria-current="page"', part) == [here]
        assert re.findall(r'href="([^"]+)"', part) == parts
        assert "/permits" not in tabs


def test_households_name_no_plate_until_one_is_opened(world: World, http: httpx.Client) -> None:
    world.put_registry("permit", PLATE, Permit(plate=PLATE, place="b6-1203"))
    world.put_registry("permit", "沪B1", Permit(plate="沪B1", place="b6-1203", until_ms=1, kind=PermitKind.VISITOR))
    sign_in(world, http, Role.PROPERTY)
    page = http.get("/households").text
    assert "1203室" in page
    assert "有效1辆 · 未生效或已到期1辆" in page
    assert PLATE not in page
    assert world.looks() == []
    assert PLATE in http.get("/household?id=b6-1203").text
    assert ("property", "plate:household", 0) in world.looks()
    http.cookies.clear()
    sign_in(world, http, Role.GUARD)
    assert http.get("/households").status_code == 403
