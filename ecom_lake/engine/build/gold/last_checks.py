"""The checks of a gold table from the results in the log, without auditing it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.audit import checks_of, listings
from ecom_lake.engine.build.step.outcome import Check
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.lake import in_order


def last_checks(site: Site, table: Table, files: Sequence[File]) -> tuple[Check, ...]:
    """The checks of these parts of a table. A file is read only if a warning lists its values."""
    failed: Counter[str] = Counter()
    for file in files:
        failed.update(file.failed)
    listed = [rule.name for rule in table.rules if rule.listing and rule.name in failed]
    failing = [file for file in files if any(rule in file.failed for rule in listed)]
    is_readable = not any(site.lake.damage_read(file) for file in failing)
    values = listings(table, failed, site.lake.locals(failing)) if failing and is_readable else {}
    return tuple(checks_of(table, failed, {}, values))


def listed_warnings(site: Site, entry: Entry) -> tuple[str, ...]:
    """The warnings of gold tables that list values of the failed rows."""
    found = []
    for table in site.registry.gold.values():
        names = {rule.name for rule in table.rules if rule.listing}
        files = in_order(entry.parts(table.id))
        if any(names & set(file.failed) for file in files):
            checks = last_checks(site, table, files)
            found += [check.says for check in checks if check.name in names and not check.passed]
    return tuple(found)
