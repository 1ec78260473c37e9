"""Records made from lines that are packed in one column: `A:2|B:1` becomes two records.

An unfolded record has the columns of the record that it was packed in, and the fields of its line; its number is the number of
that record times 1,000, plus its position from 1.
"""

from __future__ import annotations

import re

import polars as pl

from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.mapping.definitions import Kind, Map, MapError, Unfold

MOST_LINES = 999
"""Lines of one record, at most: more would make the number of another record. Such a record gives one line without fields."""
_POSITION, _LINE = "_position", "_line"
RECORD = LINEAGE[1]


def unfolded(map_: Map, kind: Kind, delivered: pl.DataFrame) -> pl.DataFrame:
    """The records of an unfolded kind, in the order of the delivered rows."""
    unfold = kind.unfold
    assert unfold is not None
    if unfold.column not in delivered.columns:
        raise MapError(map_.where, f"[files.{kind.name}] unfold.column is {unfold.column}, which {unfold.of} does not have.")
    lines = delivered.with_columns(pl.col(unfold.column).str.split(unfold.by).alias(_LINE))
    too_many = pl.col(_LINE).list.len() > MOST_LINES
    no_line = pl.lit(pl.Series([[None]], dtype=pl.List(pl.String())))
    lines = lines.with_columns(pl.when(too_many).then(no_line).otherwise(_LINE).alias(_LINE))
    lines = lines.with_columns(pl.int_ranges(1, pl.col(_LINE).list.len() + 1).alias(_POSITION))
    is_line = pl.col(_POSITION).is_not_null() & (pl.col(_LINE).str.strip_chars() != "").fill_null(True)
    lines = lines.explode(_LINE, _POSITION).filter(is_line)
    fields = [_field(unfold, position, header).alias(header) for position, header in enumerate(kind.header)]
    return lines.with_columns(*fields, pl.col(RECORD) * (MOST_LINES + 1) + pl.col(_POSITION)).drop(_LINE, _POSITION)


def _field(unfold: Unfold, position: int, header: str) -> pl.Expr:
    line = pl.col(_LINE)
    if unfold.fields is None:
        return line if position == 0 else pl.lit(None, pl.String)
    if unfold.name is None:
        return line.str.split(unfold.fields).list.get(position, null_on_oob=True)
    between, named = re.escape(unfold.fields), re.escape(unfold.name)
    spelled = r"[\W_]*".join(header.split("_"))  # the header is in snake case, the field's name may be written in any way
    return line.str.extract(rf"(?is)(?:^|{between})\s*{spelled}\s*{named}(.*?)(?:{between}|$)")
