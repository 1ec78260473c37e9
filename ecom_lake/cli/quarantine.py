"""The command `quarantine`: refused files and rows, with the reason and the raw records."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Options
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.build.maintenance.refused import Refusals, Refused


EXAMPLES = 3


def quarantine(
    table: str | None = None, /, *, rule: str | None = None, limit: int | None = None, as_json: AsJson = False, options: Options
) -> int:
    """Show refused files and rows, the reasons, and the raw records.

    Parameters
    ----------
    table
        A delivered table, such as order_payments, or the silver table made from it.
    rule
        Only rows that failed this rule; `malformed` for records that could not be read.
    limit
        Number of records to show for each rule. Default: 3, if a table or a rule is named.
    as_json
        Print JSON.
    """
    from ecom_lake.engine.build.maintenance.refused import refusals
    from ecom_lake.engine.serve.released import built

    site = options.site()
    shown = max(limit, 0) if limit is not None else EXAMPLES
    newest = built(site)
    found = refusals(site, newest, table, rule, shown)
    files = {path: landed.refused for path, landed in sorted(newest.landing.items()) if landed.refused}
    if as_json:
        counts = [{"table": name, "rule": broken, "rows": rows} for name, broken, rows in found.counts]
        records = [asdict(one) for one in found.examples]
        screen.show_json({"shop": site.shop.name, "files": files, "counts": counts, "records": records})
        return 0
    if files:
        screen.show(f"{counted(len(files), 'file', 'was/were')} refused as a whole; no row of them is in any table:")
        screen.show_some(files.values())
        screen.show("")
    if not found.counts:
        rows = "No row of the other files" if files else "No row"
        screen.show(f"{rows} was refused: every row is in a table, superseded, or pending until its order is delivered.")
    else:
        _show_counts(found)
        if table or rule or limit:
            _show_records(found)
        else:
            screen.show("", f"Next: {options.command('quarantine TABLE')}, to see the records")
    return 0


def _show_counts(found: Refusals) -> None:
    first = {(one.table, one.rule): _problem(one) for one in reversed(found.examples)}
    rows = [(name, broken, screen.number(count), first.get((name, broken), "")) for name, broken, count in found.counts]
    screen.show_table(["delivered table", "failed rule", "rows", "example"], rows, right=["rows"], cut=["example"])


def _show_records(found: Refusals) -> None:
    total = {(name, broken): rows for name, broken, rows in found.counts}
    for (name, broken), group in groupby(found.examples, key=lambda one: (one.table, one.rule)):
        records = list(group)
        more = total[name, broken] - len(records)
        screen.show("", Text.assemble((f"{name} · {broken}", "bold"), (f"  and {more:,} more" if more else "", "dim")))
        for record in records:
            _show_record(record)


def _show_record(record: Refused) -> None:
    where = f"  {screen.printable(record.file)}, record {record.record:,}: "
    screen.show("", Text.assemble(where, (_problem(record), "yellow")))
    screen.show(Text(f"  {screen.printable(record.raw)}", style="dim"))


def _problem(record: Refused) -> str:
    value = screen.printable(record.value or "no value")
    return f"{record.column} = {value}" if record.column else value
