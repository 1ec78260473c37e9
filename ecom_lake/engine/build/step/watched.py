"""Running a step: its start and end are logged, and a failure is stored. A step whose inputs another run changed is repeated.

All steps run through `watched`: in a build (build.py), in a replay and in Dagster. A step holds off the deletion of older states
(engine/forget/) from its first read to its commit, so that no file is deleted between its publication and its commit.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import nullcontext

from ecom_lake import logs
from ecom_lake.engine.build.landing_site import LandingSite
from ecom_lake.engine.build.step import trouble
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.store.log import ConflictError
from ecom_lake.errors import UserError, disk_trouble, was_interrupted

Step = Callable[[], Outcome | list[Outcome]]
_TRIES = 5
"""How often a step is made while other runs keep changing its inputs: each of them must deliver new files during the step."""
OUTCOMES = frozenset({"started", "done", "unchanged", "warned", "refused", "failed"})
"""The events that `watched` logs."""


def watched(site: LandingSite, table: str, step: Step, alone: bool = False) -> list[Outcome]:
    """Run a step and log the outcome of each of its tables. `alone`: the step itself waits until no other step runs."""
    with logs.context(run=site.run, shop=site.shop.name, table=table):
        logs.log_event("started")
        began, cpu_before = time.monotonic(), time.process_time()
        try:
            with nullcontext() if alone else site.lake.used():
                made = _committed(step)
        except Exception as error:
            if was_interrupted(error):
                raise KeyboardInterrupt from None  # not a failure of the step: the run must not start another step
            sentence = None if isinstance(error, UserError | ConflictError) else disk_trouble(error)
            why = sentence or _in_words(error)
            logs.log_event("failed", logging.ERROR, why=why)
            trouble.keep(site, table, "failed", [why], [])
            if sentence:
                raise UserError(sentence) from error
            raise
        outcomes = made if isinstance(made, list) else [made]
        seconds, cpu_seconds = round(time.monotonic() - began, 3), round(time.process_time() - cpu_before, 3)
        for outcome in outcomes:
            _log_outcome(site, outcome, seconds, cpu_seconds)
        if table.startswith(trouble.WITHOUT_A_RELEASE) and not any(
            check.blocks for outcome in outcomes for check in outcome.checks
        ):
            trouble.end(site, {table, *(str(outcome.table) for outcome in outcomes)})
        return outcomes


def _committed(step: Step) -> Outcome | list[Outcome]:
    """The outcome of a step that is repeated from the newest state where its commit was refused."""
    for _ in range(_TRIES - 1):
        try:
            return step()
        except ConflictError as conflict:
            logs.log_event("retried", after=str(conflict))
    return step()


def _in_words(error: Exception) -> str:
    """The message of the package's own errors; only the type of other errors, whose message may contain personal data."""
    return str(error) if isinstance(error, UserError | ConflictError) else type(error).__name__


def _log_outcome(site: LandingSite, outcome: Outcome, seconds: float, cpu_seconds: float) -> None:
    """The seconds are those of the whole step, which may have several tables; CPU is that of all threads of the process."""
    with logs.context(table=str(outcome.table)):
        for check in outcome.checks:
            if not check.passed and not check.blocks:
                logs.log_event("warned", logging.WARNING, check=check.name, says=check.says)
        if refused := [check for check in outcome.checks if check.blocks]:
            for check in refused:
                logs.log_event("refused", logging.ERROR, check=check.name, says=check.says)
            evidence = [row for check in refused for row in check.evidence]
            trouble.keep(
                site,
                str(outcome.table),
                "refused",
                [check.says for check in refused],
                evidence,
                [check.name for check in refused],
            )
        else:
            event = "done" if outcome.written else "unchanged"
            parts = {"rows": outcome.rows, "written": len(outcome.written), "parts": len(outcome.files)}
            logs.log_event(event, **parts, seconds=seconds, cpu_seconds=cpu_seconds)
