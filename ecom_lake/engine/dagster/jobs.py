"""Jobs, the nightly schedule and the landing sensor of a shop.

One run builds everything: bronze once, the months as one range, gold once; fingerprints skip what is unchanged.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from ecom_lake.engine.build.bronze.ingest import landed_files, nothing_new
from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.maintenance.expiry import is_overdue
from ecom_lake.engine.build.pull.pull import LAYER
from ecom_lake.engine.build.shop_context import open_site
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.config import Settings, Shop
from ecom_lake.engine.dagster.describe import OF_MONTHS
from ecom_lake.engine.serve.publish.publish import LAYER as PUBLISHED

_IN_PROCESS = dg.in_process_executor
RETRY_AFTER = timedelta(hours=1)
"""From the end of a run that failed to the next run for the same files."""
_WAITED_FOR = timedelta(days=1)
"""How long a run that does not finish is waited for: after that, its process was killed."""
_RUN_KEY = "dagster/run_key"
_MULTIPROCESS = dg.multiprocess_executor.configured({"max_concurrent": 2})


def shop_jobs(settings: Shop) -> list[Any]:
    """The jobs of a shop; Dagster exports no type for the result of `define_asset_job`."""
    shop = settings.name
    tags = {"shop": shop}
    pulled = dg.AssetSelection.key_prefixes([shop, LAYER])
    bronze, silver, gold = (
        dg.AssetSelection.key_prefixes(*([shop, layer] for layer in layers))
        for layers in (("bronze",), ("mapped", "silver"), ("gold",))
    )
    [(tag, value)] = OF_MONTHS.items()
    months = silver & dg.AssetSelection.tag(tag, value)
    published = dg.AssetSelection.key_prefixes([shop, PUBLISHED])
    to_readers = gold | published if settings.publish else gold
    everything = bronze | silver | to_readers

    def job(name: str, selection: dg.AssetSelection, description: str, executor: dg.ExecutorDefinition = _IN_PROCESS) -> Any:
        return dg.define_asset_job(job_name(shop, name), selection, description=description, tags=tags, executor_def=executor)

    from_database = [
        job("pull", pulled, "The tables of the shop's database to landing."),
        job("pull_and_all", pulled | everything, "The tables of the shop's database to landing, and landing to release."),
    ]
    into_databases = (
        [job("publish", published, "The current release to the databases that lake.toml names.")] if settings.publish else []
    )
    return [
        *(from_database if settings.database else []),
        job("all", everything, "Landing to release in one run; unchanged tables are skipped. The fastest way."),
        job("ingest", bronze, "Read the new files in landing into bronze."),
        job("silver", silver, "Bronze to silver, for the selected months."),
        job("months", months, "The monthly silver tables alone; several runs of different months may run at the same time."),
        job("gold", to_readers, "Silver to gold, and the release."),
        *into_databases,
        job("all_multiprocess", everything, "The same as all, with each step in its own process.", _MULTIPROCESS),
    ]


def job_name(shop: str, name: str) -> str:
    return f"{shop}_{name}"


def is_build_of(run: dg.DagsterRun, shop: str) -> bool:
    """By the tag that the shop's jobs have, or by the tables that somebody selected in the UI, also for a backfill."""
    return run.tags.get("shop") == shop or any(key.path[0] == shop for key in run.asset_selection or ())


def nightly(settings: Settings, shop: str) -> dg.ScheduleDefinition:
    chosen = settings.shop(shop)
    pulls = chosen.database is not None
    can_skip = not pulls and not chosen.publish

    @dg.schedule(
        name=f"{shop}_nightly",
        job_name=job_name(shop, "pull_and_all" if pulls else "all"),
        cron_schedule=chosen.nightly,
        execution_timezone=chosen.timezone,
        description="Pulls from the shop's database and builds, every night." if pulls else "Builds new deliveries every night.",
    )
    def every_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        site = open_site(settings, shop)
        if can_skip and not due(site) and not is_overdue(site):
            return dg.SkipReason("Nothing is new: every table is made from the current version of its inputs.")
        return dg.RunRequest()

    return every_night


def landing_sensor(settings: Settings, shop: str) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{shop}_landing",
        job_name=job_name(shop, "all"),
        minimum_interval_seconds=30,
        description="Builds when landing has new files that have stopped changing.",
    )
    def watch_landing(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        site = open_site(settings, shop)
        if nothing_new(site, site.lake.log.head()):
            return dg.SkipReason(f"Nothing new in {site.lake.landing.url}.")
        seen = fingerprint([(info.path, info.stamp) for info in landed_files(site)])
        last = _last_run(context.instance, job_name(shop, "all"))
        if last and (why := _why_wait(last, seen)):
            return dg.SkipReason(why)
        if context.cursor != seen:
            context.update_cursor(seen)
            return dg.SkipReason("New files are arriving; the build starts when they have stopped changing.")
        return dg.RunRequest(run_key=f"{seen}-{last.dagster_run.run_id}" if last else seen)

    return watch_landing


def _last_run(instance: dg.DagsterInstance, job: str) -> dg.RunRecord | None:
    """The newest run of a job, of any age: its id makes the key of the next request a new one, and Dagster drops a request
    whose key a run has already."""
    return next(iter(instance.get_run_records(dg.RunsFilter(job_name=job), limit=1)), None)


def _why_wait(last: dg.RunRecord, seen: str) -> str | None:
    """Why no run is requested after this one. A failed run is repeated later, and at once if landing has changed since."""
    run = last.dagster_run
    if not run.is_finished:
        return f"Run {run.run_id} has not finished." if datetime.now(UTC) < last.create_timestamp + _WAITED_FOR else None
    ended = datetime.fromtimestamp(last.end_time or 0, UTC)
    if run.tags.get(_RUN_KEY, "").startswith(seen) and datetime.now(UTC) < ended + RETRY_AFTER:
        return f"Run {run.run_id} has not ingested these files; it is repeated an hour after its end."
    return None
