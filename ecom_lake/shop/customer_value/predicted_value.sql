-- What is each customer predicted to buy and to spend in the $days days after $as_of?
-- The prediction of a history holds for every customer who has it; what a purchase is worth depends on how many a customer paid for.
-- The interval is lognormal: its variance adds that of the purchases to that of the spending.
with predicted as (
    select
        c.customer_id,
        h.x,
        g.p_alive,
        g.p_any,
        g.orders,
        g.weeks_to_next,
        g.discounted * (s.base + s.share * h.spent::double / 100) as predicted_value,
        g.variance
        + (s.v0 + s.v1 * h.spent::double / 100 + s.v2 * h.spent::double * h.spent::double / 10000)
        / nullif(power(s.base + s.share * h.spent::double / 100, 2), 0) as variance
    from value_histories as h
    join value_customers as c on c.person = h.person
    join value_groups as g on g.x = h.x and g.t_x = h.t_x and g.age = h.age
    join value_spending as s on s.n = h.n
)

select
    m.customer_id,
    m.net_sales as historic_value,
    -- BG/NBD assumes that nobody leaves before the second purchase: it cannot say whether a one-time buyer has left.
    case when p.x > 0 or $model <> 'BG/NBD' then round(p.p_alive, 6) end as p_alive,
    case when p.customer_id is not null then $days::bigint end as horizon_days,
    round(p.orders, 6) as expected_orders,
    round(p.p_any, 6) as p_order,
    round(p.predicted_value, 2) as predicted_value,
    round(p.predicted_value * exp(-$z::double * sqrt(coalesce(p.variance, 0))), 2) as low,
    round(p.predicted_value * exp($z::double * sqrt(coalesce(p.variance, 0))), 2) as high,
    case
        when p.x > 0 and p.p_alive >= $min_alive::double and p.weeks_to_next <= $weeks::double
            then $as_of::date + greatest(ceil(p.weeks_to_next * 7), 1)::integer
    end as next_order_date,
    case when p.customer_id is null then 'none' else $model end as method,
    case when p.customer_id is not null then $spend_method end as spend_method
from customer_metrics as m
left join predicted as p on p.customer_id = m.customer_id
