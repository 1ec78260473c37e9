from __future__ import annotations

from ecom_lake.contracts.columns import Integer, Key, Number, Text
from ecom_lake.contracts.table import Gold, Identity


class KpiSummary(Gold, group="kpis"):
    """One row per headline number, of the whole history or up to the as-of date, with the sentence that defines it."""

    metric = Key("Name of the number.")
    position = Integer("Its place on the page.", at_least=1)
    value = Number("Its value; NULL where the shop cannot know it or there is nothing to divide by.", nullable=True)
    unit = Text("What it counts.", one_of=("money", "count", "share", "days", "score", "points", "ratio"))
    definition = Text("What it means, and whether it is of the whole history or up to the as-of date.")

    identities = (
        Identity(
            "summary_is_the_months",
            "select s.metric, s.value, m.value as of_months from kpi_summary as s join"
            " (select 'net_sales' as metric, coalesce(sum(net_sales), 0)::double as value from kpi_monthly"
            " union all select 'orders', coalesce(sum(orders), 0)::double from kpi_monthly"
            " union all select 'customers', coalesce(sum(new_customers), 0)::double from kpi_monthly) as m"
            " on m.metric = s.metric where s.value <> m.value"
            " and not exists (select 1 from fct_orders where is_valid and month is null)",
            "Net sales, orders and customers are the months' sums, where every order has a date: each person is new once.",
        ),
    )
