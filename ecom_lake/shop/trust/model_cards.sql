-- What does each model predict, can it be relied on in this shop, and what has changed since it ran? One line per model.
with
cards as (
    select
        model,
        max(case when kind = 'card' and name = 'predicts' then said end) as predicts,
        max(case when kind = 'card' and name = 'population' then said end) as population,
        cast(max(case when kind = 'card' and name = 'as_of' then said end) as date) as as_of,
        max(case when kind = 'card' and name = 'status' then said end) as status,
        max(case when kind = 'card' and name = 'reason' then said end) as reason,
        max(case when kind = 'card' and name = 'champion' then said end) as champion,
        max(case when kind = 'card' and name = 'candidate' then said end) as candidate,
        max(case when kind = 'card' and name = 'metric' then said end) as metric,
        max(case when kind = 'card' and name = 'direction' then said end) as direction,
        max(case when kind = 'card' and name = 'requirement' then said end) as requirement,
        max(case when kind = 'card' and name = 'margin' then value end) as margin,
        max(case when kind = 'card' and name = 'value' then value end) as value,
        max(case when kind = 'card' and name = 'low' then value end) as low,
        max(case when kind = 'card' and name = 'high' then value end) as high,
        max(case when kind = 'card' and name = 'baseline' then said end) as baseline,
        max(case when kind = 'card' and name = 'baseline_value' then value end) as baseline_value,
        max(case when kind = 'card' and name = 'difference_low' then value end) as difference_low,
        max(case when kind = 'card' and name = 'difference_high' then value end) as difference_high,
        max(case when kind = 'card' and name = 'trained_on' then said end) as trained_on,
        cast(max(case when kind = 'card' and name = 'n' then value end) as bigint) as n,
        cast(max(case when kind = 'card' and name = 'fitted_as_of' then said end) as date) as fitted_as_of,
        max(case when kind = 'parameter' and name = 'fitted as' then said end) as code_version
    from model_fits
    group by model
),

-- The models of customers leave out anonymous orders; the others predict orders or sales.
left_out as (
    select
        c.model,
        count(o.order_id) as anonymous_orders,
        coalesce(sum(o.net_sales), 0)::decimal(18, 2) as anonymous_net_sales
    from cards as c
    left join fct_orders as o on o.is_valid and o.is_anonymous and coalesce(o.order_date <= c.as_of, true)
    where
        c.model in (
            'churn', 'customer_segments', 'customer_value', 'delivery_effect', 'experiment_plan', 'experiment_simulation'
        )
    group by c.model
),

latest as (
    select max(order_date) as last_order_date
    from fct_orders
)

select
    cards.*,
    case
        when last_order_date >= cards.as_of then date_diff('day', cards.as_of, last_order_date)
        when cards.as_of is not null then 0
    end as age_days,
    s.customers_changed,
    s.net_sales_changed,
    l.anonymous_orders,
    l.anonymous_net_sales
from cards
cross join latest
left join model_snapshots as s on s.model = cards.model
left join left_out as l on l.model = cards.model
