"""Segments by registration, from a full synthetic shop's files to gold: the planted registrations are found."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.gold.table_file import attach
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.build.silver.specs import silver_tables
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.shop.segments.segment_centres_model import fit
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shop import generate
from ecom_lake.synth.truths import FullTruths
from ecom_lake_tests.builders.canonical_shop import CanonicalShop
from ecom_lake_tests.catalog import in_order

OPTIONS = SynthOptions(orders=2_000, seed=2, first_month="2017-01", last_month="2017-08", repeat_share=0.1, full=True)
TABLES = {
    *("dim_date", "reporting_period", "dim_customer", "dim_product", "data_availability", "repeat_orders"),
    *("fct_orders", "fct_sales", "customer_metrics"),
    *("segment_centres", "segment_selection", "customer_segments_fit", "customer_segments", "segment_profile"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[duckdb.DuckDBPyConnection, FullTruths]]:
    shop = CanonicalShop(tmp_path_factory.mktemp("registered"))
    shop.say(first=OPTIONS.first_month, last=OPTIONS.last_month, as_of="2017-08-31")
    said = shop.config.read_text(encoding="utf-8")
    shop.config.write_text(f'{said}\n[shops.mine.mining]\nsegments_by = "registration"\n', encoding="utf-8")
    shop.landing.parent.mkdir(parents=True)
    truths = generate(shop.landing, OPTIONS).full
    assert truths is not None
    build(shop)
    with shop.site.engine() as (con, _):
        attach(shop.site, shop.site.lake.log.head(), OnDuckDB(con), tuple(TABLES))
        yield con, truths


def build(shop: CanonicalShop) -> None:
    ingest(shop.site)
    make_order_index(shop.site)
    for table in silver_tables(shop.site):
        make_silver(shop.site, table)
    for table in (table for table in in_order() if table in TABLES):
        blocked = [check.says for outcome in make_gold(shop.site, table) for check in outcome.checks if check.blocks]
        assert blocked == []


def test_customers_who_ordered_before_registering_are_a_separate_group(
    made: tuple[duckdb.DuckDBPyConnection, FullTruths],
) -> None:
    con, truths = made
    found = dict(
        con.execute(
            "select c.buyers, count(*) from customer_segments join segment_centres as c using (segment_id) group by 1"
        ).fetchall()
    )
    assert found["registered buyers"] == truths.registrations.before
    assert found["buyers before registration"] == truths.registrations.after
    assert sum(found.values()) == con.execute("select count(*) from customer_metrics").fetchall()[0][0]


def test_only_three_clusters_are_tried(made: tuple[duckdb.DuckDBPyConnection, FullTruths]) -> None:
    con, _ = made
    [(buyers, k, chosen, reason)] = con.execute("select buyers, k, chosen, reason from segment_selection").fetchall()
    clusters = con.execute("select count(*) from segment_centres where buyers = 'registered buyers'").fetchall()[0][0]
    assert (buyers, k) == ("registered buyers", 3)
    assert clusters == (3 if chosen else 1), reason


def test_the_textbook_segments_equal_those_of_scikit_learn(made: tuple[duckdb.DuckDBPyConnection, FullTruths]) -> None:
    con, truths = made
    features = "registration_delay_days, lifespan_days, units, net_sales"
    rows = con.execute(
        f"select {features} from customer_metrics where registration_delay_days >= 0 order by md5(customer_id), customer_id"
    ).fetchall()
    assert len(rows) == truths.registrations.before
    scaler = StandardScaler()
    by_hand = KMeans(n_clusters=3, n_init=10, random_state=0).fit(scaler.fit_transform(np.array(rows, dtype=float)))
    fitted = fit(con, MiningSettings(segments_by="textbook"), Past()).tables["segment_centres"].filter("is_cluster")
    expected = sorted(map(tuple, scaler.inverse_transform(by_hand.cluster_centers_)))
    assert np.array(fitted.select(features.split(", ")).sort("registration_delay_days").rows()) == pytest.approx(
        np.array(expected), abs=1e-5
    )
