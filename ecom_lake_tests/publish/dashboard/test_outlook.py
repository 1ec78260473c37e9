"""The page "Outlook": forecasts, rivals, lists and plans are those of gold, and what is refused keeps its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ecom_lake.publish.api.access import OWNER
from ecom_lake.publish.dashboard.app import application
from ecom_lake.publish.dashboard.experiment_planner import ASSUMED, planner, simulation
from ecom_lake.publish.dashboard.forecast_charts import sales_outlook
from ecom_lake.publish.dashboard.model_cards import model_cards
from ecom_lake.publish.dashboard.options import read_options
from ecom_lake.publish.dashboard.outlook import OPTIONS, outlook
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.rendering import render
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.dashboard.view import View
from ecom_lake.shop.experiments.experiment_simulation_model import CANNIBALISATIONS, DISCOUNTS
from ecom_lake.statistics.power import people_for_shares, whole
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.builders.experiment_shop import busy, shop
from ecom_lake_tests.builders.gold_table import make
from ecom_lake_tests.builders.hand_release import FRAME, HandRelease

PAGE = "/olist/outlook"
MODELS = (
    "churn", "customer_segments", "customer_value", "delivery_effect", "experiment_plan", "experiment_simulation", "review_risk",
    "sales_forecast",
)  # fmt: skip


@pytest.fixture(scope="module")
def client(grown_lake: BuiltLake) -> Iterator[TestClient]:
    with TestClient(application(grown_lake.settings), base_url="http://localhost") as client:
        yield client


def test_every_model_has_a_card_and_a_refused_one_its_reason(client: TestClient, release: ServedRelease) -> None:
    page = unescape(client.get(PAGE).text)
    assert sorted(re.findall(r'id="model-(\w+)">', page)) == list(MODELS)
    for card in release.rows(Query("select model, status, reason from model_cards")):
        assert card["reason"] in page
        assert f'<span class="badge {card["status"]}">{card["status"]}</span>' in page


def test_the_filters_of_the_page_stay_in_the_planner(client: TestClient) -> None:
    page = client.get(PAGE + "?state=SP&discount=20&uplift=33").text
    form = page.split('class="planner"')[1].split("</form>")[0]
    assert '<input type="hidden" name="state" value="SP">' in form
    assert '<input type="hidden" name="discount" value="20">' in form
    assert form.count('name="uplift"') == 1
    assert 'value="33"' in form


def test_a_baseline_has_the_sample_size_of_the_formula(client: TestClient) -> None:
    page = client.get(PAGE + "?baseline=3&uplift=20&power=90&alpha=10").text
    n = whole(people_for_shares(0.03, 0.036, 0.9, 0.1))
    assert f"To detect an increase from 3% to 3.6% with 90% power, each of two arms needs {n:,} customers." in page
    assert "would exceed 100%" in client.get(PAGE + "?baseline=60&uplift=100").text


def test_the_least_values_have_an_answer(client: TestClient) -> None:
    page = client.get(PAGE + "?baseline=0.00011&uplift=0.00011&alpha=0.00011&power=99.999")
    assert page.status_code == 200 and "each of two arms needs 1,000,000,000,000 customers" in page.text


@pytest.mark.parametrize(
    "query",
    [
        "uplift=0",
        "uplift=nan",
        "uplift=1e-20&baseline=5",
        "alpha=1e-300",
        "baseline=1e-9",
        "power=50",
        "baseline=100",
        "alpha=<i>",
        "discount=7",
        "grain=year",
    ],
)
def test_a_value_that_cannot_be_one_is_a_sentence(client: TestClient, query: str) -> None:
    answer = client.get(f"{PAGE}?{query}")
    assert answer.status_code == 400
    assert f"{query.split('=')[0]} must be " in answer.text
    assert "<i>" not in answer.text


def test_the_assumptions_to_choose_are_those_that_are_simulated() -> None:
    assert {int(value) for value in ASSUMED["discount"]} == {round(100 * share) for share in DISCOUNTS}
    assert {int(value) for value in ASSUMED["cannibalisation"]} == {round(100 * share) for share in CANNIBALISATIONS}


def test_the_planner_has_the_rows_of_experiment_plan_and_follows_the_form(tmp_path: Path) -> None:
    release = HandRelease(tmp_path)
    shop(release.con, busy())
    make(release.con, "experiment_plan", tmp_path)
    found = planner(opened(release))
    assert found is not None
    rows = release.rows(Query("select * from experiment_plan where uplift = $uplift", {"uplift": found.asked.uplift / 100}))
    assert len(rows) > 1
    assert {(one.name, one.people, one.n_per_arm, one.days, one.testable, one.reason) for one in found.groups} == {
        (row["segment"], row["people"], row["n_per_arm"], row["days_needed"], row["testable"], row["reason"]) for row in rows
    }
    assert [one.days for one in found.groups if one.days] == sorted(one.days for one in found.groups if one.days)
    stronger = planner(opened(release, power="95"))
    assert stronger is not None
    doubled = planner(opened(release, uplift="100"))
    assert found.power and doubled and doubled.power != found.power
    needed = {one.name: one.n_per_arm for one in found.groups}
    assert all(one.n_per_arm > needed[one.name] for one in stronger.groups)


def month(number: int) -> date:
    return date(2018, number, 1)


def forecast(method: str, number: int, amount: str, is_champion: bool = False, series: str = "total") -> dict[str, Any]:
    value = Decimal(amount)
    bounds = {"low_80": value / 2, "high_80": value * 2} if is_champion else {}
    return {"series": series, "grain": "month", "period": month(number), "method": method, "step": number - 6,
            "forecast": value, "is_champion": is_champion, **bounds}  # fmt: skip


FORECASTS = [
    forecast("naive", 7, "120.00"), forecast("naive", 8, "120.00"),
    forecast("trend", 7, "130.00", True), forecast("trend", 8, "140.00", True),
    forecast("share of the total", 7, "60.00", True, "<toys>"),
]  # fmt: skip
MONTHS = [{"month": month(number), "net_sales": Decimal(100 + number), "is_complete": number < 7} for number in range(1, 8)]
RIVALS = [
    {"model": "sales_forecast", "metric": "mase", "rival": "trend by month", "value": 0.71, "low": 0.5, "high": 0.9},
    {"model": "sales_forecast", "metric": "mase", "rival": "naive by month", "value": 1.25},
    {"model": "sales_forecast", "metric": "mase", "rival": "naive by day", "value": 9.99},
    {"model": "sales_forecast", "metric": "coverage_80", "rival": "trend by month", "value": 0.78, "low": 0.7, "high": 0.85},
]
BACKTEST = [
    {"method": method, "series": "total", "grain": "month", "origin": month(number - 1), "step": step, "period": month(number),
     "actual": Decimal("100.00"), "forecast": Decimal(value), "is_compared": is_compared}
    for method, number, step, value, is_compared in [
        ("naive", 5, 1, "90.00", True), ("naive", 6, 1, "95.00", True), ("trend", 5, 1, "99.00", True),
        ("trend", 6, 1, "98.00", True), ("trend", 6, 2, "1.00", True), ("naive", 3, 1, "2.00", False),
    ]
]  # fmt: skip
CUBE = [{"month": month(number), "category": "<toys>", "net_sales": Decimal(50)} for number in range(1, 8)]


def forecast_release(folder: Path) -> HandRelease:
    return HandRelease(
        folder, sales_forecast=FORECASTS, kpi_monthly=MONTHS, model_rivals=RIVALS, forecast_backtest=BACKTEST, sales_cube=CUBE
    )


def opened(release: HandRelease, **query: str) -> View:
    return release.view("outlook", read_options(OPTIONS, query), **query)


def test_the_forecast_has_its_rivals_its_interval_and_its_measured_coverage(tmp_path: Path) -> None:
    found = sales_outlook(opened(forecast_release(tmp_path)))
    assert found is not None and found.chart is not None
    assert [(line.name, line.role) for line in found.chart.lines] == [
        ("net sales", "actual"),
        ("trend", "champion"),
        ("naive", "rival"),
    ]
    sold, published, rival = found.chart.lines
    assert [dot.text for dot in sold.dots][-1] == "Jun 2018: €\xa0106", "July is not complete"
    assert [dot.text for dot in published.dots if dot.text] == [
        "Jul 2018, trend: €\xa0130, 80% interval €\xa065 to €\xa0260",
        "Aug 2018, trend: €\xa0140, 80% interval €\xa070 to €\xa0280",
    ]
    assert published.points.split()[0] == rival.points.split()[0] == sold.points.split()[-1]
    assert len(found.chart.band.split()) == 4
    assert found.coverage == "78.0% (70.0% to 85.0%)"
    assert [label.month for label in found.labels] == ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug"]


def test_the_errors_are_those_of_the_grain_and_the_published_method_stands_out(tmp_path: Path) -> None:
    found = sales_outlook(opened(forecast_release(tmp_path)))
    assert found is not None and found.errors is not None
    assert [(row.label, row.text, row.is_main) for row in found.errors.rows] == [
        ("trend", "0.71", True),
        ("naive", "1.25", False),
    ]
    assert [(one.method, one.mase, one.coverage) for one in found.rivals] == [
        ("trend", "0.71 (0.50 to 0.90)", "78.0% (70.0% to 85.0%)"),
        ("naive", "1.25", ""),
    ]


def test_the_back_test_is_one_step_ahead_and_of_compared_origins_only(tmp_path: Path) -> None:
    found = sales_outlook(opened(forecast_release(tmp_path)))
    assert found is not None and found.backtest is not None
    assert [(line.name, len(line.points.split())) for line in found.backtest.lines] == [
        ("net sales", 2),
        ("naive", 2),
        ("trend", 2),
    ]
    assert [label.month for label in found.backtest_labels] == ["May", "Jun"]


def shown(view: View) -> str:
    return render("outlook.html.jinja", view=view, page=outlook(view), **FRAME)


def test_a_category_has_its_own_forecast_and_its_name_is_text(tmp_path: Path) -> None:
    release = forecast_release(tmp_path)
    page = shown(opened(release, category="<toys>"))
    assert "Net sales forecast: &lt;toys&gt;" in page
    assert "Jul 2018, share of the total: €\xa060" in page
    assert "<toys>" not in page
    assert "The category books has no forecast of its own." in shown(opened(release, category="books"))


CARD: Mapping[str, Any] = {
    "model": "churn", "predicts": "an order", "population": "all", "as_of": month(8), "status": "refused",
    "reason": "A list by recency is <about> as good.", "candidate": "model", "metric": "lift", "direction": "higher",
    "value": 1.8, "low": 1.4, "high": 2.2, "baseline": "recency", "baseline_value": 1.9, "trained_on": "orders", "n": 1000,
    "fitted_as_of": month(7), "age_days": 31, "customers_changed": 1,
}  # fmt: skip


def test_a_card_has_the_test_the_age_the_changes_and_the_drift(tmp_path: Path) -> None:
    drift = [
        {"model": "churn", "kind": "parameter", "name": f"p{number}", "before": 1.0, "now": 1.0 + number, "change": float(number)}
        for number in range(6)
    ]
    release = HandRelease(tmp_path, model_cards=[CARD], model_drift=drift, churn_scores=[])
    [card] = model_cards(opened(release))
    assert card.test is not None
    candidate, rival = card.test.rows
    assert (candidate.text, rival.text) == ("1.8", "1.9")
    assert candidate.low < candidate.at < rival.at < candidate.high
    assert card.test.reference == rival.at
    assert [one["name"] for one in card.drift] == ["p5", "p4", "p3", "p2"], "the largest changes"
    page = shown(opened(release))
    assert "A list by recency is &lt;about&gt; as good." in page
    assert "Fitted as of 2018-07-01 on 1,000 rows; the latest order is 31 days later." in page
    assert "Orders of 1 customer were added, canceled or corrected since it ran." in page
    assert "p5 +500%" in page


def test_a_threshold_that_is_the_model_itself_is_one_row(tmp_path: Path) -> None:
    release = HandRelease(tmp_path, model_cards=[{**CARD, "baseline": "model"}, {**CARD, "model": "x", "value": None}])
    own, untested = model_cards(opened(release))
    assert own.test is not None and len(own.test.rows) == 1
    assert untested.test is None


def test_a_fixed_number_that_must_be_reached_is_a_sentence_not_a_rival(tmp_path: Path) -> None:
    observed = {**CARD, "baseline": "threshold", "metric": "customers observed", "value": 32198.0, "baseline_value": 200.0}
    compared = {**observed, "model": "x", "metric": "share of the exposed", "value": 0.995, "baseline_value": 0.8}
    cards = model_cards(opened(HandRelease(tmp_path, model_cards=[observed, compared])))
    assert [card.test for card in cards] == [None, None]
    assert [card.requirement for card in cards] == [
        "customers observed: 32,198; at least 200 required",
        "share of the exposed: 99.50%; at least 80.0% required",
    ]


def test_a_model_of_a_shop_without_dates_has_no_day_of_its_fit(tmp_path: Path) -> None:
    page = shown(opened(HandRelease(tmp_path, model_cards=[{**CARD, "fitted_as_of": None, "as_of": None, "age_days": None}])))
    assert "Fitted on 1,000 rows." in page
    assert "None" not in page


@pytest.mark.parametrize(("n", "rows"), [(0, "no rows"), (1, "1 row"), (95, "95 rows")])
def test_a_model_that_was_refused_without_a_test_states_its_data_and_no_fit(tmp_path: Path, n: int, rows: str) -> None:
    page = shown(opened(HandRelease(tmp_path, model_cards=[{**CARD, "value": None, "age_days": None, "n": n}])))
    assert f"Data as of 2018-07-01: {rows}." in page
    assert "Fitted" not in page


def test_the_tenths_of_the_customers_sum_to_the_expected_value(tmp_path: Path) -> None:
    values = [
        {"customer_id": f"{number:02}", "predicted_value": Decimal(number), "low": Decimal(0), "high": Decimal(2 * number),
         "horizon_days": 90, "p_order": 0.1}
        for number in range(1, 41)
    ]  # fmt: skip
    card = {**CARD, "model": "customer_value", "status": "published", "champion": "BG/NBD"}
    page = outlook(opened(HandRelease(tmp_path, customer_value=values, model_cards=[card])))
    assert page.value is not None
    assert len(page.value.bars) == 10
    assert sum(bar.row.parts["whole"] or 0 for bar in page.value.bars) == sum(range(1, 41))
    assert page.value.bars[0].row.value == "€\xa0154", "the four highest: 40, 39, 38 and 37"
    assert page.value.top_share == "18.8%"


def test_the_customers_of_the_churn_list_are_shown_to_those_who_may_see_them(tmp_path: Path) -> None:
    scores = [
        {"customer_id": f"<i>{number:02}", "form": "not again", "probability": 0.5 + number / 100, "horizon_days": 180,
         "top_reasons": "late & far", "decile": 1 if number > 10 else 2}
        for number in range(1, 21)
    ]  # fmt: skip
    release = HandRelease(tmp_path, churn_scores=scores)
    seen = shown(replace(opened(release), client=OWNER))
    listed = [f"&lt;i&gt;{number}" for number in range(20, 12, -1)]
    assert re.findall(r'<td title="(&lt;i&gt;\d+)">', seen) == listed, "the highest risk first"
    unseen = shown(opened(release))
    assert all("10 customers are in the top tenth by risk of not ordering within 180 days." in page for page in (seen, unseen))
    assert ("they need the scope pii" in seen, "they need the scope pii" in unseen) == (False, True)
    assert "&lt;i&gt;" not in unseen


def test_the_simulation_shows_the_middle_margin_and_marks_what_chance_does_not_explain(tmp_path: Path) -> None:
    rows = [
        {"segment": "at risk", "discount": 0.1, "assumed_uplift": uplift, "cannibalisation": 1.0, "margin": margin,
         "margin_source": "assumed", "incremental_margin": Decimal(value), "low": Decimal(low), "high": Decimal(high),
         "break_even_uplift": 0.5}
        for margin, uplift, value, low, high in [
            (0.2, 0.1, 1, 1, 1), (0.3, 0.1, -20, -30, -10), (0.3, 0.5, 5, -10, 20), (0.4, 0.1, 2, 2, 2),
        ]
    ]  # fmt: skip
    release = HandRelease(tmp_path, experiment_simulation=rows)
    found = simulation(opened(release))
    assert found is not None and found.chart is not None
    assert [(row.label, row.text, row.is_main) for row in found.chart.rows] == [
        ("at risk: 10% more orders", "-€\xa020", True),
        ("at risk: 50% more orders", "€\xa05", False),
    ]
    assert (found.margin, found.break_even) == ("30.0% (assumed)", "50.0%")
    none = simulation(opened(release, discount="20"))
    assert none is not None and none.chart is None


def test_a_shop_that_lacks_the_tables_has_a_reason_in_each_place(tmp_path: Path) -> None:
    release = HandRelease(tmp_path)
    tables = ("sales_forecast", "customer_value", "churn_scores", "experiment_plan", "experiment_simulation", "model_cards")
    release.absent = {table: f"The shop has no <{table}>." for table in tables}
    page = shown(opened(release))
    assert all(f"The shop has no &lt;{table}&gt;." in page for table in tables)
