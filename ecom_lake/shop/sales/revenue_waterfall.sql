-- Where does each month's revenue go, from gross sales to realized sales, from GMV to payments, and what is left after refunds?
with
-- Net sales of a valid order that were not returned belong to one step, and its payments differ from GMV for one cause.
sorted_orders as (
    select
        month,
        case
            when status in ('delivered', 'returned') then 'realized'
            when status in ('shipped', 'in_transit') and date_diff('day', order_date, reporting_period.as_of) <= at_risk_recent_days
                then 'at_risk_recent'
            when status in ('shipped', 'in_transit') then 'at_risk_stale'
            else status
        end as kept_as,
        case
            when items = 0 then 'no_lines'
            when payment_count = 0 then 'no_payment'
            when abs(payments - gmv) <= payment_rounding then 'rounding'
            when payments > gmv and instalments > 1 then 'instalment_interest'
            when payments > gmv then 'overpaid'
            when payments < gmv then 'underpaid'
        end as cause,
        gross_sales,
        discounts,
        net_sales,
        net_sales - coalesce(returned_sales, 0) as kept,
        coalesce(returned_sales, 0) as returned,
        freight,
        gmv,
        payments
    from fct_orders
    cross join reporting_period
    cross join settings
    where is_valid
),

sums as (
    select
        month,
        kept_as,
        cause,
        sum(gross_sales)::decimal(18, 2) as gross_sales,
        sum(discounts)::decimal(18, 2) as discounts,
        sum(net_sales)::decimal(18, 2) as net_sales,
        sum(kept)::decimal(18, 2) as kept,
        sum(returned)::decimal(18, 2) as returned,
        sum(freight)::decimal(18, 2) as freight,
        sum(gmv)::decimal(18, 2) as gmv,
        sum(payments)::decimal(18, 2) as payments
    from sorted_orders
    group by month, kept_as, cause
),

amounts as (
    select month, 'gross_sales' as step, gross_sales as amount from sums
    union all
    select month, 'discounts', -discounts from sums
    union all
    select month, 'net_sales', net_sales from sums
    union all
    select month, kept_as, kept from sums
    union all
    select month, 'returned', returned from sums
    union all
    select month, 'freight', freight from sums
    union all
    select month, 'gmv', gmv from sums
    union all
    select month, cause, payments - gmv from sums
    union all
    select month, 'payments', payments from sums
    union all
    select month, 'refunds', -amount from fct_refunds where is_valid
    union all
    select month, 'net_sales_after_refunds', net_sales from sums
    union all
    select month, 'net_sales_after_refunds', -amount from fct_refunds where is_valid
),

steps (step_order, step) as (
    values
        (1, 'gross_sales'), (2, 'discounts'), (3, 'net_sales'),
        (4, 'realized'), (5, 'returned'), (6, 'at_risk_recent'), (7, 'at_risk_stale'),
        (8, 'created'), (9, 'approved'), (10, 'processing'), (11, 'invoiced'), (12, 'unknown'),
        (13, 'freight'), (14, 'gmv'),
        (15, 'no_lines'), (16, 'no_payment'), (17, 'rounding'), (18, 'instalment_interest'), (19, 'overpaid'), (20, 'underpaid'),
        (21, 'payments'),
        (22, 'refunds'), (23, 'net_sales_after_refunds')
),

-- A shop that does not know payments has no steps from GMV to payments, and one that does not know refunds none to them.
waterfall as (
    select m.month, steps.step_order, steps.step, coalesce(sum(amounts.amount), 0)::decimal(18, 2) as amount
    from kpi_monthly as m
    cross join steps
    left join amounts on amounts.month = m.month and amounts.step = steps.step
    where
        steps.step_order <= 14
        or (steps.step_order <= 21 and m.payments is not null)
        or (steps.step_order >= 22 and m.refunds is not null)
    group by m.month, steps.step_order, steps.step
),

balances as (
    select
        month,
        sum(amount) filter (where step_order between 1 and 2) = max(amount) filter (where step = 'net_sales') as discounts_close,
        sum(amount) filter (where step_order between 4 and 12) = max(amount) filter (where step = 'net_sales') as outcomes_close,
        sum(amount) filter (where step in ('net_sales', 'freight')) = max(amount) filter (where step = 'gmv') as freight_closes,
        sum(amount) filter (where step_order between 14 and 20) = max(amount) filter (where step = 'payments') as payments_close,
        sum(amount) filter (where step in ('net_sales', 'refunds'))
        = max(amount) filter (where step = 'net_sales_after_refunds') as refunds_close
    from waterfall
    group by month
)

select
    w.month,
    w.step_order,
    w.step,
    w.amount,
    case
        when w.step_order <= 3 then b.discounts_close
        when w.step_order <= 12 then b.outcomes_close
        when w.step_order <= 14 then b.freight_closes
        when w.step_order <= 21 then b.payments_close
        else b.refunds_close
    end as closes
from waterfall as w
join balances as b on b.month = w.month
