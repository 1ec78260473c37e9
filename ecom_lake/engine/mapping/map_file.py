"""A map in its file: TOML whose cells are SQL scalar expressions.

Here: reading the file into a `Map`, with one sentence for the first thing that is wrong, and the kinds as bronze tables.
Not here: what the parts mean (definitions.py), whether the expressions fit together (checked_map.py).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, cast, get_args

from ecom_lake.engine.contracts.delivered import SPACES, Delivered, FileFormat
from ecom_lake.engine.landing.snake_case import snake_case
from ecom_lake.engine.mapping.checked_map import check
from ecom_lake.engine.mapping.columns_used import columns_used, kinds_read
from ecom_lake.engine.mapping.definitions import (
    Else,
    Facet,
    Kind,
    Map,
    MapCheck,
    MapError,
    MapLookup,
    Unfold,
    Whole,
    Words,
)
from ecom_lake.engine.mapping.toml_section import Section

__all__ = [
    "Facet",
    "Kind",
    "Map",
    "MapCheck",
    "MapError",
    "MapLookup",
    "Unfold",
    "Words",
    "columns_used",
    "delivered",
    "kinds_read",
    "read_map",
]

_FACET = ("from", "per", "where", "join")


def read_map(text: str, where: str, targets: Sequence[Delivered]) -> Map:
    """The checked map. `where` is the file, for messages; `targets` are the canonical tables that a map may make."""
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MapError(where, f"It is not valid TOML: {error}. Fix that line.") from None
    top = Section(where, "", entries)
    by_name = {target.name: target for target in targets}
    map_ = Map(
        name=PurePath(where).stem,
        meaning=top.text("meaning", "") or "",
        kinds={kind.name: kind for kind in _kinds(top)},
        facets=tuple(_facets(top, by_name)),
        lookups={lookup.name: lookup for lookup in _lookups(top)},
        words={words.name: words for words in _words(top)},
        checks=tuple(_checks(top)),
        draft=top.flag("draft"),
        targets=by_name,
        where=where,
    )
    top.close(by_name)
    check(map_)
    return map_


def delivered(map_: Map) -> tuple[Delivered, ...]:
    """The kinds of files as bronze tables. Unfolded kinds are made from them and are no files."""
    return tuple(_delivered(map_, kind) for kind in map_.kinds.values() if not kind.unfold)


def _delivered(map_: Map, kind: Kind) -> Delivered:
    used = columns_used(map_, kind.name)
    columns = kind.header or tuple(dict.fromkeys([*kind.columns, *sorted(used)]))
    stored = [name for name in columns if name not in kind.drop]
    required = tuple(name for name in stored if name in used and name not in kind.optional)
    headers = {name: tuple(map(snake_case, spelled)) for name, spelled in kind.columns.items()}
    return Delivered(
        kind.name,
        f"Files of the kind {kind.name}, as they were exported.",
        required=required,
        optional=tuple(name for name in stored if name not in required),
        file_names=() if kind.file_names else (kind.name,),
        file_format=FileFormat(kind.file_names, headers, kind.separator, kind.header, kind.drop),
    )


# ------------------------------------------------------------------------------------------------------------- the sections


def _kinds(top: Section) -> Iterator[Kind]:
    files = top.section("files")
    if not files.names():
        raise MapError(top.where, "It names no files: add a table [files.KIND] for each kind of file.")
    for name in files.names():
        if not _is_name(name):
            raise files.wrong(f"The name of a kind is in small letters, digits and _, not {name}.")
        yield _kind(name, files.section(name))


def _kind(name: str, section: Section) -> Kind:
    kind = Kind(
        name=name,
        file_names=section.texts("names"),
        columns=dict(_columns(section)),
        optional=section.texts("optional"),
        separator=section.text("separator"),
        header=tuple(map(snake_case, section.texts("header"))),
        decimal=section.one_of("decimal", (".", ","), None),
        null=section.texts("null"),
        date_formats=section.texts("date_formats"),
        whole=cast(Whole, section.one_of("whole", get_args(Whole), "rows")),
        drop=section.texts("drop"),
        unfold=_unfold(section.section("unfold")) if section.has("unfold") else None,
    )
    section.close(["unfold"])
    if kind.separator is not None and kind.separator != SPACES and len(kind.separator) != 1:
        raise section.wrong(f"separator must be one character or {SPACES}, not {kind.separator!r}.")
    if len(set(kind.header)) < len(kind.header):
        raise section.wrong("header names a column twice.")
    if (kind.header or kind.separator == SPACES) and not kind.file_names and not kind.unfold:
        raise section.wrong(
            "needs names: a file without a header, or with blanks between its columns, is recognised by its name."
        )
    return kind


def _columns(section: Section) -> Iterator[tuple[str, tuple[str, ...]]]:
    columns = section.section("columns")
    for name in columns.names():
        if name != snake_case(name):
            raise columns.wrong(f"A column's own name is in small letters, digits and _, such as {snake_case(name)}, not {name}.")
        yield name, columns.texts(name)


def _unfold(section: Section) -> Unfold:
    unfold = Unfold(
        of=section.needed("of"),
        column=section.needed("column"),
        by=section.needed("by"),
        fields=section.text("fields"),
        name=section.text("name"),
    )
    section.close()
    if unfold.name is not None and unfold.fields is None:
        raise section.wrong("needs fields, the text between the fields of a line.")
    return unfold


def _facets(top: Section, targets: Mapping[str, Delivered]) -> Iterator[Facet]:
    for name, target in targets.items():
        for section in top.sections(name):
            yield _facet(section, target)


def _facet(section: Section, target: Delivered) -> Facet:
    join = section.section("join")
    cells = {name: cell for name in target.columns if (cell := section.cell(name)) is not None}
    facet = Facet(
        target=target.name,
        kind=section.needed("from"),
        cells=cells,
        per=section.cell("per"),
        where=section.cell("where"),
        join={name: join.needed(name) for name in join.names()},
    )
    section.close(["join"])
    if lacking := [name for name in target.required if name not in cells]:
        raise section.wrong(f"from {facet.kind} needs a cell for {', '.join(lacking)}.")
    return facet


def _lookups(top: Section) -> Iterator[MapLookup]:
    lookups = top.section("lookups")
    for name in lookups.names():
        section = lookups.section(name)
        lookup = MapLookup(name, section.needed("on"), section.text("from"), section.text("sql"))
        section.close()
        if (lookup.kind is None) == (lookup.sql is None):
            raise section.wrong("needs either from, a kind of file, or sql, a query.")
        yield lookup


def _words(top: Section) -> Iterator[Words]:
    every = top.section("words")
    for name in every.names():
        section = every.section(name)
        otherwise = section.one_of("else", get_args(Else), "keep")
        values = {value: _word(section, value) for value in section.names() if value != "else"}
        yield Words(name, values, cast(Else, otherwise))


def _word(section: Section, value: str) -> str:
    word: Any = section.cell(value)
    return str(word)


def _checks(top: Section) -> Iterator[MapCheck]:
    for section in top.sections("checks"):
        check_ = MapCheck(section.needed("file"), section.needed("holds"), section.needed("says"))
        section.close()
        yield check_


def _is_name(name: str) -> bool:
    return bool(name) and name == snake_case(name)
