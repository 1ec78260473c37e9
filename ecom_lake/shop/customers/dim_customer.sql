-- Who are the shop's customers, including those that only orders refer to?
with
-- Customers without a record, or whose record has no address, take the address of their latest order.
unplaced as (
    select o.customer_id, o.city, o.state, o.region, o.country, o.zip
    from orders as o
    left join customers as c on c.customer_id = o.customer_id
    where o.customer_id is not null and (c.customer_id is null or (c.city is null and c.state is null and c.zip is null))
    qualify row_number() over (partition by o.customer_id order by o.ordered_at desc nulls last, o.order_id desc) = 1
),

ages as (
    select age, count(*) as people
    from customers
    where age is not null
    group by age
),

-- Customers of one age are in the same group: its number is computed from the number of younger customers.
age_bins as (
    select
        age,
        age_groups * (sum(people) over (order by age) - people) // sum(people) over () as bin
    from ages
    cross join settings
),

age_labels as (
    select age, min(age) over (partition by bin) || '-' || max(age) over (partition by bin) as age_group
    from age_bins
)

select
    coalesce(c.customer_id, u.customer_id) as customer_id,
    c.customer_id is not null as has_record,
    coalesce(u.city, c.city) as city,
    coalesce(u.state, c.state) as state,
    coalesce(u.region, c.region) as region,
    coalesce(u.country, c.country, settings.country) as country,
    coalesce(u.zip, c.zip) as zip,
    c.registered_at,
    c.age,
    age_labels.age_group,
    c.gender,
    c.source_segment,
    c.is_subscriber,
    c.prior_purchases,
    c.purchase_frequency_days
from customers as c
full join unplaced as u on u.customer_id = c.customer_id
left join age_labels on age_labels.age = c.age
cross join settings
