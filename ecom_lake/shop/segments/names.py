"""What a segment is called, by rule: where its middle person stands among all people of the group.

A feature gives its word where the segment's median lies in the group's lowest or highest third, and beyond the group's
median. Where none does, the name says in what the segment differs most from the group; where two segments would share a
name, in what they differ most from each other. The words together are the name; the numbers that decided are the rule.
"""

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
"""The word for a low and a high median of each feature, in the order in which they are said."""

MORE = {
    "recency_days": ("more recent", "longer gone"),
    "purchases": ("fewer purchases", "more purchases"),
    "net_sales": ("lower spend", "higher spend"),
    "units": ("fewer units", "more units"),
    "registration_delay_days": ("sooner to buy", "later to buy"),
    "lifespan_days": ("shorter history", "longer history"),
}
"""The words for less and for more of each feature than others."""


@dataclass(frozen=True)
class Name:
    text: str
    rule: str


Middle = Mapping[str, float]


def names(
    segments: Sequence[Middle], people: Mapping[str, Floats], noun: str, kept: Mapping[int, Name] | None = None
) -> list[Name]:
    """A name for each segment, given its middle; `people` holds the values of everybody in the group that the noun names.

    `kept` are the names of segments, by their place in the list, that have one already.
    """
    features = [feature for feature in WORDS if feature in people]
    scale = {feature: _scale(people[feature]) for feature in features}
    cuts = {feature: np.quantile(people[feature], [1 / 3, 1 / 2, 2 / 3]) for feature in features}
    kept = kept or {}
    found = [kept.get(i) or _named(segment, cuts, scale, noun) for i, segment in enumerate(segments)]
    for _ in features:
        found = _told_apart(found, segments, scale, set(kept))
    return _numbered(found, segments, set(kept))


def _named(middle: Middle, cuts: Mapping[str, Floats], scale: Mapping[str, tuple[float, float]], noun: str) -> Name:
    said = [_word(feature, middle[feature], *cuts[feature]) for feature in cuts]
    if words := [word for word, _ in said if word]:
        return Name(" ".join(words).capitalize() + " " + noun, "; ".join(why for word, why in said if word))
    far = {feature: _far(middle[feature], scale[feature]) for feature in cuts}
    special = max(far, key=lambda feature: abs(far[feature]))
    if not far[special]:
        return Name(f"{noun.capitalize()} like most", f"every median is that of all {noun}")
    return Name(
        f"{noun.capitalize()}, {MORE[special][far[special] > 0]}",
        f"no median in an outer third of all {noun}; differs most from them in {special}: "
        f"median {_plain(middle[special])} against {_plain(cuts[special][1])}",
    )


def _told_apart(
    found: list[Name], segments: Sequence[Middle], scale: Mapping[str, tuple[float, float]], kept: set[int]
) -> list[Name]:
    """Names that are shared, each with the feature in which the segment differs most from the others of that name."""
    told = list(found)
    for i, name in enumerate(found):
        twins = [j for j, other in enumerate(found) if other.text == name.text and j != i]
        unsaid = [feature for feature in scale if not any(more in name.text for more in MORE[feature])]
        if not twins or i in kept or not unsaid:
            continue
        others = {feature: float(np.mean([segments[j][feature] for j in twins])) for feature in unsaid}
        apart = {f: _far(segments[i][f], scale[f]) - _far(others[f], scale[f]) for f in unsaid}
        most = max(apart, key=lambda feature: abs(apart[feature]))
        if apart[most]:
            told[i] = Name(
                f"{name.text}, {MORE[most][apart[most] > 0]}",
                f"{name.rule}; of the same words, differs most in {most}: "
                f"median {_plain(segments[i][most])} against {_plain(others[most])}",
            )
    return told


def _numbered(found: list[Name], segments: Sequence[Middle], kept: set[int]) -> list[Name]:
    """Where words do not tell segments apart, their spend does."""
    told: list[Name] = []
    for i, name in enumerate(found):
        shared = [other.text for j, other in enumerate(found) if j != i]
        if name.text in shared and i not in kept:
            feature = "net_sales" if "net_sales" in segments[i] else next(iter(segments[i]))
            name = Name(f"{name.text}, around {_plain(segments[i][feature])} {feature}", name.rule)
        while name.text in {other.text for other in told}:
            name = Name(f"{name.text} again", name.rule)
        told.append(name)
    return told


def _scale(values: Floats) -> tuple[float, float]:
    """Median and deviation of the logarithms; a deviation of 1 where they do not vary."""
    logs = np.log1p(np.maximum(values, 0))
    return float(np.median(logs)), float(logs.std()) or 1.0


def _far(value: float, scale: tuple[float, float]) -> float:
    middle, deviation = scale
    return round((float(np.log1p(max(value, 0))) - middle) / deviation, 9)


def _word(feature: str, median: float, low: float, middle: float, high: float) -> tuple[str, str]:
    few, many = WORDS[feature]
    if median <= low and median < middle:
        return few, f"median {feature} {_plain(median)} is in the lowest third, up to {_plain(low)}"
    if median >= high and median > middle:
        return many, f"median {feature} {_plain(median)} is in the highest third, from {_plain(high)}"
    return "", ""


def _plain(number: float) -> str:
    return f"{number:.2f}".removesuffix(".00")
