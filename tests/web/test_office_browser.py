"""Chromium walks the office's screens on a phone: nothing is wider than the screen, and a form does what it says."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.web.access import Role
from hub.web.accounts import add_account
from tests.web.conftest import Served
from tests.web.core_owner import CoreOwner
from tests.web.test_browser import opened
from tests.web.test_desk import PASSWORD
from tests.web.test_people import FULL
from tests.web.world import NIGHT_MS, World

PAGES = (
    "/people",
    "/person?id=he",
    "/rota",
    "/rota/duty?id=d1",
    "/silences",
    "/drills",
    "/reach",
    "/registry",
    "/looks",
)


def enter(world: World, served: Served, page: Page) -> None:
    with world.engine.begin() as connection:
        add_account(connection, name="office", role=Role.ADMIN, password=PASSWORD, person="wu", now_ms=NIGHT_MS)
    page.goto(served.url + "/login")
    page.fill("input[name=name]", "office")
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button")
    page.wait_for_url(served.url + "/")


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_no_page_of_the_office_is_wider_than_a_phone(
    world: World, served: Served, browser: Browser, language: str
) -> None:
    world.register(FULL)
    with opened(browser, 390, 844, language=language) as page:
        enter(world, served, page)
        for path in PAGES:
            page.goto(served.url + path)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_the_office_changes_a_person_on_a_phone(world: World, served: Served, browser: Browser) -> None:
    world.register(FULL)
    with CoreOwner(world), opened(browser, 390, 844) as page:
        enter(world, served, page)
        page.goto(served.url + "/people")
        page.get_by_role("link", name="何护士").click()
        page.get_by_label("姓名").fill("何医生")
        page.locator("input[name=contact-3-url]").fill("wecom://${WECOM_KEY}")
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_role("status")).to_contain_text("已保存")
        expect(page.locator("h1")).to_contain_text("何医生")
        expect(page.locator("main")).to_contain_text("wecom://${WECOM_KEY}")
    assert [one.url for one in world.person("he").contacts][-1] == "wecom://${WECOM_KEY}"
