"""Azure Blob as a store: where a URL points, which credentials let us in, and what a refusal means.

adlfs does the talking. Changed here: one request where it makes several (listing, uploading), uploads in parallel blocks of
bounded memory, a copy that is done when it returns, the client's own retries, and a count of every request.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adlfs import AzureBlobFileSystem
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, ResourceExistsError, ResourceNotFoundError
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import DefaultAzureCredential
from azure.storage.blob.aio import BlobServiceClient, ExponentialRetry
from fsspec.asyn import sync_wrapper

from ecom_lake.errors import StoreError, UsageError
from ecom_lake.lake.access import Access
from ecom_lake.lake.connect import AZURE
from ecom_lake.lake.meter import Meter
from ecom_lake.lake.remote import Remote
from ecom_lake.lake.retry import PASSING, Retry

_BLOCK = 8 * 2**20
_AT_ONCE = 4
"""Blocks of one file in flight: with their size, what a file costs in memory, however large it is."""
_URL = re.compile(
    r"(?P<scheme>\w+)://"
    r"(?:(?P<container>[^/@?]+)@(?P<account>[^/.?]+)(?P<domain>\.[^/?]+)|(?P<only>[^/@?]+))"
    r"(?:/(?P<prefix>[^?]*))?"
)


@dataclass(frozen=True)
class Place:
    """Where a URL points; an empty account means the one that the credentials are for."""

    container: str
    prefix: str
    account: str = ""
    domain: str = ".blob.core.windows.net"


def open_azure(url: str, access: Access) -> Remote:
    place, meter = place_of(url), Meter()
    logging.getLogger("azure").setLevel(logging.ERROR)  # what went wrong is said in our own words, once
    identity = None if _own_way_in(place, access) else DefaultAzureCredential()
    fs = AzureBlobs(
        make_client=lambda: _client(place, access, meter, identity),
        credential=identity,
        anon=True,  # adlfs must not look for credentials of its own
        use_listings_cache=False,
        skip_instance_cache=True,
        max_concurrency=_AT_ONCE,
    )
    root = f"{place.container}/{place.prefix}".rstrip("/")
    # Not tried again here: the client does so, request by request, and a large file's other blocks stay.
    name = f"{fs.service_client.url.partition('?')[0]}{root}"
    return Remote(fs, root, url, Retry(times=0), lambda error: explain(error, place), meter, name)


def place_of(url: str) -> Place:
    found = _URL.fullmatch(url)
    if found is None or found["scheme"] not in AZURE:
        raise UsageError(
            "An Azure lake is named az://CONTAINER/PREFIX or abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX, with no "
            "query; credentials belong into the environment (AZURE_STORAGE_…), never into the URL."
        )
    prefix = (found["prefix"] or "").strip("/")
    if found["only"]:
        return Place(found["only"], prefix)
    return Place(found["container"], prefix, found["account"], found["domain"].replace(".dfs.", ".blob."))


# ------------------------------------------------------------------------------------------------------------ credentials


def _own_way_in(place: Place, access: Access) -> bool:
    """Whether what the environment holds is for this account; any other is asked as the Azure identity of who runs this."""
    if access.connection_string:
        return not place.account or _account_in(access.connection_string.reveal()) in ("", place.account)
    return bool(access.key or access.sas) and access.account in ("", place.account or access.account)


def _client(place: Place, access: Access, meter: Meter, identity: DefaultAzureCredential | None) -> BlobServiceClient:
    options: dict[str, Any] = {
        "transport": _CountingTransport(meter, connection_timeout=20, read_timeout=60),
        "retry_policy": _retry_policy(access.retries),
        "max_single_put_size": _BLOCK,
        "max_block_size": _BLOCK,
        "max_single_get_size": _BLOCK,
        "max_chunk_get_size": _BLOCK,
    }
    if access.connection_string and identity is None:
        try:
            return BlobServiceClient.from_connection_string(access.connection_string.reveal(), **options)
        except ValueError:
            raise UsageError(
                "AZURE_STORAGE_CONNECTION_STRING is malformed: copy it anew from the account's access keys."
            ) from None
    account = place.account or access.account
    if not account:
        raise UsageError(
            "No storage account is named: set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT_NAME, or write "
            "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX."
        )
    url = access.endpoint if access.endpoint and access.account in ("", account) else f"https://{account}{place.domain}"
    if identity is not None:
        return BlobServiceClient(url, identity, **options)
    if access.key:
        return BlobServiceClient(url, AzureNamedKeyCredential(account, access.key.reveal()), **options)
    # In the URL, so that the source of a copy carries it too.
    return BlobServiceClient(f"{url}?{access.sas.reveal().lstrip('?')}", **options)


def _account_in(connection_string: str) -> str:
    found = re.search(r"(?:^|;)\s*AccountName=([^;]+)", connection_string, re.IGNORECASE)
    return found[1].strip() if found else ""


def _retry_policy(times: int) -> ExponentialRetry:
    """Waits 2, 4, 8, 16 … seconds, each give or take one, so that many who wait do not come back in step."""
    return ExponentialRetry(
        initial_backoff=0,
        increment_base=2,
        random_jitter_range=1,
        retry_total=times,
        retry_connect=times,
        retry_read=times,
        retry_status=times,
    )


class _CountingTransport(AioHttpTransport):  # type: ignore[misc]
    def __init__(self, meter: Meter, **options: Any) -> None:
        super().__init__(**options)
        self._meter = meter

    async def send(self, request: Any, **config: Any) -> Any:
        self._meter.requests[_kind(request)] += 1
        self._meter.sent += int(request.headers.get("Content-Length") or 0)
        response = await super().send(request, **config)
        if request.method == "GET":
            self._meter.received += int(response.headers.get("Content-Length") or 0)
        return response


def _kind(request: Any) -> str:
    """put, get, head, delete, copy; or what it does with what: list, block, blocklist."""
    if "x-ms-copy-source" in request.headers:
        return "copy"
    found = re.search(r"[?&]comp=(\w+)", request.url)
    return found[1] if found else str(request.method).lower()


# --------------------------------------------------------------------------------------------------------- the file system


class AzureBlobs(AzureBlobFileSystem):  # type: ignore[misc]
    """Paths are `container/name`, taken as they are: a name may hold what a URL could not."""

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
        """Keeps the time when the file was last changed, which a blob by itself does not."""
        container, name, _none = self.split_path(rpath)
        changed = datetime.fromtimestamp(Path(lpath).stat().st_mtime, UTC).isoformat()
        with open(lpath, "rb") as stream:
            async with self.service_client.get_blob_client(container, name) as client:
                try:
                    await client.upload_blob(
                        stream, overwrite=mode != "create", metadata={"modified": changed}, max_concurrency=_AT_ONCE
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

    put_file = sync_wrapper(_put_file)
    cp_file = sync_wrapper(_cp_file)


# ------------------------------------------------------------------------------------------------------- what went wrong


def explain(error: Exception, place: Place) -> str | None:
    """One sentence: what happened and what to do. Never the client's own text, which may hold what is secret."""
    if isinstance(error, FileNotFoundError):
        known = error.__cause__
        return explain(known, place) if isinstance(known, AzureError) and _code(known) == "ContainerNotFound" else None
    if not isinstance(error, AzureError):
        return "the store could not be reached. Look at the network, then run it again." if isinstance(error, PASSING) else None
    code, status = _code(error), getattr(error, "status_code", None)
    kind = code or type(error).__name__
    if code in ("ContainerNotFound", "ContainerBeingDeleted"):
        return f"there is no container '{place.container}'. Make it (`az storage container create`), or name another one."
    if code == "AuthorizationPermissionMismatch":
        return (
            f"Azure knows us but does not let us ({kind}). Give the identity the role 'Storage Blob Data Contributor', or the "
            "SAS the rights rwdlc."
        )
    if status in (401, 403) or isinstance(error, ClientAuthenticationError):
        return (
            f"Azure refuses us ({kind}). Check AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_ACCOUNT_KEY or "
            "AZURE_STORAGE_SAS_TOKEN (has it expired?) and the account's firewall; with none of the three, `az login` or a "
            "managed identity lets us in."
        )
    if status in (429, 503):
        return f"Azure is too busy for us ({kind}), also after several tries. Run it again later; what is committed stays."
    if status is None:
        return (
            f"Azure could not be reached ({kind}), also after several tries. Check the account's name, the network and the "
            "firewall, then run it again; what is committed stays."
        )
    return (
        f"Azure answered {status} ({kind}), also after several tries. Run it again; if it stays so, look at Azure's status page."
    )


def _code(error: BaseException) -> str:
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")
