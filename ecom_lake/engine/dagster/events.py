"""The outcomes of a step as Dagster events: checks first, then the table; or the checks alone and a failure."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg
import polars as pl
from dagster._core.definitions.data_version import DATA_VERSION_TAG

from ecom_lake import logs
from ecom_lake.engine.build.pull.pull import LAYER
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.build.step.outcome import Check, Outcome
from ecom_lake.engine.build.step.watched import OUTCOMES, Step, watched
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.dagster import markdown
from ecom_lake.engine.dagster.describe import key_of
from ecom_lake.engine.dagster.fits import shown_fit
from ecom_lake.engine.dagster.partitions import chosen_months
from ecom_lake.engine.store.entry import File
from ecom_lake.engine.store.log import ConflictError
from ecom_lake.errors import UserError

Event = dg.MaterializeResult[Any] | dg.AssetCheckResult
PREVIEW = 5
STATE = "state"
"""Metadata of a table: written, unchanged, or how many of its parts were written."""
SAYS = "says"
"""Metadata of a check: its message without Markdown, if the UI needs another spelling."""


def report(context: dg.AssetExecutionContext, site: Site, table: str, step: Step) -> Iterator[Event]:
    """Run a step and yield its outcomes as events."""
    try:
        with _logged_to(context.log):
            outcomes = watched(site, table, step)
    except (UserError, ConflictError) as error:
        raise dg.Failure(description=str(error), allow_retries=False) from None
    for outcome in outcomes:
        key = key_of(site.shop.name, outcome.table)
        for check in outcome.checks:
            yield _check(key, check)
    refused = [check for outcome in outcomes for check in outcome.checks if check.blocks]
    if refused:
        # Dagster would record an output that is yielded after a failed blocking check, so none is yielded.
        raise dg.Failure(
            description=" ".join(check.says for check in refused) + " Readers keep the previous release.",
            metadata={check.name: _evidence(check) for check in refused},
            allow_retries=False,
        )
    for outcome in outcomes:
        yield from _materialized(context, site, outcome)


@contextmanager
def _logged_to(log: logging.Logger) -> Iterator[None]:
    """Copies the log records of the step to the run's log, except the outcomes, which are events of their own there."""

    class ToRun(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if getattr(record, "event", None) not in OUTCOMES:
                log.log(record.levelno, record.getMessage())

    handler = ToRun()
    logs.LOGGER.addHandler(handler)
    try:
        yield
    finally:
        logs.LOGGER.removeHandler(handler)


def _check(key: dg.AssetKey, check: Check) -> dg.AssetCheckResult:
    severity = dg.AssetCheckSeverity.ERROR if check.severity == "block" else dg.AssetCheckSeverity.WARN
    metadata = {"evidence": _evidence(check)} if check.evidence else {}
    description = markdown.text(check.says)  # the UI renders it as Markdown
    if description != check.says:
        metadata[SAYS] = dg.MetadataValue.text(check.says)
    return dg.AssetCheckResult(
        passed=check.passed, asset_key=key, check_name=check.name, severity=severity, description=description, metadata=metadata
    )


def _evidence(check: Check) -> dg.MetadataValue[Any]:
    columns = list(check.evidence[0]) if check.evidence else []
    return dg.MetadataValue.md(markdown.table(check.evidence, columns) or markdown.text(check.says))


def _materialized(context: dg.AssetExecutionContext, site: Site, outcome: Outcome) -> Iterator[Event]:
    key = key_of(site.shop.name, outcome.table)
    has_partitions = context.assets_def.partitions_def is not None
    months = {part.month: file for part, file in outcome.files.items() if part.month and has_partitions}
    if chosen_months(context):
        for month, file in months.items():
            context.add_asset_metadata(_of_month(outcome, month, file), asset_key=key, partition_key=month)
    else:
        for month, file in _unreported(context, key, months).items():
            tags = {DATA_VERSION_TAG: file.hash}
            context.log_event(dg.AssetMaterialization(key, partition=month, metadata=_of_month(outcome, month, file), tags=tags))
    version = None if months else _data_version(outcome)
    yield dg.MaterializeResult(asset_key=key, metadata=_of_table(site, outcome), data_version=version)


def _data_version(outcome: Outcome) -> dg.DataVersion | None:
    """The hash of a table's only file, or one hash of those of its months. None for several deliveries: their files are merged
    in time, with the same rows."""
    hashes = [file.hash for _, file in sorted(outcome.files.items())]
    if len(hashes) == 1:
        return dg.DataVersion(hashes[0])
    return dg.DataVersion(fingerprint(hashes)) if hashes and all(part.month for part in outcome.files) else None


def _unreported(context: dg.AssetExecutionContext, key: dg.AssetKey, months: Mapping[str, File]) -> Mapping[str, File]:
    """The months whose file is not the one that the run history holds: written by this step, or by a build outside of it."""
    if not months:
        return {}
    reported = context.instance.event_log_storage.get_latest_tags_by_partition(
        key, dg.DagsterEventType.ASSET_MATERIALIZATION, [DATA_VERSION_TAG]
    )
    return {month: file for month, file in months.items() if reported.get(month, {}).get(DATA_VERSION_TAG) != file.hash}


def _of_month(outcome: Outcome, month: str, file: File) -> Mapping[str, Any]:
    state = "written" if Part(month=month) in outcome.written else "unchanged"
    return {"dagster/partition_row_count": file.rows, "month": state}


def _of_table(site: Site, outcome: Outcome) -> Mapping[str, Any]:
    state = f"{len(outcome.written)} of {len(outcome.files)} parts written" if len(outcome.files) > 1 else ""
    metadata: dict[str, Any] = {
        STATE: state or ("written" if outcome.written else "unchanged"),
        "dagster/row_count": outcome.rows,
    }
    if size := sum(file.bytes for file in outcome.files.values()):
        metadata["size"] = f"{size / 1e6:,.2f} MB"
    if outcome.notes:
        metadata["notes"] = " ".join(outcome.notes)
    if shown := next((file for part, file in outcome.files.items() if part in outcome.written and file.rows), None):
        if contract := _contract(site, outcome.table):
            metadata["preview"] = dg.MetadataValue.md(_preview(site, shown, contract))
        if shown.path:
            metadata["file"] = dg.MetadataValue.path(_where(site, outcome.table, shown))
    if (
        outcome.table.layer == "gold" and outcome.table.name in site.registry.fits.values()
    ):  # also for an unchanged fit, because the UI shows the latest event
        [fit] = outcome.files.values()
        metadata |= shown_fit(pl.read_parquet(site.lake.local(fit), glob=False))
    return metadata


def _where(site: Site, table: TableId, file: File) -> str:
    return site.lake.landing.where(file.path) if table.layer == LAYER else site.lake.where(file)


def _contract(site: Site, table: TableId) -> Table | None:
    """None for landing and bronze, where every column counts as personal."""
    contracts = {"silver": site.registry.silver, "gold": site.registry.gold}
    return contracts[table.layer].get(table.name) if table.layer in contracts else None


def _preview(site: Site, file: File, contract: Table) -> str:
    """The first rows, without personal columns, because Dagster stores them in its history."""
    rows = pl.read_parquet(site.lake.local(file), columns=contract.shareable, n_rows=PREVIEW, glob=False)
    left_out = [name for name in contract.columns if name not in contract.shareable]
    note = f"\n\nPersonal, and not shown: {', '.join(left_out)}." if left_out else ""
    return markdown.table(rows.to_dicts(), rows.columns) + note
