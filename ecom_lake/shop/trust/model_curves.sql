-- What do the models look like? The points of all their curves.
select model, name as curve, series, position, x, value, low, high, said as label
from model_fits
where kind = 'curve'
