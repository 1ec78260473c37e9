"""Alerts and the scheduled report of a shop: a sensor, a schedule, and a job for each that sends.

Here: when to send. Not here: what is sent and how (publish/alerts/), which definitions.py passes as `Sending`, because the engine
imports nothing that leaves the lake.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
from dagster._core.definitions.assets.job.asset_job import is_reserved_asset_job_name
from dagster._core.storage.dagster_run import FINISHED_STATUSES

from ecom_lake.engine.alerts import FailedRun, ScheduledReport
from ecom_lake.engine.build.shop_context import Site, open_site
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.build.step.trouble import troubles
from ecom_lake.engine.config import Settings
from ecom_lake.engine.dagster.jobs import is_build_of, job_name
from ecom_lake.errors import UserError

FAILED_RUN = "ecom_lake/failed_run"
"""A run with this tag also reports this run, which failed or stopped: JSON of `FailedRun`."""
NOTIFY, REPORT = "notify", "report"
"""The jobs that send. Their runs have no tag `shop`, so that no message is sent about a message."""
TICK = "ecom_lake/tick"
"""The time that the schedule planned for the run."""
_UNFINISHED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
_REPORT_ENDS = timedelta(hours=1)
"""A report that takes longer has died: it takes minutes, and the claim of its mail ends after minutes."""
_TRIED_FOR = timedelta(days=1)
"""How long after its time a report is tried again."""
_SILENT = timedelta(hours=6)
"""A run that records no event for so long has probably died: a step records its start and its end. A queue then stands still."""
_LOOKED_AT = 100
"""The most runs of a status, of all shops, that are looked at."""
_SELECTED = "selected tables"
"""In place of the name of Dagster's own job, in which the UI and backfills materialize tables."""


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

    job = _job(settings, shop, NOTIFY, "Sends the alerts that are due, each once to each channel.", send)

    @dg.sensor(
        name=f"{shop}_alerts",
        job=job,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends alerts after each build, also a failed one, and once an hour what is overdue or could not be sent.",
    )
    def watch(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        now = datetime.now(UTC)
        site, failed = open_site(settings, shop), _failed_run(context.instance, shop, now)
        failures, hour = [(one.table, one.at) for one in troubles(site)], now.strftime("%Y-%m-%d %H")
        seen = fingerprint([site.lake.log.head().number, failures, failed and failed.run, hour])
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

    job = _job(settings, shop, REPORT, "Sends the report of the current release by mail.", send)

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

    @dg.sensor(
        name=f"{shop}_report_again",
        job=job,
        minimum_interval_seconds=3600,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends a planned report again that failed or whose process died: each hour, for a day.",
    )
    def try_again(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if (last := _unsent_report(context.instance, job.name, datetime.now(UTC))) is None:
            return dg.SkipReason("The last planned report was sent, is being sent, or was due more than a day ago.")
        return dg.RunRequest(run_key=f"after {last.run_id}", tags={TICK: last.tags[TICK]})

    return dg.Definitions(jobs=[job], schedules=[when_planned], sensors=[try_again])


def _job(
    settings: Settings,
    shop: str,
    name: str,
    description: str,
    send: Callable[[Site, dict[str, str]], Sequence[str]],
) -> dg.JobDefinition:
    """A job of one step, which fails after everything else was sent if a channel failed."""

    @dg.op(name=f"{shop}__{name}")
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


def _unsent_report(instance: dg.DagsterInstance, job: str, now: datetime) -> dg.DagsterRun | None:
    """The last planned run of the report, if it was planned within a day and failed or died. Runs by hand are none."""
    records = instance.get_run_records(dg.RunsFilter(job_name=job), limit=_LOOKED_AT)
    last = next((record for record in records if TICK in record.dagster_run.tags), None)
    if last is None:
        return None
    run, age = last.dagster_run, now - last.create_timestamp
    is_due = now - datetime.fromisoformat(run.tags[TICK]) < _TRIED_FOR
    has_died = run.status in _UNFINISHED and age > _REPORT_ENDS
    return run if is_due and (has_died or run.status == dg.DagsterRunStatus.FAILURE) else None


def _failed_run(instance: dg.DagsterInstance, shop: str, now: datetime) -> FailedRun | None:
    """The latest build of the shop that failed, stopped recording events, or waits in a queue that stands still."""
    found = [*_failed(instance, shop), *_silent(instance, shop, now), *_queued(instance, shop, now)]
    return max(found, key=lambda failed: failed.at, default=None)


def _failed(instance: dg.DagsterInstance, shop: str) -> Iterator[FailedRun]:
    """The newest run of the shop's jobs, however many others failed since, and the newest one of selected tables."""
    statuses = [dg.DagsterRunStatus.FAILURE]
    tagged = instance.get_run_records(dg.RunsFilter(tags={"shop": shop}, statuses=statuses), limit=1)
    for record in [*tagged, *_builds(instance, shop, dg.RunsFilter(statuses=statuses))[:1]]:
        ended = record.end_time or record.update_timestamp.timestamp()
        yield FailedRun(record.dagster_run.run_id, _job_of(record), datetime.fromtimestamp(ended, UTC))


def _silent(instance: dg.DagsterInstance, shop: str, now: datetime) -> Iterator[FailedRun]:
    """Runs that stay unfinished, because their process was killed and nothing watched it."""
    for record in _builds(instance, shop, dg.RunsFilter(statuses=_UNFINISHED, updated_before=now - _SILENT)):
        if (at := _last_event(instance, record)) < now - _SILENT:
            yield FailedRun(record.dagster_run.run_id, _job_of(record), at, "silent")


def _queued(instance: dg.DagsterInstance, shop: str, now: datetime) -> Iterator[FailedRun]:
    """The run that has waited longest, if no run of the shop did anything in the meantime. A backfill may wait for hours."""
    waiting = _builds(instance, shop, dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED], created_before=now - _SILENT))
    if not waiting:
        return
    begun = _builds(instance, shop, dg.RunsFilter(statuses=[*_UNFINISHED, *FINISHED_STATUSES]))
    if all(_last_event(instance, record) < now - _SILENT for record in begun):
        first = min(waiting, key=lambda record: record.create_timestamp)
        yield FailedRun(first.dagster_run.run_id, _job_of(first), first.create_timestamp, "queued")


def _builds(instance: dg.DagsterInstance, shop: str, filters: dg.RunsFilter) -> list[dg.RunRecord]:
    """Newest first."""
    records = instance.get_run_records(filters, limit=_LOOKED_AT)
    return [record for record in records if is_build_of(record.dagster_run, shop)]


def _last_event(instance: dg.DagsterInstance, record: dg.RunRecord) -> datetime:
    events = instance.get_records_for_run(record.dagster_run.run_id, limit=1, ascending=False).records
    return datetime.fromtimestamp(max([record.update_timestamp.timestamp(), *(event.timestamp for event in events)]), UTC)


def _job_of(record: dg.RunRecord) -> str:
    job = record.dagster_run.job_name
    return _SELECTED if is_reserved_asset_job_name(job) else job


def _encoded(failed: FailedRun) -> str:
    return json.dumps([failed.run, failed.job, failed.at.isoformat(), failed.state])


def _decoded(text: str) -> FailedRun | None:
    found: Any = json.loads(text)
    return FailedRun(found[0], found[1], datetime.fromisoformat(found[2]), found[3])
