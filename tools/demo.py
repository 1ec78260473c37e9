"""`make demo`: a synthetic shop of 20,000 orders, landed, built through Dagster, and shown. Run again, it keeps what is there.

`make demo SHAPE=shopify` makes the export of another shop system, with the map that ships for it, in a project folder of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from ecom_lake.synth.shapes.every_shape import SHAPES
from ecom_lake.synth.shapes.shape import SHOP_ZONE

ROOT = Path(__file__).parent.parent
ORDERS = "20000"
SHOWN = (
    *("net_sales", "refunds", "net_sales_after_refunds", "orders", "customers", "anonymous_orders", "aov"),
    *("repeat_purchase_rate", "late_rate", "avg_review", "nps_proxy"),
)
WIDTH = 46
PSEUDONYM_KEY = {"ECOM_LAKE_PSEUDONYM_KEY": "of synthetic customers, so it protects nobody"}

console = Console()


@dataclass(frozen=True)
class Demo:
    """What is generated, and where its lake is."""

    project: Path
    shop: str
    export: Path
    shape: tuple[str, ...] = ()
    """The options of `synth` for the shape."""

    @property
    def catalog(self) -> Path:
        return self.project / "data" / self.shop / "catalog.duckdb"

    def ecom_lake(self, *words: str) -> None:
        console.print(f"\n[bold]$ ecom-lake {' '.join(self.shown(words))}[/bold]")
        program = Path(sys.executable).with_name("ecom-lake")
        run = subprocess.run([program, *words], cwd=self.project, env={**os.environ, **PSEUDONYM_KEY}, check=False)
        if run.returncode:
            sys.exit(run.returncode)

    def shown(self, words: tuple[str, ...]) -> list[str]:
        return [str(Path(word).relative_to(self.project)) if word.startswith(str(self.project)) else word for word in words]


def main(shape: str) -> None:
    demo = olist() if shape == "olist" else of_shape(shape)
    if not demo.export.exists():
        demo.ecom_lake("synth", str(demo.export), "--orders", ORDERS, *demo.shape)
    demo.ecom_lake("land", str(demo.export), "--shop", demo.shop)
    demo.ecom_lake("build", "--shop", demo.shop)
    with duckdb.connect(str(demo.catalog), read_only=True) as con:
        show_numbers(con)
        show_months(con)
    show_what_next(demo)


def olist() -> Demo:
    return Demo(ROOT, "demo", ROOT / "data/demo-export")


def of_shape(name: str) -> Demo:
    if name not in SHAPES:
        sys.exit(f"There is no shape {name}: SHAPE is olist, {', '.join(SHAPES)}.")
    project = ROOT / "data" / f"demo-{name}"
    project.mkdir(parents=True, exist_ok=True)
    dates = 'first_month = "2016-09"' if SHAPES[name].has_dates else 'without = ["orders.ordered_at"]'
    config = f'[shops.{name}]\nmap = "{name}"\n{dates}\ntimezone = "{SHOP_ZONE}"\n'
    (project / "lake.toml").write_text(config, encoding="utf-8")
    return Demo(project, name, project / "export", ("--as", name))


def show_numbers(con: duckdb.DuckDBPyConnection) -> None:
    table = Table(title="The shop in a few numbers (gold/kpi_summary)", title_justify="left", box=None, header_style="dim")
    table.add_column("number")
    table.add_column("value", justify="right", style="bold")
    table.add_column("what it means")
    summary = rows_of(con, "kpi_summary", "select metric, value, unit, definition from kpi_summary order by position")
    for metric, value, unit, definition in summary:
        if metric in SHOWN and value is not None:
            table.add_row(metric, f"{value:.1%}" if unit == "share" else f"{value:,.2f}".removesuffix(".00"), definition)
    console.print()
    console.print(table)


def show_months(con: duckdb.DuckDBPyConnection) -> None:
    """A bar for each month; a pale one is incomplete. A shop without dates has none."""
    query = "select strftime(month, '%Y-%m'), net_sales::double, is_complete from kpi_monthly order by month"
    months = rows_of(con, "kpi_monthly", query)
    if not months:
        return
    most = max((sales for _, sales, _ in months), default=0) or 1
    console.print("\nNet sales by month (gold/kpi_monthly; pale months are incomplete)")
    for month, sales, is_complete in months:
        bar = "█" * round(WIDTH * sales / most)
        console.print(f"  {month} [{'green' if is_complete else 'dim'}]{bar:<{WIDTH}}[/] {sales:>14,.2f}", highlight=False)


def rows_of(con: duckdb.DuckDBPyConnection, table: str, query: str) -> list[Any]:
    """The rows of a query; none where the shop does not have its table."""
    known = con.execute("select count(*) from duckdb_views() where view_name = ?", [table]).fetchone()
    return con.execute(query).fetchall() if known and known[0] else []


def show_what_next(demo: Demo) -> None:
    data, export = demo.catalog.parent.relative_to(ROOT), demo.export.relative_to(ROOT)
    is_root = demo.project == ROOT
    project = demo.project.relative_to(ROOT)
    where = f" --shop {demo.shop}" + ("" if is_root else f" --project {project}")
    console.print(f"\nTables: {data}/gold, as Parquet files; {data}/catalog.duckdb has a view of each.", soft_wrap=True)
    console.print(f"The export is synthetic. The faults and truths planted in it: {export}.truths.json", soft_wrap=True)
    console.print("\n[bold]Next[/bold]")
    for what, why in (
        (
            f"ecom-lake serve{'' if is_root else f' --project {project}'}",
            f"Dashboard: http://127.0.0.1:8321/{demo.shop}/overview",
        ),
        (f"{'' if is_root else f'ECOM_LAKE_CONFIG={project}/lake.toml '}make ui", "Dagster UI: http://127.0.0.1:3000"),
        (f"ecom-lake status{where}", "State of the shop"),
        (f"ecom-lake ledger{where}", "Where each delivered row went"),
        (f'ecom-lake sql "from product_performance"{where}', "Any question in SQL"),
        ("make demo SHAPE=shopify", f"The export of another shop system: {', '.join(SHAPES)}"),
        ("ecom-lake land YOUR_FILES", "Your own shop; for files of another system it proposes a map"),
    ):
        console.print(f"  {why}\n    [bold]{what}[/bold]", highlight=False, soft_wrap=True)
    console.print("\nThe command is .venv/bin/ecom-lake; `source .venv/bin/activate` puts it on the path.", soft_wrap=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "olist")
