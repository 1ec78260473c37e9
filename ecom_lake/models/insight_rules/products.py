"""What is bought, what is bought together, and what comes back."""

from __future__ import annotations

from ecom_lake.models.insight_rules.rule import InsightRule

_OWNER = "purchasing"

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
            compared as (
                select
                    member, max(orders) filter (where back = 1) as hits, sum(orders) filter (where back > 1) as rest_hits,
                    max(net_sales) filter (where back = 1) as money
                from members
                group by member
            )
            select
                'period_type=month, period=' || c.month || ', dimension=category, member=' || m.member as row_key,
                m.hits as value, m.hits as n, m.money, m.hits, c.orders as trials, m.rest_hits, before.orders as rest_trials,
                m.member, strftime(c.month, '%B %Y') as month_name,
                m.hits * before.orders / nullif(m.rest_hits * c.orders, 0) - 1 as effect,
                case when m.hits * before.orders < m.rest_hits * c.orders then 'smaller' else 'larger' end as compared
            from compared as m
            join complete as c on c.back = 1
            cross join (select sum(orders) as orders from complete where back between 2 and 4) as before
            where m.rest_hits > 0 and m.hits > 0
        """,
        says="{value} orders of {month_name} hold the category {member}, a {compared} share than in the three months before.",
        silent="No category has a clearly different share of the orders than in the three months before.",
        action="See whether stock, price or a campaign moved it, and whether it is to be repeated.",
        owner=_OWNER,
        caveat="Season is not taken out; the interval is of the share of orders.",
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
                lift as value, orders as n, p_adjusted as p, lift - 1 as effect, antecedent, consequent, c.net_sales as money
            from basket_rules
            left join categories as c on c.category = consequent
            where level = 'category' and antecedent_size = 1
        """,
        says="Who buys {antecedent} buys {consequent} in the same order {value} times as often as chance would have it "
        "({n} orders).",
        silent="No two categories are clearly bought together.",
        action="Show the one beside the other, and try a bundle.",
        owner=_OWNER,
        caveat="Bought together is not bought because of each other; the money is what the second category sells in all.",
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
                lift as value, r.orders as n, p_adjusted as p, lift - 1 as effect, antecedent, consequent, p.net_sales as money,
                a.category as one_category, p.category as other_category
            from basket_rules as r
            join product_performance as a on a.product_id = antecedent
            join product_performance as p on p.product_id = consequent
            where level = 'product' and antecedent_size = 1
        """,
        says="Product {antecedent} ({one_category}) and product {consequent} ({other_category}) stand in one order {value} times "
        "as often as chance would have it ({n} orders).",
        silent="No two products are clearly bought together.",
        action="Offer them as a bundle, and measure it.",
        owner=_OWNER,
        caveat="Bought together is not bought because of each other; the money is what the second product sells in all.",
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
            whole as (select sum(returned_orders) as returned, sum(returnable) as returnable from members)
            select
                'dimension=' || dimension || ', member=' || member as row_key, return_rate as value, returned_orders as hits,
                m.returnable as trials, w.returned - returned_orders as rest_hits, w.returnable - m.returnable as rest_trials,
                m.returnable as n, returned_sales as money, member
            from members as m
            cross join whole as w
            where returned_orders * w.returnable > w.returned * m.returnable
        """,
        says="{value} of {n} orders with {member} came back, more than of the other categories; that took {money}.",
        silent="No category comes back clearly more often than the others.",
        action="Read the reviews of what came back; mend description, size table or packing.",
        owner=_OWNER,
        caveat="An order of several categories counts in each.",
        most=2,
    ),
)
