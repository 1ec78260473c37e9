"""Azure Blob as a file system of fsspec, based on adlfs.

Changed here: names are not interpreted, one request where adlfs makes several, uploads in parallel blocks of bounded memory
that keep a file's modification time, a copy that is complete when it returns; and every request is counted.
Not here: retries, which the client makes, and credentials (container.py).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adlfs import AzureBlobFileSystem
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.core.pipeline.transport import AioHttpTransport
from azure.storage.blob.aio import BlobServiceClient
from fsspec.asyn import sync_wrapper

from ecom_lake.engine.store.azure.kept_versions import kept_versions
from ecom_lake.engine.store.request_counts import RequestCounts
from ecom_lake.errors import StoreError

BLOCK = 8 * 2**20
AT_ONCE = 4
"""Blocks of one file that are sent at a time. With their size it bounds the memory of an upload."""


class AzureBlobs(AzureBlobFileSystem):  # type: ignore[misc]
    """Paths are `container/name`, not interpreted: a name may have characters that a URL may not."""

    def __init__(self, make_client: Callable[[], BlobServiceClient], **options: Any) -> None:
        self._make_client = make_client
        super().__init__(**options)

    def do_connect(self) -> None:
        self.service_client = self._make_client()

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path.strip("/")

    def split_path(self, path: str, *_: Any, **__: Any) -> tuple[str, str, None]:
        container, _slash, name = path.strip("/").partition("/")
        return container, name, None

    async def _info(self, path: str, **_: Any) -> dict[str, Any]:
        container, name, _none = self.split_path(path)
        async with self.service_client.get_blob_client(container, name) as client:
            try:
                return (await self._details([await client.get_blob_properties()]))[0]
            except ResourceNotFoundError as error:
                raise FileNotFoundError(path) from error

    async def _find(self, path: str, **_: Any) -> dict[str, dict[str, Any]]:
        container, folder, _none = self.split_path(path)
        async with self.service_client.get_container_client(container) as client:
            found = client.list_blobs(name_starts_with=f"{folder}/" if folder else None, include=["metadata"])
            details = await self._details([blob async for blob in found])
        return {detail["name"]: detail for detail in details if detail["type"] == "file"}

    async def _details(self, contents: Iterable[Any], **options: Any) -> list[dict[str, Any]]:
        details: list[dict[str, Any]] = await super()._details(contents, **options)
        for detail in details:
            if changed := (detail.get("metadata") or {}).get("modified"):
                detail["mtime"] = datetime.fromisoformat(changed)
        return details

    async def _put_file(self, lpath: str, rpath: str, mode: str = "overwrite", **_: Any) -> None:
        """Keeps the file's modification time as metadata; a blob by itself has the time of its upload."""
        container, name, _none = self.split_path(rpath)
        changed = datetime.fromtimestamp(Path(lpath).stat().st_mtime, UTC).isoformat()
        with open(lpath, "rb") as stream:
            async with self.service_client.get_blob_client(container, name) as client:
                try:
                    await client.upload_blob(
                        stream, overwrite=mode != "create", metadata={"modified": changed}, max_concurrency=AT_ONCE
                    )
                except ResourceExistsError as error:
                    raise FileExistsError(rpath) from error

    async def _cp_file(self, path1: str, path2: str, **_: Any) -> None:
        service = self.service_client
        source = service.get_blob_client(*self.split_path(path1)[:2])
        async with service.get_blob_client(*self.split_path(path2)[:2]) as target:
            try:
                status: Any = (await target.start_copy_from_url(source.url))["copy_status"]
            except ResourceNotFoundError as error:
                raise FileNotFoundError(path1) from error
            while status == "pending":
                await asyncio.sleep(0.5)
                status = (await target.get_blob_properties()).copy.status
        if status != "success":
            raise StoreError(f"Copying {path1} ended as '{status}'; run the command again.")

    async def _kept_versions(self, path: str) -> list[tuple[str, str]]:
        container, folder, _none = self.split_path(path)
        return await kept_versions(self.service_client, container, folder)

    kept_versions = sync_wrapper(_kept_versions)
    put_file = sync_wrapper(_put_file)
    cp_file = sync_wrapper(_cp_file)


class CountingTransport(AioHttpTransport):  # type: ignore[misc]
    def __init__(self, counts: RequestCounts, **options: Any) -> None:
        super().__init__(**options)
        self._counts = counts

    async def send(self, request: Any, **config: Any) -> Any:
        self._counts.requests[_kind(request)] += 1
        self._counts.sent += int(request.headers.get("Content-Length") or 0)
        response = await super().send(request, **config)
        if request.method == "GET":
            self._counts.received += int(response.headers.get("Content-Length") or 0)
        return response


def _kind(request: Any) -> str:
    """put, get, head, delete, copy; or the operation's component: list, block, blocklist."""
    if "x-ms-copy-source" in request.headers:
        return "copy"
    found = re.search(r"[?&]comp=(\w+)", request.url)
    return found[1] if found else str(request.method).lower()
