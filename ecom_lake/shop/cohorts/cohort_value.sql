-- How much net sales have the customers who first ordered in a month brought, on average, in each later month?
with
sales as (
    select customer_id, is_first_order, month, net_sales, cogs, costed_sales
    from fct_orders
    cross join reporting_period
    where is_valid and customer_id is not null and order_date <= as_of
),

-- A first order states its cohort itself; a later order takes it from the customer's first order.
orders_by_cohort as (
    select month as cohort, month, net_sales, cogs, costed_sales
    from sales
    where is_first_order
    union all
    select first.month, later.month, later.net_sales, later.cogs, later.costed_sales
    from sales as later
    join sales as first on first.customer_id = later.customer_id and first.is_first_order
    where not later.is_first_order
),

sums as (
    select
        cohort,
        month,
        sum(net_sales)::decimal(18, 2) as net_sales,
        sum(cogs)::decimal(18, 2) as cogs,
        sum(costed_sales)::decimal(18, 2) as costed_sales
    from orders_by_cohort
    group by cohort, month
),

so_far as (
    select
        r.cohort,
        r.month_number,
        r.month,
        r.is_complete,
        r.cohort_size,
        case when r.month is not null then coalesce(s.net_sales, 0) end as net_sales,
        (sum(s.net_sales) over months_so_far)::decimal(18, 2) as cumulative_net_sales,
        (sum(s.cogs) over months_so_far)::decimal(18, 2) as cumulative_cogs,
        (sum(s.costed_sales) over months_so_far)::decimal(18, 2) as cumulative_costed_sales
    from cohort_retention as r
    left join sums as s on s.cohort = r.cohort and s.month = r.month
    window months_so_far as (partition by r.cohort order by r.month_number)
)

select
    cohort,
    month_number,
    month,
    is_complete,
    cohort_size,
    net_sales,
    case when month is not null then cumulative_net_sales end as cumulative_net_sales,
    case when month is not null then cumulative_net_sales::double / cohort_size end as cumulative_net_sales_per_customer,
    case
        when month is not null and cumulative_costed_sales >= cost_coverage * nullif(cumulative_net_sales, 0)
            then (cumulative_net_sales - cumulative_cogs)::double / cohort_size
    end as cumulative_gross_profit_per_customer
from so_far
cross join settings
