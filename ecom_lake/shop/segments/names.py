"""Names of segments, by rule: from the position of the segment's medians among all customers of the group.

A feature contributes its word where the segment's median lies in the group's lowest or highest third, and beyond the group's
median. Where no feature does, the name states the feature in which the segment differs most from the group; where two segments
would share a name, the feature in which they differ most from each other. The numbers that decided are the rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WORDS = {
    "recency_days": ("recent", "dormant"),
    "purchases": ("", "frequent"),
    "net_sales": ("low-spend", "high-spend"),
    "units": ("", "many-unit"),
    "registration_delay_days": ("quick-to-buy", "slow-to-buy"),
    "lifespan_days": ("", "long-standing"),
}
"""The word for a low and for a high median of each feature, in the order of the words in a name."""

MORE = {
    "recency_days": ("more recent", "longer gone"),
    "purchases": ("fewer purchases", "more purchases"),
    "net_sales": ("lower spend", "higher spend"),
    "units": ("fewer units", "more units"),
    "registration_delay_days": ("sooner to buy", "later to buy"),
    "lifespan_days": ("shorter history", "longer history"),
}
"""The words for a lower and for a higher value of each feature than in other segments."""


@dataclass(frozen=True)
class Name:
    text: str
    rule: str


Medians = Mapping[str, float]
"""By feature."""


def names(
    segments: Sequence[Medians], customers: Mapping[str, Floats], group: str, kept: Mapping[int, Name] | None = None
) -> list[Name]:
    """A name for each segment; `customers` holds the values of all customers of the group.

    `kept` holds the names that segments already have, by their position in the list.
    """
    features = [feature for feature in WORDS if feature in customers]
    scale = {feature: _scale(customers[feature]) for feature in features}
    cuts = {feature: np.quantile(customers[feature], [1 / 3, 1 / 2, 2 / 3]) for feature in features}
    kept = kept or {}
    found = [kept.get(i) or _named(segment, cuts, scale, group) for i, segment in enumerate(segments)]
    for _ in features:
        found = _distinguished(found, segments, scale, set(kept))
    return _numbered(found, segments, set(kept))


def _named(medians: Medians, cuts: Mapping[str, Floats], scale: Mapping[str, tuple[float, float]], group: str) -> Name:
    found = [_word(feature, medians[feature], *cuts[feature]) for feature in cuts]
    if words := [word for word, _ in found if word]:
        return Name(" ".join(words).capitalize() + " " + group, "; ".join(why for word, why in found if word))
    deviations = {feature: _deviation(medians[feature], scale[feature]) for feature in cuts}
    largest = max(deviations, key=lambda feature: abs(deviations[feature]))
    if not deviations[largest]:
        return Name(f"{group.capitalize()} like most", f"every median equals that of all {group}")
    return Name(
        f"{group.capitalize()}, {MORE[largest][deviations[largest] > 0]}",
        f"no median is in the lowest or highest third of all {group}; the largest difference is in {_spoken(largest)}: "
        f"median {_plain(medians[largest])}, compared with {_plain(cuts[largest][1])}",
    )


def _distinguished(
    found: list[Name], segments: Sequence[Medians], scale: Mapping[str, tuple[float, float]], kept: set[int]
) -> list[Name]:
    """Shared names, each with the feature in which the segment differs most from the others of that name."""
    distinguished = list(found)
    for i, name in enumerate(found):
        twins = [j for j, other in enumerate(found) if other.text == name.text and j != i]
        unused = [feature for feature in scale if not any(more in name.text for more in MORE[feature])]
        if not twins or i in kept or not unused:
            continue
        others = {feature: float(np.mean([segments[j][feature] for j in twins])) for feature in unused}
        differences = {f: _deviation(segments[i][f], scale[f]) - _deviation(others[f], scale[f]) for f in unused}
        largest = max(differences, key=lambda feature: abs(differences[feature]))
        if differences[largest]:
            distinguished[i] = Name(
                f"{name.text}, {MORE[largest][differences[largest] > 0]}",
                f"{name.rule}; the largest difference from segments of the same name is in {_spoken(largest)}: "
                f"median {_plain(segments[i][largest])}, compared with {_plain(others[largest])}",
            )
    return distinguished


def _numbered(found: list[Name], segments: Sequence[Medians], kept: set[int]) -> list[Name]:
    """Names that are still shared, with the segment's net sales."""
    numbered: list[Name] = []
    for i, name in enumerate(found):
        shared = [other.text for j, other in enumerate(found) if j != i]
        if name.text in shared and i not in kept:
            feature = "net_sales" if "net_sales" in segments[i] else next(iter(segments[i]))
            name = Name(f"{name.text}, around {_plain(segments[i][feature])} {_spoken(feature)}", name.rule)
        while name.text in {other.text for other in numbered}:
            name = Name(f"{name.text} again", name.rule)
        numbered.append(name)
    return numbered


def _scale(values: Floats) -> tuple[float, float]:
    """Median and standard deviation of the logarithms; a deviation of 1 where they do not vary."""
    logs = np.log1p(np.maximum(values, 0))
    return float(np.median(logs)), float(logs.std()) or 1.0


def _deviation(value: float, scale: tuple[float, float]) -> float:
    """Distance from the group's median, in standard deviations of the logarithms."""
    median, deviation = scale
    return round((float(np.log1p(max(value, 0))) - median) / deviation, 9)


def _word(feature: str, median: float, low: float, middle: float, high: float) -> tuple[str, str]:
    few, many = WORDS[feature]
    if median <= low and median < middle:
        return few, f"median {_spoken(feature)} {_plain(median)} is in the lowest third, up to {_plain(low)}"
    if median >= high and median > middle:
        return many, f"median {_spoken(feature)} {_plain(median)} is in the highest third, from {_plain(high)}"
    return "", ""


def _spoken(feature: str) -> str:
    return feature.replace("_", " ")


def _plain(number: float) -> str:
    return f"{number:.2f}".removesuffix(".00")
