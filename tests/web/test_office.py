"""Pauses and works, drills, looks, reach, and the registry's files."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import msgspec
import pytest
from sqlalchemy import insert

from hub.core.commands import StartDrill, StartSilence, StartWorks
from hub.model import (
    CalendarDay,
    Contact,
    Device,
    Handling,
    Incident,
    Kind,
    Leave,
    Notification,
    NotificationState,
    Override,
    Permit,
    Purpose,
    Responder,
    Severity,
)
from hub.store import schema
from hub.web.access import Role
from hub.web.plots import drill_plot
from tests.web.core_owner import CoreOwner
from tests.web.story import FIRE, kitchen_fire
from tests.web.test_desk import sign_in
from tests.web.test_people import FULL
from tests.web.world import HERE, MINUTE, NIGHT_MS, World

HOUR = 3_600_000


@pytest.fixture
def core(world: World) -> Iterator[CoreOwner]:
    with CoreOwner(world) as running:
        yield running


# ── pauses and works ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("core")
def test_a_pause_takes_all_its_selectors_and_ends_early(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.GUARD)
    wanted = {"form": form, "hours": 2, "reason": "换电机", "place": "gate-e", "kind": "gate", "device": "gate-e-1"}
    assert http.post("/silences", data=wanted).headers["location"] == "/silences?said=saved"
    until_ms = NIGHT_MS + 2 * HOUR
    assert world.commands() == [
        StartSilence(
            actor="console", until_ms=until_ms, reason="换电机", place="gate-e", kind="gate", device="gate-e-1"
        )
    ]
    page = http.get("/silences").text
    assert "换电机" in page
    assert "东门道闸 · 道闸 · gate-e-1" in page
    number = re.findall(r"/silences/(\d+)/end", page)[0]
    http.post(f"/silences/{number}/end", data={"form": form})
    assert "没有暂停" in http.get("/silences").text
    again = http.post(f"/silences/{number}/end", data={"form": form})
    assert "there is no such silence any more" in again.text


@pytest.mark.usefixtures("core")
def test_a_refused_pause_keeps_what_was_typed(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    answer = http.post("/silences", data={"form": form, "hours": 2, "reason": "换电机", "device": "nothing"})
    assert answer.status_code == 409
    assert "there is no device nothing" in answer.text
    assert 'value="换电机"' in answer.text


@pytest.mark.usefixtures("core")
def test_works_name_a_home_and_a_person_and_end(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    wanted = {"form": form, "home": "b6-1203", "person": "wu", "why": "做饭", "minutes": "60"}
    assert http.post("/works", data=wanted).status_code == 303
    assert world.commands() == [
        StartWorks(actor="console", place="b6-1203", until_ms=NIGHT_MS + HOUR, person="wu", reason="做饭")
    ]
    page = http.get("/silences").text
    assert "6号楼 12层 1203室" in page
    assert "现场:吴建国" in page
    refused = http.post("/works", data={**wanted, "home": "b6"})
    assert "works are for one home" in refused.text
    number = re.findall(r"/works/(\d+)/end", page)[0]
    http.post(f"/works/{number}/end", data={"form": form})
    assert "没有作业" in http.get("/silences").text


def test_a_guard_sees_no_names_and_registers_no_works(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.GUARD)
    assert "吴建国" not in http.get("/silences").text
    assert http.post("/works", data={"form": form, "home": "b6-1203", "person": "wu"}).status_code == 403


# ── drills ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def drilled(world: World, number: int, *, at_ms: int, accept_s: int, arrive_s: int | None) -> None:
    world.incident(
        Incident(
            id=number,
            place="b6",
            cause="fire",
            severity=Severity.CRITICAL,
            opened_ms=at_ms,
            policy="critical",
            drill=True,
            accepted_ms=at_ms + accept_s * 1000,
            on_site_ms=at_ms + arrive_s * 1000 if arrive_s else None,
            closed_ms=at_ms + HOUR,
            handling=Handling.DONE,
            responders=[Responder(person="wu", at_ms=at_ms + accept_s * 1000, state=Handling.ACCEPTED)],
        )
    )
    for n, person in enumerate(("wu", "li")):
        world.notification(
            Notification(
                id=number * 10 + n,
                incident=number,
                person=person,
                role="property",
                purpose=Purpose.RAISED,
                severity=Severity.CRITICAL,
                created_ms=at_ms,
                state=NotificationState.SENT if n == 0 else NotificationState.MISSED,
                sent_ms=at_ms + 400 if n == 0 else None,
                drill=True,
            )
        )


def test_drills_are_scored_by_building_and_plotted(world: World, http: httpx.Client) -> None:
    drilled(world, 700, at_ms=NIGHT_MS - 60 * 24 * HOUR, accept_s=95, arrive_s=400)
    drilled(world, 710, at_ms=NIGHT_MS - 30 * 24 * HOUR, accept_s=41, arrive_s=None)
    kitchen_fire(world)
    sign_in(world, http, Role.PROPERTY)
    page = http.get("/drills").text
    assert "41秒" in page
    assert "6分40秒" in page
    assert page.count('<circle class="accept"') == 2
    assert page.count('<circle class="arrive"') == 1
    assert page.count("1/2") == 2
    assert f"/incidents/{FIRE}" not in page, "a real alarm is no drill"
    assert "2/4" in page, "reached and told of the building"


def test_a_plot_of_one_drill_stays_inside_its_frame() -> None:
    plot = drill_plot([(NIGHT_MS, 30.0, 100_000.0)])
    assert plot is not None
    assert all(0 <= one.x <= plot.width and 0 <= one.y <= plot.height for one in [*plot.accept, *plot.arrive])
    assert drill_plot([(NIGHT_MS, None, None)]) is None


@pytest.mark.usefixtures("core")
def test_a_drill_starts_only_when_somebody_says_that_phones_will_ring(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    wanted = {"form": form, "place": "b6-1203", "rule": "smoke", "acts": "1"}
    refused = http.post("/drills", data=wanted)
    assert refused.status_code == 422
    assert "请确认你知道手机会响" in refused.text
    assert http.post("/drills", data={**wanted, "sure": "1"}).headers["location"] == "/drills?said=saved"
    assert world.commands() == [StartDrill(actor="console", place="b6-1203", rule="smoke", acts=True)]
    assert "进行中" in http.get("/drills").text
    again = http.post("/drills", data={**wanted, "sure": "1"})
    assert "a drill is already open there" in again.text


# ── looks and reach ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_look_log_says_who_saw_what_and_is_filtered(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    sign_in(world, http, Role.ADMIN)
    http.get(f"/incidents/{FIRE}")
    http.get("/person", params={"id": "wu"})
    page = http.get("/looks").text
    assert "住户门牌" in page
    assert "人员资料" in page
    only = http.get("/looks", params={"incident": str(FIRE)}).text
    assert "住户门牌</td>" in only
    assert "人员资料</td>" not in only
    assert "没有记录" in http.get("/looks", params={"who": "nobody"}).text
    assert "默认三年" in page


def prove(world: World, body: dict[str, object]) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            insert(schema.proof).values(
                community=HERE,
                at_ms=body["at_ms"],
                proved=body["proved"],
                body=msgspec.json.encode(body).decode(),
            )
        )


def test_reach_says_when_it_was_proved_and_where_the_gaps_are(world: World, http: httpx.Client) -> None:
    sign_in(world, http, Role.PROPERTY)
    assert "还没有检查过" in http.get("/reach").text
    gap = {
        "from_ms": NIGHT_MS,
        "until_ms": NIGHT_MS + 4 * HOUR,
        "rule": "smoke",
        "place": "b6",
        "people": ["li"],
        "providers": ["wecom"],
        "said_zh": "6号楼:只有李秀英,只有企业微信",
        "said_en": "building 6: only Li, only WeCom",
    }
    prove(world, {"proved": False, "at_ms": NIGHT_MS - 26 * HOUR, "days": 30, "gaps": [gap], "newer": 1})
    page = http.get("/reach").text
    assert "有 1 处缺口" in page
    assert "05-11 03:12 – 05-11 07:12" in page
    assert "只有李秀英" in page
    assert "可能过时" in page
    assert "only Li" in http.get("/reach", params={"lang": "en"}).text


def test_a_gap_of_several_rules_and_places_that_comes_again(world: World, http: httpx.Client) -> None:
    gap = {
        "from_ms": NIGHT_MS,
        "until_ms": NIGHT_MS + 4 * HOUR,
        "rules": ["smoke", "gate_stuck"],
        "places": ["b6", "b8"],
        "people": ["li"],
        "providers": ["aliyun"],
        "times": 5,
        "last_ms": NIGHT_MS + 5 * 24 * HOUR,
        "why": [{"person": "wu", "reason": "asleep"}],
    }
    prove(world, {"proved": False, "at_ms": NIGHT_MS, "days": 30, "gaps": [gap], "more": 2})
    sign_in(world, http, Role.PROPERTY)
    page = http.get("/reach").text
    assert "有 3 处缺口" in page
    assert "6号楼, 8号楼 · 烟感报警, 道闸抬杆未落 · 共5次,到 05-16" in page
    assert "能叫到的人:李秀英" in page
    assert "渠道:阿里云" in page


def test_a_gap_names_nobody_to_those_who_see_no_names(world: World, http: httpx.Client) -> None:
    gap = {"from_ms": NIGHT_MS, "until_ms": NIGHT_MS + HOUR, "place": "b6", "people": ["li"], "said_zh": "只有李秀英"}
    prove(world, {"proved": False, "at_ms": NIGHT_MS, "days": 30, "gaps": [gap]})
    sign_in(world, http, Role.COMMITTEE)
    page = http.get("/reach").text
    assert "6号楼" in page
    assert "李秀英" not in page


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def upload(http: httpx.Client, form: str, content: bytes) -> tuple[httpx.Response, str]:
    answer = http.post("/registry", data={"form": form}, files={"file": ("registry", content)})
    return answer, next(iter(re.findall(r'name="upload" value="([^"]+)"', answer.text)), "")


def furnish(world: World) -> None:
    world.register(FULL)
    world.put_registry("permit", "沪A12345", Permit(plate="沪A12345", place="b6-1203"))
    override = Override(id="o1", role="property", person="li", from_ms=NIGHT_MS, until_ms=NIGHT_MS + HOUR)
    world.put_registry("override", "o1", override)
    world.put_registry("calendar_day", "2024-06-01", CalendarDay(date="2024-06-01", rest=True, name="儿童节"))
    world.drop_registry("duty", "d4")  # of somebody who is not registered


def test_the_whole_registry_goes_out_and_comes_in_as_it_was(world: World, http: httpx.Client) -> None:
    furnish(world)
    form = sign_in(world, http, Role.ADMIN)
    content = http.get("/registry.jsonl").content
    kinds = [msgspec.json.decode(line)["type"] for line in content.splitlines()]
    assert kinds == sorted(kinds, key=list(dict.fromkeys(kinds)).index), "each after what it refers to"
    assert set(kinds) == {
        "put_place", "put_device", "put_person", "put_duty", "put_permit", "put_override", "put_calendar_day"
    }  # fmt: skip
    for file in ("/registry.jsonl", "/people.csv", "/duties.csv"):
        answer, token = upload(http, form, http.get(file).content)
        assert "和现在完全一样" in answer.text, file
        assert token == ""
    assert ("admin", "registry", 0) in world.looks()


@pytest.mark.usefixtures("core")
def test_an_upload_is_shown_then_done_whole(world: World, http: httpx.Client) -> None:
    furnish(world)
    form = sign_in(world, http, Role.ADMIN)
    text = http.get("/people.csv").content.decode("utf-8-sig")
    text = (
        text.replace("何护士", "何医生")
        + "qian,钱阿姨,zh,+8613800000000,yes,,22:00-06:30,major,,,,qian-inbox inbox://qian\r\n"
    )
    answer, token = upload(http, form, text.encode("utf-8-sig"))
    assert "新增 1,改动 1,不变 4,错误 0" in answer.text
    assert world.commands() == []
    assert (
        http.post("/registry/confirm", data={"form": form, "upload": token}).headers["location"]
        == "/registry?said=saved"
    )
    assert world.person("he") == msgspec.structs.replace(FULL, name="何医生")
    assert world.person("qian").contacts == (Contact(id="qian-inbox", url="inbox://qian"),)
    assert world.person("qian").phone == "+8613800000000"
    exported = http.get("/people.csv").content.decode("utf-8-sig")
    assert ",'+8613800000000," in exported, "no cell is a formula to a spreadsheet"


def test_one_mistake_and_nothing_is_done(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.ADMIN)
    lines = [
        b'{"type":"put_place","actor":"x","place":{"id":"b9","kind":"building","name":"9","parent":"ghy"}}',
        b'{"type":"put_duty","actor":"x","duty":{"id":"d9","role":"guard","person":"nobody"}}',
        b'{"type":"accept","actor":"x","incident":1}',
        b"not json",
        b'{"type":"put_place","actor":"x","place":{"id":"b9","kind":"building","name":"9","parent":"moon"}}',
    ]
    answer, token = upload(http, form, b"\n".join(lines))
    assert (answer.status_code, token) == (422, "")
    for said in ("没有这个人", "nobody", "这一行不是登记命令", "文件里出现了两次"):
        assert said in answer.text, said
    answer, token = upload(http, form, b"id,role,person,from\r\nx,guard,wu,25:99\r\n")
    assert (answer.status_code, token) == (422, "")
    assert "is no time of day" in answer.text
    answer, token = upload(http, form, "id,role,person\r\nx,guard,wu".encode("utf-16"))
    assert "不是 UTF-8" in answer.text


def test_an_upload_counts_only_for_the_registry_that_it_was_shown_against(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.ADMIN)
    line = b'{"type":"put_place","actor":"x","place":{"id":"b9","kind":"building","name":"9","parent":"ghy"}}'
    _, token = upload(http, form, line)
    world.register(FULL)
    answer = http.post("/registry/confirm", data={"form": form, "upload": token})
    assert answer.status_code == 409
    assert "被别人改过" in answer.text
    _, token = upload(http, form, line)
    world.clock.now_ms += 16 * MINUTE
    assert http.post("/registry/confirm", data={"form": form, "upload": token}).status_code == 409
    assert world.commands() == []


def test_only_the_administrator_takes_the_registry_home(world: World, http: httpx.Client) -> None:
    sign_in(world, http, Role.PROPERTY)
    for path in ("/registry.jsonl", "/people.csv", "/duties.csv", "/looks"):
        assert http.get(path).status_code == 403, path


def test_leave_survives_a_spreadsheet(world: World, http: httpx.Client) -> None:
    world.register(
        msgspec.structs.replace(FULL, leave=(Leave(from_ms=NIGHT_MS, until_ms=NIGHT_MS + HOUR, reason='a, b"c'),))
    )
    world.device(Device(id="x", kind=Kind.SMOKE, place="b6"))
    form = sign_in(world, http, Role.ADMIN)
    # A moment that is not a whole minute is cut by the spreadsheet: everything else is as it was.
    answer, _ = upload(http, form, http.get("/people.csv").content)
    assert "错误 0" in answer.text
