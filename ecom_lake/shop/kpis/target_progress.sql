-- Which targets were met, and is the running month on track?
with
latest as (
    select max(order_date) as order_date
    from fct_orders
),

compared as (
    select
        t.month,
        t.kpi,
        t.target,
        m.is_complete,
        l.order_date >= t.month + interval 1 month as is_over,
        case t.kpi
            when 'net_sales' then m.net_sales::double
            when 'gross_profit' then m.gross_profit::double
            when 'orders' then m.orders::double
            when 'units' then m.units::double
            when 'customers' then m.customers::double
            when 'new_customers' then m.new_customers::double
            when 'aov' then m.aov::double
            when 'avg_review' then m.avg_review::double
            when 'late_rate' then m.late_rate::double
            when 'return_rate' then m.return_rate::double
            when 'cancel_rate' then m.cancel_rate::double
        end as reached,
        case
            when t.kpi not in ('net_sales', 'gross_profit', 'orders', 'units', 'customers', 'new_customers') then 1.0::double
            when l.order_date < t.month then 0.0::double
            when l.order_date >= t.month + interval 1 month then 1.0::double
            else (date_diff('day', t.month, l.order_date) + 1)::double
                / date_diff('day', t.month, (t.month + interval 1 month)::date)
        end as share_of_days
    from targets as t
    cross join latest as l
    left join kpi_monthly as m on m.month = t.month
)

select
    month,
    kpi,
    is_complete,
    target,
    reached,
    target * case when is_complete then 1.0::double else share_of_days end as expected_so_far,
    case when target > 0 then reached / target end as attainment,
    case
        when reached is null or (is_over and not is_complete) then 'unknown'
        when kpi in ('late_rate', 'return_rate', 'cancel_rate')
            then case
                when reached <= target then case when is_complete then 'met' else 'on_track' end
                when is_complete then 'missed'
                else 'off_track'
            end
        when is_complete then case when reached >= target then 'met' else 'missed' end
        when reached >= target * share_of_days then 'on_track'
        else 'off_track'
    end as status
from compared
