"""The keys of a release as Power BI compares texts: without case, and without spaces at the end.

Two keys that differ in nothing else are one key in Power BI, and each refresh fails at the table that has both.
Not here: keys that land after the project was written. Nobody sees them before the refresh.
"""

from __future__ import annotations

from ecom_lake.engine.contracts.columns import TEXT
from ecom_lake.engine.duckdb_engine import name
from ecom_lake.engine.serve.query import Session
from ecom_lake.errors import UserError
from ecom_lake.publish.powerbi.model import Model, ModelTable


def refuse_equal_keys(opened: Session, model: Model) -> None:
    """Raise `UserError` if a table has two keys that are equal in Power BI."""
    tables = {table.name: table for table in model.tables}
    for to_table, to_column in dict.fromkeys((one.to_table, one.to_column) for one in model.relationships):
        _refuse(opened, tables[to_table], to_column)


def _refuse(opened: Session, table: ModelTable, key: str) -> None:
    column = next(one for one in table.columns if one.name == key)
    if column.column.kind != TEXT:
        return
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
