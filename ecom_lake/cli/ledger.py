"""The command `ledger`: where every delivered row went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Options
from ecom_lake.errors import UsageError

FATES = ("published", "superseded", "collapsed", "quarantined", "pending", "rejected")
_TOTALS = f"""
    select table_name as "table", count(*) as files, sum(rows_delivered)::bigint as delivered,
        {", ".join(f"sum({fate})::bigint as {fate}" for fate in FATES)}
    from ledger group by all order by min(sequence)
"""
_DELIVERIES = f"""
    select sequence, delivered_at, file, rows_delivered as delivered, {", ".join(FATES)}
    from ledger where table_name = $table order by sequence
"""


def ledger(table: str | None = None, /, *, as_json: AsJson = False, options: Options) -> int:
    """Account for every delivered row.

    Each row is published, superseded by a later version, collapsed into another row, quarantined, pending or rejected.

    Parameters
    ----------
    table
        A delivered table, such as order_payments: lists its deliveries. Default: the totals of every table.
    as_json
        Print JSON.
    """
    from ecom_lake.engine.serve.query import session
    from ecom_lake.engine.serve.released import released

    site = options.site()
    known = [delivered.name for delivered in site.connector.delivered]
    if table is not None and table not in known:
        raise UsageError(f"There is no delivered table '{table}'; the delivered tables are {', '.join(known)}.")
    with session(site, released(site)) as opened:
        answer = opened.ask(_TOTALS if table is None else _DELIVERIES.replace("$table", f"'{table}'"))
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows()]
    if as_json:
        screen.show_json({"shop": site.shop.name, "table": table, "rows": rows})
    else:
        _show_ledger(rows)
    return 0


def _show_ledger(rows: list[dict[str, Any]]) -> None:
    """The table of fates; a fate without rows is left out."""
    totals = {fate: sum(row[fate] for row in rows) for fate in FATES}
    delivered = sum(row["delivered"] for row in rows)
    names = [name for name in rows[0] if totals.get(name, 1)] if rows else []
    cells = [[_ledger_cell(row[name]) for name in names] for row in rows]
    titles = [name.replace("_", " ") for name in names]
    screen.show_table(titles, cells, right=set(titles) - {"table", "delivered at", "file"}, cut=["table", "file"])
    screen.show("", f"{sum(totals.values()):,} of {delivered:,} delivered rows are accounted for.")


def _ledger_cell(found: Any) -> str:
    if isinstance(found, datetime):
        return f"{found:%Y-%m-%d %H:%M}"
    return screen.number(found) if isinstance(found, int) else screen.printable(str(found))
