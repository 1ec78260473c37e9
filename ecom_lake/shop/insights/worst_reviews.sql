-- Which share of the last complete month's reviews gave one star, and which share in the three months before?
with
months as (
    select
        r.month,
        r.share_1,
        r.reviews,
        round(r.share_1 * r.reviews)::bigint as hits
    from review_summary as r
    join complete_months as k on k.month = r.month
),

windows as (
    select
        month,
        share_1,
        reviews,
        hits,
        sum(hits) over before as rest_hits,
        sum(reviews) over before as rest_trials,
        min(month) over before as first_before,
        max(month) over before as last_before
    from months
    window before as (order by month rows between 3 preceding and 1 preceding)
)

select
    'month=' || month as row_key,
    share_1 as value,
    rest_hits::double / nullif(rest_trials, 0) as baseline,
    hits,
    reviews as trials,
    rest_hits,
    rest_trials,
    reviews as n,
    month,
    first_before,
    last_before
from windows
order by month desc
limit 1
