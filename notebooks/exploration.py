"""What the data of a shop look like: silver and gold of its latest release, and the findings in words.

    marimo run notebooks/exploration.py                                         # read it
    marimo edit notebooks/exploration.py -- --project FOLDER --shop NAME        # change it; --project is the folder of lake.toml
    python notebooks/exploration.py --project FOLDER                            # the findings only

The numbers and sentences are computed by `ecom_lake.publish.profile`, as on the page Profile of the dashboard. Values of personal
columns are not shown.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Exploration of a shop")

with app.setup:
    from contextlib import ExitStack
    from html import escape

    import marimo as mo
    import polars as pl

    from ecom_lake.engine.build.shop_context import open_site
    from ecom_lake.engine.serve import plots
    from ecom_lake.engine.serve.profile.table_profile import TableProfile
    from ecom_lake.engine.serve.query import session
    from ecom_lake.engine.serve.released import released
    from ecom_lake.errors import UserError
    from ecom_lake.publish.profile.findings import WEEKDAYS, shop_findings, table_findings
    from ecom_lake.publish.profile.numbers_in_words import correlation, shown
    from ecom_lake.publish.profile.release_tables import silver_sources
    from ecom_lake.publish.profile.shop_profile import profile_of_release
    from ecom_lake.settings import load

    def listed(sentences: list[str]) -> str:
        """Names in sentences come from the shop's files: they are text, not HTML."""
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
        return f"<ul style='list-style: disc; padding-left: 1.2rem'>{items}</ul>"


@app.cell
def _():
    is_script = mo.app_meta().mode == "script"
    try:
        settings = load(project=mo.cli_args().get("project"))
        chosen_shop = mo.cli_args().get("shop") or settings.default_shop
        site = open_site(settings, chosen_shop)
        entry = released(site)
    except UserError as error:
        if is_script:
            raise SystemExit(str(error)) from None
        mo.stop(True, mo.callout(str(error), kind="danger"))
    keeps_it_open = ExitStack()
    opened = keeps_it_open.enter_context(session(site, entry, by_signals=False))
    counts = {layer: len(opened.tables.get(layer, ())) for layer in ("silver", "gold")}
    mo.md(f"""
    # What the data of {chosen_shop} look like

    Release {entry.number}, {counts["silver"]} tables of silver and {counts["gold"]} of gold. Change the shop with
    `--project` and `--shop`.
    """)
    return entry, is_script, keeps_it_open, opened, site


@app.cell
def _(entry, opened, site):
    tables = {one.table.name: TableProfile(one, opened.rows) for one in silver_sources(site, entry)}
    shop = profile_of_release(site, entry, opened.rows, opened.tables.get("gold", []))
    return shop, tables


@app.cell
def _(is_script, shop, site, tables):
    currency = site.shop.numbers.currency
    of_shop = shop_findings(shop, str(currency) if currency else None)
    of_tables = {name: found for name, one in tables.items() if (found := table_findings(one))}
    if is_script:
        print("\n".join([*of_shop, *(f"{name}: {sentence}" for name, found in of_tables.items() for sentence in found)]))
    mo.vstack(
        [mo.md("## Findings"), mo.Html(listed(of_shop) if of_shop else "<p>The shop has too few orders for a finding.</p>")]
    )
    return (of_tables,)


@app.cell
def _(tables):
    mo.vstack(
        [
            mo.md("## Shapes and missing values"),
            pl.DataFrame(
                [
                    {
                        "table": name,
                        "rows": one.source.rows,
                        "columns": len(one.columns),
                        "not stated by the shop": len(one.source.absent),
                        "missing values": sum(column.missing for column in one.columns),
                        "columns without a value": sum(column.missing == column.rows > 0 for column in one.columns),
                    }
                    for name, one in tables.items()
                ]
            ),
        ]
    )
    return


@app.cell
def _(shop):
    mo.vstack(
        [
            mo.md("## Orders over time"),
            mo.Html(
                plots.bars(
                    "Orders by month", [row["orders"] for row in shop.months], [f"{row['month']:%Y-%m}" for row in shop.months]
                )
            ),
            mo.Html(
                plots.bars(
                    "Orders by weekday",
                    [row["orders"] for row in shop.weekdays],
                    [WEEKDAYS[row["weekday"] - 1] for row in shop.weekdays],
                )
            ),
            mo.Html(
                plots.bars(
                    "Orders by hour of the day",
                    [row["orders"] for row in shop.hours],
                    [f"{row['hour']}:00" for row in shop.hours],
                )
            ),
        ]
    )
    return


@app.cell
def _(shop):
    mo.vstack(
        [
            mo.md("## Customers and products"),
            mo.Html(
                plots.bars(
                    "Customers by number of orders",
                    [row["customers"] for row in shop.frequency],
                    [str(row["orders"]) for row in shop.frequency],
                )
            ),
            mo.md("The ten products with the highest net sales:"),
            pl.DataFrame(list(shop.products)),
        ]
    )
    return


@app.cell
def _(shop):
    mo.vstack(
        [
            mo.md(
                "## Measures of orders that move together\n\nSpearman's rank correlation. A correlation does not state a cause."
            ),
            pl.DataFrame(
                [
                    {"one": pair.one, "other": pair.other, "correlation": correlation(pair.value), "orders": pair.rows}
                    for pair in sorted(shop.orders.correlations if shop.orders else [], key=lambda pair: -abs(pair.value))
                ]
            ),
        ]
    )
    return


@app.cell
def _(tables):
    table = mo.ui.dropdown(list(tables), value=next(iter(tables)), label="Table")
    mo.vstack([mo.md("## One table"), table])
    return (table,)


@app.cell
def _(of_tables, table, tables):
    profile = tables[table.value]
    mo.vstack(
        [
            mo.Html(listed(of_tables.get(table.value, []))),
            pl.DataFrame(
                [
                    {
                        "column": one.column.name,
                        "type": one.column.kind.name,
                        "missing": one.missing,
                        "distinct": one.distinct,
                        **{
                            name: shown(getattr(one.numbers, name), one.column) if one.numbers else None
                            for name in ("smallest", "lower_quartile", "median", "mean", "upper_quartile", "largest")
                        },
                        "outliers": one.numbers.outliers if one.numbers else None,
                        "first": one.times.earliest if one.times else None,
                        "last": one.times.latest if one.times else None,
                    }
                    for one in profile.columns
                ],
                infer_schema_length=None,
            ),
        ]
    )
    return (profile,)


@app.cell
def _(profile):
    mo.vstack(
        [
            mo.md(
                "### Distributions\n\nThe first and the last bar also hold what is below the 1st and above the 99th percentile."
            ),
            mo.hstack(
                [
                    mo.Html(plots.bars(name, one.rows, [one.bins.label(number) for number in range(one.bins.count)]))
                    for name, one in profile.histograms.items()
                ],
                justify="start",
                wrap=True,
            ),
            mo.md("### Most frequent values"),
            mo.hstack(
                [
                    mo.Html(plots.bars(name, [value.rows for value in values], [value.value for value in values]))
                    for name, values in profile.frequent.items()
                    if values
                ],
                justify="start",
                wrap=True,
            ),
        ]
    )
    return


if __name__ == "__main__":
    app.run()
