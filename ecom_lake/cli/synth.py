"""The command `synth`: generates the exports of a demo shop with known truths."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import Flag, LakeOptions, Options
from ecom_lake.errors import UsageError

if TYPE_CHECKING:
    from ecom_lake.synth.options import SynthOptions
    from ecom_lake.synth.shapes.truths import ShapeTruths
    from ecom_lake.synth.truths import Truths


def synth(
    folder: Path,
    /,
    *,
    orders: int = 20_000,
    seed: int = 1,
    by_month: Flag = False,
    first_month: str = "2016-09",
    last_month: str = "2018-10",
    repeat_share: float = 0.03,
    late_share: float = 0.07,
    late_score_drop: float = 2.0,
    late_return_drop: float = 0.5,
    thin_edges: Flag = False,
    corrections: float = 0.01,
    broken: int = 3,
    full: Flag = False,
    shape: Annotated[str, Parameter(name="--as", show_default=False)] = "",
    by_day: Flag = False,
    options: Options,
) -> int:
    """Generate the exports of a demo shop, with known truths.

    Olist's nine files at any scale, the canonical files with --full, or the export of another shop system with --as. The same
    options give the same bytes.
    FOLDER.truths.json, next to the folder, lists the results that a pipeline must find in the files.

    Parameters
    ----------
    folder
        A new folder for the files.
    orders
        Number of valid orders, at most 10,000,000; broken rows are extra.
    seed
        Random seed.
    by_month
        One folder per month with the new rows of the month, instead of one dump.
    first_month
        Month of the first orders.
    last_month
        Month of the last orders.
    repeat_share
        Share of the customers who order on more than one day.
    late_share
        Share of the delivered orders that are late.
    late_score_drop
        Points by which a late delivery lowers the review score.
    late_return_drop
        Relative drop in the probability of another order after a late delivery.
    thin_edges
        Few orders in the first and last month, as in a truncated export.
    corrections
        Share of the orders that a later delivery corrects.
    broken
        Broken rows of each kind; 0 for clean files.
    full
        Canonical files with everything that a shop can have (costs, discounts, returns, ages …), without broken rows.
    shape
        The export of another shop system: shopify, woocommerce, flat_orders, four_tables, shoppers, shop_database or invoices.
        It has no broken rows and no corrections.
    by_day
        One folder per day with the new rows of the day, for --as.
    """
    from ecom_lake.synth.options import SynthOptions

    try:
        chosen = SynthOptions(
            orders=orders,
            seed=seed,
            by_month=by_month,
            first_month=first_month,
            last_month=last_month,
            repeat_share=repeat_share,
            late_share=late_share,
            late_score_drop=late_score_drop,
            late_return_drop=late_return_drop,
            thin_edges=thin_edges,
            corrections=corrections,
            broken=broken,
            full=full,
            shape=shape,
            by_day=by_day,
        )
    except ValueError as error:
        raise UsageError(str(error)) from None
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not empty: name a new folder.")
    if shape:
        _synth_shape(folder, chosen)
    else:
        _synth_shop(folder, chosen, options)
    return 0


def _synth_shop(folder: Path, chosen: SynthOptions, options: LakeOptions) -> None:
    from ecom_lake.synth.shop import generate

    with screen.progress() as bar:
        task = bar.add_task("people and products", total=1.0)
        truths = generate(folder, chosen, lambda what, share: bar.update(task, description=what, completed=share))
    side_file = folder.with_name(f"{folder.name}.truths.json")
    truths.write(side_file)
    _show_shop(folder, side_file, truths)
    screen.show("", f"Next: {_land(folder, truths, options)}")


def _synth_shape(folder: Path, chosen: SynthOptions) -> None:
    from ecom_lake.engine.landing.similar_names import nearest
    from ecom_lake.synth.shapes.every_shape import SHAPES
    from ecom_lake.synth.shapes.shape import SHOP_ZONE
    from ecom_lake.synth.shapes.shape_shop import generate_shape

    if chosen.shape not in SHAPES:
        meant = nearest(chosen.shape, SHAPES)
        hint = f"; did you mean {meant}?" if meant else "."
        raise UsageError(f"{chosen.shape} is no known export{hint} Use one of: {', '.join(SHAPES)}.")
    with screen.progress() as bar:
        task = bar.add_task("people and products", total=1.0)
        truths = generate_shape(folder, chosen, lambda what, share: bar.update(task, description=what, completed=share))
    side_file = folder.with_name(f"{folder.name}.truths.json")
    truths.write(side_file)
    shape = SHAPES[chosen.shape]
    _show_export(folder, side_file, truths, shape.meaning)
    screen.show("", "Next: add a shop to lake.toml, then land the files and build.", "")
    dates = (f'first_month = "{chosen.first_month}"',) if shape.has_dates else ('without = ["orders.ordered_at"]',)
    screen.show(*(f"    {line}" for line in ("[shops.mine]", f'map = "{shape.name}"', *dates, f'timezone = "{SHOP_ZONE}"')), "")
    screen.show(f"    ecom-lake land {quote(str(folder))} --shop mine && ecom-lake build --shop mine")


def _show_export(folder: Path, side_file: Path, truths: ShapeTruths, meaning: str) -> None:
    totals = truths.totals
    screen.show(f"Generated {meaning}: {totals.orders:,} orders by {truths.customers:,} known customers.", "")
    screen.show_pairs(
        [
            ("net sales", f"{float(totals.net_sales):,.2f}"),
            ("orders without a customer", screen.number(totals.anonymous_orders)),
            ("records", screen.number(sum(truths.records.values()))),
            ("files", str(folder)),
            ("known truths", str(side_file)),
        ]
    )


def _show_shop(folder: Path, side_file: Path, truths: Truths) -> None:
    totals = truths.totals
    broken = sum(kind.count for kind in truths.broken)
    screen.show(f"Generated a demo shop: {totals.orders:,} orders by {totals.people:,} customers.", "")
    screen.show_pairs(
        [
            ("net sales", f"{float(totals.net_sales):,.2f}"),
            ("repeat purchase rate", f"{totals.repeat_purchase_rate:.1%}"),
            ("broken rows", screen.number(broken)),
            ("files", str(folder)),
            ("known truths", str(side_file)),
        ]
    )


def _land(folder: Path, truths: Truths, options: LakeOptions) -> str:
    """The command that lands the files, for the first shop of lake.toml that takes them."""
    connector = "canonical" if truths.full else "olist"
    place = quote(str(folder))
    try:
        settings = options.settings()
    except UsageError:
        return options.command(f"land {place}")
    fitting = [name for name, shop in settings.shops.items() if shop.connector == connector]
    if options.shop or settings.default_shop in fitting:
        return options.command(f"land {place}")
    if fitting:
        return options.command(f"land {place} --shop {fitting[0]}")
    return f'add [shops.NAME] with connector = "{connector}" to {settings.config}, then ecom-lake land {place} --shop NAME'
