"""Running a job from a program: in this process, recorded in the same history that the UI shows."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
from dagster._core.execution.plan.objects import ErrorSource

from ecom_lake.engine.build.build import Only, steps
from ecom_lake.engine.build.release.release import TABLE as RELEASE
from ecom_lake.engine.build.shop_context import open_site
from ecom_lake.engine.config import Settings
from ecom_lake.engine.dagster.assets import ACCEPT_SETTINGS, FULL, REFIT, shop_assets
from ecom_lake.engine.dagster.events import SAYS, STATE
from ecom_lake.engine.dagster.jobs import job_name, shop_jobs
from ecom_lake.engine.dagster.partitions import range_tags
from ecom_lake.engine.store.modes import restrict_folder

HISTORY = ".dagster"
"""Where the project's dagster.yaml keeps the history of runs."""
OnStep = Callable[[str, int, int], None]
"""Called with the step that has ended, the number of steps that have ended, and the number of all steps."""


@dataclass(frozen=True)
class RunReport:
    run_id: str
    succeeded: bool
    tables: dict[str, str]
    """The result for each table: written, unchanged, or how many of its parts were written."""
    warnings: tuple[str, ...]
    failures: tuple[str, ...]
    traces: tuple[str, ...] = ()
    """The stack traces of steps that failed with an unexpected error."""
    was_interrupted: bool = False

    @property
    def has_released(self) -> bool:
        """Whether the state is released, or was before: a step that failed came after that."""
        return str(RELEASE) in self.tables


def run_job(
    settings: Settings,
    shop: str,
    job: str = "all",
    months: Sequence[date] | None = None,
    full: bool = False,
    refit: bool = False,
    accept_settings: bool = False,
    only: Only | None = None,
    on_step: OnStep = lambda step, done, of: None,
) -> RunReport:
    """`only`: of the job, the steps that a build of this layer has, or of these months of it."""
    assets, made = shop_assets(settings, shop), _steps(settings, shop, months, only) if only else set()
    definitions = dg.Definitions(assets=assets, jobs=shop_jobs(settings.shop(shop)))
    chosen = definitions.resolve_job_def(job_name(shop, job))
    tags = range_tags(months) if months else {}
    asked = {FULL: full, REFIT: refit, ACCEPT_SETTINGS: accept_settings}
    tags |= {tag: "true" for tag, is_asked in asked.items() if is_asked}
    run_id = str(uuid.uuid4())
    with open_instance(settings.dagster_home) as instance:
        instance.add_event_listener(run_id, _Listener(len(made) or len(chosen.nodes), on_step))
        result = chosen.execute_in_process(
            instance=instance,
            run_id=run_id,
            tags=tags,
            raise_on_error=False,
            asset_selection=_keys_of(assets, made) if only else None,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        return _report(run_id, result)


def _steps(settings: Settings, shop: str, months: Sequence[date] | None, only: Only) -> set[str]:
    return {table for table, _ in steps(open_site(settings, shop), months, only)}


def _keys_of(assets: Sequence[dg.AssetsDefinition], made: set[str]) -> list[dg.AssetKey]:
    """The assets that these steps make: a table, or for bronze and mapped tables the whole layer."""
    keys = [key for definition in assets for key in definition.keys]
    return [key for key in keys if not made.isdisjoint((key.path[1], "/".join(key.path[1:])))]


class _Listener:
    def __init__(self, steps: int, on_step: OnStep) -> None:
        self._steps, self._on_step, self._done = steps, on_step, 0

    def __call__(self, entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event and event.event_type in (dg.DagsterEventType.STEP_SUCCESS, dg.DagsterEventType.STEP_FAILURE):
            self._done += 1
            self._on_step((event.step_key or "").split("__", 1)[-1].replace("__", "/"), self._done, self._steps)


@contextmanager
def open_instance(home: Path | None) -> Iterator[dg.DagsterInstance]:
    """The instance of `dagster dev`, or an ephemeral one if there is none.

    Dagster resolves relative paths in dagster.yaml from the working folder, and `dagster dev` runs in the project folder."""
    if home is None:
        with dg.DagsterInstance.ephemeral() as instance:
            yield instance
        return
    with chdir(home), dg.DagsterInstance.from_config(str(home)) as instance:
        restrict_folder(home / HISTORY)
        yield instance


def _report(run_id: str, result: dg.ExecuteInProcessResult) -> RunReport:
    tables: dict[str, str] = {}
    for event in result.get_asset_materialization_events():
        made = event.step_materialization_data.materialization
        if state := made.metadata.get(STATE):  # a month of a table has none
            tables["/".join(made.asset_key.path[1:])] = str(state.value)
    checks = result.get_asset_check_evaluations()
    warned = [
        f"{'/'.join(c.asset_key.path[1:])}: {_sentence(c)}"
        for c in checks
        if not c.passed and c.severity == dg.AssetCheckSeverity.WARN
    ]
    failures = result.filter_events(lambda event: event.is_step_failure)
    return RunReport(
        run_id,
        result.success,
        tables,
        tuple(dict.fromkeys(warned)),
        tuple(map(_why, failures)),
        tuple(trace for event in failures if (trace := _trace(event))),
        any(event.step_failure_data.error_source == ErrorSource.INTERRUPT for event in failures),
    )


def _trace(event: dg.DagsterEvent) -> str | None:
    data = event.step_failure_data
    if data.user_failure_data or not data.error:
        return None
    return f"{event.step_key}: {data.error.to_string()}"


def _sentence(check: dg.AssetCheckEvaluation) -> str:
    written = check.metadata.get(SAYS)
    return str(written.value if written else check.description)


def _why(event: dg.DagsterEvent) -> str:
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return data.user_failure_data.description
    cause = data.error
    while cause and cause.cause:
        cause = cause.cause
    return cause.message.strip().split("\n")[0] if cause else f"{event.step_key} failed."
