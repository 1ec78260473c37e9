"""Lakes store hashes of the text of these settings: another text would rebuild every table and refit every model."""

from __future__ import annotations

from decimal import Decimal

from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.model_fits import rows

MINING = (
    "MiningSettings(product_min_orders=5, product_min_support=1e-05, category_min_orders=5, category_min_support=5e-05, "
    "max_basket_size=100, max_itemsets=100000, max_candidates=50000000, min_lift=1.0, alpha=0.05, min_customers=200, "
    "fewest_segments=3, most_segments=8, min_segment_share=0.05, min_stability=0.9, fit_sample=200000, "
    "choice_sample=5000, restarts=10, resample_restarts=3, resamples=20, seed=0, refit_days=90, churn_days=90, "
    "yearly_discount=0.1, forecast_months=3, effect_days=180, power=0.8, test_alpha=0.05, value_min_days=180, "
    "value_min_repeaters=100, value_holdout_days=182, value_max_miss=0.2, value_max_correlation=0.2, "
    "value_min_alive=0.5, people_sample=60000, review_days=45, segments_by='buying', segment_slack=0.05, "
    "experiment_days=365, experiment_uplift=0.2, assumed_margin=0.3)"
)
NUMBERS = (
    "ShopSettings(as_of=None, country=None, currency=None, complete_month_share=Decimal('0.1'), "
    "complete_month_edge_days=3, at_risk_recent_days=60, payment_rounding=Decimal('0.05'), "
    "cost_coverage=Decimal('0.95'), repeat_days=90, rfm_f2=2, rfm_f3=3, rfm_f4=4, rfm_f5=5, returning_purchases=2, "
    "loyal_purchases=3, persona_loyal_purchases=2, persona_loyal_m=4, persona_premium_m=5, persona_low_m=2, "
    "churn_short_days=90, churn_medium_days=180, churn_long_days=365, age_groups=4, abc_a_share=Decimal('0.8'), "
    "abc_b_share=Decimal('0.95'), seller_min_orders=10, thin_basket_share=Decimal('0.05'))"
)


def test_the_defaults_have_the_text_that_existing_lakes_hashed() -> None:
    assert repr(MiningSettings()) == MINING
    assert repr(ShopSettings()) == NUMBERS


def test_a_number_keeps_the_form_in_which_it_was_written() -> None:
    # Existing lakes hashed alpha=1, not alpha=1.0, and 0.50, as TOML's float 0.5.
    assert repr(MiningSettings(min_lift=0, alpha=1, seed=3)) == (
        MINING.replace("min_lift=1.0", "min_lift=0").replace("alpha=0.05, min_c", "alpha=1, min_c").replace("seed=0", "seed=3")
    )
    given = ShopSettings(rfm_f5=9, cost_coverage=0.50, abc_b_share=Decimal("0.90"))  # type: ignore[arg-type]
    assert repr(given) == (
        NUMBERS.replace("rfm_f5=5", "rfm_f5=9")
        .replace("cost_coverage=Decimal('0.95')", "cost_coverage=Decimal('0.5')")
        .replace("abc_b_share=Decimal('0.95')", "abc_b_share=Decimal('0.90')")
    )


def test_fingerprints_and_fits_of_existing_lakes_stay_valid() -> None:
    assert fingerprint((MiningSettings(), ShopSettings())) == "975ac42bb2d006a8eac8c8e7"
    assert [row["said"] for row in rows().to_dicts() if row["name"] == "fitted as"] == ["1-fd2a93168f9d"]
