-- Where does each month's revenue go, from gross sales to realized sales, from GMV to payments, and what is left after refunds?
with
-- A shop charges tax on top of its prices where more of the orders with tax are paid with it than without it.
tax_on_top as (
    select
        count(*) filter (where abs(payments - gmv - tax) <= payment_rounding)
        > count(*) filter (where abs(payments - gmv) <= payment_rounding) as is_on_top
    from fct_orders
    cross join settings
    where is_valid and items > 0 and payment_count > 0 and tax > 0
),

owed as (
    select
        fct_orders.*,
        gmv + case when is_on_top and items > 0 and payment_count > 0 then coalesce(tax, 0) else 0 end as due
    from fct_orders
    cross join tax_on_top
    where is_valid
),

-- Net sales of a valid order that were not returned belong to one step, and its payments differ from what is due for one cause.
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
            when abs(payments - due) <= payment_rounding then 'rounding'
            when payments > due and instalments > 1 then 'instalment_interest'
            when payments > due then 'overpaid'
            when payments < due then 'underpaid'
        end as cause,
        gross_sales,
        discounts,
        net_sales,
        net_sales - coalesce(returned_sales, 0) as kept,
        coalesce(returned_sales, 0) as returned,
        freight,
        gmv,
        due,
        payments
    from owed
    cross join reporting_period
    cross join settings
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
        sum(due)::decimal(18, 2) as due,
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
    select month, 'tax', due - gmv from sums
    union all
    select month, cause, payments - due from sums
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
        (15, 'no_lines'), (16, 'no_payment'), (17, 'rounding'), (18, 'tax'), (19, 'instalment_interest'), (20, 'overpaid'),
        (21, 'underpaid'), (22, 'payments'),
        (23, 'refunds'), (24, 'net_sales_after_refunds')
),

-- What a shop does not know has no step: the amounts of discounts, the outcomes of a month without any known status, returns,
-- payments and refunds.
waterfall as (
    select m.month, steps.step_order, steps.step, coalesce(sum(amounts.amount), 0)::decimal(18, 2) as amount
    from kpi_monthly as m
    cross join steps
    left join amounts on amounts.month = m.month and amounts.step = steps.step
    where
        (
            steps.step_order <= 14
            and (steps.step <> 'discounts' or m.discounts is not null)
            and (steps.step <> 'returned' or m.returned_sales is not null)
            and (steps.step_order not between 4 and 11 or steps.step = 'returned' or m.canceled_orders is not null)
        )
        or (steps.step_order between 15 and 22 and m.payments is not null)
        or (steps.step_order >= 23 and m.refunds is not null)
    group by m.month, steps.step_order, steps.step
),

balances as (
    select
        month,
        sum(amount) filter (where step_order between 1 and 2) = max(amount) filter (where step = 'net_sales') as discounts_close,
        sum(amount) filter (where step_order between 4 and 12) = max(amount) filter (where step = 'net_sales') as outcomes_close,
        sum(amount) filter (where step in ('net_sales', 'freight')) = max(amount) filter (where step = 'gmv') as freight_closes,
        sum(amount) filter (where step_order between 14 and 21) = max(amount) filter (where step = 'payments') as payments_close,
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
        when w.step_order <= 22 then b.payments_close
        else b.refunds_close
    end as closes
from waterfall as w
join balances as b on b.month = w.month
