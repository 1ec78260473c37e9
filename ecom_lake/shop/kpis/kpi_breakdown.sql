-- What did each state, category, seller, payment method and other member sell, by month, by year and in total?
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

-- Only customers with several orders can be counted twice: only they get a number. The others are as many as their orders.
-- Anonymous orders have the number 0, which is no customer's.
repeaters as (
    select customer_id, row_number() over (order by customer_id) as repeater
    from fct_orders
    where order_number = 2
    group by customer_id
),

customers as (
    select
        customer_id,
        gender,
        age_group,
        source_segment,
        case when is_subscriber then 'yes' when not is_subscriber then 'no' end as subscriber
    from dim_customer
    where coalesce(gender, age_group, source_segment) is not null or is_subscriber is not null
),

-- What lines and payments need of their orders. All other columns of an order are read once, where its members are counted: as
-- one list of orders with all columns they would fill the memory of a large shop.
sold as (
    select
        o.order_id,
        o.month,
        case when o.is_anonymous then 0 else r.repeater end as repeater,
        case when o.items > 1 then o.order_id end as order_of_several_lines
    from fct_orders as o
    left join repeaters as r on r.customer_id = o.customer_id
    where o.is_valid
),

-- A dimension with only one trivial member is left out: unknown, midnight as the hour of all orders, or no discount at all.
order_dimensions (dimension, trivial) as (
    values
        ('state', 'unknown'), ('region', 'unknown'), ('country', 'unknown'), ('city', 'unknown'), ('channel', 'unknown'),
        ('status', 'unknown'), ('weekday', 'unknown'), ('hour', '00'), ('discounted', 'no'), ('gender', 'unknown'),
        ('age_group', 'unknown'), ('source_segment', 'unknown'), ('subscriber', 'unknown')
),

sold_with_members as (
    select
        s.month,
        s.repeater,
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
        case when o.is_discounted then 'yes' else 'no' end as discounted,
        coalesce(c.gender, 'unknown') as gender,
        coalesce(c.age_group, 'unknown') as age_group,
        coalesce(c.source_segment, 'unknown') as source_segment,
        coalesce(c.subscriber, 'unknown') as subscriber
    from sold as s
    join fct_orders as o on o.order_id = s.order_id
    join dim_date as d on d.date = o.order_date
    left join customers as c on c.customer_id = o.customer_id
),

order_members as (
    select
        d.dimension,
        d.trivial,
        case d.dimension
            when 'state' then o.state
            when 'region' then o.region
            when 'country' then o.country
            when 'city' then o.city
            when 'channel' then o.channel
            when 'status' then o.status
            when 'weekday' then o.weekday
            when 'hour' then o.hour
            when 'discounted' then o.discounted
            when 'gender' then o.gender
            when 'age_group' then o.age_group
            when 'source_segment' then o.source_segment
            when 'subscriber' then o.subscriber
        end as member,
        o.month,
        o.repeater,
        count(*) as orders,
        sum(o.units) as units,
        sum(o.gross_sales)::decimal(18, 2) as gross_sales,
        sum(o.net_sales)::decimal(18, 2) as net_sales
    from sold_with_members as o
    cross join order_dimensions as d
    group by d.dimension, d.trivial, member, o.month, o.repeater
),

-- Lines of one order with the same member count as one order; orders of one line need no grouping by order.
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
        o.month,
        o.repeater,
        case when o.order_of_several_lines is null then count(*) else 1 end as orders,
        sum(l.quantity) as units,
        sum(l.gross_sales)::decimal(18, 2) as gross_sales,
        sum(l.net_sales)::decimal(18, 2) as net_sales
    from fct_sales as l
    join sold as o on o.order_id = l.order_id
    cross join (values ('product'), ('category'), ('brand'), ('seller')) as d (dimension)
    where l.is_valid
    group by d.dimension, member, o.month, o.repeater, o.order_of_several_lines
),

payment_members as (
    select
        'payment_method' as dimension,
        p.method as member,
        o.month,
        o.repeater,
        count(*) as orders,
        sum(p.units) as units,
        sum(p.gross_sales)::decimal(18, 2) as gross_sales,
        sum(p.net_sales)::decimal(18, 2) as net_sales
    from fct_payments as p
    join sold as o on o.order_id = p.order_id
    group by p.method, o.month, o.repeater
),

members as (
    select dimension, member, month, repeater, orders, units, gross_sales, net_sales
    from order_members
    where member is not null and dimension in (select dimension from order_members where member <> trivial)
    union all
    select dimension, member, month, repeater, orders, units, gross_sales, net_sales
    from line_members
    where dimension in (select dimension from line_members where member <> 'unknown')
    union all
    select dimension, member, month, repeater, orders, units, gross_sales, net_sales
    from payment_members
),

monthly as (
    select
        dimension,
        member,
        month,
        sum(orders) as orders,
        coalesce(sum(orders) filter (where repeater is null), 0) as one_time_customers,
        coalesce(sum(orders) filter (where repeater = 0), 0) as anonymous_orders,
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
        sum(m.anonymous_orders)::bigint as anonymous_orders,
        sum(m.units)::bigint as units,
        sum(m.gross_sales)::decimal(18, 2) as gross_sales,
        sum(m.net_sales)::decimal(18, 2) as net_sales
    from monthly as m
    join periods as p on p.month = m.month
    group by p.period_type, p.period, p.is_complete, m.dimension, m.member
),

repeat_customers as (
    select p.period_type, p.period, m.dimension, m.member, count(distinct m.repeater) as customers
    from members as m
    join periods as p on p.month = m.month
    where m.repeater > 0
    group by p.period_type, p.period, m.dimension, m.member
)

select
    s.period_type,
    s.period,
    s.dimension,
    s.member,
    s.is_complete,
    s.orders,
    case when s.anonymous_orders < s.orders then s.one_time_customers + coalesce(r.customers, 0) end as customers,
    s.anonymous_orders,
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
left join repeat_customers as r
    on r.period_type = s.period_type and r.period = s.period and r.dimension = s.dimension and r.member = s.member
left join sums as before
    on before.period_type = s.period_type
    and s.period_type <> 'all'
    and before.period = make_date(year(s.period) - 1, month(s.period), 1)
    and before.dimension = s.dimension
    and before.member = s.member
