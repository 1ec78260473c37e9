"""The months of a shop as small bars, from which a person chooses the months of a page.

Here: the geometry of the bars. Not here: dragging and keys (static/brush.js); without a script each bar is a link to its month.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ecom_lake.publish.dashboard.view import View

LEAST = 4.0
"""Height of the smallest bar in percent, so that every month can be seen."""


@dataclass(frozen=True)
class BrushMonth:
    month: date
    height: float
    """Percent of the highest bar."""
    is_complete: bool
    is_chosen: bool
    url: str

    @property
    def text(self) -> str:
        return f"{self.month:%B %Y}" if self.is_complete else f"{self.month:%B %Y}, incomplete"


def month_brush(view: View) -> Sequence[BrushMonth]:
    """A bar for each month; none for a shop without months."""
    span = view.span
    if span is None:
        return ()
    highest = max(max(float(month.net_sales) for month in view.months), 0.0) or 1.0
    return [
        BrushMonth(
            month.month,
            round(max(100 * float(month.net_sales) / highest, LEAST), 1),
            month.is_complete,
            span.first <= month.month <= span.last,
            view.month_url(month.month),
        )
        for month in view.months
    ]
