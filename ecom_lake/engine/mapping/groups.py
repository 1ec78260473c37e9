"""Helpers and aggregates over a group of records, taken out of the cells and computed in steps of their own.

A helper (`nth`, `of`, `total`, `share`) looks from each record at its group, and every record remains. An aggregate makes
one row of a group; a plain column then is the first value stated, in the order of the records.
Here: the steps, each a query on the one before. Not here: the other helpers (rewriting.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.duckdb_engine import name
from ecom_lake.engine.mapping.functions import AGGREGATES, GROUP_HELPERS
from ecom_lake.engine.mapping.rewriting import Read, Rewriter
from ecom_lake.engine.mapping.syntax import (
    Node,
    arguments,
    column,
    function_name,
    parse_expression,
    print_expression,
    renamed,
)
from ecom_lake.engine.mapping.words import unlisted_value

SEQUENCE, RECORD = LINEAGE
KEY, RECORDS = "_key", "_records"
GROUP = f"{SEQUENCE}, {KEY}, case when {KEY} is null then {RECORD} end"
"""A group is within one delivery; a record without a key is a group of its own."""
_CENTS = "(try_cast({} as decimal(19,2)) * 100)::hugeint"
_WEIGHT = "coalesce(greatest((try_cast({} as decimal(19,6)) * 1000000)::hugeint, 0), 0)"


@dataclass
class Windows:
    """Columns that are computed over the group of each record, in levels: a level may use the columns of those below."""

    levels: list[dict[str, str]] = field(default_factory=list)
    """For each level: the expression → the name of its column."""

    def column(self, expression: str, above: int) -> tuple[str, int]:
        """The column of an expression that uses columns up to the level `above`; and its own level."""
        for level, known in enumerate(self.levels, start=1):
            if expression in known:
                return known[expression], level
        level = above + 1
        if len(self.levels) < level:
            self.levels.append({})
        new = f"_group{sum(map(len, self.levels)) + 1}"
        self.levels[level - 1][expression] = new
        return new, level

    def queries(self, source: str) -> Iterable[tuple[str, str]]:
        for level, columns in enumerate(self.levels, start=1):
            given = ", ".join(f"{expression} as {new}" for expression, new in columns.items())
            yield f"level{level}", f"select *, {given} from {source} window grouped as (partition by {GROUP})"
            source = f"level{level}"


@dataclass
class GroupHelpers:
    """Replaces the helpers of one cell by columns of `windows`."""

    rewriter: Rewriter
    windows: Windows
    level: int = 0
    """The highest level of a column that was used."""
    unread: list[str] = field(default_factory=list)
    """Columns that are NULL, or a text in the group that could not be read."""

    def replaced(self, node: Node) -> Node | None:
        name_ = function_name(node)
        if name_ not in GROUP_HELPERS:
            return None
        if name_ == "nth":
            return column(self._named(f"row_number() over (grouped order by {RECORD})", 0)[0])
        if name_ == "share":
            return self._share(*arguments(node))
        inner = self._row_expression(arguments(node)[0])
        aggregate = f"sum({inner})" if name_ == "total" else f"arg_min({inner}, {RECORD})"
        return column(self._named(f"{aggregate} over grouped", 0)[0])

    def _named(self, expression: str, above: int) -> tuple[str, int]:
        new, level = self.windows.column(expression, above)
        self.level = max(self.level, level)
        return new, level

    def _row_expression(self, node: Node) -> str:
        """An expression over one record, within a helper; what it cannot read counts for the whole group."""
        own = Rewriter(self.rewriter.kind, self.rewriter.formats, self.rewriter.words)
        sql = print_expression(own.rewritten(node))
        self._note(own.reads, 0)
        return sql

    def _note(self, reads: list[Read], above: int) -> None:
        for read in reads:
            new, _ = self._named(f"arg_min({read.unread}, {RECORD}) over grouped", above)
            if new not in self.unread:
                self.unread.append(new)

    def _share(self, amount: Node, weight: Node) -> Node:
        """The part of an amount by the weight of a record, exact to the cent: the parts of a group add up to the amount.

        Each record gets its whole cents; the cents that are left go to the largest remainders, the first record first. Without
        any weight the parts are equal."""
        inner = GroupHelpers(Rewriter(self.rewriter.kind, self.rewriter.formats, self.rewriter.words), self.windows)
        given, weight_sql = (print_expression(inner.rewriter.rewritten(one, inner.replaced)) for one in (amount, weight))
        self._note(inner.rewriter.reads, inner.level)
        self.unread.extend(one for one in inner.unread if one not in self.unread)
        cents, cents_at = self._named(f"arg_min({_CENTS.format(given)}, {RECORD}) over grouped", inner.level)
        stated, stated_at = self._named(_WEIGHT.format(weight_sql), inner.level)
        total, total_at = self._named(f"(sum({_WEIGHT.format(weight_sql)}) over grouped)::hugeint", inner.level)
        count, count_at = self._named("count(*) over grouped", 0)
        level = max(cents_at, stated_at, total_at, count_at)
        part = f"(abs({cents}) * case when {total} = 0 then 1 else {stated} end)"
        all_ = f"case when {total} = 0 then {count} else {total} end"
        whole, whole_at = self._named(f"{part} // {all_}", level)
        rest, rest_at = self._named(f"{part} % {all_}", level)
        left, _ = self._named(f"abs({cents}) - (sum({whole}) over grouped)::hugeint", whole_at)
        rank, _ = self._named(f"row_number() over (grouped order by {rest} desc, {RECORD})", rest_at)
        extra = f"case when {rank} <= {left} then 1 else 0 end"
        return parse_expression(f"(sign({cents}) * ({whole} + {extra}))::decimal(38,0) * 0.01")


@dataclass
class GroupRows:
    """The columns of the one row of each group: aggregates, and the first stated value of every plain column that is used."""

    aggregates: dict[str, str] = field(default_factory=dict)
    """The aggregate → the name of its column."""

    def column(self, aggregate: str) -> str:
        return self.aggregates.setdefault(aggregate, f"_group{len(self.aggregates) + 1}")

    def unlisted(self, words: str, text: str) -> str:
        """The column with the values of a group's records that a word list does not have."""
        value = unlisted_value(words, text)
        return self.column(f"list({value}) filter (where {value} is not null)")

    def query(self, source: str, plain: Iterable[str]) -> str:
        first = [f"arg_min({name(one)}, {RECORD}) as {name(one)}" for one in plain]
        more = [f"{aggregate} as {new}" for aggregate, new in self.aggregates.items()]
        own = [SEQUENCE, f"min({RECORD}) as {RECORD}", f"count(*) as {RECORDS}"]
        return f"select {', '.join([*own, *first, *more])} from {source} group by {GROUP}"


@dataclass
class Aggregates:
    """Replaces the aggregates of one cell by columns of `rows`."""

    rewriter: Rewriter
    rows: GroupRows
    words: set[tuple[str, str]]
    """As of a `Rewriter`, of the records of a group."""
    unread: list[str] = field(default_factory=list)

    def replaced(self, node: Node) -> Node | None:
        if function_name(node) not in AGGREGATES:
            return None
        own = Rewriter(self.rewriter.kind, self.rewriter.formats, self.words)
        inside = own.rewritten(node)
        self.unread.extend(self.rows.column(f"arg_min({read.unread}, {RECORD})") for read in own.reads)
        return column(self.rows.column(_ordered(inside)))


def _ordered(node: Node) -> str:
    """The aggregate as SQL; the first and the last value are those stated first and last, in the order of the records."""
    name_ = function_name(node)
    if name_ not in ("first", "last"):
        return print_expression(node)
    kept = renamed(node, "arg_min" if name_ == "first" else "arg_max")
    return print_expression({**kept, "arguments": [*kept["arguments"], {"name": "", "expression": column(RECORD)}]})
