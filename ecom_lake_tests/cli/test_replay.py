"""`quarantine replay`: rows are validated again, the changes are shown, and released only after confirmation."""

from __future__ import annotations

import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.engine.serve.released import released
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake
from ecom_lake_tests.cli.conftest import Run

EARLY = ONE_MORE_ORDER.replace("2017-02-01", "2016-12-31")
ORDERS = ("sql", "select count(*) as n from fct_orders", "--format", "csv")


@pytest.fixture
def corrected(fresh_lake: BuiltLake) -> BuiltLake:
    """A lake with an order from before the first month, after lake.toml was corrected."""
    (fresh_lake.landing / "early.csv").write_text(EARLY, encoding="utf-8")
    fresh_lake.allow_failed_rows()
    build(fresh_lake.site())
    config = fresh_lake.config.read_text(encoding="utf-8")
    fresh_lake.config.write_text(config.replace('first_month = "2017-01"', 'first_month = "2016-12"', 1), encoding="utf-8")
    return fresh_lake


def test_changes_are_shown_before_the_release(run: Run, corrected: BuiltLake) -> None:
    count, before = corrected.truths.totals.orders, released(corrected.site())
    looked = run("quarantine", "replay", "--dry-run", at=corrected)
    assert looked.code == 0
    assert "outside_the_shops_months" in looked.out and "To rebuild: 2016-12" in looked.out
    assert corrected.site().lake.log.head() == before

    shown = run("quarantine", "replay", at=corrected)
    assert shown.code == 2
    assert "2016-12" in shown.out and "orders" in shown.out
    assert shown.err.startswith(f"Not released: readers keep release {before.number}.")
    assert released(corrected.site()) == before
    assert run(*ORDERS, at=corrected).out == f"n\n{count}\n"

    done = run("quarantine", "replay", "--yes", "--json", at=corrected)
    assert (done.code, done.err) == (0, "")
    moved = {(kpi["month"], kpi["metric"]): kpi["difference"] for kpi in done.json["difference"]["months"]}
    assert {("2016-12", "orders")} <= set(moved)
    assert {kpi["metric"]: kpi["difference"] for kpi in done.json["difference"]["kpis"]}["orders"] == 1
    assert done.json["release"] == released(corrected.site()).number > before.number
    assert run(*ORDERS, at=corrected).out == f"n\n{count + 1}\n"


def test_rows_that_fail_again_are_not_released(run: Run, built_lake: BuiltLake) -> None:
    before = built_lake.site().lake.log.head()
    said = run("quarantine", "replay", "--yes", at=built_lake)
    assert said.code == 0
    assert "Every row fails the same rule again" in said.out
    assert built_lake.site().lake.log.head() == before
    as_json = run("quarantine", "replay", "--json", at=built_lake).json
    assert (as_json["months"], as_json["difference"]) == ([], None)
    assert all(verdict["was"] == verdict["now"] for verdict in as_json["verdicts"])


def test_nothing_to_replay_is_one_sentence(run: Run, fresh_lake: BuiltLake) -> None:
    (fresh_lake.root / "empty" / "landing").mkdir(parents=True)
    (fresh_lake.root / "empty" / "landing" / "orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    build(fresh_lake.site("empty"))
    said = run("quarantine", "replay", "--shop", "empty", at=fresh_lake)
    assert (said.code, said.err) == (2, "Nothing to replay: shop 'empty' has no quarantined row.\n")
    run("rollback", str(released(fresh_lake.site()).number), at=fresh_lake)
    pinned = run("quarantine", "replay", at=fresh_lake)
    assert (pinned.code, "is pinned: run ecom-lake unpin first" in pinned.err) == (2, True)
