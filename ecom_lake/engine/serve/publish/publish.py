"""Publishing: the gold tables of the release that readers see, written into a database.

Only what differs from the target is written: tables, and of a table by month the months. Everything becomes visible in one
step, after the rows, the values and the sums that the database holds were compared with gold. Whoever is interrupted leaves the
previous release, and publishes again (docs/decisions/0055).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from ecom_lake import logs
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.commit import verify
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.config import UNDATED, month_name
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.database import Target
from ecom_lake.engine.serve.publish import figures
from ecom_lake.engine.serve.publish.content import Content, Recorded, changed_parts, contents
from ecom_lake.engine.serve.publish.target_database import (
    Change,
    OnTable,
    Plan,
    TargetDatabase,
    connected,
    utc_now,
)
from ecom_lake.engine.serve.released import released
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.made import DATABASE
from ecom_lake.errors import UsageError, UserError
from ecom_lake.words import counted

LAYER = "published"
UNDATED_NAME = month_name(UNDATED)


@dataclass(frozen=True)
class Published:
    """The result for one target."""

    target: str
    schema: str
    release: int
    tables: int
    """All tables that the target has now."""
    written: tuple[str, ...]
    """Those of which rows were written."""
    rows: int
    """Of all tables."""

    @property
    def sentence(self) -> str:
        what = f"{counted(len(self.written), 'table')} written" if self.written else "nothing to write"
        return f"Release {self.release} in {self.schema}: {counted(self.tables, 'table')}, {what}."

    def outcome(self, run: str) -> Outcome:
        file = File(rows=self.rows, fingerprint="", run=run, path="", bytes=0, hash=str(self.release))
        return Outcome(TableId(LAYER, self.target), {WHOLE: file}, (WHOLE,) if self.written else (), notes=(self.sentence,))


def targets_of(site: Site, name: str | None) -> list[Target]:
    """The target with this name, or all."""
    declared = site.shop.publish
    if not declared:
        raise UsageError(
            f"Shop '{site.shop.name}' has no database to publish into: add [shops.{site.shop.name}.publish.NAME] to "
            f'{site.shop.written.looked_for}, with url_env = "WAREHOUSE_URL", the environment variable with the URL '
            "(docs/how-to-publish-to-a-database.md in the repository)."
        )
    if name is None:
        return list(declared.values())
    if name not in declared:
        raise UsageError(f"[shops.{site.shop.name}.publish] has no target '{name}'; it has {', '.join(declared)}.")
    return [declared[name]]


def publish(site: Site, target: Target, whole: bool = False, on_table: OnTable = lambda table: None) -> Published:
    """Publish the current release. `whole`: write every table, changed or not."""
    with connected(target, site.shop.name) as database, site.workspace() as (con, _):
        entry = released(site)  # after the lock, so that an older release never overwrites a newer one
        tables = contents(site, entry, target)
        plan = _plan(site, entry, tables, database, whole)
        there = database.release()
        site.lake.record_made(DATABASE, target.name)  # before the commit: what may be there is recorded
        if plan.changes or plan.gone or there is None or there[1] != entry.number:
            database.publish(plan, _comparison(con), on_table)
        written = tuple(change.content.name for change in plan.changes)
    logs.log_event("published", target=target.name, release=entry.number, written=len(written), tables=len(tables))
    return Published(target.name, database.schema, entry.number, len(tables), written, sum(table.rows for table in tables))


def publish_step(site: Site, target: Target) -> list[Outcome]:
    """Publish, as the step of a run."""
    return [publish(site, target).outcome(site.run)]


def compare(site: Site, target: Target) -> list[str]:
    """What differs between the target and the current release, in sentences; empty if nothing does. It writes nothing."""
    with connected(target, site.shop.name, only_reads=True) as database, site.workspace() as (con, _):
        entry = released(site)
        tables, there = contents(site, entry, target), database.release()
        _refuse_other_shop(site, database, there)
        if there is None or there[1] != entry.number:
            found = f"release {there[1]}" if there else "no release"
            return [f"{database.schema} has {found}, and readers of the lake see release {entry.number}."]
        verify(site, [file for table in tables for file in table.parts.values()])
        recorded, existing = database.recorded(), database.existing()
        return [f"{table.name}: {why}." for table in tables if (why := _why_different(table, recorded, existing, database, con))]


def _why_different(
    table: Content,
    recorded: Mapping[str, Recorded],
    existing: set[str],
    database: TargetDatabase,
    con: duckdb.DuckDBPyConnection,
) -> str | None:
    if table.name not in existing:
        return "not in the database"
    if table.name not in recorded or recorded[table.name].definition != table.definition:
        return "published with other columns"
    found = figures.named(table, database.figures(table), is_check=True)
    return figures.difference(figures.in_gold(table, con, is_check=True), found)


def _comparison(con: duckdb.DuckDBPyConnection) -> Any:
    def compare_figures(content: Content, values: Sequence[Any]) -> None:
        gold = figures.in_gold(content, con, is_check=False)
        figures.refuse_difference(content, gold, figures.named(content, values, is_check=False))

    return compare_figures


def _plan(site: Site, entry: Entry, tables: Sequence[Content], database: TargetDatabase, whole: bool) -> Plan:
    there, recorded, existing = database.release(), database.recorded(), database.existing()
    _refuse_other_shop(site, database, there)
    for table in tables:
        if table.name in existing and table.name not in recorded:
            raise UserError(
                f"{database.schema} has a table or view {table.name} that ecom-lake did not publish. Name another schema in "
                "lake.toml, or rename it there. Nothing was published."
            )
    due = [change for table in tables if (change := _change(table, recorded.get(table.name), database, whole))]
    names = {table.name for table in tables}
    return Plan(
        changes=tuple(due),
        gone=tuple(sorted(recorded.keys() - names)),
        release=(site.shop.name, entry.number, datetime.fromisoformat(entry.at).replace(tzinfo=None), utc_now()),
        tables=tuple(
            (table.name, part.month, file.rows, file.content, table.definition, table.comments)
            for table in tables
            for part, file in sorted(table.parts.items())
        ),
        contents=tuple(tables),
    )


def _change(table: Content, there: Recorded | None, database: TargetDatabase, whole: bool) -> Change | None:
    changed = None if there is None or _is_defined_otherwise(table, there, database) else changed_parts(table, there)
    if changed is not None and not changed and not whole:
        return None
    verify(table.site, table.parts.values())  # all of them are compared
    if changed is None or not database.fits(table):
        return Change(table, None, is_new=True)
    by_month = table.contract.monthly and not whole and UNDATED_NAME not in changed
    return Change(table, frozenset(changed) if by_month else None, is_new=False)


def _is_defined_otherwise(table: Content, there: Recorded, database: TargetDatabase) -> bool:
    if there.definition != table.definition:
        return True
    return database.comments_belong_to_definition and there.comments != table.comments


def _refuse_other_shop(site: Site, database: TargetDatabase, there: tuple[str, int] | None) -> None:
    if there and there[0] != site.shop.name:
        raise UserError(
            f"{database.schema} holds the release of shop '{there[0]}': name another schema for '{site.shop.name}' in lake.toml."
        )
