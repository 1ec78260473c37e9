"""`make demo`: a synthetic shop of 20,000 orders, landed, built through Dagster, and shown. Run again, it keeps what is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
EXPORT = ROOT / "data/demo-export"
CATALOG = ROOT / "data/demo/catalog.duckdb"
SHOWN = ("net_sales", "orders", "customers", "aov", "repeat_purchase_rate", "late_rate", "avg_review", "nps_proxy")
WIDTH = 46

console = Console()


def main() -> None:
    if not EXPORT.exists():
        ecom_lake("synth", str(EXPORT), "--orders", "20000")
    ecom_lake("land", str(EXPORT), "--shop", "demo")
    ecom_lake("build", "--shop", "demo")
    with duckdb.connect(str(CATALOG), read_only=True) as con:
        show_numbers(con)
        show_months(con)
    show_what_next()


def ecom_lake(*words: str) -> None:
    shown = [str(Path(word).relative_to(ROOT)) if word.startswith(str(ROOT)) else word for word in words]
    console.print(f"\n[bold]$ ecom-lake {' '.join(shown)}[/bold]")
    run = subprocess.run([Path(sys.executable).with_name("ecom-lake"), *words], cwd=ROOT, check=False)
    if run.returncode:
        sys.exit(run.returncode)


def show_numbers(con: duckdb.DuckDBPyConnection) -> None:
    table = Table(title="The shop in a few numbers (gold/kpi_summary)", title_justify="left", box=None, header_style="dim")
    table.add_column("number")
    table.add_column("value", justify="right", style="bold")
    table.add_column("what it means")
    summary = con.execute("select metric, value, unit, definition from kpi_summary order by position").fetchall()
    for metric, value, unit, definition in summary:
        if metric in SHOWN and value is not None:
            table.add_row(metric, f"{value:.1%}" if unit == "share" else f"{value:,.2f}".removesuffix(".00"), definition)
    console.print()
    console.print(table)


def show_months(con: duckdb.DuckDBPyConnection) -> None:
    """A bar for each month; a pale one is incomplete."""
    months = con.execute(
        "select strftime(month, '%Y-%m'), net_sales::double, is_complete from kpi_monthly order by month"
    ).fetchall()
    most = max((sales for _, sales, _ in months), default=0) or 1
    console.print("\nNet sales by month (gold/kpi_monthly; pale months are incomplete)")
    for month, sales, is_complete in months:
        bar = "█" * round(WIDTH * sales / most)
        console.print(f"  {month} [{'green' if is_complete else 'dim'}]{bar:<{WIDTH}}[/] {sales:>14,.2f}", highlight=False)


def show_what_next() -> None:
    console.print("\nThe tables are Parquet, in data/demo/gold; data/demo/catalog.duckdb has a view of each.")
    console.print("The planted truths of this synthetic shop are in data/demo-export.truths.json")
    console.print("\n[bold]Next[/bold]")
    for what, why in (
        ("make ui", "the Dagster UI on http://127.0.0.1:3000: the graph, runs, checks, previews"),
        ("ecom-lake status --shop demo", "the state of the shop; `quarantine` shows the planted malformed rows"),
        ('ecom-lake sql "from rfm_segments" --shop demo', "ask anything in SQL"),
        ("ecom-lake land YOUR_FILES && ecom-lake build", "your own shop, as data/olist"),
    ):
        console.print(f"  {what:<48} {why}", highlight=False, soft_wrap=True)
    console.print("  (the command is .venv/bin/ecom-lake, or `source .venv/bin/activate` first)")


if __name__ == "__main__":
    main()
