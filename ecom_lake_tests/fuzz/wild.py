"""Damage without an expected result for each record: to columns, cells, text and bytes.

The general checks are in account.py. If damage to a header decides whether the whole file is refused, that result is
expected.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from ecom_lake_tests.builders.olist_files import FILES
from ecom_lake_tests.fuzz import evil
from ecom_lake_tests.fuzz.export import Grid, as_csv

Cells = list[list[str]]


@dataclass(frozen=True)
class Damaged:
    """The content of a file, its damage, and whether the file must be refused or accepted, if that is known."""

    content: bytes
    how: tuple[str, ...]
    refused: tuple[str, ...] = ()
    """The refusal must contain one of these phrases."""
    accepted: bool = False


def damaged_columns(dice: Random, grid: Grid) -> Damaged:
    how = dice.choice(_COLUMNS)
    done = how(dice, grid)
    return replace(done, how=(how.__name__.strip("_"),))


def _columns_swapped(dice: Random, grid: Grid) -> Damaged:
    order = dice.sample(range(len(grid.header)), len(grid.header))
    return _taken([grid.header[i] for i in order], [[row[i] for i in order] for row in grid.rows])


def _names_swapped(dice: Random, grid: Grid) -> Damaged:
    """Only the header is shuffled, so every row has the values of other columns."""
    return _taken(dice.sample(grid.header, len(grid.header)), grid.rows)


def _required_column_gone(dice: Random, grid: Grid) -> Damaged:
    return _without(grid, dice.choice(FILES[grid.table].required), ("lacks what", "none of the known tables"))


def _optional_column_gone(dice: Random, grid: Grid) -> Damaged:
    optional = FILES[grid.table].optional
    return _without(grid, dice.choice(optional)) if optional else _columns_swapped(dice, grid)


def _column_renamed(dice: Random, grid: Grid) -> Damaged:
    gone = dice.choice(FILES[grid.table].required)
    header = [f"{name[:-1]}_" if name == gone else name for name in grid.header]
    return Damaged(as_csv(header, grid.rows).encode(), (), ("lacks what", "none of the known tables"))


def _column_twice(dice: Random, grid: Grid) -> Damaged:
    twice = grid.column(dice.choice(FILES[grid.table].required))
    rows = [[*row, row[twice]] for row in grid.rows]
    return Damaged(as_csv([*grid.header, grid.header[twice].upper()], rows).encode(), (), ("two columns called",))


def _foreign_columns(dice: Random, grid: Grid) -> Damaged:
    names = [
        *dice.sample([name for name in evil.KEYS if name.strip() and len(name) < 200], 4),
        *dice.sample(["source_record", "Source_Sequence", "delivered_at", "month", "rule", ""], 3),
    ]
    rows = [[*row, *(dice.choice(evil.KEYS) for _ in names)] for row in grid.rows]
    return Damaged(as_csv([*grid.header, *names], rows).encode(), ())


def _columns_without_number(dice: Random, grid: Grid) -> Damaged:
    names = [f"c{number}x" for number in range(30_000)]
    rows = [[*row, *[""] * len(names)] for row in grid.rows[:3]]
    return Damaged(as_csv([*grid.header, *names], rows).encode(), (), ("columns, and",))


def _header_gone(dice: Random, grid: Grid) -> Damaged:
    first, *others = grid.rows
    return Damaged(as_csv(first, others).encode(), (), ("no header", "none of the known tables", "lacks what"))


def _header_in_capitals(dice: Random, grid: Grid) -> Damaged:
    return _taken([f"  {name.upper()} " for name in grid.header], grid.rows)


def _header_again(dice: Random, grid: Grid) -> Damaged:
    rows = list(grid.rows)
    for _ in range(dice.randint(1, 3)):
        rows.insert(dice.randint(0, len(rows)), grid.header)
    return _taken(grid.header, rows)


_COLUMNS: tuple[Callable[[Random, Grid], Damaged], ...] = (
    _columns_swapped,
    _names_swapped,
    _required_column_gone,
    _optional_column_gone,
    _column_renamed,
    _column_twice,
    _foreign_columns,
    _columns_without_number,
    _header_gone,
    _header_in_capitals,
    _header_again,
)


def _taken(header: list[str] | tuple[str, ...], rows: object) -> Damaged:
    return Damaged(as_csv(header, rows).encode(), (), accepted=True)  # type: ignore[arg-type]


def _without(grid: Grid, name: str, refused: tuple[str, ...] = ()) -> Damaged:
    gone = grid.column(name)
    header, *rows = ([*row[:gone], *row[gone + 1 :]] for row in (grid.header, *grid.rows))
    return Damaged(as_csv(header, rows).encode(), (), refused, accepted=not refused)


def damaged_cells(dice: Random, grid: Grid) -> Damaged:
    """Random values in random cells, also in keys, and duplicate rows."""
    rows = [list(row) for row in grid.rows]
    for _ in range(dice.randint(1, 40)):
        row = dice.choice(rows)
        row[dice.randrange(len(row))] = dice.choice(evil.EVIL)
    if dice.random() < 0.1:
        row = dice.choice(rows)
        row[dice.randrange(len(row))] = dice.choice(evil.HEAVY)
    if dice.random() < 0.01:
        dice.choice(rows)[0] = dice.choice("x9") * evil.HUGE
    again = [dice.choice(rows) for _ in range(dice.randint(0, 10))]
    return Damaged(as_csv(grid.header, dice.sample(rows + again, len(rows) + len(again))).encode(), ("cells",))


def damaged_bytes(dice: Random, grid: Grid) -> Damaged:
    """One to four kinds of damage to the bytes of a valid file, in a random encoding."""
    text = as_csv(grid.header, grid.rows)
    encoding = dice.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"))
    content = text.encode(encoding, "replace")
    hows = [dice.choice(_BYTES) for _ in range(dice.randint(1, 4))]
    for how in hows:
        content = how(dice, content)
    return Damaged(content, (encoding, *(how.__name__.strip("_") for how in hows)))


def _bits_flipped(dice: Random, content: bytes) -> bytes:
    flipped = bytearray(content)
    for _ in range(dice.choice((1, 3, 30)) if flipped else 0):
        flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
    return bytes(flipped)


def _cut_out(dice: Random, content: bytes) -> bytes:
    start, length = _place(dice, content), dice.choice((1, 20, 2_000))
    return content[:start] + content[start + length :]


def _cut_short(dice: Random, content: bytes) -> bytes:
    return content[: _place(dice, content)]


def _put_in(dice: Random, content: bytes) -> bytes:
    for _ in range(dice.choice((1, 5))):
        place = _place(dice, content)
        content = content[:place] + dice.choice(_PIECES) * dice.choice((1, 1, 2, 50)) + content[place:]
    return content


def _quotes_opened(dice: Random, content: bytes) -> bytes:
    for _ in range(dice.choice((1, 2, 7))):
        place = _place(dice, content)
        content = content[:place] + b'"' + content[place:]
    return content


def _again(dice: Random, content: bytes) -> bytes:
    start, length = _place(dice, content), dice.choice((100, 3_000))
    return content[: start + length] + content[start:]


def _switched_encoding(dice: Random, content: bytes) -> bytes:
    place = _place(dice, content)
    rest = content[place:].decode("utf-8", "ignore")
    return content[:place] + rest.encode(dice.choice(("cp1252", "utf-16", "utf-16-le", "utf-32")), "replace")


def _other_separator(dice: Random, content: bytes) -> bytes:
    place = dice.choice((0, _place(dice, content)))
    return content[:place] + content[place:].replace(b",", dice.choice((b";", b"\t", b"|", b":", b", ")))


def _other_line_ends(dice: Random, content: bytes) -> bytes:
    place = dice.choice((0, _place(dice, content)))
    return content[:place] + content[place:].replace(b"\n", dice.choice((b"\r", b"\r\n", b"\n\n", b"\r\r\n", b"\n\r", b" \n ")))


def _header_once_more(dice: Random, content: bytes) -> bytes:
    """As if two files were concatenated."""
    return content + content[: content.find(b"\n") + 1] + content[-500:]


def _noise(dice: Random, content: bytes) -> bytes:
    return content + dice.randbytes(dice.choice((1, 100, 5_000)))


_PIECES = (
    *(
        b'\x00 \x1a \xff \xc3 \r \n \r\n \n\n \' " "" , ,, ; | \\ \xe2\x80\xa8 \xef\xbf\xbe \xed\xa0\x80 \xf4\x90\x80\x80'.split(
            b" "
        )
    ),
    b"\t",
    b" ",
    codecs.BOM_UTF8,
    codecs.BOM_UTF16_LE,
    b"\x0b\x0c\x85",
    '"é"'.encode(),
    "é".encode("cp1252"),
)
_BYTES: tuple[Callable[[Random, bytes], bytes], ...] = (
    _bits_flipped,
    _cut_out,
    _cut_short,
    _put_in,
    _quotes_opened,
    _again,
    _switched_encoding,
    _other_separator,
    _other_line_ends,
    _header_once_more,
    _noise,
)


def _place(dice: Random, content: bytes) -> int:
    return dice.randint(0, len(content))
