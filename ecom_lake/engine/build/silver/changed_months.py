"""Which months of a silver table may have other rows now, and which deliveries hold their rows.

Each delivered row has one fate, and the file of a month records the fates of its rows by delivery. So if the orders of a month
are the same as when its file was made, the file accounts for its rows, and the order index accounts for the rows without a month.
Only a delivery with rows that neither accounts for can hold rows that are new to a month
(docs/decisions/0034-silver-from-new-deliveries.md).
Not here: reading the rows and building the months (months.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import deliveries_since, rows_by_delivery, rows_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.parts import latest_by_key, matches, order_index, part_of
from ecom_lake.engine.build.silver.specs import INDEX
from ecom_lake.engine.build.silver.whole_orders import come_whole
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.contracts.connector import Lookup, RowByRow
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.store.entry import Entry, File

Rows = Mapping[int, int]
"""A number of rows by delivery."""
EMPTY_DIGEST = f"{0:016x}"


@dataclass(frozen=True)
class Mark:
    """What the file of a month was made from. As text, it is the fingerprint of the file."""

    code: str
    orders: str
    """Digest of the month's orders."""
    rows: str
    """Digest of which rows were delivered, and of the lookup rows that they need."""
    deliveries: str
    """Digest of the deliveries with rows of the month: an earlier one may be replaced."""

    def __str__(self) -> str:
        return f"{self.code}-{self.orders}-{self.rows}-{self.deliveries}"

    @classmethod
    def of(cls, file: File) -> Mark:
        """A file of an older version did not record everything, and is not the file of any month now."""
        code, *digests = file.fingerprint.split("-")
        return cls(code, *(digests if len(digests) == 3 else ("", "", "")))


@dataclass(frozen=True)
class Months:
    """The delivered rows of each month of a table."""

    orders: Mapping[date, str]
    """Digest of the month's orders."""
    rows: Mapping[date, Rows]
    contents: Mapping[int, str]
    """By delivery of the table: a digest of its rows."""
    changed: Collection[date]
    """The months that may have other rows than the rows of their file."""
    unknown: Collection[date]
    """The months that are rebuilt in any case: since their file was made, a delivery of lookup rows may have been replaced."""

    def deliveries(self, month: date) -> str:
        """The digest of the deliveries with rows of a month."""
        return _digest_of(self.contents, self.rows.get(month, {}))


def find_months(site: Site, entry: Entry, spec: RowByRow) -> Months:
    """Reads the order index, the keys of the deliveries that no file accounts for, and the keys of new lookup rows."""
    parts, months = entry.parts(TableId("silver", spec.contract.name)), site.months()
    files = {month: file for month in months if (file := parts.get(part_of(month)))}
    orders, contents = _orders_by_month(site, entry, spec), _contents(site, entry, spec)
    same = {
        month: rows_in_file
        for month, file in files.items()
        if Mark.of(file).orders == orders.get(month, EMPTY_DIGEST)
        and Mark.of(file).deliveries == _digest_of(contents, rows_in_file := _rows_in(file, spec.source))
    }
    rows = _winners(site, entry) if spec is site.connector.orders else _lines(site, entry, spec, same)
    changed = {month for month in months if same.get(month) != rows.get(month, {})}
    new, unknown = _with_other_lookups(site, entry, spec, files)
    return Months(orders, rows, contents, changed | new, unknown)


def digests(rows: pl.LazyFrame | pl.DataFrame, *columns: str) -> dict[date, int]:
    """By month: a digest of these columns that does not depend on the order of the rows."""
    digest = pl.struct(columns).hash().bitwise_xor().alias("digest")
    return dict(rows.lazy().group_by("month").agg(digest).collect().iter_rows())


def _orders_by_month(site: Site, entry: Entry, spec: RowByRow) -> dict[date, str]:
    """The silver orders are made from the winning versions, and so are lines that come with whole orders; other lines only from
    the ids of the month's orders."""
    columns = ("order_id", *LINEAGE) if spec is site.connector.orders or come_whole(site, spec) else ("order_id",)
    return {month: f"{digest:016x}" for month, digest in digests(order_index(site, entry), *columns).items()}


def _contents(site: Site, entry: Entry, spec: RowByRow) -> dict[int, str]:
    """By delivery: what its rows are. A repair, or a map that looks up other rows now, may replace an earlier delivery."""
    files = entry.parts(site.connector.table(spec.source)).values()
    return {file.delivery.sequence: file.content for file in files if file.delivery}


def _digest_of(contents: Mapping[int, str], deliveries: Iterable[int]) -> str:
    return fingerprint([(sequence, contents.get(sequence)) for sequence in sorted(deliveries)])


def _rows_in(file: File, source: str) -> Rows:
    """The delivered rows that a file accounts for."""
    counts: Counter[int] = Counter()
    for its_source, sequence, _, rows in file.fates:
        if its_source == source:
            counts[sequence] += rows
    return dict(counts)


def _winners(site: Site, entry: Entry) -> dict[date, Rows]:
    return _by_month(order_index(site, entry).select("month", "source_sequence"))


def _lines(site: Site, entry: Entry, line: RowByRow, same: Mapping[date, Rows]) -> dict[date, Rows]:
    """From the files of the months with the same orders, and from the deliveries that these files do not account for."""
    accounted = Counter(_rows_in(entry.parts(INDEX)[WHOLE], line.source))
    for rows in same.values():
        accounted.update(rows)
    delivered = rows_by_delivery(entry, site.connector.table(line.source))
    unread = {sequence for sequence, rows in delivered.items() if accounted[sequence] != rows}
    order = pl.col("order_id").str.strip_chars()
    keys = rows_of(site, entry, line.source, unread).select(order, "source_sequence")
    placed = keys.join(order_index(site, entry).select("order_id", "month"), on="order_id")
    found = _by_month(placed.select("month", "source_sequence"))
    return {month: {**same.get(month, {}), **found.get(month, {})} for month in {*same, *found}}


def _by_month(rows: pl.LazyFrame) -> dict[date, Rows]:
    counts: dict[date, dict[int, int]] = {}
    for month, sequence, n in rows.group_by("month", "source_sequence").len().collect().iter_rows():
        counts.setdefault(month, {})[sequence] = n
    return dict(counts)


def _with_other_lookups(site: Site, entry: Entry, spec: RowByRow, files: Mapping[date, File]) -> tuple[set[date], set[date]]:
    """The months that look up a row which has other columns than when their file was made, and the months of which that is
    unknown, because a delivery was replaced since."""
    found, unknown = set[date](), set[date]()
    for lookup in spec.lookups:
        for read, months in _made_from(files, [site.connector.table(lookup.source)]).items():
            since = deliveries_since(entry, *read)
            if since is None:
                unknown |= months
            elif since:
                found |= months & _months_that_look_up(site, entry, spec, lookup, since)
    return found, unknown


def _made_from(files: Mapping[date, File], sources: Iterable[TableId]) -> dict[tuple[TableId, str], set[date]]:
    """By delivered table and its version: the months whose file was made from it."""
    months: dict[tuple[TableId, str], set[date]] = {}
    for source in sources:
        for month, file in files.items():
            months.setdefault((source, file.inputs.get(source, "")), set()).add(month)
    return months


def _months_that_look_up(site: Site, entry: Entry, spec: RowByRow, lookup: Lookup, since: Collection[int]) -> set[date]:
    """The months with an order that looks up a row which these deliveries changed. The order index has one key: with another
    one, all months."""
    if spec is not site.connector.orders or lookup.on != site.connector.customer_key:
        return set(site.months())
    keys = _changed_keys(site, entry, lookup, since).lazy().select(customer_key=lookup.on)
    found = order_index(site, entry).select("customer_key", "month").join(keys, on="customer_key", how="semi")
    return set(found.select("month").unique().collect()["month"])


def _changed_keys(site: Site, entry: Entry, lookup: Lookup, since: Collection[int]) -> pl.DataFrame:
    """The keys that these deliveries gave another row. In many exports a customer comes again with every order, as before."""
    delivered = rows_of(site, entry, lookup.source, since)
    found = matches(site, entry, lookup, delivered)
    now, before = latest_by_key(found, lookup), latest_by_key(found.filter(~pl.col("source_sequence").is_in(list(since))), lookup)
    columns = [column for column in now.columns if column not in LINEAGE]
    return now.join(before, on=columns, how="anti", nulls_equal=True)
