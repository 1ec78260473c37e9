"""Lookups as steps of a query: each has one row for a key, so that joining it neither adds nor drops a record.

Not here: what the query of a lookup may contain (lookup_query.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.duckdb_engine import name
from ecom_lake.engine.mapping.definitions import Map, MapLookup
from ecom_lake.engine.mapping.functions import NUMBERS
from ecom_lake.engine.mapping.kind_rows import kind_rows, table_of
from ecom_lake.engine.mapping.lookup_query import columns_read, kind_tables, read_query
from ecom_lake.engine.mapping.syntax import Node, function_name, print_select, renamed, replaced

Step = tuple[str, str]


def lookup_steps(map_: Map, lookup: MapLookup, wanted: Collection[str]) -> Iterator[Step]:
    """The steps that end with the table of a lookup. Its columns are called `lookup.column`."""
    columns = sorted({lookup.on, *wanted})
    given = ", ".join(f"{name(column)} as {looked_up(lookup, column)}" for column in columns)
    if lookup.kind is not None:
        rows = kind_rows(columns, table_of(map_.kinds[lookup.kind]))
        latest = f"row_number() over (partition by {name(lookup.on)} order by {', '.join(f'{one} desc' for one in LINEAGE)})"
        yield table(lookup), f"select {given} from ({rows}) where {name(lookup.on)} is not null qualify {latest} = 1"
        return
    assert lookup.sql is not None
    for kind, needed in sorted(columns_read(map_, lookup, wanted).items()):
        yield _kind_step(lookup, kind), kind_rows(needed, table_of(map_.kinds[kind]))
    yield table(lookup), f"select {given} from ({_query(map_, lookup)}) where {name(lookup.on)} is not null"


def table(lookup: MapLookup) -> str:
    return name(f"lookup {lookup.name}")


def looked_up(lookup: MapLookup, column: str) -> str:
    return name(f"{lookup.name}.{column}")


def repeated_keys(lookup: MapLookup) -> str:
    """The number of keys that the table of a lookup has more than once."""
    return f"select count(*) from (select 1 from {table(lookup)} group by {looked_up(lookup, lookup.on)} having count(*) > 1)"


def _query(map_: Map, lookup: MapLookup) -> str:
    """The query of a lookup, on the steps that hold the rows of the kinds."""
    statement = read_query(lookup.sql or "", map_.kinds)
    kinds = kind_tables(statement)
    decimals = {map_.kinds[kind].decimal for kind in kinds.values()}
    number = NUMBERS[decimals.pop()] if len(decimals) == 1 else NUMBERS[None]

    def change(node: Node) -> Node | None:
        if node.get("type") == "BASE_TABLE" and node["table_name"].lower() in kinds.values():
            called = node["alias"] or node["table_name"]
            step = f"rows of {node['table_name'].lower()} for {lookup.name}"
            return {**node, "table_name": step, "alias": called, "qualified_name": {"path": [step]}}
        if function_name(node) == "num" and number != "num":
            inside = replaced(node["arguments"], change)
            return renamed({**node, "arguments": inside}, number)
        return None

    return print_select(replaced(statement, change))


def _kind_step(lookup: MapLookup, kind: str) -> str:
    return name(f"rows of {kind} for {lookup.name}")
