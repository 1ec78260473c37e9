"""Every number of a statement is in the row it refers to, directions are correct, noise is not reported, gains are ranked."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from string import Formatter
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import settings as how
from hypothesis import strategies as st

from ecom_lake.engine.build.gold.table_file import settings_row
from ecom_lake.engine.contracts.recipe import SETTINGS
from ecom_lake.engine.contracts.sql_tables import tables_in
from ecom_lake.engine.duckdb_engine import literal, name
from ecom_lake.shop.insights import RULES
from ecom_lake.shop.insights import insights_build as insights
from ecom_lake.shop.insights.rule import COMPLETE_MONTHS, DAYS, KNOWN_CUSTOMERS, InsightRule, fields_of
from ecom_lake.shop.insights.wording import Period, written
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.shop.insights.directions import HIGHER, LOWER, directions, wrong_directions

STATES = 20
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?%?(?!\w)")
DEFAULT = MiningSettings()
BY_ID = {rule.id: rule for rule in RULES}
MONTHS_FILE = Path(insights.__file__).parent / "complete_months.sql"
SHARED_FILES = (MONTHS_FILE, MONTHS_FILE.with_name("known_customers.sql"))
STATISTICS = r"p-value|interval|significan|chance|dispersion|correlat|confidence|\bpower\b|\blevel\b|independent|\btest"
QUAINT = r"nobody|brought|bereft|lest\b|of late\b|lately|foretell|\bwhat is\b|comes? back|stands? out|told|likeliest"


def nothing(con: duckdb.DuckDBPyConnection, currency: str | None = "R$") -> duckdb.DuckDBPyConnection:
    """Every table that the rules read, without rows."""
    con.register(SETTINGS, settings_row(ShopSettings(currency=currency)).to_arrow())
    for table in (read for read in insights.READS if read != SETTINGS):
        contract = catalog.gold().get(table) or catalog.silver()[table]
        columns = ", ".join(f"null::{c.kind.duckdb} as {name(c.name)}" for c in contract.columns.values())
        con.execute(f"create table {table} as select {columns} where false")
    return con


def as_of(con: duckdb.DuckDBPyConnection, day: date | None) -> None:
    con.execute("delete from reporting_period")
    insert(con, "reporting_period", as_of=day, complete_months=0)


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    return nothing(duckdb.connect())


def shown(con: duckdb.DuckDBPyConnection, settings: MiningSettings = DEFAULT) -> list[dict[str, Any]]:
    return insights.build(con, settings).filter(status="shown").sort("rank").to_dicts()


def found_by(con: duckdb.DuckDBPyConnection, rule: InsightRule) -> list[insights.Candidate]:
    with insights.shared_tables(con):
        return insights.candidates(con, rule, DEFAULT)


def of(rule: str, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in said if row["insight_id"].partition(":")[0] == rule]


def insert(con: duckdb.DuckDBPyConnection, table: str, **columns: object) -> None:
    marks = ", ".join("?" for _ in columns)
    con.execute(f"insert into {table} ({', '.join(columns)}) values ({marks})", list(columns.values()))


# Rules


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_refers_to_an_existing_column(rule: InsightRule) -> None:
    assert rule.column in catalog.gold()[rule.table].columns


def test_the_declared_tables_are_those_in_the_queries() -> None:
    shared = [file.read_text("utf-8") for file in SHARED_FILES]
    queries = [*(query for rule in RULES for query in (rule.query, rule.days_query) if query), *shared]
    read = {SETTINGS, *(table for query in queries for table in tables_in(query))}
    assert read - {DAYS, COMPLETE_MONTHS, KNOWN_CUSTOMERS} == set(insights.READS)


def test_every_query_file_belongs_to_a_rule() -> None:
    files = {file.name for file in Path(insights.__file__).parent.glob("*.sql")}
    assert files == {
        *(file.name for file in SHARED_FILES),
        *(file for rule in RULES for file in (rule.sql, rule.days) if file),
    }


def test_complete_months_are_selected_in_one_query() -> None:
    """is_complete does not depend on the as-of date: a query that selects by it compares months that are still in the future."""
    files = Path(insights.__file__).parent.glob("*.sql")
    assert [file for file in files if "is_complete" in file.read_text("utf-8")] == [MONTHS_FILE]


def test_months_are_known_once_they_have_ended_and_settled_60_days_later(con: duckdb.DuckDBPyConnection) -> None:
    """June ends 61 days before 30 August, July 30 days before; August has not ended. February is not complete."""
    for month in (2, 6, 7, 8):
        insert(con, "kpi_monthly", month=date(2018, month, 1), is_complete=month > 2, orders=1)
    settled = {}
    for day in (28, 29, 30):
        as_of(con, date(2018, 8, day))
        with insights.shared_tables(con):
            settled[day] = con.sql(f"select month, is_settled from {COMPLETE_MONTHS} order by month").fetchall()
    june, july = date(2018, 6, 1), date(2018, 7, 1)
    assert settled[28] == [(june, False), (july, False)], "June ended 59 days before"
    assert settled[29] == settled[30] == [(june, True), (july, False)]


def test_the_seller_months_are_counted_by_one_query() -> None:
    """Both late-seller queries must count the same orders: the rates are computed from the rows that the noise is measured on."""
    rule = BY_ID["late-seller"]
    assert tables_in(rule.query) == (COMPLETE_MONTHS, DAYS, "reporting_period", "seller_scorecard")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_direction_is_never_written_out(rule: InsightRule) -> None:
    """The word is computed from two numbers, so it cannot contradict them."""
    fixed = "".join(text for text, *_ in Formatter().parse(rule.headline))
    assert not directions(fixed)
    for _, field, words, _ in Formatter().parse(rule.headline):
        if field == "compared":
            higher, lower = (words or "").split("|")
            assert (higher in HIGHER, lower in LOWER) == (True, True)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_headline_is_written_for_a_manager(rule: InsightRule) -> None:
    for headline in (rule.headline, rule.silent):
        assert not re.search(STATISTICS, headline)
        assert headline.endswith(".")
    assert "compared" not in rule.fields or rule.fields & {"baseline", "sales_before", "rate_unexposed"}, "it names its baseline"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_headline_of_weak_evidence_uses_no_field_that_may_be_unknown(rule: InsightRule) -> None:
    assert fields_of(rule.silent) <= rule.fields


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_sentences_are_in_plain_english(rule: InsightRule) -> None:
    sentences = (rule.headline, rule.reason, rule.silent, rule.action, rule.caveat, rule.gain_basis, rule.without_numbers)
    for sentence in sentences:
        assert not re.search(QUAINT, sentence, re.IGNORECASE), sentence
        assert sentence.endswith("."), sentence


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2018-08-01", "2018-08-01", "August 2018"),
        ("2018-05-01", "2018-07-01", "May to July 2018"),
        ("2017-11-01", "2018-01-01", "November 2017 to January 2018"),
    ],
)
def test_months_are_named(first: str, last: str, said: str) -> None:
    assert f"{Period(date.fromisoformat(first), date.fromisoformat(last))}" == said


# A NULL gives no statement, for every rule


def sample(con: duckdb.DuckDBPyConnection, rule: InsightRule) -> dict[str, Any]:
    """A row with the columns of the rule's query; the values follow from the types."""
    given = {**rule.parameters, **{setting: getattr(DEFAULT, setting) for setting in rule.settings}}
    values = {"VARCHAR": "a text", "DATE": date(2018, 8, 1), "BIGINT": 400, "HUGEINT": 400, "INTEGER": 31}
    with insights.shared_tables(con):
        if rule.days:
            con.execute(f"create or replace temp view {DAYS} as {rule.days_query}")
        columns = con.execute(f"describe {rule.query}", given).fetchall()
    row = {column: values.get(str(kind), Decimal("0.25") if "DECIMAL" in str(kind) else 0.25) for column, kind, *_ in columns}
    return {**row, "weak_because": None, "n": 400}


def rendered(rule: InsightRule, row: dict[str, Any]) -> list[tuple[str, str]]:
    return [insights.sentences(one, DEFAULT, "R$") for one in insights.known(rule, [row], {}, DEFAULT)]


def half_a_year(rule: InsightRule) -> dict[str, pl.DataFrame]:
    """Days with the columns of the rule's query of days, for the row of the sample."""
    days = [date(2018, 3, 1) + timedelta(day) for day in range(180)]
    counts = np.random.default_rng(1).binomial(20, 0.2, len(days))
    columns = {"amount": 10.0 * counts} if "amount" in rule.days_query else {"hits": counts, "trials": np.full(len(days), 20)}
    return {"a text": pl.DataFrame({"row_key": "a text", "day": days, **columns})} if rule.days else {}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_with_missing_numbers_gives_no_statement(con: duckdb.DuckDBPyConnection, rule: InsightRule) -> None:
    whole = sample(con, rule)
    [said] = rendered(rule, whole)
    assert not re.search(r"None|nan|\binf\b|[{}]", " ".join(said))
    for column in whole:
        for missing in (None, math.nan, math.inf) if isinstance(whole[column], float) else (None,):
            row = {**whole, column: missing}
            found = insights.known(rule, [row], half_a_year(rule), DEFAULT)
            if column in rule.fields or column in ("row_key", "value", "n"):
                assert not found, column
            for one in insights.statements(rule, found, DEFAULT, "R$"):
                assert not re.search(r"None|nan|\binf\b|[{}]", f"{one['statement']} {one['reason'] or ''} {one['caveat']}"), (
                    column
                )


def test_a_shop_whose_customers_have_all_ordered_twice_has_insights(con: duckdb.DuckDBPyConnection) -> None:
    """There are no one-time buyers, so their net sales are NULL."""
    con.execute("insert into customer_metrics (customer_id, purchases, net_sales) select i, 2, 10 from range(40) as t(i)")
    insert(con, "kpi_summary", metric="repeat_purchase_rate", value=1.0)
    insert(con, "reporting_period", as_of=date(2018, 8, 29), complete_months=0)
    [one] = of("second-purchase", shown(con))
    assert one["statement"] == "40 customers have ordered; 100.0% ordered again."


def test_a_shop_without_dates_does_not_know_who_ordered_again(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("insert into customer_metrics (customer_id, purchases, net_sales) select i, 1, 10 from range(40) as t(i)")
    insert(con, "kpi_summary", metric="repeat_purchase_rate", value=0.0)
    insert(con, "reporting_period", as_of=None, complete_months=0)
    assert of("second-purchase", shown(con)) == []


def test_a_share_of_customers_names_the_sales_that_it_is_of(con: duckdb.DuckDBPyConnection) -> None:
    insert(con, "customer_concentration", decile=1, customers=40, net_sales=5_260, share=0.526)
    insert(con, "segment_profile", segment_id=1, segment="big", customers=80, net_sales=6_000, net_sales_share=0.6, share=0.2)
    insert(con, "kpi_summary", metric="anonymous_orders", value=0.0)
    insert(con, "kpi_summary", metric="anonymous_net_sales", value=0.0)
    top, best = (of(rule, shown(con))[0] for rule in ("concentration", "best-segment"))
    assert "account for 52.6% of revenue: R$ 5,260." in top["statement"]
    assert "accounts for 60.0% of revenue with" in best["statement"]
    assert "anonymous" not in top["caveat"] + best["caveat"]

    con.execute("update kpi_summary set value = case metric when 'anonymous_orders' then 1100 else 26300 end")
    top, best = (of(rule, shown(con))[0] for rule in ("concentration", "best-segment"))
    assert "account for 52.6% of the net sales of known customers: R$ 5,260." in top["statement"]
    assert "accounts for 60.0% of the net sales of known customers with" in best["statement"]
    left_out = " 1,100 anonymous orders with net sales of 26,300.00 have no customer and are left out."
    assert top["caveat"].endswith(left_out) and best["caveat"].endswith(left_out)


def test_products_are_named_as_on_the_dashboard(con: duckdb.DuckDBPyConnection) -> None:
    """By their name, or else by their category and the start of their id."""
    one, other = "35afc973633aaeb6b877", "99a4788cb24856965c36"
    insert(con, "dim_product", product_id=one, category="home_comfort", name=None)
    insert(con, "dim_product", product_id=other, category="bed_bath_table", name="Linen sheet")
    insert(con, "product_performance", product_id=other, net_sales=100)
    rule = {"level": "product", "antecedent_size": 1, "antecedent": one, "consequent": other}
    insert(con, "basket_rules", **rule, orders=29, lift=39.2, p_adjusted=0.0001)
    [said] = of("products-bought-together", shown(con))
    assert said["statement"] == "29 orders contain both home comfort · 35afc973 and Linen sheet, 39.2 times as many as expected."


def test_an_empty_shop_has_no_statement(con: duckdb.DuckDBPyConnection) -> None:
    said = insights.build(con, DEFAULT)
    assert len(said) == len(RULES)
    assert set(said["status"]) == {"not enough evidence"}
    assert set(said["statement"]) == {rule.without_numbers for rule in RULES}, "without numbers nothing is stated about the shop"


# Late deliveries: evidence, direction, chance


def a_month(con: duckdb.DuckDBPyConnection, late: list[int], promised: int, months: int = 6, usual: int = 16) -> None:
    """A month with this number of late orders per state, after months with `usual` late orders; all days are alike."""
    for table in ("delivery_performance", "kpi_monthly", "fct_orders"):
        con.execute(f"delete from {table}")
    as_of(con, date(2018, 10, 30))
    placed: list[tuple[date, str, int]] = []
    for back in reversed(range(months)):
        month = date(2018, 8 - back, 1)
        counts = late if back == 0 else [usual] * len(late)
        insert(
            con, "kpi_monthly", month=month, is_complete=True, orders=1000, aov=50, late_rate=sum(counts) / promised / len(late)
        )
        placed += [(month, f"S{state}", orders) for state, orders in enumerate(counts)]
    con.register("counts", pl.DataFrame(placed, ["month", "state", "late"], orient="row").to_arrow())
    con.execute(
        "insert into delivery_performance (month, state, late_orders, promised_orders, late_rate)"
        f" select month, state, late, {promised}, late / {promised} from counts"
    )
    con.execute(
        "insert into fct_orders (order_id, order_date, month, state, is_valid, status, is_late)"
        " select month || state || i, month + (hash(i, state, month) % 28)::int, month, state, true, 'delivered',"
        " row_number() over (partition by month, state order by hash('late', i, state, month)) <= late"
        f" from counts cross join range({promised}) as numbers(i)"
    )


def test_a_state_with_many_late_orders_is_found(con: duckdb.DuckDBPyConnection) -> None:
    a_month(con, [10] * (STATES - 1) + [60], promised=200, usual=10)
    [one] = of("late-in-state", shown(con))
    assert one["row_key"] == "month=2018-08-01, state=S19"
    assert (
        one["statement"]
        == "30.0% of the deliveries to S19 of orders placed in August 2018 were late, above the 5.0% of all other states."
    )
    assert one["reason"] == "60 of 200 deliveries were late, compared with 190 of 3,800 in all other states."
    assert one["money_at_stake"] == 60 * 50
    assert one["monthly_gain"] == (60 - 200 * 190 // 3800) * 50  # beyond the others' rate
    assert one["ci_low"] < 0.3 < one["ci_high"]


@pytest.mark.parametrize(("late", "word"), [(90, "up"), (4, "down")])
def test_the_late_rate_of_a_month_has_its_direction(con: duckdb.DuckDBPyConnection, late: int, word: str) -> None:
    a_month(con, [late], promised=400, usual=40)
    [one] = of("late-in-month", shown(con))
    rate = f"{late / 400:.1%}"
    assert (
        one["statement"]
        == f"{rate} of the deliveries of orders placed in August 2018 were late, {word} from 10.0% in May to July 2018."
    )
    assert one["monthly_gain"] == (Decimal((late - 40) * 50) if late > 40 else None)
    assert one["role"] == ("opportunity" if late > 40 else "news")
    assert not wrong_directions([one])


def test_late_orders_are_compared_in_settled_months(con: duckdb.DuckDBPyConnection) -> None:
    """A day earlier, August has not settled: its late orders may not be delivered yet, so that July is compared."""
    a_month(con, [4, 4], promised=400, usual=40)
    as_of(con, date(2018, 10, 29))
    [month] = of("late-in-month", insights.build(con, DEFAULT).to_dicts())
    assert (month["row_key"], month["value"], month["status"]) == ("month=2018-07-01", 0.1, "not enough evidence")
    [days] = [one for one in RULES if one.id == "late-in-month"]
    with insights.shared_tables(con):
        assert con.sql(f"select max(day) from ({days.days_query})").fetchall()[0][0] < date(2018, 8, 1)
    a_month(con, [10] * (STATES - 1) + [60], promised=200, usual=10)
    as_of(con, date(2018, 10, 29))
    [state] = of("late-in-state", insights.build(con, DEFAULT).to_dicts())
    assert state["status"] == "not enough evidence" and state["row_key"] is None


def test_cancellations_are_compared_in_settled_months(con: duckdb.DuckDBPyConnection) -> None:
    for month, canceled in ((3, 100), (4, 100), (5, 100), (6, 100), (7, 10)):
        counts = {"placed_orders": 1000, "canceled_orders": canceled, "cancel_rate": canceled / 1000}
        insert(con, "kpi_monthly", month=date(2018, month, 1), is_complete=True, orders=1000, aov=50, **counts)
        con.execute(
            "insert into fct_orders (order_id, order_date, month, status) select $month || i, $month + (i % 28)::int, $month,"
            " case when hash(i, $month) % 1000 < $canceled then 'canceled' else 'delivered' end from range(1000) as t(i)",
            {"month": date(2018, month, 1), "canceled": canceled},
        )
    for day, row_key, value in ((date(2018, 9, 28), "month=2018-06-01", 0.1), (date(2018, 9, 29), "month=2018-07-01", 0.01)):
        as_of(con, day)
        [said] = of("cancellations", insights.build(con, DEFAULT).to_dicts())
        assert (said["row_key"], said["value"]) == (row_key, value)


def test_the_gain_of_an_association_is_its_upper_limit(con: duckdb.DuckDBPyConnection) -> None:
    """Two months, AOV 50: the interval allows 0.04 · 1,000 orders · 50 / 2 = 1,000 a month; the estimate is a quarter of that."""
    for month in (7, 8):
        insert(con, "kpi_monthly", month=date(2018, month, 1), is_complete=True, orders=10, net_sales=500)
    as_of(con, date(2018, 8, 31))
    actions = {}
    for exposure in ("late_delivery", "low_review"):
        con.execute("delete from delivery_effect")
        rates = {"rate_exposed": 0.02, "rate_unexposed": 0.03, "adjusted_rd": -0.01, "ci_low": -0.04, "ci_high": -0.001}
        insert(con, "delivery_effect", exposure=exposure, outcome="any", days=90, n_exposed=1000, **rates)
        [one] = of("late-and-coming-back", shown(con, MiningSettings(alpha=0.5)))
        assert (one["role"], one["monthly_gain"]) == ("opportunity", Decimal("1000.00"))
        assert one["gain_basis"].startswith("If the association were causal: ")
        actions[exposure] = one["action"]
    assert "late first delivery" in actions["late_delivery"] and "late" not in actions["low_review"]


def test_noise_is_not_reported_as_a_finding(con: duckdb.DuckDBPyConnection) -> None:
    """One of ten states is significant at 5% when tested alone, but not after correction for ten tests."""
    a_month(con, [8] * 10 + [12] * 9 + [26], promised=200, usual=10)
    found = found_by(con, BY_ID["late-in-state"])
    [alone] = [one.p for one in found if one.row["state"] == "S19"]
    assert len(found) == 10 and alone is not None and alone < 0.05
    [said] = of("late-in-state", insights.build(con, DEFAULT).to_dicts())
    assert said["row_key"] == "month=2018-08-01, state=S19" and said["status"] == "not enough evidence"
    assert said["p_adjusted"] > 0.05 and "It may be chance" in said["caveat"]


def test_few_orders_are_not_enough_evidence(con: duckdb.DuckDBPyConnection) -> None:
    a_month(con, [0, 0, 0, 8], promised=10, usual=1)
    [said] = of("late-in-state", insights.build(con, DEFAULT).to_dicts())
    assert said["status"] == "not enough evidence"
    assert "The evidence is only 10 observations; at least 30 are required." in said["caveat"]


def test_one_observation_is_written_in_the_singular(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("insert into customer_metrics (customer_id, purchases, net_sales) values ('ana', 1, 10)")
    insert(con, "kpi_summary", metric="repeat_purchase_rate", value=0.0)
    insert(con, "reporting_period", as_of=date(2018, 8, 29), complete_months=0)
    [one] = of("second-purchase", insights.build(con, DEFAULT).to_dicts())
    assert one["statement"] == "Too few customers have ordered to measure how many order again: 1."
    assert "The evidence is only 1 observation; at least" in one["caveat"]


# Net sales


def sell(
    con: duckdb.DuckDBPyConnection,
    levels: list[float],
    first: date = date(2017, 1, 1),
    orders: int = 10_000,
    weekend: float = 1.0,
) -> None:
    """Months with these levels of daily net sales, plus noise, and the same number of orders in each. `weekend` is the level of
    Saturdays and Sundays."""
    rng = np.random.default_rng(1)
    month, before = first, None
    for level in levels:
        following = (month + timedelta(32)).replace(day=1)
        dates = [month + timedelta(number) for number in range((following - month).days)]
        days = [round(float(level * (weekend if day.weekday() > 4 else 1) * rng.normal(1, 0.05)), 2) for day in dates]
        for number, amount in enumerate(days):
            insert(con, "kpi_daily", date=month + timedelta(number), orders=orders // 30, net_sales=amount)
        total = round(sum(days), 2)
        growth = None if before is None else total / before - 1
        insert(con, "kpi_monthly", month=month, is_complete=True, orders=orders, net_sales=total, net_sales_mom=growth)
        month, before = following, total
    as_of(con, month - timedelta(1))


def test_the_test_uses_net_sales_and_not_the_number_of_orders(con: duckdb.DuckDBPyConnection) -> None:
    """Every month has the same number of orders; net sales fall by a third. The months are March and April, which has 30 days."""
    sell(con, [1000.0] * 12 + [660.0], first=date(2017, 4, 1))
    [one] = of("sales-on-month-before", shown(con))
    assert re.fullmatch(r"April 2018 revenue fell 3\d\.\d% month over month to R\$ 19,\d{3}\.", one["statement"])
    money = r"R\$ \d[\d,]*"
    assert re.match(rf"It was {money} in March 2018\. Per day it was R\$ 6\d\d, against {money}: a larger", one["reason"])
    assert one["value"] < one["baseline"]
    assert float(one["monthly_gain"]) == pytest.approx(one["baseline"] - one["value"])


def test_more_orders_without_more_sales_are_not_growth(con: duckdb.DuckDBPyConnection) -> None:
    sell(con, [1000.0] * 13)
    con.execute("update kpi_monthly set orders = 20000 where month = (select max(month) from kpi_monthly)")
    assert not of("sales-on-month-before", shown(con))


def test_a_shorter_month_is_not_a_fall_in_sales(con: duckdb.DuckDBPyConnection) -> None:
    """February sells 3% more per day than January and 7% less in total: no fall is stated."""
    sell(con, [1000.0] * 12 + [1030.0], first=date(2017, 2, 1))
    [said] = of("sales-on-month-before", insights.build(con, DEFAULT).to_dicts())
    assert said["status"] == "not enough evidence" and said["value"] < 0.95 * said["baseline"]
    assert said["caveat"] == "The months differ in length: per day, net sales moved in the opposite direction."
    assert re.fullmatch(
        r"February 2018 revenue was R\$ 2\d,\d{3}, -\d\.\d% month over month: not a clear change\.", said["statement"]
    )


def test_more_weekends_are_not_a_fall_in_sales(con: duckdb.DuckDBPyConnection) -> None:
    """July 2026 has 23 days from Monday to Friday, August 21: at 30% on weekends it sells 5.5% less without any change."""
    sell(con, [1000.0] * 13, first=date(2025, 8, 1), weekend=0.3)
    [said] = of("sales-on-month-before", insights.build(con, DEFAULT).to_dicts())
    assert said["value"] == pytest.approx(24.0 / 25.4 * said["baseline"], rel=0.03)
    assert said["status"] == "not enough evidence" and said["p_adjusted"] > 0.05


def test_a_change_that_the_weekdays_reverse_is_not_stated(con: duckdb.DuckDBPyConnection) -> None:
    """Every day of August 2026 sells 4% more than in July, and the month sells less: neither a fall nor its driver is stated."""
    sell(con, [1000.0] * 12 + [1040.0], first=date(2025, 8, 1), weekend=0.2)
    months = {"from_month": date(2026, 7, 1), "to_month": date(2026, 8, 1)}
    insert(con, "kpi_bridge", **months, driver="price", driver_order=1, effect=-900)
    said = insights.build(con, MiningSettings(alpha=0.9)).to_dicts()
    [change], [driver] = of("sales-on-month-before", said), of("what-moved-sales", said)
    assert change["value"] < 0.98 * change["baseline"]
    assert change["status"] == driver["status"] == "not enough evidence"
    assert (
        change["caveat"]
        == driver["caveat"]
        == ("The months differ in their weekdays: without these, net sales per day moved in the opposite direction.")
    )


def test_a_driver_is_named_only_for_a_significant_change(con: duckdb.DuckDBPyConnection) -> None:
    sell(con, [1000.0] * 12 + [660.0], first=date(2017, 4, 1))
    for driver, effect in (("price", -9000), ("mix", 2500), ("new", -3000)):
        insert(
            con,
            "kpi_bridge",
            from_month=date(2018, 3, 1),
            to_month=date(2018, 4, 1),
            driver=driver,
            driver_order=1,
            effect=effect,
        )
    [one] = of("what-moved-sales", shown(con))
    assert one["statement"].startswith(
        "The price level lowered April 2018 revenue by R$ 9,000, the largest part of the month's fall from R$ "
    )
    con.execute("delete from kpi_monthly; delete from kpi_daily")
    sell(con, [1000.0] * 12 + [1005.0], first=date(2017, 4, 1))
    assert not of("what-moved-sales", shown(con))


# Ranking


def test_the_largest_gain_is_first_and_context_is_last(con: duckdb.DuckDBPyConnection) -> None:
    """S0 has the most net sales in late orders, S1 the largest excess over the others' rate; segments have far more than both."""
    a_month(con, [10] * 18 + [60, 0], promised=200, usual=10)
    insert(con, "customer_concentration", decile=1, customers=500, net_sales=9_000_000, share=0.4)
    insert(
        con, "segment_profile", segment_id=1, segment="big", customers=500, net_sales=8_000_000, net_sales_share=0.6, share=0.2
    )
    insert(
        con,
        "basket_rules",
        level="category",
        antecedent_size=1,
        antecedent="hats",
        consequent="shoes",
        orders=50,
        lift=3.0,
        p_adjusted=0.0001,
    )
    sell_more(con)
    said = shown(con)
    gains = [row["monthly_gain"] for row in said]
    roles = [row["role"] for row in said]
    assert len([gain for gain in gains if gain is not None]) >= 2
    assert gains == sorted(gains, key=lambda gain: -(gain or 0))
    assert roles == sorted(roles, key=("opportunity", "news", "context").index)
    assert roles[-3:] == ["news", "context", "context"]
    money = [row["money_at_stake"] for row in said if row["role"] == "opportunity"]
    assert money != sorted(money, reverse=True), "ranked by gain and not by the net sales of a row"
    assert [row["rank"] for row in said] == list(range(1, len(said) + 1))


def sell_more(con: duckdb.DuckDBPyConnection) -> None:
    """A small category with a far higher return rate than the others: low net sales, a large gain."""
    for category, returned, delivered, sales in (("hats", 90, 110, 4_000), ("shoes", 1000, 99_000, 5_000_000)):
        insert(
            con,
            "returns_leakage",
            dimension="category",
            member=category,
            orders=returned + delivered,
            returned_orders=returned,
            delivered_orders=delivered,
            return_rate=returned / (returned + delivered),
            returned_sales=sales,
        )
        for month in range(1, 7):
            for kind, orders in ((True, returned // 30), (False, delivered // 30 if category == "hats" else 300)):
                con.execute(
                    "insert into fct_sales (order_id, line, month, category, is_valid, status, is_returned)"
                    f" select '{category} {month} {kind} ' || i, 1, make_date(2018, {month}, 1), '{category}', true,"
                    f" 'delivered', {kind} from range({orders}) as t(i)"
                )


def deliver(con: duckdb.DuckDBPyConnection) -> None:
    """Two sellers with 40 deliveries in each of six months, of which 20 and 2 are late."""
    for seller, late in (("slow", 20), ("fast", 2)):
        insert(con, "seller_scorecard", seller_id=seller, orders=240, net_sales=2400, late_rate=late / 40)
        for month in range(1, 7):
            order = f"'{seller} {month} ' || i as order_id, make_date(2018, {month}, 1) as month, true as is_valid"
            con.execute(f"insert into fct_orders by name select {order}, i < {late} as is_late from range(40) as t(i)")
            con.execute(f"insert into fct_sales by name select {order}, '{seller}' as seller_id from range(40) as t(i)")


@pytest.mark.parametrize(("rule", "sold"), [("sent-back", sell_more), ("late-seller", deliver)], ids=["sent-back", "late-seller"])
def test_the_whole_history_is_not_examined_before_its_end(
    con: duckdb.DuckDBPyConnection, rule: str, sold: Callable[[duckdb.DuckDBPyConnection], None]
) -> None:
    """An explicit as-of date at the end of June; the tables also have the orders of a complete July."""
    for month in range(1, 8):
        insert(con, "kpi_monthly", month=date(2018, month, 1), is_complete=True, orders=1)
    sold(con)
    for day, months, weak in (
        (date(2018, 7, 31), 7, None),
        (date(2018, 6, 30), 7, "The numbers include orders of months that ended after the as-of date."),
    ):
        as_of(con, day)
        con.execute("update reporting_period set complete_months = ?", [months])
        [first, *_] = found_by(con, BY_ID[rule])
        assert first.row.get("weak_because") == weak
        assert (first.row["value"], first.row["hits"] > 0) == (pytest.approx(0.5 if rule == "late-seller" else 0.45), True)


# Forecast and experiment


def test_an_interval_that_contains_the_compared_value_is_not_evidence(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into kpi_monthly (month, is_complete, net_sales, orders)"
        " select make_date(2017, i::int, 1), true, 1000, 10 from range(1, 13) as t(i)"
    )
    as_of(con, date(2017, 12, 31))
    for low, status, caveat in (
        (900, "not enough evidence", "The likely range, R$ 900 to R$ 1,300, includes R$ 1,000."),
        (1100, "shown", BY_ID["next-month"].caveat),
    ):
        con.execute("delete from sales_forecast")
        con.execute(
            "insert into sales_forecast (series, grain, period, method, step, forecast, low_80, high_80, is_champion)"
            f" values ('total', 'month', '2018-01-01', 'ses', 1, 1200, {low}, 1300, true)"
        )
        [said] = of("next-month", insights.build(con, DEFAULT).to_dicts())
        assert (said["status"], said["caveat"]) == (status, caveat)
    assert said["statement"] == "January 2018 revenue is forecast at R$ 1,200, above the R$ 1,000 of December 2017."


def test_a_forecast_is_not_compared_with_months_after_the_as_of_date(con: duckdb.DuckDBPyConnection) -> None:
    """The shop sells 100 more in every month. As of May it expects June, and compares it with May and not with December."""
    con.execute(
        "insert into kpi_monthly (month, is_complete, net_sales, orders)"
        " select make_date(2018, i::int, 1), true, 1000 + 100 * i, 10 from range(1, 13) as t(i)"
    )
    as_of(con, date(2018, 5, 31))
    insert(
        con,
        "sales_forecast",
        series="total",
        grain="month",
        period=date(2018, 6, 1),
        method="ses",
        step=1,
        is_champion=True,
        forecast=1600,
        low_80=1550,
        high_80=1650,
    )
    [said] = found_by(con, BY_ID["next-month"])
    headline, _ = insights.sentences(said, DEFAULT, "R$")
    assert headline == "June 2018 revenue is forecast at R$ 1,600, above the R$ 1,500 of May 2018."
    assert said.row["n"] == 5


def test_the_churn_list_is_described_by_those_on_it(con: duckdb.DuckDBPyConnection) -> None:
    """The card's lift is that of customers who do not order, as are the customers in decile 1."""
    for form, outcome in (("second order", "do not order a second time"), ("next order", "do not order again")):
        con.execute("delete from model_cards")
        card = {"champion": f"{form}: random forest", "baseline": f"{form}: recency", "status": "published"}
        insert(con, "model_cards", model="churn", value=1.08, baseline_value=1.02, low=1.05, high=1.1, n=6000, **card)
        [said] = of("likely-lost", shown(con))
        assert said["statement"] == (
            f"The churn model's top 10% of customers includes 1.08 times as many customers who {outcome} as a random 10%; ranking"
            " by recency alone finds 1.02 times as many."
        )


def test_a_churn_list_that_is_hardly_better_is_not_shown(con: duckdb.DuckDBPyConnection) -> None:
    """Where 98% of customers do not order, no list contains more than 1.02 times as many of them as a random list."""
    con.execute("delete from model_cards")
    card = {"champion": "next order: random forest", "baseline": "next order: recency", "status": "published"}
    insert(con, "model_cards", model="churn", value=1.019, baseline_value=1.002, low=1.016, high=1.02, n=60_000, **card)
    [candidate] = found_by(con, BY_ID["likely-lost"])
    assert candidate.weakness(DEFAULT, "R$") == "The difference is below 2%, too small to act on."


def an_experiment(con: duckdb.DuckDBPyConnection, uplift: float, is_testable: bool) -> None:
    insert(
        con,
        "experiment_plan",
        segment="new customers",
        uplift=uplift,
        baseline_rate=0.02,
        treated_rate=0.02 * (1 + uplift),
        n_per_arm=4000,
        days_needed=150 if is_testable else 500,
        testable=is_testable,
    )


def test_an_experiment_states_its_assumptions(con: duckdb.DuckDBPyConnection) -> None:
    an_experiment(con, 1.0, True)
    an_experiment(con, 0.2, True)
    [one] = of("first-experiment", shown(con))
    assert one["statement"] == (
        "A campaign to “new customers” can be measured in 150 days with 4,000 customers in each of two groups, if it raises the"
        " share who order by 20% (from 2.0% to 2.4%)."
    )
    assert one["reason"] == (
        "Measured: 2.0% order within 90 days without a campaign. Assumed: an effect of 20%. The plan has 80% power at a 5%"
        " significance level."
    )
    [other] = of("first-experiment", shown(con, MiningSettings(experiment_uplift=1.0)))
    assert "by 100% (from 2.0% to 4.0%)" in other["statement"]


def test_an_unrealistic_effect_is_not_assumed(con: duckdb.DuckDBPyConnection) -> None:
    an_experiment(con, 0.2, False)
    an_experiment(con, 0.5, True)
    [said] = of("first-experiment", insights.build(con, DEFAULT).to_dicts())
    assert said["status"] == "not enough evidence"
    assert said["caveat"] == (
        "An increase of 20% takes 8,000 customers and 500 days to measure. The smallest increase that can be measured in time is"
        " 50%."
    )
    assert said["statement"] == "This shop has too few customers to measure a campaign that raises orders by 20%."


def test_an_experiment_that_never_has_enough_customers_states_this(con: duckdb.DuckDBPyConnection) -> None:
    an_experiment(con, 0.2, False)
    con.execute("update experiment_plan set days_needed = null")
    [said] = of("first-experiment", insights.build(con, DEFAULT).to_dicts())
    assert said["caveat"] == "An increase of 20% takes 8,000 customers to measure, more than will ever be available."


# Sentences of whole shops


@how(max_examples=60)
@given(st.sampled_from(RULES), st.floats(0.001, 0.9), st.floats(0.001, 0.9), st.integers(1, 5000))
def test_directions_of_any_numbers(rule: InsightRule, value: float, baseline: float, n: int) -> None:
    assume(value != baseline)
    row = {**SAMPLES[rule.id], "value": value, "n": n}
    if "baseline" in row:
        row["baseline"] = 0.0 if rule.id in ("what-moved-sales", "late-and-coming-back") else baseline
        row["value"] = value - 0.45 if row["baseline"] == 0.0 else value
    for headline, _ in rendered(rule, row):
        assert not wrong_directions([{"statement": headline, "value": row["value"], "baseline": row.get("baseline")}])


SAMPLES = {rule.id: sample(nothing(duckdb.connect()), rule) for rule in RULES}


def test_money_has_the_shops_currency() -> None:
    assert written(-1234.5, "money", "R$") == "-R$ 1,234"
    assert written(1234.5, "money") == "1,234"
    con = nothing(duckdb.connect(), currency="€")
    insert(con, "customer_concentration", decile=1, customers=500, net_sales=9_000, share=0.4)
    assert "€ 9,000" in of("concentration", shown(con))[0]["statement"]


def candidates(gold: Path) -> Iterator[tuple[InsightRule, insights.Candidate]]:
    """All candidates of the rules in a built shop, with strong or weak evidence."""
    con = nothing(duckdb.connect())
    for table in (read for read in insights.READS if (gold / f"{read}.parquet").exists()):
        con.execute(f"drop table {table}")
        con.execute(f"create view {table} as select * from {literal(str(gold / f'{table}.parquet'))}")
    for rule in RULES:
        yield from ((rule, one) for one in found_by(con, rule))


def test_every_direction_agrees_with_its_numbers(built_lake: BuiltLake) -> None:
    gold = built_lake.root / "olist" / "gold"
    assert not wrong_directions(pl.read_parquet(gold / "insights.parquet").filter(status="shown").to_dicts())
    rows = [
        {"statement": insights.sentences(one, DEFAULT, None)[0], "value": one.row["value"], "baseline": one.row.get("baseline")}
        for _, one in candidates(gold)
    ]
    assert sum(bool(directions(row["statement"])) for row in rows) > 10
    assert not wrong_directions(rows)


def test_a_wrong_direction_is_detected() -> None:
    said = {"statement": "6.2% of orders were delivered late, down from 3.8%.", "value": 0.062, "baseline": 0.038}
    assert wrong_directions([said]) and not wrong_directions([{**said, "value": 0.03}])


def test_every_printed_number_is_in_the_row_it_refers_to(built_lake: BuiltLake) -> None:
    gold = built_lake.root / "olist" / "gold"
    said = pl.read_parquet(gold / "insights.parquet").filter(status="shown").to_dicts()
    assert said
    for row in said:
        assert_found(row, gold)


def assert_found(said: dict[str, object], gold: Path) -> None:
    where = " and ".join(
        f"{name(column)}::varchar = {literal(value)}"
        for column, value in (part.split("=", 1) for part in re.split(r", (?=\w+=)", str(said["row_key"])))
    )
    file = literal(str(gold / f"{said['table_name']}.parquet"))
    [row] = duckdb.connect().sql(f"select * from {file} where {where}").pl().to_dicts()
    assert float(row[str(said["column_name"])]) == pytest.approx(said["value"])
    unit = BY_ID[str(said["insight_id"]).partition(":")[0]].unit
    kept = {f"{int(str(said['n'])):,}"}
    kept |= {written(float(str(said[c])), unit) for c in ("value", "baseline", "ci_low", "ci_high") if said[c] is not None}
    kept |= {written(float(str(said["money_at_stake"])), "money")} if said["money_at_stake"] is not None else set()
    if said["baseline"]:
        kept |= {written(float(str(said["value"])) / float(str(said["baseline"])) - 1, "change")}
    kept |= {written(float(v), kind) for v in row.values() if isinstance(v, int | float | Decimal) for kind in ("share", "money")}
    named = [word.split("=", 1)[1] for word in re.split(r", (?=\w+=)", str(said["row_key"]))]
    sentence = str(said["statement"])
    for word in (word for word in named if re.search("[A-Za-z]", word)):
        sentence = sentence.replace(word, "")
    numbers = {found for found in NUMBER.findall(sentence) if not re.fullmatch(r"20\d\d", found)}
    assert numbers <= kept, (sentence, kept)
