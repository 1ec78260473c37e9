"""Alerts and the scheduled report of a shop: a sensor, a schedule, and a job for each that sends.

Here: when to send. Not here: what is sent and how (publish/alerts/), which definitions.py passes as `Sending`, because the engine
imports nothing that leaves the lake.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from ecom_lake.engine.alerts import FailedRun, ScheduledReport
from ecom_lake.engine.build.shop_context import Site, open_site
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.build.step.trouble import last as last_trouble
from ecom_lake.engine.config import Settings
from ecom_lake.engine.dagster.jobs import job_name
from ecom_lake.errors import UserError

FAILED_RUN = "ecom_lake/failed_run"
"""A run with this tag also reports this run, which Dagster lists as failed: JSON of its id, job and end."""
TICK = "ecom_lake/tick"
"""The time that the schedule planned for the run."""
_RETRIES = dg.RetryPolicy(max_retries=3, delay=600)


@dataclass(frozen=True)
class Sending:
    """What sends. Each returns one sentence for each channel that failed."""

    is_due: Callable[[Site, FailedRun | None], bool]
    alerts: Callable[[Site, FailedRun | None], Sequence[str]]
    report: Callable[[Site, str], Sequence[str]]


def alert_definitions(settings: Settings, shop: str, sending: Sending) -> dg.Definitions:
    """Empty for a shop without channels."""
    alerts = settings.shop(shop).alerts
    parts = [_alerts(settings, shop, sending)] if alerts.channels else []
    parts += [_report(settings, shop, sending, alerts.report)] if alerts.report else []
    return dg.Definitions.merge(*parts)


def _alerts(settings: Settings, shop: str, sending: Sending) -> dg.Definitions:
    def send(site: Site, tags: dict[str, str]) -> Sequence[str]:
        return sending.alerts(site, _decoded(tags[FAILED_RUN]) if FAILED_RUN in tags else None)

    job = _job(settings, shop, "notify", "Sends the alerts that are due, each once to each channel.", send)

    @dg.sensor(
        name=f"{shop}_alerts",
        job=job,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends alerts after each build, also a failed one, and once an hour what is overdue or could not be sent.",
    )
    def watch(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        site, failed = open_site(settings, shop), _failed_run(context.instance, shop)
        trouble, hour = last_trouble(site), datetime.now(UTC).strftime("%Y-%m-%d %H")
        seen = fingerprint([site.lake.log.head().number, trouble and trouble.at, failed and failed.run, hour])
        if context.cursor == seen:
            return dg.SkipReason("Nothing has happened since the last look, and the hour is the same.")
        context.update_cursor(seen)
        if not sending.is_due(site, failed):
            return dg.SkipReason("No message is due.")
        return dg.RunRequest(run_key=seen, tags={FAILED_RUN: _encoded(failed)} if failed else {})

    return dg.Definitions(jobs=[job], sensors=[watch])


def _report(settings: Settings, shop: str, sending: Sending, report: ScheduledReport) -> dg.Definitions:
    def send(site: Site, tags: dict[str, str]) -> Sequence[str]:
        return sending.report(site, tags.get(TICK, site.run))

    job = _job(settings, shop, "report", "Sends the report of the current release by mail.", send, _RETRIES)

    @dg.schedule(
        name=f"{shop}_report",
        job=job,
        cron_schedule=report.schedule,
        execution_timezone=settings.shop(shop).timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Sends the report by mail, once for each time of the schedule.",
    )
    def when_planned(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        tick = context.scheduled_execution_time.astimezone(UTC).isoformat()
        return dg.RunRequest(run_key=tick, tags={TICK: tick})

    return dg.Definitions(jobs=[job], schedules=[when_planned])


def _job(
    settings: Settings,
    shop: str,
    name: str,
    description: str,
    send: Callable[[Site, dict[str, str]], Sequence[str]],
    retries: dg.RetryPolicy | None = None,
) -> dg.JobDefinition:
    """A job of one step, which fails after everything else was sent if a channel failed."""

    @dg.op(name=f"{shop}__{name}", retry_policy=retries)
    def step(context: dg.OpExecutionContext) -> None:
        try:
            failures = send(open_site(settings, shop, run=context.run.run_id[:13]), dict(context.run.tags))
        except UserError as error:
            raise dg.Failure(description=str(error)) from None
        if failures:
            raise dg.Failure(description=" ".join(failures))

    @dg.job(name=job_name(shop, name), description=description, executor_def=dg.in_process_executor)
    def job() -> None:
        step()

    return job


def _failed_run(instance: dg.DagsterInstance, shop: str) -> FailedRun | None:
    """The latest failed run of the shop's builds, which carry the tag `shop`."""
    filters = dg.RunsFilter(tags={"shop": shop}, statuses=[dg.DagsterRunStatus.FAILURE])
    for record in instance.get_run_records(filters, limit=1):
        ended = record.end_time or record.update_timestamp.timestamp()
        return FailedRun(record.dagster_run.run_id, record.dagster_run.job_name, datetime.fromtimestamp(ended, UTC))
    return None


def _encoded(failed: FailedRun) -> str:
    return json.dumps([failed.run, failed.job, failed.at.isoformat()])


def _decoded(text: str) -> FailedRun | None:
    found: Any = json.loads(text)
    return FailedRun(found[0], found[1], datetime.fromisoformat(found[2]))
