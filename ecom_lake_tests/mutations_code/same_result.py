"""Edits that survived and were judged: why each changes no result that anybody could see. They are left out of the rate."""

from __future__ import annotations

from collections.abc import Mapping

SAME_RESULT: Mapping[tuple[str, str], str] = {
    ("ecom_lake/statistics/newton.py", "curvatures keep their sign"): (
        "a negative curvature then counts as flat; the step, of length 1 at most, still leads uphill to the same maximum"
    ),
    ("ecom_lake/engine/build/release/plain_view.py", "an incomplete record is trusted"): (
        "an incomplete record names no files, tables and pages, so that everything is copied again all the same"
    ),
}
"""(path, what) → the reason."""
