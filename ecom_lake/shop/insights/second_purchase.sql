-- How many customers have ordered, and which share of them has ordered again? A shop without dates does not know it.
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
cross join reporting_period as r
where k.metric = 'repeat_purchase_rate' and r.as_of is not null
