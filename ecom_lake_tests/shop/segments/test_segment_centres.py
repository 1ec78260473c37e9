from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ecom_lake.shop.segments.clustering import adjusted_rand
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake_tests.builders.segment_customers import FIVE, five_kinds, people, planted
from ecom_lake_tests.shop.segments.segmented import QUICK, Made, card, segmented


def test_planted_groups_are_found(tmp_path: Path) -> None:
    customers, truth = planted()
    made = segmented(customers, tmp_path)
    found = customers.join(made["customer_segments"], on="customer_id", maintain_order="left", validate="1:1")
    assert adjusted_rand(truth, found["segment_id"].to_numpy().astype(np.int32)) > 0.95
    assert made["segment_centres"]["is_one_time"].to_list() == [False] * 3 + [True] * 4
    assert made["segment_centres"]["segment"].to_list() == [
        "Dormant high-spend many-unit repeat buyers",
        "Recent repeat buyers",
        "Low-spend repeat buyers",
        "Recent high-spend many-unit one-time buyers",
        "Dormant many-unit one-time buyers",
        "Recent one-time buyers",
        "Dormant low-spend one-time buyers",
    ]


def test_centres_are_in_plain_units(tmp_path: Path) -> None:
    made = segmented(planted()[0], tmp_path)["segment_centres"]
    generous = made.filter(segment="Recent high-spend many-unit one-time buyers").row(0, named=True)
    assert generous["recency_days"] == pytest.approx(20, rel=0.1)
    assert generous["net_sales"] == pytest.approx(900, rel=0.1)
    assert generous["purchases"] is None


def test_row_order_and_threads_do_not_change_the_bytes(tmp_path: Path) -> None:
    customers, _ = planted()
    sampled = MiningSettings(fit_sample=300, choice_sample=200)
    made = []
    for order, threads in ((customers, 1), (customers.sample(fraction=1.0, shuffle=True, seed=3), 4)):
        folder = tmp_path / str(threads)
        folder.mkdir()
        made.append({table: (folder / f"{table}.parquet").read_bytes() for table in segmented(order, folder, sampled, threads)})
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("customers", "rules"),
    [
        ([], []),
        ([("one", 1, 10, 5.0, 1)], ["all one-time buyers: fewer than 200 customers are too few to split"]),
        (
            [(f"{i}", 1 + i % 2, i, 5.0 + i, 1) for i in range(60)],
            [
                "all repeat buyers: fewer than 200 customers are too few to split",
                "all one-time buyers: fewer than 200 customers are too few to split",
            ],
        ),
        ([(f"{i}", 1, 7, 5.0, 1) for i in range(500)], ["all one-time buyers: no known feature differs between its customers"]),
        ([(f"{i}", 1, i % 4, 5.0, 1) for i in range(500)], ["all one-time buyers: no number of segments is stable"]),
    ],
    ids=["nobody", "one person", "sixty", "all alike", "four kinds only"],
)
def test_a_group_that_cannot_be_split_is_one_segment(
    customers: list[tuple[str, int, int | None, float, int]], rules: list[str], tmp_path: Path
) -> None:
    made = segmented(people(customers), tmp_path)
    assert made["segment_centres"]["rule"].to_list() == rules
    assert not made["segment_centres"]["is_cluster"].any()
    assert made["customer_segments"].height == len(customers)
    assert made["customer_segments"]["distance"].is_null().all()
    assert made["segment_profile"]["customers"].sum() == len(customers)


@pytest.mark.parametrize("unknown", ["", "thrifty 9$"], ids=["for no customer", "for some customers outside the sample"])
def test_a_feature_that_is_not_known_for_all_customers_is_not_used(unknown: str, tmp_path: Path) -> None:
    customers, _ = planted()
    undated = pl.when(~pl.col("customer_id").str.contains(unknown)).then("recency_days")
    made = segmented(customers.with_columns(recency_days=undated), tmp_path, MiningSettings(fit_sample=200))
    one_time = made["segment_centres"].filter(pl.col("is_one_time"))
    assert one_time["is_cluster"].all()
    assert one_time["recency_days"].is_null().all()
    assert not one_time["segment"].str.contains("ecent|ormant").any()


@pytest.mark.parametrize(("fit_sample", "choice_sample"), [(1, 1), (20, 20), (1, 100), (100, 1), (100, 20)])
def test_the_smallest_settings_are_accepted(fit_sample: int, choice_sample: int, tmp_path: Path) -> None:
    """A sample may be smaller than the number of segments, and two segments may be asked for."""
    smallest = QUICK.with_changes(fit_sample=fit_sample, choice_sample=choice_sample, fewest_segments=2, min_customers=1)
    customers, _ = planted(20)
    made = segmented(customers, tmp_path, smallest.with_changes(min_stability=0, min_segment_share=0))
    assert made["customer_segments"].height == customers.height
    assert made["segment_selection"]["k"].unique().sort().to_list() == ([2] if min(fit_sample, choice_sample) >= 20 else [])


def test_a_future_date_counts_as_the_as_of_date(tmp_path: Path) -> None:
    customers, _ = planted()
    early = customers.with_columns(
        recency_days=pl.when(pl.col("customer_id").str.ends_with("7")).then(-3).otherwise("recency_days")
    )
    assert segmented(early, tmp_path)["customer_segments"].height == customers.height


def found_of(customers: pl.DataFrame, truth: np.ndarray, made: Made, is_one_time: bool) -> float:
    """Adjusted Rand index of the segments of one-time, or repeat, buyers and the planted groups."""
    found = customers.join(made["customer_segments"], on="customer_id", maintain_order="left", validate="1:1")
    own = found["is_one_time"].to_numpy() == is_one_time
    return adjusted_rand(truth[own], found["segment_id"].to_numpy()[own].astype(np.int32))


@pytest.mark.parametrize("one_time_share", [0.97, 0.4], ids=["few repeat buyers", "many repeat buyers"])
def test_five_groups_among_100_000_customers_are_found(one_time_share: float, tmp_path: Path) -> None:
    customers, truth = five_kinds(100_000, one_time_share)
    made = segmented(customers, tmp_path, MiningSettings())
    assert made["segment_selection"].filter("chosen").select("buyers", "k").rows() == [
        ("one-time buyers", len(FIVE)),
        ("repeat buyers", len(FIVE)),
    ]
    assert found_of(customers, truth, made, is_one_time=True) > 0.8
    assert found_of(customers, truth, made, is_one_time=False) > 0.8
    assert card(made)["status"] == "published"


def test_every_number_is_measured_and_has_its_reason(tmp_path: Path) -> None:
    made = segmented(planted()[0], tmp_path)["segment_selection"]
    assert made.select("buyers", "k").rows() == [
        (buyers, k) for buyers in ("one-time buyers", "repeat buyers") for k in range(3, 9)
    ]
    assert made["reason"].str.ends_with(".").all()
    assert made.group_by("buyers").agg(pl.col("chosen").sum())["chosen"].to_list() == [1, 1]


def test_curves_have_the_points_of_their_charts(tmp_path: Path) -> None:
    made = segmented(planted()[0], tmp_path)
    curves = made["customer_segments_fit"].filter(kind="curve")
    assert set(curves["name"]) == {"stability", "profile of one-time buyers", "profile of repeat buyers"}
    stability = curves.filter(name="stability", series="one-time buyers")
    assert stability["x"].to_list() == [3, 4, 5, 6, 7, 8]
    own = made["segment_selection"].filter(buyers="one-time buyers")
    assert stability["value"].to_list() == own["bootstrap_ari"].to_list()
    assert (stability["low"] <= stability["value"]).all() and (stability["value"] <= stability["high"]).all()
    generous = curves.filter(name="profile of one-time buyers", series="Recent high-spend many-unit")
    profile = dict(generous.select("said", "value").rows())
    assert list(profile) == ["recency_days", "net_sales", "units"]
    assert profile["recency_days"] < -0.8 and profile["net_sales"] > 0.8 and profile["units"] > 0.8


def test_shuffled_customers_are_not_split(tmp_path: Path) -> None:
    """Independent features without clusters."""
    rng = np.random.default_rng(2)
    rows = [
        (f"{i}", 1, round(days), round(money, 2), 1) for i, (days, money) in enumerate(rng.lognormal((4, 4), 0.6, (1_000, 2)))
    ]
    made = segmented(people(rows), tmp_path)
    assert card(made)["status"] == "refused"
    assert card(made)["reason"] == "One-time buyers are one segment: no number of segments is stable."
    assert not made["segment_selection"]["chosen"].any()
    assert made["segment_selection"].height == 6


def test_a_shop_without_order_dates(tmp_path: Path) -> None:
    customers, _ = planted()
    undated = customers.with_columns(recency_days=pl.lit(None, pl.Int64), lifespan_days=pl.lit(None, pl.Int64))
    made = segmented(undated, tmp_path, as_of=None)
    assert made["segment_centres"]["recency_days"].is_null().all()
    assert made["segment_centres"].filter("is_one_time")["is_cluster"].all()
    assert "as_of" not in card(made)


def on_a_grid(number: int = 1_000) -> pl.DataFrame:
    rng = np.random.default_rng(3)
    kinds = zip(rng.choice([5, 500], number), rng.choice([20.0, 900.0], number), rng.integers(1, 11, number), strict=True)
    return people([(f"{i}", 1, int(days), float(money), int(units)) for i, (days, money, units) in enumerate(kinds)])


def test_a_rule_that_is_as_good_as_kmeans_is_published(tmp_path: Path) -> None:
    made = segmented(on_a_grid(), tmp_path, MiningSettings(most_segments=4))
    found_card = card(made)
    assert (found_card["status"], found_card["champion"]) == ("baseline", "Quantile grid")
    assert (found_card["candidate"], found_card["baseline"]) == ("K-Means", "Quantile grid")
    assert float(str(found_card["difference_low"])) <= 0
    assert "4 segments by a quantile grid of recency_days and net_sales, which does as well as K-Means" in str(
        found_card["reason"]
    )
    assert not made["segment_selection"]["chosen"].any()
    assert made["segment_selection"].filter(k=4)["reason"].str.contains("a quantile grid of .* does as well").all()
    kinds = made["segment_centres"].select("segment").to_series().to_list()
    assert len(kinds) == 4
    found = on_a_grid().join(made["customer_segments"], on="customer_id")
    assert (
        found.group_by("segment_id")
        .agg(pl.col("recency_days").n_unique() + pl.col("net_sales").n_unique())["recency_days"]
        .to_list()
        == [2] * 4
    )


def registered() -> pl.DataFrame:
    """Some customers registered before their first order, some after, and for some it is unknown."""
    customers, _ = planted()
    rng = np.random.default_rng(8)
    delay = np.where(
        rng.random(customers.height) < 0.5, rng.integers(0, 4, customers.height), rng.integers(200, 400, customers.height)
    )
    number = pl.int_range(customers.height)
    return customers.with_columns(
        registration_delay_days=pl.when(number % 10 == 0).then(-number - 1).when(number % 10 > 1).then(pl.Series(delay))
    )


BY_REGISTRATION = QUICK.with_changes(segments_by="registration")


def test_three_clusters_by_registration_are_found(tmp_path: Path) -> None:
    customers = registered()
    made = segmented(customers, tmp_path, BY_REGISTRATION)
    assert made["segment_selection"].select("buyers", "k", "chosen").rows() == [("registered buyers", 3, True)]
    centres = made["segment_centres"]
    assert centres["buyers"].to_list() == ["registered buyers"] * 3 + [
        "buyers before registration",
        "buyers without registration",
    ]
    assert centres["is_one_time"].is_null().all()
    clusters = centres.filter("is_cluster")
    assert clusters.select("registration_delay_days", "lifespan_days", "units", "net_sales").null_count().sum_horizontal()[0] == 0
    assert clusters.select("recency_days", "purchases").null_count().row(0) == (3, 3)
    found = customers.join(made["customer_segments"], on="customer_id")
    early = found.filter(pl.col("segment") == "Buyers before registration")
    assert early.height == 105
    assert (early["registration_delay_days"] < 0).all()
    assert found.filter(pl.col("segment") == "Buyers without registration")["registration_delay_days"].is_null().all()
    assert found.filter(pl.col("distance").is_not_null())["registration_delay_days"].min() == 0


@pytest.mark.parametrize("segments_by", ["registration", "textbook"])
def test_a_shop_without_registrations_is_segmented_by_purchases(segments_by: str, tmp_path: Path) -> None:
    customers, _ = planted()
    made = segmented(customers, tmp_path, QUICK.with_changes(segments_by=segments_by))
    reason = str(card(made)["reason"])
    assert reason.startswith("No customer has a registration date, so customers are segmented by purchase behavior. Repeat")
    assert reason.endswith("so it is published.")
    assert (
        made["customer_segments"]
        .select("customer_id", "segment_id")
        .equals(segmented(customers, tmp_path)["customer_segments"].select("customer_id", "segment_id"))
    )
