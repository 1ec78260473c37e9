"""The online shop as the engine sees it: where its definitions are, and which of them have a role."""

from __future__ import annotations

from ecom_lake.engine.contracts.domain import Domain, Roles
from ecom_lake.shop.personal import IMPERSONAL, PERSONAL
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake.shop.snapshots import SNAPSHOTS

SHOP = Domain(
    package="ecom_lake.shop",
    roles=Roles(
        kpis="kpi_summary",
        kpis_by_month="kpi_monthly",
        compared_by_month=(("orders", "count"), ("customers", "count"), ("net_sales", "money")),
        anomalies="anomalies",
        models="model_cards",
    ),
    numbers=ShopSettings,
    mining=MiningSettings,
    question_groups=(
        "How are we doing?",
        "When do people buy?",
        "What sells?",
        "Who buys?",
        "Payments, delivery, returns",
        "Can I trust it?",
    ),
    table_groups=(
        "silver",
        "sales",
        "kpis",
        "customers",
        "rfm",
        "cohorts",
        "segments",
        "products",
        "baskets",
        "operations",
        "customer_value",
        "churn",
        "review_risk",
        "forecast",
        "delivery_effect",
        "experiments",
        "insights",
        "trust",
        "tables",
        "models",
    ),
    personal=PERSONAL,
    impersonal=IMPERSONAL,
    pages=("ecom_lake.publish.quality_story", "ecom_lake.publish.exports.data_package"),
    snapshots=SNAPSHOTS,
    maps_read_as="canonical",
)
