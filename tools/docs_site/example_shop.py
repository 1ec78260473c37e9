"""The synthetic shop whose rows the pages of the tables show as examples: the same rows each time, and nobody's data.

Here: building the shop, and a few rows of a table. Not here: how they are shown (table_page.py).
"""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.shop_context import Site, open_site
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.serve.query import Session
from ecom_lake.engine.store.landing_zone import land
from ecom_lake.errors import UserError
from ecom_lake.settings import load
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shop import generate

OPTIONS = SynthOptions(orders=1_500, seed=1, first_month="2017-01", last_month="2018-06", repeat_share=0.15, full=True)
ROWS = 3
_CONFIG = f"""[shops.example]
connector = "canonical"
first_month = "{OPTIONS.first_month}"
last_month = "{OPTIONS.last_month}"
numbers.currency = "€"
"""


def example_shop(folder: Path) -> Site:
    """The released shop in this folder. What is there already is kept, and only what the code changed is built again."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lake.toml").write_text(_CONFIG, encoding="utf-8")
    export = folder / "export"
    if not export.exists():
        unfinished = folder / "export.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        generate(unfinished, OPTIONS)
        unfinished.rename(export)
    site = open_site(load(environment={}, project=str(folder)), "example")
    for arrival in land(site.lake, [export]):
        if arrival.fate == "failed":
            raise UserError(f"The synthetic shop in {folder} cannot be landed: {arrival.why} Remove the folder and run again.")
    refused = [check.says for outcome in build(site) for check in outcome.checks if check.blocks]
    if refused:
        raise UserError(f"The synthetic shop in {folder} is not released: {refused[0]}")
    return site


@dataclass(frozen=True)
class Examples:
    """The first rows of a table by its key. Personal columns are left out, and so are the times of the build."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def examples(session: Session, table: Table, is_of_the_lake: bool) -> Examples:
    """`is_of_the_lake`: the table is about the lake itself, so that its times are those of the build."""
    shown = [name for name in table.shareable if not (is_of_the_lake and table.columns[name].kind.name == "timestamp")]
    columns = ", ".join(f'"{name}"' for name in shown)
    order = ", ".join(f'"{name}"' for name in table.key)
    found = session.rows(f"select {columns} from {table.layer}.{table.name} order by {order} limit {ROWS}") if shown else []
    return Examples(tuple(shown), tuple(tuple(_text(row[name]) for name in shown) for row in found))


def _text(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.6g}"
        case Decimal() | int() | datetime.date():
            return str(value)
    text = " ".join(str(value).split())
    return text if len(text) <= 90 else f"{text[:87]}…"


def as_columns(found: Examples) -> Sequence[tuple[str, ...]]:
    """Each column with its values."""
    return [(name, *(row[i] for row in found.rows)) for i, name in enumerate(found.columns)]
