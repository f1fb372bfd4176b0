"""Photos: small, without what a camera writes into them, and only for who may see the room."""

from __future__ import annotations

import io
import random

import httpx
import pytest
from PIL import Image
from sqlalchemy import insert, select

from hub.core.commands import Comment
from hub.store import schema
from hub.web.access import Role
from hub.web.pages.photos import LARGEST_PHOTO, LARGEST_UPLOAD, PER_INCIDENT
from hub.web.pictures import LARGEST_KEPT, LONGEST_SIDE, NoPicture, shrunk
from tests.web.story import FIRE, kitchen_fire
from tests.web.test_answer import link
from tests.web.test_desk import sign_in
from tests.web.world import HERE, World


def photo(width: int = 800, height: int = 600, form: str = "JPEG", *, noisy: bool = False) -> bytes:
    """A picture that says where it was taken."""
    picture = Image.new("RGB", (width, height), "#8a6d4b")
    if noisy:
        picture = Image.frombytes("RGB", (width, height), random.Random(7).randbytes(width * height * 3))
    exif = Image.Exif()
    exif[0x010F] = "A phone of somebody"
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[1] = "N"
    kept = io.BytesIO()
    picture.save(kept, form, exif=exif)
    return kept.getvalue()


def accepted(world: World, http: httpx.Client, person: str = "li") -> str:
    kitchen_fire(world)
    address = link(world, person)
    http.post(address, data={"do": "accept"})
    return address


def send(http: httpx.Client, address: str, body: bytes, text: str = "") -> httpx.Response:
    return http.post(f"{address}/photos", data={"text": text}, files={"photo": ("x.jpg", body, "image/jpeg")})


def test_a_photo_is_made_small_upright_and_loses_its_metadata() -> None:
    with Image.open(io.BytesIO(shrunk(photo(4000, 3000)))) as kept:
        assert kept.format == "JPEG"
        assert max(kept.size) <= LONGEST_SIDE
        assert kept.height > kept.width, "turned as the camera said"
        assert len(kept.getexif()) == 0


def test_even_a_photo_that_does_not_compress_is_small_enough() -> None:
    assert len(shrunk(photo(1600, 1600, noisy=True))) <= LARGEST_KEPT


def test_a_png_with_holes_is_put_on_white() -> None:
    kept = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(kept, "PNG")
    with Image.open(io.BytesIO(shrunk(kept.getvalue()))) as made:
        assert made.getpixel((20, 20)) == (255, 255, 255)


@pytest.mark.parametrize("body", [b"", b"GIF", b"%PDF-1.7", photo()[:300]])
def test_what_is_no_photo_is_refused(body: bytes) -> None:
    with pytest.raises(NoPicture):
        shrunk(body)


@pytest.mark.usefixtures("owner")
def test_a_photo_becomes_a_remark_that_the_others_on_the_way_see(world: World, http: httpx.Client) -> None:
    address = accepted(world, http)
    assert send(http, address, photo(), "门缝有烟").headers["location"] == address
    assert world.commands()[-1] == Comment(actor="li", incident=FIRE, text="门缝有烟", photo=1, via="link")
    page = http.get(address).text
    assert "门缝有烟" in page
    assert f"{address}/photos/1" in page
    shown = http.get(f"{address}/photos/1")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert ("li", "photo", FIRE) in world.looks()


@pytest.mark.usefixtures("owner")
def test_who_has_not_accepted_sees_no_photo_and_sends_none(world: World, http: httpx.Client) -> None:
    send(http, accepted(world, http), photo(), "门缝有烟")
    other = link(world, "chen")
    assert "门缝有烟" not in http.get(other).text
    assert http.get(f"{other}/photos/1").status_code == 403
    before = len(world.commands())
    send(http, other, photo(), "x")
    send(http, link(world, "group"), photo(), "x")
    assert len(world.commands()) == before


@pytest.mark.usefixtures("owner")
def test_a_photo_of_another_incident_is_not_shown(world: World, http: httpx.Client) -> None:
    send(http, accepted(world, http), photo())
    kitchen_fire(world, incident=61)
    other = link(world, "li", 61)
    http.post(other, data={"do": "accept"})
    assert http.get(f"{other}/photos/1").status_code == 404


@pytest.mark.usefixtures("owner")
def test_the_page_says_why_a_photo_was_not_kept(world: World, http: httpx.Client) -> None:
    address = accepted(world, http)
    assert "打不开" in http.get(send(http, address, b"no photo").headers["location"]).text
    with world.engine.begin() as connection:
        row = {"community": HERE, "incident": FIRE, "at_ms": 1, "person": "li", "type": "image/jpeg", "body": b"x"}
        connection.execute(insert(schema.photo), [row] * PER_INCIDENT)
    assert "已满20张" in http.get(send(http, address, photo()).headers["location"]).text
    too_large = send(http, address, b"x" * (LARGEST_PHOTO + 1))
    assert "10 MB" in http.get(too_large.headers["location"]).text
    assert send(http, address, b"x" * LARGEST_UPLOAD).status_code == 413
    with world.engine.connect() as connection:
        assert len(connection.execute(select(schema.photo.c.id)).all()) == PER_INCIDENT


@pytest.mark.usefixtures("owner")
def test_the_desk_adds_photos_and_only_who_sees_rooms_sees_them(world: World, http: httpx.Client) -> None:
    kitchen_fire(world)
    form = sign_in(world, http, Role.PROPERTY)
    files = {"photo": ("x.png", photo(form="PNG"), "image/png")}
    fields = {"text": "监控截图", "form": form}
    assert http.post(f"/incidents/{FIRE}/photos", data=fields, files=files).status_code == 303
    assert world.commands()[-1] == Comment(actor="console", incident=FIRE, text="监控截图", photo=1, via="console")
    assert "监控截图" in http.get(f"/incidents/{FIRE}").text
    assert http.get(f"/incidents/{FIRE}/photos/1").status_code == 200
    sign_in(world, http, Role.COMMITTEE)
    assert http.get(f"/incidents/{FIRE}/photos/1").status_code == 403
    assert f"/incidents/{FIRE}/photos/1" not in http.get(f"/incidents/{FIRE}").text
