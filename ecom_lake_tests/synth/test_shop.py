"""A generated shop has the requested properties: growth, season, repeat customers, lateness and its effects, bundles."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shop import generate
from ecom_lake_tests.synth.made import Make, Query

MAKE_IN_ONE_THREAD = """
import sys
from pathlib import Path
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shop import generate
generate(Path(sys.argv[1]), SynthOptions(orders=3_000, by_month=True))
"""


def digests(folder: Path) -> dict[str, str]:
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.rglob("*.csv")}


def test_the_same_options_give_the_same_bytes_with_any_number_of_threads(make: Make, tmp_path: Path) -> None:
    made = make(orders=3_000, by_month=True)
    command = [sys.executable, "-c", MAKE_IN_ONE_THREAD, str(tmp_path / "shop")]
    subprocess.run(command, check=True, env={**os.environ, "POLARS_MAX_THREADS": "1"})
    assert digests(tmp_path / "shop") == digests(made.folder)


def test_another_seed_gives_another_shop(make: Make) -> None:
    one, other = make(orders=1_000), make(orders=1_000, seed=2)
    same = [file for file, digest in digests(one.folder).items() if digests(other.folder)[file] == digest]
    assert same == ["product_category_name_translation.csv"]


@pytest.mark.parametrize("share", [0.0, 0.03, 0.2])
def test_the_share_of_repeat_customers_is_the_requested_one(make: Make, share: float) -> None:
    totals = make(orders=20_000, repeat_share=share).truths.totals
    chance = 4 * np.sqrt(share * (1 - share) / totals.buyers)
    assert totals.repeat_purchase_rate == pytest.approx(share, rel=0.06, abs=chance)


@pytest.mark.parametrize("share", [0.0, 0.07, 0.3])
def test_the_share_of_late_orders_is_the_requested_one(make: Make, share: float) -> None:
    totals = make(orders=10_000, late_share=share).truths.totals
    assert totals.late_orders / totals.delivered_orders == pytest.approx(share, rel=0.1)


@pytest.mark.parametrize(("score_drop", "return_drop"), [(0.0, 0.0), (1.0, 0.5), (3.0, 1.0)])
def test_a_late_delivery_has_the_requested_effects(make: Make, score_drop: float, return_drop: float) -> None:
    asked = {"late_score_drop": score_drop, "late_return_drop": return_drop}
    said = make(orders=10_000, repeat_share=0.3, late_share=0.3, **asked).truths.lateness
    late, on_time = said.first_late_came_back / said.first_late, said.first_on_time_came_back / said.first_on_time
    assert said.score_on_time - said.score_late == pytest.approx(score_drop, abs=0.1)
    assert 1 - late / on_time == pytest.approx(return_drop, abs=0.1)


def test_bundles_stand_out_at_twenty_thousand_orders(make: Make, query: Query) -> None:
    made = make(orders=20_000, broken=0)
    for bundle in made.truths.bundles:
        single = query(
            made, f"select count(distinct order_id) from items where product_id in {bundle.products} group by product_id"
        )
        by_chance = np.prod([n / 20_000 for (n,) in single]) * 20_000
        assert bundle.valid_orders > 40
        assert bundle.valid_orders > 20 * by_chance


def test_the_shop_grows_and_peaks_in_november(make: Make) -> None:
    orders = {month.month: month.orders for month in make(orders=20_000).truths.months}
    assert orders["2017-11"] == max(orders.values())
    assert orders["2018-08"] > 1.1 * orders["2017-08"]
    median = np.median(list(orders.values()))
    assert min(orders.values()) > 0.1 * median


def test_thin_edges_have_few_orders(make: Make) -> None:
    orders = [month.orders for month in make(orders=20_000, thin_edges=True).truths.months]
    assert max(orders[0], orders[-1]) < 20
    assert min(orders[1:-1]) > 200


def test_products_have_a_long_tail(make: Make, query: Query) -> None:
    counts = query(make(orders=20_000, broken=0), "select count(*) from items group by product_id order by 1 desc")
    sold = np.array([n for (n,) in counts])
    best_hundredth = sold[: len(sold) // 100].sum() / sold.sum()
    assert 0.08 < best_hundredth < 0.5
    assert (sold == 1).mean() > 0.1


def test_most_payments_equal_price_plus_freight(make: Make) -> None:
    truths = make(orders=20_000).truths
    differing = sum(found.orders for found in truths.payment_differences.values())
    assert 20 < differing < 0.005 * truths.totals.valid_orders


def test_no_timeline_of_a_clean_shop_runs_backwards(make: Make, query: Query) -> None:
    made = make(orders=6_000, broken=0, repeat_share=0.1)
    backward = """
        select count(*) from orders where order_approved_at < order_purchase_timestamp
            or order_delivered_carrier_date < order_approved_at or order_delivered_customer_date < order_delivered_carrier_date
            or order_estimated_delivery_date[12:] <> '00:00:00'
    """
    early_reviews = """
        select count(*) from reviews join orders using (order_id)
        where review_creation_date < order_delivered_customer_date and order_status = 'delivered'
    """
    assert query(made, backward) == [(0,)]
    assert query(made, "select count(*) from reviews where review_answer_timestamp < review_creation_date") == [(0,)]
    assert query(made, early_reviews)[0][0] < 30, "only a review shared with an order split off may be early"


def test_comments_contain_quotes_commas_and_line_breaks(make: Make, query: Query) -> None:
    made = make(orders=6_000, broken=0, repeat_share=0.1)
    for what in ("%,%", '%"%', "%\r\n%", "2%", " "):
        assert query(made, f"select count(*) > 10 from reviews where review_comment_message like '{what}'") == [(True,)]


def test_children_have_parents(make: Make, query: Query) -> None:
    made = make(orders=6_000, broken=0, repeat_share=0.1)
    for child, parent, key in (
        ("items", "orders", "order_id"),
        ("payments", "orders", "order_id"),
        ("reviews", "orders", "order_id"),
        ("orders", "customers", "customer_id"),
        ("items", "products", "product_id"),
        ("items", "sellers", "seller_id"),
    ):
        assert query(made, f"select count(*) from {child} anti join {parent} using ({key})") == [(0,)]


def test_progress_runs_to_the_end(tmp_path: Path) -> None:
    heard: list[float] = []
    generate(tmp_path / "shop", SynthOptions(orders=1_000), lambda what, share: heard.append(share))
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_a_failed_generation_leaves_no_files(tmp_path: Path) -> None:
    def stop(what: str, share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "shop", SynthOptions(orders=1_000), stop)
    assert list(tmp_path.iterdir()) == []
