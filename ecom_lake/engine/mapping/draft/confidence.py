"""How sure a cell is.

*Sure* needs the name and the content. The name can hardly mean something else, and no other column would fit as well. The values
have the type, and a shape that other columns would not have: an id is unique or joined, a time is not before the order, a city
is written without digits, a category repeats, and what belongs to a product is the same in all of its rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from ecom_lake.engine.contracts.columns import DATE, MONEY, NUMBER, PRICE, TEXT, TIMESTAMP
from ecom_lake.engine.mapping.draft.assign import Assigned
from ecom_lake.engine.mapping.draft.drafted import Confidence, DraftCell
from ecom_lake.engine.mapping.draft.names import EXACT, QUALIFIED
from ecom_lake.engine.mapping.draft.order_keys import key_of_rows
from ecom_lake.engine.mapping.draft.profile import MOST_LISTED, ColumnProfile
from ecom_lake.engine.mapping.draft.scores import STRONG, Score, counts_lines, known_words, named_after
from ecom_lake.engine.mapping.draft.targets import Targets
from ecom_lake.words import counted

_SURE_NAME = QUALIFIED - 0.06
_CLOSE = 0.1
"""How much worse a name may fit something else, and still may mean it."""
_WELL_COVERED = 0.99
_NEARLY_ALL = 0.95
_ID = frozenset({"id"})
_DATE = frozenset({"date"})
_LABEL_REPEATS = 3
"""Rows per different value from which a column is a label."""


def confidence_of(assigned: Assigned, score: Score, targets: Targets) -> tuple[Confidence, str]:
    """How well name, values and joins agree."""
    name = score.target.name
    rivals = assigned.rivals.get(name, ())
    named = f"named like {name.replace('_', ' ')}" if score.by_name >= STRONG else f"named similarly to {name.replace('_', ' ')}"
    if score.by_name > EXACT or score.is_by_join:
        return "likely", assigned.joined[name].sentence if name in assigned.joined else "its values show it, not its name"
    if join := assigned.joined.get(name):
        if join.coverage >= _WELL_COVERED and score.by_name >= STRONG:
            return "sure", f"{named}, and its values are in {join.other}.{join.key}"
        return "likely", join.sentence
    if score.by_name < STRONG or score.by_values < 1:
        return ("likely" if score.total >= 0.6 else "guess"), _weak_reason(score, named)
    if rivals:
        return "likely", f"{named}; {rivals[0].column.name} would fit as well"
    if other := _other_id(score, targets) or _other_target(assigned, score):
        return "likely", f"{named}; it may be {other.replace('_', ' ')}"
    if name in targets.ids and score.column.is_key and not _has_own_name(score, targets):
        return "likely", f"{named}, but every row has another value: it may number the rows"
    if score.column.is_key and (other := _order_of_several_rows(assigned, score, targets)):
        return "likely", f"{named}; but rows with the same {other} have one time, as the rows of an order have"
    if name in assigned.table.key and len(assigned.table.key) == 1:
        return _key_confidence(assigned, score, named, targets)
    if not score.is_precise or score.by_name < _SURE_NAME:
        return "likely", named
    if elsewhere := [other for other in assigned.same_kind if name in targets[other].names and name not in targets.ids]:
        return "likely", f"{named}; it may belong to {elsewhere[0].replace('_', ' ')}"
    if doubt := _doubt(assigned, score, targets):
        return "likely", f"{named}; {doubt}"
    return "sure", f"{named}, and all values fit"


def without_unsure_tables(assigned: Assigned, cells: Iterable[DraftCell], targets: Targets) -> list[DraftCell]:
    """No cell of a table is sure whose key is a guess. Of a table that is one of several of its file, cells are sure only if one
    that is no key is: else the file may not have the table."""
    found, amounts = list(cells), targets.amounts
    keys = {*targets.ids, *assigned.table.key}
    guessed = next((cell for cell in found if cell.target in assigned.table.key and cell.confidence == "guess"), None)
    if guessed is not None:
        return _likely(found, f"but {guessed.target} is a guess")
    is_evident = any(cell.confidence == "sure" and cell.target not in keys for cell in found)
    if is_evident or not assigned.same_kind or assigned.table.name in (amounts.orders, amounts.table):
        return found
    return _likely(found, f"does the file have {assigned.table.name.replace('_', ' ')}?")


def _likely(cells: Iterable[DraftCell], doubt: str) -> list[DraftCell]:
    return [
        replace(cell, confidence="likely", reason=f"{cell.reason}; {doubt}") if cell.confidence == "sure" else cell
        for cell in cells
    ]


def _weak_reason(score: Score, named: str) -> str:
    if score.column.values == "empty":
        return f"{named}, but it has no values"
    return named if score.by_values == 1 else f"{named}, but not all values fit"


def _key_confidence(assigned: Assigned, score: Score, named: str, targets: Targets) -> tuple[Confidence, str]:
    if score.column.is_key and (other := _other_key(assigned, score.column, targets)):
        return "likely", f"{named}; {other} has another value in every row as well"
    if score.column.is_key:
        return "sure", f"{named}, and every row has another value"
    if (time := _time_of_order(assigned)) and assigned.scores.levels.get(time.name) == "line":
        return "likely", f"{named}; but rows with the same value differ in {time.name}"
    if score.is_precise and score.column.filled == score.column.rows:
        return "sure", f"{named}; {score.column.repeats:.1f} rows per value"
    return "likely", f"{named}; some rows have no value"


def _other_id(score: Score, targets: Targets) -> str | None:
    """Another id that one word of the name stands for: a `seller sku` may be the product's."""
    if score.target.name not in targets.ids:
        return None
    words = targets.words.of_name(score.column.title)
    others = ((name, table[name]) for table in targets.tables for name in targets.ids if name in table.names)
    found = (
        name for name, other in others if name != score.target.name and words & {w for n in other.names if len(n) == 1 for w in n}
    )
    return next(found, None)


def _other_target(assigned: Assigned, score: Score) -> str | None:
    """Another column of the table that the name fits nearly as well, and that nothing is: `order item id` may be the line."""
    mine = (one for one in assigned.scores.scores if one.table == score.table and one.column is score.column)
    found = (
        one.target.name
        for one in mine
        if one.target.name != score.target.name
        and not one.target.is_clue
        and one.by_name >= score.by_name - _CLOSE
        and assigned.columns.get(one.target.name, score).column is score.column
    )
    return next(found, None)


def _order_of_several_rows(assigned: Assigned, score: Score, targets: Targets) -> str:
    """A column whose rows with one value have one time, in a file with lines of which each has another order id."""
    amounts = targets.amounts
    is_of_lines = score.target.name == amounts.order_key and amounts.table in (assigned.table.name, *assigned.same_kind)
    time = next((column for column in assigned.scores.kind.columns.values() if column.dates), None)
    return key_of_rows(assigned.scores.kind, time, targets) or "" if is_of_lines and time is not None else ""


def _has_own_name(score: Score, targets: Targets) -> bool:
    """Whether the name is the canonical one, as `order number` is, and `transaction number` or `order product number` is not."""
    return targets.words.of_name(score.column.title) == score.target.names[0]


def _other_key(assigned: Assigned, column: ColumnProfile, targets: Targets) -> str | None:
    """A column that is named simply like an id and is as unique, in a file of the rows of one table."""
    others = (one for one in assigned.scores.kind.columns.values() if one.name != column.name and one.is_key)
    return next((one.name for one in others if targets.words.of_name(one.title) == _ID), None)


# ------------------------------------------------------------------------------------------------ content


def _doubt(assigned: Assigned, score: Score, targets: Targets) -> str:
    """Why the values do not confirm the name; empty if they do."""
    kind, column = score.target.column.kind, score.column
    if kind in (MONEY, PRICE):
        return "nothing confirms the amount"
    if other := _more_exact(assigned, score, targets):
        return f"{other} has the same words and more"
    if (missing := targets.doubted_without.get(f"{score.table}.{score.target.name}")) and missing not in assigned.columns:
        return f"it may be {missing.replace('_', ' ')}, which no column is"
    if kind in (TIMESTAMP, DATE):
        return _doubt_of_time(assigned, score, targets)
    if score.target.name in assigned.table.key and score.target.name not in targets.ids:
        return _doubt_of_number(assigned, column, targets)
    if kind == NUMBER and not score.target.names[0] <= targets.words.of_name(column.title):
        return "the name does not state the unit"
    if kind == TEXT and score.target.name not in targets.ids:
        if other := _other_with_the_words(assigned, score, targets):
            return f"its values are words of {other} as well"
        shape = targets.shape_of(assigned.table.name, score.target.name)
        if not known_words(column, assigned.table.name, score.target.name, targets) and not has_shape(column, shape):
            return "its values do not confirm it"
    return _differs_within_key(assigned, column)


def _more_exact(assigned: Assigned, score: Score, targets: Targets) -> str:
    """A column that nothing reads and whose name has the one word of this name and more: `city`, or `billing city`?"""
    words = targets.words.of_name(score.column.title)
    if len(words) > 1:
        return ""
    read = {one.column.name for one in assigned.columns.values()}
    others = (one for one in assigned.scores.kind.columns.values() if one.name not in read and one.values == score.column.values)
    return next((one.name for one in others if words < targets.words.of_name(one.title)), "")


def _other_with_the_words(assigned: Assigned, score: Score, targets: Targets) -> str:
    """Another column, of this table or with this name in another one, that has the words which the values are."""
    mine = (assigned.table.name, score.target.name)
    others = [
        (table.name, one.name)
        for table in targets.tables
        for one in table.targets
        if (table.name, one.name) != mine
        and (table is assigned.table or (one.name == mine[1] and f"{table.name}.{one.name}" in targets.value_words))
    ]
    found = (f"{table}.{name}" for table, name in others if known_words(score.column, table, name, targets))
    return next(found, "")


def has_shape(column: ColumnProfile, shape: str) -> bool:
    """Whether nearly all values have the shape of a vocabulary: `label` (few values that repeat), `text` (many different ones),
    or a regular expression."""
    if shape == "label":
        return column.distinct > 1 and column.repeats >= _LABEL_REPEATS
    if shape == "text":
        return column.distinct > MOST_LISTED or column.is_unique
    if not shape or not column.filled:
        return False
    return int(column.texts.str.contains(f"^(?:{shape})$").sum()) >= _NEARLY_ALL * column.filled


def _doubt_of_number(assigned: Assigned, column: ColumnProfile, targets: Targets) -> str:
    """The second part of a key, such as the line of an order, is counted within the first."""
    order = assigned.columns.get(targets.amounts.order_key)
    return "" if order is not None and counts_lines(column, order.column) else "it does not count within the order"


def _doubt_of_time(assigned: Assigned, score: Score, targets: Targets) -> str:
    """A time of an order is not before the order was placed; the order is the first of the times in its row."""
    mine, kind = score.column, assigned.scores.kind
    others = [one for one in kind.columns.values() if one.dates and one.name != mine.name]
    if assigned.table.name == targets.amounts.orders and score.target.name in assigned.table.required:
        early = [one for one in others if _is_mostly_before(one, mine)]
        if early:
            return f"{early[0].name} is earlier"
    ordered = _time_of_order(assigned)
    if ordered is not None and ordered.name != mine.name and _is_mostly_before(mine, ordered, least=1 - _NEARLY_ALL):
        return f"it is earlier than {ordered.name} in some rows"
    if ordered is not None and ordered.name != mine.name and _is_mostly_same_day(mine, ordered):
        return f"it is the day of {ordered.name} in nearly all rows"
    words = targets.words.of_name(mine.title)
    is_stated = score.target.names[0] <= words | _DATE or words & set(assigned.table.things)
    if not is_stated and assigned.table.name not in named_after(kind.name, targets):
        return f"the name does not state that it is of {assigned.table.name.replace('_', ' ')}"
    return ""


def _time_of_order(assigned: Assigned) -> ColumnProfile | None:
    times = [name for name in assigned.table.required if assigned.table[name].column.kind == TIMESTAMP]
    found = [assigned.columns[name].column for name in times if name in assigned.columns]
    return found[0] if found else None


def _is_mostly_before(one: ColumnProfile, other: ColumnProfile, least: float = 0.5) -> bool:
    """Whether a day is before the other in more than this share of the rows."""
    assert one.dates is not None
    if other.dates is None:
        return False
    days = pl.DataFrame({"one": one.dates.values.dt.date(), "other": other.dates.values.dt.date()}).drop_nulls()
    return days.height > 0 and days.filter(pl.col("one") < pl.col("other")).height > least * days.height


def _is_mostly_same_day(one: ColumnProfile, other: ColumnProfile) -> bool:
    if one.dates is None or other.dates is None:
        return False
    days = pl.DataFrame({"one": one.dates.values.dt.date(), "other": other.dates.values.dt.date()}).drop_nulls()
    return days.height > 0 and days.filter(pl.col("one") == pl.col("other")).height > _NEARLY_ALL * days.height


def _differs_within_key(assigned: Assigned, column: ColumnProfile) -> str:
    """A sentence if the column differs between rows of one key, which then are not one thing."""
    keys = [assigned.columns[name].column.name for name in assigned.table.key if name in assigned.columns]
    if len(keys) != 1 or keys[0] == column.name or len(assigned.table.key) > 1:
        return ""
    pairs = assigned.scores.kind.frame.select(pl.col(keys[0]).alias("key"), pl.col(column.name).alias("value")).drop_nulls()
    counts = pairs.group_by("key").agg(pl.col("value").n_unique())
    differing = counts.filter(pl.col("value") > 1).height
    if differing <= (1 - _NEARLY_ALL) * counts.height:
        return ""
    return f"it differs between the rows of {counted(differing, keys[0])}"
