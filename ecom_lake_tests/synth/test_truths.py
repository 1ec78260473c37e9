"""The truths are counted again from the files, by SQL that is independent of the generator."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ecom_lake.synth import shop as shop_module
from ecom_lake.synth.truths import Truths, decimal
from ecom_lake_tests.synth.made import Made, Make, Query

BY_ORDER = """
with money as (
    select order_id, sum(price::decimal(18, 2)) as net, sum(freight_value::decimal(18, 2)) as freight from items group by all
), paid as (
    select order_id, sum(payment_value::decimal(18, 2)) as paid, max(payment_installments::int) as instalments
    from payments group by all
), known as (
    select o.*, c.customer_unique_id as person, order_status not in ('canceled', 'unavailable') as is_valid,
        order_status = 'delivered' as is_delivered,
        order_status = 'delivered'
            and order_delivered_customer_date::timestamp::date > order_estimated_delivery_date::timestamp::date as is_late,
        coalesce(net, 0) as net, coalesce(m.freight, 0) as freight, coalesce(paid, 0) as paid,
        net is not null as has_lines, paid is not null as has_payment, instalments
    from orders o join customers c using (customer_id) left join money m using (order_id) left join paid using (order_id)
)
"""


@pytest.fixture(params=["dump", "by month", "many slices"])
def made(request: pytest.FixtureRequest, make: Make, monkeypatch: pytest.MonkeyPatch) -> Made:
    if request.param == "many slices":
        monkeypatch.setattr(shop_module, "SLICE", 50)
        return make(orders=3_000, broken=0, repeat_share=0.3, first_month="2018-01", last_month="2018-06")
    if request.param == "by month":
        return make(orders=6_000, broken=0, repeat_share=0.1, by_month=True, corrections=0.1)
    return make(orders=6_000, broken=0, repeat_share=0.1)


def test_totals(made: Made, query: Query) -> None:
    counted = query(
        made,
        BY_ORDER
        + """
        select count(*), count(*) filter (is_valid), (select count(*) from items), (select count(*) from payments),
            (select count(*) from reviews), (select count(*) from products), (select count(*) from sellers),
            (select count(distinct geolocation_zip_code_prefix) from geolocation), count(distinct person),
            count(distinct person) filter (is_valid), count(*) filter (is_delivered), count(*) filter (is_late),
            sum(net) filter (is_valid), sum(freight) filter (is_valid), sum(paid) filter (is_valid)
        from known
        """,
    )
    said = made.truths.totals
    counts = (said.orders, said.valid_orders, said.lines, said.payments_rows, said.reviews, said.products, said.sellers)
    people = (said.zips, said.people, said.buyers, said.delivered_orders, said.late_orders)
    assert counted == [(*counts, *people, Decimal(said.net_sales), Decimal(said.freight), Decimal(said.payments))]
    assert said.orders == made.truths.options["orders"]


def test_months(made: Made, query: Query) -> None:
    counted = query(
        made,
        BY_ORDER
        + """
        select order_purchase_timestamp[:7] as month, count(*), count(*) filter (is_valid),
            sum(net) filter (is_valid), sum(freight) filter (is_valid), sum(paid) filter (is_valid),
            count(*) filter (is_delivered), count(*) filter (is_late)
        from known group by all order by all
        """,
    )
    assert [month for month, *_ in counted] == [month.month for month in made.truths.months]
    for (_, *found), said in zip(counted, made.truths.months, strict=True):
        money = [Decimal(amount) for amount in (said.net_sales, said.freight, said.payments)]
        assert found == [said.orders, said.valid_orders, *money, said.delivered_orders, said.late_orders]


def test_repeat_buyers(made: Made, query: Query) -> None:
    counted = query(
        made,
        BY_ORDER
        + """, people as (
            select person, count(*) as orders, count(distinct order_purchase_timestamp::timestamp::date) as purchases
            from known where is_valid group by all
        )
        select count(*) filter (purchases > 1), count(*) filter (orders > 1), count(*) filter (purchases > 1) / count(*)
        from people
        """,
    )
    said = made.truths.totals
    assert counted == [(said.buyers_on_several_days, said.buyers_with_several_orders, said.repeat_purchase_rate)]


def test_statuses(made: Made, query: Query) -> None:
    counted: dict[Any, Any] = dict(query(made, "select order_status, count(*) from orders group by all"))
    assert counted == {status: count for status, count in made.truths.statuses.items() if count}


def test_payment_differences(made: Made, query: Query) -> None:
    counted = query(
        made,
        BY_ORDER
        + """
        select case when not has_lines then 'no_lines' when not has_payment then 'no_payment'
            when abs(paid - net - freight) <= 0.05 then 'rounding'
            when paid > net + freight and instalments > 1 then 'instalment_interest'
            when paid > net + freight then 'overpaid' else 'underpaid' end as cause, count(*), sum(paid - net - freight)
        from known where is_valid and paid <> net + freight group by all
        """,
    )
    said = {cause: (found.orders, Decimal(found.amount)) for cause, found in made.truths.payment_differences.items()}
    assert {cause: (orders, amount) for cause, orders, amount in counted} == {c: f for c, f in said.items() if f[0]}


def test_bundles(made: Made, query: Query) -> None:
    for bundle in made.truths.bundles:
        wanted = ", ".join(f"'{product}'" for product in bundle.products)
        counted = query(
            made,
            BY_ORDER
            + f"""
            select count(*) from (
                select order_id from items join known using (order_id) where is_valid and product_id in ({wanted})
                group by all having count(distinct product_id) = {len(bundle.products)}
            )
            """,
        )
        assert counted == [(bundle.valid_orders,)]


def test_lateness(made: Made, query: Query) -> None:
    said = made.truths.lateness
    scores = query(
        made,
        BY_ORDER
        + """, latest as (
            select * from reviews qualify row_number() over (
                partition by order_id order by review_answer_timestamp desc, review_creation_date desc, review_id desc) = 1
        )
        select avg(review_score::int), count(*) from latest join known using (order_id) where is_delivered
        group by is_late order by is_late
        """,
    )
    assert scores == [(said.score_on_time, said.reviewed_on_time), (said.score_late, said.reviewed_late)]
    returns = query(
        made,
        BY_ORDER
        + """, people as (
            select person, arg_min(is_late, (order_purchase_timestamp, order_id)) as late,
                arg_min(is_delivered, (order_purchase_timestamp, order_id)) as delivered,
                count(distinct order_purchase_timestamp::timestamp::date) > 1 as came_back
            from known where is_valid group by all
        )
        select count(*), count(*) filter (came_back) from people where delivered group by late order by late
        """,
    )
    assert returns == [(said.first_on_time, said.first_on_time_came_back), (said.first_late, said.first_late_came_back)]


def test_records_of_each_file(made: Made, query: Query) -> None:
    tables = ("customers", "orders", "items", "payments", "reviews", "products", "sellers", "geolocation", "translation")
    counted = [query(made, f"select count(*) from all_{table}")[0][0] for table in tables]
    assert counted == [made.truths.files[made.files(table)[0].name].records for table in tables]


def test_truths_are_the_same_when_read_again(make: Make, tmp_path: Path) -> None:
    truths = make(orders=1_000, by_month=True, corrections=0.1).truths
    truths.write(tmp_path / "truths.json")
    assert Truths.read(tmp_path / "truths.json") == truths


def test_cents_as_a_decimal() -> None:
    assert [decimal(cents) for cents in (0, 5, 123456, -1, -250)] == ["0.00", "0.05", "1234.56", "-0.01", "-2.50"]
