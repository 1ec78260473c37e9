-- How recently, how often and for how much has each person bought, and what does that make them?
with
people as (
    select customer_id, last_order_date, recency_days, purchases as frequency, net_sales as monetary, m
    from customer_metrics
),

-- Equal people have equal ranks, so they score the same on every engine. The oldest last purchase has rank 1.
ranked as (
    select
        people.*,
        rank() over (order by last_order_date nulls first) as recency_rank,
        count(*) over () as everybody
    from people
),

scored as (
    select
        ranked.*,
        1 + 5 * (recency_rank - 1) // everybody as r,
        case
            when frequency >= rfm_f5 then 5
            when frequency >= rfm_f4 then 4
            when frequency >= rfm_f3 then 3
            when frequency >= rfm_f2 then 2
            else 1
        end as f
    from ranked
    cross join settings
),

coded as (
    select scored.*, cast(r as varchar) || cast(f as varchar) || cast(m as varchar) as rfm_code
    from scored
),

-- Each of the 125 codes stands here once.
segments (segment, codes) as (
    values
        ('Champions', '555 554 544 545 454 455 445'),
        ('Loyal', '543 444 435 355 354 345 344 335'),
        (
            'Potential Loyalist',
            '553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 341 333 323'
        ),
        ('New', '512 511 422 421 412 411 311'),
        ('Promising', '525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313'),
        ('Need Attention', '535 534 443 434 343 334 325 324'),
        ('About To Sleep', '331 321 312 221 213 231 241 251'),
        ('At Risk', '253 252 243 242 235 234 225 224 153 152 143 142 135 134 133 125 124'),
        ('Can''t Lose', '155 154 145 144 255 254 245 244'),
        ('Hibernating', '332 322 233 232 223 222 132 123 122 212 211 113 114 115 214 215'),
        ('Lost', '111 112 121 131 141 151')
),

named as (
    select codes_in_use.rfm_code, segments.segment
    from (select distinct rfm_code from coded) as codes_in_use
    join segments on position(codes_in_use.rfm_code in segments.codes) > 0
)

select
    coded.customer_id,
    today.as_of,
    coded.recency_days,
    coded.frequency,
    coded.monetary,
    coded.r,
    coded.f,
    coded.m,
    coded.rfm_code,
    named.segment
from coded
join named on named.rfm_code = coded.rfm_code
cross join (select max(date) filter (where is_as_of) as as_of from dim_date) as today
