-- From which day to which is the shop known, and how many purchases did the most frequent customer make?
select min(first_date) as first_day, (select as_of from reporting_period) as as_of, max(purchases) as most_purchases
from (select first_date, count(*) as purchases from value_purchases group by person, first_date) as customers
