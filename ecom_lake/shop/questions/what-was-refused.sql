/*
title = "Which rules did delivered rows fail, and how often?"
group = "Can I trust it?"
note = "Failed rows are kept in quarantine with their raw record: ecom-lake quarantine shows them."

[parameters.top]

[chart]
kind = "bars"
label = "rule"
value = "failed_rows"
*/
select
    table_name,
    rule,
    failed_rows,
    checked_rows,
    status,
    meaning
from quality_scorecard
where failed_rows > 0
order by failed_rows desc, layer, table_name, rule
limit $top
