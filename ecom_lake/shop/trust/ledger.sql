-- What was delivered, and where did each of its rows go?
with fates as (
    select
        table_name,
        sequence,
        sum(case when fate = 'quarantined' then rows else 0 end) as quarantined,
        sum(case when fate = 'pending' then rows else 0 end) as pending,
        sum(case when fate = 'superseded' then rows else 0 end) as superseded,
        sum(case when fate = 'collapsed' then rows else 0 end) as collapsed,
        sum(case when fate = 'published' then rows else 0 end) as published
    from lake_fates
    group by table_name, sequence
)

select
    d.sequence,
    d.table_name,
    cast(d.delivered_at as timestamp) as delivered_at,
    d.file,
    d.content_hash,
    d.rows_delivered,
    d.rejected,
    coalesce(f.quarantined, 0) as quarantined,
    coalesce(f.pending, 0) as pending,
    coalesce(f.superseded, 0) as superseded,
    coalesce(f.collapsed, 0) as collapsed,
    coalesce(f.published, 0) as published
from lake_deliveries as d
left join fates as f on f.table_name = d.table_name and f.sequence = d.sequence
