"""A mutated delivery of a mapped shape: some files of the export, each damaged in another way, some delivered twice.

The same seed gives the same bytes. Not here: damage to cells and bytes (wild.py), hostile archives (packed.py).
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from ecom_lake_tests.fuzz import evil, packed, wild
from ecom_lake_tests.fuzz.delivery import Dropped
from ecom_lake_tests.fuzz.export import Grid, as_csv
from ecom_lake_tests.fuzz.shape_export import ExportFile, clean_files
from ecom_lake_tests.fuzz.wild import Damaged


def first_month(shape: str) -> list[Dropped]:
    """The valid files that are delivered before the mutated ones."""
    month = clean_files(shape)[0].path.partition("/")[0]
    files = [file for file in clean_files(shape) if file.path.startswith(month)]
    return [Dropped(f"0/{file.path}", file.grid.table, file.content, (), accepted=True) for file in files]


def clean_delivery(shape: str, mark: str) -> list[Dropped]:
    """All valid files once more, with other bytes: an empty line at their end, so that none is known."""
    return [
        Dropped(f"{mark}/{file.path}", file.grid.table, file.content + b"\n", ("clean",), accepted=True)
        for file in clean_files(shape)
    ]


def mutated_delivery(dice: Random, shape: str, mark: str) -> list[Dropped]:
    files = clean_files(shape)
    chosen = dice.sample(files, dice.randint(1, min(4, len(files))))
    dropped = [_mutated(dice, file, f"{mark}-{number}") for number, file in enumerate(chosen)]
    if dice.random() < 0.2:
        twin = dice.choice(dropped)
        dropped.append(Dropped(f"{mark}-again/{twin.name.rpartition('/')[2]}", twin.table, twin.content, ("twice",)))
    return dropped


def _mutated(dice: Random, file: ExportFile, mark: str) -> Dropped:
    grid = _some(dice, file.grid)
    damage, suffix = dice.choices(
        (
            (damaged_columns, ""),
            (wild.damaged_cells, ""),
            (wild.damaged_bytes, ""),
            (packed.gzipped, ".gz"),
            (packed.zipped, ".zip"),
            (_of_the_night, ""),
        ),
        (20, 25, 27, 5, 8, 15),
    )[0]
    done = damage(dice, grid)
    name = grid.table if dice.random() < 0.85 else dice.choice(_NAMES)
    return Dropped(f"{mark}/{name}{suffix}", grid.table, done.content, done.how)


_NAMES = ("export.csv", "orders.csv", "unknown", "x" * 120 + ".csv", "a\nb.csv", "%2e%2e.csv", "orders-2017.csv.tsv")


def _some(dice: Random, grid: Grid) -> Grid:
    """Some of the rows, sometimes in another order."""
    count = dice.randint(min(3, len(grid.rows)), len(grid.rows))
    start = dice.randint(0, len(grid.rows) - count)
    rows = list(grid.rows[start : start + count])
    if dice.random() < 0.3:
        dice.shuffle(rows)
    return Grid(grid.table, grid.header, tuple(rows))


def _of_the_night(dice: Random, grid: Grid) -> Damaged:
    """A good night that delivers known rows again, some of them more than once."""
    again = [dice.choice(grid.rows) for _ in range(dice.randint(0, 10))]
    return Damaged(as_csv(grid.header, [*grid.rows, *again]).encode(), ("night",))


# ------------------------------------------------------------------------------------------------------ columns


def damaged_columns(dice: Random, grid: Grid) -> Damaged:
    how = dice.choice(_COLUMNS)
    header, rows = how(dice, grid)
    return Damaged(as_csv(header, rows).encode(), (how.__name__.strip("_"),))


Cells = tuple[list[str], list[list[str]]]


def _columns_swapped(dice: Random, grid: Grid) -> Cells:
    order = dice.sample(range(len(grid.header)), len(grid.header))
    return [grid.header[i] for i in order], [[row[i] for i in order] for row in grid.rows]


def _names_swapped(dice: Random, grid: Grid) -> Cells:
    return dice.sample(grid.header, len(grid.header)), [list(row) for row in grid.rows]


def _column_gone(dice: Random, grid: Grid) -> Cells:
    gone = dice.randrange(len(grid.header))
    header, *rows = ([*row[:gone], *row[gone + 1 :]] for row in (grid.header, *grid.rows))
    return header, rows


def _column_renamed(dice: Random, grid: Grid) -> Cells:
    at, name = dice.randrange(len(grid.header)), dice.choice(evil.STRANGE)
    return [name if i == at else old for i, old in enumerate(grid.header)], [list(row) for row in grid.rows]


def _column_twice(dice: Random, grid: Grid) -> Cells:
    at = dice.randrange(len(grid.header))
    return [*grid.header, grid.header[at].upper()], [[*row, row[at]] for row in grid.rows]


def _column_of_one_value(dice: Random, grid: Grid) -> Cells:
    """Also in keys: all records are one order, or of one customer."""
    at, value = dice.randrange(len(grid.header)), dice.choice([*evil.EVIL, *evil.BLANKS])
    return list(grid.header), [[value if i == at else old for i, old in enumerate(row)] for row in grid.rows]


def _columns_of_lineage(dice: Random, grid: Grid) -> Cells:
    names = ["source_record", "Source_Sequence", "_key", "_records", "month", "rule"]
    return [*grid.header, *names], [[*row, *(dice.choice(evil.EVIL) for _ in names)] for row in grid.rows]


def _header_gone(dice: Random, grid: Grid) -> Cells:
    first, *others = grid.rows
    return list(first), [list(row) for row in others]


def _header_in_capitals(dice: Random, grid: Grid) -> Cells:
    return [f"  {name.upper()} " for name in grid.header], [list(row) for row in grid.rows]


def _header_only(dice: Random, grid: Grid) -> Cells:
    return list(grid.header), []


_COLUMNS: tuple[Callable[[Random, Grid], Cells], ...] = (
    _columns_swapped,
    _names_swapped,
    _column_gone,
    _column_renamed,
    _column_twice,
    _column_of_one_value,
    _columns_of_lineage,
    _header_gone,
    _header_in_capitals,
    _header_only,
)
