"""Chromium walks the pages as people do: a volunteer at 390 px, the control room at 1920."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from hub.core.commands import Accept, Arrive, Opened
from hub.delivery.links import LinkClaim
from hub.model import Handling
from hub.web.access import Role
from hub.web.accounts import add_account
from tests.web.conftest import Served
from tests.web.owner import step_commands
from tests.web.story import FIRE, kitchen_fire
from tests.web.world import HERE, NIGHT_MS, World


@contextmanager
def opened(browser: Browser, width: int, height: int, *, language: str = "zh-CN") -> Iterator[Page]:
    """A page of its own that fails the test on any script error or anything that the policy blocked."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale=language)
    context.set_default_timeout(8_000)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Security Policy" in said.text else None)
    yield page
    context.close()
    assert wrong == []


def sound(page: Page, state: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-sound", state)


@pytest.mark.usefixtures("owner")
def test_a_first_time_volunteer_shown_only_the_message_answers_in_two_taps(
    world: World, served: Served, browser: Browser
) -> None:
    """A phone that was never here: no cookie, no login, nothing to read but the words that came."""
    kitchen_fire(world)
    address = f"{served.url}/a/{world.links.token(LinkClaim(HERE, FIRE, 'li'))}"
    words = "【紧急】6号楼12层烟感报警 03:11。①敲门、打住户电话 ②见烟见火,或有焦味无人应答,立即打119。"
    with opened(browser, 390, 844) as page:
        page.set_content(f'<p>{words}回复: <a href="{address}">{address}</a></p>')
        taps = 0
        page.get_by_role("link").click()
        taps += 1
        go = page.get_by_role("button", name="我去", exact=True)
        expect(go).to_be_in_viewport()
        others = page.locator("button").all_inner_texts()
        assert others == ["我去", "去不了"], "nothing else asks for a decision"
        go.click()
        taps += 1
        expect(page.locator("#mine")).to_contain_text("已记录:你去")
        expect(page.locator(".who")).to_contain_text("还缺1人")
    assert taps == 2
    incident = world.read_incident(FIRE)
    assert [(one.person, one.via) for one in incident.responders] == [("li", "link")]
    assert Opened(actor="li", incident=FIRE) in world.commands(), "its script said that a person has it open"


@pytest.mark.usefixtures("owner")
def test_a_phone_without_javascript_answers_asks_for_help_and_closes(
    world: World, served: Served, browser: Browser
) -> None:
    kitchen_fire(world)
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.url}/a/{world.links.token(LinkClaim(HERE, FIRE, 'li'))}")
    page.get_by_role("button", name="我去", exact=True).click()
    page.get_by_placeholder("例如").fill("要梯子")
    page.get_by_role("button", name="需要支援").click()
    expect(page.locator(".note.good")).to_contain_text("已请求支援")
    page.locator("#hand summary").click()
    page.get_by_role("combobox").select_option("物业")
    page.get_by_role("button", name="请他来接手").click()
    expect(page.locator(".feed")).to_contain_text("物业")
    page.get_by_role("button", name="已到场").click()
    page.get_by_role("radio", name="误报").check()
    page.get_by_role("button", name="处置完毕").click()
    expect(page.locator(".ended")).to_contain_text("误报")
    context.close()


@pytest.mark.usefixtures("owner")
def test_a_photo_goes_from_the_camera_to_the_others(
    world: World, served: Served, browser: Browser, tmp_path: Path
) -> None:
    kitchen_fire(world)
    Image.new("RGB", (2400, 1800), "#8a6d4b").save(tmp_path / "smoke.jpg")
    with opened(browser, 390, 844) as page:
        page.goto(f"{served.url}/a/{world.links.token(LinkClaim(HERE, FIRE, 'li'))}")
        page.get_by_role("button", name="我去", exact=True).click()
        expect(page.locator("#mine")).to_contain_text("已记录:你去")
        page.locator("input[name=photo]").set_input_files(tmp_path / "smoke.jpg")
        expect(page.locator(".shot")).to_contain_text("已拍好")
        page.get_by_role("button", name="发送", exact=True).click()
        shown = page.locator(".feed img")
        expect(shown).to_be_visible()
        page.wait_for_function("document.querySelector('.feed img').naturalWidth > 0")
        assert shown.evaluate("image => image.naturalWidth") == 1600
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.usefixtures("owner")
def test_what_somebody_is_writing_stays_when_the_page_changes(world: World, served: Served, browser: Browser) -> None:
    kitchen_fire(world)
    with opened(browser, 390, 844) as page:
        page.goto(f"{served.url}/a/{world.links.token(LinkClaim(HERE, FIRE, 'li'))}")
        page.get_by_role("button", name="我去", exact=True).click()
        page.locator("#hand summary").click()
        world.deps.write_command(HERE, Accept(actor="wu", incident=FIRE))
        expect(page.locator(".who")).to_contain_text("人手够了")
        expect(page.locator("#hand")).to_have_attribute("open", "")
        page.get_by_placeholder("例如").fill("要梯子")
        page.locator("h1").click()
        with page.expect_response("**/fragments/**"):
            world.deps.write_command(HERE, Arrive(actor="wu", incident=FIRE))
        expect(page.get_by_placeholder("例如")).to_have_value("要梯子")


def test_the_service_worker_is_one_that_chromium_takes(world: World, served: Served, browser: Browser) -> None:
    with opened(browser, 390, 844) as page:
        page.goto(f"{served.url}/inbox/{world.links.token(LinkClaim(HERE, 0, 'li'))}")
        state = page.evaluate(
            """async () => {
                const made = await navigator.serviceWorker.register("/static/sw.js");
                const worker = made.installing || made.waiting || made.active;
                if (worker.state !== "activated") {
                    await new Promise((done) => worker.addEventListener("statechange", () => {
                        if (worker.state === "activated") done();
                    }));
                }
                return [made.scope, worker.state];
            }"""
        )
    assert state == [f"{served.url}/static/", "activated"]


@pytest.mark.usefixtures("owner")
def test_the_desk_copies_the_text_for_a_group(world: World, served: Served, browser: Browser) -> None:
    kitchen_fire(world)
    with world.engine.begin() as connection:
        add_account(connection, name="p", role=Role.PROPERTY, password="correct horse", person="", now_ms=NIGHT_MS)
    with opened(browser, 1280, 800) as page:
        page.goto(f"{served.url}/login?next=/incidents/{FIRE}")
        page.locator("input[name=name]").fill("p")
        page.locator("input[name=password]").fill("correct horse")
        page.keyboard.press("Enter")
        expect(page.locator(".told")).to_be_visible()
        page.get_by_role("button", name="复制").click()
        expect(page.get_by_role("button", name="已复制")).to_be_visible()
        page.locator("#tool-call summary").click()
        page.locator("#tool-call select").select_option("李秀英 · 志愿者")
        page.locator("#tool-call").get_by_role("button", name="我去").click()
        expect(page.locator(".area-side")).to_contain_text("电话代录")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert [(one.person, one.via) for one in world.read_incident(FIRE).responders] == [("li", "call")]


@pytest.mark.usefixtures("owner")
def test_a_volunteer_answers_in_two_taps(world: World, served: Served, browser: Browser) -> None:
    kitchen_fire(world)
    link = f"{served.url}/a/{world.links.token(LinkClaim(HERE, FIRE, 'li'))}"
    with opened(browser, 390, 844) as page:
        page.goto(link)  # the first tap opened the link
        go = page.get_by_role("button", name="我去", exact=True)
        box = go.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 844, "the button is on the first screen"
        assert box["height"] >= 60
        go.click()
        expect(page.locator("#mine")).to_contain_text("已记录:你去")
        expect(page.locator(".band")).to_contain_text("1203室")
        page.get_by_role("button", name="已到场").click()
        page.get_by_role("radio", name="误报").check()
        page.get_by_role("radio", name="做饭油烟").check()
        page.get_by_role("button", name="处置完毕").click()
        expect(page.locator(".ended")).to_contain_text("误报(做饭油烟)")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert world.read_incident(FIRE).closed_by == "li"


def test_an_open_answer_page_follows_what_others_do(world: World, served: Served, browser: Browser) -> None:
    kitchen_fire(world)
    link = f"{served.url}/a/{world.links.token(LinkClaim(HERE, FIRE, 'li'))}"
    with opened(browser, 390, 844, language="en-US") as page:
        page.goto(link)
        expect(page.locator(".who")).to_contain_text("2 more needed")
        world.deps.write_command(HERE, Accept(actor="wu", incident=FIRE))
        step_commands(world)
        expect(page.locator(".who")).to_contain_text("1 more needed")


@pytest.mark.usefixtures("owner")
def test_the_wall_sounds_until_enter_accepts(world: World, served: Served, browser: Browser) -> None:
    with opened(browser, 1920, 1080) as page:
        page.goto(f"{served.url}/wall?token={world.keys.wall_token}")
        sound(page, "locked")
        expect(page.locator("#unlock")).to_be_visible()
        page.click("#unlock-button")
        sound(page, "armed")
        expect(page.locator("#unlock")).to_be_hidden()
        kitchen_fire(world)
        expect(page.locator(".hero")).to_contain_text("6号楼 12层 1203室")
        sound(page, "sounding")
        page.click("#mute")
        sound(page, "muted")
        page.click("#mute")
        sound(page, "sounding")
        page.keyboard.press("Enter")
        expect(page.locator(".hero")).to_contain_text("控制室")
        sound(page, "armed")
    incident = world.read_incident(FIRE)
    assert incident.handling is Handling.ACCEPTED
    assert [one.person for one in incident.responders] == ["console"]


def test_a_mute_is_over_after_a_minute(world: World, served: Served, browser: Browser) -> None:
    kitchen_fire(world)
    with opened(browser, 1280, 800) as page:
        page.clock.install()
        page.goto(f"{served.url}/wall?token={world.keys.wall_token}")
        page.mouse.click(5, 5)
        sound(page, "sounding")
        page.click("#mute")
        sound(page, "muted")
        page.clock.run_for(59_000)
        sound(page, "muted")
        page.clock.run_for(2_000)
        sound(page, "sounding")


def test_a_mute_does_not_hide_the_next_alarm(world: World, served: Served, browser: Browser) -> None:
    kitchen_fire(world)
    with opened(browser, 1280, 800) as page:
        page.goto(f"{served.url}/wall?token={world.keys.wall_token}")
        page.mouse.click(5, 5)
        sound(page, "sounding")
        page.click("#mute")
        sound(page, "muted")
        kitchen_fire(world, incident=61)
        sound(page, "sounding")


def test_a_lost_connection_cannot_be_missed_and_mends_itself(world: World, served: Served, browser: Browser) -> None:
    with opened(browser, 1920, 1080) as page:
        page.goto(f"{served.url}/wall?token={world.keys.wall_token}")
        expect(page.locator("#link-state")).to_contain_text("实时")
        page.context.set_offline(True)
        page.evaluate("window.dispatchEvent(new Event('offline'))")
        served.drop_streams()
        expect(page.locator("#lost")).to_be_visible()
        expect(page.locator("#link-state")).to_contain_text("连接中断")
        page.context.set_offline(False)
        kitchen_fire(world)
        expect(page.locator("#lost")).to_be_hidden(timeout=15_000)
        expect(page.locator(".hero")).to_contain_text("1203室")


def test_a_fire_between_the_page_and_its_stream_is_shown(world: World, served: Served, browser: Browser) -> None:
    def burn_first(route: Route) -> None:
        kitchen_fire(world)
        route.continue_()

    with opened(browser, 390, 844) as page:
        page.route("**/live*", burn_first, times=1)
        page.goto(f"{served.url}/inbox/{world.links.token(LinkClaim(HERE, 0, 'li'))}")
        expect(page.locator(".quick.yes")).to_be_visible()


@pytest.mark.usefixtures("owner")
def test_the_inbox_answers_with_a_number(world: World, served: Served, browser: Browser) -> None:
    with opened(browser, 390, 844) as page:
        page.goto(f"{served.url}/inbox/{world.links.token(LinkClaim(HERE, 0, 'li'))}")
        expect(page.locator(".empty")).to_be_visible()
        kitchen_fire(world)
        page.locator(".quick.yes").click()
        expect(page.locator(".state.good")).to_contain_text("已记录:你去")
