"""Wrong edits of the models of a shop: churn and rankings, value, segments, forecast, experiments, baskets, anomalies."""

from __future__ import annotations

from ecom_lake_tests.mutations_code.edit import edits_of

EDITS = (
    *edits_of(
        "shop/customer_value/bg_nbd.py",
        ("shop/customer_value/test_bg_nbd.py",),
        ("the models are mixed up", "(1 if model == MBG else 0)", "(1 if model == BG else 0)"),
        ("a first purchase does not count", "-np.expm1((r + x) * log_ratio)", "-np.expm1(r * log_ratio)"),
        ("days for weeks", "DAYS_A_WEEK = 7", "DAYS_A_WEEK = 1"),
        ("more purchases make no return sooner", "np.expm1(np.log(2) / (r + x))", "np.expm1(np.log(2) / r)"),
        ("alive for left", "expit(-_log_odds_of_having_left(", "expit(_log_odds_of_having_left("),
    ),
    *edits_of(
        "shop/customer_value/gamma_gamma.py",
        ("shop/customer_value/test_gamma_gamma.py",),
        (
            "the shrinkage is off by one",
            "return p * v / (p * n + q - 1), p / (p * n + q - 1)",
            "return p * v / (p * n + q), p / (p * n + q)",
        ),
        ("a large correlation always rejects", " or found.low < 0 < found.high", ""),
        ("one customer makes a group", "if np.sum(spending.people[group]) > 1:", "if np.sum(spending.people[group]) > 0:"),
        (
            "the covariance counts once",
            "2 * np.sum(base_steps * share_steps, axis=0)",
            "np.sum(base_steps * share_steps, axis=0)",
        ),
    ),
    *edits_of(
        "shop/customer_value/holdout_test.py",
        ("shop/customer_value/test_holdout_test.py",),
        ("half of the history is held out", "period.days // 4,", "period.days // 2,"),
        ("the best naive forecast is the worst", "best_naive = min(NAIVE,", "best_naive = max(NAIVE,"),
        ("an error around 0 counts from its nearer end", "            bounds[0] = 0.0\n", "            pass\n"),
        ("the days before are not scaled", "    ratio = days / days_before\n", "    ratio = 1.0\n"),
    ),
    *edits_of(
        "shop/rankings/time_splits.py",
        ("shop/rankings/test_snapshots.py",),
        ("calibrated on the days of the test", "    calibrate = test - step\n", "    calibrate = test\n"),
        ("trained on the days of the calibration", "    latest = calibrate - step\n", "    latest = calibrate\n"),
        ("a training day without history", "if latest - i * step >= first + step]", "if latest - i * step >= first]"),
        ("outcomes after the as-of date", "    until = day - timedelta(days=followed)\n", "    until = day\n"),
    ),
    *edits_of(
        "shop/rankings/evaluation.py",
        ("shop/rankings/test_classification.py",),
        (
            "a lift below a random list passes",
            'requirement="certainly better", question=target.name',
            'requirement="not certainly worse", question=target.name',
        ),
        ("few of one outcome are enough", "if min(yes, no) < MIN_EVENTS:", "if max(yes, no) < MIN_EVENTS:"),
        (
            "equal scores in two deciles",
            "before = (counts.cumsum() - counts)[group]",
            "before = np.argsort(np.argsort(-score, kind='stable'))",
        ),
    ),
    *edits_of(
        "shop/segments/choice.py",
        ("shop/segments/test_choice.py",),
        (
            "the worst separated is chosen",
            "max(passing, key=lambda one: one.calinski_harabasz, default=None)",
            "min(passing, key=lambda one: one.calinski_harabasz, default=None)",
        ),
        (
            "an unstable clustering passes",
            "self.bootstrap_ari >= settings.min_stability * least and",
            "self.bootstrap_ari >= 0 and",
        ),
        ("fresh centres always win", "return warm if has_every_segment and", "return fresh if has_every_segment and"),
    ),
    *edits_of(
        "shop/segments/scale.py",
        ("shop/segments/test_scale.py",),
        ("days in the future have no logarithm", "np.log1p(np.maximum(values, 0))", "np.log1p(values)"),
        ("the way back forgets the 1", "return np.expm1(values) if", "return np.exp(values) if"),
    ),
    *edits_of(
        "shop/forecast/rolling_origin.py",
        ("shop/forecast/test_rolling_origin.py",),
        (
            "a method sees the period that it predicts",
            "method(series.values[:origin], steps)",
            "method(series.values[: origin + 1], steps)",
        ),
        ("no tie goes to the simpler method", "(1 + _TIE) * min(known.values())", "min(known.values())"),
        ("scores of different origins", "set.intersection(*(", "set.union(*("),
        ("periods without sales count", "sold = test.actual > 0", "sold = test.actual >= 0"),
        ("an interval of two origins", "len(each) < max(LEAST_ORIGINS, ", "len(each) < max(2, "),
        ("the earliest origin is lost", "if origin >= least)", "if origin > least)"),
    ),
    *edits_of(
        "shop/forecast/weekly_pattern.py",
        ("shop/forecast/test_weekly_pattern.py",),
        ("the third Thursday", "% WEEK + 21)", "% WEEK + 14)"),
        (
            "Black Friday ends on a Tuesday",
            "if 0 <= since < _AFTER_BLACK_FRIDAY else",
            "if 0 <= since <= _AFTER_BLACK_FRIDAY else",
        ),
        ("the week begins on the wrong day", "days.first.weekday())", "-days.first.weekday())"),
        ("peaks stay", "return np.where(is_peak, middle, sold),", "return np.where(is_peak, sold, sold),"),
        (
            "the week is added, not removed",
            "return usual[open_days] / factor[open_days] if",
            "return usual[open_days] * factor[open_days] if",
        ),
    ),
    *edits_of(
        "shop/forecast/reconciliation.py",
        ("shop/forecast/test_reconciliation.py",),
        ("sales of the running month count twice", "    remaining[0] -= running\n", ""),
        ("the month is below what it has sold", "    total[0] = max(total[0], running)\n", ""),
    ),
    *edits_of(
        "shop/experiments/groups.py",
        ("shop/experiments/test_groups.py",),
        (
            "money varies only where somebody orders",
            "(self.order_value_deviation**2 + self.order_value**2)",
            "(self.order_value_deviation**2)",
        ),
        ("a rate of everybody", "return self.ordered / self.observed", "return self.ordered / max(self.people, 1)"),
        ("joining in the whole period", "Group(name, people, joined / days,", "Group(name, people, joined,"),
    ),
    *edits_of(
        "shop/experiments/analysis.py",
        ("cli/test_experiment.py",),
        ("a look that was not planned", "return look_at(sizes, min(units.people))", "return 1"),
        ("a bad split is analyzed", "    if split < SPLIT_ALPHA:", "    if split < 0:"),
        ("several outcomes at one alpha", "zip(found, corrected, strict=True)", "zip(found, p_values, strict=True)"),
    ),
    *edits_of(
        "shop/baskets/basket_rules_build.py",
        ("shop/baskets/test_basket_rules.py",),
        ("corrected for the listed rules alone", "benjamini_hochberg(p_value, possible)", "benjamini_hochberg(p_value)"),
        ("confidence of the consequent", "confidence=both / antecedent,", "confidence=both / consequent,"),
        ("conviction of the other item", "antecedent * (n - consequent)", "consequent * (n - antecedent)"),
        ("leverage per basket", "leverage=excess / (n * n)", "leverage=excess / n"),
    ),
    *edits_of(
        "shop/kpis/outlier_detection.py",
        ("shop/kpis/test_outlier_detection.py",),
        ("low months are no outliers", "return abs(self.score) > LIMIT", "return self.score > LIMIT"),
        (
            "a month is part of its own expectation",
            "_expected(transformed[:now], errors)",
            "_expected(transformed[: now + 1], errors)",
        ),
        ("the season of 11 months", "year_before := errors[-_YEAR]", "year_before := errors[-_YEAR + 1]"),
    ),
)
