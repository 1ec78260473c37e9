-- How did the shop do each month, from its first to its last, and how much more or less than before?
with
placed as (
    select
        month,
        count(*) as placed_orders,
        count(*) filter (where status in ('canceled', 'unavailable')) as canceled_orders
    from fct_orders
    group by month
),

-- A sum over no orders is 0, but what the shop knows nothing of stays NULL.
known as (
    select count(payments) > 0 as payments, count(is_returned) > 0 as returns, count(cogs) > 0 as costs
    from fct_orders
),

sums as (
    select
        month,
        count(*) as orders,
        -- Each person counts once: at the order whose predecessor lies in an earlier month.
        count(*) filter (where coalesce(previous_order_date < month, true)) as customers,
        count(*) filter (where is_first_order) as new_customers,
        sum(items) as items,
        sum(units) as units,
        sum(gross_sales)::decimal(18, 2) as gross_sales,
        sum(discounts)::decimal(18, 2) as discounts,
        sum(net_sales)::decimal(18, 2) as net_sales,
        sum(freight)::decimal(18, 2) as freight,
        sum(gmv)::decimal(18, 2) as gmv,
        sum(payments)::decimal(18, 2) as payments,
        sum(cogs)::decimal(18, 2) as cogs,
        sum(costed_sales)::decimal(18, 2) as costed_sales,
        sum(returned_sales)::decimal(18, 2) as returned_sales,
        count(*) filter (where is_returned) as returned_orders,
        count(is_returned) filter (where is_returned or status = 'delivered') as returnable_orders,
        sum(returned_units) as returned_units,
        sum(units) filter (where is_returned or status = 'delivered') as returnable_units,
        count(is_returned) as orders_with_known_return,
        count(*) filter (where status = 'unknown') as unknown_status_orders,
        count(*) filter (where is_late) as late_orders,
        count(is_late) as promised_orders,
        sum(lead_days) as lead_days,
        count(lead_days) as delivered_orders,
        sum(review_score::decimal(9, 4))::decimal(18, 4) as review_scores,
        count(review_score) as reviews,
        count(*) filter (where review_score >= 5) as promoters,
        count(*) filter (where review_score <= 3) as detractors
    from fct_orders
    where is_valid
    group by month
),

months as (
    select month_start as month, bool_or(is_complete_month) as is_complete
    from dim_date
    where month_start between (select min(month) from placed) and (select max(month) from placed)
    group by month_start
),

-- Months without a sale are months too: their sums are 0, their rates NULL.
monthly as (
    select
        m.month,
        m.is_complete,
        p.placed_orders,
        p.canceled_orders,
        s.* exclude (month, net_sales),
        coalesce(s.net_sales, 0) as net_sales,
        case when s.costed_sales >= settings.cost_coverage * nullif(s.net_sales, 0) then s.net_sales - s.cogs end as gross_profit
    from months as m
    left join placed as p on p.month = m.month
    left join sums as s on s.month = m.month
    cross join settings
)

select
    month,
    is_complete,
    coalesce(orders, 0) as orders,
    coalesce(customers, 0) as customers,
    coalesce(new_customers, 0) as new_customers,
    coalesce(customers - new_customers, 0) as returning_customers,
    coalesce(items, 0) as items,
    coalesce(units, 0) as units,
    coalesce(gross_sales, 0) as gross_sales,
    coalesce(discounts, 0) as discounts,
    net_sales,
    coalesce(freight, 0) as freight,
    coalesce(gmv, 0) as gmv,
    case when known.payments then coalesce(m.payments, 0) end as payments,
    cogs,
    case when known.costs then costed_sales::double / nullif(net_sales, 0) end as cogs_coverage,
    gross_profit,
    gross_profit::double / net_sales as margin,
    net_sales::double / orders as aov,
    items::double / orders as items_per_order,
    coalesce(placed_orders, 0) as placed_orders,
    coalesce(canceled_orders, 0) as canceled_orders,
    canceled_orders::double / placed_orders as cancel_rate,
    case when known.returns then coalesce(returned_orders, 0) end as returned_orders,
    case when known.returns then coalesce(returned_sales, 0) end as returned_sales,
    returned_orders::double / nullif(returnable_orders, 0) as return_rate,
    returned_units::double / nullif(returnable_units, 0) as return_rate_units,
    returned_orders::double / nullif(orders_with_known_return, 0) as return_share,
    coalesce(unknown_status_orders, 0) as unknown_status_orders,
    late_orders::double / nullif(promised_orders, 0) as late_rate,
    lead_days::double / nullif(delivered_orders, 0) as avg_lead_days,
    review_scores::double / nullif(reviews, 0) as avg_review,
    (100 * (promoters - detractors))::double / nullif(reviews, 0) as nps_proxy,
    case
        when is_complete and lag(is_complete) over by_month
            then (net_sales - lag(net_sales) over by_month)::double / nullif(lag(net_sales) over by_month, 0)
    end as net_sales_mom,
    case
        when is_complete and lag(is_complete, 12) over by_month
            then (net_sales - lag(net_sales, 12) over by_month)::double / nullif(lag(net_sales, 12) over by_month, 0)
    end as net_sales_yoy
from monthly as m
cross join known
window by_month as (order by month)
