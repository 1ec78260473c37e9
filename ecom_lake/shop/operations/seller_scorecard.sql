-- Which sellers deliver on time, get good reviews and cancel few orders, and which do not?
with
-- A seller's lines of one order are grouped: the order, its review and its delay count once.
placed as (
    select
        seller_id,
        order_id,
        coalesce(sum(case when is_valid then net_sales end), 0)::decimal(18, 2) as net_sales,
        bool_or(is_valid) as is_valid,
        min(status) in ('canceled', 'unavailable') as is_canceled,
        min(status) <> 'unknown' as is_known
    from fct_sales
    where seller_id is not null
    group by seller_id, order_id
),

sums as (
    select
        p.seller_id,
        count(*) as placed_orders,
        count(*) filter (where p.is_canceled) as canceled_orders,
        count(*) filter (where p.is_known) as known_status_orders,
        count(*) filter (where p.is_valid) as orders,
        sum(p.net_sales)::decimal(18, 2) as net_sales,
        count(*) filter (where p.is_valid and o.is_late) as late_orders,
        count(o.is_late) filter (where p.is_valid) as promised_orders,
        sum(case when p.is_valid then o.review_score::decimal(9, 4) end)::decimal(18, 4) as review_scores,
        count(o.review_score) filter (where p.is_valid) as reviews
    from placed as p
    join fct_orders as o on o.order_id = p.order_id
    group by p.seller_id
),

rated as (
    select
        d.seller_id,
        coalesce(s.placed_orders, 0) as placed_orders,
        coalesce(s.orders, 0) as orders,
        coalesce(s.net_sales, 0)::decimal(18, 2) as net_sales,
        s.late_orders::double / nullif(s.promised_orders, 0) as late_rate,
        s.review_scores::double / nullif(s.reviews, 0) as avg_review,
        case when s.known_status_orders > 0 then s.canceled_orders::double / s.placed_orders end as cancel_rate,
        coalesce(s.orders, 0) >= settings.seller_min_orders as is_scored
    from dim_seller as d
    left join sums as s on s.seller_id = d.seller_id
    cross join settings
),

-- Rank less 1 is the number of better sellers; equal sellers share a rank, and those without a rate come last.
ranked as (
    select
        rated.*,
        rank() over (partition by is_scored order by late_rate nulls last) - 1 as more_punctual,
        rank() over (partition by is_scored order by avg_review desc nulls last) - 1 as more_liked,
        rank() over (partition by is_scored order by cancel_rate nulls last) - 1 as more_reliable,
        count(late_rate) over (partition by is_scored) - 1 as late_others,
        count(avg_review) over (partition by is_scored) - 1 as review_others,
        count(cancel_rate) over (partition by is_scored) - 1 as cancel_others
    from rated
),

percentiles as (
    select
        ranked.*,
        case when is_scored and late_rate is not null then (late_others - more_punctual)::double / nullif(late_others, 0) end
            as late_percentile,
        case when is_scored and avg_review is not null then (review_others - more_liked)::double / nullif(review_others, 0) end
            as review_percentile,
        case when is_scored and cancel_rate is not null then (cancel_others - more_reliable)::double / nullif(cancel_others, 0) end
            as cancel_percentile
    from ranked
),

-- Rounded, so that equal scores are equal whatever the order of summation.
scored as (
    select
        percentiles.*,
        round(
            (coalesce(late_percentile, 0) + coalesce(review_percentile, 0) + coalesce(cancel_percentile, 0))
            / nullif(
                case when late_percentile is null then 0 else 1 end
                + case when review_percentile is null then 0 else 1 end
                + case when cancel_percentile is null then 0 else 1 end,
                0
            ),
            6
        ) as score
    from percentiles
)

select
    seller_id,
    placed_orders,
    orders,
    net_sales,
    late_rate,
    avg_review,
    cancel_rate,
    late_percentile,
    review_percentile,
    cancel_percentile,
    score,
    case
        when score is not null then row_number() over (order by score desc nulls last, net_sales desc, seller_id)
    end as rank
from scored
