"""Which columns of a source file lead to a person, and which of the others a row keeps without the person (decision 0073).

The cells of the map decide: the canonical tables declare which of their columns are ids and which are personal. A column leads to
a person if the cell of an id reads it, and no cell of a column that is neither an id nor personal. It stays if such a cell reads
it. Everything else is emptied, also what the map does not read.
Here: reading the cells. Not here: changing rows (engine/build/erasure/source_rows.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ecom_lake.engine.contracts.delivered import PERSON
from ecom_lake.engine.mapping.cells import Cell, Scope, read_cell
from ecom_lake.engine.mapping.columns_used import cell_of
from ecom_lake.engine.mapping.definitions import Facet, Map
from ecom_lake.engine.mapping.lookup_query import columns_read
from ecom_lake.engine.mapping.syntax import Node, SyntaxProblem, arguments, function_name, print_expression, replaced

Place = tuple[str, str]
"""A kind of file, and a column of it under the map's own name."""
_CHOICES = {"first", "last", "min", "max", "of"}
"""Functions of a group that return a value of one of its records."""


@dataclass(frozen=True)
class IdCell:
    """The cell that makes an id of a column's value."""

    target: str
    column: str
    """The column of the target."""
    text: str
    reads: tuple[str, ...]
    """The columns that it reads."""
    is_of_group: bool
    """Whether the map reads it of a group: `text` is without first(), max() and the like, as of a group of one record."""


@dataclass(frozen=True)
class IdColumn:
    """A source column that leads to a person."""

    kind: str
    """The kind of id."""
    cell: IdCell | None
    """A cell that makes this kind of id of one record; None if all of them number a group or look at another file."""

    @property
    def is_alone(self) -> bool:
        """Whether the value of this column alone makes the id."""
        return self.cell is not None and len(self.cell.reads) == 1 and not self.cell.is_of_group


@dataclass(frozen=True)
class SourceColumns:
    led: dict[str, IdColumn]
    """The columns that lead to a person: every one that the cell of an id reads."""
    ids: dict[str, IdColumn]
    """Those of them that get another value in an unlinked row."""
    kept: frozenset[str]
    """The columns whose values stay in an unlinked row."""


def source_columns(map_: Map, kind: str) -> SourceColumns:
    """The columns of a kind of file, under the map's own names."""
    values, keys = set[str](), set[str]()
    led = dict[str, list[tuple[str, IdCell | None]]]()
    for facet, name, cell in _cells(map_):
        target = map_.targets[facet.target]
        direct = {column for of, column in _direct(map_, facet, cell) if of == kind}
        if name in target.ids:
            of_record = _of_record(facet, name, kind, cell)
            for column in direct:
                led.setdefault(column, []).append((target.ids[name], of_record))
        elif name not in target.personal:
            values |= direct
            keys |= {column for of, column in _joined(map_, facet, cell) if of == kind}
    all_led = {column: _id_column(cells) for column, cells in sorted(led.items())}
    ids = {column: found for column, found in all_led.items() if column not in values}
    return SourceColumns(all_led, ids, frozenset((values | keys) - ids.keys()))


def personal_cells(map_: Map) -> Iterator[tuple[Facet, str, frozenset[Place]]]:
    """The cells of personal columns that are no ids, each with what it reads."""
    for facet, name, _ in _cells(map_):
        if name in map_.targets[facet.target].personal:
            yield facet, name, places_read(map_, facet, name)


def places_read(map_: Map, facet: Facet, name: str) -> frozenset[Place]:
    """What the cell of a column reads, also to find the rows that it looks up."""
    cell = cell_of(facet, name)
    return frozenset([*_direct(map_, facet, cell), *_joined(map_, facet, cell)])


def of_one_record(text: str) -> Cell | None:
    """The cell if it reads one record only; None if it looks at a group or another file."""
    try:
        cell = read_cell(text, Scope.ROW)
    except SyntaxProblem:
        return None
    return cell if all(len(path) == 1 for path in cell.columns) else None


def _cells(map_: Map) -> Iterator[tuple[Facet, str, Cell]]:
    for facet in map_.facets:
        for name in facet.cells:
            yield facet, name, cell_of(facet, name)


def _of_record(facet: Facet, name: str, kind: str, cell: Cell) -> IdCell | None:
    of_group = bool(cell.aggregates or cell.group_helpers)
    text = _without_choice(cell) if of_group else cell.text
    if facet.kind != kind or of_one_record(text) is None:
        return None
    return IdCell(facet.target, name, text, tuple(sorted(path[0] for path in cell.columns)), of_group)


def _without_choice(cell: Cell) -> str:
    """The cell of a group of one record: first(email) is email there."""

    def chosen(node: Node) -> Node | None:
        is_choice = function_name(node) in _CHOICES and len(arguments(node)) == 1 and not node["filter"]
        return arguments(node)[0] if is_choice else None

    return print_expression(replaced(cell.tree, chosen))


def _id_column(cells: list[tuple[str, IdCell | None]]) -> IdColumn:
    """The kind of id that a column is: of a cell that reads nothing else if there is one, of a person before others."""

    def rank(found: tuple[str, IdCell | None]) -> tuple[int, bool]:
        kind, cell = found
        return len(cell.reads) if cell else 1_000, kind != PERSON

    return IdColumn(*min(cells, key=rank))


def _direct(map_: Map, facet: Facet, cell: Cell) -> Iterator[Place]:
    """The columns whose values a cell uses, its own and those of looked-up rows."""
    for path in sorted(cell.columns):
        if len(path) == 1:
            yield _place(map_, facet.kind, path[0])
        elif (kind := map_.lookups[path[0]].kind) is not None:
            yield _place(map_, kind, path[1])


def _joined(map_: Map, facet: Facet, cell: Cell) -> Iterator[Place]:
    """The columns by which a cell finds the rows that it looks up, and all those that the query of a lookup reads."""
    for alias in sorted({path[0] for path in cell.columns if len(path) == 2}):
        lookup = map_.lookups[alias]
        yield from (_place(map_, facet.kind, path[0]) for path in read_cell(facet.join[alias], Scope.ROW).columns)
        for kind, columns in columns_read(map_, lookup, ()).items():
            yield from (_place(map_, kind, column) for column in sorted(columns))


def _place(map_: Map, kind: str, column: str) -> Place:
    """Where a column is in a file: a field of an unfolded line is in the column that packs the lines."""
    unfold = map_.kinds[kind].unfold
    if unfold is None:
        return kind, column
    return unfold.of, unfold.column if column in map_.kinds[kind].header else column
