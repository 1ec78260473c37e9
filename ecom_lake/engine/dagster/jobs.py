"""Jobs, the nightly schedule and the landing sensor of a shop.

One run does it all: bronze once, the months as one range, gold once; fingerprints make what is untouched free.
"""

from typing import Any

import dagster as dg

from ecom_lake.engine.build.bronze.ingest import landed_files, nothing_new
from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.shop_context import open_site
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.config import Settings
from ecom_lake.engine.dagster.partitions import range_tags

_IN_PROCESS = dg.in_process_executor
_MULTIPROCESS = dg.multiprocess_executor.configured({"max_concurrent": 2})


def shop_jobs(shop: str) -> list[Any]:
    """The jobs of a shop; Dagster exports no name for what `define_asset_job` gives."""
    tags = {"shop": shop}
    bronze, silver, gold = (dg.AssetSelection.key_prefixes([shop, layer]) for layer in ("bronze", "silver", "gold"))
    everything = bronze | silver | gold

    def job(name: str, selection: dg.AssetSelection, says: str, executor: dg.ExecutorDefinition = _IN_PROCESS) -> Any:
        return dg.define_asset_job(job_name(shop, name), selection, description=says, tags=tags, executor_def=executor)

    return [
        job("all", everything, "Landing to release in one run; what is unchanged is kept. The quick way."),
        job("ingest", bronze, "Take what is new in landing into bronze."),
        job("silver", silver, "Bronze to the canonical shop, for the months asked for."),
        job("gold", gold, "The canonical shop to what people read, and release it."),
        job("all_multiprocess", everything, "The same as all, each step in a process of its own.", _MULTIPROCESS),
    ]


def job_name(shop: str, name: str) -> str:
    return f"{shop}_{name}"


def nightly(settings: Settings, shop: str) -> dg.ScheduleDefinition:
    chosen = settings.shop(shop)

    @dg.schedule(
        name=f"{shop}_nightly",
        job_name=job_name(shop, "all"),
        cron_schedule=chosen.nightly,
        execution_timezone=chosen.timezone,
        description="Build whatever is new, every night.",
    )
    def every_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        site = open_site(settings, shop)
        if not due(site):
            return dg.SkipReason("Nothing is new, and everything is made from what there is.")
        return dg.RunRequest(tags=range_tags(site.months()))

    return every_night


def landing_sensor(settings: Settings, shop: str) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{shop}_landing",
        job_name=job_name(shop, "all"),
        minimum_interval_seconds=30,
        description="Builds when something new lies in landing and has stopped growing.",
    )
    def watch_landing(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        site = open_site(settings, shop)
        if nothing_new(site, site.lake.log.head()):
            return dg.SkipReason(f"Nothing new in {site.lake.landing.url}.")
        seen = fingerprint([(info.path, info.stamp) for info in landed_files(site)])
        if context.cursor != seen:
            context.update_cursor(seen)
            return dg.SkipReason("New files are coming in; the build starts when they have stopped changing.")
        return dg.RunRequest(run_key=seen, tags=range_tags(site.months()))

    return watch_landing
