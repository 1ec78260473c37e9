"""The checks after every delivery to a shop with a map: the ledger closes for each table that a file is read as."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import polars as pl

from ecom_lake.engine.build.mapped.facets import mapped_targets
from ecom_lake.engine.build.release.own_tables import own_table
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry
from ecom_lake_tests.fuzz.account import FATES, Tally, by_content, check_names, check_refusal, members, rows_placed
from ecom_lake_tests.fuzz.delivery import Dropped

SEQUENCE = LINEAGE[0]
ALL_FATES = (*FATES, "left_out")


def check(site: Site, before: Entry, after: Entry, dropped: Collection[Dropped]) -> Tally:
    tally = Tally(files=len(dropped), how=Counter(how for file in dropped for how in file.how))
    kinds = [delivered.name for delivered in site.connector.delivered]
    parts, known = by_content(after, kinds), by_content(before, kinds)
    for file in dropped:
        check_refusal(after, file, tally)
        for _ in members(site, after, file, parts):
            pass  # it fails for a member that is neither delivered nor refused
    new = {int(part.batch) for digest, (_, part, _) in parts.items() if digest not in known}
    _check_ledger(site, after, new, tally)
    check_names(site)
    return tally


def _check_ledger(site: Site, after: Entry, new: Collection[int], tally: Tally) -> None:
    deliveries, fates = (own_table(site, after, name) for name in ("lake_deliveries", "lake_fates"))
    counted: dict[tuple[str, int], Counter[str]] = {}
    for read_as, sequence, fate, rows in fates.select("read_as", "sequence", "fate", "rows").iter_rows():
        assert fate in ALL_FATES, f"{read_as} {sequence}: {rows} rows are {fate}"
        counted.setdefault((read_as, sequence), Counter())[fate] += rows
    for kind, read_as, sequence, delivered, rejected in deliveries.select(
        "table_name", "read_as", "sequence", "rows_delivered", "rejected"
    ).iter_rows():
        found = counted.pop((read_as, sequence), Counter())
        what = f"{kind} read as {read_as}, delivery {sequence}"
        assert found.total() == delivered - rejected, f"{what}: {delivered - rejected} rows became {dict(found)}"
        if sequence in new:
            tally.fates.update(found + Counter(rejected=rejected))
        if read_as in mapped_targets(site):
            counted[read_as, sequence] = found
    for target in mapped_targets(site):
        _check_placed(site, after, target, counted)


def _check_placed(site: Site, after: Entry, target: str, counted: dict[tuple[str, int], Counter[str]]) -> None:
    """The rows that are counted as published, quarantined and pending are there, once, and have been mapped."""
    placed = rows_placed(site, after, target)
    assert not placed.select(LINEAGE).is_duplicated().any(), f"{target}: a row is in two tables"
    paths = site.lake.paths(after, TableId("mapped", target))
    mapped = [pl.read_parquet(path, columns=list(LINEAGE), glob=False) for path in paths]
    made = pl.concat(mapped) if mapped else placed.select(LINEAGE).clear()
    assert placed.join(made, on=LINEAGE, how="anti").is_empty(), f"{target}: a row was never mapped"
    here = Counter(placed.select(SEQUENCE, "fate").iter_rows())
    for (read_as, sequence), found in counted.items():
        for fate in ("published", "quarantined", "pending") if read_as == target else ():
            assert found[fate] == here[sequence, fate], (
                f"{target} {sequence}: {found[fate]} rows counted as {fate}, but {here[sequence, fate]} are stored"
            )
