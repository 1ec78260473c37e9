/*
title = "What are the shop's headline numbers?"
group = "How are we doing?"
note = "Of the whole history."
*/
select
    metric,
    case unit when 'share' then round(100 * value, 2) else round(value, 2) end as value,
    case unit when 'share' then '%' else unit end as unit,
    definition
from kpi_summary
where value is not null
order by position
