"""A run that waits in Dagster's queue."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin


def queued_run(
    instance: dg.DagsterInstance,
    job: dg.JobDefinition,
    tags: Mapping[str, str] | None = None,
    assets: frozenset[dg.AssetKey] | None = None,
) -> dg.DagsterRun:
    """As the UI submits it, with an address of the code where nothing answers."""
    location = GrpcServerCodeLocationOrigin("localhost", 9, location_name="code")
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), job.name)
    return instance.create_run_for_job(
        job, status=dg.DagsterRunStatus.QUEUED, tags=tags, asset_selection=assets, remote_job_origin=origin
    )
