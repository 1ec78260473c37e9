from __future__ import annotations

from typing import Any

import pytest

from ecom_lake.synth.options import SynthOptions


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"orders": 99}, "at least 100"),
        ({"orders": 100, "first_month": "2001-01", "last_month": "2018-10"}, "214 months"),
        ({"seed": -1}, "whole number from 0"),
        ({"first_month": "2017"}, "such as 2017-01"),
        ({"last_month": "2017-13"}, "such as 2017-01"),
        ({"first_month": "2018-02", "last_month": "2018-01"}, "swap them"),
        ({"repeat_share": 0.5}, "from 0 to 0.4"),
        ({"late_share": -0.1}, "from 0 to 0.5"),
        ({"late_return_drop": 1.1}, "from 0 to 1"),
        ({"late_score_drop": 4.0}, "use 0 to 3 points"),
        ({"corrections": 1.0}, "from 0 to 0.2"),
        ({"orders": 200, "broken": 11}, "use 0 to 10, 5% of the orders"),
        ({"by_day": True}, "name the shape"),
        ({"by_day": True, "by_month": True, "shape": "shopify"}, "choose one"),
        ({"full": True, "shape": "shopify"}, "shopify is another export"),
    ],
)
def test_wrong_options_are_refused_in_one_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as refusal:
        SynthOptions(**options)
    assert next(iter(options)) in str(refusal.value) or "month" in str(refusal.value)
    assert str(refusal.value).count(". ") == 0


def test_months_span_years() -> None:
    assert len(SynthOptions(first_month="2016-09", last_month="2018-10").months) == 26
