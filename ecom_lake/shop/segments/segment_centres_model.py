"""Which kinds of customer are there? One-time and repeat buyers apart, each group in as many clusters as prove stable.

The features are those of RFM, which every shop knows: how long ago, how much, how many; of repeat buyers also how often.
A shop that registers its customers may ask for three clusters by registration instead.
Here: the model as a whole, what is kept of it from run to run, and what it says of itself. Not here: how a group is parted
(segment_parts.py), and who belongs to which segment (shop/segments/customer_segments.sql).
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
from ecom_lake.shop.segments.memory import notes, parameters, recall
from ecom_lake.shop.segments.people import Group, groups_of, known, log, sample
from ecom_lake.shop.segments.segment_centres import SegmentCentres
from ecom_lake.shop.segments.segment_selection import SegmentSelection
from ecom_lake.shop.segments.segmentation import DIGITS, Part, part
from ecom_lake.shop.settings.mining import MiningSettings

READS = ("customer_metrics", "fct_orders", "dim_date")
VERSION = 3

_SEEN = 20_000
"""Most people of a group whose features are looked at for drift and for the picture of the profile."""

Row = dict[str, object]


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    [(as_of,)] = con.execute("select max(date) from dim_date where is_as_of").fetchall()
    groups, otherwise = groups_of(con, settings)
    last, last_number = recall(past, [group.noun for group in groups])
    is_kept = bool(last) and past.serves(VERSION, settings, as_of)
    parts: list[tuple[Group, Part]] = []
    for group in groups:
        before = last.get(group.noun)
        made = before if is_kept and before and known(con, group)[0] else part(con, group, settings, as_of, before)
        if made is not None:
            parts.append((group, _numbered(made, last_number)))
            last_number = max(last_number, *(segment.number for segment in parts[-1][1].segments))
    alone = [made for _, made in parts]
    looks = [_look(con, group, made) for group, made in parts]
    return Fitted(
        {"segment_centres": _centres(parts), "segment_selection": _selection(alone)},
        _card(alone, as_of, past.fitted_as_of if is_kept else as_of, otherwise, settings),
        rivals=[rival for made in alone for rival in made.rivals],
        curves=[*_stability(alone), *(curve for curves, _ in looks for curve in curves)],
        parameters=parameters(alone, last_number),
        seen=_shares(con) | {name: value for _, seen in looks for name, value in seen.items()},
        notes=notes(alone),
    )


def _numbered(made: Part, last_number: int) -> Part:
    """New segments get the numbers after the last that was ever given."""
    new = iter(range(last_number + 1, last_number + 1 + len(made.segments)))
    return replace(
        made, segments=tuple(segment if segment.number else replace(segment, number=next(new)) for segment in made.segments)
    )


def _centres(parts: Sequence[tuple[Group, Part]]) -> pl.DataFrame:
    rows: list[Row] = [
        {
            "segment_id": segment.number,
            "segment": segment.name.text,
            "buyers": group.noun,
            "is_one_time": group.is_one_time,
            "is_cluster": bool(segment.centre),
            "rule": segment.name.rule,
            **segment.centre,
            **{f"{feature}_deviation": deviation for feature, deviation in made.deviations.items()},
        }
        for group, made in parts
        for segment in made.segments
    ]
    version = hashlib.blake2b(repr(rows).encode(), digest_size=6).hexdigest()
    return pl.DataFrame([row | {"model_version": version} for row in rows], SegmentCentres.table.schema)


def _selection(parts: Sequence[Part]) -> pl.DataFrame:
    kinds = SegmentSelection.table.schema
    return pl.DataFrame([{name: row[name] for name in kinds} for made in parts for row in made.tried], kinds)


def _card(parts: Sequence[Part], as_of: date | None, fitted_as_of: date | None, otherwise: str, settings: MiningSettings) -> Card:
    decisions = {made.noun: made.decision for made in sorted(parts, key=lambda made: -made.people)}
    verdict = best_of(decisions.values()) if parts else unmeasured("There are no customers.")
    details = (made.verdict for made in parts if verdict.gates or decisions[made.noun] is not verdict)
    return Card(
        predicts="which customers buy alike",
        population="everybody with a valid order",
        as_of=as_of,
        trained_on=f"customer_metrics, at most {settings.fit_sample:,} people of each group, drawn by lot",
        n=sum(made.people for made in parts),
        verdict=verdict,
        details=" ".join(filter(None, (otherwise.strip(), *details))),
        fitted_as_of=fitted_as_of,
    )


def _stability(parts: Sequence[Part]) -> list[Curve]:
    return [Curve("stability", made.noun, [_again(row) for row in made.tried]) for made in parts if made.tried]


def _again(row: Row) -> Point:
    k, ari, low, high = (float(str(row[name])) for name in ("k", "bootstrap_ari", "low", "high"))
    return Point(k, ari, min(low, ari), max(high, ari), label=f"{k:.0f} segments")


def _look(con: duckdb.DuckDBPyConnection, group: Group, made: Part) -> tuple[list[Curve], dict[str, float]]:
    """The group as it is today: the profile of its segments, in deviations from the group's mean, and what drifts."""
    values = sample(con, group, known(con, group)[1], _SEEN)
    logs = {feature: log(of) for feature, of in values.items()}
    seen = {f"{made.noun}: mean of ln(1 + {feature})": float(of.mean()) for feature, of in logs.items()}
    if not set(made.features) & set(logs):
        return [], _rounded(seen)
    labels = made.place(logs)
    curves = []
    for i, segment in enumerate(made.segments):
        seen[f"segment {segment.number}: share of {made.noun}"] = float(np.mean(labels == i))
        if np.any(labels == i):
            middle = [(feature, _deviates(of, labels == i)) for feature, of in logs.items()]
            points = [Point(x, value, label=feature) for x, (feature, value) in enumerate(middle)]
            short = segment.name.text.removesuffix(f" {made.noun}")
            curves.append(Curve(f"profile of {made.noun}", short, points))
    return curves, _rounded(seen)


def _deviates(logs: Floats, own: NDArray[np.bool_]) -> float:
    deviation = float(logs.std())
    return round((float(np.median(logs[own])) - float(logs.mean())) / deviation, DIGITS) if deviation > 0 else 0.0


def _shares(con: duckdb.DuckDBPyConnection) -> dict[str, float]:
    counted = con.execute("select count(*), count(*) filter (where purchases = 1) from customer_metrics").fetchall()
    [(people, once)] = counted
    return _rounded({"share of one-time buyers": once / people, "people": people}) if people else {}


def _rounded(seen: dict[str, float]) -> dict[str, float]:
    return {name: round(float(value), DIGITS) for name, value in seen.items()}
