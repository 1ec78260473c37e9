-- How many times as many customers who do not order again does the churn list contain as a random list of the same length?
with
cards as (
    select
        model,
        value,
        baseline_value,
        low,
        high,
        n,
        split_part(champion, ': ', 1) as form,
        split_part(champion, ': ', 2) as method,
        split_part(baseline, ': ', 2) as naive
    from model_cards
    where model = 'churn' and status = 'published'
),

top as (
    select
        s.form,
        sum(m.net_sales)::decimal(18, 2) as money
    from churn_scores as s
    join customer_metrics as m on m.customer_id = s.customer_id
    where s.decile = 1
    group by s.form
)

select
    'model=' || c.model as row_key,
    c.value,
    c.baseline_value as baseline,
    c.low,
    c.high,
    c.baseline_value as against,
    c.value - c.baseline_value as effect,
    c.n,
    top.money,
    c.method,
    c.naive,
    case c.form when 'second order' then 'do not order a second time' else 'do not order again' end as outcome
from cards as c
left join top on top.form = c.form
