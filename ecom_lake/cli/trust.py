"""What became of what was delivered: what was refused and why, and where every row went."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ecom_lake.cli import screen
from ecom_lake.cli.place import AsJson, Here

if TYPE_CHECKING:
    from ecom_lake.serving.refused import Refusals, Refused


def quarantine(
    table: str | None = None, /, *, rule: str | None = None, limit: int = 3, as_json: AsJson = False, place: Here
) -> int:
    """Show what was refused, why, and the raw records.

    Parameters
    ----------
    table
        A delivered table, such as order_payments, or the silver table made from it.
    rule
        One rule alone; `malformed` are the records that could not be read.
    limit
        How many records to show of each rule.
    as_json
        As JSON.
    """
    from ecom_lake.serving.refused import refusals
    from ecom_lake.serving.released import built

    site = place.site()
    found = refusals(site, built(site), table, rule, max(limit, 0))
    if as_json:
        counts = [{"table": name, "rule": broken, "rows": rows} for name, broken, rows in found.counts]
        screen.emit_json({"shop": site.shop.name, "counts": counts, "records": [asdict(one) for one in found.examples]})
    elif not found.counts:
        screen.say("Nothing was refused: every delivered record is in a table, superseded, or waits for its order.")
    else:
        _show(found)
    return 0


def _show(found: Refusals) -> None:
    counts = screen.table(["delivered table", "rule", "rows"], right=["rows"])
    for name, broken, rows in found.counts:
        counts.add_row(name, broken, screen.number(rows))
    screen.out().print(counts)
    total = {(name, broken): rows for name, broken, rows in found.counts}
    for (name, broken), group in groupby(found.examples, key=lambda one: (one.table, one.rule)):
        records = list(group)
        more = total[name, broken] - len(records)
        screen.say("", Text.assemble((f"{name} · {broken}", "bold"), (f"  and {more:,} more" if more else "", "dim")))
        for record in records:
            _show_record(record)


def _show_record(record: Refused) -> None:
    what = screen.shown(record.value or "no value")
    why = f"{record.column} = {what}" if record.column else what
    screen.say("", Text.assemble(f"  {screen.shown(record.file)}, record {record.record:,}: ", (why, "yellow")))
    screen.say(Text(f"  {screen.shown(record.raw)}", style="dim"))


_LEDGER = {
    "sequence": "no.",
    "delivered_at": "delivered at",
    "table_name": "table",
    "file": "file",
    "rows_delivered": "delivered",
    "published": "published",
    "superseded": "superseded",
    "collapsed": "collapsed",
    "quarantined": "quarantined",
    "pending": "pending",
    "rejected": "rejected",
}
_COUNTS = tuple(_LEDGER)[4:]


def ledger(table: str | None = None, /, *, as_json: AsJson = False, place: Here) -> int:
    """Account for every delivered row.

    Each is published, superseded by a later version, collapsed into another row, quarantined, pending or rejected.

    Parameters
    ----------
    table
        One delivered table alone, such as order_payments.
    as_json
        As JSON.
    """
    from ecom_lake.serving.query import session
    from ecom_lake.serving.released import NotThereError, released

    site = place.site()
    with session(site, released(site)) as opened:
        answer = opened.ask(f"select {', '.join(_LEDGER)} from ledger order by sequence, table_name")
        assert answer is not None
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows()]
    known = sorted({str(row["table_name"]) for row in rows})
    if table is not None:
        if table not in known:
            raise NotThereError(f"Nothing was delivered for '{table}'; the delivered tables are {', '.join(known)}.")
        rows = [row for row in rows if row["table_name"] == table]
    if as_json:
        screen.emit_json({"shop": site.shop.name, "deliveries": rows})
    else:
        _show_ledger(rows)
    return 0


def _show_ledger(rows: list[dict[str, Any]]) -> None:
    """Columns that are 0 throughout say nothing, and are left out."""
    totals = {name: sum(row[name] for row in rows) for name in _COUNTS}
    counts = [name for name in _COUNTS if totals[name] or name in ("rows_delivered", "published")]
    names = [name for name in _LEDGER if name not in _COUNTS or name in counts]
    table = screen.table([_LEDGER[name] for name in names], right=[_LEDGER[name] for name in ("sequence", *counts)])
    for row in rows:
        table.add_row(*(_ledger_cell(name, row[name]) for name in names))
    table.add_section()
    total = {name: screen.number(totals[name]) for name in counts} | {"table_name": "all"}
    table.add_row(*(Text(total.get(name, ""), style="bold") for name in names))
    screen.out().print(table)
    accounted = sum(totals[name] for name in _COUNTS[1:])
    screen.say("", f"{accounted:,} of {totals['rows_delivered']:,} delivered rows are accounted for.")


def _ledger_cell(name: str, found: Any) -> str:
    if name in _COUNTS:
        return screen.number(found)
    return f"{found:%Y-%m-%d %H:%M}" if name == "delivered_at" else screen.shown(str(found))
