"""The command `ledger`: where every delivered row went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Options
from ecom_lake.errors import UsageError
from ecom_lake.words import counted

FATES = ("published", "superseded", "collapsed", "left_out", "quarantined", "pending", "rejected", "erased")
_TOTALS = f"""
    select table_name as "table", read_as, count(*) as files, sum(rows_delivered)::bigint as delivered,
        {", ".join(f"sum({fate})::bigint as {fate}" for fate in FATES)}
    from ledger group by all order by min(sequence)
"""
_DELIVERIES = f"""
    select sequence, read_as, delivered_at, file, rows_delivered as delivered, {", ".join(FATES)}
    from ledger where table_name = $table order by sequence, read_as
"""


def ledger(table: str | None = None, /, *, as_json: AsJson = False, options: Options) -> int:
    """Account for every delivered row.

    Each row is published, superseded by a later version, collapsed into another row, left out by a map,
    quarantined, pending, rejected or, if it was about an erased person, erased.
    The records of a shop with a map are accounted for in each table that they are read as.

    Parameters
    ----------
    table
        A delivered table, such as order_payments: lists its deliveries. Default: the totals of every table.
    as_json
        Print JSON.
    """
    from ecom_lake.engine.serve.query import session
    from ecom_lake.engine.serve.released import released
    from ecom_lake.engine.serve.views import RELEASED

    site = options.site()
    known = [delivered.name for delivered in site.connector.delivered]
    known += [kind for kind in (site.map.kinds if site.map else ()) if kind not in known]
    if table is not None and table not in known:
        raise UsageError(f"There is no delivered table '{table}'; the delivered tables are {', '.join(known)}.")
    with session(site, released(site), layers=RELEASED) as opened:
        answer = opened.ask(_TOTALS if table is None else _DELIVERIES.replace("$table", f"'{table}'"))
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows()]
    if as_json:
        screen.show_json({"shop": site.shop.name, "table": table, "rows": rows})
    else:
        _show_ledger(rows, is_mapped=site.map is not None)
    return 0


def _show_ledger(rows: list[dict[str, Any]], is_mapped: bool) -> None:
    """The table of fates; a fate without rows is left out, and of a shop without a map, what the rows are read as."""
    totals = {fate: sum(row[fate] for row in rows) for fate in FATES} | {"read_as": int(is_mapped)}
    names = [name for name in rows[0] if totals.get(name, 1)] if rows else []
    cells = [[_ledger_cell(row[name]) for name in names] for row in rows]
    titles = [name.replace("_", " ") for name in names]
    screen.show_table(titles, cells, right=set(titles) - {"table", "read as", "delivered at", "file"}, cut=["table", "file"])
    screen.show("", _sum_of_records(rows) if is_mapped else _sum_of_rows(rows))


def _sum_of_rows(rows: list[dict[str, Any]]) -> str:
    delivered, accounted = sum(row["delivered"] for row in rows), sum(row[fate] for row in rows for fate in FATES)
    return f"{accounted:,} of {delivered:,} delivered rows are accounted for."


def _sum_of_records(rows: list[dict[str, Any]]) -> str:
    """A record of a shop with a map may be read as several tables, and has a fate in each of them."""
    readings: dict[Any, list[int]] = {}
    for row in rows:
        readings.setdefault(row.get("table", row.get("sequence")), []).append(row["delivered"])
    if any(row["delivered"] != sum(row[fate] for fate in FATES) for row in rows):
        return _sum_of_rows(rows)
    fewest, most = min(map(len, readings.values()), default=0), max(map(len, readings.values()), default=0)
    tables = counted(most, "table") if fewest == most else f"{fewest} to {most} tables"
    return f"{sum(found[0] for found in readings.values()):,} records, each accounted for in {tables}."


def _ledger_cell(found: Any) -> str:
    if isinstance(found, datetime):
        return f"{found:%Y-%m-%d %H:%M}"
    return screen.number(found) if isinstance(found, int) else screen.printable(str(found))
