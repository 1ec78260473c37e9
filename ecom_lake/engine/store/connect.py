"""From a URL to the store that it names: the local disk, Azure Blob, or whatever else fsspec knows by its protocol."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ecom_lake.engine.store.access import Access
from ecom_lake.engine.store.inbox import Inbox
from ecom_lake.engine.store.modes import Modes
from ecom_lake.engine.store.remote import Remote
from ecom_lake.engine.store.retry import PASSING, Retry
from ecom_lake.engine.store.store import Local, Store
from ecom_lake.errors import UsageError
from ecom_lake.extras import require

AZURE = ("az", "abfs", "abfss")
_READ_ONLY = ("http", "https")


def open_store(url: str, access: Access, inbox: bool = False, modes: Modes | None = None) -> Store:
    """`inbox`: other people put files there."""
    if "://" in url:
        return _remote(url, access)
    return Inbox(Path(url), modes) if inbox else Local(Path(url), modes)


@cache
def _remote(url: str, access: Access) -> Remote:
    """One for all who ask: its connections stay open from one step to the next."""
    if url.split("://")[0] in AZURE:
        require("azure", "A lake on Azure Blob")
        from ecom_lake.engine.store.azure.container import open_azure

        return open_azure(url, access)
    return _any(url, access)


def _any(url: str, access: Access) -> Remote:
    """A file system that fsspec knows, with its caches off: they serve stale bytes and stale listings."""
    import fsspec

    scheme = url.split("://")[0]
    if scheme in _READ_ONLY:
        raise UsageError(f"A lake cannot lie on '{scheme}://', which cannot be written to: name a folder, or az:// or abfss://.")
    try:
        fs, root = fsspec.core.url_to_fs(url, use_listings_cache=False, skip_instance_cache=True)
    except (ValueError, ImportError):
        raise UsageError(f"A lake cannot lie on '{scheme}://': name a folder, or az:// or abfss:// for Azure Blob.") from None
    except Exception as error:  # some file systems connect as they are made, and fail in their own ways
        why = explain(error) or f"its file system refuses it ({type(error).__name__})."
        raise UsageError(f"No store can be opened at {_without_credentials(url)}: {why}") from None
    return Remote(fs, root, url, Retry(access.retries), explain)


def _without_credentials(url: str) -> str:
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def explain(error: Exception) -> str | None:
    if isinstance(error, PermissionError):
        return "the store refuses us. Check the credentials and their rights."
    if isinstance(error, PASSING):
        return f"the store could not be reached ({type(error).__name__}). Try again; if it stays so, look at the network."
    return None
