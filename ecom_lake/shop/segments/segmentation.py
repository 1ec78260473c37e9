"""How one group of people is parted: by K-Means, by a rule that does as well, or not at all, each with its verdict.

Here: the way from people to segments, and which of them are those of the last fit. Not here: the people (segment_people.py),
the number of segments (segment_choice.py), the rule (segment_rule.py), what is kept (segment_memory.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import numpy as np

from ecom_lake.engine.contracts.fitted import Rival
from ecom_lake.engine.contracts.gate import Gate, Verdict, against_threshold, decide, unmeasured
from ecom_lake.shop.segments.choice import Tried, tighter, try_all
from ecom_lake.shop.segments.clustering import Floats, Labels, nearest, settle
from ecom_lake.shop.segments.grid_rule import GRID, KMEANS, Explained, cells, told_of_later, told_of_others, worth_gates
from ecom_lake.shop.segments.names import Name, names
from ecom_lake.shop.segments.people import Group, known, later, log, sample
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.intervals import bootstrap_estimate

DIGITS = 6
"""Of centres and deviations. The rounded numbers are the model: whoever reads them puts people into the same segments."""
WHOLE = "one segment"
_JUDGED, _JUDGED_LATER = 20_000, 100_000
"""Most people on whom K-Means and the rule are held against each other, by what they are like, and by what they buy later."""
_SAME = 0.5
"""Two segments are the same where at least so much of the people in either of them is in both."""
_AS_NAMED = " (when it was named)"

Numbers = dict[str, float]


@dataclass(frozen=True)
class Segment:
    number: int
    """0 until it gets one."""
    name: Name
    centre: Numbers
    """In plain units; empty where it holds the whole group."""


@dataclass(frozen=True)
class Part:
    """A group, parted."""

    noun: str
    people: int
    method: str
    verdict: str
    deviations: Numbers
    segments: tuple[Segment, ...]
    tried: tuple[dict[str, object], ...] = ()
    """The rows of the selection table."""
    rivals: tuple[Rival, ...] = ()
    gates: tuple[Gate, ...] = ()
    """Those that K-Means had to pass; none where it could not be tried."""

    @property
    def decision(self) -> Verdict:
        return decide(*self.gates, fallback=GRID) if self.gates else unmeasured(self.verdict)

    @property
    def features(self) -> list[str]:
        return list(self.deviations)

    def place(self, logs: Mapping[str, Floats]) -> Labels:
        """The place in `segments` of each of the people, by those features that are known of them."""
        features = [feature for feature in self.features if feature in logs]
        scale = np.array([self.deviations[feature] for feature in features])
        centres = np.log1p([[segment.centre[feature] for feature in features] for segment in self.segments]) / scale
        return nearest(np.stack([logs[feature] for feature in features], axis=1) / scale, centres)[0]


def part(
    con: duckdb.DuckDBPyConnection, group: Group, settings: MiningSettings, as_of: date | None, last: Part | None
) -> Part | None:
    """The group parted anew, its segments numbered and named as in the last fit where they are the same; None of nobody."""
    people, features = known(con, group)
    if people == 0:
        return None
    if group.undivided:
        return _whole(group, people, group.undivided, last)
    if people < settings.min_customers:
        return _whole(group, people, f"fewer than {settings.min_customers} people are too few to part", last)
    values = sample(con, group, features, settings.fit_sample)
    telling = [feature for feature, of in values.items() if round(float(np.std(log(of))), DIGITS) > 0]
    if not telling:
        return _whole(group, people, "nothing that is known tells them apart", last)
    return _Parting(con, group, people, values, telling, settings, as_of, last).made()


def _whole(group: Group, people: int, why: str, last: Part | None, tried: Sequence[Tried] = ()) -> Part:
    number = last.segments[0].number if last and last.method == WHOLE else 0
    segment = Segment(number, Name(group.noun.capitalize(), f"all {group.noun}: {why}"), {})
    verdict = f"{group.noun.capitalize()} are one segment: {why}."
    return Part(group.noun, people, WHOLE, verdict, {}, (segment,), _rows(group, tried))


def _rows(group: Group, tried: Sequence[Tried]) -> tuple[dict[str, object], ...]:
    return tuple(
        {
            "buyers": group.noun,
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
        for one in tried
    )


def stability_gates(chosen: Tried, settings: MiningSettings, *, is_kept: bool, noun: str) -> tuple[Gate, Gate]:
    """The number of segments of the last fit may miss its bars a little (segment_choice.py)."""
    least = 1 - (settings.segment_slack if is_kept else 0.0)
    found = bootstrap_estimate(chosen.bootstrap_ari, np.asarray(chosen.agreements))
    value, interval = found.value, (found.low, found.high)
    agreement = f"agreement with segments of resampled people, {noun}"
    return (
        against_threshold(KMEANS, agreement, settings.min_stability * least, value, interval),
        against_threshold(KMEANS, f"share of the smallest segment, {noun}", settings.min_segment_share * least, chosen.min_share),
    )


class _Parting:
    """A group that may be parted, with what the steps share."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        group: Group,
        people: int,
        values: Mapping[str, Floats],
        telling: list[str],
        settings: MiningSettings,
        as_of: date | None,
        last: Part | None,
    ) -> None:
        self.con, self.group, self.people, self.as_of, self.last = con, group, people, as_of, last
        self.settings = settings
        if group.clusters:
            self.settings = replace(settings, fewest_segments=group.clusters, most_segments=group.clusters)
        self.values, self.telling = values, telling
        self.logs = {feature: log(values[feature]) for feature in telling}
        measured = np.stack([self.logs[feature] for feature in telling], axis=1)
        self.mean, self.deviation = measured.mean(axis=0), measured.std(axis=0)
        self.points = (measured - self.mean) / self.deviation
        self.axes = [telling.index(axis) for axis in group.axes if axis in telling] or [0]

    def made(self) -> Part:
        warm = self._last_centres()
        tried = try_all(self.points[: self.settings.choice_sample], self.settings, warm)
        chosen = next((one for one in tried if one.chosen), None)
        if chosen is None:
            return _whole(self.group, self.people, "no number of segments proved stable", self.last, tried)
        others, after = self._explained(chosen.k)
        was_taken = self.last is not None and self.last.method == KMEANS
        gates = (
            *worth_gates(others, after, was_taken, self._measures),
            *stability_gates(chosen, self.settings, is_kept=warm is not None and len(warm) == chosen.k, noun=self.group.noun),
        )
        made = self._kmeans if decide(*gates).is_published else self._rule
        return replace(made(chosen, warm, tried, others, after), gates=gates)

    @property
    def _measures(self) -> tuple[str, str]:
        noun, days = self.group.noun, self.settings.churn_days
        return f"differences between people told, {noun}", f"spend of the next {days} days told, {noun}"

    def _last_centres(self) -> Floats | None:
        """Those of the last fit, on today's scale."""
        if self.last is None or self.last.method != KMEANS or set(self.last.features) != set(self.telling):
            return None
        plain = [[segment.centre[feature] for feature in self.telling] for segment in self.last.segments]
        return np.asarray((np.log1p(plain) - self.mean) / self.deviation)

    def _explained(self, k: int) -> tuple[Explained, Explained | None]:
        others = told_of_others(self.points[:_JUDGED], self.axes, k, self.settings)
        if self.as_of is None:
            return others, None
        then = later(self.con, self.group, self.telling, self.as_of, self.settings.churn_days, _JUDGED_LATER)
        logs = [log(of) for of in then.features.values()]
        if len(then.spent) < self.settings.min_customers or not all(of.std() > 0 for of in logs):
            return others, None
        points = np.stack([(of - of.mean()) / of.std() for of in logs], axis=1)
        return others, told_of_later(points, then.spent, self.axes, k, self.settings)

    def _kmeans(self, chosen: Tried, warm: Floats | None, tried: list[Tried], others: Explained, after: Explained | None) -> Part:
        centres = settle(self.points, chosen.centres)
        if warm is not None and len(warm) == chosen.k:
            centres = tighter(self.points, settle(self.points, warm), centres)
        verdict = (
            f"{self.group.noun.capitalize()} are {chosen.k} segments: they come back on resampled people "
            f"({chosen.bootstrap_ari:.2f} of 1) and {self._compared(others, after)}."
        )
        return self._described(KMEANS, centres, self.telling, verdict, tried, others, after)

    def _rule(self, chosen: Tried, _: Floats | None, tried: list[Tried], others: Explained, after: Explained | None) -> Part:
        axes = [self.telling[axis] for axis in self.axes]
        why = f"Not taken all the same: a grid of quantiles of {' and '.join(axes)} does as well."
        tried = [replace(one, chosen=False, reason=f"{one.reason} {why}") if one is chosen else one for one in tried]
        columns = self.points[:, self.axes]
        grid = cells(list(columns.T), chosen.k)
        centres = grid[np.unique(nearest(columns, grid)[0])]
        verdict = (
            f"{self.group.noun.capitalize()} are {len(centres)} segments by a grid of quantiles of {' and '.join(axes)}, "
            f"which does as well as K-Means: K-Means' {chosen.k} segments {self._compared(others, after)}."
        )
        return self._described(GRID, centres, axes, verdict, tried, others, after)

    def _compared(self, others: Explained, after: Explained | None) -> str:
        said = f"tell {others.kmeans[0]:.1%} of the differences between people, a grid of quantiles {others.rule[0]:.1%}"
        if after is None:
            return f"{said}; too few came back lately to say which tells more of what people buy later"
        days = self.settings.churn_days
        if max(after.kmeans[1], after.rule[1]) <= 0:
            return f"{said}; neither tells what people spend in the next {days} days"
        return f"{said}; of the spend of the next {days} days they tell {after.kmeans[0]:.2%}, the grid {after.rule[0]:.2%}"

    def _described(
        self,
        method: str,
        centres: Floats,
        features: list[str],
        verdict: str,
        tried: list[Tried],
        others: Explained,
        after: Explained | None,
    ) -> Part:
        at = [self.telling.index(feature) for feature in features]
        plain = np.round(np.expm1(centres * self.deviation[at] + self.mean[at]), DIGITS)
        deviations = {feature: round(float(self.deviation[i]), DIGITS) for feature, i in zip(features, at, strict=True)}
        unnamed = [Segment(0, Name("", ""), dict(zip(features, map(float, centre), strict=True))) for centre in plain]
        bare = Part(self.group.noun, self.people, method, verdict, deviations, tuple(unnamed), _rows(self.group, tried))
        labels = bare.place(self.logs)
        medians = [
            {feature: float(np.median(of[labels == i])) for feature, of in self.values.items()} for i in range(len(centres))
        ]
        order = sorted(range(len(centres)), key=lambda i: (-medians[i]["net_sales"], tuple(unnamed[i].centre.values())))
        same = self._same(labels, len(centres))
        named = _renamed([medians[i] for i in order], self.values, self.group.noun, [same.get(i) for i in order])
        segments = tuple(
            Segment(same[i].number if i in same else 0, name, unnamed[i].centre) for i, name in zip(order, named, strict=True)
        )
        return replace(bare, segments=segments, rivals=self._rivals(others, after))

    def _same(self, labels: Labels, k: int) -> dict[int, Segment]:
        """The segments of the last fit that these are, by the people whom they share."""
        if self.last is None or not self.last.features or not set(self.last.features) <= set(self.telling):
            return {}
        from scipy.optimize import linear_sum_assignment

        before, segments = self.last.place(self.logs), self.last.segments
        shared = np.bincount(labels * len(segments) + before, minlength=k * len(segments)).reshape(k, len(segments))
        either = shared.sum(axis=1)[:, None] + shared.sum(axis=0)[None, :] - shared
        now, then = linear_sum_assignment(-shared / np.maximum(either, 1))
        return {int(i): segments[j] for i, j in zip(now, then, strict=True) if shared[i, j] >= _SAME * max(int(either[i, j]), 1)}

    def _rivals(self, others: Explained, after: Explained | None) -> tuple[Rival, ...]:
        return tuple(
            Rival(name, measure, *(round(number, DIGITS) for number in told))
            for measure, explained in zip(self._measures, (others, after), strict=True)
            if explained
            for name, told in ((KMEANS, explained.kmeans), (GRID, explained.rule), ("gain of K-Means", explained.gain))
        )


def _renamed(medians: list[Numbers], people: Mapping[str, Floats], noun: str, same: Sequence[Segment | None]) -> list[Name]:
    """Fresh names, but that a segment of the last fit keeps its own; so it does its rule, where another name would fit it now."""
    fresh = names(medians, people, noun)
    kept = {}
    for i, (segment, now) in enumerate(zip(same, fresh, strict=True)):
        if segment and segment.name.text == now.text:
            kept[i] = now
        elif segment:
            kept[i] = Name(segment.name.text, segment.name.rule.removesuffix(_AS_NAMED) + _AS_NAMED)
    return names(medians, people, noun, kept)
