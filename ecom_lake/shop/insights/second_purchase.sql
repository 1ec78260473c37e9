-- How many customers have ordered, and which share of them has ordered again?
with
people as (
    select
        count(*) as n,
        count(*) filter (where purchases > 1) as hits,
        (sum(net_sales) filter (where purchases = 1))::decimal(18, 2) as money
    from customer_metrics
)

select
    'metric=' || k.metric as row_key,
    k.value,
    p.n,
    p.hits,
    p.n as trials,
    p.money
from kpi_summary as k
cross join people as p
where k.metric = 'repeat_purchase_rate'
