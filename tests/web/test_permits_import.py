"""A sheet of permits: every mistake with its row, nothing changed until somebody says yes, and out as it came in."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from html import unescape

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from hub.core.commands import PutPermit
from hub.model import Permit, PermitKind
from hub.web import permit_sheet
from hub.web.access import Role
from hub.web.language import translated
from hub.web.pages.permits import permits_of
from hub.web.permit_sheet import plate_mistake
from hub.web.spreadsheets import (
    NO_ENCODING,
    NO_TABLE,
    OLD_EXCEL,
    TOO_LARGE,
    TOO_MANY,
    TableRefused,
    as_text,
    read_rows,
)
from tests.web.core_owner import CoreOwner
from tests.web.test_desk import sign_in
from tests.web.world import HERE, NIGHT_MS, World

HEADS = ["原因", "车牌", "类型", "房号", "联系人", "开始", "到期", "车位"]
DAY = 86_400_000
HOMES = ["6号楼 303室", "6-703", "b6-1203", "8号楼1503室"]


@pytest.fixture
def core(world: World) -> Iterator[CoreOwner]:
    with CoreOwner(world) as running:
        yield running


def workbook(rows: list[list[object]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def good(n: int) -> list[object]:
    """Row ``n``: residents, visitors with date cells and text dates, service cars."""
    plate = f"沪A{n:05d}"
    match n % 3:
        case 0:
            return [None, plate, "住户车", HOMES[n % 4], "", None, None, f"{n % 24 + 1}号车位"]
        case 1:
            return ["看亲戚", f"沪a·{n:05d}", "访客", HOMES[n % 4], "", date(2024, 5, 10), datetime(2024, 6, 1, 18, 30), ""]  # noqa: DTZ001  # fmt: skip
        case _:
            return ["快递", plate, "service", "", "", "2024/5/1", "2024年12月31日", None]


MISTAKES: list[tuple[int, list[object], str, str]] = [
    (12, ["", "A12345", "住户车", "6-303"], "车牌", permit_sheet.NO_PROVINCE),
    (31, ["", "沪AI2345", "住户车", "6-303"], "车牌", permit_sheet.NO_IO),
    (45, ["", "", "住户车", "6-303"], "车牌", permit_sheet.NO_PLATE),
    (60, ["", "沪A123", "住户车", "6-303"], "车牌", permit_sheet.WRONG_LENGTH),
    (77, ["", "沪AZ12345", "住户车", "6-303"], "车牌", permit_sheet.NOT_ENERGY),
    (99, ["", "沪A99001", "住户车", "9号楼 101室"], "房号", permit_sheet.NO_HOME),
    (120, ["", "沪A99002", "住户车", "303室"], "房号", permit_sheet.TWO_HOMES),
    (140, ["", "沪A99003", "住户车", ""], "房号", permit_sheet.HOME_MISSING),
    (163, ["", "沪A99004", "飞船", "6-303"], "类型", permit_sheet.NO_KIND),
    (180, ["", "沪112345", "住户车", "6-303"], "车牌", permit_sheet.NO_LETTER),
    (205, ["", "沪A99006", "访客", "6-303", "", "", "2024-05-01"], "到期", permit_sheet.PAST),
    (222, ["", "沪A99007", "访客", "6-303", "", "2024-06-02", "2024-06-01"], "到期", permit_sheet.BACKWARDS),
    (250, ["", "沪A99008", "访客", "6-303", "", "", "明天"], "到期", permit_sheet.NO_DATE),
    (281, ["", "沪A99009", "访客", "6-303"], "到期", permit_sheet.UNTIL_MISSING),
    (300, ["", "沪A00003", "住户车", "6-303"], "车牌", permit_sheet.TWICE),
    (333, ["", "沪A66666", "住户车", "6-303"], "车牌", permit_sheet.DENIED),
    (390, ["", "沪A99010", "住户车", "6-303", "查无此人"], "联系人", permit_sheet.NO_PERSON),
    (401, ["", "沪A99011", "住户车", "6-303", "", "", "", "999号车位"], "可停车位", permit_sheet.NO_SPACE),
    (444, ["很" * 201, "沪A99012", "住户车", "6-303"], "原因", permit_sheet.TOO_LONG),
    (499, ["", "沪A99013", "禁止入内", ""], "原因", permit_sheet.REASON_MISSING),
]


def furnish(world: World) -> None:
    denied = Permit(plate="沪A66666", kind=PermitKind.DENIED, reason="多次占用消防通道")
    world.put_registry("permit", denied.plate, denied)


def sent(http: httpx.Client, form: str, content: bytes) -> tuple[httpx.Response, str]:
    answer = http.post("/permits/import", data={"form": form}, files={"file": ("permits", content)})
    return answer, next(iter(re.findall(r'name="upload" value="([^"]+)"', answer.text)), "")


def told(page: str) -> list[tuple[int, str, str]]:
    """(row, column, reason) as the page shows them."""
    rows = re.findall(
        r'<tr class="mistake"><td class="num">(\d+)</td><td[^>]*>(.*?)</td><td>.*?</td><td[^>]*>(.*?)</td>', page
    )
    return [(int(row), column, unescape(reason)) for row, column, reason in rows]


def comma_separated(rows: list[list[object]]) -> bytes:
    held = io.StringIO()
    csv.writer(held).writerows([as_text(cell) for cell in row] for row in rows)  # type: ignore[arg-type]
    return held.getvalue().encode()


def permits(world: World) -> dict[str, Permit]:
    with world.engine.connect() as connection:
        return permits_of(connection, HERE)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("made", [workbook, comma_separated])
@pytest.mark.usefixtures("core")
def test_a_sheet_of_500_lines_with_20_mistakes_tells_all_20_and_changes_nothing(
    world: World, http: httpx.Client, made: Callable[[list[list[object]]], bytes], language: str
) -> None:
    furnish(world)
    before = permits(world)
    rows: list[list[object]] = [[*HEADS], *(good(n) for n in range(2, 501))]
    for number, row, _, _ in MISTAKES:
        rows[number - 1] = row
    assert len(rows) == 500
    form = sign_in(world, http, Role.PROPERTY)
    assert http.get("/permits/import", params={"lang": language}).status_code == 200
    answer, token = sent(http, form, made(rows))
    figures = {"row": 3, "most": 200}
    said = [(n, translated(language, column), translated(language, reason)) for n, _, column, reason in MISTAKES]
    wanted = [(n, column, reason % figures if "%(" in reason else reason) for n, column, reason in said]
    assert len({reason for _, _, reason in wanted}) == 20, "each another mistake"
    assert told(answer.text) == wanted
    assert answer.status_code == 422
    assert token == "", "nothing can be confirmed"
    assert http.post("/permits/import/confirm", data={"form": form, "upload": "x"}).status_code == 409
    assert world.commands() == []
    assert permits(world) == before
    mended = [row for n, row in enumerate(rows, 1) if n not in {number for number, *_ in MISTAKES}]
    answer, token = sent(http, form, made(mended[:30]))  # a few: each is stepped one by one here
    assert answer.status_code == 200
    assert told(answer.text) == []
    assert world.commands() == []
    assert permits(world) == before, "not before somebody has confirmed it"
    assert http.post("/permits/import/confirm", data={"form": form, "upload": token}).status_code == 303
    assert len(world.commands()) == 29


@pytest.mark.usefixtures("core")
def test_a_sheet_without_mistakes_is_shown_then_done_then_comes_out_as_it_was(world: World, http: httpx.Client) -> None:
    furnish(world)
    form = sign_in(world, http, Role.PROPERTY)
    answer, token = sent(http, form, workbook([[*HEADS], *(good(n) for n in range(2, 41))]))
    assert answer.status_code == 200
    assert "<b>39</b>新增" in answer.text
    assert world.commands() == []
    assert http.post("/permits/import/confirm", data={"form": form, "upload": token}).status_code == 303
    done = world.commands()
    assert len(done) == 39
    put = {one.permit.plate: one.permit for one in done if isinstance(one, PutPermit)}
    visitor = put["沪A00004"]
    assert (visitor.kind, visitor.place, visitor.reason) == (PermitKind.VISITOR, "b6-303", "看亲戚")
    assert visitor.from_ms == 1_715_270_400_000, "the first moment of 10 May in Shanghai"
    assert visitor.until_ms == 1_717_237_800_000, "18:30 on 1 June in Shanghai"
    assert put["沪A00002"].until_ms == 1_735_660_800_000, "a day as an end lasts to its last moment"
    assert put["沪A00003"].spaces == ("p4",)
    for language in ("zh", "en"):
        for file in ("/permits.csv", "/permits.xlsx"):
            content = http.get(file, params={"lang": language}).content
            answer, token = sent(http, form, content)
            assert told(answer.text) == []
            assert token == "", f"{file} in {language} says what there is already"
            assert "<b>40</b>" in answer.text
    assert ("property", "permits", 0) in world.looks()


def test_a_confirmed_sheet_is_done_once_and_not_after_somebody_changed_a_permit(
    world: World, http: httpx.Client
) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    _, token = sent(http, form, workbook([[*HEADS], good(3)]))
    furnish(world)
    assert http.post("/permits/import/confirm", data={"form": form, "upload": token}).status_code == 409
    assert http.post("/permits/import/confirm", data={"form": form, "upload": token}).status_code == 409
    assert world.commands() == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_as_excel_writes_it(world: World, http: httpx.Client, encoding: str, delimiter: str) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    lines = [
        ["Kind", "到期", "plate", "房号"],
        ["业主", "", "沪AD12345", "6-1203"],
        ["resident", "", "沪 b·12345", "b8-303"],
    ]
    content = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)
    answer, token = sent(http, form, content)
    assert told(answer.text) == []
    assert "<b>2</b>新增" in answer.text
    assert token


def test_a_cell_that_a_spreadsheet_would_work_out_goes_out_as_text(world: World, http: httpx.Client) -> None:
    evil = Permit(plate="沪A12345", kind=PermitKind.SERVICE, reason='=HYPERLINK("http://x")')
    world.put_registry("permit", evil.plate, evil)
    form = sign_in(world, http, Role.PROPERTY)
    table = http.get("/permits.csv").content
    assert table.startswith(b"\xef\xbb\xbf"), "else Excel takes it for another encoding"
    assert "'=HYPERLINK" in table.decode("utf-8-sig")
    sheet = http.get("/permits.xlsx").content
    cell = load_workbook(io.BytesIO(sheet)).worksheets[0]["H2"]
    assert (cell.data_type, cell.value) == ("s", evil.reason)
    for content in (table, sheet):
        answer, token = sent(http, form, content)
        assert told(answer.text) == []
        assert token == ""


def test_a_formula_counts_as_its_value_and_is_refused_without_one(world: World, http: httpx.Client) -> None:
    form = sign_in(world, http, Role.PROPERTY)
    content = workbook([["车牌", "类型", "房号"], ["沪A12345", "住户车", '="6-"&"303"']])
    answer, _ = sent(http, form, content)
    assert (2, "房号", "公式没有算出的值:请把它换成数值再上传") in told(answer.text)
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(held, "w") as made:
        for part in given.namelist():
            text = given.read(part)
            if part == "xl/worksheets/sheet1.xml":
                text = re.sub(
                    rb'<c r="C2"([^>]*)>(<f>.*?</f>)<v ?/?>(</v>)?', rb'<c r="C2" t="str">\2<v>6-303</v>', text
                )
                assert b"<v>6-303</v>" in text
            made.writestr(part, text)
    answer, token = sent(http, form, held.getvalue())
    assert told(answer.text) == []
    assert token


def refused(content: bytes) -> str:
    with pytest.raises(TableRefused) as caught:
        read_rows(content)
    return caught.value.reason


def zipped(parts: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return held.getvalue()


def test_files_that_are_none_are_refused_in_plain_words() -> None:
    assert refused(zipped({"xl/worksheets/sheet1.xml": b" " * 30_000_000})) == TOO_LARGE, "small packed, huge unpacked"
    assert refused(zipped({f"x{n}.xml": b"" for n in range(201)})) == TOO_LARGE
    assert refused(zipped({"xl/workbook.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'})) == NO_TABLE
    assert refused(zipped({"hello.txt": b"x"})) == NO_TABLE
    assert refused(b"PK\x03\x04" + b"\0" * 100) == NO_TABLE
    assert refused(b"\xd0\xcf\x11\xe0" + b"\0" * 600) == OLD_EXCEL
    assert refused(b"\xff\x00\x81\x00\x00") == NO_ENCODING
    assert refused(b"x" * (4 * 1024 * 1024 + 1)) == TOO_LARGE
    assert refused(b"plate,kind\n" + b"x,y\n" * 5_001) == TOO_MANY


@pytest.mark.parametrize(
    ("plate", "reason"),
    [
        ("沪A12345", ""),
        ("沪AD12345", ""),
        ("", permit_sheet.NO_PLATE),
        ("A12345", permit_sheet.NO_PROVINCE),
        ("上A12345", permit_sheet.NO_PROVINCE),
        ("沪112345", permit_sheet.NO_LETTER),
        ("沪AO2345", permit_sheet.NO_IO),
        ("沪A1234", permit_sheet.WRONG_LENGTH),
        ("沪AZ12345", permit_sheet.NOT_ENERGY),
        ("沪A1234车", permit_sheet.NOT_PLATE),
    ],
)
def test_a_wrong_plate_says_what_is_wrong_with_it_in_both_languages(plate: str, reason: str) -> None:
    assert plate_mistake(plate) == reason
    assert not reason or translated("en", reason) != reason


def test_only_the_office_takes_permits_out_or_in(world: World, http: httpx.Client) -> None:
    sign_in(world, http, Role.GUARD)
    for path in ("/permits.csv", "/permits.xlsx", "/permits/import"):
        assert http.get(path).status_code == 403


@pytest.mark.usefixtures("core")
def test_nothing_is_lost_of_a_permit_that_a_sheet_changes(world: World, http: httpx.Client) -> None:
    old = Permit(plate="沪A12345", place="b6-303", kind=PermitKind.TEMPORARY, plan="spring", until_ms=NIGHT_MS + DAY)
    world.put_registry("permit", old.plate, old)
    form = sign_in(world, http, Role.PROPERTY)
    answer, token = sent(
        http, form, workbook([["车牌", "类型", "房号", "到期"], ["沪A12345", "临时", "6-303", "2024-07-01"]])
    )
    assert "<b>1</b>改动" in answer.text
    http.post("/permits/import/confirm", data={"form": form, "upload": token})
    (command,) = world.commands()
    assert isinstance(command, PutPermit)
    assert command.permit.plan == "spring"
    assert command.permit.until_ms != old.until_ms
