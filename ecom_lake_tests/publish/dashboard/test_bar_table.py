"""The bars of a table: lengths in proportion, from zero."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ecom_lake.publish.dashboard.bar_table import change_tone, widths


def test_bars_are_in_proportion_to_the_largest() -> None:
    assert widths([Decimal(50), 200, None, 0, -3.0]) == [25, 100, 0, 0, 0]
    assert widths([]) == []
    assert widths([0, None]) == [0, 0]


@pytest.mark.parametrize(
    ("change", "tone"),
    [("+3.0%", "good"), ("-12.5%", "bad"), ("+0.0%", ""), ("-0.3 pp", "bad"), ("+1,200.0%", "good"), (None, "")],
)
def test_the_tone_of_a_change(change: str | None, tone: str) -> None:
    assert change_tone(change) == tone
