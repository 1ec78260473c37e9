"""The keys of a release as Power BI compares texts: without case, and without spaces at the end.

Two keys that differ in nothing else are one key in Power BI, and each refresh fails at the table that has both.
Not here: keys that land after the project was written. Nobody sees them before the refresh.
"""

from __future__ import annotations

from collections.abc import Iterator

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.columns import TEXT
from ecom_lake.engine.duckdb_engine import name
from ecom_lake.engine.serve.query import Limits, Session, session_over
from ecom_lake.engine.serve.views import views
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UserError
from ecom_lake.publish.powerbi.model import Model, ModelColumn, ModelTable


def refuse_equal_keys(site: Site, entry: Entry, model: Model) -> None:
    """Raise `UserError` if a table has two keys that are equal in Power BI."""
    keys = [*_text_keys(model)]
    read = {table.definition.gold for table, _ in keys}
    readable = views(site, entry, lambda table: table.layer == "gold" and table.name in read)
    with session_over(readable, Limits(site.query_timeout, site.memory_limit), site.threads) as opened:
        for table, column in keys:
            _refuse(opened, table, column)


def _text_keys(model: Model) -> Iterator[tuple[ModelTable, ModelColumn]]:
    """The columns that other tables are related to."""
    tables = {table.name: table for table in model.tables}
    for to_table, to_column in dict.fromkeys((one.to_table, one.to_column) for one in model.relationships):
        column = next(one for one in tables[to_table].columns if one.name == to_column)
        if column.column.kind == TEXT:
            yield tables[to_table], column


def _refuse(opened: Session, table: ModelTable, column: ModelColumn) -> None:
    gold, source = table.definition.gold, name(column.source)
    equal = opened.rows(
        f"select min({source}) as first, max({source}) as last from {name(gold)} group by lower(rtrim({source}))"
        " having count(*) > 1 order by 1 limit 1"
    )
    for found in equal:
        raise UserError(
            f"{gold}.{column.source} has '{found['first']}' and '{found['last']}', which are one key in Power BI: it compares "
            f"texts without case and without spaces at the end, and each refresh of the table {table.name} would fail. Give them "
            f"ids that differ in more than that, in the shop's export or in the cell {column.source} of its map, and build again."
        )
