"""A synthetic shop of canonical files with all columns: the built tables equal every planted truth, to the cent and the row."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from ecom_lake.cli.experiment_groups import shop_groups
from ecom_lake.engine.build.gold.table_file import settings_row
from ecom_lake.engine.build.release.offer import gold_tables, left_out
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.build.step.audit import audit
from ecom_lake.engine.contracts.conform import conform
from ecom_lake.engine.contracts.table import Rule, Table
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shop import generate
from ecom_lake.synth.truths import FullTruths, PeopleTruth, SalesTruth, Truths
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.canonical_shop import CanonicalShop
from ecom_lake_tests.end_to_end.tampering import broken_rows

OPTIONS = SynthOptions(orders=2_500, seed=2, first_month="2017-01", last_month="2017-08", repeat_share=0.1, full=True)
ENOUGH_COVERAGE = Decimal("0.95")


@pytest.fixture(scope="module", params=[False, True], ids=["one dump", "a delivery per month"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[CanonicalShop, Truths]:
    shop = CanonicalShop(tmp_path_factory.mktemp("full"))
    shop.say(first=OPTIONS.first_month, last=OPTIONS.last_month, as_of="2017-08-31")
    shop.landing.parent.mkdir(parents=True)
    truths = generate(shop.landing, SynthOptions(**{**vars(OPTIONS), "by_month": request.param}))
    shop.build()
    return shop, truths


ONE_DUMP = pytest.mark.parametrize("made", [False], ids=["one dump"], indirect=True)
"""For tests to which it makes no difference how the same rows were delivered."""


@pytest.fixture
def shop(made: tuple[CanonicalShop, Truths]) -> CanonicalShop:
    return made[0]


@pytest.fixture
def planted(made: tuple[CanonicalShop, Truths]) -> FullTruths:
    assert made[1].full is not None
    return made[1].full


def test_every_planted_truth_has_cases(planted: FullTruths) -> None:
    """A truth without cases would be true in any table."""
    t = planted.totals
    assert min(t.returned_orders, t.returned_units, planted.registrations.before, planted.registrations.after) > 0
    assert 0 < Decimal(t.discounts) < Decimal(t.gross_sales)
    assert 0 < Decimal(t.costed_sales) < Decimal(t.net_sales)
    assert Decimal(t.tax) > 0 < t.discounted_orders
    assert min(map(Decimal, (*planted.refunds.values(), *planted.pending_payments.values()))) > 0
    assert any(map(Decimal, planted.failed_payments.values()))
    coverages = [Decimal(month.costed_sales) / Decimal(month.net_sales) for month in planted.months.values()]
    assert min(coverages) < ENOUGH_COVERAGE < max(coverages), (
        "some months have enough cost coverage for a gross profit, and some do not"
    )
    assert all(min(len(members) for members in groups.values()) > 1 for groups in (planted.sold, planted.people))


def test_no_row_is_refused_and_every_order_has_arrived(made: tuple[CanonicalShop, Truths]) -> None:
    shop, truths = made
    lost = shop.ask("select sum(rejected + quarantined + pending + superseded) from ledger")
    assert lost == [(0,)]
    delivered = dict(shop.ask("select table_name || '.csv', sum(rows_delivered)::bigint from ledger group by 1"))
    assert delivered == {file: rows.records for file, rows in truths.files.items()}
    statuses = dict(shop.ask("select status, count(*) from silver.orders group by 1"))
    assert statuses == {status: count for status, count in truths.statuses.items() if count}


def test_a_month_met_its_targets_where_the_planted_sales_reach_them(made: tuple[CanonicalShop, Truths]) -> None:
    shop, truths = made
    for month in truths.months:
        planted = {"orders": float(month.valid_orders), "net_sales": float(month.net_sales)}
        found = shop.ask(f"select kpi, target, reached, status from target_progress where month = date '{month.month}-01'")
        assert {row[0] for row in found} == {"orders", "net_sales", "late_rate"}
        for kpi, target, actual, status in found:
            if kpi in planted:
                assert actual == pytest.approx(planted[kpi])
                assert status == ("met" if planted[kpi] >= target else "missed")
    assert {status for (status,) in shop.ask("select distinct status from target_progress")} == {"met", "missed"}
    assert shop.ask("select event, event_days from shop_events") == [("Opening", 1)]


def test_every_gold_table_is_built_and_has_rows(shop: CanonicalShop) -> None:
    assert left_out(shop.site) == {}
    assert _empty(shop) == set()


@ONE_DUMP
def test_every_rule_of_gold_can_fail_and_is_named(shop: CanonicalShop, tmp_path: Path) -> None:
    """About five seconds: for each rule a file with a failing row is audited."""
    unbroken = []
    with duckdb.connect() as con:
        for name, table in catalog.gold().items():
            released = f"read_parquet('{shop.root}/mine/gold/{name}{'/*' if table.monthly else ''}.parquet')"
            unbroken += [f"{name}: {rule.name}" for rule in table.rules if not _is_named(con, table, rule, released, tmp_path)]
    assert unbroken == []


def _is_named(con: duckdb.DuckDBPyConnection, table: Table, rule: Rule, source: str, folder: Path) -> bool:
    """Whether the audit of a file with a failing row names the rule and, unless it only warns, blocks."""
    file = folder / f"{table.name}.parquet"
    for row in broken_rows(con, table, rule, source):
        row.write_parquet(file)
        failed, checks = audit(OnDuckDB(con), table, file)
        return failed.get(rule.name) == 1 and (rule.severity == "warn" or any(check.blocks for check in checks))
    return False


@ONE_DUMP
def test_every_rule_of_silver_can_fail_and_quarantines_the_row(shop: CanonicalShop) -> None:
    unbroken = []
    with duckdb.connect() as con:
        for name, table in catalog.silver().items():
            released = f"read_parquet('{shop.root}/mine/silver/{name}{'/*' if table.monthly else ''}.parquet')"
            for rule in table.rules:
                named = (conform(row, table).bad["rule"].to_list() for row in broken_rows(con, table, rule, released))
                unbroken += [] if [rule.name] in named else [f"{name}: {rule.name}"]
    assert unbroken == []


@ONE_DUMP
@pytest.mark.parametrize(
    ("table", "identity", "change"),
    [
        ("basket_levels", "thin_levels_follow_the_setting", "is_thin = not is_thin"),
        ("segment_profile", "shares_are_of_all_segments", "share = share / 2"),
        ("segment_profile", "shares_are_of_all_segments", "net_sales_share = net_sales_share / 2"),
    ],
)
def test_an_identity_of_a_models_table_can_fail(shop: CanonicalShop, table: str, identity: str, change: str) -> None:
    """The identities of tables that are defined by SQL only are tested with hand-written shops."""
    breaks = next(known.breaks for known in catalog.gold()[table].identities if known.name == identity)
    with duckdb.connect() as con:
        con.register("settings", settings_row(shop.site.shop.numbers).to_arrow())
        con.execute(f"create table {table} as select * from '{shop.root}/mine/gold/{table}.parquet'")
        assert con.execute(breaks).fetchall() == []
        con.execute(f"update {table} set {change}")
        assert con.execute(breaks).fetchall() != []


@ONE_DUMP
def test_the_command_plans_experiments_with_the_groups_of_the_table(shop: CanonicalShop) -> None:
    known, margin = shop_groups(shop.site)
    planned = {(group.name, group.people, round(group.rate, 6)) for group in known}
    assert planned == set(shop.ask("select segment, people, baseline_rate from experiment_plan"))
    shown = shop.ask("select distinct margin_source from experiment_simulation")
    assert shown == [("assumed" if margin is None else "measured",)]


def _empty(shop: CanonicalShop) -> set[str]:
    """The gold tables without rows, except tables that a model may leave empty."""
    uncertain = {table for fit in catalog.fits() for table in catalog.recipe(fit).tables} | {"insights", "customer_segments"}
    certain = [table for table in gold_tables(shop.site) if table not in uncertain and not table.startswith("model_")]
    return {table for table in certain if shop.ask(f"select count(*) from {table}") == [(0,)]}


def test_money_of_each_month(shop: CanonicalShop, planted: FullTruths) -> None:
    columns = "units, gross_sales, discounts, net_sales, cogs, gross_profit, returned_orders, returned_sales"
    found = {month: rest for month, *rest in shop.ask(f"select strftime(month, '%Y-%m'), {columns} from kpi_monthly")}
    assert found == {month: _money(truth) for month, truth in planted.months.items()}


def test_what_was_given_back_or_not_paid_in_each_month(shop: CanonicalShop, planted: FullTruths) -> None:
    columns = "tax, discounted_orders, refunds, net_sales - net_sales_after_refunds, pending_payments, failed_payments"
    found = {month: rest for month, *rest in shop.ask(f"select strftime(month, '%Y-%m'), {columns} from kpi_monthly")}
    assert found == {
        month: [
            Decimal(truth.tax),
            truth.discounted_orders,
            *[Decimal(planted.refunds.get(month, 0))] * 2,
            Decimal(planted.pending_payments[month]),
            Decimal(planted.failed_payments[month]),
        ]
        for month, truth in planted.months.items()
    }


def test_refunds_of_the_whole_history(shop: CanonicalShop, planted: FullTruths) -> None:
    """Some are given back after the last month of the orders."""
    by_month = dict(shop.ask("select strftime(month, '%Y-%m'), sum(amount) from fct_refunds where is_valid group by 1"))
    assert by_month == {month: Decimal(amount) for month, amount in planted.refunds.items()}
    assert len(by_month) > len(planted.months)
    refunded = sum(map(Decimal, planted.refunds.values()))
    after = Decimal(planted.totals.net_sales) - refunded
    summary = dict(shop.ask("select metric, value from kpi_summary"))
    assert (summary["refunds"], summary["net_sales_after_refunds"]) == (float(refunded), float(after))
    assert (summary["tax"], summary["discounted_orders"]) == (float(planted.totals.tax), planted.totals.discounted_orders)


def _money(t: SalesTruth) -> list[Any]:
    net, cogs = Decimal(t.net_sales), Decimal(t.cogs)
    profit = net - cogs if Decimal(t.costed_sales) >= ENOUGH_COVERAGE * net else None
    money = [Decimal(t.gross_sales), Decimal(t.discounts), net, cogs, profit]
    return [t.units, *money, t.returned_orders, Decimal(t.returned_sales)]


def test_rates_of_each_month(shop: CanonicalShop, planted: FullTruths) -> None:
    columns = "cogs_coverage, margin, return_rate, return_rate_units"
    found = {month: rest for month, *rest in shop.ask(f"select strftime(month, '%Y-%m'), {columns} from kpi_monthly")}
    assert found == {month: pytest.approx(_rates(truth)) for month, truth in planted.months.items()}


def _rates(t: SalesTruth) -> list[float | None]:
    profit, net = _money(t)[5], float(t.net_sales)
    return [
        float(t.costed_sales) / net,
        None if profit is None else float(profit) / net,
        t.returned_orders / t.returnable_orders,
        t.returned_units / t.returnable_units,
    ]


def test_sums_of_the_whole_history(shop: CanonicalShop, planted: FullTruths) -> None:
    columns = ("units", "gross_sales", "discounts", "net_sales", "cogs", "returned_sales", "returned_units")
    asked = ", ".join(f"sum({column})" for column in columns)
    found = shop.ask(f"select {asked} from fct_orders where is_valid")
    assert found == [tuple(Decimal(getattr(planted.totals, column)) for column in columns)]


@pytest.mark.parametrize("by", ["brand", "category", "channel", "state"])
def test_sales_and_returns(shop: CanonicalShop, planted: FullTruths, by: str) -> None:
    found = shop.ask(
        f"select {by}, sum(quantity)::bigint, sum(net_sales), coalesce(sum(cogs), 0),"
        " coalesce(sum(net_sales) filter (where is_returned), 0), count(distinct order_id) filter (where is_returned)"
        " from fct_sales where is_valid group by 1"
    )
    nobody = "unknown" if by == "category" else None
    expected = {
        (member or nobody, t.units, Decimal(t.net_sales), Decimal(t.cogs), Decimal(t.returned_sales), t.returned_orders)
        for member, t in planted.sold[by].items()
    }
    assert set(found) == expected


@pytest.mark.parametrize("by", ["age", "gender", "is_subscriber", "source_segment"])
def test_customers_by_demographic_group(shop: CanonicalShop, planted: FullTruths, by: str) -> None:
    assert _kinds(shop, f"{by}::varchar") == {member or None: _people(truth) for member, truth in planted.people[by].items()}


def test_shares_of_subscribers(shop: CanonicalShop, planted: FullTruths) -> None:
    shown = planted.people["is_subscriber"]
    asked = (
        "select avg(is_subscriber::int), sum(net_sales) filter (where is_subscriber)::double / sum(net_sales)"
        " from customer_metrics join dim_customer using (customer_id) where is_subscriber is not null"
    )
    customers = shown["true"].customers / (shown["true"].customers + shown["false"].customers)
    sales = float(shown["true"].net_sales) / float(Decimal(shown["true"].net_sales) + Decimal(shown["false"].net_sales))
    assert shop.ask(asked) == [pytest.approx((customers, sales))]


def test_age_groups_are_quantiles_of_customers(shop: CanonicalShop, planted: FullTruths) -> None:
    ages = {int(age): truth for age, truth in planted.people["age"].items() if age}
    assert {group: found for group, found in _kinds(shop, "age_group").items() if group} == _age_groups(ages, 4)


def _age_groups(ages: Mapping[int, PeopleTruth], groups: int) -> dict[str, tuple[int, int, int, Decimal]]:
    """A customer's group is the quantile at the number of younger customers."""
    sorted_ages = sorted(ages)
    younger = accumulate((ages[age].people for age in sorted_ages), initial=0)
    everybody = sum(truth.people for truth in ages.values())
    group_of = {age: groups * before // everybody for age, before in zip(sorted_ages, younger, strict=False)}
    members = {group: [age for age in sorted_ages if group_of[age] == group] for group in group_of.values()}
    return {
        f"{own[0]}-{own[-1]}": tuple(map(sum, zip(*(_people(ages[age]) for age in own), strict=True)))  # type: ignore[misc]
        for own in members.values()
    }


def _kinds(shop: CanonicalShop, by: str) -> dict[str | None, tuple[int, int, int, Decimal]]:
    """Customer records, customers, valid orders and net sales of each demographic group."""
    rows = shop.ask(
        f"select {by}, count(distinct customer_id), count(distinct customer_id) filter (where is_valid),"
        " count(*) filter (where is_valid), coalesce(sum(net_sales) filter (where is_valid), 0)"
        " from dim_customer join fct_orders using (customer_id) group by 1"
    )
    return {kind: tuple(rest) for kind, *rest in rows}


def _people(t: PeopleTruth) -> tuple[int, int, int, Decimal]:
    return t.people, t.customers, t.orders, Decimal(t.net_sales)


def test_days_from_registration_and_the_anomaly(shop: CanonicalShop, planted: FullTruths) -> None:
    found = shop.ask(
        "select registration_anomaly, count(*), sum(registration_delay_days)::bigint from customer_metrics"
        " where registration_delay_days is not null group by 1 order by 1"
    )
    shown = planted.registrations
    assert found == [(False, shown.before, shown.delay_days), (True, shown.after, shown.anomaly_days)]


def test_totals_equal_the_truths_of_every_synthetic_shop(made: tuple[CanonicalShop, Truths]) -> None:
    shop, truths = made
    t = truths.totals
    asked = "select count(*), count(*) filter (where is_valid), sum(net_sales) filter (where is_valid) from fct_orders"
    assert shop.ask(asked) == [(t.orders, t.valid_orders, Decimal(t.net_sales))]
    late = shop.ask("select count(*) filter (where is_late), count(is_late) from fct_orders where is_valid")
    assert late == [(t.late_orders, t.delivered_orders)]
    steps = dict(shop.ask("select step, sum(amount) from revenue_waterfall where step_order between 15 and 21 group by step"))
    planted = {cause: Decimal(difference.amount) for cause, difference in truths.payment_differences.items()}
    assert {step: amount for step, amount in steps.items() if amount} == {c: a for c, a in planted.items() if a}


@ONE_DUMP
def test_the_same_shop_without_order_dates(made: tuple[CanonicalShop, Truths], planted: FullTruths, tmp_path: Path) -> None:
    """Without order dates no table over time is built, and all other tables have the same values."""
    shop = CanonicalShop(tmp_path)
    shop.say(without=["orders.ordered_at"])
    shutil.copytree(made[0].landing, shop.landing)
    for orders in shop.landing.rglob("orders.csv"):
        pl.read_csv(orders, infer_schema=False).drop("ordered_at").write_csv(orders)
    shop.build()
    assert shop.ask("select sum(net_sales), sum(cogs), sum(returned_sales) from fct_orders where is_valid") == [
        tuple(Decimal(getattr(planted.totals, name)) for name in ("net_sales", "cogs", "returned_sales"))
    ]
    for by in planted.people:
        assert _kinds(shop, f"{by}::varchar") == {member or None: _people(truth) for member, truth in planted.people[by].items()}
    assert shop.ask("select sum(net_sales) from customer_metrics") == [(Decimal(planted.totals.net_sales),)]
    assert shop.ask("select count(*) from fct_orders where order_date is not null or month is not null") == [(0,)]
    assert _empty(shop) == {"dim_date"}, "a table over time must need orders.ordered_at"
