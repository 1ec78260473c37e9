"""The textbook's segments equal those of scikit-learn, called directly on the same features."""

from __future__ import annotations

from datetime import timedelta
from hashlib import md5
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

from ecom_lake.shop.segments.clustering import adjusted_rand
from ecom_lake_tests.builders.segment_customers import people
from ecom_lake_tests.shop.segments.segmented import AS_OF, QUICK, card, moved, segmented

TEXTBOOK = QUICK.with_changes(segments_by="textbook", restarts=10)
FEATURES = ("registration_delay_days", "lifespan_days", "units", "net_sales")


def registered(number: int = 600) -> pl.DataFrame:
    """Overlapping customers with heavy tails, and one who spent far more than all others; in the order in which the model reads
    them, on which random starts depend."""
    rng = np.random.default_rng(4)
    spent = np.append(rng.lognormal(4, 1, number - 1).round(2), 100_000.0)
    rows: list[tuple[str, int, int | None, float, int]] = [
        (f"{i:03}", 1 + i % 3, 5, float(money), int(units))
        for i, (money, units) in enumerate(zip(spent, rng.geometric(0.4, number), strict=True))
    ]
    found = people(rows).with_columns(
        registration_delay_days=pl.Series(rng.gamma(1, 60, number).astype(np.int64)),
        lifespan_days=pl.Series(np.where(np.arange(number) % 3, rng.integers(1, 400, number), 0)),
    )
    return found[np.argsort([md5(name.encode()).hexdigest() for name in found["customer_id"]])]


def by_hand(customers: pl.DataFrame) -> tuple[np.ndarray, KMeans, StandardScaler]:
    scaler = StandardScaler()
    points = scaler.fit_transform(customers.select(FEATURES).cast(pl.Float64).to_numpy())
    return points, KMeans(n_clusters=3, n_init=10, random_state=0).fit(points), scaler


def test_they_equal_those_of_scikit_learn(tmp_path: Path) -> None:
    customers = registered()
    points, fitted, scaler = by_hand(customers)
    made = segmented(customers, tmp_path, TEXTBOOK)
    found = customers.join(made["customer_segments"], on="customer_id", maintain_order="left", validate="1:1")
    assert adjusted_rand(fitted.labels_, found["segment_id"].to_numpy().astype(np.int32)) == 1
    centres = np.array(sorted(map(tuple, scaler.inverse_transform(fitted.cluster_centers_))))
    assert np.array(made["segment_centres"].select(FEATURES).sort(FEATURES).rows()) == pytest.approx(centres, abs=1e-6)
    deviations = made["segment_centres"].select(f"{feature}_deviation" for feature in FEATURES).row(0)
    assert deviations == pytest.approx(scaler.scale_, abs=1e-6)
    distances = fitted.transform(points).min(axis=1)
    assert found["distance"].to_numpy() == pytest.approx(distances, abs=2e-6)
    assert made["segment_selection"]["silhouette"].item() == pytest.approx(silhouette_score(points, fitted.labels_), abs=1e-6)


def test_separate_kinds_are_the_same_in_any_order_of_rows(tmp_path: Path) -> None:
    customers = registered()
    kind = np.arange(customers.height) % 3
    apart = customers.with_columns(
        registration_delay_days=pl.Series(np.array([1, 200, 1])[kind] + np.arange(customers.height) % 20),
        units=pl.Series(np.array([1, 1, 40])[kind]),
        net_sales=pl.lit(50).cast(pl.Decimal(18, 2)),
    ).sort("customer_id")
    _, fitted, _ = by_hand(apart)
    found = apart.join(segmented(apart, tmp_path, TEXTBOOK)["customer_segments"], on="customer_id", maintain_order="left")
    assert adjusted_rand(fitted.labels_, found["segment_id"].to_numpy().astype(np.int32)) == 1


def test_extremes_are_kept_and_no_gate_decides(tmp_path: Path) -> None:
    """One customer is a segment, which no gate would accept."""
    made = segmented(registered(), tmp_path, TEXTBOOK)
    assert 1 in made["segment_profile"]["customers"].to_list()
    assert made["segment_selection"].select("k", "chosen", "reason").rows() == [
        (3, True, 'Given by the setting segments_by = "textbook", not chosen.')
    ]
    said = card(made)
    assert (said["status"], said["champion"]) == ("baseline", "Textbook K-Means")
    assert {"candidate", "metric"}.isdisjoint(said)


def test_the_card_states_features_k_starts_extremes_and_silhouette(tmp_path: Path) -> None:
    customers = registered()
    points, fitted, _ = by_hand(customers)
    assert str(card(segmented(customers, tmp_path, TEXTBOOK))["reason"]).startswith(
        'The 3 segments of registered buyers are those of K-Means as textbooks use it, given by segments_by = "textbook"; no '
        "gate chose them. The features are registration_delay_days, lifespan_days, units, net_sales, each standardized to mean 0 "
        "and standard deviation 1, with extreme values kept. K-Means has k = 3, n_init = 10 and random_state = 0, on all 600 "
        f"registered buyers. On 600 of them, the silhouette is {silhouette_score(points, fitted.labels_):.3f}, the agreement "
        "with the segments of resampled customers 0."
    )
    sampled = str(card(segmented(customers, tmp_path, TEXTBOOK.with_changes(fit_sample=500, choice_sample=400)))["reason"])
    assert "on a random sample of 500 of 600 registered buyers. On 400 of them, the silhouette is" in sampled


def test_customers_who_ordered_before_registering_are_apart(tmp_path: Path) -> None:
    customers = registered()
    early = pl.int_range(customers.height) % 10 == 0
    shop = customers.with_columns(
        registration_delay_days=pl.when(early).then(-1 - pl.col("lifespan_days")).otherwise("registration_delay_days")
    )
    made = segmented(shop, tmp_path, TEXTBOOK)
    found = shop.join(made["customer_segments"], on="customer_id", maintain_order="left", validate="1:1")
    _, fitted, _ = by_hand(shop.filter(~early))
    assert adjusted_rand(fitted.labels_, found.filter(~early)["segment_id"].to_numpy().astype(np.int32)) == 1
    assert found.filter(early)["segment"].unique().to_list() == ["Buyers before registration"]


@pytest.mark.parametrize(("number", "clusters"), [(4, 3), (3, 0)], ids=["four customers", "three customers"])
def test_few_customers_are_split_where_there_are_more_than_clusters(number: int, clusters: int, tmp_path: Path) -> None:
    made = segmented(registered().head(number), tmp_path, TEXTBOOK)
    assert made["segment_centres"]["is_cluster"].sum() == clusters
    assert made["customer_segments"].height == number


def test_a_kept_fit_assigns_the_same_segments_and_a_changed_setting_refits(tmp_path: Path) -> None:
    customers = registered()
    made = segmented(customers, tmp_path, TEXTBOOK)
    richer = customers.with_columns((pl.col("net_sales") * 2).cast(pl.Decimal(18, 2)))
    kept = segmented(richer, tmp_path, TEXTBOOK, as_of=AS_OF + timedelta(days=30), past=made)
    assert card(kept)["fitted_as_of"] == str(AS_OF)
    assert kept["segment_centres"].equals(made["segment_centres"])
    assert moved(made, segmented(customers, tmp_path, TEXTBOOK, past=made)) == 0
    robust = segmented(customers, tmp_path, QUICK.with_changes(segments_by="registration"), past=made)
    assert robust["segment_centres"]["scale"].unique().to_list() == ["logarithmic"]
    again = segmented(customers, tmp_path, TEXTBOOK, past=robust)
    assert (
        again["segment_centres"]
        .drop("segment_id", "segment", "rule", "model_version")
        .sort(FEATURES)
        .equals(made["segment_centres"].drop("segment_id", "segment", "rule", "model_version").sort(FEATURES))
    )
