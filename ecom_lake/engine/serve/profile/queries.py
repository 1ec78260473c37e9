"""The SQL that profiles a table. Each query returns rows that a person can read, so that it can be shown, repeated and compared.

Values of personal columns are counted and never returned (docs/decisions/0016). The columns that name the delivered record of a
row are left out. Not here: running the queries (table_profile.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

from ecom_lake.engine.contracts.columns import DATE, FLAG, MOST_AT_ONCE, TEXT, TIMESTAMP, Column
from ecom_lake.engine.contracts.table import Silver, Table
from ecom_lake.engine.duckdb_engine import literal, name
from ecom_lake.engine.serve.profile.bins import Bins

MOST_ROWS = 250_000
"""Rows from which on a table is profiled by a sample of about this size."""
MOST_RANKED = 20_000
"""The same for correlations, whose ranks need a sort of each column: two decimals need no more."""
LEAST_SHOWN = 5
"""Rows that a value of a text must have before it is shown, so that no value of a single row is (k-anonymity)."""
MOST_VALUES = 6
"""Most frequent values of a column."""
MOST_RANKED_COLUMNS = 12
_OF_THE_RECORD = {name for name, value in vars(Silver).items() if isinstance(value, Column)}
_NOT_A_NUMBER = "null::double as smallest, null::double as percentile_1, null::double as lower_quartile, null::double as median,\
 null::double as upper_quartile, null::double as percentile_99, null::double as largest, null::double as mean,\
 null::bigint as outliers"
_NOT_A_TIME = "null::timestamp as earliest, null::timestamp as latest"


@dataclass(frozen=True)
class Source:
    """A table of a release, and the rows of it that are profiled."""

    table: Table
    rows: int
    """Rows of the table."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """Columns that the shop does not state, and why."""
    only: tuple[str, ...] = ()
    """The columns that are profiled; all of them where it is empty."""
    most_rows: int = MOST_ROWS
    most_ranked: int = MOST_RANKED

    @cached_property
    def columns(self) -> Sequence[Column]:
        """The columns that are profiled."""
        left_out = _OF_THE_RECORD | self.absent.keys()
        columns = self.table.columns.items()
        return [column for name, column in columns if name in (self.only or self.table.columns) and name not in left_out]

    @property
    def is_sampled(self) -> bool:
        return self.rows > self.most_rows

    def sql(self, columns: Iterable[Column], most: int | None = None) -> str:
        """A query for the profiled rows: all of them, or a sample that is the same each time, by a hash of the key."""
        most = self.most_rows if most is None else most
        chosen = f"select {', '.join(name(column.name) for column in columns)} from {self.table.layer}.{name(self.table.name)}"
        if self.rows <= most:
            return chosen
        return f"{chosen} where hash({', '.join(map(name, self.table.key))}) % {self.rows} < {most}"


def is_number(column: Column) -> bool:
    return column.kind.is_numeric and not column.personal


def is_time(column: Column) -> bool:
    return column.kind in (DATE, TIMESTAMP) and not column.personal


def has_outliers(column: Column) -> bool:
    """Whether a value can be far from the others: not on a scale with an upper bound, such as a score."""
    return column.at_most is None or column.at_most >= MOST_AT_ONCE


def has_values(column: Column) -> bool:
    """Whether its most frequent values are shown: of texts and flags that are not personal."""
    return column.kind in (TEXT, FLAG) and not column.personal


def summary(source: Source) -> str:
    """One row per column: rows, missing and distinct values, and the distribution of its numbers or times."""
    return _over(source.sql(source.columns), (_summary_of(column) for column in source.columns))


def _summary_of(column: Column) -> str:
    it = name(column.name)
    counts = (
        f"select {literal(column.name)} as column_name, count(*) as rows, count(*) - count({it}) as missing,"
        f" count(distinct {it}) as distinct_values"
    )
    if is_time(column):
        return f"{counts}, {_NOT_A_NUMBER}, min({it})::timestamp as earliest, max({it})::timestamp as latest from rows"
    if not is_number(column):
        return f"{counts}, {_NOT_A_NUMBER}, {_NOT_A_TIME} from rows"
    fences = f"{it}::double not between q[2] - 1.5 * (q[4] - q[2]) and q[4] + 1.5 * (q[4] - q[2])"
    outliers = f"case when any_value(q[4]) > any_value(q[2]) then count(*) filter (where {fences}) end"
    return f"""{counts}, min({it})::double as smallest, any_value(q[1]) as percentile_1, any_value(q[2]) as lower_quartile,
  any_value(q[3]) as median, any_value(q[4]) as upper_quartile, any_value(q[5]) as percentile_99, max({it})::double as largest,
  round(avg({it})::double, 6) as mean,
  {outliers if has_outliers(column) else "null::bigint"} as outliers, {_NOT_A_TIME}
from rows, (select quantile_cont({it}::double, [0.01, 0.25, 0.5, 0.75, 0.99]) as q from rows)"""


def histogram(source: Source, bins: Mapping[str, Bins]) -> str:
    """One row per column and bin with its rows; `bins` by column. The first and the last bin hold what is beyond them."""
    columns = [column for column in source.columns if column.name in bins]
    return _over(source.sql(columns), (_histogram_of(column, bins[column.name]) for column in columns))


def _histogram_of(column: Column, bins: Bins) -> str:
    it = name(column.name)
    place = {"number": f"{it}::double", "second": f"epoch({it}::timestamp)", "month": f"12 * year({it}) + month({it}) - 1"}
    number = f"floor(({place[bins.unit]} - {bins.low!r}::double) / {bins.width!r}::double)"
    return f"""select {literal(column.name)} as column_name, greatest(least({number}, {bins.count - 1}), 0)::bigint as bin,
  count(*) as rows from rows where {it} is not null group by bin"""


def frequent_values(source: Source) -> str:
    """One row per column and value, of the most frequent values of texts and flags."""
    columns = [column for column in source.columns if has_values(column)]
    return _over(source.sql(columns), map(_values_of, columns))


def _values_of(column: Column) -> str:
    it = name(column.name)
    return f"""(select {literal(column.name)} as column_name, {it}::varchar as value, count(*) as rows
from rows where {it} is not null group by {it} having count(*) >= {LEAST_SHOWN}
order by count(*) desc, {it} limit {MOST_VALUES})"""


def correlations(source: Source, columns: Sequence[Column]) -> str:
    """One row per pair of columns: the correlation of their ranks (Spearman) over the rows in which both have a value.

    NULL where it is not defined: for fewer than two rows, or a column that does not vary in them.
    """
    pairs = (_correlation_of(a, b) for a, b in combinations(columns, 2))
    return f"with rows as materialized ({source.sql(columns, source.most_ranked)})\n" + "\nunion all ".join(pairs)


def _correlation_of(one: Column, other: Column) -> str:
    """The ranks are among the rows of the pair; equal values share the mean of their first and their last rank, here twice it."""
    a, b = name(one.name), name(other.name)
    return f"""select {literal(one.name)} as one, {literal(other.name)} as other,
  nullif(round(corr(a, b), 6), 'nan'::double) as correlation, count(*) as rows
from (select rank() over by_a + count(*) over by_a as a, rank() over by_b + count(*) over by_b as b
  from rows where {a} is not null and {b} is not null window by_a as (order by {a}), by_b as (order by {b}))"""


def _over(rows: str, selects: Iterable[str]) -> str:
    """The rows are read once, whatever the number of columns."""
    return f"with rows as materialized ({rows})\n" + "\nunion all ".join(selects)
