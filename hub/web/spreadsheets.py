"""Tables as people send them: CSV in UTF-8 or GBK, or an Excel sheet, as rows of cells; and the same way out."""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from zipfile import BadZipFile, ZipFile

import msgspec

from hub.web.language import marked

LARGEST = 4 * 1024 * 1024
"""Bytes of a file."""
LARGEST_UNPACKED = 24 * 1024 * 1024
"""Bytes of a workbook once unpacked; looked at before anything reads it."""
MOST_PARTS = 200
MOST_ROWS = 5_000
MOST_COLUMNS = 40
LONGEST_CELL = 2_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet."""

TOO_LARGE = marked("文件太大:最大4MB,解压后24MB。请分成几个文件")
TOO_MANY = marked("行数太多:一次最多5000行。请分成几个文件")
NO_TABLE = marked("打不开:不是 CSV,也不是 Excel(.xlsx)文件,或文件已损坏")
OLD_EXCEL = marked("这是旧版 .xls 或加了密码的文件:请另存为不加密码的 .xlsx 或 CSV 再上传")
NO_ENCODING = marked("文字编码读不懂:请另存为 CSV UTF-8 或 .xlsx 再上传")
EMPTY = marked("文件里没有内容")
NO_VALUE = marked("公式没有算出的值:请把它换成数值再上传")

_FORMULA_CELL = re.compile(rb"<(?:\w+:)?f[\s>/]")
_INSIDE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)

Cell = str | int | float | date | None
"""``datetime`` is a ``date`` too."""


class TableRefused(Exception):
    """The file as a whole cannot be read; ``reason`` is in the words of the catalogue."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a sheet."""

    number: int
    """As the spreadsheet shows it."""
    cells: list[Cell]
    unworked: tuple[int, ...] = ()
    """Columns whose formula has no value."""


def read_rows(content: bytes) -> list[Row]:
    """Every row with something in it, the headings first. Raises TableRefused."""
    if len(content) > LARGEST:
        raise TableRefused(TOO_LARGE)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableRefused(OLD_EXCEL)
    found = _sheet(content) if content.startswith(b"PK") else _text(content)
    if not found:
        raise TableRefused(EMPTY)
    return found


def _text(content: bytes) -> list[Row]:
    text = _decoded(content)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found: list[Row] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                _room(found)
                found.append(Row(number=reader.line_num, cells=[bare(cell) for cell in cells[:MOST_COLUMNS]]))
    except csv.Error as exc:
        raise TableRefused(NO_TABLE) from exc
    return found


def _decoded(content: bytes) -> str:
    """UTF-8, else what Excel writes in China."""
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise TableRefused(NO_ENCODING)


def _sheet(content: bytes) -> list[Row]:
    """The first sheet of a workbook: formulas as the values that they had when it was saved."""
    formulas = _looked_through(content)
    values = _cells(content, values=True)
    if not formulas:
        return [Row(number=n, cells=cells) for n, cells in values]
    written = dict(_cells(content, values=False))
    worked = dict(values)
    found: list[Row] = []
    for number, cells in sorted(written.items()):
        kept = worked.get(number, [])
        missing = tuple(
            n
            for n, cell in enumerate(cells)
            if isinstance(cell, str) and cell.startswith("=") and (n >= len(kept) or kept[n] is None)
        )
        found.append(Row(number=number, cells=kept or [None] * len(cells), unworked=missing))
    return found


def _looked_through(content: bytes) -> bool:
    """Whether it holds formulas. Raises TableRefused for what would unpack to too much or names things outside."""
    try:
        with ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            # What a part says of its size bounds what is ever unpacked of it: zipfile stops there.
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
                raise TableRefused(TOO_LARGE)
            formulas = False
            for part in parts:
                if not part.filename.endswith((".xml", ".rels")):
                    continue
                text = packed.read(part)
                if _INSIDE.search(text) or b"\0" in text:
                    raise TableRefused(NO_TABLE)
                formulas = formulas or (
                    part.filename.startswith("xl/worksheets/") and _FORMULA_CELL.search(text) is not None
                )
            return formulas
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as exc:
        raise TableRefused(NO_TABLE) from exc


def _cells(content: bytes, *, values: bool) -> list[tuple[int, list[Cell]]]:
    # Rarely needed, and large: loaded when somebody sends a workbook.
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=values, keep_links=False)
        try:
            found: list[tuple[int, list[Cell]]] = []
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what a file says of its own size may be wrong
            for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), 1):
                cells = [_cell(value) for value in row]
                if any(cell not in (None, "") for cell in cells):
                    _room(found)
                    found.append((number, cells))
                if number > 20 * MOST_ROWS:
                    raise TableRefused(TOO_MANY)
            return found
        finally:
            book.close()
    except TableRefused:
        raise
    except Exception as exc:  # a foreign reader over a stranger's file: whatever it stumbles over, the file is refused
        raise TableRefused(NO_TABLE) from exc


def _cell(value: object) -> Cell:
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, str):
        return bare(value)
    if isinstance(value, bool):
        return str(value)
    return value if isinstance(value, (int, float, date)) or value is None else str(value)


def _room(found: Sequence[object]) -> None:
    if len(found) > MOST_ROWS:
        raise TableRefused(TOO_MANY)


def bare(cell: str) -> str:
    """Without what `guarded` put before it."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def guarded(cell: str) -> str:
    """Text to a spreadsheet, whatever it begins with."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def csv_bytes(lines: Iterable[Sequence[str]]) -> bytes:
    held = io.StringIO()
    csv.writer(held).writerows([guarded(cell) for cell in line] for line in lines)
    return held.getvalue().encode("utf-8-sig")  # with a mark, else Excel takes it for another encoding


def xlsx_bytes(title: str, lines: Iterable[Sequence[str]]) -> bytes:
    """One sheet, every cell text, the headings bold and kept in sight."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number, width in enumerate((14, 10, 18, 14, 18, 18, 22, 30)):
        sheet.column_dimensions["ABCDEFGH"[number]].width = width
    for number, line in enumerate(lines):
        cells = []
        for text in line:
            cell = WriteOnlyCell(sheet, value=text)
            cell.data_type = "s"  # text, whatever it begins with
            cell.number_format = "@"
            if number == 0:
                cell.font = Font(bold=True)
            cells.append(cell)
        sheet.append(cells)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def as_text(cell: Cell) -> str:
    """What somebody reads in the cell; a moment as 2027-02-06 18:30."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M") if cell.time() != time() else cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
