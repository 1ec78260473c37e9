"""The segmentation of one group of customers: by K-Means, by a quantile grid that does as well, or not at all.

Here: the steps from customers to named segments, and the matching with the segments of the last fit. Not here: the customers
(groups.py), the number of segments (choice.py), the grid (grid_rule.py), what the next fit reads (fit_state.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import numpy as np

from ecom_lake.engine.contracts.fitted import Rival
from ecom_lake.engine.contracts.gate import Gate, Verdict, against_threshold, decide, unmeasured
from ecom_lake.shop.segments.choice import Clustering, evaluate, tighter
from ecom_lake.shop.segments.clustering import Floats, Labels, lloyd, nearest
from ecom_lake.shop.segments.grid_rule import (
    GRID,
    KMEANS,
    ExplainedVariance,
    explained_differences,
    explained_future_spend,
    grid_centres,
    improvement_gates,
)
from ecom_lake.shop.segments.groups import Group, earlier_members, known_features, sample
from ecom_lake.shop.segments.names import Name, names
from ecom_lake.shop.segments.scale import LOGARITHMIC, Scale, from_scale, log_scale, to_scale
from ecom_lake.shop.segments.textbook import TEXTBOOK, textbook_clustering, textbook_verdict
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.intervals import bootstrap_estimate

DIGITS = 6
"""Of centres and deviations. The rounded numbers are the model: every reader assigns customers to the same segments."""
WHOLE = "one segment"
_COMPARED, _COMPARED_LATER = 20_000, 100_000
"""Sample sizes of the comparison of K-Means with the grid, by features and by later spend."""
_SAME_SEGMENT = 0.5
"""Two segments are the same where the customers in both are at least this share of the customers in either."""
_WHEN_NAMED = " (when it was named)"

Numbers = dict[str, float]


@dataclass(frozen=True)
class Segment:
    number: int
    """0 until one is assigned."""
    name: Name
    centre: Numbers
    """In plain units; empty where the segment is the whole group."""


@dataclass(frozen=True)
class Segmentation:
    """A group and its segments."""

    group: str
    people: int
    method: str
    verdict: str
    deviations: Numbers
    segments: tuple[Segment, ...]
    candidates: tuple[dict[str, object], ...] = ()
    """The rows of segment_selection."""
    rivals: tuple[Rival, ...] = ()
    gates: tuple[Gate, ...] = ()
    """The gates that K-Means had to pass; empty where it could not be evaluated."""
    scale: Scale = LOGARITHMIC
    """The scale of the deviations and of the distances between customers."""

    @property
    def decision(self) -> Verdict:
        if self.gates:
            return decide(*self.gates, fallback=GRID)
        return unmeasured(self.verdict, TEXTBOOK if self.method == TEXTBOOK else None)

    @property
    def features(self) -> list[str]:
        return list(self.deviations)

    def assign(self, values: Mapping[str, Floats]) -> Labels:
        """The position in `segments` of each customer's segment, by the features that are known."""
        features = [feature for feature in self.features if feature in values]
        deviations = np.array([self.deviations[feature] for feature in features])
        plain = np.array([[segment.centre[feature] for feature in features] for segment in self.segments])
        members = np.stack([values[feature] for feature in features], axis=1)
        return nearest(to_scale(members, self.scale) / deviations, to_scale(plain, self.scale) / deviations)[0]


@dataclass(frozen=True)
class Comparison:
    """How much K-Means and the grid explain on held-out customers."""

    features: ExplainedVariance
    spend: ExplainedVariance | None
    """Of later spend; None where too few customers ordered again."""


def segment_group(
    con: duckdb.DuckDBPyConnection, group: Group, settings: MiningSettings, as_of: date | None, last: Segmentation | None
) -> Segmentation | None:
    """A new segmentation, with the numbers and names of the last fit where segments are the same; None for an empty group."""
    people, features = known_features(con, group)
    if people == 0:
        return None
    if group.single_segment_because:
        return _whole(group, people, group.single_segment_because, last)
    if people < settings.min_customers and not group.is_textbook:
        return _whole(group, people, f"fewer than {settings.min_customers} customers are too few to split", last)
    values = sample(con, group, features, settings.fit_sample)
    varying = [feature for feature, of in values.items() if round(float(np.std(to_scale(of, group.scale))), DIGITS) > 0]
    if not varying:
        return _whole(group, people, "no known feature differs between its customers", last)
    return _Fit(con, group, people, values, varying, settings, as_of, last).segmentation()


def _whole(group: Group, people: int, why: str, last: Segmentation | None, tried: Sequence[Clustering] = ()) -> Segmentation:
    number = last.segments[0].number if last and last.method == WHOLE else 0
    segment = Segment(number, Name(group.name.capitalize(), f"all {group.name}: {why}"), {})
    verdict = f"{group.name.capitalize()} are one segment: {why}."
    return Segmentation(group.name, people, WHOLE, verdict, {}, (segment,), _rows(group, tried))


def _rows(group: Group, clusterings: Sequence[Clustering]) -> tuple[dict[str, object], ...]:
    return tuple(
        {
            "buyers": group.name,
            "k": one.k,
            "silhouette": round(one.silhouette, DIGITS),
            "calinski_harabasz": round(one.calinski_harabasz, DIGITS),
            "bootstrap_ari": round(one.bootstrap_ari, DIGITS),
            "low": round(float(np.quantile(one.agreements, 0.1)), DIGITS),
            "high": round(float(np.quantile(one.agreements, 0.9)), DIGITS),
            "min_share": round(one.min_share, DIGITS),
            "chosen": one.chosen,
            "reason": one.reason,
        }
        for one in clusterings
    )


def stability_gates(chosen: Clustering, settings: MiningSettings, *, is_kept: bool, group: str) -> tuple[Gate, Gate]:
    """The number of segments of the last fit may miss the thresholds by `segment_slack` (choice.py)."""
    least = 1 - (settings.segment_slack if is_kept else 0.0)
    found = bootstrap_estimate(chosen.bootstrap_ari, np.asarray(chosen.agreements))
    value, interval = found.value, (found.low, found.high)
    agreement = f"agreement with the segments of resampled customers, {group}"
    smallest = f"share of the smallest segment, {group}"
    return (
        against_threshold(KMEANS, agreement, settings.min_stability * least, value, interval),
        against_threshold(KMEANS, smallest, settings.min_segment_share * least, chosen.min_share),
    )


class _Fit:
    """The fit of one group that can be split, with the data that its steps share."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        group: Group,
        people: int,
        values: Mapping[str, Floats],
        features: list[str],
        settings: MiningSettings,
        as_of: date | None,
        last: Segmentation | None,
    ) -> None:
        self.con, self.group, self.people, self.as_of, self.last = con, group, people, as_of, last
        self.settings = settings
        if group.fixed_k:
            self.settings = settings.with_changes(fewest_segments=group.fixed_k, most_segments=group.fixed_k)
        self.values, self.features = values, features
        measured = np.stack([to_scale(values[feature], group.scale) for feature in features], axis=1)
        self.mean, self.deviation = measured.mean(axis=0), measured.std(axis=0)
        self.points = (measured - self.mean) / self.deviation
        self.grid_axes = [features.index(axis) for axis in group.grid_features if axis in features] or [0]

    def segmentation(self) -> Segmentation:
        if self.group.is_textbook:
            return self._by_textbook()
        warm = self._last_centres()
        clusterings = evaluate(self.points[: self.settings.choice_sample], self.settings, warm)
        chosen = next((one for one in clusterings if one.chosen), None)
        if chosen is None:
            return _whole(self.group, self.people, "no number of segments is stable", self.last, clusterings)
        compared = self._compared_with_grid(chosen.k)
        was_kmeans = self.last is not None and self.last.method == KMEANS
        is_kept = warm is not None and len(warm) == chosen.k
        gates = (
            *improvement_gates(compared.features, compared.spend, was_kmeans, self._metrics),
            *stability_gates(chosen, self.settings, is_kept=is_kept, group=self.group.name),
        )
        by_method = self._by_kmeans if decide(*gates).is_published else self._by_grid
        return replace(by_method(chosen, warm, clusterings, compared), gates=gates)

    def _by_textbook(self) -> Segmentation:
        k, different = self.settings.fewest_segments, len(np.unique(self.points[: self.settings.choice_sample], axis=0))
        if different <= k:
            why = f"customers who differ in {different} ways are too few for {k} clusters"
            return _whole(self.group, self.people, why, self.last)
        chosen = textbook_clustering(self.points, k, self.settings)
        verdict = textbook_verdict(self.group.name, self.people, len(self.points), self.features, chosen, self.settings)
        return self._described(TEXTBOOK, chosen.centres, self.features, verdict, [chosen])

    @property
    def _metrics(self) -> tuple[str, str]:
        group, days = self.group.name, self.settings.churn_days
        return f"explained variance of features, {group}", f"explained variance of spend in the next {days} days, {group}"

    def _last_centres(self) -> Floats | None:
        """The centres of the last fit, on the current scale."""
        if self.last is None or self.last.method != KMEANS or set(self.last.features) != set(self.features):
            return None
        plain = [[segment.centre[feature] for feature in self.features] for segment in self.last.segments]
        return np.asarray((np.log1p(plain) - self.mean) / self.deviation)

    def _compared_with_grid(self, k: int) -> Comparison:
        features = explained_differences(self.points[:_COMPARED], self.grid_axes, k, self.settings)
        if self.as_of is None:
            return Comparison(features, None)
        earlier = earlier_members(self.con, self.group, self.features, self.as_of, self.settings.churn_days, _COMPARED_LATER)
        logs = [log_scale(of) for of in earlier.features.values()]
        if len(earlier.spent) < self.settings.min_customers or not all(of.std() > 0 for of in logs):
            return Comparison(features, None)
        points = np.stack([(of - of.mean()) / of.std() for of in logs], axis=1)
        return Comparison(features, explained_future_spend(points, earlier.spent, self.grid_axes, k, self.settings))

    def _by_kmeans(
        self, chosen: Clustering, warm: Floats | None, clusterings: list[Clustering], compared: Comparison
    ) -> Segmentation:
        centres = lloyd(self.points, chosen.centres)
        if warm is not None and len(warm) == chosen.k:
            centres = tighter(self.points, lloyd(self.points, warm), centres)
        verdict = (
            f"{self.group.name.capitalize()} form {chosen.k} segments, which are stable (agreement {chosen.bootstrap_ari:.2f} on "
            f"resampled customers). They {self._explanation(compared)}."
        )
        found = self._described(KMEANS, centres, self.features, verdict, clusterings)
        return replace(found, rivals=self._rivals(compared))

    def _by_grid(self, chosen: Clustering, _: Floats | None, clusterings: list[Clustering], compared: Comparison) -> Segmentation:
        axes = [self.features[axis] for axis in self.grid_axes]
        why = f"Not used: a quantile grid of {' and '.join(axes)} does as well."
        rows = [replace(one, chosen=False, reason=f"{one.reason} {why}") if one is chosen else one for one in clusterings]
        columns = self.points[:, self.grid_axes]
        grid = grid_centres(list(columns.T), chosen.k)
        centres = grid[np.unique(nearest(columns, grid)[0])]
        verdict = (
            f"{self.group.name.capitalize()} form {len(centres)} segments by a quantile grid of {' and '.join(axes)}, "
            f"which does as well as K-Means: the {chosen.k} segments of K-Means {self._explanation(compared)}."
        )
        return replace(self._described(GRID, centres, axes, verdict, rows), rivals=self._rivals(compared))

    def _explanation(self, compared: Comparison) -> str:
        by_kmeans, by_grid = compared.features.kmeans[0], compared.features.grid[0]
        text = f"explain {by_kmeans:.1%} of the differences between customers, a quantile grid {by_grid:.1%}"
        if compared.spend is None:
            return f"{text}; too few customers ordered again to compare them by later spend"
        days = self.settings.churn_days
        if max(compared.spend.kmeans[1], compared.spend.grid[1]) <= 0:
            return f"{text}; neither predicts the spend of the next {days} days"
        later = f"of the spend in the next {days} days they explain {compared.spend.kmeans[0]:.2%}"
        return f"{text}; {later}, the grid {compared.spend.grid[0]:.2%}"

    def _described(
        self, method: str, centres: Floats, features: list[str], verdict: str, clusterings: list[Clustering]
    ) -> Segmentation:
        at = [self.features.index(feature) for feature in features]
        scale = self.group.scale
        plain = np.round(from_scale(centres * self.deviation[at] + self.mean[at], scale), DIGITS)
        deviations = {feature: round(float(self.deviation[i]), DIGITS) for feature, i in zip(features, at, strict=True)}
        unnamed = [Segment(0, Name("", ""), dict(zip(features, map(float, centre), strict=True))) for centre in plain]
        rows = _rows(self.group, clusterings)
        found = Segmentation(self.group.name, self.people, method, verdict, deviations, tuple(unnamed), rows, scale=scale)
        labels = found.assign(self.values)
        medians = [
            {feature: float(np.median(of[labels == i])) for feature, of in self.values.items()} for i in range(len(centres))
        ]
        order = sorted(range(len(centres)), key=lambda i: (-medians[i]["net_sales"], tuple(unnamed[i].centre.values())))
        same = self._same_segments(labels, len(centres))
        named = _with_kept_names([medians[i] for i in order], self.values, self.group.name, [same.get(i) for i in order])
        segments = tuple(
            Segment(same[i].number if i in same else 0, name, unnamed[i].centre) for i, name in zip(order, named, strict=True)
        )
        return replace(found, segments=segments)

    def _same_segments(self, labels: Labels, k: int) -> dict[int, Segment]:
        """For each label, the segment of the last fit that holds the same customers, where there is one."""
        if self.last is None or not self.last.features or not set(self.last.features) <= set(self.features):
            return {}
        from scipy.optimize import linear_sum_assignment

        before, segments = self.last.assign(self.values), self.last.segments
        in_both = np.bincount(labels * len(segments) + before, minlength=k * len(segments)).reshape(k, len(segments))
        in_either = in_both.sum(axis=1)[:, None] + in_both.sum(axis=0)[None, :] - in_both
        now, then = linear_sum_assignment(-in_both / np.maximum(in_either, 1))
        return {
            int(i): segments[j]
            for i, j in zip(now, then, strict=True)
            if in_both[i, j] >= _SAME_SEGMENT * max(int(in_either[i, j]), 1)
        }

    def _rivals(self, compared: Comparison) -> tuple[Rival, ...]:
        return tuple(
            Rival(name, metric, *(round(number, DIGITS) for number in interval))
            for metric, explained in zip(self._metrics, (compared.features, compared.spend), strict=True)
            if explained
            for name, interval in ((KMEANS, explained.kmeans), (GRID, explained.grid), ("gain of K-Means", explained.gain))
        )


def _with_kept_names(
    medians: list[Numbers], customers: Mapping[str, Floats], group: str, same: Sequence[Segment | None]
) -> list[Name]:
    """New names, but a segment of the last fit keeps its name, and its rule too where another name would fit it now."""
    fresh = names(medians, customers, group)
    kept = {}
    for i, (segment, now) in enumerate(zip(same, fresh, strict=True)):
        if segment and segment.name.text == now.text:
            kept[i] = now
        elif segment:
            kept[i] = Name(segment.name.text, segment.name.rule.removesuffix(_WHEN_NAMED) + _WHEN_NAMED)
    return names(medians, customers, group, kept)
