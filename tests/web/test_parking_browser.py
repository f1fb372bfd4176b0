"""Chromium on the parking pages: the plan moves by itself, a census survives a dead network, nothing is too wide."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from hub.core.commands import CountSpaces
from hub.core.parking.state import ParkingChanges, SpaceState
from hub.model import Verdict
from tests.web.conftest import Served
from tests.web.parking_world import EAST, park, put
from tests.web.test_browser import opened
from tests.web.test_office_browser import enter
from tests.web.world import NIGHT_MS, World

PAGES = ("", "/table", "/visits", "/census", "/hotspots", "/space?id=s31")


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
        expect(page.locator("#walk-said")).to_contain_text("已更正")
        for path in PAGES:
            page.goto(served.url + "/parking" + path)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    wanted = {"s0": Verdict.CAR, "s1": Verdict.NOTHING}
    assert world.commands() == [CountSpaces(actor="wu", zone=EAST, spaces=wanted)]
