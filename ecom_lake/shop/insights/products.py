"""What is bought, what is bought together, and what is returned.

Gains: of a category that lost share, the net sales of the orders that are missing at the share of before; of returns, the
returned sales beyond the rate of the other categories, a month. What a bundle would bring nobody has measured.
"""

from __future__ import annotations

from ecom_lake.shop.insights.rule import InsightRule

_OWNER = "purchasing"
_NO_GAIN = "Not estimated: what a bundle or a recommendation would bring only an experiment can measure."

RULES = (
    InsightRule(
        id="category-share-moved",
        topic="Products",
        kind="descriptive",
        table="kpi_breakdown",
        column="orders",
        unit="count",
        sql="""
            with complete as (
                select month, orders, row_number() over (order by month desc) as back from kpi_monthly where is_complete
            ),
            members as (
                select b.period, b.member, b.orders, b.net_sales, c.back, c.orders as all_orders
                from kpi_breakdown as b
                join complete as c on c.month = b.period and c.back <= 4
                where b.period_type = 'month' and b.dimension = 'category' and b.member <> 'unknown'
            ),
            sums as (
                select
                    member, max(orders) filter (where back = 1) as hits, sum(orders) filter (where back > 1) as rest_hits,
                    max(net_sales) filter (where back = 1) as money
                from members
                group by member
            ),
            before as (
                select sum(orders) as orders, min(month) as first_before, max(month) as last_before
                from complete
                where back between 2 and 4
            )
            select
                'period_type=month, period=' || c.month || ', dimension=category, member=' || s.member as row_key,
                s.hits as value, s.rest_hits * c.orders::double / before.orders as baseline, s.hits as n, s.money, s.hits,
                c.orders as trials, s.rest_hits, before.orders as rest_trials, s.member, c.month, first_before, last_before,
                s.hits::double / nullif(c.orders, 0) as rate, s.rest_hits::double / nullif(before.orders, 0) as rate_before,
                (s.rest_hits * c.orders::double / before.orders - s.hits) * s.money::double / s.hits as gain,
                s.hits * before.orders::double / nullif(s.rest_hits * c.orders::double, 0) - 1 as effect
            from sums as s
            join complete as c on c.back = 1
            cross join before
            where s.rest_hits > 0 and s.hits > 0
        """,
        days="""
            with recent as (select month from kpi_monthly where is_complete order by month desc limit 12),
            last as (select max(month) as month from kpi_monthly where is_complete),
            placed as (
                select o.order_date, count(*) as trials
                from fct_orders as o
                join recent on recent.month = o.month
                where o.is_valid
                group by o.order_date
            ),
            held as (
                select s.category, s.order_date, count(distinct s.order_id) as hits
                from fct_sales as s
                join recent on recent.month = s.month
                where s.is_valid and s.category <> 'unknown'
                group by s.category, s.order_date
            ),
            categories as (select distinct category from held)
            select
                'period_type=month, period=' || last.month || ', dimension=category, member=' || c.category as row_key,
                p.order_date as day, coalesce(h.hits, 0) as hits, p.trials
            from categories as c
            cross join placed as p
            cross join last
            left join held as h on h.category = c.category and h.order_date = p.order_date
        """,
        headline="{value} {month} orders contained {member}, {compared:up|down} from {baseline} at its share in {before}.",
        reason="{rate:share} of {trials} orders, against {rate_before:share} of {rest_trials}.",
        silent="No category's share of orders changed beyond the usual variation on the three months before together.",
        action="Find out whether stock, price or a campaign moved it, and whether to repeat that.",
        owner=_OWNER,
        caveat="The season is not removed.",
        gain_basis="Orders missing at the baseline's share, at the category's net sales per order of the month.",
        least_effect=0.1,
        most=2,
    ),
    InsightRule(
        id="bought-together",
        topic="Baskets",
        kind="descriptive",
        table="basket_rules",
        column="lift",
        unit="ratio",
        sql="""
            with categories as (select category, net_sales from category_performance)
            select
                'level=' || level || ', antecedent_size=' || antecedent_size || ', antecedent=' || antecedent
                    || ', consequent=' || consequent as row_key,
                lift as value, 1.0 as baseline, orders as n, p_adjusted as p, lift - 1 as effect, antecedent, consequent,
                orders / nullif(lift, 0) as expected, c.net_sales as money
            from basket_rules
            left join categories as c on c.category = consequent
            where level = 'category' and antecedent_size = 1 and antecedent < consequent
        """,
        headline="{antecedent} and {consequent} are bought together {value} times as often as independent choices would give.",
        reason="{n} orders contain both; independent choices would give {expected:ratio}.",
        silent="No two categories are clearly bought together.",
        action="Show the one next to the other, and try a bundle.",
        owner=_OWNER,
        caveat="Bought together is not bought because of each other.",
        gain_basis=_NO_GAIN,
        least_n=20,
        least_effect=0.2,
        most=2,
    ),
    InsightRule(
        id="products-bought-together",
        topic="Baskets",
        kind="descriptive",
        table="basket_rules",
        column="lift",
        unit="ratio",
        sql="""
            select
                'level=' || level || ', antecedent_size=' || antecedent_size || ', antecedent=' || antecedent
                    || ', consequent=' || consequent as row_key,
                lift as value, 1.0 as baseline, r.orders as n, p_adjusted as p, lift - 1 as effect, antecedent, consequent,
                r.orders / nullif(lift, 0) as expected, p.net_sales as money, a.category as one_category,
                p.category as other_category
            from basket_rules as r
            join product_performance as a on a.product_id = antecedent
            join product_performance as p on p.product_id = consequent
            where level = 'product' and antecedent_size = 1 and antecedent < consequent
        """,
        headline="Product {antecedent} ({one_category}) and product {consequent} ({other_category}) are bought in one order "
        "{value} times as often as independent choices would give.",
        reason="{n} orders contain both; independent choices would give {expected:ratio}.",
        silent="No two products are clearly bought together.",
        action="Offer them as a bundle, and measure it.",
        owner=_OWNER,
        caveat="Bought together is not bought because of each other.",
        gain_basis=_NO_GAIN,
        least_n=20,
        least_effect=0.2,
        most=2,
    ),
    InsightRule(
        id="sent-back",
        topic="Products",
        kind="descriptive",
        table="returns_leakage",
        column="return_rate",
        unit="share",
        sql="""
            with members as (
                select *, returned_orders + delivered_orders as returnable
                from returns_leakage
                where dimension = 'category' and member <> 'unknown'
            ),
            whole as (select sum(returned_orders) as returned, sum(returnable) as returnable from members),
            history as (select count(*) as months from kpi_monthly where is_complete)
            select
                'dimension=' || dimension || ', member=' || member as row_key, return_rate as value,
                (w.returned - returned_orders)::double / nullif(w.returnable - m.returnable, 0) as baseline,
                returned_orders as hits, m.returnable as trials, w.returned - returned_orders as rest_hits,
                w.returnable - m.returnable as rest_trials, m.returnable as n, returned_sales as money, member,
                (returned_orders - m.returnable * (w.returned - returned_orders)::double / nullif(w.returnable - m.returnable, 0))
                    * returned_sales::double / nullif(returned_orders, 0) / nullif(h.months, 0) as gain
            from members as m
            cross join whole as w
            cross join history as h
            where returned_orders * w.returnable > w.returned * m.returnable
        """,
        days="""
            with held as (
                select category, order_id, min(month) as month, bool_or(is_returned) as is_returned
                from fct_sales
                where is_valid and status in ('delivered', 'returned') and is_returned is not null and month is not null
                group by category, order_id
            )
            select
                'dimension=category, member=' || category as row_key, month as day,
                count(*) filter (where is_returned) as hits, count(*) as trials
            from held
            group by category, month
        """,
        noise_of="months",
        headline="{value} of orders with {member} were returned, {compared:above|below} the {baseline} of all other categories "
        "together.",
        reason="{hits} of {trials} orders; {money:money} of net sales were returned.",
        silent="No category is returned clearly more often than all others together.",
        action="Read the reviews of what was returned; fix the description, the size table or the packing.",
        owner=_OWNER,
        caveat="Over the whole history. An order of several categories counts in each.",
        gain_basis="Returned sales beyond the rate of all other categories together, per month of the history.",
        most=2,
    ),
)
