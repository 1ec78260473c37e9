"""The page of one table: what a row is, its columns, guarantees, lineage and readers, and rows of a synthetic shop.

Here: the text, from the contract. Not here: which references there are (references.py), who reads it (use.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ecom_lake.engine.contracts.columns import Column
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.table import Rule, Table
from tools.docs_site import diagram
from tools.docs_site.example_shop import OPTIONS, Examples, as_columns
from tools.docs_site.markdown import code, fenced, folded, link, plain, prose, table
from tools.docs_site.references import Reference
from tools.docs_site.use import Stated, Use

_WIDE = 7
"""A table with more columns shows its example rows as columns."""


@dataclass(frozen=True)
class Sources:
    """What the pages of all tables are made from."""

    registry: Registry
    use: Use
    references: Mapping[str, Sequence[Reference]]
    """By layer."""
    examples: Mapping[str, Examples]
    """By table; none for a table that the synthetic shop does not have."""
    canonical: frozenset[str]
    """The silver tables that a canonical file delivers."""


def href(name: str) -> str:
    """The address of a table's page from a diagram on a page in the same folder, or in one next to it."""
    return f"../tables/{name}.html"


def page(of: Table, sources: Sources) -> str:
    parts = [
        f"# {of.name}\n",
        f"{prose(of.grain)}\n",
        _facts(of, sources),
        "## Columns\n",
        table(["column", "type", "meaning and limits"], (_column(of, column, sources) for column in of.columns.values())),
        *_examples(sources.examples.get(of.name)),
        *_rules(of.rules),
        *_identities(of, sources.use.identities(of.name)),
        *_lineage(of, sources),
        *_uses(of, sources),
        *_made(of, sources.registry),
    ]
    return "\n".join(parts)


def _facts(of: Table, sources: Sources) -> str:
    rows = [("Layer", of.layer), ("Area", of.group if of.layer == "gold" else ""), ("Key", ", ".join(map(code, of.key)))]
    rows.append(("Files", code(f"{of.layer}/{of.name}/month=*.parquet" if of.monthly else f"{of.layer}/{of.name}.parquet")))
    if of.additive:
        rows.append(("Additive", f"{', '.join(map(code, of.additive))}; no other column may be summed"))
    if of.needs:
        rows.append(("Needs", f"{', '.join(map(code, of.needs))}: a shop without them does not get this table"))
    if of.extra:
        rows.append(("Extra", f"built only with {code(f'ecom-lake[{of.extra}]')}"))
    if of.beside:
        rows.append(("Made with", _table_link(of.beside)))
    refers = [one for one in sources.references[of.layer] if one.table == of.name]
    if refers:
        to = (f"{code(one.column)} → {_table_link(one.to_table)}" for one in refers)
        rows.append(("References", f"{', '.join(to)} ([all](../entities/{of.layer}.md))"))
    shown = table(["", ""], ((name, value) for name, value in rows if value))
    return f'<div class="facts" markdown="1">\n\n{shown}\n</div>\n'


def _column(of: Table, column: Column, sources: Sources) -> tuple[str, str, str]:
    name = f"**{plain(column.name)}**" if column.key else plain(column.name)
    notes = [kind for kind, applies in (("key", column.key), ("personal", column.personal)) if applies]
    notes += [] if column.unit in (None, column.kind.name) else [str(column.unit)]
    kind = f"{column.kind.name}{'' if column.key or not column.nullable else ', may be NULL'}"
    about = "".join(f' <span class="note">{note}</span>' for note in notes)
    refers = [one for one in sources.references[of.layer] if (one.table, one.column) == (of.name, column.name)]
    limits = [*_limits(column), *(f"Refers to {_table_link(one.to_table)}." for one in refers)]
    return f"{name}{about}", kind, " ".join([prose(column.meaning), *limits])


def _limits(column: Column) -> Iterator[str]:
    if column.one_of:
        yield f"One of: {', '.join(map(code, column.one_of))}."
    if column.first_of_month:
        yield "The first day of a month."
    match column.at_least, column.at_most:
        case None, None:
            return
        case low, None:
            yield f"At least {low:,}."
        case None, high:
            yield f"At most {high:,}."
        case low, high:
            yield f"From {low:,} to {high:,}."


def _examples(found: Examples | None) -> Iterator[str]:
    yield "## Example rows\n"
    if found is None:
        yield "The synthetic shop of this page does not have this table.\n"
        return
    if not found.rows:
        yield "The table has no rows in the synthetic shop of this page.\n" if found.columns else "All columns are personal.\n"
        return
    yield (
        f"The first {len(found.rows)} rows by key of a synthetic shop ({OPTIONS.orders:,} orders, {OPTIONS.first_month} to "
        f"{OPTIONS.last_month}). Personal columns are left out.\n"
    )
    if len(found.columns) > _WIDE:
        head = ["column", *(f"row {number}" for number in range(1, len(found.rows) + 1))]
        yield table(head, ([plain(name), *map(plain, values)] for name, *values in as_columns(found)))
    else:
        yield table([*map(plain, found.columns)], ([plain(value) for value in row] for row in found.rows))


def _rules(rules: Sequence[Rule]) -> Iterator[str]:
    if rules:
        yield "## Rules\n"
        yield "Each row is checked before the table is committed. A failed rule blocks, unless it warns.\n"
        yield "".join(f"- {code(rule.name)}{_warns(rule)}: {prose(rule.meaning)}\n" for rule in rules)
        yield folded("The rules in SQL", fenced("sql", "\n\n".join(f"-- {rule.name}\n{rule.holds}" for rule in rules)))


def _warns(rule: Rule) -> str:
    return ' <span class="note">warns</span>' if rule.severity == "warn" else ""


def _identities(of: Table, stated: Sequence[Stated]) -> Iterator[str]:
    if stated:
        yield "## Identities\n"
        yield "They hold between tables, and are checked before each release. The query of an identity returns what breaks it.\n"
        yield "".join(f"- {code(one.identity.name)}{_stated_by(of, one)}: {prose(one.identity.meaning)}\n" for one in stated)
        queries = "\n\n".join(f"-- {one.table}: {one.identity.name}\n{one.identity.breaks.strip()};" for one in stated)
        yield folded("The identities in SQL", fenced("sql", queries))


def _stated_by(of: Table, one: Stated) -> str:
    return "" if one.table == of.name else f" of {_table_link(one.table)}"


def _lineage(of: Table, sources: Sources) -> Iterator[str]:
    inputs, readers = sources.use.inputs(of.name), sources.use.readers(of.name)
    yield "## Lineage\n"
    if of.layer == "silver":
        yield _source_of_silver(of, sources)
    if inputs or readers:
        tiles = [
            [diagram.Tile(name, href(name), sources.registry.table(name).grain) for name in names] for names in (inputs, readers)
        ]
        meaning = f"Made from: {', '.join(inputs) or 'no table'}. Read by: {', '.join(readers) or 'no table'}."
        yield diagram.lineage(f"Lineage of {of.name}", meaning, tiles[0], of.name, tiles[1])
    elif of.layer == "gold":
        yield "It is made from the lake's own records, and no other table reads it.\n"


def _source_of_silver(of: Table, sources: Sources) -> str:
    if of.name in sources.canonical:
        file = link(f"{of.name}.csv", f"../canonical.md#{of.name}csv")
        return f"It is made from the canonical file {file}, or by a [map](../maps/README.md) or connector from other exports.\n"
    return "The engine makes it from the delivered orders.\n"


def _uses(of: Table, sources: Sources) -> Iterator[str]:
    use = sources.use
    found = [
        ("Questions", [link(plain(one.title), f"../questions.md#{one.name}") for one in use.questions(of.name)]),
        ("Dashboard", [link(plain(one), f"../dashboard.md#{_anchor(one)}") for one in use.pages(of.name)]),
        ("Workbook", [f"sheet {plain(name)}" for name in use.sheets(of.name)]),
        ("Power BI", [f"table {plain(name)}" for name in use.power_bi(of.name)]),
    ]
    if any(names for _, names in found):
        yield "## Where it is shown\n"
        yield "".join(f"- **{kind}**: {', '.join(names)}\n" for kind, names in found if names)


def _anchor(heading: str) -> str:
    return heading.lower().replace(" ", "-")


def _made(of: Table, registry: Registry) -> Iterator[str]:
    yield "## How it is made\n"
    definition = registry.definition(of.name)
    yield f"The contract is in {code(f'ecom_lake/{registry.relative_path(definition.file)}')}.\n"
    if of.layer == "gold":
        recipe = registry.recipe(of.name)
        made = code(f"ecom_lake/{registry.relative_path(recipe.file)}")
        yield f"{'Its query is' if recipe.sql else 'It is made by Python'} in {made}.\n"
        if recipe.sql:
            yield folded("The query", fenced("sql", recipe.sql))


def _table_link(name: str) -> str:
    return link(plain(name), f"{name}.md")
