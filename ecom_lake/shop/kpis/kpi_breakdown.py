from __future__ import annotations

from ecom_lake.engine.contracts.columns import Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio, same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class KpiBreakdown(Gold):
    """One row per period (month, year, whole history), dimension and member with a valid order. Of an order paid by several
    methods, each method has its share of the sales, and the largest has the units."""

    period_type = Text("Length of the period.", key=True, one_of=("month", "year", "all"))
    period = vocabulary.period.replace(key=True)
    dimension = vocabulary.dimension.replace(key=True)
    member = vocabulary.member.replace(key=True)
    is_complete = vocabulary.is_complete
    orders = vocabulary.orders
    customers = vocabulary.customers.replace(nullable=True)
    anonymous_orders = vocabulary.anonymous_orders
    units = vocabulary.units
    gross_sales = vocabulary.gross_sales
    net_sales = vocabulary.net_sales
    aov = vocabulary.aov
    share = vocabulary.share_of_net_sales
    rank = vocabulary.rank
    net_sales_yoy = vocabulary.net_sales_yoy

    needs = ("orders.ordered_at",)
    rules = (
        Rule(
            "customers_are_of_orders",
            "orders >= 1 and anonymous_orders <= orders and (customers is null) = (anonymous_orders = orders)"
            " and coalesce(customers between 1 and orders - anonymous_orders, true)",
            "Every row has an order, and where not all of them are anonymous from one to as many customers as orders.",
        ),
        ratio("aov_is_sales_per_order", "aov", "net_sales", "orders"),
        Rule("net_within_gross", "net_sales BETWEEN 0 AND gross_sales", "Net sales are at most gross sales."),
        Rule(
            "no_growth_of_all_or_the_incomplete",
            "net_sales_yoy IS NULL OR (is_complete AND period_type <> 'all')",
            "The whole history and incomplete periods have no growth.",
        ),
    )
    identities = (
        agree(
            "members_sum_to_months",
            "In every dimension, the members' gross and net sales sum to the month's, to the cent.",
            "select d.dimension, b.period, b.net_sales, b.gross_sales from (select distinct dimension from kpi_breakdown) as d"
            " join (select dimension, period, sum(net_sales) as net_sales, sum(gross_sales) as gross_sales from kpi_breakdown"
            " where period_type = 'month' group by dimension, period) as b on b.dimension = d.dimension where b.gross_sales <> 0",
            "select d.dimension, m.month, m.net_sales, m.gross_sales from (select distinct dimension from kpi_breakdown) as d"
            " cross join kpi_monthly as m where m.gross_sales <> 0",
        ),
        agree(
            "months_sum_to_years_and_all",
            "A member's orders, anonymous orders, units and sales by month sum to those of its years and of the whole history.",
            "select dimension, member, year(period), sum(orders), sum(anonymous_orders), sum(units), sum(gross_sales),"
            " sum(net_sales) from kpi_breakdown where period_type = 'month' group by 1, 2, 3"
            " union all select dimension, member, null, sum(orders), sum(anonymous_orders), sum(units), sum(gross_sales),"
            " sum(net_sales) from kpi_breakdown where period_type = 'month' group by 1, 2",
            "select dimension, member, case when period_type = 'year' then year(period) end, orders, anonymous_orders, units,"
            " gross_sales, net_sales from kpi_breakdown where period_type <> 'month'",
        ),
        agree(
            "weekdays_have_every_order",
            "The weekdays' orders, anonymous orders and units sum to the month's.",
            "select period, sum(orders), sum(anonymous_orders), sum(units) from kpi_breakdown"
            " where period_type = 'month' and dimension = 'weekday' group by period",
            "select month, orders, anonymous_orders, units from kpi_monthly where orders > 0",
        ),
        Identity(
            "shares_and_ranks_are_of_the_period",
            "select period_type, period, dimension, member from (select *, sum(net_sales) over period_sales as whole,"
            " row_number() over (period_sales order by net_sales desc, member) as place from kpi_breakdown"
            " window period_sales as (partition by period_type, period, dimension)) as walked"
            f" where rank <> place or (share is null) <> (whole = 0) or not ({same('share * whole', 'net_sales')})",
            "In each period and dimension, members are ranked by net sales, and shares are of their sum.",
        ),
        Identity(
            "growth_is_on_the_year_before",
            "select a.period_type, a.period, a.dimension, a.member from kpi_breakdown as a join kpi_breakdown as b"
            " on b.period_type = a.period_type and b.dimension = a.dimension and b.member = a.member"
            " and b.period = a.period - interval 12 month where a.period_type <> 'all'"
            " and ((a.net_sales_yoy is null) <> (not a.is_complete or not b.is_complete or b.net_sales = 0)"
            f" or not ({same('(1 + a.net_sales_yoy) * b.net_sales', 'a.net_sales')}))",
            "Growth is against the same month, or the year, one year earlier.",
        ),
    )
