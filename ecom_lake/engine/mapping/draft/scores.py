"""How well each delivered column fits each canonical one: by its name, and by whether its values have the type and the bounds.

Not here: which column is chosen (assign.py), and evidence from other files and columns (joins.py, arithmetic.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import polars as pl

from ecom_lake.engine.contracts.columns import DATE, FLAG, INTEGER, MONEY, NUMBER, PRICE, TEXT, TIMESTAMP, Column
from ecom_lake.engine.mapping.draft import names
from ecom_lake.engine.mapping.draft.profile import ColumnProfile, KindProfile
from ecom_lake.engine.mapping.draft.targets import Target, Targets, TargetTable

Level = Literal["order", "line", "unknown"]
"""Whether a column belongs to the order or to each of its lines, where an order has several rows."""

STRONG = 0.85
"""From this score the name alone says what a column is."""
WEAKEST = 0.4
"""A score below this is no candidate."""
_UNCHECKED = 0.45
_NUMBERED = 0.8
_OTHER_WORDS = 0.5
_FEWEST_WORDS = 2
_CLEAR_WORDS = 3
_CODE_LENGTH = 3
_MOST_KNOWN = 0.7
_WITH_NEGATIVES = 0.9
_OTHER_LEVEL = 0.3
_LEAST_ORDERS = 5
_SELDOM = 0.02
_BY_CHANCE = 0.01
"""The probability above which agreement within orders is no evidence."""
_EVIDENT = 0.01
_ADDED = 0.02
_ELIMINATED = 0.7
_NEARLY_COUNTED = 0.95
_DATE = frozenset({"date"})
_ID = "id"
_WITH_OR_WITHOUT = frozenset({"incl", "excl"})
_Named = tuple[TargetTable, Target, ColumnProfile, float]
_WITHIN = 0.99
_NUMERIC = (MONEY, PRICE, NUMBER, INTEGER)


@dataclass(frozen=True)
class Score:
    table: str
    target: Target
    column: ColumnProfile
    by_name: float
    by_values: float
    is_precise: bool
    """Whether the name can hardly mean something else: the canonical name, or several words."""
    is_by_join: bool = False
    """Whether a join shows it, and not the name."""

    @property
    def total(self) -> float:
        return self.by_name * self.by_values


@dataclass(frozen=True)
class KindScores:
    kind: KindProfile
    scores: tuple[Score, ...]
    levels: Mapping[str, Level] = field(default_factory=dict)

    def of(self, table: str, target: str) -> list[Score]:
        """The best first; a column that comes earlier in the file before others that are as good."""
        found = [one for one in self.scores if one.table == table and one.target.name == target]
        return sorted(found, key=lambda one: -one.total)

    def best(self, table: str, target: str) -> Score | None:
        return next(iter(self.of(table, target)), None)


def score_kind(kind: KindProfile, targets: Targets, order_key: str | None = None) -> KindScores:
    """`order_key` is the column of the order's id where its values show it, and no name does."""
    named = {
        column.name: targets.words.of_name(column.title) or targets.words.of_name(column.name) for column in kind.columns.values()
    }
    own_files = named_after(kind.name, targets)
    by_name = [
        (table, target, column, score)
        for table in targets.tables
        for target in table.targets
        for column in kind.columns.values()
        if (score := _by_either_name(named[column.name], column, table, target, targets, table.name in own_files)) >= WEAKEST
    ]
    if order_key is not None:
        by_name = [one for one in by_name if one[2].name != order_key and one[1].name != targets.amounts.order_key]
        by_name += _order_keys(kind.columns[order_key], targets)
    by_name += _complete_order_key(kind, by_name, targets)
    by_name = by_elimination(kind, by_name, named, targets)
    by_words = _by_words(kind, targets)
    named_so = {(table.name, target.name, column.name): score for table, target, column, score in by_name}
    by_name += [one for one in by_words if named_so.get((one[0].name, one[1].name, one[2].name), 0.0) < one[3]]
    listed = {column.name for _, target, column, _ in by_words if target.name not in targets.recognized}
    by_name = _without_wrong_order_keys(kind, by_name, targets)
    levels = _levels(kind, by_name, targets)
    several = _orders_of_several_rows(kind, by_name, targets)
    keys = {name for table in targets.tables for name in table.key}
    scores = []
    for table, target, column, score in by_name:
        words = known_words(column, table.name, target.name, targets)
        by_values = (1.0 if words else fits_values(column, target.column)) * _at_level(
            table, target, column, levels[column.name], several, targets
        )
        if column.name in listed and not words and target.column.kind == TEXT and target.name not in keys:
            by_values *= _OTHER_WORDS
        if target.column.kind == TEXT and target.name not in keys and column.values == "whole number":
            by_values *= _NUMBERED
        if target.name in targets.ids and column.distinct == 1 and column.rows > 1:
            by_values *= _OTHER_LEVEL
        one = Score(table.name, target, column, score, by_values, _is_precise(named[column.name], target))
        if one.total >= WEAKEST / 2:
            scores.append(one)
    return KindScores(kind, (*scores, *_of_other_tables(scores, targets)), levels)


def _of_other_tables(scores: Sequence[Score], targets: Targets) -> list[Score]:
    """The id of the order, for the tables for which the name alone does not show it: `id` in a file of orders."""
    key = targets.amounts.order_key
    best = max((one for one in scores if one.target.name == key), key=lambda one: one.total, default=None)
    if best is None or best.total < STRONG:
        return []
    have = {one.table for one in scores if one.target.name == key and one.column is best.column and one.total >= STRONG}
    return [
        replace(best, table=table.name, target=table[key])
        for table in targets.tables
        if key in table.names and table.name not in have
    ]


def _by_words(kind: KindProfile, targets: Targets) -> list[_Named]:
    """The columns whose values alone show what they are: words of a status under any name."""
    return [
        (table, target, column, STRONG)
        for table in targets.tables
        for target in table.targets
        for column in kind.columns.values()
        if len(column.words) >= _CLEAR_WORDS
        and min(map(len, column.words)) > _CODE_LENGTH
        and known_words(column, table.name, target.name, targets)
    ] + [
        (table, target, column, STRONG)
        for table in targets.tables
        for target in table.targets
        if (pattern := targets.recognized.get(target.name))
        for column in kind.columns.values()
        if column.filled and column.texts.str.contains(f"^(?:{pattern})$").sum() >= _WITHIN * column.filled
    ]


def _without_wrong_order_keys(kind: KindProfile, by_name: list[_Named], targets: Targets) -> list[_Named]:
    """Without a column as the order's id if the rows of one value belong to several customers."""
    amounts = targets.amounts
    key = _order_key(by_name, targets)
    owners = {
        column.name
        for table, target, column, score in by_name
        if table.name == amounts.orders and target.name in targets.ids and target.name != amounts.order_key and score >= STRONG
    }
    if key is None or not any(level == "line" and name in owners for name, level in column_levels(kind, key.name).items()):
        return by_name
    return [one for one in by_name if one[1].name != amounts.order_key or one[2].name != key.name]


def _complete_order_key(kind: KindProfile, by_name: Sequence[_Named], targets: Targets) -> list[_Named]:
    """Where the order's id is on the first row of each order only: the column that has a value in every row, and one per id."""
    key = _order_key(by_name, targets)
    if key is None or key.filled == key.rows or not key.is_unique:
        return []
    first_rows = kind.frame.filter(pl.col(key.name).is_not_null())
    found = [
        column
        for column in kind.columns.values()
        if column.filled == column.rows and column.distinct == key.filled and first_rows[column.name].n_unique() == key.filled
    ]
    return [one for column in found[:1] for one in _order_keys(column, targets)]


def _order_keys(column: ColumnProfile, targets: Targets) -> list[_Named]:
    """A column as the order's id of every table, because its values show it."""
    key = targets.amounts.order_key
    return [(table, table[key], column, names.EXACT + _EVIDENT) for table in targets.tables if key in table.names]


def by_elimination(
    kind: KindProfile, by_name: list[_Named], named: Mapping[str, frozenset[str]], targets: Targets
) -> list[_Named]:
    """With the time of the orders and the id of the products where no name shows them: the only time that a file of orders has,
    and the id of its lines that nothing else is."""
    key, amounts = _order_key(by_name, targets), targets.amounts
    if key is None:
        return by_name
    orders, lines = targets[amounts.orders], targets[amounts.table]
    counting = {column.name for column in kind.columns.values() if counts_lines(column, key)}
    by_name = [one for one in by_name if one[1].name not in targets.ids or one[2].name not in counting]
    numbers = {name for name in lines.key if name not in targets.ids}
    by_name = [one for one in by_name if one[0] is not lines or one[1].name not in numbers or _differs_within_order(one[2], key)]
    times = {name for name in orders.required if orders[name].column.kind == TIMESTAMP}
    dated = [column for column in kind.columns.values() if column.dates]
    has_time = any(one[1].name in times and one[0] is orders and one[3] >= STRONG for one in by_name)
    if len(dated) == 1 and not has_time:
        by_name = [one for one in by_name if not (one[0] is orders and one[2] is dated[0])]
        by_name += [(orders, orders[name], dated[0], STRONG) for name in times]
    if not any(one[1].name == amounts.product and one[3] >= STRONG for one in by_name):
        by_name = by_name + [
            (table, table[amounts.product], column, _ELIMINATED)
            for column in _other_ids(kind, key.name, by_name, named, targets)[:1] or _other_texts(kind, key.name, by_name)[:1]
            for table in (lines, *(one for one in targets.tables if one.key == (amounts.product,)))
        ]
    return by_name


def counts_lines(column: ColumnProfile, order: ColumnProfile) -> bool:
    """Whether a column is the number of the line in its order, in nearly all orders: 1, 2, 3 and so on, or from 0."""
    if not _differs_within_order(column, order) or column.distinct < _FEWEST_WORDS:
        return False
    lines = pl.DataFrame({"order": order.texts, "line": column.numbers.values if column.numbers else None}).group_by("order")
    orders = lines.agg(pl.len().alias("lines"), pl.col("line").min().alias("first"), pl.col("line").max().alias("last"))
    is_counted = pl.col("first").is_in([0.0, 1.0]) & (pl.col("last") - pl.col("first") + 1 == pl.col("lines"))
    return orders.filter(is_counted).height >= _NEARLY_COUNTED * orders.height


def _differs_within_order(column: ColumnProfile, order: ColumnProfile) -> bool:
    """Whether the rows of nearly every order have different whole numbers."""
    if column.numbers is None or not column.numbers.are_integers or column.filled < column.rows:
        return False
    lines = pl.DataFrame({"order": order.texts, "line": column.numbers.values}).group_by("order")
    orders = lines.agg(pl.len().alias("lines"), pl.col("line").n_unique().alias("different"))
    return orders.filter(pl.col("different") == pl.col("lines")).height >= _NEARLY_COUNTED * orders.height


def _other_ids(
    kind: KindProfile, key: str, by_name: Sequence[_Named], named: Mapping[str, frozenset[str]], targets: Targets
) -> list[ColumnProfile]:
    """The ids of lines that are not the id of anything else, the one with most different values first."""
    taken = {
        column.name for _, target, column, score in by_name if score >= STRONG and target.name not in targets.amounts.product
    }
    levels = column_levels(kind, key)
    found = [
        column
        for column in kind.columns.values()
        if _ID in named[column.name]
        and column.name not in taken
        and levels[column.name] == "line"
        and not (column.is_key or column.dates)
        and column.filled == column.rows
    ]
    return sorted(found, key=lambda column: -column.distinct)


def _other_texts(kind: KindProfile, key: str, by_name: Sequence[_Named]) -> list[ColumnProfile]:
    """The texts of lines that nothing else is and that repeat, the one with most different values first."""
    taken = {column.name for _, _, column, score in by_name if score >= STRONG}
    levels = column_levels(kind, key)
    found = [
        column
        for column in kind.columns.values()
        if column.values == "text" and column.name not in taken and levels[column.name] == "line" and not column.is_unique
    ]
    return sorted(found, key=lambda column: -column.distinct)


def named_after(file: str, targets: Targets) -> set[str]:
    """The tables that a file is named after: by a noun that only one table has, else by the longest name of a table."""
    words = targets.words.of_name(file)
    shared = Counter(thing for table in targets.tables for thing in table.things)
    by_noun = {table.name for table in targets.tables if any(thing in words and shared[thing] == 1 for thing in table.things)}
    if by_noun:
        return by_noun
    sizes = {table.name: len(own) for table in targets.tables if (own := targets.words.of_name(table.name)) <= words}
    return {name for name, size in sizes.items() if size == max(sizes.values())}


def _by_name(name: frozenset[str], table: TargetTable, target: Target, targets: Targets, is_own_file: bool) -> float:
    other_amounts = targets.amount_words - {word for words in target.names for word in words}
    if target.column.kind in (MONEY, PRICE) and name & other_amounts and not name & _WITH_OR_WITHOUT:
        return 0.0
    own = set(table.things)
    foreign = {thing for other in targets.tables for thing in other.things} - own
    context = names.Context(own, foreign, is_own_file, may_be_coded=target.column.kind == TEXT and target.name not in targets.ids)
    bare = (name - words for words in target.additions if words < name)
    return max(names.fit(name, target.names, context), *(names.fit(one, target.names, context) - _ADDED for one in bare), 0.0)


def _by_either_name(
    name: frozenset[str], column: ColumnProfile, table: TargetTable, target: Target, targets: Targets, is_own_file: bool
) -> float:
    """A time may be called `shipped` as well as `shipped date`, and `eta` as it is."""
    return max(_by_name(one, table, target, targets, is_own_file) for one in {name, _dated(name, column, target)})


def _dated(name: frozenset[str], column: ColumnProfile, target: Target) -> frozenset[str]:
    is_time = target.column.kind in (TIMESTAMP, DATE) and column.dates is not None
    return name | _DATE if is_time else name


def _is_precise(name: frozenset[str], target: Target) -> bool:
    return len(name) > 1 or name == target.names[0]


def known_words(column: ColumnProfile, table: str, target: str, targets: Targets) -> bool:
    """Whether nearly all values of a column are words that the vocabulary lists for the target: `shipped` for a status."""
    known = targets.value_words.get(f"{table}.{target}", targets.value_words.get(target))
    if not known or len(column.words) < _FEWEST_WORDS:
        return False
    return sum(word.casefold() in known for word in column.words) >= _MOST_KNOWN * len(column.words)


def fits_values(column: ColumnProfile, wanted: Column) -> float:
    """From 0 (they are of another type) to 1; a column without values cannot be checked."""
    if column.values == "empty":
        return _UNCHECKED if wanted.nullable else 0.0
    if wanted.kind == FLAG:
        return 1.0 if column.values == "flag" else 0.8 if column.distinct == 2 and column.values == "text" else 0.0
    if wanted.kind in (TIMESTAMP, DATE):
        return 1.0 if column.dates else 0.0
    if wanted.kind in (MONEY, PRICE) and column.values == "flag" and column.distinct == _FEWEST_WORDS:
        return 0.0
    if wanted.kind in _NUMERIC:
        return _fits_number(column, wanted)
    if column.dates:
        return 0.0
    return 0.3 if column.values == "number" or (column.values == "flag" and column.distinct == _FEWEST_WORDS) else 1.0


def _fits_number(column: ColumnProfile, wanted: Column) -> float:
    if column.numbers is None or column.dates or (column.has_leading_zeros and wanted.kind != INTEGER):
        return 0.0
    if wanted.kind == INTEGER and not column.numbers.are_integers:
        return 0.0
    low = float("-inf") if wanted.at_least is None else wanted.at_least
    high = float("inf") if wanted.at_most is None else wanted.at_most
    values = column.numbers.values.drop_nulls()
    if values.is_between(low, high).sum() >= _WITHIN * len(values):
        return 1.0
    # Credit notes have the amounts of a sale with the other sign.
    return _WITH_NEGATIVES if values.abs().is_between(low, high).sum() >= _WITHIN * len(values) else _OTHER_LEVEL


def _levels(kind: KindProfile, by_name: Sequence[_Named], targets: Targets) -> dict[str, Level]:
    key = _order_key(by_name, targets)
    return column_levels(kind, key.name) if key else dict.fromkeys(kind.columns, "unknown")


def _order_key(by_name: Sequence[_Named], targets: Targets) -> ColumnProfile | None:
    """The column that is the order's id, by its name and values; None if no column is it for sure."""
    amounts = targets.amounts
    keys = [
        (score, column)
        for table, target, column, score in by_name
        if (table.name, target.name) == (amounts.orders, amounts.order_key)
        and score * fits_values(column, target.column) >= STRONG
    ]
    return max(keys, key=lambda pair: pair[0])[1] if keys else None


def column_levels(kind: KindProfile, order_key: str) -> dict[str, Level]:
    """A column whose values differ within an order belongs to the lines. One that never differs within it, in enough orders with
    several rows, belongs to the order."""
    rows = kind.frame.filter(pl.col(order_key).is_not_null())
    others = [name for name in kind.columns if name != order_key]
    groups = rows.group_by(order_key).agg(
        pl.len().alias("rows of the order"), *(pl.col(name).drop_nulls().n_unique() for name in others)
    )
    several = groups.filter(pl.col("rows of the order") > 1)
    if several.height < _LEAST_ORDERS:
        return dict.fromkeys(kind.columns, "unknown")
    differing = {name: several.filter(pl.col(name) > 1).height for name in others}
    return {order_key: "order", **{name: _level(count, several.height) for name, count in differing.items()}}


def _level(differing: int, orders: int) -> Level:
    if differing > _SELDOM * orders:
        return "line"
    return "unknown" if differing else "order"


def _orders_of_several_rows(kind: KindProfile, by_name: Sequence[_Named], targets: Targets) -> int:
    key = _order_key(by_name, targets)
    return 0 if key is None else kind.frame[key.name].drop_nulls().value_counts().filter(pl.col("count") > 1).height


def _may_agree_by_chance(column: ColumnProfile, orders: int) -> bool:
    """Whether a column of lines may have one value in each order only because nearly all its values are the same: most shops
    sell one piece, and few orders of a small export have several rows, `orders`."""
    counts = column.texts.drop_nulls().value_counts()["count"]
    same = float(((counts / counts.sum()) ** 2).sum())
    return same**orders > _BY_CHANCE


def _at_level(table: TargetTable, target: Target, column: ColumnProfile, level: Level, orders: int, targets: Targets) -> float:
    """Amounts of a line and amounts of an order have the same names; where the rows show the level, it decides. `orders`: those
    with several rows."""
    amounts = targets.amounts
    if table.name == amounts.table:
        is_of_line = target.name in (amounts.line_total, amounts.price, amounts.quantity)
        is_other = level == "order" and is_of_line and column.distinct > 1 and not _may_agree_by_chance(column, orders)
        return _OTHER_LEVEL if is_other else 1.0
    if level == "unknown" or target.column.kind not in (MONEY, PRICE, NUMBER, FLAG):
        return 1.0
    return _OTHER_LEVEL if level == "line" and table.name == amounts.orders else 1.0
