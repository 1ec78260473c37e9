from __future__ import annotations

from ecom_lake.engine.contracts.columns import Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import same
from ecom_lake.engine.contracts.table import Gold, Identity
from ecom_lake.shop import vocabulary


class KpiSummary(Gold):
    """One row per KPI, over the whole history or up to the as-of date, with its definition."""

    metric = vocabulary.metric.replace(key=True)
    position = vocabulary.position.replace(at_least=1)
    value = vocabulary.value
    unit = Text("Unit of the value.", one_of=("money", "count", "share", "days", "score", "points", "ratio"))
    definition = Text("Definition of the KPI, and whether it covers the whole history or ends at the as-of date.")

    identities = (
        Identity(
            "summary_is_the_months",
            "select s.metric, s.value, m.value as of_months from kpi_summary as s join"
            " (select 'net_sales' as metric, coalesce(sum(net_sales), 0)::double as value from kpi_monthly"
            " union all select 'orders', coalesce(sum(orders), 0)::double from kpi_monthly"
            " union all select 'anonymous_orders', coalesce(sum(anonymous_orders), 0)::double from kpi_monthly"
            " union all select 'anonymous_net_sales', coalesce(sum(anonymous_net_sales), 0)::double from kpi_monthly"
            " union all select 'customers', coalesce(sum(new_customers), 0)::double from kpi_monthly) as m"
            " on m.metric = s.metric where s.value <> m.value"
            " and not exists (select 1 from fct_orders where is_valid and month is null)",
            "Net sales, orders, anonymous orders and new customers of months sum to the summary's, where every order has a date.",
        ),
        Identity(
            "ratios_are_those_of_the_summary",
            "select r.metric, r.value, p.value as part, w.value as whole from (values ('aov', 'net_sales', 'orders'))"
            " as ratios (metric, part, whole) join kpi_summary as r on r.metric = ratios.metric"
            " join kpi_summary as p on p.metric = ratios.part join kpi_summary as w on w.metric = ratios.whole"
            f" where (r.value is null) <> (w.value = 0) or not ({same('r.value * w.value', 'p.value')})",
            "The average order value is the summary's net sales per order.",
        ),
        Identity(
            "sums_are_those_of_the_summary",
            "select net_sales, gmv from (select max(value) filter (where metric = 'gross_sales') as gross_sales,"
            " max(value) filter (where metric = 'discounts') as discounts, max(value) filter (where metric = 'net_sales')"
            " as net_sales, max(value) filter (where metric = 'freight') as freight, max(value) filter (where metric = 'gmv')"
            " as gmv, max(value) filter (where metric = 'refunds') as refunds, max(value) filter (where metric ="
            " 'net_sales_after_refunds') as after_refunds"
            f" from kpi_summary) as s where not ({same('gross_sales - coalesce(discounts, 0)', 'net_sales')})"
            f" or not ({same('net_sales + freight', 'gmv')}) or not ({same('net_sales - refunds', 'after_refunds')})",
            "Net sales are gross sales less discounts, GMV is net sales plus freight, and refunds are taken from net sales.",
        ),
        agree(
            "refunds_are_those_of_the_summary",
            "Refunds are those of all valid orders, whenever they were given back.",
            "select value from kpi_summary where metric = 'refunds' and value is not null",
            "select coalesce(sum(amount) filter (where is_valid), 0)::double from fct_refunds having count(*) > 0",
        ),
    )
