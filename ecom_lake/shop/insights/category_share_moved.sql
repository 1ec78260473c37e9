-- Which share of the last complete month's orders contained each category, and which share in the three months before?
with
complete as (
    select
        month,
        orders,
        row_number() over (order by month desc) as back
    from complete_months
),

members as (
    select
        b.member,
        b.orders,
        b.net_sales,
        c.back
    from kpi_breakdown as b
    join complete as c on c.month = b.period and c.back <= 4
    where b.period_type = 'month' and b.dimension = 'category' and b.member <> 'unknown'
),

sums as (
    select
        member,
        max(orders) filter (where back = 1) as hits,
        sum(orders) filter (where back > 1) as rest_hits,
        max(net_sales) filter (where back = 1) as money
    from members
    group by member
),

before as (
    select
        sum(orders) as orders,
        min(month) as first_before,
        max(month) as last_before
    from complete
    where back between 2 and 4
)

select
    'period_type=month, period=' || c.month || ', dimension=category, member=' || s.member as row_key,
    s.hits as value,
    s.rest_hits * c.orders::double / before.orders as baseline,
    s.hits as n,
    s.money,
    s.hits,
    c.orders as trials,
    s.rest_hits,
    before.orders as rest_trials,
    s.member,
    c.month,
    before.first_before,
    before.last_before,
    s.hits::double / nullif(c.orders, 0) as rate,
    s.rest_hits::double / nullif(before.orders, 0) as rate_before,
    (s.rest_hits * c.orders::double / before.orders - s.hits) * s.money::double / s.hits as gain,
    s.hits * before.orders::double / nullif(s.rest_hits * c.orders::double, 0) - 1 as effect
from sums as s
join complete as c on c.back = 1
cross join before
where s.rest_hits > 0 and s.hits > 0
