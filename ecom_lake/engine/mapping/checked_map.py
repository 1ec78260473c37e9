"""Whether the parts of a map fit together: every kind, column, lookup and word list that is named exists.

Not here: the form of the file (map_file.py), one expression (cells.py), whether its types fit (compiled.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ecom_lake.engine.landing.similar_names import nearest
from ecom_lake.engine.mapping.cells import Cell, Scope, read_cell
from ecom_lake.engine.mapping.columns_used import columns_used
from ecom_lake.engine.mapping.definitions import Facet, Kind, Map, MapError
from ecom_lake.engine.mapping.lookup_query import columns_read
from ecom_lake.engine.mapping.syntax import SyntaxProblem, check_date_format


def check(map_: Map) -> None:
    """Raises `MapError` for the first thing that is wrong."""
    for kind in map_.kinds.values():
        _check_unfold(map_, kind)
    for name, lookup in map_.lookups.items():
        if lookup.kind is not None:
            _known(map_, f"[lookups.{name}] from", lookup.kind, map_.kinds, "kind of file")
        try:
            columns_read(map_, lookup, ())
        except SyntaxProblem as problem:
            raise MapError(map_.where, f"[lookups.{name}] sql {problem}.") from None
    for one in map_.checks:
        _known(map_, "[[checks]] file", one.kind, map_.kinds, "kind of file")
        _read(map_, "[[checks]] holds", one.holds, Scope.ROW)
    for facet in map_.facets:
        _check_facet(map_, facet)
    twice = [name for name, count in Counter(facet.name for facet in map_.facets).items() if count > 1]
    if twice:
        raise MapError(map_.where, f"There are two tables [{twice[0]}]: join them into one, or give them different files.")
    for kind in map_.kinds.values():
        _check_kind(map_, kind)


def _check_unfold(map_: Map, kind: Kind) -> None:
    if kind.unfold is None:
        return
    section = f"[files.{kind.name}]"
    _known(map_, f"{section} unfold.of", kind.unfold.of, map_.kinds, "kind of file")
    if map_.kinds[kind.unfold.of].unfold:
        raise MapError(map_.where, f"{section} unfold.of is {kind.unfold.of}, which is unfolded itself: name a kind of file.")
    if not kind.header:
        raise MapError(map_.where, f"{section} needs header, the names of the fields of a line.")
    for name in ("file_names", "columns", "separator", "drop"):
        if getattr(kind, name):
            raise MapError(map_.where, f"{section} has no {name.replace('file_', '')}: it is made from {kind.unfold.of}.")


def _check_facet(map_: Map, facet: Facet) -> None:
    place = f"[{facet.target}]"
    _known(map_, f"{place} from", facet.kind, map_.kinds, "kind of file")
    cells = {name: _read(map_, f"{place} {name}", cell, _scope(facet)) for name, cell in facet.cells.items()}
    for alias, joined in facet.join.items():
        _known(map_, f"{place} join", alias, map_.lookups, "lookup")
        cells[f"join.{alias}"] = _read(map_, f"{place} join.{alias}", joined, Scope.ROW)
    for name, text in (("per", facet.per), ("where", facet.where)):
        if text is not None:
            cells[name] = _read(map_, f"{place} {name}", text, Scope.ROW)
    for name, cell in cells.items():
        _check_names(map_, facet, f"{place} {name}", cell, before_join=name.startswith("join."))
    helpers = {helper for cell in cells.values() for helper in cell.group_helpers}
    if helpers and (aggregates := {one for cell in cells.values() for one in cell.aggregates}):
        raise MapError(
            map_.where,
            f"{place} calls {min(aggregates)}(), which makes one row of a group, and {min(helpers)}(), which keeps its rows: "
            "use one of the two.",
        )


def _scope(facet: Facet) -> Scope:
    return Scope.GROUP if facet.per else Scope.ROW


def _check_names(map_: Map, facet: Facet, place: str, cell: Cell, before_join: bool) -> None:
    for words in sorted(cell.words):
        _known(map_, place, words, map_.words, "word list")
    for path in sorted(cell.columns):
        if len(path) == 2 and (before_join or path[0] not in facet.join):
            known = "." if before_join else _near(path[0], facet.join)
            raise MapError(map_.where, f"{place} uses {'.'.join(path)}, but {path[0]} is not joined{known}")
        if len(path) == 2 and (lookup := map_.lookups[path[0]]).kind is not None:
            _check_column(map_, place, map_.kinds[lookup.kind or ""], path[1])
        elif len(path) == 1:
            _check_column(map_, place, map_.kinds[facet.kind], path[0])


def _check_column(map_: Map, place: str, kind: Kind, column: str) -> None:
    """The columns of a file are known only if the file has no header; a column of any other file is looked for when it comes."""
    if column in kind.drop:
        raise MapError(map_.where, f"{place} uses {column}, which is never stored: remove it from drop in [files.{kind.name}].")
    if kind.unfold:
        if column not in kind.header:
            _check_column(map_, place, map_.kinds[kind.unfold.of], column)
    elif kind.header and column not in kind.header:
        raise MapError(map_.where, f"{place} uses {column}, which {kind.name} does not have{_near(column, kind.header)}")


def _check_kind(map_: Map, kind: Kind) -> None:
    for one in kind.date_formats:
        try:
            check_date_format(one)
        except SyntaxProblem as problem:
            raise MapError(map_.where, f"[files.{kind.name}] date_formats {problem}.") from None
    used = columns_used(map_, kind.name)
    section = f"[files.{kind.name}]"
    if not used:
        raise MapError(map_.where, f"{section} is read by no table: remove it, or add a table from it.")
    if not kind.file_names and not kind.unfold and not used - set(kind.optional):
        raise MapError(map_.where, f"{section} needs names: all its columns are optional, and any file would fit.")
    for name in kind.drop:
        if name in used:
            raise MapError(map_.where, f"{section} drop names {name}, which the map reads: remove it from drop.")


def _read(map_: Map, place: str, text: str, scope: Scope) -> Cell:
    try:
        return read_cell(text, scope)
    except SyntaxProblem as problem:
        raise MapError(map_.where, f"{place} {problem}.") from None


def _known(map_: Map, place: str, name: str, known: Iterable[str], what: str) -> None:
    if name not in set(known):
        raise MapError(map_.where, f"{place} names {name}, which is no {what} here{_near(name, known)}")


def _near(name: str, known: Iterable[str]) -> str:
    """The nearest of the known names, or all of them, and the end of the sentence."""
    near = nearest(name, known)
    listed = ", ".join(_shortened(sorted(known)))
    return f"; did you mean {near}?" if near else (f"; there is {listed}." if listed else ".")


def _shortened(names: list[str]) -> Iterator[str]:
    yield from names[:12]
    if len(names) > 12:
        yield "…"
