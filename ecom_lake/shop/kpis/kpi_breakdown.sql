-- What did each state, category, seller, payment method and so on sell, in each month, in each year and in all?
with
months as (
    select month_start as month, year, bool_and(is_complete_month) as is_complete
    from dim_date
    where month_start between (select min(month) from fct_orders) and (select max(month) from fct_orders)
    group by month_start, year
),

years as (
    select year, make_date(year, 1, 1) as period, bool_and(is_complete_month) as is_complete
    from dim_date
    group by year
),

periods as (
    select 'month' as period_type, month as period, is_complete, month
    from months
    union all
    select 'year', years.period, years.is_complete, months.month
    from months
    join years on years.year = months.year
    union all
    select 'all', whole.period, whole.is_complete, months.month
    from months
    cross join (select min(month) as period, bool_and(is_complete) as is_complete from months) as whole
),

-- Only people with several orders can be counted twice: they alone have a number. All others are as many as their orders.
repeaters as (
    select customer_id, row_number() over (order by customer_id) as repeater
    from fct_orders
    where order_number = 2
    group by customer_id
),

people as (
    select
        customer_id,
        gender,
        age_group,
        source_segment,
        case when is_subscriber then 'yes' when not is_subscriber then 'no' end as subscriber
    from dim_customer
    where coalesce(gender, age_group, source_segment) is not null or is_subscriber is not null
),

sold as (
    select
        o.order_id,
        o.month,
        r.repeater,
        o.payment_count,
        o.units,
        o.gross_sales,
        o.net_sales,
        coalesce(o.state, 'unknown') as state,
        coalesce(o.region, 'unknown') as region,
        coalesce(o.country, 'unknown') as country,
        coalesce(o.city, 'unknown') as city,
        coalesce(o.channel, 'unknown') as channel,
        o.status,
        d.weekday_name as weekday,
        lpad(cast(hour(o.ordered_at) as varchar), 2, '0') as hour,
        case when o.discounts > 0 then 'yes' else 'no' end as discounted,
        coalesce(p.gender, 'unknown') as gender,
        coalesce(p.age_group, 'unknown') as age_group,
        coalesce(p.source_segment, 'unknown') as source_segment,
        coalesce(p.subscriber, 'unknown') as subscriber
    from fct_orders as o
    join dim_date as d on d.date = o.order_date
    left join repeaters as r on r.customer_id = o.customer_id
    left join people as p on p.customer_id = o.customer_id
    where o.is_valid
),

-- Orders that are alike are one row from here on: alike in where they went, in what they were, in who bought.
alike as (
    select
        month,
        repeater,
        state,
        region,
        country,
        city,
        channel,
        status,
        weekday,
        hour,
        discounted,
        gender,
        age_group,
        source_segment,
        subscriber,
        count(*) as orders,
        sum(units) as units,
        sum(gross_sales)::decimal(18, 2) as gross_sales,
        sum(net_sales)::decimal(18, 2) as net_sales
    from sold
    group by
        grouping sets (
            (month, repeater, state, region, country, city),
            (month, repeater, channel, status, weekday, hour, discounted),
            (month, repeater, gender, age_group, source_segment, subscriber)
        )
),

-- What nothing is known of is no dimension: neither an hour, where all orders are of midnight, nor a discount that nobody gets.
order_dimensions (dimension, nothing) as (
    values
        ('state', 'unknown'), ('region', 'unknown'), ('country', 'unknown'), ('city', 'unknown'), ('channel', 'unknown'),
        ('status', 'unknown'), ('weekday', 'unknown'), ('hour', '00'), ('discounted', 'no'), ('gender', 'unknown'),
        ('age_group', 'unknown'), ('source_segment', 'unknown'), ('subscriber', 'unknown')
),

order_members as (
    select
        d.dimension,
        d.nothing,
        case d.dimension
            when 'state' then a.state
            when 'region' then a.region
            when 'country' then a.country
            when 'city' then a.city
            when 'channel' then a.channel
            when 'status' then a.status
            when 'weekday' then a.weekday
            when 'hour' then a.hour
            when 'discounted' then a.discounted
            when 'gender' then a.gender
            when 'age_group' then a.age_group
            when 'source_segment' then a.source_segment
            when 'subscriber' then a.subscriber
        end as member,
        a.month,
        a.repeater,
        a.orders,
        a.units,
        a.gross_sales,
        a.net_sales
    from alike as a
    cross join order_dimensions as d
),

-- Lines of one order may have the same member, and are then one: orders of several lines keep their names.
lines as (
    select
        l.month,
        r.repeater,
        o.order_id,
        l.product_id,
        l.category,
        l.brand,
        l.seller_id,
        count(*) as orders,
        sum(l.quantity) as units,
        sum(l.gross_sales)::decimal(18, 2) as gross_sales,
        sum(l.net_sales)::decimal(18, 2) as net_sales
    from fct_sales as l
    left join repeaters as r on r.customer_id = l.customer_id
    left join (select order_id from fct_orders where items > 1) as o on o.order_id = l.order_id
    where l.is_valid
    group by l.month, r.repeater, o.order_id, l.product_id, l.category, l.brand, l.seller_id
),

line_members as (
    select
        d.dimension,
        coalesce(
            case d.dimension
                when 'product' then l.product_id
                when 'category' then l.category
                when 'brand' then l.brand
                when 'seller' then l.seller_id
            end,
            'unknown'
        ) as member,
        l.month,
        l.repeater,
        case when l.order_id is null then sum(l.orders) else 1 end as orders,
        sum(l.units) as units,
        sum(l.gross_sales)::decimal(18, 2) as gross_sales,
        sum(l.net_sales)::decimal(18, 2) as net_sales
    from lines as l
    cross join (values ('product'), ('category'), ('brand'), ('seller')) as d (dimension)
    group by d.dimension, member, l.month, l.repeater, l.order_id
),

-- An order paid by several methods gives each its share of the sales, to the cent; the largest takes what is left over.
paid as (
    select
        p.order_id,
        p.method,
        sum(p.amount)::decimal(18, 2) as amount,
        (sum(sum(p.amount)) over (partition by p.order_id))::decimal(18, 2) as total,
        row_number() over (partition by p.order_id order by sum(p.amount) desc, p.method) as place
    from payments as p
    where p.order_id in (select order_id from sold where payment_count > 1)
    group by p.order_id, p.method
),

shares as (
    select
        paid.order_id,
        paid.method,
        paid.place,
        s.month,
        s.repeater,
        s.units,
        round((s.gross_sales * paid.amount)::double / nullif(paid.total, 0), 2)::decimal(18, 2) as gross_share,
        round((s.net_sales * paid.amount)::double / nullif(paid.total, 0), 2)::decimal(18, 2) as net_share,
        s.gross_sales,
        s.net_sales
    from paid
    join sold as s on s.order_id = paid.order_id
),

left_over as (
    select
        order_id,
        (max(gross_sales) - coalesce(sum(gross_share), 0))::decimal(18, 2) as gross_sales,
        (max(net_sales) - coalesce(sum(net_share), 0))::decimal(18, 2) as net_sales
    from shares
    group by order_id
),

payment_members as (
    select p.method as member, s.month, s.repeater, s.units, s.gross_sales, s.net_sales
    from sold as s
    join payments as p on p.order_id = s.order_id
    where s.payment_count = 1
    union all
    select 'none', month, repeater, units, gross_sales, net_sales
    from sold
    where payment_count = 0
    union all
    select
        s.method,
        s.month,
        s.repeater,
        case when s.place = 1 then s.units else 0 end,
        coalesce(s.gross_share, 0) + case when s.place = 1 then l.gross_sales else 0 end,
        coalesce(s.net_share, 0) + case when s.place = 1 then l.net_sales else 0 end
    from shares as s
    join left_over as l on l.order_id = s.order_id
),

members as (
    select dimension, member, month, repeater, orders, units, gross_sales, net_sales
    from order_members
    where member is not null and dimension in (select dimension from order_members where member <> nothing)
    union all
    select dimension, member, month, repeater, orders, units, gross_sales, net_sales
    from line_members
    where dimension in (select dimension from line_members where member <> 'unknown')
    union all
    select
        'payment_method', member, month, repeater, count(*), sum(units),
        sum(gross_sales)::decimal(18, 2), sum(net_sales)::decimal(18, 2)
    from payment_members
    group by member, month, repeater
),

monthly as (
    select
        dimension,
        member,
        month,
        sum(orders) as orders,
        coalesce(sum(orders) filter (where repeater is null), 0) as one_time_customers,
        sum(units) as units,
        sum(gross_sales)::decimal(18, 2) as gross_sales,
        sum(net_sales)::decimal(18, 2) as net_sales
    from members
    group by dimension, member, month
),

sums as (
    select
        p.period_type,
        p.period,
        p.is_complete,
        m.dimension,
        m.member,
        sum(m.orders)::bigint as orders,
        sum(m.one_time_customers)::bigint as one_time_customers,
        sum(m.units)::bigint as units,
        sum(m.gross_sales)::decimal(18, 2) as gross_sales,
        sum(m.net_sales)::decimal(18, 2) as net_sales
    from monthly as m
    join periods as p on p.month = m.month
    group by p.period_type, p.period, p.is_complete, m.dimension, m.member
),

regulars as (
    select p.period_type, p.period, m.dimension, m.member, count(distinct m.repeater) as customers
    from members as m
    join periods as p on p.month = m.month
    where m.repeater is not null
    group by p.period_type, p.period, m.dimension, m.member
)

select
    s.period_type,
    s.period,
    s.dimension,
    s.member,
    s.is_complete,
    s.orders,
    s.one_time_customers + coalesce(r.customers, 0) as customers,
    s.units,
    s.gross_sales,
    s.net_sales,
    s.net_sales::double / s.orders as aov,
    s.net_sales::double / nullif(sum(s.net_sales) over (partition by s.period_type, s.period, s.dimension), 0)::double as share,
    row_number() over (partition by s.period_type, s.period, s.dimension order by s.net_sales desc, s.member) as rank,
    case
        when s.is_complete and before.is_complete
            then (s.net_sales - before.net_sales)::double / nullif(before.net_sales, 0)::double
    end as net_sales_yoy
from sums as s
left join regulars as r
    on r.period_type = s.period_type and r.period = s.period and r.dimension = s.dimension and r.member = s.member
left join sums as before
    on before.period_type = s.period_type
    and s.period_type <> 'all'
    and before.period = make_date(year(s.period) - 1, month(s.period), 1)
    and before.dimension = s.dimension
    and before.member = s.member
