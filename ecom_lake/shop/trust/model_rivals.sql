-- How did each candidate of each model do on data that it was not fitted on?
select
    r.model,
    r.name as metric,
    r.series as rival,
    r.value,
    r.low,
    r.high,
    coalesce(r.series = c.said, false) as is_champion
from model_fits as r
left join model_fits as c on c.model = r.model and c.kind = 'card' and c.name = 'champion'
where r.kind = 'rival'
