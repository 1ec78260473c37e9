"""A shop of sixteen orders whose answers can be computed by hand, and functions to ask its questions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ecom_lake.engine.serve.answering import Answered, answer
from ecom_lake.engine.serve.query import Session
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.hand_shop import HandShop, Row, customer, item, order, payment, product, review, seller
from ecom_lake_tests.catalog import questions

BY_NAME = {question.name: question for question in questions()}
STATES = {"ana": "SP", "bob": "SP", "fay": "SP", "gus": "SP", "hal": "SP", "eve": "RJ", "dan": "RJ", "ivy": "RJ", "jon": "RJ"}
GENDERS = {"ana": "female", "eve": "female", "bob": "male", "dan": "male"}
SUBSCRIBES = {"ana": True, "eve": True, "bob": False, "dan": False, "fay": False}

ORDERS = """
    01  2017-01-01 10:00  ana  ball 10, book 5    delivered 2017-01-05, promised 2017-01-13  card 15          5
    02  2017-02-07 10:00  bob  lamp 40            delivered 2017-02-17, promised 2017-02-17  boleto 40        4
    03  2017-03-05 18:00  ana  ball 20            delivered 2017-03-17, promised 2017-03-15  card 20          2
    04  2017-04-10 10:00  eve  book 30            delivered 2017-04-25, promised 2017-04-20  card 20, voucher 10  1
    05  2017-05-10 10:00  eve  book 30            delivered 2017-05-30, promised 2017-05-20  card 30          1
    06  2017-06-10 23:00  dan  lamp 50            delivered 2017-06-17, promised 2017-06-20  boleto 50        4
    07  2017-07-10 10:00  eve  ball 10            delivered                                  card 10          -
    08  2017-08-10 10:00  fay  doll 15            delivered                                  card 15          -
    09  2017-09-10 10:00  gus  doll 15            delivered                                  card 15          -
    10  2017-10-10 10:00  hal  doll 15            delivered                                  card 15          -
    11  2017-11-24 10:00  ana  lamp 100, ball 20  delivered                                  card 110         -
    12  2017-12-10 10:00  ivy  book 60            delivered                                  boleto 60        -
    13  2018-01-15 10:00  jon  ball 30            delivered                                  card 30          -
    14  2018-02-28 10:00  bob  lamp 80            shipped                                    card 80          -
    15  2018-02-28 11:00  kim  lamp 999           canceled                                   card 999         -
    16  2017-12-31 11:00  kim  ball 999           canceled                                   card 999         -
"""
"""The lamp of order 11 has a discount of 10; order 12 is returned. Seller lux sells the lamps, seller max all other products."""


def _rule(level: str, antecedent: str, consequent: str, orders: int, confidence: float, lift: float, **more: Any) -> Row:
    row = {"level": level, "antecedent": antecedent, "consequent": consequent, "orders": orders, "confidence": confidence}
    return {**row, "lift": lift, "is_significant": True, **more}


def _check(layer: str, table: str, rule: str, failed: int) -> Row:
    status = "quarantined" if failed else "pass"
    row = {"layer": layer, "table_name": table, "rule": rule, "failed_rows": failed, "checked_rows": 15, "status": status}
    return {**row, "meaning": f"The promise of {rule}."}


def _expected(series: str, month: str, method: str, forecast: int, is_champion: bool) -> Row:
    row = {"series": series, "grain": "month", "period": f"{month}-01", "method": method, "step": 1, "forecast": forecast}
    return {**row, "low_80": forecast - 30, "high_80": forecast + 30, "is_champion": is_champion}


HANDED: dict[str, list[Row]] = {
    "basket_rules": [
        _rule("category", "books", "toys", 4, 0.5, 1.5),
        _rule("category", "toys", "books", 4, 0.25, 1.5),
        _rule("category", "home", "toys", 3, 0.2, 2.5, is_significant=False),
        _rule("product", "lamp", "ball", 3, 0.75, 3.0),
        _rule("product", "ball", "lamp", 3, 0.6, 3.0),
        _rule("product", "ball + lamp", "doll", 2, 0.4, 4.0),
        _rule("product", "ball + doll", "lamp", 2, 0.9, 3.5),
    ],
    "sales_forecast": [
        _expected("total", "2018-03", "naive", 80, is_champion=False),
        _expected("total", "2018-03", "SES", 60, is_champion=True),
        _expected("total", "2018-04", "SES", 65, is_champion=True),
        _expected("toys", "2018-03", "SES", 40, is_champion=True),
        {**_expected("total", "2018-03", "SES", 2, is_champion=True), "grain": "day"},
    ],
    "quality_scorecard": [
        _check("silver", "orders", "known_status", 2),
        _check("silver", "payments", "amount_out_of_range", 3),
        _check("gold", "rfm", "code_is_the_scores", 0),
    ],
}


def worked_shop() -> HandShop:
    rows: dict[str, list[Row]] = {"orders": [], "order_items": [], "payments": [], "reviews": []}
    for line in ORDERS.strip().splitlines():
        number, placed, who, goods, became, paid, score = [part for part in line.split("  ") if part.strip()]
        status, *dates = became.replace(",", "").split()
        arrived, promised = dates[0::2] or (None,), dates[2:3] or (None,)
        rows["orders"].append(
            order(
                number,
                f"{placed.strip()}:00",
                customer_id=who,
                status=status,
                state=STATES.get(who),
                delivered_at=arrived[0] and f"{arrived[0]} 12:00:00",
                promised_at=promised[0] and f"{promised[0]} 00:00:00",
            )
        )
        rows["order_items"] += [_line(number, at, *good.split()) for at, good in enumerate(goods.split(","), 1)]
        rows["payments"] += [
            payment(number, part.split()[1], at, method=part.split()[0]) for at, part in enumerate(paid.split(","), 1)
        ]
        rows["reviews"] += (
            [review(number, int(score), f"r{number}", created_at=f"{placed.strip()}:00")] if score.strip() != "-" else []
        )
    rows["customers"] = [
        customer(who, state=STATES.get(who), gender=GENDERS.get(who), is_subscriber=SUBSCRIBES.get(who))
        for who in sorted({*STATES, "kim"})
    ]
    rows["products"] = [
        product("ball", "toys", brand="Acme", name="The Ball"),
        product("doll", "toys", brand="Bela"),
        product("book", "books"),
        product("lamp", "home", brand="Acme", name="The Lamp"),
    ]
    rows["sellers"] = [seller("lux"), seller("max")]
    return HandShop(ShopSettings(seller_min_orders=4), **rows)


def _line(order_id: str, at: int, good: str, price: str) -> Row:
    discount = 10 if (order_id, good) == ("11", "lamp") else 0
    sold_by = "lux" if good == "lamp" else "max"
    return item(order_id, price, at, product_id=good, seller_id=sold_by, discount=discount, is_returned=order_id == "12")


def session_of(shop: HandShop) -> Session:
    """A session on the shop's gold. Rules, forecasts and checks need more orders, so they are hand-written: see `HANDED`."""
    for table in sorted({table for question in questions() for table in question.reads}):
        if table not in HANDED:
            shop.table(table)
            continue
        columns = (f"{name} {column.kind.duckdb}" for name, column in catalog.gold()[table].columns.items())
        shop.con.execute(f"create table {table} ({', '.join(columns)})")
        for row in HANDED[table]:
            names = ", ".join(row)
            shop.con.execute(f"insert into {table} ({names}) values ({', '.join('?' * len(row))})", [*row.values()])
    return Session(shop.con, {})


def ask(session: Session, name: str, **given: str) -> Answered:
    return answer(session, BY_NAME[name], given)


def rows_of(answered: Answered, *columns: str) -> list[tuple[Any, ...]]:
    """The rows, with money as floats; only these columns, or all of them."""
    wanted = [answered.columns.index(name) for name in columns or answered.columns]
    return [tuple(float(row[at]) if isinstance(row[at], Decimal) else row[at] for at in wanted) for row in answered.rows]
