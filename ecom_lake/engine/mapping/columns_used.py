"""Which columns of a kind a map reads: those that its cells, keys, conditions, joins, lookups and checks name."""

from __future__ import annotations

from collections.abc import Iterator

from ecom_lake.engine.mapping.cells import Cell, Scope, read_cell
from ecom_lake.engine.mapping.definitions import Facet, Kind, Map, MapLookup, Whole
from ecom_lake.engine.mapping.lookup_query import columns_read


def columns_used(map_: Map, kind: str) -> frozenset[str]:
    """The own columns of a kind that are read; of a file, also those that kinds unfolded from it read."""
    used = frozenset(_named(map_, map_.kinds[kind]))
    for other in map_.kinds.values():
        if other.unfold and other.unfold.of == kind:
            used |= (columns_used(map_, other.name) - set(other.header)) | {other.unfold.column}
    return used


def facet_columns(facet: Facet) -> frozenset[str]:
    """The columns of its own kind that a table reads."""
    return frozenset(path[0] for cell in cells_of(facet) for path in cell.columns if len(path) == 1)


def lookup_columns(facet: Facet, lookup: str) -> frozenset[str]:
    """The columns of a lookup that a table reads."""
    paths = (path for cell in cells_of(facet) for path in cell.columns)
    return frozenset(path[1] for path in paths if len(path) == 2 and path[0] == lookup)


def cells_of(facet: Facet) -> list[Cell]:
    """Every expression of a table: its columns, its key, its condition and the values that it looks up."""
    scope = Scope.GROUP if facet.per else Scope.ROW
    columns = [read_cell(cell, scope) for cell in facet.cells.values()]
    others = [read_cell(cell, Scope.ROW) for cell in (facet.per, facet.where, *facet.join.values()) if cell is not None]
    return columns + others


def cell_of(facet: Facet, column: str) -> Cell:
    """The cell of one column."""
    return read_cell(facet.cells[column], Scope.GROUP if facet.per else Scope.ROW)


def looks_up(facet: Facet, column: str) -> bool:
    """Whether the value of a column depends on a lookup."""
    return column in facet.cells and any(len(path) == 2 for path in cell_of(facet, column).columns)


def whole_for(facet: Facet, file_kind: Kind) -> Whole:
    """What a delivery of its files is to a table: rows, whole orders, or the whole file.

    A table whose order is looked up has single rows: a credit note belongs to an order that came earlier, and is not all that is
    known of it."""
    return "rows" if file_kind.whole == "order" and looks_up(facet, "order_id") else file_kind.whole


def is_collapsed(facet: Facet) -> bool:
    """Whether a group is one row. It is not where a cell looks from a record at its group."""
    return facet.per is not None and not any(cell_of(facet, column).group_helpers for column in facet.cells)


def needs_pseudonym_key(facet: Facet) -> bool:
    """Whether a table has a pseudonym in the place of a value."""
    return any("hashed" in cell.functions for cell in cells_of(facet))


def kinds_read(map_: Map, facet: Facet) -> frozenset[str]:
    """The kinds of files that the lookups of a table read, in addition to its own."""
    return frozenset(kind for name in facet.join for kind in kinds_of_lookup(map_, map_.lookups[name]))


def kinds_of_lookup(map_: Map, lookup: MapLookup) -> frozenset[str]:
    """The kinds of files that a lookup reads."""
    return frozenset(map_.file_kind(kind).name for kind in columns_read(map_, lookup, frozenset()))


def _named(map_: Map, kind: Kind) -> Iterator[str]:
    for facet in map_.facets:
        if facet.kind == kind.name:
            yield from facet_columns(facet)
        for name in facet.join:
            yield from columns_read(map_, map_.lookups[name], lookup_columns(facet, name)).get(kind.name, ())
    for check in map_.checks:
        if check.kind == kind.name:
            yield from (path[0] for path in read_cell(check.holds, Scope.ROW).columns)
