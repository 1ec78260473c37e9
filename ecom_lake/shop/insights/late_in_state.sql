-- In which states was the late delivery rate of the last settled month above that of all other states together?
with
states as (
    select
        month,
        state,
        late_orders,
        promised_orders,
        late_rate
    from delivery_performance
    where
        month in (select max(month) from complete_months where is_settled)
        and promised_orders > 0
        and state <> 'unknown'
),

whole as (
    select
        sum(late_orders) as late,
        sum(promised_orders) as promised
    from states
)

select
    'month=' || s.month || ', state=' || s.state as row_key,
    s.late_rate as value,
    (w.late - s.late_orders)::double / nullif(w.promised - s.promised_orders, 0) as baseline,
    s.late_orders as hits,
    s.promised_orders as trials,
    w.late - s.late_orders as rest_hits,
    w.promised - s.promised_orders as rest_trials,
    s.promised_orders as n,
    s.late_orders * k.aov as money,
    s.state,
    s.month,
    (s.late_orders - s.promised_orders * (w.late - s.late_orders)::double / nullif(w.promised - s.promised_orders, 0))
    * k.aov as gain
from states as s
cross join whole as w
join kpi_monthly as k on k.month = s.month
where s.late_orders * w.promised > w.late * s.promised_orders
