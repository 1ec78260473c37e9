"""The export of an unknown shop becomes gold by a draft of which nobody edits a cell: sales, freight, tax and payments are the
planted ones, or the draft names the decision.

Not here: what else a draft reports (cli/test_first_contact.py), and the maps that ship (test_every_shape.py).
"""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from ecom_lake.cli import map_trial
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.draft_trial import DraftTrial, try_draft
from ecom_lake.engine.build.shop_context import open_site
from ecom_lake.engine.mapping.draft.draft import make_draft
from ecom_lake.engine.mapping.draft.draft_text import draft_text
from ecom_lake.engine.mapping.draft.read_files import read_files
from ecom_lake.engine.mapping.draft.report import decisions
from ecom_lake.settings import load
from ecom_lake.shop.connectors.canonical.drafting import draft_targets
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shapes.every_shape import SHAPES
from ecom_lake.synth.shapes.shape import SHOP_ZONE
from ecom_lake.synth.shapes.shape_shop import generate_shape
from ecom_lake.synth.shapes.truths import ShapeTotals

FIRST, LAST = "2017-10", "2017-12"
KEY = "a key of this test, long enough"
_PAID = {
    "shopify": ("payments",),
    "woocommerce": ("payments", "pending"),
    "shoppers": ("payments",),
    "shop_database": ("payments",),
}
"""The truths that are payments of valid orders in gold. The others have none."""
_DECISIONS = {
    "woocommerce": "num(order_total_amount) of every order counts as paid, also that of",
    "four_tables": "tbl_payment_detail.csv becomes no table: leave it out, or write a table for it by hand.",
}
"""Where payments are not the planted ones, what a person decides."""


@pytest.mark.lake
@pytest.mark.parametrize("shape", SHAPES)
def test_money_in_gold_is_the_planted_one(tmp_path: Path, shape: str) -> None:
    options = SynthOptions(orders=150, seed=5, repeat_share=0.2, shape=shape, first_month=FIRST, last_month=LAST)
    truths = generate_shape(tmp_path / "export", options)
    for file in sorted((tmp_path / "export").iterdir()):
        file.rename(file.with_name(f"tbl_{file.name}"))
    trial, decide = _draft(tmp_path)
    assert _DECISIONS.get(shape, "") in decide
    if shape == "four_tables":  # as the sentence states
        (tmp_path / "export/tbl_payment_detail.csv").unlink()
        trial, _ = _draft(tmp_path)
    catalog = _built(tmp_path, trial, has_dates=bool(truths.months))
    with duckdb.connect(str(catalog), read_only=True) as con:
        assert _money(con) == _planted(shape, truths.totals)


def _draft(folder: Path) -> tuple[DraftTrial, str]:
    """The draft of the files, and what a person decides."""
    read, targets = read_files([folder / "export"]), draft_targets()
    trial = try_draft(make_draft(read.kinds, targets), "unknown", map_trial.connector_for, targets)
    return trial, " ".join(decisions(trial.draft))


def _built(folder: Path, trial: DraftTrial, has_dates: bool) -> Path:
    """The catalogue of the shop whose map is the draft."""
    (folder / "unknown.toml").write_text(draft_text(trial.draft, "unknown").replace("draft = true\n", "", 1), "utf-8")
    dates = f'first_month = "{FIRST}"\nlast_month = "{LAST}"' if has_dates else 'without = ["orders.ordered_at"]'
    config = folder / "lake.toml"
    config.write_text(f'[shops.unknown]\nmap = "unknown.toml"\ntimezone = "{SHOP_ZONE}"\n{dates}\n', "utf-8")
    settings = load(str(folder / "data"), {"ECOM_LAKE_CONFIG": str(config), "ECOM_LAKE_PSEUDONYM_KEY": KEY})
    shutil.copytree(folder / "export", folder / "data/unknown/landing/export")
    made = build(open_site(settings, "unknown"))
    assert [check.says for outcome in made for check in outcome.checks if check.blocks] == []
    return folder / "data/unknown/catalog.duckdb"


def _money(con: duckdb.DuckDBPyConnection) -> dict[str, Decimal | int]:
    """Of valid orders."""
    names = ("orders", "net_sales", "freight", "tax", "payments", "pending", "failed")
    found = con.execute(
        "select count(*), sum(net_sales), sum(freight), sum(tax), sum(payments), sum(pending_payments), sum(failed_payments)"
        " from fct_orders where is_valid"
    ).fetchone()
    assert found
    return {name: value or Decimal(0) for name, value in zip(names, found, strict=True)}


def _planted(shape: str, totals: ShapeTotals) -> dict[str, Decimal | int]:
    truths = {name: Decimal(getattr(totals, name)) for name in ("net_sales", "freight", "tax", "payments", "pending", "failed")}
    paid = _PAID.get(shape, ())
    payments = sum((truths[name] for name in paid), Decimal(0))
    unpaid = {name: truths[name] if paid and name not in paid else Decimal(0) for name in ("pending", "failed")}
    return {"orders": totals.valid_orders, **truths, "payments": payments, **unpaid}
