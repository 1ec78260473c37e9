-- Who are the shop's customers, including those that only orders refer to?
with
places as (
    select customer_id, city, state, region, country, zip, ordered_at, order_id
    from orders
    where customer_id is not null
    union all
    select customer_id, city, state, region, country, zip, null, null
    from customers
),

-- The address of a customer is that of the latest order that has one, and without such an order that of the record.
addresses as (
    select customer_id, city, state, region, country, zip
    from places
    qualify
        row_number() over (
            partition by customer_id
            order by
                coalesce(city, state, region, country, zip) is null,
                order_id is null,
                ordered_at desc nulls last,
                order_id desc
        ) = 1
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
    a.customer_id,
    c.customer_id is not null as has_record,
    a.city,
    a.state,
    a.region,
    coalesce(a.country, settings.country) as country,
    a.zip,
    c.registered_at,
    c.age,
    age_labels.age_group,
    c.gender,
    c.source_segment,
    c.is_subscriber,
    c.prior_purchases,
    c.purchase_frequency_days
from addresses as a
left join customers as c on c.customer_id = a.customer_id
left join age_labels on age_labels.age = c.age
cross join settings
