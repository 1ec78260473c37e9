-- How many reviews written on each day of the last 12 complete months gave one star?
with
complete as (
    select month
    from complete_months
),

recent as (
    select month
    from complete
    order by month desc
    limit 12
),

last_month as (
    select max(r.month) as month
    from review_summary as r
    join complete as c on c.month = r.month
)

select
    'month=' || last_month.month as row_key,
    r.created_at::date as day,
    count(*) filter (where r.score < 2) as hits,
    count(*) as trials
from reviews as r
join recent on recent.month = date_trunc('month', r.created_at)
cross join last_month
group by last_month.month, r.created_at::date
