-- How long does each stage of delivery take, and how often is delivery late, by month and state?
with delivered as (
    select
        month,
        coalesce(state, 'unknown') as state,
        is_late,
        lead_days,
        approval_days,
        handling_days,
        transit_days,
        case when is_late then delay_days end as late_days
    from fct_orders
    where is_valid and status = 'delivered' and month is not null
)

select
    month,
    state,
    count(*) as delivered_orders,
    count(lead_days) as timed_orders,
    count(is_late) as promised_orders,
    count(*) filter (where is_late) as late_orders,
    count(*) filter (where is_late)::double / nullif(count(is_late), 0) as late_rate,
    sum(lead_days)::double / nullif(count(lead_days), 0) as avg_lead_days,
    round(quantile_cont(lead_days::double, 0.9), 6) as p90_lead_days,
    sum(approval_days)::double / nullif(count(approval_days), 0) as avg_approval_days,
    sum(handling_days)::double / nullif(count(handling_days), 0) as avg_handling_days,
    sum(transit_days)::double / nullif(count(transit_days), 0) as avg_transit_days,
    sum(late_days)::double / nullif(count(late_days), 0) as avg_delay_days_when_late
from delivered
group by month, state
