"""What changed in sales, and why."""

from __future__ import annotations

from ecom_lake.models.insight_rules.rule import InsightRule

_OWNER = "management"

_GROWTH = """
    with months as (
        select month, orders, net_sales, {column} as growth, lag(orders, {back}) over (order by month) as orders_before
        from kpi_monthly
    ),
    last as (select max(month) as month from kpi_monthly where is_complete)
    select
        'month=' || month as row_key, growth as value, growth as effect, orders + orders_before as n, net_sales as money,
        orders as events, orders_before as events_before, strftime(month, '%B %Y') as month_name,
        case when growth < 0 then 'fell' else 'rose' end as moved
    from months
    where month in (from last) and growth is not null
"""

RULES = (
    InsightRule(
        id="sales-on-month-before",
        topic="What changed",
        kind="descriptive",
        table="kpi_monthly",
        column="net_sales_mom",
        unit="change",
        sql=_GROWTH.format(column="net_sales_mom", back=1),
        says="Net sales of {month_name} {moved} by {value} on the month before, to {money}.",
        silent="Net sales of the last complete month are not clearly different from the month before.",
        action="Look at why sales moved, driver by driver, in kpi_bridge.",
        owner=_OWNER,
        caveat="Months differ in length and season; the test is on the number of orders.",
        least_effect=0.02,
    ),
    InsightRule(
        id="sales-on-year-before",
        topic="What changed",
        kind="descriptive",
        table="kpi_monthly",
        column="net_sales_yoy",
        unit="change",
        sql=_GROWTH.format(column="net_sales_yoy", back=12),
        says="Net sales of {month_name} {moved} by {value} on the same month a year before, to {money}.",
        silent="Net sales of the last complete month cannot be told from those of a year before.",
        action="Hold plans for the year against this growth.",
        owner=_OWNER,
        caveat="One month against one; the test is on the number of orders.",
        least_effect=0.02,
    ),
    InsightRule(
        id="what-moved-sales",
        topic="What changed",
        kind="descriptive",
        table="kpi_bridge",
        column="effect",
        unit="money",
        sql="""
            with last as (select max(to_month) as month from kpi_bridge)
            select
                'from_month=' || from_month || ', to_month=' || to_month || ', driver=' || driver as row_key,
                effect as value, abs(effect) as money, abs(effect)::double / nullif(m.net_sales, 0)::double as effect,
                m.orders as n, strftime(to_month, '%B %Y') as month_name,
                case driver
                    when 'new' then 'the number of new customers' when 'returning' then 'the number of returning customers'
                    when 'orders_per_customer' then 'orders per customer' when 'units_per_order' then 'units per order'
                    when 'price' then 'prices' when 'mix' then 'what was bought' else 'discounts'
                end as driver_name
            from kpi_bridge as b
            join kpi_monthly as m on m.month = b.from_month
            where to_month in (from last) and date_diff('month', from_month, to_month) = 1
        """,
        says="Of all that moved net sales to those of {month_name}, {driver_name} did most: {value}.",
        silent="Nothing moved net sales by as much as a fiftieth on the month before.",
        action="Ask what was done to that driver in the month: campaigns, prices, range.",
        owner=_OWNER,
        caveat="An exact parting of the change; it does not say why the driver moved.",
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
                    sum(canceled_orders) over before as rest_hits, sum(placed_orders) over before as rest_trials
                from kpi_monthly
                where is_complete
                window before as (order by month rows between 3 preceding and 1 preceding)
            )
            select
                'month=' || month as row_key, cancel_rate as value, placed_orders as n, canceled_orders * aov as money,
                canceled_orders as hits, placed_orders as trials, rest_hits, rest_trials, strftime(month, '%B %Y') as month_name,
                case when canceled_orders * rest_trials < rest_hits * placed_orders then 'fewer' else 'more' end as compared
            from complete
            order by month desc
            limit 1
        """,
        says="{value} of the {n} orders placed in {month_name} were canceled or could not be had, {compared} than in the three "
        "months before.",
        silent="No more and no fewer orders were canceled in the last complete month than in the three before.",
        action="Look at which products and sellers the canceled orders are of.",
        owner="operations",
        caveat="The newest orders may still be canceled.",
        least_n=100,
    ),
)
