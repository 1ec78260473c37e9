"""The error of an address whose product or customer the release does not have."""

from __future__ import annotations

from ecom_lake.errors import UsageError


class NotThereError(UsageError):
    """Answered as 404."""
