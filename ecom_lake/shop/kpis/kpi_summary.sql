-- The shop in one page: what is each headline number, and what does it mean?
with
today as (
    select max(date) filter (where is_as_of) as as_of, count(distinct month_start) filter (where is_complete_month) as months
    from dim_date
),

placed as (
    select count(*) as orders, count(*) filter (where status in ('canceled', 'unavailable')) as canceled
    from fct_orders
),

sold as (
    select
        count(*) as orders,
        count(*) filter (where is_first_order) as customers,
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
        count(*) filter (where is_returned) as returned,
        count(is_returned) filter (where is_returned or status = 'delivered') as returnable,
        count(*) filter (where is_late) as late,
        count(is_late) as promised,
        sum(lead_days) as lead_days,
        count(lead_days) as delivered,
        sum(review_score::decimal(9, 4))::decimal(18, 4) as review_scores,
        count(review_score) as reviews,
        count(*) filter (where review_score >= 5) as promoters,
        count(*) filter (where review_score <= 3) as detractors
    from fct_orders
    where is_valid
),

people as (
    select
        count(*) as people,
        count(*) filter (where purchases >= 2) as repeaters,
        count(*) filter (where orders >= 2) as reorderers
    from customer_metrics
),

-- A purchase opens on its first order; the second one's gap is the time since the first.
followed as (
    select
        count(*) filter (where purchase_number = 1) as first_purchases,
        count(*) filter (where purchase_number = 2 and gap_days <= repeat_days) as soon_repeated
    from fct_orders
    cross join today
    cross join settings
    where
        opens_purchase
        and (
            (purchase_number = 1 and order_date <= today.as_of - repeat_days::integer)
            or (purchase_number = 2 and previous_order_date <= today.as_of - repeat_days::integer)
        )
),

gaps as (
    select round(quantile_cont(gap_days::double, 0.5), 6) as p50, round(quantile_cont(gap_days::double, 0.8), 6) as p80
    from fct_orders
    cross join today
    where gap_days is not null and order_date <= today.as_of
),

-- People who spent as much share their places, and each may have the middle one. Sales times place, rising, is exact.
spent as (
    select net_sales, count(*) as people, 2 * sum(count(*)) over (order by net_sales) - count(*) + 1 as twice_their_place
    from customer_metrics
    group by net_sales
),

gini as (
    select
        sum(people * twice_their_place * net_sales)::double / nullif(sum(people) * sum(people * net_sales)::decimal(38, 2), 0)
        - (sum(people) + 1)::double / nullif(sum(people), 0) as gini
    from spent
),

totals as (
    select
        placed.orders as placed_orders,
        placed.canceled,
        today.months,
        sold.*,
        people.*,
        followed.*,
        gaps.*,
        gini.gini,
        case when sold.costed_sales >= settings.cost_coverage * nullif(sold.net_sales, 0) then sold.net_sales - sold.cogs end
            as gross_profit,
        settings.repeat_days
    from placed
    cross join today
    cross join sold
    cross join people
    cross join followed
    cross join gaps
    cross join gini
    cross join settings
),

metrics as (
    select 1 as position, 'net_sales' as metric, coalesce(net_sales, 0)::double as value, 'money' as unit,
        'Revenue: unit price times quantity less discount, of valid orders.' as definition
    from totals
    union all
    select 2, 'orders', orders::double, 'count', 'Valid orders: neither canceled nor unavailable.' from totals
    union all
    select 3, 'customers', customers::double, 'count', 'Persons with a valid order.' from totals
    union all
    select 4, 'aov', net_sales::double / nullif(orders, 0), 'money', 'Net sales per valid order.' from totals
    union all
    select 5, 'units', coalesce(units, 0)::double, 'count', 'Units on the lines of valid orders.' from totals
    union all
    select 6, 'items_per_order', items::double / nullif(orders, 0), 'count', 'Lines per valid order.' from totals
    union all
    select 7, 'gross_sales', coalesce(gross_sales, 0)::double, 'money',
        'Unit price times quantity, before discount.'
    from totals
    union all
    select 8, 'discounts', coalesce(discounts, 0)::double, 'money',
        'Discounts given on the lines of valid orders.'
    from totals
    union all
    select 9, 'freight', coalesce(freight, 0)::double, 'money',
        'Freight charged on the lines of valid orders.'
    from totals
    union all
    select 10, 'gmv', coalesce(gmv, 0)::double, 'money', 'Net sales and freight.' from totals
    union all
    select 11, 'payments', payments::double, 'money',
        'Value of the payments of valid orders; never revenue.'
    from totals
    union all
    select 12, 'gross_profit', gross_profit::double, 'money',
        'Net sales less cost; empty where too little cost is known.'
    from totals
    union all
    select 13, 'orders_placed', placed_orders::double, 'count', 'All orders, valid or not.' from totals
    union all
    select 14, 'cancel_rate', canceled::double / nullif(placed_orders, 0), 'share',
        'Canceled and unavailable orders among all placed.'
    from totals
    union all
    select 15, 'return_rate', returned::double / nullif(returnable, 0), 'share',
        'Returned orders among those delivered or returned.'
    from totals
    union all
    select 16, 'late_rate', late::double / nullif(promised, 0), 'share',
        'Orders delivered after the promised day, among those delivered with both days known.'
    from totals
    union all
    select 17, 'avg_lead_days', lead_days::double / nullif(delivered, 0), 'days',
        'Mean days from placing to delivery.'
    from totals
    union all
    select 18, 'avg_review', review_scores::double / nullif(reviews, 0), 'score',
        'Mean score of the valid orders'' latest reviews.'
    from totals
    union all
    select 19, 'nps_proxy', (100 * (promoters - detractors))::double / nullif(reviews, 0), 'points',
        'Share of 5s less share of 1 to 3, times 100, of the valid orders'' latest reviews: a proxy.'
    from totals
    union all
    select 20, 'repeat_purchase_rate', repeaters::double / nullif(people, 0), 'share',
        'Persons with two or more purchases among those with one; orders of one day are one purchase.'
    from totals
    union all
    select 21, 'repeat_order_rate', reorderers::double / nullif(people, 0), 'share',
        'Persons with two or more orders among those with one.'
    from totals
    union all
    select 22, 'repeat_purchase_rate_soon', soon_repeated::double / nullif(first_purchases, 0), 'share',
        'Persons whose second purchase came within ' || repeat_days || ' days, among those whose first is as old.'
    from totals
    union all
    select 23, 'gap_p50_days', p50, 'days',
        'Half of the gaps between a person''s purchases are at most this long: up to it a person is active.'
    from totals
    union all
    select 24, 'gap_p80_days', p80, 'days',
        'Four fifths of the gaps are at most this long: up to it a person is at risk, beyond it lapsed.'
    from totals
    union all
    select 25, 'gini', gini, 'ratio',
        'Inequality of net sales between persons: 0 is all alike, 1 is one person buying everything.'
    from totals
    union all
    select 26, 'complete_months', months::double, 'count', 'Months that count as complete.' from totals
)

-- What is said of people is as of the shop's today; sales are all there are.
select
    position,
    metric,
    value,
    unit,
    definition || case
        when metric in (
            'repeat_purchase_rate', 'repeat_order_rate', 'repeat_purchase_rate_soon', 'gap_p50_days', 'gap_p80_days', 'gini'
        ) then ' Up to the as-of date.'
        else ' Whole history.'
    end as definition
from metrics
