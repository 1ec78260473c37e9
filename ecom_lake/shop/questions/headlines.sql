/*
title = "What are the shop's headline numbers?"
group = "How are we doing?"
note = "Over the whole history or up to the as-of date, as each definition states."
*/
select
    metric,
    case unit when 'share' then round(100 * value, 2) else round(value, 2) end as value,
    case unit when 'share' then '%' else unit end as unit,
    definition
from kpi_summary
where value is not null
order by position
