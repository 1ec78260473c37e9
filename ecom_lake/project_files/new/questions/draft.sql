/*
title = "What is the question draft?"
note = "How to read the answer, in a sentence."

[parameters.top]
*/
select month, orders, net_sales
from kpi_monthly
order by net_sales desc, month
limit $top
