-- What has changed since each model was last fitted?
select model, series as kind, name, x as before, value as now, value / nullif(x, 0) - 1 as change
from model_fits
where kind = 'drift'
