-- For each order: what did it contain, how was it paid, delivered and reviewed, and does it count as a sale?
with
-- Orders with lines that are not valid; partly, where other lines of the order are.
refused as (
    select bad.order_id, count(good.order_id) > 0 as is_partly
    from (select distinct order_id from fct_sales where not is_valid) as bad
    left join fct_sales as good on good.order_id = bad.order_id and good.is_valid
    group by bad.order_id
),

-- A valid order has its valid lines; any other order has all of its lines, so that it shows its own amounts.
lines as (
    select
        order_id,
        count(*) as items,
        sum(quantity)::bigint as units,
        sum(gross_sales)::decimal(18, 2) as gross_sales,
        sum(discount)::decimal(18, 2) as discounts,
        sum(freight)::decimal(18, 2) as freight,
        sum(tax)::decimal(18, 2) as tax,
        bool_or(is_discounted) as is_discounted
    from fct_sales
    where is_valid or order_id not in (select order_id from refused where is_partly)
    group by order_id
),

costed as (
    select order_id, sum(cogs)::decimal(18, 2) as cogs, sum(net_sales)::decimal(18, 2) as costed_sales
    from fct_sales
    where cogs is not null and (is_valid or order_id not in (select order_id from refused where is_partly))
    group by order_id
),

sent_back as (
    select order_id, sum(quantity)::bigint as returned_units, sum(net_sales)::decimal(18, 2) as returned_sales
    from fct_sales
    where is_returned and (is_valid or order_id not in (select order_id from refused where is_partly))
    group by order_id
),

-- Pending and failed payments are no payments. They are 0 only where the status of some payment is stated.
paid as (
    select
        order_id,
        count(*) filter (where status in ('paid', 'unknown')) as payment_count,
        max(instalments) filter (where status in ('paid', 'unknown')) as instalments,
        sum(amount) filter (where status in ('paid', 'unknown'))::decimal(18, 2) as payments,
        sum(case status when 'pending' then amount when 'unknown' then null else 0 end)::decimal(18, 2) as pending_payments,
        sum(case status when 'failed' then amount when 'unknown' then null else 0 end)::decimal(18, 2) as failed_payments
    from payments
    group by order_id
),

latest_reviews as (
    select order_id, review_id, score, is_score_imputed
    from reviews
    qualify
        row_number() over (
            partition by order_id
            order by answered_at desc nulls last, created_at desc nulls last, review_id desc
        ) = 1
),

-- The narrow tables are joined first: joining them to the wide orders one by one took three times as long in little memory.
children as (
    select *
    from lines
    left join costed using (order_id)
    left join sent_back using (order_id)
    full join paid using (order_id)
    full join latest_reviews using (order_id)
),

-- Delivered means status delivered: the delivery date of any other order is ignored.
placed as (
    select
        orders.*,
        is_valid and refused.order_id is null as is_sale,
        is_valid and refused.order_id is null and customer_id is not null as is_purchase,
        ordered_at::date as order_date,
        approved_at::date as approved_date,
        shipped_at::date as shipped_date,
        case when status = 'delivered' then delivered_at::date end as delivered_date,
        promised_at::date as promised_date
    from orders
    left join refused on refused.order_id = orders.order_id and not refused.is_partly
)

-- What the shop does not record stays NULL: payments are 0 only where the shop has payments at all.
select
    o.order_id,
    o.customer_id,
    o.customer_id is null as is_anonymous,
    o.order_date,
    o.month,
    o.ordered_at,
    o.status,
    o.source_status,
    o.channel,
    o.shipping_method,
    o.coupon_code,
    o.is_sale as is_valid,
    o.is_timeline_sound,
    o.is_purchase and coalesce(n.order_number, 1) = 1 as is_first_order,
    case when o.is_purchase then coalesce(n.order_number, 1) end as order_number,
    case when o.is_purchase then coalesce(n.purchase_number, 1) end as purchase_number,
    n.previous_order_date,
    nullif(date_diff('day', n.previous_order_date, o.order_date), 0) as gap_days,
    o.is_purchase and coalesce(n.previous_order_date < o.order_date, true) as opens_purchase,
    coalesce(c.items, 0) as items,
    coalesce(c.units, 0) as units,
    coalesce(c.gross_sales, 0) as gross_sales,
    coalesce(c.discounts, 0) as discounts,
    coalesce(c.gross_sales - c.discounts, 0) as net_sales,
    coalesce(c.freight, 0) as freight,
    coalesce(c.gross_sales - c.discounts + c.freight, 0) as gmv,
    c.tax,
    c.is_discounted,
    c.cogs,
    coalesce(c.costed_sales, 0) as costed_sales,
    case when availability.has_payments then coalesce(c.payment_count, 0) end as payment_count,
    case when availability.has_payments then coalesce(c.payments, 0) end as payments,
    c.instalments,
    c.pending_payments,
    c.failed_payments,
    o.delivered_date,
    o.promised_date,
    date_diff('day', o.order_date, o.approved_date) as approval_days,
    date_diff('day', o.approved_date, o.shipped_date) as handling_days,
    date_diff('day', o.shipped_date, o.delivered_date) as transit_days,
    date_diff('day', o.order_date, o.delivered_date) as lead_days,
    date_diff('day', o.promised_date, o.delivered_date) as delay_days,
    o.delivered_date > o.promised_date as is_late,
    case when availability.has_returns then o.status = 'returned' or c.returned_units is not null end as is_returned,
    case when availability.has_returns then coalesce(c.returned_units, 0) end as returned_units,
    case when availability.has_returns then coalesce(c.returned_sales, 0) end as returned_sales,
    c.review_id,
    c.score as review_score,
    c.is_score_imputed as is_review_imputed,
    o.city,
    o.state,
    o.region,
    o.country,
    o.zip
from placed as o
cross join data_availability as availability
left join repeat_orders as n on n.order_id = o.order_id
left join children as c on c.order_id = o.order_id
