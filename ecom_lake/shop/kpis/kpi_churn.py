from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Number, Share, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary


class KpiChurn(Gold):
    """One row per end of a complete month, up to the as-of date, and horizon: the customers without a purchase for longer."""

    as_of = vocabulary.as_of.replace(key=True)
    horizon = Text(
        "Horizon: days without a purchase, or P80, the 80th percentile of the gaps between purchases up to the as-of date.",
        key=True,
    )
    threshold_days = Number(
        "The horizon in days; NULL for P80 while nobody has bought twice.", nullable=True, at_least=0, unit="days"
    )
    customers = vocabulary.customers.replace(nullable=True)
    lapsed = Count(
        "Customers whose latest purchase was more than threshold_days before the as-of date; NULL while the shop's first purchase"
        " is no older than that.",
        nullable=True,
    )
    churn_rate = Share("lapsed / customers.", nullable=True)
    repeat_purchase_rate = vocabulary.repeat_purchase_rate

    rules = (
        ratio("churn_rate_is_of_customers", "churn_rate", "lapsed", "customers"),
        Rule("lapsed_within_customers", "lapsed <= customers", "Lapsed customers are among all customers."),
        Rule(
            "horizon_is_its_days",
            "(horizon = 'P80' OR threshold_days = TRY_CAST(horizon AS DOUBLE))"
            " AND (lapsed IS NULL OR threshold_days IS NOT NULL)",
            "The threshold is the horizon's number of days; without a threshold nobody is counted.",
        ),
    )
    needs = ("orders.ordered_at",)
    identities = (
        agree(
            "churn_counts_everybody",
            "At each month's end, the customers are all who were new up to then, and unknown where all orders were anonymous.",
            "select as_of, customers from kpi_churn",
            "select c.as_of, case when sum(m.new_customers) > 0 or sum(m.orders) = 0 then sum(m.new_customers) end"
            " from (select distinct as_of from kpi_churn) as c"
            " join kpi_monthly as m on m.month <= c.as_of group by c.as_of",
        ),
        agree(
            "lapsed_are_those_of_customer_metrics",
            "Where the as-of date is a month's end, the lapsed customers of P80 are those of customer_metrics.",
            "select as_of, lapsed from kpi_churn where horizon = 'P80' and lapsed is not null"
            " and as_of = (select as_of from reporting_period)",
            "select c.as_of, m.lapsed from kpi_churn as c cross join"
            " (select count(*) filter (where activity_status = 'lapsed') as lapsed from customer_metrics) as m"
            " where c.horizon = 'P80' and c.lapsed is not null and c.as_of = (select as_of from reporting_period)",
        ),
    )
