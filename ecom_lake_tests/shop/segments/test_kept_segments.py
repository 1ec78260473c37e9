"""Segments stay the same between runs: their numbers, their names, and their customers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake_tests.builders.segment_customers import five_kinds, people, planted
from ecom_lake_tests.shop.segments.segmented import AS_OF, QUICK, Made, card, moved, segmented

LATER = AS_OF + timedelta(days=100)


def named(made: Made) -> dict[int, str]:
    return dict(made["segment_centres"].select("segment_id", "segment").rows())


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("kind", ["dated", "undated", "by registration", "by a rule", "too few", "nobody"])
def test_a_rerun_on_unchanged_data_changes_no_byte(kind: str, tmp_path: Path) -> None:
    from ecom_lake_tests.shop.segments.test_segment_centres import BY_REGISTRATION, on_a_grid, registered

    customers, settings = planted()[0], QUICK
    if kind == "undated":
        customers = customers.with_columns(recency_days=pl.lit(None, pl.Int64))
    if kind == "by registration":
        customers, settings = registered(), BY_REGISTRATION
    if kind == "by a rule":
        customers, settings = on_a_grid(), MiningSettings(most_segments=4)
    if kind in ("too few", "nobody"):
        customers = customers.head(60 if kind == "too few" else 0)
    as_of = None if kind == "undated" else AS_OF
    made = segmented(customers, tmp_path, settings, as_of=as_of)
    first = bytes_in(tmp_path)
    segmented(customers, tmp_path, settings, as_of=as_of, past=made)
    assert bytes_in(tmp_path) == first


def grown() -> tuple[pl.DataFrame, pl.DataFrame]:
    """A shop, and the same shop with 10% more customers."""
    customers, _ = five_kinds(11_000, 0.9)
    return customers.head(10_000), customers


def test_new_customers_move_no_other_while_the_fit_is_kept(tmp_path: Path) -> None:
    before, after = grown()
    made = segmented(before, tmp_path)
    again = segmented(after, tmp_path, as_of=AS_OF + timedelta(days=30), past=made)
    assert moved(made, again) == 0
    assert again["customer_segments"].height == after.height
    assert card(again)["fitted_as_of"] == str(AS_OF)
    assert again["segment_centres"].equals(made["segment_centres"])
    assert again["segment_selection"].equals(made["segment_selection"])


def test_a_new_fit_with_new_customers_moves_few_and_keeps_numbers_and_names(tmp_path: Path) -> None:
    before, after = grown()
    made = segmented(before, tmp_path)
    again = segmented(after, tmp_path, as_of=LATER, past=made)
    assert card(again)["fitted_as_of"] == str(LATER)
    assert not again["segment_centres"].equals(made["segment_centres"])
    assert named(again) == named(made)
    assert moved(made, again) < 0.01 * before.height


def test_a_segment_keeps_number_and_name_after_its_spending_rises(tmp_path: Path) -> None:
    customers, _ = planted()
    made = segmented(customers, tmp_path)
    grew = pl.col("customer_id").str.starts_with("long gone and generous")
    richer = customers.with_columns(
        net_sales=pl.when(grew).then(pl.col("net_sales") * 2).otherwise("net_sales").cast(pl.Decimal(18, 2))
    )
    fresh = segmented(richer, tmp_path, as_of=LATER)
    again = segmented(richer, tmp_path, as_of=LATER, past=made)
    assert named(fresh) != named(made)
    assert named(again) == named(made)
    assert moved(made, again) == 0
    rules = dict(again["segment_centres"].select("segment", "rule").rows())
    assert rules["Dormant many-unit one-time buyers"].endswith("(when it was named)")
    third = segmented(richer, tmp_path, as_of=LATER + timedelta(days=100), past=again)
    assert dict(third["segment_centres"].select("segment", "rule").rows()) == rules


def test_a_new_group_of_customers_gets_a_new_number(tmp_path: Path) -> None:
    customers, _ = planted()
    before = customers.filter(~pl.col("customer_id").str.starts_with("long gone and generous"))
    made = segmented(before, tmp_path)
    again = segmented(customers, tmp_path, as_of=LATER, past=made)
    assert named(made).items() <= named(again).items()
    assert set(named(again)) - set(named(made)) == {7}
    gone = segmented(before, tmp_path, MiningSettings(most_segments=3), past=again)
    assert named(gone) == named(made)
    back = segmented(customers, tmp_path, past=gone)
    assert set(named(back)) - set(named(made)) == {8}, "a number is never reused"


def test_a_group_that_appears_later_is_fitted(tmp_path: Path) -> None:
    customers, _ = planted()
    made = segmented(customers.filter(pl.col("purchases") == 1), tmp_path)
    again = segmented(customers, tmp_path, as_of=AS_OF + timedelta(days=30), past=made)
    assert named(made).items() <= named(again).items()
    assert again["segment_centres"].filter(~pl.col("is_one_time"))["segment_id"].to_list() == [5, 6, 7]


def test_drift_of_centres_and_of_observed_shares(tmp_path: Path) -> None:
    customers, _ = planted()
    made = segmented(customers, tmp_path)
    richer = customers.with_columns(net_sales=(pl.col("net_sales") * 2).cast(pl.Decimal(18, 2)))
    again = segmented(richer, tmp_path, as_of=LATER, past=made)
    drift = {
        row["name"]: row["value"] / row["x"] for row in again["customer_segments_fit"].filter(kind="drift").to_dicts() if row["x"]
    }
    assert {name for name in drift if name.startswith("segment 4: net_sales")} == {"segment 4: net_sales"}
    assert drift["segment 4: net_sales"] == pytest.approx(2, rel=0.01)
    assert drift["segment 4: recency_days"] == 1
    assert drift["one-time buyers: mean of ln(1 + net_sales)"] > 1.1
    kept = segmented(richer, tmp_path, as_of=AS_OF + timedelta(days=30), past=made)
    rows = kept["customer_segments_fit"].filter(kind="drift", name="segment 4: share of one-time buyers").to_dicts()
    assert rows and rows[0]["series"] == "seen", "a kept fit still reports the drift of the customers"


def test_a_fit_of_an_older_version_is_accepted(tmp_path: Path) -> None:
    customers, _ = planted()
    made = segmented(customers, tmp_path)
    said = pl.when(pl.col("name").str.ends_with("buyers")).then(pl.lit("no JSON")).otherwise("said")
    older = made | {"customer_segments_fit": made["customer_segments_fit"].with_columns(said=said)}
    again = segmented(customers, tmp_path, past=older)
    assert again["segment_centres"].equals(made["segment_centres"])


def test_a_group_with_one_segment_keeps_it(tmp_path: Path) -> None:
    few = people([(f"{i}", 1 + i % 2, i, 5.0 + i, 1) for i in range(60)])
    made = segmented(few, tmp_path)
    again = segmented(few, tmp_path, as_of=LATER, past=made)
    assert named(again) == named(made) == {1: "Repeat buyers", 2: "One-time buyers"}


def test_a_fit_without_gates_is_refitted_and_keeps_numbers_and_names(tmp_path: Path) -> None:
    """A fit as the prior version wrote it: its notes have no gates, from which the status could be recomputed."""
    customers, _ = planted()
    made = segmented(customers, tmp_path)
    said = pl.col("said").str.replace_all(r', "gates": \[[^\]]*\]', "").str.replace("^3-", "2-")
    before = made | {"customer_segments_fit": made["customer_segments_fit"].with_columns(said)}
    assert "gates" not in "".join(before["customer_segments_fit"]["said"].drop_nulls())
    grew = pl.when(pl.col("customer_id").str.starts_with("long gone and generous")).then(2).otherwise(1)
    richer = customers.with_columns((pl.col("net_sales") * grew).cast(pl.Decimal(18, 2)))
    again = segmented(richer, tmp_path, as_of=AS_OF + timedelta(days=1), past=before)
    assert named(again) == named(made) != named(segmented(richer, tmp_path))
    assert (card(again)["status"], card(again)["fitted_as_of"]) == ("published", str(AS_OF + timedelta(days=1)))
