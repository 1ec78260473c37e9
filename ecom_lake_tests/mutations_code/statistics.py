"""Wrong edits of the mathematics: a missing half, a wrong degree of freedom, a tie that counts as an order."""

from __future__ import annotations

from ecom_lake_tests.mutations_code.edit import edits_of

EDITS = (
    *edits_of(
        "statistics/newton.py",
        ("statistics/test_newton.py",),
        ("every step is accepted", "if next_value > value - slack * abs(value):", "if np.isfinite(next_value):"),
        ("curvatures keep their sign", "np.maximum(np.abs(curvatures), _SMALLEST", "np.maximum(curvatures, _SMALLEST"),
        ("a bound holds what leaves it", "(at <= bounds[:, 0]) & (gradient < 0)", "(at <= bounds[:, 0]) & (gradient > 0)"),
        ("no upper bound", "np.clip(candidate, bounds[:, 0], bounds[:, 1])", "np.maximum(candidate, bounds[:, 0])"),
        ("collinear variables fail", "    except np.linalg.LinAlgError:", "    except ZeroDivisionError:"),
    ),
    *edits_of(
        "statistics/logistic_regression.py",
        ("statistics/test_logistic_regression.py",),
        ("the intercept is penalized", "    penalty[0] = 0.0\n", ""),
        (
            "zero times a weight",
            "self.design.sums(self.weights * (self.outcome - sigmoid(eta)))",
            "self.design.sums(self.outcome - sigmoid(eta))",
        ),
        ("negative values count as positive", "np.sign(x) * np.log1p(np.abs(x))", "np.log1p(np.abs(x))"),
        ("a constant column is divided by 0", "np.where(scale > 0, scale, 1.0)", "scale"),
        ("scores that rank wrongly are used", "        if slope > 0:", "        if slope != 0:"),
        (
            "the shift ignores weights",
            "(weights * (sigmoid(shift + self.slope * logit(score)) - outcome)).sum()",
            "(sigmoid(shift + self.slope * logit(score)) - outcome).sum()",
        ),
    ),
    *edits_of(
        "statistics/intervals.py",
        ("statistics/test_intervals.py",),
        ("a term of Wilson's interval", "z * z / (4 * trials * trials)", "z * z / (4 * trials)"),
        ("undefined resamples count", "np.nanquantile(resampled", "np.quantile(resampled"),
        ("the interval may exclude the value", "float(min(low, value))", "float(low)"),
        ("the error is the whole width", "(self.high - self.low) / (2 * Z95)", "(self.high - self.low) / Z95"),
        ("one-sided p-value", "erfc(abs(self.value) / self.error / sqrt(2))", "erfc(abs(self.value) / self.error / sqrt(2)) / 2"),
    ),
    *edits_of(
        "statistics/fisher_exact.py",
        ("statistics/test_fisher_exact.py",),
        ("the other tail contains the value", "np.where(upper, both, both - 1)", "np.where(upper, both, both)"),
        ("the tail is never complemented", "np.where(upper, tail, 1 - tail)", "np.where(upper, tail, tail)"),
        ("a term of the recursion", "(a - x + 1) * (c - x + 1)", "(a - x + 1) * (c - x)"),
    ),
    *edits_of(
        "statistics/multiple_testing.py",
        ("statistics/test_fisher_exact.py", "statistics/test_two_sample_tests.py"),
        ("Holm is Bonferroni", "(len(p_values) - rank) * p_values[i]", "len(p_values) * p_values[i]"),
        ("adjusted p-values fall", "max(previous, min(1.0,", "max(0.0, min(1.0,"),
        ("the family is what was given", "(len(p) if tests is None else tests)", "len(p)"),
        (
            "false discovery rates rise again",
            "np.minimum.accumulate(np.minimum(p[order] * factors, 1))",
            "np.minimum(p[order] * factors, 1)",
        ),
        ("families are not selected", "/ max(selected, 1), 1.0)", "/ max(len(adjusted), 1), 1.0)"),
    ),
    *edits_of(
        "statistics/conformal.py",
        ("statistics/test_conformal.py",),
        ("the next error is not counted", "(len(known) + 1) * coverage", "len(known) * coverage"),
        (
            "too few errors give the largest",
            "float(known[rank - 1]) if rank <= len(known) else np.nan",
            "float(known[min(rank, len(known)) - 1]) if len(known) else np.nan",
        ),
        ("an error is known one period late", "<= origin, errors[:row], np.nan)", "< origin, errors[:row], np.nan)"),
        (
            "pools ignore their sizes",
            "(previous_mean * previous_size + mean * size) / (previous_size + size)",
            "(previous_mean + mean) / 2",
        ),
    ),
    *edits_of(
        "statistics/power.py",
        ("statistics/test_power.py",),
        ("a one-sided test of means", "nct.sf(t.isf(alpha / 2, degrees", "nct.sf(t.isf(alpha, degrees"),
        ("a degree of freedom too many", "degrees_of_freedom = 2 * (people - 1)", "degrees_of_freedom = 2 * people - 1"),
        ("people are rounded down", "return ceil(min(people, _MOST) - 1e-9)", "return int(min(people, _MOST))"),
        (
            "the pooled share is that of the control",
            "sqrt(2 * pooled * (1 - pooled))\n    power_term",
            "sqrt(2 * control * (1 - control))\n    power_term",
        ),
    ),
    *edits_of(
        "statistics/ranking_metrics.py",
        ("statistics/test_ranking_metrics.py",),
        ("a tie counts whole", "groups.positives.cumsum() - groups.positives / 2", "groups.positives.cumsum()"),
        ("precision of the positives alone", "positives + groups.negatives.cumsum(), 1)", "positives, 1)"),
        ("the Brier interval may be negative", "Estimate(value, max(low, 0.0), high)", "Estimate(value, low, high)"),
        ("calibration by the worst first", 'np.argsort(probability, kind="stable")', 'np.argsort(-probability, kind="stable")'),
    ),
    *edits_of(
        "statistics/lift.py",
        ("statistics/test_lift.py",),
        (
            "all of a tie belong to the top",
            "np.clip((share * ties.sum() - above) / ties, 0, 1)[group]",
            "(above < share * ties.sum()).astype(np.float64)[group]",
        ),
        ("the worst are the top", "np.unique(-score, return_inverse=True)", "np.unique(score, return_inverse=True)"),
        ("a lift of counts", "/ members.sum() / outcome.mean())", "/ outcome.mean())"),
    ),
    *edits_of(
        "statistics/sequential_tests.py",
        ("statistics/test_sequential_tests.py",),
        ("bounds fall too fast", "last * sqrt(looks / look)", "last * looks / look"),
        ("one-sided first look", "crossed = 2 * _NORMAL.cdf(-edges[0])", "crossed = _NORMAL.cdf(-edges[0])"),
        ("a p-value above 1", "if log_ratio > 0 else 1.0", "if log_ratio > 0 else 2.0"),
        ("half of the logarithm", "+ 2 * log(1 / alpha)))", "+ log(1 / alpha)))"),
    ),
    *edits_of(
        "statistics/two_sample_tests.py",
        ("statistics/test_two_sample_tests.py",),
        ("the arms count alike when pooled", "pooled = (p0 * n0 + p1 * n1) / (n0 + n1)", "pooled = (p0 + p1) / 2"),
        ("the variance of the sample", "arm.var(ddof=1)", "arm.var()"),
        ("a degree of freedom too many", "len(people) - 1))", "len(people)))"),
        ("CUPED moves the mean", "outcome - theta * (before - before.mean())\n", "outcome - theta * before\n"),
        (
            "equal arms whatever was planned",
            "shares = planned or [1 / len(people)] * len(people)",
            "shares = [1 / len(people)] * len(people)",
        ),
    ),
    *edits_of(
        "statistics/weighted_effect.py",
        ("shop/delivery_effect/test_adjusting.py",),
        ("weights of the unexposed are not odds", "propensity / (1 - propensity))", "1 / (1 - propensity))"),
        (
            "exposed people without comparison stay",
            "    has_support[is_exposed] &= propensity[is_exposed] <= propensity[~is_exposed].max()\n",
            "",
        ),
        ("a protective effect has no E-value", "ratio = max(risk_ratio, 1 / risk_ratio)", "ratio = risk_ratio"),
        ("odds for risks", "if is_odds else (1.0, 1.0)", "if not is_odds else (1.0, 1.0)"),
        ("the correction by residuals is missing", " + (odds * (outcome - expected)).sum() / sum_of_odds)", ")"),
    ),
)
