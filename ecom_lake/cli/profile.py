"""The command `profile`: what the data of a shop look like, as on the page Profile of the dashboard.

Not here: what is computed (engine/serve/profile/, publish/profile/).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Options
from ecom_lake.errors import UsageError

if TYPE_CHECKING:
    from ecom_lake.engine.serve.profile.table_profile import ColumnSummary, TableProfile


def profile(table: str = "", /, *, as_json: AsJson = False, options: Options) -> int:
    """Show what the data look like: missing and distinct values, distributions, correlations, and what stands out.

    Without TABLE: all silver tables and the orders of the shop. Values of personal columns are counted and never shown.

    Parameters
    ----------
    table
        A silver table, such as orders: each of its columns.
    as_json
        Print JSON.
    """
    from ecom_lake.engine.serve.profile.table_profile import TableProfile
    from ecom_lake.engine.serve.query import session
    from ecom_lake.engine.serve.released import released
    from ecom_lake.engine.serve.views import RELEASED
    from ecom_lake.publish.profile.findings import shop_findings
    from ecom_lake.publish.profile.release_tables import silver_sources
    from ecom_lake.publish.profile.shop_profile import profile_of_release

    site = options.site()
    entry = released(site)
    name = table.removeprefix("silver.")
    sources = silver_sources(site, entry)
    if name and name not in [one.table.name for one in sources]:
        known = ", ".join(one.table.name for one in sources)
        raise UsageError(f"Shop '{site.shop.name}' has no silver table '{name}' in release {entry.number}: it has {known}.")
    with session(site, entry, layers=RELEASED) as opened:
        profiles = [TableProfile(one, opened.rows) for one in sources if name in ("", one.table.name)]
        head = {"shop": site.shop.name, "release": entry.number}
        shop = profile_of_release(site, entry, opened.rows, opened.tables.get("gold", ()))
        findings = [] if name else shop_findings(shop, site.shop.numbers.currency)
        if as_json:
            screen.show_json(head | {"findings": findings, "tables": [_as_data(one) for one in profiles]})
        elif name:
            _show_table(profiles[0])
        else:
            screen.show(f"Shop {site.shop.name}, release {entry.number}", "")
            screen.show_list(findings)
            _show_tables(profiles)
            screen.show("", f"Next: {options.command('profile TABLE')}")
    return 0


def _show_tables(profiles: Sequence[TableProfile]) -> None:
    from ecom_lake.publish.profile.findings import table_findings

    rows = []
    for one in profiles:
        cells = sum(column.rows for column in one.columns)
        missing = sum(column.missing for column in one.columns)
        share = screen.percent(missing / cells) if cells else ""
        rows.append(
            (
                one.table.name,
                screen.number(one.source.rows),
                str(len(one.columns) + len(one.source.absent)),
                str(len(one.source.absent)),
                share,
            )
        )
    screen.show("")
    names = ["table", "rows", "columns", "not stated by the shop", "values missing"]
    screen.show_table(names, rows, right=names[1:])
    for one in profiles:
        if found := table_findings(one):
            screen.show("", Text(one.table.name, style="bold"))
            screen.show_some(found)


def _show_table(one: TableProfile) -> None:
    from ecom_lake.publish.profile.findings import table_findings

    sample = f" The figures are of a sample of {one.profiled:,} rows." if one.source.is_sampled else ""
    grain = f"{one.table.grain} {screen.number(one.source.rows)} rows.{sample}"
    screen.show(Text.assemble((one.table.name, "bold"), f"  {grain}"), "")
    names = ["column", "type", "missing", "distinct", "smallest", "median", "largest", "most frequent"]
    rows = [(Text(column.column.name), column.column.kind.name, *_figures(one, column)) for column in one.columns]
    screen.show_table(names, rows, right=names[2:7], cut=["most frequent"])
    if one.source.absent:
        screen.show("", "Not stated by the shop:")
        screen.show_list(f"{name}: {why}" for name, why in one.source.absent.items())
    if found := table_findings(one):
        screen.show("", Text("What stands out", style="bold"), "")
        screen.show_list(found)


def _figures(one: TableProfile, column: ColumnSummary) -> tuple[screen.Cell, ...]:
    from ecom_lake.publish.profile.numbers_in_words import shown

    missing = screen.percent(column.missing_share) if column.missing else ""
    ends: tuple[str, ...] = ("", "", "")
    if column.numbers:
        values = (column.numbers.smallest, column.numbers.median, column.numbers.largest)
        ends = tuple(shown(value, column.column) for value in values)
    elif column.times:
        ends = (f"{column.times.earliest:%Y-%m-%d}", "", f"{column.times.latest:%Y-%m-%d}")
    most = ", ".join(f"{value.value} ({screen.number(value.rows)})" for value in one.frequent.get(column.column.name, ()))
    frequent = Text("personal", style="dim") if column.column.personal else Text(screen.printable(most))
    return (missing, screen.number(column.distinct), *ends, frequent)


def _as_data(one: TableProfile) -> dict[str, Any]:
    from ecom_lake.publish.profile.findings import table_findings

    return {
        "table": one.table.name,
        "rows": one.source.rows,
        "profiled_rows": one.profiled,
        "columns": [_column_as_data(one, column) for column in one.columns],
        "not_in_this_shop": one.source.absent,
        "correlations": [asdict(pair) for pair in one.correlations],
        "findings": table_findings(one),
    }


def _column_as_data(one: TableProfile, column: ColumnSummary) -> dict[str, Any]:
    histogram = one.histograms.get(column.column.name)
    bins = histogram.bins if histogram else None
    return {
        "name": column.column.name,
        "type": column.column.kind.duckdb,
        "personal": bool(column.column.personal),
        "missing": column.missing,
        "distinct": column.distinct,
        "numbers": asdict(column.numbers) if column.numbers else None,
        "times": asdict(column.times) if column.times else None,
        "histogram": [{"from": bins.label(i), "rows": rows} for i, rows in enumerate(histogram.rows)]
        if histogram and bins
        else None,
        "frequent": [asdict(value) for value in one.frequent.get(column.column.name, ())],
    }
