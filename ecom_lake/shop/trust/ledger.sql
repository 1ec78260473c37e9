-- What was delivered, and where did each of its rows go?
with fates as (
    select
        read_as,
        sequence,
        sum(case when fate = 'quarantined' then rows else 0 end) as quarantined,
        sum(case when fate = 'pending' then rows else 0 end) as pending,
        sum(case when fate = 'superseded' then rows else 0 end) as superseded,
        sum(case when fate = 'collapsed' then rows else 0 end) as collapsed,
        sum(case when fate = 'left_out' then rows else 0 end) as left_out,
        sum(case when fate = 'published' then rows else 0 end) as published
    from lake_fates
    group by read_as, sequence
)

select
    d.sequence,
    d.table_name,
    d.read_as,
    cast(d.delivered_at as timestamp) as delivered_at,
    d.file,
    d.content_hash,
    d.rows_delivered,
    d.rejected,
    coalesce(f.quarantined, 0) as quarantined,
    coalesce(f.pending, 0) as pending,
    coalesce(f.superseded, 0) as superseded,
    coalesce(f.collapsed, 0) as collapsed,
    coalesce(f.left_out, 0) as left_out,
    coalesce(f.published, 0) as published,
    d.erased
from lake_deliveries as d
left join fates as f on f.read_as = d.read_as and f.sequence = d.sequence
