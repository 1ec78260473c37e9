"""When the orders of a month are settled: nearly all of them are delivered, canceled and reviewed."""

from __future__ import annotations

SETTLES_IN_DAYS = 60
"""Measures that depend on deliveries, cancellations or reviews are assessed only for months that ended at least so many days ago.

Late orders are delivered last: as soon as a month ends, its delivered orders are nearly all on time."""
