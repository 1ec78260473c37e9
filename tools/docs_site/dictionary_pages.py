"""The index of all tables, and the diagrams of silver and of gold.

The index takes the place of docs/data_dictionary.md, which has all tables on one page: each has a page of its own here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.table import Table
from tools.docs_site import diagram
from tools.docs_site.markdown import code, link, plain, prose, table
from tools.docs_site.references import Reference
from tools.docs_site.table_page import href

_RULE = {
    "silver": "A column refers to a table that has it, with the same type and meaning, as its whole key.",
    "gold": "An identifier (`…_id`) refers to the table that has it, with the same type and meaning, as its whole key: to the "
    "dimension or fact, if several have it. A date refers to the calendar where the Power BI model relates them.",
}
_TITLES = {"silver": "Entities of silver", "gold": "Entities of gold"}


def areas(registry: Registry) -> Mapping[str, Sequence[Table]]:
    """The gold tables by area, in the order of the domain."""
    order = [group for group in registry.domain.table_groups if group != "silver"]
    found = {group: [one for one in registry.gold.values() if one.group == group] for group in order}
    return {group: tables for group, tables in found.items() if tables}


def area_name(group: str) -> str:
    names = {"kpis": "KPIs", "rfm": "RFM"}
    return names.get(group, group.replace("_", " ").capitalize())


def index_page(registry: Registry) -> str:
    parts = [
        "# Data dictionary\n",
        f"{len(registry.gold)} gold tables and {len(registry.silver)} silver tables. Every table has a page with its columns, "
        "rules, identities, lineage, readers and example rows. The pages are generated from the contracts.\n",
        "See how the tables belong together: [gold](../entities/gold.md), [silver](../entities/silver.md).\n",
        "## Gold: tables for readers\n",
    ]
    for group, tables in areas(registry).items():
        parts += [f"### {area_name(group)}\n", _listed(tables)]
    parts += ["## Silver: the canonical shop\n", _listed(list(registry.silver.values()))]
    return "\n".join(parts)


def _listed(tables: Sequence[Table]) -> str:
    return table(
        ["table", "grain", "key", "columns"],
        (
            [
                f'{link(one.name, f"{one.name}.md")} <a id="{one.name}"></a>',
                prose(one.grain),
                ", ".join(map(code, one.key)),
                str(len(one.columns)),
            ]
            for one in tables
        ),
    )


def entities_page(registry: Registry, layer: str, references: Sequence[Reference]) -> str:
    tables = registry.gold if layer == "gold" else registry.silver
    shown = {name for one in references for name in (one.table, one.to_table)}
    title = _TITLES[layer]
    meaning = " ".join(f"{one.table}.{one.column} refers to {one.to_table}." for one in references)
    lines = [diagram.Line(one.table, one.column, one.to_table, one.to_column, one.is_one_to_one(tables)) for one in references]
    drawn = diagram.entities(title, meaning, [_entity(tables[name], references) for name in sorted(shown)], lines)
    return "\n".join(
        [
            f"---\nhide: [toc]\n---\n\n# {title}\n",
            f"The {len(shown)} tables that refer to each other, with their keys and references. A fork marks the many; a line "
            "without a fork relates at most one row to one row. Select a table for its columns, lineage and rules.\n",
            drawn,
            "## How references are found\n",
            f"The contracts state keys and no references. {_RULE[layer]} A table never refers to one that is made from it. "
            "A test checks each reference on a built shop: no value is without its row.\n",
            table(["column", "refers to", "rows"], (_reference(one, tables) for one in references)),
            *_others(registry, tables, shown, layer),
        ]
    )


def _entity(of: Table, references: Sequence[Reference]) -> diagram.Entity:
    names = {
        name
        for one in references
        for name in ((one.column,) if one.table == of.name else (one.to_column,) if one.to_table == of.name else ())
    }
    shown = [*of.key, *(name for name in of.columns if name in names and name not in of.key)]
    rows = [diagram.Row(name, "key" if name in of.key else "") for name in shown]
    return diagram.Entity(of.name, href(of.name), of.grain, rows, len(of.columns) - len(rows))


def _reference(one: Reference, tables: Mapping[str, Table]) -> list[str]:
    optional = tables[one.table].columns[one.column].nullable
    many = "at most one to one" if one.is_one_to_one(tables) else "many to one"
    return [
        f"{link(one.table, f'../tables/{one.table}.md')}.{plain(one.column)}",
        f"{link(one.to_table, f'../tables/{one.to_table}.md')}.{plain(one.to_column)}",
        f"{many}{', or none' if optional else ''}",
    ]


def _others(registry: Registry, tables: Mapping[str, Table], shown: set[str], layer: str) -> Iterator[str]:
    others = [one for one in tables.values() if one.name not in shown]
    if others:
        yield "## Tables without references\n"
        yield "Nothing refers to them by an identifier, and they refer to nothing.\n"
        groups = areas(registry) if layer == "gold" else {"silver": others}
        for group, found in groups.items():
            names = [link(one.name, f"../tables/{one.name}.md") for one in found if one.name not in shown]
            if names:
                yield f"- **{area_name(group)}**: {', '.join(names)}"
        yield ""
