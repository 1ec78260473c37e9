"""From a URL to the store that it names: the local disk, or whatever fsspec knows by that protocol."""

from __future__ import annotations

from pathlib import Path

from ecom_lake.errors import UsageError
from ecom_lake.lake.remote import Remote
from ecom_lake.lake.retry import PASSING, Retry
from ecom_lake.lake.store import Local, Store


def open_store(url: str) -> Store:
    if "://" not in url:
        return Local(Path(url))
    return _any(url)


def _any(url: str) -> Remote:
    """A file system that fsspec knows, with its caches off: they serve stale bytes and stale listings."""
    import fsspec

    try:
        fs, root = fsspec.core.url_to_fs(url, use_listings_cache=False, skip_instance_cache=True)
    except (ValueError, ImportError):
        protocol = url.split("://")[0]
        raise UsageError(f"A lake cannot lie on '{protocol}://': name a folder, or az:// or abfss:// for Azure Blob.") from None
    return Remote(fs, root, url, Retry(), explain_any)


def explain_any(error: Exception) -> str | None:
    if isinstance(error, PermissionError):
        return "the store refuses us. Check the credentials and their rights."
    if isinstance(error, PASSING):
        return f"the store could not be reached ({type(error).__name__}). Try again; if it stays so, look at the network."
    return None
