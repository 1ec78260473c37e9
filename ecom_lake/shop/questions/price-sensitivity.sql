/*
title = "Do products sell fewer units in months with a higher price?"
group = "What sells?"
note = "Products with at least 8 complete months with sales and a highest price at least 5% over the lowest; the price is what was paid, after discounts. The elasticity is the slope of log units on log price by month, with its 95% interval: -2 means 2% fewer units at a price that is 1% higher. Descriptive: season, stock and advertising change with prices too, months without sales are left out, and of 20 products without any relation about one appears to have one. An experiment measures the effect of a price."

[parameters.top]
meaning = "How many products are shown, those with the highest net sales."

[chart]
kind = "bars"
label = "product"
value = "elasticity"
*/
with
monthly as (
    select
        s.product_id,
        s.month,
        sum(s.quantity) as units,
        sum(s.net_sales)::decimal(18, 2) as net_sales,
        ln(sum(s.quantity)) as log_units,
        ln(sum(s.net_sales)::double / sum(s.quantity)::double) as log_price
    from fct_sales as s
    inner join kpi_monthly as m on m.month = s.month and m.is_complete
    where s.is_valid
    group by s.product_id, s.month
    having sum(s.net_sales) > 0
),

fitted as (
    select
        product_id,
        count(*) as months,
        sum(net_sales)::decimal(18, 2) as net_sales,
        exp(min(log_price)) as lowest_price,
        exp(max(log_price)) as highest_price,
        regr_slope(log_units, log_price) as elasticity,
        case
            when max(log_units) > min(log_units)
                then greatest(1 - corr(log_units, log_price) ** 2, 0) * var_samp(log_units) / var_samp(log_price)
            else 0
        end as residual
    from monthly
    group by product_id
    having count(*) >= 8 and max(log_price) - min(log_price) >= ln(1.05)
),

-- The margin is the 97.5% quantile of Student's t with months - 2 degrees of freedom (its expansion, exact to 0.002 here) times the
-- standard error of the slope. Where units never change, the slope is 0.
bounded as (
    select
        *,
        sqrt(residual / (months - 2))
        * (1.959964 + 2.372271 / (months - 2) + 2.822786 / (months - 2) ** 2 + 2.555852 / (months - 2) ** 3) as margin
    from fitted
)

select
    coalesce(p.name, b.product_id) as product,
    p.category,
    b.months,
    b.net_sales,
    b.lowest_price::decimal(18, 2) as lowest_price,
    b.highest_price::decimal(18, 2) as highest_price,
    round(b.elasticity, 2) as elasticity,
    round(b.elasticity - b.margin, 2) as ci_low,
    round(b.elasticity + b.margin, 2) as ci_high,
    case
        when b.elasticity + b.margin < 0 then 'fewer units at a higher price'
        when b.elasticity - b.margin > 0 then 'more units at a higher price'
        else 'no clear relation'
    end as finding
from bounded as b
inner join dim_product as p on p.product_id = b.product_id
order by b.net_sales desc, b.product_id
limit $top
