"""The customer segments model: repeat and one-time buyers apart, each group in as many clusters as prove stable.

The features are those of RFM: recency, spend and units, and for repeat buyers also the number of purchases. A shop that
registers its customers may ask for three clusters by registration instead, robust ones or those of the textbook.

Here: the model as a whole, its card and its state.
Not here: how a group is segmented (segmentation.py), and each customer's segment (customer_segments.sql).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecom_lake.engine.contracts.fitted import Card, Curve, Fitted, Past, Point
from ecom_lake.engine.contracts.gate import best_of, unmeasured
from ecom_lake.shop.segments.clustering import Floats
from ecom_lake.shop.segments.fit_state import notes, parameters, read_state
from ecom_lake.shop.segments.groups import Group, groups_of, known_features, sample
from ecom_lake.shop.segments.scale import log_scale
from ecom_lake.shop.segments.segment_centres import SegmentCentres
from ecom_lake.shop.segments.segment_selection import SegmentSelection
from ecom_lake.shop.segments.segmentation import DIGITS, Segmentation, segment_group
from ecom_lake.shop.settings.mining import MiningSettings

READS = ("customer_metrics", "fct_orders", "reporting_period")
VERSION = 3

_SEEN = 20_000
"""Sample size per group for drift and for the chart of the profile."""

Row = dict[str, object]


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    [(as_of,)] = con.execute("select as_of from reporting_period").fetchall()
    groups, why_other_groups = groups_of(con, settings)
    last, last_number = read_state(past, [group.name for group in groups])
    is_kept = bool(last) and past.serves(VERSION, settings, as_of)
    pairs: list[tuple[Group, Segmentation]] = []
    for group in groups:
        before = last.get(group.name)
        can_be_kept = is_kept and before is not None and known_features(con, group)[0] > 0
        found = before if can_be_kept else segment_group(con, group, settings, as_of, before)
        if found is not None:
            pairs.append((group, _numbered(found, last_number)))
            last_number = max(last_number, *(segment.number for segment in pairs[-1][1].segments))
    segmentations = [found for _, found in pairs]
    profiles = [_profile(con, group, found) for group, found in pairs]
    return Fitted(
        {"segment_centres": _centres(pairs), "segment_selection": _selection(segmentations)},
        _card(segmentations, as_of, past.fitted_as_of if is_kept else as_of, why_other_groups, settings),
        rivals=[rival for found in segmentations for rival in found.rivals],
        curves=[*_stability(segmentations), *(curve for curves, _ in profiles for curve in curves)],
        parameters=parameters(segmentations, last_number),
        seen=_shares(con) | {name: value for _, seen in profiles for name, value in seen.items()},
        notes=notes(segmentations),
    )


def _numbered(found: Segmentation, last_number: int) -> Segmentation:
    """New segments get the numbers after the last one that was ever assigned."""
    new = iter(range(last_number + 1, last_number + 1 + len(found.segments)))
    return replace(
        found, segments=tuple(segment if segment.number else replace(segment, number=next(new)) for segment in found.segments)
    )


def _centres(pairs: Sequence[tuple[Group, Segmentation]]) -> pl.DataFrame:
    rows: list[Row] = [
        {
            "segment_id": segment.number,
            "segment": segment.name.text,
            "buyers": group.name,
            "is_one_time": group.is_one_time,
            "is_cluster": bool(segment.centre),
            "scale": found.scale,
            "rule": segment.name.rule,
            **segment.centre,
            **{f"{feature}_deviation": deviation for feature, deviation in found.deviations.items()},
        }
        for group, found in pairs
        for segment in found.segments
    ]
    version = hashlib.blake2b(repr(rows).encode(), digest_size=6).hexdigest()
    return pl.DataFrame([row | {"model_version": version} for row in rows], SegmentCentres.table.schema)


def _selection(segmentations: Sequence[Segmentation]) -> pl.DataFrame:
    kinds = SegmentSelection.table.schema
    rows = [{name: row[name] for name in kinds} for found in segmentations for row in found.candidates]
    return pl.DataFrame(rows, kinds)


def _card(
    segmentations: Sequence[Segmentation],
    as_of: date | None,
    fitted_as_of: date | None,
    why_other_groups: str,
    settings: MiningSettings,
) -> Card:
    decisions = {found.group: found.decision for found in sorted(segmentations, key=lambda found: -found.people)}
    verdict = best_of(decisions.values()) if segmentations else unmeasured("There are no customers.")
    details = (found.verdict for found in segmentations if verdict.gates or decisions[found.group] is not verdict)
    return Card(
        predicts="groups of customers with similar purchase behavior",
        population="all customers with a valid order",
        as_of=as_of,
        trained_on=f"customer_metrics, a random sample of at most {settings.fit_sample:,} customers of each group",
        n=sum(found.people for found in segmentations),
        verdict=verdict,
        details=" ".join(filter(None, (why_other_groups.strip(), *details))),
        fitted_as_of=fitted_as_of,
    )


def _stability(segmentations: Sequence[Segmentation]) -> list[Curve]:
    return [
        Curve("stability", found.group, [_stability_point(row) for row in found.candidates])
        for found in segmentations
        if found.candidates
    ]


def _stability_point(row: Row) -> Point:
    k, ari, low, high = (float(str(row[name])) for name in ("k", "bootstrap_ari", "low", "high"))
    return Point(k, ari, min(low, ari), max(high, ari), label=f"{k:.0f} segments")


def _profile(con: duckdb.DuckDBPyConnection, group: Group, found: Segmentation) -> tuple[list[Curve], dict[str, float]]:
    """The current profile of the group's segments, in deviations from the group's mean, and the numbers watched for drift."""
    values = sample(con, group, known_features(con, group)[1], _SEEN)
    logs = {feature: log_scale(of) for feature, of in values.items()}
    seen = {f"{found.group}: mean of ln(1 + {feature})": float(of.mean()) for feature, of in logs.items()}
    if not set(found.features) & set(logs):
        return [], _rounded(seen)
    labels = found.assign(values)
    curves = []
    for i, segment in enumerate(found.segments):
        seen[f"segment {segment.number}: share of {found.group}"] = float(np.mean(labels == i))
        if np.any(labels == i):
            profile = [(feature, _median_deviation(of, labels == i)) for feature, of in logs.items()]
            points = [Point(x, value, label=feature) for x, (feature, value) in enumerate(profile)]
            short = segment.name.text.removesuffix(f" {found.group}")
            curves.append(Curve(f"profile of {found.group}", short, points))
    return curves, _rounded(seen)


def _median_deviation(logs: Floats, own: NDArray[np.bool_]) -> float:
    deviation = float(logs.std())
    return round((float(np.median(logs[own])) - float(logs.mean())) / deviation, DIGITS) if deviation > 0 else 0.0


def _shares(con: duckdb.DuckDBPyConnection) -> dict[str, float]:
    counted = con.execute("select count(*), count(*) filter (where purchases = 1) from customer_metrics").fetchall()
    [(people, once)] = counted
    return _rounded({"share of one-time buyers": once / people, "people": people}) if people else {}


def _rounded(seen: dict[str, float]) -> dict[str, float]:
    return {name: round(float(value), DIGITS) for name, value in seen.items()}
