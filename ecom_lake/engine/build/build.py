"""A build: its steps in one process, in the order of the job `all`, without Dagster.

Here: which steps a build has, and which of them a build of one layer or of some months has. A build of silver with months can
run at the same time as those of other months, in other processes and on other machines: it makes what its months are made from,
if that is due, and the monthly tables. A build without months makes the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import Literal

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.mapped.make_mapped import make_mapped
from ecom_lake.engine.build.release.offer import gold_recipes
from ecom_lake.engine.build.release.release import make_release
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.build.silver.specs import silver_contracts, silver_tables
from ecom_lake.engine.build.step.in_turn import in_turn
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.build.step.watched import Step, watched

Only = Literal["bronze", "silver"]
"""Bronze: new files, up to the order index, which all months are made from. Silver: bronze and the silver tables."""


def steps(site: Site, months: Sequence[date] | None = None, only: Only | None = None) -> Iterator[tuple[str, Step]]:
    yield "bronze", in_turn(site, "bronze", partial(ingest, site))
    if site.map:
        yield "mapped", in_turn(site, "mapped", partial(make_mapped, site))
    yield "silver/order_index", in_turn(site, "silver/order_index", partial(make_order_index, site))
    if only == "bronze":
        return
    for table in silver_tables(site):
        if not (only and months) or silver_contracts(site)[table].monthly:
            yield f"silver/{table}", partial(make_silver, site, table, months)
    if only == "silver":
        return
    for how in gold_recipes(site):
        yield f"gold/{how.table}", partial(make_gold, site, how.table)
    yield "gold/release", partial(make_release, site)


def build(site: Site, months: Sequence[date] | None = None, only: Only | None = None) -> list[Outcome]:
    """Run every step in order; stop after the first one that fails a blocking check."""
    done: list[Outcome] = []
    for table, step in steps(site, months, only):
        done += watched(site, table, step)
        if done[-1].refused:
            break
    return done
