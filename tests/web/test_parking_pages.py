"""Parking on the desk: who sees what, plates masked, the plan in words, the table, the census, hot spots, the API."""

from __future__ import annotations

import io

import httpx
import msgspec
import pytest
from PIL import Image
from sqlalchemy import delete

from hub.core.commands import CorrectLedger, SayVerdict, StartWatch
from hub.core.parking.drift import CENSUS, GATES, SENSORS
from hub.core.parking.state import ParkingChanges, SpaceState
from hub.model import Direction, Verdict
from hub.plates import masked
from hub.store import schema_parking
from hub.web.access import RIGHTS, Right, Role
from hub.web.pages.parking import Now, changes
from hub.web.parking_plan import DRIFT
from tests.web.parking_world import EAST, PLATE, SQUAT, WEST, park, put, squatted
from tests.web.test_desk import sign_in
from tests.web.world import NIGHT_MS, World

PAGES = {
    "/parking": Right.PARKING,
    "/parking/gates": Right.PARKING,
    "/parking/table": Right.PARKING,
    "/parking/table.csv": Right.PARKING,
    "/parking/visits": Right.VISITS,
    "/parking/visits?show=visits": Right.VISITS,
    "/parking/census": Right.PARKING,
    "/parking/space?id=s31": Right.PARKING,
    "/parking/hotspots": Right.PARKING,
    "/permits": Right.PERMITS,
    "/plans": Right.PERMITS,
    "/households": Right.REGISTRY,
    "/permits/import": Right.REGISTRY,
    "/api/parking": Right.COUNTS,
    "/api/parking/east/spaces": Right.PARKING,
    "/api/parking/visits": Right.VISITS,
}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_what_its_work_needs_of_parking(world: World, http: httpx.Client, role: Role) -> None:
    park(world)
    sign_in(world, http, role)
    seen = {path: http.get(path).status_code for path in PAGES}
    assert seen == {path: 200 if right in RIGHTS[role] else 403 for path, right in PAGES.items()}
    for path in PAGES:
        if not path.startswith("/api"):
            assert PLATE not in http.get(path).text, path


def test_a_site_without_spaces_has_pages_that_say_so(world: World, http: httpx.Client) -> None:
    sign_in(world, http, Role.ADMIN)
    for path in PAGES:
        expected = 404 if "space?" in path else 200
        assert http.get(path).status_code == expected, path
    assert "还没有登记车位" in http.get("/parking").text


@pytest.mark.parametrize("drawn", [True, False])
def test_the_plan_says_each_state_in_words_and_drift_in_a_sentence(
    world: World, http: httpx.Client, drawn: bool
) -> None:
    park(world, drawn=drawn)
    sign_in(world, http, Role.VOLUNTEER)
    page = http.get("/parking").text
    assert page.count('class="bay ') == 120
    for words in ("17 ±2", "9 ±3", "道闸计数有偏差", "疑似非机动车", "通道被占", "A32", "北门"):
        assert words in page
    assert 'class="bay blocked" data-space="s118"' in page
    assert 'class="bay squat" data-space="s31"' in page
    assert 'class="bay unknown" data-space="s5"' in page
    assert "key=" not in page


def test_every_source_of_drift_that_is_no_lane_or_space_has_its_sentence() -> None:
    assert DRIFT.keys() == {GATES, SENSORS, CENSUS}


def test_only_what_changed_is_sent() -> None:
    before = Now(spaces={"a": "free", "b": "car"}, zones={"z": ("3 ±1", "")}, gates={})
    now = Now(spaces={"a": "car", "b": "car"}, zones={"z": ("3 ±1", "")}, gates={})
    assert changes(before, now).spaces == {"a": "car"}
    assert (changes(before, now).zones, changes(before, now).reload) == ({}, False)
    assert changes(None, now).spaces == now.spaces
    assert changes(before, msgspec.structs.replace(now, spaces={"a": "car"})).reload


def test_the_table_shows_the_week_and_gives_it_as_csv(world: World, http: httpx.Client) -> None:
    park(world)
    sign_in(world, http, Role.COMMITTEE)
    page = http.get("/parking/table").text
    assert "停车需求分析表" in page
    assert "100%" in page
    assert 'class="h10"' in page
    sheet = http.get("/parking/table.csv", params={"lang": "en"})
    assert sheet.headers["content-type"].startswith("text/csv")
    assert sheet.content.startswith(b"\xef\xbb\xbf")
    lines = sheet.text.splitlines()
    assert lines[0].endswith("Zone,Time,Occupied on average,Occupied %,Need,Full (minutes),Refused,In,Out")
    assert "东区,2024-05-10 21:00,60.0,100,62.0,20,2,3,2" in lines


def test_a_plate_in_full_is_a_click_that_is_logged(world: World, http: httpx.Client) -> None:
    park(world)
    sign_in(world, http, Role.GUARD)
    page = http.get("/parking/visits").text
    assert (PLATE in page, "沪A·**345" in page) == (False, True)
    assert world.looks() == []
    assert PLATE in http.get("/parking/visits?plain=e1").text
    assert world.looks() == [("guard", "plate:e1", 0)]


def test_asking_for_a_plate_helps_nobody_who_may_not_see_it(world: World, http: httpx.Client) -> None:
    park(world)
    sign_in(world, http, Role.COMMITTEE)
    assert PLATE not in http.get("/parking/visits?plain=e1").text
    assert {one["plate"] for one in http.get("/api/parking/visits").json()} == {"沪A·**345"}
    assert world.looks() == []


@pytest.mark.parametrize(("only", "seen"), [("", 16), ("tailgated", 1), ("missed", 1), ("odd", 6), ("unread", 3)])
def test_passages_by_what_was_odd(world: World, http: httpx.Client, only: str, seen: int) -> None:
    park(world)
    sign_in(world, http, Role.PROPERTY)
    page = http.get("/parking/visits", params={"only": only, "gate": "n-gate", "day": "2024-05-11"}).text
    assert page.count('<td class="num">') == 2 * seen
    assert http.get("/parking/visits", params={"day": "2024-01-01"}).text.count("没有记录") == 1


@pytest.mark.usefixtures("owner")
def test_the_office_adds_an_entry_and_must_say_why(world: World, http: httpx.Client) -> None:
    park(world)
    form = sign_in(world, http, Role.PROPERTY)
    page = http.get("/parking/visits").text
    assert 'action="/parking/ledger"' in page
    assert "更正是新增一条记录,原有记录不会改动。" in page
    sent = {"form": form, "direction": "out", "plate": "沪a·12345", "zone": EAST, "note": "保安看见出场"}
    wrong = http.post("/parking/ledger", data={**sent, "note": ""})
    assert wrong.status_code == 400
    assert "请写明原因" in wrong.text
    assert '<option value="out" selected>' in wrong.text, "what was typed stands there still"
    assert "沪a·12345" in wrong.text
    later = http.post("/parking/ledger", data={**sent, "at": "2024-05-11T03:13"})
    assert (later.status_code, "时间不能在将来" in later.text) == (409, True)
    assert world.commands() == []
    assert http.post("/parking/ledger", data={**sent, "at": "2024-05-11T03:10"}).status_code == 303
    assert http.post("/parking/ledger", data={**sent, "direction": "in", "plate": ""}).status_code == 303
    said = CorrectLedger(actor="console", direction=Direction.IN, zone=EAST, note="保安看见出场")
    at_ms = NIGHT_MS - 2 * 60_000
    assert world.commands() == [
        msgspec.structs.replace(said, direction=Direction.OUT, plate=PLATE, at_ms=at_ms),
        said,
    ], "the plate in its one spelling"
    assert http.post("/parking/ledger", data={**sent, "form": "forged"}).status_code == 403


@pytest.mark.usefixtures("owner")
def test_a_correction_with_what_is_no_plate_says_what_is_wrong(world: World, http: httpx.Client) -> None:
    park(world)
    form = sign_in(world, http, Role.PROPERTY)
    sent = {"form": form, "direction": "in", "plate": "沪AI2345", "zone": EAST, "note": "x"}
    answer = http.post("/parking/ledger", data=sent)
    assert (answer.status_code, "车牌里没有字母I和O" in answer.text) == (409, True)
    assert world.commands() == []


def test_a_guard_corrects_no_ledger(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.GUARD)
    sent = {"form": form, "direction": "in", "note": "x"}
    assert http.post("/parking/ledger", data=sent).status_code == 403
    assert http.post("/parking/watches", data={"form": form, "zone": EAST}).status_code == 403


@pytest.mark.usefixtures("owner")
def test_a_verdict_and_a_watch(world: World, http: httpx.Client) -> None:
    park(world)
    form = sign_in(world, http, Role.PROPERTY)
    said = http.post("/parking/verdict", data={"form": form, "space": "s31", "verdict": "bike"})
    assert said.headers["location"] == "/parking?said=saved"
    assert http.post("/parking/verdict", data={"form": form, "space": "s31", "verdict": "x"}).status_code == 403
    assert http.post("/parking/watches", data={"form": form, "zone": EAST, "days": "7"}).status_code == 303
    assert world.commands() == [
        SayVerdict(actor="console", space="s31", verdict=Verdict.BIKE),
        StartWatch(actor="console", zone=EAST, until_ms=NIGHT_MS + 7 * 86_400_000),
    ]
    assert "之前14次,之后3次" in http.get("/parking/hotspots?days=30").text


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize(
    ("said", "zh", "en"),
    [
        (Verdict.CAR, "是汽车", "It is a car"),
        (Verdict.BIKE, "是非机动车", "It is a bike"),
        (Verdict.NOTHING, "没有东西", "Nothing"),
    ],
)
def test_the_page_of_a_squat_asks_what_it_is_and_takes_the_answer(
    world: World, http: httpx.Client, said: Verdict, zh: str, en: str
) -> None:
    park(world)
    squatted(world)
    form = sign_in(world, http, Role.VOLUNTEER)
    page = http.get(f"/incidents/{SQUAT}").text
    assert "A32里停的是什么?" in page
    assert f'<button name="verdict" value="{said.value}">{zh}</button>' in page
    assert f">{en}</button>" in http.get(f"/incidents/{SQUAT}?lang=en").text
    assert "迟到" not in page
    sent = {"form": form, "space": "s31", "incident": str(SQUAT), "verdict": said.value}
    answer = http.post("/parking/verdict", data=sent)
    assert answer.headers["location"] == f"/incidents/{SQUAT}?said=saved"
    assert "已保存" in http.get(f"/incidents/{SQUAT}?said=saved&lang=zh").text
    assert world.commands() == [SayVerdict(actor="console", space="s31", verdict=said)]


def test_a_squat_that_is_closed_or_no_squat_asks_nothing(world: World, http: httpx.Client) -> None:
    park(world)
    squatted(world, "n-gate")
    sign_in(world, http, Role.VOLUNTEER)
    assert 'name="verdict"' not in http.get(f"/incidents/{SQUAT}").text, "a gate is no space"
    squatted(world)
    incident = world.read_incident(SQUAT)
    incident.closed_ms = NIGHT_MS
    world.incident(incident)
    assert 'name="verdict"' not in http.get(f"/incidents/{SQUAT}").text


@pytest.mark.usefixtures("owner")
def test_a_photo_of_a_squat_is_kept_with_its_incident(world: World, http: httpx.Client) -> None:
    park(world)
    squatted(world)
    form = sign_in(world, http, Role.VOLUNTEER)
    held = io.BytesIO()
    Image.new("RGB", (64, 48), "gray").save(held, "JPEG")
    sent = {"form": form, "space": "s31", "incident": str(SQUAT), "verdict": "bike"}
    assert http.post("/parking/verdict", data=sent, files={"photo": ("a.jpg", held.getvalue())}).status_code == 303
    (command,) = world.commands()
    assert isinstance(command, SayVerdict)
    assert command.photo > 0
    refused = http.post("/parking/verdict", data=sent, files={"photo": ("a.jpg", b"x")})
    assert refused.headers["location"] == f"/incidents/{SQUAT}?said=photo_unreadable"


def test_the_number_for_a_display_needs_its_own_key(world: World, http: httpx.Client) -> None:
    park(world)
    assert http.get("/api/parking/east").status_code == 401
    assert http.get("/api/parking/east?key=guess").status_code == 401
    sign_in(world, http, Role.ADMIN)
    page = http.get("/parking").text
    key = page.split("/api/parking/east?community=ghy&amp;key=")[1].split("<")[0]
    http.cookies.clear()
    wanted = {"zone": EAST, "name": "东区", "total": 60, "left": 17, "bound": 2, "at": NIGHT_MS}
    assert http.get("/api/parking/east", params={"key": key}).json() == wanted
    assert http.get("/api/parking/west", params={"key": key}).status_code == 401
    for path in ("/api/parking", "/api/parking/east/spaces", "/api/parking/visits"):
        assert http.get(path, params={"key": key}).status_code == 401


def test_zones_without_an_estimate_count_their_sensors(world: World, http: httpx.Client) -> None:
    park(world)
    sign_in(world, http, Role.GUARD)
    with world.engine.begin() as connection:
        connection.execute(delete(schema_parking.estimate))
    zones = {one["zone"]: one for one in http.get("/api/parking").json()}
    found = {id: (one["total"], one["left"], one["bound"]) for id, one in zones.items()}
    # Free by their sensors: 11 and 12 spaces; 3 and 2 are unknown: half of those is taken to be free.
    assert found == {EAST: (60, 11 + 1, 2), WEST: (58, 12 + 1, 1)}
    everywhere = {f"s{n}": SpaceState(occupied=None) for n in range(60)}
    put(world, ParkingChanges(spaces=everywhere))
    zones = {one["zone"]: one for one in http.get("/api/parking").json()}
    assert (zones[EAST]["left"], zones[WEST]["left"]) == (None, 13)
    assert "目前无法估计" in http.get("/parking").text


def test_an_estimate_goes_before_the_sensors(world: World, http: httpx.Client) -> None:
    park(world)
    sign_in(world, http, Role.GUARD)
    put(world, ParkingChanges(spaces={"s0": SpaceState(occupied=True, since_ms=NIGHT_MS)}))
    found = {one["zone"]: one["left"] for one in http.get("/api/parking").json()}
    assert found == {EAST: 17, WEST: 9}
    assert http.get("/api/parking/nowhere").status_code == 404


def test_masks() -> None:
    assert [masked(one) for one in ("", "沪A12345", "沪AD12345", "X1", "#0123456789abcdef")] == [
        "",
        "沪A·**345",
        "沪A·***345",
        "***",
        "***",
    ]
