"""A full build: all steps in one process, in the order of the job `all`, without Dagster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.mapped.make_mapped import make_mapped
from ecom_lake.engine.build.release.offer import gold_recipes
from ecom_lake.engine.build.release.release import make_release
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.build.silver.specs import silver_tables
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.build.step.watched import Step, watched


def steps(site: Site, months: Sequence[date] | None = None) -> Iterator[tuple[str, Step]]:
    yield "bronze", partial(ingest, site)
    if site.map:
        yield "mapped", partial(make_mapped, site)
    yield "silver/order_index", partial(make_order_index, site)
    for table in silver_tables(site):
        yield f"silver/{table}", partial(make_silver, site, table, months)
    for how in gold_recipes(site):
        yield f"gold/{how.table}", partial(make_gold, site, how.table)
    yield "gold/release", partial(make_release, site)


def build(site: Site, months: Sequence[date] | None = None) -> list[Outcome]:
    """Run every step in order; stop after the first one that fails a blocking check."""
    done: list[Outcome] = []
    for table, step in steps(site, months):
        done += watched(site, table, step)
        if done[-1].refused:
            break
    return done
