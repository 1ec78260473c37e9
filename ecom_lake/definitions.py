"""The Dagster code location: every shop of lake.toml, with its assets, jobs, schedule and sensor.

A shop whose settings are wrong does not keep the others from being defined (engine/dagster/invalid.py).
"""

from collections.abc import Sequence

import dagster as dg

from ecom_lake import logs
from ecom_lake.engine.alerts import FailedRun
from ecom_lake.engine.build.shop_context import Site, invalid_shops
from ecom_lake.engine.config import Settings
from ecom_lake.engine.dagster.alerts import Sending, alert_definitions
from ecom_lake.engine.dagster.assets import shop_assets
from ecom_lake.engine.dagster.invalid import invalid_shop, name_for_dagster
from ecom_lake.engine.dagster.jobs import landing_sensor, nightly, shop_jobs
from ecom_lake.settings import load, log_to


def build_definitions(settings: Settings) -> dg.Definitions:
    invalid = invalid_shops(settings)
    valid = [shop for shop in settings.shops if shop not in invalid]
    left_out: dict[str, str] = {}
    for shop, why in invalid.items():
        left_out[name_for_dagster(shop, {*valid, *left_out})] = why
    return dg.Definitions.merge(
        dg.Definitions(executor=dg.in_process_executor),
        *(_shop(settings, shop) for shop in valid),
        *(alert_definitions(settings, shop, _SENDING) for shop in valid),
        *(invalid_shop(shop, why) for shop, why in left_out.items()),
    )


def _shop(settings: Settings, shop: str) -> dg.Definitions:
    return dg.Definitions(
        assets=shop_assets(settings, shop),
        jobs=shop_jobs(settings.shop(shop)),
        schedules=[nightly(settings, shop)],
        sensors=[landing_sensor(settings, shop)],
    )


def _is_due(site: Site, failed: FailedRun | None) -> bool:
    from ecom_lake.publish.alerts.notify import due

    found = due(site, failed)
    return bool(found.messages or found.unread)


def _send_alerts(site: Site, failed: FailedRun | None) -> Sequence[str]:
    from ecom_lake.publish.alerts.notify import notify

    return notify(site, failed).failures


def _send_report(site: Site, tick: str) -> Sequence[str]:
    from ecom_lake.publish.alerts.report_mail import send_report

    return send_report(site, tick).failures


_SENDING = Sending(_is_due, _send_alerts, _send_report)


@dg.definitions
def defs() -> dg.Definitions:
    logs.start(log_to())
    return build_definitions(load())
