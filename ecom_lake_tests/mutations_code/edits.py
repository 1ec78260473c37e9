"""All wrong edits of the code, by part of the package, and the few that are tried in every run of the tests."""

from __future__ import annotations

from ecom_lake_tests.mutations_code import build, contracts, landing, models, statistics, store

EDITS = (*store.EDITS, *landing.EDITS, *build.EDITS, *contracts.EDITS, *statistics.EDITS, *models.EDITS)

SAMPLE = {
    "engine/contracts/gate.py": "nothing measured is published",
    "engine/landing/encodings.py": "half a character is lost",
    "engine/mapping/cells.py": "padding without a limit",
    "engine/store/cache.py": "a download is not hashed",
    "shop/rankings/time_splits.py": "outcomes after the as-of date",
    "statistics/lift.py": "a lift of counts",
}
"""By file: an edit of which the tests end within seconds."""
