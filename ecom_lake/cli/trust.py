"""What became of what was delivered: what was refused and why, where every row went, and all of it on one page."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ecom_lake.cli import screen
from ecom_lake.cli.place import AsJson, Here
from ecom_lake.errors import UsageError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.build.maintenance.refused import Refusals, Refused


EXAMPLES = 3


def quarantine(
    table: str | None = None, /, *, rule: str | None = None, limit: int | None = None, as_json: AsJson = False, place: Here
) -> int:
    """Show what was refused, why, and the raw records.

    Parameters
    ----------
    table
        A delivered table, such as order_payments, or the silver table made from it.
    rule
        One rule alone; `malformed` are the records that could not be read.
    limit
        How many records to show of each rule; 3, once a table or a rule is named.
    as_json
        As JSON.
    """
    from ecom_lake.engine.build.maintenance.refused import refusals
    from ecom_lake.engine.serve.released import built

    site = place.site()
    shown = max(limit, 0) if limit is not None else EXAMPLES
    newest = built(site)
    found = refusals(site, newest, table, rule, shown)
    files = {path: landed.refused for path, landed in sorted(newest.landing.items()) if landed.refused}
    if as_json:
        counts = [{"table": name, "rule": broken, "rows": rows} for name, broken, rows in found.counts]
        records = [asdict(one) for one in found.examples]
        screen.emit_json({"shop": site.shop.name, "files": files, "counts": counts, "records": records})
        return 0
    if files:
        screen.say(f"{counted(len(files), 'whole file', 'was/were')} refused; no row of a refused file is in any table:")
        screen.show_some(files.values())
        screen.say("")
    if not found.counts:
        screen.say("No record was refused: every one that was read is in a table, superseded, or waits for its order.")
    else:
        _show_counts(found)
        if table or rule or limit:
            _show_records(found)
        else:
            screen.say("", f"Next: {place.command('quarantine TABLE')} shows the records.")
    return 0


def _show_counts(found: Refusals) -> None:
    first = {(one.table, one.rule): _why(one) for one in reversed(found.examples)}
    rows = [(name, broken, screen.number(count), first.get((name, broken), "")) for name, broken, count in found.counts]
    screen.show_table(["delivered table", "rule", "rows", "such as"], rows, right=["rows"], cut=["such as"])


def _show_records(found: Refusals) -> None:
    total = {(name, broken): rows for name, broken, rows in found.counts}
    for (name, broken), group in groupby(found.examples, key=lambda one: (one.table, one.rule)):
        records = list(group)
        more = total[name, broken] - len(records)
        screen.say("", Text.assemble((f"{name} · {broken}", "bold"), (f"  and {more:,} more" if more else "", "dim")))
        for record in records:
            _show_record(record)


def _show_record(record: Refused) -> None:
    where = f"  {screen.shown(record.file)}, record {record.record:,}: "
    screen.say("", Text.assemble(where, (_why(record), "yellow")))
    screen.say(Text(f"  {screen.shown(record.raw)}", style="dim"))


def _why(record: Refused) -> str:
    what = screen.shown(record.value or "no value")
    return f"{record.column} = {what}" if record.column else what


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


def ledger(table: str | None = None, /, *, as_json: AsJson = False, place: Here) -> int:
    """Account for every delivered row.

    Each is published, superseded by a later version, collapsed into another row, quarantined, pending or rejected.

    Parameters
    ----------
    table
        A delivered table, such as order_payments: its deliveries one by one, instead of each table's sum.
    as_json
        As JSON.
    """
    from ecom_lake.engine.serve.query import session
    from ecom_lake.engine.serve.released import released

    site = place.site()
    known = [delivered.name for delivered in site.connector.delivered]
    if table is not None and table not in known:
        raise UsageError(f"Nothing is delivered for '{table}'; the delivered tables are {', '.join(known)}.")
    with session(site, released(site)) as opened:
        answer = opened.ask(_TOTALS if table is None else _DELIVERIES.replace("$table", f"'{table}'"))
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows()]
    if as_json:
        screen.emit_json({"shop": site.shop.name, "table": table, "rows": rows})
    else:
        _show_ledger(rows)
    return 0


def _show_ledger(rows: list[dict[str, Any]]) -> None:
    """Fates that nothing met say nothing, and are left out."""
    totals = {fate: sum(row[fate] for row in rows) for fate in FATES}
    delivered = sum(row["delivered"] for row in rows)
    names = [name for name in rows[0] if totals.get(name, 1)] if rows else []
    cells = [[_ledger_cell(row[name]) for name in names] for row in rows]
    titles = [name.replace("_", " ") for name in names]
    screen.show_table(titles, cells, right=set(titles) - {"table", "delivered at", "file"}, cut=["table", "file"])
    screen.say("", f"{sum(totals.values()):,} of {delivered:,} delivered rows are accounted for.")


def _ledger_cell(found: Any) -> str:
    if isinstance(found, datetime):
        return f"{found:%Y-%m-%d %H:%M}"
    return screen.number(found) if isinstance(found, int) else screen.shown(str(found))


def quality(*, out: Path | None = None, as_json: AsJson = False, place: Here) -> int:
    """Say where the quality page is, or write it to a file.

    The page is one HTML file that needs nothing else: the ledger, what was kept out, promises, anomalies, reconciliation.

    Parameters
    ----------
    out
        A file to write it to.
    as_json
        As JSON.
    """
    from ecom_lake.engine.serve.released import released
    from ecom_lake.publish.quality_story import PAGE, render

    site = place.site()
    entry = released(site)
    where = site.lake.store.where(f"{site.shop.name}/{PAGE}")
    if out is not None:
        if not out.absolute().parent.is_dir():
            raise UsageError(f"--out: there is no folder {out.absolute().parent}.")
        out.write_bytes(render(site, entry))
        where = str(out)
    if as_json:
        screen.emit_json({"shop": site.shop.name, "release": entry.number, "page": where})
    else:
        screen.say(f"The quality of shop {site.shop.name}, release {entry.number}: {where}")
    return 0
