-- What happened in the shop, when, and for how long?
select
    event_date,
    event,
    date_trunc('month', event_date)::date as month,
    coalesce(ends_on, event_date) as last_day,
    date_diff('day', event_date, coalesce(ends_on, event_date)) + 1 as event_days,
    note
from events
