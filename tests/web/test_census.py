"""The census walk: sent again it counts once, a photo of a space if somebody likes, and words about what it put right."""

from __future__ import annotations

import io

import httpx
import msgspec
import pytest
from PIL import Image
from sqlalchemy import select

from hub.core.commands import CountSpaces
from hub.core.parking.state import ParkingChanges
from hub.model import Census, Verdict
from hub.store import schema
from hub.web.access import Role
from tests.web.parking_world import EAST, park, put
from tests.web.test_desk import sign_in
from tests.web.world import HERE, NIGHT_MS, World

WALK = "0123456789abcdef0123456789abcdef"


def sent(http: httpx.Client, form: str, spaces: dict[str, str], **more: str) -> httpx.Response:
    body = msgspec.json.encode(spaces).decode()
    return http.post("/parking/census", data={"form": form, "zone": EAST, "spaces": body, **more})


def whole() -> dict[str, str]:
    """Every space of the east as its sensor has it, what is unknown as a car."""
    return {f"s{n}": "nothing" if n % 5 == 0 and n % 23 != 5 else "car" for n in range(60)}


def census(world: World, corrected: int, photos: dict[str, int] | None = None) -> None:
    one = Census(id=9, zone=EAST, at_ms=NIGHT_MS, actor="wu", spaces={}, corrected=corrected, photos=photos or {})
    put(world, ParkingChanges(censuses={9: one}))


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize(
    ("corrected", "zh", "en"),
    [
        (2, "台账多记了2辆,已更正。", "The ledger had 2 cars too many; corrected."),
        (-1, "台账少记了1辆,已更正。", "The ledger had 1 cars too few; corrected."),
        (0, "台账与现场一致,没有更正。", "The ledger agreed with what stands there; nothing was corrected."),
    ],
)
def test_a_walk_round_the_whole_zone_says_what_was_corrected(
    world: World, http: httpx.Client, corrected: int, zh: str, en: str
) -> None:
    park(world)
    census(world, corrected)
    form = sign_in(world, http, Role.VOLUNTEER)
    assert sent(http, form, whole()).json() == {"ok": True, "said": f"已记录60个车位。{zh}"}
    http.cookies.set("hub_lang", "en")
    answer = http.post(
        "/parking/census?lang=en",
        data={"form": form, "zone": EAST, "spaces": msgspec.json.encode(whole()).decode()},
    )
    assert answer.json()["said"] == f"60 spaces recorded. {en}"


@pytest.mark.usefixtures("owner")
def test_a_part_of_a_walk_corrects_no_ledger_and_names_the_sensors_that_are_wrong(
    world: World, http: httpx.Client
) -> None:
    park(world)
    form = sign_in(world, http, Role.VOLUNTEER)
    answer = sent(http, form, {"s1": "nothing", "s2": "car", "s10": "bike"})
    assert answer.json() == {
        "ok": True,
        "said": "已记录3个车位。还有57个车位没走:台账要整个区域走完才更正。传感器与现场不符:A2、A11。",
    }
    found = {"s1": Verdict.NOTHING, "s2": Verdict.CAR, "s10": Verdict.BIKE}
    assert world.commands() == [CountSpaces(actor="console", zone=EAST, spaces=found)]
    for wrong in ("", "{}", "[]", '{"s1":"tank"}', '{"s1":"probable"}'):
        assert http.post("/parking/census", data={"form": form, "zone": EAST, "spaces": wrong}).status_code == 400


@pytest.mark.usefixtures("owner")
def test_what_is_sent_again_after_a_lost_answer_counts_once(world: World, http: httpx.Client) -> None:
    park(world)
    form = sign_in(world, http, Role.VOLUNTEER)
    first, again = (sent(http, form, {"s1": "car"}, walk=WALK) for _ in range(2))
    assert first.json() == again.json()
    assert len(world.commands()) == 1
    sent(http, form, {"s1": "car"}, walk=WALK[::-1])
    assert len(world.commands()) == 2, "another walk is another census"
    for _ in range(2):
        sent(http, form, {"s1": "car"}, walk="%")
    assert len(world.commands()) == 4, "what is no name names nothing"


def picture() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (640, 480), "gray").save(held, "JPEG")
    return held.getvalue()


@pytest.mark.usefixtures("owner")
def test_a_photo_of_a_space_goes_with_the_census_and_is_for_who_may_see_plates(
    world: World, http: httpx.Client
) -> None:
    park(world)
    form = sign_in(world, http, Role.VOLUNTEER)
    kept = http.post("/parking/census/photo", data={"form": form}, files={"photo": ("a.jpg", picture())}).json()
    assert kept["ok"]
    refused = http.post("/parking/census/photo", data={"form": form}, files={"photo": ("a.jpg", b"no picture")})
    assert (refused.status_code, refused.json()["ok"]) == (422, False)
    number = kept["photo"]
    photos = msgspec.json.encode({"s1": number, "s2": 4711}).decode()
    sent(http, form, {"s1": "car", "s2": "car"}, photos=photos, walk=WALK)
    (command,) = world.commands()
    assert isinstance(command, CountSpaces)
    assert command.photos == {"s1": number}, "a photo that is not there is none"
    census(world, 0, {"s1": number})
    assert http.get(f"/parking/photos/{number}").status_code == 403
    assert "清点时拍的照片" not in http.get("/parking/space?id=s1").text
    http.cookies.clear()
    sign_in(world, http, Role.GUARD)
    assert "清点时拍的照片" in http.get("/parking/space?id=s1").text
    shown = http.get(f"/parking/photos/{number}")
    assert shown.headers["content-type"] == "image/jpeg"
    assert ("guard", "plate:photo", 0) in world.looks()
    assert http.get("/parking/photos/4711").status_code == 404
    with world.engine.connect() as connection:
        table = schema.photo
        assert connection.execute(select(table.c.community, table.c.incident)).all() == [(HERE, 0)]


def test_a_photo_of_an_incident_is_not_shown_as_one_of_a_space(world: World, http: httpx.Client) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            schema.photo.insert().values(
                id=5, community=HERE, incident=3, at_ms=NIGHT_MS, person="wu", type="image/jpeg", body=b"x"
            )
        )
    sign_in(world, http, Role.ADMIN)
    assert http.get("/parking/photos/5").status_code == 404
