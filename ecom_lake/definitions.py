"""The Dagster code location: every shop of lake.toml, with its assets, jobs, schedule and sensor."""

import dagster as dg

from ecom_lake import logs
from ecom_lake.orchestration.assets import shop_assets
from ecom_lake.orchestration.jobs import landing_sensor, nightly, shop_jobs
from ecom_lake.settings import Settings, load, log_to


def build_definitions(settings: Settings) -> dg.Definitions:
    return dg.Definitions(
        assets=[asset for shop in settings.shops for asset in shop_assets(settings, shop)],
        jobs=[job for shop in settings.shops for job in shop_jobs(shop)],
        schedules=[nightly(settings, shop) for shop in settings.shops],
        sensors=[landing_sensor(settings, shop) for shop in settings.shops],
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    logs.start(log_to())
    return build_definitions(load())
