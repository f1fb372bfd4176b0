"""Chromium on the parking pages: the plan moves by itself, a census survives a dead network, nothing is too wide."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Route, expect

from hub.core.commands import CountSpaces
from hub.core.parking.state import ParkingChanges, SpaceState
from hub.model import Verdict
from tests.web.conftest import Served
from tests.web.parking_world import EAST, park, put
from tests.web.test_browser import opened
from tests.web.test_office_browser import enter
from tests.web.world import NIGHT_MS, World

PAGES = ("", "/gates", "/table", "/visits", "/census", "/hotspots", "/space?id=s31")


def test_the_plan_moves_without_being_fetched_again(world: World, served: Served, browser: Browser) -> None:
    park(world)
    with opened(browser, 1280, 800) as page:
        enter(world, served, page)
        page.goto(served.url + "/parking")
        space = page.locator("#plan [data-space='s0']")
        expect(space).to_have_class("bay free")
        page.evaluate("document.body.dataset.same = '1'")
        put(world, ParkingChanges(spaces={"s0": SpaceState(occupied=True, since_ms=NIGHT_MS)}))
        expect(space).to_have_class("bay car")
        expect(space.locator("title")).to_have_text("A1 · 有车")
        expect(page.locator("body")).to_have_attribute("data-same", "1")


@pytest.mark.usefixtures("owner")
def test_a_census_waits_for_the_network(world: World, served: Served, browser: Browser) -> None:
    park(world)
    with opened(browser, 390, 844) as page:
        enter(world, served, page)
        page.goto(served.url + "/parking/census")
        page.get_by_role("button", name="汽车", exact=True).click()
        page.get_by_role("button", name="没有东西").click()
        page.context.set_offline(True)
        page.locator("#walk-send").click()
        expect(page.locator("#walk-said")).to_contain_text("没有发出")
        page.context.set_offline(False)
        expect(page.locator("#walk-said")).to_contain_text("已记录2个车位")
        for path in PAGES:
            page.goto(served.url + "/parking" + path)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    (command,) = world.commands()
    assert isinstance(command, CountSpaces)
    assert (command.actor, command.zone) == ("wu", EAST)
    assert command.spaces == {"s0": Verdict.CAR, "s1": Verdict.NOTHING}


@pytest.mark.usefixtures("owner")
def test_a_census_whose_answer_was_lost_counts_once_and_a_reload_goes_on_where_it_was(
    world: World, served: Served, browser: Browser, tmp_path: Path
) -> None:
    park(world)
    photo = tmp_path / "a.jpg"
    Image.new("RGB", (320, 240), "gray").save(photo)
    lost: list[int] = []

    def lose_the_first(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)  # the hub has it
            route.abort()
        else:
            route.continue_()

    with opened(browser, 390, 844) as page:
        enter(world, served, page)
        page.goto(served.url + "/parking/census")
        page.locator("#walk-photo").set_input_files(photo)
        expect(page.locator("#walk-photo-said")).to_have_text("已有照片,可重拍")
        page.get_by_role("button", name="汽车", exact=True).dblclick()
        expect(page.locator("#walk-done")).to_have_text("1")
        expect(page.locator("#walk-name")).to_have_text("A2")
        page.get_by_role("button", name="没有东西").click()
        page.reload()
        expect(page.locator("#walk-done")).to_have_text("2")
        expect(page.locator("#walk-name")).to_have_text("A3")
        page.route("**/parking/census?*", lose_the_first)
        page.locator("#walk-send").click()
        expect(page.locator("#walk-said")).to_contain_text("没有发出")
        page.reload()
        page.locator("#walk-send").click()
        expect(page.locator("#walk-said")).to_contain_text("已记录2个车位。还有58个车位没走")
        expect(page.locator("#walk-done")).to_have_text("0")
        page.get_by_role("button", name="汽车", exact=True).click()
        page.locator("#walk-send").click()
        expect(page.locator("#walk-said")).to_contain_text("已记录1个车位")
    assert lost == [200]
    first, second = [one for one in world.commands() if isinstance(one, CountSpaces)]
    assert first.spaces == {"s0": Verdict.CAR, "s1": Verdict.NOTHING}
    assert list(first.photos) == ["s0"]
    assert second.spaces == {"s0": Verdict.CAR}
    assert first.walk != second.walk
