"""The commands `tables` and `describe`: the released tables, and the contract of one of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Flag, Options
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.contracts.table import Table
    from ecom_lake.engine.serve.tables import Listed

SAMPLE = 3


def tables(*, as_json: AsJson = False, options: Options) -> int:
    """List the released tables.

    Parameters
    ----------
    as_json
        Print JSON.
    """
    from ecom_lake.engine.build.release.offer import not_built
    from ecom_lake.engine.serve.released import released
    from ecom_lake.engine.serve.tables import listed

    site = options.site()
    entry = released(site)
    found, absent = listed(site, entry), not_built(site)
    if as_json:
        screen.show_json(
            {"shop": site.shop.name, "release": entry.number, "tables": [_brief(one) for one in found], "absent": absent}
        )
        return 0
    screen.show(f"Shop {site.shop.name}, release {entry.number}, in {site.lake.url}")
    screen.show("")
    _show_listing(found)
    if absent:
        screen.show("", "Not built for this shop:")
        screen.show_list(f"{name}: {why}" for name, why in absent.items())
    screen.show("", f"Next: {options.command('describe TABLE')}")
    return 0


def describe(table: str, /, *, sql: Flag = False, rows: int = SAMPLE, as_json: AsJson = False, options: Options) -> int:
    """Show the contract of a table, and a few rows.

    Parameters
    ----------
    table
        A silver or gold table, such as rfm or silver.orders.
    sql
        Also show the SQL of the table.
    rows
        Number of rows to show.
    as_json
        Print JSON.
    """
    from ecom_lake.engine.serve.query import session
    from ecom_lake.engine.serve.released import released
    from ecom_lake.engine.serve.tables import find, recipe_of

    site = options.site()
    entry = released(site)
    one = find(site, entry, table)
    with session(site, entry, layers=(one.contract.layer,)) as opened:
        answer = opened.ask(f"from {one.contract.layer}.{one.contract.name} limit {max(rows, 0)}")
        names, sample = answer.columns, list(answer.rows())
    if as_json:
        screen.show_json(
            _as_data(one) | {"sql": recipe_of(site, one), "sample": [dict(zip(names, row, strict=True)) for row in sample]}
        )
        return 0
    _show_head(one)
    _show_columns(one)
    _show_rules(one.contract)
    if sql:
        screen.show(
            "",
            Text("SQL", style="bold"),
            "",
            recipe_of(site, one) or "None: the table is computed in Python from the inputs above.",
        )
    if sample:
        screen.show("", Text("First rows", style="bold"), "")
        screen.show_rows(names, sample)
    return 0


# -------------------------------------------------------------------------------------------------------- listing


def _show_listing(found: list[Listed]) -> None:
    rows: list[tuple[screen.Cell, ...]] = []
    heading = ""
    for one in found:
        if one.contract.group != heading:
            heading = one.contract.group
            rows.append((Text(heading, style="bold cyan"), "", "", "", ""))
        months = screen.number(len(one.months)) if one.months else ""
        grain = one.contract.grain.removeprefix("One row per ")
        rows.append((f"  {one.contract.name}", screen.number(one.rows), months, screen.size(one.bytes), grain))
    names = ["table", "rows", "months", "size", "one row per"]
    screen.show_table(names, rows, right=["rows", "months", "size"], cut=["one row per"])


def _brief(one: Listed) -> dict[str, Any]:
    return {
        "layer": one.contract.layer,
        "table": one.contract.name,
        "group": one.contract.group,
        "grain": one.contract.grain,
        "rows": one.rows,
        "months": one.months,
        "bytes": one.bytes,
        "file": one.plain,
    }


# ------------------------------------------------------------------------------------------------------ describing


def _show_head(one: Listed) -> None:
    screen.show(Text.assemble((one.contract.name, "bold"), f"  {one.contract.grain}"), "")
    months = f" in {counted(len(one.months), 'month')} ({one.months[0]} to {one.months[-1]})" if one.months else ""
    screen.show_pairs(
        [
            ("rows", f"{screen.number(one.rows)}{months}, {screen.size(one.bytes)}"),
            ("key", ", ".join(one.contract.key) or "none"),
            ("inputs", ", ".join(one.inputs)),
            ("files", one.plain),
        ]
    )


def _show_columns(one: Listed) -> None:
    rows = []
    for column in one.contract.columns.values():
        meaning = Text(column.meaning)
        if why := one.absent.get(column.name):
            meaning.append(f" Not in this shop: {why}", style="yellow")
        name = Text(column.name, style="bold" if column.key else "")
        rows.append((name, f"{column.kind.name}{'?' if column.nullable else ''}", meaning))
    screen.show("")
    screen.show_table(["column", "type", "meaning"], rows, wrap=["meaning"])
    screen.show("Bold: part of the key. ?: may be NULL.", style="dim")


def _show_rules(contract: Table) -> None:
    rules = [rule.meaning + (" (warning)" if rule.severity == "warn" else "") for rule in contract.rules]
    rules += [identity.meaning for identity in contract.identities]
    if rules:
        screen.show("", Text("Rules", style="bold"), "")
        screen.show_list(rules)


def _as_data(one: Listed) -> dict[str, Any]:
    contract = one.contract
    columns = [
        {
            "name": column.name,
            "type": column.kind.duckdb,
            "meaning": column.meaning,
            "key": column.key,
            "nullable": column.nullable,
            "not_in_this_shop": one.absent.get(column.name),
        }
        for column in contract.columns.values()
    ]
    return _brief(one) | {
        "key": contract.key,
        "inputs": one.inputs,
        "columns": columns,
        "rules": [asdict(rule) for rule in contract.rules],
        "identities": [asdict(identity) for identity in contract.identities],
    }
