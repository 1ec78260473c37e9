"""experiment: sample sizes, simulations, the analysis of a file, and the errors."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run


def people(
    folder: Path, rates: tuple[float, float] = (0.10, 0.13), n: tuple[int, int] = (4_000, 4_000), **columns: pl.Series
) -> str:
    rng = np.random.default_rng(1)
    outcome = np.concatenate([rng.random(size) < rate for size, rate in zip(n, rates, strict=True)])
    arms = ["control"] * n[0] + ["offer"] * n[1]
    frame = pl.DataFrame({"unit": range(sum(n)), "arm": arms, "outcome": outcome.astype(int)}).with_columns(**columns)
    file = folder / "people.csv"
    frame.write_csv(file)
    return str(file)


def planned(folder: Path, text: str) -> str:
    file = folder / "plan.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


# ---------------------------------------------------------------------------------------------------------------- plan


def test_a_plan_by_formula_needs_no_lake(run: Run) -> None:
    ran = run("experiment", "plan", "--baseline", "0.5", "--uplift", "0.5", "--power", "0.9")
    assert (ran.code, ran.err) == (0, "")
    assert "77 customers in each of two arms" in ran.out
    money = run("experiment", "plan", "--baseline", "10", "--uplift", "0.1", "--money", "--deviation", "1", "--power", "0.9")
    assert "23 customers" in money.out
    few = run("experiment", "plan", "--money", "--baseline", "100", "--deviation", "10", "--uplift", "1")
    assert (few.code, few.err) == (0, "") and "2 customers" in few.out
    reply = run("experiment", "plan", "--baseline", "0.03", "--uplift", "0.1", "--json").json
    assert reply["plans"][0]["n_per_arm"] == 53_211


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "experiment plan, simulate, or analyze FILE"),
        (["plan", "--baseline", "1.2", "--uplift", "0.1"], "--baseline must be above 0.000001 and below 1, not 1.2"),
        (["plan", "--baseline", "0.05", "--uplift", "1e-20"], "--uplift must be above 0.000001 and below 1,000, not 1e-20"),
        (["plan", "--alpha", "1e-300"], "--alpha must be above 0.000001 and below 1, not 1e-300"),
        (["plan", "--baseline", "0.6", "--uplift", "0.9"], "is a rate of 100% or more"),
        (["plan", "--baseline", "0.6"], "--baseline needs --uplift"),
        (["plan", "--power", "1"], "--power must be above 0 and below 1, not 1"),
        (["plan", "--money", "--baseline", "9", "--uplift", "0.1"], "needs --deviation"),
        (["plan", "--deviation", "9"], "--deviation applies only together with --money and --baseline"),
        (["simulate", "--discount", "2"], "--discount must be above 0 and below 1, not 2"),
        (["simulate", "--cannibalisation", "-1"], "--cannibalisation must be from 0 to 1, not -1"),
        (["analyze", "nothing.csv"], "There is no file nothing.csv"),
        (["analyze", "people.xlsx"], "must be a .csv or a .parquet file"),
        (["analyze", "people.csv", "--plan", "nothing.toml"], "The plan nothing.toml cannot be read"),
    ],
)
def test_wrong_usage_is_one_sentence(run: Run, arguments: list[str], sentence: str) -> None:
    ran = run("experiment", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert "Traceback" not in ran.err


def test_a_shop_too_small_for_an_experiment_gets_the_reason(run: Run, built_lake: BuiltLake) -> None:
    for command in ("plan", "simulate"):
        ran = run("experiment", command, at=built_lake)
        assert ran.code == 2
        assert "No group has the 200 observed customers" in ran.err


# ------------------------------------------------------------------------------------------------------------- analyze


def test_an_uplift_is_found(run: Run, tmp_path: Path) -> None:
    ran = run("experiment", "analyze", people(tmp_path))
    assert (ran.code, ran.err) == (0, "")
    assert ": statistically significant." in ran.out
    assert "No sample size was planned" in ran.out
    [found] = run("experiment", "analyze", people(tmp_path), "--json").json["results"]
    assert found["low"] < 0.03 < found["high"]
    assert found["is_found"]


def test_an_insignificant_uplift_is_not_reported_as_zero(run: Run, tmp_path: Path) -> None:
    ran = run("experiment", "analyze", people(tmp_path, rates=(0.1, 0.1)))
    assert ran.code == 0
    assert "not proof of no effect" in ran.out


def test_a_sample_ratio_mismatch_stops_the_analysis(run: Run, tmp_path: Path) -> None:
    ran = run("experiment", "analyze", people(tmp_path, n=(5_200, 4_800)))
    assert (ran.code, ran.out) == (1, "")
    assert "The split is not as planned: 5,200 in control and 4,800 in offer" in ran.err
    assert "p = 6.3e-05" in ran.err
    plan = planned(tmp_path, "share_treated = 0.48")
    assert run("experiment", "analyze", people(tmp_path, n=(5_200, 4_800)), "--plan", plan).code == 0


def test_a_fixed_plan_cannot_be_analyzed_early(run: Run, tmp_path: Path) -> None:
    ran = run("experiment", "analyze", people(tmp_path), "--plan", planned(tmp_path, "n = 5000"))
    assert (ran.code, ran.out) == (2, "")
    assert "The experiment is not over: 4,000 of 5,000 participants per arm" in ran.err
    assert run("experiment", "analyze", people(tmp_path), "--plan", planned(tmp_path, "n = 4000")).code == 0


def test_more_looks_widen_the_interval(run: Run, tmp_path: Path) -> None:
    file = people(tmp_path)
    widths = []
    for text in (
        "n = 4000",
        "n = 4000\nmethod = 'sequential'",
        "n = 10000\nmethod = 'sequential'",
        "method = 'always-valid'\nminimal_effect = 0.02",
    ):
        [found] = run("experiment", "analyze", file, "--plan", planned(tmp_path, text), "--json").json["results"]
        widths.append(found["high"] - found["low"])
    fixed, last_look, second_look, always = widths
    assert last_look / fixed == pytest.approx(2.040 / 1.960, abs=1e-3)
    assert second_look / fixed == pytest.approx(2.040 * (5 / 2) ** 0.5 / 1.960, abs=1e-3)
    assert always > fixed
    early = run("experiment", "analyze", file, "--plan", planned(tmp_path, "n = 40000\nmethod = 'sequential'"))
    assert (early.code, "The first of 5 looks is at 8,000 participants per arm" in early.err) == (2, True)


def test_later_participants_are_left_out_where_the_assignment_is_known(run: Run, tmp_path: Path) -> None:
    plan = planned(tmp_path, "n = 2000")
    late = run("experiment", "analyze", people(tmp_path), "--plan", plan)
    assert (late.code, late.out) == (1, "")
    assert "There are more participants than planned: 4,000 per arm instead of 2,000" in late.err
    days = [f"2026-10-{1 + i % 4_000 // 200:02}" for i in range(8_000)]  # 200 of each arm a day: the first ten days
    file = people(tmp_path, assigned=pl.Series(days))
    ran = run("experiment", "analyze", file, "--plan", plan)
    assert (ran.code, ran.err) == (0, "")
    assert "The single planned look; 4,000 participants who were assigned later are left out." in ran.out
    found = run("experiment", "analyze", file, "--plan", plan, "--json").json
    assert (found["people"], found["look"], found["left_out"]) == ([2_000, 2_000], 1, 4_000)
    sequential = run("experiment", "analyze", file, "--plan", planned(tmp_path, "n = 6000\nmethod = 'sequential'"))
    assert "Planned look 3 of 5; 800 participants who were assigned later are left out." in sequential.out


def test_units_of_the_same_day_are_in_a_random_order_that_stays_the_same(run: Run, tmp_path: Path) -> None:
    """All were assigned on one day: the first by the file or by their ids would be those of one arm."""
    plan = planned(tmp_path, "n = 2000")
    file = people(tmp_path, assigned=pl.Series(["2026-10-01T09:00:00"] * 8_000))
    found = run("experiment", "analyze", file, "--plan", plan, "--json").json
    assert min(found["people"]) == 2_000
    assert max(found["people"]) < 2_200
    pl.read_csv(file).sample(fraction=1, shuffle=True, seed=1).write_csv(file)
    again = run("experiment", "analyze", file, "--plan", plan, "--json").json
    assert again["people"] == found["people"]
    assert again["results"][0]["difference"] == pytest.approx(found["results"][0]["difference"])


def test_units_of_the_same_day_are_in_an_order_of_the_experiment(run: Run, tmp_path: Path) -> None:
    """The shop assigned arms by a hash of the unit: in the order of that hash, the first would all be in one arm."""
    units = [f"u{i}" for i in range(8_000)]
    arms = ["control" if sha256(unit.encode()).digest()[0] < 128 else "offer" for unit in units]
    rng = np.random.default_rng(1)
    rows = pl.DataFrame({"unit": units, "arm": arms, "outcome": (rng.random(8_000) < 0.1).astype(int)})
    rows.with_columns(assigned=pl.lit("2026-10-01")).write_csv(file := tmp_path / "hashed.csv")
    found = []
    for name in ("spring", "spring", "autumn"):
        plan = planned(tmp_path, f"n = 2000\nname = '{name}'")
        found.append(run("experiment", "analyze", str(file), "--plan", plan, "--json").json)
    assert all(max(one["people"]) < 2_200 for one in found)
    assert found[0] == found[1] and found[0]["results"] != found[2]["results"]
    wrong = run("experiment", "analyze", str(file), "--plan", planned(tmp_path, "name = 3"))
    assert wrong.code == 2 and "name must be a text, not 3" in wrong.err


def test_an_unreliable_outcome_leaves_the_others_their_results(run: Run, tmp_path: Path) -> None:
    """The file's other outcome is a share, which halves of 24 participants test too liberally."""
    money = pl.Series("outcome_money", np.random.default_rng(5).normal(100, 10, 24))
    bought = pl.Series("outcome", [1] * 5 + [0] * 7 + [1] * 4 + [0] * 8)
    file = people(tmp_path, n=(12, 12), outcome=bought, outcome_money=money)
    found = run("experiment", "analyze", file, "--json").json
    assert [one["metric"] for one in found["results"]] == ["outcome_money"]
    assert [one["metric"] for one in found["unreliable"]] == ["outcome"]
    shown = run("experiment", "analyze", file)
    assert shown.code == 0 and "outcome_money: " in shown.out
    assert "The test of outcome is not reliable on these data: random splits" in shown.out


def test_earlier_values_narrow_the_interval(run: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    before = rng.gamma(2, 50, 8_000)
    spent = pl.Series("outcome", 0.8 * before + rng.normal(0, 20, 8_000) + np.repeat([0, 5], 4_000))
    [plain] = run("experiment", "analyze", people(tmp_path, outcome=spent), "--json").json["results"]
    with_past = people(tmp_path, outcome=spent, before=pl.Series("before", before))
    [found] = run("experiment", "analyze", with_past, "--json").json["results"]
    assert found["variance_left"] < 0.2
    assert found["high"] - found["low"] < 0.5 * (plain["high"] - plain["low"])
    assert found["low"] < 5 < found["high"]
    assert "The values before explained" in run("experiment", "analyze", with_past).out


def test_several_outcomes_are_corrected_together(run: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    noise: dict[str, Any] = {f"outcome_{i}": pl.Series((rng.random(8_000) < 0.1).astype(int)) for i in range(9)}
    file = people(tmp_path, **noise)
    results = run("experiment", "analyze", file, "--json").json["results"]
    [alone] = run("experiment", "analyze", file, "--plan", planned(tmp_path, "metric = 'outcome'"), "--json").json["results"]
    assert len(results) == 10
    assert results[0]["p"] == pytest.approx(10 * alone["p"])  # the least of ten
    assert [one["metric"] for one in results if one["is_found"]] == ["outcome"]


def test_a_test_that_errs_too_often_is_refused(run: Run, tmp_path: Path) -> None:
    """Nine of 24 participants ordered: in 8.9% of all splits into halves, seven or more are on one side, which the test calls
    significant."""
    bought = pl.Series("outcome", [1] * 5 + [0] * 7 + [1] * 4 + [0] * 8)
    ran = run("experiment", "analyze", people(tmp_path, n=(12, 12), outcome=bought))
    assert (ran.code, ran.out) == (1, "")
    assert "random splits of the same participants show a significant difference in" in ran.err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("unit,arm\n1,a\n2,b\n", "has no column outcome"),
        ("unit,arm,outcome\n1,a,1\n1,b,0\n2,b,1\n", "1 row with a duplicate unit"),
        ("unit,arm,outcome\n1,a,1\n2,b,0\n3,c,0\n", "has 3 arms (a, b, c)"),
        ("unit,arm,outcome\n1,a,1\n2,b,yes\n", "outcome must be numeric"),
        ("unit,arm,outcome\n1,a,1\n2,b,\n", "1 row without a number in outcome"),
        ("unit,arm,outcome,assigned\n1,a,1,2026-10-01\n2,b,0,\n", "assigned must be a date or a time in every row"),
        ("unit,arm,outcome,assigned\n1,a,1,3\n2,b,0,4\n", "assigned must be a date or a time in every row"),
        ("unit,arm,outcome\n1,a,1\n2,,0\n", "1 row without arm"),
        ("unit,arm,outcome\n1,a,1\n2,b,0\n", "is too small to analyze"),
        ("", "cannot be read as csv"),
    ],
)
def test_bad_files(run: Run, tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "people.csv"
    file.write_text(text, encoding="utf-8")
    ran = run("experiment", "analyze", str(file))
    assert (ran.code, ran.out) == (1, "")
    assert sentence in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("alpha = ", "is not TOML"),
        ("alpha = 2", "alpha must be above 0 and below 0.5, not 2"),
        ("alpha = 'small'", "alpha must be a number, not 'small'"),
        ("n = 1.5", "n must be a whole number"),
        ("method = 'peek'", "method must be one of fixed, sequential, always-valid"),
        ("method = 'sequential'", "must set n"),
        ("method = 'always-valid'", "must set minimal_effect"),
        ("treated = 'offer'", "has an unknown key treated"),
        ("metric = 3", "must have metric as a text"),
    ],
)
def test_bad_plans(run: Run, tmp_path: Path, text: str, sentence: str) -> None:
    ran = run("experiment", "analyze", people(tmp_path), "--plan", planned(tmp_path, text))
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
