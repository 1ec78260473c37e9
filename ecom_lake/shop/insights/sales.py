"""What changed in sales, and why.

Gains: of a fall, the net sales of the month before, or of the year before, that are missing now; of cancellations, the net
sales of the orders canceled beyond the rate of the baseline. A rise has no gain.
"""

from __future__ import annotations

from ecom_lake.shop.insights.rule import InsightRule

_OWNER = "management"

_MONTHS = """
    months as (
        select
            month, orders, net_sales, net_sales_mom, net_sales_yoy, day(last_day(month)) as days_in_month,
            lag(month, {back}) over (order by month) as month_before,
            lag(orders, {back}) over (order by month) as orders_before,
            lag(net_sales, {back}) over (order by month) as sales_before
        from kpi_monthly
    ),
    last as (
        select
            *, day(last_day(month_before)) as days_before,
            net_sales::double / days_in_month as per_day, sales_before::double / day(last_day(month_before)) as per_day_before
        from months
        where month in (select max(month) from kpi_monthly where is_complete)
    )
"""

_GROWTH = f"""
    with {_MONTHS}
    select
        'month=' || month as row_key, net_sales as value, sales_before as baseline, {{column}} as effect,
        orders + orders_before as n, net_sales as money, sales_before - net_sales as gain, month, month_before,
        per_day, days_in_month, per_day_before, days_before,
        case when (net_sales - sales_before) * (per_day - per_day_before) < 0
            then 'The months differ in length: per day, net sales moved the other way.' end as weak_because
    from last
    where {{column}} is not null
"""

_DAILY_SALES = """
    with last as (select max(month) as month from kpi_monthly where is_complete),
    recent as (select month from kpi_monthly where is_complete order by month desc limit 13)
    select 'month=' || last.month as row_key, d.date as day, d.net_sales as amount
    from kpi_daily as d
    join recent on recent.month = date_trunc('month', d.date)
    cross join last
"""

_REASON = "Per day: {per_day:money}, against {per_day_before:money} in {month_before}. Days vary; this change is beyond that."

RULES = (
    InsightRule(
        id="sales-on-month-before",
        topic="What changed",
        kind="descriptive",
        table="kpi_monthly",
        column="net_sales",
        unit="money",
        sql=_GROWTH.format(column="net_sales_mom", back=1),
        days=_DAILY_SALES,
        headline="{month} net sales {compared:rose|fell} {change} month over month, from {baseline} to {value}.",
        reason=_REASON,
        silent="The month-over-month change of net sales is within what the shop's days usually vary by.",
        action="Find out which driver moved sales: see kpi_bridge.",
        owner=_OWNER,
        caveat="The season is not removed.",
        gain_basis="Net sales of the month before that are missing in this month.",
        least_effect=0.02,
    ),
    InsightRule(
        id="sales-on-year-before",
        topic="What changed",
        kind="descriptive",
        table="kpi_monthly",
        column="net_sales",
        unit="money",
        sql=_GROWTH.format(column="net_sales_yoy", back=12),
        days=_DAILY_SALES,
        headline="{month} net sales {compared:rose|fell} {change} year over year, from {baseline} to {value}.",
        reason=_REASON,
        silent="The year-over-year change of net sales is within what the shop's days usually vary by.",
        action="Check the plan for the year against this growth.",
        owner=_OWNER,
        caveat="One month compared with one month: a campaign or a holiday in either of them counts too.",
        gain_basis="Net sales of the same month a year before that are missing in this month.",
        least_effect=0.02,
    ),
    InsightRule(
        id="what-moved-sales",
        topic="What changed",
        kind="descriptive",
        table="kpi_bridge",
        column="effect",
        unit="money",
        # The split of a change is exact; what could be chance is the change itself, so that is what is tested.
        sql=f"""
            with {_MONTHS.format(back=1)}
            select
                'from_month=' || b.from_month || ', to_month=' || b.to_month || ', driver=' || b.driver as row_key,
                b.effect as value, 0 as baseline, abs(b.effect) as money, -b.effect as gain, l.orders as n,
                abs(b.effect)::double / nullif(l.sales_before, 0)::double as effect, l.month, l.month_before, l.net_sales,
                l.sales_before, abs(b.effect) as size,
                case b.driver
                    when 'new' then 'The number of new customers' when 'returning' then 'The number of returning customers'
                    when 'orders_per_customer' then 'Orders per customer' when 'units_per_order' then 'Units per order'
                    when 'price' then 'Prices' when 'mix' then 'Product mix' else 'Discounts'
                end as driver
            from kpi_bridge as b
            join last as l on l.month = b.to_month and l.month_before = b.from_month
            where b.effect * (l.net_sales - l.sales_before) > 0
            order by abs(b.effect) desc, b.driver_order
            limit 1
        """,
        tested_by="sales-on-month-before",
        headline="{driver} {compared:raised|lowered} {month} net sales by {size:money}, the largest part of the month's "
        "{compared:rise|fall} from {sales_before:money} to {net_sales:money}.",
        reason="The change from {month_before} is split exactly into seven drivers; the others are in kpi_bridge.",
        silent="The month-over-month change of net sales is too small or too uncertain to name its driver.",
        action="Find out what was done to that driver in the month: campaigns, prices, range.",
        owner=_OWNER,
        caveat="The split does not explain why the driver moved.",
        gain_basis="What the driver took from net sales in the month.",
        least_effect=0.02,
    ),
    InsightRule(
        id="cancellations",
        topic="What changed",
        kind="descriptive",
        table="kpi_monthly",
        column="cancel_rate",
        unit="share",
        sql="""
            with complete as (
                select month, placed_orders, canceled_orders, cancel_rate, aov,
                    sum(canceled_orders) over before as rest_hits, sum(placed_orders) over before as rest_trials,
                    min(month) over before as first_before, max(month) over before as last_before
                from kpi_monthly
                where is_complete
                window before as (order by month rows between 3 preceding and 1 preceding)
            )
            select
                'month=' || month as row_key, cancel_rate as value, rest_hits::double / nullif(rest_trials, 0) as baseline,
                placed_orders as n, canceled_orders * aov as money, month, first_before, last_before,
                (canceled_orders - placed_orders * rest_hits::double / nullif(rest_trials, 0)) * aov as gain,
                canceled_orders as hits, placed_orders as trials, rest_hits, rest_trials
            from complete
            order by month desc
            limit 1
        """,
        days="""
            with last as (select max(month) as month from kpi_monthly where is_complete),
            recent as (select month from kpi_monthly where is_complete order by month desc limit 12)
            select
                'month=' || last.month as row_key, o.order_date as day,
                count(*) filter (where o.status in ('canceled', 'unavailable')) as hits, count(*) as trials
            from fct_orders as o
            join recent on recent.month = o.month
            cross join last
            group by all
        """,
        headline="{value} of {month} orders were canceled or unavailable, {compared:up|down} from {baseline} in {before}.",
        reason="{hits} of {trials} orders, against {rest_hits} of {rest_trials}.",
        silent="The change of the cancellation rate on the three months before together is within the usual variation.",
        action="Find out which products and sellers the canceled orders belong to.",
        owner="operations",
        caveat="The newest orders may still be canceled.",
        gain_basis="Orders canceled beyond the baseline's rate, at the month's average order value.",
        least_n=100,
    ),
)
