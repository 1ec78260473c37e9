"""What a storage account keeps of deleted and replaced blobs: soft delete, versions and snapshots, with the day they end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from azure.core.exceptions import AzureError
from azure.storage.blob.aio import BlobServiceClient

_KINDS = ("deleted", "versions", "snapshots")


@dataclass(frozen=True)
class KeptBlob:
    kind: str
    """deleted, versions or snapshots."""
    ends: date | None
    """The day on which the account deletes it; None for never."""


async def kept_versions(service: BlobServiceClient, container: str, folder: str) -> list[tuple[str, str]]:
    """What is kept, and what to do, in sentences."""
    place = f"{container}/{folder}".rstrip("/")
    found = [*await _policy(service, place)]
    async with service.get_container_client(container) as client:
        for kind in _KINDS:
            try:
                kept = [one async for one in _kept(client, kind, f"{folder}/" if folder else None)]
            except AzureError as error:
                found.append((f"{kind} of {place}", f"could not be listed ({_code(error)}): check them in the account."))
                continue
            if kept:
                found.append((f"{len(kept):,} {_words(kind)} below {place}", _end(kept)))
    return found


async def _policy(service: BlobServiceClient, place: str) -> list[tuple[str, str]]:
    try:
        policy: Any = (await service.get_service_properties())["delete_retention_policy"]
    except AzureError as error:
        return [(f"soft delete of {place}", f"could not be read ({_code(error)}): check it in the account's data protection.")]
    if not policy or not policy.enabled:
        return []
    return [(f"soft delete of {place}", f"what is deleted today ends on {date.today() + timedelta(days=policy.days or 0)}.")]


async def _kept(client: Any, kind: str, prefix: str | None) -> AsyncIterator[KeptBlob]:
    async for blob in client.list_blobs(name_starts_with=prefix, include=[kind]):
        is_kept = {
            "deleted": blob.deleted,
            "versions": blob.version_id is not None and not blob.is_current_version,
            "snapshots": blob.snapshot is not None,
        }
        if is_kept[kind]:
            days = blob.remaining_retention_days
            yield KeptBlob(kind, None if days is None else date.today() + timedelta(days=days))


def _end(kept: Iterable[KeptBlob]) -> str:
    days = [one.ends for one in kept]
    last = max((day for day in days if day), default=None)
    return f"the last one ends on {last}." if last and None not in days else "they stay until somebody deletes them: delete them."


def _words(kind: str) -> str:
    return {"deleted": "deleted blobs", "versions": "older versions", "snapshots": "snapshots"}[kind]


def _code(error: AzureError) -> str:
    return str(getattr(error, "error_code", None) or type(error).__name__)
