"""Errors of addresses: of a shop, release, product or customer that is not there, and of a page that is not for this reader."""

from __future__ import annotations

from ecom_lake.errors import UsageError


class NotThereError(UsageError):
    """Answered as 404."""


class NotForThisReaderError(UsageError):
    """Answered as 403: ids of customers and orders are personal data (docs/decisions/0016)."""
