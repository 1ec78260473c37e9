"""The cells of a table: for each canonical column an expression, a confidence and a reason.

How sure a cell is: confidence.py. Amounts of a line are decided in prices.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from ecom_lake.engine.contracts.columns import DATE, FLAG, INTEGER, MONEY, NUMBER, PRICE, TIMESTAMP
from ecom_lake.engine.mapping.draft.assign import Assigned
from ecom_lake.engine.mapping.draft.confidence import confidence_of, without_unsure_tables
from ecom_lake.engine.mapping.draft.drafted import DraftCell, DraftFacet, DraftWords
from ecom_lake.engine.mapping.draft.keys import OrderKey, made_cell, order_expression, with_guests
from ecom_lake.engine.mapping.draft.line_columns import number_expression
from ecom_lake.engine.mapping.draft.prices import Sales
from ecom_lake.engine.mapping.draft.profile import ColumnProfile
from ecom_lake.engine.mapping.draft.scores import Score
from ecom_lake.engine.mapping.draft.targets import Targets
from ecom_lake.words import counted

_NUMERIC = (MONEY, PRICE, NUMBER, INTEGER)
_GROUP_HELPERS = ("nth()", "share(", "of(", "total(")


def compose(assigned: Assigned, tables: Sequence[Assigned], targets: Targets, sales: Sales | None) -> DraftFacet | None:
    """The facet of one table among all `tables`; `sales` are the cells of the amounts of the lines, if there are lines.

    None if a part of the key can neither be found nor made, or if nothing but ids is left."""
    table = assigned.table
    order = order_expression(assigned, targets)
    cells = {cell.target: cell for cell in sales.cells} if sales and table.name == targets.amounts.table else {}
    passed = _decided_by_prices(assigned, tables, targets, sales)
    words: list[DraftWords] = []
    for target in table.targets:
        if target.is_clue or target.name in cells or target.name in passed:
            continue
        if target.name in assigned.columns:
            cells[target.name], mapped = _cell(assigned, assigned.columns[target.name], targets)
            if target.name in targets.ids:
                cells[target.name] = with_guests(assigned, cells[target.name], order, targets)
            words.extend(mapped)
        elif target.name in table.required and (made := made_cell(assigned, tables, target.name, order, targets)):
            cells[target.name] = made
    cells = {cell.target: cell for cell in without_unsure_tables(assigned, cells.values(), targets)}
    has_more = table.name == targets.amounts.orders or not set(cells) <= {*targets.ids, *table.key}
    if not has_more or any(name not in cells for name in table.key):
        return None
    per, notes = _per(assigned, cells, order, targets)
    if not per and any(_uses_group(cell) for cell in cells.values()):
        per = order.expression
    in_order = tuple(cells[name] for name in table.names if name in cells)
    return DraftFacet(table.name, assigned.kind, in_order, per, _where(assigned, cells, targets), tuple(words), tuple(notes))


def _where(assigned: Assigned, cells: Mapping[str, DraftCell], targets: Targets) -> str:
    """Leaves out the records without a key, where a table is made from a file of other things: guests are no customers. Where
    several tables are made of a file, a record without another required value is none either: not every order has a review."""
    table, kind = assigned.table, assigned.scores.kind
    if table.name in (targets.amounts.orders, targets.amounts.table):
        return ""
    required = [name for name in table.required if name in cells] if assigned.same_kind else []
    read = [name for target in (*table.key, *required) for name in cells[target].columns]
    partly = [name for name in read if kind.columns[name].filled < kind.rows]
    return " and ".join(f"{name} is not null" for name in dict.fromkeys(partly))


def _decided_by_prices(assigned: Assigned, tables: Sequence[Assigned], targets: Targets, sales: Sales | None) -> set[str]:
    """The columns of the table that are not decided here: amounts of lines, and amounts that are the price of a line."""
    amounts = targets.amounts
    if sales is None:
        return set()
    if assigned.table.name == amounts.table:
        return {amounts.price, amounts.quantity, amounts.discount, *amounts.charges}
    is_same_kind = any(one.table.name == amounts.table and one.kind == assigned.kind for one in tables)
    if not is_same_kind or amounts.order_key in assigned.table.key:
        return set()
    priced = {name for cell in sales.cells if cell.target == amounts.price for name in cell.columns}
    return {
        name for name, one in assigned.columns.items() if one.target.column.kind in (MONEY, PRICE) and one.column.name in priced
    }


# ----------------------------------------------------------------------------------------------- one column


def _cell(assigned: Assigned, score: Score, targets: Targets) -> tuple[DraftCell, list[DraftWords]]:
    table, column, wanted = assigned.table, score.column, score.target.column
    words: list[DraftWords] = []
    if wanted.kind in (TIMESTAMP, DATE):
        expression, doubt = _time(column)
    elif wanted.kind in _NUMERIC and column.numbers is None and (known := _known_values(assigned, score, targets)):
        expression, doubt, words = _value_map(assigned, column, score, known)
        words = [replace(one, otherwise="null") for one in words]
    elif wanted.kind in _NUMERIC:
        expression, doubt = number_expression(column), ""
    elif wanted.kind == FLAG:
        expression, doubt = _flag(column)
    else:
        expression, doubt, words = _text(assigned, score, targets)
    confidence, reason = confidence_of(assigned, score, targets)
    if confidence == "sure" and score.target.name in table.key and _may_not_be_there(assigned, targets):
        confidence, reason = "likely", f"{reason}; but is there a {table.things[0]} in each row?"
    if doubt:
        confidence, reason = "guess", doubt
    return DraftCell(score.target.name, expression, confidence, reason, (column.name,)), words


def _may_not_be_there(assigned: Assigned, targets: Targets) -> bool:
    """Whether a table about orders, such as payments, is made from the file of the orders itself."""
    amounts, table = targets.amounts, assigned.table
    is_about_orders = amounts.order_key in table.key and table.name not in (amounts.orders, amounts.table)
    return is_about_orders and amounts.orders in assigned.same_kind


def _time(column: ColumnProfile) -> tuple[str, str]:
    dates = column.dates
    if dates is None:
        return column.name, "no value shows the format"
    doubt = ""
    if dates.is_ambiguous:
        doubt = f"no value decides between the formats {' and '.join(dates.formats)}"
    elif dates.unread:
        doubt = f"{counted(dates.unread, 'value')} cannot be read as {dates.formats[0]}"
    if dates.is_zoned:
        return f"local({column.name})", doubt
    if dates.is_native:
        return column.name, doubt
    return (f"day({column.name})" if dates.by_file else f"day({column.name}, '{dates.formats[0]}')"), doubt


def _flag(column: ColumnProfile) -> tuple[str, str]:
    if column.values == "flag" or not column.filled:
        return column.name, ""
    first = next(iter(column.words))
    return (
        f"{column.name} = '{first.replace(chr(39), chr(39) * 2)}'",
        f"its two values are {' and '.join(column.words)}: check which one means yes",
    )


def _text(assigned: Assigned, score: Score, targets: Targets) -> tuple[str, str, list[DraftWords]]:
    column = score.column
    known = _known_values(assigned, score, targets)
    if known and column.words:
        return _value_map(assigned, column, score, known)
    if column.texts.str.starts_with("'").any():
        return f"ltrim({column.name}, '''')", "", []
    return column.name, "", []


def _known_values(assigned: Assigned, score: Score, targets: Targets) -> Mapping[str, str] | None:
    """The vocabulary's words for the values of a column."""
    name = score.target.name
    return targets.value_words.get(f"{assigned.table.name}.{name}", targets.value_words.get(name))


def _value_map(
    assigned: Assigned, column: ColumnProfile, score: Score, known: Mapping[str, str]
) -> tuple[str, str, list[DraftWords]]:
    """A value map, unless every value is canonical already."""
    canonical = set(score.target.column.one_of) or set(known.values())
    found = {word: known.get(_folded(word)) for word in column.words}
    if all(word in canonical for word in column.words):
        return column.name, "", []
    unknown = {word: column.words[word] for word, value in found.items() if value is None}
    name = f"{assigned.table.name}_{score.target.name}"
    words = DraftWords(name, {word: value for word, value in found.items() if value}, unknown)
    doubt = f"{counted(len(unknown), 'word')} not known: {', '.join(list(unknown)[:5])}" if unknown else ""
    return f"words.{name}({column.name})", doubt, [words]


def _folded(word: str) -> str:
    return word.casefold().replace("wc-", "").strip()


# -------------------------------------------------------------------------------------------- groups and totals


def _per(assigned: Assigned, cells: dict[str, DraftCell], order: OrderKey, targets: Targets) -> tuple[str, list[str]]:
    """The key whose rows become one row, where a key has several rows."""
    table, kind = assigned.table, assigned.scores.kind
    keys = [cells[name] for name in table.key if name in cells]
    if table.name == targets.amounts.table or not keys:
        return "", []
    columns = tuple(dict.fromkeys(name for cell in keys for name in cell.columns))
    if order.is_made and order.expression in [cell.expression for cell in keys]:
        return "", []
    if any("nth()" in cell.expression for cell in keys):
        return _per_order(assigned, cells, order)
    if columns and kind.is_unique(columns):
        return "", []
    if len(keys) == 1:
        return keys[0].expression, []
    return "", [f"{kind.name} has several rows with the same {' and '.join(columns)}: the last one counts"]


def _per_order(assigned: Assigned, cells: dict[str, DraftCell], order: OrderKey) -> tuple[str, list[str]]:
    """A table such as payments without a number in the order: one row per order if its columns belong to the order."""
    levels = assigned.scores.levels
    read = {name for cell in cells.values() for name in cell.columns}
    if all(levels.get(name) != "line" for name in read):
        for name, cell in cells.items():
            if cell.expression == "nth()":
                cells[name] = replace(cell, expression="1", reason="its columns belong to the order, so it has one")
    return order.expression, []


def _uses_group(cell: DraftCell) -> bool:
    return any(helper in cell.expression for helper in _GROUP_HELPERS)


def stated_totals(assigned: Sequence[Assigned], targets: Targets) -> dict[str, pl.DataFrame]:
    """The totals of orders that the files state, by column: frames of `order` and `total`."""
    amounts, found = targets.amounts, {}
    for one in assigned:
        key = one.columns.get(amounts.order_key)
        if key is None or one.table.name == amounts.table:
            continue
        for name, score in one.columns.items():
            numbers = score.column.numbers
            if (one.table.name, name) not in amounts.stated or numbers is None:
                continue
            rows = pl.DataFrame({"order": key.column.texts, "total": numbers.values})
            if one.scores.levels.get(score.column.name) == "order":
                rows = rows.group_by("order").agg(pl.col("total").max())
            found[f"{one.kind}.{score.column.name}"] = rows
    return found
