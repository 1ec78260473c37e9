-- Do subscribers buy more, and more often, than other customers?
with
sums as (
    select
        case when d.is_subscriber then 'yes' when not d.is_subscriber then 'no' else 'unknown' end as subscriber,
        count(*) as customers,
        count(*) filter (where m.purchases >= 2) as repeaters,
        sum(m.orders) as orders,
        sum(m.net_sales)::decimal(18, 2) as net_sales
    from customer_metrics as m
    left join dim_customer as d on d.customer_id = m.customer_id
    group by case when d.is_subscriber then 'yes' when not d.is_subscriber then 'no' else 'unknown' end
)

select
    subscriber,
    customers,
    customers::double / sum(customers) over () as share,
    orders,
    net_sales,
    net_sales::double / nullif(sum(net_sales) over (), 0)::double as net_sales_share,
    net_sales::double / orders as aov,
    net_sales::double / customers as net_sales_per_customer,
    case when reporting_period.as_of is not null then repeaters::double / customers end as repeat_rate
from sums
cross join reporting_period
