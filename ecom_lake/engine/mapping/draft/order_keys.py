"""The id of the orders where no name shows it: by what the rows have in common.

The rows of one order have one time, and its lines differ. A file of lines without times refers to the file of the orders, which
has them. Not here: ids that names show (scores.py), and ids that are made from other columns (keys.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from ecom_lake.engine.mapping.draft.arithmetic import Formula
from ecom_lake.engine.mapping.draft.joins import Join
from ecom_lake.engine.mapping.draft.profile import ColumnProfile, KindProfile
from ecom_lake.engine.mapping.draft.scores import STRONG, KindScores
from ecom_lake.engine.mapping.draft.targets import Targets

_WELL_COVERED = 0.99
_LEAST_ORDERS = 5
_NEARLY_ALL = 0.98
_ID = "id"


def find_order_keys(
    kinds: Sequence[KindScores], joins: Sequence[Join], formulas: Mapping[str, Sequence[Formula]], targets: Targets
) -> dict[str, str]:
    """For each kind that has it, the column of the order's id; empty where a name shows it, or where nothing does."""
    amounts = targets.amounts
    if any((best := one.best(amounts.orders, amounts.order_key)) and best.total >= STRONG for one in kinds):
        return {}
    for lines in kinds:
        quantity = lines.best(amounts.table, amounts.quantity)
        has_quantity = quantity is not None and quantity.total >= STRONG
        if not has_quantity and not any(one.form != "sum" for one in formulas[lines.kind.name]):
            continue
        if time := next((column for column in lines.kind.columns.values() if column.dates), None):
            if key := key_of_rows(lines.kind, time, targets):
                return {lines.kind.name: key}
        elif found := _joined_key(lines.kind, {one.kind.name: one.kind for one in kinds}, joins):
            return found
    return {}


def key_of_rows(kind: KindProfile, time: ColumnProfile, targets: Targets) -> str | None:
    """The column with the most values whose rows have one time each, and several rows in some orders."""
    found = [column for column in _possible_keys(kind) if _has_one_time(column, time)]

    def rank(column: ColumnProfile) -> tuple[bool, int]:
        return _ID in targets.words.of_name(column.title), column.distinct

    return max(found, key=rank).name if found else None


def _possible_keys(kind: KindProfile) -> Iterator[ColumnProfile]:
    for column in kind.columns.values():
        is_amount = column.numbers is not None and not column.numbers.are_integers
        if not (column.dates or is_amount or column.filled < column.rows or column.is_unique):
            yield column


def _has_one_time(column: ColumnProfile, time: ColumnProfile) -> bool:
    groups = pl.DataFrame({"key": column.texts, "time": time.texts}).group_by("key").agg(pl.len(), pl.col("time").n_unique())
    several = groups.filter(pl.col("len") > 1)
    return several.height >= _LEAST_ORDERS and several.filter(pl.col("time") == 1).height >= _NEARLY_ALL * several.height


def _joined_key(lines: KindProfile, kinds: Mapping[str, KindProfile], joins: Sequence[Join]) -> dict[str, str]:
    """Of the files with times that the lines refer to, the one with the most rows has the orders."""
    fitting = [
        join
        for join in joins
        if join.kind == lines.name
        and join.coverage >= _WELL_COVERED
        and any(column.dates for column in kinds[join.other].columns.values())
    ]
    best = max(fitting, key=lambda join: kinds[join.other].rows, default=None)
    return {best.kind: best.column, best.other: best.key} if best else {}
