"""The checks of a mapped table: its row ledger, values that the map does not list, records that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ecom_lake.engine.build.mapped.facets import bronze_table, facets_of, is_unfolded, mapped_targets
from ecom_lake.engine.build.mapped.findings import not_listed, not_met
from ecom_lake.engine.build.mapped.readings import kinds_without_facet
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.audit import LISTED as LISTED_AT_MOST
from ecom_lake.engine.build.step.audit import LONGEST_VALUE
from ecom_lake.engine.build.step.outcome import Check
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry, Parts
from ecom_lake.visible import visible
from ecom_lake.words import counted

ACCOUNTED = "every_row_mapped"
READ = "every_record_read"
LISTED = "values_listed"
HOLD = "checks_hold"


def declared(site: Site, target: str) -> list[tuple[str, str, bool]]:
    """The name and the meaning of each check, and whether it blocks."""
    checks = [
        (ACCOUNTED, "Every delivered row is mapped, collapsed, superseded or left out.", True),
        (LISTED, "The word lists of the map have every value that occurs.", False),
        (HOLD, "Every record meets the checks of the map.", False),
    ]
    if _reports_files(site, target):
        checks.append((READ, "Every delivered record is read as a table, or looked up.", False))
    return checks


def _reports_files(site: Site, target: str) -> bool:
    """Whether the checks of a table report on all files: once is enough."""
    return target == mapped_targets(site)[0]


def checks_of(site: Site, entry: Entry, table: TableId, parts: Parts) -> tuple[Check, ...]:
    checks = [_accounted(site, entry, table, parts), _listed(table, parts), _hold(table, parts)]
    if table.name in mapped_targets(site) and _reports_files(site, table.name):
        checks.append(_read(site, entry, table))
    return tuple(checks)


def _read(site: Site, entry: Entry, table: TableId) -> Check:
    unread = [kind for kind, fate in kinds_without_facet(site).items() if fate == "left_out"]
    records = {
        kind: rows for kind in unread if (rows := sum(file.rows for file in entry.parts(TableId("bronze", kind)).values()))
    }
    says = " ".join(f"The map reads {counted(rows, 'record')} of {kind} as no table." for kind, rows in records.items())
    return Check(table, READ, not records, "warn", says or "Every delivered record is read as a table, or looked up.")


def _listed(table: TableId, parts: Parts) -> Check:
    by_list: dict[str, list[tuple[str, int]]] = {}
    for (words, value), rows in not_listed(parts).most_common():
        by_list.setdefault(words, []).append((value, rows))
    says = " ".join(f"[words.{words}] of the map does not list {_shown(values)}." for words, values in by_list.items())
    evidence = tuple({"words": words, "value": value, "rows": rows} for words, of in by_list.items() for value, rows in of)
    return Check(table, LISTED, not by_list, "warn", says or "The word lists of the map have every value that occurs.", evidence)


def _shown(values: Sequence[tuple[str, int]]) -> str:
    shown = [f"{visible(value)[:LONGEST_VALUE]!r} ({counted(rows, 'row')})" for value, rows in values[:LISTED_AT_MOST]]
    more = len(values) - LISTED_AT_MOST
    return ", ".join([*shown, *([counted(more, "more value")] if more > 0 else [])])


def _hold(table: TableId, parts: Parts) -> Check:
    failed = not_met(parts)
    says = " ".join(f"{counted(records, 'record')} failed the check of the map: {check}" for check, records in failed.items())
    evidence = tuple({"check": check, "records": records} for check, records in failed.items())
    return Check(table, HOLD, not failed, "warn", says or "Every record meets the checks of the map.", evidence)


def _accounted(site: Site, entry: Entry, table: TableId, parts: Parts) -> Check:
    """Blocks unless every delivered row is mapped, collapsed or left out, in every delivery."""
    wrong = list(_not_accounted(site, entry, table, parts))
    rows = sum(file.rows for file in parts.values())
    placed = sum(count for file in parts.values() for *_, count in file.fates)
    return Check(
        table,
        ACCOUNTED,
        passed=not wrong,
        severity="block",
        says=f"{rows + placed:,} delivered rows, {rows:,} mapped, {placed:,} collapsed, superseded or left out."
        if not wrong
        else f"Of delivery {wrong[0][0]}, {wrong[0][1]:,} rows were delivered and {wrong[0][2]:,} are accounted for.",
        evidence=tuple({"delivery": sequence, "delivered": rows, "accounted": found} for sequence, rows, found in wrong),
    )


def _not_accounted(site: Site, entry: Entry, table: TableId, parts: Parts) -> Iterator[tuple[int, int, int]]:
    for facet in facets_of(site, table.name):
        if is_unfolded(site, facet):
            continue
        for part, delivered in entry.parts(bronze_table(site, facet)).items():
            made = parts.get(part)
            found = made.rows + sum(rows for *_, rows in made.fates) if made else 0
            if found != delivered.rows:
                yield int(part.batch), delivered.rows, found
