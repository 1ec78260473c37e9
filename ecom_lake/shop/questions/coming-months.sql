/*
title = "How high will sales be in the coming months?"
group = "How are we doing?"
note = "The forecast of the method with the smallest error in out-of-time tests. Low and high are the bounds of the 80% interval; model_cards has its coverage, and whether a naive forecast is as good."

[parameters.of]
kind = "text"
meaning = "The total, or a category."
default = "select max(series) filter (where series = 'total') from sales_forecast"
allowed = "select distinct series from sales_forecast where grain = 'month' order by series"

[chart]
kind = "lines"
label = "month"
value = ["expected", "low", "high"]
*/
select
    strftime(period, '%Y-%m') as month,
    forecast as expected,
    low_80 as low,
    high_80 as high,
    method
from sales_forecast
where series = $of and grain = 'month' and is_champion
order by period
