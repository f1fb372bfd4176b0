"""Permits as a sheet: one row a car, in any order of columns, headings in Chinese or English; every mistake with its row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from hub import plates
from hub.core.commands import PutPermit
from hub.core.localtime import moment
from hub.core.parking.plans import applied
from hub.model import Permit, PermitKind, Person, Place, PlaceKind
from hub.web.language import LANGUAGES, marked, translated
from hub.web.spreadsheets import LONGEST_CELL, NO_VALUE, Cell, Row, as_text

COLUMNS: Mapping[str, str] = {
    "plate": marked("车牌"),
    "kind": marked("类型"),
    "home": marked("房号"),
    "person": marked("联系人"),
    "from": marked("开始"),
    "until": marked("到期"),
    "spaces": marked("可停车位"),
    "reason": marked("原因"),
}
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "plate": ("车牌", "车牌号", "车牌号码", "号牌", "plate", "licence plate", "license plate"),
    "kind": ("类型", "种类", "车辆类型", "kind", "type"),
    "home": ("房号", "住户", "室号", "门牌", "home", "household", "room"),
    "person": ("联系人", "车主", "姓名", "person", "contact", "contact person"),
    "from": ("开始", "开始日期", "起", "from", "begins", "start"),
    "until": ("到期", "到期日期", "截止", "结束", "有效期至", "until", "ends", "expires"),
    "spaces": ("车位", "可停车位", "spaces", "space", "entitled spaces"),
    "reason": ("原因", "理由", "备注", "事由", "reason", "note"),
}
KIND: Mapping[str, str] = {
    PermitKind.RESIDENT: marked("住户车"),
    PermitKind.VISITOR: marked("访客"),
    PermitKind.TEMPORARY: marked("临时"),
    PermitKind.SERVICE: marked("服务车"),
    PermitKind.DENIED: marked("禁止入内"),
}
SAID_KIND: Mapping[str, tuple[str, ...]] = {
    PermitKind.RESIDENT: ("住户", "住户车", "业主", "居民", "固定", "月租", "resident"),
    PermitKind.VISITOR: ("访客", "来访", "visitor"),
    PermitKind.TEMPORARY: ("临时", "临时车", "temporary"),
    PermitKind.SERVICE: ("服务", "服务车", "物业", "施工", "快递", "service"),
    PermitKind.DENIED: ("禁止", "禁止入内", "黑名单", "拒绝", "denied", "deny", "not allowed"),
}
LONGEST_REASON = 200
MOST_SPACES = 20
HOME_NEEDED = frozenset({PermitKind.RESIDENT, PermitKind.TEMPORARY})

NO_PLATE = marked("没有写车牌:请填写")
NO_PROVINCE = marked("车牌开头少了省份简称:写成沪A12345的样子")
NO_LETTER = marked("省份简称后面应是一个字母:写成沪A12345的样子")
NO_IO = marked("车牌里没有字母I和O:请看清是1还是0")
WRONG_LENGTH = marked("位数不对:普通车牌7位,新能源8位")
NOT_ENERGY = marked("8位的只有新能源车牌,例如沪AD12345或沪A12345D:请核对")
NOT_PLATE = marked("不是大陆车牌的写法:请核对后五位")
NO_KIND = marked("类型读不懂:写住户车、访客、临时、服务车或禁止入内")
NO_HOME = marked("没有这个房号:写成导出文件里的样子,例如6号楼 1203室")
TWO_HOMES = marked("这个房号不止一户:请写上几号楼,或写编号")
HOME_MISSING = marked("住户车和临时车要写房号")
NO_PERSON = marked("没有这个人:先在人员里登记,或不填")
TWO_PEOPLE = marked("同名的不止一人:请写编号")
NO_SPACE = marked("没有这个车位或区域:写名称或编号,多个用、隔开")
NO_DATE = marked("日期读不懂:写成2027-02-06,或2027-02-06 18:30")
PAST = marked("到期已经过去:请改成以后的日期")
BACKWARDS = marked("到期早于开始:请改其中一个")
UNTIL_MISSING = marked("访客要写到期")
REASON_MISSING = marked("禁止入内要写原因")
TWICE = marked("和前面的第%(row)s行是同一辆车:请只留一行")
DENIED = marked("这辆车在禁止名单上:先在车辆通行证里解除,再导入")
TOO_LONG = marked("太长:最多%(most)s个字")
TOO_MANY = marked("太多:最多%(most)s个")
NO_HEADING = marked("第一行要有列名,至少有车牌和类型")
HEADING_TWICE = marked("这一列出现了两次:请删掉一列")

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s]+(\d{1,2})[:\uff1a](\d{2})(?:[:\uff1a]\d{2})?)?")
_SEPARATORS = re.compile("[,\uff0c;\uff1b\u3001\n]+")
_ERA = date(1899, 12, 30)
"""Day 0 of a spreadsheet."""


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong in one cell, and what to do."""

    row: int
    column: str
    """Key of `COLUMNS`, "" for the row or the file."""
    reason: str
    """In the words of the catalogue."""
    value: str = ""
    """What stands there."""
    figures: dict[str, int] = {}

    def said(self, language: str) -> str:
        text = translated(language, self.reason)
        return text % self.figures if self.figures else text


class Sheet(msgspec.Struct, kw_only=True):
    """What a file would do."""

    added: list[Permit] = []
    changed: list[Permit] = []
    same: int = 0
    mistakes: list[Mistake] = []
    numbers: dict[str, int] = {}
    """Plate -> its row."""

    def commands(self, actor: str) -> list[PutPermit]:
        return [PutPermit(actor=actor, permit=one) for one in (*self.added, *self.changed)]


class Words:
    """Homes, people and spaces by what people call them."""

    def __init__(self, places: Mapping[str, Place], people: Mapping[str, Person]) -> None:
        self._places = places
        self._people = people
        self.homes: dict[str, set[str]] = {}
        self.spaces: dict[str, set[str]] = {}
        self.people: dict[str, set[str]] = {}
        for place in places.values():
            if place.kind is PlaceKind.HOME:
                for name in (place.id, self._home_name(place.id), _figures(self._home_name(place.id)), place.name):
                    self.homes.setdefault(_key(name), set()).add(place.id)
            elif place.kind in (PlaceKind.SPACE, PlaceKind.AREA):
                for name in (place.id, place.name):
                    self.spaces.setdefault(_key(name), set()).add(place.id)
        for person in people.values():
            for name in (person.id, person.name):
                self.people.setdefault(_key(name), set()).add(person.id)

    def home(self, id: str) -> str:
        return self._called(self._home_name(id), id, self.homes)

    def space(self, id: str) -> str:
        return self._called(self._places[id].name if id in self._places else id, id, self.spaces)

    def person(self, id: str) -> str:
        return self._called(self._people[id].name if id in self._people else id, id, self.people)

    @staticmethod
    def _called(name: str, id: str, known: Mapping[str, set[str]]) -> str:
        """Its name where that is clear, else its id."""
        return name if known.get(_key(name)) == {id} else id

    def _home_name(self, id: str) -> str:
        """6号楼 1203室: from the building down, without its floor."""
        names: list[str] = []
        for _ in range(20):
            place = self._places.get(id)
            if place is None or place.kind in (PlaceKind.COMMUNITY, PlaceKind.GRID):
                break
            if place.kind is not PlaceKind.FLOOR:
                names.append(place.name)
            id = place.parent
        return " ".join(reversed(names))


def _key(name: str) -> str:
    return re.sub(r"\s+", "", name).lower()


def _figures(name: str) -> str:
    """6-1203 for 6号楼 1203室."""
    return "-".join(re.findall(r"\d+", name))


def text_of(ms: int | None, zone: ZoneInfo, *, last: bool = False) -> str:
    """A day, or a day and a time; ``last``: midnight is the end of the day before."""
    if ms is None:
        return ""
    local = datetime.fromtimestamp(ms / 1000, zone)
    if (local.hour, local.minute) == (0, 0):
        return (local.date() - timedelta(days=1 if last else 0)).isoformat()
    return local.strftime("%Y-%m-%d %H:%M")


def cells_of(permit: Permit, words: Words, zone: ZoneInfo, language: str) -> list[str]:
    """One row, in the order of `COLUMNS`."""
    return [
        permit.plate,
        translated(language, KIND[permit.kind]),
        words.home(permit.place) if permit.place else "",
        words.person(permit.person) if permit.person else "",
        text_of(permit.from_ms, zone),
        text_of(permit.until_ms, zone, last=True),
        "、".join(words.space(one) for one in permit.spaces),
        permit.reason,
    ]


def lines_of(permits: Mapping[str, Permit], words: Words, zone: ZoneInfo, language: str) -> list[list[str]]:
    """The whole sheet; who waits for a turn of a plan has no permit yet and is left out."""
    shown = [one for one in permits.values() if not applied(one, one.plan)]
    heads = [translated(language, name) for name in COLUMNS.values()]
    return [heads, *(cells_of(one, words, zone, language) for one in shown)]


def read_sheet(rows: Sequence[Row], known: Mapping[str, Permit], words: Words, zone: ZoneInfo, now_ms: int) -> Sheet:
    """Each row against the permits that there are; nothing is changed by this."""
    sheet = Sheet()
    columns = _columns(rows[0], sheet)
    if not {"plate", "kind"} <= columns.keys():
        sheet.mistakes.append(Mistake(row=rows[0].number, column="", reason=NO_HEADING))
    if sheet.mistakes:
        return sheet
    for row in rows[1:]:
        reader = _RowReader(row, columns, words, zone)
        permit = reader.permit(known, now_ms)
        first = sheet.numbers.get(permit.plate)
        if first is not None and permit.plate:
            reader.wrong("plate", TWICE, row=first)
        sheet.numbers.setdefault(permit.plate, row.number)
        sheet.mistakes += reader.mistakes
        old = known.get(permit.plate)
        if reader.mistakes:
            continue
        if old is None:
            sheet.added.append(permit)
        elif cells_of(old, words, zone, "zh") == cells_of(permit, words, zone, "zh"):
            sheet.same += 1
        else:
            sheet.changed.append(msgspec.structs.replace(permit, plan=old.plan))
    return sheet


def _shown(text: str) -> tuple[str, ...]:
    """As our own exports write it."""
    return tuple(translated(language, text).lower() for language in LANGUAGES)


def _columns(heads: Row, sheet: Sheet) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, cell in enumerate(heads.cells):
        name = as_text(cell).lower().rstrip(" *:\uff1a")
        column = next((key for key in COLUMNS if name in HEADINGS[key] or name in _shown(COLUMNS[key])), "")
        if column in found:
            sheet.mistakes.append(Mistake(row=heads.number, column=column, reason=HEADING_TWICE, value=name))
        elif column:
            found[column] = number
    return found


class _RowReader:
    """One row as a permit, with every mistake in it."""

    def __init__(self, row: Row, columns: Mapping[str, int], words: Words, zone: ZoneInfo) -> None:
        self._row = row
        self._columns = columns
        self._words = words
        self._zone = zone
        self.mistakes: list[Mistake] = []

    def wrong(self, column: str, reason: str, **figures: int) -> None:
        value = as_text(self._cell(column))[:60]
        self.mistakes.append(Mistake(row=self._row.number, column=column, reason=reason, value=value, figures=figures))

    def permit(self, known: Mapping[str, Permit], now_ms: int) -> Permit:
        plate, kind = self._plate(), self._kind()
        old = known.get(plate)
        place = self._one("home", self._words.homes, NO_HOME, TWO_HOMES)
        from_ms, until_ms = self._moment("from"), self._moment("until", last=True)
        permit = Permit(
            plate=plate,
            kind=kind or PermitKind.RESIDENT,
            place=place,
            person=self._one("person", self._words.people, NO_PERSON, TWO_PEOPLE),
            from_ms=from_ms,
            until_ms=until_ms,
            spaces=self._spaces(),
            reason=self._text("reason", LONGEST_REASON),
        )
        if kind in HOME_NEEDED and not self._text("home", LONGEST_CELL):
            self.wrong("home", HOME_MISSING)
        if kind is PermitKind.VISITOR and not self._text("until", LONGEST_CELL):
            self.wrong("until", UNTIL_MISSING)
        if kind is PermitKind.DENIED and not permit.reason and not self._text("reason", LONGEST_CELL):
            self.wrong("reason", REASON_MISSING)
        if from_ms is not None and until_ms is not None and until_ms <= from_ms:
            self.wrong("until", BACKWARDS)
        elif until_ms is not None and until_ms <= now_ms and (old is None or not self._as_before(old, until_ms)):
            self.wrong("until", PAST)
        if old is not None and old.kind is PermitKind.DENIED and kind not in (PermitKind.DENIED, None):
            self.wrong("plate", DENIED)
        return permit

    def _as_before(self, old: Permit, until_ms: int) -> bool:
        return text_of(old.until_ms, self._zone, last=True) == text_of(until_ms, self._zone, last=True)

    def _cell(self, column: str) -> Cell:
        number = self._columns.get(column)
        return self._row.cells[number] if number is not None and number < len(self._row.cells) else None

    def _text(self, column: str, longest: int) -> str:
        number = self._columns.get(column)
        text = as_text(self._cell(column))
        told = {one.column for one in self.mistakes}
        if number in self._row.unworked and column not in told:
            self.wrong(column, NO_VALUE)
        if len(text) > longest:
            if column not in told:
                self.wrong(column, TOO_LONG, most=longest)
            return ""
        return text

    def _plate(self) -> str:
        plate = plates.normalised(self._text("plate", 30))
        if not any(one.column == "plate" for one in self.mistakes):
            wrong = plate_mistake(plate)
            if wrong:
                self.wrong("plate", wrong)
        return plate

    def _kind(self) -> PermitKind | None:
        said = self._text("kind", 40).lower()
        found = next((kind for kind in KIND if said in SAID_KIND[kind] or said in _shown(KIND[kind])), None)
        if found is None and not any(one.column == "kind" for one in self.mistakes):
            self.wrong("kind", NO_KIND)
        return PermitKind(found) if found else None

    def _one(self, column: str, known: Mapping[str, set[str]], none: str, several: str) -> str:
        said = self._text(column, 100)
        if not said:
            return ""
        found = known.get(_key(said), set())
        if len(found) != 1:
            self.wrong(column, several if found else none)
            return ""
        return next(iter(found))

    def _spaces(self) -> tuple[str, ...]:
        said = [one.strip() for one in _SEPARATORS.split(self._text("spaces", 400)) if one.strip()]
        if len(said) > MOST_SPACES:
            self.wrong("spaces", TOO_MANY, most=MOST_SPACES)
            return ()
        found = [self._words.spaces.get(_key(one), set()) for one in said]
        if any(len(one) != 1 for one in found):
            self.wrong("spaces", NO_SPACE)
            return ()
        return tuple(next(iter(one)) for one in found)

    def _moment(self, column: str, *, last: bool = False) -> int | None:
        """A day is meant from its first moment, and as an end to its last."""
        text, cell = self._text(column, 40), self._cell(column)
        if not text:
            return None
        if isinstance(cell, (int, float)) and 20_000 < cell < 80_000:
            text = (_ERA + timedelta(days=int(cell))).isoformat()
        found = _DATE.fullmatch(text)
        try:
            if found is None:
                raise ValueError(text)
            day = date(int(found[1]), int(found[2]), int(found[3])).toordinal()
            if found[4] is None:
                return moment(self._zone, day + (1 if last else 0), 0)
            if int(found[4]) > 23 or int(found[5]) > 59:
                raise ValueError(text)
            return moment(self._zone, day, int(found[4]) * 60 + int(found[5]))
        except (ValueError, OverflowError):
            self.wrong(column, NO_DATE)
            return None


def plate_mistake(plate: str) -> str:
    """Why it is no plate, in the words of the catalogue; "" when it is one."""
    wrong = plates.check(plate)
    if wrong is None:
        return ""
    said = {
        "a plate is missing": NO_PLATE,
        "province sign at the": NO_PROVINCE,
        "begins with a province": NO_PROVINCE,
        "letters I and O": NO_IO,
        "sign comes a letter": NO_LETTER,
        "a plate has 7": WRONG_LENGTH,
        "new-energy plates alone": NOT_ENERGY,
    }
    return next((reason for part, reason in said.items() if part in wrong), NOT_PLATE)
