-- Which rules were checked on how many rows, and how many rows failed them?
select
    layer,
    table_name,
    rule,
    severity,
    meaning,
    checked_rows,
    failed_rows,
    case when checked_rows > 0 then (checked_rows - failed_rows)::double / checked_rows end as pass_rate,
    cast(last_run as timestamp) as last_run,
    case when failed_rows = 0 then 'pass' when severity = 'warn' then 'warn' else 'quarantined' end as status
from lake_checks
