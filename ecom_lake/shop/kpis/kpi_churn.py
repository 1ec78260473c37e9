from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Date, Number, Share, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Rule


class KpiChurn(Gold, group="kpis"):
    """One row per end of a complete month, up to the as-of date, and horizon: who had not bought for longer."""

    as_of = Date("The month's last day; orders after it are not looked at.", key=True)
    horizon = Text("Days without a purchase; P80 is the 80th percentile of the gaps between purchases seen by then.", key=True)
    threshold_days = Number("The horizon in days; NULL for P80 while nobody has bought twice.", nullable=True, at_least=0)
    customers = Count("Persons who had bought by then.")
    lapsed = Count("Those whose latest purchase was more than threshold_days ago.", nullable=True)
    churn_rate = Share("lapsed / customers.", nullable=True)
    repeat_purchase_rate = Share("Share of the persons with two or more purchases by then.", nullable=True)

    rules = (
        ratio("churn_rate_is_of_customers", "churn_rate", "lapsed", "customers"),
        Rule("lapsed_within_customers", "lapsed <= customers", "The lapsed are among those who had bought."),
        Rule(
            "horizon_is_its_days",
            "(horizon = 'P80' OR threshold_days = TRY_CAST(horizon AS DOUBLE)) AND (lapsed IS NULL) = (threshold_days IS NULL)",
            "A horizon's threshold is its number of days; without a threshold nobody is counted.",
        ),
    )
    needs = ("orders.ordered_at",)
    identities = (
        agree(
            "churn_counts_everybody",
            "At each month's end there are as many persons as were new up to then.",
            "select as_of, customers from kpi_churn",
            "select c.as_of, sum(m.new_customers) from (select distinct as_of from kpi_churn) as c"
            " join kpi_monthly as m on m.month <= c.as_of group by c.as_of",
        ),
        agree(
            "lapsed_are_those_of_customer_metrics",
            "Where the as-of date is a month's end, the lapsed of P80 are those of customer_metrics.",
            "select as_of, lapsed from kpi_churn where horizon = 'P80' and lapsed is not null"
            " and as_of = (select max(date) from dim_date where is_as_of)",
            "select c.as_of, m.lapsed from kpi_churn as c cross join"
            " (select count(*) filter (where activity_status = 'lapsed') as lapsed from customer_metrics) as m"
            " where c.horizon = 'P80' and c.lapsed is not null and c.as_of = (select max(date) from dim_date where is_as_of)",
        ),
    )
