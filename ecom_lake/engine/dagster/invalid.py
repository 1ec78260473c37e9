"""A shop with invalid settings, in the Dagster UI: one asset that fails and states the reason, instead of the shop's tables.

The job, schedule and sensor have the same names as those of a valid shop, so that a schedule that is on stays on: its run fails
at night, and an alert on failed runs contains the reason. Once lake.toml is correct, the tables are back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import dagster as dg

from ecom_lake.engine.config import Shop
from ecom_lake.engine.dagster.describe import OWNER
from ecom_lake.engine.dagster.jobs import job_name

_TODO = "Correct it, then reload the code location. The other shops are built without this one."


def invalid_shop(shop: str, why: str) -> dg.Definitions:
    key = dg.AssetKey([shop, "settings"])

    @dg.multi_asset(
        name=f"{shop}__settings",
        specs=[
            dg.AssetSpec(
                key,
                description=f"**This shop is left out.** {why}\n\n{_TODO}",
                group_name=f"{shop}_left_out",
                kinds={"toml"},
                owners=[OWNER],
                tags={"shop": shop},
                skippable=True,
            )
        ],
        check_specs=[dg.AssetCheckSpec("settings_valid", asset=key, description=why, blocking=True)],
    )
    def settings() -> Iterator[Any]:
        yield dg.AssetCheckResult(passed=False, asset_key=key, check_name="settings_valid", description=why)
        raise dg.Failure(description=f"{why} {_TODO}", allow_retries=False)

    job = dg.define_asset_job(
        job_name(shop, "all"),
        dg.AssetSelection.assets(key),
        description=f"Fails with the reason why this shop is left out: {why}",
        tags={"shop": shop},
        executor_def=dg.in_process_executor,
    )
    return dg.Definitions(assets=[settings], jobs=[job], schedules=[_nightly(shop)], sensors=[_landing(shop, why)])


def _nightly(shop: str) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=f"{shop}_nightly",
        job_name=job_name(shop, "all"),
        cron_schedule=Shop.nightly,
        execution_timezone=Shop.timezone,
        description="Its run fails until the settings of this shop are correct.",
    )


def _landing(shop: str, why: str) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{shop}_landing",
        job_name=job_name(shop, "all"),
        minimum_interval_seconds=30,
        description=f"Builds nothing, because this shop is left out: {why}",
    )
    def watch_landing(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        return dg.SkipReason(why)

    return watch_landing


def name_for_dagster(shop: str, taken: set[str]) -> str:
    """The shop's name, or a similar one that Dagster accepts (letters, digits and _) and that no other shop has."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", shop) or "_"
    while name in taken:
        name += "_"
    return name
