-- How many customers moved from one RFM segment to another in each month, and to which segments did new customers come?
with
-- A snapshot of all customers is taken at each month's end; the first one covers all orders before it.
snapshots as (
    select date as as_of, row_number() over (order by date) as number
    from dim_date
    where is_snapshot_date
),

placed as (
    select o.customer_id, coalesce(p.number, 1) as since, o.order_date, o.opens_purchase, o.net_sales
    from fct_orders as o
    left join snapshots as p on p.as_of = last_day(o.month)
    where o.is_valid and o.customer_id is not null and o.order_date <= (select max(as_of) from snapshots)
),

repeaters as (
    select customer_id
    from fct_orders
    where order_number = 2
),

growing as (
    select
        customer_id,
        since,
        max(order_date) as last_date,
        sum(count(*) filter (where opens_purchase)) over so_far as purchases,
        (sum(sum(net_sales)::decimal(18, 2)) over so_far)::decimal(18, 2) as net_sales
    from placed
    where customer_id in (select customer_id from repeaters)
    group by customer_id, since
    window so_far as (partition by customer_id order by since)
),

-- What a customer has bought from one snapshot until the snapshot after the next purchase, and what they had bought before.
states as (
    select
        since,
        null::bigint as until,
        order_date as last_date,
        1 as purchases,
        net_sales,
        null::date as last_date_before,
        null::bigint as purchases_before,
        null::decimal(18, 2) as net_sales_before
    from placed
    where customer_id not in (select customer_id from repeaters)
    union all
    select
        since,
        lead(since) over so_far,
        last_date,
        purchases,
        net_sales,
        lag(last_date) over so_far,
        lag(purchases) over so_far,
        lag(net_sales) over so_far
    from growing
    window so_far as (partition by customer_id order by since)
),

-- A state enters at its first snapshot, and leaves when the customer's next state enters.
comings as (
    select since as number, last_date, net_sales, count(*) as people
    from states
    group by since, last_date, net_sales
    union all
    select until, last_date, net_sales, -count(*)
    from states
    where until is not null
    group by until, last_date, net_sales
),

-- The scores are those of rfm: 1 + 5 * (rank - 1) // customers, in each snapshot.
r_scores as (
    select
        number,
        last_date,
        1 + 5 * (sum(people) over (partition by number order by last_date) - people)
        // sum(people) over (partition by number) as r
    from (
        select p.number, c.last_date, sum(c.people) as people
        from (select number, last_date, sum(people) as people from comings group by number, last_date) as c
        join snapshots as p on p.number >= c.number
        group by p.number, c.last_date
        having sum(c.people) > 0
    ) as days
),

m_scores as (
    select
        number,
        net_sales,
        1 + 5 * (sum(people) over (partition by number order by net_sales) - people)
        // sum(people) over (partition by number) as m
    from (
        select p.number, c.net_sales, sum(c.people) as people
        from (select number, net_sales, sum(people) as people from comings group by number, net_sales) as c
        join snapshots as p on p.number >= c.number
        group by p.number, c.net_sales
        having sum(c.people) > 0
    ) as amounts
),

f_scores as (
    select
        purchases,
        case
            when purchases >= rfm_f5 then 5
            when purchases >= rfm_f4 then 4
            when purchases >= rfm_f3 then 3
            when purchases >= rfm_f2 then 2
            else 1
        end as f
    from (select distinct purchases from states) as numbers
    cross join settings
),

-- Amounts between the same two steps have the same score in every snapshot: their customers are counted together from here.
steps as (
    select distinct net_sales
    from (select net_sales, m, lag(m) over (partition by number order by net_sales) as m_below from m_scores) as amounts
    where m_below is null or m_below < m
),

floors as (
    select amounts.net_sales, max(steps.net_sales) as floor
    from (select distinct net_sales from m_scores) as amounts
    join steps on steps.net_sales <= amounts.net_sales
    group by amounts.net_sales
),

floor_scores as (
    select m_scores.number, floors.floor, max(m_scores.m) as m
    from m_scores
    join floors on floors.net_sales = m_scores.net_sales
    group by m_scores.number, floors.floor
),

crowds as (
    select
        s.since,
        s.until,
        s.last_date,
        s.purchases,
        here.floor,
        s.last_date_before,
        s.purchases_before,
        before.floor as floor_before,
        count(*) as customers,
        sum(s.net_sales)::decimal(18, 2) as net_sales
    from states as s
    join floors as here on here.net_sales = s.net_sales
    left join floors as before on before.net_sales = s.net_sales_before
    group by
        s.since, s.until, s.last_date, s.purchases, here.floor, s.last_date_before, s.purchases_before, before.floor
),

-- In the snapshot in which a state enters, the segment before comes from the previous state; in later ones, from the same.
moves as (
    select
        p.as_of,
        p.number,
        c.last_date,
        c.purchases,
        c.floor,
        case when p.number = c.since then c.last_date_before else c.last_date end as last_date_before,
        case when p.number = c.since then c.purchases_before else c.purchases end as purchases_before,
        case when p.number = c.since then c.floor_before else c.floor end as floor_before,
        c.customers,
        c.net_sales
    from crowds as c
    join snapshots as p on p.number >= c.since and p.number < coalesce(c.until, p.number + 1)
)

select
    v.as_of,
    coalesce(was.segment, 'none') as from_segment,
    now.segment as to_segment,
    sum(v.customers)::bigint as customers,
    sum(v.net_sales)::decimal(18, 2) as net_sales
from moves as v
join r_scores as r on r.number = v.number and r.last_date = v.last_date
join f_scores as f on f.purchases = v.purchases
join floor_scores as m on m.number = v.number and m.floor = v.floor
join rfm_codes as now on now.r = r.r and now.f = f.f and now.m = m.m
left join r_scores as rb on rb.number = v.number - 1 and rb.last_date = v.last_date_before
left join f_scores as fb on fb.purchases = v.purchases_before
left join floor_scores as mb on mb.number = v.number - 1 and mb.floor = v.floor_before
left join rfm_codes as was on was.r = rb.r and was.f = fb.f and was.m = mb.m
group by v.as_of, coalesce(was.segment, 'none'), now.segment
