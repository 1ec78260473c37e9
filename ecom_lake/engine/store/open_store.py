"""From a URL to the store that it names: the local disk, Azure Blob, or any other file system of fsspec."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ecom_lake.engine.store.access import Access
from ecom_lake.engine.store.inbox import Inbox
from ecom_lake.engine.store.local import LocalStore
from ecom_lake.engine.store.modes import Modes
from ecom_lake.engine.store.remote import Connection, RemoteStore
from ecom_lake.engine.store.retry import TRANSIENT, Retry
from ecom_lake.engine.store.store import Store
from ecom_lake.errors import UsageError
from ecom_lake.extras import require

AZURE = ("az", "abfs", "abfss")
_READ_ONLY = ("http", "https")


def open_store(url: str, access: Access | None = None, inbox: bool = False, modes: Modes | None = None) -> Store:
    """`inbox`: other people put files there, which are untrusted. `modes`: who may read the written files."""
    access = access or Access()
    if "://" in url:
        return RemoteStore(_connection(url, access), access)
    return Inbox(Path(url), modes) if inbox else LocalStore(Path(url), modes)


@cache
def _connection(url: str, access: Access) -> Connection:
    if url.split("://")[0] in AZURE:
        require("azure", "A lake on Azure Blob")
        from ecom_lake.engine.store.azure.container import connect_azure

        return connect_azure(url, access)
    return _connect_fsspec(url, access)


def _connect_fsspec(url: str, access: Access) -> Connection:
    """With the file system's caches off: they serve stale bytes and stale listings."""
    import fsspec

    scheme = url.split("://")[0]
    if scheme in _READ_ONLY:
        raise UsageError(f"A lake cannot be on '{scheme}://', which is read-only: name a folder, or az:// or abfss://.")
    try:
        fs, root = fsspec.core.url_to_fs(url, use_listings_cache=False, skip_instance_cache=True)
    except (ValueError, ImportError):
        raise UsageError(f"A lake cannot be on '{scheme}://': name a folder, or az:// or abfss:// for Azure Blob.") from None
    except Exception as error:  # some file systems connect when they are made, and fail in their own ways
        why = explain(error) or f"its file system refuses it ({type(error).__name__})."
        raise UsageError(f"No store can be opened at {_without_credentials(url)}: {why}") from None
    return Connection(fs, root, url, Retry(access.retries), explain)


def _without_credentials(url: str) -> str:
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def explain(error: Exception) -> str | None:
    if isinstance(error, PermissionError):
        return "the store refused access. Check the credentials and their rights."
    if isinstance(error, TRANSIENT):
        return f"the store could not be reached ({type(error).__name__}). Try again; if it fails again, check the network."
    return None
