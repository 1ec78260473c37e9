"""Rules about builds: build_failed, not_released and freshness. They read the log and the recorded failure, no table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ecom_lake.engine.alerts import FailedRun, Freshness
from ecom_lake.engine.build.pull.pull import LAYER as PULLED
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.trouble import Trouble, last_worked, troubles
from ecom_lake.engine.serve.anomalies import deliveries, overdue
from ecom_lake.engine.serve.publish.publish import LAYER as PUBLISHED
from ecom_lake.engine.serve.released import command
from ecom_lake.engine.store.entry import Entry
from ecom_lake.publish.alerts.message import Fact

_RULE_OF = {"failed": "build_failed", "refused": "not_released"}


def build_facts(site: Site, head: Entry, release: Entry | None, failed: FailedRun | None, now: datetime) -> Iterator[Fact]:
    since = datetime.fromisoformat(release.at) if release else datetime.min.replace(tzinfo=UTC)
    yield from _failures(site, release, failed, since)
    freshness = site.shop.alerts.rules.get("freshness")
    if isinstance(freshness, Freshness) and site.shop.last_month is None:
        yield from _late_deliveries(head, freshness, now)
        yield from _late_release(head, release, freshness, now)


def _failures(site: Site, release: Entry | None, failed: FailedRun | None, since: datetime) -> Iterator[Fact]:
    """The failures that the lake recorded, of a build since the release, and a failed run of which the lake recorded nothing."""
    rules, number = site.shop.alerts.rules, release.number if release else 0
    next_step = f"{command(site, 'status')} shows the state."
    recorded = troubles(site)
    for trouble in recorded:
        rule = _RULE_OF[trouble.kind]
        is_over = trouble.is_of_build and datetime.fromisoformat(trouble.at) < since.replace(microsecond=0)
        if not is_over and rule in rules:
            since_release = [f"release {number}"] if trouble.is_of_build else []  # no release ends the others
            about = " ".join((*since_release, trouble.table, *sorted(set(trouble.checks)), trouble.worked_at))
            yield Fact(rule, about.strip(), f"{_what_failed(trouble)}: {' '.join(trouble.says)}", (next_step,), rules[rule])
    is_recorded = failed is not None and any(
        failed.run.startswith(trouble.run) or datetime.fromisoformat(trouble.at) >= failed.at for trouble in recorded
    )
    ended = max(since, last_worked(site) or since)  # a failure before that has ended
    if failed and failed.at > ended and not is_recorded and "build_failed" in rules:
        run = f"The run {failed.run[:8]} of {failed.job}"
        if failed.state == "silent":
            title = f"{run} has recorded nothing since {failed.at:%Y-%m-%d %H:%M} UTC."
            details = (
                "Its process has probably died, and no other run of the shop starts: terminate it in the Dagster UI with "
                '"Force termination immediately", and start the job again.',
                next_step,
            )
        elif failed.state == "queued":
            title = f"{run} has been queued since {failed.at:%Y-%m-%d %H:%M} UTC."
            details = (
                "Another run of the shop has not ended, or as many runs as dagster.yaml allows (max_concurrent_runs): the "
                "Dagster UI lists them below Runs, In progress.",
                next_step,
            )
        else:
            title = f"{run} failed, and none of its steps recorded why."
            details = ("Its process died, or it could not start: the Dagster UI shows its log.", next_step)
        yield Fact("build_failed", f"run {failed.run}", title, details, rules["build_failed"])


def _what_failed(trouble: Trouble) -> str:
    layer, _, name = trouble.table.partition("/")
    if trouble.kind == "refused":
        return f"The build was not released: a check failed at {trouble.table}"
    if layer == PUBLISHED:
        return f"Publishing into the database {name} failed"
    return "Pulling from the shop's database failed" if layer == PULLED else f"The build failed at {trouble.table}"


def _late_deliveries(head: Entry, rule: Freshness, now: datetime) -> Iterator[Fact]:
    delivered = deliveries(head)
    if not delivered:
        return
    last = delivered[-1]
    if rule.no_delivery is None:
        sentence = overdue(delivered, now.replace(tzinfo=None))
    elif (waited := now.replace(tzinfo=None) - last) > rule.no_delivery:
        sentence = f"Nothing was delivered for {_duration(waited)}; at most {_duration(rule.no_delivery)} are expected."
    else:
        sentence = None
    if sentence:
        yield Fact("freshness", f"delivery {last.isoformat()}", sentence, (f"Last delivery: {last:%Y-%m-%d %H:%M} UTC.",), rule)


def _late_release(head: Entry, release: Entry | None, rule: Freshness, now: datetime) -> Iterator[Fact]:
    if rule.no_release is None or release is None:
        return
    at = datetime.fromisoformat(release.at)
    if (age := now - at) > rule.no_release:
        title = f"There was no new release for {_duration(age)}; at most {_duration(rule.no_release)} are expected."
        pinned = ("It is pinned: no build releases until `ecom-lake unpin`.",) if head.pinned else ()
        details = (f"Release {release.number} is of {at:%Y-%m-%d %H:%M} UTC.", *pinned)
        yield Fact("freshness", f"release {release.number}", title, details, rule)


def _duration(span: timedelta) -> str:
    hours = span.total_seconds() / 3_600
    if hours < 2:
        return f"{span.total_seconds() / 60:,.0f} minutes"
    return f"{hours:,.0f} hours" if hours < 72 else f"{hours / 24:,.0f} days"
