"""One table of a map run on delivered rows: canonical rows as text, and the number of every record that did not become one.

Here: what goes into the query, and the proof that no record was lost or doubled. Not here: the query itself (compiled.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.landing.similar_names import nearest
from ecom_lake.engine.mapping.columns_used import facet_columns, lookup_columns, needs_pseudonym_key
from ecom_lake.engine.mapping.compiled import Query, compile_facet
from ecom_lake.engine.mapping.definitions import Facet, Kind, Map, MapError
from ecom_lake.engine.mapping.groups import RECORDS
from ecom_lake.engine.mapping.kind_rows import MAPPED, stated_values, table_of
from ecom_lake.engine.mapping.locked_engine import limited, locked_engine
from ecom_lake.engine.mapping.lookup_query import columns_read
from ecom_lake.engine.mapping.syntax import error_sentence
from ecom_lake.engine.mapping.unfold import unfolded
from ecom_lake.engine.mapping.words import word_macros
from ecom_lake.words import counted

SEQUENCE, RECORD = LINEAGE


@dataclass(frozen=True)
class MappedRows:
    rows: pl.DataFrame
    """The target's columns as text and the lineage of the carrier: the lowest record of a group, or the record itself."""
    collapsed: Mapping[int, int]
    """Delivery → records that became part of another record's row."""
    left_out: Mapping[int, int]
    """Delivery → records that `where` leaves out."""
    not_listed: Mapping[str, Mapping[str, int]]
    """Word list → value that it does not have → rows with the value; of an aggregate, its records with the value."""
    records: Mapping[int, int]
    """Delivery → records that were mapped: those delivered, or the lines that they were unfolded into."""


def map_rows(
    map_: Map, facet: Facet, delivered: pl.DataFrame, kinds: Mapping[str, pl.DataFrame], timezone: str, pseudonym_key: bytes
) -> MappedRows:
    """The rows of one table.

    `delivered`: rows of the facet's file kind (of an unfolded kind, the rows that its lines are packed in), as text with lineage,
    of any number of whole deliveries. `kinds`: all rows of the file kinds that its lookups read. `timezone`: an IANA name.
    """
    if not pseudonym_key and needs_pseudonym_key(facet):
        raise MapError(map_.where, f"[{facet.target}] from {facet.kind} calls hashed(), and there is no pseudonym key.")
    with locked_engine(timezone, pseudonym_key) as con:
        own = _rows_of(map_, map_.kinds[facet.kind], delivered)
        _register_all(con, map_, facet, own, kinds)
        query = compile_facet(map_, facet, con)
        rows, kept = _run(map_, facet, query, con)
    return _accounted(map_, facet, query, own, rows, kept)


def map_groups(
    map_: Map, facet: Facet, delivered: pl.DataFrame, kinds: Mapping[str, pl.DataFrame], timezone: str, pseudonym_key: bytes
) -> pl.DataFrame:
    """The records that a table does not leave out: their lineage, and the number of the first record of the group of each one.
    Arguments as in `map_rows`."""
    with locked_engine(timezone, pseudonym_key) as con:
        _register_all(con, map_, facet, _rows_of(map_, map_.kinds[facet.kind], delivered), kinds)
        query = compile_facet(map_, facet, con)
        with limited(con, f"{map_.where}: [{facet.target}] from {facet.kind}"):
            groups: pl.DataFrame = pl.from_arrow(con.sql(query.groups_sql).to_arrow_table())  # type: ignore[assignment]
    return groups


def _run(map_: Map, facet: Facet, query: Query, con: duckdb.DuckDBPyConnection) -> tuple[pl.DataFrame, Counter[int] | None]:
    """The rows of the query, and the records of each delivery that `where` does not leave out; None without `where`."""
    table = f"[{facet.target}] from {facet.kind}"
    try:
        with limited(con, f"{map_.where}: {table}"):
            _check_unique(map_, query, con)
            rows: pl.DataFrame = pl.from_arrow(con.sql(query.sql).to_arrow_table())  # type: ignore[assignment]
            return rows, Counter(dict(con.execute(query.kept_sql).fetchall())) if facet.where is not None else None
    except (duckdb.DataError, duckdb.InvalidInputException) as error:
        kind = str(error).partition(" Error:")[0].lower()
        raise MapError(
            map_.where,
            f"{table} cannot be computed because of a value that was delivered ({kind} error): use num(), try_cast or "
            "try_strptime in its lookups.",
        ) from None  # the error's own text quotes the value
    except duckdb.Error as error:
        raise MapError(map_.where, f"{table} cannot be computed: {error_sentence(error)}.") from None


def facet_sql(map_: Map, facet: Facet) -> str:
    """The query of a table, as it runs."""
    return _planned(map_, facet).sql


def check_types(map_: Map) -> None:
    """Raises `MapError` for a cell whose types do not fit. Reading a map does not do this: it takes 50 ms for each table."""
    for facet in map_.facets:
        _planned(map_, facet)


def _planned(map_: Map, facet: Facet) -> Query:
    """The query of a table, compiled without any rows."""
    with locked_engine() as con:
        _register_all(con, map_, facet, None, {})
        return compile_facet(map_, facet, con)


def _register_all(
    con: duckdb.DuckDBPyConnection, map_: Map, facet: Facet, own: pl.DataFrame | None, kinds: Mapping[str, pl.DataFrame]
) -> None:
    _register(con, map_, facet, map_.kinds[facet.kind], MAPPED, set(facet_columns(facet)), own)
    needed: dict[str, set[str]] = {}
    for alias in facet.join:
        for kind, read in columns_read(map_, map_.lookups[alias], lookup_columns(facet, alias)).items():
            needed.setdefault(kind, set()).update(read)
    for kind, columns in needed.items():
        looked_up = map_.kinds[kind]
        rows = None if own is None else _rows_of(map_, looked_up, kinds[map_.file_kind(kind).name])
        _register(con, map_, facet, looked_up, table_of(looked_up), columns, rows)
    for words in map_.words.values():
        for macro in word_macros(words):
            con.execute(macro)


def _register(
    con: duckdb.DuckDBPyConnection,
    map_: Map,
    facet: Facet,
    kind: Kind,
    table: str,
    columns: set[str],
    rows: pl.DataFrame | None,
) -> None:
    """`rows`: None to plan the query without any."""
    if rows is None:
        rows = pl.DataFrame(schema=dict.fromkeys(sorted(columns), pl.String()) | dict.fromkeys(LINEAGE, pl.Int64()))
    _check_columns(map_, facet, kind, columns, rows)
    con.register(table, stated_values(kind, columns, rows).to_arrow())


def _rows_of(map_: Map, kind: Kind, delivered: pl.DataFrame) -> pl.DataFrame:
    return unfolded(map_, kind, delivered) if kind.unfold else delivered


def _check_columns(map_: Map, facet: Facet, kind: Kind, columns: set[str], rows: pl.DataFrame) -> None:
    for column in sorted(columns - set(rows.columns)):
        near = nearest(column, (one for one in rows.columns if one not in LINEAGE))
        cells = {**facet.cells, "per": facet.per, "where": facet.where}
        place = next((place for place, cell in cells.items() if cell and column in cell.lower()), "join")
        hint = f"; did you mean {near}?" if near else "."
        raise MapError(map_.where, f"[{facet.target}] {place} uses {column}, which {kind.name} does not have{hint}")


def _check_unique(map_: Map, query: Query, con: duckdb.DuckDBPyConnection) -> None:
    for lookup, sql in query.lookups.items():
        ((repeated,),) = con.execute(sql).fetchall()
        if repeated:
            on = map_.lookups[lookup].on
            raise MapError(
                map_.where,
                f"[lookups.{lookup}] sql gives several rows for {counted(repeated, 'value')} of {on}: group the query by {on}.",
            )


def _accounted(
    map_: Map, facet: Facet, query: Query, own: pl.DataFrame, rows: pl.DataFrame, kept: Counter[int] | None
) -> MappedRows:
    records = _by_delivery(own)
    published = _by_delivery(rows)
    kept = records if kept is None else kept
    left_out = records - kept
    is_collapsed = RECORDS in query.columns
    mapped = Counter(dict(rows.group_by(SEQUENCE).agg(pl.col(RECORDS).sum()).iter_rows())) if is_collapsed else published
    lost = {number for number in records | mapped if mapped[number] + left_out[number] != records[number]}
    if lost or rows.select(LINEAGE).is_duplicated().any():
        raise AssertionError(f"{map_.where}: [{facet.target}] loses or doubles records of the deliveries {sorted(lost)}.")
    target = map_.targets[facet.target]
    return MappedRows(
        rows=_in_order(rows.select(*target.columns, *LINEAGE)),
        collapsed=mapped - published,
        left_out=left_out,
        not_listed=_not_listed(query, rows),
        records=records,
    )


def _by_delivery(rows: pl.DataFrame) -> Counter[int]:
    return Counter(dict(rows.group_by(SEQUENCE).len().iter_rows()))


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    later = (pl.col(SEQUENCE).diff() > 0) | ((pl.col(SEQUENCE).diff() == 0) & (pl.col(RECORD).diff() > 0))
    is_in_order = rows.select(later.fill_null(True).all()).item()
    return rows if is_in_order else rows.sort(LINEAGE)


def _not_listed(query: Query, rows: pl.DataFrame) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for column, words in query.unlisted.items():
        values = rows[column].explode() if rows.schema[column] == pl.List else rows[column]
        found.setdefault(words, Counter()).update(dict(values.drop_nulls().value_counts().iter_rows()))
    return {words: dict(sorted(values.items())) for words, values in found.items() if values}
