-- Which complete months had ended by the as-of date, and in which of them are deliveries and cancellations settled?
select
    k.*,
    last_day(k.month) <= r.as_of - $settles_in_days as is_settled
from kpi_monthly as k
cross join reporting_period as r
where k.is_complete and last_day(k.month) <= r.as_of
