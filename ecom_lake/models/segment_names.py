"""What a segment is called, by rule: where its middle person stands among all people of the group.

A feature gives its word where the segment's median lies in the group's lowest or highest third, and beyond the group's
median. The words together are the name; the numbers that decided are the rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WORDS = {
    "recency_days": ("recent", "dormant"),
    "purchases": ("", "frequent"),
    "net_sales": ("low-spend", "high-spend"),
    "units": ("", "many-unit"),
}
"""The word for a low and a high median of each feature, in the order in which they are said."""


@dataclass(frozen=True)
class Name:
    text: str
    rule: str


def names(segments: list[Mapping[str, float]], people: Mapping[str, Floats], noun: str) -> list[Name]:
    """A name for each segment, given its medians; `people` holds the values of everybody in the group that the noun names."""
    cuts = {feature: np.quantile(values, [1 / 3, 1 / 2, 2 / 3]) for feature, values in people.items()}
    given: Counter[str] = Counter()
    found = []
    for medians in segments:
        said = [_word(feature, medians[feature], *cuts[feature]) for feature in WORDS if feature in cuts]
        text = " ".join([word for word, _ in said if word] or ["typical"]).capitalize() + " " + noun
        rule = "; ".join(why for word, why in said if word) or f"no median in an outer third of all {noun}"
        given[text] += 1
        if given[text] > 1:
            text, rule = f"{text} ({given[text]})", f"{rule}; same words as a segment that spends more"
        found.append(Name(text, rule))
    return found


def _word(feature: str, median: float, low: float, middle: float, high: float) -> tuple[str, str]:
    few, many = WORDS[feature]
    if median <= low and median < middle:
        return few, f"median {feature} {_plain(median)} is in the lowest third, up to {_plain(low)}"
    if median >= high and median > middle:
        return many, f"median {feature} {_plain(median)} is in the highest third, from {_plain(high)}"
    return "", ""


def _plain(number: float) -> str:
    return f"{number:.2f}".removesuffix(".00")
