"""A connection to Azure Blob: which container a URL names, and which credentials are used.

Not here: the requests (blob_file_system.py), what an error means (error_messages.py).
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Any

from azure.core.credentials import AzureNamedKeyCredential
from azure.identity.aio import DefaultAzureCredential
from azure.storage.blob.aio import BlobServiceClient, ExponentialRetry

from ecom_lake.engine.store.access import Access
from ecom_lake.engine.store.azure.blob_file_system import AT_ONCE, BLOCK, AzureBlobs, CountingTransport
from ecom_lake.engine.store.azure.error_messages import explain
from ecom_lake.engine.store.open_store import AZURE
from ecom_lake.engine.store.remote import Connection
from ecom_lake.engine.store.request_counts import RequestCounts
from ecom_lake.engine.store.retry import Retry
from ecom_lake.errors import UsageError

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


def connect_azure(url: str, access: Access) -> Connection:
    place, counts = place_of(url), RequestCounts()
    logging.getLogger("azure").setLevel(logging.ERROR)  # errors are reported once, in our own words
    identity = None if _has_credentials(place, access) else DefaultAzureCredential()
    fs = AzureBlobs(
        make_client=lambda: _client(place, access, counts, identity),
        credential=identity,
        anon=True,  # adlfs must not look for credentials of its own
        use_listings_cache=False,
        skip_instance_cache=True,
        max_concurrency=AT_ONCE,
    )
    root = f"{place.container}/{place.prefix}".rstrip("/")
    # No retries here: the client retries request by request, so that the other blocks of a large file are kept.
    name = f"{fs.service_client.url.partition('?')[0]}{root}"
    return Connection(fs, root, url, Retry(times=0), lambda error: explain(error, place.container), counts, name)


def place_of(url: str) -> Place:
    found = _URL.fullmatch(url)
    if found is None or found["scheme"] not in AZURE:
        raise UsageError(
            "An Azure lake is named az://CONTAINER/PREFIX or abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX, with no "
            "query; credentials belong in the environment (AZURE_STORAGE_…), never into the URL."
        )
    prefix = (found["prefix"] or "").strip("/")
    if found["only"]:
        return Place(found["only"], prefix)
    return Place(found["container"], prefix, found["account"], found["domain"].replace(".dfs.", ".blob."))


def _has_credentials(place: Place, access: Access) -> bool:
    """Whether the environment's credentials are for this account; any other account is opened with the user's Azure identity."""
    if access.connection_string:
        return not place.account or _account_in(access.connection_string.reveal()) in ("", place.account)
    return bool(access.key or access.sas) and access.account in ("", place.account or access.account)


def _client(place: Place, access: Access, counts: RequestCounts, identity: DefaultAzureCredential | None) -> BlobServiceClient:
    options: dict[str, Any] = {
        "transport": CountingTransport(counts, connection_timeout=20, read_timeout=60),
        "retry_policy": _retry_policy(access.retries),
        "max_single_put_size": BLOCK,
        "max_block_size": BLOCK,
        "max_single_get_size": BLOCK,
        "max_chunk_get_size": BLOCK,
    }
    if access.connection_string and identity is None:
        try:
            return BlobServiceClient.from_connection_string(access.connection_string.reveal(), **options)
        except ValueError:
            raise UsageError(
                "AZURE_STORAGE_CONNECTION_STRING is malformed: copy it again from the account's access keys."
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
    """Waits 2, 4, 8, 16 … seconds, each plus or minus one, so that many waiting clients do not retry together."""
    return ExponentialRetry(
        initial_backoff=0,
        increment_base=2,
        random_jitter_range=1,
        retry_total=times,
        retry_connect=times,
        retry_read=times,
        retry_status=times,
    )
