"""The delivered rows that lead to a person, found by the ids that contracts mark, and these rows without the person.

From a person to further ids of theirs, to orders, to reviews: an id of a row's owner leads to the other ids of the row. Every
delivered version of a row counts. Pure functions of frames. Not here: where the frames come from.
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import reduce
from operator import or_

import polars as pl

from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.landing.record_editing import NamedRecords
from ecom_lake.engine.store.erasure_list import ErasureList, Ids

ERASED = "erased"
"""The fate of rows that are not stored, and the text of a malformed record that named an erased person."""
_WORD = re.compile(r"[^\s,;|\"]+")
_NUMBERED = re.compile(r"(\D{0,3})\d+")
_FIELD = re.compile(r"[^,;|\t\r\n\"]+")


Tables = Sequence[tuple[Delivered, Sequence[pl.LazyFrame]]]
"""Tables about persons, each with frames of `id_columns`."""


def merged(*several: Ids) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for ids in several:
        for kind, values in ids.items():
            found.setdefault(kind, set()).update(values)
    return found


def about_persons(delivered: Sequence[Delivered]) -> tuple[Delivered, ...]:
    return tuple(one for one in delivered if one.ids)


def id_columns(rows: pl.LazyFrame, table: Delivered) -> pl.LazyFrame:
    """The ids of each row, trimmed; null where a file does not have the column or the field is empty."""
    there = set(rows.collect_schema())
    trimmed = {name: pl.col(name).str.strip_chars() if name in there else pl.lit(None, pl.String) for name in table.ids}
    return rows.with_columns(pl.when(value != "").then(value).alias(name) for name, value in trimmed.items())


def known_ids(listed: ErasureList, tables: Tables) -> dict[str, set[str]]:
    """The ids of erased persons that occur in these rows, in plain text."""
    ids: dict[str, set[str]] = {}
    for table, frames in tables:
        for column, kind in table.ids.items():
            for frame in frames:
                values = frame.select(pl.col(column).unique()).collect()[column]
                ids = merged(ids, {kind: listed.listed(kind, values.drop_nulls().to_list())})
    return ids


def linking_kinds(tables: Iterable[Delivered]) -> frozenset[str]:
    """The kinds of ids that several tables have. An id of another kind decides only for a row without any owner."""
    tables_of = Counter(kind for table in tables for kind in set(table.ids.values()))
    return frozenset(kind for kind, count in tables_of.items() if count > 1)


def is_hit(table: Delivered, ids: Ids, linking: Collection[str]) -> pl.Expr:
    """Whether a row of `id_columns` is about one of the persons."""
    hits: list[pl.Expr] = [pl.lit(False)]
    owners: list[str] = []
    for column, kind in table.ids.items():
        listed = pl.col(column).is_in(pl.Series(sorted(ids.get(kind, ())), dtype=pl.String).implode()).fill_null(False)
        hits.append(listed if kind in linking or not owners else listed & pl.all_horizontal(pl.col(owners).is_null()))
        owners.append(column)
    return reduce(or_, hits)


def with_owned(ids: Ids, tables: Tables, linking: Collection[str]) -> dict[str, set[str]]:
    """The ids and all ids that they lead to."""
    found = merged(ids)
    while True:
        before = sum(map(len, found.values()))
        for table, frames in tables:
            kinds = list(table.ids.items())
            if len(kinds) < 2:
                continue
            for frame in frames:
                hits = frame.filter(is_hit(table, found, linking)).select(list(table.ids)).unique().collect()
                for place, (column, kind) in enumerate(kinds[1:], start=1):
                    owners = [pl.col(name).is_in(sorted(found.get(of, ()))) for name, of in kinds[:place]]
                    owned = set(hits.filter(pl.any_horizontal(owners))[column].drop_nulls())
                    found = merged(found, {kind: owned} if owned else {})
        if sum(map(len, found.values())) == before:
            return found


class NewIds:
    """A random new id for each old one, the same for equal ones. They exist in memory only, so that nothing leads back."""

    def __init__(self) -> None:
        self._new: dict[tuple[str, str], str] = {}

    def of(self, kind: str, old: str) -> str:
        return self._new.setdefault((kind, old), uuid.uuid4().hex)

    def of_same_form(self, kind: str, old: str) -> str:
        """The same, but a number stays a number, and keeps a few signs before it, such as those of #1001 or C536379."""
        number = _NUMBERED.fullmatch(old)
        new = f"{number[1]}{10**17 + secrets.randbelow(9 * 10**17)}" if number else uuid.uuid4().hex
        return self._new.setdefault((kind, old), new)


def unlinked(rows: pl.DataFrame, table: Delivered, ids: Ids, new: NewIds) -> pl.DataFrame:
    """Rows about the persons with new ids and without personal columns. Columns that are not declared are emptied too."""
    kept = kept_columns(table)
    changed: list[pl.Expr | pl.Series] = []
    for name in rows.columns:
        if kind := table.ids.get(name):
            values = id_columns(rows.lazy(), table).select(name).collect()[name]
            renamed = {old: new.of(kind, old) for old in set(values.drop_nulls()) & set(ids.get(kind, ()))}
            changed.append(
                pl.Series(name, [renamed.get(found, was) for found, was in zip(values, rows[name], strict=True)], pl.String)
            )
        elif name not in kept:
            changed.append(pl.lit(None, pl.String).alias(name))
    return rows.with_columns(changed)


def kept_columns(table: Delivered) -> frozenset[str]:
    """The columns whose values stay in an unlinked row."""
    return frozenset(table.columns) - set(table.ids) - set(table.personal) | set(LINEAGE)


Mentions = Callable[[str], bool]
"""Whether a text contains an id of a person."""


def mentions_of(listed: ErasureList) -> Mentions:
    return lambda text: listed.mentions(words_of(text))


def words_of(text: str) -> set[str]:
    """Its words, and the pieces between separators: an id may have blanks."""
    return {*_WORD.findall(text), *(piece.strip() for piece in _FIELD.findall(text))} - {""}


def malformed_hits(rejects: pl.DataFrame, mentions: Mentions) -> set[int]:
    """The numbers of the malformed records that name a person, and of those that are the rest of such a record."""
    named, ordered = NamedRecords(mentions), rejects.sort("source_record").select("source_record", "raw", "reason")
    return {number for number, raw, reason in ordered.iter_rows() if named.includes(number, raw, reason)}
