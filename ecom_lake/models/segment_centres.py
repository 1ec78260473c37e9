"""Which kinds of customer are there? One-time and repeat buyers apart, each group in as many clusters as prove stable.

The features are those of RFM, which every shop knows: how long ago, how much, how many; of repeat buyers also how often.
Where a group is too small, too alike, or has no stable clusters, it is one segment, and the rule says so.
Not here: how clusters are found (clustering.py), what they are called (segment_names.py), and who belongs to which
(marts/customer_segments.sql).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from ecom_lake.contracts.gold.segment_centres import SegmentCentres
from ecom_lake.contracts.mining_settings import MiningSettings
from ecom_lake.models.clustering import Floats, Labels, choose, nearest, settle
from ecom_lake.models.fitted import Card, Fitted, Past
from ecom_lake.models.segment_names import Name, names

READS = ("customer_metrics",)
VERSION = 1

_DIGITS = 6
"""Of centres and deviations. The rounded numbers are the model: whoever reads them puts people into the same segments."""

Row = dict[str, object]


@dataclass(frozen=True)
class Group:
    """People who are never in a segment with others."""

    noun: str
    is_one_time: bool
    features: tuple[str, ...]

    @property
    def members(self) -> str:
        return f"(purchases = 1) = {self.is_one_time}"


GROUPS = (
    Group("repeat buyers", False, ("recency_days", "net_sales", "units", "purchases")),
    Group("one-time buyers", True, ("recency_days", "net_sales", "units")),
)


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    rows = [row for group in GROUPS for row in segments(con, group, settings)]
    version = hashlib.blake2b(repr(rows).encode(), digest_size=6).hexdigest()
    schema = {name: column.kind.polars for name, column in SegmentCentres.table.columns.items()}
    centres = pl.DataFrame([row | {"segment_id": i, "model_version": version} for i, row in enumerate(rows, start=1)], schema)
    return Fitted({"segment_centres": centres}, _card(con, rows))


def _card(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> Card:
    [(people,)] = con.execute("select count(*) from customer_metrics").fetchall()
    parted = sum(bool(row["is_cluster"]) for row in rows)
    return Card(
        predicts="which customers buy alike",
        population="everybody with a valid order",
        as_of=None,
        trained_on="customer_metrics",
        n=people,
        status="published" if parted else "refused",
        reason=f"{parted} segments came back on resampled people." if parted else "No number of segments proved stable.",
        champion="K-Means" if parted else None,
    )


def segments(con: duckdb.DuckDBPyConnection, group: Group, settings: MiningSettings) -> list[Row]:
    """The rows of a group's segments, those that spend most first."""
    people, features = _known(con, group)
    if people == 0:
        return []
    if people < settings.min_customers:
        return [_whole(group, f"fewer than {settings.min_customers} people are too few to part")]
    sample = _sample(con, group, features, settings.fit_sample)
    logs = {feature: _log(of) for feature, of in sample.items()}
    telling = [feature for feature, of in logs.items() if round(float(np.std(of)), _DIGITS) > 0]
    if not telling:
        return [_whole(group, "nothing that is known tells them apart")]
    measured = np.stack([logs[feature] for feature in telling], axis=1)
    mean, deviation = measured.mean(axis=0), measured.std(axis=0)
    points = (measured - mean) / deviation
    chosen = choose(points[: settings.choice_sample], settings)
    if chosen is None:
        return [_whole(group, "no number of segments proved stable")]
    centres = settle(points, chosen)
    plain = pl.DataFrame(np.expm1(centres * deviation + mean), telling).to_dicts()
    deviations = {f"{feature}_deviation": of for feature, of in zip(telling, deviation, strict=True)}
    return _described(group, sample, nearest(points, centres)[0], [centre | deviations for centre in plain])


def _described(group: Group, sample: Mapping[str, Floats], labels: Labels, centres: list[dict[str, float]]) -> list[Row]:
    """The segments in their order, with their names, which both come from their middle people."""
    medians = [{feature: float(np.median(of[labels == i])) for feature, of in sample.items()} for i in range(len(centres))]
    order = sorted(range(len(centres)), key=lambda i: (-medians[i]["net_sales"], tuple(centres[i].values())))
    named = names([medians[i] for i in order], sample, group.noun)
    return [_row(group, name, **centres[i]) for name, i in zip(named, order, strict=True)]


def _known(con: duckdb.DuckDBPyConnection, group: Group) -> tuple[int, list[str]]:
    """The number of people in a group, and the features that are known of every one of them."""
    counts = ", ".join(f"count({feature})" for feature in group.features)
    [(people, *known)] = con.execute(f"select count(*), {counts} from customer_metrics where {group.members}").fetchall()
    return people, [feature for feature, count in zip(group.features, known, strict=True) if count == people]


def _sample(con: duckdb.DuckDBPyConnection, group: Group, features: list[str], most: int) -> dict[str, Floats]:
    """People in the order of a hash of their id: as good as drawn by lot, and the same whatever the order of rows."""
    columns = ", ".join(f"{feature}::double as {feature}" for feature in features)
    frame: pl.DataFrame = con.sql(
        f"select {columns} from customer_metrics where {group.members} order by md5(customer_id), customer_id limit {most}"
    ).pl()
    return {feature: frame[feature].to_numpy() for feature in features}


def _log(values: Floats) -> Floats:
    """Differences in proportion, not in amount; what lies below nought, as a day still to come, counts as nought."""
    return np.log1p(np.maximum(values, 0))


def _row(group: Group, name: Name, **centre: float) -> Row:
    return {
        "segment": name.text,
        "is_one_time": group.is_one_time,
        "is_cluster": bool(centre),
        "rule": name.rule,
        **{number: round(float(value), _DIGITS) for number, value in centre.items()},
    }


def _whole(group: Group, why: str) -> Row:
    return _row(group, Name(group.noun.capitalize(), f"all {group.noun}: {why}"))
